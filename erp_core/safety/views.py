"""What backups there are, and whether anything was done since the last."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from erp_core.errors import FileRefused
from erp_core.safety import archive
from erp_core.safety.archive import Backup
from erp_core.security.tables import audit_event
from erp_core.text import T, Text, say

BACKUP_COLUMNS = ("name", "path", "made_at", "occasion", "bytes", "rows", "revision", "database", "readable", "problem")


def last_event(connection: sa.Connection) -> tuple[int, str] | None:
    """Id and time (ISO, UTC) of the latest act but backups themselves; None where nothing was done yet."""
    e = audit_event.c
    query = sa.select(e.id, e.at).where(e.action.not_like("backup.%")).order_by(e.id.desc()).limit(1)
    found = connection.execute(query).first()
    return None if found is None else (int(found.id), found.at.isoformat())


def readable(folder: Path) -> list[Backup]:
    """The backups whose manifest can be read, the latest first."""
    found = []
    for name in archive.names_in(folder):
        try:
            found.append(archive.read_manifest(folder / name))
        except (FileRefused, OSError):
            continue
    return sorted(found, key=lambda backup: (backup.manifest.made_at, backup.path.name), reverse=True)


def backups(folder: Path, language: str) -> pd.DataFrame:
    """All files of backups, the latest first: name, path, made_at (aware UTC, NaT where unreadable), occasion (a word
    of `rules.Occasion`), bytes, rows, revision, database, readable, problem (in words; None where there is none)."""
    rows: list[tuple[object, ...]] = []
    for name in sorted(archive.names_in(folder), reverse=True):
        path = folder / name
        try:
            backup = archive.read_manifest(path)
        except (FileRefused, OSError) as error:
            problem = say(error.message, language) if isinstance(error, FileRefused) else str(error.strerror)
            size = path.stat().st_size if path.exists() else 0
            rows.append((name, str(path), pd.NaT, None, size, None, None, None, False, problem))
            continue
        said = backup.manifest
        rows.append(
            (
                name, str(path), said.made_at, str(said.occasion), backup.bytes, said.rows, said.revision,
                said.database, True, None,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(BACKUP_COLUMNS))


def something_new(connection: sa.Connection, latest: Backup | None) -> bool:
    """Whether anything was done since a backup (None: ever)."""
    event = last_event(connection)
    return event is not None and (latest is None or latest.manifest.last_event != event)


def occasion_name(occasion: str) -> Text:
    """Why a backup was made, in words."""
    return {
        "manual": T("made by hand"),
        "nightly": T("made at night"),
        "upgrade": T("before an upgrade"),
        "restore": T("before a restore"),
    }[occasion]
