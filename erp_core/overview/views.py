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
from erp_core.catalog.rules import exploded_units
from erp_core.catalog.views import NO_CATEGORY, bundles, costs, products
from erp_core.company.views import Company
from erp_core.finance.views import Rates, knows_fees, read_rates, to_base
from erp_core.metrics.formulas import ratio
from erp_core.metrics.registry import METRICS
from erp_core.money import decimals
from erp_core.orders.views import Filters, buyers, data_span, order_days, product_sales
from erp_core.overview.amounts import currency_of, missing_rates, rounded, unit_costs_on
from erp_core.overview.contribution import ASKED_FOR, lacking_texts, summary
from erp_core.planning.views import planning_day, stock_position
from erp_core.stock.tables import daily_stock
from erp_core.stock.views import average_of_steps, daily_levels, oversold_products
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
        values |= _position_numbers(connection, company, today, filters, facts)
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


class _Facts:
    """What the rollups say of a period, in one currency."""

    def __init__(
        self, connection: sa.Connection, company: Company, period: Period, filters: Filters, *, by_day: bool = False
    ) -> None:
        self.connection, self.company, self.period, self.filters = connection, company, period, filters
        self.rates = read_rates(connection)
        self.days = order_days(connection, period, filters)
        self.costs = costs(connection)
        several_costs = self.costs["product_id"].duplicated().any()
        currencies = set(self.days["currency"])
        foreign = len(currencies) > 1 or (currencies and currencies != {company.base_currency})
        by_day = bool(by_day or several_costs or foreign)
        self.sales = product_sales(connection, period, filters, by_day=by_day)
        if not by_day:
            self.sales["ds"] = pd.Timestamp(period.end)
        self.has_orders = not self.days.empty
        self.currency, lacking = currency_of(self.days, company.base_currency, self.rates)
        self.rates_missing = missing_rates(lacking, self.currency)

    def _money(self, frame: pd.DataFrame, column: str) -> np.ndarray:
        amounts, _ = to_base(
            frame[column].to_numpy(np.int64), frame["currency"].to_numpy(object), frame["ds"], self.currency, self.rates
        )
        return amounts

    def sales_numbers(self) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
        """What orders alone say."""
        names = (
            "revenue", "net_revenue", "gross_sales", "discounts", "net_sales", "refunds", "credit_notes", "charges",
            "orders", "orders_waiting", "units", "average_order_value", "return_rate", "cancel_rate",
        )  # fmt: skip
        if not self.has_orders:
            return dict.fromkeys(names, (None, (NO_ORDERS,)))
        goods = self.sales[~self.sales["is_charge"]]
        charged = self.sales[self.sales["is_charge"]]
        lacks = self.rates_missing

        def total(frame: pd.DataFrame, column: str) -> float | None:
            return None if lacks else rounded(float(self._money(frame, column).sum()), self.currency)

        off_lines = total(goods, "discount")
        # what is taken off whole orders falls on their lines, charges too, or on none: without a filter, all of it
        off_orders = total(goods, "order_discount") if self.filters.categories else total(self.days, "discount")
        revenue, refunds, credits = (total(goods, name) for name in ("revenue", "refunded", "credited"))
        gross = METRICS["gross_sales"].compute(revenue, off_lines)
        off = METRICS["discounts"].compute(off_lines, off_orders)
        orders = int(self.days["orders"].sum())
        cancelled = int(self.days["cancelled"].sum() + self.days["credit_notes"].sum())
        back = None if refunds is None or credits is None else refunds + credits
        return {
            "revenue": (revenue, lacks),
            "net_revenue": (METRICS["net_revenue"].compute(revenue, refunds, credits), lacks),
            "gross_sales": (gross, lacks),
            "discounts": (off, lacks),
            "net_sales": (METRICS["net_sales"].compute(gross, off, refunds, credits), lacks),
            "refunds": (refunds, lacks),
            "credit_notes": (credits, lacks),
            "charges": (total(charged, "revenue"), lacks),
            "orders": (orders, ()),
            "orders_waiting": (int(self.days["waiting"].sum()), ()),
            "units": (int(goods["quantity"].sum()), ()),
            "average_order_value": (METRICS["average_order_value"].compute(revenue, orders), lacks),
            "return_rate": (METRICS["return_rate"].compute(back, revenue), lacks),
            "cancel_rate": (METRICS["cancel_rate"].compute(cancelled, orders + cancelled), ()),
        }

    @cached_property
    def costed(self) -> pd.DataFrame:
        """Product lines with revenue and cost in one currency; cost missing where it is unknown."""
        goods = self.sales[~self.sales["is_charge"]].copy()
        goods["money"] = self._money(goods, "revenue") if not self.rates_missing else np.nan
        unit = unit_costs_on(goods, self.costs, self.currency, self.rates)
        return goods.assign(cost=unit * goods["quantity"].to_numpy(float))

    def moved(self) -> pd.DataFrame:
        """`costed` by what left the warehouse: of a bundle the products packed into it, its money shared out by their
        cost, by units where a cost is unknown."""
        goods = self.costed
        parts = bundles(self.connection)
        is_bundle = goods["product_id"].isin(parts["parent_id"])
        if not is_bundle.any():
            return goods
        apart = exploded_units(goods[is_bundle], parts).reset_index(drop=True)
        unit = unit_costs_on(apart, self.costs, self.currency, self.rates)
        apart["cost"] = unit * apart["quantity"].to_numpy(float)
        whole = apart.groupby("row")["cost"].transform(lambda cost: cost.sum() if cost.notna().all() else np.nan)
        share = (apart["cost"] / whole.where(whole != 0)).fillna(apart["share"])
        apart["money"] = apart["money"] * share
        return pd.concat([goods[~is_bundle], apart[goods.columns]], ignore_index=True)

    def margin_numbers(self) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
        """What orders and costs say; both sides over the same products."""
        names = ("cogs", "gross_margin", "gross_margin_share")
        if not self.has_orders:
            return dict.fromkeys(names, (None, (NO_ORDERS,)))
        if self.costs.empty:
            return dict.fromkeys(names, (None, (NO_COSTS,)))
        goods = self.costed
        known = goods[goods["cost"].notna()]
        lacking = goods.loc[goods["cost"].isna() & (goods["quantity"] != 0), "product_id"].nunique()
        if known.empty:
            return dict.fromkeys(names, (None, (NO_COSTS,)))
        whole = float(goods["money"].sum())
        share = 1 - float(known["money"].sum()) / whole if whole else 0.0
        lacks = (
            (T("the unit cost of {count} products ({share} of revenue)", count=lacking, share=f"{share:.1%}"),)
            if lacking
            else ()
        )
        cogs, revenue = float(known["cost"].sum()), None if self.rates_missing else float(known["money"].sum())
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
        goods = self.costed
        lacking = goods["cost"].isna() & (goods["quantity"] != 0)
        if not lacking.any():
            return 0.0
        return ratio(float(goods.loc[lacking, "money"].sum()), float(goods["money"].sum()))

    def stock_numbers(self) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
        """What counts say, with costs and orders; turnover over products whose stock and cost are both known."""
        steps = daily_levels(self.connection, self.period.start, self.period.end)
        average = average_of_steps(steps, self.period)
        oversold = average["product_id"].isin(oversold_products(self.connection))
        average = average[~oversold]  # more was sold than counts and receipts account for: their level is not known
        if self.filters.categories:
            wanted = products(self.connection)
            average = average[
                average["product_id"].isin(
                    wanted.loc[wanted["category"].fillna(NO_CATEGORY).isin(self.filters.categories), "product_id"]
                )
            ]
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
            "sell_through": self._sell_through(average, steps),
        }
        worth = average_value(average, self.costs, self.period, self.currency, self.rates)
        if worth.empty:
            return numbers | dict.fromkeys(valued, (None, (NO_COSTS,)))
        value = float(worth["value"].sum())
        uncosted = len(average) - len(worth)
        lacks = doubtful
        if uncosted:
            lacks += (T("the unit cost of {count} products in stock", count=uncosted),)
        goods = self.moved() if self.has_orders else None
        days = self.period.days
        if goods is None:
            return numbers | dict.fromkeys(valued, (None, (NO_ORDERS,))) | {"average_inventory_value": (value, lacks)}
        same = goods[goods["product_id"].isin(worth["product_id"]) & goods["cost"].notna()]
        sold_uncounted = goods.loc[
            ~goods["product_id"].isin(average["product_id"]) & (goods["quantity"] != 0), "product_id"
        ].nunique()
        if sold_uncounted:
            lacks += (T("the stock of {count} products that were sold", count=sold_uncounted),)
        cogs, money = float(same["cost"].sum()), float(same["money"].sum())
        margin = METRICS["gross_margin"].compute(None if self.rates_missing else money, cogs)
        return numbers | {
            "average_inventory_value": (value, lacks),
            "turnover_month": (METRICS["turnover_month"].compute(cogs, value, days), lacks),
            "turnover_year": (METRICS["turnover_year"].compute(cogs, value, days), lacks),
            "days_of_inventory": (METRICS["days_of_inventory"].compute(cogs, value, days), lacks),
            "gmroi": (METRICS["gmroi"].compute(margin, value), lacks),
        }

    def _sell_through(self, average: pd.DataFrame, steps: pd.DataFrame) -> tuple[float | None, tuple[Text, ...]]:
        if not self.has_orders:
            return None, (NO_ORDERS,)
        last = steps.drop_duplicates(["product_id", "location_id"], keep="last")
        closing = last[last["product_id"].isin(average["product_id"])]
        goods = self.moved()
        goods = goods[goods["product_id"].isin(average["product_id"])]
        return METRICS["sell_through"].compute(int(goods["quantity"].sum()), int(closing["on_hand"].sum())), ()


