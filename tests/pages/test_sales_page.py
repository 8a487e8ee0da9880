"""The page Sales and the kept views: what the address says is what the page shows."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from erp_core.db.engine import Database
from erp_core.overview.saved_views import SavedView, saved_views
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from tests.pages.conftest import Open

WAIT = 60


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def widget(found: Any, label: str) -> Any:
    return next(element for element in found if element.label == label)


def kept(shop: Database) -> list[SavedView]:
    with shop.reading() as connection:
        return list(saved_views(connection, LOCAL_USER.name))


def test_the_page_shows_chart_breakdown_chain_and_orders(filled: Database, open_page: Open) -> None:
    app = open_page("sales")
    assert not app.exception
    assert [header.value for header in app.subheader] == [
        "Where it sold", "From gross to net sales", "The orders behind these numbers",
    ]  # fmt: skip
    # the sample: 4 mugs on the first day, 2 on the second, all at 4.50 USD: 18.00 · 7.18 + 9.00 · 7.19 = 193.95
    assert widget(app.metric, "Revenue").value in ("CN¥193.9", "CN¥194.0")
    assert widget(app.metric, "Orders").value == "2"


def test_the_address_sets_the_controls(filled: Database, open_page: Open) -> None:
    app = open_page(
        "sales", period="custom", **{"from": "2025-06-02", "to": "2025-06-02"}, by="sku", sku="MUG-R", measure="units"
    )
    assert not app.exception
    assert widget(app.selectbox, "Period").value == "custom"
    assert widget(app.selectbox, "Measure").value == "units"
    assert widget(app.metric, "Units sold").value == "2"
    assert "Only MUG-R" in labels(app)
    assert app.query_params["from"] in ("2025-06-02", ["2025-06-02"])


def test_a_choice_goes_into_the_address_and_the_default_out_of_it(filled: Database, open_page: Open) -> None:
    app = open_page("sales", measure="units")
    widget(app.selectbox, "Measure").set_value("net_sales")
    app.run(timeout=WAIT)
    assert app.query_params["measure"] in ("net_sales", ["net_sales"])
    widget(app.selectbox, "Measure").set_value("revenue")
    app.run(timeout=WAIT)
    assert "measure" not in app.query_params


def test_nonsense_in_the_address_is_passed_over(filled: Database, open_page: Open) -> None:
    app = open_page(
        "sales", period="custom", **{"from": "yesterday", "to": "2025-06-31"}, by="colour", measure="luck", grain="hour",
        sku="NO-SUCH", page="-3", channel="999", part="none",
    )  # fmt: skip
    assert not app.exception
    assert not app.error


def test_margins_are_for_those_who_may_see_costs(filled: Database, open_page: Open) -> None:
    def columns(actor: Actor) -> set[str]:
        app = open_page("sales", actor=actor)
        assert not app.exception
        return {name for frame in app.dataframe for name in frame.value.columns}

    assert "margin" in columns(LOCAL_USER)
    assert "margin" not in columns(Actor("clerk", LOCAL_USER.permissions - {Permission.VIEW_COSTS}))


def test_a_view_is_kept_with_the_address_and_opened_by_its_name(filled: Database, open_page: Open) -> None:
    app = open_page("sales", measure="units", by="sku")
    widget(app.text_input, "Keep this view as").set_value("Mugs by SKU")
    widget(app.button, "Save view").click()
    app.run(timeout=WAIT)
    assert not app.exception
    (view,) = kept(filled)
    assert (view.page, view.name, view.shared) == ("sales", "Mugs by SKU", False)
    assert set(view.query) == {("measure", "units"), ("by", "sku")}
    app = open_page("inventory")
    assert "Sales · Mugs by SKU" in labels(app)


def test_a_name_that_is_taken_is_refused_in_words(filled: Database, open_page: Open) -> None:
    for _ in range(2):
        app = open_page("sales")
        widget(app.text_input, "Keep this view as").set_value("Mine")
        widget(app.button, "Save view").click()
        app.run(timeout=WAIT)
    assert "already" in app.error[0].value
    assert len(kept(filled)) == 1


def test_without_the_permission_views_can_be_opened_but_not_kept(filled: Database, open_page: Open) -> None:
    app = open_page("sales", actor=Actor("guest", LOCAL_USER.permissions - {Permission.SAVE_VIEWS}))
    assert not app.exception
    assert "Save view" not in labels(app)


def test_a_gap_opens_to_its_rows_by_its_address(filled: Database, open_page: Open) -> None:
    app = open_page("data", view="quality", gap="categories")
    assert not app.exception
    assert "Hide the rows" in labels(app)
    (frame,) = app.dataframe
    assert set(frame.value["sku"]) == {"MUG-R", "MUG-B"}
    app = open_page("data", view="quality", gap="categories", find="blue")
    assert app.dataframe[0].value["sku"].tolist() == ["MUG-B"]


@pytest.mark.parametrize("status", ["unknown", "ok"])
def test_the_filters_of_inventory_stand_in_the_address(filled: Database, open_page: Open, status: str) -> None:
    app = open_page("inventory", view="overview", find="no such thing", status=status)
    assert not app.exception
    assert any("Nothing matches" in note.value for note in app.info)
    assert widget(app.text_input, "SKU or name").value == "no such thing"
