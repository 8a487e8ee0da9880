"""Products by hand: fields, barcodes, dated costs, suppliers' items, charges, the archive."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from erp_core.catalog.editing import CostEntry, SkuMapping
from erp_core.catalog.views import archived_products, barcodes, cost_history, products
from erp_core.errors import BadInput, Conflict, NotFound, NotPermitted
from erp_core.orders.bundles import set_bundle
from erp_core.orders.mapping import map_sku
from erp_core.orders.products import (
    archive_product,
    create_product,
    edit_products,
    remove_cost,
    restore_product,
    set_charge,
)
from erp_core.purchasing.service import SupplierTerms, remove_supplier_item, set_supplier_item
from erp_core.purchasing.views import supplier_items
from erp_core.security.actor import Actor
from tests.integration.shop import SALES, Shop

JANUARY, MARCH = dt.date(2025, 1, 1), dt.date(2025, 3, 1)


def row_of(shop: Shop, sku: str) -> dict[str, object]:
    frame = shop.read(products)
    (found,) = frame[frame["sku"] == sku].to_dict("records")
    return found


def test_a_product_is_created_with_what_is_known(shop: Shop) -> None:
    fields = {
        "name": " Desk lamp ",
        "category": "Lamps",
        "unit": "pcs",
        "weight_grams": 850,
        "barcode": "6901234567892",
    }
    cost = CostEntry(0, JANUARY, "CNY", Decimal("9.50"))
    product_id = shop.do(create_product, " LAMP ", fields, cost)
    found = row_of(shop, "LAMP")
    assert (found["product_id"], found["name"], found["weight_grams"], found["barcode"]) == (
        product_id, "Desk lamp", 850, "6901234567892",
    )  # fmt: skip
    assert shop.read(cost_history, product_id)["unit_cost"].tolist() == [9.5]
    with pytest.raises(Conflict, match="“LAMP” already"):
        shop.do(create_product, "LAMP", {})


@pytest.mark.parametrize(
    ("sku", "fields", "words"),
    [
        ("  ", {}, "needs an SKU"),
        ("A\nB", {}, "line break"),
        ("A" * 200, {}, "too long"),
        ("A", {"name": "x" * 600}, "too long"),
        ("A", {"barcode": "6.90123E+12"}, "scientific"),
        ("A", {"weight_grams": -1}, "whole number of grams"),
        ("A", {"weight_grams": 2.5}, "whole number of grams"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_stored(
    shop: Shop, sku: str, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        shop.do(create_product, sku, fields)
    assert shop.read(products).empty
    assert shop.acts() == []


def test_bulk_edit_and_costs_are_one_act(shop: Shop) -> None:
    one, two = (shop.do(create_product, sku, {"name": sku}) for sku in ("A", "B"))
    shop.load("SKU,Quantity,Date\nA,10,2025-01-01\n")
    touched = shop.do(
        edit_products,
        {one: {"name": "Ant", "category": "Insects"}, two: {"name": "B"}},
        [CostEntry(one, JANUARY, "CNY", Decimal("2.50"))],
    )
    assert touched == (one,)  # B is as it was
    assert (row_of(shop, "A")["name"], row_of(shop, "A")["category"]) == ("Ant", "Insects")
    assert shop.rows("SELECT value FROM stock_balance") == [(2500,)]  # 10 · 2.50, in fen
    assert shop.acts().count("edit products") == 1
    assert shop.do(edit_products, {one: {"name": "Ant"}}, [CostEntry(one, MARCH, "CNY", Decimal("2.5"))]) == ()
    shop.do(edit_products, {one: {"category": None, "name": ""}})
    assert (row_of(shop, "A")["name"], row_of(shop, "A")["category"]) == (None, None)
    with pytest.raises(NotFound):
        shop.do(edit_products, {99: {"name": "x"}})


def test_a_wrong_cost_by_hand_is_taken_back_an_imported_one_is_not(shop: Shop) -> None:
    shop.load("SKU,Unit cost,Valid from,Currency\nA,2.00,2025-01-01,CNY\n")
    shop.load("SKU,Quantity,Date\nA,10,2025-01-01\n")
    one = shop.id_of("A")
    shop.do(edit_products, {}, [CostEntry(one, MARCH, "CNY", Decimal("30"))])
    assert shop.rows("SELECT value FROM stock_balance") == [(30_000,)]
    history = shop.read(cost_history, one)
    assert history["by_hand"].tolist() == [True, False]
    assert shop.do(remove_cost, int(history["cost_id"][0])) == one
    assert shop.read(cost_history, one)["unit_cost"].tolist() == [2.0]
    assert shop.rows("SELECT value FROM stock_balance") == [(2_000,)]
    with pytest.raises(Conflict, match="import 1"):
        shop.do(remove_cost, int(history["cost_id"][1]))
    with pytest.raises(NotFound):
        shop.do(remove_cost, int(history["cost_id"][0]))
    for wrong in (CostEntry(one, MARCH, "ABC", Decimal(1)), CostEntry(one, MARCH, "CNY", Decimal(-1))):
        with pytest.raises(BadInput):
            shop.do(edit_products, {}, [wrong])


def test_a_barcode_belongs_to_one_product(shop: Shop) -> None:
    one = shop.do(create_product, "A", {"barcode": "111111", "barcodes": ("222222", "333333", "222222")})
    two = shop.do(create_product, "B", {})
    held = shop.read(barcodes)
    assert dict(zip(held["barcode"], held["main"], strict=True)) == {"111111": True, "222222": False, "333333": False}
    for code in ("111111", "222222"):
        with pytest.raises(Conflict, match="belongs to the product “A”"):
            shop.do(edit_products, {two: {"barcode": code}})
        with pytest.raises(Conflict, match="belongs to the product “A”"):
            shop.do(edit_products, {two: {"barcodes": (code,)}})
    shop.do(edit_products, {one: {"barcodes": ("333333",)}, two: {"barcode": "222222"}})  # handed over in one act
    with pytest.raises(Conflict, match="“A”"):
        shop.do(edit_products, {one: {"barcode": "444444"}, two: {"barcode": "444444"}})
    assert row_of(shop, "B")["barcode"] == "222222"


def test_suppliers_items_by_hand(shop: Shop) -> None:
    one = shop.do(create_product, "A", {})
    terms = SupplierTerms("Yiwu Lamps", one, "YW-1", "cny", Decimal("19.50"), 12, 50, 10)
    assert shop.do(set_supplier_item, terms)
    assert not shop.do(set_supplier_item, terms)  # the same again
    (item,) = shop.read(supplier_items).to_dict("records")
    assert (item["supplier"], item["unit_price"], item["currency"], item["moq"]) == ("Yiwu Lamps", 19.5, "CNY", 50)
    shop.do(set_supplier_item, SupplierTerms("Yiwu Lamps", one, unit_price=Decimal("18"), currency="CNY"))
    (item,) = shop.read(supplier_items).to_dict("records")
    assert item["unit_price"] == 18.0
    assert pd.isna(item["moq"])  # what the form leaves empty is unknown again
    for wrong in (
        SupplierTerms(" ", one),
        SupplierTerms("X", one, unit_price=Decimal(-1), currency="CNY"),
        SupplierTerms("X", one, unit_price=Decimal(1)),
        SupplierTerms("X", one, currency="ZZZ"),
        SupplierTerms("X", one, moq=0),
        SupplierTerms("X", one, lead_time_days=-1),
    ):
        with pytest.raises(BadInput):
            shop.do(set_supplier_item, wrong)
    with pytest.raises(NotFound):
        shop.do(set_supplier_item, SupplierTerms("X", 99))
    shop.do(remove_supplier_item, int(item["item_id"]))
    assert shop.read(supplier_items).empty
    with pytest.raises(NotFound):
        shop.do(remove_supplier_item, int(item["item_id"]))


def test_a_charge_neither_moves_nor_counts_as_goods_and_back(shop: Shop) -> None:
    shop.load("SKU,Quantity,Date\nWRAP,10,2025-01-01\n")
    shop.load(
        f"{SALES}\n1,2025-01-02,WRAP,Gift wrap,2,3.00,CNY,shipped,North\n1,2025-01-02,LAMP,Lamp,1,30.00,CNY,shipped,North\n"
    )
    header = "SELECT quantity, goods, charges FROM sales_order"
    days = "SELECT SUM(quantity), SUM(goods), SUM(charges) FROM daily_orders"
    assert (shop.rows(header), shop.rows(days), shop.on_hand()["WRAP"]) == ([(3, 3600, 0)], [(3, 3600, 0)], 8)
    assert shop.do(set_charge, shop.id_of("WRAP"), True)
    assert (shop.rows(header), shop.rows(days), shop.on_hand()["WRAP"]) == ([(1, 3000, 600)], [(1, 3000, 600)], 10)
    shop.assert_sound()
    assert not shop.do(set_charge, shop.id_of("WRAP"), True)
    shop.do(set_charge, shop.id_of("WRAP"), False)
    assert (shop.rows(header), shop.rows(days), shop.on_hand()["WRAP"]) == ([(3, 3600, 0)], [(3, 3600, 0)], 8)
    shop.assert_sound()
    shop.do(set_bundle, shop.id_of("LAMP"), {shop.id_of("WRAP"): 1})
    for sku in ("LAMP", "WRAP"):
        with pytest.raises(BadInput, match="bundle"):
            shop.do(set_charge, shop.id_of(sku), True)


def test_what_nothing_rests_on_can_be_archived_and_restored(shop: Shop) -> None:
    one = shop.do(create_product, "A", {"barcode": "111111"})
    shop.do(archive_product, one)
    assert shop.read(products).empty
    assert shop.read(archived_products)["sku"].tolist() == ["A"]
    two = shop.do(create_product, "B", {"barcode": "111111"})
    with pytest.raises(Conflict, match="“B”"):
        shop.do(restore_product, one)
    shop.do(edit_products, {two: {"barcode": None}})
    shop.do(restore_product, one)
    assert shop.read(products)["sku"].tolist() == ["A", "B"]
    shop.do(archive_product, one)
    assert shop.do(create_product, "A", {"name": "again"}) == one  # the same SKU is the same product
    shop.do(archive_product, one)
    shop.load(f"{SALES}\n1,2025-01-02,A,Ant,1,3.00,CNY,shipped,North\n")  # a file that sells it brings it back
    assert shop.read(products)["sku"].tolist() == ["A", "B"]


def test_what_something_rests_on_stays_and_the_refusal_says_why(shop: Shop) -> None:
    shop.load("SKU,Quantity,Date\nA,10,2025-01-01\n")
    shop.load(f"{SALES}\n1,2025-01-02,A,Ant,1,3.00,CNY,shipped,North\n")
    one = shop.id_of("A")
    two = shop.do(create_product, "B", {})
    shop.do(set_bundle, two, {one: 2})
    shop.do(map_sku, SkuMapping(0, "EXT", one))
    with pytest.raises(Conflict) as refused:
        shop.do(archive_product, one)
    said = str(refused.value)
    assert all(word in said for word in ("1 orders", "1 counts", "1 bundles", "1 SKUs of shops"))
    with pytest.raises(NotFound):
        shop.do(archive_product, 99)


def test_strangers_may_do_nothing(shop: Shop) -> None:
    from erp_core.db.uow import unit_of_work

    for act in (
        lambda uow: create_product(uow, "A", {}),
        lambda uow: edit_products(uow, {}),
        lambda uow: remove_cost(uow, 1),
        lambda uow: set_charge(uow, 1, True),
        lambda uow: archive_product(uow, 1),
        lambda uow: restore_product(uow, 1),
        lambda uow: set_supplier_item(uow, SupplierTerms("X", 1)),
        lambda uow: remove_supplier_item(uow, 1),
    ):
        stranger = Actor("x", frozenset()).acting(shop.clock)
        with pytest.raises(NotPermitted), unit_of_work(shop.database, stranger) as uow:
            act(uow)
