"""Checked orders into the database: parties, products, orders; and how each row fared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog import service as catalog
from erp_core.catalog.tables import product
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.imports import erased, load_shipments, shops, standing_lines
from erp_core.imports.amounts import OrderMoney, off_whole_orders
from erp_core.imports.batch import Batch
from erp_core.imports.columns import known_only
from erp_core.imports.declaration import Part
from erp_core.imports.sales import Orders
from erp_core.orders import service as order_service
from erp_core.orders.movements import products_of, with_parts
from erp_core.orders.rules import Fate
from erp_core.parties import service as parties
from erp_core.parties.rules import customer_keys
from erp_core.security.sealing import marker_of
from erp_core.stock import service as stock
from erp_core.text import T

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Loaded:
    """How rows and records fared (0 accepted, 1 rejected, 2 unchanged), and what is new or changed.

    A record of several products is several rows of one order; they share its fate.
    """

    row_fate: Ints
    record_fate: Ints
    orders: int
    cancellations: int
    lines: int
    quantity: int
    products: Ints


ACCEPTED, REJECTED, UNCHANGED = 0, 1, 2
_CUSTOMER_FIELDS = {  # column of customer → field of the file
    "external_id": "customer_id",
    "name": "customer_name",
    "email": "email",
    "phone": "phone",
    "country": "country",
    "province": "province",
    "city": "city",
    "postcode": "postcode",
}


def load(batch: Batch, orders: Orders) -> Loaded:
    """Store what is new or changed of `orders`; stock balances are left to the caller."""
    uow = batch.uow
    # what anybody could compute of a buyer's name and phone does not stand in the database
    fingerprints = np.asarray(orders.header["header_fingerprint"], np.int64)
    orders.header["header_fingerprint"] = marker_of(uow.connection).numbers(fingerprints)
    usable = ~orders.bad_order
    channel_id = shops.place(batch, orders, usable)
    shops.reject_doubles(orders, channel_id)
    usable = ~orders.bad_order
    orders = standing_lines.kept(batch, orders, channel_id)
    at = np.flatnonzero(usable)
    standing = order_service.find_standing(
        uow,
        order_service.Incoming(
            channel_id=channel_id[at],
            external_id=[orders.ids[i] for i in at.tolist()],
            state=orders.header["state"][at].tolist(),
            status_at=orders.header["status_at"][at].astype("datetime64[s]"),
            header_fingerprint=np.asarray(orders.header["header_fingerprint"], np.int64)[at],
            lines_fingerprint=np.asarray(orders.header["lines_fingerprint"], np.int64)[at],
            has_lines=orders.has_lines[at],
            known_since=batch.known_since,
        ),
    )
    parcels = None
    if orders.declared.part is Part.SHIPMENTS:
        parcels = load_shipments.reconcile(batch, orders, at, standing)
    fate = np.full(len(orders.ids), -1, np.int64)
    fate[at] = standing.fate
    written = np.isin(fate, (int(Fate.NEW), int(Fate.CHANGED)))
    batch.progress(0.45, T("Storing {count} orders …", count=int(written.sum())))
    product_of_line, sold_as = _products(batch, orders, written if parcels is None else usable, channel_id)
    position = np.full(len(orders.ids), -1, np.int64)
    position[at] = np.arange(len(at))
    headers, lines = _columns(batch, orders, written, product_of_line, channel_id)
    lines["sold_as"] = sold_as[np.flatnonzero(written[orders.lines["order"]])]
    counted = len(lines["order"]), int(lines["quantity"].sum())
    if parcels is not None:
        lines = load_shipments.with_kept_lines(headers, lines, parcels.kept_lines)
    lines["order"] = position[lines["order"]]
    written_ids = order_service.write(
        uow, batch.id, standing, {name: column[at] for name, column in headers.items()}, lines
    )
    revised = standing.order_id[(standing.order_id > 0) & written[at]]
    # a revised order may no longer name a product, or say only its state: the balances of all that it moved change
    products = np.union1d(product_of_line[product_of_line > 0], products_of(uow.connection, revised))
    news = written
    if parcels is None and standing.partial.any():
        products = np.union1d(products, load_shipments.take_over(batch, standing.order_id[standing.partial]))
    elif parcels is not None:
        order_id = np.zeros(len(orders.ids), np.int64)
        order_id[at] = written_ids
        told, moved = load_shipments.attach(batch, orders, order_id, product_of_line, parcels.attached)
        news, products = written | told, np.union1d(products, moved)
    batch.progress(0.85, T("Updating stock …"))
    return _outcome(orders, news, counted, with_parts(uow.connection, products))


def _outcome(orders: Orders, written: npt.NDArray[np.bool_], counted: tuple[int, int], products: Ints) -> Loaded:
    """`written`: orders that are new or changed; `counted`: their lines and units."""
    order_of_row = orders.order_of_row
    row_fate = np.where(orders.rows.ignored, UNCHANGED, REJECTED)
    of_order = np.where(written, ACCEPTED, UNCHANGED)
    of_order[orders.bad_order] = REJECTED
    known = order_of_row >= 0
    row_fate[known] = of_order[order_of_row[known]]
    states = orders.header["state"]
    return Loaded(
        row_fate=row_fate,
        record_fate=row_fate[np.unique(orders.rows.record, return_index=True)[1]],
        orders=int(written.sum()),
        cancellations=int((written & (states == "cancelled")).sum()),
        lines=counted[0],
        quantity=counted[1],
        products=products,
    )


def _products(
    batch: Batch, orders: Orders, written: npt.NDArray[np.bool_], channel_id: Ints
) -> tuple[Ints, npt.NDArray[np.object_]]:
    """For each line the product that it sells (0 where it is not written), and the SKU that the file names where a
    mapping leads to another one. Fingerprints are over the file's own SKUs, so a mapping makes no order new."""
    order, sku = orders.lines["order"], orders.lines["sku"]
    at = np.flatnonzero(written[order])
    product_of_line = np.zeros(len(order), np.int64)
    sold_as = np.full(len(order), None, object)
    count = max(len(orders.skus), 1)
    pairs, of_line = np.unique(channel_id[order[at]] * count + sku[at], return_inverse=True)
    shop, code = np.divmod(pairs, count)
    names = [orders.skus[i] for i in code.tolist()]
    ids, differs = catalog.mapped_products(batch.uow.connection, shop.tolist(), names)
    own = np.unique(code[ids == 0])
    if len(own):
        of_sku = np.zeros(len(orders.skus), np.int64)
        titles = [orders.sku_titles[i] for i in own.tolist()]
        of_sku[own] = catalog.ensure_products(batch.uow, [orders.skus[i] for i in own.tolist()], titles, batch.id)
        ids = np.where(ids == 0, of_sku[code], ids)
    product_of_line[at] = ids[of_line]
    if differs.any():
        sold_as[at] = known_only(np.array(names, object), differs)[of_line]
    return product_of_line, sold_as


