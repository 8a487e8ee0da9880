"""On PostgreSQL the program works as a role that can add audit events and do nothing else to them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.cli import main
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import BadInput, NotFound
from erp_core.orders.products import edit_products
from erp_core.safety.service import Shelf, back_up
from erp_core.security import audit_chain
from erp_core.security.actor import LOCAL_USER
from erp_core.security.grants import grant
from tests.conftest import Addresses
from tests.integration.shop import SALES, Shop

ORDER = f"{SALES}\n1,2026-02-01,LAMP,Lamp,2,5.00,CNY,paid,Web\n"


@pytest.fixture
def owner(postgresql_addresses: Addresses) -> Iterator[Database]:
    """The database as its owner opens it."""
    with postgresql_addresses() as url:
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture
def role(owner: Database) -> Iterator[str]:
    """A role that may sign in and nothing more."""
    name = f"erp_app_{uuid.uuid4().hex[:12]}"
    server = owner.engine.execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    yield name
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name}")
        connection.exec_driver_sql(f"DROP ROLE {name}")


@pytest.fixture
def own(owner: Database, role: str) -> Iterator[Database]:
    """The database as the program opens it, working as the role that was granted its rights."""
    grant(owner, role)
    database = Database(owner.url.set(username=role, password="x").render_as_string(hide_password=False))
    yield database
    database.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'nobody'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "ALTER TABLE audit_event DISABLE TRIGGER USER",
        "DROP TRIGGER audit_event_keeps_rows ON audit_event",
        "DROP TABLE audit_event",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_role_holds_no_right_to_touch_what_was_done(own: Database, statement: str) -> None:
    with own.writing_connection() as connection, pytest.raises(sa.exc.ProgrammingError) as refused:
        connection.exec_driver_sql(statement)
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"  # insufficient_privilege: not the triggers’ word


def test_everything_a_shop_does_works_under_the_role(own: Database, clock: FixedClock, tmp_path: Path) -> None:
    shop = Shop(own, clock, tmp_path)
    receipt = shop.load(ORDER)
    shop.do(edit_products, {shop.id_of("LAMP"): {"category": "Light"}})
    backup = back_up(own, LOCAL_USER.acting(clock), Shelf(tmp_path / "backups"))
    shop.undo(receipt)
    shop.assert_sound()
    assert backup.manifest.rows > 0
    assert shop.acts() == ["import", "edit products", "backup.made", "undo import"]
    assert shop.read(audit_chain.verify).ok


def test_what_cannot_be_granted_is_said(owner: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no role “nobody_here”"):
        grant(owner, "nobody_here")
    with pytest.raises(BadInput, match="no grant limits it"):
        grant(owner, str(owner.url.username))
    with pytest.raises(BadInput, match="SQLite knows no roles"):
        grant(Database(f"sqlite:///{tmp_path / 'erp.db'}"), "erp_app")


def test_the_command_grants_and_says_what_it_did(
    owner: Database, role: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ERP_DATABASE_URL", owner.url.render_as_string(hide_password=False))
    assert main(["db", "grants", "--role", role, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["role"] == role
    assert f"REVOKE UPDATE, DELETE ON audit_event FROM {role}" in [s.replace('"', "") for s in said["statements"]]
    assert main(["db", "grants", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"
