"""Shopify: the inventory CSV of Products → Inventory → Import.

Source: help.shopify.com, "Exporting or importing inventory with a CSV file". Shopify sets *On hand*, which holds its
open orders too, and takes whole numbers only. It finds a variant by handle and options, which no order file tells us:
where the shop's own inventory export is given, our numbers are filled into it (`template.fill`). For tracking numbers
Shopify reads no file: the generic one.
"""

from erp_core.exports.declaration import Basis, Column, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="shopify-inventory",
        title=T("Shopify, inventory CSV"),
        platforms=("Shopify",),
        what=What.STOCK,
        wants_template=True,
        basis=Basis.OFFER_AND_OPEN,
        columns=(
            Column("Handle"),
            Column("Title", "name"),
            *(Column(f"Option{number} {part}") for number in (1, 2, 3) for part in ("Name", "Value")),
            Column("SKU", "sku"),
            Column("HS Code"),
            Column("COO"),
            Column("Location", "location"),
            Column("Bin name"),
            Column("Incoming (not editable)"),
            Column("Unavailable (not editable)"),
            Column("Committed (not editable)"),
            Column("Available (not editable)"),
            Column("On hand (current)"),
            Column("On hand (new)", "quantity"),
        ),
        source="https://help.shopify.com/en/manual/products/inventory/setup/inventory-csv",
    ),
)
