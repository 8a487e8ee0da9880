"""Wangdiantong (旺店通), the order export of the order-management system: one row a product line of an order it handles.

What the columns mean, from public code against Wangdiantong's open interface, its field tables, and importers of its files:

- 订单编号 is Wangdiantong's own number. 子单原始单号 is the platform's order of the line: an order of Wangdiantong that sends
  two orders of a buyer together holds lines of both, and they are two orders here. `-1` behind it marks a part that was
  split off by hand.
- 应收金额, 订单支付金额, 邮费, 订单总优惠 are the order's and repeat on each row. 分摊后总价 (= 分摊后价格 × 下单数量) is the line's money
  after its share of all discounts; the shares of an order's lines add up.
- 实发数量 0 in an order that goes on: the line was taken out. A gift (赠品方式) has the price 0. 拆自组合装 names the bundle that a
  line was taken out of: the lines are what leaves the shelf.
- 订单退款状态 全部退款: paid back whole; of 部分退款 the sum is not said.
- 订单来源 is the platform in some installations, in others how the order came in (API抓单, 手工建单 …), which says nothing of it.
- Ids are written `="…"`; the file is GB18030 (the desk's own export calls it ANSI).
"""

from erp_core.imports.declaration import Combine, Derivation, Format, Kind
from erp_core.imports.formats.jushuitan_orders import PLATFORM_IN_SHOP, PLATFORMS
from erp_core.text import T

FORMAT = Format(
    name="wangdiantong-orders",
    title=T("Wangdiantong orders"),
    kind=Kind.SALES,
    platform="Wangdiantong",
    signature=(
        frozenset({"子单原始单号", "订单状态"}),
        frozenset({"子单原始单号", "交易时间"}),
        frozenset({"子单原始单号", "分摊后总价"}),
        frozenset({"分摊后总价", "拆自组合装"}),
        frozenset({"分摊后总价", "赠品方式"}),
    ),
    columns={
        "order_id": ("子单原始单号", "原始单号", "订单编号"),
        "own_order_id": ("订单编号",),
        "line_ref": ("原始子单号", "原始子订单号"),
        "shop": ("店铺", "店铺名称"),
        "sold_on": ("平台类型", "平台", "销售平台", "订单来源"),
        "location": ("仓库", "仓库名称"),
        "status": ("订单状态",),
        "after_sale": ("子单退款状态", "订单退款状态", "退款状态"),
        "ordered_at": ("交易时间", "下单时间"),
        "paid_at": ("付款时间",),
        "shipped_at": ("发货时间",),
        "customer_id": ("客户网名", "买家昵称"),
        "ship_name": ("收件人",),
        "province": ("收货省", "省"),
        "city": ("收货市", "市"),
        "ship_address": ("收货地区", "收货地址"),
        "ship_phone": ("收件人手机", "收件人电话"),
        "postcode": ("邮编",),
        "carrier": ("物流公司",),
        "tracking_number": ("物流单号",),
        "buyer_note": ("买家留言",),
        "seller_note": ("客服备注",),
        "total": ("应收金额", "订单支付金额"),
        "shipping": ("邮费",),
        "order_discount": ("订单总优惠",),
        "sku": ("商家编码",),
        "item_id": ("货品编号",),
        "title": ("货品名称", "平台货品名称"),
        "variant": ("规格名称", "平台规格名称"),
        "quantity": ("下单数量", "货品数量", "数量", "实发数量"),
        "unit_price": ("分摊后价格", "成交价"),
        "line_amount": ("分摊后总价",),
        "line_status": ("实发数量",),
    },
    required=("order_id", "ordered_at", "sku|title", "quantity", "line_amount|unit_price"),
    currency="CNY",
    time_zone="Asia/Shanghai",
    statuses={
        "待付款": "pending",
        "待尾款": "pending",
        "等未付": "pending",
        "未确认": "paid",
        "待选仓": "paid",
        "延时审核": "paid",
        "预订单前处理": "paid",
        "前处理": "paid",
        "前处理(赠品,合并,拆分)": "paid",
        "委外前处理": "paid",
        "抢单前处理": "paid",
        "预订单": "paid",
        "待抢单": "paid",
        "待客审": "paid",
        "待财审": "paid",
        "待审核": "paid",
        "待递交仓库": "paid",
        "递交仓库中": "paid",
        "已递交仓库": "paid",
        "已审核": "paid",
        "已确认": "paid",
        "已确认(已审核)": "paid",
        "已付款": "paid",
        "待发货": "paid",
        "部分发货": "paid",
        "发货中": "paid",
        "已发货": "shipped",
        "异常发货": "shipped",
        "部分打款": "shipped",
        "已签收": "completed",
        "已完成": "completed",
        "已取消": "cancelled",
        "取消": "cancelled",
        "作废": "cancelled",
    },
    default_state="paid",
    amount=("line_amount", "unit_price"),
    status_per_line=True,
    net_of_discounts=True,
    refund_words=frozenset({"全部退款", "全额退款", "退款成功"}),
    cancelled_line_words=frozenset({"0", "0.0", "0.00", "0.000", "0.0000"}),
    ignored_words=frozenset({"被合并", "被拆分", "已合并", "已拆分"}),
    empty_words=frozenset({"null", "--"}),
    combined={"order_id": Combine.FIRST, "ship_address": Combine.JOIN, "ship_phone": Combine.FIRST},
    derived=(
        Derivation("order_id", "order_id", r"(\d{10,})-\d{1,2}$", r"\1", over=True),
        PLATFORM_IN_SHOP,
    ),
    order_manager=True,
    platforms=PLATFORMS
    | dict.fromkeys(
        ("API抓单", "手工建单", "手工订单", "excel导入", "导入", "现款销售", "外部推送", "线下", "线下订单"), ""
    ),
)
