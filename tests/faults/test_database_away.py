"""The database is locked, full or gone in the middle of a session: a page says so, and works again with the next click."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db import engine
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.errors import Unavailable
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import ROOT
from tests.conftest import NOW, Addresses, unavailable
from tests.faults.places import assert_sound, sales, state_of
from tests.pages.conftest import visitor_of_the_test
from tests.postgresql_server import NoServer, OwnServer, own_server

if os.name != "posix":
    pytest.skip("a server is started and stopped on Linux and macOS only", allow_module_level=True)

WHO = LOCAL_USER.acting(FixedClock(NOW))
OpenSettings = Callable[[str, str], AppTest]


@pytest.fixture
def open_settings(monkeypatch: pytest.MonkeyPatch) -> OpenSettings:
    """The page of the company's settings, on a database, in a language."""

    def open_settings(url: str, language: str) -> AppTest:
        monkeypatch.chdir(ROOT)
        monkeypatch.setenv("ERP_DATABASE_URL", url)
        monkeypatch.setattr("ui.whose.visitor", visitor_of_the_test)
        app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
        app.query_params["lang"] = language
        app.run()
        app.switch_page("../pages/settings.py")
        return app.run()

    return open_settings


def save(app: AppTest, name: str) -> AppTest:
    app.text_input[0].set_value(name)
    app.button[[str(button.key).startswith("FormSubmitter") for button in app.button].index(True)].click()
    return app.run()


def company_of(url: str) -> str:
    database = Database(url)
    with database.reading() as connection:
        name = read_company(connection).name
    database.dispose()
    return name or ""


# --- locked ---


@pytest.mark.parametrize(("language", "words"), [("en", "database is busy"), ("zh_CN", "数据库正忙")])
def test_a_page_says_that_the_database_is_locked_and_stores_with_the_next_click(
    sqlite_addresses: Addresses, monkeypatch: pytest.MonkeyPatch, open_settings: OpenSettings, language: str, words: str
) -> None:
    monkeypatch.setattr(engine, "SQLITE_BUSY_SECONDS", 0.05)
    monkeypatch.setattr(engine, "_prepare_sqlite", _impatient)
    with sqlite_addresses() as url:
        app = open_settings(url, language)
        assert not app.error
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        app = save(app, "Lamps of Yiwu")
        assert not app.exception
        assert words in app.error[0].value
        assert company_of(url) != "Lamps of Yiwu"
        other.execute("ROLLBACK")
        other.close()
        app = save(app, "Lamps of Yiwu")
        assert not app.exception
        assert not app.error
        assert company_of(url) == "Lamps of Yiwu"


def _impatient(connection: Any, record: Any, prepare: Callable[..., None] = engine._prepare_sqlite) -> None:
    prepare(connection, record)
    connection.execute("PRAGMA busy_timeout=50")


def test_an_import_into_a_locked_database_stores_nothing_and_goes_well_afterwards(
    sqlite_addresses: Addresses, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine, "_prepare_sqlite", _impatient)
    file = sales(tmp_path / "sales.csv", 1, 10)
    with sqlite_addresses() as url:
        database = Database(url)
        before = state_of(database)
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refused:
            import_files(database, WHO, [file])
        assert refused.value.code == "database.locked"
        assert state_of(database) == before  # and reading goes on meanwhile
        other.execute("ROLLBACK")
        other.close()
        assert import_files(database, WHO, [file])[0].orders == 10
        assert_sound(database)
        database.dispose()


# --- full ---


@pytest.mark.parametrize(
    ("language", "words"), [("en", "disk that the database lies on is full"), ("zh_CN", "磁盘已满")]
)
def test_a_page_says_that_the_disk_is_full_and_stores_once_there_is_room(
    sqlite_addresses: Addresses, open_settings: OpenSettings, language: str, words: str
) -> None:
    long_name = "Lamps of Yiwu " * 2_000  # more than the pages that stand can take
    full = True

    def no_room(connection: Any, *_more: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {1 if full else 1_000_000}")  # 1: not more than there are

    with sqlite_addresses() as url:
        app = open_settings(url, language)
        sa.event.listen(sa.pool.Pool, "checkout", no_room)
        try:
            app = save(app, long_name)
            assert not app.exception
            assert words in app.error[0].value
            full = False
            app = save(app, long_name)
        finally:
            sa.event.remove(sa.pool.Pool, "checkout", no_room)
        assert not app.exception
        assert not app.error
        assert company_of(url) == long_name.strip()


# --- gone ---


@pytest.fixture
def server() -> Iterator[OwnServer]:
    try:
        with own_server() as server:
            yield server
    except NoServer as problem:
        unavailable("postgresql", str(problem))


def test_postgresql_is_restarted_in_mid_session(server: OwnServer, open_settings: OpenSettings, tmp_path: Path) -> None:
    database = Database(server.url)
    upgrade(database)
    app = open_settings(server.url, "en")
    assert not app.error
    file = sales(tmp_path / "sales.csv", 1, 20)

    def stop(share: float, _text: object) -> None:
        if share > 0.35 and server.process.poll() is None:
            server.stop()

    before = state_of(database)
    with pytest.raises(Unavailable) as lost:  # in the middle of an import, after the first rows were written
        import_files(database, WHO, [file], progress=stop)
    assert server.process.poll() is not None
    assert lost.value.code == "database.lost"
    app = save(app, "Lamps of Yiwu")  # while it is down
    assert not app.exception
    assert "cannot be reached" in app.error[0].value or "was lost" in app.error[0].value
    with pytest.raises(Unavailable):
        state_of(database)
    server.start()
    assert state_of(database) == before
    app.run()
    assert not app.error
    app = save(app, "Lamps of Yiwu")
    assert not app.exception
    assert not app.error
    assert company_of(server.url) == "Lamps of Yiwu"
    assert import_files(database, WHO, [file])[0].orders == 20
    assert_sound(database)
    server.stop()
    server.start()
    assert not app.run().error  # the connections of before are found to be dead, and replaced
    database.dispose()
    from ui.guard import _open_databases

    _open_databases().close(server.url)
