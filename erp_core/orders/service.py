"""Orders as files bring them: stored, revised, withdrawn; with their stock movements and rollups in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db.bulk import advance_sequence, insert_columns, load_temporary, next_id
from erp_core.db.uow import UnitOfWork
from erp_core.orders import rollups
from erp_core.orders.movements import move_stock, orders_table
from erp_core.orders.personal import DIGESTS, SEALED, sealed_headers
from erp_core.orders.rules import STATE_RANK, Fate, LineFacts, fate_of, is_sale, off_lines
from erp_core.orders.tables import channel, order_event, order_line, sales_order
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.stock.tables import stock_movement

Ints = npt.NDArray[np.int64]
Column = npt.NDArray[Any]

# What a later file may fill in or change. Where it says nothing, what stands stays.
_KEPT_IF_UNSAID = (
    "status_word", "paid_at", "shipped_at", "completed_at", "cancelled_at", "customer_id", "discount", "shipping",
    "tax", "total", "country", "province", "city", "postcode", "carrier", "tracking_number", "location_id",
    "personal", "name_digest", "phone_digest", "tail_digest",
)  # fmt: skip
_REPLACED = (
    "document", "state", "status_at", "ordered_at", "ds", "currency", "lines", "quantity", "goods", "charges",
    "refunded", "header_fingerprint", "lines_fingerprint", "partial",
)  # fmt: skip
_LINE_COLUMNS = (
    "product_id", "title", "quantity", "unit_price", "discount", "amount", "refunded", "cancelled", "fulfilled",
    "line_ref", "sold_as",
)  # fmt: skip
_OF_LINES = frozenset({"lines", "quantity", "goods", "charges", "lines_fingerprint", "document", "partial"})


@dataclass(frozen=True)
class Incoming:
    """Identity and content marks of the orders that a file brings, one entry an order. `known_since`: the first import
    that brought the very same file, 0 without one: what a later import said since is news to it."""

    channel_id: Ints
    external_id: Sequence[str]
    state: Sequence[str]
    status_at: npt.NDArray[np.datetime64]
    header_fingerprint: Ints
    lines_fingerprint: Ints
    has_lines: npt.NDArray[np.bool_]
    known_since: int = 0


@dataclass(frozen=True)
class _Writing:
    """One file's orders on their way in. `order_id`: of each incoming order; `created`, `changed` and `revived` (of
    a withdrawn import): positions of those to write."""

    uow: UnitOfWork
    batch_id: int
    order_id: Ints
    headers: Mapping[str, Column]
    lines: Mapping[str, Column]
    created: Ints
    changed: Ints
    revived: Ints

    @property
    def revised(self) -> Ints:
        """Positions of orders whose rows stand already."""
        return np.concatenate([self.changed, self.revived])

    @property
    def has_lines(self) -> npt.NDArray[np.bool_]:
        """Which incoming orders bring lines."""
        has = np.zeros(len(self.order_id), bool)
        has[self.lines["order"]] = True
        return has


@dataclass(frozen=True)
class Standing:
    """What stands for each incoming order: its id (0 = none), its fate, whether it was withdrawn before, whether it
    stands and is known by its shipments only."""

    order_id: Ints
    fate: Ints
    withdrawn: npt.NDArray[np.bool_]
    partial: npt.NDArray[np.bool_]


def ensure_channels(uow: UnitOfWork, platforms: Mapping[str, str]) -> dict[str, int]:
    """The ids of channels by name; missing ones are created. `platforms`: name → the platform it is a shop on."""
    require(uow, Permission.IMPORT_FILES)
    held = {
        row.name: row for row in uow.connection.execute(sa.select(channel.c.name, channel.c.id, channel.c.platform))
    }
    found = {name: int(row.id) for name, row in held.items()}
    for name, platform in platforms.items():
        if platform and name in held and not held[name].platform:  # first named by a file that is of no platform
            uow.connection.execute(sa.update(channel).where(channel.c.id == found[name]).values(platform=platform))
        if name not in found:
            result = uow.connection.execute(sa.insert(channel).values(name=name, platform=platform))
            key = result.inserted_primary_key
            assert key is not None
            found[name] = int(key[0])
    return {name: found[name] for name in platforms}


def known_orders(
    connection: sa.Connection, channel_names: Sequence[str], ids: Sequence[str], platform: str | None = None
) -> frozenset[str]:
    """Which of these external ids stand, with lines, in any of these channels, or anywhere on `platform`."""
    wanted = load_temporary(connection, "wanted_orders", {"external_id": (sa.Text(), list(ids))})
    query = (
        sa.select(sales_order.c.external_id)
        .join(channel, channel.c.id == sales_order.c.channel_id)
        .join(wanted, wanted.c.external_id == sales_order.c.external_id)
        .where(
            sa.or_(channel.c.name.in_(list(channel_names)), channel.c.platform == platform),
            sales_order.c.withdrawn_by.is_(None),
            sales_order.c.lines > 0,
        )
    )
    return frozenset(connection.execute(query).scalars())


def find_standing(uow: UnitOfWork, incoming: Incoming) -> Standing:
    """Compare what a file brings with what stands, by channel and external id."""
    require(uow, Permission.IMPORT_FILES)
    count = len(incoming.external_id)
    order_id = np.zeros(count, np.int64)
    withdrawn = np.zeros(count, bool)
    partial = np.zeros(count, bool)
    same = np.zeros(count, bool)
    revised = np.zeros(count, bool)
    rank = np.zeros(count, np.int64)
    status_at = np.zeros(count, "datetime64[s]")
    wanted = load_temporary(
        uow.connection,
        "incoming_orders",
        {
            "at": (sa.BigInteger(), np.arange(count)),
            "channel_id": (sa.BigInteger(), incoming.channel_id),
            "external_id": (sa.Text(), list(incoming.external_id)),
        },
    )
    columns = (
        wanted.c.at, sales_order.c.id, sales_order.c.state, sales_order.c.status_at, sales_order.c.header_fingerprint,
        sales_order.c.lines_fingerprint, sales_order.c.withdrawn_by, sales_order.c.partial,
        sales_order.c.batch_id,
    )  # fmt: skip
    match = sa.and_(sales_order.c.channel_id == wanted.c.channel_id, sales_order.c.external_id == wanted.c.external_id)
    for at, found, state, when, header, lines, gone, pieces, batch_id in uow.connection.execute(
        sa.select(*columns).select_from(wanted.join(sales_order, match))
    ):
        order_id[at] = found
        withdrawn[at] = gone is not None
        partial[at] = pieces and gone is None
        revised[at] = 0 < incoming.known_since < (batch_id or 0)
        rank[at] = STATE_RANK.get(state, 0)
        status_at[at] = np.datetime64(when.replace(tzinfo=None), "s") if when else np.datetime64(0, "s")
        same[at] = header == incoming.header_fingerprint[at] and (
            not incoming.has_lines[at] or lines == incoming.lines_fingerprint[at]
        )
    incoming_rank = np.array([STATE_RANK[state] for state in incoming.state], np.int64)
    stands = (order_id > 0) & ~withdrawn
    fate = fate_of(stands, same, (incoming_rank, rank), (incoming.status_at, status_at))
    fate[stands & revised & (fate == int(Fate.CHANGED))] = int(Fate.PASSED_OVER)
    fate[partial & stands & incoming.has_lines] = int(Fate.CHANGED)  # any list of whole orders knows better
    return Standing(order_id, fate, withdrawn, partial)


def write(
    uow: UnitOfWork, batch_id: int, standing: Standing, headers: Mapping[str, Column], lines: Mapping[str, Column]
) -> Ints:
    """Store the new orders and revise the changed ones; returns the id of each incoming order.

    `headers`: columns of sales_order, one entry per incoming order (only those with fate NEW or CHANGED are read); what
    is to be sealed stands in the plain columns of `personal.PERSONAL`;
    `lines`: columns of order_line with `order` (position of the incoming order) in place of order_id. Movements and
    rollups follow. The caller refreshes the stock balances of the products that the lines name, and of those returned:
    what earlier versions of the orders named, and the components of bundles.
    """
    require(uow, Permission.IMPORT_FILES)
    connection = uow.connection
    order_id = standing.order_id.copy()
    headers = sealed_headers(uow, order_id, standing.fate, headers, standing.withdrawn)
    fresh = np.flatnonzero(standing.fate == int(Fate.NEW))
    created = fresh[order_id[fresh] == 0]
    order_id[created] = np.arange(len(created)) + next_id(connection, sales_order)
    changed = np.flatnonzero(standing.fate == int(Fate.CHANGED))
    writing = _Writing(uow, batch_id, order_id, headers, lines, created, changed, fresh[standing.order_id[fresh] > 0])
    if len(writing.revised):
        _revise(writing)
    _insert_headers(writing)
    _insert_lines(writing)
    written = orders_table(connection, "written_orders", order_id[np.concatenate([created, writing.revised])])
    move_stock(uow, written)
    rollups.add_headers(connection, written, 1)
    rollups.add_lines(connection, orders_table(connection, "rewritten_orders", order_id[writing.revised]), 1)
    _roll_up_created(writing)
    append_events(uow, batch_id, order_id[created], "imported")
    return order_id


def revise(uow: UnitOfWork, batch_id: int, order_id: Ints, columns: Mapping[str, Column]) -> None:
    """Write these columns of sales_order over the headers of standing orders, as a revision that an undo puts back.

    What is None in a column stays as it stands, but for those that every file says (`state` …). Movements and rollups
    follow; the caller refreshes the stock balances.
    """
    require(uow, Permission.IMPORT_FILES)
    nothing: Ints = np.zeros(0, np.int64)
    no_lines = dict.fromkeys(("order", *_LINE_COLUMNS), nothing)
    writing = _Writing(uow, batch_id, order_id, columns, no_lines, nothing, np.arange(len(order_id)), nothing)
    _revise(writing)
    written = orders_table(uow.connection, "written_orders", order_id)
    move_stock(uow, written)
    rollups.add(uow.connection, written, 1)


def _revise(writing: _Writing) -> None:
    """Take what stands out of rollups and stock, set its lines aside, and write the new headers over the old."""
    connection, order_id, revised = writing.uow.connection, writing.order_id, writing.revised
    touched = orders_table(connection, "revised_orders", order_id[revised])
    remember(writing.uow, writing.batch_id, order_id[writing.changed])
    append_events(writing.uow, writing.batch_id, order_id[writing.revived], "imported")
    rollups.add(connection, touched, -1)
    movements = sa.select(stock_movement.c.id).join(touched, touched.c.id == stock_movement.c.order_id)
    stock.reverse_from(writing.uow, movements)
    relined = orders_table(connection, "relined_orders", order_id[revised[writing.has_lines[revised]]])
    connection.execute(
        sa.update(order_line)
        .where(order_line.c.order_id.in_(sa.select(relined.c.id)), order_line.c.superseded_by.is_(None))
        .values(superseded_by=writing.batch_id)
    )
    _revise_headers(writing)


def append_events(
    uow: UnitOfWork,
    batch_id: int,
    ids: Ints,
    kind: str,
    before: tuple[Sequence[Any], Sequence[str | None]] | None = None,
) -> None:
    """Append one event to each of these orders; `before`: what an undo needs to put it back, plain and sealed."""
    count = len(ids)
    columns: dict[str, Any] = {
        "order_id": ids, "at": [uow.now()] * count, "kind": [kind] * count, "actor": [uow.actor] * count,
        "batch_id": [batch_id] * count,
    }  # fmt: skip
    if before is not None:
        columns["before"], columns["personal"] = before
    insert_columns(uow.connection, order_event, columns)


def remember(uow: UnitOfWork, batch_id: int, order_ids: Ints) -> None:
    """Append an event to each order that is about to change, with its header as it stands, for an undo."""
    table = orders_table(uow.connection, "remembered_orders", order_ids)
    plain = [column for column in sales_order.columns if column.name not in SEALED]
    as_stored = sa.type_coerce(sales_order.c.personal, sa.Text).label("personal")
    query = sa.select(*plain, as_stored).join(table, table.c.id == sales_order.c.id)
    rows = uow.connection.execute(query).mappings().all()
    ids = np.array([row["id"] for row in rows], np.int64)
    before = [{key: _json_value(value) for key, value in row.items() if key != "personal"} for row in rows]
    append_events(uow, batch_id, ids, "revised", (before, [row["personal"] for row in rows]))


def _json_value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _header_columns(headers: Mapping[str, Column], at: Ints) -> dict[str, Any]:
    return {name: headers[name][at] for name in (*_REPLACED, *_KEPT_IF_UNSAID) if name in headers}


def _insert_headers(writing: _Writing) -> None:
    created, headers, connection = writing.created, writing.headers, writing.uow.connection
    columns = _header_columns(headers, created)
    columns |= {
        "id": writing.order_id[created],
        "channel_id": headers["channel_id"][created],
        "external_id": headers["external_id"][created],
        "first_batch_id": np.full(len(created), writing.batch_id),
        "batch_id": np.full(len(created), writing.batch_id),
    }
    insert_columns(connection, sales_order, columns)
    advance_sequence(connection, sales_order)


def _revise_headers(writing: _Writing) -> None:
    uow, batch_id, changed, revived = writing.uow, writing.batch_id, writing.changed, writing.revived
    at = writing.revised
    columns = _header_columns(writing.headers, at)
    typed: dict[str, tuple[sa.types.TypeEngine[Any], Any]] = {
        name: (sales_order.c[name].type, column) for name, column in columns.items()
    }
    typed["id"] = (sa.BigInteger(), writing.order_id[at])
    typed["has_lines"] = (sa.Boolean(), writing.has_lines[at].tolist())
    typed["starts_anew"] = (sa.Boolean(), [False] * len(changed) + [True] * len(revived))
    said = load_temporary(uow.connection, "said_headers", typed)
    values: dict[str, Any] = {}
    for name in columns:
        if name in _OF_LINES:
            values[name] = sa.case((said.c.has_lines, said.c[name]), else_=sales_order.c[name])
        elif name in _REPLACED:
            values[name] = said.c[name]
        elif name in DIGESTS:  # of the new document, where there is one
            values[name] = sa.case(
                (sa.or_(said.c.starts_anew, said.c.personal.is_not(None)), said.c[name]), else_=sales_order.c[name]
            )
        else:
            values[name] = sa.case(
                (said.c.starts_anew, said.c[name]), else_=sa.func.coalesce(said.c[name], sales_order.c[name])
            )
    values["first_batch_id"] = sa.case((said.c.starts_anew, batch_id), else_=sales_order.c.first_batch_id)
    uow.connection.execute(
        sa.update(sales_order)
        .where(sales_order.c.id == said.c.id)
        .values(**values, batch_id=batch_id, withdrawn_by=None)
    )


def _insert_lines(writing: _Writing) -> None:
    order_id, lines, connection = writing.order_id, writing.lines, writing.uow.connection
    wanted = np.zeros(len(order_id), bool)
    wanted[writing.created] = wanted[writing.revised] = True
    at = np.flatnonzero(wanted[lines["order"]])
    at = at[np.argsort(order_id[lines["order"][at]], kind="stable")]
    offset = np.zeros(len(order_id), np.int64)  # the lines of a new version are numbered after those of the old
    if len(writing.revised):
        table = orders_table(connection, "relined_orders", order_id[writing.revised])
        position = {int(order_id[i]): int(i) for i in writing.revised}
        query = (
            sa.select(order_line.c.order_id, sa.func.max(order_line.c.line_no))
            .join(table, table.c.id == order_line.c.order_id)
            .group_by(order_line.c.order_id)
        )
        for found, last in connection.execute(query):
            offset[position[int(found)]] = last
    columns: dict[str, Any] = {name: lines[name][at] for name in _LINE_COLUMNS}
    columns |= {
        "order_id": order_id[lines["order"][at]],
        "line_no": lines["line_no"][at] + offset[lines["order"][at]],
        "batch_id": np.full(len(at), writing.batch_id),
    }
    insert_columns(connection, order_line, columns)


def _roll_up_created(writing: _Writing) -> None:
    """daily_sales of orders that are new: their lines are still at hand and need not be read back."""
    created, headers, lines = writing.created, writing.headers, writing.lines
    if not len(created):
        return
    count = len(headers["state"])
    is_new = np.zeros(count, bool)
    is_new[created] = True
    live = np.flatnonzero(is_new[lines["order"]] & ~np.asarray(lines["cancelled"], bool))
    days, keys = pd.MultiIndex.from_arrays([headers["ds"], headers["channel_id"], headers["currency"]]).factorize()
    order = lines["order"][live]
    facts = LineFacts(
        order=order,
        product_id=lines["product_id"][live],
        day=days.astype(np.int64)[order],
        is_sale=is_sale(headers["document"].tolist(), headers["state"].tolist())[order],
        is_credit=(headers["document"] == "credit_note")[order],
        quantity=lines["quantity"][live],
        amount=lines["amount"][live],
        refunded=lines["refunded"][live],
        discount=lines["discount"][live],
        order_discount=off_lines(headers.get("discount", ()), order, lines["amount"][live]),
    )
    rollups.add_facts(writing.uow.connection, facts, list(keys))
