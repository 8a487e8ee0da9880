"""Files that tell what has left (Amazon's FBA shipments): their rows attach to the orders that stand.

An order that no other file brought is made of its shipments alone; then it is `partial`: its lines come shipment by
shipment, and further ones join those that stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db import facts
from erp_core.db.bulk import load_temporary
from erp_core.imports.batch import Batch
from erp_core.imports.sales import Orders
from erp_core.orders import parcels
from erp_core.orders import service as order_service
from erp_core.orders.movements import products_of
from erp_core.orders.rules import Fate
from erp_core.orders.tables import order_line

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_KEPT = (
    "product_id", "title", "quantity", "unit_price", "discount", "amount", "refunded", "cancelled", "fulfilled",
    "line_ref", "sold_as",
)  # fmt: skip


@dataclass(frozen=True)
class Attachment:
    """How a file's orders (one entry each) stand. `attached`: the order stands whole, only its parcels are news;
    `kept_lines`: stored lines of partial orders that the file does not bring, with `order` (position)."""

    attached: Bools
    kept_lines: pd.DataFrame


def reconcile(batch: Batch, orders: Orders, at: Ints, standing: order_service.Standing) -> Attachment:
    """Decide what becomes of each order of the file; sets the fates in `standing` (one entry per position in `at`)."""
    whole = (standing.order_id > 0) & ~standing.withdrawn & ~standing.partial
    attached = np.zeros(len(orders.ids), bool)
    attached[at[whole]] = True
    standing.fate[whole] = int(Fate.UNCHANGED)
    return Attachment(attached, _kept_lines(batch.uow.connection, orders, at, standing))


def _kept_lines(connection: sa.Connection, orders: Orders, at: Ints, standing: order_service.Standing) -> pd.DataFrame:
    """Lines of partial orders that stand and are not in the file; orders of which all lines stand are unchanged."""
    partial = standing.partial
    position = {int(standing.order_id[i]): int(at[i]) for i in np.flatnonzero(partial).tolist()}
    table = load_temporary(connection, "partial_orders", {"id": (sa.BigInteger(), list(position))})
    query = (
        sa.select(order_line.c.order_id, *(order_line.c[name] for name in _KEPT))
        .join(table, table.c.id == order_line.c.order_id)
        .where(order_line.c.superseded_by.is_(None))
        .order_by(order_line.c.order_id, order_line.c.line_no)
    )
    held = pd.DataFrame(connection.execute(query).all(), columns=["order_id", *_KEPT], dtype=object)
    held["order"] = [position[int(order_id)] for order_id in held["order_id"]]
    refs = orders.lines["line_ref"]
    said = pd.DataFrame({"order": orders.lines["order"], "line_ref": refs, "amount": orders.lines["amount"]})
    said["quantity"] = orders.lines["quantity"]
    stored = {(row["order"], row["line_ref"]): (row["quantity"], row["amount"]) for row in held.to_dict("records")}
    said["stands"] = [
        stored.get((row["order"], row["line_ref"])) == (row["quantity"], row["amount"])
        for row in said.to_dict("records")
    ]
    whole = said.groupby("order")["stands"].all()
    for i in np.flatnonzero(partial).tolist():
        unchanged = bool(whole.get(int(at[i]), True))
        standing.fate[i] = int(Fate.UNCHANGED if unchanged else Fate.CHANGED)
    brought = set(zip(said["order"], said["line_ref"], strict=True))
    return held[[(row["order"], row["line_ref"]) not in brought for row in held.to_dict("records")]]


def with_kept_lines(headers: dict[str, Any], lines: dict[str, Any], kept: pd.DataFrame) -> dict[str, Any]:
    """The lines to write, those that stand and stay among them; the orders' sums count them."""
    if kept.empty:
        return lines
    order = kept["order"].to_numpy(np.int64)
    live = ~kept["cancelled"].to_numpy(bool)
    for name, column in (("quantity", "quantity"), ("goods", "amount"), ("refunded", "refunded")):
        np.add.at(headers[name], order[live], kept[column].to_numpy(np.int64)[live])
    np.add.at(headers["lines"], order, 1)
    last = np.zeros(len(headers["lines"]), np.int64)
    np.maximum.at(last, lines["order"], lines["line_no"])
    number = last[order] + kept.groupby("order").cumcount().to_numpy(np.int64) + 1
    added: dict[str, Any] = {name: kept[name].to_numpy(object) for name in _KEPT} | {
        "order": order,
        "line_no": number,
    }
    return {name: _continued(np.asarray(column), np.asarray(added[name])) for name, column in lines.items()}


