"""When an alert fires and clears, and when a message is due. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

THRESHOLD_SCALE = 1_000_000
COMPARISONS = ("above", "below")
ATTEMPTS = 4
AGAIN = dt.timedelta(minutes=15)
ALERT_KEEPS = dt.timedelta(hours=24)  # an alert that could not be told within a day is told by the digest


@dataclass(frozen=True)
class Watch:
    """What is watched: the value is bad while it is beyond the threshold (above or below it; at it, it is not)."""

    comparison: str
    threshold: float


def beyond(watch: Watch, value: float) -> bool:
    """Whether a value is on the bad side."""
    return value > watch.threshold if watch.comparison == "above" else value < watch.threshold


def event_of(watch: Watch, firing: bool, value: float | None) -> str | None:
    """What happens at a look: `fired` on crossing, `cleared` when back; None while nothing changes.

    A value that is not known says nothing: what fires goes on, what does not stays still.
    """
    if value is None or beyond(watch, value) is firing:
        return None
    return "cleared" if firing else "fired"


@dataclass(frozen=True)
class Attempt:
    """One attempt to deliver: begun, sent or failed, and when. One that stays `begun` may have arrived."""

    at: dt.datetime
    outcome: str


def may_send(attempts: Sequence[Attempt], now: dt.datetime) -> bool:
    """Whether a message may go out now: never again once it was sent or may have been; after a failure when a quarter
    of an hour has passed (or the clock was set back), four times at most."""
    if any(attempt.outcome in ("sent", "begun") for attempt in attempts):
        return False
    if len(attempts) >= ATTEMPTS:
        return False
    return not attempts or abs(now - max(attempt.at for attempt in attempts)) >= AGAIN


def undelivered(attempts: Sequence[Attempt], now: dt.datetime) -> bool:
    """Whether nobody tries any more though it did not arrive for certain: four failures, or a beginning without an end
    that is older than a quarter of an hour."""
    if any(attempt.outcome == "sent" for attempt in attempts):
        return False
    broken_off = any(attempt.outcome == "begun" and abs(now - attempt.at) >= AGAIN for attempt in attempts)
    return broken_off or len(attempts) >= ATTEMPTS


def digest_day(now: dt.datetime, time_zone: str, minute: int, last: dt.date | None) -> dt.date | None:
    """The day whose digest is due at `now`, by the company's clock; None before the target's minute, and on a day that
    is not after the `last` one that was told (a clock that was set back)."""
    local = now.astimezone(ZoneInfo(time_zone))
    if local.hour * 60 + local.minute < minute:
        return None
    return None if last is not None and local.date() <= last else local.date()
