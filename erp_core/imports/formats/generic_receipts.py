"""A list of goods received from anywhere: one row a product that arrived."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-receipts",
    title=T("Goods received"),
    kind=Kind.RECEIPTS,
    platform="Receipts",
    loose=True,
    columns={
        "number": (
            "grn", "grn number", "grn no", "goods receipt", "goods receipt number", "goods receipt no", "goods received note", "receiving no",
            "入库单号", "收货单号", "到货单号", "入库单", "收货单", "采购入库单号", "入库编号", "receipt number", "receipt no", "receipt id", "receipt #",
            "receipt", "delivery note", "delivery note number", "送货单号",
        ),
        "po_number": (
            "po number", "po no", "po #", "po", "po id", "purchase order", "purchase order number", "purchase order no", "purchase order id",
            "采购单号", "采购订单号", "采购单", "采购订单编号", "采购编号", "采购订单", "进货单号",
        ),
        "supplier": ("supplier", "supplier name", "vendor", "vendor name", "manufacturer", "供应商", "供应商名称", "厂家", "厂商"),
        "sku": (
            "sku", "item code", "product code", "stock code", "product id", "item no", "item number", "sku code", "article",
            "商品编码", "商家编码", "货号", "规格编码", "商品编号", "产品编码", "产品编号", "款号",
        ),
        "name": (
            "product name", "item name", "product", "item", "title", "description", "商品名称", "产品名称", "品名", "货品名称", "商品",
        ),
        "quantity": (
            "quantity received", "received quantity", "qty received", "received qty", "units received", "received units", "入库数量", "收货数量",
            "到货数量", "实收数量", "实际入库数量", "实入数量", "实收", "received", "quantity", "qty", "units", "数量",
        ),
        "received_on": (
            "received on", "received at", "receipt date", "received date", "date received", "goods receipt date", "receiving date",
            "arrival date", "arrived on", "入库日期", "入库时间", "收货日期", "收货时间", "到货日期", "到货时间", "date", "日期", "时间",
        ),
        "location": ("location", "warehouse", "store", "site", "bin", "仓库", "仓库名称", "入库仓库", "收货仓库", "库位"),
        "unit_cost": (
            "unit cost", "cost", "cost price", "purchase price", "unit price", "price", "成本价", "采购价", "采购单价", "入库单价", "单位成本", "进价",
            "进货价", "单价", "成本",
        ),
        "currency": ("currency", "currency code", "币种", "货币", "币别"),
    },
    required=("sku|name", "quantity", "received_on"),
    telling=frozenset({
        "grn", "grn number", "grn no", "goods receipt", "goods receipt number", "goods receipt no", "goods received note", "入库单号",
        "收货单号", "到货单号", "入库单", "收货单", "采购入库单号", "入库编号", "quantity received", "received quantity", "qty received",
        "received qty", "units received", "received units", "入库数量", "收货数量", "到货数量", "实收数量", "实际入库数量", "实入数量", "received on",
        "receipt date", "received date", "date received", "goods receipt date", "receiving date", "arrival date", "arrived on", "入库日期",
        "入库时间", "收货日期", "到货日期", "到货时间",
    }),
)  # fmt: skip
