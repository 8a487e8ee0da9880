"""The watched folder as files: what lies in it and since when, taking files out of it, filing them with their receipt.

    inbox/<file>              put files here …
    inbox/<shop>/<file>       … or here, then they belong to this shop
    inbox/done/<YYYY-MM>/     imported, each with its receipt beside it
    inbox/refused/<YYYY-MM>/  not imported, each with the reason beside it
    inbox/.taken/             being imported at this moment

A file is taken by moving it away before it is imported: where that cannot be done (another program holds it, the
folder may not be written) it is left alone, so nothing is ever imported that could not be filed afterwards. What a
crash leaves in `.taken` is put back at the next time and imported again, which changes nothing that stands already. All
moves are renames inside the folder, and none overwrites.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erp_core.errors import Unavailable
from erp_core.text import T, Text

DONE, REFUSED = "done", "refused"
_TAKEN = ".taken"
_OWN = frozenset({DONE, REFUSED})
_UNFINISHED = (".part", ".tmp", ".crdownload")
_OF_THE_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
_LONGEST_NAME = 255 - len("0000-00-00T00-00-00-0000000000--00.receipt.json")  # bytes; most file systems hold 255
_CLOCK_AHEAD = dt.timedelta(hours=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Arrival:
    """A file that lies in the folder. `arrived`: when anything of it last changed, in UTC; on POSIX that includes being
    moved here, which its modification time does not tell."""

    path: Path
    shop: str | None
    size: int
    modified_ns: int
    arrived: dt.datetime
    settled: bool

    @property
    def label(self) -> str:
        """Its name for people, with the shop's folder."""
        name = printable(self.path.name)
        return f"{printable(self.shop)}/{name}" if self.shop is not None else name

    def left_alone(self, code: str, message: Text) -> LeftAlone:
        """That it is not taken now, and why."""
        return LeftAlone(self.label, printable(self.shop) if self.shop is not None else None, code, message)

    def unchanged(self, path: Path) -> bool:
        """Whether `path` is this file as it was seen: a regular file of the same size and modification time."""
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and (found.st_size, found.st_mtime_ns) == (self.size, self.modified_ns)


@dataclass(frozen=True)
class LeftAlone:
    """Something in the folder that is not taken, and why."""

    label: str
    shop: str | None
    code: str
    message: Text


@dataclass(frozen=True)
class Listing:
    """What lies in the folder: files, oldest first by their modification time, and what is no file to import."""

    arrivals: tuple[Arrival, ...] = ()
    odd: tuple[LeftAlone, ...] = ()


@dataclass
class Taken:
    """Files that were moved away to be imported. `paths`: arrival → where it lies now; filed ones leave it."""

    folder: Path
    paths: dict[Arrival, Path] = field(default_factory=dict)


class InUse(Exception):
    """A file cannot be moved, so it is not taken."""

    def __init__(self, arrival: Arrival, reason: str) -> None:
        super().__init__(reason)
        self.arrival, self.reason = arrival, reason


def printable(name: str) -> str:
    """A file's name as text that can be stored and shown: what is no character, or a control character, becomes `_`."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "_", name)


def is_text(name: str) -> bool:
    """Whether a file's name can be stored as it is."""
    return printable(name) == name


