"""Amazon, order report for seller-fulfilled orders (flat file, tab separated): one row an item, with the buyer's address.

Only paid orders stand in it, and it names no status (SP-API, order report attributes; some marketplaces write
`recepient-name`). `item-price` is the price of all units of the row.
"""

from erp_core.imports.declaration import Combine, Format, Kind
from erp_core.imports.formats.amazon_all_orders import ELSEWHERE
from erp_core.text import T

FORMAT = Format(
    name="amazon-seller-fulfilled",
    title=T("Amazon, seller-fulfilled orders"),
    kind=Kind.SALES,
    platform="Amazon",
    signature=(
        frozenset({"order-id", "order-item-id", "purchase-date"}),
        frozenset({"order-item-id", "quantity-purchased"}),
        frozenset({"quantity-purchased", "payments-date"}),
        frozenset({"recepient-name", "purchase-date"}),
    ),
    columns={
        "order_id": ("order-id",),
        "line_ref": ("order-item-id",),
        "ordered_at": ("purchase-date",),
        "paid_at": ("payments-date",),
        "sold_on": ("sales-channel",),
        "email": ("buyer-email",),
        "customer_name": ("buyer-name",),
        "phone": ("buyer-phone-number",),
        "sku": ("sku",),
        "title": ("product-name",),
        "quantity": ("quantity-purchased",),
        "currency": ("currency",),
        "line_amount": ("item-price",),
        "line_discount": ("item-promotion-discount",),
        "ship_name": ("recipient-name", "recepient-name"),
        "ship_phone": ("ship-phone-number", "recipient-phone-number", "recepient-phone-number"),
        "ship_address": ("ship-address-1", "ship-address-2", "ship-address-3"),
        "city": ("ship-city",),
        "province": ("ship-state",),
        "postcode": ("ship-postal-code",),
        "country": ("ship-country",),
        "buyer_note": ("delivery-instructions",),
    },
    required=("order_id", "ordered_at", "sku|title", "quantity", "line_amount"),
    default_state="paid",
    amount=("line_amount",),
    discount_off_amount=True,
    combined={"ship_address": Combine.JOIN},
    ignored_words=ELSEWHERE,
    platform_wide_ids=True,
)
