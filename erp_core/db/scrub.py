"""What was deleted stays in a database's files until other rows take its place: writing them anew ends that.

Not inside a transaction. On SQLite the whole file is rewritten, and its journal emptied; on PostgreSQL the tables that
are named (its journal of writes, and copies that a server keeps elsewhere, are for whoever runs the server to see to).
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from erp_core.db.bulk import driver_cursor
from erp_core.db.engine import Database


def leave_no_traces(database: Database, tables: Iterable[str]) -> None:
    """Rewrite the files, so that nothing is in them but what stands. Waits for readers and writers to let go."""
    if database.is_sqlite:
        _on_file(database, "VACUUM", _EMPTY_JOURNAL)
        return
    alone = database.engine.execution_options(isolation_level="AUTOCOMMIT", writing=True)
    with alone.connect() as connection:
        for name in tables:
            connection.execute(sa.text(f'VACUUM FULL "{name}"'))


def overwrite_deleted(connection: sa.Connection) -> None:
    """On SQLite: what this connection deletes from now on is overwritten in the file. Cheaper than writing it anew."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def empty_journal(database: Database) -> None:
    """On SQLite: bring all into the file itself, and leave nothing in the journal beside it."""
    if database.is_sqlite:
        _on_file(database, _EMPTY_JOURNAL)


_EMPTY_JOURNAL = "PRAGMA wal_checkpoint(TRUNCATE)"


def _on_file(database: Database, *statements: str) -> None:
    with database.engine.connect() as connection:
        cursor = driver_cursor(connection)
        try:
            for statement in statements:
                cursor.execute(statement).fetchall()
        finally:
            cursor.close()
