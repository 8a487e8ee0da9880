"""The page Products: looked through, edited, packed, mapped and typed into, as a person does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.elements.widgets import data_editor
from streamlit.testing.v1 import AppTest

from erp_core.catalog.editing import SkuMapping
from erp_core.catalog.views import aliases, product_by_sku, products
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.imports.service import import_files
from erp_core.orders.bundles import set_bundle
from erp_core.orders.mapping import map_sku
from erp_core.orders.products import archive_product, create_product
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from tests.pages.conftest import SAMPLES, Open


@pytest.fixture
def stocked(shop: Database, clock: FixedClock, tmp_path: Path) -> Database:
    """Samples of sales, stock and products, and a shop that sells one of them under a number of its own."""
    own = tmp_path / "sales.csv"
    own.write_text(
        "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Shop\nT-1,2025-06-03,TB-1,【包邮】北欧台灯,2,99,CNY,灯店\n",
        encoding="utf-8",
    )
    names = ("generic-sales.csv", "generic-stock.csv", "generic-products.csv", "generic-rates.csv")
    import_files(shop, LOCAL_USER.acting(clock), [*(SAMPLES / name for name in names), own])
    return shop


def do(database: Database, act: Callable[..., object]) -> None:
    with unit_of_work(database, LOCAL_USER.acting()) as uow:
        act(uow)
        uow.commit()


def number_of(database: Database, sku: str) -> int:
    with database.reading() as connection:
        found = product_by_sku(connection, sku)
    assert found is not None
    return found


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run()


def fill(app: AppTest, label: str, text: str, at: int = 0) -> None:
    [field for field in app.text_input if field.label == label][at].set_value(text)


def told(app: AppTest) -> str:
    assert not app.exception
    return " ".join(
        str(element.value) for kind in (app.error, app.info, app.success, app.caption, app.toast) for element in kind
    )


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_what_is_known_and_missing_stands_first(stocked: Database, open_page: Open) -> None:
    app = open_page("products")
    # LAMP and bulb of the product list and two mugs with costs; TB-1 is known from sales only
    assert metrics(app) == {
        "Products": "5", "With cost": "4", "Without cost": "1", "Without barcode": "3", "Bundles": "0", "From sales only": "1",
    }  # fmt: skip
    assert app.dataframe[0].value["sku"].tolist()[0] == "TB-1"  # most revenue first


def test_without_the_permission_no_cost_is_shown(stocked: Database, open_page: Open) -> None:
    actor = Actor("clerk", LOCAL_USER.permissions - {Permission.VIEW_COSTS})
    app = open_page("products", actor=actor, sku="DENG-01")
    assert "With cost" not in metrics(app)
    assert "unit_cost" not in app.dataframe[0].proto.columns
    assert [tab.label for tab in app.tabs] == ["Product", "Suppliers", "SKUs of shops"]


@pytest.mark.parametrize("view", ["products", "mapping", "bundles", "enter"])
def test_who_may_only_look_finds_nothing_to_press(stocked: Database, open_page: Open, view: str) -> None:
    do(stocked, lambda uow: set_bundle(uow, number_of(stocked, "TB-1"), {number_of(stocked, "MUG-R"): 2}))
    viewer = Actor("viewer", frozenset({Permission.VIEW_CATALOG, Permission.VIEW_COSTS}))
    app = open_page("products", actor=viewer, view=view, sku="TB-1")
    assert "may not" not in told(app) or view == "enter"
    active = [button.label for button in app.button if not button.disabled]
    assert set(active) <= {"Close"}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_card_opens_by_its_address(stocked: Database, open_page: Open, language: str) -> None:
    app = open_page("products", language, sku="DENG-01")
    assert not app.exception
    assert any("DENG-01 · 北欧台灯" in title.value for title in app.subheader)
    assert "21.5" in str([table.value for table in app.dataframe])


def test_an_address_of_no_product_says_so(stocked: Database, open_page: Open) -> None:
    assert "no product “NONE”" in told(open_page("products", sku="NONE"))


def test_search_and_show_narrow_the_table_and_stand_in_the_address(stocked: Database, open_page: Open) -> None:
    app = open_page("products", q="mug", show="uncosted")
    assert "Nothing matches" in told(app)
    app = open_page("products", q="mug blue")
    assert app.dataframe[0].value["sku"].tolist() == ["MUG-B"]


def test_a_product_is_created_and_a_taken_sku_is_refused_in_words(stocked: Database, open_page: Open) -> None:
    app = open_page("products")
    fill(app, "SKU", "VASE")
    fill(app, "Product name", "Vase")
    app = press(app, "Create product")
    assert "VASE" in told(app) or number_of(stocked, "VASE")
    app = open_page("products")
    fill(app, "SKU", "VASE")
    assert "already" in told(press(app, "Create product"))


def test_a_barcode_of_another_product_is_refused_on_the_card(stocked: Database, open_page: Open) -> None:
    app = open_page("products", sku="MUG-R")
    fill(app, "Barcode", "6901234567892")
    assert "belongs to the product “DENG-01”" in told(press(app, "Save"))
    app = open_page("products", sku="MUG-R")
    fill(app, "Further barcodes", "111111, 222222")
    assert not press(app, "Save").error


def test_a_cost_is_added_and_taken_back(stocked: Database, open_page: Open) -> None:
    app = open_page("products", sku="TB-1")
    assert "No cost yet" in told(app)
    next(field for field in app.number_input if field.label == "Unit cost").set_value(12.5)
    app = press(app, "Add cost")
    assert metrics(app)["With cost"] == "5"
    next(field for field in app.selectbox if field.label == "Entered by mistake").select_index(0)
    app = press(app.run(), "Take this cost back")
    assert metrics(app)["With cost"] == "4"


def test_an_archived_product_comes_back(stocked: Database, open_page: Open) -> None:
    do(stocked, lambda uow: archive_product(uow, create_product(uow, "OLD", {})))
    app = press(open_page("products"), "Bring back")
    assert not app.error
    assert number_of(stocked, "OLD")


def test_proposals_are_shown_and_nothing_is_mapped_by_itself(stocked: Database, open_page: Open) -> None:
    app = open_page("products", view="mapping")
    assert metrics(app) == {"From sales only": "1", "With a proposal": "1", "Mapped": "0"}
    assert "Tick the rows" in told(press(app, "Map the chosen ones"))
    with stocked.reading() as connection:
        assert aliases(connection).empty


def test_the_proposals_are_a_table_without_a_word_in_the_log(
    stocked: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(data_editor._LOGGER, "info", lambda message, *_, **__: said.append(message))
    assert not open_page("products", view="mapping").exception
    assert said == []  # an object that Arrow does not know is written into the log with a traceback


def test_a_mapping_is_made_by_hand_and_taken_back(stocked: Database, open_page: Open) -> None:
    app = open_page("products", view="mapping")
    pick = {field.label: field for field in app.selectbox}
    assert "Choose the product" in told(press(app, "Map"))
    pick = {field.label: field for field in app.selectbox}
    pick["SKU in the shop"].set_value("TB-1")
    pick["My product"].select("DENG-01 · 北欧台灯")
    app = press(app, "Map")
    assert metrics(app)["Mapped"] == "1"
    with stocked.reading() as connection:
        assert "TB-1" not in set(products(connection)["sku"])
    next(field for field in app.selectbox if field.label == "Mapped by mistake").select_index(0)
    app = press(app.run(), "Take this mapping back")
    assert metrics(app)["Mapped"] == "0"


def test_a_bundle_shows_what_can_be_packed_and_is_dissolved(stocked: Database, open_page: Open) -> None:
    do(
        stocked,
        lambda uow: set_bundle(uow, create_product(uow, "SET", {"name": "Set"}), {number_of(stocked, "MUG-R"): 3}),
    )
    app = open_page("products", view="bundles")
    assert "place by place: 13" in told(app)  # 40 red mugs, three in a set
    app = press(app, "Dissolve this bundle")
    assert "no bundle yet" in told(app)


@pytest.mark.parametrize("what", ["order", "stock", "customer"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_forms_open_in_both_languages(stocked: Database, open_page: Open, what: str, language: str) -> None:
    app = open_page("products", language, view="enter", what=what)
    assert not app.exception
    assert not app.error


def test_an_empty_order_is_refused_in_words(stocked: Database, open_page: Open) -> None:
    assert "from 1 to 500 lines" in told(press(open_page("products", view="enter", what="order"), "Enter order"))
    assert "no row" in told(press(open_page("products", view="enter", what="stock"), "Enter stock"))


def test_a_customer_is_entered_once(stocked: Database, open_page: Open) -> None:
    app = open_page("products", view="enter", what="customer")
    assert "needs a number" in told(press(app, "Enter customer"))
    fill(app, "E-mail", "zoe@example.com")
    app = press(app, "Enter customer")
    assert not app.error
    assert [field.value for field in app.text_input if field.label == "E-mail"] == [""]  # ready for the next one


def test_an_empty_shop_can_begin_by_hand(shop: Database, open_page: Open) -> None:
    app = open_page("products")
    assert "No products yet" in told(app)
    fill(app, "SKU", "FIRST")
    app = press(app, "Create product")
    assert metrics(app)["Products"] == "1"
    for view in ("mapping", "bundles", "enter"):
        assert not open_page("products", view=view).error


def test_a_mapped_sku_stands_on_the_card(stocked: Database, open_page: Open) -> None:
    do(stocked, lambda uow: map_sku(uow, SkuMapping(0, "TB-1", number_of(stocked, "DENG-01"))))
    app = open_page("products", sku="DENG-01")
    assert any(
        "TB-1" in table.value.get("external_sku", []).tolist()
        for table in app.dataframe
        if "external_sku" in table.value
    )
