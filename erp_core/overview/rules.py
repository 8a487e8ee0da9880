"""Whose money is it? Fees and refunds laid on the orders and lines that caused them, to the last minor unit. Pure.

Everything here is in minor units of one currency. What is spread is spread in proportion to revenue and rounded by the
largest remainder (Hamilton's method): the parts are whole and their sum is the whole. Unknown is a flag beside the
number, never a nought.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.finance.rules import spread
from erp_core.money import decimals

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
Columns = dict[str, npt.NDArray[Any]]


def round_keeping_sum(exact: Floats) -> Ints:
    """Whole numbers, each `exact` rounded down or up, whose sum is the sum of `exact` rounded half away from zero.

    Those with the largest fraction are rounded up; a number that is whole stays as it is.

    >>> round_keeping_sum(np.array([0.4, 0.4, 0.4, 3.0])).tolist()  # 4.2 in all: one of three is rounded up
    [1, 0, 0, 3]
    """
    clean = np.round(exact, 6)  # what multiplying by a rate leaves behind the sixth decimal is noise
    down = np.floor(clean).astype(np.int64)
    fraction = clean - down
    over = round(float(fraction.sum()), 6)
    positive = int(down.sum()) + over >= 0
    up = int(np.floor(over + 0.5) if positive else np.ceil(over - 0.5))
    down[np.argsort(-fraction, kind="stable")[:up]] += 1
    return down


def rounded(amount: float, currency: str) -> float:
    """Major units rounded once to the minor unit, by the rule that keeps the sum of a table's rows.

    >>> rounded(72.005, "USD"), rounded(72.5, "JPY")
    (72.01, 73.0)
    """
    scale = 10.0 ** decimals(currency)
    return float(round_keeping_sum(np.array([amount * scale]))[0]) / scale


def whole_units(exact: Floats, apart: Bools | None = None) -> tuple[Ints, Bools]:
    """`round_keeping_sum` of what is known, 0 where `exact` is NaN; and which are known.

    `apart`: numbers of two kinds (sales and credit notes), each of which keeps a sum of its own.

    >>> units, known = whole_units(np.array([1.5, np.nan, 1.5]))
    >>> units.tolist(), known.tolist()
    ([2, 0, 1], [True, False, True])
    """
    known = ~np.isnan(exact)
    whole = np.zeros(len(exact), np.int64)
    for kind in (known,) if apart is None else (known & apart, known & ~apart):
        whole[kind] = round_keeping_sum(exact[kind])
    return whole, known


@dataclass(frozen=True)
class Shop:
    """Orders and their product lines, as fees are laid on them.

    Per order: `channel`; `day` (datetime64[D]); `is_sale` (neither cancelled nor adjustment nor credit note). Per line:
    `order` (its position), `product` (id, 0 = none), `weight` (minor units by which to spread; revenue of a sale).
    """

    channel: Ints
    day: Days
    is_sale: Bools
    order: Ints
    product: Ints
    weight: Ints

    @property
    def has_lines(self) -> Bools:
        """Which orders have a product line."""
        found = np.zeros(len(self.channel), bool)
        found[self.order] = True
        return found


@dataclass(frozen=True)
class Fees:
    """Settlement rows of one kind.

    `order`: position in the shop's orders, −1 where none is found; `named`: the row names an order; `channel`;
    `product` (id, 0 = none); `day`; `amount`: minor units, what it costs; `known`: False where its rate is missing.
    """

    order: Ints
    named: Bools
    channel: Ints
    product: Ints
    day: Days
    amount: Ints
    known: Bools

    def only(self, where: Bools) -> Fees:
        """These rows alone."""
        return Fees(
            self.order[where], self.named[where], self.channel[where], self.product[where], self.day[where],
            self.amount[where], self.known[where],
        )  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What a person stated, per order: whether something is `in_force` on its day, the `amount`, whether it is `known`
    (False where its rate is missing)."""

    in_force: Bools
    amount: Ints
    known: Bools


@dataclass(frozen=True)
class Laid:
    """One kind of money, laid down.

    `on_lines`: of each line; `unknown`: of each order, that its money of this kind is not known; `beside`: what no line
    carries: order (position, −1 = none), product, channel, day, amount, unknown.
    """

    on_lines: Ints
    unknown: Bools
    beside: Columns


def beside(fees: Fees, order: Ints | None = None) -> Columns:
    """Rows that no line carries, as `Laid.beside` wants them; `order`: their positions, none if not given."""
    return {
        "order": np.full(len(fees.amount), -1, np.int64) if order is None else order,
        "product": fees.product,
        "channel": fees.channel,
        "day": fees.day,
        "amount": np.where(fees.known, fees.amount, 0),
        "unknown": ~fees.known,
    }


