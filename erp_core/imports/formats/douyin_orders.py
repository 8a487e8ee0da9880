"""Douyin (抖店), the order export: one row a sub-order, UTF-8 with a byte order mark.

What the columns mean, from public parsers and tests that carry rows of real files:

- 订单应付金额 is the line's money: what the buyer owes for this sub-order after all discounts. What Douyin and the presenter
  give (平台实际承担优惠金额, 达人实际承担优惠金额) comes with the settlement and is not in it. 商品金额, in other files 商品单价, is
  one unit's price.
- Ids and most texts are prefixed with a TAB; a cell that says nothing holds `-`; personal data is `##…` or `$$…`.
- 订单状态 is the sub-order's: a gift may be closed inside an order that is finished (`已关闭`, 取消原因 `主品订单售后完成`).
- `已完成` with 售后状态 `退款成功` is a sale that was paid back; `已关闭` is a cancellation, paid back or not.
- Some exports join the sub-orders of an order in one row: `M1;M2`, `A;B`, `A01;B02` with one quantity and one sum. One unit
  of each can be told apart, five units of two products cannot.
- 快递信息 is `number-carrier`, several parcels after a comma.
"""

from erp_core.imports.declaration import Combine, Derivation, Format, Kind, Split
from erp_core.text import T

FORMAT = Format(
    name="douyin-orders",
    title=T("Douyin orders"),
    kind=Kind.SALES,
    platform="Douyin",
    signature=(
        frozenset({"主订单编号", "子订单编号", "选购商品"}),
        frozenset({"主订单编号", "选购商品", "订单应付金额"}),
        frozenset({"主订单编号", "订单提交时间", "订单应付金额"}),
        frozenset({"主订单编号", "达人实际承担优惠金额"}),
    ),
    columns={
        "order_id": ("主订单编号",),
        "line_ref": ("子订单编号",),
        "title": ("选购商品", "商品名称"),
        "variant": ("商品规格",),
        "quantity": ("商品数量",),
        "item_id": ("商品ID",),
        "sku": ("商家编码",),
        "unit_price": ("商品金额", "商品单价"),
        "line_amount": ("订单应付金额",),
        "shipping": ("运费",),
        "ship_name": ("收件人",),
        "ship_phone": ("收件人手机号",),
        "province": ("省",),
        "city": ("市",),
        "ship_address": ("区", "街道", "详细地址"),
        "buyer_note": ("买家留言",),
        "seller_note": ("商家备注",),
        "ordered_at": ("订单提交时间",),
        "paid_at": ("支付完成时间",),
        "shipped_at": ("发货时间",),
        "completed_at": ("订单完成时间",),
        "status": ("订单状态",),
        "after_sale": ("售后状态",),
        "location": ("仓库名称",),
        "tracking_number": ("快递单号", "运单号", "快递信息"),
        "carrier": ("快递公司",),
        "shop": ("店铺名称", "店铺"),
    },
    required=("order_id", "ordered_at", "sku|item_id|title", "quantity", "line_amount|unit_price"),
    currency="CNY",
    time_zone="Asia/Shanghai",
    statuses={
        "待支付": "pending",
        "待付款": "pending",
        "待确认": "pending",
        "货到付款待确认": "pending",
        "已支付": "paid",
        "备货中": "paid",
        "待发货": "paid",
        "部分发货": "paid",
        "部分支付": "pending",
        "已发货": "shipped",
        "待收货": "shipped",
        "已收货": "completed",
        "已签收": "completed",
        "已完成": "completed",
        "交易成功": "completed",
        "已关闭": "cancelled",
        "已取消": "cancelled",
        "交易关闭": "cancelled",
        "订单关闭": "cancelled",
    },
    default_state="paid",
    amount=("line_amount", "unit_price"),
    status_per_line=True,
    refund_words=frozenset({"退款成功", "已全额退款", "全额退款", "退货退款成功", "售后完成-退款成功"}),
    empty_words=frozenset({"-", "--", "null"}),
    combined={"ship_address": Combine.JOIN},
    derived=(
        Derivation("carrier", "tracking_number", r"[^-,，;]+-([^-,，;]+)", r"\1"),
        Derivation("tracking_number", "tracking_number", r"([^-,，;]+)-[^-,，;]+", r"\1", over=True),
    ),
    split=Split(fields=("title", "variant", "sku", "item_id", "line_ref", "quantity"), separator=";"),
    platform_wide_ids=True,
)
