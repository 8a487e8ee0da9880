"""Pinduoduo (拼多多), the order export: one record an order of one product; the merchant chooses columns and their order.

What the columns mean, from public parsers, their tests and a merchant-API table of after-sale codes:

- 商家实收金额 = 商品总价 + 邮费 − 店铺优惠折扣; 用户实付金额 is less by what Pinduoduo gives itself (平台优惠折扣, 多多支付立减金额),
  which reaches the merchant all the same. The line's money is 商品总价 − 店铺优惠折扣.
- A refund has no sum of its own: 退款成功 in 售后状态 or after a comma in 订单状态 means the order was paid back whole. Before
  shipping (`未发货，退款成功`, `未成交，退款成功`) that is a cancellation, afterwards a sale with a refund.
- Commas in the words are full-width or not; cells may end in a TAB (`168.99<TAB>`).
- All times may be blank: the first six digits of 订单号 are the day (`260517-…`), Beijing time.
- 商家编码-规格维度 is the merchant's code of the variant, 商家编码-商品维度 that of the product; without either the product is
  known by 样式ID (the variant), else by 商品id.
"""

from erp_core.imports.declaration import Combine, Derivation, Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="pinduoduo-orders",
    title=T("Pinduoduo orders"),
    kind=Kind.SALES,
    platform="Pinduoduo",
    signature=(
        frozenset({"订单号", "商家实收金额", "用户实付金额"}),
        frozenset({"订单号", "多多支付立减金额"}),
        frozenset({"订单号", "商品总价", "店铺优惠折扣"}),
        frozenset({"订单号", "商家编码-规格维度"}),
    ),
    columns={
        "order_id": ("订单号",),
        "ordered_at": ("订单成交时间", "拼单成功时间", "订单创建时间"),
        "title": ("商品", "商品名称"),
        "status": ("订单状态",),
        "line_amount": ("商品总价(元)", "商品总价"),
        "line_discount": ("店铺优惠折扣(元)", "店铺优惠折扣"),
        "shipping": ("邮费(元)", "邮费"),
        "total": ("商家实收金额(元)", "用户实付金额(元)", "商家实收金额", "用户实付金额"),
        "quantity": ("商品数量(件)", "商品数量"),
        "paid_at": ("支付时间",),
        "shipped_at": ("发货时间",),
        "completed_at": ("确认收货时间",),
        "sku": ("商家编码-规格维度", "商家编码-SKU维度", "商家编码-商品维度"),
        "item_id": ("样式ID", "商品id"),
        "variant": ("商品规格",),
        "seller_note": ("商家备注",),
        "buyer_note": ("买家留言",),
        "after_sale": ("售后状态",),
        "line_refunded": ("退款金额(元)", "退款金额"),
        "tracking_number": ("快递单号",),
        "carrier": ("快递公司",),
        "ship_name": ("收货人", "收件人"),
        "ship_phone": ("手机", "收货人手机"),
        "province": ("省", "省份"),
        "city": ("市", "城市"),
        "ship_address": ("区", "街道/镇", "街道", "详细地址", "收货地址"),
        "location": ("仓库名称",),
        "shop": ("店铺名称",),
    },
    required=("order_id", "sku|item_id|title", "quantity", "line_amount"),
    currency="CNY",
    time_zone="Asia/Shanghai",
    statuses={
        "待付款": "pending",
        "待支付": "pending",
        "待成团": "pending",
        "拼单中": "pending",
        "待分享": "pending",
        "待发货": "paid",
        "已付款,待发货": "paid",
        "已成团,待发货": "paid",
        "部分发货": "paid",
        "已发货": "shipped",
        "待收货": "shipped",
        "待签收": "shipped",
        "已发货,待收货": "shipped",
        "已发货,待签收": "shipped",
        "已发货,退款成功": "shipped",
        "已收货": "completed",
        "已签收": "completed",
        "已完成": "completed",
        "交易成功": "completed",
        "已收货,退款成功": "completed",
        "已签收,退款成功": "completed",
        "已取消": "cancelled",
        "交易已取消": "cancelled",
        "交易关闭": "cancelled",
        "未成团": "cancelled",
        "已取消,退款成功": "cancelled",
        "未成交,退款成功": "cancelled",
        "未成团,退款成功": "cancelled",
        "未发货,退款成功": "cancelled",
    },
    default_state="paid",
    amount=("line_amount",),
    discount_off_amount=True,
    refund_words=frozenset(
        {"退款成功", "退货退款成功", "未发货,退款成功", "已发货,退款成功", "已收货,退款成功", "已签收,退款成功"}
    ),
    empty_words=frozenset({"null", "-", "--"}),
    combined={"sku": Combine.FIRST, "item_id": Combine.FIRST, "ship_address": Combine.JOIN},
    derived=(
        Derivation("ordered_at", "order_id", r"(\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-\d{6,}$", r"20\1-\2-\3"),
    ),
    platform_wide_ids=True,
)
