"""What was deleted stays in a database's files until other rows take its place: writing them anew ends that.

Not inside a transaction. On SQLite the whole file is rewritten, and its journal emptied; on PostgreSQL the tables that
are named (its journal of writes, and copies that a server keeps elsewhere, are for whoever runs the server to see to).
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from erp_core.db.bulk import driver_cursor
from erp_core.db.engine import SQLITE_BUSY_SECONDS, Database


def leave_no_traces(database: Database, tables: Iterable[str]) -> bool:
    """Rewrite the files, so that nothing is in them but what stands; False where somebody still reads on from before,
    so that the journal could not be emptied. Waits for others to let go. Raises the driver's error where it is full."""
    if database.is_sqlite:
        return _on_file(database, "VACUUM", _EMPTY_JOURNAL)
    alone = database.engine.execution_options(isolation_level="AUTOCOMMIT", writing=True)
    with alone.connect() as connection:
        connection.execute(sa.text(f"SET lock_timeout = '{SQLITE_BUSY_SECONDS}s'"))
        for name in tables:
            connection.execute(sa.text(f'VACUUM FULL "{name}"'))
        connection.execute(sa.text("RESET lock_timeout"))
    return True


def overwrite_deleted(connection: sa.Connection) -> None:
    """On SQLite: what this connection deletes from now on is overwritten in the file. Cheaper than writing it anew."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def empty_journal(database: Database) -> bool:
    """On SQLite: bring all into the file itself, and leave nothing in the journal beside it; False as above."""
    return not database.is_sqlite or _on_file(database, _EMPTY_JOURNAL)


_EMPTY_JOURNAL = "PRAGMA wal_checkpoint(TRUNCATE)"


def _on_file(database: Database, *statements: str) -> bool:
    with database.engine.connect() as connection:
        cursor = driver_cursor(connection)
        try:
            told = [cursor.execute(statement).fetchall() for statement in statements]
        finally:
            cursor.close()
    return not told[-1][0][0]  # busy, frames in the journal, frames brought over
