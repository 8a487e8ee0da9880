"""Taking an import back waits for an import that is going on before it touches anything: they never wait crosswise."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.bulk import lock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.imports.service import import_files, undo_import
from erp_core.imports.tables import import_batch
from erp_core.security.actor import LOCAL_USER

# What others wait for, and what those who wait hold already.
WAITING = sa.text("SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'import_batch'::regclass")
HELD = sa.text(
    "SELECT relation::regclass::text FROM pg_locks WHERE granted AND pid = :pid AND mode <> 'AccessShareLock' "
    "AND relation IN (SELECT oid FROM pg_class WHERE relkind = 'r')"
)


def test_an_undo_waits_for_an_import_with_nothing_in_its_hands(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("Order ID,Date,SKU,Quantity,Unit price,Currency\n1,2025-06-01 10:00,MUG,2,4.50,USD\n")
    (receipt,) = import_files(database, LOCAL_USER.acting(clock), [file])
    number = receipt.batch_id or 0
    waits = threading.Thread(target=lambda: undo_import(database, LOCAL_USER.acting(clock), number))
    with unit_of_work(database, LOCAL_USER.acting(clock)) as importing:  # left without a commit
        lock(importing.connection, import_batch)
        waits.start()
        if not importing.is_sqlite:  # on SQLite whoever waits has not begun
            pid = None
            while pid is None and waits.is_alive():
                pid = importing.connection.execute(WAITING).scalar()
            assert pid is not None
            assert importing.connection.execute(HELD, {"pid": pid}).scalars().all() == []
    waits.join(timeout=60)
    with database.reading() as connection:
        assert connection.execute(sa.select(import_batch.c.status)).scalars().all() == ["undone"]
