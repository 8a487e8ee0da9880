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
from erp_core.safety.passphrase import shelf_of
from erp_core.safety.proving import latest_file, prove
from erp_core.safety.rules import PROOF_EVERY, Occasion, last_due, next_due
from erp_core.safety.service import back_up
from erp_core.security.actor import Actor, handed_in
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.settings import Settings

# kinds of jobs
MAKE = "backup.make"
NIGHTLY = "backup.nightly"
PROVE = "backup.prove"
LOOK_SECONDS = 30.0
PROOF_LOOK_SECONDS = 600.0
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
        return to_json(back_up(database, who, shelf_of(context.settings), occasion, context.progress))
    finally:
        database.dispose()


def ask_for_proof(book: JobBook, actor: Actor, name: str | None = None) -> int | None:
    """Hand in the proof of a backup (by default of the latest) as a job; its number, or None where one is under way.
    Raises NotPermitted."""
    require(actor, Permission.RUN_BACKUPS)
    return book.submit_unless_under_way(PROVE, {} if name is None else {"name": name}, actor=actor.name)


def prove_as_job(context: JobContext) -> Mapping[str, Any]:
    """The proof that a person or the worker asked for. A backup that is not proven fails the job, with the reason."""
    shelf = shelf_of(context.settings)
    name = context.job.arguments.get("name")
    file = latest_file(shelf) if name is None else shelf.named(str(name))
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        who = handed_in(context.job.actor, BACKUP_USER.permissions).acting(context.clock)
        proof = prove(database, who, file, context.settings.home, context.progress)
    finally:
        database.dispose()
    if proof.error is not None:
        raise proof.error
    return proof.to_json()


def to_json(backup: Backup) -> dict[str, Any]:
    """What the terminal and the book of jobs say of a backup."""
    said = backup.manifest.cover
    return {
        "file": str(backup.path),
        "bytes": backup.bytes,
        "made_at": said.made_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "occasion": str(said.occasion),
        "revision": said.revision,
        "database": said.database,
        "rows": said.rows,
        "sealed": backup.listed.sealed,
        "keys": list(backup.manifest.keys),
        "totals": backup.manifest.totals,
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
                made = latest is not None and latest.cover.made_at >= due
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


class ProofWatch:
    """Whether a proof is due: there is a backup, and for a week none was tried, by whomever."""

    def __init__(self) -> None:
        self._asked: dt.datetime | None = None

    def __call__(self, settings: Settings, clock: Clock) -> Mapping[str, Any] | None:
        """The job's arguments, or None."""
        now = clock.now()
        if self._asked is not None and now - self._asked < PROOF_EVERY:
            return None
        if not views.readable(settings.backups):
            return None
        tried = _last_tried(settings)
        if tried is not None and now - tried < PROOF_EVERY:
            return None
        self._asked = now
        return {}


def next_proof(settings: Settings, clock: Clock) -> dt.datetime | None:
    """When the next proof is due; None where there is no backup to prove."""
    if not views.readable(settings.backups):
        return None
    tried = _last_tried(settings)
    return clock.now() if tried is None else tried + PROOF_EVERY


def _last_tried(settings: Settings) -> dt.datetime | None:
    database = Database(settings.database_url, settings.keys)
    try:
        with database.reading() as connection:
            return views.last_tried(connection)
    finally:
        database.dispose()


PROOF_DUTY = Duty(PROVE, PROOF_LOOK_SECONDS, BACKUP_USER.name, ProofWatch, next_proof)
DUTY = Duty(NIGHTLY, LOOK_SECONDS, BACKUP_USER.name, Watch, next_time)
