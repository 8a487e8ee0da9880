"""What happens after the sale: returns, parcels on their way, contacts with buyers. Checked by row, stored in sets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import local_day
from erp_core.customers import service as customers
from erp_core.db.bulk import load_temporary
from erp_core.files.values import Problem, parse_decimal
from erp_core.imports import erased, words
from erp_core.imports.batch import Batch
from erp_core.imports.checked import Checked
from erp_core.imports.columns import known_only
from erp_core.imports.declaration import normalise_word
from erp_core.imports.fact_rows import (
    Bools,
    Ints,
    Objects,
    contents,
    filled,
    keys,
    location_ids,
    meanings,
    minor_units,
    product_ids,
    product_words,
)
from erp_core.imports.receipt import Issue
from erp_core.imports.stored_orders import Placed, only_channel, place
from erp_core.orders import returns, shipments
from erp_core.orders.movements import products_of
from erp_core.orders.tables import channel, sales_order
from erp_core.parties import service as parties
from erp_core.parties.rules import customer_keys
from erp_core.security.sealing import marker_of
from erp_core.stock import service as stock
from erp_core.text import T


def reject_unplaced(checked: Checked, placed: Placed) -> None:
    """Rows whose order is not stored stay out, each with its reason."""
    for why in dict.fromkeys(placed.why):
        if why is not None:
            where = np.array([reason is why for reason in placed.why], bool)
            checked.reject(where & placed.lacking, "order_id", "order.unknown", why)


def order_currencies(batch: Batch, checked: Checked, placed: Placed) -> Objects:
    """The currency of each row's order; None without one. Where the row says no currency, the order's is taken."""
    ids = sorted({int(i) for i in placed.order_id.tolist() if i})
    asked = load_temporary(batch.uow.connection, "priced_orders", {"id": (sa.BigInteger(), ids)})
    query = sa.select(sales_order.c.id, sales_order.c.currency).join(asked, asked.c.id == sales_order.c.id)
    held = dict(batch.uow.connection.execute(query).all())
    currencies = np.array([*(held.get(i) for i in placed.order_id.tolist()), None], object)[:-1]
    taken = filled(currencies) & ~filled(checked.said.get("currency", np.full(checked.count, None, object)))
    checked.columns["currency"] = np.where(taken, currencies, checked.get("currency"))
    return currencies


def order_products(batch: Batch, checked: Checked, placed: Placed, good: Ints) -> Ints:
    """The product of each row of `good` (0 none): what the row's order calls so, else by SKU or name."""
    ids = product_ids(batch, checked, good, placed.channel_id[good])
    order_id = placed.order_id[good]
    known = returns.sold_as(batch.uow.connection, [int(i) for i in order_id.tolist() if i])
    if known:
        named = zip(order_id.tolist(), checked.get("sku")[good].tolist(), ids.tolist(), strict=True)
        ids = np.array([known.get((order, sku), found) for order, sku, found in named], np.int64)
    return ids


# --- returns ---------------------------------------------------------------------------------------------------------


def load_returns(batch: Batch, checked: Checked) -> tuple[Bools, int]:
    """Store return cases. Returns which rows changed something, and the units that came back in them."""
    accepted = np.zeros(checked.count, bool)
    quantity = checked.get("quantity")
    checked.columns["quantity"] = np.array([*(None if q is None else abs(q) for q in quantity), None], object)[:-1]
    none_back = np.array([q == 0 for q in quantity.tolist()], bool)
    checked.reject(none_back, "quantity", "number.too_small", T("The number is too small: at least {least}.", least=1))
    placed = place(batch, checked, ~filled(checked.get("order_id")))
    reject_unplaced(checked, placed)
    currencies = order_currencies(batch, checked, placed)
    refund = checked.get("refund")
    foreign = filled(refund) & filled(currencies) & (currencies != checked.get("currency"))
    checked.reject(
        foreign, "currency", "currency.mixed",
        T("The refund is in another currency than its order. Give it in the order’s currency."),
    )  # fmt: skip
    state = meanings(checked, "state", words.RETURN_STATES)
    restocked = _restocked(checked, state)
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    content = _marked_contents(batch, checked)[good]
    number = checked.get("return_id")[good]
    channel_id = np.array([*(i or None for i in placed.channel_id[good].tolist()), None], object)[:-1]
    currency = checked.get("currency")[good]
    at = checked.get("returned_on")[good]
    rows = pd.DataFrame(
        {
            "key": keys(number, channel_id, [product_words(checked)[good]], content),
            "external_id": number,
            "order_id": [i or None for i in placed.order_id[good].tolist()],
            "channel_id": channel_id,
            "product_id": order_products(batch, checked, placed, good),
            "returned_at": at,
            "ds": [local_day(moment, batch.company.time_zone) for moment in at],
            "state": _states(state, restocked, refund)[good],
            "reason": checked.get("reason")[good],
            "quantity": checked.get("quantity")[good],
            "restocked": restocked[good],
            "location_id": location_ids(batch, checked.get("location")[good], default=False),
            "currency": currency,
            "refund": [None if v is None else abs(v) for v in minor_units(refund[good], currency)],
        },
        dtype=object,
    ).assign(content=content)
    appended = returns.record_returns(batch.uow, rows, batch.id)
    moved = returns.products_of(batch.uow.connection, np.concatenate([appended.replaced, appended.ids[appended.fresh]]))
    stock.refresh(batch.uow, moved, batch.company.time_zone)
    accepted[good] = appended.fresh
    return accepted, int(sum(rows.loc[appended.fresh, "quantity"].tolist()))


