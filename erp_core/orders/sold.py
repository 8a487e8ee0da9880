"""What products sold and what it cost, in one currency, over any days of a span: sums in milliseconds.

Money is converted at the rate of each day, cost is the one in force on each day. Rows of daily_sales are only touched
one by one where that matters: for foreign currencies, and for products whose cost changed or is paid in another one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.rules import exploded_units
from erp_core.catalog.tables import product
from erp_core.catalog.views import bundles, costs
from erp_core.db.packs import DAY_ZERO, day_number
from erp_core.finance.amounts import unit_costs_on
from erp_core.finance.views import Rates, to_base
from erp_core.money import decimals
from erp_core.orders.packed import SoldRows, sold_rows
from erp_core.orders.refunds import refunds_beyond_orders
from erp_core.orders.rules import Filters

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_MONEY = ("revenue", "discount", "order_discount", "refunded", "credited")


@dataclass(frozen=True)
class ProductSums:
    """Sums over some days, one entry for each product of `Sold.products`; money in major units of its currency.

    `revenue`: after discounts of lines, before `order_discount`; NaN where a rate is missing. `cost`: of units whose
    cost is known, `costed_revenue` their revenue; `lacks_cost`: units sold whose cost is not known.
    """

    sold: Bools
    quantity: Ints
    revenue: Floats
    discount: Floats
    order_discount: Floats
    refunded: Floats
    credited: Floats
    cost: Floats
    costed_revenue: Floats
    lacks_cost: Bools


class Sold:
    """Sales of a span. `products`: ids; `is_charge` of each; `currency`: of all money."""

    def __init__(self, connection: sa.Connection, span: Period, filters: Filters, money: tuple[str, Rates]) -> None:
        self.connection, self.span, self.filters = connection, span, filters
        self.currency, self.rates = money
        rows = sold_rows(connection, span, filters.channels)
        self.told = refunds_beyond_orders(connection, span, filters.channels, filters.categories)
        self.bundles = bundles(connection)
        further = np.union1d(self.told["product_id"].to_numpy(np.int64), self.bundles["component_id"].to_numpy())
        missing = np.setdiff1d(further, rows.products)
        self.products = np.concatenate([rows.products, missing])
        self.index = pd.Index(self.products)
        charges = sa.select(product.c.id).where(product.c.is_charge.is_(sa.true()))
        self.is_charge = np.isin(self.products, connection.execute(charges).scalars().all())
        if filters.categories:
            of_category = sa.select(product.c.id).where(product.c.category.in_(filters.categories))
            wanted = np.isin(rows.products, connection.execute(of_category).scalars().all())
            rows = rows.among(wanted[rows.product])
        self.rows = rows if not len(missing) else replace(rows, products=self.products)
        self.first_day = int(rows.day.min(initial=day_number(span.end)))
        self._days = int(rows.day.max(initial=self.first_day)) - self.first_day + 1

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Every cost of every product (`catalog.views.costs`)."""
        return costs(self.connection)

    def over(self, period: Period) -> ProductSums:
        """The sums over a period inside the span."""
        rows = self.rows.within(period)
        money = {name: self._money(rows, name) for name in _MONEY}
        money["refunded"] = money["refunded"] + self._told_between(period)
        quantity = np.rint(rows.by_product("quantity")).astype(np.int64)
        sold = np.bincount(rows.product, minlength=len(self.products)) > 0
        cost, costed, lacks = self._costed(rows, quantity, money["revenue"])
        return ProductSums(
            sold=sold | (money["refunded"] != 0), quantity=quantity, cost=cost, costed_revenue=costed,
            lacks_cost=lacks, **money,
        )  # fmt: skip

    def moved(self, period: Period, sums: ProductSums) -> ProductSums:
        """`sums` of a period by what left the warehouse: of a bundle the products packed into it, its revenue shared
        out by their cost, by units where a cost is unknown."""
        is_bundle = np.isin(self.products, self.bundles["parent_id"])
        if not (is_bundle & (sums.quantity != 0)).any():
            return sums
        apart = self._taken_apart(period, is_bundle)
        at = self.index.get_indexer(pd.Index(apart["product_id"]))
        known = apart["cost"].notna().to_numpy()

        def moving(column: npt.NDArray[Any], of_parts: npt.NDArray[Any], rows: Bools | slice) -> npt.NDArray[Any]:
            parts = np.bincount(at[rows], of_parts[rows], minlength=len(self.products))
            return np.where(is_bundle, 0, column) + parts

        quantity, money, cost = (apart[name].to_numpy(float) for name in ("quantity", "money", "cost"))
        every = slice(None)
        lacking = np.bincount(at[~known & (quantity != 0)], minlength=len(self.products)) > 0
        return replace(
            sums,
            quantity=np.rint(moving(sums.quantity, quantity, every)).astype(np.int64),
            revenue=moving(sums.revenue, money, every),
            cost=moving(sums.cost, cost, known),
            costed_revenue=moving(sums.costed_revenue, money, known),
            lacks_cost=np.where(is_bundle, False, sums.lacks_cost) | lacking,
        )

    def _taken_apart(self, period: Period, is_bundle: Bools) -> pd.DataFrame:
        """What bundles sold by day, as rows of their products: product_id, quantity, money, cost."""
        rows = self.rows.within(period)
        rows = rows.among(is_bundle[rows.product])
        sold = pd.DataFrame(
            {
                "product_id": self.products[rows.product],
                "ds": rows.day.astype("datetime64[D]"),
                "quantity": rows.measures["quantity"].astype(np.int64),
                "money": rows.measures["revenue"] * self._factors(rows),
            }
        )
        sold["ds"] = pd.to_datetime(sold["ds"])
        sums = sold.groupby(["product_id", "ds"], as_index=False).sum()
        unknown = sold[sold["money"].isna()].groupby(["product_id", "ds"]).size()
        sums.loc[pd.MultiIndex.from_frame(sums[["product_id", "ds"]]).isin(unknown.index), "money"] = np.nan
        apart = exploded_units(sums, self.bundles).reset_index(drop=True)
        unit = unit_costs_on(apart, self.costs, self.currency, self.rates)
        apart["cost"] = unit * apart["quantity"].to_numpy(float)
        whole = apart.groupby("row")["cost"].transform(lambda cost: cost.sum() if cost.notna().all() else np.nan)
        share = (apart["cost"] / whole.where(whole != 0)).fillna(apart["share"])
        return apart.assign(money=apart["money"] * share)

    def _money(self, rows: SoldRows, name: str) -> Floats:
        if self._is_plain:
            return rows.by_product(name) / 10.0 ** decimals(self.currency)
        return rows.by_product(name, self._factors(rows))

    @cached_property
    def _is_plain(self) -> bool:
        """Whether all of the span's money is in the currency asked for."""
        used = np.unique(self.rows.currency)
        return all(self.rows.currencies[code] == self.currency for code in used)

    def _factors(self, rows: SoldRows) -> Floats:
        """For each row what one minor unit of it is in the currency, on its day; NaN without a rate."""
        return np.asarray(self._by_currency_and_day[rows.currency, rows.day - self.first_day])

    @cached_property
    def _by_currency_and_day(self) -> Floats:
        used = set(np.unique(self.rows.currency).tolist())
        table = np.full((len(self.rows.currencies), self._days), np.nan)
        for code in used:
            word = self.rows.currencies[code]
            table[code] = self.rates_by_day(word) / 10.0 ** decimals(word)
        return table

    def rates_by_day(self, currency: str) -> Floats:
        """What one of `currency` is in ours, from the first day with rows on; NaN where a rate is missing."""
        if currency == self.currency:
            return np.ones(self._days)
        days = [DAY_ZERO + dt.timedelta(days=self.first_day + at) for at in range(self._days)]
        found = [self.rates.rate(currency, self.currency, day) for day in days]
        return np.array([np.nan if rate is None else float(rate) for rate in found])

    def _told_between(self, period: Period) -> Floats:
        """Refunds that return cases tell beyond the orders, by product."""
        day = self.told["ds"]
        told = self.told[day.between(pd.Timestamp(period.start), pd.Timestamp(period.end))]
        amounts, words = told["refunded"].to_numpy(np.int64), told["currency"].to_numpy(object)
        money, _ = to_base(amounts, words, told["ds"], self.currency, self.rates)
        at = self.index.get_indexer(pd.Index(told["product_id"]))
        return np.bincount(at, money, minlength=len(self.products)).astype(float)

    def _costed(self, rows: SoldRows, quantity: Ints, revenue: Floats) -> tuple[Floats, Floats, Bools]:
        """Per product: the cost of what has one, the revenue of that, and whether units without one were sold."""
        held = self._unit_costs
        plain = ~np.isnan(held.plain)
        cost = np.where(plain, quantity * np.where(plain, held.plain, 0.0), 0.0)
        costed = np.where(plain, revenue, 0.0)
        lacks = ~plain & ~held.changes & (quantity != 0)
        if held.changes.any():
            rows = rows.among(held.changes[rows.product])
            unit = held.on(rows, self.products, self)
            units = rows.measures["quantity"]
            known = ~np.isnan(unit)
            size = len(self.products)
            cost += np.bincount(rows.product[known], (unit * units)[known], minlength=size)
            money = rows.measures["revenue"] * self._factors(rows)
            costed += np.bincount(rows.product[known], money[known], minlength=size)
            lacks |= np.bincount(rows.product[~known & (units != 0)], minlength=size) > 0
        return cost, costed, lacks

    @cached_property
    def _unit_costs(self) -> _UnitCosts:
        held = self.costs
        at = self.index.get_indexer(pd.Index(held["product_id"]))
        held, at = held[at >= 0], at[at >= 0]
        count = np.bincount(at, minlength=len(self.products))
        foreign = np.zeros(len(self.products), bool)
        foreign[at[(held["currency"] != self.currency).to_numpy()]] = True
        plain = np.full(len(self.products), np.nan)
        plain[at] = held["unit_cost"].to_numpy(float)
        changes = (count > 1) | foreign
        plain[changes] = np.nan
        several = changes[at]
        return _UnitCosts(plain, changes, held[several], at[several])


