"""The daily rollups of sales, kept in the transaction that changes the orders, by one definition.

Added with sign +1 for orders that come to stand, −1 for what stood before a change; a rebuild is +1 for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.db.upsert import insert_adding
from erp_core.orders.tables import daily_orders, daily_sales, order_line, sales_order

SALES_KEYS = ("product_id", "ds", "channel_id", "currency")
SALES_SUMS = ("orders", "quantity", "revenue", "credited_quantity", "credited", "refunded")
ORDERS_KEYS = ("ds", "channel_id", "currency")
ORDERS_SUMS = (
    "orders", "cancelled", "credit_notes", "adjustments", "waiting", "quantity", "goods", "charges", "discount", "shipping",
    "refunded", "credited",
)  # fmt: skip

_o, _l = sales_order, order_line
IS_SALE = sa.and_(_o.c.document == "order", _o.c.state.not_in(("cancelled", "adjustment")))
IS_CREDIT = _o.c.document == "credit_note"
IS_LIVE_LINE = sa.and_(_l.c.superseded_by.is_(None), _l.c.cancelled.is_(sa.false()))


def _when(condition: sa.ColumnElement[bool], value: Any) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, value), else_=0))


def sales_rows(orders: sa.FromClause | None, sign: int) -> sa.Select[Any]:
    """daily_sales of the orders in `orders` (a table with a column `id`; None: of all that stand)."""
    joined = _o.join(_l, _l.c.order_id == _o.c.id)
    if orders is not None:
        joined = orders.join(_o, _o.c.id == orders.c.id).join(_l, _l.c.order_id == _o.c.id)
    keys = (_l.c.product_id, _o.c.ds, _o.c.channel_id, _o.c.currency)
    return (
        sa.select(
            *keys,
            sign * sa.func.count(sa.distinct(sa.case((IS_SALE, _o.c.id)))),
            sign * _when(IS_SALE, _l.c.quantity),
            sign * _when(IS_SALE, _l.c.amount),
            -sign * _when(IS_CREDIT, _l.c.quantity),
            -sign * _when(IS_CREDIT, _l.c.amount),
            sign * _when(IS_SALE, _l.c.refunded),
        )
        .select_from(joined)
        .where(IS_LIVE_LINE, _o.c.withdrawn_by.is_(None), sa.or_(IS_SALE, IS_CREDIT), _l.c.product_id.is_not(None))
        .group_by(*keys)
    )


def order_rows(orders: sa.FromClause | None, sign: int) -> sa.Select[Any]:
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


def add(connection: sa.Connection, orders: sa.FromClause | None, sign: int) -> None:
    """Add (or with −1 take away) what these orders contribute."""
    insert_adding(connection, daily_sales, sales_rows(orders, sign), SALES_KEYS, SALES_SUMS)
    insert_adding(connection, daily_orders, order_rows(orders, sign), ORDERS_KEYS, ORDERS_SUMS)
    if sign < 0:
        sweep(connection)


def sweep(connection: sa.Connection) -> None:
    """Drop days on which nothing is left."""
    for table, sums in ((daily_sales, SALES_SUMS), (daily_orders, ORDERS_SUMS)):
        connection.execute(sa.delete(table).where(*(table.c[name] == 0 for name in sums)))


def rebuild(connection: sa.Connection) -> None:
    """Compute all rollups anew from the orders."""
    connection.execute(sa.delete(daily_sales))
    connection.execute(sa.delete(daily_orders))
    add(connection, None, 1)
    sweep(connection)


@dataclass(frozen=True)
class RollupDifference:
    """A rollup row that is not what the orders say; None where one side has no such row."""

    table: str
    key: tuple[Any, ...]
    kept: tuple[int, ...] | None
    from_orders: tuple[int, ...] | None


def check(connection: sa.Connection) -> tuple[RollupDifference, ...]:
    """Compare every rollup row with the orders; changes nothing."""
    found: list[RollupDifference] = []
    for table, rows, keys, sums in (
        (daily_sales, sales_rows(None, 1), SALES_KEYS, SALES_SUMS),
        (daily_orders, order_rows(None, 1), ORDERS_KEYS, ORDERS_SUMS),
    ):
        kept = {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in connection.execute(sa.select(*(table.c[n] for n in (*keys, *sums))))}
        fresh = {tuple(row[: len(keys)]): tuple(int(v) for v in row[len(keys) :]) for row in connection.execute(rows)}
        fresh = {key: values for key, values in fresh.items() if any(values)}
        found.extend(
            RollupDifference(table.name, key, kept.get(key), fresh.get(key))
            for key in sorted(kept.keys() | fresh.keys(), key=str)
            if kept.get(key) != fresh.get(key)
        )
    return tuple(found)


