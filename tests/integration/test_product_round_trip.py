"""Products out as a workbook, changed by hand, in again: exactly that changes; an untouched file changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from erp_core.catalog.editing import CostEntry
from erp_core.catalog.views import costs, products
from erp_core.errors import BadInput, NotPermitted
from erp_core.files.export import ExportHeader, export_csv, export_xlsx
from erp_core.files.header import normalise_header
from erp_core.files.read import read_table
from erp_core.imports.detect import detect, known_headers
from erp_core.imports.formats.generic_products import FORMAT
from erp_core.imports.round_trip import COLUMNS, differences, product_list
from erp_core.imports.service import import_files
from erp_core.orders.bundles import set_bundle
from erp_core.orders.products import create_product
from erp_core.purchasing.service import SupplierTerms, set_supplier_item
from erp_core.purchasing.views import supplier_items
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.rules import permitted
from erp_core.text import LANGUAGES, say
from tests.integration.shop import Shop

DAY = dt.date(2026, 3, 2)
NAMES = ("=1+1", "'=quoted", "-10 %", "@home", "+plus", "'t Hof", "’s-Graven", "台灯 “大”", "-5", " = spaced")


def filled(shop: Shop) -> None:
    """Two products with all that can be known, a bundle of them, and one for each awkward name."""
    for sku, name in (("LAMP", "Desk lamp"), ("BULB", "Bulb")):
        fields = {
            "name": name,
            "category": "Light",
            "unit": "pcs",
            "weight_grams": 250,
            "barcode": f"00{len(sku)}1{sku}",
        }
        product_id = shop.do(create_product, sku, fields, CostEntry(0, dt.date(2026, 1, 1), "CNY", Decimal("2.55")))
        terms = SupplierTerms("Yiwu", product_id, "0017", "USD", Decimal("0.319999"), 12, 50, 10)
        shop.do(set_supplier_item, terms)
    shop.do(set_supplier_item, SupplierTerms("Porto", shop.id_of("LAMP"), currency="EUR", unit_price=Decimal("9")))
    shop.do(create_product, "SET", {"name": "Set"})
    shop.do(set_bundle, shop.id_of("SET"), {shop.id_of("LAMP"): 1, shop.id_of("BULB"): 3})
    for at, name in enumerate(NAMES):
        shop.do(create_product, f"0{at}", {"name": name})


def written(shop: Shop, container: str, language: str, change: Callable[[pd.DataFrame], Any] | None = None) -> Path:
    frame = shop.read(product_list, DAY)
    if change is not None:
        change(frame)
    columns = [(name, say(title, language)) for name, title in COLUMNS.items()]
    path = shop.folder / f"products.{container}"
    if container == "csv":
        path.write_bytes(export_csv(frame, columns))
    else:
        path.write_bytes(export_xlsx(frame, columns, ExportHeader("Products", "local", shop.clock.now(), language)))
    return path


def state(shop: Shop) -> tuple[Any, ...]:
    frames = (shop.read(products), shop.read(costs), shop.read(supplier_items))
    return tuple(frame.astype(object).where(frame.notna(), None).to_dict("records") for frame in frames)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_headers_are_those_of_the_importer(language: str) -> None:
    for name, title in COLUMNS.items():
        assert normalise_header(say(title, language)) in {normalise_header(alias) for alias in FORMAT.columns[name]}


@pytest.mark.parametrize("container", ["xlsx", "csv"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_untouched_file_changes_nothing(shop: Shop, container: str, language: str) -> None:
    filled(shop)
    before = state(shop)
    path = written(shop, container, language)
    assert detect(read_table(path, known_headers=known_headers())).format == "generic-products"
    found = differences(shop.database, LOCAL_USER.acting(shop.clock), path)
    assert (found.cells.to_dict("records"), found.created, found.issues) == ([], (), ())
    (receipt,) = import_files(shop.database, LOCAL_USER.acting(shop.clock), [path])
    assert (receipt.rows_unchanged, receipt.rows_accepted, receipt.rows_rejected) == (3 + len(NAMES), 0, 0)
    assert state(shop) == before


@pytest.mark.parametrize("container", ["xlsx", "csv"])
def test_two_changed_cells_change_exactly_these(shop: Shop, container: str) -> None:
    filled(shop)
    before = state(shop)

    def change(frame: pd.DataFrame) -> None:
        frame.loc[frame["sku"] == "LAMP", "name"] = "=A1"
        frame.loc[frame["sku"] == "BULB", "unit_cost"] = 2.75

    path = written(shop, container, "en", change)
    found = differences(shop.database, LOCAL_USER.acting(shop.clock), path)
    cells = [(row["sku"], str(row["field"]), row["before"], row["after"]) for row in found.cells.to_dict("records")]
    assert cells == [("BULB", "Unit cost", "2.55", "2.75"), ("LAMP", "Product name", "Desk lamp", "=A1")]
    (receipt,) = import_files(shop.database, LOCAL_USER.acting(shop.clock), [path])
    assert (receipt.rows_accepted, receipt.rows_unchanged) == (2, 1 + len(NAMES))
    after = state(shop)
    changed = [(old, new) for old, new in zip(before[0], after[0], strict=True) if old != new]
    assert [(old["sku"], old["name"], new["name"]) for old, new in changed] == [("LAMP", "Desk lamp", "=A1")]
    assert [row["unit_cost"] for row in after[1] if row["product_id"] == shop.id_of("BULB")] == [2.55, 2.75]
    assert after[2] == before[2]  # the supplier's price is another number than the cost
    assert differences(shop.database, LOCAL_USER.acting(shop.clock), path).cells.empty


def test_who_may_not_see_costs_is_not_told_which_ones_stand(shop: Shop) -> None:
    """An operator may import; a table with a cost of one's own in every row would otherwise show all that stand."""
    filled(shop)
    operator = Actor("Bo", permitted("operator", [], limited=False))

    def change(frame: pd.DataFrame) -> None:
        frame.loc[frame["sku"] == "LAMP", "name"] = "Floor lamp"
        frame.loc[frame["sku"] == "BULB", ["unit_cost", "supplier_price"]] = 0.01

    path = written(shop, "csv", "en", change)
    found = differences(shop.database, operator.acting(shop.clock), path)
    assert "2.55" not in found.cells.to_string()
    cells = [(row["sku"], str(row["field"]), row["before"], row["after"]) for row in found.cells.to_dict("records")]
    assert ("BULB", "Unit cost", "…", "0.01") in cells
    assert ("LAMP", "Product name", "Desk lamp", "Floor lamp") in cells
    with pytest.raises(NotPermitted):
        differences(shop.database, Actor("Cai", frozenset()).acting(shop.clock), path)


def test_new_products_and_terms_are_told_before_they_are_stored(shop: Shop) -> None:
    filled(shop)
    path = shop.folder / "more.csv"
    path.write_text(
        "SKU,Product name,Supplier,Minimum order quantity,Unit cost\nNEW,New one,,,\nLAMP,,Yiwu,60,x\nBULB,,Yiwu,60,\n",
        encoding="utf-8",
    )
    found = differences(shop.database, LOCAL_USER.acting(shop.clock), path)
    assert found.created == ("NEW",)
    assert [(row["sku"], row["before"], row["after"]) for row in found.cells.to_dict("records")] == [
        ("BULB", "50", "60")
    ]
    assert [(issue.row, issue.code) for issue in found.issues] == [(3, "number.unreadable")]


def test_a_file_of_another_kind_is_refused(shop: Shop) -> None:
    path = shop.folder / "stock.csv"
    path.write_text("SKU,On hand\nLAMP,3\n", encoding="utf-8")
    with pytest.raises(BadInput, match="not a list of products"):
        differences(shop.database, LOCAL_USER.acting(shop.clock), path)
