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