def _columns(
    batch: Batch, orders: Orders, written: npt.NDArray[np.bool_], product_of_line: Ints, channel_id: Ints
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """The columns of sales_order and order_line."""
    header = orders.header
    nameless = erased.forget_in_orders(batch, orders, written, channel_id)
    forgotten = np.array([buyer is not None for buyer in nameless.tolist()], bool)
    keep = np.flatnonzero(written[orders.lines["order"]])
    order = orders.lines["order"][keep]
    product_id = product_of_line[keep]
    names, is_charge = _names_and_charges(batch.uow, product_id)
    amount, quantity = orders.lines["amount"][keep], orders.lines["quantity"][keep]
    live = ~orders.lines["cancelled"][keep]
    charge_line = is_charge & live
    product_line = ~is_charge & live
    count = len(orders.ids)

    def per_order(values: Ints, where: npt.NDArray[np.bool_]) -> Ints:
        # exact up to 2**53, far above any order's money
        return np.bincount(order[where], weights=values[where], minlength=count).astype(np.int64)

    refunded = _refunds(orders, keep, order, amount, live)
    headers: dict[str, Any] = {
        "channel_id": channel_id,
        "external_id": np.array(orders.ids, object),
        "customer_id": np.where(forgotten, nameless, _customers(batch, orders, written & ~forgotten)),
        "ds": _local_days(header["ordered_at"], batch.company.time_zone),
        "lines": np.bincount(order, minlength=count),
        "quantity": per_order(quantity, product_line),
        "goods": per_order(amount, product_line),
        "charges": per_order(amount, charge_line),
        "refunded": per_order(refunded, live),
        "buyer_note": header["buyer_note"],
        "location_id": _locations(batch, header["location"], orders.declared.platform_places),
        "partial": np.full(count, orders.declared.part is Part.SHIPMENTS),
    }
    for name in ("document", "state", "status_word", "currency", "ship_name", "ship_phone", "ship_address", "country",
                 "province", "city", "postcode", "seller_note", "carrier", "tracking_number", "header_fingerprint",
                 "lines_fingerprint"):  # fmt: skip
        headers[name] = header[name]
    for name in ("status_at", "ordered_at", "paid_at", "shipped_at", "completed_at", "cancelled_at"):
        headers[name] = header[name].astype("datetime64[s]")
    for name in ("shipping", "tax", "total"):
        headers[name] = known_only(header[name], header[f"{name}_known"])
    if orders.declared.net_of_discounts:
        headers["discount"] = known_only(np.zeros(count, np.int64), header["order_discount_known"])
    else:
        off_lines = per_order(orders.lines["line_discount"][keep], live)
        paid = OrderMoney(
            per_order(amount, live),
            off_lines,
            header["shipping"],
            header["tax"],
            header["total"],
            header["total_known"],
        )
        off = off_whole_orders(header["order_discount"], paid)
        headers["discount"] = known_only(off, header["order_discount_known"])
    title = np.array([*orders.titles, None], object)[orders.lines["title"][keep]]
    title[title == names] = None
    fulfilled = np.array([False, True, None], object)[orders.lines["fulfilled"][keep]]
    price = orders.lines["unit_price"][keep]
    lines = {
        "order": order,
        "line_no": orders.lines["line_no"][keep],
        "product_id": product_id,
        "title": title,
        "quantity": quantity,
        "unit_price": price if (price >= 0).all() else known_only(price, price >= 0),
        "discount": orders.lines["line_discount"][keep],
        "amount": amount,
        "refunded": refunded,
        "cancelled": orders.lines["cancelled"][keep],
        "fulfilled": fulfilled,
        "line_ref": orders.lines["line_ref"][keep],
    }
    return headers, lines


def _locations(
    batch: Batch, places: npt.NDArray[np.object_], not_own: frozenset[str]
) -> npt.NDArray[np.object_]:  # fmt: skip
    """Location ids of the places that the file names; None where it names none."""
    names = [str(name) for name in pd.unique(places) if name is not None]
    if not names:
        return np.full(len(places), None, object)
    ids = stock.ensure_locations(batch.uow, names, not_own)
    return np.array([None if name is None else ids[name] for name in places.tolist()], object)


def _refunds(orders: Orders, keep: Ints, order: Ints, amount: Ints, live: npt.NDArray[np.bool_]) -> Ints:
    """Refunds per line. An order's refund without lines named falls on its lines in proportion to their money, at
    most up to it (what is above refunds shipping); the last line of an order takes the rounding."""
    refunded: Ints = orders.lines["line_refunded"][keep].copy()
    of_order = np.abs(np.asarray(orders.header["order_refunded"], np.int64))
    count = len(orders.ids)
    if not of_order.any() or not len(order):
        return refunded
    said = np.bincount(order, weights=refunded, minlength=count) > 0
    base = np.where(live & (amount > 0), amount, 0)
    money = np.bincount(order, weights=base, minlength=count).astype(np.int64)
    to_share = np.where(said, 0, np.minimum(of_order, money))
    here = np.flatnonzero((to_share[order] > 0) & (base > 0))
    if len(here):
        running = pd.Series(base[here]).groupby(order[here]).cumsum().to_numpy()
        total, share = money[order[here]], to_share[order[here]]
        upto = (running.astype(object) * share // total).astype(np.int64)
        before = ((running - base[here]).astype(object) * share // total).astype(np.int64)
        refunded[here] = upto - before
    return refunded


def _customers(batch: Batch, orders: Orders, written: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    header = orders.header
    keys = customer_keys(header["customer_id"], header["email"], header["phone"])
    keys = known_only(keys, written)
    ids = np.full(len(keys), None, object)
    for scope in pd.unique(header["shop"][written]):
        here = np.flatnonzero((header["shop"] == scope) & (keys != None))  # noqa: E711
        if not len(here):
            continue
        codes, unique = pd.factorize(keys[here])
        first = here[np.unique(codes, return_index=True)[1]]
        fields = {name: header[source][first] for name, source in _CUSTOMER_FIELDS.items()}
        found = parties.ensure_customers(batch.uow, str(scope), list(unique), fields, batch.id)
        ids[here] = np.asarray(found, object)[codes]
    return ids


def _names_and_charges(uow: UnitOfWork, product_id: Ints) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """For each line, its product's name and whether it is a charge."""
    unique, inverse = np.unique(product_id, return_inverse=True)
    wanted = load_temporary(uow.connection, "named_products", {"id": (sa.BigInteger(), unique)})
    query = sa.select(product.c.id, product.c.name, product.c.is_charge).join(wanted, wanted.c.id == product.c.id)
    held: dict[int, tuple[Any, bool]] = {
        row.id: (row.name, bool(row.is_charge)) for row in uow.connection.execute(query)
    }
    names = np.array([held[i][0] for i in unique.tolist()] or [None], object)
    charges = np.array([held[i][1] for i in unique.tolist()] or [False], bool)
    if not len(product_id):
        return np.zeros(0, object), np.zeros(0, bool)
    return names[inverse], charges[inverse]


def _local_days(at: npt.NDArray[np.datetime64], zone: str) -> npt.NDArray[np.datetime64]:
    codes, unique = pd.factorize(at)
    local = pd.DatetimeIndex(unique, tz="UTC").tz_convert(ZoneInfo(zone)).tz_localize(None)
    days = np.concatenate([local.to_numpy().astype("datetime64[D]"), np.array(["NaT"], "datetime64[D]")])
    return np.asarray(days[codes])


def amounts_by_currency(orders: Orders, where: npt.NDArray[np.bool_]) -> dict[str, int]:
    """Minor units of these rows, by currency; currencies without money are left out."""
    sums: dict[str, int] = {}
    for code, currency in enumerate(orders.currencies):
        here = where & (orders.row_currency == code)
        if here.any() and (orders.rows.is_line & here).any():
            sums[currency] = int(orders.row_amount[here].sum())
    return sums


def channels_of(orders: Orders) -> Sequence[str]:
    """The channels that the file names."""
    return [str(name) for name in pd.unique(orders.header["shop"])]
