"""What suppliers offer."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import id_column, metadata, price, reference

supplier_item = sa.Table(
    "supplier_item",
    metadata,
    id_column(),
    reference("supplier_id", "supplier.id"),
    reference("product_id", "product.id", index=True),
    sa.Column("supplier_sku", sa.Text),
    sa.Column("currency", sa.String(3)),
    price("unit_price"),
    sa.Column("lead_time_days", sa.Integer),
    sa.Column("moq", sa.BigInteger),
    sa.Column("pack", sa.BigInteger),
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.UniqueConstraint("supplier_id", "product_id"),
    sa.CheckConstraint("lead_time_days >= 0", name="lead_time"),
    sa.CheckConstraint("moq >= 1", name="moq"),
    sa.CheckConstraint("pack >= 1", name="pack"),
)
