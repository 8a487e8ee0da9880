"""Dated exchange rates; what platforms, payment services, advertising and carriers take."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import fact_columns, id_column, metadata, minor, number_of, reference

fx_rate = sa.Table(
    "fx_rate",
    metadata,
    id_column(),
    sa.Column("ds", sa.Date, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("base", sa.String(3), nullable=False),
    sa.Column("rate", sa.Text, nullable=False),  # exact decimal: 1 `currency` = rate `base`
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.Index("ix_fx_rate_currency_base_ds", "currency", "base", "ds"),
)

# One fee of a settlement. Tied to an order, or to a product, or to the shop alone.
settlement_fee = sa.Table(
    "settlement_fee",
    metadata,
    id_column(),
    number_of("channel_id"),
    reference("order_id", "sales_order.id", nullable=True, index=True),
    sa.Column("order_external_id", sa.Text),  # as the file names it; the order itself may come later
    reference("product_id", "product.id", nullable=True),
    sa.Column("kind", sa.String(16), nullable=False),  # commission, payment, advertising, shipping, storage, other
    sa.Column("word", sa.Text),  # as the file names the kind
    sa.Column("ds", sa.Date, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    minor("amount"),  # what it costs: positive; given back: negative
    sa.Column("reference", sa.Text),  # settlement or transaction number
    *fact_columns("settlement_fee"),
    sa.Index("ix_settlement_fee_ds", "ds"),
)

# What a shop takes of each order, stated by a person, for orders on which no settlement has come.
channel_fee = sa.Table(
    "channel_fee",
    metadata,
    id_column(),
    number_of("channel_id"),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("share", sa.BigInteger, nullable=False),  # of the order's goods, in millionths
    minor("fixed"),  # per order, minor units of `currency`
    sa.Column("currency", sa.String(3), nullable=False),
    sa.UniqueConstraint("channel_id", "kind", "valid_from"),
    sa.CheckConstraint("share >= 0 AND fixed >= 0", name="not_negative"),
)