def average_value(
    average: pd.DataFrame, held: pd.DataFrame, period: Period, currency: str, rates: Rates
) -> pd.DataFrame:
    """Average stock at the cost in force at the period's end: product_id, value; only products with a cost."""
    rows = average.assign(ds=pd.Timestamp(period.end))
    worth = rows.assign(value=unit_costs_on(rows, held, currency, rates) * rows["average_units"])
    return worth.loc[worth["value"].notna(), ["product_id", "value"]]


def _position_numbers(
    connection: sa.Connection, company: Company, today: dt.date, filters: Filters, facts: _Facts
) -> dict[str, tuple[float | int | None, tuple[Text, ...]]]:
    """What stands now: shortage, excess, dead stock, cash in stock."""
    position = stock_position(connection, company, planning_day(connection, today), filters)
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
    factor = facts.rates.rate(company.base_currency, facts.currency, today)
    if factor is None:
        lacking = T("the rate {currency} → {base}", currency=company.base_currency, base=facts.currency)
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
    facts = _Facts(connection, company, period, filters, by_day=True)
    steps = daily_levels(connection, period.start, period.end)
    steps = steps[~steps["product_id"].isin(oversold_products(connection))]
    if filters.categories:
        steps = steps[steps["product_id"].isin(facts.sales["product_id"])]
    goods = facts.moved() if facts.has_orders else None
    rows = []
    for month in months_of(period):
        average = average_of_steps(steps, month)
        worth = average_value(average, facts.costs, month, facts.currency, facts.rates)
        turnover = None
        ordered = facts.days["ds"].between(pd.Timestamp(month.start), pd.Timestamp(month.end)).any()
        if goods is not None and ordered and len(worth):
            inside = goods["ds"].between(pd.Timestamp(month.start), pd.Timestamp(month.end))
            sold = goods.loc[inside & goods["product_id"].isin(worth["product_id"]), "cost"].sum()
            turnover = METRICS["turnover_month"].compute(float(sold), float(worth["value"].sum()), month.days)
        rows.append({"month": month.start, "turnover": turnover})
    return pd.DataFrame(rows, columns=["month", "turnover"]).astype({"turnover": float})


def revenue_by_month(connection: sa.Connection, company: Company, period: Period, filters: Filters) -> pd.DataFrame:
    """month (first day), revenue in the currency given by `attrs['currency']`, orders."""
    facts = _Facts(connection, company, period, filters)
    days = facts.days
    money = facts._money(days, "goods") if not facts.rates_missing else np.full(len(days), np.nan)
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
    money = facts._money(facts.sales, "revenue")
    sums = facts.sales.assign(revenue=money, unknown=np.isnan(money)).groupby("product_id")
    revenue = sums["revenue"].sum().where(~sums["unknown"].any())
    frame = pd.DataFrame({"units": sums["quantity"].sum(), "revenue": revenue}).reset_index()
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
