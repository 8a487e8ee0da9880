"""What is left, on a page; what each shop takes, in Settings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.finance.service import ChannelFee, set_channel_fee
from erp_core.finance.views import channel_fees
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.text import LANGUAGES, T
from tests.pages.conftest import ACTOR, ROOT, Open, visitor_of_the_test
from ui import pages_list

PANEL = """
from erp_core.security.permissions import Permission
from ui import profit_panel
from ui.guard import require
profit_panel.show(require(Permission.VIEW_DASHBOARDS))
"""
KINDS = ("commission", "payment", "advertising", "shipping")


@pytest.fixture
def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel in the place of the first page."""
    script = tmp_path / "panel.py"
    script.write_text(PANEL, encoding="utf-8")

    class Shown(pages_list.Entry):
        """A page that lies elsewhere."""

        path = script

    trial = Shown(T("Today"), "home", T("Home"), ":material/home:", Permission.VIEW_DASHBOARDS)
    monkeypatch.setattr(pages_list, "ENTRIES", (trial, *(e for e in pages_list.ENTRIES if e.name != "home")))


def open_panel(
    monkeypatch: pytest.MonkeyPatch, language: str = "en", actor: Actor = LOCAL_USER, **query: str
) -> AppTest:
    """The shell, with the panel as its first page."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("ui.whose.visitor", visitor_of_the_test)
    app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
    app.session_state[ACTOR] = actor
    app.query_params["lang"] = language
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def state_all(database: Database, clock: FixedClock) -> None:
    """Every shop takes 10 % commission and nothing else."""
    from erp_core.orders.views import channels

    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        for number, _ in channels(uow.connection):
            for kind in KINDS:
                share = Decimal("0.1") if kind == "commission" else Decimal(0)
                set_channel_fee(uow, ChannelFee(number, kind, dt.date(2025, 1, 1), share, Decimal(0), "USD"))
        uow.commit()


def test_without_sales_it_says_what_to_do(shop: Database, panel: None, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_panel(monkeypatch)
    assert not app.exception
    assert "No sales yet" in app.info[0].value


def test_who_may_not_see_costs_sees_nothing_of_it(
    filled: Database, panel: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_panel(monkeypatch, actor=Actor("guest", LOCAL_USER.permissions - {Permission.VIEW_COSTS}))
    assert not app.exception
    assert "view_costs" in app.error[0].value
    assert not app.metric


@pytest.mark.parametrize("by", ["channel", "sku", "order"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_without_fees_it_names_what_is_missing(
    filled: Database, panel: None, monkeypatch: pytest.MonkeyPatch, language: str, by: str
) -> None:
    app = open_panel(monkeypatch, language, by=by)
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert [metric.value for metric in app.metric][1:] == ["–", "–", "0.0%", "–"]
    missing = next(caption.value for caption in app.caption if "100.0%" in caption.value)
    assert ("commissions" if language == "en" else "平台佣金") in missing
    assert len(app.dataframe) == 1
    assert app.query_params["by"] in (by, [by])


def test_with_all_known_the_headline_says_what_is_left(
    filled: Database, panel: None, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    state_all(filled, clock)
    app = open_panel(monkeypatch)
    assert not app.exception
    # 4 mugs of 4.50 USD at 7.18 and 2 at 7.19: 129.24 + 64.71 = 193.95 CNY; 5 · 1.80 + 1.75 CNY of cost, 10 % commission:
    # 193.95 − 10.75 − 1.80 · 7.18 − 0.90 · 7.19 = 193.95 − 10.75 − 12.92 − 6.47 = 163.81
    left = next(metric for metric in app.metric if metric.label == "Contribution")
    assert left.value == "CN¥163.8"
    assert [metric.value for metric in app.metric][3:] == ["100.0%", "Commission"]
    assert not [link for link in app.caption if "Missing" in link.value]


def test_what_a_shop_takes_is_stated_in_settings(filled: Database, open_page: Open) -> None:
    app = open_page("settings", view="shops")
    app.number_input(key="fee_share_commission").set_value(5.5)
    app.number_input(key="fee_fixed_payment").set_value(0.3)
    app.number_input(key="fee_share_advertising").set_value(0.0)
    app.button(key="save_channel_fees").click()
    app.run()
    assert not app.exception
    with filled.reading() as connection:
        held = channel_fees(connection).set_index("kind")
    assert sorted(held.index) == ["advertising", "commission", "payment"]  # shipping stays unknown
    assert (held["share"]["commission"], held["fixed"]["payment"], held["share"]["advertising"]) == (55_000, 30, 0)
    assert held["valid_from"].dt.date.unique().tolist() == [dt.date(2025, 6, 1)]  # the first day with orders


def test_an_empty_statement_changes_nothing_and_says_so(filled: Database, open_page: Open) -> None:
    app = open_page("settings", view="shops")
    app.button(key="save_channel_fees").click()
    app.run()
    assert "at least one number" in app.warning[0].value
    with filled.reading() as connection:
        assert channel_fees(connection).empty


def test_who_may_not_edit_settings_is_refused_in_words(filled: Database, open_page: Open) -> None:
    app = open_page("settings", view="shops", actor=Actor("guest", LOCAL_USER.permissions - {Permission.EDIT_SETTINGS}))
    app.number_input(key="fee_share_commission").set_value(5.5)
    app.button(key="save_channel_fees").click()
    app.run()
    assert not app.exception
    assert "edit_settings" in app.error[0].value


def test_without_shops_the_section_says_when_they_come(shop: Database, open_page: Open) -> None:
    app = open_page("settings", view="shops")
    assert any("first orders" in info.value for info in app.info)


def test_where_rates_lack_it_leads_to_them(
    filled: Database, panel: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: FixedClock
) -> None:
    labels = [link.label for link in open_panel(monkeypatch, period="all").get("page_link")]
    assert "Exchange rates" not in labels
    path = tmp_path / "more.csv"
    path.write_text("Order ID,Date,SKU,Quantity,Unit price,Currency\n1,2025-03-01,X,1,5.00,XAF\n", encoding="utf-8")
    import_files(filled, LOCAL_USER.acting(clock), [path])
    labels = [link.label for link in open_panel(monkeypatch, period="all").get("page_link")]
    assert "Exchange rates" in labels
