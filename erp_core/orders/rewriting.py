"""Order lines whose product, or what their product is made of, changes after the fact.

Their stock movements and rollups are taken out first and put back as things stand then, so that history and the present
definition agree. Movements are appended and reversed, never edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.company.views import read_company
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.orders import rollups
from erp_core.orders.movements import movements_of
from erp_core.orders.tables import order_line, sales_order
from erp_core.security.guard import lent
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.stock.tables import stock_movement

Ints = npt.NDArray[np.int64]


@dataclass
class Rewriting:
    """Lines under change: `lines` (a table of order_id and line_no), `orders` (a table of id), `products` whose stock
    it touches, filled in at the end."""

    lines: sa.Table
    orders: sa.Table
    products: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


def lines_of(connection: sa.Connection, product_id: int) -> tuple[Ints, Ints]:
    """(order_id, line_no) of every live line of standing orders that sells this product."""
    query = (
        sa.select(order_line.c.order_id, order_line.c.line_no)
        .join(sales_order, sales_order.c.id == order_line.c.order_id)
        .where(order_line.c.product_id == product_id, rollups.IS_LIVE_LINE, sales_order.c.withdrawn_by.is_(None))
    )
    found = np.array([tuple(row) for row in connection.execute(query)], np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


@contextmanager
def rewritten(uow: UnitOfWork, order_id: Ints, line_no: Ints, *, rolls_up: bool = False) -> Iterator[Rewriting]:
    """Within the block these lines move nothing; after it they move what they move then, and balances follow.

    `rolls_up`: also take the orders out of the rollups and put them back, where the block changes what they count.
    """
    connection, mover = uow.connection, lent(uow, Permission.IMPORT_FILES)
    lines = load_temporary(
        connection,
        "rewritten_lines",
        {"order_id": (sa.BigInteger(), order_id), "line_no": (sa.Integer(), line_no)},
    )
    orders = load_temporary(connection, "rewritten_by_line", {"id": (sa.BigInteger(), np.unique(order_id))})
    rewriting = Rewriting(lines, orders)
    m = stock_movement.c
    of_lines = sa.and_(m.order_id == lines.c.order_id, m.line_no == lines.c.line_no, m.source_id.is_(None))
    stock.reverse_from(mover, sa.select(m.id).join(lines, of_lines))
    if rolls_up:
        rollups.add(connection, orders, -1)
    yield rewriting
    again = movements_of(connection, orders).join(
        lines, sa.and_(lines.c.order_id == order_line.c.order_id, lines.c.line_no == order_line.c.line_no)
    )
    stock.append_from(mover, again)
    if rolls_up:
        rollups.add(connection, orders, 1)
        rollups.sweep(connection)
    touched = sa.select(m.product_id).distinct().join(lines, of_lines)
    rewriting.products = np.array(connection.execute(touched).scalars().all(), np.int64)
    stock.refresh(uow, rewriting.products.tolist(), read_company(connection).time_zone)
