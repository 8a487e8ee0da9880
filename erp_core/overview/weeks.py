"""How Home's numbers moved, week by week: the lines under the headline."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.company.views import Company
from erp_core.finance.amounts import currency_of, unit_costs_on
from erp_core.finance.views import read_rates, to_base
from erp_core.metrics.registry import METRICS
from erp_core.orders.sold import Sold
from erp_core.orders.views import Filters, order_days
from erp_core.overview.order_errors import errors_by_day
from erp_core.overview.views import of_categories
from erp_core.stock.views import average_stock, oversold_products

WEEK = 7
WEEKS_AT_MOST = 104
COLUMNS = (
    "week", "revenue", "turnover_month", "in_stock_rate", "orders_waiting", "cash_in_stock", "cancel_rate",
    "order_error_rate",
)  # fmt: skip
Floats = npt.NDArray[np.float64]


def weekly(connection: sa.Connection, company: Company, period: Period, filters: Filters) -> pd.DataFrame:
    """One row for each seven days (`COLUMNS`), the last ending with the period, at most the last 104; no part weeks.

    week: first day. The metrics of each week by their own formulas, money in the currency of the period's sums; missing
    where the week does not know it. `cash_in_stock`: the week's average stock at cost; `orders_waiting`: the orders of
    the week that wait now. A period below two weeks has no rows.
    """
    count = min(period.days // WEEK, WEEKS_AT_MOST)
    if count < 2:
        return pd.DataFrame(columns=list(COLUMNS))
    first = period.end - dt.timedelta(days=count * WEEK - 1)
    span = Period(first, period.end)
    days, rates = order_days(connection, span, filters), read_rates(connection)
    currency, lacking = currency_of(days, company.base_currency, rates)
    start = pd.Timestamp(first)

    def by_week(at: pd.Series, values: npt.NDArray[np.generic]) -> Floats:
        """Sums of what happened on days, by week."""
        return np.bincount((at - start).dt.days.to_numpy(np.int64) // WEEK, values.astype(float), count).astype(float)

    unknown = np.full(count, np.nan)
    result = dict.fromkeys(COLUMNS, unknown) | {"week": pd.date_range(first, periods=count, freq="7D")}
    if not days.empty:
        goods, _ = to_base(
            days["goods"].to_numpy(np.int64), days["currency"].to_numpy(object), days["ds"], currency, rates
        )
        result["revenue"] = unknown if lacking else by_week(days["ds"], goods)
        orders = by_week(days["ds"], days["orders"].to_numpy())
        result["orders_waiting"] = by_week(days["ds"], days["waiting"].to_numpy())
        cancelled = by_week(days["ds"], (days["cancelled"] + days["credit_notes"]).to_numpy())
        result["cancel_rate"] = _share(cancelled, cancelled + orders)
        wrong = errors_by_day(connection, span, filters)
        if wrong is not None:
            result["order_error_rate"] = _share(by_week(wrong["ds"], wrong["orders"].to_numpy()), orders)
    weeks = [
        Period(first + dt.timedelta(days=at * WEEK), first + dt.timedelta(days=at * WEEK + WEEK - 1))
        for at in range(count)
    ]
    sold = Sold(connection, span, filters, (currency, rates))
    stock = _stock(connection, sold, weeks, has_orders=not days.empty)
    return pd.DataFrame(result | stock)[list(COLUMNS)]


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, where=whole > 0, out=np.full(len(part), np.nan)))


def _stock(connection: sa.Connection, sold: Sold, weeks: list[Period], *, has_orders: bool) -> dict[str, Floats]:
    """turnover_month, in_stock_rate and cash_in_stock of each week."""
    oversold, count = oversold_products(connection), len(weeks)
    frames = []
    for number, week in enumerate(weeks):
        average = average_stock(connection, week)
        average = of_categories(connection, average[~average["product_id"].isin(oversold)], sold.filters)
        frames.append(average.assign(week=number, ds=pd.Timestamp(week.end)))
    every = pd.concat(frames, ignore_index=True)
    at = every["week"].to_numpy(np.int64)

    def by_week(column: str) -> Floats:
        return np.bincount(at, every[column].to_numpy(float), count).astype(float)

    worth = every.assign(value=unit_costs_on(every, sold.costs, sold.currency, sold.rates) * every["average_units"])
    worth = worth[worth["value"].notna()]
    turnover, cash = np.full(count, np.nan), np.full(count, np.nan)
    for key, valued in worth.groupby("week"):
        here = int(str(key))
        cash[here] = valued["value"].sum()
        if has_orders:
            sums = sold.moved(weeks[here], sold.over(weeks[here]))
            same = ~sold.is_charge & np.isin(sold.products, valued["product_id"])
            found = METRICS["turnover_month"].compute(float(sums.cost[same].sum()), cash[here], WEEK)
            turnover[here] = np.nan if found is None else found
    stocked = _share(by_week("in_stock_days"), by_week("known_days"))
    return {"turnover_month": turnover, "in_stock_rate": stocked, "cash_in_stock": cash}
