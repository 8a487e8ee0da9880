"""Where every product stands, and what to buy: read from the rollups, decided by the rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.views import bundles, latest_costs, products
from erp_core.company.views import Company
from erp_core.finance.views import read_rates
from erp_core.forecast.simple import WEEKS, weekly_rates
from erp_core.money import to_major
from erp_core.orders.sold import Sold
from erp_core.orders.views import Filters, data_span, order_days, sale_spans, weekly_units
from erp_core.planning import rules
from erp_core.planning.tables import purchase_choice
from erp_core.purchasing.views import on_order, supplier_terms
from erp_core.stock.views import totals_by_product
from erp_core.text import T, Text, say

RECENT_DAYS = 365


@dataclass(frozen=True)
class ReplenishmentOptions:
    """How to plan; None takes the company's default. `assume_zero`: uncounted stock counts as none."""

    as_of: dt.date | None = None
    service_level: float | None = None
    review_days: int | None = None
    assume_zero: bool = False
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True)
class Replenishment:
    """`lines`: what to buy, with every input; `suppliers`: one row a supplier; `excluded`: products left out, why."""

    as_of: dt.date
    service_level: float
    review_days: int
    lines: pd.DataFrame
    suppliers: pd.DataFrame
    excluded: pd.DataFrame


def planning_day(connection: sa.Connection, today: dt.date) -> dt.date:
    """The day to plan from: today, or the day after the last sale where the data end earlier."""
    span = data_span(connection)
    return today if span is None else min(today, span[1] + dt.timedelta(days=1))


def stock_position(
    connection: sa.Connection, company: Company, as_of: dt.date, filters: Filters | None = None
) -> pd.DataFrame:
    """One row a product that is sold or stocked. Bundles are left out: their products stand here, with what is sold of
    them in bundles in their demand.

    product_id, sku, name, category, on_hand (missing = unknown), available, reserved, on_order, shortfall, value and
    unit_cost (base currency, major units), cost_currency, unit_price (average of the last year, base currency),
    mean_per_day, sd_per_day, weeks, observed_weeks, days_of_cover, sells_out_on, order_by, days_since_sale, revenue
    (last year), abc, xyz, age, status, excess_units, supplier and its terms, with lead_time_known saying whether the
    lead time is the supplier's or the company's default.
    """
    filters = filters or Filters()
    frame = products(connection).merge(_stock(connection), on="product_id", how="left")
    frame = frame[~frame["product_id"].isin(bundles(connection)["parent_id"])]
    if filters.categories:
        frame = frame[frame["category"].isin(filters.categories)]
    spans = sale_spans(connection)
    frame = frame.merge(_demand(connection, as_of, spans["first"]), on="product_id", how="left")
    frame = frame.merge(_revenue(connection, company, as_of, filters), on="product_id", how="left")
    frame = frame.merge(_unit_costs(connection, company, as_of), on="product_id", how="left")
    frame = frame.merge(supplier_terms(connection), on="product_id", how="left")
    for name in ("mean_per_day", "sd_per_day", "observed_weeks", "revenue"):
        frame[name] = frame[name].fillna(0.0)
    none = [0.0] * WEEKS
    frame["weeks"] = [value if isinstance(value, list) else none for value in frame["weeks"]]
    ordered = on_order(connection).set_index("product_id")["on_order"]  # better known than what a count said of it
    frame["on_order"] = frame["product_id"].map(ordered).fillna(frame["on_order"])
    for name in ("reserved", "on_order", "shortfall"):
        frame[name] = frame[name].fillna(0).astype(np.int64)
    plan = company.planning
    frame["lead_time_known"] = frame["lead_time_days"].notna()
    frame["lead_time_days"] = frame["lead_time_days"].fillna(plan.lead_time_days).astype(int)
    frame["moq"] = frame["moq"].fillna(plan.moq).astype(int)
    frame["pack"] = frame["pack"].fillna(plan.pack).astype(int)
    last = pd.to_datetime(frame["product_id"].map(spans["last"]))
    frame["last_sale"] = last
    frame["days_since_sale"] = (pd.Timestamp(as_of) - last).dt.days.astype("Int64")
    frame = _covered(frame, as_of)
    frame["abc"] = rules.abc(frame["revenue"])
    frame["xyz"] = rules.xyz(frame["weeks"], frame["observed_weeks"])
    frame["age"] = rules.age_class(frame["days_since_sale"])
    frame = rules.stock_status(frame, plan.excess_days, plan.dead_days)
    return frame.reset_index(drop=True)


