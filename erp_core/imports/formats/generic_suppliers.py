"""A supplier list from anywhere: contacts and terms, and per SKU the price, minimum and pack where they stand in it."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-suppliers",
    title=T("Supplier list"),
    kind=Kind.SUPPLIERS,
    platform="Suppliers",
    loose=True,
    columns={
        "supplier": ("supplier", "supplier name", "vendor", "vendor name", "manufacturer", "供应商", "供应商名称", "厂家", "厂商"),
        "code": ("supplier code", "supplier id", "vendor code", "vendor id", "供应商编码", "供应商编号", "供应商代码"),
        "contact": ("contact", "contact person", "contact name", "联系人"),
        "email": ("email", "e mail", "supplier email", "邮箱", "电子邮箱"),
        "phone": ("phone", "telephone", "mobile", "tel", "电话", "手机", "联系电话", "联系方式"),
        "address": ("address", "supplier address", "地址", "联系地址"),
        "currency": ("currency", "currency code", "币种", "货币", "币别"),
        "lead_time_days": ("lead time", "lead time days", "lead time (days)", "到货周期", "采购周期", "交期", "交货周期"),
        "minimum_order": ("minimum order value", "minimum order amount", "min order value", "minimum order", "起订金额", "最低起订金额", "最低订货额"),
        "sku": ("sku", "item code", "product code", "stock code", "stockcode", "item no", "商品编码", "商家编码", "货号", "规格编码", "产品编码"),
        "supplier_sku": ("supplier sku", "vendor sku", "supplier item", "供应商货号", "供应商商品编码", "厂家货号"),
        "unit_price": ("unit price", "price", "purchase price", "unit cost", "cost", "采购价", "单价", "进价", "成本价", "价格"),
        "moq": ("moq", "minimum order quantity", "min order qty", "起订量", "最小起订量", "起批量"),
        "pack": ("pack size", "pack", "case pack", "carton quantity", "units per carton", "箱规", "装箱数", "每箱数量"),
    },
    required=("supplier",),
)  # fmt: skip
