"""A list of returns from anywhere: one row a product that came back."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-returns",
    title=T("Returns"),
    kind=Kind.RETURNS,
    platform="Returns",
    loose=True,
    columns={
        "return_id": (
            "return no", "return number", "return id", "return #", "return", "rma", "rma number", "rma no", "rma id", "return reference",
            "return order", "case id", "退货单号", "售后单号", "退款编号", "退款单号", "售后编号", "退货编号", "退货单", "售后单", "退换货单号",
        ),
        "shop": ("channel", "shop", "store", "sales channel", "platform", "marketplace", "渠道", "店铺", "平台", "店铺名称", "销售渠道"),
        "order_id": (
            "order id", "order no", "order number", "order #", "order", "original order", "sales order", "order reference", "invoice no",
            "订单号", "订单编号", "线上订单号", "原订单号", "原始订单号", "订单id", "平台订单号",
        ),
        "sku": (
            "sku", "item code", "product code", "stock code", "product id", "item no", "item number", "sku code", "article", "asin",
            "商品编码", "商家编码", "货号", "规格编码", "商品编号", "产品编码", "产品编号", "款号",
        ),
        "name": (
            "product name", "item name", "product", "item", "title", "description", "商品名称", "产品名称", "品名", "商品", "商品标题", "宝贝标题",
            "货品名称",
        ),
        "quantity": (
            "quantity returned", "returned quantity", "return quantity", "return qty", "qty returned", "returned qty", "returned units",
            "units returned", "退货数量", "退货件数", "售后数量", "退款数量", "实退数量", "退回数量", "申请数量", "quantity", "qty", "units", "数量", "件数",
        ),
        "returned_on": (
            "returned on", "return date", "returned at", "date returned", "return requested on", "return request date", "refund date",
            "refunded on", "refunded at", "return time", "退货日期", "退货时间", "退款时间", "退款日期", "售后申请时间", "申请时间", "售后时间", "退款申请时间",
            "退回日期", "退货入库时间", "申请日期", "date", "日期", "时间",
        ),
        "state": (
            "return status", "return state", "refund status", "status", "state", "disposition", "退货状态", "售后状态", "退款状态", "处理状态",
            "处理结果", "状态",
        ),
        "reason": (
            "return reason", "reason", "reason for return", "customer comments", "refund reason", "退货原因", "退款原因", "售后原因", "原因", "申请原因",
            "买家退款原因",
        ),
        "refund": (
            "refund amount", "refunded amount", "refund", "refunded", "refund total", "amount refunded", "退款金额", "实退金额", "退款总额", "退款",
            "应退金额", "买家退款金额",
        ),
        "currency": ("currency", "currency code", "币种", "货币", "币别"),
        "restocked": (
            "restocked", "restock", "restocked units", "restocked quantity", "back in stock", "put back", "resellable", "是否入库", "入库数量",
            "入库", "是否上架", "重新入库", "良品数量", "退货入库数量",
        ),
        "location": ("location", "warehouse", "return warehouse", "site", "bin", "仓库", "退货仓", "退货仓库", "仓库名称", "入库仓库"),
    },
    required=("sku|name", "quantity", "returned_on"),
    telling=frozenset({
        "return no", "return number", "return id", "return #", "rma", "rma number", "rma no", "rma id", "return reference", "退货单号",
        "售后单号", "退款编号", "退款单号", "售后编号", "退货编号", "退货单", "售后单", "退换货单号", "quantity returned", "returned quantity",
        "return quantity", "return qty", "qty returned", "returned qty", "returned units", "units returned", "退货数量", "退货件数", "售后数量",
        "退款数量", "实退数量", "退回数量", "returned on", "return date", "returned at", "date returned", "return requested on",
        "return request date", "return time", "退货日期", "退货时间", "售后申请时间", "售后时间", "退款申请时间", "退回日期", "退货入库时间", "申请时间",
        "refund date", "refunded on", "退款时间", "退款日期",
    }),
)  # fmt: skip
