"""eBay, Orders report of the Seller Hub: one row an item, and for an order of several items one more row before them.

`Sold For` is the price of one unit: public samples of real files have 3 units at AU $260.00 with AU $9.00 postage and a
total of AU $789.00 (3 × 260 + 9), and the row of an order of several items carries their sum. That row names no item
and holds the address and the money of the order. The report has neither a status nor refunds: dates tell how far an
order is, and an order that nobody has paid has no order number yet. Order numbers are unique on all of eBay
(developer.ebay.com, SoldReport, June 2019). The file begins with a line of commas and ends with `83,record(s)
downloaded` and `Seller ID : …`. British and Australian files name some columns otherwise (`Post to postcode`).
"""

from erp_core.imports.declaration import Combine, Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="ebay-orders",
    title=T("eBay orders"),
    kind=Kind.SALES,
    platform="eBay",
    signature=(
        frozenset({"Sales Record Number", "Order Number"}),
        frozenset({"Sales Record Number", "Item Number"}),
        frozenset({"Order Number", "Buyer Username", "Sold For"}),
        frozenset({"Sold Via Promoted Listings"}),
    ),
    columns={
        "order_id": ("Order Number",),
        "ordered_at": ("Sale Date",),
        "paid_at": ("Paid On Date",),
        "shipped_at": ("Shipped On Date", "Dispatched On Date", "Posted On Date"),
        "customer_id": ("Buyer Username",),
        "customer_name": ("Buyer Name",),
        "email": ("Buyer Email",),
        "buyer_note": ("Buyer Note",),
        "seller_note": ("My Item Note",),
        "ship_name": ("Ship To Name", "Post To Name"),
        "ship_phone": ("Ship To Phone", "Post To Phone"),
        "ship_address": ("Ship To Address 1", "Ship To Address 2", "Post To Address 1", "Post To Address 2"),
        "city": ("Ship To City", "Post To City"),
        "province": ("Ship To State", "Post To County", "Post To State"),
        "postcode": ("Ship To Zip", "Post To Postcode", "Post To Postal Code"),
        "country": ("Ship To Country", "Post To Country"),
        "item_id": ("Item Number",),
        "title": ("Item Title",),
        "sku": ("Custom Label", "Custom Label (SKU)"),
        "variant": ("Variation Details",),
        "quantity": ("Quantity",),
        "unit_price": ("Sold For",),
        "shipping": ("Shipping And Handling", "Postage And Packaging", "Postage And Handling"),
        "tax": ("Seller Collected Tax",),
        "total": ("Total Price",),
        "carrier": ("Shipping Service", "Delivery Service", "Postage Service"),
        "tracking_number": ("Tracking Number",),
        "line_ref": ("Transaction ID",),
    },
    required=("order_id", "ordered_at", "sku|item_id|title", "quantity", "unit_price"),
    default_state="paid",
    amount=("unit_price",),
    empty_words=frozenset({"--", "-"}),
    combined={"ship_address": Combine.JOIN},
    summary_rows=True,
    platform_wide_ids=True,
)