def _continued(column: npt.NDArray[Any], kept: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Both, in the column's own type unless a kept value is unknown: sums and positions are computed on it."""
    if column.dtype != object and not pd.isna(kept).any():
        kept = kept.astype(column.dtype)
    return np.concatenate([column, kept])


def attach(batch: Batch, orders: Orders, order_id: Ints, product_of_line: Ints, attached: Bools) -> tuple[Bools, Ints]:
    """Record the parcels of all orders of the file and let the attached ones move on.

    `order_id`: of each order, 0 where it stays out. Returns the orders with news, and products whose stock moves.
    """
    rows = _parcel_rows(orders, order_id, product_of_line)
    if rows.empty:
        return np.zeros(len(orders.ids), bool), np.zeros(0, np.int64)
    parcel = rows.groupby(["order_id", "number"], sort=False).ngroup().to_numpy(np.int64)
    first = rows.groupby(parcel, sort=False).first()
    first["key"] = [
        facts.key_of("shipment", order, number)
        for order, number in zip(first["order_id"], first["number"], strict=True)
    ]
    first["content"] = facts.content_of({"text": rows["text"].groupby(parcel).agg("\x1e".join).tolist()})
    contents = rows[["line_ref", "product_id", "quantity"]].assign(parcel=parcel)
    is_new = parcels.record_parcels(batch.uow, first, contents, batch.id)
    news = np.zeros(len(orders.ids), bool)
    news[rows["order"].to_numpy(np.int64)[is_new[parcel]]] = True
    return news, _move_on(batch, first[is_new & attached[first["order"].to_numpy(np.int64)]])


def _parcel_rows(orders: Orders, order_id: Ints, product_of_line: Ints) -> pd.DataFrame:
    """One row a shipped line: its order (position and id), its parcel's words and times, its product and quantity."""
    lines, rows = orders.lines, orders.rows
    at = np.flatnonzero(order_id[lines["order"]] > 0)
    row, order = lines["row"][at], lines["order"][at]

    def word(name: str) -> npt.NDArray[np.object_]:
        coded = rows.texts.get(name)
        return np.full(len(row), None, object) if coded is None else coded.take(row)

    def moment(name: str) -> list[Any]:
        times = rows.times.get(name)
        if times is None:
            return [None] * len(row)
        listed: list[Any] = pd.Series(pd.to_datetime(times.take(row), utc=True)).astype(object).tolist()
        return [None if value is pd.NaT else value.to_pydatetime() for value in listed]

    frame = pd.DataFrame(
        {
            "order": order,
            "order_id": order_id[order],
            "external_id": word("shipment_id"),
            "carrier": word("carrier"),
            "tracking_number": word("tracking_number"),
            "shipped_at": moment("shipped_at"),
            "estimated_at": moment("estimated_at"),
            "line_ref": word("line_ref"),
            "product_id": product_of_line[at],
            "quantity": lines["quantity"][at],
        },
        dtype=object,
    )
    frame["location_id"] = frame["delivered_at"] = None
    frame["sku"] = np.array(orders.skus, object)[lines["sku"][at]]
    frame["number"] = [
        ship or track or (str(left) if left else "")
        for ship, track, left in zip(frame["external_id"], frame["tracking_number"], frame["shipped_at"], strict=True)
    ]
    told = ("carrier", "tracking_number", "shipped_at", "estimated_at", "line_ref", "sku", "quantity")
    frame["text"] = [facts.key_of(*values) for values in zip(*(frame[name] for name in told), strict=True)]
    return frame


def take_over(batch: Batch, order_ids: Ints) -> Ints:
    """Whole orders that were known by their shipments before: what has left, has left. Returns products touched."""
    return _move_on(batch, parcels.parcels_of(batch.uow.connection, order_ids))


def _move_on(batch: Batch, shipped: pd.DataFrame) -> Ints:
    """Orders whose lines have all left are shipped; of the others, the lines that have. Returns products touched."""
    if shipped.empty:
        return np.zeros(0, np.int64)
    ids = np.unique(shipped["order_id"].to_numpy(np.int64))
    whole, left = parcels.covered(batch.uow.connection, ids)
    news = (
        shipped.sort_values("shipped_at", na_position="first")
        .groupby("order_id", as_index=False)[["carrier", "tracking_number", "shipped_at"]]
        .last()
    )
    news["state"] = ["shipped" if order_id in whole else None for order_id in news["order_id"]]
    news["completed_at"] = None
    partly = left[~left["order_id"].isin(whole)]
    news["shipped_at"] = [
        value if order_id in whole else None
        for value, order_id in zip(news["shipped_at"], news["order_id"], strict=True)
    ]
    moved = parcels.move_on(batch.uow, news, partly, batch.id)
    return products_of(batch.uow.connection, moved)
