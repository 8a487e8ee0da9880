"""Purchase orders and receipts: checked row by row, stored set by set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from erp_core.calendar import local_day
from erp_core.catalog import service as catalog
from erp_core.imports import words
from erp_core.imports.batch import Batch
from erp_core.imports.changes import rememberer
from erp_core.imports.checked import Checked
from erp_core.imports.fact_rows import (
    Bools,
    contents,
    filled,
    keys,
    location_ids,
    meanings,
    product_ids,
    product_words,
    supplier_ids,
)
from erp_core.purchasing import service as purchasing
from erp_core.stock import service as stock
from erp_core.text import T


def load_purchase_orders(batch: Batch, checked: Checked) -> tuple[Bools, int]:
    """Store purchase orders: rows of one number are one order. Returns which rows changed something, their units."""
    accepted = np.zeros(checked.count, bool)
    state = meanings(checked, "state", words.PURCHASE_STATES)
    quantity, received = checked.get("quantity"), checked.get("received")
    all_came = np.array(
        [q is not None and r is not None and r >= q for q, r in zip(quantity, received, strict=True)], bool
    )
    state[~filled(state)] = "open"
    state[(state == "open") & all_came] = "received"
    for name in ("supplier", "currency"):
        _reject_two(checked, name)
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    content = contents(checked)[good]
    number = checked.get("number")[good]
    lines = pd.DataFrame(
        {
            "number": number,
            "key": keys(number, None, [product_words(checked)[good]], content),
            "product_id": product_ids(batch, checked, good),
            "quantity": quantity[good],
            "received_said": [r or 0 for r in received[good]],
            "unit_price": checked.get("unit_price")[good],
            "expected_on": checked.get("expected_on")[good],
            "state": state[good],
        },
        dtype=object,
    ).assign(content=content)
    orders = _orders(lines.assign(
        supplier_id=supplier_ids(batch, checked.get("supplier")[good]),
        ordered_on=checked.get("ordered_on")[good],
        currency=checked.get("currency")[good],
    ))  # fmt: skip
    remember = rememberer(batch.uow, batch.id)
    accepted[good] = purchasing.record_purchase_orders(batch.uow, orders, lines, batch.id, remember)
    return accepted, int(sum(quantity[accepted].tolist()))


def _reject_two(checked: Checked, name: str) -> None:
    """A purchase order has one supplier and one currency: rows that say another than the first are rejected."""
    first: dict[str, object] = {}
    differs = np.zeros(checked.count, bool)
    for at, (number, value) in enumerate(zip(checked.get("number"), checked.get(name), strict=True)):
        if number is not None and value is not None and not checked.bad[at]:
            differs[at] = first.setdefault(number, value) != value
    text = T("The purchase order has rows of two suppliers or currencies. Give each a number of its own.")
    checked.reject(differs, name, "purchase_order.mixed", text)


def _orders(lines: pd.DataFrame) -> pd.DataFrame:
    """One row a purchase order: what its rows say first; open while any line is."""
    orders: dict[str, dict[str, Any]] = {}
    states: dict[str, set[str]] = {}
    for row in lines[["number", "state", *_SAID_FIRST, *_EARLIEST]].to_dict("records"):
        order = orders.setdefault(row["number"], {"number": row["number"]})
        states.setdefault(row["number"], set()).add(row["state"])
        for name in _SAID_FIRST:
            order[name] = row[name] if order.get(name) is None else order[name]
        for name in _EARLIEST:
            days = [day for day in (order.get(name), row[name]) if day is not None]
            order[name] = min(days, default=None)
    for number, order in orders.items():
        order["state"] = next(s for s in ("open", "received", "cancelled") if s in states[number])
    return pd.DataFrame(list(orders.values()), dtype=object)


_SAID_FIRST = ("supplier_id", "currency")
_EARLIEST = ("ordered_on", "expected_on")


def load_receipts(batch: Batch, checked: Checked) -> tuple[Bools, int]:
    """Store receipts with their stock movements and costs. Returns which rows changed something, and their units."""
    accepted = np.zeros(checked.count, bool)
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    _warn_of_unknown_orders(batch, checked)
    content = contents(checked)[good]
    number = checked.get("number")[good]
    product_id = product_ids(batch, checked, good)
    rows = pd.DataFrame(
        {
            "key": keys(number, None, [product_words(checked)[good]], content),
            "number": number,
            "po_number": checked.get("po_number")[good],
            "supplier_id": supplier_ids(batch, checked.get("supplier")[good]),
            "product_id": product_id,
            "location_id": location_ids(batch, checked.get("location")[good], default=True),
            "received_at": checked.get("received_on")[good],
            "quantity": checked.get("quantity")[good],
            "currency": checked.get("currency")[good],
            "unit_cost": checked.get("unit_cost")[good],
        },
        dtype=object,
    ).assign(content=content)
    appended = purchasing.record_receipts(batch.uow, rows, batch.id)
    fresh = rows[appended.fresh]
    costed = fresh[fresh["unit_cost"].notna()]
    if len(costed):
        catalog.record_costs(
            batch.uow,
            pd.DataFrame(
                {
                    "product_id": costed["product_id"].astype(np.int64),
                    "valid_from": [local_day(at, batch.company.time_zone) for at in costed["received_at"]],
                    "currency": costed["currency"],
                    "unit_cost": costed["unit_cost"].astype(np.int64),
                }
            ),
            "receipts",
            batch.id,
        )
    before = purchasing.products_of_receipts(batch.uow.connection, appended.replaced)
    moved = {*before, *(int(i) for i in product_id[appended.fresh])}
    stock.refresh(batch.uow, sorted(moved), batch.company.time_zone)
    stock.revalue(batch.uow)
    accepted[good] = appended.fresh
    return accepted, int(sum(fresh["quantity"].tolist()))


def _warn_of_unknown_orders(batch: Batch, checked: Checked) -> None:
    numbers = checked.get("po_number")
    named = {number for number in numbers.tolist() if number is not None}
    if not named:
        return
    known = purchasing.stored_numbers(batch.uow.connection, sorted(named))
    told = set(known)
    lacking = np.zeros(checked.count, bool)
    for at in np.flatnonzero(~checked.bad).tolist():  # once a purchase order
        if numbers[at] is not None and numbers[at] not in told:
            told.add(numbers[at])
            lacking[at] = True
    checked.warn(
        lacking, "po_number", "purchase_order.unknown",
        T("The purchase order of this receipt is not stored; the receipt counts all the same. Import the purchase "
          "orders too, so that what is still to come is known."),
    )  # fmt: skip
