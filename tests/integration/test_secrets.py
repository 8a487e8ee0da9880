"""Secrets come from the environment or a file of its owner alone, and stand in no log, error, listing or answer."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.api.routes import health
from erp_core.attention.addresses import Address, keep_address
from erp_core.cli import main
from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.errors import ErpError
from erp_core.security.keyring import ensure_keyring
from erp_core.settings import load_settings

PLANTED = "pl4nted-s3cret"


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """A secret in every place that takes one."""
    home.mkdir()
    monkeypatch.setenv("ERP_SMTP_URL", f"smtp://user:{PLANTED}@127.0.0.1:1")
    monkeypatch.setenv("ERP_DATABASE_URL", f"postgresql://user:{PLANTED}@127.0.0.1:1/shop")


def test_settings_print_no_password(planted: None) -> None:
    settings = load_settings()
    assert PLANTED in settings.database_url  # it is there …
    assert PLANTED in (settings.smtp_url or "")
    assert PLANTED not in repr(settings) + str(settings)  # … and is not printed
    assert PLANTED not in repr(settings.demo)


def test_a_database_that_is_not_there_is_reported_without_its_password(
    planted: None, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    database = Database(load_settings().database_url)
    assert PLANTED not in str(database.url) + repr(database.engine)
    with pytest.raises(ErpError) as caught, database.reading():
        pass
    told = f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    assert PLANTED not in told
    assert PLANTED not in str(health()[0])
    for words in (["kpi"], ["kpi", "--json"], ["backup", "--json"], ["import", "nothing.csv", "--json"]):
        assert main(words) == 2
    assert PLANTED not in "".join(capsys.readouterr()) + caplog.text


def test_a_bad_address_of_the_database_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ERP_DATABASE_URL", f"postgresql//user:{PLANTED}@host")
    assert main(["kpi", "--json"]) == 2
    assert PLANTED not in "".join(capsys.readouterr())


def test_an_error_of_the_database_shows_no_values(sqlite_database: Database) -> None:
    with sqlite_database.reading() as connection, pytest.raises(sa.exc.SQLAlchemyError) as caught:
        connection.execute(sa.text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": PLANTED})
    assert PLANTED not in str(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.Error)


def test_postgresql_shows_no_values_either(database: Database) -> None:
    with database.reading() as connection, pytest.raises(sa.exc.SQLAlchemyError) as caught:
        connection.execute(sa.text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": PLANTED})
    assert PLANTED not in str(caught.value)


def test_keys_and_addresses_are_printed_nowhere_and_belong_to_their_owner(home: Path) -> None:
    settings = load_settings()
    keyring = ensure_keyring(settings.keys, SystemClock().now())
    keep_address(settings, 1, Address(f"https://example.com/robot/{PLANTED}", PLANTED))
    assert keyring.current.secret.hex() not in repr(keyring)
    assert "secret" not in repr(keyring)
    assert PLANTED not in repr(Address(f"https://example.com/{PLANTED}", PLANTED))
    for path in settings.keys.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
    assert settings.keys.stat().st_mode & 0o077 == 0
