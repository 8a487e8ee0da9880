"""Taobao and Tmall (千牛), the product lines (宝贝报表), old and new form; joined to the order list by the order's id."""

from erp_core.imports.declaration import Format, Kind, Part
from erp_core.imports.formats.taobao_orders import FORMAT as ORDERS
from erp_core.text import T

FORMAT = Format(
    name="taobao-lines",
    title=T("Taobao and Tmall order lines"),
    kind=Kind.SALES,
    platform="Taobao",
    part=Part.LINES,
    companion="taobao-orders",
    signature=(
        frozenset({"外部系统编号"}),
        frozenset({"子订单编号", "主订单编号", "购买数量"}),
        frozenset({"套餐信息", "购买数量"}),
    ),
    columns={
        "order_id": ("主订单编号", "订单编号"),
        "line_ref": ("子订单编号",),
        "title": ("标题",),
        "unit_price": ("价格",),
        "quantity": ("购买数量",),
        "sku": ("商家编码", "外部系统编号"),
        "variant": ("商品属性",),
        "buyer_note": ("备注",),
        "status": ("订单状态",),
        "line_amount": ("买家应付货款",),
        "line_refunded": ("退款金额",),
        "after_sale": ("退款状态",),
        "ordered_at": ("订单创建时间",),
        "paid_at": ("订单付款时间",),
    },
    required=("order_id", "sku|title", "quantity", "unit_price|line_amount"),
    currency="CNY",
    time_zone="Asia/Shanghai",
    statuses=ORDERS.statuses,
    default_state="paid",
    amount=("line_amount", "unit_price"),
    refund_words=ORDERS.refund_words,
    empty_words=ORDERS.empty_words,
    platform_wide_ids=True,
)
