"""the first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)

    op.create_table(
        "charge_word",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge_word")),
        sa.UniqueConstraint("word", name=op.f("uq_charge_word_word")),
    )
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("base_currency", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("money_chosen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("zone_chosen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("benchmarks", sa.JSON(), nullable=False),
        sa.Column("planning", sa.JSON(), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.create_table(
        "daily_orders",
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("orders", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("credit_notes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("adjustments", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("waiting", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("goods", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("charges", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipping", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("credited", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("ds", "channel_id", "currency", name=op.f("pk_daily_orders")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "daily_sales",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("orders", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("revenue", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("credited_quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("credited", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "ds", "channel_id", "currency", name=op.f("pk_daily_sales")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "daily_stock",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "location_id", "ds", name=op.f("pk_daily_stock")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("header_key", sa.String(length=64), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("header_key", name=op.f("uq_import_mapping_header_key")),
    )
    op.create_table(
        "location",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("named_by_person", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("name", name=op.f("uq_location_name")),
    )
    op.create_table(
        "channel",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_channel_location_id_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("name", name=op.f("uq_channel_name")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_customer_batch_id_import_batch")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_customer_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("scope", "key", name=op.f("uq_customer_scope_key")),
    )
    op.create_table(
        "fx_rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("base", sa.String(length=3), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_fx_rate_batch_id_import_batch")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_fx_rate_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fx_rate")),
    )
    with op.batch_alter_table("fx_rate", schema=None) as batch_op:
        batch_op.create_index("ix_fx_rate_currency_base_ds", ["currency", "base", "ds"], unique=False)

    op.create_table(
        "import_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_change_batch_id_import_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_change")),
    )
    with op.batch_alter_table("import_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_change_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_import_change_entity_entity_id", ["entity", "entity_id"], unique=False)

    op.create_table(
        "import_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_file_batch_id_import_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )
    with op.batch_alter_table("import_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_file_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_file_sha256"), ["sha256"], unique=False)

    op.create_table(
        "import_issue",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_no", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_issue_batch_id_import_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_issue")),
    )
    with op.batch_alter_table("import_issue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_issue_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "import_rejected",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_no", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_rejected_batch_id_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rejected")),
    )
    with op.batch_alter_table("import_rejected", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_rejected_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("weight_grams", sa.BigInteger(), nullable=True),
        sa.Column("is_charge", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_product_batch_id_import_batch")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_product_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("sku", name=op.f("uq_product_sku")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_barcode"), ["barcode"], unique=False)

    op.create_table(
        "supplier",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("minimum_order", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_supplier_lead_time")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_supplier_batch_id_import_batch")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_supplier_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("name", name=op.f("uq_supplier_name")),
    )
    op.create_table(
        "product_cost",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_product_cost_unit_cost")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_product_cost_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_cost_product_id_product")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_product_cost_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_cost")),
    )
    with op.batch_alter_table("product_cost", schema=None) as batch_op:
        batch_op.create_index("ix_product_cost_product_id_valid_from", ["product_id", "valid_from"], unique=False)

    op.create_table(
        "purchase_choice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("suggested", sa.BigInteger(), nullable=False),
        sa.Column("chosen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("chosen >= 0", name=op.f("ck_purchase_choice_chosen")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_purchase_choice_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_choice")),
    )
    with op.batch_alter_table("purchase_choice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_purchase_choice_as_of"), ["as_of"], unique=False)

    op.create_table(
        "sales_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("status_word", sa.Text(), nullable=True),
        sa.Column("status_at", UtcTime(), nullable=True),
        sa.Column("ordered_at", UtcTime(), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("paid_at", UtcTime(), nullable=True),
        sa.Column("shipped_at", UtcTime(), nullable=True),
        sa.Column("completed_at", UtcTime(), nullable=True),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("goods", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("charges", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=True),
        sa.Column("shipping", sa.BigInteger(), nullable=True),
        sa.Column("tax", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("refunded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ship_name", sa.Text(), nullable=True),
        sa.Column("ship_phone", sa.Text(), nullable=True),
        sa.Column("ship_address", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("buyer_note", sa.Text(), nullable=True),
        sa.Column("seller_note", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_number", sa.Text(), nullable=True),
        sa.Column("header_fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("lines_fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("first_batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_sales_order_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_sales_order_channel_id_channel")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_sales_order_customer_id_customer")),
        sa.ForeignKeyConstraint(
            ["first_batch_id"], ["import_batch.id"], name=op.f("fk_sales_order_first_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_sales_order_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
        sa.UniqueConstraint("channel_id", "external_id", name=op.f("uq_sales_order_channel_id_external_id")),
    )
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.create_index("ix_sales_order_batch_id", ["batch_id"], unique=False)
        batch_op.create_index("ix_sales_order_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_sales_order_ds", ["ds"], unique=False)

    op.create_table(
        "stock_balance",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=True),
        sa.Column("shortfall", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("incoming", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("known_from", UtcTime(), nullable=True),
        sa.CheckConstraint("incoming >= 0", name=op.f("ck_stock_balance_incoming")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_balance_on_hand")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_stock_balance_reserved")),
        sa.CheckConstraint("shortfall = 0 OR on_hand = 0", name=op.f("ck_stock_balance_shortfall_means_none_left")),
        sa.CheckConstraint("shortfall >= 0", name=op.f("ck_stock_balance_shortfall")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_stock_balance_location_id_location")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stock_balance_product_id_product")),
        sa.PrimaryKeyConstraint("product_id", "location_id", name=op.f("pk_stock_balance")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("incoming", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("line_no", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(level IS NOT NULL) = (kind = 'count')", name=op.f("ck_stock_movement_level_is_a_count")),
        sa.CheckConstraint("level IS NULL OR (level >= 0 AND quantity = 0)", name=op.f("ck_stock_movement_level")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stock_movement_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
    )
    with op.batch_alter_table("stock_movement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_movement_anchor",
            ["product_id"],
            unique=False,
            sqlite_where=sa.text("kind IN ('count', 'receipt')"),
            postgresql_where=sa.text("kind IN ('count', 'receipt')"),
        )
        batch_op.create_index("ix_stock_movement_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_stock_movement_product_id_at", ["product_id", "at"], unique=False)
        batch_op.create_index(
            "ix_stock_movement_reserved",
            ["product_id"],
            unique=False,
            sqlite_where=sa.text("reserved <> 0"),
            postgresql_where=sa.text("reserved <> 0"),
        )
        batch_op.create_index(
            "ix_stock_movement_reverses",
            ["reverses"],
            unique=False,
            sqlite_where=sa.text("reverses IS NOT NULL"),
            postgresql_where=sa.text("reverses IS NOT NULL"),
        )

    op.create_table(
        "supplier_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("supplier_sku", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("moq", sa.BigInteger(), nullable=True),
        sa.Column("pack", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_supplier_item_lead_time")),
        sa.CheckConstraint("moq >= 1", name=op.f("ck_supplier_item_moq")),
        sa.CheckConstraint("pack >= 1", name=op.f("ck_supplier_item_pack")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_supplier_item_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_supplier_item_product_id_product")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_item_supplier_id_supplier")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_supplier_item_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_item")),
        sa.UniqueConstraint("supplier_id", "product_id", name=op.f("uq_supplier_item_supplier_id_product_id")),
    )
    with op.batch_alter_table("supplier_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supplier_item_product_id"), ["product_id"], unique=False)

    op.create_table(
        "order_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_order_event_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_event_order_id_sales_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
    )
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_event_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_event_order_id"), ["order_id"], unique=False)

    op.create_table(
        "order_line",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("discount", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("amount", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fulfilled", sa.Boolean(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id_sales_order")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_order_line_product_id_product")),
        sa.PrimaryKeyConstraint("order_id", "line_no", name=op.f("pk_order_line")),
        sqlite_with_rowid=False,
    )
