"""The file of a backup: a zip with one CSV a table and a manifest that says what they are.

It is written beside its place under another name, read back, and only then put there, so that a file of this name is
always a whole one. What it holds is the same for both databases. With a passphrase the zip lies inside a sealed file
(`sealed_file`) and carries the keys of the personal data; without one it only names the keys that are needed.
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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from erp_core.errors import BadInput, FileRefused
from erp_core.files.lasting import sync_folder
from erp_core.safety import sealed_file
from erp_core.safety.rules import Made, Occasion
from erp_core.safety.sealed_file import SealedReader, SealingWriter
from erp_core.safety.totals import Totals
from erp_core.security.keyring import FILE as KEYRING
from erp_core.security.keyring import Keyring
from erp_core.text import T, Text

FORMAT = "erp-workbench-backup"
VERSION = 2  # 1 had neither totals nor keys
MANIFEST = "manifest.json"
NOT_IN_IT = (
    "The list of jobs, uploads, the watched folder and logs are not in this file. The keys of personal data are in it"
    " only where it is sealed with a passphrase. Keep keys apart from backups: whoever holds both can read them."
)
PLAIN, SEALED = ".zip", ".sealed"
_NAME = re.compile(r"erp-\d{8}T\d{6}Z-\w+(-\d+)?(\.zip|\.sealed)")
_MANIFEST_BYTES = 1024 * 1024
_CHUNK = 1024 * 1024
_LEVEL = 3  # of deflate: 14 MB in 4.5 s for 542,000 order lines, against 12 MB in 8.7 s at level 6


@dataclass(frozen=True)
class BackupFile:
    """The file of a backup and, where it is sealed, its passphrase."""

    path: Path
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Member:
    """One table in the file: its rows, its columns with what they hold, and its text: size, largest block, hash."""

    rows: int
    bytes: int
    block: int
    sha256: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Cover:
    """What can be read of a backup without its passphrase. `last_event`: id and time of the latest act in it, None
    where nothing was done yet; `database`: the kind that it was made from; `app`: the version of the program;
    `revision`: of the schema; `rows`: over all tables."""

    made_at: dt.datetime
    occasion: Occasion
    revision: str
    app: str
    database: str
    last_event: tuple[int, str] | None
    rows: int

    def to_json(self) -> dict[str, Any]:
        """What stands at the head of a sealed file and in the manifest."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "made_at": self.made_at.astimezone(dt.UTC).isoformat(),
            "occasion": str(self.occasion),
            "revision": self.revision,
            "app": self.app,
            "database": self.database,
            "last_event": self.last_event,
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Cover:
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
            rows=int(document["rows"]),
        )


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: its cover, its tables, their control totals (None: of a version that had none), the
    ids of the keys that its personal data need, and the head of the audit chain (None where there is no chain)."""

    cover: Cover
    tables: Mapping[str, Member]
    totals: Totals | None = None
    keys: tuple[str, ...] = ()
    audit_head: str | None = None

    @property
    def rows(self) -> int:
        """Over all tables."""
        return self.cover.rows

    def to_json(self) -> dict[str, Any]:
        """What stands in manifest.json."""
        return {
            **self.cover.to_json(),
            "not_in_it": NOT_IN_IT,
            "keys": list(self.keys),
            "audit_head": self.audit_head,
            "totals": self.totals,
            "tables": {name: asdict(member) for name, member in self.tables.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Manifest:
        """What `to_json` wrote, now or in an older version. Raises KeyError, TypeError or ValueError for anything
        else."""
        tables = {str(name): Member(**member) for name, member in document["tables"].items()}
        rows = sum(member.rows for member in tables.values())
        cover = Cover.from_json({**document, "rows": rows})
        if document["version"] < VERSION:
            return cls(cover, tables)
        if document["rows"] != rows:
            raise ValueError("rows do not add up")
        totals = {
            str(name): {str(part): int(value) for part, value in split.items()}
            for name, split in document["totals"].items()
        }
        head = document["audit_head"]
        keys = tuple(str(key) for key in document["keys"])
        return cls(cover, tables, totals, keys, None if head is None else str(head))


@dataclass(frozen=True)
class Listed:
    """A backup's file and its cover; `sealed`: a passphrase is needed to read more."""

    path: Path
    bytes: int
    sealed: bool
    cover: Cover

    @property
    def made(self) -> Made:
        """What the rule of keeping needs."""
        return Made(self.path.name, self.cover.made_at, self.cover.occasion)


