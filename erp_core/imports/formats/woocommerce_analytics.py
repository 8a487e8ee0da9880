"""WooCommerce core, Analytics → Orders: one row an order, its products in one cell as `2× Lamp, 1× Bulb`.

The export names no SKU and no price of a product: products are known by name, and the order's net sales (after
discounts, without tax and shipping) are shared by units. `Net Sales` was called `N. Revenue` before WooCommerce 7 or
so; `N. Revenue (formatted)` carries the currency's sign (get_export_columns of the reports controller of the orders,
woocommerce/woocommerce). A refund is a row of its own with the order's number and negative units.
"""

from erp_core.imports.declaration import Format, Kind, Split
from erp_core.imports.formats.woocommerce_advanced import REFUND_WORDS, STATUSES
from erp_core.text import T

FORMAT = Format(
    name="woocommerce-analytics",
    title=T("WooCommerce analytics, orders"),
    kind=Kind.SALES,
    platform="WooCommerce",
    signature=(
        frozenset({"N. Revenue (formatted)"}),
        frozenset({"Order #", "Product(s)"}),
        frozenset({"Order #", "Customer type"}),
    ),
    columns={
        "order_id": ("Order #",),
        "ordered_at": ("Date",),
        "status": ("Status",),
        "customer_name": ("Customer",),
        "title": ("Product(s)",),
        "items": ("Items sold",),
        "line_amount": ("Net Sales", "N. Revenue"),
        "total": ("N. Revenue (formatted)",),
    },
    required=("order_id", "ordered_at", "title", "line_amount"),
    statuses=STATUSES,
    default_state="paid",
    refund_words=REFUND_WORDS,
    amount=("line_amount",),
    split=Split(
        fields=("title",),
        counted=r"(?:^|,\s*)(?P<quantity>-?\d+)\s?[×xX]\s+(?P<title>.+?)(?=,\s*-?\d+\s?[×xX]\s|$)",
    ),
)
