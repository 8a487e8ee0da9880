"""WooCommerce, the plugin Advanced Order Export: one row a product, columns chosen by the seller.

`Order Line (w/o tax)` and `Order Line Total` are both the line's total after discounts and without tax, and `Item Cost`
is that per unit (`_line_total` in the plugin's class WC_Order_Export_Order_Product_Fields; its readme of 1.5.2 tells of
a tax that was taken off twice before). `(- Refund)` means with refunds taken off: where only such a column is exported
(the plugin's default), refunds are not counted again. Order columns may stand on the first row of an order only, by a
setting of the plugin.
"""

from erp_core.imports.declaration import Combine, Format, Kind
from erp_core.text import T

_STATES = {
    "pending": "pending",
    "pending payment": "pending",
    "checkout draft": "pending",
    "draft": "pending",
    "auto draft": "pending",
    "on hold": "pending",
    "processing": "paid",
    "partially shipped": "paid",
    "shipped": "shipped",
    "completed": "completed",
    "delivered": "completed",
    "refunded": "completed",
    "partially refunded": "completed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "failed": "cancelled",
    "trash": "cancelled",
    "等待付款": "pending",
    "待付款": "pending",
    "待支付": "pending",
    "草稿": "pending",
    "保留": "pending",
    "处理中": "paid",
    "正在处理": "paid",
    "已发货": "shipped",
    "已完成": "completed",
    "完成": "completed",
    "已退款": "completed",
    "已取消": "cancelled",
    "失败": "cancelled",
}
STATUSES = _STATES | {f"wc-{word}": state for word, state in _STATES.items() if word.isascii()}
REFUND_WORDS = frozenset({"refunded", "wc-refunded", "已退款"})

FORMAT = Format(
    name="woocommerce-advanced",
    title=T("WooCommerce orders (Advanced Order Export)"),
    kind=Kind.SALES,
    platform="WooCommerce",
    signature=(
        frozenset({"Order Number", "Email (Billing)"}),
        frozenset({"Order Number", "First Name (Billing)"}),
        frozenset({"Quantity (- Refund)"}),
        frozenset({"Order Line (w/o tax)"}),
        frozenset({"Order Line Total Refunded"}),
        frozenset({"Order Number", "Item Cost", "Order Status"}),
    ),
    columns={
        "order_id": ("Order Number", "Order ID"),
        "status": ("Order Status",),
        "ordered_at": ("Order Date",),
        "paid_at": ("Paid Date", "Date Paid"),
        "completed_at": ("Completed Date",),
        "currency": ("Order Currency", "Currency"),
        "customer_name": ("First Name (Billing)", "Last Name (Billing)"),
        "email": ("Email (Billing)",),
        "phone": ("Phone (Billing)",),
        "ship_name": ("First Name (Shipping)", "Last Name (Shipping)"),
        "ship_phone": ("Phone (Shipping)",),
        "ship_address": (
            "Address 1&2 (Shipping)",
            "Address 1 (Shipping)",
            "Address 2 (Shipping)",
        ),
        "country": ("Country Code (Shipping)", "Country Name (Shipping)", "Country Code (Billing)"),
        "province": ("State Code (Shipping)", "State Name (Shipping)", "State Code (Billing)"),
        "city": ("City (Shipping)", "City (Billing)"),
        "postcode": ("Postcode (Shipping)", "Postcode (Billing)"),
        "order_discount": ("Cart Discount Amount",),
        "shipping": ("Order Shipping Amount",),
        "tax": ("Order Total Tax Amount", "Order Tax Amount"),
        "total": ("Order Total Amount",),
        "order_refunded": ("Order Refund Amount",),
        "buyer_note": ("Customer Note",),
        "line_ref": ("Item ID", "Item #"),
        "sku": ("SKU",),
        "item_id": ("Product Id", "Product ID"),
        "title": ("Item Name", "Name", "Product Name"),
        "variant": ("Product Variation",),
        "quantity": ("Quantity", "Quantity (- Refund)"),
        "unit_price": ("Item Cost",),
        "line_amount": ("Order Line Total", "Order Line (w/o tax)", "Order Line Total (- Refund)"),
        "line_refunded": ("Order Line Total Refunded",),
    },
    required=("order_id", "ordered_at", "sku|title", "quantity", "unit_price|line_amount"),
    statuses=STATUSES,
    default_state="paid",
    refund_words=REFUND_WORDS,
    amount=("line_amount", "unit_price"),
    fill_down=True,
    combined={
        "customer_name": Combine.JOIN,
        "ship_name": Combine.JOIN,
        "ship_address": Combine.JOIN,
        "country": Combine.FIRST,
        "province": Combine.FIRST,
        "city": Combine.FIRST,
        "postcode": Combine.FIRST,
    },
    net_of_discounts=True,
    net_of_refunds=frozenset({"Quantity (- Refund)", "Order Line Total (- Refund)"}),
)
