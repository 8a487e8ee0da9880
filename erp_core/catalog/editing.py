"""Products by hand: fields, barcodes, dated costs, bundles, the SKUs of shops.

What is done to a product often reaches into orders and stock. `orders.products`, `orders.bundles` and `orders.mapping`
are the doors for that; they call these functions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.service import CONTENT, contents_of, record_costs
from erp_core.catalog.tables import bom_line, product, product_barcode, product_cost, sku_alias
from erp_core.catalog.views import IS_LIVE
from erp_core.db.bulk import insert_columns, load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.files.values import Problem, clean_id
from erp_core.money import is_currency, price_to_stored
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T

_LONGEST = {"sku": 120, "name": 500, "category": 120, "unit": 40, "barcode": 80}
_MOST_GRAMS = 10**9
_MOST_UNITS = 10**6
_DEAREST = Decimal(10) ** 12
_TOLD_IN_FULL = 20  # of so many products at most the audit holds every value before and after, of more the numbers

_Values = dict[str, Any]


@dataclass(frozen=True)
class CostEntry:
    """What one unit of a product costs from a day on. `unit_cost`: major units of `currency`."""

    product_id: int
    valid_from: dt.date
    currency: str
    unit_cost: Decimal


@dataclass(frozen=True)
class SkuMapping:
    """A shop sells our product under `external_sku`. `channel_id` 0: in every shop that has no mapping of its own."""

    channel_id: int
    external_sku: str
    product_id: int


def create_product(uow: UnitOfWork, sku: str, fields: Mapping[str, Any], cost: CostEntry | None = None) -> int:
    """A new product; returns its id. `fields`: as in `edit_products`. One that was laid aside comes back with them.
    `cost`: its first; its `product_id` is not read.

    Raises BadInput for an SKU or a field that cannot be used, Conflict where the SKU or a barcode is taken.
    """
    require(uow, Permission.EDIT_CATALOG)
    clean = clean_sku(sku)
    held = uow.connection.execute(
        sa.select(product.c.id, sa.not_(IS_LIVE).label("gone")).where(product.c.sku == clean)
    ).one_or_none()
    if held is not None and not held.gone:
        raise Conflict(
            T("There is a product “{sku}” already.", sku=clean),
            hint=T("Open it in the table, or choose another SKU."),
            code="product.sku_taken",
        )
    if held is not None:
        product_id = int(held.id)
        uow.connection.execute(
            sa.update(product).where(product.c.id == product_id).values(withdrawn_by=None, archived_at=None)
        )
    else:
        key = uow.connection.execute(sa.insert(product).values(sku=clean)).inserted_primary_key
        assert key is not None
        product_id = int(key[0])
    _apply(uow, {product_id: fields})
    told = dict(fields)
    if cost is not None:
        _record(uow, [replace(cost, product_id=product_id)])
        told["cost"] = [cost.valid_from, cost.currency, cost.unit_cost]
    audit.record(uow, audit.Act.CREATE_PRODUCT, clean, after=told)
    return product_id


def edit_products(
    uow: UnitOfWork, changes: Mapping[int, Mapping[str, Any]], costs: Sequence[CostEntry] = ()
) -> tuple[int, ...]:
    """Change products and record their costs in one act; returns the products of which something changed.

    `changes`: product id → name, category, unit, barcode (the main one), weight_grams, barcodes (the further ones, all
    of them); None or an empty text clears a field, what is not named stays. Raises BadInput, Conflict, NotFound.
    """
    require(uow, Permission.EDIT_CATALOG)
    changed = _apply(uow, changes)
    costed = _record(uow, costs)
    touched = tuple(sorted({*changed, *costed}))
    if touched:
        fields = sorted({name for fields in changes.values() for name in fields})
        few = len(touched) <= _TOLD_IN_FULL
        entered = [[c.product_id, c.valid_from, c.currency, c.unit_cost] for c in costs if c.product_id in costed]
        audit.record(
            uow, audit.Act.EDIT_PRODUCTS, products=list(touched), fields=fields, costs=len(costed),
            before={str(i): was for i, (was, _) in changed.items()} if few else None,
            after={**{str(i): now for i, (_, now) in changed.items()}, **({"costs": entered} if entered else {})}
            if few else None,
        )  # fmt: skip
    return touched


def _apply(uow: UnitOfWork, changes: Mapping[int, Mapping[str, Any]]) -> dict[int, tuple[_Values, _Values]]:
    """Write the fields of products; of those that changed, their values before and after."""
    skus = _skus_of(uow, list(changes))
    clean = {product_id: _clean_fields(fields) for product_id, fields in changes.items()}
    wanted_codes = {
        product_id: [code for code in (fields.get("barcode"), *fields.get("barcodes", ())) if code]
        for product_id, fields in clean.items()
    }
    held = contents_of(uow.connection, np.array(list(changes), np.int64)) if changes else {}
    further = _further_barcodes(uow.connection, list(changes))
    changed: dict[int, tuple[_Values, _Values]] = {}
    updates: list[dict[str, Any]] = []
    for product_id, fields in clean.items():
        content = {name: fields[name] for name in CONTENT if name in fields}
        if any(held[product_id][name] != value for name, value in content.items()):
            changed[product_id] = audit.changes(held[product_id], content)
            updates.append({"of_id": product_id, **{f"new_{n}": (held[product_id] | content)[n] for n in CONTENT}})
        stood = further.get(product_id, set())
        if "barcodes" in fields and set(fields["barcodes"]) != stood:
            was, now = changed.get(product_id, ({}, {}))
            changed[product_id] = ({**was, "barcodes": sorted(stood)}, {**now, "barcodes": sorted(fields["barcodes"])})
    relabelled = {i for i in changed if "barcodes" in clean[i]}
    if relabelled:
        uow.connection.execute(sa.delete(product_barcode).where(product_barcode.c.product_id.in_(sorted(relabelled))))
    if updates:
        uow.connection.execute(
            sa.update(product)
            .where(product.c.id == sa.bindparam("of_id"))
            .values({name: sa.bindparam(f"new_{name}") for name in CONTENT}),
            updates,
        )
    _refuse_taken_barcodes(uow, skus, {i: codes for i, codes in wanted_codes.items() if i in changed})
    rows = [(code, i) for i in sorted(relabelled) for code in clean[i]["barcodes"]]
    if rows:
        codes, ids = zip(*rows, strict=True)
        insert_columns(uow.connection, product_barcode, {"barcode": list(codes), "product_id": list(ids)})
    return changed


def _skus_of(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, str]:
    """The SKUs of live products; raises NotFound where one is not there."""
    wanted = load_temporary(uow.connection, "edited_products", {"id": (sa.BigInteger(), list(ids))})
    query = sa.select(product.c.id, product.c.sku).join(wanted, wanted.c.id == product.c.id).where(IS_LIVE)
    skus: dict[int, str] = dict(uow.connection.execute(query).all())
    lacking = [product_id for product_id in ids if product_id not in skus]
    if lacking:
        raise NotFound(
            T("There is no product with the number {number}.", number=lacking[0]),
            hint=T("It may have been archived meanwhile. Load the page again."),
            code="product.not_found",
        )
    return skus


def clean_sku(word: str) -> str:
    """An SKU as it is stored; raises BadInput where it is none."""
    return _clean_code(word, "sku") or _refuse_empty_sku()


def _refuse_empty_sku() -> str:
    raise BadInput(
        T("A product needs an SKU."),
        hint=T("Give it the number under which you sell or store it."),
        code="product.no_sku",
    )


def _clean_code(word: Any, name: str) -> str | None:
    """An SKU or a barcode: text without outer white space, without line breaks, with all its digits."""
    if word is None or not str(word).strip():
        return None
    clean = clean_id(str(word))
    if isinstance(clean, Problem):
        raise BadInput(clean.message, hint=T("Type it in as text, with all its digits."), code=f"product.{name}")
    return _clean_text(clean, name)


def _clean_text(word: Any, name: str) -> str | None:
    if word is None or word != word or not str(word).strip():  # noqa: PLR0124  (not a number: nothing)
        return None
    text = str(word).strip()
    if len(text) > _LONGEST[name] or any(ord(char) < 32 for char in text):
        raise BadInput(
            T("“{text}” is too long, or has a line break in it.", text=text[:60]),
            hint=T("At most {count} characters in one line.", count=_LONGEST[name]),
            code=f"product.{name}",
        )
    return text


def _clean_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "weight_grams":
            clean[name] = _clean_weight(value)
        elif name == "barcode":
            clean[name] = _clean_code(value, "barcode")
        elif name == "barcodes":
            codes = [_clean_code(code, "barcode") for code in value]
            clean[name] = tuple(dict.fromkeys(code for code in codes if code))
        elif name in CONTENT:
            clean[name] = _clean_text(value, name)
        else:
            raise ValueError(f"a product has no field {name}")
    if clean.get("barcode") in clean.get("barcodes", ()):
        clean["barcodes"] = tuple(code for code in clean["barcodes"] if code != clean["barcode"])
    return clean


def _clean_weight(value: Any) -> int | None:
    if value is None or value != value:  # noqa: PLR0124  (not a number: nothing)
        return None
    if not 0 <= value <= _MOST_GRAMS or int(value) != value:
        raise BadInput(
            T("A weight is a whole number of grams, not negative."),
            hint=T("Write 250 for a quarter of a kilogram."),
            code="product.weight",
        )
    return int(value)


def _further_barcodes(connection: sa.Connection, ids: Sequence[int]) -> dict[int, set[str]]:
    held: dict[int, set[str]] = {}
    query = sa.select(product_barcode.c.product_id, product_barcode.c.barcode).where(
        product_barcode.c.product_id.in_(list(ids))
    )
    for product_id, code in connection.execute(query):
        held.setdefault(product_id, set()).add(code)
    return held


def refuse_taken_barcodes(uow: UnitOfWork, product_id: int) -> None:
    """Raise Conflict where a barcode of this product belongs to another meanwhile."""
    main = uow.connection.execute(sa.select(product.c.barcode).where(product.c.id == product_id)).scalar_one()
    codes = [code for code in (main, *_further_barcodes(uow.connection, [product_id]).get(product_id, ())) if code]
    _refuse_taken_barcodes(uow, _skus_of(uow, [product_id]), {product_id: codes})


def _refuse_taken_barcodes(uow: UnitOfWork, skus: Mapping[int, str], wanted: Mapping[int, Sequence[str]]) -> None:
    """A barcode belongs to one product: raise Conflict that names the other. Looks at what stands after the change."""
    pairs = [(code, product_id) for product_id, codes in wanted.items() for code in codes]
    owner: dict[str, int] = {}
    for code, product_id in pairs:
        if owner.setdefault(code, product_id) != product_id:
            _refuse_barcode(code, skus[owner[code]])
    if not pairs:
        return
    codes, ids = zip(*pairs, strict=True)
    table = load_temporary(
        uow.connection,
        "wanted_barcodes",
        {"code": (sa.Text(), list(codes)), "product_id": (sa.BigInteger(), list(ids))},
    )
    main = sa.select(table.c.code, product.c.sku).join(
        product, sa.and_(product.c.barcode == table.c.code, product.c.id != table.c.product_id)
    )
    further = (
        sa.select(table.c.code, product.c.sku)
        .select_from(
            table.join(product_barcode, product_barcode.c.barcode == table.c.code).join(
                product, product.c.id == product_barcode.c.product_id
            )
        )
        .where(product_barcode.c.product_id != table.c.product_id)
    )
    taken = uow.connection.execute(sa.union(main.where(IS_LIVE), further).limit(1)).first()
    if taken is not None:
        _refuse_barcode(taken[0], taken[1])


def _refuse_barcode(code: str, sku: str) -> None:
    raise Conflict(
        T("The barcode {code} belongs to the product “{sku}”.", code=code, sku=sku),
        hint=T("A barcode belongs to one product. Take it off there first, or correct the digits."),
        code="product.barcode_taken",
    )


def _record(uow: UnitOfWork, costs: Sequence[CostEntry]) -> set[int]:
    """Append dated costs entered by hand; the products of which one is new."""
    if not costs:
        return set()
    for entry in costs:
        if not is_currency(entry.currency):
            raise BadInput(
                T("“{word}” is not a currency code.", word=entry.currency),
                hint=T("Use the three letters of ISO 4217, such as CNY or USD."),
                code="cost.currency",
            )
        if not (entry.unit_cost.is_finite() and 0 <= entry.unit_cost < _DEAREST):
            raise BadInput(
                T("A cost is a number from 0 on."),
                hint=T("Write what one unit costs, such as 12.50."),
                code="cost.amount",
            )
    _skus_of(uow, sorted({entry.product_id for entry in costs}))
    frame = pd.DataFrame(
        [(c.product_id, c.valid_from, c.currency, price_to_stored(c.unit_cost)) for c in costs],
        columns=["product_id", "valid_from", "currency", "unit_cost"],
    )
    changed = record_costs(uow, frame, "manual", None)
    return {int(i) for i in frame.loc[changed, "product_id"]}


def remove_cost(uow: UnitOfWork, cost_id: int) -> int:
    """Take back a cost that was entered by hand and was wrong; returns its product.

    The audit keeps what it was. Raises NotFound, and Conflict for a cost that an import brought.
    """
    require(uow, Permission.EDIT_CATALOG)
    c = product_cost.c
    row = uow.connection.execute(sa.select(product_cost).where(c.id == cost_id)).one_or_none()
    if row is None:
        raise NotFound(T("This cost is gone already."), hint=T("Load the page again."), code="cost.not_found")
    if row.batch_id is not None:
        raise Conflict(
            T("This cost came with import {batch}.", batch=row.batch_id),
            hint=T("Enter the right cost for the same day: the later entry holds. Or take the import back."),
            code="cost.imported",
        )
    uow.connection.execute(sa.delete(product_cost).where(c.id == cost_id))
    held = {"valid_from": row.valid_from, "currency": row.currency, "unit_cost": row.unit_cost}
    audit.record(uow, audit.Act.REMOVE_COST, str(row.product_id), before=held)
    return int(row.product_id)


def set_charge(uow: UnitOfWork, product_id: int, charge: bool) -> None:
    """Mark a product as a charge (such as postage), or as goods. The caller brings orders and stock to it."""
    require(uow, Permission.EDIT_CATALOG)
    uow.connection.execute(sa.update(product).where(product.c.id == product_id).values(is_charge=charge))


def set_archived(uow: UnitOfWork, product_ids: Sequence[int], *, archived: bool) -> None:
    """Lay products aside, or bring them back. The caller has seen to it that nothing rests on them."""
    require(uow, Permission.EDIT_CATALOG)
    values: dict[str, Any] = {"archived_at": uow.now()} if archived else {"archived_at": None, "withdrawn_by": None}
    uow.connection.execute(sa.update(product).where(product.c.id.in_(list(product_ids))).values(**values))


def write_bundle(uow: UnitOfWork, parent_id: int, components: Mapping[int, int]) -> None:
    """Replace what a product is made of; nothing makes it a product of its own again.

    Raises BadInput for a bundle within a bundle, of itself, of charges or without whole units; NotFound.
    """
    require(uow, Permission.EDIT_CATALOG)
    skus = _skus_of(uow, list(dict.fromkeys([parent_id, *components])))
    if components:
        _refuse_bad_bundle(uow, parent_id, components, skus)
    uow.connection.execute(sa.delete(bom_line).where(bom_line.c.parent_id == parent_id, bom_line.c.kind == "bundle"))
    insert_columns(
        uow.connection,
        bom_line,
        {
            "parent_id": [parent_id] * len(components),
            "component_id": list(components),
            "kind": ["bundle"] * len(components),
            "quantity": list(components.values()),
        },
    )


def _refuse_bad_bundle(uow: UnitOfWork, parent_id: int, components: Mapping[int, int], skus: Mapping[int, str]) -> None:
    parent, b = skus[parent_id], bom_line.c
    bundles = sa.select(product.c.sku).join(bom_line, b.parent_id == product.c.id).where(b.kind == "bundle").limit(1)

    def first(query: sa.Select[Any]) -> Any:
        return uow.connection.execute(query).scalars().first()

    charges = sa.select(product.c.sku).where(
        product.c.id.in_([parent_id, *components]), product.c.is_charge.is_(sa.true())
    )
    bad = [skus[i] for i, units in components.items() if not _is_count(units)]
    if parent_id in components:
        problem = T("The bundle “{sku}” cannot contain itself.", sku=parent)
    elif bad:
        problem = T("The units of “{sku}” in a bundle are a whole number from 1 on.", sku=bad[0])
    elif charge := first(charges.limit(1)):
        problem = T("“{sku}” is a charge, not a product.", sku=charge)
    elif nested := first(bundles.where(b.parent_id.in_(list(components)))):
        problem = T("“{sku}” is a bundle itself; a bundle cannot contain another.", sku=nested)
    elif above := first(bundles.where(b.component_id == parent_id)):
        problem = T("“{sku}” is part of the bundle “{other}”, so it cannot become one.", sku=parent, other=above)
    else:
        return
    raise BadInput(
        problem,
        hint=T("A bundle is made of single products that lie in stock, each with its units."),
        code="bundle.components",
    )


def _is_count(units: Any) -> bool:
    return not isinstance(units, bool) and int(units) == units and 1 <= units <= _MOST_UNITS


def write_aliases(uow: UnitOfWork, mappings: Sequence[SkuMapping]) -> None:
    """Keep under which SKUs shops sell our products; an earlier mapping of the same SKU in the same shop is replaced.

    Raises BadInput for an empty SKU, the product's own SKU or a charge; NotFound for a product that is not there.
    """
    require(uow, Permission.EDIT_CATALOG)
    skus = _skus_of(uow, list(dict.fromkeys(mapping.product_id for mapping in mappings)))
    clean = {(m.channel_id, clean_sku(m.external_sku)): m.product_id for m in mappings}
    for (_, external), product_id in clean.items():
        if external == skus[product_id]:
            raise BadInput(
                T("“{sku}” is the product’s own SKU and needs no mapping.", sku=external),
                hint=T("Choose another product, or leave it as it is."),
                code="mapping.itself",
            )
    charge = uow.connection.execute(
        sa.select(product.c.sku).where(product.c.id.in_(list(skus)), product.c.is_charge.is_(sa.true())).limit(1)
    ).scalar_one_or_none()
    if charge is not None:
        raise BadInput(
            T("“{sku}” is a charge, not a product.", sku=charge),
            hint=T("Choose the product that this SKU stands for."),
            code="mapping.charge",
        )
    drop_aliases(uow, list(clean))
    channels = [channel_id for channel_id, _ in clean]
    insert_columns(
        uow.connection,
        sku_alias,
        {
            "channel_id": channels,
            "external_sku": [external for _, external in clean],
            "product_id": list(clean.values()),
            "at": [uow.now()] * len(clean),
            "actor": [uow.actor] * len(clean),
        },
    )


def drop_aliases(uow: UnitOfWork, pairs: Sequence[tuple[int, str]]) -> None:
    """Forget the mappings of these (channel_id, external SKU)."""
    require(uow, Permission.EDIT_CATALOG)
    wanted = load_temporary(
        uow.connection,
        "dropped_aliases",
        {
            "channel_id": (sa.BigInteger(), [channel_id for channel_id, _ in pairs]),
            "external_sku": (sa.Text(), [external for _, external in pairs]),
        },
    )
    gone = sa.select(sku_alias.c.id).join(
        wanted,
        sa.and_(wanted.c.channel_id == sku_alias.c.channel_id, wanted.c.external_sku == sku_alias.c.external_sku),
    )
    uow.connection.execute(sa.delete(sku_alias).where(sku_alias.c.id.in_(gone)))
