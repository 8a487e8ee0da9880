"""Which tracking numbers of an order have gone out to its shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from erp_core.db.bulk import insert_columns
from erp_core.db.uow import UnitOfWork
from erp_core.orders.tables import order_event, sales_order
from erp_core.security.guard import require
from erp_core.security.permissions import Permission

SENT = "tracking_sent"


def sent_numbers(connection: sa.Connection, channel_id: int) -> dict[int, set[str]]:
    """Order → the tracking numbers that went out before, of one shop's orders."""
    e = order_event.c
    query = (
        sa.select(e.order_id, e.before)
        .join(sales_order, sales_order.c.id == e.order_id)
        .where(sales_order.c.channel_id == channel_id, e.kind == SENT)
    )
    sent: dict[int, set[str]] = {}
    for order, details in connection.execute(query):
        sent.setdefault(order, set()).update(details["tracking_numbers"])
    return sent


def remember_sent(uow: UnitOfWork, numbers: Mapping[int, Sequence[str]]) -> None:
    """Note in each order's life which of its tracking numbers went out; `numbers`: order → numbers."""
    require(uow, Permission.EXPORT)
    count = len(numbers)
    insert_columns(
        uow.connection,
        order_event,
        {
            "order_id": list(numbers),
            "at": [uow.now()] * count,
            "kind": [SENT] * count,
            "actor": [uow.actor] * count,
            "before": [{"tracking_numbers": list(words)} for words in numbers.values()],
        },
    )
