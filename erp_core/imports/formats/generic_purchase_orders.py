"""A list of purchase orders from anywhere: one row a line of an order to a supplier."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-purchase-orders",
    title=T("Purchase orders"),
    kind=Kind.PURCHASE_ORDERS,
    platform="Purchase orders",
    loose=True,
    columns={
        "number": (
            "po number", "po no", "po #", "po", "po id", "purchase order", "purchase order number", "purchase order no", "purchase order id",
            "采购单号", "采购订单号", "采购单", "采购订单编号", "采购编号", "采购订单", "进货单号", "order number", "order no", "order reference", "订单号",
            "订单编号", "单号", "单据编号",
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
            "ordered quantity", "quantity ordered", "qty ordered", "ordered qty", "ordered", "order quantity", "order qty", "po quantity", "po qty",
            "units ordered", "采购数量", "订购数量",
            "订货数量", "采购数", "进货数量", "quantity", "qty", "units", "数量",
        ),
        "received": (
            "received", "received quantity", "quantity received", "qty received", "received qty", "received so far", "已到货", "已收数量",
            "已入库数量", "到货数量", "入库数量", "已到数量", "已收货数量", "收货数量",
        ),
        "unit_price": (
            "unit price", "price", "purchase price", "unit cost", "cost", "rate", "采购价", "采购单价", "单价", "进价", "进货价", "含税单价", "价格",
        ),
        "currency": ("currency", "currency code", "币种", "货币", "币别"),
        "ordered_on": (
            "order date", "ordered on", "po date", "purchase date", "date ordered", "ordered at", "采购日期", "下单日期", "下单时间", "采购时间",
            "订货日期", "单据日期", "date", "日期",
        ),
        "expected_on": (
            "expected", "expected on", "expected date", "expected delivery", "expected arrival", "delivery date", "due date", "eta",
            "required by", "promised date", "预计到货", "预计到货日期", "预计到货时间", "预计交期", "交货日期", "交期", "要求到货日期", "到货日期",
        ),
        "state": ("po status", "order status", "status", "state", "采购状态", "订单状态", "单据状态", "到货状态", "入库状态", "状态"),
    },
    required=("number", "sku|name", "quantity"),
    telling=frozenset({
        "po number", "po no", "po #", "po", "po id", "purchase order", "purchase order number", "purchase order no", "purchase order id",
        "采购单号", "采购订单号", "采购单", "采购订单编号", "采购编号", "采购订单", "进货单号",
    }),
)  # fmt: skip
