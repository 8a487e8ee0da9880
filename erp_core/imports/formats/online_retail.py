"""UCI Online Retail I and II (Chen 2015, CC BY 4.0): a British gift wholesaler's invoice lines."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="online-retail",
    title=T("Online Retail (UCI)"),
    kind=Kind.SALES,
    platform="Online Retail",
    signature=(
        frozenset({"InvoiceNo", "StockCode"}),
        frozenset({"Invoice", "StockCode", "InvoiceDate"}),
    ),
    columns={
        "order_id": ("InvoiceNo", "Invoice"),
        "sku": ("StockCode",),
        "title": ("Description",),
        "quantity": ("Quantity",),
        "ordered_at": ("InvoiceDate",),
        "unit_price": ("UnitPrice", "Price"),
        "customer_id": ("CustomerID", "Customer ID"),
        "country": ("Country",),
    },
    required=("order_id", "sku", "quantity", "ordered_at", "unit_price"),
    currency="GBP",
    time_zone="Europe/London",
    default_state="completed",
    credit_note_prefix="C",
    zero_price_returns_are_write_offs=True,
    adjustment_skus=frozenset({"B"}),
)
