"""Products and their costs as files bring them, and which of them are charges. By hand: `catalog.editing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.rules import is_charge
from erp_core.catalog.tables import charge_word, product, product_cost
from erp_core.catalog.views import EVERY_SHOP, IS_LIVE, alias_targets, charge_words
from erp_core.db.bulk import advance_sequence, insert_columns, load_temporary, next_id
from erp_core.db.uow import UnitOfWork
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission

Remember = Callable[[str, Sequence[int], Sequence[Mapping[str, Any]]], None]
Ints = npt.NDArray[np.int64]
CONTENT = ("name", "category", "barcode", "unit", "weight_grams")


@dataclass(frozen=True)
class Upserted:
    """One entry a row: the product's id, and whether the row changed nothing."""

    ids: Ints
    unchanged: npt.NDArray[np.bool_]


def ensure_products(uow: UnitOfWork, skus: Sequence[str], names: Sequence[str | None], batch_id: int) -> Ints:
    """The ids of distinct SKUs; missing ones are created, marked as charge where they are one, those withdrawn or
    archived revived.

    A product without a name takes the one given.
    """
    require(uow, Permission.IMPORT_FILES)
    wanted = load_temporary(
        uow.connection,
        "wanted_products",
        {"at": (sa.BigInteger(), np.arange(len(skus))), "sku": (sa.Text(), list(skus))},
    )
    ids = np.zeros(len(skus), np.int64)
    query = sa.select(wanted.c.at, product.c.id, product.c.name, sa.not_(IS_LIVE).label("gone")).join(
        product, product.c.sku == wanted.c.sku
    )
    for at, product_id, name, gone in uow.connection.execute(query).all():
        ids[at] = product_id
        changes: dict[str, Any] = {"withdrawn_by": None, "archived_at": None, "batch_id": batch_id} if gone else {}
        if name is None and names[at] is not None:
            changes["name"] = names[at]
        if changes:
            uow.connection.execute(sa.update(product).where(product.c.id == product_id).values(**changes))
    lacking = np.flatnonzero(ids == 0)
    if len(lacking):
        words = set(charge_words(uow.connection))
        ids[lacking] = np.arange(len(lacking)) + next_id(uow.connection, product)
        insert_columns(
            uow.connection,
            product,
            {
                "id": ids[lacking],
                "sku": [skus[i] for i in lacking.tolist()],
                "name": [names[i] for i in lacking.tolist()],
                "is_charge": [is_charge(skus[i], names[i], words) for i in lacking.tolist()],
                "batch_id": np.full(len(lacking), batch_id),
            },
        )
        advance_sequence(uow.connection, product)
    return ids


def upsert_products(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int, remember: Remember) -> Upserted:
    """Create or change products from a list (sku, name, category, barcode, unit, weight_grams; None says nothing).

    `remember` gets the earlier content of every product that changes. Of rows with one SKU the last wins.
    """
    require(uow, Permission.IMPORT_FILES)
    codes, skus = pd.factorize(rows["sku"])
    known = set(uow.connection.execute(sa.select(product.c.sku).where(IS_LIVE)).scalars())
    last_name = dict(zip(rows["sku"], rows["name"], strict=True))
    unique = ensure_products(uow, list(skus), [last_name[sku] for sku in skus], batch_id)
    ids = unique[codes]
    is_new = np.array([sku not in known for sku in skus], bool)[codes]
    held = contents_of(uow.connection, unique)
    befores = {product_id: dict(content) for product_id, content in held.items()}
    for product_id, row in zip(ids.tolist(), rows[list(CONTENT)].to_dict("records"), strict=True):
        held[product_id] |= {str(name): value for name, value in row.items() if not pd.isna(value)}
    # what counts is the last word of the file, else a list that names a product twice changes it for ever
    befores = {product_id: before for product_id, before in befores.items() if held[product_id] != before}
    unchanged = ~is_new & ~np.isin(ids, list(befores))
    if befores:
        old = [product_id for product_id in befores if not is_new[np.flatnonzero(ids == product_id)[0]]]
        remember("product", old, [befores[product_id] for product_id in old])
        words = set(charge_words(uow.connection))
        sku_of = dict(zip(unique.tolist(), skus, strict=True))
        uow.connection.execute(
            sa.update(product).where(product.c.id == sa.bindparam("of_id")).values(
                {name: sa.bindparam(f"new_{name}") for name in (*CONTENT, "is_charge")}
            ),
            [
                {"of_id": i, "new_is_charge": is_charge(sku_of[i], held[i]["name"], words)}
                | {f"new_{name}": held[i][name] for name in CONTENT}
                for i in befores
            ],
        )  # fmt: skip
    return Upserted(ids, unchanged)


def contents_of(connection: sa.Connection, ids: Ints) -> dict[int, dict[str, Any]]:
    """Product id → what stands of its `CONTENT`."""
    wanted = load_temporary(connection, "described_products", {"id": (sa.BigInteger(), ids)})
    query = sa.select(product.c.id, *(product.c[name] for name in CONTENT)).join(wanted, wanted.c.id == product.c.id)
    return {row.id: {name: getattr(row, name) for name in CONTENT} for row in connection.execute(query)}


