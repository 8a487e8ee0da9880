"""Odoo: Inventory → Physical Inventory → Import records, which takes a count of what lies at a place.

Source: odoo.com/documentation, "Inventory adjustments": Location, Product (found by its internal reference too), Counted
Quantity. Tracking numbers stand on Odoo's transfers, whose numbers are not in our books: the generic file.
"""

from erp_core.exports.declaration import Basis, Column, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="odoo-count",
        title=T("Odoo, physical inventory"),
        platforms=("Odoo",),
        what=What.STOCK,
        basis=Basis.COUNT,
        columns=(Column("Location", "location"), Column("Product", "sku"), Column("Counted Quantity", "quantity")),
        source="https://www.odoo.com/documentation/master/applications/inventory_and_mrp/inventory/warehouses_storage/inventory_management/count_products.html",
    ),
)
