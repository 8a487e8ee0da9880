"""Which backups are kept, and when the next one is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

DAILY, WEEKLY, MONTHLY = 7, 4, 6
BEFORE_A_CHANGE_DAYS = 90
WHOLE = dt.timedelta(hours=24)
PROOF_EVERY = dt.timedelta(days=7)
PROOF_OLD = dt.timedelta(days=35)  # from then on a person is told
BACKUP_OLD = dt.timedelta(days=3)


class Occasion(StrEnum):
    """Why a backup was made."""

    MANUAL = "manual"
    NIGHTLY = "nightly"
    UPGRADE = "upgrade"
    RESTORE = "restore"


BEFORE_A_CHANGE = frozenset({Occasion.UPGRADE, Occasion.RESTORE})


@dataclass(frozen=True)
class Made:
    """A backup that can be read: its file's name, when it was made (aware) and why."""

    name: str
    at: dt.datetime
    occasion: Occasion


def to_delete(backups: Iterable[Made], now: dt.datetime, time_zone: str) -> list[str]:
    """The names of the backups that are no longer wanted, the oldest first.

    Kept are all of the last 24 hours, the latest of each of the last 7 days, 4 weeks and 6 months that have one (days
    of `time_zone`, weeks from Monday; grandfather, father, son), what was made before an upgrade or a restore in the
    last 90 days, and the latest of all in any case.
    """
    newest_first = sorted(backups, key=lambda made: (made.at, made.name), reverse=True)
    zone = ZoneInfo(time_zone)
    days = {made.name: made.at.astimezone(zone).date() for made in newest_first}
    kept = {made.name for made in newest_first[:1]}
    kept |= {made.name for made in newest_first if now - made.at <= WHOLE}  # one before and one after a risky step
    kept |= _latest(newest_first, lambda made: days[made.name], DAILY)
    kept |= _latest(newest_first, lambda made: days[made.name].isocalendar()[:2], WEEKLY)
    kept |= _latest(newest_first, lambda made: (days[made.name].year, days[made.name].month), MONTHLY)
    kept |= {
        made.name
        for made in newest_first
        if made.occasion in BEFORE_A_CHANGE and now - made.at <= dt.timedelta(days=BEFORE_A_CHANGE_DAYS)
    }
    return [made.name for made in reversed(newest_first) if made.name not in kept]


def _latest(newest_first: Sequence[Made], span: Callable[[Made], object], count: int) -> set[str]:
    latest: dict[object, str] = {}
    for made in newest_first:
        if span(made) not in latest and len(latest) < count:
            latest[span(made)] = made.name
    return set(latest.values())


def last_due(now: dt.datetime, at: dt.time, time_zone: str) -> dt.datetime:
    """The latest moment, up to now, at which it was `at` o'clock in `time_zone`; aware, in UTC."""
    day = now.astimezone(ZoneInfo(time_zone)).date()
    due = _moment(day, at, time_zone)
    return due if due <= now else _moment(day - dt.timedelta(days=1), at, time_zone)


def next_due(now: dt.datetime, at: dt.time, time_zone: str) -> dt.datetime:
    """The first moment after now at which it is `at` o'clock in `time_zone`; aware, in UTC."""
    day = now.astimezone(ZoneInfo(time_zone)).date()
    due = _moment(day, at, time_zone)
    return due if due > now else _moment(day + dt.timedelta(days=1), at, time_zone)


def _moment(day: dt.date, at: dt.time, time_zone: str) -> dt.datetime:
    return dt.datetime.combine(day, at, ZoneInfo(time_zone)).astimezone(dt.UTC)
