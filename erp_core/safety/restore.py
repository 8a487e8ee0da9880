"""Putting a backup back: all of it or none of it, into either kind of database, once it was found to be right.

PostgreSQL: one transaction takes the old tables away, makes those of the backup's revision, fills them, brings them up
to date. SQLite: the same happens in a file beside the database, whose pages are then copied over the old ones by
SQLite's own online backup, inside one transaction of the database itself. So other programs that have the file open go
on with what is in it now, and a crash at any moment leaves the old content. (Putting the new file in the place of the
old one would leave those programs writing into a file that no longer has a name.)
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from erp_core.db.bulk import advance_sequence
from erp_core.db.dump import content_of, read_rows
from erp_core.db.engine import SQLITE_BUSY_SECONDS, Database
from erp_core.db.migrate import VERSION_TABLE, head_revision, revision_of, revisions, tables_at, upgrade_within
from erp_core.db.uow import As
from erp_core.errors import BadInput, Conflict, FileRefused, Unavailable
from erp_core.jobs.process import FileLock
from erp_core.safety import archive, checks, rekeying
from erp_core.safety.archive import Backup, BackupFile
from erp_core.safety.rewriting import rewrite
from erp_core.safety.rules import Occasion
from erp_core.safety.service import Shelf, Tell, back_up, unheard
from erp_core.security import audit_chain
from erp_core.security.audit import Act
from erp_core.security.audit_chain import Event
from erp_core.security.guard import require
from erp_core.security.keyring import Keyring
from erp_core.security.permissions import Permission
from erp_core.security.tables import audit_event
from erp_core.security.vault import vault_of
from erp_core.text import T

_PAGES_AT_ONCE = 4_000  # of SQLite: 16 MB between two reports
_COPYING = 0.9  # from this share of the work on, pages are copied


@dataclass(frozen=True)
class Restored:
    """What a restore did. `saved`: the backup of what stood there before; None where nothing did; `upgraded_to`: the
    database's revision now; `rekeyed`: the personal data came with keys of their own and were sealed anew."""

    backup: Backup
    saved: Backup | None
    upgraded_to: str
    rekeyed: bool


@dataclass(frozen=True)
class Standing:
    """What a database holds: its revision (None = never migrated), its tables, the number of the latest act."""

    revision: str | None
    tables: frozenset[str]
    last_event: int


@dataclass(frozen=True)
class _Plan:
    backup: Backup
    saved: Backup | None
    who: As
    standing: Standing
    keys: Keyring | None  # what opens the personal data, where they are to be sealed anew


def restore(file: BackupFile, target: Database, who: As, *, save_to: Shelf | None, tell: Tell = unheard) -> Restored:
    """Make the database hold what the backup holds. `save_to`: where a backup of what it holds now goes; None lets only
    a database in which nothing was done yet be filled.

    Before it takes over it is checked: pages, references, control totals, the chain of acts, and that all personal data
    can be opened. A backup of an older version is brought up to date; personal data that are sealed with another key
    than the current one of this place are sealed anew with it. Raises NotPermitted; FileRefused for a file that is
    damaged, foreign or of a newer version; BadInput where its passphrase is missing or another one; Conflict where the
    database is not empty and `save_to` is None, or holds tables of another program; Unavailable where it cannot be
    read, locked or written, and where keys are missing. Then the database is as it was.
    """
    require(who, Permission.RUN_BACKUPS)
    tell(0.0, T("Reading the backup …"))
    backup = archive.verify(file, lambda share: tell(0.1 * share, T("Reading the backup …")))
    _assert_fits(backup)
    keys = rekeying.keys_to_exchange(backup, target.keys)
    with _words_for_trouble(target):
        standing = _standing(target)
        _assert_ours(standing)
        saved = None
        if standing.last_event:
            if save_to is None:
                raise Conflict(
                    T("The database is not empty; restoring would replace all that it holds."),
                    hint=T("Add --yes to replace it. A backup of what it holds now is made first."),
                    code="restore.not_empty",
                )
            saved = back_up(target, who, save_to, Occasion.RESTORE, lambda share, text: tell(0.1 + 0.3 * share, text))
        put = _into_sqlite if target.is_sqlite else _into_postgresql
        put(target, _Plan(backup, saved, who, standing, keys), tell)
    tell(1.0, T("Restored."))
    return Restored(backup, saved, head_revision(), keys is not None)


