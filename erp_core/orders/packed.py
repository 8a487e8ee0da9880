"""Sales by day, product and channel, and who bought when, from packed rollups: sums over any days in milliseconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.db import packs
from erp_core.db.bulk import fetch_numbers
from erp_core.db.packs import Columns, Packed, Rollup, currency_column, currency_of, day_column, day_number
from erp_core.orders.rollups import IS_CREDIT, IS_LIVE_LINE, IS_SALE, LINES_PACK, ORDERS_PACK, SALES_PACK
from erp_core.orders.tables import daily_sales, order_line, sales_order

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MEASURES = ("quantity", "revenue", "discount", "order_discount", "refunded", "credited_quantity", "credited")


def _sales_rows(connection: sa.Connection, first: dt.date, last: dt.date) -> Columns:
    d = daily_sales.c
    query = (
        sa.select(
            day_column(d.ds, connection), d.product_id, d.channel_id, currency_column(d.currency, connection),
            *(d[name] for name in MEASURES),
        )
        .where(d.ds.between(first, last))
        .order_by(d.ds, d.product_id)
    )  # fmt: skip
    return dict(fetch_numbers(connection, query))


def _order_rows(connection: sa.Connection, first: dt.date, last: dt.date) -> Columns:
    o = sales_order.c
    query = (
        sa.select(
            day_column(o.ds, connection), o.id.label("order_id"), o.channel_id,
            sa.func.coalesce(o.customer_id, 0).label("customer_id"), currency_column(o.currency, connection),
            _flag("is_sale", IS_SALE), _flag("is_credit", IS_CREDIT),
            sa.func.coalesce(o.shipping, 0).label("shipping"), sa.func.coalesce(o.discount, 0).label("discount"),
        )
        .where(o.withdrawn_by.is_(None), o.ds.between(first, last))
        .order_by(o.ds, o.id)
    )  # fmt: skip
    return dict(fetch_numbers(connection, query))


def _line_rows(connection: sa.Connection, first: dt.date, last: dt.date) -> Columns:
    o, line = sales_order.c, order_line.c
    query = (
        sa.select(
            day_column(o.ds, connection), line.order_id, sa.func.coalesce(line.product_id, 0).label("product_id"),
            line.quantity, line.amount, line.refunded,
        )
        .select_from(sales_order.join(order_line, line.order_id == o.id))
        .where(IS_LIVE_LINE, o.withdrawn_by.is_(None), sa.or_(IS_SALE, IS_CREDIT), o.ds.between(first, last))
        .order_by(o.ds, line.order_id, line.line_no)
    )  # fmt: skip
    return dict(fetch_numbers(connection, query))


def _flag(name: str, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0).label(name)


SALES = Rollup(SALES_PACK, _sales_rows)
ORDERS = Rollup(ORDERS_PACK, _order_rows)  # every order that was not withdrawn, by day and id
LINES = Rollup(LINES_PACK, _line_rows)  # live lines of sales and credit notes, by day and order


@dataclass(frozen=True)
class Codes:
    """A column as positions in its distinct values: `values` ascending, `of_rows` one a row."""

    values: Ints
    of_rows: npt.NDArray[np.intp]


def codes(packed: Packed, name: str) -> Codes:
    """The column `name` as `Codes`, kept with the rows."""

    def build(columns: Columns) -> Codes:
        values, of_rows = np.unique(columns[name], return_inverse=True)
        return Codes(values.astype(np.int64), of_rows.astype(np.intp))

    return packed.derived(f"codes of {name}", build)


def between(packed: Packed, period: Period) -> slice:
    """The rows of a period; rows stand in the order of their days."""
    days = packed.columns["day"]
    first = np.searchsorted(days, day_number(period.start))
    return slice(int(first), int(np.searchsorted(days, day_number(period.end), side="right")))


@dataclass(frozen=True)
class SoldRows:
    """Rows of daily_sales of a period, of chosen channels and products.

    `products` and `currencies`: the ids and words that the codes stand for, of all rows, not of these alone. Per row:
    `product` and `currency` (positions in them), `day` (days since 1970-01-01), `channel` (id); `measure(name)`.
    """

    products: Ints
    currencies: tuple[str, ...]
    product: npt.NDArray[np.intp]
    currency: npt.NDArray[np.intp]
    day: Ints
    channel: Ints
    measures: Mapping[str, npt.NDArray[Any]]

    def among(self, rows: npt.NDArray[Any] | slice) -> SoldRows:
        """These rows of them: a mask, positions, or a slice."""
        return SoldRows(
            self.products, self.currencies, self.product[rows], self.currency[rows], self.day[rows],
            self.channel[rows], {name: column[rows] for name, column in self.measures.items()},
        )  # fmt: skip

    def within(self, period: Period) -> SoldRows:
        """Those of a shorter period."""
        first = int(np.searchsorted(self.day, day_number(period.start)))
        return self.among(slice(first, int(np.searchsorted(self.day, day_number(period.end), side="right"))))

    def by_product(self, name: str, factor: Floats | None = None) -> Floats:
        """The sum of a measure for each of `products`, each row multiplied by its factor. Exact up to 2⁵³."""
        values = self.measures[name]
        weights = values if factor is None else values * factor
        return np.bincount(self.product, weights, minlength=len(self.products)).astype(float)


def sold_rows(connection: sa.Connection, period: Period, channels: Sequence[int] = ()) -> SoldRows:
    """What sold in a period, through these channels (none named: all)."""
    packed = packs.read(connection, SALES)
    product, currency = codes(packed, "product_id"), codes(packed, "currency")
    here = between(packed, period)
    columns = packed.columns
    rows = SoldRows(
        product.values, tuple(currency_of(int(code)) for code in currency.values), product.of_rows[here],
        currency.of_rows[here], columns["day"][here], columns["channel_id"][here],
        {name: columns[name][here] for name in MEASURES},
    )  # fmt: skip
    return rows.among(np.isin(rows.channel, np.array(channels))) if channels else rows


def sale_days(connection: sa.Connection) -> tuple[Ints, Ints, Ints]:
    """(product ids, first day, last day) of all that ever sold, as day numbers."""
    packed = packs.read(connection, SALES)
    product = codes(packed, "product_id")

    def build(columns: Columns) -> tuple[Ints, Ints, Ints]:
        sold = np.flatnonzero(columns["quantity"] > 0)
        at, day = product.of_rows[sold], columns["day"][sold].astype(np.int64)
        last = np.full(len(product.values), -1, np.int64)
        first = last.copy()
        last[at] = day  # rows stand in the order of days: the last one written stays
        first[at[::-1]] = day[::-1]
        ever = last >= 0
        return product.values[ever], first[ever], last[ever]

    return packed.derived("sale days", build)


def order_of_lines(connection: sa.Connection) -> Ints:
    """Of each row of LINES the position of its order in ORDERS."""
    orders, lines = packs.read(connection, ORDERS), packs.read(connection, LINES)

    def build(columns: Columns) -> Ints:
        ids = orders.columns["order_id"].astype(np.int64)
        by_id = np.argsort(ids, kind="stable")
        return np.asarray(by_id[np.searchsorted(ids, columns["order_id"].astype(np.int64), sorter=by_id)], np.int64)

    return lines.derived(f"orders {hash(orders.versions)}", build)


def buyers_between(connection: sa.Connection, period: Period, channels: Sequence[int] = ()) -> tuple[int, int, int]:
    """Customers who ordered in a period, those with two or more orders, and orders without a customer."""
    packed = packs.read(connection, ORDERS)
    customer, here = codes(packed, "customer_id"), between(packed, period)
    counts = packed.columns["is_sale"][here] == 1
    if channels:
        counts &= np.isin(packed.columns["channel_id"][here], np.array(channels))
    who = customer.of_rows[here][counts]
    orders = np.bincount(who, minlength=len(customer.values))
    named = orders[customer.values != 0]
    return int((named > 0).sum()), int((named > 1).sum()), int(orders[customer.values == 0].sum())
