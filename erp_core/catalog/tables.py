"""What is sold, what it costs, and which product-like lines are charges."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import id_column, metadata, price, reference

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
    sa.Column("is_charge", sa.Boolean, nullable=False, server_default=sa.false()),
    reference("batch_id", "import_batch.id", nullable=True),  # the import that first named it
    reference("withdrawn_by", "import_batch.id", nullable=True),  # its import was undone and nothing else names it
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