def _assert_fits(backup: Backup) -> None:
    """The revision is one of ours, and its tables are those in the file."""
    if backup.manifest.cover.revision not in revisions():
        raise archive.newer(backup.path.name)
    tables = tables_at(backup.manifest.cover.revision).tables
    wanted = {name: {c.name: str(content_of(c)) for c in table.columns} for name, table in tables.items()}
    found = {name: dict(member.columns) for name, member in backup.manifest.tables.items()}
    if wanted != found:
        different = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise FileRefused(
            T(
                "The backup {name} does not fit its own version {revision}: {tables}.",
                name=backup.path.name, revision=backup.manifest.cover.revision, tables=", ".join(different),
            ),
            hint=T("It was not written by a release of the workbench. Take another backup."),
            code="backup.foreign",
        )  # fmt: skip


def _standing(database: Database) -> Standing:
    with database.reading() as connection:
        tables = frozenset(sa.inspect(connection).get_table_names())
        last = 0
        if audit_event.name in tables:
            last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(audit_event.c.id), 0))).scalar_one()
        return Standing(revision_of(connection), tables, int(last))


def _assert_ours(standing: Standing) -> None:
    known = revisions()
    if standing.revision is None:
        ours = frozenset(tables_at(head_revision()).tables)
        foreign = standing.tables & ours
    elif standing.revision in known:
        return
    else:
        foreign = standing.tables
    if foreign:
        raise _foreign_tables(foreign)


@contextmanager
def _words_for_trouble(database: Database) -> Iterator[None]:
    driver_error = database.engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (sa.exc.DBAPIError, driver_error, OSError, pa.ArrowInvalid) as error:
        reason = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error).strip()
        raise Unavailable(
            T("The backup could not be restored; the database is as it was. {reason}", reason=reason),
            hint=T(
                "Close the workbench everywhere and try again. If the database itself is damaged, move its file away or"
                " make a new database, and restore into that."
            ),
            code="restore.failed",
        ) from error


# --- filling -------------------------------------------------------------------------------------------------------


def _fill(connection: sa.Connection, backup: Backup, tell: Tell) -> None:
    """An empty schema of the backup's revision gets its rows, whole numbers of rows checked."""
    tables = tables_at(backup.manifest.cover.revision).sorted_tables
    for table in reversed(tables):  # the first rows that the migrations bring
        connection.execute(sa.delete(table))
    total, done = backup.manifest.rows or 1, 0
    with archive.tables_of(backup) as text_of:
        for number, table in enumerate(tables, start=1):
            member = backup.manifest.tables[table.name]
            tell(done / total, T("Restoring table {number} of {count} …", number=number, count=len(tables)))
            with text_of(table.name) as source:
                read_rows(connection, table, source, member.rows, member.block)
            found = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            if found != member.rows:
                raise checks.damaged(
                    backup,
                    T("{found} rows of {table} arrived, {rows} were expected",
                      found=found, table=table.name, rows=member.rows),
                )  # fmt: skip
            if "id" in table.columns and isinstance(table.c.id.type, sa.Integer):
                advance_sequence(connection, table)
            done += member.rows


def _remember(connection: sa.Connection, plan: _Plan) -> None:
    """The act's own event. Its number is above all that were used before, in the old content too: what readers keep by
    the number of the latest act is never taken for something else."""
    details = {
        "made_at": plan.backup.manifest.cover.made_at.astimezone(dt.UTC).isoformat(),
        "rows": plan.backup.manifest.rows,
        "saved": None if plan.saved is None else plan.saved.path.name,
    }
    who = plan.who
    event = Event(
        who.clock.now(), who.actor, str(Act.BACKUP_RESTORED), plan.backup.path.name, details, who.source
    )  # fmt: skip
    audit_chain.append(connection, [event], above=plan.standing.last_event)


def _part(tell: Tell, start: float, end: float) -> Tell:
    return lambda share, text: tell(start + (end - start) * share, text)


def _into_postgresql(target: Database, plan: _Plan, tell: Tell) -> None:
    standing = plan.standing
    with target.writing_connection() as connection:
        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{SQLITE_BUSY_SECONDS}s'"))
        if standing.revision is not None:
            ours = [name for name in (*tables_at(standing.revision).tables, VERSION_TABLE) if name in standing.tables]
            connection.execute(sa.text("DROP TABLE " + ", ".join(f'"{name}"' for name in ours)))
        _make(connection, plan, _part(tell, 0.4, 1.0))
        connection.commit()
    rewrite(target)


