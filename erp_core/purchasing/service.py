"""Suppliers' items: price, lead time, minimum and pack per product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.purchasing.tables import supplier_item
from erp_core.security.guard import require
from erp_core.security.permissions import Permission

Remember = Callable[[str, Sequence[int], Sequence[Mapping[str, Any]]], None]
_TERMS = ("supplier_sku", "currency", "unit_price", "lead_time_days", "moq", "pack")


def upsert_supplier_items(
    uow: UnitOfWork, rows: pd.DataFrame, batch_id: int, remember: Remember
) -> npt.NDArray[np.bool_]:
    """Create or change items (supplier_id, product_id, terms; None says nothing); which rows changed something.

    Of rows for one supplier and product each term's last word counts.
    """
    require(uow, Permission.IMPORT_FILES)
    t = supplier_item
    held = {(row.supplier_id, row.product_id): row for row in uow.connection.execute(sa.select(t))}
    keys = [(int(s), int(p)) for s, p in zip(rows["supplier_id"], rows["product_id"], strict=True)]
    terms: dict[tuple[int, int], dict[str, Any]] = {key: {} for key in keys}
    for key, row in zip(keys, rows[list(_TERMS)].to_dict("records"), strict=True):
        terms[key] |= {str(name): value for name, value in row.items() if not pd.isna(value)}
    changed: set[tuple[int, int]] = set()
    for key, said in terms.items():
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
        changed.add(key)
    return np.array([key in changed for key in keys], bool)


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the items that an import created."""
    require(uow, Permission.UNDO_IMPORTS)
    uow.connection.execute(
        sa.update(supplier_item)
        .where(supplier_item.c.batch_id == batch_id, supplier_item.c.withdrawn_by.is_(None))
        .values(withdrawn_by=batch_id)
    )
