"""What a buyer decided."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, reference

purchase_choice = sa.Table(  # appended; of one plan and product the last row holds
    "purchase_choice",
    metadata,
    id_column(),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False, index=True),
    reference("product_id", "product.id"),
    sa.Column("suggested", sa.BigInteger, nullable=False),
    sa.Column("chosen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("chosen >= 0", name="chosen"),
)