def _marked_contents(batch: Batch, checked: Checked) -> Ints:
    """One number a row over all that it says, as it may be stored: persons write these rows, or are named in them."""
    plain = contents(checked, {"shop": only_channel(batch, checked)})
    return marker_of(batch.uow.connection).numbers(plain)


def _states(state: Objects, restocked: Ints, refund: Objects) -> Objects:
    """Where the file says no state: refunded where money went back, else restocked or received."""
    silent = np.where(filled(refund), "refunded", np.where(restocked > 0, "restocked", "received"))
    return np.asarray(np.where(filled(state), state, silent), object)


def _restocked(checked: Checked, state: Objects) -> Ints:
    """Units that went back on the shelf: as the row says (yes, no, units), else all where its state says so."""
    sku, factors = checked.get("sku"), checked.factors
    quantity = checked.get("quantity")
    units = np.zeros(checked.count, np.int64)
    for at, (word, whole) in enumerate(zip(checked.get("restocked").tolist(), quantity.tolist(), strict=True)):
        if whole is None:
            continue
        plain = None if word is None else words.YES_NO.get(normalise_word(word))
        if word is None:
            units[at] = whole if state[at] == "restocked" else 0
        elif plain is not None:
            units[at] = whole if plain else 0
        else:
            value = parse_decimal(word)
            count = None if isinstance(value, Problem) else value * factors.get(sku[at], 1)
            units[at] = -1 if count is None or count != int(count) or not 0 <= count <= whole else int(count)
    checked.reject(
        units < 0, "restocked", "returns.restocked",
        T("What went back on the shelf is “yes”, “no” or a number of units, at most those that came back."),
    )  # fmt: skip
    return units


# --- tracking --------------------------------------------------------------------------------------------------------


def load_tracking(batch: Batch, checked: Checked) -> tuple[Bools, int]:
    """Store parcels and their events; their orders move forward. Returns which rows changed something."""
    accepted = np.zeros(checked.count, bool)
    placed = place(batch, checked, np.zeros(checked.count, bool))
    reject_unplaced(checked, placed)
    event, event_at = checked.get("event"), checked.get("event_at")
    undated = int((filled(event) & ~filled(event_at) & ~checked.bad).sum())
    if undated:
        text = T("{count} events have no time, so they were left out. Add the time of the event.", count=undated)
        checked.issues.append(Issue(None, checked.header("event"), "event.undated", text, "warns"))
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    rows = pd.DataFrame(
        {
            "order_id": placed.order_id[good],
            "tracking_number": checked.get("tracking_number")[good],
            "carrier": checked.get("carrier")[good],
            "shipped_at": checked.get("shipped_on")[good],
            "estimated_at": checked.get("estimated_on")[good],
            "delivered_at": checked.get("delivered_on")[good],
            "at": event_at[good],
            "state": event[good],
            "place": checked.get("place")[good],
        },
        dtype=object,
    )
    parcel, parcels = _parcels(rows)
    told = filled(rows["at"].to_numpy(object)) & filled(rows["state"].to_numpy(object))
    events = rows.loc[told, ["at", "state", "place"]].assign(parcel=parcel[told])
    tracked = shipments.record_tracking(batch.uow, parcels, events, batch.id)
    touched = tracked.parcels[parcel] | np.isin(rows["order_id"].to_numpy(np.int64), tracked.orders)
    touched[np.flatnonzero(told)] |= tracked.events
    products = products_of(batch.uow.connection, tracked.orders).tolist()
    stock.refresh(batch.uow, products, batch.company.time_zone)
    accepted[good] = touched
    return accepted, 0


def _parcels(rows: pd.DataFrame) -> tuple[Ints, pd.DataFrame]:
    """The parcel of each row, and the parcels: what their rows say first, times of the last row that says one; an event
    that says delivered is the delivery."""
    number: dict[tuple[Any, Any], int] = {}
    parcels: list[dict[str, Any]] = []
    of_row = np.zeros(len(rows), np.int64)
    for at, row in enumerate(rows.to_dict("records")):
        key = (row["order_id"], row["tracking_number"])
        if key not in number:
            number[key] = len(parcels)
            parcels.append({"order_id": row["order_id"], "tracking_number": row["tracking_number"]})
        of_row[at] = number[key]
        parcel = parcels[number[key]]
        if row["state"] is not None and normalise_word(row["state"]) in words.DELIVERED:
            row["delivered_at"] = row["delivered_at"] or row["at"]
        parcel["carrier"] = parcel.get("carrier") or row["carrier"]
        for name in ("shipped_at", "estimated_at", "delivered_at"):
            parcel[name] = row[name] or parcel.get(name)
    return of_row, pd.DataFrame(parcels, dtype=object).astype({"order_id": "int64"})


