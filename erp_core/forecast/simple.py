"""A plain, honest daily rate of demand per product, from its last weeks.

Weekly totals of the last 13 weeks, exponentially smoothed (Brown 1959; Hyndman and Athanasopoulos, Forecasting:
Principles and Practice, 3rd ed., section 8.1) with α = 0.2; the error of one week ahead gives the spread. It knows
neither season nor promotion: a champion chosen out of sample replaces it behind the same door.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

WEEKS = 13
ALPHA = 0.2
DAYS = 7


def daily_rates(history: pd.DataFrame, as_of: dt.date, first: pd.Series | None = None) -> pd.DataFrame:
    """The rate per series from what is known before `as_of`.

    `history`: series_id, ds, y (units; missing days sold nothing). Returns one row a series: series_id, mean_per_day,
    sd_per_day (of one day's demand, by the root of the week), observed_weeks, weeks (list of the 13 weekly totals, the
    oldest first). A series first sold within the window is judged from its first week on. `first`: the first day of
    each series, by series_id, where `history` holds only the window.
    """
    end = pd.Timestamp(as_of)
    start = end - pd.Timedelta(days=WEEKS * DAYS)
    series = np.asarray(history["series_id"].unique())
    recent = history[(history["ds"] >= start) & (history["ds"] < end)]
    week = ((recent["ds"] - start).dt.days // DAYS).to_numpy()
    codes = pd.Index(series).get_indexer(pd.Index(recent["series_id"]))
    weekly = np.zeros((len(series), WEEKS))
    np.add.at(weekly, (codes, week), recent["y"].to_numpy(float))
    starts = history.groupby("series_id")["ds"].min() if first is None else first
    return weekly_rates(weekly, pd.Series(starts.reindex(series), index=series), as_of)


def weekly_rates(weekly: npt.NDArray[np.float64], first: pd.Series, as_of: dt.date) -> pd.DataFrame:
    """`daily_rates` from the weekly totals themselves: a row a series, a column a week, the oldest first. `first`: the
    first day of each series, in their order, by series_id."""
    series = first.index.to_numpy()
    start = pd.Timestamp(as_of) - pd.Timedelta(days=WEEKS * DAYS)
    skipped = np.clip(((pd.to_datetime(first) - start).dt.days // DAYS).to_numpy(), 0, WEEKS)
    level = np.zeros(len(series))
    squares, count = np.zeros(len(series)), np.zeros(len(series))
    for at in range(WEEKS):
        begins, goes_on = skipped == at, skipped < at
        error = np.where(goes_on, weekly[:, at] - level, 0.0)
        squares += error**2
        count += goes_on
        level = np.where(begins, weekly[:, at], level + ALPHA * error)
    sd_week = np.sqrt(np.divide(squares, count, where=count > 0, out=np.zeros(len(series))))
    return pd.DataFrame(
        {
            "series_id": series,
            "mean_per_day": np.maximum(level, 0.0) / DAYS,
            "sd_per_day": sd_week / np.sqrt(DAYS),
            "observed_weeks": WEEKS - skipped,
            "weeks": [row.tolist() for row in weekly],
        }
    )
