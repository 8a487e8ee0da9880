"""Products and their costs as frames."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import charge_word, product, product_cost, sku_alias
from erp_core.db.bulk import fetch_columns
from erp_core.money import PRICE_SCALE


def products(connection: sa.Connection, *, charges: bool = False) -> pd.DataFrame:
    """Live products: product_id, sku, name, category, barcode, unit, weight_grams, is_charge; charges only if asked."""
    query = sa.select(
        product.c.id.label("product_id"), product.c.sku, product.c.name, product.c.category, product.c.barcode,
        product.c.unit, product.c.weight_grams, product.c.is_charge,
    ).where(product.c.withdrawn_by.is_(None))  # fmt: skip
    if not charges:
        query = query.where(product.c.is_charge.is_(sa.false()))
    frame = pd.DataFrame(fetch_columns(connection, query.order_by(product.c.sku)))
    return frame.astype({"product_id": "int64"})


def costs(connection: sa.Connection) -> pd.DataFrame:
    """Every standing cost, by product and day: product_id, valid_from (datetime64), currency, unit_cost (major)."""
    c = product_cost.c
    query = (
        sa.select(c.product_id, c.valid_from, c.currency, c.unit_cost)
        .where(c.withdrawn_by.is_(None))
        .order_by(c.product_id, c.valid_from, c.id)
    )
    frame = pd.DataFrame(
        fetch_columns(connection, query), columns=["product_id", "valid_from", "currency", "unit_cost"]
    )
    frame["valid_from"] = pd.to_datetime(frame["valid_from"])
    frame["unit_cost"] = frame["unit_cost"].astype(float) / PRICE_SCALE
    return frame.astype({"product_id": "int64"})


def latest_costs(connection: sa.Connection, on: dt.date) -> pd.DataFrame:
    """product_id, currency, unit_cost in force on the day; before its first cost a product has the first."""
    frame = costs(connection)
    past = frame[frame["valid_from"] <= pd.Timestamp(on)].drop_duplicates("product_id", keep="last")
    first = frame.drop_duplicates("product_id", keep="first")
    later = first[~first["product_id"].isin(past["product_id"])]
    merged = pd.concat([part for part in (past, later) if len(part)] or [past])
    return merged[["product_id", "currency", "unit_cost"]].reset_index(drop=True)


def categories(connection: sa.Connection) -> list[str]:
    """The categories of live products."""
    query = (
        sa.select(product.c.category)
        .distinct()
        .where(product.c.withdrawn_by.is_(None), product.c.category.is_not(None))
    )
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