@dataclass(frozen=True)
class _UnitCosts:
    """`plain`: the one unit cost of each product, NaN where there is none or it is not so simple; `changes`: where it
    is not; `held`: their costs, by product and day, and `at` the product of each."""

    plain: Floats
    changes: Bools
    held: pd.DataFrame
    at: npt.NDArray[np.intp]

    def on(self, rows: SoldRows, products: Ints, sold: Sold) -> Floats:
        """The unit cost in force on each row's day, in the currency; before the first the first; NaN unknown."""
        day = self.held["valid_from"].to_numpy().astype("datetime64[D]").astype(np.int64)
        width = int(max(day.max(initial=0), rows.day.max(initial=0))) + 1
        order = np.lexsort((day, self.at))
        key = self.at[order] * width + np.maximum(day[order], 0)
        first = np.searchsorted(self.at[order], np.arange(len(products)))
        found = np.searchsorted(key, rows.product * width + rows.day, side="right") - 1
        found = np.maximum(found, first[rows.product])
        unit = self.held["unit_cost"].to_numpy(float)[order][found]
        word = self.held["currency"].to_numpy(object)[order][found]
        for currency in pd.unique(word):
            if currency != sold.currency:
                here = word == currency
                unit[here] = unit[here] * sold.rates_by_day(str(currency))[rows.day[here] - sold.first_day]
        return unit