@dataclass(frozen=True)
class Backup:
    """A backup that was opened: its file and what it says of itself."""

    file: BackupFile
    listed: Listed
    manifest: Manifest

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.file.path

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return self.listed.bytes


def names_in(folder: Path) -> list[str]:
    """The names of the backups in a folder, in no order."""
    return [path.name for path in folder.glob("erp-*") if _NAME.fullmatch(path.name)] if folder.is_dir() else []


def free_path(folder: Path, at: dt.datetime, revision: str, ending: str) -> Path:
    """Where a backup made now goes: `erp-<UTC time>-<revision>` and its ending."""
    stem = f"erp-{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{revision}"
    path, count = folder / f"{stem}{ending}", 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}{ending}"
    return path


@contextmanager
def written(file: BackupFile, cover: Cover) -> Iterator[zipfile.ZipFile]:
    """A zip to fill, which stands at the file's place once the block is left in peace and the file is found to be
    whole; nothing is left of it otherwise, and a file that stands there already is not replaced. Only its owner may
    read it."""
    path = file.path
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with part.open("r+b") as stream:
            if file.passphrase is None:
                with _packing(stream) as archive:
                    yield archive
            else:
                sealing = SealingWriter(stream, file.passphrase, cover.to_json())
                try:
                    with _packing(sealing) as archive:
                        yield archive
                except BaseException:
                    sealing.abandon()
                    raise
                sealing.close()
            stream.flush()
            os.fsync(stream.fileno())
        verify(BackupFile(part, file.passphrase))
        _put(part, path)
    finally:
        part.unlink(missing_ok=True)


def _packing(stream: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)


def _put(part: Path, path: Path) -> None:
    """Give the file its name, unless another one bears it meanwhile."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(17, os.strerror(17), str(path)) from None
        part.replace(path)
    sync_folder(path.parent)


def member_name(table: str) -> str:
    """Where a table stands in the zip."""
    return f"{table}.csv"


def put_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write what the file says of itself; the last thing, since it names the hashes of the rest."""
    archive.writestr(MANIFEST, json.dumps(manifest.to_json(), ensure_ascii=False, indent=1))


def put_keyring(archive: zipfile.ZipFile, keyring: Keyring) -> None:
    """Write the keys in the clear: only ever into a file that is sealed."""
    archive.writestr(KEYRING, json.dumps(keyring.to_json()))


def read_cover(path: Path) -> Listed:
    """What can be known of a backup without its passphrase. Raises FileRefused where that is not to be had."""
    with _refusals(path), path.open("rb") as stream:
        if _is_sealed(stream, path.name):
            cover = sealed_file.read_header(stream).cover
            return Listed(path, path.stat().st_size, True, _cover(cover, path.name))
    return read_manifest(BackupFile(path)).listed


def read_manifest(file: BackupFile) -> Backup:
    """A backup as it describes itself, its tables unread. Raises FileRefused where that is not to be had, BadInput
    where its passphrase is missing or another one."""
    with _opened(file) as archive:
        return _backup(file, archive)


def _backup(file: BackupFile, archive: zipfile.ZipFile) -> Backup:
    manifest = _manifest(archive, file.path.name)
    outer: object = archive.fp
    sealed = isinstance(outer, SealedReader)
    if isinstance(outer, SealedReader) and outer.header.cover != json.loads(json.dumps(manifest.cover.to_json())):
        raise _damaged(file.path.name, T("what it says of itself cannot be read"))
    return Backup(file, Listed(file.path, file.path.stat().st_size, sealed, manifest.cover), manifest)


