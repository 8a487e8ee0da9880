"""The one source of "now", so that tests and replays can hold it still."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Anything that can tell the time in UTC."""

    def now(self) -> dt.datetime:
        """An aware datetime in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still."""

    at: dt.datetime

    def now(self) -> dt.datetime:
        return self.at.astimezone(dt.UTC)


def today(clock: Clock, time_zone: str) -> dt.date:
    """The calendar day in `time_zone`."""
    return clock.now().astimezone(ZoneInfo(time_zone)).date()
