"""What backups there are, and whether anything was done since the last."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from erp_core.errors import FileRefused
from erp_core.safety import archive
from erp_core.safety.archive import Listed
from erp_core.safety.rules import PROOF_OLD
from erp_core.safety.tables import backup_proof
from erp_core.security.tables import audit_event
from erp_core.text import T, Text, say

BACKUP_COLUMNS = (
    "name", "path", "made_at", "occasion", "bytes", "rows", "revision", "database", "sealed", "readable",
    "problem",
)  # fmt: skip


def last_event(connection: sa.Connection) -> tuple[int, str] | None:
    """Id and time (ISO, UTC) of the latest act but backups themselves; None where nothing was done yet."""
    e = audit_event.c
    query = sa.select(e.id, e.at).where(e.action.not_like("backup.%")).order_by(e.id.desc()).limit(1)
    found = connection.execute(query).first()
    return None if found is None else (int(found.id), found.at.isoformat())


def readable(folder: Path) -> list[Listed]:
    """The backups whose cover can be read, the latest first."""
    found = []
    for name in archive.names_in(folder):
        try:
            found.append(archive.read_cover(folder / name))
        except (FileRefused, OSError):
            continue
    return sorted(found, key=lambda listed: (listed.cover.made_at, listed.path.name), reverse=True)


def backups(folder: Path, language: str) -> pd.DataFrame:
    """All files of backups, the latest first: name, path, made_at (aware UTC, NaT where unreadable), occasion (a word
    of `rules.Occasion`), bytes, rows, revision, database, sealed (with a passphrase; None where unreadable), readable,
    problem (in words; None where there is none)."""
    rows: list[tuple[object, ...]] = []
    for name in sorted(archive.names_in(folder), reverse=True):
        path = folder / name
        try:
            listed = archive.read_cover(path)
        except (FileRefused, OSError) as error:
            problem = say(error.message, language) if isinstance(error, FileRefused) else str(error.strerror)
            size = path.stat().st_size if path.exists() else 0
            rows.append((name, str(path), pd.NaT, None, size, None, None, None, None, False, problem))
            continue
        said = listed.cover
        rows.append(
            (
                name, str(path), said.made_at, str(said.occasion), listed.bytes, said.rows, said.revision,
                said.database, listed.sealed, True, None,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(BACKUP_COLUMNS))


PROOF_COLUMNS = ("at", "file", "made_at", "seconds", "rows", "proven", "problem")


def proofs(connection: sa.Connection, language: str, count: int) -> pd.DataFrame:
    """The latest attempts to prove a backup, newest first: at, file, made_at (of the backup; aware UTC, NaT where it
    could not be read), seconds, rows, proven, problem (in words; None where it was proven)."""
    p = backup_proof.c
    query = sa.select(p.at, p.file, p.made_at, p.seconds, p.rows, p.result, p.problem).order_by(p.id.desc())
    rows = [
        (
            row.at, row.file, row.made_at, row.seconds, row.rows, row.result == "proven",
            None if row.problem is None else say(Text.from_json(row.problem), language),
        )
        for row in connection.execute(query.limit(count))
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=list(PROOF_COLUMNS))
    return found.assign(**{name: pd.to_datetime(found[name], utc=True) for name in ("at", "made_at")})


def last_proven(connection: sa.Connection) -> dt.datetime | None:
    """When a backup was last proven; None where none ever was."""
    p = backup_proof.c
    query = sa.select(p.at).where(p.result == "proven").order_by(p.at.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def last_tried(connection: sa.Connection) -> dt.datetime | None:
    """When a proof was last attempted, however it ended; None where none ever was."""
    p = backup_proof.c
    return connection.execute(sa.select(p.at).order_by(p.at.desc()).limit(1)).scalar_one_or_none()


def why_unsure(proven: dt.datetime | None, first: dt.datetime | None, now: dt.datetime) -> Text | None:
    """What there is to say where the last proof is too long ago to rely on, or there never was one although the first
    backup that is kept is as old; None otherwise. `first`: when that was made; None where there is no backup."""
    if first is None or now - (proven or first) <= PROOF_OLD:
        return None
    return T(
        "No backup was proven in the last {days} days. Prove one, so that you know it can be put back.",
        days=PROOF_OLD.days,
    )


def something_new(connection: sa.Connection, latest: Listed | None) -> bool:
    """Whether anything was done since a backup (None: ever)."""
    event = last_event(connection)
    return event is not None and (latest is None or latest.cover.last_event != event)


def occasion_name(occasion: str) -> Text:
    """Why a backup was made, in words."""
    return {
        "manual": T("made by hand"),
        "nightly": T("made at night"),
        "upgrade": T("before an upgrade"),
        "restore": T("before a restore"),
    }[occasion]
