"""Suppliers' items: price, lead time, minimum and pack per product; what was ordered from them, what arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import product
from erp_core.catalog.views import IS_LIVE
from erp_core.db import facts
from erp_core.db.bulk import advance_sequence, insert_columns, load_temporary, next_id
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, NotFound
from erp_core.money import is_currency, price_to_stored
from erp_core.parties.service import name_supplier
from erp_core.purchasing.tables import purchase_order, purchase_order_line, receipt, supplier_item
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.text import T, Text

Remember = Callable[[str, Sequence[int], Sequence[Mapping[str, Any]]], None]
_TERMS = ("supplier_sku", "currency", "unit_price", "lead_time_days", "moq", "pack")
_MOST = 10**6


@dataclass(frozen=True)
class SupplierTerms:
    """What a supplier offers of one product; None = not known. `unit_price`: major units of `currency`."""

    supplier: str
    product_id: int
    supplier_sku: str | None = None
    currency: str | None = None
    unit_price: Decimal | None = None
    lead_time_days: int | None = None
    moq: int | None = None
    pack: int | None = None


def upsert_supplier_items(
    uow: UnitOfWork, rows: pd.DataFrame, batch_id: int, remember: Remember
) -> npt.NDArray[np.bool_]:
    """Create or change items (supplier_id, product_id, terms; None says nothing); which rows changed something.

    Of rows for one supplier and product each term's last word counts.
    """
    require(uow, Permission.IMPORT_FILES)
    pairs = pd.MultiIndex.from_arrays([rows["supplier_id"].astype(np.int64), rows["product_id"].astype(np.int64)])
    codes, unique = pairs.factorize()
    keys = [(int(supplier), int(product)) for supplier, product in unique]
    said: list[dict[str, Any]] = [{} for _ in keys]
    for code, row in zip(codes.tolist(), rows[list(_TERMS)].to_dict("records"), strict=True):
        said[code] |= {str(name): value for name, value in row.items() if not pd.isna(value)}
    standing = _standing_items(uow, keys)
    written = []
    changed = np.zeros(len(keys), bool)
    for code, key in enumerate(keys):
        before = standing.get(key)
        if before is not None and before["withdrawn_by"] is None:
            changed[code] = any(before[name] != value for name, value in said[code].items())
        else:
            changed[code] = True
        if changed[code]:
            held = dict.fromkeys(_TERMS) if before is None else {name: before[name] for name in _TERMS}
            written.append((key, held | said[code]))
    _write_items(uow, batch_id, written, standing, remember)
    return np.asarray(changed[codes], bool)


def _standing_items(uow: UnitOfWork, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Mapping[str, Any]]:
    """The items of these pairs of supplier and product, withdrawn ones included."""
    wanted = load_temporary(
        uow.connection,
        "wanted_items",
        {
            "supplier_id": (sa.BigInteger(), [supplier for supplier, _ in keys]),
            "product_id": (sa.BigInteger(), [product for _, product in keys]),
        },
    )
    t = supplier_item.c
    query = sa.select(supplier_item).join(
        wanted, sa.and_(wanted.c.supplier_id == t.supplier_id, wanted.c.product_id == t.product_id)
    )
    return {(row["supplier_id"], row["product_id"]): dict(row) for row in uow.connection.execute(query).mappings()}


def _write_items(
    uow: UnitOfWork,
    batch_id: int,
    items: Sequence[tuple[tuple[int, int], Mapping[str, Any]]],
    standing: Mapping[tuple[int, int], Mapping[str, Any]],
    remember: Remember,
) -> None:
    new = [(key, terms) for key, terms in items if key not in standing]
    old = [(standing[key], terms) for key, terms in items if key in standing]
    insert_columns(
        uow.connection,
        supplier_item,
        {
            "supplier_id": [supplier for (supplier, _), _ in new],
            "product_id": [product for (_, product), _ in new],
            **{name: [terms[name] for _, terms in new] for name in _TERMS},
            "batch_id": [batch_id] * len(new),
        },
    )
    live = [row for row, _ in old if row["withdrawn_by"] is None]
    remember("supplier_item", [row["id"] for row in live], [{name: row[name] for name in _TERMS} for row in live])
    if old:
        t = supplier_item
        values = {name: sa.bindparam(f"new_{name}", type_=t.c[name].type) for name in (*_TERMS, "batch_id")}
        uow.connection.execute(
            sa.update(t).where(t.c.id == sa.bindparam("of_id")).values(**values, withdrawn_by=None),
            [
                {
                    "of_id": row["id"],
                    "new_batch_id": row["batch_id"] if row["withdrawn_by"] is None else batch_id,
                    **{f"new_{name}": terms[name] for name in _TERMS},
                }
                for row, terms in old
            ],
        )


_HEADER = ("supplier_id", "ordered_on", "expected_on", "currency", "state")


def record_purchase_orders(
    uow: UnitOfWork, orders: pd.DataFrame, lines: pd.DataFrame, batch_id: int, remember: Remember
) -> npt.NDArray[np.bool_]:
    """Store purchase orders and their lines; which lines say something new.

    `orders`: number (distinct), supplier_id, ordered_on, expected_on, currency, state (open, received, cancelled); None
    says nothing. `lines`: number, key (`facts.key_of`), content, product_id, quantity, received_said, unit_price
    (millionths), expected_on, state. Of what stands, headers change by what is said, lines are replaced.
    """
    require(uow, Permission.IMPORT_FILES)
    ids, moved = _upsert_orders(uow, orders, batch_id, remember)
    columns: dict[str, Any] = {
        name: lines[name].tolist()
        for name in ("product_id", "quantity", "received_said", "unit_price", "expected_on", "state")
    }
    columns["purchase_order_id"] = [ids[number] for number in lines["number"]]
    columns["content"] = lines["content"].to_numpy(np.int64)
    appended = facts.append(uow, purchase_order_line, lines["key"].tolist(), columns, batch_id)
    return np.asarray(appended.fresh | lines["number"].isin(moved).to_numpy(bool))


def _upsert_orders(
    uow: UnitOfWork, orders: pd.DataFrame, batch_id: int, remember: Remember
) -> tuple[dict[str, int], set[str]]:
    """The ids of the purchase orders by number, and the numbers of those whose header changed."""
    t, connection = purchase_order, uow.connection
    rows: dict[str, dict[str, Any]] = {
        str(row["number"]): {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in orders.to_dict("records")
    }
    wanted = load_temporary(connection, "wanted_purchase_orders", {"number": (sa.Text(), list(rows))})
    query = sa.select(t).join(wanted, wanted.c.number == t.c.number)
    standing = {row["number"]: dict(row) for row in connection.execute(query).mappings()}
    ids = {number: int(row["id"]) for number, row in standing.items()}
    new = [number for number in rows if number not in ids]
    first = next_id(connection, t)
    ids |= {number: first + at for at, number in enumerate(new)}
    insert_columns(
        connection,
        t,
        {
            "id": [ids[number] for number in new],
            "number": new,
            **{name: [rows[number][name] for number in new] for name in _HEADER},
            "batch_id": [batch_id] * len(new),
        },
    )
    advance_sequence(connection, t)
    changes = []
    for number, held in standing.items():
        said = {name: value for name, value in rows[number].items() if value is not None and name in _HEADER}
        if held["withdrawn_by"] is None and all(held[name] == value for name, value in said.items()):
            continue
        changes.append((held, {name: held[name] for name in _HEADER} | said))
    live = [held for held, _ in changes if held["withdrawn_by"] is None]
    remember("purchase_order", [h["id"] for h in live], [{name: h[name] for name in _HEADER} for h in live])
    if changes:
        values = {name: sa.bindparam(f"new_{name}", type_=t.c[name].type) for name in (*_HEADER, "batch_id")}
        connection.execute(
            sa.update(t).where(t.c.id == sa.bindparam("of_id")).values(**values, withdrawn_by=None),
            [
                {
                    "of_id": held["id"],
                    "new_batch_id": held["batch_id"] if held["withdrawn_by"] is None else batch_id,
                    **{f"new_{name}": value for name, value in header.items()},
                }
                for held, header in changes
            ],
        )
    return ids, {str(held["number"]) for held, _ in changes}


def stored_numbers(connection: sa.Connection, numbers: Sequence[str]) -> frozenset[str]:
    """Which of these purchase orders stand."""
    wanted = load_temporary(connection, "asked_purchase_orders", {"number": (sa.Text(), list(numbers))})
    t = purchase_order.c
    query = sa.select(t.number).join(wanted, wanted.c.number == t.number).where(t.withdrawn_by.is_(None))
    return frozenset(connection.execute(query).scalars())


def record_receipts(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int) -> facts.Appended:
    """Store what arrived, as receipts with their stock movements; the caller refreshes the balances.

    `rows`: key (`facts.key_of`), content, number, po_number, supplier_id, product_id, location_id, received_at (aware),
    quantity, currency, unit_cost (millionths); None where nothing is said.
    """
    require(uow, Permission.IMPORT_FILES)
    names = ("number", "po_number", "supplier_id", "product_id", "location_id", "received_at", "quantity", "currency",
             "unit_cost")  # fmt: skip
    columns: dict[str, Any] = {name: rows[name].tolist() for name in names}
    columns["content"] = rows["content"].to_numpy(np.int64)
    appended = facts.append(uow, receipt, rows["key"].tolist(), columns, batch_id)
    stock.reverse_sources(uow, "receipt", appended.replaced)
    _move_receipts(uow, appended.ids[appended.fresh])
    return appended


def _move_receipts(uow: UnitOfWork, ids: npt.NDArray[np.int64]) -> None:
    moved = load_temporary(uow.connection, "moved_receipts", {"id": (sa.BigInteger(), ids)})
    r = receipt.c
    rows = sa.select(
        r.product_id, r.location_id, r.received_at, sa.literal("receipt"), r.quantity, sa.literal(0),
        sa.null(), sa.null(), r.batch_id, r.id,
    ).join(moved, moved.c.id == r.id)  # fmt: skip
    stock.append_from(uow, rows, with_source=True)


def products_of_receipts(connection: sa.Connection, ids: npt.NDArray[np.int64]) -> list[int]:
    """The products that arrived with these receipts."""
    named = load_temporary(connection, "named_receipts", {"id": (sa.BigInteger(), ids)})
    query = sa.select(receipt.c.product_id).distinct().join(named, named.c.id == receipt.c.id)
    return list(connection.execute(query).scalars())


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> list[int]:
    """Take back the items, purchase orders and receipts of an import; what it replaced stands again.

    Returns the products whose stock moves. Raises Conflict where later imports replaced rows of this one.
    """
    require(uow, Permission.UNDO_IMPORTS)
    moved = facts.withdraw(uow, (purchase_order_line, receipt), batch_id)
    gone, back = moved["receipt"]
    stock.reverse_sources(uow, "receipt", gone)
    _move_receipts(uow, back)
    lines = purchase_order_line
    named = sa.exists(
        sa.select(sa.literal(1)).where(lines.c.purchase_order_id == purchase_order.c.id, facts.stands(lines))
    )
    uow.connection.execute(
        sa.update(purchase_order)
        .where(purchase_order.c.batch_id == batch_id, purchase_order.c.withdrawn_by.is_(None), ~named)
        .values(withdrawn_by=batch_id)
    )
    uow.connection.execute(
        sa.update(supplier_item)
        .where(supplier_item.c.batch_id == batch_id, supplier_item.c.withdrawn_by.is_(None))
        .values(withdrawn_by=batch_id)
    )
    return products_of_receipts(uow.connection, np.concatenate([gone, back]))


def set_supplier_item(uow: UnitOfWork, terms: SupplierTerms) -> bool:
    """Enter by hand what a supplier offers of a product, in place of what stood; whether that changed anything.

    A supplier of that name is created where there is none. Raises BadInput for terms that cannot be, NotFound.
    """
    require(uow, Permission.EDIT_CATALOG)
    currency = terms.currency.strip().upper() if terms.currency and terms.currency.strip() else None
    _refuse_bad_terms(terms, currency)
    known = sa.select(product.c.id).where(product.c.id == terms.product_id, IS_LIVE)
    if uow.connection.execute(known).first() is None:
        raise NotFound(
            T("There is no product with the number {number}.", number=terms.product_id),
            hint=T("It may have been archived meanwhile. Load the page again."),
            code="product.not_found",
        )
    supplier_id = name_supplier(uow, terms.supplier)
    t = supplier_item
    values = {
        "supplier_sku": (terms.supplier_sku or "").strip() or None,
        "currency": currency,
        "unit_price": None if terms.unit_price is None else price_to_stored(terms.unit_price),
        "lead_time_days": terms.lead_time_days,
        "moq": terms.moq,
        "pack": terms.pack,
    }
    here = sa.and_(t.c.supplier_id == supplier_id, t.c.product_id == terms.product_id)
    standing = uow.connection.execute(sa.select(t).where(here)).one_or_none()
    if standing is None:
        uow.connection.execute(sa.insert(t).values(supplier_id=supplier_id, product_id=terms.product_id, **values))
    elif standing.withdrawn_by is None and all(getattr(standing, name) == value for name, value in values.items()):
        return False
    else:  # a person stands behind it now, so an undo of the import that brought it leaves it
        uow.connection.execute(sa.update(t).where(here).values(**values, withdrawn_by=None, batch_id=None))
    held = {name: getattr(standing, name, None) for name in values}
    before, after = audit.changes(held, values)
    audit.record(
        uow, audit.Act.SET_SUPPLIER_ITEM, str(terms.product_id), supplier=supplier_id,
        before=None if standing is None else before, after=after,
    )  # fmt: skip
    return True


def _refuse_bad_terms(terms: SupplierTerms, currency: str | None) -> None:
    def refuse(message: Text, hint: Text) -> None:
        raise BadInput(message, hint=hint, code="supplier.terms")

    if not terms.supplier.strip():
        refuse(T("A supplier needs a name."), T("Write the name that its lists and invoices carry."))
    if currency is not None and not is_currency(currency):
        refuse(T("“{word}” is not a currency code.", word=currency),
               T("Use the three letters of ISO 4217, such as CNY or USD."))  # fmt: skip
    price = terms.unit_price
    if price is not None and not (price.is_finite() and 0 <= price < 10**12):
        refuse(T("A cost is a number from 0 on."), T("Write what one unit costs, such as 12.50."))
    if price is not None and currency is None:
        refuse(T("A price needs its currency."), T("Use the three letters of ISO 4217, such as CNY or USD."))
    for least, value in ((0, terms.lead_time_days), (1, terms.moq), (1, terms.pack)):
        if value is not None and not least <= value <= _MOST:
            refuse(T("{number} is not possible here.", number=value),
                   T("Days are counted from 0, minimums and packs from 1, in whole numbers."))  # fmt: skip


def remove_supplier_item(uow: UnitOfWork, item_id: int) -> int:
    """Take a supplier's item away; returns its product. The audit keeps what it was. Raises NotFound."""
    require(uow, Permission.EDIT_CATALOG)
    t = supplier_item
    row = uow.connection.execute(sa.select(t).where(t.c.id == item_id, t.c.withdrawn_by.is_(None))).one_or_none()
    if row is None:
        raise NotFound(
            T("This supplier’s item is gone already."),
            hint=T("Load the page again."),
            code="supplier.no_item",
        )
    uow.connection.execute(sa.delete(t).where(t.c.id == item_id))
    audit.record(
        uow, audit.Act.REMOVE_SUPPLIER_ITEM, str(row.product_id), supplier=row.supplier_id,
        before={name: getattr(row, name) for name in _TERMS},
    )  # fmt: skip
    return int(row.product_id)
