"""Who a buyer or a supplier is."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import id_column, metadata, reference

customer = sa.Table(
    "customer",
    metadata,
    id_column(),
    # '' for a customer list that belongs to no channel; else the channel's name: an id is unique within its shop only
    sa.Column("scope", sa.Text, nullable=False, server_default=""),
    sa.Column("key", sa.Text, nullable=False),  # 'id:17850', 'mail:a@b.c', 'phone:…' – never a masked value
    sa.Column("external_id", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("country", sa.Text),
    sa.Column("province", sa.Text),
    sa.Column("city", sa.Text),
    sa.Column("postcode", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("note", sa.Text),
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.UniqueConstraint("scope", "key"),
)

supplier = sa.Table(
    "supplier",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("code", sa.Text),
    sa.Column("contact", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("currency", sa.String(3)),
    sa.Column("lead_time_days", sa.Integer),
    sa.Column("minimum_order", sa.BigInteger),  # minor units of `currency`
    sa.Column("note", sa.Text),
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.CheckConstraint("lead_time_days >= 0", name="lead_time"),
)
