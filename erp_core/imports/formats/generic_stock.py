"""A stock list or a count from anywhere."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-stock",
    title=T("Stock list"),
    kind=Kind.STOCK,
    platform="Stock",
    loose=True,
    columns={
        "sku": (
            "sku", "item code", "product code", "stock code", "stockcode", "product id", "item no", "item number", "sku code", "code",
            "商品编码", "商家编码", "货号", "规格编码", "商品编号", "产品编码", "产品编号", "编码", "款号", "barcode", "条码",
        ),
        "quantity": (
            "on hand", "on hand quantity", "quantity on hand", "qty on hand", "qty", "quantity", "stock", "in stock",
            "stock level", "available", "available quantity", "counted", "count", "balance", "inventory", "库存", "库存数", "库存数量",
            "实际库存数", "实际库存", "可用库存", "现有库存", "在库数量", "盘点数量", "实盘数量", "数量", "结存",
        ),
        "name": ("product name", "name", "item name", "product", "title", "description", "商品名称", "产品名称", "品名", "名称", "货品名称"),
        "location": ("location", "warehouse", "store", "site", "bin", "仓库", "仓库名称", "库位", "仓", "所在仓库"),
        "counted_on": ("date", "count date", "counted on", "date of count", "as of", "stock date", "日期", "盘点日期", "库存日期", "截止日期", "统计日期"),
        "unit_cost": ("unit cost", "cost", "cost price", "purchase price", "average cost", "成本价", "采购价", "成本", "单位成本", "进价", "进货价"),
        "currency": ("currency", "currency code", "币种", "货币", "币别"),
        "reserved": ("reserved", "allocated", "committed", "on order by customers", "锁定库存", "占用", "占用库存", "预占", "待发数", "订单占有数"),
        "incoming": ("incoming", "on order", "in transit", "inbound", "在途", "在途库存", "采购在途", "采购在途数", "待入库"),
    },
    required=("sku", "quantity"),
)  # fmt: skip
