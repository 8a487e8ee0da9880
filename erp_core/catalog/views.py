"""Products, costs, bundles and the SKUs of shops as frames."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.rules import derived_costs
from erp_core.catalog.tables import bom_line, charge_word, product, product_barcode, product_cost, sku_alias
from erp_core.db.bulk import fetch_columns
from erp_core.money import PRICE_SCALE

IS_LIVE = sa.and_(product.c.withdrawn_by.is_(None), product.c.archived_at.is_(None))
EVERY_SHOP = 0
NO_CATEGORY = ""  # in filters: products that nobody has put into a category


@dataclass(frozen=True)
class Target:
    """The product that an SKU of a shop stands for."""

    product_id: int
    sku: str


def products(connection: sa.Connection, *, charges: bool = False) -> pd.DataFrame:
    """Live products: product_id, sku, name, category, barcode, unit, weight_grams, is_charge, stock_unit, unit_factor
    (1 unit = so many stock_unit, of which all quantities are); charges only if asked."""
    query = sa.select(
        product.c.id.label("product_id"), product.c.sku, product.c.name, product.c.category, product.c.barcode,
        product.c.unit, product.c.weight_grams, product.c.is_charge, product.c.stock_unit, product.c.unit_factor,
    ).where(IS_LIVE)  # fmt: skip
    if not charges:
        query = query.where(product.c.is_charge.is_(sa.false()))
    frame = pd.DataFrame(fetch_columns(connection, query.order_by(product.c.sku)))
    return frame.astype({"product_id": "int64"})


def archived_products(connection: sa.Connection) -> pd.DataFrame:
    """Products that were laid aside: product_id, sku, name, archived_at, the newest first."""
    columns = (product.c.id.label("product_id"), product.c.sku, product.c.name, product.c.archived_at)
    query = sa.select(*columns).where(product.c.archived_at.is_not(None)).order_by(product.c.archived_at.desc())
    return pd.DataFrame(connection.execute(query).all(), columns=[column.name for column in columns])


def product_by_sku(connection: sa.Connection, sku: str) -> int | None:
    """The id of the live product with this SKU."""
    return connection.execute(sa.select(product.c.id).where(product.c.sku == sku, IS_LIVE)).scalar_one_or_none()


def costs(connection: sa.Connection) -> pd.DataFrame:
    """Every standing cost, by product and day: product_id, valid_from (datetime64), currency, unit_cost (major),
    derived.

    A bundle without a cost of its own has the sum of its components' (`rules.derived_costs`); `derived` marks it.
    """
    c = product_cost.c
    query = (
        sa.select(c.product_id, c.valid_from, c.currency, c.unit_cost)
        .where(c.withdrawn_by.is_(None))
        .order_by(c.product_id, c.valid_from, c.id)
    )
    columns = ["product_id", "valid_from", "currency", "unit_cost"]
    frame = pd.DataFrame(fetch_columns(connection, query), columns=columns)
    frame["valid_from"] = pd.to_datetime(frame["valid_from"])
    frame["unit_cost"] = frame["unit_cost"].astype(float) / PRICE_SCALE
    frame = frame.astype({"product_id": "int64"}).assign(derived=False)
    made_up = bundles(connection)
    if len(made_up):
        derived = derived_costs(frame[columns], made_up)
        if len(derived):
            frame = pd.concat([frame, derived.assign(derived=True)], ignore_index=True)
            frame = frame.sort_values(["product_id", "valid_from"], kind="stable", ignore_index=True)
    return frame


def latest_costs(connection: sa.Connection, on: dt.date) -> pd.DataFrame:
    """product_id, valid_from, currency, unit_cost, derived in force on the day; before its first cost a product has
    the first."""
    frame = costs(connection)
    past = frame[frame["valid_from"] <= pd.Timestamp(on)].drop_duplicates("product_id", keep="last")
    first = frame.drop_duplicates("product_id", keep="first")
    return pd.concat([past, first[~first["product_id"].isin(past["product_id"])]]).reset_index(drop=True)


def cost_history(connection: sa.Connection, product_id: int) -> pd.DataFrame:
    """One product's costs, the newest first: cost_id (missing where derived), valid_from, currency, unit_cost (major),
    source ('products', 'stock', 'supplier', 'manual', 'bundle'), by_hand (may be removed)."""
    c = product_cost.c
    query = (
        sa.select(c.id, c.valid_from, c.currency, c.unit_cost, c.source, c.batch_id)
        .where(c.product_id == product_id, c.withdrawn_by.is_(None))
        .order_by(c.valid_from.desc(), c.id.desc())
    )
    rows = [
        (row.id, pd.Timestamp(row.valid_from), row.currency, row.unit_cost / PRICE_SCALE, row.source,
         row.batch_id is None)
        for row in connection.execute(query)
    ]  # fmt: skip
    if not rows:
        derived = costs(connection)
        derived = derived[derived["product_id"] == product_id].iloc[::-1]
        rows = [
            (None, day, currency, cost, "bundle", False)
            for day, currency, cost in derived[["valid_from", "currency", "unit_cost"]].itertuples(index=False)
        ]
    frame = pd.DataFrame(rows, columns=["cost_id", "valid_from", "currency", "unit_cost", "source", "by_hand"])
    return frame.astype({"cost_id": "Int64"})


def bundles(connection: sa.Connection) -> pd.DataFrame:
    """What bundles are made of: parent_id, component_id, units (of the component in one bundle)."""
    b = bom_line.c
    query = (
        sa.select(b.parent_id, b.component_id, b.quantity.label("units"))
        .where(b.kind == "bundle")
        .order_by(b.parent_id, b.component_id)
    )
    columns = ["parent_id", "component_id", "units"]
    return pd.DataFrame(fetch_columns(connection, query), columns=columns).astype("int64")


def barcodes(connection: sa.Connection) -> pd.DataFrame:
    """Every barcode of live products: barcode, product_id, main (it stands in the product itself)."""
    main = sa.select(product.c.barcode, product.c.id.label("product_id"), sa.true().label("main")).where(
        IS_LIVE, product.c.barcode.is_not(None)
    )
    further = (
        sa.select(product_barcode.c.barcode, product_barcode.c.product_id, sa.false())
        .join(product, product.c.id == product_barcode.c.product_id)
        .where(IS_LIVE)
        .order_by(product_barcode.c.barcode)
    )
    rows = [tuple(row) for query in (main, further) for row in connection.execute(query)]
    frame = pd.DataFrame(rows, columns=["barcode", "product_id", "main"])
    return frame.astype({"product_id": "int64", "main": bool})


def aliases(connection: sa.Connection) -> pd.DataFrame:
    """Under which SKUs shops sell our products: alias_id, channel_id (0 = in every shop), external_sku, product_id,
    sku, name, at, actor."""
    a = sku_alias.c
    columns = (
        a.id.label("alias_id"), a.channel_id, a.external_sku, a.product_id, product.c.sku, product.c.name, a.at,
        a.actor,
    )  # fmt: skip
    query = sa.select(*columns).join(product, product.c.id == a.product_id).order_by(a.external_sku, a.channel_id)
    frame = pd.DataFrame(connection.execute(query).all(), columns=[column.name for column in columns])
    return frame.astype({"alias_id": "int64", "channel_id": "int64", "product_id": "int64"})


def alias_targets(connection: sa.Connection) -> Mapping[tuple[int, str], Target]:
    """(channel_id, external SKU) → the product it stands for; channel 0 holds where a shop maps nothing of its own."""
    query = sa.select(sku_alias.c.channel_id, sku_alias.c.external_sku, product.c.id, product.c.sku).join(
        product, product.c.id == sku_alias.c.product_id
    )
    return {
        (int(channel_id), external): Target(int(product_id), sku)
        for channel_id, external, product_id, sku in connection.execute(query)
    }


def in_categories(names: Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether a product is in one of these categories; `NO_CATEGORY` stands for those in none."""
    return sa.func.coalesce(product.c.category, NO_CATEGORY).in_(names)


