"""The company's numbers: every metric of the registry evaluated over a period, and what Home shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.views import costs as catalog_costs
from erp_core.catalog.views import products
from erp_core.company.views import Company
from erp_core.finance.amounts import currency_of, missing_rates, unit_costs_on
from erp_core.finance.views import Rates, knows_fees, read_rates, to_base
from erp_core.metrics.formulas import ratio
from erp_core.metrics.registry import METRICS
from erp_core.money import decimals
from erp_core.orders.sold import ProductSums, Sold
from erp_core.orders.views import Filters, buyers, data_span, order_days
from erp_core.overview.contribution import ASKED_FOR, lacking_texts, summary
from erp_core.planning.views import planning_day, stock_position
from erp_core.stock.tables import daily_stock
from erp_core.stock.views import average_stock, oversold_products
from erp_core.text import T, Text, say

__all__ = ["Filters", "MetricValue", "kpis", "revenue_by_month", "turnover_by_month"]

STANDING = ("shortage", "excess", "dead_stock", "cash_in_stock")
NO_ORDERS = T("orders: import your sales")
NO_COSTS = T("unit costs: import a product or stock list with costs")
NO_COUNTS = T("a stock count: import a stock list")


@dataclass(frozen=True)
class MetricValue:
    """One number. `value` None = cannot be computed; `missing` says what lacks, wholly or in part."""

    key: str
    value: float | int | None
    unit: str
    currency: str | None
    missing: tuple[Text, ...] = ()

    def to_json(self, language: str) -> dict[str, Any]:
        """The contract's form."""
        value = self.value
        if value is not None and self.currency is not None:
            value = round(float(value), decimals(self.currency))
        elif isinstance(value, float):
            value = round(value, 6)
        return {
            "value": value,
            "unit": self.unit,
            "currency": self.currency,
            "missing": [say(text, language) for text in self.missing],
        }


@dataclass(frozen=True)
class _Money:
    """Amounts in one currency: the base, or the only one there is; `missing` where a rate lacks."""

    currency: str
    missing: tuple[Text, ...]


def full_period(connection: sa.Connection, today: dt.date) -> Period:
    """From the first to the last day with orders or known stock; today alone without any."""
    span = data_span(connection)
    stock = connection.execute(sa.select(sa.func.min(daily_stock.c.ds), sa.func.max(daily_stock.c.ds))).one()
    days = [day for day in (*(span or ()), *stock) if day is not None]
    return Period(min(days), max(days)) if days else Period(today, today)


def kpis(
    connection: sa.Connection, company: Company, period: Period | None, filters: Filters, today: dt.date | None
) -> dict[str, MetricValue]:
    """Every metric over `period` (None: all data). Money in the base currency at the day's rate, or in the only
    currency there is. `today` None leaves out what stands now and does not belong to a period (`STANDING`)."""
    if period is None and today is None:
        raise ValueError("all data needs the day of today")
    span = period or full_period(connection, today or dt.date.max)
    facts = _Facts(connection, company, span, filters)
    values: dict[str, tuple[float | int | None, tuple[Text, ...]]] = {}
    values |= facts.sales_numbers()
    values |= facts.margin_numbers()
    values |= facts.contribution_numbers()
    values |= facts.stock_numbers()
    values |= dict.fromkeys(STANDING, (None, ()))
    if today is not None:
        position = stock_position(connection, company, planning_day(connection, today), filters)
        values |= _position_numbers(position, company, today, (facts.currency, facts.rates))
    customers, repeat, nameless = buyers(connection, span, filters)
    lacks = (T("the customer of {count} orders", count=nameless),) if nameless else ()
    has_orders = facts.has_orders
    values["customers"] = (customers, lacks) if has_orders else (None, (NO_ORDERS,))
    values["repeat_customer_rate"] = (
        (METRICS["repeat_customer_rate"].compute(repeat, customers), lacks) if has_orders else (None, (NO_ORDERS,))
    )
    return {
        key: MetricValue(
            key, values[key][0], metric.unit, facts.currency if metric.unit == "money" else None, values[key][1]
        )
        for key, metric in METRICS.items()
    }


def standing(
    connection: sa.Connection, company: Company, position: pd.DataFrame, today: dt.date, currency: str
) -> dict[str, MetricValue]:
    """What stands now (`STANDING`), from a stock position at hand, in `currency`: what `kpis` adds for today."""
    values = _position_numbers(position, company, today, (currency, read_rates(connection)))
    return {
        key: MetricValue(key, value, METRICS[key].unit, currency if METRICS[key].unit == "money" else None, missing)
        for key, (value, missing) in values.items()
    }


