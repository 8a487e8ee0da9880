"""The numbers that the parts of the page Sales share, kept until the stored data change; see `reads`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.overview.sales import MEASURES, OF_ORDERS, Chain, SalesQuery, chain, is_money, sales_by, sales_over_time
from erp_core.overview.trend import compared, lengths_of
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_compact, format_money, format_number
from ui.filters import Chosen
from ui.guard import Visit
from ui.reads import moment

OTHERS: dict[str, Text] = {"previous": T("The period before"), "year_before": T("A year before")}


@dataclass(frozen=True)
class Reading:
    """What the page shows: what the bar says, the measure, what a row stands for, and the key of the caches."""

    chosen: Chosen
    measure: str
    by: str
    grain: str
    key: str

    @property
    def query(self) -> SalesQuery:
        """The period under the filters."""
        return SalesQuery(self.chosen.period, self.chosen.filters)

    @property
    def against(self) -> str:
        """The column that the bar compares with."""
        return "year_before" if self.chosen.before == self.chosen.period.year_before() else "previous"

    def others(self, currency: str) -> dict[str, SalesQuery]:
        """The periods to compare with that lie wholly after the first day with data, in the same currency."""
        period = self.chosen.period
        periods = {"previous": period.before(), "year_before": period.year_before()}
        query = replace(self.query, currency=currency)
        return {
            name: replace(query, period=other) for name, other in periods.items() if other.start >= self.chosen.first
        }

    @property
    def table_measure(self) -> str:
        """The measure of the breakdown: orders are not counted by category or SKU, revenue stands in their place."""
        return "revenue" if self.measure in OF_ORDERS and self.by != "channel" else self.measure


def key_of(visit: Visit) -> str:
    """Changes whenever what is stored may have changed."""
    return moment(visit).key


@st.cache_resource(max_entries=48, show_spinner=False)
def _over_time(_visit: Visit, key: str, query: SalesQuery, lengths: tuple[int, ...]) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return sales_over_time(connection, _visit.company, query, lengths)


@st.cache_resource(max_entries=48, show_spinner=False)
def _table(_visit: Visit, key: str, query: SalesQuery, by: str, costs: bool) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return sales_by(connection, _visit.company, query, by, costs)


@st.cache_resource(max_entries=24, show_spinner=False)
def _chain(_visit: Visit, key: str, query: SalesQuery) -> Chain:
    with _visit.database.reading() as connection:
        return chain(connection, _visit.company, query)


def time_of(visit: Visit, reading: Reading) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The period cut into its buckets, and the periods to compare with cut the same way."""
    lengths = lengths_of(reading.chosen.period, reading.grain)
    now = _over_time(visit, reading.key, reading.query, lengths)
    others = reading.others(now.attrs["currency"])
    return now, {name: _over_time(visit, reading.key, query, lengths) for name, query in others.items()}


def rows_of(visit: Visit, reading: Reading) -> pd.DataFrame:
    """The breakdown with the measure of the periods to compare with; margins for who may see costs."""
    now = _table(visit, reading.key, reading.query, reading.by, visit.actor.may(Permission.VIEW_COSTS))
    others = {
        name: _table(visit, reading.key, query, reading.by, False)
        for name, query in reading.others(now.attrs["currency"]).items()
    }
    return compared(now, others, reading.by, reading.table_measure)


def chain_of(visit: Visit, reading: Reading) -> Chain:
    """From gross to net."""
    return _chain(visit, reading.key, reading.query)


MEASURE_NAMES: dict[str, Text] = {name: METRICS[name].name for name in MEASURES}


def shown(visit: Visit, measure: str, value: float | None, currency: str, *, compact: bool = True) -> str:
    """A value of a measure in the reader's manner."""
    if value is None or pd.isna(value):
        return "–"
    if is_money(measure):
        return format_money(value, currency, visit.language, compact=compact)
    return format_compact(value, visit.language) if compact else format_number(value, visit.language)