# --- contacts --------------------------------------------------------------------------------------------------------


def load_contacts(batch: Batch, checked: Checked) -> tuple[Bools, int]:
    """Store contacts with buyers. Returns which rows changed something."""
    accepted = np.zeros(checked.count, bool)
    placed = place(batch, checked, np.ones(checked.count, bool))
    checked.warn(
        placed.lacking, "order_id", "order.unknown",
        T("The order of this contact is not stored (yet); the contact stands all the same."),
    )  # fmt: skip
    medium = meanings(checked, "medium", words.MEDIA)
    direction = meanings(checked, "direction", words.DIRECTIONS)
    medium[~filled(medium)] = "other"
    direction[~filled(direction)] = "in"
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    said_shop = only_channel(batch, checked)[good]
    content = _marked_contents(batch, checked)[good]
    number = checked.get("contact_id")[good]
    customer_id, forgotten = _customers(batch, checked, placed, good)
    said = {name: checked.get(name)[good] for name in ("subject", "note")}
    rows = pd.DataFrame(
        {
            "key": keys(number, said_shop, [], content),
            "external_id": number,
            "customer_id": customer_id,
            "order_id": [i or None for i in placed.order_id[good].tolist()],
            "order_external_id": checked.get("order_id")[good],
            "channel_id": [i or None for i in placed.channel_id[good].tolist()],
            "at": checked.get("at")[good],
            "medium": medium[good],
            "direction": direction[good],
            **{name: known_only(column, ~forgotten) for name, column in said.items()},
            "agent": checked.get("agent")[good],
        },
        dtype=object,
    ).assign(content=content)
    accepted[good] = customers.record_contacts(batch.uow, rows, batch.id)
    return accepted, 0


def _customers(batch: Batch, checked: Checked, placed: Placed, good: Ints) -> tuple[Objects, Bools]:
    """The buyer of each row: by key within the shop, else on the list of no shop, else in the only shop that has it;
    new ones are created; masked data names nobody, but the row's order may. And which of them were erased since."""
    connection = batch.uow.connection
    named = {name: checked.get(name)[good] for name in ("customer_id", "customer_name", "email", "phone")}
    found_keys = customer_keys(named["customer_id"], named["email"], named["phone"])
    scopes = {0: ""} | dict(connection.execute(sa.select(channel.c.id, channel.c.name)).all())
    scope = np.array([*(scopes[int(i)] for i in placed.channel_id[good].tolist()), None], object)[:-1]
    nameless = erased.in_contacts(batch, found_keys, scope, checked.get("at")[good])
    forgotten = np.isin(np.arange(len(good)), list(nameless))
    found_keys[forgotten] = None
    held = parties.find_customers(connection, [key for key in found_keys.tolist() if key is not None])
    ids = np.full(len(good), None, object)
    for at, buyer in nameless.items():
        ids[at] = buyer
    for at, (key, shop) in enumerate(zip(found_keys.tolist(), scope.tolist(), strict=True)):
        if key is None:
            continue
        known = held.get(key, {})
        ids[at] = known.get(shop, known.get("", next(iter(known.values())) if not shop and len(known) == 1 else None))
    new = filled(found_keys) & ~filled(ids)
    for shop in pd.unique(scope[new]):
        here = np.flatnonzero(new & (scope == shop))
        codes, unique = pd.factorize(found_keys[here])
        first = here[np.unique(codes, return_index=True)[1]]
        fields = {
            "external_id": named["customer_id"][first], "name": named["customer_name"][first],
            "email": named["email"][first], "phone": named["phone"][first],
        }  # fmt: skip
        made = parties.ensure_customers(batch.uow, str(shop), list(unique), fields, batch.id)
        ids[here] = np.asarray(made, object)[codes]
    _fill_from_orders(batch, ids, placed.order_id[good])
    nobody = np.zeros(checked.count, bool)
    nobody[good] = ~filled(ids)
    checked.warn(
        nobody, None, "customer.unknown",
        T("The row names no customer who can be told from others (masked data and a name alone do not); the contact "
          "stands without one."),
    )  # fmt: skip
    return ids, forgotten


def _fill_from_orders(batch: Batch, ids: Objects, order_id: Ints) -> None:
    lacking = ~filled(ids) & (order_id > 0)
    asked = load_temporary(
        batch.uow.connection, "contacted_orders", {"id": (sa.BigInteger(), np.unique(order_id[lacking]))}
    )
    query = sa.select(sales_order.c.id, sales_order.c.customer_id).join(asked, asked.c.id == sales_order.c.id)
    held: dict[int, Any] = dict(batch.uow.connection.execute(query).all())
    for at in np.flatnonzero(lacking).tolist():
        ids[at] = held.get(int(order_id[at]))
