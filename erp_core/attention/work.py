"""Alerts and the digest as jobs, and as duties of the worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from erp_core.attention.sending import ATTENTION_USER, Outcome, Teller
from erp_core.attention.tables import alert_event, alert_rule
from erp_core.clock import Clock, today
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.migrate import is_current
from erp_core.jobs.registry import JobContext
from erp_core.jobs.schedule import Duty
from erp_core.orders.views import revision
from erp_core.settings import Settings
from erp_core.text import T, say

EVALUATE = "attention.evaluate"
DIGEST = "attention.digest"
LOOK_SECONDS = 20.0


def evaluate(context: JobContext) -> Mapping[str, Any]:
    """Measure every alert, record what fires and what cleared, tell the targets."""
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        context.progress(0.0, T("Looking at the alerts"))
        teller = Teller(database, context.settings, context.clock)
        happened, _ = teller.look()
        told = teller.send_alerts()
    finally:
        database.dispose()
    return {**happened, "told": _told(told, context.settings.language)}


def digest(context: JobContext) -> Mapping[str, Any]:
    """Send the day's digest to every target whose time has come."""
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        context.progress(0.0, T("Sending the digest"))
        told = Teller(database, context.settings, context.clock).send_digests()
    finally:
        database.dispose()
    return {"told": _told([one for one in told if one.outcome != "not due"], context.settings.language)}


def _told(outcomes: list[Outcome], language: str) -> list[dict[str, Any]]:
    return [outcome_json(outcome, language) for outcome in outcomes]


def outcome_json(outcome: Outcome, language: str) -> dict[str, Any]:
    """What became of a message to a target, for programs."""
    words = outcome.error.message if outcome.error is not None else outcome.note
    return {
        "target": outcome.target,
        "outcome": outcome.outcome,
        "code": None if outcome.error is None else outcome.error.code,
        "detail": None if words is None else say(words, language),
    }


@contextmanager
def _company(settings: Settings) -> Iterator[Database | None]:
    """The company's database, if it is there and fits this version: a look makes nothing and migrates nothing."""
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not _exists(url.database):
        yield None
        return
    database = Database(settings.database_url, settings.keys)
    try:
        yield database if is_current(database) else None
    finally:
        database.dispose()


def _exists(path: str | None) -> bool:
    return path is not None and Path(path).exists()


class WatchAlerts:
    """Whether the alerts are to be looked at: the stored data, the day or an alert changed since the last look, or an
    alert has not reached a target yet."""

    def __init__(self) -> None:
        self._seen: tuple[str, dt.date, int] | None = None

    def __call__(self, settings: Settings, clock: Clock) -> Mapping[str, Any] | None:
        """The job's arguments, or None."""
        with _company(settings) as database:
            if database is None:
                return None
            r, e = alert_rule.c, alert_event.c
            with database.reading() as connection:
                if connection.execute(sa.select(r.id).where(r.active.is_(sa.true())).limit(1)).first() is None:
                    return None
                edits = sa.select(sa.func.max(e.id)).where(e.kind.in_(("made", "changed")))
                zone = read_company(connection).time_zone
                seen = (revision(connection), today(clock, zone), int(connection.execute(edits).scalar() or 0))
            if seen != self._seen:
                self._seen = seen
                return {}
            return {} if Teller(database, settings, clock).alerts_are_due() else None


class WatchDigest:
    """Whether a digest is to go out."""

    def __call__(self, settings: Settings, clock: Clock) -> Mapping[str, Any] | None:
        """The job's arguments, or None."""
        with _company(settings) as database:
            return {} if database is not None and Teller(database, settings, clock).digest_is_due() else None


ALERTS_DUTY = Duty(EVALUATE, LOOK_SECONDS, ATTENTION_USER.name, WatchAlerts)
DIGEST_DUTY = Duty(DIGEST, LOOK_SECONDS, ATTENTION_USER.name, WatchDigest)
