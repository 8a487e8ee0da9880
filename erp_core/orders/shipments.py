"""Parcels: what has left for which order; and orders that move on because of it.

A parcel is a fact of its own beside the order. What it says moves the order forward, never back: it is then shipped or
completed, wholly or line by line. The order's fingerprints stay, so that the file which brought the order still changes
nothing when it comes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import product
from erp_core.db.bulk import advance_sequence, insert_columns, load_temporary, next_id
from erp_core.db.uow import UnitOfWork
from erp_core.orders import rollups
from erp_core.orders import service as orders
from erp_core.orders.rules import STATE_RANK
from erp_core.orders.tables import order_line, sales_order, shipment, shipment_line
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.stock.tables import stock_movement

PARCEL = (
    "order_id", "fact_key", "content", "external_id", "carrier", "tracking_number", "shipped_at", "estimated_at",
    "delivered_at", "location_id",
)  # fmt: skip
CONTENT = ("parcel", "line_ref", "product_id", "quantity")
_NEWS = ("carrier", "tracking_number", "shipped_at", "completed_at")
_COPIED = (
    "product_id", "title", "quantity", "unit_price", "discount", "amount", "refunded", "cancelled", "line_ref",
    "sold_as",
)  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    """One entry a parcel: whether it says something new, and its row in `shipment` (0 where it says nothing new)."""

    is_new: npt.NDArray[np.bool_]
    ids: npt.NDArray[np.int64]


def record_parcels(uow: UnitOfWork, parcels: pd.DataFrame, contents: pd.DataFrame, batch_id: int) -> Recorded:
    """Append parcels (columns `PARCEL`) with what lies in them (`CONTENT`; `parcel`: position in `parcels`).

    A parcel whose `fact_key` stands with the same `content` is left alone; with another, the new row replaces it.
    """
    require(uow, Permission.IMPORT_FILES)
    connection = uow.connection
    wanted = load_temporary(connection, "wanted_parcels", {"fact_key": (sa.Text(), parcels["fact_key"].tolist())})
    query = (
        sa.select(shipment.c.fact_key, shipment.c.content, shipment.c.id)
        .join(wanted, wanted.c.fact_key == shipment.c.fact_key)
        .where(shipment.c.superseded_by.is_(None), shipment.c.withdrawn_by.is_(None))
    )
    held = {key: (content, found) for key, content, found in connection.execute(query)}
    keys, said = parcels["fact_key"].tolist(), parcels["content"].tolist()
    is_new = np.array([key not in held or held[key][0] != content for key, content in zip(keys, said, strict=True)])
    is_new = is_new.astype(bool)
    replaced = [held[key][1] for key, fresh in zip(keys, is_new, strict=True) if fresh and key in held]
    if replaced:
        gone = load_temporary(connection, "replaced_parcels", {"id": (sa.BigInteger(), replaced)})
        connection.execute(
            sa.update(shipment).where(shipment.c.id.in_(sa.select(gone.c.id))).values(superseded_by=batch_id)
        )
    ids = np.zeros(len(parcels), np.int64)
    ids[is_new] = np.arange(int(is_new.sum())) + next_id(connection, shipment)
    fresh_rows = parcels[is_new]
    insert_columns(
        connection,
        shipment,
        {
            "id": ids[is_new],
            "batch_id": np.full(len(fresh_rows), batch_id),
            **{name: fresh_rows[name].tolist() for name in PARCEL},
        },
    )
    advance_sequence(connection, shipment)
    inside = contents[is_new[contents["parcel"].to_numpy(np.int64)]] if len(contents) else contents
    insert_columns(
        connection,
        shipment_line,
        {
            "shipment_id": ids[inside["parcel"].to_numpy(np.int64)] if len(inside) else [],
            **{name: inside[name].tolist() for name in CONTENT[1:]},
        },
    )
    return Recorded(is_new, ids)


def move_on(uow: UnitOfWork, news: pd.DataFrame, left: pd.DataFrame, batch_id: int) -> npt.NDArray[np.int64]:
    """Let orders know what their parcels say; returns the products whose stock it touches.

    `news`: order_id (once each), state (shipped, completed or None), carrier, tracking_number, shipped_at,
    completed_at; what an order says itself stays. `left`: order_id, line_no of lines that have left although the order
    has not wholly. Each order that changes gets an event with what it was before, so that an undo can put it back.
    """
    require(uow, Permission.IMPORT_FILES)
    connection = uow.connection
    changes = _changes(connection, news, left)
    if changes.empty:
        return np.zeros(0, np.int64)
    touched = load_temporary(
        connection, "moved_orders", {"id": (sa.BigInteger(), changes["order_id"].to_numpy(np.int64))}
    )
    orders.remember(uow, batch_id, changes["order_id"].to_numpy(np.int64))
    rollups.add(connection, touched, -1)
    stock.reverse_from(uow, sa.select(stock_movement.c.id).join(touched, touched.c.id == stock_movement.c.order_id))
    _let_lines_go(connection, left, batch_id)
    said = load_temporary(
        connection,
        "order_news",
        {"id": (sa.BigInteger(), changes["order_id"].tolist())}
        | {name: (sales_order.c[name].type, changes[name].tolist()) for name in ("state", "status_at", *_NEWS)},
    )
    values: dict[str, Any] = {name: sa.func.coalesce(sales_order.c[name], said.c[name]) for name in _NEWS}
    connection.execute(
        sa.update(sales_order)
        .where(sales_order.c.id == said.c.id)
        .values(**values, state=said.c.state, status_at=said.c.status_at, batch_id=batch_id)
    )
    stock.append_from(uow, orders.movements_of(connection, touched))
    rollups.add(connection, touched, 1)
    named = (
        sa.select(order_line.c.product_id)
        .distinct()
        .join(touched, touched.c.id == order_line.c.order_id)
        .where(order_line.c.product_id.is_not(None))
    )
    return np.array(connection.execute(named).scalars().all(), np.int64)


def parcels_of(connection: sa.Connection, order_ids: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Standing parcels of these orders, in the order in which they left: order_id, carrier, tracking_number,
    shipped_at."""
    wanted = load_temporary(connection, "parcels_wanted", {"id": (sa.BigInteger(), order_ids)})
    names = ("order_id", "carrier", "tracking_number", "shipped_at")
    query = (
        sa.select(*(shipment.c[name] for name in names))
        .join(wanted, wanted.c.id == shipment.c.order_id)
        .where(shipment.c.superseded_by.is_(None), shipment.c.withdrawn_by.is_(None))
        .order_by(shipment.c.shipped_at, shipment.c.id)
    )
    return pd.DataFrame(connection.execute(query).all(), columns=list(names), dtype=object)


