"""The generic files, for every place that takes a table: our own choice of columns, in both languages of headers that
our importer reads back."""

from erp_core.exports.declaration import Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="generic-stock",
        title=T("Stock, generic CSV"),
        platforms=(),
        what=What.STOCK,
        columns=(
            Column("SKU", "sku"),
            Column("Product name", "name"),
            Column("Available", "quantity"),
            Column("Location", "location"),
        ),
        encoding="utf-8-sig",
    ),
    UploadFormat(
        name="generic-stock-xlsx",
        title=T("Stock, generic XLSX"),
        platforms=(),
        what=What.STOCK,
        columns=(
            Column("SKU", "sku"),
            Column("Product name", "name"),
            Column("Available", "quantity"),
            Column("Location", "location"),
        ),
        container=Container.XLSX,
    ),
    UploadFormat(
        name="generic-tracking",
        title=T("Tracking numbers, generic CSV"),
        platforms=(),
        what=What.SHIPPING,
        columns=(
            Column("Order ID", "order_id"),
            Column("Carrier", "carrier"),
            Column("Tracking number", "tracking_number"),
            Column("Shipped on", "shipped_on"),
        ),
        encoding="utf-8-sig",
        needs_carrier=False,
    ),
)
