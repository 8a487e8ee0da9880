"""How busy a day is: weekdays, promotions and the dip after them, Chinese New Year, Black Friday. Pure.

Factors multiply an ordinary day's 1.0. They are plausible, not measured: a home-goods shop on Tmall sells on 11.11 what
it otherwise sells in two weeks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from erp_core.demo.new_years import NEW_YEARS

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_WEEKDAYS = np.array([0.96, 0.95, 0.96, 0.99, 1.04, 1.08, 1.02])  # Monday first
_SALES: tuple[tuple[int, int, float], ...] = (  # month, day, factor
    (6, 1, 2.6), (6, 2, 1.8), (6, 3, 1.5), (6, 15, 1.5), (6, 16, 2.5), (6, 17, 4.0), (6, 18, 9.0),
    (6, 19, 3.0), (6, 20, 2.0),
    (11, 1, 3.0), (11, 2, 2.0), (11, 3, 1.6), (11, 9, 1.8), (11, 10, 6.0), (11, 11, 17.0), (11, 12, 6.0), (11, 13, 2.5),
    (12, 11, 1.8), (12, 12, 6.0), (12, 13, 2.2),
)  # fmt: skip
_AFTER = ((6, 21), (11, 14), (12, 14))  # the day on which the dip begins
_DIP_DAYS, _DIP = 12, 0.7
_QUIET = (-7, 9)  # around the New Year's day orders fall …
_QUIET_FACTOR = 0.18
_WAREHOUSE_SHUT = (-4, 7)  # … the warehouse ships nothing …
_SUPPLIERS_SHUT = (-10, 14)  # … and suppliers neither make nor send
_LISTED_FACTOR = 1.5  # from here on a day's prices are reduced
GROWTH = 0.25  # over the whole time


def days_of(start: dt.date, count: int) -> list[dt.date]:
    """`count` days from `start` on."""
    return [start + dt.timedelta(days=number) for number in range(count)]


def domestic_factors(days: Sequence[dt.date]) -> Floats:
    """How busy each day is on the Chinese platforms."""
    factor = _WEEKDAYS[[day.weekday() for day in days]].copy()
    sales = {(month, day): value for month, day, value in _SALES}
    for at, day in enumerate(days):
        factor[at] *= sales.get((day.month, day.day), 1.0)
        for month, first in _AFTER:
            if 0 <= (day - dt.date(day.year, month, first)).days < _DIP_DAYS and (day.month, day.day) not in sales:
                factor[at] *= _DIP
    factor[_around_new_year(days, _QUIET)] *= _QUIET_FACTOR
    return factor * np.linspace(1.0, 1.0 + GROWTH, len(days))


def abroad_factors(days: Sequence[dt.date]) -> Floats:
    """How busy each day is in the shop abroad: Black Friday to Cyber Monday, then Christmas."""
    factor = np.ones(len(days))
    for at, day in enumerate(days):
        since = (day - black_friday(day.year)).days
        if 0 <= since <= 3:
            factor[at] = (7.0, 4.0, 3.5, 6.0)[since]
        elif day.month == 12 and day.day <= 18:
            factor[at] = 1.8
    return factor * np.linspace(1.0, 1.0 + 2 * GROWTH, len(days))


def black_friday(year: int) -> dt.date:
    """The day after the fourth Thursday of November."""
    first = dt.date(year, 11, 1)
    return first + dt.timedelta(days=(3 - first.weekday()) % 7 + 22)


def on_promotion(factors: Floats) -> Bools:
    """Days on which prices are reduced."""
    return np.asarray(factors >= _LISTED_FACTOR)


def warehouse_shut(days: Sequence[dt.date]) -> Bools:
    """Days on which nothing is shipped and nothing is taken in."""
    return _around_new_year(days, _WAREHOUSE_SHUT)


def suppliers_shut(days: Sequence[dt.date]) -> Bools:
    """Days on which suppliers are closed."""
    return _around_new_year(days, _SUPPLIERS_SHUT)


def _around_new_year(days: Sequence[dt.date], span: tuple[int, int]) -> Bools:
    found = np.zeros(len(days), bool)
    for at, day in enumerate(days):
        new_year = NEW_YEARS.get(day.year)
        found[at] = new_year is not None and span[0] <= (day - new_year).days <= span[1]
    return found


def yearly_wave(days: Sequence[dt.date], peak: int, strength: float) -> Floats:
    """A year's wave with its top on day-of-year `peak`: e^(strength · cos(2π (day − peak) / 365))."""
    day = np.array([d.timetuple().tm_yday for d in days], float)
    return np.asarray(np.exp(strength * np.cos(2 * np.pi * (day - peak) / 365.0)))
