"""Taking back what an import did to orders: new ones are withdrawn, revised ones stand as before."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.db import facts
from erp_core.db.base import UtcTime
from erp_core.db.uow import UnitOfWork
from erp_core.errors import Conflict
from erp_core.orders import rollups
from erp_core.orders.movements import move_stock, orders_table, products_of, recount_units
from erp_core.orders.personal import DIGESTS
from erp_core.orders.service import append_events
from erp_core.orders.tables import order_event, order_line, return_case, sales_order, shipment
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.security.sealing import digests_of, sealing_vault
from erp_core.stock import service as stock
from erp_core.stock.tables import stock_movement
from erp_core.text import T

Ints = npt.NDArray[np.int64]


def withdraw(uow: UnitOfWork, batch_id: int) -> Ints:
    """Take back what a batch did to orders: new ones are withdrawn, revised ones stand as before.

    Returns the products whose stock is touched. Raises Conflict naming later imports that rest on the batch.
    """
    require(uow, Permission.UNDO_IMPORTS)
    _refuse_if_later_rests_on(uow.connection, batch_id)
    _refuse_if_facts_rest_on(uow.connection, batch_id)
    connection = uow.connection
    standing = sa.and_(sales_order.c.batch_id == batch_id, sales_order.c.withdrawn_by.is_(None))
    rows = connection.execute(sa.select(sales_order.c.id, sales_order.c.first_batch_id).where(standing)).all()
    new = np.array([row.id for row in rows if row.first_batch_id == batch_id], np.int64)
    revised = np.array([row.id for row in rows if row.first_batch_id != batch_id], np.int64)
    touched = orders_table(connection, "touched_orders", np.concatenate([new, revised]))
    products = products_of(connection, np.concatenate([new, revised]))
    rollups.add(connection, touched, -1)
    stock.reverse_from(uow, sa.select(stock_movement.c.id).join(touched, touched.c.id == stock_movement.c.order_id))
    fresh = orders_table(connection, "fresh_orders", new)
    connection.execute(
        sa.update(sales_order).where(sales_order.c.id.in_(sa.select(fresh.c.id))).values(withdrawn_by=batch_id)
    )
    append_events(uow, batch_id, new, "withdrawn")
    if len(revised):
        back = orders_table(connection, "restored_orders", revised)
        in_back = order_line.c.order_id.in_(sa.select(back.c.id))
        connection.execute(
            sa.update(order_line).where(in_back, order_line.c.batch_id == batch_id).values(superseded_by=batch_id)
        )
        connection.execute(
            sa.update(order_line)
            .where(in_back, order_line.c.superseded_by == batch_id, order_line.c.batch_id != batch_id)
            .values(superseded_by=None)
        )
        _restore_headers(connection, batch_id, back)
        recount_units(connection, back)  # a product may be counted in another unit since
        move_stock(uow, back)
        rollups.add(connection, back, 1)
        append_events(uow, batch_id, revised, "restored")
    return products


def _restore_headers(connection: sa.Connection, batch_id: int, orders: sa.Table) -> None:
    query = (
        sa.select(order_event.c.order_id, order_event.c.before, order_event.c.personal)
        .where(
            order_event.c.order_id.in_(sa.select(orders.c.id)),  # a join is planned badly without statistics
            order_event.c.batch_id == batch_id,
            order_event.c.kind == "revised",
        )
        .order_by(order_event.c.id.desc())
    )
    before: dict[int, Any] = {}
    vault = sealing_vault(connection)
    for order, held, document in connection.execute(query):
        before[order] = held | {"personal": document} | digests_of(vault, document, DIGESTS)
    names = [column.name for column in sales_order.columns if column.name not in ("id", "channel_id", "external_id")]
    statement = (
        sa.update(sales_order)
        .where(sales_order.c.id == sa.bindparam("order"))
        .values({name: sa.bindparam(f"new_{name}", type_=sales_order.c[name].type) for name in names})
    )
    rows = [
        {"order": order, **{f"new_{name}": _from_json(sales_order.c[name].type, held[name]) for name in names}}
        for order, held in before.items()
    ]
    if rows:
        connection.execute(statement, rows)


def _from_json(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if value is not None and isinstance(kind, UtcTime):
        return dt.datetime.fromisoformat(value)
    if value is not None and isinstance(kind, sa.Date):
        return dt.date.fromisoformat(value)
    return value


def _refuse_if_later_rests_on(connection: sa.Connection, batch_id: int) -> None:
    """A later import that revised the batch's orders must be undone first."""
    mine, later = order_event.alias("mine"), order_event.alias("later")
    undone = (
        sa.select(sa.literal(1))
        .where(
            order_event.c.order_id == later.c.order_id,
            order_event.c.batch_id == later.c.batch_id,
            order_event.c.kind.in_(("withdrawn", "restored")),
            order_event.c.id > later.c.id,
        )
        .exists()
    )
    query = (
        sa.select(later.c.batch_id)
        .distinct()
        .select_from(mine.join(later, sa.and_(later.c.order_id == mine.c.order_id, later.c.id > mine.c.id)))
        .where(
            mine.c.batch_id == batch_id,
            later.c.batch_id != batch_id,
            later.c.kind.in_(("imported", "revised")),
            ~undone,
        )
    )
    batches = sorted(connection.execute(query).scalars().all())
    if batches:
        raise Conflict(
            T(
                "Import {batch} cannot be undone: later imports changed its orders: {later}.",
                batch=batch_id,
                later=", ".join(map(str, batches)),
            ),
            hint=T("Undo the later imports first, the newest before the older."),
            code="undo.later_imports",
        )


def _refuse_if_facts_rest_on(connection: sa.Connection, batch_id: int) -> None:
    """Later imports that tell of returns and parcels of the batch's orders must be undone first."""
    later: set[int] = set()
    for table in (return_case, shipment):
        query = (
            sa.select(table.c.batch_id)
            .distinct()
            .join(sales_order, sales_order.c.id == table.c.order_id)
            .where(
                sales_order.c.first_batch_id == batch_id,
                sales_order.c.withdrawn_by.is_(None),
                facts.stands(table),
                table.c.batch_id != batch_id,
            )
        )
        later |= set(connection.execute(query).scalars())
    if later:
        raise Conflict(
            T(
                "Import {batch} cannot be undone: later imports tell of returns or parcels of its orders: {later}.",
                batch=batch_id,
                later=", ".join(map(str, sorted(later))),
            ),
            hint=T("Undo the later imports first, the newest before the older."),
            code="undo.later_imports",
        )