class _Facts:
    """What the rollups say of a period, in one currency."""

    def __init__(self, connection: sa.Connection, company: Company, period: Period, filters: Filters) -> None:
        self.connection, self.company, self.period, self.filters = connection, company, period, filters
        self.rates = read_rates(connection)
        self.days = order_days(connection, period, filters)
        self.has_orders = not self.days.empty
        self.currency, lacking = currency_of(self.days, company.base_currency, self.rates)
        self.rates_missing = missing_rates(lacking, self.currency)

    @cached_property
    def sold(self) -> Sold:
        """What products sold, over any days of the period."""
        return Sold(self.connection, self.period, self.filters, (self.currency, self.rates))

    @cached_property
    def sums(self) -> ProductSums:
        """The same over the whole period."""
        return self.sold.over(self.period)

    @cached_property
    def moved(self) -> ProductSums:
        """`sums` by what left the warehouse."""
        return self.sold.moved(self.period, self.sums)

    def money_of_days(self, column: str) -> np.ndarray:
        """A column of `days` in the currency."""
        amounts, _ = to_base(
            self.days[column].to_numpy(np.int64), self.days["currency"].to_numpy(object), self.days["ds"],
            self.currency, self.rates,
        )  # fmt: skip
        return amounts

    def sales_numbers(self) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
        """What orders alone say."""
        names = ("revenue", "net_revenue", "refunds", "credit_notes", "charges", "orders", "orders_waiting", "units",
                 "average_order_value", "return_rate", "cancel_rate")  # fmt: skip
        if not self.has_orders:
            return dict.fromkeys(names, (None, (NO_ORDERS,)))
        sums, lacks = self.sums, self.rates_missing
        goods, charges = ~self.sold.is_charge, self.sold.is_charge

        def total(amounts: np.ndarray, of: np.ndarray) -> float | None:
            return None if lacks else float(amounts[of].sum())

        revenue, refunds, credits = (total(each, goods) for each in (sums.revenue, sums.refunded, sums.credited))
        orders = int(self.days["orders"].sum())
        cancelled = int(self.days["cancelled"].sum() + self.days["credit_notes"].sum())
        back = None if refunds is None or credits is None else refunds + credits
        return {
            "revenue": (revenue, lacks),
            "net_revenue": (METRICS["net_revenue"].compute(revenue, refunds, credits), lacks),
            "refunds": (refunds, lacks),
            "credit_notes": (credits, lacks),
            "charges": (total(sums.revenue, charges), lacks),
            "orders": (orders, ()),
            "orders_waiting": (int(self.days["waiting"].sum()), ()),
            "units": (int(sums.quantity[goods].sum()), ()),
            "average_order_value": (METRICS["average_order_value"].compute(revenue, orders), lacks),
            "return_rate": (METRICS["return_rate"].compute(back, revenue), lacks),
            "cancel_rate": (METRICS["cancel_rate"].compute(cancelled, orders + cancelled), ()),
        }

    def margin_numbers(self) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
        """What orders and costs say; both sides over the same products."""
        names = ("cogs", "gross_margin", "gross_margin_share")
        if not self.has_orders:
            return dict.fromkeys(names, (None, (NO_ORDERS,)))
        if self.sold.costs.empty:
            return dict.fromkeys(names, (None, (NO_COSTS,)))
        sums, goods = self.sums, ~self.sold.is_charge
        lacking = int((sums.lacks_cost & goods).sum())
        costed = ((sums.cost != 0) | (sums.costed_revenue != 0)) & goods
        if not costed.any():
            return dict.fromkeys(names, (None, (NO_COSTS,)))
        share = self._uncosted_share() or 0.0
        lacks = (
            (T("the unit cost of {count} products ({share} of revenue)", count=lacking, share=f"{share:.1%}"),)
            if lacking
            else ()
        )
        cogs = float(sums.cost[goods].sum())
        revenue = None if self.rates_missing else float(sums.costed_revenue[goods].sum())
        margin = METRICS["gross_margin"].compute(revenue, cogs)
        return {
            "cogs": (cogs, lacks),
            "gross_margin": (margin, lacks + self.rates_missing),
            "gross_margin_share": (METRICS["gross_margin_share"].compute(margin, revenue), lacks + self.rates_missing),
        }

    def contribution_numbers(self) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
        """What is left when everyone has had their share; unknown unless every part of it is known."""
        names = ("contribution", "contribution_share")
        if not self.has_orders:
            return dict.fromkeys(names, (None, (NO_ORDERS,)))
        if knows_fees(self.connection):
            found = summary(self.connection, self.company, self.period, self.filters)
            lacks = lacking_texts({k: share for k, share in found["unknown_share"].items() if k != "revenue"})
            lacks += self.rates_missing
            return {
                name: (found["totals"][key], lacks) for name, key in zip(names, ("contribution", "share"), strict=True)
            }
        # nobody has told of any fee: that is said without reading every order
        unknown = {"cost": self._uncosted_share()} | dict.fromkeys(ASKED_FOR, 1.0)
        lacks = lacking_texts({name: share for name, share in unknown.items() if share != 0}) + self.rates_missing
        return dict.fromkeys(names, (None, lacks))

    def _uncosted_share(self) -> float | None:
        """The share of revenue without a unit cost; None where it cannot be said, 0 where nothing lacks."""
        sums, goods = self.sums, ~self.sold.is_charge
        if not (sums.lacks_cost & goods).any():
            return 0.0
        whole = float(sums.revenue[goods].sum())
        return ratio(whole - float(sums.costed_revenue[goods].sum()), whole)

    def stock_numbers(self) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
        """What counts say, with costs and orders; turnover over products whose stock and cost are both known."""
        average = average_stock(self.connection, self.period)
        oversold = average["product_id"].isin(oversold_products(self.connection))
        average = average[~oversold]  # more was sold than counts and receipts account for: their level is not known
        average = of_categories(self.connection, average, self.filters)
        valued = ("average_inventory_value", "turnover_month", "turnover_year", "days_of_inventory", "gmroi")
        counted = ("average_inventory_units", "in_stock_rate", "sell_through")
        doubtful: tuple[Text, ...] = ()
        if oversold.any():
            doubtful = (T("receipts or a new count of {count} products", count=int(oversold.sum())),)
        if average.empty:
            return dict.fromkeys((*valued, *counted), (None, doubtful or (NO_COUNTS,)))
        numbers: dict[str, tuple[float | int | None, tuple[Text, ...]]] = {
            "average_inventory_units": (float(average["average_units"].sum()), doubtful),
            "in_stock_rate": (
                METRICS["in_stock_rate"].compute(average["in_stock_days"].sum(), average["known_days"].sum()),
                (),
            ),
            "sell_through": self._sell_through(average),
        }
        worth = average_value(average, self.sold.costs, self.period, self.currency, self.rates)
        if worth.empty:
            return numbers | dict.fromkeys(valued, (None, (NO_COSTS,)))
        value = float(worth["value"].sum())
        uncosted = len(average) - len(worth)
        lacks = doubtful
        if uncosted:
            lacks += (T("the unit cost of {count} products in stock", count=uncosted),)
        if not self.has_orders:
            return numbers | dict.fromkeys(valued, (None, (NO_ORDERS,))) | {"average_inventory_value": (value, lacks)}
        moved, days = self.moved, self.period.days
        goods, ids = ~self.sold.is_charge, self.sold.products
        same = goods & np.isin(ids, worth["product_id"])
        sold_uncounted = int((goods & ~np.isin(ids, average["product_id"]) & (moved.quantity != 0)).sum())
        if sold_uncounted:
            lacks += (T("the stock of {count} products that were sold", count=sold_uncounted),)
        cogs, money = float(moved.cost[same].sum()), float(moved.costed_revenue[same].sum())
        margin = METRICS["gross_margin"].compute(None if self.rates_missing else money, cogs)
        return numbers | {
            "average_inventory_value": (value, lacks),
            "turnover_month": (METRICS["turnover_month"].compute(cogs, value, days), lacks),
            "turnover_year": (METRICS["turnover_year"].compute(cogs, value, days), lacks),
            "days_of_inventory": (METRICS["days_of_inventory"].compute(cogs, value, days), lacks),
            "gmroi": (METRICS["gmroi"].compute(margin, value), lacks),
        }

    def _sell_through(self, average: pd.DataFrame) -> tuple[float | None, tuple[Text, ...]]:
        if not self.has_orders:
            return None, (NO_ORDERS,)
        counted = ~self.sold.is_charge & np.isin(self.sold.products, average["product_id"])
        units = int(self.moved.quantity[counted].sum())
        return METRICS["sell_through"].compute(units, int(average["closing"].sum())), ()


