"""Jushuitan (聚水潭), the order export of the order-management system: one row a product line of an order it handles.

What the columns mean, from public code against Jushuitan's open interface and importers of its exports:

- 订单号 (newer exports: 内部订单号) is Jushuitan's own number. 线上订单号 is the platform's; of orders sent together it lists
  several, and 原始线上订单号 holds each line's own. Orders are keyed by the platform's number, so that the platform's export
  of the same orders tells of the same orders.
- 状态: 待付款, 已付款待审核, 已客审待财审, 发货中, 等供销商|外仓发货, 异常, 已发货, 取消; 被合并 and 被拆分 are orders whose lines stand
  again in another of Jushuitan's orders. A platform's order sent in parts is several of Jushuitan's orders, so that the
  status is each line's.
- 应付金额, 已付金额, 抵扣金额, 运费, 订单退款金额 are the order's and repeat on each row; 商品金额 is the line's money, 商品单价 one
  unit's price; of gifts (是否赠品) both are 0. Two identical rows are two lines: one product sent in two parcels.
- 平台站点 names the platform of the shop.
"""

from erp_core.imports.declaration import Combine, Derivation, Format, Kind
from erp_core.text import T

PLATFORMS = {
    "淘宝": "Taobao",
    "天猫": "Taobao",
    "淘宝/天猫": "Taobao",
    "淘宝天猫": "Taobao",
    "天猫淘宝": "Taobao",
    "淘系": "Taobao",
    "天猫超市": "Tmall Supermarket",
    "京东": "JD",
    "京东商城": "JD",
    "京东POP": "JD",
    "拼多多": "Pinduoduo",
    "抖音": "Douyin",
    "抖店": "Douyin",
    "抖音小店": "Douyin",
    "抖音电商": "Douyin",
    "放心购": "Douyin",
    "头条放心购": "Douyin",
    "放心购(抖音小店)": "Douyin",
    "今日头条": "Douyin",
    "亚马逊": "Amazon",
    "Amazon": "Amazon",
    "Shopify": "Shopify",
    "eBay": "eBay",
    "WooCommerce": "WooCommerce",
    "快手": "Kuaishou",
    "快手小店": "Kuaishou",
    "小红书": "Xiaohongshu",
    "唯品会": "Vipshop",
    "苏宁": "Suning",
    "苏宁易购": "Suning",
    "有赞": "Youzan",
    "1688": "1688",
    "阿里巴巴": "1688",
    "速卖通": "AliExpress",
    "微信小店": "Weixin",
    "视频号小店": "Weixin",
    "微信视频号": "Weixin",
}

# Where no column names the platform, the shop's name may.
PLATFORM_IN_SHOP = Derivation(
    "sold_on", "shop", r".*?(天猫超市|淘宝|天猫|京东|拼多多|抖音|抖店|快手|小红书|唯品会|苏宁)", r"\1"
)

FORMAT = Format(
    name="jushuitan-orders",
    title=T("Jushuitan orders"),
    kind=Kind.SALES,
    platform="Jushuitan",
    signature=(
        frozenset({"线上订单号", "店铺编号"}),
        frozenset({"线上订单号", "颜色及规格"}),
        frozenset({"线上订单号", "平台站点"}),
        frozenset({"原始线上订单号", "下单时间"}),
        frozenset({"内部订单号", "线上订单号", "下单时间"}),
    ),
    columns={
        "order_id": ("原始线上订单号", "线上订单号", "订单号", "内部订单号"),
        "own_order_id": ("订单号", "内部订单号"),
        "shop": ("店铺", "店铺名称"),
        "sold_on": ("平台站点", "平台"),
        "customer_id": ("买家账号", "买家帐号", "买家ID"),
        "ordered_at": ("下单时间", "订单日期"),
        "paid_at": ("付款日期", "付款时间"),
        "shipped_at": ("发货日期", "发货时间"),
        "completed_at": ("确认收货日期",),
        "total": ("应付金额", "已付金额"),
        "order_discount": ("抵扣金额",),
        "shipping": ("运费",),
        "status": ("状态", "订单状态"),
        "carrier": ("快递公司",),
        "tracking_number": ("快递单号",),
        "ship_name": ("收货人姓名", "收货人"),
        "province": ("省份", "省"),
        "city": ("城市", "市"),
        "ship_address": ("区县", "街道", "地址"),
        "ship_phone": ("手机", "固话"),
        "buyer_note": ("买家留言",),
        "seller_note": ("订单备注", "卖家备注"),
        "location": ("发货仓", "发货仓库"),
        "line_ref": ("子订单编号", "线上子订单编号"),
        "sku": ("商品编码",),
        "item_id": ("店铺商品编码", "款号", "款式编码"),
        "title": ("商品名称",),
        "variant": ("颜色及规格", "颜色规格"),
        "quantity": ("数量", "销售数量"),
        "unit_price": ("商品单价",),
        "line_amount": ("商品金额", "销售金额"),
        "line_status": ("子订单状态",),
        "order_refunded": ("订单退款金额",),
    },
    required=("order_id", "ordered_at", "sku|title", "quantity", "line_amount|unit_price"),
    currency="CNY",
    time_zone="Asia/Shanghai",
    statuses={
        "待付款": "pending",
        "等待买家付款": "pending",
        "已付款待审核": "paid",
        "已付款": "paid",
        "待审核": "paid",
        "已客审待财审": "paid",
        "已审核": "paid",
        "发货中": "paid",
        "待发货": "paid",
        "等供销商|外仓发货": "paid",
        "等待外仓发货": "paid",
        "外仓发货中": "paid",
        "异常": "paid",
        "部分发货": "paid",
        "已发货": "shipped",
        "已完成": "completed",
        "已签收": "completed",
        "交易成功": "completed",
        "取消": "cancelled",
        "已取消": "cancelled",
        "作废": "cancelled",
    },
    default_state="paid",
    amount=("line_amount", "unit_price"),
    status_per_line=True,
    cancelled_line_words=frozenset({"取消", "已取消", "交易关闭", "已关闭", "TRADE_CLOSED"}),
    ignored_words=frozenset({"被合并", "被拆分", "已合并", "已拆分"}),
    empty_words=frozenset({"null", "--"}),
    combined={
        "order_id": Combine.FIRST,
        "ship_address": Combine.JOIN,
        "ship_phone": Combine.FIRST,
        "item_id": Combine.FIRST,
    },
    derived=(PLATFORM_IN_SHOP,),
    order_manager=True,
    platforms=PLATFORMS,
)
