"""Orders with their lines and events, and the daily rollups of sales."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, fact_columns, id_column, metadata, minor, number_of, price, reference, units
from erp_core.security.vault import Sealed

channel = sa.Table(  # one shop on one platform
    "channel",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("platform", sa.Text, nullable=False),
    reference("location_id", "location.id", nullable=True),  # where it ships from; NULL = the default location
    # What it may offer: so many percent of what is available, less a buffer of units.
    sa.Column("stock_share", sa.Integer, nullable=False, server_default=sa.text("100")),
    sa.Column("safety_buffer", sa.BigInteger, nullable=False, server_default=sa.text("0")),
)

sales_order = sa.Table(
    "sales_order",
    metadata,
    id_column(),
    reference("channel_id", "channel.id"),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("document", sa.String(12), nullable=False),  # order, credit_note
    sa.Column("state", sa.String(12), nullable=False),  # pending, paid, shipped, completed, cancelled, adjustment
    sa.Column("status_word", sa.Text),  # as the platform said it
    sa.Column("status_at", UtcTime),
    sa.Column("ordered_at", UtcTime, nullable=False),
    sa.Column("ds", sa.Date, nullable=False),  # the day of `ordered_at` in the company's zone
    sa.Column("paid_at", UtcTime),
    sa.Column("shipped_at", UtcTime),
    sa.Column("completed_at", UtcTime),
    sa.Column("cancelled_at", UtcTime),
    reference("customer_id", "customer.id", nullable=True),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    units("quantity"),  # product lines
    minor("goods"),  # product lines after line discounts
    minor("charges"),  # charge lines
    minor(
        "discount", nullable=True
    ),  # off the order as a whole, not in the lines' money, borne by the shop; NULL = not said
    minor("shipping", nullable=True),
    minor("tax", nullable=True),
    minor("total", nullable=True),
    minor("refunded"),
    # the recipient's name, phone, address; buyer_note, seller_note. NULL where the files say none of these
    sa.Column("personal", Sealed),
    sa.Column("name_digest", sa.BigInteger, index=True),
    sa.Column("phone_digest", sa.BigInteger, index=True),
    sa.Column("tail_digest", sa.BigInteger, index=True),
    sa.Column("country", sa.Text),
    sa.Column("province", sa.Text),
    sa.Column("city", sa.Text),
    sa.Column("postcode", sa.Text),
    sa.Column("carrier", sa.Text),
    sa.Column("tracking_number", sa.Text),
    sa.Column("location_id", sa.BigInteger),  # where it leaves from, where the file says so; NULL = as the channel
    sa.Column("partial", sa.Boolean, nullable=False, server_default=sa.false()),  # its lines come shipment by shipment
    # hashes of all that the file said of the header (keyed, `Marker`) and of the lines: equal = unchanged
    sa.Column("header_fingerprint", sa.BigInteger, nullable=False),
    sa.Column("lines_fingerprint", sa.BigInteger, nullable=False),
    reference("first_batch_id", "import_batch.id", nullable=True),
    reference("batch_id", "import_batch.id", nullable=True),  # the import that wrote what stands now
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.UniqueConstraint("channel_id", "external_id"),
    sa.Index("ix_sales_order_ds", "ds"),
    sa.Index("ix_sales_order_customer_id", "customer_id"),
    sa.Index("ix_sales_order_batch_id", "batch_id"),
)

order_line = sa.Table(
    "order_line",
    metadata,
    reference("order_id", "sales_order.id", primary_key=True),
    sa.Column("line_no", sa.Integer, primary_key=True),
    reference("product_id", "product.id", nullable=True),
    sa.Column("title", sa.Text),  # NULL where it is the product's name
    units("quantity"),
    price("unit_price"),
    minor("discount"),
    minor("amount"),  # after line discounts, signed
    minor("refunded"),
    sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("fulfilled", sa.Boolean),  # NULL = as the order's state says
    sa.Column("line_ref", sa.Text),  # the platform's own number of the line
    sa.Column("sold_as", sa.Text),  # the SKU that the file names, where a mapping leads to another
    sa.Column("batch_id", sa.BigInteger),  # not a foreign key: it would be checked for each line of an import
    sa.Column("superseded_by", sa.BigInteger),  # the import whose version of the order replaced this line
    sqlite_with_rowid=False,
)

order_event = sa.Table(
    "order_event",
    metadata,
    id_column(),
    reference("order_id", "sales_order.id", index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # imported, revised, withdrawn, restored, tracking_sent
    sa.Column("actor", sa.Text, nullable=False),
    reference("batch_id", "import_batch.id", nullable=True, index=True),
    sa.Column("before", sa.JSON),  # the header as it stood before a revision; of tracking_sent, the numbers
    sa.Column("personal", Sealed),  # what was sealed in the header as it stood before
)

# A parcel of an order, as files tell of it; `fact_key` tells it from the order's other parcels.
shipment = sa.Table(
    "shipment",
    metadata,
    id_column(),
    reference("order_id", "sales_order.id", index=True),
    sa.Column("external_id", sa.Text),  # the platform's number of the shipment
    sa.Column("carrier", sa.Text),
    sa.Column("tracking_number", sa.Text, index=True),
    sa.Column("shipped_at", UtcTime),
    sa.Column("estimated_at", UtcTime),
    sa.Column("delivered_at", UtcTime),
    sa.Column("location_id", sa.BigInteger),
    *fact_columns("shipment"),
)

# What lies in a parcel. Rows of an order's shipments tell which of its lines have left.
shipment_line = sa.Table(
    "shipment_line",
    metadata,
    id_column(),
    reference("shipment_id", "shipment.id", index=True),
    sa.Column("line_ref", sa.Text),
    reference("product_id", "product.id", nullable=True),
    units("quantity"),
)

tracking_event = sa.Table(
    "tracking_event",
    metadata,
    id_column(),
    reference("shipment_id", "shipment.id", index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("personal", Sealed),  # state, as the carrier said it; place. Carriers name who took the parcel
    *fact_columns("tracking_event"),
)

# One product that came back, or that a buyer asks to send back.
return_case = sa.Table(
    "return_case",
    metadata,
    id_column(),
    sa.Column("external_id", sa.Text),  # the return's own number
    reference("order_id", "sales_order.id", nullable=True, index=True),
    reference("channel_id", "channel.id", nullable=True),
    reference("product_id", "product.id", index=True),
    sa.Column("returned_at", UtcTime, nullable=False),
    sa.Column("ds", sa.Date, nullable=False),  # the day of `returned_at` in the company's zone
    sa.Column("state", sa.String(12), nullable=False),  # requested, received, restocked, scrapped, refunded, refused
    sa.Column("personal", Sealed),  # reason, as the buyer wrote it
    sa.Column("picking_error", sa.Boolean),  # it tells of a wrong or a missing item; NULL = no reason said
    units("quantity"),
    units("restocked"),  # units that went back on the shelf
    sa.Column("location_id", sa.BigInteger),
    sa.Column("currency", sa.String(3), nullable=False),
    minor("refund", nullable=True),  # NULL = not said
    sa.CheckConstraint("quantity > 0", name="quantity"),
    sa.CheckConstraint("restocked BETWEEN 0 AND quantity", name="restocked"),
    *fact_columns("return_case"),
)

# One row per product, day, channel and currency. Orders that are cancelled or adjustments are out.
daily_sales = sa.Table(
    "daily_sales",
    metadata,
    number_of("product_id", primary_key=True),
    sa.Column("ds", sa.Date, primary_key=True),
    number_of("channel_id", primary_key=True),
    sa.Column("currency", sa.String(3), primary_key=True),
    units("orders"),  # orders with this product
    units("quantity"),
    minor("revenue"),
    minor("discount"),  # off its lines; in `revenue` already
    minor("order_discount"),  # its lines' part of what was taken off whole orders; not in `revenue`
    units("credited_quantity"),  # of credit notes, not negative
    minor("credited"),  # money of credit notes, not negative
    minor("refunded"),
    sqlite_with_rowid=False,
)

daily_orders = sa.Table(
    "daily_orders",
    metadata,
    sa.Column("ds", sa.Date, primary_key=True),
    number_of("channel_id", primary_key=True),
    sa.Column("currency", sa.String(3), primary_key=True),
    units("orders"),  # neither cancelled nor adjustment nor credit note
    units("cancelled"),
    units("credit_notes"),
    units("adjustments"),
    units("waiting"),  # pending or paid, not yet shipped
    units("quantity"),
    minor("goods"),
    minor("charges"),
    minor("discount"),
    minor("shipping"),
    minor("refunded"),
    minor("credited"),
    sqlite_with_rowid=False,
)
