"""What is sold, what it costs, and which product-like lines are charges."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, number_of, price, reference

product = sa.Table(
    "product",
    metadata,
    id_column(),
    sa.Column("sku", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text),
    sa.Column("category", sa.Text),
    sa.Column("barcode", sa.Text, index=True),
    sa.Column("unit", sa.Text),
    sa.Column("weight_grams", sa.BigInteger),
    # In which smaller unit it is counted: 1 `unit` = `unit_factor` `stock_unit`, of which all stored quantities are.
    sa.Column("stock_unit", sa.Text),
    sa.Column("unit_factor", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("is_charge", sa.Boolean, nullable=False, server_default=sa.false()),
    reference("batch_id", "import_batch.id", nullable=True),  # the import that first named it
    reference("withdrawn_by", "import_batch.id", nullable=True),  # its import was undone and nothing else names it
    sa.Column("archived_at", UtcTime),  # laid aside by a person, or its sales were mapped to another product
)

product_cost = sa.Table(
    "product_cost",
    metadata,
    id_column(),
    reference("product_id", "product.id"),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    price("unit_cost"),
    sa.Column("source", sa.Text, nullable=False),  # 'products', 'stock', 'supplier', 'manual'
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.CheckConstraint("unit_cost >= 0", name="unit_cost"),
    sa.Index("ix_product_cost_product_id_valid_from", "product_id", "valid_from"),
)

charge_word = sa.Table(
    "charge_word",
    metadata,
    id_column(),
    sa.Column("word", sa.Text, nullable=False, unique=True),  # lower case; matches a whole SKU or a whole name
)

# Further barcodes of a product, beside the one that stands in `product`.
product_barcode = sa.Table(
    "product_barcode",
    metadata,
    sa.Column("barcode", sa.Text, primary_key=True),
    reference("product_id", "product.id", index=True),
)

# What a product is made of. A 'bundle' is sold as one and leaves the warehouse as its components.
bom_line = sa.Table(
    "bom_line",
    metadata,
    reference("parent_id", "product.id", primary_key=True),
    reference("component_id", "product.id", primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False, server_default="bundle"),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.CheckConstraint("quantity > 0", name="quantity"),
    sa.CheckConstraint("parent_id <> component_id", name="not_itself"),
    sa.Index("ix_bom_line_component_id", "component_id"),
)

# Under which SKU a shop sells one of our products, where it is not our own SKU.
sku_alias = sa.Table(
    "sku_alias",
    metadata,
    id_column(),
    number_of("channel_id", server_default=sa.text("0")),  # 0 = in every shop
    sa.Column("external_sku", sa.Text, nullable=False),
    reference("product_id", "product.id", index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.UniqueConstraint("channel_id", "external_sku"),
)
