"""What a header row is taken for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from erp_core.errors import BadInput, MappingNeeded
from erp_core.files.table import RawTable
from erp_core.imports.declaration import Kind, Part
from erp_core.imports.detect import UNKNOWN, detect, header_key, need
from erp_core.imports.formats import FORMATS


def table(header: str, *rows: str) -> RawTable:
    columns = tuple(header.split(","))
    cells = [row.split(",") for row in rows]
    return RawTable(
        columns=columns,
        cells=tuple(pa.array([row[i] or None for row in cells], pa.string()) for i in range(len(columns))),
        row_numbers=np.arange(len(rows), dtype=np.int64) + 2,
        name="file.csv",
        sha256="0" * 64,
        encoding="utf-8",
        delimiter=",",
        header_row=1,
        container="csv",
    )


SALES_EN = "order id,date,sku,product name,quantity,unit price,currency,channel,customer,phone,email,address"
SALES_ZH = "订单号,日期,商品编码,商品名称,数量,单价,币种,渠道,客户,电话,邮箱,地址"


@pytest.mark.parametrize("header", [SALES_EN, SALES_ZH, SALES_EN.upper().replace(" ", "_")])
def test_a_sales_table_is_recognised_by_its_aliases_in_both_languages(header: str) -> None:
    found = detect(table(header))
    assert found.format == "generic-sales"
    assert set(found.columns) == {
        "order_id", "ordered_at", "sku", "title", "quantity", "unit_price", "currency", "shop", "customer_id", "phone",
        "email",
        "ship_address",
    }  # fmt: skip
    assert found.missing == ()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", "online-retail"),
        ("Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country", "online-retail"),
        ("Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku", "shopify-orders"),
        ("订单编号,买家会员名,订单状态,收货地址 ,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ", "taobao-orders"),
        ("订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码", "taobao-lines"),
        ("子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商家编码,买家应付货款,订单创建时间", "taobao-lines"),
        ("SKU,On hand,Warehouse", "generic-stock"),
        ("商品编码,实际库存数,仓库", "generic-stock"),
        ("条码,库存", "generic-stock"),
        ("SKU,Name,Category,Cost", "generic-products"),
        ("商品编码,商品名称,成本价,供应商,采购周期,起订量,箱规", "generic-products"),
        ("Supplier,SKU,Lead time,MOQ,Pack size", "generic-suppliers"),
        ("供应商,联系人,电话,到货周期", "generic-suppliers"),
        ("Customer ID,Name,Email,Phone", "generic-customers"),
        ("客户编号,姓名,手机", "generic-customers"),
        ("日期,币种,汇率", "generic-rates"),
        ("Date,Currency,Rate", "generic-rates"),
    ],
)
def test_known_header_rows(header: str, name: str) -> None:
    found = detect(table(header))
    assert (found.format, found.missing) == (name, ())
    assert FORMATS[name].kind == found.kind


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Return no,Order ID,SKU,Quantity,Returned on,Reason,Refund amount", "generic-returns"),
        ("RMA,Order,SKU,Qty,Date,Reason,Refund", "generic-returns"),
        ("Return date,Order number,Item code,Return qty,Disposition", "generic-returns"),
        ("return no,order id,order date,sku,quantity,return date,refund amount,unit price", "generic-returns"),
        ("退货单号,订单号,商品编码,商品名称,退货数量,退货日期,退货原因,退款金额", "generic-returns"),
        ("售后单号,线上订单号,商品编码,数量,申请时间,退款金额,售后状态,店铺", "generic-returns"),
        ("PO number,Supplier,SKU,Quantity,Unit price,Currency,Order date,Expected on,Received,Status", "generic-purchase-orders"),
        ("Purchase order,Vendor,Item code,Ordered quantity,Received quantity,Price,Order date,Due date", "generic-purchase-orders"),
        ("po_no,sku,qty,eta", "generic-purchase-orders"),
        ("PO Number,Vendor,SKU,Order Qty,Unit Cost,Currency,Order Date,Expected Date,Status", "generic-purchase-orders"),
        ("Purchase Order No.,Supplier,Order Date,Item Code,Description,Qty,Unit Price,Total", "generic-purchase-orders"),
        ("PO#,Date,Vendor,SKU,Qty Ordered,Qty Received,Cost,ETA", "generic-purchase-orders"),
        ("盘点单号,仓库,商品编码,系统库存,实盘库存,差异,盘点日期", "generic-counts"),
        ("PO Number,Vendor,SKU,Boxes,Unit Cost", "unknown"),
        ("采购单号,供应商,商品编码,采购数量,已入库数量,采购价,下单日期,预计到货日期,状态", "generic-purchase-orders"),
        ("采购订单号,供应商,货号,数量,单价,采购日期", "generic-purchase-orders"),
        ("GRN,PO number,Supplier,SKU,Quantity received,Received on,Warehouse,Unit cost", "generic-receipts"),
        ("PO number,SKU,Ordered quantity,Received quantity,Received on", "generic-receipts"),
        ("Received date,Item code,Quantity,Supplier", "generic-receipts"),
        ("入库单号,采购单号,供应商,商品编码,入库数量,入库时间,仓库,成本价", "generic-receipts"),
        ("到货日期,商品编码,到货数量", "generic-receipts"),
        ("SKU,Location,System quantity,Counted quantity,Count date,Counted by", "generic-counts"),
        ("商品编码,仓库,账面数量,实盘数量,盘点日期,盘点人", "generic-counts"),
        ("Order ID,Carrier,Tracking number,Shipped on", "generic-tracking"),
        ("Order ID,SKU,Quantity,Carrier,Tracking number,Ship date", "generic-tracking"),
        ("订单号,物流公司,快递单号,发货时间,物流状态,签收时间", "generic-tracking"),
        ("Date,Customer ID,Email,Phone,Medium,Direction,Subject,Note,Agent", "generic-contacts"),
        ("Ticket,Created at,Order ID,Customer,Subject,Message", "generic-contacts"),
        ("联系时间,客户,手机,沟通方式,方向,主题,备注,客服", "generic-contacts"),
        ("Date,Order ID,Fee type,Amount,Currency,Transaction ID", "generic-settlement-fees"),
        ("settlement-id,transaction-type,order-id,amount-type,amount-description,amount,posted-date,sku,quantity-purchased",
         "generic-settlement-fees"),
        ("入账时间,业务单号,费用类型,收入金额(+元),支出金额(-元),账务流水号", "generic-settlement-fees"),
        ("订单号,结算时间,佣金", "generic-settlement-fees"),
    ],
)  # fmt: skip
def test_lists_of_facts_are_recognised_in_both_languages(header: str, name: str) -> None:
    found = detect(table(header))
    assert (found.format, found.missing) == (name, ())
    assert len(set(found.indices.values())) == len(found.indices)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        # sales that hold columns of returns, fees, parcels, purchase orders of the buyer
        ("order id,order date,sku,quantity,unit price,refund amount,return reason", "generic-sales"),
        ("order id,order date,sku,quantity,unit price,return date,return quantity,refund amount", "generic-sales"),
        ("order id,order date,sku,quantity,unit price,return date,refund amount", "generic-sales"),
        ("订单号,下单时间,商品编码,数量,单价,退货数量,退款金额,退货原因", "generic-sales"),
        ("order id,date,sku,quantity,unit price,customer,PO number", "generic-sales"),
        ("order id,date,sku,quantity,unit price,supplier", "generic-sales"),
        ("order id,date,sku,quantity,unit price,commission,payment fee", "generic-sales"),
        ("订单号,下单时间,商品编码,数量,单价,佣金,技术服务费", "generic-sales"),
        ("order id,date,sku,quantity,unit price,carrier,tracking number,shipped on", "generic-sales"),
        ("订单号,下单时间,商品编码,数量,单价,物流公司,快递单号,收货时间", "generic-sales"),
        ("receipt no,date,sku,quantity,price", "generic-sales"),
        ("order id,date,sku,quantity,unit price,channel,customer,phone,email,note,subject", "generic-sales"),
        # stock, products, suppliers and customers stay what they are
        ("SKU,On hand,On order,Warehouse,Date", "generic-stock"),
        ("SKU,Quantity,Location,Date", "generic-stock"),
        ("商品编码,库存,采购在途,仓库", "generic-stock"),
        ("Supplier,SKU,Purchase price,MOQ,Lead time", "generic-suppliers"),
        ("SKU,Name,Category,Supplier,Purchase price", "generic-products"),
        ("Customer ID,Name,Email,Phone,Note", "generic-customers"),
        ("客户编号,姓名,手机,备注", "generic-customers"),
        ("Date,Currency,Rate", "generic-rates"),
        # an order list with money and parcels but without lines is nobody's
        ("Order ID,Date,Total,Status,Tracking number", UNKNOWN),
        ("Name,Date,Note", UNKNOWN),
        ("Date,Amount,Balance", UNKNOWN),
    ],
)
def test_a_table_is_not_taken_for_a_list_of_facts_because_of_single_columns(header: str, name: str) -> None:
    assert detect(table(header)).format == name


@pytest.mark.parametrize("header", ["a,b,c", "Name,Colour,Size", "date,sku,quantity,unit price", "姓名,备注"])
def test_a_table_that_nobody_claims_is_unknown_and_refused_with_the_way_out(header: str) -> None:
    found = detect(table(header))
    assert (found.format, found.kind, found.confidence) == (UNKNOWN, None, 0.0)
    with pytest.raises(MappingNeeded) as refusal:
        need(found, table(header))
    assert "--format" in str(refusal.value.hint)
    assert "--map" in str(refusal.value.hint)


def test_a_platform_is_claimed_only_by_headers_that_are_its_own() -> None:
    # 订单编号 and 订单状态 stand in many exports; nothing here is Taobao's alone
    assert detect(table("订单编号,下单时间,商品名称,数量,单价,订单状态")).format == "generic-sales"


def test_a_missing_required_column_is_named() -> None:
    lacking = table("InvoiceNo,StockCode,Description,InvoiceDate,UnitPrice")
    found = detect(lacking)
    assert (found.format, found.missing) == ("online-retail", ("quantity",))
    with pytest.raises(MappingNeeded, match="Quantity"):
        need(found, lacking)


def test_no_column_gets_two_meanings() -> None:
    found = detect(table("Order,Date,Product,Quantity,Price,Total,Name,Phone,Phone"))
    assert len(set(found.indices.values())) == len(found.indices)


def test_a_mapping_overrides_and_is_checked() -> None:
    strange = table("Ref,When,What,Pieces,Each")
    mapping = {"order_id": "Ref", "ordered_at": "When", "title": "What", "quantity": "Pieces", "unit_price": "Each"}
    assert detect(strange, wanted="generic-sales", mapping=mapping).columns == mapping
    with pytest.raises(BadInput, match="no field"):
        detect(strange, wanted="generic-sales", mapping={"colour": "Ref"})
    with pytest.raises(BadInput, match="no free column"):
        detect(strange, wanted="generic-sales", mapping={"order_id": "Nowhere"})
    with pytest.raises(BadInput, match="no format"):
        detect(strange, wanted="generic-things")


def test_a_remembered_mapping_is_used_and_said() -> None:
    strange = table("Ref,When,What,Pieces,Each")
    mapping = {"order_id": "Ref", "ordered_at": "When", "title": "What", "quantity": "Pieces", "unit_price": "Each"}
    found = detect(strange, remembered=("generic-sales", mapping))
    assert found.known
    assert "by hand" in str(found.evidence[0])


def test_the_key_of_a_header_row_ignores_width_and_case_but_not_order() -> None:
    assert header_key(["Order ID", "Qty"]) == header_key(["order_id ", "ＱＴＹ"])
    assert header_key(["Order ID", "Qty"]) != header_key(["Qty", "Order ID"])


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_declaration_is_sound(name: str) -> None:
    declared = FORMATS[name]
    assert set(declared.columns) <= set(declared.fields)
    assert all(part in declared.columns for entry in declared.required for part in entry.split("|"))
    states = {"pending", "paid", "shipped", "completed", "cancelled", "adjustment", ""}
    assert set(declared.statuses.values()) | set(declared.payment_statuses.values()) <= states
    assert set(declared.fulfillments.values()) <= states
    if declared.kind is Kind.SALES and declared.part is not Part.HEADERS:
        assert set(declared.amount) <= set(declared.columns)
    if declared.companion is not None:
        assert FORMATS[declared.companion].companion == name