@dataclass(frozen=True)
class InboxFolder:
    """The folder at `root`. `quiet`: how long a file must not have changed before it is taken."""

    root: Path
    quiet: dt.timedelta

    def prepare(self) -> None:
        """Make the folder where it is missing, and put back what a crash left half done. Raises Unavailable."""
        with _as_unavailable(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            for left in _folders(self.root / _TAKEN):
                self._put_back(left)

    def half_done(self) -> frozenset[str]:
        """What is being imported at this moment, or was when a crash came."""
        return frozenset(folder.name for folder in _folders(self.root / _TAKEN))

    def listing(self, now: dt.datetime) -> Listing:
        """What lies here and in the shops' folders; one that cannot be opened is listed as odd. Raises Unavailable."""
        arrivals: list[Arrival] = []
        odd: list[LeftAlone] = []
        with _as_unavailable(self.root):
            entries = _entries(self.root)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name.casefold() not in _OWN:
                    self._shop(entry, now, (arrivals, odd))
            else:
                self._file(entry, None, now, (arrivals, odd))
        return Listing(tuple(sorted(arrivals, key=lambda a: (a.modified_ns, a.label))), tuple(odd))

    def _shop(self, folder: os.DirEntry[str], now: dt.datetime, found: tuple[list[Arrival], list[LeftAlone]]) -> None:
        try:
            entries = _entries(Path(folder.path))
        except OSError as error:
            text = T("The folder cannot be opened: {reason}", reason=error.strerror or type(error).__name__)
            shop = printable(folder.name)
            found[1].append(LeftAlone(shop, shop, "inbox.unreadable_folder", text))
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                text = T("A folder inside a shop’s folder is not looked into. Put the files beside it.")
                shop = printable(folder.name)
                found[1].append(LeftAlone(f"{shop}/{printable(entry.name)}", shop, "inbox.not_a_file", text))
            else:
                self._file(entry, folder.name, now, found)

    def _file(
        self,
        entry: os.DirEntry[str],
        shop: str | None,
        now: dt.datetime,
        found: tuple[list[Arrival], list[LeftAlone]],
    ) -> None:
        try:
            seen = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return  # whoever put it here took it away again
        arrived, settled = _since(seen, now, self.quiet)
        arrival = Arrival(Path(entry.path), shop, seen.st_size, seen.st_mtime_ns, arrived, settled)
        if stat.S_ISREG(seen.st_mode):
            found[0].append(arrival)
            return
        text = T("Links and devices are not read. Put the file itself here.")
        found[1].append(arrival.left_alone("inbox.not_a_file", text))

    @contextmanager
    def taking(self, arrivals: Sequence[Arrival]) -> Iterator[Taken]:
        """The files moved away for the length of the block; what is not filed by its end is put back.

        Raises InUse where one cannot be moved, or changed since it was listed.
        """
        with _as_unavailable(self.root):
            (self.root / _TAKEN).mkdir(exist_ok=True)
            taken = Taken(Path(tempfile.mkdtemp(dir=self.root / _TAKEN)))
        try:
            for arrival in arrivals:
                taken.paths[arrival] = self._take(arrival, taken.folder)
            yield taken
        finally:
            with _as_unavailable(self.root):
                self._put_back(taken.folder)

    def _take(self, arrival: Arrival, folder: Path) -> Path:
        # the shape of `folder` says where its files came from: see _put_back
        place = folder / "shop" / arrival.shop if arrival.shop is not None else folder / "top"
        try:
            place.mkdir(parents=True, exist_ok=True)
            target = place / arrival.path.name
            arrival.path.replace(target)
            unchanged = arrival.unchanged(target)
        except OSError as error:
            raise InUse(arrival, error.strerror or type(error).__name__) from None
        if not unchanged:
            raise InUse(arrival, "")
        return target

    def _put_back(self, folder: Path) -> None:
        for path in _files(folder / "top"):
            _moved(path, self.root, path.name)
        for shop in _folders(folder / "shop"):
            (self.root / shop.name).mkdir(exist_ok=True)
            for path in _files(shop):
                _moved(path, self.root / shop.name, path.name)
        shutil.rmtree(folder, ignore_errors=True)  # only empty folders are left in it

    def file_away(self, taken: Taken, arrival: Arrival, kept_as: str, beside: Mapping[str, str]) -> Path:
        """Move a taken file to `kept_as` (`done/2026-03/20260302-090000-7-`: folder and how its name begins), and write
        texts beside it (`{".receipt.txt": …}`); returns where it lies. Raises Unavailable."""
        folder = self.root / Path(kept_as).parent
        name = Path(kept_as).name + _shortened(printable(arrival.path.name))
        with _as_unavailable(self.root):
            folder.mkdir(parents=True, exist_ok=True)
            filed = _moved(taken.paths[arrival], folder, name)
            del taken.paths[arrival]
            for ending, text in beside.items():
                _written(filed.with_name(filed.name + ending), text)
        return filed

    def latest(self, kind: str, ending: str, limit: int) -> list[dict[str, Any]]:
        """The latest documents with this ending (`.reason.json`) in `done` or `refused`, newest first; what is no such
        document is passed over."""
        found: list[dict[str, Any]] = []
        with suppress(OSError):
            for month in sorted(_folders(self.root / kind), reverse=True):
                for path in sorted(_files(month), key=lambda path: path.name, reverse=True):
                    if len(found) >= limit:
                        return found
                    if path.name.endswith(ending) and (document := _document(path)) is not None:
                        found.append(document)
        return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name, without what is hidden, still being written or the system's own."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not _passed_over(entry.name)), key=lambda entry: entry.name)


def _passed_over(name: str) -> bool:
    lower = name.casefold()
    return lower.startswith((".", "~")) or lower.endswith(_UNFINISHED) or lower in _OF_THE_SYSTEM


def _since(seen: os.stat_result, now: dt.datetime, quiet: dt.timedelta) -> tuple[dt.datetime, bool]:
    """When anything of a file last changed, and whether it has been quiet since.

    On POSIX the time of change moves with every write, and nobody can set it back; elsewhere it is the time of
    creation, and the modification time has to do. A time a little ahead comes from another machine's clock and counts
    as now; one far ahead says nothing.
    """
    times = [_moment(ns) for ns in (seen.st_mtime_ns, seen.st_ctime_ns)]
    arrived = max((at for at in times if at <= now), default=now)
    settled = not any(now - quiet < at < now + _CLOCK_AHEAD for at in times)
    return arrived, settled


def _moment(ns: int) -> dt.datetime:
    try:
        return _EPOCH + dt.timedelta(microseconds=ns // 1000)
    except OverflowError:  # a file system can hold years that a calendar cannot
        return dt.datetime.max.replace(tzinfo=dt.UTC) if ns > 0 else _EPOCH


def _folders(folder: Path) -> list[Path]:
    return sorted(filter(_is_folder, folder.iterdir())) if _is_folder(folder) else []


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not _is_folder(path)) if _is_folder(folder) else []


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _moved(source: Path, folder: Path, name: str) -> Path:
    """Rename into a folder under this name, or the next free one; never over a file that is there."""
    stem, dot, ending = name.partition(".") if not name.startswith(".") else (name, "", "")
    for number in range(1, 1_000_000):
        target = folder / (name if number == 1 else f"{stem}-{number}{dot}{ending}")
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))  # the name is ours from here on
        except FileExistsError:
            continue
        try:
            source.replace(target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return target
    raise FileExistsError(f"no free name for {name}")


def _shortened(name: str) -> str:
    """A name that leaves room for what is written around it; its ending stays."""
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    ending = "".join(Path(name).suffixes[-2:])[-20:]
    room = _LONGEST_NAME - len(ending.encode())
    return name.encode()[:room].decode("utf-8", "ignore") + ending


def _written(path: Path, text: str) -> None:
    """Write whole or not at all."""
    unfinished = path.with_name(f".{path.name[:60]}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _document(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


@contextmanager
def _as_unavailable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            T("The watched folder cannot be used: {reason}", reason=f"{root}: {error.strerror or error}"),
            hint=T("Check that it may be read and written and that the disk is not full."),
            code="inbox.unavailable",
        ) from error
