"""The SKUs of shops and the products that they stand for, for orders to come and for those that stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog import editing
from erp_core.catalog.editing import SkuMapping
from erp_core.catalog.tables import product, sku_alias
from erp_core.catalog.views import EVERY_SHOP, IS_LIVE, alias_targets
from erp_core.company.views import read_company
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.orders import returns
from erp_core.orders.movements import recount_units, with_parts
from erp_core.orders.rewriting import rewritten
from erp_core.orders.tables import channel, order_line, sales_order
from erp_core.orders.uses import uses_of
from erp_core.security import audit
from erp_core.security.guard import lent, require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.text import T

__all__ = ["Mapped", "SkuMapping", "map_sku", "map_skus", "unmap_sku"]


@dataclass(frozen=True)
class Mapped:
    """What a mapping did to what stood: `lines` of orders now sell another product; `archived`: products that were
    there for these sales alone and are laid aside."""

    lines: int
    archived: tuple[int, ...]


def map_sku(uow: UnitOfWork, mapping: SkuMapping) -> Mapped:
    """`map_skus` for one."""
    return map_skus(uow, [mapping])


def map_skus(uow: UnitOfWork, mappings: Sequence[SkuMapping]) -> Mapped:
    """Let SKUs of shops stand for our products, in orders to come and in all that came; one act.

    Lines that sold the SKU as a product of its own sell ours (`order_line.sold_as` keeps what the file said); their
    movements and rollups follow. Raises BadInput, NotFound.
    """
    require(uow, Permission.EDIT_CATALOG)
    if not mappings:
        return Mapped(0, ())
    shops = set(uow.connection.execute(sa.select(channel.c.id)).scalars()) | {EVERY_SHOP}
    if any(mapping.channel_id not in shops for mapping in mappings):
        raise NotFound(
            T("There is no such shop."),
            hint=T("Choose a shop from the list, or all shops."),
            code="mapping.no_shop",
        )
    before = _standing(uow, mappings)
    editing.write_aliases(uow, mappings)
    done = _repoint(uow, [(m.channel_id, editing.clean_sku(m.external_sku)) for m in mappings])
    first = mappings[0]
    audit.record(
        uow, audit.Act.MAP_SKU, first.external_sku if len(mappings) == 1 else "", before={"mappings": before},
        after={"mappings": [[m.channel_id, m.external_sku, m.product_id] for m in mappings]}, lines=done.lines,
        archived=list(done.archived),
    )  # fmt: skip
    return done


def unmap_sku(uow: UnitOfWork, channel_id: int, external_sku: str) -> Mapped:
    """Take a mapping back: what was sold under the SKU is a product of its own again. Raises NotFound."""
    require(uow, Permission.EDIT_CATALOG)
    held = sa.select(sku_alias.c.product_id).where(
        sku_alias.c.channel_id == channel_id, sku_alias.c.external_sku == external_sku
    )
    product_id = uow.connection.execute(held).scalar()
    if product_id is None:
        raise NotFound(
            T("“{sku}” is not mapped.", sku=external_sku),
            hint=T("The mapping may have been taken back meanwhile. Load the page again."),
            code="mapping.not_found",
        )
    editing.drop_aliases(uow, [(channel_id, external_sku)])
    done = _repoint(uow, [(channel_id, external_sku)])
    before = {"mappings": [[channel_id, external_sku, product_id]]}
    audit.record(uow, audit.Act.UNMAP_SKU, external_sku, before=before, after={"mappings": []}, lines=done.lines)
    return done


def _standing(uow: UnitOfWork, mappings: Sequence[SkuMapping]) -> list[list[Any]]:
    """What the SKUs stand for now, where for anything: [channel, SKU, product]."""
    s = sku_alias.c
    pairs = {(m.channel_id, editing.clean_sku(m.external_sku)) for m in mappings}
    held = uow.connection.execute(
        sa.select(s.channel_id, s.external_sku, s.product_id).where(s.channel_id.in_({pair[0] for pair in pairs}))
    )
    return sorted([row.channel_id, row.external_sku, row.product_id] for row in held if tuple(row[:2]) in pairs)


def _repoint(uow: UnitOfWork, pairs: Sequence[tuple[int, str]]) -> Mapped:
    """Bring the lines of these (channel, SKU) to the product that the mappings now lead to."""
    lines = _lines_sold_as(uow, pairs)
    targets = alias_targets(uow.connection)
    wanted = [
        targets.get((shop, sku)) or targets.get((EVERY_SHOP, sku))
        for shop, sku in zip(lines["channel_id"], lines["external_sku"], strict=True)
    ]
    lines["target"] = [0 if target is None else target.product_id for target in wanted]
    unmapped = lines[lines["target"] == 0].sort_values("title", na_position="last", kind="stable")
    names = unmapped.drop_duplicates("external_sku").set_index("external_sku")["title"]
    own = _own_products(uow, {str(sku): title if isinstance(title, str) else None for sku, title in names.items()})
    lines["target"] = lines["target"].where(lines["target"] > 0, lines["external_sku"].map(own)).astype(np.int64)
    moving = lines[lines["target"] != lines["product_id"]].copy()
    if moving.empty:
        return Mapped(0, ())
    described = _described(uow.connection, np.unique(moving[["product_id", "target"]].to_numpy()))
    _refuse_charges(moving, described)
    old, new = (moving[name].map(described["name"]) for name in ("product_id", "target"))
    title = moving["title"].where(moving["title"].notna(), old)
    moving["title"] = title.mask(title == new)
    own_sku = moving["external_sku"] == moving["target"].map(described["sku"])
    moving["sold_as"] = moving["external_sku"].mask(own_sku)
    _count_as_target(moving, described)
    cases, mover = np.zeros(0, np.int64), lent(uow, Permission.IMPORT_FILES)
    order_id, line_no = (moving[name].to_numpy(np.int64) for name in ("order_id", "line_no"))
    with rewritten(uow, order_id, line_no, rolls_up=True) as rewriting:
        _write_lines(uow.connection, moving)
        recount_units(uow.connection, rewriting.orders)
        cases = returns.repoint(mover, _moved_table(uow.connection, moving))
        returns.move_again(mover, cases)
    if len(cases):
        touched = with_parts(uow.connection, np.unique(moving[["product_id", "target"]].to_numpy()))
        stock.refresh(uow, touched.tolist(), read_company(uow.connection).time_zone)
    left = sorted({*moving["product_id"], *own.values()})  # what came back for orders that are gone is not needed
    used = uses_of(uow.connection, left, with_master_data=True)
    orphans = [product_id for product_id in left if product_id not in used]
    editing.set_archived(uow, orphans, archived=True)
    return Mapped(len(moving), tuple(orphans))


def _lines_sold_as(uow: UnitOfWork, pairs: Sequence[tuple[int, str]]) -> pd.DataFrame:
    """Every line, standing or not, that a file sold under one of these SKUs in its shop: order_id, line_no,
    product_id, title, quantity, unit_price, channel_id, external_sku."""
    shops = list(uow.connection.execute(sa.select(channel.c.id)).scalars())
    spread = sorted(
        {(shop, sku) for channel_id, sku in pairs for shop in (shops if channel_id == EVERY_SHOP else [channel_id])}
    )
    wanted = load_temporary(
        uow.connection,
        "sold_as",
        {"channel_id": (sa.BigInteger(), [s for s, _ in spread]), "external_sku": (sa.Text(), [k for _, k in spread])},
    )
    line, o = order_line.c, sales_order.c
    said = sa.func.coalesce(line.sold_as, product.c.sku)
    query = (
        sa.select(
            line.order_id, line.line_no, line.product_id, line.title, line.quantity, line.unit_price, o.channel_id,
            wanted.c.external_sku,
        )
        .select_from(
            order_line.join(product, product.c.id == line.product_id)
            .join(sales_order, o.id == line.order_id)
            .join(wanted, sa.and_(wanted.c.channel_id == o.channel_id, wanted.c.external_sku == said))
        )
    )  # fmt: skip
    columns = ["order_id", "line_no", "product_id", "title", "quantity", "unit_price", "channel_id", "external_sku"]
    frame = pd.DataFrame(uow.connection.execute(query).all(), columns=columns, dtype=object)
    return frame.astype(dict.fromkeys(("order_id", "line_no", "product_id", "channel_id"), "int64"))


def _own_products(uow: UnitOfWork, names: Mapping[str, str | None]) -> dict[str, int]:
    """The products that have these SKUs themselves: created where there is none, brought back where laid aside."""
    found: dict[str, int] = {}
    for sku, name in names.items():
        query = sa.select(product.c.id, sa.not_(IS_LIVE).label("gone")).where(product.c.sku == sku)
        row = uow.connection.execute(query).one_or_none()
        if row is None:
            key = uow.connection.execute(sa.insert(product).values(sku=sku, name=name)).inserted_primary_key
            assert key is not None
            found[sku] = int(key[0])
            continue
        found[sku] = int(row.id)
        if row.gone:
            editing.set_archived(uow, [int(row.id)], archived=False)
    return found


def _described(connection: sa.Connection, ids: npt.NDArray[Any]) -> pd.DataFrame:
    """sku, name, is_charge, unit_factor by product id."""
    wanted = load_temporary(connection, "described_by_mapping", {"id": (sa.BigInteger(), ids)})
    columns = ["id", "sku", "name", "is_charge", "unit_factor"]
    query = sa.select(*(product.c[name] for name in columns)).join(wanted, wanted.c.id == product.c.id)
    return pd.DataFrame(connection.execute(query).all(), columns=columns, dtype=object).set_index("id")


def _refuse_charges(moving: pd.DataFrame, described: pd.DataFrame) -> None:
    charges = moving["product_id"].map(described["is_charge"].astype(bool))
    if charges.any():
        raise BadInput(
            T("“{sku}” is a charge, not a product.", sku=str(moving.loc[charges, "external_sku"].iloc[0])),
            hint=T("Open it among the products and take the mark of a charge away first."),
            code="mapping.charge",
        )


def _count_as_target(moving: pd.DataFrame, described: pd.DataFrame) -> None:
    """Quantities and prices in the unit in which the other product is counted (1 kg = 1000 g)."""
    old, new = (moving[name].map(described["unit_factor"]).astype(np.int64) for name in ("product_id", "target"))
    if (old == new).all():
        return
    total = moving["quantity"].astype(np.int64) * new
    if (total % old != 0).any():
        raise Conflict(
            T("Quantities of “{sku}” are no whole number of the units in which the product is counted.",
              sku=str(moving.loc[total % old != 0, "external_sku"].iloc[0])),
            hint=T("Count both products in the same smaller unit first."),
            code="mapping.unit",
        )  # fmt: skip
    moving["quantity"] = total // old
    price = moving["unit_price"]
    moving["unit_price"] = [
        None if pd.isna(value) else (2 * int(value) * before + after) // (2 * after)
        for value, before, after in zip(price, old, new, strict=True)
    ]


def _moved_table(connection: sa.Connection, moving: pd.DataFrame) -> sa.Table:
    """Which product of which order became which: order_id, product_id, target."""
    pairs = moving[["order_id", "product_id", "target"]].drop_duplicates(["order_id", "product_id"])
    columns = {name: (sa.BigInteger(), pairs[name].to_numpy(np.int64)) for name in pairs.columns}
    return load_temporary(connection, "moved_products", columns)


def _write_lines(connection: sa.Connection, moving: pd.DataFrame) -> None:
    said = load_temporary(
        connection,
        "repointed_lines",
        {
            "order_id": (sa.BigInteger(), moving["order_id"].to_numpy(np.int64)),
            "line_no": (sa.Integer(), moving["line_no"].to_numpy(np.int64)),
            "target": (sa.BigInteger(), moving["target"].to_numpy(np.int64)),
            "title": (sa.Text(), moving["title"]),
            "quantity": (sa.BigInteger(), moving["quantity"].to_numpy(np.int64)),
            "unit_price": (sa.BigInteger(), [None if pd.isna(p) else int(p) for p in moving["unit_price"]]),
            "sold_as": (sa.Text(), moving["sold_as"]),
        },
    )
    connection.execute(
        sa.update(order_line)
        .where(order_line.c.order_id == said.c.order_id, order_line.c.line_no == said.c.line_no)
        .values(
            product_id=said.c.target,
            title=said.c.title,
            sold_as=said.c.sold_as,
            quantity=said.c.quantity,
            unit_price=said.c.unit_price,
        )
    )
