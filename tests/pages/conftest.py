"""Pages opened without a browser: the shell runs them as the app does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.settings import Settings, load_settings
from ui.whose import Visitor

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples"
Open = Callable[..., AppTest]
ACTOR = "actor_of_the_test"


def visitor_of_the_test(_database: Database, _own: Settings) -> Visitor:
    """The actor that a test put into the session; put in place of `ui.whose.visitor`, which looks at no such thing."""
    return Visitor(st.session_state.get(ACTOR, LOCAL_USER))


@pytest.fixture
def shop(home: Path) -> Database:
    """An empty, migrated database where the app looks for it."""
    home.mkdir(parents=True)
    database = Database(load_settings().database_url)
    upgrade(database)
    return database


@pytest.fixture
def filled(shop: Database, clock: FixedClock) -> Database:
    """The same with sales, stock, products and suppliers of the samples."""
    names = ("generic-sales.csv", "generic-stock.csv", "generic-suppliers.csv", "generic-rates.csv")
    import_files(shop, LOCAL_USER.acting(clock), [SAMPLES / name for name in names])
    return shop


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a page by name, in a language, as an actor: who visits is put in place of what the product finds out."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("ui.whose.visitor", visitor_of_the_test)

    def open_page(name: str, language: str = "en", actor: Actor = LOCAL_USER, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
        app.session_state[ACTOR] = actor
        app.query_params["lang"] = language
        app.run()
        app.switch_page(f"../pages/{name}.py")
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return open_page
