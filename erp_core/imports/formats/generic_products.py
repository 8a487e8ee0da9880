"""A product list from anywhere, with costs and the supplier's terms where they stand in the same table."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-products",
    title=T("Product list"),
    kind=Kind.PRODUCTS,
    platform="Products",
    loose=True,
    columns={
        "sku": (
            "sku", "item code", "product code", "stock code", "stockcode", "product id", "item no", "item number", "sku code", "code",
            "商品编码", "商家编码", "货号", "规格编码", "商品编号", "产品编码", "产品编号", "编码", "款号",
        ),
        "name": ("product name", "name", "item name", "product", "title", "description", "商品名称", "产品名称", "品名", "名称", "货品名称", "标题"),
        "category": ("category", "product category", "product type", "type", "group", "类目", "分类", "品类", "商品分类", "类别"),
        "barcode": ("barcode", "ean", "upc", "gtin", "条码", "条形码", "商品条码", "国际条码"),
        "unit": ("unit", "unit of measure", "uom", "单位", "计量单位"),
        "weight_grams": ("weight in grams", "weight grams", "weight (g)", "weight g", "weight", "重量(克)", "重量", "克重"),
        "unit_cost": ("unit cost", "cost", "cost price", "purchase price", "buying price", "成本价", "采购价", "成本", "单位成本", "进价", "进货价"),
        "currency": ("currency", "cost currency", "currency code", "币种", "货币", "币别"),
        "valid_from": ("valid from", "cost valid from", "cost date", "from", "生效日期", "成本生效日期", "成本日期"),
        "supplier": ("supplier", "supplier name", "vendor", "manufacturer", "供应商", "供应商名称", "厂家"),
        "supplier_sku": ("supplier sku", "supplier’s sku", "supplier code", "vendor sku", "supplier item", "供应商货号", "供应商商品编码", "厂家货号"),
        "supplier_price": ("supplier price", "supplier’s price", "supplier unit price", "vendor price", "供应商价格", "供应商单价"),
        "supplier_currency": ("supplier currency", "currency of the supplier’s price", "供应商币种", "供应商价格币种"),
        "lead_time_days": ("lead time", "lead time days", "lead time (days)", "lead time in days", "到货周期", "采购周期（天）", "采购周期", "交期", "交货周期"),
        "moq": ("moq", "minimum order quantity", "min order qty", "起订量", "最小起订量", "起批量"),
        "pack": ("pack size", "pack", "case pack", "carton quantity", "units per carton", "箱规", "装箱数", "每箱数量"),
    },
    required=("sku",),
)  # fmt: skip
