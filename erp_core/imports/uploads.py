"""Files that a page took in: for the owner's eyes only, and no longer than the import of them takes.

A folder a set of files, `uploads/<digest>`. An import that is done deletes its own; what was never imported goes when
it is a day old, also after a crash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from erp_core.clock import Clock
from erp_core.jobs.book import JobBook
from erp_core.jobs.registry import JobContext
from erp_core.jobs.schedule import Duty
from erp_core.settings import Settings

SWEEP = "uploads.sweep"
KEPT = dt.timedelta(days=1)
SWEEP_SECONDS = 3600.0
_WORKER = "worker"


def keep(settings: Settings, files: Sequence[tuple[str, bytes | memoryview]]) -> list[Path]:
    """Write (name, content) under their own names; the same files again are the same folder.

    A name's folders are left out. Raises OSError where they cannot be written.
    """
    digest = hashlib.sha256()
    for name, content in files:
        digest.update(name.encode())
        digest.update(hashlib.sha256(content).digest())
    settings.uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.uploads.chmod(0o700)
    folder = settings.uploads / digest.hexdigest()[:32]
    folder.mkdir(mode=0o700, exist_ok=True)
    os.utime(folder)
    return [_written(folder / Path(name).name, content) for name, content in files]


def _written(path: Path, content: bytes | memoryview) -> Path:
    if path.exists() and path.stat().st_size == len(content):
        return path
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
    part.replace(path)
    return path


def discard(settings: Settings, paths: Iterable[str | Path]) -> None:
    """Delete the folders of these files, as far as they are uploads."""
    for folder in {Path(path).parent for path in paths}:
        if folder.parent == settings.uploads:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(context: JobContext) -> Mapping[str, Any]:
    """Delete what is older than a day and not waited for."""
    settings, clock = context.settings, context.clock
    waited_for = {
        Path(path).parent
        for job in JobBook(settings.jobs_path, clock).under_way()
        for path in job.arguments.get("paths", ())
    }
    old = [folder for folder in _old(settings, clock) if folder not in waited_for]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return {"deleted": len(old)}


def _old(settings: Settings, clock: Clock) -> list[Path]:
    limit = (clock.now() - KEPT).timestamp()
    found = []
    if settings.uploads.is_dir():
        for folder in settings.uploads.iterdir():
            with suppress(OSError):  # deleted meanwhile
                if folder.is_dir() and folder.stat().st_mtime < limit:
                    found.append(folder)
    return found


class Watch:
    """Whether something lies there for more than a day; what could not be deleted is not asked for again at once."""

    def __init__(self) -> None:
        self._asked: frozenset[Path] = frozenset()

    def __call__(self, settings: Settings, clock: Clock) -> Mapping[str, Any] | None:
        """The job's arguments, or None."""
        old = frozenset(_old(settings, clock))
        if old <= self._asked:
            return None
        self._asked = old
        return {}


DUTY = Duty(SWEEP, SWEEP_SECONDS, _WORKER, Watch)
