"""Writing the database's files anew, so that nothing of what a migration sealed stays in them unsealed.

Neither database overwrites what a statement replaces: SQLite keeps free pages and a write-ahead log, PostgreSQL old
versions of rows, and the values of dropped columns. VACUUM (FULL, on PostgreSQL) writes tables anew without these. It
cannot run inside a transaction, so the migration leaves a note (`upkeep`), which goes once the work is done: a start
that was ended in the middle is made good by the next one.
"""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.engine import Database
from erp_core.db.scrub import leave_no_traces
from erp_core.errors import Unavailable
from erp_core.security.rekey import sealed_columns
from erp_core.security.tables import upkeep

REWRITE = "rewrite"


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
        done = leave_no_traces(database, dict.fromkeys(of.table.name for of in sealed_columns()))
    except (Unavailable, sa.exc.DBAPIError, database.engine.dialect.loaded_dbapi.Error):  # locked, or the disk is full
        return False
    if done:
        with database.writing_connection() as connection:
            connection.execute(sa.delete(upkeep).where(upkeep.c.task == REWRITE))
            connection.commit()
    return done