def of_categories(connection: sa.Connection, rows: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows (product_id) of products in the filters' categories."""
    if not filters.categories:
        return rows
    wanted = products(connection)
    wanted = wanted[wanted["category"].isin(filters.categories)]
    return rows[rows["product_id"].isin(wanted["product_id"])]


def average_value(
    average: pd.DataFrame, held: pd.DataFrame, period: Period, currency: str, rates: Rates
) -> pd.DataFrame:
    """Average stock at the cost in force at the period's end: product_id, value; only products with a cost."""
    rows = average.assign(ds=pd.Timestamp(period.end))
    worth = rows.assign(value=unit_costs_on(rows, held, currency, rates) * rows["average_units"])
    return worth.loc[worth["value"].notna(), ["product_id", "value"]]


def _position_numbers(
    position: pd.DataFrame, company: Company, today: dt.date, money: tuple[str, Rates]
) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
    """What stands now: shortage, excess, dead stock, cash in stock."""
    known = position[position["on_hand"].notna()]
    if known.empty:
        return dict.fromkeys(("shortage", "excess", "dead_stock", "cash_in_stock"), (None, (NO_COUNTS,)))
    short = known["status"].isin(["short", "out"]).sum()
    uncounted = int((position["on_hand"].isna() & (position["mean_per_day"] > 0)).sum())
    lacks = (T("the stock of {count} products that sell", count=uncounted),) if uncounted else ()
    numbers: dict[str, tuple[float | int | None, tuple[Text, ...]]] = {"shortage": (int(short), lacks)}
    if known["unit_cost"].isna().all():
        return numbers | dict.fromkeys(("excess", "dead_stock", "cash_in_stock"), (None, (NO_COSTS,)))
    uncosted = int(known["unit_cost"].isna().sum())
    gaps = (T("the unit cost of {count} products in stock", count=uncosted),) if uncosted else ()
    currency, rates = money
    factor = rates.rate(company.base_currency, currency, today)
    if factor is None:
        lacking = T("the rate {currency} → {base}", currency=company.base_currency, base=currency)
        return numbers | dict.fromkeys(("excess", "dead_stock", "cash_in_stock"), (None, (lacking,)))
    scale = float(factor)
    dead = known[known["status"] == "dead"]
    return numbers | {
        "excess": (float((known["excess_units"] * known["unit_cost"]).sum()) * scale, gaps),
        "dead_stock": (float((dead["on_hand"].astype(float) * dead["unit_cost"]).sum()) * scale, gaps),
        "cash_in_stock": (float((known["on_hand"].astype(float) * known["unit_cost"]).sum()) * scale, gaps),
    }


def months_of(period: Period) -> list[Period]:
    """The calendar months of a period, cut to it."""
    starts = pd.period_range(period.start, period.end, freq="M")
    return [Period(max(m.start_time.date(), period.start), min(m.end_time.date(), period.end)) for m in starts]


def turnover_by_month(connection: sa.Connection, company: Company, period: Period, filters: Filters) -> pd.DataFrame:
    """month (first day), turnover (times a month; missing where unknown), for each calendar month of the period.

    The same formula as the metric, over products whose stock and cost are known in the month."""
    facts = _Facts(connection, company, period, filters)
    sold = facts.sold if facts.has_orders else None
    left_out = oversold_products(connection)
    held = catalog_costs(connection)
    rows = []
    for month in months_of(period):
        average = average_stock(connection, month)
        average = of_categories(connection, average[~average["product_id"].isin(left_out)], filters)
        worth = average_value(average, held, month, facts.currency, facts.rates)
        turnover = None
        ordered = facts.days["ds"].between(pd.Timestamp(month.start), pd.Timestamp(month.end)).any()
        if sold is not None and ordered and len(worth):
            moved = sold.moved(month, sold.over(month))
            same = ~sold.is_charge & np.isin(sold.products, worth["product_id"])
            cogs = float(moved.cost[same].sum())
            turnover = METRICS["turnover_month"].compute(cogs, float(worth["value"].sum()), month.days)
        rows.append({"month": month.start, "turnover": turnover})
    return pd.DataFrame(rows, columns=["month", "turnover"]).astype({"turnover": float})


def revenue_by_month(connection: sa.Connection, company: Company, period: Period, filters: Filters) -> pd.DataFrame:
    """month (first day), revenue in the currency given by `attrs['currency']`, orders."""
    facts = _Facts(connection, company, period, filters)
    days = facts.days
    money = facts.money_of_days("goods") if not facts.rates_missing else np.full(len(days), np.nan)
    month = days["ds"].dt.to_period("M").dt.to_timestamp()
    frame = (
        days.assign(month=month, revenue=money)
        .groupby("month", as_index=False)
        .agg({"revenue": "sum", "orders": "sum"})
    )
    frame.attrs["currency"] = facts.currency
    return frame


def sales_by_product(connection: sa.Connection, company: Company, period: Period, filters: Filters) -> pd.DataFrame:
    """product_id, units, revenue (in the currency given by `attrs['currency']`; missing for products that sold in a
    currency without a rate), as sold."""
    facts = _Facts(connection, company, period, filters)
    sums = facts.sums
    frame = pd.DataFrame({"product_id": facts.sold.products, "units": sums.quantity, "revenue": sums.revenue})
    frame = frame[sums.sold].reset_index(drop=True)
    frame.attrs["currency"] = facts.currency
    return frame


def changes(now: Mapping[str, MetricValue], before: Mapping[str, MetricValue]) -> dict[str, float | None]:
    """Relative change of each number against an earlier period; None where either is unknown or the earlier is 0."""
    result: dict[str, float | None] = {}
    for key, value in now.items():
        old = before[key].value
        comparable = value.value is not None and old and value.currency == before[key].currency
        result[key] = float(value.value) / float(old) - 1 if comparable and value.value is not None and old else None
    return result