def stacked(parts: list[Columns]) -> Columns:
    """Columns of the same names, below each other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def lay_fees(shop: Shop, fees: Fees, terms: Terms) -> Laid:
    """One kind of fee laid on a shop.

    Known of an order: a row that names it; else a row of its shop in its calendar month that names no order; else what
    a person stated. A row that names an order falls on it; one that names none on the sales of its shop and day (with a
    product: on that product's lines), on those of its month where the day has none, and stays with the shop where the
    month has none either. A row that names an order which is not there stays with the shop.
    """
    tied = fees.only(fees.order >= 0)
    loose = fees.only((fees.order < 0) & ~fees.named)
    astray = fees.only((fees.order < 0) & fees.named)
    count = len(shop.channel)
    settled, doubtful = np.zeros(count, bool), np.zeros(count, bool)
    settled[tied.order] = True
    doubtful[tied.order[~tied.known]] = True
    of_months = (shop.channel, _months(shop.day))
    settled |= shop.is_sale & _among(of_months, loose)
    rateless = loose.only(~loose.known)
    doubtful |= shop.is_sale & _among(of_months, rateless)
    stated = shop.is_sale & ~settled & terms.in_force
    doubtful |= stated & ~terms.known
    unknown = (shop.is_sale & ~settled & ~stated) | doubtful

    on_order = np.where(stated & terms.known, terms.amount, 0)
    whole = tied.only((tied.product == 0) & tied.known)
    np.add.at(on_order, whole.order, whole.amount)
    on_lines = spread(on_order, shop.order, shop.weight)
    placed, left = _lay_loose(shop, loose.only(loose.known))
    of_product = tied.only((tied.product != 0) & tied.known)
    parts = [
        on_lineless(shop, on_order),
        beside(of_product, of_product.order),
        beside(left),
        beside(astray),
        beside(rateless.only(~_has_sales(of_months, shop.is_sale, rateless))),
    ]
    return Laid(on_lines + placed, unknown, stacked(parts))


def lay_returns(shop: Shop, refunded: Ints, cases: Fees, said: Bools) -> Laid:
    """What buyers got back. `refunded`: of each line, as the platform says; `cases`: what return cases refunded, as
    positive amounts; `said`: whether a case says an amount at all.

    Of an order the greater of the two holds, never the sum; where the cases say more, the rest falls on their products.
    A case that says no amount leaves an order unknown on which the platform refunded nothing. A case without an order
    stands by itself.
    """
    count = len(shop.channel)
    tied_rows = cases.order >= 0
    tied, told = cases.only(tied_rows), said[tied_rows]
    of_platform, of_cases = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(of_platform, shop.order, refunded)
    counted = told & tied.known
    np.add.at(of_cases, tied.order[counted], tied.amount[counted])
    unknown = np.zeros(count, bool)
    unknown[tied.order[told & ~tied.known]] = True
    silent = np.zeros(count, bool)
    silent[tied.order[~told]] = True
    unknown |= silent & (of_platform == 0)
    rest = np.maximum(of_cases - of_platform, 0)
    more = tied.only(counted)
    on_cases = spread(rest, more.order, more.amount)
    apart, apart_told = cases.only(~tied_rows), said[~tied_rows]
    parts = [beside(more, more.order) | {"amount": on_cases}, beside(apart) | {"unknown": ~(apart_told & apart.known)}]
    return Laid(refunded, unknown, stacked(parts))


def on_lineless(shop: Shop, on_order: Ints) -> Columns:
    """What falls on orders without a product line, as `Laid.beside` wants it."""
    order = np.flatnonzero(~shop.has_lines & (on_order != 0))
    nothing, known = np.zeros(len(order), np.int64), np.ones(len(order), bool)
    channel, day = shop.channel[order], shop.day[order]
    return beside(Fees(order, known, channel, nothing, day, on_order[order], known), order)


def _days(day: Days) -> Days:
    return day


def _months(day: Days) -> Days:
    return day.astype("datetime64[M]").astype("datetime64[D]")


def _keys(*columns: npt.NDArray[Any]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([column.astype(np.int64) for column in columns])


def _among(of_months: tuple[npt.NDArray[Any], ...], fees: Fees) -> Bools:
    """Which orders (channel, month) lie in a shop and month of these rows."""
    if not fees.amount.size:
        return np.zeros(len(of_months[0]), bool)
    return np.asarray(_keys(*of_months).isin(_keys(fees.channel, _months(fees.day)).unique()), bool)


def _has_sales(of_months: tuple[npt.NDArray[Any], ...], is_sale: Bools, fees: Fees) -> Bools:
    """Which rows lie in a shop and month with a sale."""
    if not fees.amount.size:
        return np.zeros(0, bool)
    sales = _keys(*(column[is_sale] for column in of_months))
    return np.asarray(_keys(fees.channel, _months(fees.day)).isin(sales.unique()), bool)


def _lay_loose(shop: Shop, fees: Fees) -> tuple[Ints, Fees]:
    """What falls on each line of rows that name no order, and the rows that found none: first by day, then by month."""
    on_lines = np.zeros(len(shop.order), np.int64)
    for scope in (_days, _months):
        for by_product in (False, True):
            here = (fees.product != 0) == by_product
            if here.any():
                placed, found = _place(shop, fees.only(here), scope, by_product)
                on_lines += placed
                keep = ~here
                keep[here] = ~found
                fees = fees.only(keep)
    return on_lines, fees


def _place(shop: Shop, fees: Fees, scope: Callable[[Days], Days], by_product: bool) -> tuple[Ints, Bools]:
    """What falls on each line of a sale in the rows' scope, and which rows found a line."""
    of_lines = [shop.channel[shop.order], scope(shop.day)[shop.order], *([shop.product] if by_product else [])]
    of_fees = _keys(fees.channel, scope(fees.day), *([fees.product] if by_product else []))
    scopes = of_fees.unique()
    codes = scopes.get_indexer(of_fees)
    sums = np.zeros(len(scopes), np.int64)
    np.add.at(sums, codes, fees.amount)
    group = np.asarray(scopes.get_indexer(_keys(*of_lines)), np.int64)
    group[~shop.is_sale[shop.order]] = -1
    found = np.isin(np.arange(len(scopes)), group)
    return spread(sums, group, shop.weight), found[codes]
