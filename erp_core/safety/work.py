"""Backups as jobs, and the nightly one as something that the worker sees to by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from erp_core.clock import Clock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.jobs.book import JobBook
from erp_core.jobs.registry import JobContext
from erp_core.jobs.schedule import Duty
from erp_core.safety import views
from erp_core.safety.archive import Backup
from erp_core.safety.rules import Occasion, last_due, next_due
from erp_core.safety.service import back_up
from erp_core.security.actor import Actor, handed_in
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.settings import Settings

# kinds of jobs
MAKE = "backup.make"
NIGHTLY = "backup.nightly"
LOOK_SECONDS = 30.0
BACKUP_USER = handed_in("backup", frozenset({Permission.RUN_BACKUPS}))


def ask_for_backup(book: JobBook, actor: Actor) -> int | None:
    """Hand a backup in as a job; its number, or None where one is under way. Raises NotPermitted."""
    require(actor, Permission.RUN_BACKUPS)
    return book.submit_unless_under_way(MAKE, {}, actor=actor.name)


def make(context: JobContext) -> Mapping[str, Any]:
    """The backup that a person asked for (`ask_for_backup` checked the permission)."""
    return _make(context, handed_in(context.job.actor, BACKUP_USER.permissions), Occasion.MANUAL)


def nightly(context: JobContext) -> Mapping[str, Any]:
    """The backup of the night."""
    return _make(context, BACKUP_USER, Occasion.NIGHTLY)


def _make(context: JobContext, actor: Actor, occasion: Occasion) -> dict[str, Any]:
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        who = actor.acting(context.clock)
        return to_json(back_up(database, who, context.settings.backups, occasion, context.progress))
    finally:
        database.dispose()


def to_json(backup: Backup) -> dict[str, Any]:
    """What the terminal and the book of jobs say of a backup."""
    said = backup.manifest
    return {
        "file": str(backup.path),
        "bytes": backup.bytes,
        "made_at": said.made_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "occasion": str(said.occasion),
        "revision": said.revision,
        "database": said.database,
        "rows": said.rows,
    }


class Watch:
    """Whether the backup of the night is due: its hour has passed since the latest good backup, and something was done
    since then. So a machine that was off at that hour makes it when it is on again, and an idle shop none at all. The
    question is answered once a night: one that failed is asked for again in the next (the list of jobs offers to try it
    at once)."""

    def __init__(self) -> None:
        self._asked: dt.datetime | None = None

    def __call__(self, settings: Settings, clock: Clock) -> Mapping[str, Any] | None:
        """The job's arguments, or None."""
        if settings.backup_at is None:
            return None
        database = Database(settings.database_url, settings.keys)
        try:
            with database.reading() as connection:
                due = last_due(clock.now(), settings.backup_at, read_company(connection).time_zone)
                if self._asked is not None and self._asked >= due:
                    return None
                latest = next(iter(views.readable(settings.backups)), None)
                made = latest is not None and latest.manifest.made_at >= due
                wanted = not made and views.something_new(connection, latest)
        finally:
            database.dispose()
        self._asked = due
        return {} if wanted else None


def next_time(settings: Settings, clock: Clock) -> dt.datetime | None:
    """When the next nightly backup is due; None where none is made by itself."""
    if settings.backup_at is None:
        return None
    database = Database(settings.database_url, settings.keys)
    try:
        with database.reading() as connection:
            return next_due(clock.now(), settings.backup_at, read_company(connection).time_zone)
    finally:
        database.dispose()


DUTY = Duty(NIGHTLY, LOOK_SECONDS, BACKUP_USER.name, Watch, next_time)
