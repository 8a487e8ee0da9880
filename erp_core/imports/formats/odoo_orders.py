"""Odoo, export of sales orders (model sale.order): columns chosen by the user, lines as `Order Lines/…`.

An order's fields stand on its first row; the rows of its further lines leave them blank. Headers are labels in the
user's language (here English and Chinese), or field names where the export is made to be imported again. A product is
often written `[CODE] Name`. Sections and notes are rows without a product. A unit price may include taxes; the subtotal
never does, so it comes first. Purchase orders have the same line columns but a vendor in place of the customer: only
files with a customer are claimed.
"""

from erp_core.imports.declaration import Derivation, Format, Kind
from erp_core.text import T

_LINES = (
    "Order Lines/Product",
    "Order Lines/Product/Internal Reference",
    "Order Lines/Product/Name",
    "Order Lines/Description",
    "Order Lines/Quantity",
    "订单行/产品",
    "订单行/产品/内部参考",
    "订单行/数量",
    "订单行/订购数量",
    "order_line/product_id",
    "order_line/product_id/id",
    "order_line/product_id/default_code",
    "order_line/product_uom_qty",
)
_CUSTOMERS = (
    "Customer",
    "Customer/ID",
    "Customer/External ID",
    "Customer/Name",
    "Customer/Display Name",
    "Customer/Complete Name",
    "Customer/Email",
    "Customer Reference",
    "客户",
    "客户/ID",
    "客户/名称",
    "客户/显示名称",
    "客户参考",
    "partner_id",
    "partner_id/id",
    "partner_id/name",
)

FORMAT = Format(
    name="odoo-orders",
    title=T("Odoo sales orders"),
    kind=Kind.SALES,
    platform="Odoo",
    signature=tuple(frozenset({line, customer}) for line in _LINES for customer in _CUSTOMERS),
    columns={
        "order_id": ("Order Reference", "Number", "订单关联", "订单参考", "订单编号", "单号", "name"),
        "ordered_at": ("Order Date", "Date Order", "Quotation Date", "订单日期", "单据日期", "下单日期", "date_order"),
        "status": ("Status", "State", "状态", "state"),
        "fulfillment": ("Delivery Status", "交货状态", "发货状态", "delivery_status"),
        "shipped_at": ("Effective Date", "实际日期", "effective_date"),
        "currency": ("Currency", "Pricelist/Currency", "币种", "货币", "currency_id"),
        "shop": ("Website", "网站", "website_id"),
        "location": ("Warehouse", "仓库", "warehouse_id"),
        "customer_id": (
            "Customer/ID", "Customer/External ID", "Customer/Database ID", "Customer/Reference", "客户/ID", "客户/外部 ID",
            "客户/参考", "partner_id/id", "partner_id/.id",
        ),
        "customer_name": (
            "Customer", "Customer/Name", "Customer/Display Name", "Customer/Complete Name", "客户", "客户/名称", "客户/显示名称",
            "partner_id", "partner_id/name",
        ),
        "email": ("Customer/Email", "客户/电子邮件", "客户/邮箱", "partner_id/email"),
        "phone": ("Customer/Phone", "Customer/Mobile", "客户/电话", "客户/手机", "partner_id/phone"),
        "ship_address": ("Delivery Address", "送货地址", "partner_shipping_id"),
        "city": ("Customer/City", "Delivery Address/City", "客户/城市", "partner_id/city"),
        "postcode": ("Customer/Zip", "Delivery Address/Zip", "客户/邮编", "partner_id/zip"),
        "country": ("Customer/Country", "Delivery Address/Country", "客户/国家", "客户/国家/地区", "partner_id/country_id"),
        "total": ("Total", "合计", "总计", "amount_total"),
        "tax": ("Taxes", "税", "税额", "amount_tax"),
        "buyer_note": ("Terms and conditions", "条款和条件", "note"),
        "line_ref": ("Order Lines/ID", "Order Lines/External ID", "订单行/ID", "order_line/id"),
        "sku": (
            "Order Lines/Product/Internal Reference", "订单行/产品/内部参考", "订单行/产品/内部参考号", "订单行/产品/内部参考编号",
            "order_line/product_id/default_code", "order_line/product_id/id",
        ),
        "title": (
            "Order Lines/Product", "Order Lines/Product/Name", "Order Lines/Product/Display Name",
            "Order Lines/Product Variant", "Order Lines/Product Template", "Order Lines/Description",
            "订单行/产品", "订单行/产品/名称", "订单行/产品/显示名称", "订单行/说明", "order_line/product_id", "order_line/name",
        ),
        "quantity": (
            "Order Lines/Quantity", "Order Lines/Ordered Qty", "Order Lines/Ordered Quantity", "订单行/数量",
            "订单行/订购数量", "order_line/product_uom_qty",
        ),
        "unit_price": ("Order Lines/Unit Price", "订单行/单价", "order_line/price_unit"),
        "line_discount_percent": (
            "Order Lines/Discount (%)", "Order Lines/Discount", "Order Lines/Disc.%", "订单行/折扣 (%)", "订单行/折扣(%)",
            "订单行/折扣", "order_line/discount",
        ),
        "line_amount": (
            "Order Lines/Subtotal", "Order Lines/Tax excl.", "Order Lines/Amount", "订单行/小计", "order_line/price_subtotal",
        ),
    },
    required=("order_id", "ordered_at", "sku|title", "quantity", "unit_price|line_amount"),
    statuses={
        "Quotation": "pending", "Quotation Sent": "pending", "Draft": "pending", "Sent": "pending",
        "Sales Order": "paid", "Sale": "paid", "Sale Order": "paid",
        "Locked": "completed", "Done": "completed",
        "Cancelled": "cancelled", "Canceled": "cancelled", "Cancel": "cancelled",
        "报价单": "pending", "报价": "pending", "草稿": "pending", "已发送报价单": "pending", "报价单已发送": "pending",
        "已发送报价": "pending", "销售订单": "paid", "已锁定": "completed", "锁定": "completed", "完成": "completed",
        "已完成": "completed", "已取消": "cancelled", "取消": "cancelled",
    },
    fulfillments={
        "Not Delivered": "", "Nothing Delivered": "", "Nothing to Deliver": "", "Pending": "", "Started": "",
        "Partially Delivered": "paid", "Partial": "paid", "Fully Delivered": "shipped", "Delivered": "shipped",
        "Full": "shipped", "未交货": "", "未送货": "", "已开始": "", "部分交货": "paid", "部分送货": "paid", "全部交货": "shipped",
        "已全部交货": "shipped", "完全交货": "shipped", "已完全送达": "shipped",
    },
    default_state="paid",
    amount=("line_amount", "unit_price"),
    fill_down=True,
    derived=(
        Derivation("sku", "title", r"\s*\[([^\]]+)\]", r"\1"),
        Derivation("title", "title", r"\s*\[[^\]]+\]\s*([^\n]+)", r"\1", over=True),
    ),
    summary_rows=True,
)  # fmt: skip
