"""The company's one database: SQLite in a file by default, PostgreSQL by URL, the same code for both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import ArgumentError, OperationalError

from erp_core.db.trouble import first_line, told_in_words
from erp_core.errors import Unavailable
from erp_core.settings import load_settings
from erp_core.text import T

SQLITE_BUSY_SECONDS = 30
# A column type sees the dialect, of which each engine has its own, and nothing else of where its values go.
_KEYS: WeakKeyDictionary[Dialect, Path] = WeakKeyDictionary()


def keys_folder(dialect: Dialect) -> Path:
    """Where the keys lie that the personal data of this dialect's database are sealed with."""
    return _KEYS[dialect]


class Database:
    """Connections to one company's database.

    `reading()` gives a connection inside one consistent snapshot; `writing_connection()` one that holds the write
    lock (`BEGIN IMMEDIATE` on SQLite). Business acts use `uow.unit_of_work` on top of the latter. `keys`: the folder of
    the keys of its personal data; by default that of this installation.
    """

    def __init__(self, url: str, keys: Path | None = None) -> None:
        try:
            self.url = sa.make_url(url)
        except ArgumentError as error:
            raise Unavailable(
                T("The database address cannot be read."),
                hint=T("Set ERP_DATABASE_URL to sqlite:///path/to/file.db or postgresql://user:password@host/name."),
                code="database.bad_url",
            ) from error
        if self.url.drivername in ("postgresql", "postgres"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgresql_engine()
        self.keys = keys or load_settings().keys
        _KEYS[self.engine.dialect] = self.keys
        if not self.is_sqlite:
            sa.event.listen(self.engine, "begin", _begin_postgresql)

    def _postgresql_engine(self) -> sa.Engine:
        return sa.create_engine(self.url, pool_pre_ping=True, hide_parameters=True)

    def _sqlite_engine(self) -> sa.Engine:
        if self.url.database and self.url.database != ":memory:":
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        arguments = {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False}
        # values never stand in a message, which may reach a log
        engine = sa.create_engine(self.url, connect_args=arguments, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent snapshot; nothing written through it survives. What the database cannot do in the block is
        raised as Unavailable, here and below."""
        with told_in_words(), _connected(self.engine) as connection, connection.begin() as transaction:
            try:
                yield connection
            finally:
                transaction.rollback()

    @contextmanager
    def writing_connection(self) -> Iterator[sa.Connection]:
        """A connection holding the write lock; rolled back unless its transaction is committed."""
        writing = self.engine.execution_options(writing=True)
        with told_in_words(), _connected(writing) as connection, connection.begin() as transaction:
            try:
                yield connection
            finally:
                if transaction.is_active:
                    transaction.rollback()

    def dispose(self) -> None:
        """Close the pool, for instance before the file is replaced by a restore."""
        self.engine.dispose()


@contextmanager
def _connected(engine: sa.Engine) -> Iterator[sa.Connection]:
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise Unavailable(
            T("The database cannot be reached: {reason}", reason=first_line(error.orig)),
            hint=T("Check that ERP_DATABASE_URL is right and that the database is running and may be written."),
            code="database.unreachable",
        ) from error
    with connection:
        yield connection


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver would begin late and never for SELECT
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={SQLITE_BUSY_SECONDS * 1000}",
        "temp_store=MEMORY",
        "cache_size=-262144",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    if not connection.get_execution_options().get("writing", False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
