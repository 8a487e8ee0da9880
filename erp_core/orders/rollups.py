"""The daily rollups of sales, kept in the transaction that changes the orders, by one definition.

Added with sign +1 for orders that come to stand, −1 for what stood before a change; a rebuild is +1 for all. Charges
stand in daily_sales as products of their own; readers join `product.is_charge`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.db import packs
from erp_core.db.bulk import add_columns, fetch_columns, load_temporary
from erp_core.db.upsert import insert_adding
from erp_core.orders.rules import SALES_SUMS, LineFacts, daily_sales_of, is_sale, off_lines
from erp_core.orders.tables import daily_orders, daily_sales, order_line, sales_order

SALES_KEYS = ("product_id", "ds", "channel_id", "currency")
ORDERS_KEYS = ("ds", "channel_id", "currency")
ORDERS_SUMS = (
    "orders", "cancelled", "credit_notes", "adjustments", "waiting", "quantity", "goods", "charges", "discount",
    "shipping", "refunded", "credited",
)  # fmt: skip
SALES_PACK, ORDERS_PACK, LINES_PACK = "sales", "orders", "lines"  # what readers take packed: see `packed`
_PACKS = (SALES_PACK, ORDERS_PACK, LINES_PACK)
_ORDERS_AT_ONCE = 100_000

_o, _l = sales_order, order_line
IS_SALE = sa.and_(_o.c.document == "order", _o.c.state.not_in(("cancelled", "adjustment")))
IS_CREDIT = _o.c.document == "credit_note"
IS_LIVE_LINE = sa.and_(_l.c.superseded_by.is_(None), _l.c.cancelled.is_(sa.false()))


def add(connection: sa.Connection, orders: sa.FromClause, sign: int) -> None:
    """Add (or with −1 take away) what the orders in `orders` (column `id`) contribute, as they stand."""
    add_lines(connection, orders, sign)
    add_headers(connection, orders, sign)
    if sign < 0:
        sweep(connection)


def add_headers(connection: sa.Connection, orders: sa.FromClause, sign: int) -> None:
    """What orders contribute to daily_orders; their months are to be packed anew."""
    void_packs(connection, orders)
    insert_adding(connection, daily_orders, _order_rows(orders, sign), ORDERS_KEYS, ORDERS_SUMS)


def void_packs(connection: sa.Connection, orders: sa.FromClause) -> None:
    """These orders or their lines change: what is packed of their months no longer holds."""
    days = connection.execute(sa.select(_o.c.ds).distinct().join(orders, orders.c.id == _o.c.id)).scalars()
    parts = {packs.part_of(day) for day in days}
    for name in _PACKS:
        packs.touch(connection, name, parts)


def add_lines(connection: sa.Connection, orders: sa.FromClause, sign: int) -> None:
    """What the stored lines of orders contribute to daily_sales."""
    columns = (
        _l.c.order_id, _l.c.product_id, _l.c.quantity, _l.c.amount, _l.c.refunded, _l.c.discount, _o.c.document,
        _o.c.state, _o.c.ds, _o.c.channel_id, _o.c.currency, _o.c.discount.label("off_order"),
    )  # fmt: skip
    query = (
        sa.select(*columns)
        .select_from(orders.join(_o, _o.c.id == orders.c.id).join(_l, _l.c.order_id == _o.c.id))
        .where(IS_LIVE_LINE, _o.c.withdrawn_by.is_(None), _l.c.product_id.is_not(None))
        .order_by(_l.c.order_id, _l.c.line_no)  # of equal remainders of a discount the first line takes more
    )
    found = fetch_columns(connection, query)
    if found["order_id"]:
        days, keys = pd.MultiIndex.from_arrays([found["ds"], found["channel_id"], found["currency"]]).factorize()
        sale = is_sale(found["document"], found["state"])
        order_id, amount = np.array(found["order_id"], np.int64), np.array(found["amount"], np.int64)
        _, first, order = np.unique(order_id, return_index=True, return_inverse=True)
        facts = LineFacts(
            order=order_id,
            product_id=np.array(found["product_id"], np.int64),
            day=days.astype(np.int64),
            is_sale=sale,
            is_credit=np.array([document == "credit_note" for document in found["document"]], bool),
            quantity=np.array(found["quantity"], np.int64),
            amount=amount,
            refunded=np.array(found["refunded"], np.int64),
            discount=np.array(found["discount"], np.int64),
            order_discount=off_lines([found["off_order"][at] for at in first], order.astype(np.int64), amount),
        )
        add_facts(connection, facts, list(keys), sign)


def add_facts(connection: sa.Connection, facts: LineFacts, days: Sequence[tuple[Any, int, str]], sign: int = 1) -> None:
    """What lines contribute to daily_sales; `days`: (ds, channel_id, currency) of each `facts.day`."""
    sums = daily_sales_of(facts)
    ds = np.array([str(day[0])[:10] for day in days], "datetime64[D]")
    channel = np.array([day[1] for day in days], np.int64)
    currency = np.array([day[2] for day in days], object)
    columns = {
        "product_id": sums["product_id"],
        "ds": ds[sums["day"]],
        "channel_id": channel[sums["day"]],
        "currency": currency[sums["day"]],
        **{name: sign * sums[name] for name in SALES_SUMS},
    }
    if len(sums["day"]):
        add_columns(connection, daily_sales, columns, SALES_KEYS)


def _when(condition: sa.ColumnElement[bool], value: Any) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, value), else_=0))


def _order_rows(orders: sa.FromClause | None, sign: int) -> sa.Select[Any]:
    """daily_orders of the orders in `orders` (None: of all that stand)."""
    joined: sa.FromClause = _o if orders is None else orders.join(_o, _o.c.id == orders.c.id)
    keys = (_o.c.ds, _o.c.channel_id, _o.c.currency)
    is_cancelled = sa.and_(_o.c.document == "order", _o.c.state == "cancelled")
    return (
        sa.select(
            *keys,
            sign * _when(IS_SALE, 1),
            sign * _when(is_cancelled, 1),
            sign * _when(IS_CREDIT, 1),
            sign * _when(_o.c.state == "adjustment", 1),
            sign * _when(sa.and_(IS_SALE, _o.c.state.in_(("pending", "paid"))), 1),
            sign * _when(IS_SALE, _o.c.quantity),
            sign * _when(IS_SALE, _o.c.goods),
            sign * _when(IS_SALE, _o.c.charges),
            sign * _when(IS_SALE, sa.func.coalesce(_o.c.discount, 0)),
            sign * _when(IS_SALE, sa.func.coalesce(_o.c.shipping, 0)),
            sign * _when(IS_SALE, _o.c.refunded),
            -sign * _when(IS_CREDIT, _o.c.goods),
        )
        .select_from(joined)
        .where(_o.c.withdrawn_by.is_(None))
        .group_by(*keys)
    )


def sweep(connection: sa.Connection) -> None:
    """Drop days on which nothing is left."""
    for table, sums in ((daily_sales, SALES_SUMS), (daily_orders, ORDERS_SUMS)):
        connection.execute(sa.delete(table).where(*(table.c[name] == 0 for name in sums)))


def _all_orders(connection: sa.Connection) -> Iterator[sa.Table]:
    """All orders in portions, so that a large shop does not fill the memory."""
    last = 0
    while True:
        query = sa.select(_o.c.id).where(_o.c.id > last).order_by(_o.c.id).limit(_ORDERS_AT_ONCE)
        ids = connection.execute(query).scalars().all()
        if not ids:
            return
        last = ids[-1]
        yield load_temporary(connection, "rolled_orders", {"id": (sa.BigInteger(), list(ids))})


def rebuild(connection: sa.Connection) -> None:
    """Compute all rollups anew from the orders."""
    connection.execute(sa.delete(daily_sales))
    connection.execute(sa.delete(daily_orders))
    packs.forget(connection, _PACKS)
    for orders in _all_orders(connection):
        add(connection, orders, 1)
    sweep(connection)


@dataclass(frozen=True)
class RollupDifference:
    """A rollup row that is not what the orders say; None where one side has no such row."""

    table: str
    key: tuple[Any, ...]
    kept: tuple[int, ...] | None
    from_orders: tuple[int, ...] | None


def check(connection: sa.Connection) -> tuple[RollupDifference, ...]:
    """Compare every rollup row with a rebuild. Needs a connection that may write; the rebuild is rolled back."""

    def read() -> dict[tuple[Any, ...], tuple[int, ...]]:
        rows: dict[tuple[Any, ...], tuple[int, ...]] = {}
        for table, keys, sums in ((daily_sales, SALES_KEYS, SALES_SUMS), (daily_orders, ORDERS_KEYS, ORDERS_SUMS)):
            for row in connection.execute(sa.select(*(table.c[name] for name in (*keys, *sums)))):
                rows[(table.name, *row[: len(keys)])] = tuple(row[len(keys) :])
        return rows

    kept = read()
    with connection.begin_nested() as savepoint:
        rebuild(connection)
        fresh = read()
        savepoint.rollback()
    return tuple(
        RollupDifference(key[0], key[1:], kept.get(key), fresh.get(key))
        for key in sorted(kept.keys() | fresh.keys(), key=str)
        if kept.get(key) != fresh.get(key)
    )
