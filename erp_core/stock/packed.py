"""Stock levels by day from packed rollups: averages over any days in milliseconds.

A level is a step function: it holds from its day to the day before the next step, however many months later. For each
product and place the sums over whole calendar months are kept; only the months at the ends of a period are added up
from their steps.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.db import packs
from erp_core.db.bulk import fetch_numbers
from erp_core.db.packs import Columns, Rollup, day_column, day_number, days_of, part_of, parts_of
from erp_core.stock.days import STOCK_PACK
from erp_core.stock.tables import daily_stock

Ints = npt.NDArray[np.int64]
UNKNOWN = -1


def _rows(connection: sa.Connection, first: dt.date, last: dt.date) -> Columns:
    d = daily_stock.c
    query = (
        sa.select(day_column(d.ds, connection), d.product_id, d.location_id, d.on_hand)
        .where(d.ds.between(first, last))
        .order_by(d.product_id, d.location_id, d.ds)
    )
    return dict(fetch_numbers(connection, query))


STOCK = Rollup(STOCK_PACK, _rows)


@dataclass(frozen=True)
class Sums:
    """Over some days, one entry a product and place: days on which the level is known, those on which it is above 0,
    Σ of the levels at the ends of the days, the level at the end of the last one (−1 = unknown)."""

    known_days: Ints
    stocked_days: Ints
    unit_days: Ints
    closing: Ints


@dataclass(frozen=True)
class Levels:
    """All steps, by product, place and day. `product`, `location`: of each pair; `pair`, `day`, `level`: of each step;
    `months`: the calendar months from the first to the last step; `sums`: of each month, in their order."""

    product: Ints
    location: Ints
    pair: npt.NDArray[np.intp]
    day: Ints
    level: Ints
    month: Ints
    months: range
    sums: tuple[Sums, ...]

    def over(self, period: Period) -> Sums:
        """The sums over a period: whole months as they are kept, the ends from their steps."""
        start, end = day_number(period.start), day_number(period.end)
        total = _nothing(len(self.product))
        for month in range(part_of(period.start), part_of(period.end) + 1):
            first, last = (day_number(day) for day in days_of(month))
            if start <= first and last <= end and month in self.months:
                total = _added(total, self.sums[month - self.months.start])
            else:
                total = _added(total, self._part(month, max(first, start), min(last, end)))
        return total

    def _part(self, month: int, first: int, last: int) -> Sums:
        """The sums over days of one month."""
        opening = self._before(month)
        if month not in self.months:
            return _held(opening, last - first + 1)
        steps = slice(*np.searchsorted(self.month, [month, month + 1]))
        earlier = self.day[steps] < first
        pair, day, level = self.pair[steps], self.day[steps], self.level[steps]
        opening = opening.copy()
        opening[pair[earlier]] = level[earlier]  # by pair and day: the last one written stays
        inside = ~earlier & (day <= last)
        return _sums_of(opening, (pair[inside], day[inside], level[inside]), first, last)

    def _before(self, month: int) -> Ints:
        """The levels at the end of the month before."""
        at = min(month, self.months.stop) - self.months.start - 1
        return self.sums[at].closing if at >= 0 else np.full(len(self.product), UNKNOWN, np.int64)


def levels(connection: sa.Connection) -> Levels:
    """All levels, kept in memory until the stock changes."""
    packed = packs.read(connection, STOCK)
    return packed.derived("levels", _levels)


def _levels(columns: Columns) -> Levels:
    product, location = columns["product_id"].astype(np.int64), columns["location_id"].astype(np.int64)
    width = int(location.max(initial=0)) + 1
    values, pair = np.unique(product * width + location, return_inverse=True)
    day, level = columns["day"].astype(np.int64), columns["on_hand"].astype(np.int64)
    month = parts_of(day)  # ascending: the blocks stand in the order of their months, within them by pair and day
    months = range(int(month[0]), int(month[-1]) + 1) if len(month) else range(0)
    sums: list[Sums] = []
    opening = np.full(len(values), UNKNOWN, np.int64)
    for number in months:
        first, last = (day_number(one) for one in days_of(number))
        steps = slice(*np.searchsorted(month, [number, number + 1]))
        sums.append(_sums_of(opening, (pair[steps], day[steps], level[steps]), first, last))
        opening = sums[-1].closing
    return Levels(values // width, values % width, pair, day, level, month, months, tuple(sums))


def _sums_of(opening: Ints, steps: tuple[npt.NDArray[np.intp], Ints, Ints], first: int, last: int) -> Sums:
    """The sums over the days from `first` to `last`: the opening level until a pair's first step, then its steps
    (pair, day, level; by pair and day) until the next one or the end."""
    pair, day, level = steps
    until = np.full(len(pair), last + 1, np.int64)
    if len(pair):
        until[:-1] = np.where(pair[1:] == pair[:-1], day[1:], last + 1)
    days = until - day
    size = len(opening)
    begins = np.full(size, last + 1, np.int64)
    begins[pair[::-1]] = day[::-1]  # of each pair the first step
    ahead = np.where(opening == UNKNOWN, 0, begins - first)

    def added(weights: Ints) -> Ints:
        return np.rint(np.bincount(pair, weights, minlength=size)).astype(np.int64)

    closing = opening.copy()
    closing[pair] = level
    return Sums(
        known_days=ahead + added(days),
        stocked_days=np.where(opening > 0, ahead, 0) + added(np.where(level > 0, days, 0)),
        unit_days=np.maximum(opening, 0) * ahead + added(level * days),
        closing=closing,
    )


def _held(opening: Ints, days: int) -> Sums:
    """Levels that do not change over some days."""
    return Sums(
        np.where(opening == UNKNOWN, 0, days), np.where(opening > 0, days, 0), np.maximum(opening, 0) * days, opening
    )


def _nothing(size: int) -> Sums:
    return _held(np.full(size, UNKNOWN, np.int64), 0)


def _added(one: Sums, following: Sums) -> Sums:
    return Sums(
        one.known_days + following.known_days,
        one.stocked_days + following.stocked_days,
        one.unit_days + following.unit_days,
        following.closing,
    )
