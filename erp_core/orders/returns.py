"""Products that came back: return cases as files tell of them, with their stock movements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import bom_line, product
from erp_core.db import facts
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.orders.rules import names_picking_error
from erp_core.orders.tables import channel, order_line, return_case, sales_order, shipment, shipment_line
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.security.sealing import sealing_vault
from erp_core.stock import service as stock
from erp_core.stock.tables import location

Ints = npt.NDArray[np.int64]
_COLUMNS = (
    "external_id", "order_id", "channel_id", "product_id", "returned_at", "ds", "state", "quantity", "restocked",
    "location_id", "currency", "refund",
)  # fmt: skip


def record_returns(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int) -> facts.Appended:
    """Store return cases with the movements of what went back on the shelf; the caller refreshes the balances.

    `rows`: key (`facts.key_of`), content, external_id, order_id, channel_id, product_id, returned_at (aware), ds, state
    (requested, received, restocked, scrapped, refunded, refused), reason, quantity, restocked (units), location_id
    (None: where the shop ships from), currency, refund (minor units); None where nothing is said.
    """
    require(uow, Permission.IMPORT_FILES)
    columns: dict[str, Any] = {name: rows[name].tolist() for name in _COLUMNS}
    columns["content"] = rows["content"].to_numpy(np.int64)
    reasons = rows["reason"].tolist()
    columns["personal"] = sealing_vault(uow.connection).seal_columns({"reason": reasons})
    columns["picking_error"] = [None if reason is None else names_picking_error(reason) for reason in reasons]
    appended = facts.append(uow, return_case, rows["key"].tolist(), columns, batch_id)
    stock.reverse_sources(uow, "return", appended.replaced)
    _move(uow, _cases(uow, appended.ids[appended.fresh]))
    return appended


def append_movements(uow: UnitOfWork, orders: sa.FromClause) -> None:
    """Append the movements of the standing return cases of orders (column `id`), after their earlier ones were taken
    back: a cancelled order moves nothing, so nothing of it came back."""
    _move(uow, sa.select(return_case.c.id).join(orders, orders.c.id == return_case.c.order_id))


def _cases(uow: UnitOfWork, ids: Ints) -> sa.Select[tuple[int]]:
    moved = load_temporary(uow.connection, "moved_returns", {"id": (sa.BigInteger(), ids)})
    return sa.select(moved.c.id)


def _move(uow: UnitOfWork, cases: sa.Select[tuple[int]]) -> None:
    default = sa.select(location.c.id).where(location.c.is_default.is_(sa.true())).scalar_subquery()
    r, o = return_case.c, sales_order.c
    bundle = bom_line.alias("returned_bundle")  # a bundle lies on the shelf as its components
    rows = (
        sa.select(
            sa.func.coalesce(bundle.c.component_id, r.product_id),
            sa.func.coalesce(r.location_id, o.location_id, channel.c.location_id, default),
            r.returned_at,
            sa.literal("return"),
            r.restocked * sa.func.coalesce(bundle.c.quantity, 1),
            sa.literal(0),
            r.order_id,
            sa.null(),
            r.batch_id,
            r.id,
        )
        .select_from(
            return_case.join(product, product.c.id == r.product_id)
            .outerjoin(sales_order, o.id == r.order_id)
            .outerjoin(channel, channel.c.id == r.channel_id)
            .outerjoin(bundle, sa.and_(bundle.c.parent_id == r.product_id, bundle.c.kind == "bundle"))
        )
        .where(
            r.id.in_(cases),
            facts.stands(return_case),
            r.restocked > 0,
            product.c.is_charge.is_(sa.false()),
            sa.or_(r.order_id.is_(None), sa.and_(o.withdrawn_by.is_(None), o.state != "cancelled")),
        )
    )
    stock.append_from(uow, rows, with_source=True)


def cases_of(connection: sa.Connection, product_id: int) -> Ints:
    """The standing return cases of a product."""
    query = sa.select(return_case.c.id).where(return_case.c.product_id == product_id, facts.stands(return_case))
    return np.array(connection.execute(query).scalars().all(), np.int64)


def move_again(uow: UnitOfWork, ids: Ints) -> None:
    """Take back the movements of return cases and write them as things stand now; the caller refreshes the balances."""
    require(uow, Permission.IMPORT_FILES)
    stock.reverse_sources(uow, "return", ids)
    _move(uow, _cases(uow, ids))


def repoint(uow: UnitOfWork, moved: sa.FromClause) -> Ints:
    """Let return cases and parcels of orders name another product, as the lines of these orders do.

    `moved`: order_id, product_id (so far), target. Returns the cases; the caller lets them `move_again`."""
    require(uow, Permission.IMPORT_FILES)
    connection, r = uow.connection, return_case.c
    here = sa.and_(r.order_id == moved.c.order_id, r.product_id == moved.c.product_id)
    ids = np.array(connection.execute(sa.select(r.id).join(moved, here)).scalars().all(), np.int64)
    connection.execute(sa.update(return_case).where(here).values(product_id=moved.c.target))
    line = shipment_line.c
    connection.execute(
        sa.update(shipment_line)
        .where(
            line.shipment_id == shipment.c.id,
            shipment.c.order_id == moved.c.order_id,
            line.product_id == moved.c.product_id,
        )
        .values(product_id=moved.c.target)
    )
    return ids


def products_of(connection: sa.Connection, ids: Ints) -> list[int]:
    """The products whose stock these return cases move."""
    named = load_temporary(connection, "named_returns", {"id": (sa.BigInteger(), ids)})
    own = sa.select(return_case.c.product_id).join(named, named.c.id == return_case.c.id)
    parts = (
        sa.select(bom_line.c.component_id)
        .join(return_case, return_case.c.product_id == bom_line.c.parent_id)
        .join(named, named.c.id == return_case.c.id)
    )
    return list(connection.execute(sa.union(own, parts)).scalars())


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> list[int]:
    """Take back the return cases of an import; those that it replaced stand again.

    Returns the products whose stock moves. Raises Conflict where later imports replaced cases of this one.
    """
    require(uow, Permission.UNDO_IMPORTS)
    gone, back = facts.withdraw(uow, (return_case,), batch_id)["return_case"]
    stock.reverse_sources(uow, "return", gone)
    _move(uow, _cases(uow, back))
    return products_of(uow.connection, np.concatenate([gone, back]))


def sold_as(connection: sa.Connection, order_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """(order, SKU as the shop wrote it) → product, for lines of these orders whose SKU leads to another product."""
    wanted = load_temporary(connection, "described_orders", {"id": (sa.BigInteger(), list(dict.fromkeys(order_ids)))})
    line = order_line.c
    query = (
        sa.select(line.order_id, line.sold_as, line.product_id)
        .join(wanted, wanted.c.id == line.order_id)
        .where(line.superseded_by.is_(None), line.sold_as.is_not(None), line.product_id.is_not(None))
    )
    return {(order, sku): found for order, sku, found in connection.execute(query)}
