"""Taobao and Tmall (千牛), the order list: one row an order; its product lines come in a second file.

Headers carry trailing spaces. Since 2022 the list ends with 主订单编号, which repeats 订单编号, and has 买家会员昵称 in place of
买家支付宝账号. Newer files write words into columns of money where nothing was asked for (退款金额 `无退款申请`).
"""

from erp_core.imports.declaration import Format, Kind, Part
from erp_core.text import T

FORMAT = Format(
    name="taobao-orders",
    title=T("Taobao and Tmall orders"),
    kind=Kind.SALES,
    platform="Taobao",
    part=Part.HEADERS,
    companion="taobao-lines",
    signature=(
        frozenset({"订单编号", "宝贝标题"}),
        frozenset({"订单编号", "宝贝种类"}),
        frozenset({"订单编号", "买家会员名", "买家应付货款"}),
    ),
    columns={
        "order_id": ("订单编号", "主订单编号"),
        "customer_id": ("买家会员名", "买家会员昵称"),
        "total": ("总金额", "买家实际支付金额"),
        "shipping": ("买家应付邮费",),
        "status": ("订单状态",),
        "buyer_note": ("买家留言",),
        "seller_note": ("商家备忘", "订单备注"),
        "ship_name": ("收货人姓名",),
        "ship_address": ("收货地址",),
        "ship_phone": ("联系手机", "联系电话"),
        "ordered_at": ("订单创建时间",),
        "paid_at": ("订单付款时间",),
        "shipped_at": ("发货时间",),
        "completed_at": ("确认收货时间",),
        "tracking_number": ("物流单号",),
        "carrier": ("物流公司",),
        "shop": ("店铺名称",),
        "order_refunded": ("退款金额",),
        "after_sale": ("退款状态",),
    },
    required=("order_id", "ordered_at", "status"),
    currency="CNY",
    time_zone="Asia/Shanghai",
    statuses={
        "等待买家付款": "pending",
        "买家已付款,等待卖家发货": "paid",
        "卖家部分发货": "paid",
        "卖家已发货,等待买家确认": "shipped",
        "交易成功": "completed",
        "交易关闭": "cancelled",
        "付款以前,卖家或买家主动关闭交易": "cancelled",
        "付款以后用户退款成功,交易自动关闭": "cancelled",
        "没有创建支付宝交易": "pending",
        "付款确认中": "pending",
        "等待卖家发货": "paid",
        "卖家已发货": "shipped",
        "交易自动关闭": "cancelled",
    },
    default_state="paid",
    refund_words=frozenset({"退款成功", "退款完成", "全额退款成功"}),
    empty_words=frozenset({"null", "无", "--", "无退款申请", "没有申请退款"}),
    platform_wide_ids=True,
)
