"""ERPNext: Data Import of a Stock Reconciliation, which sets what lies at a warehouse.

Source: the field labels of the document types Stock Reconciliation (Company, Purpose, Posting Date) and Stock
Reconciliation Item (Item Code, Warehouse, Quantity); a child's column is `Label (Table label)`, the parent's fields stand
on the first row only. ERPNext keeps its own valuation of an item that has one. Tracking numbers: the generic file.
"""

from erp_core.exports.declaration import Basis, Column, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="erpnext-reconciliation",
        title=T("ERPNext, stock reconciliation"),
        platforms=("ERPNext",),
        what=What.STOCK,
        basis=Basis.COUNT,
        columns=(
            Column("Company", "company", first_row_only=True),
            Column("Purpose", fixed="Stock Reconciliation", first_row_only=True),
            Column("Posting Date", "counted_on", first_row_only=True),
            Column("Item Code (Items)", "sku"),
            Column("Warehouse (Items)", "location"),
            Column("Quantity (Items)", "quantity"),
        ),
        source="https://erpnext.peterkdev.com/doctype/Stock%20Reconciliation",
    ),
)