def has_uncategorised(connection: sa.Connection) -> bool:
    """Whether a live product, charges apart, is in no category."""
    lacking = sa.select(product.c.id).where(IS_LIVE, product.c.is_charge.is_(sa.false()), in_categories([NO_CATEGORY]))
    return connection.execute(lacking.limit(1)).first() is not None


def categories(connection: sa.Connection) -> list[str]:
    """The categories of live products."""
    query = sa.select(product.c.category).distinct().where(IS_LIVE, product.c.category.is_not(None))
    return sorted(connection.execute(query).scalars().all())


def charge_words(connection: sa.Connection) -> list[str]:
    """The words that make a line a charge."""
    return sorted(connection.execute(sa.select(charge_word.c.word)).scalars().all())


def unit_factors(connection: sa.Connection) -> dict[str, int]:
    """SKU (ours, and as shops name it) → stock units of one unit sold, for products where that is more than one."""
    own = sa.select(product.c.sku, product.c.unit_factor).where(product.c.unit_factor > 1)
    named = (
        sa.select(sku_alias.c.external_sku, product.c.unit_factor)
        .join(product, product.c.id == sku_alias.c.product_id)
        .where(product.c.unit_factor > 1)
    )
    return {sku: factor for query in (named, own) for sku, factor in connection.execute(query)}
