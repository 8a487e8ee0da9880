"""Proving that a backup can be put back, by putting it back: into an empty place that is deleted afterwards."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from erp_core.db.engine import Database
from erp_core.db.uow import As, unit_of_work
from erp_core.errors import Cancelled, ErpError, NotFound, Unavailable
from erp_core.jobs.process import FileLock
from erp_core.safety import archive, views
from erp_core.safety.archive import BackupFile
from erp_core.safety.restore import restore
from erp_core.safety.service import Shelf, Tell, unheard
from erp_core.safety.tables import backup_proof
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T

FOLDER = "proving"
_CHUNK = 1024 * 1024
# What says nothing of the backup: it was not opened, or the scratch place let it down.
_NOT_TRIED = ("file.missing", "backup.sealed")
_OF_THE_PLACE = (OSError, sa.exc.OperationalError, sqlite3.OperationalError)


@dataclass(frozen=True)
class Proof:
    """One attempt. `sha256` and `made_at` are None where the file could not be read; `problem` is None where it was
    proven; `error` is what the problem was raised as."""

    at: dt.datetime
    file: str
    sha256: str | None
    made_at: dt.datetime | None
    seconds: int
    rows: int
    error: ErpError | None

    @property
    def proven(self) -> bool:
        """Whether everything in the backup came back."""
        return self.error is None

    def to_json(self) -> dict[str, Any]:
        """What the terminal and the book of jobs say of it; `problem` in English."""
        return {
            "at": self.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "file": self.file,
            "sha256": self.sha256,
            "made_at": None if self.made_at is None else self.made_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "seconds": self.seconds,
            "rows": self.rows,
            "proven": self.proven,
            "problem": None if self.error is None else str(self.error.message),
        }


def latest_file(shelf: Shelf) -> BackupFile:
    """The latest backup of the shelf. Raises NotFound where there is none."""
    found = next(iter(views.readable(shelf.folder)), None)
    if found is None:
        raise NotFound(
            T("No backup yet in {folder}.", folder=str(shelf.folder)),
            hint=T("Make one first: python -m erp_core backup"),
            code="backup.none",
        )
    return BackupFile(found.path, shelf.passphrase)


def prove(database: Database, who: As, file: BackupFile, home: Path, tell: Tell = unheard) -> Proof:
    """Restore a backup into an empty database under `home`, with every check of a restore, and remember how it went.

    A plain backup is opened with the keys of this place, one with a passphrase with the keys that it carries. What is
    wrong with the backup is in the answer. Raises NotPermitted; FileRefused where there is no such file; BadInput where
    it is sealed and no passphrase was given; Unavailable where the disk or the database does not do its part.
    """
    require(who, Permission.RUN_BACKUPS)
    started = time.monotonic()
    sha256 = made_at = error = None
    rows = 0
    with FileLock(home / f"{FOLDER}.lock"), _scratch(home) as folder:
        try:
            sha256 = _hash(file.path)
            listed = archive.read_cover(file.path)
            made_at = listed.cover.made_at
            scratch = Database(f"sqlite:///{folder / 'erp.db'}", folder / "keys" if listed.sealed else database.keys)
            try:
                rows = restore(file, scratch, who, save_to=None, tell=tell).backup.manifest.rows
            finally:
                scratch.dispose()
        except Cancelled:
            raise
        except ErpError as problem:
            if problem.code in _NOT_TRIED or isinstance(problem.__cause__, _OF_THE_PLACE):
                raise
            error = problem
    seconds = round(time.monotonic() - started)
    proof = Proof(who.clock.now(), file.path.name, sha256, made_at, seconds, rows, error)
    _remember(database, who, proof)
    return proof


def _remember(database: Database, who: As, proof: Proof) -> None:
    result = "proven" if proof.proven else "failed"
    with unit_of_work(database, who) as uow:
        uow.connection.execute(
            sa.insert(backup_proof).values(
                at=proof.at, actor=uow.actor, file=proof.file, sha256=proof.sha256, made_at=proof.made_at,
                seconds=proof.seconds, rows=proof.rows, result=result,
                problem=sa.null() if proof.error is None else proof.error.message.to_json(),
            )
        )  # fmt: skip
        act = audit.Act.BACKUP_PROVEN if proof.proven else audit.Act.BACKUP_NOT_PROVEN
        audit.record(uow, act, proof.file, sha256=proof.sha256, rows=proof.rows)
        uow.commit()


def _hash(path: Path) -> str | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_CHUNK):
                digest.update(block)
    except OSError:
        return None  # opening it says what is wrong
    return digest.hexdigest()


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """An empty folder that only its owner can look into; it is deleted, and so is one of a process that was ended."""
    parent = home / FOLDER
    shutil.rmtree(parent, ignore_errors=True)
    parent.mkdir(mode=0o700, parents=True)
    try:
        yield Path(tempfile.mkdtemp(dir=parent))
    except OSError as error:
        raise Unavailable(
            T("The backup could not be tried out: {reason}", reason=error.strerror or str(error)),
            hint=T("Check that the folder {folder} may be written and that the disk is not full.", folder=str(home)),
            code="backup.not_tried",
        ) from error
    finally:
        shutil.rmtree(parent, ignore_errors=True)