def _stock(connection: sa.Connection) -> pd.DataFrame:
    totals = totals_by_product(connection).rename(columns={"incoming": "on_order"})
    return totals[["product_id", "on_hand", "available", "reserved", "on_order", "shortfall", "value"]]


def _demand(connection: sa.Connection, as_of: dt.date, first: pd.Series) -> pd.DataFrame:
    ids, weekly = weekly_units(connection, as_of, WEEKS)
    return weekly_rates(weekly, pd.Series(first.reindex(ids), index=ids), as_of).rename(
        columns={"series_id": "product_id"}
    )


def _revenue(connection: sa.Connection, company: Company, as_of: dt.date, filters: Filters) -> pd.DataFrame:
    """What each product brought in the last year, in the base currency, or in the only one there is."""
    period = Period(as_of - dt.timedelta(days=RECENT_DAYS), as_of - dt.timedelta(days=1))
    used = order_days(connection, period, filters)["currency"].unique()
    base = str(used[0]) if len(used) == 1 else company.base_currency
    sold = Sold(connection, period, filters, (base, read_rates(connection)))
    sums = sold.over(period)
    price = np.divide(sums.revenue, sums.quantity, where=sums.quantity > 0, out=np.full(len(sums.quantity), np.nan))
    frame = pd.DataFrame({"product_id": sold.products, "revenue": sums.revenue, "unit_price_sold": price})
    return frame[sums.sold]


def _unit_costs(connection: sa.Connection, company: Company, as_of: dt.date) -> pd.DataFrame:
    costs = latest_costs(connection, as_of)
    rates = read_rates(connection)
    factor = {
        currency: rates.rate(str(currency), company.base_currency, as_of) for currency in costs["currency"].unique()
    }
    rate = costs["currency"].map({key: np.nan if value is None else float(value) for key, value in factor.items()})
    return pd.DataFrame({"product_id": costs["product_id"], "unit_cost": costs["unit_cost"] * rate.astype(float)})


