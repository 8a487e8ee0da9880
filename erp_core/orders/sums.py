"""Sums of sales by any of day, week, month, shop, product and category, from the packed rollup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import product
from erp_core.db.bulk import fetch_columns
from erp_core.orders.packed import MEASURES, SoldRows, sold_rows
from erp_core.orders.refunds import refunds_beyond_orders
from erp_core.orders.rules import Filters

SUMS = MEASURES
GRAINS = ("ds", "week", "month", "channel_id", "product_id", "category")


def sales_sums(connection: sa.Connection, period: Period, filters: Filters, by: Sequence[str]) -> pd.DataFrame:
    """Sales of products, without charges: the columns of `by`, currency, and `SUMS` in minor units and units.

    `by`: any of `GRAINS`; ds, week (its Monday) and month (its first day) are datetime64; category is missing where a
    product has none. `revenue` is after discounts of lines (`discount`) and before the lines' part of discounts of
    whole orders (`order_discount`); `refunded` holds what return cases tell beyond the orders. Sorted by the keys.
    """
    return _grouped(connection, period, filters, by)


def product_sales(connection: sa.Connection, period: Period, filters: Filters, *, by_day: bool = False) -> pd.DataFrame:
    """Sales per product, charges too, and currency (and day): product_id, currency, (ds,) is_charge, and `SUMS`; money
    in minor units."""
    frame = _grouped(connection, period, filters, ["product_id", *(["ds"] if by_day else [])], charges=True)
    charges = connection.execute(sa.select(product.c.id).where(product.c.is_charge.is_(sa.true()))).scalars().all()
    return frame.assign(is_charge=frame["product_id"].isin(charges))


def _grouped(
    connection: sa.Connection, period: Period, filters: Filters, by: Sequence[str], *, charges: bool = False
) -> pd.DataFrame:
    rows = sold_rows(connection, period, filters.channels)
    told = refunds_beyond_orders(connection, period, filters.channels, filters.categories)
    told = told if charges else told[~told["is_charge"]]
    of_products = traits(connection, rows, filters, charges=charges, named="category" in by)
    if not of_products.wanted.all():
        rows = rows.among(of_products.wanted[rows.product])
    keys = [_key(name, rows, of_products) for name in by]
    keys.append(_Key("currency", np.array(rows.currencies, object), rows.currency))
    code, cells = _cells(keys)
    sums = {
        name: np.rint(np.bincount(code, rows.measures[name], minlength=len(cells))).astype(np.int64) for name in SUMS
    }
    frame = pd.DataFrame({key.name: key.values[cells[:, at]] for at, key in enumerate(keys)} | sums)
    return frame if told.empty else _with_told(frame, told, by, of_products)


@dataclass(frozen=True)
class Traits:
    """Of each product of `SoldRows.products`: whether it is wanted; of every product its category, if asked for."""

    wanted: npt.NDArray[np.bool_]
    categories: Mapping[int, str | None]


def traits(
    connection: sa.Connection, rows: SoldRows, filters: Filters, *, charges: bool = False, named: bool = False
) -> Traits:
    """The traits of the products of `rows`: wanted are those of the filters' categories, and charges if so said."""
    wanted = np.ones(len(rows.products), bool)
    if not charges:
        held = sa.select(product.c.id).where(product.c.is_charge.is_(sa.true()))
        wanted &= ~np.isin(rows.products, connection.execute(held).scalars().all())
    if filters.categories:
        of_category = sa.select(product.c.id).where(product.c.category.in_(filters.categories))
        wanted &= np.isin(rows.products, connection.execute(of_category).scalars().all())
    if not named:
        return Traits(wanted, {})
    found = fetch_columns(connection, sa.select(product.c.id, product.c.category))
    return Traits(wanted, dict(zip(found["id"], found["category"], strict=True)))


@dataclass(frozen=True)
class _Key:
    """A column to group by: its distinct `values`, and the position of each row's in them."""

    name: str
    values: npt.NDArray[Any]
    of_rows: npt.NDArray[np.intp]


def _key(name: str, rows: SoldRows, of_products: Traits) -> _Key:
    if name == "product_id":
        return _Key(name, rows.products, rows.product)
    if name == "category":
        words = pd.Series([of_products.categories.get(int(one)) for one in rows.products], dtype=object)
        code, kinds = pd.factorize(words, sort=True, use_na_sentinel=False)
        return _Key(name, np.asarray(kinds, object), code[rows.product])
    if name == "channel_id":
        values, at = np.unique(rows.channel, return_inverse=True)
        return _Key(name, values.astype(np.int64), at)
    first = int(rows.day[0]) if len(rows.day) else 0
    last = int(rows.day[-1]) if len(rows.day) else 0
    days = np.arange(first, last + 1)
    if name == "ds":
        values, at = days, days - first
    elif name == "week":
        values, at = np.unique(days - (days + 3) % 7, return_inverse=True)  # 1970-01-01 was a Thursday
    else:
        months, at = np.unique(days.astype("datetime64[D]").astype("datetime64[M]"), return_inverse=True)
        values = months.astype("datetime64[D]").astype(np.int64)
    stamps = values.astype("datetime64[D]").astype("datetime64[ns]")
    return _Key(name, stamps, at[rows.day - first].astype(np.intp))


_FEW_CELLS = 4_000_000


def _cells(keys: Sequence[_Key]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For each row the number of its cell, and of each cell the position of each key's value; cells with rows only, in
    the order of the keys."""
    shape = tuple(max(len(key.values), 1) for key in keys)
    code = np.ravel_multi_index(tuple(key.of_rows for key in keys), shape)
    if np.prod(shape) <= _FEW_CELLS:
        present = np.flatnonzero(np.bincount(code, minlength=1))
        place = np.zeros(int(np.prod(shape)), np.intp)
        place[present] = np.arange(len(present))
        code = place[code]
    else:
        present, code = np.unique(code, return_inverse=True)
    if not len(present):
        return code, np.zeros((0, len(keys)), np.intp)
    return code, np.stack(np.unravel_index(present, shape), axis=1)


def _with_told(frame: pd.DataFrame, told: pd.DataFrame, by: Sequence[str], of_products: Traits) -> pd.DataFrame:
    """The sums with further refunds added under the same keys."""
    days = told["ds"]
    grains = {
        "week": days - pd.to_timedelta(days.dt.dayofweek, unit="D"),
        "month": days - pd.to_timedelta(days.dt.day - 1, unit="D"),
        "category": told["product_id"].map(dict(of_products.categories)),
    }
    keys = [*by, "currency"]
    further = told.assign(**{name: column for name, column in grains.items() if name in by})
    further = further[[*keys, "refunded"]].reindex(columns=list(frame.columns), fill_value=0)
    both = pd.concat([frame, further.astype(frame.dtypes.to_dict())], ignore_index=True)
    return both.groupby(keys, as_index=False, dropna=False)[list(SUMS)].sum()
