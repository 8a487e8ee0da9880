"""What all tests share: an own ERP_HOME, a clock that stands still, migrated databases of both kinds.

`database` runs a test twice, on SQLite and on PostgreSQL. Each gets a fresh copy of a database that was migrated once.
Environment: `ERP_TEST_POSTGRESQL_URL` names a server to use instead of the wheel's (its role must be allowed to create
databases); `ERP_TESTS_REQUIRE=postgresql,browser` turns "skipped, not available here" into a failure.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from tests.acts import watched
from tests.postgresql_server import NoServer, postgresql_server

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
Addresses = Callable[[], AbstractContextManager[str]]

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("repeatable")


def unavailable(what: str, reason: str) -> None:
    """Skip with the reason; fail where ERP_TESTS_REQUIRE says that `what` must be there."""
    if what in os.environ.get("ERP_TESTS_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required here, but: {reason}")
    pytest.skip(reason)


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2 March 2026, 09:00 UTC."""
    return FixedClock(NOW)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ERP_HOME, set in the environment; no test touches the person's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ERP_HOME", str(folder))
    monkeypatch.setenv("ERP_LANGUAGE", "en")
    monkeypatch.delenv("ERP_DATABASE_URL", raising=False)
    return folder


@pytest.fixture(autouse=True)
def every_act_is_audited(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a unit of work changes is told by an event. A test that writes rows by itself, as no service does, is
    marked `not_acts`."""
    if request.node.get_closest_marker("not_acts") is not None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch, watched(patch) as wrong:
        yield
    assert wrong == []


@pytest.fixture(scope="session")
def sqlite_addresses(tmp_path_factory: pytest.TempPathFactory) -> Addresses:
    """Call it for the address of a fresh, migrated SQLite file."""
    template = tmp_path_factory.mktemp("template") / "template.db"
    migrated = Database(f"sqlite:///{template}")
    upgrade(migrated)
    migrated.dispose()

    @contextmanager
    def address() -> Iterator[str]:
        file = tmp_path_factory.mktemp("sqlite") / "erp.db"
        shutil.copyfile(template, file)
        yield f"sqlite:///{file}"
        shutil.rmtree(file.parent)

    return address


@pytest.fixture(scope="session")
def postgresql_addresses(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Addresses]:
    """Call it for the address of a fresh, migrated PostgreSQL database; it is dropped afterwards."""
    own = tmp_path_factory.getbasetemp()
    with ExitStack() as stack:
        try:
            server_url = os.environ.get("ERP_TEST_POSTGRESQL_URL") or stack.enter_context(
                postgresql_server(own if worker_id == "master" else own.parent)
            )
        except NoServer as problem:
            unavailable("postgresql", str(problem))
        server = sa.create_engine(Database(server_url).url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        template = stack.enter_context(_new_database(server))
        migrated = Database(template)
        upgrade(migrated)
        migrated.dispose()
        template_name = sa.make_url(template).database or ""
        yield lambda: _new_database(server, template_name)


@contextmanager
def _new_database(server: sa.Engine, template: str = "template1") -> Iterator[str]:
    name = f"erp_test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    addresses: Addresses = request.getfixturevalue("postgresql_addresses")
    with addresses() as url:
        server = sa.create_engine(Database(url).url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with _new_database(server) as fresh:
            yield fresh


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_addresses(request: pytest.FixtureRequest) -> Addresses:
    """For tests that need more than one database, such as state machines: `with database_addresses() as url: …`."""
    addresses: Addresses = request.getfixturevalue(f"{request.param}_addresses")
    return addresses


@pytest.fixture
def database_url(database_addresses: Addresses) -> Iterator[str]:
    """The address of a fresh, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    with database_addresses() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def sqlite_database(sqlite_addresses: Addresses) -> Iterator[Database]:
    """A fresh, migrated SQLite database, for tests in which the kind of database does not matter."""
    with sqlite_addresses() as url:
        database = Database(url)
        yield database
        database.dispose()