def _covered(frame: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    mean = frame["mean_per_day"].to_numpy(float)
    available = frame["available"].astype("Float64").to_numpy(float, na_value=np.nan)
    cover = np.divide(available, mean, where=mean > 0, out=np.full(len(frame), np.nan))
    far = np.minimum(np.floor(cover), 3650)
    ends = pd.Timestamp(as_of) + pd.to_timedelta(pd.Series(far, index=frame.index), unit="D")
    latest = ends - pd.to_timedelta(frame["lead_time_days"], unit="D")
    order_by = latest.where(latest.isna() | (latest > pd.Timestamp(as_of)), pd.Timestamp(as_of))
    return frame.assign(days_of_cover=cover, sells_out_on=ends, order_by=order_by)


def replenishment(
    connection: sa.Connection, company: Company, options: ReplenishmentOptions, today: dt.date
) -> Replenishment:
    """What to buy, from whom, how much."""
    as_of = options.as_of or planning_day(connection, today)
    return plan_of(stock_position(connection, company, as_of, options.filters), company, options, as_of)


def plan_of(position: pd.DataFrame, company: Company, options: ReplenishmentOptions, as_of: dt.date) -> Replenishment:
    """The plan for products that stand as `stock_position` says; changes nothing in it."""
    service = options.service_level or company.planning.service_level
    review = options.review_days or company.planning.review_days
    position = position.copy()
    unknown = position["on_hand"].isna()
    if options.assume_zero:
        position["on_hand"] = position["on_hand"].fillna(0)
        unknown = unknown & False
    idle = position["mean_per_day"] <= 0
    counted_idle = idle & position["on_hand"].notna()
    excluded = position[(unknown & ~idle) | counted_idle]
    excluded = excluded.assign(reason=np.where(counted_idle[excluded.index], "no_demand", "uncounted"))
    excluded = excluded[["product_id", "sku", "name", "mean_per_day", "reason"]]
    ready = position[~unknown & ~idle].copy()
    ready["on_hand"] = ready["on_hand"].astype(np.int64)
    planned = rules.reorder(ready, service, review)
    lines = planned[planned["suggested"] > 0].copy()
    lines["supplier"] = lines["supplier"].fillna("")
    price = lines["unit_price"].where(lines["unit_price"].notna(), lines["unit_cost"])
    lines["price"] = price
    lines["price_currency"] = lines["currency"].where(lines["unit_price"].notna(), company.base_currency)
    lines["line_cost"] = price * lines["suggested"]
    margin = (lines["unit_price_sold"] - lines["unit_cost"]).clip(lower=0).fillna(lines["unit_price_sold"])
    lines["protects"] = rules.lost_units(lines) * margin.fillna(0.0)
    lines = lines.sort_values(["supplier", "order_by", "sku"]).reset_index(drop=True)
    return Replenishment(as_of, service, review, lines, _suppliers(lines), excluded.reset_index(drop=True))


def _suppliers(lines: pd.DataFrame) -> pd.DataFrame:
    """Per supplier and currency: products, total, minimum (major units), whether it is reached, order_by, protects."""
    rows = []
    for (supplier, currency), group in lines.groupby(["supplier", "price_currency"], sort=True):
        minimum = group["minimum_order"].dropna()
        own = group["supplier_currency"].dropna()
        least = (
            float(to_major(int(minimum.iloc[0]), str(own.iloc[0] if len(own) else currency))) if len(minimum) else None
        )
        total = float(group["line_cost"].sum(min_count=1)) if group["line_cost"].notna().any() else None
        rows.append(
            {
                "supplier": supplier,
                "currency": currency,
                "products": len(group),
                "total": total,
                "unpriced": int(group["line_cost"].isna().sum()),
                "minimum": least,
                "reached": None if least is None or total is None else total >= least,
                "order_by": group["order_by"].min(),
                "protects": float(group["protects"].sum()),
            }
        )
    columns = ["supplier", "currency", "products", "total", "unpriced", "minimum", "reached", "order_by", "protects"]
    return pd.DataFrame(rows, columns=columns)


def choices(connection: sa.Connection, as_of: dt.date) -> dict[int, int]:
    """The quantities that a buyer chose for the plan of a day, by product."""
    query = (
        sa.select(purchase_choice.c.product_id, purchase_choice.c.chosen)
        .where(purchase_choice.c.as_of == as_of)
        .order_by(purchase_choice.c.id)
    )
    return {int(product_id): int(chosen) for product_id, chosen in connection.execute(query)}


LIST_COLUMNS = (
    "supplier", "sku", "supplier_sku", "name", "quantity", "suggested", "pack", "moq", "price", "currency", "line_cost",
    "order_by", "on_hand", "reserved", "on_order", "mean_per_day", "sd_per_day", "lead_time_days", "safety_stock",
    "reorder_point", "reason",
)  # fmt: skip


def purchase_list(plan: Replenishment, chosen: dict[int, int], language: str) -> pd.DataFrame:
    """The list to send (`LIST_COLUMNS`): chosen quantities where a buyer chose, nothing where that is 0; money in the
    line's currency, major units; `reason` in the reader's language."""
    lines = plan.lines
    quantity = lines["product_id"].map(chosen).fillna(lines["suggested"]).astype(np.int64)
    table = lines.assign(
        quantity=quantity,
        currency=lines["price_currency"],
        line_cost=(lines["price"] * quantity).round(2),
        order_by=lines["order_by"].dt.date,
        reason=[say(rules.explain(row), language) for _, row in lines.iterrows()],
    )
    return table.loc[quantity > 0, list(LIST_COLUMNS)].reset_index(drop=True)


def to_json(plan: Replenishment, rows: pd.DataFrame, language: str) -> dict[str, Any]:
    """The plan for programs: settings, lines, suppliers, what was left out and why."""
    reasons = {key: say(text, language) for key, text in EXCLUSIONS.items()}
    return {
        "as_of": plan.as_of.isoformat(),
        "service_level": plan.service_level,
        "review_days": plan.review_days,
        "lines": _records(rows),
        "suppliers": _records(plan.suppliers),
        "excluded": _records(plan.excluded.assign(reason=plan.excluded["reason"].map(reasons))),
    }


def why(row: pd.Series) -> Text:
    """The formula of one line of the plan with its numbers in it, in words."""
    return rules.explain(row)


def reorder_point_of(row: pd.Series, company: Company) -> float | None:
    """The reorder point of one row of `stock_position` by the company's defaults; None while its stock is unknown."""
    if pd.isna(row["on_hand"]):
        return None
    one = row.to_frame().T.assign(on_hand=int(row["on_hand"]))
    planned = rules.reorder(one, company.planning.service_level, company.planning.review_days)
    return float(planned["reorder_point"].iloc[0])


EXCLUSIONS: dict[str, Text] = {
    "uncounted": T("Its stock is unknown: count it first."),
    "no_demand": T("It did not sell in the last 13 weeks."),
}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.Timestamp | dt.date):
        return str(value)[:10]
    return value