def covered(connection: sa.Connection, order_ids: npt.NDArray[np.int64]) -> tuple[set[int], pd.DataFrame]:
    """Of these orders, those whose live lines have all left by their parcels; and (order_id, line_no) of lines that
    have left, by the platform's line number, else by product, without those that are known to have."""
    wanted = load_temporary(connection, "shipped_orders", {"id": (sa.BigInteger(), order_ids)})
    lines = pd.DataFrame(
        connection.execute(
            sa.select(
                order_line.c.order_id, order_line.c.line_no, order_line.c.line_ref, order_line.c.product_id,
                order_line.c.quantity, order_line.c.fulfilled,
            )
            .join(wanted, wanted.c.id == order_line.c.order_id)
            .join(product, product.c.id == order_line.c.product_id)
            .where(rollups.IS_LIVE_LINE, product.c.is_charge.is_(sa.false()))
            .order_by(order_line.c.order_id, order_line.c.line_no)
        ).all(),
        columns=["order_id", "line_no", "line_ref", "product_id", "quantity", "fulfilled"],
    )  # fmt: skip
    boxed = connection.execute(
        sa.select(
            shipment.c.order_id, shipment_line.c.line_ref, shipment_line.c.product_id,
            sa.func.sum(shipment_line.c.quantity).label("quantity"),
        )
        .join(wanted, wanted.c.id == shipment.c.order_id)
        .join(shipment_line, shipment_line.c.shipment_id == shipment.c.id)
        .where(shipment.c.superseded_by.is_(None), shipment.c.withdrawn_by.is_(None))
        .group_by(shipment.c.order_id, shipment_line.c.line_ref, shipment_line.c.product_id)
    ).all()  # fmt: skip
    by_line = {(row.order_id, row.line_ref): int(row.quantity) for row in boxed if row.line_ref is not None}
    of_product: dict[tuple[int, int], int] = {}
    for row in boxed:
        key = (row.order_id, row.product_id)
        of_product[key] = of_product.get(key, 0) + int(row.quantity)
    gone = []
    names = ("order_id", "line_ref", "product_id", "quantity")
    for order_id, line_ref, product_id, quantity in zip(*(lines[name].tolist() for name in names), strict=True):
        if (order_id, line_ref) in by_line:
            gone.append(by_line[(order_id, line_ref)] >= quantity)
            continue
        enough = of_product.get((order_id, product_id), 0) >= quantity
        if enough:
            of_product[(order_id, product_id)] -= quantity
        gone.append(enough)
    lines["gone"] = np.array(gone, bool)
    whole = lines.groupby("order_id")["gone"].all()
    told = np.array([value is True or value == 1 for value in lines["fulfilled"].tolist()], bool)
    left = lines.loc[lines["gone"] & ~told, ["order_id", "line_no"]]
    return {int(order_id) for order_id in whole[whole].index}, left


