"""Stock lists, products, suppliers, customers and rates: checked row by row, stored set by set.

Here the row is the unit: a bad row stays out alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core import money
from erp_core.calendar import end_of_day
from erp_core.catalog import service as catalog
from erp_core.catalog.views import EVERY_SHOP, bundles
from erp_core.files.table import TYPED_IN
from erp_core.finance import service as finance
from erp_core.imports import erased
from erp_core.imports.batch import Batch, keep_rejected
from erp_core.imports.changes import rememberer
from erp_core.imports.checked import Checked
from erp_core.imports.columns import known_only
from erp_core.imports.declaration import Kind
from erp_core.imports.receipt import FileRead, Issue, Receipt
from erp_core.money import PRICE_DECIMALS
from erp_core.parties import service as parties
from erp_core.parties.rules import customer_keys
from erp_core.purchasing import service as purchasing
from erp_core.security import audit
from erp_core.stock import service as stock
from erp_core.stock.tables import stock_balance, stock_movement
from erp_core.stock.views import default_location
from erp_core.text import T

Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
Ints = npt.NDArray[Any]
_Marks = Mapping[int, Mapping[str, str]]  # customer id → field → mark


def load(batch: Batch, checked: Checked, seen_before: bool) -> Receipt:
    """Store what is new or changed. `seen_before`: the very same bytes stand imported already."""
    accepted, quantity = _LOADERS[checked.source.declared.kind](batch, checked, seen_before)
    return receipt_of(batch, checked, accepted, quantity)


def receipt_of(batch: Batch, checked: Checked, accepted: Bools, quantity: int) -> Receipt:
    """The receipt of a file whose unit is the row; its rejected rows are kept. `accepted`: rows that changed something;
    `quantity`: the units in them."""
    table, rejected = checked.source.original, checked.bad
    keep_rejected(batch, [table], rejected, checked.issues)
    name = checked.source.declared.name
    return Receipt(
        batch_id=batch.id,
        files=(FileRead(table.name, table.sha256, name, table.encoding, checked.count, table.columns),),
        format=name,
        rows_read=checked.count,
        rows_accepted=int((accepted & ~rejected).sum()),
        rows_rejected=int(rejected.sum()),
        rows_unchanged=int((~accepted & ~rejected).sum()),
        quantity=quantity,
        issues=tuple(checked.issues),
    )


# --- stock -----------------------------------------------------------------------------------------------------------


def _load_stock(batch: Batch, checked: Checked, seen_before: bool) -> tuple[Bools, int]:
    accepted = np.zeros(checked.count, bool)
    good = np.flatnonzero(~checked.bad)
    if seen_before or not len(good):
        return accepted, 0
    names = [str(n) for n in pd.unique(checked.get("location")[good]) if n is not None]
    locations = stock.ensure_locations(batch.uow, names, checked.source.declared.platform_places)
    default = default_location(batch.uow.connection).id
    sku = checked.get("sku")[good]
    codes, unique = pd.factorize(sku)
    sku_names = _first_per(codes, checked.get("name")[good], len(unique))
    ids = _mapped_or_own(batch, list(unique), sku_names)
    _warn_of_bundles(batch, checked, good, ids[codes])
    now = batch.uow.now()
    rows = pd.DataFrame(
        {
            "at_row": good,
            "product_id": ids[codes],
            "location_id": [
                locations.get(n, default) if n is not None else default for n in checked.get("location")[good].tolist()
            ],
            "at": [
                now if d is None else end_of_day(d, batch.company.time_zone)
                for d in checked.get("counted_on")[good].tolist()
            ],
            "undated": [d is None for d in checked.get("counted_on")[good].tolist()],
            "level": checked.get("quantity")[good].astype(np.int64),
            "reserved": [int(v or 0) for v in checked.get("reserved")[good].tolist()],
            "incoming": [int(v or 0) for v in checked.get("incoming")[good].tolist()],
        }
    )
    keys = ["product_id", "location_id", "at"]
    repeated = rows.duplicated(keys, keep="first")
    for at_row in rows.loc[repeated, "at_row"].tolist():
        checked.issues.append(
            Issue(int(checked.source.table.row_numbers[at_row]), checked.header("sku"), "stock.repeated",
                  T("The product stands more than once for this place and day; the counts were added up."), "warns")
        )  # fmt: skip
    counts = rows.groupby(keys, sort=False, as_index=False).agg(
        {"level": "sum", "reserved": "sum", "incoming": "sum", "undated": "first"}
    )
    is_new = ~_counted_already(batch.uow.connection, counts)
    counts["is_new"] = is_new
    fresh = counts[is_new]
    if len(fresh):
        stock.append_movements(
            batch.uow,
            {
                "product_id": fresh["product_id"].to_numpy(),
                "location_id": fresh["location_id"].to_numpy(),
                "at": [value.to_pydatetime() for value in fresh["at"]],
                "kind": ["count"] * len(fresh),
                "level": fresh["level"].to_numpy(),
                "reserved": fresh["reserved"].to_numpy(),
                "incoming": fresh["incoming"].to_numpy(),
                "batch_id": [batch.id] * len(fresh),
            },
        )
    merged = rows.merge(counts[[*keys, "is_new"]], on=keys, how="left")
    accepted[good] = merged["is_new"].to_numpy(bool)
    accepted |= _load_costs(batch, checked, good, ids[codes], "counted_on")
    stock.refresh(batch.uow, [int(i) for i in ids.tolist()], batch.company.time_zone)
    stock.revalue(batch.uow)
    return accepted, int(fresh["level"].sum()) if len(fresh) else 0


def _mapped_or_own(batch: Batch, skus: Sequence[str], names: Sequence[str | None]) -> npt.NDArray[np.int64]:
    """The products of SKUs: where one is mapped in every shop the product it stands for, else its own."""
    ids, _ = catalog.mapped_products(batch.uow.connection, [EVERY_SHOP] * len(skus), skus)
    own = np.flatnonzero(ids == 0).tolist()
    if own:
        ids[own] = catalog.ensure_products(batch.uow, [skus[i] for i in own], [names[i] for i in own], batch.id)
    return ids


def _warn_of_bundles(batch: Batch, checked: Checked, good: Ints, product_id: Ints) -> None:
    parents = bundles(batch.uow.connection)["parent_id"].to_numpy(np.int64)
    text = T("The product is a bundle: its stock is what can be packed of its parts. Its own count has no effect.")
    for at in good[np.isin(product_id, parents)].tolist():
        number = int(checked.source.table.row_numbers[at])
        checked.issues.append(Issue(number, checked.header("sku"), "stock.bundle", text, "warns"))


def _counted_already(connection: sa.Connection, counts: pd.DataFrame) -> Bools:
    """Counts that stand with the same content; an undated one stands when the balance says just the same."""
    taken_back = stock_movement.alias("taken_back")
    m = stock_movement
    query = sa.select(m.c.product_id, m.c.location_id, m.c.at, m.c.level, m.c.reserved, m.c.incoming, m.c.id).where(
        m.c.kind == "count", ~sa.exists(sa.select(sa.literal(1)).where(taken_back.c.reverses == m.c.id))
    )
    latest: dict[tuple[int, int, dt.datetime], tuple[int, int, int]] = {}
    last: dict[tuple[int, int], tuple[dt.datetime, int, tuple[int, int, int]]] = {}
    for row in connection.execute(query.order_by(m.c.at, m.c.id)):
        content = (row.level, row.reserved, row.incoming)
        latest[(row.product_id, row.location_id, row.at)] = content
        last[(row.product_id, row.location_id)] = (row.at, row.id, content)
    held = {
        (row.product_id, row.location_id): row.on_hand
        for row in connection.execute(
            sa.select(stock_balance.c.product_id, stock_balance.c.location_id, stock_balance.c.on_hand)
        )
    }
    result = np.zeros(len(counts), bool)
    for i, wanted in enumerate(counts.to_dict("records")):
        content = (int(wanted["level"]), int(wanted["reserved"]), int(wanted["incoming"]))
        pair = (int(wanted["product_id"]), int(wanted["location_id"]))
        if wanted["undated"]:
            result[i] = pair in last and last[pair][2] == content and held.get(pair) == content[0]
        else:
            result[i] = latest.get((*pair, wanted["at"].to_pydatetime())) == content
    return result


def _first_per(codes: npt.NDArray[Any], column: Objects, count: int) -> list[str | None]:
    names: list[str | None] = [None] * count
    for code, value in zip(codes.tolist(), column.tolist(), strict=True):
        if names[code] is None:
            names[code] = value
    return names


def _load_costs(batch: Batch, checked: Checked, good: Ints, product_id: Ints, day_field: str) -> Bools:  # fmt: skip
    """Record unit costs where the file says some; which rows changed one."""
    changed = np.zeros(checked.count, bool)
    cost = checked.get("unit_cost")[good]
    has = np.array([value is not None for value in cost.tolist()], bool)
    if not has.any():
        return changed
    today = batch.uow.now().astimezone(dt.UTC).date()
    frame = pd.DataFrame(
        {
            "product_id": product_id[has],
            "valid_from": [day or today for day in checked.get(day_field)[good][has].tolist()],
            "currency": checked.get("currency")[good][has],
            "unit_cost": cost[has].astype(np.int64),
        }
    )
    changed[good[has]] = np.asarray(
        catalog.record_costs(batch.uow, frame, checked.source.declared.kind, batch.id), bool
    )
    return changed


# --- products, suppliers, customers, rates -------------------------------------------------------------------------


def _frame(checked: Checked, good: npt.NDArray[Any], names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: checked.get(name)[good] for name in names}, dtype=object)


def _load_products(batch: Batch, checked: Checked, _seen: bool) -> tuple[Bools, int]:
    accepted = np.zeros(checked.count, bool)
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    remember = rememberer(batch.uow, batch.id)
    frame = _frame(checked, good, ("sku", "name", "category", "barcode", "unit", "weight_grams"))
    frame["weight_grams"] = [None if v is None else round(v / 10**PRICE_DECIMALS) for v in frame["weight_grams"]]
    upserted = catalog.upsert_products(batch.uow, frame, batch.id, remember)
    accepted[good] = ~np.asarray(upserted.unchanged, bool)
    ids = np.asarray(upserted.ids, np.int64)
    accepted |= _load_costs(batch, checked, good, ids, "valid_from")
    accepted |= _load_items(batch, checked, good, ids, "unit_cost")
    stock.refresh(batch.uow, ids.tolist(), batch.company.time_zone)
    stock.revalue(batch.uow)
    return accepted, 0


def _load_items(batch: Batch, checked: Checked, good: Ints, product_id: Ints, price: str) -> Bools:
    """Suppliers' terms that stand beside the products. `price`: the field that holds the supplier's price; a list of
    products that has a column for it of its own may leave it empty."""
    changed = np.zeros(checked.count, bool)
    has = np.array([name is not None for name in checked.get("supplier")[good].tolist()], bool) & (product_id > 0)
    if not has.any():
        return changed
    here = good[has]
    codes, unique = pd.factorize(checked.get("supplier")[here])
    suppliers = np.asarray(parties.ensure_suppliers(batch.uow, [str(n) for n in unique], batch.id), np.int64)
    frame = _frame(checked, here, ("supplier_sku", "currency", "lead_time_days", "moq", "pack"))
    if "supplier_price" in checked.source.indices:
        price = "supplier_price"
        frame["currency"] = checked.get("supplier_currency")[here]
    frame["unit_price"] = checked.get(price)[here]
    if price != "supplier_price":  # a currency without a price says nothing of the item
        frame["currency"] = known_only(frame["currency"].to_numpy(object), frame["unit_price"].notna().to_numpy())
    frame["supplier_id"] = suppliers[codes]
    frame["product_id"] = product_id[has]
    changed[here] = np.asarray(
        purchasing.upsert_supplier_items(batch.uow, frame, batch.id, rememberer(batch.uow, batch.id)), bool
    )
    return changed


def _load_suppliers(batch: Batch, checked: Checked, _seen: bool) -> tuple[Bools, int]:
    accepted = np.zeros(checked.count, bool)
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    frame = _frame(checked, good, ("code", "contact", "email", "phone", "address", "currency", "lead_time_days"))
    frame["name"] = checked.get("supplier")[good]
    frame["minimum_order"] = [
        None if v is None else round(v / 10 ** (PRICE_DECIMALS - money.decimals(c or batch.company.base_currency)))
        for v, c in zip(checked.get("minimum_order")[good], frame["currency"], strict=True)
    ]
    upserted = parties.upsert_suppliers(batch.uow, frame, batch.id, rememberer(batch.uow, batch.id))
    accepted[good] = ~np.asarray(upserted.unchanged, bool)
    sku = checked.get("sku")[good]
    product_id = np.zeros(len(good), np.int64)
    named = np.array([value is not None for value in sku.tolist()], bool)
    if named.any():
        codes, unique = pd.factorize(sku[named])
        ids = np.asarray(catalog.ensure_products(batch.uow, list(unique), [None] * len(unique), batch.id), np.int64)
        product_id[named] = ids[codes]
    accepted |= _load_items(batch, checked, good, product_id, "unit_price")
    return accepted, 0


def _load_customers(batch: Batch, checked: Checked, _seen: bool) -> tuple[Bools, int]:
    accepted = np.zeros(checked.count, bool)
    keys = customer_keys(checked.get("customer_id"), checked.get("email"), checked.get("phone"))
    checked.reject(
        np.array([key is None for key in keys.tolist()], bool), None, "customer.masked",
        T("The customer has only masked data (such as 张**), which cannot tell one person from another."),
    )  # fmt: skip
    good = np.flatnonzero(~checked.bad & ~erased.listed(batch, checked, keys, ""))
    if not len(good):
        return accepted, 0
    frame = _frame(
        checked, good, ("name", "email", "phone", "country", "province", "city", "postcode", "address", "note")
    )
    frame["external_id"] = checked.get("customer_id")[good]
    frame["key"] = keys[good]
    typed_in = checked.source.original.container == TYPED_IN
    was = _marks_of_standing(batch, list(keys[good])) if typed_in else {}
    upserted = parties.upsert_customers(batch.uow, frame, "", batch.id, rememberer(batch.uow, batch.id))
    if typed_in:
        _tell_marks(batch, was, parties.marks_of_customers(batch.uow.connection, upserted.ids))
    accepted[good] = ~np.asarray(upserted.unchanged, bool)
    return accepted, 0


def _marks_of_standing(batch: Batch, keys: Sequence[str]) -> _Marks:
    found = parties.find_customers(batch.uow.connection, keys)
    standing = [scopes[""] for scopes in found.values() if "" in scopes]
    return parties.marks_of_customers(batch.uow.connection, np.array(standing, np.int64))


def _tell_marks(batch: Batch, was: _Marks, now: _Marks) -> None:
    """Which fields of a buyer changed, and that they did: marks, never the values."""
    for customer_id, marks in now.items():
        before, after = audit.changes(was.get(customer_id, {}), marks)
        if after:
            batch.after[f"c{customer_id}"] = after
        if customer_id in was and after:
            batch.before[f"c{customer_id}"] = before


def _load_rates(batch: Batch, checked: Checked, _seen: bool) -> tuple[Bools, int]:
    accepted = np.zeros(checked.count, bool)
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    frame = _frame(checked, good, ("ds", "currency", "base"))
    frame["base"] = frame["base"].where(frame["base"].notna(), batch.company.base_currency)
    frame["rate"] = [str(money.price_from_stored(value)) for value in checked.get("rate")[good].tolist()]
    accepted[good] = np.asarray(finance.record_rates(batch.uow, frame, batch.id), bool)
    stock.revalue(batch.uow)
    return accepted, 0


_Loader = Callable[[Batch, Checked, bool], tuple[Bools, int]]
_LOADERS: Mapping[Kind, _Loader] = {
    Kind.STOCK: _load_stock,
    Kind.PRODUCTS: _load_products,
    Kind.SUPPLIERS: _load_suppliers,
    Kind.CUSTOMERS: _load_customers,
    Kind.RATES: _load_rates,
}
