"""What suppliers offer, what was ordered from them, what arrived."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, fact_columns, id_column, metadata, price, reference, units

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

# One line of an order to a supplier. Lines with one `number` are one purchase order.
purchase_order_line = sa.Table(
    "purchase_order_line",
    metadata,
    id_column(),
    reference("purchase_order_id", "purchase_order.id", index=True),
    reference("product_id", "product.id", index=True),
    units("quantity"),
    units("received_said"),  # what the file says has arrived; receipts may say more
    price("unit_price"),
    sa.Column("expected_on", sa.Date),
    sa.Column("state", sa.String(12), nullable=False, server_default="open"),  # open, received, cancelled
    sa.CheckConstraint("quantity > 0", name="quantity"),
    *fact_columns("purchase_order_line"),
)

purchase_order = sa.Table(
    "purchase_order",
    metadata,
    id_column(),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    reference("supplier_id", "supplier.id", nullable=True),
    sa.Column("ordered_on", sa.Date),
    sa.Column("expected_on", sa.Date),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),  # open, received, cancelled
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
)

# Goods that arrived: the stock movement 'receipt' that carries this row's id as `source_id`.
receipt = sa.Table(
    "receipt",
    metadata,
    id_column(),
    sa.Column("number", sa.Text),
    sa.Column("po_number", sa.Text, index=True),  # as the file names it; the purchase order itself may come later
    reference("supplier_id", "supplier.id", nullable=True),
    reference("product_id", "product.id", index=True),
    sa.Column("location_id", sa.BigInteger, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    units("quantity"),
    sa.Column("currency", sa.String(3), nullable=False),
    price("unit_cost"),
    sa.CheckConstraint("quantity > 0", name="quantity"),
    *fact_columns("receipt"),
)
