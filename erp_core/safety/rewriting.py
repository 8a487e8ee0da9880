"""Writing the database's files anew, so that nothing of what a migration sealed stays in them unsealed.

Neither database overwrites what a statement replaces: SQLite keeps free pages and a write-ahead log, PostgreSQL old
versions of rows, and the values of dropped columns. VACUUM (FULL, on PostgreSQL) writes tables anew without these. It
cannot run inside a transaction, so the migration leaves a note (`upkeep`), which goes once the work is done: a start
that was ended in the middle is made good by the next one.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from erp_core.db.engine import SQLITE_BUSY_SECONDS, Database
from erp_core.security.tables import upkeep

REWRITE = "rewrite"
_SEALED = "personal"  # the name of every sealed column


def is_pending(database: Database) -> bool:
    """Whether files are still to be written anew. The database stands at the schema of this version."""
    with database.reading() as connection:
        return connection.execute(sa.select(upkeep.c.task).where(upkeep.c.task == REWRITE)).first() is not None


def rewrite(database: Database) -> bool:
    """Write anew what holds personal data, where a migration asked for it; whether nothing is left to do.

    False where other programs read on from before: the next start tries again.
    """
    if not is_pending(database):
        return True
    try:
        done = _sqlite(database) if database.is_sqlite else _postgresql(database)
    except (sa.exc.DBAPIError, database.engine.dialect.loaded_dbapi.Error):  # locked, or the disk is full
        return False
    if done:
        with database.writing_connection() as connection:
            connection.execute(sa.delete(upkeep).where(upkeep.c.task == REWRITE))
            connection.commit()
    return done


def _sqlite(database: Database) -> bool:
    pooled = database.engine.raw_connection()
    try:
        connection: Any = pooled.driver_connection
        connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_SECONDS * 1000}")
        connection.execute("VACUUM")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        pooled.invalidate()
        pooled.close()
    return not busy


def _postgresql(database: Database) -> bool:
    engine = sa.create_engine(database.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        connection.execute(sa.text(f"SET lock_timeout = '{SQLITE_BUSY_SECONDS}s'"))
        found = sa.inspect(connection)
        for table in found.get_table_names():
            if _SEALED not in {column["name"] for column in found.get_columns(table)}:
                continue
            connection.execute(sa.text(f'VACUUM FULL "{table}"'))
    return True
