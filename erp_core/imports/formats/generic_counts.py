"""A count sheet from anywhere: what somebody counted, beside what a system believed. Only the count is stored."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-counts",
    title=T("Stock count"),
    kind=Kind.STOCK,
    platform="Stock",
    loose=True,
    columns={
        "sku": (
            "sku", "item code", "product code", "stock code", "stockcode", "product id", "item no", "item number", "sku code", "code",
            "商品编码", "商家编码", "货号", "规格编码", "商品编号", "产品编码", "产品编号", "编码", "款号", "barcode", "条码",
        ),
        "quantity": (
            "counted quantity", "quantity counted", "counted qty", "qty counted", "counted units", "counted", "actual count", "physical count",
            "actual quantity", "actual qty", "physical quantity", "count result", "实盘数量", "实盘数", "盘点数量", "盘点数", "实点数量", "实点数",
            "清点数量", "实际数量", "复盘数量", "初盘数量", "实盘库存", "盘点库存",
        ),
        "system_quantity": (
            "system quantity", "system qty", "system stock", "book quantity", "book stock", "expected quantity", "expected qty",
            "theoretical quantity", "账面数量", "系统数量", "账面库存", "系统库存", "账面数", "系统库存数", "账存数量",
        ),
        "name": ("product name", "name", "item name", "product", "title", "description", "商品名称", "产品名称", "品名", "名称", "货品名称"),
        "location": ("location", "warehouse", "store", "site", "bin", "仓库", "仓库名称", "库位", "仓", "所在仓库", "盘点仓库", "货位"),
        "counted_on": (
            "count date", "counted on", "date of count", "counted at", "stocktake date", "date", "as of", "盘点日期", "盘点时间", "清点日期", "日期",
        ),
        "unit_cost": ("unit cost", "cost", "cost price", "average cost", "成本价", "单位成本", "成本", "进价"),
        "currency": ("currency", "currency code", "币种", "货币", "币别"),
    },
    required=("sku", "quantity"),
    telling=frozenset({
        "counted quantity", "quantity counted", "counted qty", "qty counted", "counted units", "counted", "actual count", "physical count",
        "actual quantity", "actual qty", "physical quantity", "count result", "实盘数量", "实盘数", "盘点数量", "盘点数", "实点数量", "实点数",
        "清点数量", "实际数量", "复盘数量", "初盘数量", "实盘库存", "盘点库存",
    }),
)  # fmt: skip
