"""ERPNext, export of sales orders or sales invoices: an order's fields on its first row, its items as `… (Items)`.

A child column is named after its label and the table, or the child's document type where it comes from the report view
(`Qty (Sales Order Item)`). `Rate` is after the item's own discount, `Amount` is quantity × rate. A return is an invoice
with negative quantities; one that is a draft or cancelled credits nothing. Rows that hold only taxes or payments name
no item and are no lines. A sales order and its invoice are two documents with two numbers: import one of the two kinds.
"""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

_TABLES = ("Items", "Sales Order Item", "Sales Invoice Item")


def _of_items(*labels: str) -> tuple[str, ...]:
    return tuple(f"{label} ({table})" for table in _TABLES for label in labels)


FORMAT = Format(
    name="erpnext-orders",
    title=T("ERPNext sales orders and invoices"),
    kind=Kind.SALES,
    platform="ERPNext",
    signature=(
        *(
            frozenset({item, customer})
            for item in _of_items("Item Code", "Item", "Item Name")
            for customer in ("Customer", "Customer Name")
        ),
        *(frozenset({item}) for table in _TABLES[1:] for item in (f"Item Code ({table})", f"Item ({table})")),
    ),
    columns={
        "order_id": ("ID", "Name"),
        "ordered_at": ("Date", "Transaction Date", "Posting Date", "Order Date"),
        "status": ("Status", "Document Status", "Docstatus"),
        "currency": ("Currency",),
        "customer_id": ("Customer",),
        "customer_name": ("Customer Name",),
        "email": ("Contact Email",),
        "phone": ("Contact Mobile No", "Mobile No", "Contact Mobile", "Phone"),
        "ship_name": ("Contact", "Contact Person"),
        "ship_address": ("Shipping Address", "Address"),
        "country": ("Country",),
        "location": ("Set Source Warehouse", "Source Warehouse", *_of_items("Delivery Warehouse", "Warehouse")),
        "order_discount": ("Additional Discount Amount",),
        "tax": ("Total Taxes and Charges",),
        "total": ("Grand Total", "Rounded Total"),
        "seller_note": ("Remarks",),
        "line_ref": _of_items("ID"),
        "sku": _of_items("Item Code", "Item"),
        "title": _of_items("Item Name", "Description"),
        "quantity": _of_items("Quantity", "Qty"),
        "unit_price": _of_items("Rate"),
        "line_amount": _of_items("Amount"),
    },
    required=("order_id", "ordered_at", "sku|title", "quantity", "unit_price|line_amount"),
    statuses={
        "Draft": "pending",
        "0": "pending",
        "On Hold": "pending",
        "To Pay": "pending",
        "Submitted": "paid",
        "1": "paid",
        "To Deliver and Bill": "paid",
        "To Deliver": "paid",
        "To Bill": "shipped",
        "Unpaid": "shipped",
        "Partly Paid": "shipped",
        "Overdue": "shipped",
        "Unpaid and Discounted": "shipped",
        "Partly Paid and Discounted": "shipped",
        "Overdue and Discounted": "shipped",
        "Paid": "completed",
        "Credit Note Issued": "completed",
        "Return": "completed",
        "Completed": "completed",
        "Closed": "completed",
        "Cancelled": "cancelled",
        "2": "cancelled",
    },
    default_state="paid",
    amount=("line_amount", "unit_price"),
    fill_down=True,
    ignored_words=frozenset({"Internal Transfer"}),
    void_credit_notes=True,
    summary_rows=True,
)
