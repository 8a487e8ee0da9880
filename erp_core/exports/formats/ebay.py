"""eBay: files for Seller Hub → Reports → Uploads (formerly File Exchange).

Source: eBay, "File Exchange Basic/Advanced Template Instructions" 3.5 (Action `Revise` with ItemID or CustomLabel and
Quantity; the site stands in the header of the Action column), and "MIP order fulfillment feed" (one row a parcel; carrier
and number go together). The columns of the shipping file are those that public programs write for Seller Hub; eBay sets
the shipping status by the number. Item numbers are not in our books: eBay finds a listing by its CustomLabel where its
stock is tracked by SKU; else our numbers are filled into its own revision file.
"""

from erp_core.exports.declaration import Column, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="ebay-quantity",
        title=T("eBay, revise quantity"),
        platforms=("eBay",),
        what=What.STOCK,
        wants_template=True,
        columns=(
            Column("*Action(SiteID=US|Country=US|Currency=USD|Version=1193|CC=UTF-8)", fixed="Revise"),
            Column("ItemID"),
            Column("CustomLabel", "sku"),
            Column("*Quantity", "quantity"),
        ),
        source="https://docslib.org/doc/5625165/file-exchange-basic-template-instructions-copyright-statement",
    ),
    UploadFormat(
        name="ebay-shipping",
        title=T("eBay, tracking numbers"),
        platforms=("eBay",),
        what=What.SHIPPING,
        columns=(
            Column("Shipping Status"),
            Column("Order Number", "order_id"),
            Column("Item Number"),
            Column("Item Title"),
            Column("Custom Label", "sku"),
            Column("Transaction ID", "line_ref"),
            Column("Shipping Carrier Used", "carrier"),
            Column("Tracking Number", "tracking_number"),
        ),
        per_line=True,
        source="https://developer.ebay.com/api-docs/user-guides/static/mip-user-guide/mip-definitions-order-fulfillment-feed.html",
    ),
)
