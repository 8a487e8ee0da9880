"""WooCommerce, WebToffee's order export: one row an order, its products side by side.

Either as columns (`Product Item 1 Name` … `Product Item 1 Subtotal`) or as pairs in one cell a product (`line_item_1`:
`name:…|product_id:9|sku:…|quantity:2|total:18.00|sub_total:20.00`). `total` is after discounts, `subtotal` before, both
without tax. `customer_id` is 0 for every guest, so buyers are known by their e-mail.
"""

from erp_core.imports.declaration import Combine, Format, Kind, Wide
from erp_core.imports.formats.woocommerce_advanced import REFUND_WORDS, STATUSES
from erp_core.text import T

_NAMES = {
    "name": "title",
    "id": "item_id",
    "product_id": "item_id",
    "sku": "sku",
    "quantity": "quantity",
    "total": "line_amount",
}

FORMAT = Format(
    name="woocommerce-webtoffee",
    title=T("WooCommerce orders (WebToffee export)"),
    kind=Kind.SALES,
    platform="WooCommerce",
    signature=(
        frozenset({"wt_import_key"}),
        frozenset({"Product Item 1 Name"}),
        frozenset({"Product Item 1 SKU"}),
        frozenset({"order_id", "line_item_1"}),
        frozenset({"order_number", "line_item_1"}),
    ),
    columns={
        "order_id": ("order_number", "order_id"),
        "ordered_at": ("order_date",),
        "paid_at": ("paid_date",),
        "status": ("status",),
        "currency": ("order_currency",),
        "customer_name": ("billing_first_name", "billing_last_name"),
        "email": ("customer_email", "billing_email"),
        "phone": ("billing_phone",),
        "ship_name": ("shipping_first_name", "shipping_last_name"),
        "ship_phone": ("shipping_phone",),
        "ship_address": ("shipping_address_1", "shipping_address_2"),
        "country": ("shipping_country", "billing_country"),
        "province": ("shipping_state", "billing_state"),
        "city": ("shipping_city", "billing_city"),
        "postcode": ("shipping_postcode", "billing_postcode"),
        "order_discount": ("discount_total", "cart_discount"),
        "shipping": ("shipping_total",),
        "tax": ("tax_total",),
        "total": ("order_total",),
        "buyer_note": ("customer_note",),
        "sku": ("Product Item 1 SKU",),
        "title": ("Product Item 1 Name",),
        "item_id": ("Product Item 1 id",),
        "quantity": ("Product Item 1 Quantity",),
        "line_amount": ("Product Item 1 Total",),
    },
    required=("order_id", "ordered_at", "sku|title", "quantity", "line_amount"),
    statuses=STATUSES,
    default_state="paid",
    refund_words=REFUND_WORDS,
    amount=("line_amount",),
    net_of_discounts=True,
    combined={
        "order_id": Combine.FIRST,
        "customer_name": Combine.JOIN,
        "email": Combine.FIRST,
        "ship_name": Combine.JOIN,
        "ship_address": Combine.JOIN,
        "country": Combine.FIRST,
        "province": Combine.FIRST,
        "city": Combine.FIRST,
        "postcode": Combine.FIRST,
    },
    wide=(
        Wide(header=r"product item (?P<number>\d+) (?P<what>.+)", names=_NAMES),
        Wide(header=r"line_item_(?P<number>\d+)", names=_NAMES),
    ),
)
