"""Amazon, All Orders report (flat file, tab separated): one row an item, merchant's and Amazon's fulfilment together.

`item-price` is the price of all units of the row; where prices include tax (Europe, Japan, India) it includes
`item-tax`. `item-promotion-discount` is still to be taken off. Cancelled items stay in the report, with quantity 0 and
without price if the whole order was cancelled; a pending order has no price yet (report type
GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL; statuses as in the public data of amazon.in, such as `Shipped -
Delivered to Buyer`). Item taxes and shipping stand per item, so they are no order's total and are not read.

Rows of the sales channel `Non-Amazon` are parcels that Amazon sent for another shop: that shop's own export tells of
the sale, so they are passed over.
"""

from erp_core.imports.declaration import Derivation, Format, Kind
from erp_core.text import T

FBA = "Amazon FBA"
LOCATIONS = {
    "Amazon": FBA,
    "AFN": FBA,
    "AMAZON_NA": FBA,
    "AMAZON_EU": FBA,
    "AMAZON_IN": FBA,
    "AMAZON_JP": FBA,
    "AMAZON_CN": FBA,
    "Merchant": "",
    "MFN": "",
    "Seller": "",
    "DEFAULT": "",
}
ELSEWHERE = frozenset(
    {
        "Non-Amazon",
        *(f"Non-Amazon {country}" for country in "US CA MX BR UK DE FR IT ES NL SE PL TR JP AU IN AE SA SG".split()),
    }
)

FORMAT = Format(
    name="amazon-all-orders",
    title=T("Amazon, all orders"),
    kind=Kind.SALES,
    platform="Amazon",
    signature=(
        frozenset({"amazon-order-id", "order-status"}),
        frozenset({"amazon-order-id", "item-status"}),
    ),
    columns={
        "order_id": ("amazon-order-id",),
        "ordered_at": ("purchase-date",),
        "updated_at": ("last-updated-date",),
        "status": ("order-status",),
        "location": ("fulfillment-channel",),
        "sold_on": ("sales-channel",),
        "title": ("product-name",),
        "sku": ("sku",),
        "item_id": ("asin",),
        "line_ref": ("order-item-id", "amazon-order-item-id"),
        "line_status": ("item-status",),
        "quantity": ("quantity",),
        "currency": ("currency",),
        "line_amount": ("item-price",),
        "line_discount": ("item-promotion-discount",),
        "city": ("ship-city",),
        "province": ("ship-state",),
        "postcode": ("ship-postal-code",),
        "country": ("ship-country",),
    },
    required=("order_id", "ordered_at", "status", "sku|title", "quantity", "line_amount"),
    statuses={
        "Pending": "pending",
        "Pending - Waiting for Pick Up": "paid",
        "PendingAvailability": "pending",
        "Payment Pending": "pending",
        "Unshipped": "paid",
        "InvoiceUnconfirmed": "paid",
        "Partially Shipped": "paid",
        "Shipping": "paid",
        "Unfulfillable": "cancelled",
        "Shipped": "shipped",
        "Shipped - Picked Up": "shipped",
        "Shipped - In Transit": "shipped",
        "Shipped - Out for Delivery": "shipped",
        "Shipped - Delivered to Buyer": "completed",
        "Shipped - Rejected by Buyer": "shipped",
        "Shipped - Returning to Seller": "shipped",
        "Shipped - Returned to Seller": "shipped",
        "Shipped - Undeliverable": "shipped",
        "Shipped - Lost in Transit": "shipped",
        "Shipped - Damaged": "shipped",
        "Complete": "completed",
        "Delivered": "completed",
        "Cancelled": "cancelled",
        "Canceled": "cancelled",
    },
    fulfillments={"Shipped": "shipped", "Unshipped": "", "Pending": "", "Partially Shipped": "", "Cancelled": ""},
    cancelled_line_words=frozenset({"Cancelled", "Canceled"}),
    default_state="paid",
    amount=("line_amount",),
    discount_off_amount=True,
    derived=(Derivation("line_fulfillment", "line_status", r"(.+)", r"\1"),),
    locations=LOCATIONS,
    ignored_words=ELSEWHERE,
    platform_wide_ids=True,
)
