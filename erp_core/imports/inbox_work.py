"""The watched folder as a job, and as something that the worker sees to again and again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from erp_core.clock import Clock
from erp_core.db.engine import Database
from erp_core.errors import Conflict
from erp_core.imports.inbox import INBOX_USER, InboxOutcome, folder_of, process_inbox
from erp_core.jobs.registry import JobContext
from erp_core.jobs.schedule import Duty
from erp_core.settings import Settings

PROCESS = "inbox.process"
LOOK_SECONDS = 5.0
AGAIN = dt.timedelta(seconds=60)


def process(context: JobContext) -> Mapping[str, Any]:
    """Import what lies in the folder; what was imported, refused and left waiting."""
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        outcome = process_inbox(
            database, INBOX_USER.acting(context.clock), context.settings, context.clock, context.progress
        )
    except Conflict as busy:
        if busy.code != "inbox.busy":
            raise
        outcome = InboxOutcome()  # the other process does it
    finally:
        database.dispose()
    return outcome.to_json(context.settings.language)


class Watch:
    """Whether there is something to import: files that are complete, and that were not asked for a moment ago.

    A file that has to stay (one half of an export, one that another program holds) is asked for once a minute.
    """

    def __init__(self) -> None:
        self._asked: tuple[frozenset[object], dt.datetime] | None = None

    def __call__(self, settings: Settings, clock: Clock) -> Mapping[str, Any] | None:
        """The job's arguments, or None. Makes the folder where it is missing, so that people find it."""
        settings.inbox.mkdir(parents=True, exist_ok=True)
        now, folder = clock.now(), folder_of(settings)
        files = folder.listing(now).arrivals
        ready = folder.half_done() | frozenset((a.label, a.size, a.modified_ns) for a in files if a.settled)
        if not ready:
            return None
        if self._asked is not None and ready <= self._asked[0] and abs(now - self._asked[1]) < AGAIN:
            return None
        self._asked = (ready, now)
        return {}


DUTY = Duty(PROCESS, LOOK_SECONDS, INBOX_USER.name, Watch)
