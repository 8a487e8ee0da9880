"""Amazon, Amazon Fulfilled Shipments: one row an item of a parcel that Amazon has sent; tab separated, or CSV with other
names for the same columns (`Merchant SKU`, `Shipped Quantity`, `FC`) where it is downloaded by hand.

An order may come in several parcels and only some of them stand in one file (report type
GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL). `item-price` is the price of the units in the row. Parcels of the sales
channel `Non-Amazon` belong to another shop's orders and are passed over.
"""

from erp_core.imports.declaration import Combine, Format, Kind, Part
from erp_core.imports.formats.amazon_all_orders import ELSEWHERE, FBA
from erp_core.text import T

FORMAT = Format(
    name="amazon-fba-shipments",
    title=T("Amazon, FBA shipments"),
    kind=Kind.SALES,
    platform="Amazon",
    part=Part.SHIPMENTS,
    signature=(
        frozenset({"amazon-order-id", "shipment-id"}),
        frozenset({"amazon-order-id", "shipment-item-id"}),
        frozenset({"amazon-order-id", "quantity-shipped"}),
        frozenset({"amazon-order-id", "fulfillment-center-id"}),
    ),
    columns={
        "order_id": ("amazon-order-id",),
        "shipment_id": ("shipment-id",),
        "line_ref": ("amazon-order-item-id", "shipment-item-id"),
        "ordered_at": ("purchase-date",),
        "paid_at": ("payments-date",),
        "shipped_at": ("shipment-date",),
        "estimated_at": ("estimated-arrival-date",),
        "sold_on": ("sales-channel",),
        "email": ("buyer-email",),
        "customer_name": ("buyer-name",),
        "phone": ("buyer-phone-number",),
        "sku": ("sku", "merchant-sku"),
        "title": ("product-name", "title"),
        "quantity": ("quantity-shipped", "shipped-quantity"),
        "currency": ("currency",),
        "line_amount": ("item-price",),
        "line_discount": ("item-promotion-discount", "item-promo-discount"),
        "ship_name": ("recipient-name", "recepient-name"),
        "ship_phone": ("ship-phone-number", "shipping-phone-number"),
        "ship_address": (
            "ship-address-1",
            "ship-address-2",
            "ship-address-3",
            "shipping-address-1",
            "shipping-address-2",
            "shipping-address-3",
        ),
        "city": ("ship-city", "shipping-city"),
        "province": ("ship-state", "shipping-state"),
        "postcode": ("ship-postal-code", "shipping-postal-code"),
        "country": ("ship-country", "shipping-country-code"),
        "carrier": ("carrier",),
        "tracking_number": ("tracking-number",),
    },
    required=("order_id", "ordered_at", "shipped_at", "sku|title", "quantity", "line_amount"),
    default_state="shipped",
    amount=("line_amount",),
    discount_off_amount=True,
    combined={"ship_address": Combine.JOIN, "line_ref": Combine.FIRST},
    constants={"location": FBA},
    ignored_words=ELSEWHERE,
    platform_wide_ids=True,
)
