"""Days and periods in the company's time zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

DAYS_PER_MONTH = 30.4375  # 365.25 / 12


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days + 1

    @property
    def months(self) -> float:
        """Its length in months of 30.4375 days."""
        return self.days / DAYS_PER_MONTH

    def before(self) -> Period:
        """The period of the same length that ends the day before this one starts."""
        return Period(self.start - dt.timedelta(days=self.days), self.start - dt.timedelta(days=1))

    def year_before(self) -> Period:
        """The same days one year (364 days: same weekdays) earlier."""
        shift = dt.timedelta(days=364)
        return Period(self.start - shift, self.end - shift)


def is_time_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone."""
    return name in available_timezones()


def local_day(at: dt.datetime, time_zone: str) -> dt.date:
    """The calendar day of an aware UTC time in `time_zone`."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def end_of_day(day: dt.date, time_zone: str) -> dt.datetime:
    """The last second of `day` in `time_zone`, as aware UTC: where a count dated `day` holds."""
    start_of_next = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(time_zone))
    return start_of_next.astimezone(dt.UTC) - dt.timedelta(seconds=1)