def _make(connection: sa.Connection, plan: _Plan, tell: Tell) -> None:
    revision = plan.backup.manifest.cover.revision
    upgrade_within(connection, revision)
    _fill(connection, plan.backup, _part(tell, 0.0, 0.9))
    tell(0.9, T("Checking what was restored …"))
    checks.assert_totals(connection, plan.backup, tables_at(revision))
    checks.assert_chain(connection, plan.backup, tables_at(revision))
    upgrade_within(connection)
    if plan.keys is not None:
        tell(0.92, T("Sealing personal data with the key of this place …"))
        rekeying.exchange(connection, plan.keys, plan.who.clock.now())
    checks.assert_opens(connection, vault_of(connection))
    dangling = checks.dangling_references(connection)
    if dangling is not None:
        raise checks.damaged(plan.backup, T("references lead nowhere: {tables}", tables=dangling))
    _remember(connection, plan)


def _into_sqlite(target: Database, plan: _Plan, tell: Tell) -> None:
    standing = plan.standing
    place = Path(target.url.database or "")
    if not target.url.database or target.url.database == ":memory:":
        raise BadInput(
            T("A backup can be restored into a file only, not into memory."),
            hint=T("Give the address of a file: sqlite:///path/to/file.db."),
            code="restore.no_file",
        )
    foreign = standing.tables - frozenset(tables_at(standing.revision or head_revision()).tables) - {VERSION_TABLE}
    if foreign:  # the pages of the whole file are replaced
        raise _foreign_tables(foreign)
    with FileLock(place.with_name(place.name + ".restoring.lock")), _scratch_beside(place, target.keys) as scratch:
        with scratch.writing_connection() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            _make(connection, plan, _part(tell, 0.4, _COPYING))
            connection.commit()
        rewrite(scratch)
        with scratch.reading() as connection:
            broken = checks.broken_pages(connection)
        if broken is not None:
            raise sqlite3.DatabaseError(broken)
        copy_pages(scratch, target, lambda share: tell(_COPYING + (1 - _COPYING) * share, T("Putting it in place …")))


@contextmanager
def _scratch_beside(place: Path, keys: Path) -> Iterator[Database]:
    """An empty database in the folder of the target, where there is room for it if anywhere; it is deleted."""
    path = place.with_name(place.name + ".restoring")

    def clear() -> None:
        for ending in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + ending).unlink(missing_ok=True)

    path.parent.mkdir(parents=True, exist_ok=True)
    clear()
    scratch = Database(f"sqlite:///{path}", keys)
    try:
        yield scratch
    finally:
        scratch.dispose()
        clear()


def copy_pages(source: Database, target: Database, tell: Callable[[float], None]) -> None:
    """Make the SQLite file of `target` hold what that of `source` holds, in one transaction of `target`.

    Raises the driver's OperationalError where another program holds the write lock for too long.
    """
    busy = 0

    def step(status: int, remaining: int, total: int) -> None:
        nonlocal busy
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            busy += 1
            if busy > SQLITE_BUSY_SECONDS * 4:  # the driver waits a quarter of a second between two tries
                raise sqlite3.OperationalError("database is locked")
        tell(1.0 - remaining / total if total else 1.0)

    with _raw(source) as giving, _raw(target) as taking:
        taking.execute("PRAGMA synchronous = FULL")  # what is said to be restored survives a power cut
        taking.execute("PRAGMA busy_timeout = 0")
        giving.backup(taking, pages=_PAGES_AT_ONCE, progress=step)
        taking.execute("PRAGMA wal_checkpoint(PASSIVE)")
    target.dispose()


@contextmanager
def _raw(database: Database) -> Iterator[Any]:
    """The driver's own connection, which is not used again."""
    pooled = database.engine.raw_connection()
    try:
        yield pooled.driver_connection
    finally:
        pooled.invalidate()
        pooled.close()


def _foreign_tables(names: frozenset[str]) -> Conflict:
    return Conflict(
        T("The database holds tables of another program, or of a newer version: {tables}.",
          tables=", ".join(sorted(names)[:5])),
        hint=T("Restore into another database: add --into and its address."),
        code="restore.foreign_database",
    )  # fmt: skip
