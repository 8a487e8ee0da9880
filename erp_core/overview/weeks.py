"""How Home's numbers moved, week by week: the lines under the headline."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.company.views import Company
from erp_core.finance.amounts import currency_of
from erp_core.finance.views import read_rates, to_base
from erp_core.metrics.registry import METRICS
from erp_core.orders.sold import Sold
from erp_core.orders.views import Filters, order_days
from erp_core.overview.order_errors import errors_by_day
from erp_core.overview.views import average_value, of_categories
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


def _stock(connection: sa.Connection, sold: Sold, weeks: list[Period], *, has_orders: bool) -> dict[str, list[float]]:
    """turnover_month, in_stock_rate and cash_in_stock of each week."""
    oversold = oversold_products(connection)
    found: dict[str, list[float]] = {"turnover_month": [], "in_stock_rate": [], "cash_in_stock": []}
    for week in weeks:
        average = average_stock(connection, week)
        average = of_categories(connection, average[~average["product_id"].isin(oversold)], sold.filters)
        worth = average_value(average, sold.costs, week, sold.currency, sold.rates)
        value = float(worth["value"].sum()) if len(worth) else None
        turnover = None
        if has_orders and value is not None:
            sums = sold.moved(week, sold.over(week))
            same = ~sold.is_charge & np.isin(sold.products, worth["product_id"])
            turnover = METRICS["turnover_month"].compute(float(sums.cost[same].sum()), value, week.days)
        stocked = METRICS["in_stock_rate"].compute(average["in_stock_days"].sum(), average["known_days"].sum())
        for name, number in (("turnover_month", turnover), ("in_stock_rate", stocked), ("cash_in_stock", value)):
            found[name].append(np.nan if number is None else number)
    return found
