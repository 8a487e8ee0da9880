"""Suppliers' items: price, lead time, minimum and pack per product."""

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
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, NotFound
from erp_core.money import is_currency, price_to_stored
from erp_core.parties.service import name_supplier
from erp_core.purchasing.tables import supplier_item
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
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
    """Create or change items (supplier_id, product_id, terms; None says nothing); which rows changed something."""
    require(uow, Permission.IMPORT_FILES)
    t = supplier_item
    held = {(row.supplier_id, row.product_id): row for row in uow.connection.execute(sa.select(t))}
    changed = np.zeros(len(rows), bool)
    for at, row in enumerate(rows[["supplier_id", "product_id", *_TERMS]].to_dict("records")):
        key = (int(row["supplier_id"]), int(row["product_id"]))
        said = {name: row[name] for name in _TERMS if not pd.isna(row[name])}
        standing = held.get(key)
        if standing is None:
            values = {"supplier_id": key[0], "product_id": key[1], **said, "batch_id": batch_id}
            uow.connection.execute(sa.insert(t).values(**values))
        else:
            differing = {name: value for name, value in said.items() if getattr(standing, name) != value}
            if not differing and standing.withdrawn_by is None:
                continue
            if standing.withdrawn_by is None:
                remember("supplier_item", [standing.id], [{name: getattr(standing, name) for name in _TERMS}])
            else:
                differing |= {"withdrawn_by": None, "batch_id": batch_id}
            uow.connection.execute(sa.update(t).where(t.c.id == standing.id).values(**differing))
        changed[at] = True
        held[key] = uow.connection.execute(
            sa.select(t).where(t.c.supplier_id == key[0], t.c.product_id == key[1])
        ).one()
    return changed


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the items that an import created."""
    require(uow, Permission.UNDO_IMPORTS)
    uow.connection.execute(
        sa.update(supplier_item)
        .where(supplier_item.c.batch_id == batch_id, supplier_item.c.withdrawn_by.is_(None))
        .values(withdrawn_by=batch_id)
    )


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
    audit.record(uow, "set supplier item", str(terms.product_id), supplier=supplier_id)
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
        uow, "remove supplier item", str(row.product_id), supplier=row.supplier_id,
        **{name: getattr(row, name) for name in _TERMS},
    )  # fmt: skip
    return int(row.product_id)
