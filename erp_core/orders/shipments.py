"""Parcels on their way: shipments and their tracking events, and what they tell of the orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db import facts
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.orders import parcels as contents
from erp_core.orders import service
from erp_core.orders.rules import STATE_RANK
from erp_core.orders.tables import sales_order, shipment, shipment_line, tracking_event
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.security.sealing import marker_of, sealing_vault

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_SAID = ("carrier", "shipped_at", "estimated_at", "delivered_at")


@dataclass(frozen=True)
class Tracked:
    """What was new. `parcels`, `events`: one entry a row given; `orders`: the orders whose header moved."""

    parcels: Bools
    events: Bools
    orders: Ints


def record_tracking(uow: UnitOfWork, parcels: pd.DataFrame, events: pd.DataFrame, batch_id: int) -> Tracked:
    """Store parcels and what happened to them; their orders move forward to shipped and completed, never back.

    `parcels`: order_id and tracking_number (each pair once), carrier, shipped_at, estimated_at, delivered_at (aware;
    None says nothing and leaves what stands). `events`: parcel (position in `parcels`), at, state, place. An order
    whose parcels are all delivered is completed; its carrier, tracking number and time of shipping are filled in where
    it says none. The caller refreshes the balances of the products of `orders`.
    """
    require(uow, Permission.IMPORT_FILES)
    standing = _standing(uow.connection, parcels)
    rows: list[dict[str, Any]] = []
    same: list[bool] = []
    for row in parcels.to_dict("records"):
        held = standing.get((row["order_id"], row["tracking_number"]), {})
        said = {str(name): value for name, value in row.items() if value is not None and value is not pd.NaT}
        rows.append(held | said)
        same.append(bool(held) and all(held[name] == value for name, value in said.items()))
    columns: dict[str, Any] = {
        name: [row.get(name) for row in rows]
        for name in ("order_id", "tracking_number", "external_id", "location_id", *_SAID)
    }
    content = facts.content_of({name: columns[name] for name in ("order_id", "tracking_number", *_SAID)})
    columns["content"] = np.where(same, [row.get("content", 0) for row in rows], content)
    keys = [row.get("fact_key") or facts.key_of("parcel", row["order_id"], row["tracking_number"]) for row in rows]
    appended = facts.append(uow, shipment, keys, columns, batch_id)
    _carry_lines_over(uow, rows, appended)
    ids = np.where(appended.fresh, appended.ids, [row.get("id") or 0 for row in rows])
    fresh_events = _append_events(uow, events, (columns["order_id"], columns["tracking_number"], ids), batch_id)
    return Tracked(appended.fresh, fresh_events, _move_orders(uow, parcels["order_id"].unique(), batch_id))


def _standing(connection: sa.Connection, parcels: pd.DataFrame) -> dict[tuple[int, str], dict[str, Any]]:
    """The parcels that stand, by order and tracking number, under whatever key."""
    wanted = load_temporary(
        connection,
        "tracked_parcels",
        {
            "order_id": (sa.BigInteger(), parcels["order_id"].tolist()),
            "tracking_number": (sa.Text(), parcels["tracking_number"].tolist()),
        },
    )
    s = shipment.c
    columns = (s.id, s.order_id, s.tracking_number, s.external_id, s.location_id, s.fact_key, s.content,
               *(s[name] for name in _SAID))  # fmt: skip
    match = sa.and_(wanted.c.order_id == s.order_id, wanted.c.tracking_number == s.tracking_number)
    query = sa.select(*columns).join(wanted, match).where(facts.stands(shipment)).order_by(s.id)
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault((row["order_id"], row["tracking_number"]), dict(row))
    return found


def _carry_lines_over(uow: UnitOfWork, rows: list[dict[str, Any]], appended: facts.Appended) -> None:
    """What lies in a parcel, as an earlier file told, lies in its new version too."""
    pairs = [
        (row["id"], int(new)) for row, new in zip(rows, appended.ids.tolist(), strict=True) if new and row.get("id")
    ]
    moved = load_temporary(
        uow.connection,
        "replaced_parcels",
        {"old": (sa.BigInteger(), [old for old, _ in pairs]), "new": (sa.BigInteger(), [new for _, new in pairs])},
    )
    line = shipment_line.c
    lines = sa.select(moved.c.new, line.line_ref, line.product_id, line.quantity).join(
        moved, moved.c.old == line.shipment_id
    )
    names = ["shipment_id", "line_ref", "product_id", "quantity"]
    uow.connection.execute(sa.insert(shipment_line).from_select(names, lines))


def _append_events(
    uow: UnitOfWork, events: pd.DataFrame, parcels: tuple[list[int], list[str], Ints], batch_id: int
) -> Bools:
    at = events["parcel"].to_numpy(np.int64)
    order_id, number, ids = parcels
    said = {name: events[name].tolist() for name in ("at", "state", "place")}
    marker, vault = marker_of(uow.connection), sealing_vault(uow.connection)
    keys = [
        facts.key_of("event", order_id[parcel], number[parcel], when, word)
        for parcel, when, word in zip(at.tolist(), said["at"], marker.words(said["state"]), strict=True)
    ]
    columns: dict[str, Any] = {
        "at": said["at"],
        "personal": vault.seal_columns({"state": said["state"], "place": said["place"]}),
        "shipment_id": ids[at],
        "content": marker.numbers(facts.content_of({"place": said["place"]})),
    }
    return facts.append(uow, tracking_event, keys, columns, batch_id).fresh


def _move_orders(uow: UnitOfWork, order_ids: npt.NDArray[Any], batch_id: int) -> Ints:
    """Orders as far as their standing parcels say, forward only; the ids of those that changed."""
    asked = load_temporary(uow.connection, "tracked_orders", {"id": (sa.BigInteger(), [int(i) for i in order_ids])})
    s, o = shipment.c, sales_order.c
    parcels: dict[int, list[Any]] = defaultdict(list)
    query = (
        sa.select(s.order_id, s.carrier, s.tracking_number, s.shipped_at, s.delivered_at)
        .join(asked, asked.c.id == s.order_id)
        .where(facts.stands(shipment))
        .order_by(s.order_id, s.id)
    )
    for parcel in uow.connection.execute(query):
        parcels[parcel.order_id].append(parcel)
    whole = _wholly_left(uow.connection, list(parcels))
    header = (o.carrier, o.tracking_number, o.shipped_at, o.completed_at, o.state)
    held = uow.connection.execute(
        sa.select(o.id, *header).join(asked, asked.c.id == o.id).where(o.document == "order", o.withdrawn_by.is_(None))
    ).mappings()
    changes: list[dict[str, Any]] = []
    for row in held:
        told = _told(parcels[row["id"]])
        if row["id"] not in whole:
            told = told | {"state": "pending", "shipped_at": None, "completed_at": None}
        fresh = {name: told[name] if row[name] is None else row[name] for name in told if name != "state"}
        further = STATE_RANK[told["state"]] > STATE_RANK.get(row["state"], 0)
        fresh["state"] = told["state"] if further else row["state"]
        if any(fresh[name] != row[name] for name in fresh):
            changes.append({"id": row["id"], **fresh})
    ids = np.array([change["id"] for change in changes], np.int64)
    if len(ids):
        names = [name for name in changes[0] if name != "id"]
        columns = {name: np.array([*(c[name] for c in changes), None], object)[:-1] for name in names}
        service.revise(uow, batch_id, ids, columns)
    return ids


def _wholly_left(connection: sa.Connection, order_ids: Sequence[int]) -> set[int]:
    """Of orders with parcels, those of which no line is known to lie outside them: files that tell what lies in a
    parcel tell of parts of orders, files that do not speak of whole ones."""
    asked = load_temporary(connection, "parcelled_orders", {"id": (sa.BigInteger(), np.array(order_ids, np.int64))})
    query = (
        sa.select(shipment.c.order_id)
        .distinct()
        .join(asked, asked.c.id == shipment.c.order_id)
        .join(shipment_line, shipment_line.c.shipment_id == shipment.c.id)
        .where(facts.stands(shipment))
    )
    told = set(connection.execute(query).scalars())
    covered, _ = contents.covered(connection, np.array(sorted(told), np.int64))
    return (set(order_ids) - told) | covered


def _told(parcels: Sequence[Any]) -> dict[str, Any]:
    """What an order's parcels say of it."""
    shipped = [parcel.shipped_at for parcel in parcels if parcel.shipped_at is not None]
    delivered = [parcel.delivered_at for parcel in parcels if parcel.delivered_at is not None]
    done = len(delivered) == len(parcels)
    return {
        "carrier": next((parcel.carrier for parcel in parcels if parcel.carrier is not None), None),
        "tracking_number": next((p.tracking_number for p in parcels if p.tracking_number is not None), None),
        "shipped_at": min(shipped, default=None),
        "completed_at": max(delivered) if done else None,
        "state": "completed" if done else "shipped",
    }


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the parcels and events of an import; those that it replaced stand again. Raises Conflict where later
    imports replaced some of this one. The orders themselves are put back by `service.withdraw`."""
    require(uow, Permission.UNDO_IMPORTS)
    facts.withdraw(uow, (shipment, tracking_event), batch_id)
