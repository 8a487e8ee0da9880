"""Making backups, clearing old ones away, handing one out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from erp_core import __version__
from erp_core.company.views import read_company
from erp_core.db.dump import content_of, write_rows
from erp_core.db.engine import Database
from erp_core.db.migrate import revision_of, revisions, tables_at
from erp_core.db.uow import As, unit_of_work
from erp_core.errors import NotFound, Unavailable
from erp_core.jobs.process import FileLock
from erp_core.safety import archive, rules, views
from erp_core.safety.archive import Backup, Manifest, Member
from erp_core.safety.rules import Occasion
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T, Text

Tell = Callable[[float, Text], None]

_WRITING = 0.85  # the share of the work that writing is; the rest is reading back


def unheard(_share: float, _message: Text) -> None:
    """Progress that nobody follows."""


def back_up(
    database: Database, who: As, folder: Path, occasion: Occasion = Occasion.MANUAL, tell: Tell = unheard
) -> Backup:
    """Write all tables as one transaction sees them, while the app goes on working, and read the file back.

    Afterwards backups that the rule of keeping no longer wants are deleted. Raises NotPermitted, and Unavailable where
    the database cannot be read whole or the file cannot be written: then no file of the name stands.
    """
    require(who, Permission.RUN_BACKUPS)
    with _words_for_trouble(folder), _one_at_a_time(folder):
        made = _write(database, who, folder, occasion, tell)
        if occasion in rules.BEFORE_A_CHANGE:  # the act that follows tells of it, once its own schema stands
            return made
        with database.reading() as connection:
            time_zone = read_company(connection).time_zone
        wanted_no_more = _clear_away(made, who, time_zone)
    with unit_of_work(database, who) as uow:
        audit.record(uow, audit.Act.BACKUP_MADE, made.path.name, occasion=str(occasion), deleted=wanted_no_more)
        uow.commit()
    return made


def hand_out(database: Database, who: As, folder: Path, name: str) -> bytes:
    """The content of a backup, for a download; it is remembered who took it. Raises NotPermitted, NotFound.

    It holds everything, so it takes the permission for backups and the one for exports.
    """
    require(who, Permission.RUN_BACKUPS)
    require(who, Permission.EXPORT)
    if name not in archive.names_in(folder):
        raise NotFound(
            T("There is no backup {name}.", name=name),
            hint=T("It may have been cleared away; look at the list again."),
            code="backup.not_found",
        )
    content = (folder / name).read_bytes()
    with unit_of_work(database, who) as uow:
        audit.record(uow, audit.Act.BACKUP_DOWNLOADED, name)
        uow.commit()
    return content


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(folder / ".lock"):
        for left in folder.glob(".erp-*.part"):  # of a process that was ended in the middle
            left.unlink(missing_ok=True)
        yield


@contextmanager
def _words_for_trouble(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            T(
                "The backup could not be written into {folder}: {reason}",
                folder=str(folder),
                reason=error.strerror or str(error),
            ),
            hint=T("Check that the folder of backups may be written and that the disk is not full."),
            code="backup.not_written",
        ) from error
    except pa.ArrowInvalid as error:
        raise _unreadable(str(error)) from error


def _unreadable(reason: str) -> Unavailable:
    return Unavailable(
        T("The database could not be read whole, so no backup was made: {reason}", reason=reason.strip()),
        hint=T("Restore the latest good backup into another database and compare, or ask for help; do not delete any."),
        code="backup.unreadable",
    )


def _write(database: Database, who: As, folder: Path, occasion: Occasion, tell: Tell) -> Backup:
    driver_error = database.engine.dialect.loaded_dbapi.Error
    try:
        with database.reading() as connection:
            return _write_from(connection, who, folder, occasion, tell)
    except (sa.exc.DBAPIError, driver_error) as error:
        raise _unreadable(str(getattr(error, "orig", error))) from error


def _write_from(connection: sa.Connection, who: As, folder: Path, occasion: Occasion, tell: Tell) -> Backup:
    tell(0.0, T("Checking the database …"))
    revision = revision_of(connection)
    if revision is None or revision not in revisions():
        raise Unavailable(
            T("The database was made by a newer version of the workbench, or by another program."),
            hint=T("Start the newest version, or check ERP_DATABASE_URL."),
            code="database.unknown_revision",
        )
    _assert_sound(connection)
    tables = tables_at(revision).sorted_tables
    counts = {table.name: _count(connection, table) for table in tables}
    total, before = sum(counts.values()) or 1, 0
    made_at = who.clock.now()
    path = archive.free_path(folder, made_at, revision)
    members: dict[str, Member] = {}
    with archive.written(path) as packed:
        for number, table in enumerate(tables, start=1):
            told = partial(
                _tell_rows,
                tell,
                T("Writing table {number} of {count} …", number=number, count=len(tables)),
                before,
                total,
            )
            told(0)
            members[table.name] = _put(connection, table, packed, told)
            if members[table.name].rows != counts[table.name]:
                raise _unreadable(f"{table.name}: {members[table.name].rows} / {counts[table.name]}")
            before += counts[table.name]
        manifest = Manifest(
            made_at=made_at, occasion=occasion, revision=revision, app=__version__,
            database="sqlite" if connection.dialect.name == "sqlite" else "postgresql",
            last_event=views.last_event(connection), tables=members,
        )  # fmt: skip
        archive.put_manifest(packed, manifest)
        tell(_WRITING, T("Reading the backup back …"))
    return archive.read_manifest(path)


def _tell_rows(tell: Tell, text: Text, before: int, total: int, rows: int) -> None:
    tell(_WRITING * min(1.0, (before + rows) / total), text)


def _assert_sound(connection: sa.Connection) -> None:
    """SQLite: every page is where it belongs. PostgreSQL checks its pages itself when it reads them."""
    if connection.dialect.name != "sqlite":
        return
    found = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
    if found != "ok":
        raise _unreadable(found)


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _put(connection: sa.Connection, table: sa.Table, packed: zipfile.ZipFile, tell: Callable[[int], None]) -> Member:
    with packed.open(archive.member_name(table.name), "w", force_zip64=True) as sink:
        written = write_rows(connection, table, sink, tell)
    columns = {column.name: str(content_of(column)) for column in table.columns}
    return Member(written.rows, written.size, written.block, written.sha256, columns)


def _clear_away(made: Backup, who: As, time_zone: str) -> list[str]:
    folder = made.path.parent
    readable = [backup.made for backup in views.readable(folder)]
    wanted_no_more = rules.to_delete(readable, who.clock.now(), time_zone)
    deleted = [name for name in wanted_no_more if name != made.path.name]  # whatever a clock that was set back says
    for name in deleted:
        (folder / name).unlink(missing_ok=True)
    return deleted