def record_costs(uow: UnitOfWork, rows: pd.DataFrame, source: str, batch_id: int | None) -> npt.NDArray[np.bool_]:
    """Append dated unit costs (product_id, valid_from, currency, unit_cost stored); which rows change it.

    A row that says what is in force on its day already adds nothing; of rows for one product and day the last wins.
    """
    require(uow, Permission.IMPORT_FILES if batch_id is not None else Permission.EDIT_CATALOG)
    wanted = load_temporary(uow.connection, "costed_products", {"id": (sa.BigInteger(), np.unique(rows["product_id"]))})
    c = product_cost.c
    query = (
        sa.select(c.product_id, c.valid_from, c.currency, c.unit_cost)
        .join(wanted, wanted.c.id == c.product_id)
        .where(c.withdrawn_by.is_(None))
        .order_by(c.valid_from, c.id)
    )
    history: dict[int, list[tuple[Any, tuple[str, int]]]] = {}
    for product_id, day, currency, cost in uow.connection.execute(query):
        history.setdefault(product_id, []).append((day, (currency, cost)))
    keys = [(int(product_id), day) for product_id, day in zip(rows["product_id"], rows["valid_from"], strict=True)]
    said = dict(zip(keys, zip(rows["currency"], map(int, rows["unit_cost"]), strict=True), strict=True))
    fresh: list[tuple[int, Any, str, int]] = []
    for product_id, day in sorted(said):  # by day: whether a row says something new depends on the days before
        held, content = history.setdefault(product_id, []), said[product_id, day]
        in_force = [earlier for since, earlier in held if since <= day]
        if in_force and in_force[-1] == content:
            continue
        fresh.append((product_id, day, *content))
        held.append((day, content))
        held.sort(key=lambda entry: entry[0])
    added = {(product_id, day) for product_id, day, _, _ in fresh}
    changed = np.array([key in added for key in keys], bool)
    if fresh:
        ids, days, currencies, amounts = zip(*fresh, strict=True)
        insert_columns(
            uow.connection,
            product_cost,
            {
                "product_id": list(ids), "valid_from": list(days), "currency": list(currencies),
                "unit_cost": list(amounts),
                "source": [source] * len(fresh), "batch_id": [batch_id] * len(fresh),
            },
        )  # fmt: skip
    return changed


def set_charge_words(uow: UnitOfWork, words: Sequence[str]) -> int:
    """Replace the list of charge words; returns how many products became a charge or ceased to be one."""
    require(uow, Permission.EDIT_SETTINGS)
    clean = sorted({word.strip().casefold() for word in words if word.strip()})
    held = sorted(uow.connection.execute(sa.select(charge_word.c.word)).scalars())
    uow.connection.execute(sa.delete(charge_word))
    insert_columns(uow.connection, charge_word, {"word": clean})
    rows = uow.connection.execute(sa.select(product.c.id, product.c.sku, product.c.name, product.c.is_charge)).all()
    moved = [row.id for row in rows if is_charge(row.sku, row.name, set(clean)) != bool(row.is_charge)]
    if moved:
        touched = load_temporary(uow.connection, "moved_products", {"id": (sa.BigInteger(), moved)})
        uow.connection.execute(
            sa.update(product)
            .where(product.c.id.in_(sa.select(touched.c.id)))
            .values(is_charge=sa.not_(product.c.is_charge))
        )
    audit.record(uow, audit.Act.SET_CHARGE_WORDS, before={"words": held}, after={"words": clean}, products=len(moved))
    return len(moved)


def withdraw_costs(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the costs that an import brought."""
    require(uow, Permission.UNDO_IMPORTS)
    uow.connection.execute(
        sa.update(product_cost)
        .where(product_cost.c.batch_id == batch_id, product_cost.c.withdrawn_by.is_(None))
        .values(withdrawn_by=batch_id)
    )


def withdraw_batch(uow: UnitOfWork, batch_id: int, in_use: sa.Select[Any]) -> None:
    """Withdraw products that an import created and that nothing in `in_use` (a select of product ids) names."""
    require(uow, Permission.UNDO_IMPORTS)
    uow.connection.execute(
        sa.update(product)
        .where(product.c.batch_id == batch_id, product.c.withdrawn_by.is_(None), product.c.id.not_in(in_use))
        .values(withdrawn_by=batch_id)
    )


def mapped_products(
    connection: sa.Connection, channel_ids: Sequence[int], skus: Sequence[str]
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """For each pair of a shop (0 = none in particular) and an SKU that a file names: the product that a mapping leads
    to (0 without one), and whether that product has another SKU of its own."""
    ids, differs = np.zeros(len(skus), np.int64), np.zeros(len(skus), bool)
    targets = alias_targets(connection)
    if not targets:
        return ids, differs
    for at, (channel_id, sku) in enumerate(zip(channel_ids, skus, strict=True)):
        target = targets.get((channel_id, sku)) or targets.get((EVERY_SHOP, sku))
        if target is not None:
            ids[at], differs[at] = target.product_id, target.sku != sku
    return ids, differs
