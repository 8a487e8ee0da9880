"""What pages read again and again, kept until the stored data or the settings change.

Keys are versions and filters. Frames are handed out as they are kept, not copied: whoever gets one must not write into
it. Every cache has a bound.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from erp_core.calendar import Period
from erp_core.clock import today
from erp_core.orders.views import Filters, revision
from erp_core.overview import quality
from erp_core.overview.views import (
    MetricValue,
    changes,
    kpis,
    revenue_by_month,
    standing,
    turnover_by_month,
    turnover_of_products,
)
from erp_core.overview.weeks import weekly
from erp_core.planning.views import planning_day, stock_position
from ui.filters import Chosen
from ui.guard import Visit


@dataclass(frozen=True)
class Moment:
    """What stands now: `key` changes with the stored data, `now` is today, `as_of` the day to plan from."""

    key: str
    now: dt.date
    as_of: dt.date


def moment(visit: Visit) -> Moment:
    """The version of the data that this run of a page shows."""
    now = today(visit.clock, visit.company.time_zone)
    with visit.database.reading() as connection:
        return Moment(f"{visit.settings.database_url}:{revision(connection)}", now, planning_day(connection, now))


@st.cache_resource(max_entries=6, show_spinner=False)
def _position(_visit: Visit, key: str, as_of: dt.date, filters: Filters) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return stock_position(connection, _visit.company, as_of, filters)


def position(visit: Visit, filters: Filters | None = None) -> pd.DataFrame:
    """`planning.views.stock_position` as of now."""
    at = moment(visit)
    return _position(visit, at.key, at.as_of, filters or Filters())


@dataclass(frozen=True)
class Numbers:
    """The company's numbers over a period, their change against another one, and revenue by month in `currency`."""

    now: dict[str, MetricValue]
    changes: dict[str, float | None]
    months: pd.DataFrame
    currency: str


@st.cache_resource(max_entries=64, show_spinner=False)
def _numbers(_visit: Visit, key: str, chosen: Chosen, at: Moment) -> Numbers:
    here = _position(_visit, key, at.as_of, chosen.filters)
    with _visit.database.reading() as connection:
        current = kpis(connection, _visit.company, chosen.period, chosen.filters, None)
        currency = current["cash_in_stock"].currency or _visit.company.base_currency
        current |= standing(connection, _visit.company, here, at.now, currency)
        months = revenue_by_month(connection, _visit.company, chosen.period, chosen.filters)
        moved: dict[str, float | None] = {}
        if chosen.before.start >= chosen.first:
            moved = changes(current, kpis(connection, _visit.company, chosen.before, chosen.filters, None))
    return Numbers(current, moved, months, months.attrs["currency"])


def numbers(visit: Visit, chosen: Chosen) -> Numbers:
    """The numbers of what the filter bar says; no changes where the other period lies before the first data."""
    at = moment(visit)
    return _numbers(visit, at.key, chosen, at)


@st.cache_resource(max_entries=32, show_spinner=False)
def _weeks(_visit: Visit, key: str, chosen: Chosen) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return weekly(connection, _visit.company, chosen.period, chosen.filters)


def weeks(visit: Visit, chosen: Chosen) -> pd.DataFrame:
    """`overview.weeks.weekly` of what the filter bar says."""
    return _weeks(visit, moment(visit).key, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _turnover(_visit: Visit, key: str, chosen: Chosen) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return turnover_by_month(connection, _visit.company, chosen.period, chosen.filters)


def turnover(visit: Visit, chosen: Chosen) -> pd.DataFrame:
    """`overview.views.turnover_by_month` of what the filter bar says."""
    return _turnover(visit, moment(visit).key, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _turnover_rows(_visit: Visit, key: str, month: Period, filters: Filters) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return turnover_of_products(connection, _visit.company, month, filters)


def turnover_rows(visit: Visit, month: Period, filters: Filters) -> pd.DataFrame:
    """`overview.views.turnover_of_products` of a month."""
    return _turnover_rows(visit, moment(visit).key, month, filters)


@st.cache_resource(max_entries=4, show_spinner=False)
def _gaps(_visit: Visit, key: str) -> tuple[quality.Gap, ...]:
    with _visit.database.reading() as connection:
        return quality.gaps(connection, _visit.company)


def gaps(visit: Visit) -> tuple[quality.Gap, ...]:
    """What is missing in the stored data (`overview.quality.gaps`)."""
    return _gaps(visit, moment(visit).key)
