"""What lies in parcels, and which of an order's lines have left with them.

What a parcel says moves its order forward, never back: it is then shipped, wholly or line by line. The order's
fingerprints stay, so that the file which brought the order still changes nothing when it comes again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import product
from erp_core.db import facts
from erp_core.db.bulk import insert_columns, load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.orders import rollups, service
from erp_core.orders.rules import STATE_RANK
from erp_core.orders.tables import order_line, sales_order, shipment, shipment_line
from erp_core.security.guard import require
from erp_core.security.permissions import Permission

PARCEL = (
    "order_id", "content", "external_id", "carrier", "tracking_number", "shipped_at", "estimated_at", "delivered_at",
    "location_id",
)  # fmt: skip
CONTENT = ("parcel", "line_ref", "product_id", "quantity")
_NEWS = ("carrier", "tracking_number", "shipped_at", "completed_at")
_COPIED = (
    "product_id", "title", "quantity", "unit_price", "discount", "amount", "refunded", "cancelled", "line_ref",
    "sold_as",
)  # fmt: skip


def record_parcels(
    uow: UnitOfWork, parcels: pd.DataFrame, contents: pd.DataFrame, batch_id: int
) -> npt.NDArray[np.bool_]:
    """Append parcels (columns `key` and `PARCEL`) with what lies in them (`CONTENT`; `parcel`: position in `parcels`).

    A parcel that stands with the same content is left alone; with another, the new row replaces it. Returns which
    parcels say something new.
    """
    require(uow, Permission.IMPORT_FILES)
    columns = {name: parcels[name].tolist() for name in PARCEL}
    appended = facts.append(uow, shipment, parcels["key"].tolist(), columns, batch_id)
    at = contents["parcel"].to_numpy(np.int64)
    inside = contents[appended.fresh[at]]
    insert_columns(
        uow.connection,
        shipment_line,
        {
            "shipment_id": appended.ids[at[appended.fresh[at]]],
            **{name: inside[name].tolist() for name in CONTENT[1:]},
        },
    )
    return appended.fresh


def move_on(uow: UnitOfWork, news: pd.DataFrame, left: pd.DataFrame, batch_id: int) -> npt.NDArray[np.int64]:
    """Let orders know what their parcels say; returns the orders that changed.

    `news`: order_id (once each), state (shipped, completed or None), carrier, tracking_number, shipped_at,
    completed_at; what an order says itself stays. `left`: order_id, line_no of lines that have left although the order
    has not wholly. Each change is a revision, so that an undo can put it back.
    """
    require(uow, Permission.IMPORT_FILES)
    changes = _changes(uow.connection, news, left)
    ids = changes["order_id"].to_numpy(np.int64)
    if len(ids):
        _let_lines_go(uow.connection, left, batch_id)
        columns = {name: changes[name].to_numpy(object) for name in ("state", "status_at", *_NEWS)}
        service.revise(uow, batch_id, ids, columns)
    return ids


def parcels_of(connection: sa.Connection, order_ids: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Standing parcels of these orders, in the order in which they left: order_id, carrier, tracking_number,
    shipped_at."""
    wanted = load_temporary(connection, "parcels_wanted", {"id": (sa.BigInteger(), order_ids)})
    names = ("order_id", "carrier", "tracking_number", "shipped_at")
    query = (
        sa.select(*(shipment.c[name] for name in names))
        .join(wanted, wanted.c.id == shipment.c.order_id)
        .where(facts.stands(shipment))
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
        .where(facts.stands(shipment))
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
            | {
                name: said.get(name) if getattr(row, name) is None and _known(said.get(name)) else None
                for name in _NEWS
            }
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
    rollups.void_packs(connection, sa.select(gone.c.order_id.label("id")).distinct().subquery())
    pair = sa.tuple_(order_line.c.order_id, order_line.c.line_no)
    connection.execute(
        sa.update(order_line)
        .where(pair.in_(sa.select(gone.c.order_id, gone.c.line_no)), order_line.c.superseded_by.is_(None))
        .values(superseded_by=batch_id)
    )
    insert_columns(connection, order_line, {name: [row[i] for row in rows] for i, name in enumerate(columns)})
