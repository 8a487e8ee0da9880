"""Persons who asked to be erased stay so when a file tells of them again: what it says of the time before is stored
without them. An order or a contact from after that moment is a new acquaintance and is stored as it comes."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from erp_core.imports.batch import Batch
from erp_core.imports.checked import Checked
from erp_core.imports.receipt import Issue
from erp_core.imports.sales import Orders
from erp_core.parties.erased import Erased, any_erased, erased_buyers, erased_recipients
from erp_core.parties.rules import customer_keys
from erp_core.text import T

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

_OF_PERSONS = (
    "customer_id", "customer_name", "email", "phone", "ship_name", "ship_phone", "ship_address", "buyer_note",
    "seller_note", "postcode",
)  # fmt: skip
_LISTED = T("Somebody on the list asked to be erased; the row was passed over.")


def forget_in_orders(batch: Batch, orders: Orders, written: Bools, channel_id: Ints) -> Objects:
    """Take erased persons out of the orders that are to be written. The nameless buyer of each such order; None of all
    others, and of those whose recipient was erased without a buyer."""
    left = np.full(len(orders.ids), None, object)
    if not any_erased(batch.uow.connection):
        return left
    header, at = orders.header, np.flatnonzero(written)
    keys = customer_keys(header["customer_id"][at], header["email"][at], header["phone"][at])
    buyers = dict(zip(at.tolist(), zip(map(str, header["shop"][at]), keys.tolist(), strict=True), strict=True))
    numbers = {i: (int(channel_id[i]), orders.ids[i]) for i in at.tolist()}
    by_buyer = erased_buyers(batch.uow.connection, [(shop, key) for shop, key in buyers.values() if key is not None])
    by_order = erased_recipients(batch.uow.connection, list(numbers.values()))
    count = 0
    for i in at.tolist():
        found = by_buyer.get(buyers[i]) or by_order.get(numbers[i])
        if found is None or header["ordered_at"][i].astype("datetime64[s]") > _stamp(found):
            continue
        left[i] = found.customer_id
        for name in _OF_PERSONS:
            header[name][i] = None
        count += 1
    if count:
        text = T("{count} orders are of persons who asked to be erased; they are stored without them.", count=count)
        orders.rows.issues.append(Issue(None, None, "person.erased", text, "warns"))
    return left


def _stamp(found: Erased) -> np.datetime64:
    return np.datetime64(found.at.astimezone(dt.UTC).replace(tzinfo=None), "s")


def listed(batch: Batch, checked: Checked, keys: Objects, scope: str) -> Bools:
    """Which rows of a list of customers tell of somebody who was erased."""
    found = erased_buyers(batch.uow.connection, [(scope, key) for key in keys.tolist() if key is not None])
    gone = np.array([(scope, key) in found for key in keys.tolist()], bool)
    if gone.any():
        checked.warn(gone, None, "person.erased", _LISTED)
    return gone


def in_contacts(batch: Batch, keys: Objects, scopes: Objects, at: Objects) -> dict[int, int | None]:
    """Position → nameless buyer, of the contacts with persons who were erased since. `keys`, `scopes`, `at` (aware): of
    each contact."""
    buyers = [(str(scope), key) for scope, key in zip(scopes.tolist(), keys.tolist(), strict=True)]
    found = erased_buyers(batch.uow.connection, [buyer for buyer in buyers if buyer[1] is not None])
    told = {i: found[buyer] for i, buyer in enumerate(buyers) if buyer in found}
    return {i: who.customer_id for i, who in told.items() if at[i] <= who.at}
