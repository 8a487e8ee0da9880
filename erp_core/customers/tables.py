"""What we know of buyers: every contact with them."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, fact_columns, id_column, metadata, reference
from erp_core.security.vault import Sealed

interaction = sa.Table(
    "interaction",
    metadata,
    id_column(),
    sa.Column("external_id", sa.Text),
    reference("customer_id", "customer.id", nullable=True, index=True),
    reference("order_id", "sales_order.id", nullable=True, index=True),
    sa.Column("order_external_id", sa.Text),  # as the file names it; the order itself may come later
    reference("channel_id", "channel.id", nullable=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("medium", sa.String(8), nullable=False),  # phone, mail, chat, social, visit, other
    sa.Column("direction", sa.String(4), nullable=False),  # in, out
    sa.Column("personal", Sealed),  # subject, note, agent (who spoke with the buyer)
    *fact_columns("interaction"),
)
