"""The demo shop on pages: tried from the empty Home, looked at by address, left, removed."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.demo import work
from erp_core.demo.place import about_demo
from erp_core.demo.plan import SIZES, Plan
from erp_core.demo.service import NAME, load_demo, remove_demo
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.settings import load_settings
from erp_core.text import LANGUAGES
from erp_core.work import run_worker
from tests.conftest import NOW
from tests.pages.conftest import Open
from ui.pages_list import ENTRIES, Entry

UNTIL = dt.date(2025, 11, 30)
GUEST = Actor("guest", LOCAL_USER.permissions - {Permission.USE_DEMO})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo shop, made once for the tests of this file."""
    home = tmp_path_factory.mktemp("made")
    settings = load_settings({"ERP_HOME": str(home)})
    load_demo(settings, LOCAL_USER.acting(FixedClock(NOW)), Plan(SIZES["tiny"], 5, UNTIL))
    return settings.demo.home


@pytest.fixture
def demo(shop: Database, made: Path) -> None:
    """The same, in place beside an empty company."""
    shutil.copytree(made, load_settings().demo.home)


def button(app: AppTest, label: str) -> object:
    return next(found for found in app.button if found.label == label)


def labels(app: AppTest) -> list[str]:
    return [found.label for found in app.button]


def is_demo(app: AppTest) -> bool:
    return any(NAME in element.value for element in app.sidebar.markdown)


def test_from_an_empty_home_one_click_makes_and_enters_it(
    shop: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIZES, "medium", SIZES["tiny"])  # type: ignore[arg-type]  # the same way, in less time
    app = open_page("home")
    button(app, "Try the demo shop").click()  # type: ignore[attr-defined]
    app.run()
    assert not app.exception
    assert about_demo(load_settings()) is None
    assert "Cancel" in labels(app)
    assert "Try the demo shop" not in labels(app)
    run_worker(load_settings(), once=True)
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert is_demo(app)
    assert app.query_params["company"] in ("demo", ["demo"])
    assert app.metric
    button(app, "Back to my shop").click()  # type: ignore[attr-defined]
    app.run()
    assert not is_demo(app)
    assert "company" not in app.query_params
    assert "Enter the demo shop" in labels(app)
    button(app, "Enter the demo shop").click()  # type: ignore[attr-defined]
    app.run()
    assert is_demo(app)


def test_another_visitor_sees_the_making_and_is_not_taken_there(
    shop: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIZES, "medium", SIZES["tiny"])  # type: ignore[arg-type]
    settings = load_settings()
    work.hand_in(settings, LOCAL_USER, FixedClock(NOW))
    app = open_page("home")
    assert "Cancel" in labels(app)
    run_worker(settings, once=True)
    app.run()
    assert not is_demo(app)
    assert "Enter the demo shop" in labels(app)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_page_opens_in_the_demo_shop_by_its_address(
    demo: None, open_page: Open, entry: Entry, language: str
) -> None:
    app = open_page(entry.name, language, company="demo")
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert is_demo(app)
    assert app.query_params["company"] in ("demo", ["demo"])


def test_a_session_stays_in_the_demo_shop_from_page_to_page(demo: None, open_page: Open) -> None:
    app = open_page("home", company="demo")
    app.switch_page("../pages/inventory.py")
    app.query_params.clear()  # as a click in the sidebar does
    app.run()
    assert is_demo(app)
    assert app.query_params["company"] in ("demo", ["demo"])


def test_when_it_is_gone_the_session_is_back_home_and_told(demo: None, open_page: Open) -> None:
    app = open_page("home", company="demo")
    assert is_demo(app)
    remove_demo(load_settings(), LOCAL_USER.acting())
    app.run()
    assert not app.exception
    assert not is_demo(app)
    assert "has been removed" in app.warning[0].value
    assert "company" not in app.query_params
    app.run()
    assert not app.warning


def test_without_the_permission_it_is_neither_offered_nor_shown(demo: None, open_page: Open) -> None:
    app = open_page("home", actor=GUEST, company="demo")
    assert not is_demo(app)
    assert str(Permission.USE_DEMO) in app.warning[0].value
    app = open_page("home", actor=GUEST)
    assert not {"Try the demo shop", "Enter the demo shop"} & set(labels(app))
    app = open_page("settings", actor=GUEST, view="demo")
    assert "may not use" in app.info[0].value
    assert "Remove the demo shop" not in labels(app)


def test_a_new_demo_shop_under_the_same_address_is_not_answered_from_the_old_one(demo: None, open_page: Open) -> None:
    told = [metric.value for metric in open_page("home", company="demo").metric]
    load_demo(load_settings(), LOCAL_USER.acting(FixedClock(NOW)), Plan(SIZES["tiny"], 6, UNTIL))
    again = [metric.value for metric in open_page("home", company="demo").metric]
    assert len(again) == len(told)
    assert again[0] != told[0]  # revenue of another seed


def test_removing_asks_first(demo: None, open_page: Open) -> None:
    app = open_page("inventory", company="demo")
    button(app, "Remove").click()  # type: ignore[attr-defined]
    app.run()
    assert not app.exception
    assert any("Your own shop is not touched" in element.value for element in app.markdown)
    assert app.button(key="remove_demo_really").label == "Remove the demo shop"
    assert about_demo(load_settings()) is not None


def test_settings_load_it_in_a_size_and_of_a_seed(shop: Database, open_page: Open) -> None:
    app = open_page("settings", view="demo")
    next(box for box in app.selectbox if box.label == "How large").set_value("small")
    next(box for box in app.number_input if box.label == "Seed").set_value(42)
    button(app, "Load the demo shop").click()  # type: ignore[attr-defined]
    app.run()
    assert not app.exception
    job = work.latest(load_settings(), FixedClock(NOW))
    assert job is not None
    assert (job.arguments["size"], job.arguments["seed"]) == ("small", 42)
    button(app, "Cancel").click()  # type: ignore[attr-defined]
    app.run()
    app.run()
    assert not app.exception
    assert "Try again" in labels(app)
    assert "Load the demo shop" in labels(app)


def test_settings_say_what_is_loaded(demo: None, open_page: Open) -> None:
    app = open_page("settings", view="demo")
    assert any("seed 5" in element.value for element in app.markdown)
    assert any(str(load_settings().demo.home) in element.value for element in app.code)
    assert {"Enter the demo shop", "Remove the demo shop", "Load it anew"} <= set(labels(app))
    app = open_page("settings", view="demo", company="demo")
    assert {"Back to my shop", "Remove the demo shop"} <= set(labels(app))
    assert "Load it anew" not in labels(app)
