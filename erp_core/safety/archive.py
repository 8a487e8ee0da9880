"""The file of a backup: a zip with one CSV a table and a manifest that says what they are.

It is written beside its place under another name, read back, and only then put there, so that a file of this name is
always a whole one. What it holds is the same for both databases.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from erp_core.errors import FileRefused
from erp_core.safety.rules import Made, Occasion
from erp_core.text import T, Text

FORMAT = "erp-workbench-backup"
VERSION = 1
MANIFEST = "manifest.json"
NOT_IN_IT = (
    "Keys, the list of jobs, uploads, the watched folder and logs are not in this file. Keep keys apart from backups:"
    " whoever holds both can read personal data."
)
_NAME = re.compile(r"erp-\d{8}T\d{6}Z-\w+(-\d+)?\.zip")
_MANIFEST_BYTES = 1024 * 1024
_CHUNK = 1024 * 1024
_LEVEL = 3  # of deflate: 14 MB in 4.5 s for 542,000 order lines, against 12 MB in 8.7 s at level 6


@dataclass(frozen=True)
class Member:
    """One table in the file: its rows, its columns with what they hold, and its text: size, largest block, hash."""

    rows: int
    bytes: int
    block: int
    sha256: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `last_event`: id and time of the latest act in it, None where nothing was done yet;
    `database`: the kind that it was made from; `app`: the version of the program; `revision`: of the schema."""

    made_at: dt.datetime
    occasion: Occasion
    revision: str
    app: str
    database: str
    last_event: tuple[int, str] | None
    tables: Mapping[str, Member]

    @property
    def rows(self) -> int:
        """Over all tables."""
        return sum(member.rows for member in self.tables.values())

    def to_json(self) -> dict[str, Any]:
        """What stands in manifest.json."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "made_at": self.made_at.astimezone(dt.UTC).isoformat(),
            "occasion": str(self.occasion),
            "revision": self.revision,
            "app": self.app,
            "database": self.database,
            "last_event": self.last_event,
            "not_in_it": NOT_IN_IT,
            "tables": {name: asdict(member) for name, member in self.tables.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Manifest:
        """What `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        last = document["last_event"]
        made_at = dt.datetime.fromisoformat(document["made_at"])
        if made_at.tzinfo is None:
            raise ValueError("made_at has no zone")
        return cls(
            made_at=made_at,
            occasion=Occasion(document["occasion"]),
            revision=str(document["revision"]),
            app=str(document["app"]),
            database=str(document["database"]),
            last_event=None if last is None else (int(last[0]), str(last[1])),
            tables={str(name): Member(**member) for name, member in document["tables"].items()},
        )


@dataclass(frozen=True)
class Backup:
    """A backup's file and what it says of itself."""

    path: Path
    bytes: int
    manifest: Manifest

    @property
    def made(self) -> Made:
        """What the rule of keeping needs."""
        return Made(self.path.name, self.manifest.made_at, self.manifest.occasion)


def names_in(folder: Path) -> list[str]:
    """The names of the backups in a folder, in no order."""
    return [path.name for path in folder.glob("erp-*.zip") if _NAME.fullmatch(path.name)] if folder.is_dir() else []


def free_path(folder: Path, at: dt.datetime, revision: str) -> Path:
    """Where a backup made now goes: `erp-<UTC time>-<revision>.zip`."""
    stem = f"erp-{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{revision}"
    path, count = folder / f"{stem}.zip", 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}.zip"
    return path


@contextmanager
def written(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip to fill, which stands at `path` once the block is left in peace and the file is found to be whole; nothing
    is left of it otherwise. Only its owner may read it."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with part.open("r+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                yield archive
            stream.flush()
            os.fsync(stream.fileno())
        verify(part)
        part.replace(path)
        _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    if os.name != "posix":  # a folder cannot be opened there
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def member_name(table: str) -> str:
    """Where a table stands in the zip."""
    return f"{table}.csv"


def put_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write what the file says of itself; the last thing, since it names the hashes of the rest."""
    archive.writestr(MANIFEST, json.dumps(manifest.to_json(), ensure_ascii=False, indent=1))


def read_manifest(path: Path) -> Backup:
    """A backup as it describes itself, its tables unread. Raises FileRefused where that is not to be had."""
    with _opened(path) as archive:
        manifest = _manifest(archive, path.name)
        return Backup(path, path.stat().st_size, manifest)


def verify(path: Path, tell: Callable[[float], None] = lambda _share: None) -> Backup:
    """The backup, every byte of it read and found to be what its manifest says. Raises FileRefused."""
    with _opened(path) as archive:
        manifest = _manifest(archive, path.name)
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        wanted = {member_name(table): member.bytes for table, member in manifest.tables.items()}
        if len(archive.infolist()) != len(sizes) or {k: v for k, v in sizes.items() if k != MANIFEST} != wanted:
            raise _damaged(path.name, T("the list of its tables does not fit what is in it"))
        total, done = sum(wanted.values()) or 1, 0
        for table, member in manifest.tables.items():
            digest = hashlib.sha256()
            with archive.open(member_name(table)) as source:
                while block := source.read(_CHUNK):
                    digest.update(block)
                    done += len(block)
                    tell(done / total)
            if digest.hexdigest() != member.sha256:
                raise _damaged(path.name, T("the table {table} is not as it was written", table=table))
        return Backup(path, path.stat().st_size, manifest)


@contextmanager
def tables_of(backup: Backup) -> Iterator[Callable[[str], IO[bytes]]]:
    """A function that opens the text of a table."""
    with _opened(backup.path) as archive:
        yield lambda table: archive.open(member_name(table))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip; what is wrong with it, found in the block too, is told in words."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError as error:
        raise FileRefused(
            T("There is no file {name}.", name=str(path)), hint=T("Check the name and the folder."), code="file.missing"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # the last: an unknown compression
        raise _damaged(path.name, T("it is cut short or was changed")) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the beginning of the file: a number in its directory is wrong
            raise
        raise _damaged(path.name, T("it is cut short or was changed")) from error


def _manifest(archive: zipfile.ZipFile, name: str) -> Manifest:
    try:
        info = archive.getinfo(MANIFEST)
        if info.file_size > _MANIFEST_BYTES:
            raise ValueError("too large to be a manifest")
        document = json.loads(archive.read(MANIFEST))
        kind, version = document["format"], document["version"]
        if kind != FORMAT:
            raise ValueError("a manifest of something else")
    except (KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise FileRefused(
            T("{name} is not a backup of the workbench.", name=name),
            hint=T("Backups are the erp-….zip files that the workbench itself wrote."),
            code="backup.foreign",
        ) from error
    if not isinstance(version, int) or version > VERSION:
        raise newer(name)
    try:
        return Manifest.from_json(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(name, T("what it says of itself cannot be read")) from error


def _damaged(name: str, reason: Text) -> FileRefused:
    return FileRefused(
        T("The backup {name} is damaged: {reason}.", name=name, reason=reason),
        hint=T("Take another backup, or another copy of this one. Nothing was changed."),
        code="backup.damaged",
    )


def newer(name: str) -> FileRefused:
    """The refusal of a backup that a later version of the program wrote."""
    return FileRefused(
        T("The backup {name} was made by a newer version of the workbench.", name=name),
        hint=T("Upgrade first (make upgrade), then restore."),
        code="backup.newer",
    )
