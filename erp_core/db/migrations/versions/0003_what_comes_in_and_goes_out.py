"""returns, shipments, purchase orders, receipts, fees, contacts, bundles and SKU mappings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


# Online Retail's codes for charges are plain SKUs elsewhere (sizes, A, B, C …); there the charges are known by their names.
CODES_THAT_ARE_SKUS = ("b", "c2", "d", "m", "s")


def upgrade() -> None:
    op.create_table(
        "channel_fee",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("fixed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("share >= 0 AND fixed >= 0", name=op.f("ck_channel_fee_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_fee")),
        sa.UniqueConstraint("channel_id", "kind", "valid_from", name=op.f("uq_channel_fee_channel_id_kind_valid_from")),
    )
    op.create_table(
        "bom_line",
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), server_default="bundle", nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("parent_id <> component_id", name=op.f("ck_bom_line_not_itself")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_bom_line_quantity")),
        sa.ForeignKeyConstraint(["component_id"], ["product.id"], name=op.f("fk_bom_line_component_id_product")),
        sa.ForeignKeyConstraint(["parent_id"], ["product.id"], name=op.f("fk_bom_line_parent_id_product")),
        sa.PrimaryKeyConstraint("parent_id", "component_id", name=op.f("pk_bom_line")),
    )
    with op.batch_alter_table("bom_line", schema=None) as batch_op:
        batch_op.create_index("ix_bom_line_component_id", ["component_id"], unique=False)

    op.create_table(
        "product_barcode",
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_barcode_product_id_product")),
        sa.PrimaryKeyConstraint("barcode", name=op.f("pk_product_barcode")),
    )
    with op.batch_alter_table("product_barcode", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_barcode_product_id"), ["product_id"], unique=False)

    op.create_table(
        "purchase_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_purchase_order_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_purchase_order_supplier_id_supplier")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["import_batch.id"], name=op.f("fk_purchase_order_withdrawn_by_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_order_number")),
    )
    op.create_table(
        "sku_alias",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "channel_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default=sa.text("0"),
            nullable=False,
        ),
        sa.Column("external_sku", sa.Text(), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_sku_alias_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sku_alias")),
        sa.UniqueConstraint("channel_id", "external_sku", name=op.f("uq_sku_alias_channel_id_external_sku")),
    )
    with op.batch_alter_table("sku_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sku_alias_product_id"), ["product_id"], unique=False)

    op.create_table(
        "interaction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_external_id", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("medium", sa.String(length=8), nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_interaction_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_interaction_channel_id_channel")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_interaction_customer_id_customer")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_interaction_order_id_sales_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
    )
    with op.batch_alter_table("interaction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interaction_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_interaction_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_interaction_fact_key", ["fact_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_interaction_order_id"), ["order_id"], unique=False)

    op.create_table(
        "purchase_order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purchase_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("received_said", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=12), server_default="open", nullable=False),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_purchase_order_line_quantity")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_purchase_order_line_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_purchase_order_line_product_id_product")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"],
            ["purchase_order.id"],
            name=op.f("fk_purchase_order_line_purchase_order_id_purchase_order"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order_line")),
    )
    with op.batch_alter_table("purchase_order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_purchase_order_line_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_purchase_order_line_fact_key", ["fact_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_purchase_order_line_product_id"), ["product_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_purchase_order_line_purchase_order_id"), ["purchase_order_id"], unique=False
        )

    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("po_number", sa.Text(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_receipt_quantity")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_receipt_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_receipt_product_id_product")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_receipt_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_receipt_fact_key", ["fact_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipt_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipt_po_number"), ["po_number"], unique=False)

    op.create_table(
        "return_case",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("returned_at", UtcTime(), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("restocked", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("refund", sa.BigInteger(), nullable=True),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_case_quantity")),
        sa.CheckConstraint("restocked BETWEEN 0 AND quantity", name=op.f("ck_return_case_restocked")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_return_case_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_return_case_channel_id_channel")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_return_case_order_id_sales_order")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_return_case_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_case")),
    )
    with op.batch_alter_table("return_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_case_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_return_case_fact_key", ["fact_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_return_case_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_return_case_product_id"), ["product_id"], unique=False)

    op.create_table(
        "settlement_fee",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_external_id", sa.Text(), nullable=True),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("word", sa.Text(), nullable=True),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_settlement_fee_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_settlement_fee_order_id_sales_order")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_settlement_fee_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_fee")),
    )
    with op.batch_alter_table("settlement_fee", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_fee_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_settlement_fee_ds", ["ds"], unique=False)
        batch_op.create_index("ix_settlement_fee_fact_key", ["fact_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_fee_order_id"), ["order_id"], unique=False)

    op.create_table(
        "shipment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_number", sa.Text(), nullable=True),
        sa.Column("shipped_at", UtcTime(), nullable=True),
        sa.Column("estimated_at", UtcTime(), nullable=True),
        sa.Column("delivered_at", UtcTime(), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_shipment_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_shipment_order_id_sales_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
    )
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shipment_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_shipment_fact_key", ["fact_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_shipment_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shipment_tracking_number"), ["tracking_number"], unique=False)

    op.create_table(
        "shipment_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_ref", sa.Text(), nullable=True),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_shipment_line_product_id_product")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_shipment_line_shipment_id_shipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_line")),
    )
    with op.batch_alter_table("shipment_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shipment_line_shipment_id"), ["shipment_id"], unique=False)

    op.create_table(
        "tracking_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_tracking_event_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_tracking_event_shipment_id_shipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_event")),
    )
    with op.batch_alter_table("tracking_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tracking_event_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_tracking_event_fact_key", ["fact_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_tracking_event_shipment_id"), ["shipment_id"], unique=False)

    # Added one by one, not in a batch: a batch copies and drops the table, which rows of other tables point to.
    for table, column in (
        ("product", sa.Column("stock_unit", sa.Text(), nullable=True)),
        ("product", sa.Column("unit_factor", sa.Integer(), server_default=sa.text("1"), nullable=False)),
        ("product", sa.Column("archived_at", UtcTime(), nullable=True)),
        ("channel", sa.Column("stock_share", sa.Integer(), server_default=sa.text("100"), nullable=False)),
        ("channel", sa.Column("safety_buffer", sa.BigInteger(), server_default=sa.text("0"), nullable=False)),
        ("order_line", sa.Column("line_ref", sa.Text(), nullable=True)),
        ("order_line", sa.Column("sold_as", sa.Text(), nullable=True)),
        ("sales_order", sa.Column("location_id", sa.BigInteger(), nullable=True)),
        ("sales_order", sa.Column("partial", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("stock_movement", sa.Column("source_id", sa.BigInteger(), nullable=True)),
    ):
        op.add_column(table, column)

    word = sa.column("word", sa.Text)
    op.execute(sa.delete(sa.table("charge_word", word)).where(word.in_(CODES_THAT_ARE_SKUS)))
