"""What orders do to stock: the movements that their lines cause, and the products that these touch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.catalog.tables import bom_line, product
from erp_core.catalog.views import bundles
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.orders import returns, rollups
from erp_core.orders.tables import channel, order_line, sales_order
from erp_core.stock import service as stock
from erp_core.stock.tables import location

Ints = npt.NDArray[np.int64]


def orders_table(connection: sa.Connection, name: str, ids: Ints) -> sa.Table:
    """A temporary table of orders (column `id`) for set-based work."""
    return load_temporary(connection, name, {"id": (sa.BigInteger(), ids)})


def products_of(connection: sa.Connection, order_id: Ints) -> Ints:
    """Products that the lines of these orders name, or named before the orders were revised, with bundles' parts."""
    if not len(order_id):
        return np.zeros(0, np.int64)
    named = orders_table(connection, "naming_orders", order_id)
    query = (
        sa.select(order_line.c.product_id)
        .distinct()
        .join(named, named.c.id == order_line.c.order_id)
        .where(order_line.c.product_id.is_not(None))
    )
    return with_parts(connection, np.array(connection.execute(query).scalars().all(), np.int64))


def with_parts(connection: sa.Connection, product_ids: Ints) -> Ints:
    """These products and the parts of those that are bundles: all whose stock moves when they are sold."""
    parts = bundles(connection)
    return np.union1d(product_ids, parts.loc[parts["parent_id"].isin(product_ids), "component_id"].to_numpy(np.int64))


def move_stock(uow: UnitOfWork, orders: sa.FromClause) -> None:
    """Append the stock movements of orders (column `id`) that have none, or whose earlier ones were taken back: of
    their lines and of what came back. The caller refreshes the balances."""
    stock.append_from(uow, movements_of(uow.connection, orders))
    returns.append_movements(uow, orders)


def recount_units(connection: sa.Connection, orders: sa.FromClause) -> None:
    """The units of orders (column `id`), added up anew from their live product lines."""
    total = (
        sa.select(sa.func.coalesce(sa.func.sum(order_line.c.quantity), 0))
        .join(product, product.c.id == order_line.c.product_id)
        .where(order_line.c.order_id == sales_order.c.id, product.c.is_charge.is_(sa.false()), rollups.IS_LIVE_LINE)
        .scalar_subquery()
    )
    connection.execute(
        sa.update(sales_order).where(sales_order.c.id.in_(sa.select(orders.c.id))).values(quantity=total)
    )


def movements_of(connection: sa.Connection, orders: sa.FromClause) -> sa.Select[Any]:
    """The stock movements that the orders in `orders` (column `id`) cause, as rows of stock_movement.

    A bundle leaves the warehouse as its components: one movement a component, of as many units as are in the bundles.
    """
    o, line, part = sales_order, order_line, bom_line
    per_unit = sa.func.coalesce(part.c.quantity, 1)
    default = connection.execute(sa.select(location.c.id).where(location.c.is_default.is_(sa.true()))).scalar_one()
    is_credit = o.c.document == "credit_note"
    is_write_off = o.c.state == "adjustment"
    left = sa.or_(o.c.state.in_(("shipped", "completed")), line.c.fulfilled.is_(sa.true()))
    waits = sa.and_(o.c.state == "paid", line.c.quantity > 0)
    kind = sa.case(
        (is_write_off, "write_off"),
        (sa.or_(is_credit, line.c.quantity < 0), "return"),
        (left, "sale"),
        else_="reserve",
    )
    quantity = sa.case((is_write_off, line.c.quantity), (sa.or_(is_credit, left), -line.c.quantity), else_=0)
    reserved = sa.case((sa.or_(is_credit, is_write_off, left), 0), else_=line.c.quantity)
    return (
        sa.select(
            sa.func.coalesce(part.c.component_id, line.c.product_id),
            sa.func.coalesce(o.c.location_id, channel.c.location_id, default),
            sa.func.coalesce(o.c.shipped_at, o.c.ordered_at),
            kind,
            quantity * per_unit,
            reserved * per_unit,
            line.c.order_id,
            line.c.line_no,
            o.c.batch_id,
        )
        .select_from(
            orders.join(o, o.c.id == orders.c.id)
            .join(line, line.c.order_id == o.c.id)
            .join(channel, channel.c.id == o.c.channel_id)
            .join(product, product.c.id == line.c.product_id)
            .outerjoin(part, sa.and_(part.c.parent_id == line.c.product_id, part.c.kind == "bundle"))
        )
        .where(
            rollups.IS_LIVE_LINE,
            product.c.is_charge.is_(sa.false()),
            line.c.quantity != 0,
            sa.or_(
                is_credit,
                is_write_off,
                sa.and_(o.c.state != "cancelled", sa.or_(left, waits)),
            ),
        )
    )