def _changes(connection: sa.Connection, news: pd.DataFrame, left: pd.DataFrame) -> pd.DataFrame:
    """Orders that the news change, with their state and the time of it afterwards."""
    ids = pd.unique(pd.concat([news["order_id"], left["order_id"]])).astype("int64")
    wanted = load_temporary(connection, "news_of_orders", {"id": (sa.BigInteger(), ids)})
    names = ("state", "status_at", *_NEWS)
    query = sa.select(sales_order.c.id, *(sales_order.c[name] for name in names)).join(
        wanted, wanted.c.id == sales_order.c.id
    )
    held = {row.id: row for row in connection.execute(query)}
    of_order: dict[int, dict[str, Any]] = {
        int(order_id): {str(name): value for name, value in row.items()}
        for order_id, row in zip(news["order_id"], news.to_dict("records"), strict=True)
    }
    releasing = set(left["order_id"].tolist())
    rows = []
    for order_id in ids.tolist():
        row, said = held[order_id], of_order.get(order_id, {})
        state = str(row.state)
        later = str(said["state"]) if said.get("state") is not None else state
        if state in ("pending", "paid", "shipped") and STATE_RANK[later] > STATE_RANK[state]:
            state = later
        fills = any(getattr(row, name) is None and _known(said.get(name)) for name in _NEWS)
        if state == row.state and not fills and order_id not in releasing:
            continue
        times = [row.status_at, *(said.get(name) for name in ("shipped_at", "completed_at"))]
        known = [value for value in times if _known(value)]
        rows.append(
            {"order_id": order_id, "state": state, "status_at": max(known) if known else None}
            | {name: said.get(name) if _known(said.get(name)) else None for name in _NEWS}
        )
    return pd.DataFrame(rows, columns=["order_id", "state", "status_at", *_NEWS], dtype=object)


def _known(value: Any) -> bool:
    return value is not None and not pd.isna(value)


def _let_lines_go(connection: sa.Connection, left: pd.DataFrame, batch_id: int) -> None:
    """Lines that have left, said anew as such; the old ones are set aside as in any revision."""
    if left.empty:
        return
    gone = load_temporary(
        connection,
        "gone_lines",
        {name: (sa.BigInteger(), left[name].to_numpy(np.int64)) for name in ("order_id", "line_no")},
    )
    last = (
        sa.select(order_line.c.order_id, sa.func.max(order_line.c.line_no).label("line_no"))
        .where(order_line.c.order_id.in_(sa.select(gone.c.order_id)))
        .group_by(order_line.c.order_id)
        .subquery()
    )
    same = sa.and_(order_line.c.order_id == gone.c.order_id, order_line.c.line_no == gone.c.line_no)
    columns = ("order_id", "line_no", "fulfilled", "batch_id", *_COPIED)
    copies = (
        sa.select(
            order_line.c.order_id, last.c.line_no + order_line.c.line_no, sa.true(), sa.literal(batch_id),
            *(order_line.c[name] for name in _COPIED),
        )
        .select_from(order_line.join(gone, same).join(last, last.c.order_id == order_line.c.order_id))
        .where(order_line.c.superseded_by.is_(None))
    )  # fmt: skip
    rows = connection.execute(copies).all()
    pair = sa.tuple_(order_line.c.order_id, order_line.c.line_no)
    connection.execute(
        sa.update(order_line)
        .where(pair.in_(sa.select(gone.c.order_id, gone.c.line_no)), order_line.c.superseded_by.is_(None))
        .values(superseded_by=batch_id)
    )
    insert_columns(connection, order_line, {name: [row[i] for row in rows] for i, name in enumerate(columns)})


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the parcels of an import; those that it replaced stand again."""
    require(uow, Permission.UNDO_IMPORTS)
    uow.connection.execute(
        sa.update(shipment)
        .where(shipment.c.batch_id == batch_id, shipment.c.withdrawn_by.is_(None))
        .values(withdrawn_by=batch_id)
    )
    uow.connection.execute(sa.update(shipment).where(shipment.c.superseded_by == batch_id).values(superseded_by=None))
