"""JD (京东), the order export of the merchant's desk (商家后台): one row a product line, GB18030.

What the columns mean, from public importers of such files (a Django shop's `jdorder.py` that decodes GB18030, a Java importer
that quotes a row of 2015, tables of status words of several collectors):

- 京东价 is one unit's price; 订单金额, 结算金额, 余额支付, 应付金额 are the order's and repeat on each of its rows (a row with
  京东价 758.00 stands beside 订单金额 1097.00). The line's money is therefore 京东价 × 订购数量; what the order was reduced by is
  not told per line.
- `(删除)` before a status: the order is gone, cancelled by the buyer or split by JD into orders of their own, which the
  export lists under their own numbers (商家备注 `订单拆分为 …`).
- `锁定`: the buyer has asked to cancel and the order waits; the goods stay set aside.
- 货号 is the merchant's own code and is often blank: then the product is known by 商品ID.
- The file says nothing of refunds: what another file told of them stays.
"""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="jd-orders",
    title=T("JD orders"),
    kind=Kind.SALES,
    platform="JD",
    signature=(
        frozenset({"订单号", "京东价"}),
        frozenset({"订单号", "订购数量", "下单帐号"}),
        frozenset({"订单号", "订购数量", "下单账号"}),
    ),
    columns={
        "order_id": ("订单号", "订单编号"),
        "item_id": ("商品ID", "商品编号"),
        "title": ("商品名称",),
        "quantity": ("订购数量", "商品数量"),
        "ordered_at": ("下单时间",),
        "unit_price": ("京东价",),
        "total": ("结算金额", "应付金额", "订单金额"),
        "status": ("订单状态",),
        "customer_id": ("下单帐号", "下单账号"),
        "ship_name": ("客户姓名", "收货人姓名", "收货人"),
        "ship_address": ("客户地址", "收货地址"),
        "ship_phone": ("联系电话", "联系手机"),
        "buyer_note": ("订单备注",),
        "seller_note": ("商家备注",),
        "shipping": ("运费金额", "运费"),
        "paid_at": ("付款确认时间", "付款时间"),
        "shipped_at": ("出库时间", "发货时间"),
        "completed_at": ("订单完成时间",),
        "sku": ("货号", "商家SKUID", "商家SKU"),
        "location": ("仓库名称", "配送中心"),
        "carrier": ("物流公司", "承运商"),
        "tracking_number": ("运单号", "快递单号", "物流单号"),
        "shop": ("店铺名称", "店铺"),
    },
    required=("order_id", "ordered_at", "sku|item_id|title", "quantity", "unit_price"),
    currency="CNY",
    time_zone="Asia/Shanghai",
    statuses={
        "等待付款": "pending",
        "等待付款确认": "pending",
        "未付款": "pending",
        "待付款": "pending",
        "等待出库": "paid",
        "等待发货": "paid",
        "待出库": "paid",
        "待发货": "paid",
        "正在出库": "paid",
        "锁定": "paid",
        "锁定订单": "paid",
        "(锁定)等待出库": "paid",
        "暂停": "paid",
        "暂停订单": "paid",
        "等待确认收货": "shipped",
        "待收货": "shipped",
        "已出库": "shipped",
        "已发货": "shipped",
        "(锁定)等待确认收货": "shipped",
        "完成": "completed",
        "已完成": "completed",
        "已取消": "cancelled",
        "取消": "cancelled",
        "删除": "cancelled",
        "(删除)等待付款": "cancelled",
        "(删除)等待付款确认": "cancelled",
        "(删除)未付款": "cancelled",
        "(删除)等待出库": "cancelled",
        "(删除)等待发货": "cancelled",
        "(删除)等待确认收货": "cancelled",
        "(删除)锁定": "cancelled",
        "(删除)暂停": "cancelled",
        "(删除)完成": "cancelled",
    },
    default_state="paid",
    empty_words=frozenset({"null", "--"}),
    platform_wide_ids=True,
)
