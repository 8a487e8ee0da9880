"""Sales over time and against other periods: buckets that lie on each other day by day, and what moved most. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from erp_core.calendar import Period
from erp_core.overview.sales import BYS

GRAINS = ("day", "week", "month")
_FINER = {"month": "week", "week": "day", "day": "day"}
_DAYS_AT_MOST = 45  # shown as days
_WEEKS_AT_MOST = 190  # days shown as weeks


def grain_of(period: Period) -> str:
    """How a period is cut when nobody says: a month and a half by days, half a year by weeks, the rest by months."""
    return "day" if period.days <= _DAYS_AT_MOST else "week" if period.days <= _WEEKS_AT_MOST else "month"


def finer(grain: str) -> str:
    """The grain in which one bucket is looked into."""
    return _FINER[grain]


def buckets_of(period: Period, grain: str) -> list[Period]:
    """Days, calendar weeks (from Monday) or calendar months of a period, the first and the last cut to it.

    >>> [str(b.start) for b in buckets_of(Period(dt.date(2026, 1, 30), dt.date(2026, 2, 10)), "week")]
    ['2026-01-30', '2026-02-02', '2026-02-09']
    """
    starts = pd.period_range(period.start, period.end, freq={"day": "D", "week": "W-SUN", "month": "M"}[grain])
    return [Period(max(b.start_time.date(), period.start), min(b.end_time.date(), period.end)) for b in starts]


def lengths_of(period: Period, grain: str) -> tuple[int, ...]:
    """How many days each bucket has, for `overview.sales.sales_over_time`; other periods of the same length are cut the
    same way, so that each bucket is compared with exactly as many days."""
    return tuple(bucket.days for bucket in buckets_of(period, grain))


def trend(now: pd.DataFrame, others: Mapping[str, pd.DataFrame], measure: str, first: dt.date) -> pd.DataFrame:
    """One row a bucket of the period: start, end (datetime64), value, and one column for each of `others`.

    All are frames of `overview.sales.sales_over_time` with the same lengths. What lies before `first`, the first day
    with data, is missing, not nought.
    """
    frame = now[["start", "end"]].assign(value=now[measure].astype(float))
    for name, other in others.items():
        frame[name] = other[measure].astype(float).where(other["start"] >= pd.Timestamp(first))
    return frame


def compared(now: pd.DataFrame, others: Mapping[str, pd.DataFrame], by: str, measure: str) -> pd.DataFrame:
    """Rows of `sales_by` with the measure as `value`, its `share` of all (missing where shares say nothing), and one
    column for each of `others`; what sold only then has a value of 0. Largest value first; attrs of `now`."""
    keys = [*BYS[by], "beside_products"]
    frame = now.assign(value=now[measure].astype(float))
    for name, other in others.items():
        names = [column for column in ("channel", "sku", "name", "category") if column in other]
        right = other.assign(**{name: other[measure].astype(float)})[list(dict.fromkeys([*keys, *names, name]))]
        shared = list(dict.fromkeys([*keys, *names]))
        frame = frame.merge(right, on=shared, how="outer", indicator=True)
        gone, new = frame["_merge"] == "right_only", frame["_merge"] == "left_only"
        numbers = [c for c in now.columns if c not in shared and c not in ("margin", "margin_share", "orders")]
        frame.loc[gone, [*numbers, "value"]] = 0
        frame.loc[new, name] = 0.0
        frame = frame.drop(columns="_merge")
    whole = now.attrs["totals"].get(measure)
    additive = measure != "average_order_value"
    frame["share"] = frame["value"] / whole if additive and whole else np.nan
    frame = frame.sort_values("value", ascending=False, kind="stable", ignore_index=True, na_position="last")
    frame.attrs = now.attrs
    return frame


def driver(rows: pd.DataFrame, against: str) -> int | None:
    """The row of `compared` that moved most in the direction in which all of it moved; None where nothing moved."""
    moved = (rows["value"] - rows[against]).where(~rows["beside_products"].astype(bool))
    whole = moved.sum()
    if not len(rows) or moved.isna().all() or not whole:
        return None
    return int((moved * np.sign(whole)).idxmax())