def read_keyring(backup: Backup) -> Keyring | None:
    """The keys that a sealed backup carries; None where it has none."""
    with _opened(backup.file) as archive:
        if not backup.listed.sealed or KEYRING not in archive.namelist():
            return None
        try:
            return Keyring.from_json(json.loads(archive.read(KEYRING)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(backup.path.name, T("the keys in it cannot be read")) from error


def verify(file: BackupFile, tell: Callable[[float], None] = lambda _share: None) -> Backup:
    """The backup, every byte of it read and found to be what its manifest says. Raises as `read_manifest`."""
    with _opened(file) as archive:
        backup = _backup(file, archive)
        name, manifest = file.path.name, backup.manifest
        beside = {MANIFEST, KEYRING} if backup.listed.sealed else {MANIFEST}
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        wanted = {member_name(table): member.bytes for table, member in manifest.tables.items()}
        if len(archive.infolist()) != len(sizes) or {k: v for k, v in sizes.items() if k not in beside} != wanted:
            raise _damaged(name, T("the list of its tables does not fit what is in it"))
        total, done = sum(wanted.values()) or 1, 0
        for table, member in manifest.tables.items():
            digest = hashlib.sha256()
            with archive.open(member_name(table)) as source:
                while block := source.read(_CHUNK):
                    digest.update(block)
                    done += len(block)
                    tell(done / total)
            if digest.hexdigest() != member.sha256:
                raise _damaged(name, T("the table {table} is not as it was written", table=table))
        return backup


@contextmanager
def tables_of(backup: Backup) -> Iterator[Callable[[str], IO[bytes]]]:
    """A function that opens the text of a table."""
    with _opened(backup.file) as archive:
        yield lambda table: archive.open(member_name(table))


@contextmanager
def _opened(file: BackupFile) -> Iterator[zipfile.ZipFile]:
    """The zip; what is wrong with it, found in the block too, is told in words."""
    with _refusals(file.path), file.path.open("rb") as stream:
        inner: Any = stream
        if _is_sealed(stream, file.path.name):
            if file.passphrase is None:
                raise BadInput(
                    T("The backup {name} is sealed with a passphrase.", name=file.path.name),
                    hint=T("Give it with --passphrase-stdin, or in ERP_BACKUP_PASSPHRASE."),
                    code="backup.sealed",
                )
            inner = SealedReader(stream, file.passphrase)
        with zipfile.ZipFile(inner) as archive:
            yield archive


def _is_sealed(stream: IO[bytes], name: str) -> bool:
    start = stream.read(len(sealed_file.MAGIC))
    stream.seek(0)
    if sealed_file.is_sealed(start) and start != sealed_file.MAGIC:
        raise newer(name)
    return start == sealed_file.MAGIC


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise FileRefused(
            T("There is no file {name}.", name=str(path)), hint=T("Check the name and the folder."), code="file.missing"
        ) from error
    except sealed_file.WrongPassphrase as error:
        raise BadInput(
            T("This is not the passphrase of the backup {name}.", name=path.name),
            hint=T("Give the one that it was made with. Without it nobody can read the backup."),
            code="backup.wrong_passphrase",
        ) from error
    except (sealed_file.Damaged, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(path.name, T("it is cut short or was changed")) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the beginning of the file: a number in its directory is wrong
            raise
        raise _damaged(path.name, T("it is cut short or was changed")) from error
    except RuntimeError as error:  # of a zip: encrypted, an unknown compression
        raise _damaged(path.name, T("it is cut short or was changed")) from error


def _cover(document: Mapping[str, Any], name: str) -> Cover:
    try:
        if document["format"] != FORMAT:
            raise ValueError("of something else")
        if document["version"] > VERSION:
            raise newer(name)
        return Cover.from_json(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(name, T("what it says of itself cannot be read")) from error


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
            hint=T("Backups are the files that the workbench itself wrote: erp-….zip or erp-….sealed."),
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
