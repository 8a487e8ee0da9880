"""Making backups, clearing old ones away, handing one out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from erp_core.errors import Conflict, NotFound, Unavailable
from erp_core.jobs.process import FileLock
from erp_core.safety import archive, checks, rules, views
from erp_core.safety.archive import Backup, BackupFile, Cover, Manifest, Member
from erp_core.safety.rules import Occasion
from erp_core.safety.totals import totals_of
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.keyring import Keyring, read_keyring
from erp_core.security.permissions import Permission
from erp_core.text import T, Text

Tell = Callable[[float, Text], None]

_WRITING = 0.85  # the share of the work that writing is; the rest is reading back


@dataclass(frozen=True)
class Shelf:
    """Where the workbench keeps its backups, and the passphrase that it seals them with (None: they are plain)."""

    folder: Path
    passphrase: str | None = field(default=None, repr=False)

    def named(self, name: str) -> BackupFile:
        """The backup of this name. Raises NotFound where there is none."""
        if name not in archive.names_in(self.folder):
            raise NotFound(
                T("There is no backup {name}.", name=name),
                hint=T("It may have been cleared away; look at the list again."),
                code="backup.not_found",
            )
        return BackupFile(self.folder / name, self.passphrase)


@dataclass(frozen=True)
class _Work:
    """What is to be written: which file, in whose name, why."""

    file: BackupFile
    who: As
    occasion: Occasion
    tell: Tell


def unheard(_share: float, _message: Text) -> None:
    """Progress that nobody follows."""


def back_up(
    database: Database, who: As, shelf: Shelf, occasion: Occasion = Occasion.MANUAL, tell: Tell = unheard
) -> Backup:
    """Write all tables as one transaction sees them, while the app goes on working, and read the file back.

    Afterwards backups that the rule of keeping no longer wants are deleted. Raises NotPermitted, and Unavailable where
    the database cannot be read whole or the file cannot be written: then no file of the name stands.
    """
    require(who, Permission.RUN_BACKUPS)
    with _words_for_trouble(shelf.folder), _one_at_a_time(shelf.folder):
        ending = archive.PLAIN if shelf.passphrase is None else archive.SEALED
        made = _write(
            database,
            lambda revision: _Work(
                BackupFile(archive.free_path(shelf.folder, who.clock.now(), revision, ending), shelf.passphrase),
                who, occasion, tell,
            ),
        )  # fmt: skip
        if occasion in rules.BEFORE_A_CHANGE:  # the act that follows tells of it, once its own schema stands
            return made
        with database.reading() as connection:
            time_zone = read_company(connection).time_zone
        wanted_no_more = _clear_away(made, who, time_zone)
    _remember(database, who, made, wanted_no_more)
    return made


def back_up_to(database: Database, who: As, file: BackupFile, tell: Tell = unheard) -> Backup:
    """The same into a file of its own, whose folder has to exist; no other backup is deleted for it.

    Raises NotPermitted, Conflict where a file of the name stands, Unavailable as `back_up`.
    """
    require(who, Permission.RUN_BACKUPS)
    if file.path.exists():
        raise _stands_already(file.path)
    with _words_for_trouble(file.path.parent):
        try:
            made = _write(database, lambda _revision: _Work(file, who, Occasion.MANUAL, tell))
        except FileExistsError as error:
            raise _stands_already(file.path) from error
    _remember(database, who, made, [])
    return made


def _stands_already(path: Path) -> Conflict:
    return Conflict(
        T("There is a file {name} already; it was left as it is.", name=str(path)),
        hint=T("Give another name, or move that file away."),
        code="backup.file_exists",
    )


def _remember(database: Database, who: As, made: Backup, deleted: list[str]) -> None:
    occasion, sealed = str(made.manifest.cover.occasion), made.listed.sealed
    with unit_of_work(database, who) as uow:
        audit.record(uow, audit.Act.BACKUP_MADE, made.path.name, occasion=occasion, sealed=sealed, deleted=deleted)
        uow.commit()


def hand_out(database: Database, who: As, shelf: Shelf, name: str) -> bytes:
    """The content of a backup, for a download; it is remembered who took it. Raises NotPermitted, NotFound.

    It holds everything, so it takes the permission for backups and the one for exports.
    """
    require(who, Permission.RUN_BACKUPS)
    require(who, Permission.EXPORT)
    content = shelf.named(name).path.read_bytes()
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


def _write(database: Database, work_at: Callable[[str], _Work]) -> Backup:
    """`work_at`: what is to be written of a database of this revision."""
    driver_error = database.engine.dialect.loaded_dbapi.Error
    before = read_keyring(database.keys)
    try:
        with database.reading() as connection:
            revision = revision_of(connection)
            if revision is None or revision not in revisions():
                raise Unavailable(
                    T("The database was made by a newer version of the workbench, or by another program."),
                    hint=T("Start the newest version, or check ERP_DATABASE_URL."),
                    code="database.unknown_revision",
                )
            work = work_at(revision)
            work.tell(0.0, T("Checking the database …"))
            broken = checks.broken_pages(connection)
            if broken is not None:
                raise _unreadable(broken)
            return _write_from(connection, revision, work, _both(before, read_keyring(database.keys)))
    except (sa.exc.DBAPIError, driver_error) as error:
        raise _unreadable(str(getattr(error, "orig", error))) from error


def _both(before: Keyring | None, now: Keyring | None) -> Keyring | None:
    """The keys of just before the snapshot and of now: those that its rows are sealed with are among them, also while
    the key is being changed."""
    if before is None or now is None:
        return now or before
    return Keyring((*now.keys, *(key for key in before.keys if key.id not in now.ids)))


def _write_from(connection: sa.Connection, revision: str, work: _Work, keyring: Keyring | None) -> Backup:
    schema = tables_at(revision)
    tables = schema.sorted_tables
    counts = {table.name: _count(connection, table) for table in tables}
    total, before = sum(counts.values()), 0
    cover = Cover(
        made_at=work.who.clock.now(), occasion=work.occasion, revision=revision, app=__version__,
        database="sqlite" if connection.dialect.name == "sqlite" else "postgresql",
        last_event=views.last_event(connection), rows=total,
    )  # fmt: skip
    members: dict[str, Member] = {}
    with archive.written(work.file, cover) as packed:
        for number, table in enumerate(tables, start=1):
            told = partial(
                _tell_rows,
                work.tell,
                T("Writing table {number} of {count} …", number=number, count=len(tables)),
                before,
                total or 1,
            )
            told(0)
            members[table.name] = _put(connection, table, packed, told)
            if members[table.name].rows != counts[table.name]:
                raise _unreadable(f"{table.name}: {members[table.name].rows} / {counts[table.name]}")
            before += counts[table.name]
        needed = checks.keys_needed(connection, schema)
        if work.file.passphrase is not None and keyring is not None:
            archive.put_keyring(packed, keyring)
        totals = totals_of(connection, schema)
        manifest = Manifest(cover, members, totals, needed, checks.audit_head(connection, schema))
        archive.put_manifest(packed, manifest)
        work.tell(_WRITING, T("Reading the backup back …"))
    return archive.read_manifest(work.file)


def _tell_rows(tell: Tell, text: Text, before: int, total: int, rows: int) -> None:
    tell(_WRITING * min(1.0, (before + rows) / total), text)


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _put(connection: sa.Connection, table: sa.Table, packed: zipfile.ZipFile, tell: Callable[[int], None]) -> Member:
    with packed.open(archive.member_name(table.name), "w", force_zip64=True) as sink:
        written = write_rows(connection, table, sink, tell)
    columns = {column.name: str(content_of(column)) for column in table.columns}
    return Member(written.rows, written.size, written.block, written.sha256, columns)


def _clear_away(made: Backup, who: As, time_zone: str) -> list[str]:
    folder = made.path.parent
    readable = [listed.made for listed in views.readable(folder)]
    wanted_no_more = rules.to_delete(readable, who.clock.now(), time_zone)
    deleted = [name for name in wanted_no_more if name != made.path.name]  # whatever a clock that was set back says
    for name in deleted:
        (folder / name).unlink(missing_ok=True)
    return deleted
