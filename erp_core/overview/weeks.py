"""How Home's numbers moved, week by week: the lines under the headline."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import DAYS_PER_MONTH, Period
from erp_core.catalog.views import costs
from erp_core.company.views import Company
from erp_core.finance.views import read_rates, to_base
from erp_core.orders.views import Filters, order_days, product_sales
from erp_core.overview.amounts import currency_of, unit_costs_on
from erp_core.overview.order_errors import errors_by_day
from erp_core.stock.views import daily_levels, oversold_products

WEEK = 7
WEEKS_AT_MOST = 104
COLUMNS = (
    "week", "revenue", "turnover_month", "in_stock_rate", "orders_waiting", "cash_in_stock", "cancel_rate",
    "order_error_rate",
)  # fmt: skip
Floats = npt.NDArray[np.float64]


def weekly(connection: sa.Connection, company: Company, period: Period, filters: Filters) -> pd.DataFrame:
    """One row for each seven days (`COLUMNS`), the last ending with the period, at most the last 104; no part weeks.

    week: first day. Money in the currency of the period's sums. A value is missing where the week does not know it.
    Stock is taken day by day at today's unit costs; `cash_in_stock` is that of the week's last day, `orders_waiting`
    the orders of the week that wait now. A period below two weeks has no rows.
    """
    count = min(period.days // WEEK, WEEKS_AT_MOST)
    if count < 2:
        return pd.DataFrame(columns=list(COLUMNS))
    last = pd.Timestamp(period.end)
    first = last - pd.Timedelta(days=count * WEEK - 1)
    span = Period(first.date(), last.date())
    days = order_days(connection, span, filters)
    rates = read_rates(connection)
    currency, lacking = currency_of(days, company.base_currency, rates)
    frame = pd.DataFrame({"week": pd.date_range(first, periods=count, freq="7D")})

    def by_week(at: pd.Series, values: Floats | npt.NDArray[np.int64]) -> Floats:
        weeks = ((at - first).dt.days // WEEK).to_numpy()
        return np.bincount(weeks, np.asarray(values, float), count)

    if days.empty:
        revenue = waiting = cancelled = orders = np.full(count, np.nan)
    else:
        goods, _ = to_base(
            days["goods"].to_numpy(np.int64), days["currency"].to_numpy(object), days["ds"], currency, rates
        )
        revenue = np.full(count, np.nan) if lacking else by_week(days["ds"], goods)
        orders, waiting = (by_week(days["ds"], days[name].to_numpy()) for name in ("orders", "waiting"))
        cancelled = by_week(days["ds"], (days["cancelled"] + days["credit_notes"]).to_numpy())
    wrong = errors_by_day(connection, span, filters)
    frame["revenue"] = revenue
    frame["orders_waiting"] = waiting
    frame["cancel_rate"] = _share(cancelled, cancelled + orders)
    frame["order_error_rate"] = np.nan if wrong is None else _share(by_week(wrong["ds"], wrong["orders"]), orders)
    stock = _stock(connection, span, filters, currency)
    return frame.assign(**stock)[list(COLUMNS)]


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, where=whole > 0, out=np.full(len(part), np.nan))


def _stock(connection: sa.Connection, span: Period, filters: Filters, currency: str) -> dict[str, Floats]:
    """turnover_month, in_stock_rate and cash_in_stock of each week."""
    weeks, days = span.days // WEEK, span.days
    unknown = np.full(weeks, np.nan)
    result = {"turnover_month": unknown, "in_stock_rate": unknown, "cash_in_stock": unknown}
    steps = daily_levels(connection, span.start, span.end)
    steps = steps[~steps["product_id"].isin(oversold_products(connection))]
    sales = product_sales(connection, span, filters, by_day=True)
    sales = sales[~sales["is_charge"] & (sales["quantity"] != 0)]
    if filters.categories or filters.channels:
        steps = steps[steps["product_id"].isin(sales["product_id"])]
    if steps.empty:
        return result
    at = (steps["ds"] - pd.Timestamp(span.start)).dt.days.to_numpy()
    pair = steps.groupby(["product_id", "location_id"], sort=False).ngroup().to_numpy()
    ends = np.append(np.where(pair[1:] == pair[:-1], at[1:], days), days)

    def per_day(amount: Floats) -> Floats:
        """The sum on each day of amounts that hold from a step's day to the next."""
        change = np.zeros(days + 1)
        np.add.at(change, at, amount)
        np.add.at(change, ends, -amount)
        return np.cumsum(change[:-1])

    level = steps["on_hand"].to_numpy(float)
    held, rates = costs(connection), read_rates(connection)
    ones = np.ones(len(steps))
    known = per_day(ones).reshape(weeks, WEEK).sum(axis=1)
    result["in_stock_rate"] = _share(per_day(ones * (level > 0)).reshape(weeks, WEEK).sum(axis=1), known)
    unit = unit_costs_on(steps.assign(ds=pd.Timestamp(span.end)), held, currency, rates)
    costed = ~np.isnan(unit)
    if not costed.any():
        return result
    value = per_day(np.where(costed, level * np.nan_to_num(unit), 0.0)).reshape(weeks, WEEK)
    counted = per_day(ones * costed).reshape(weeks, WEEK)
    value = np.where(counted > 0.5, value, np.nan)
    result["cash_in_stock"] = value[:, -1]
    firsts = pd.Series(at[costed]).groupby(steps["product_id"].to_numpy()[costed]).min()
    sold = sales.assign(day=(sales["ds"] - pd.Timestamp(span.start)).dt.days, first=sales["product_id"].map(firsts))
    sold = sold.assign(week=sold["day"] // WEEK)
    sold = sold[sold["first"].notna() & (sold["first"] // WEEK <= sold["week"])]
    cost = unit_costs_on(sold, held, currency, rates) * sold["quantity"].to_numpy(float)
    cogs = np.bincount(sold["week"].to_numpy(), cost, weeks)
    average = np.nanmean(value, axis=1, where=~np.isnan(value)) if len(value) else unknown
    result["turnover_month"] = _share(cogs, average) / (WEEK / DAYS_PER_MONTH)
    return result
