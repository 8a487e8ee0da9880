"""Sales as frames, read from the rollups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import bom_line, product
from erp_core.catalog.views import of_categories
from erp_core.company.tables import company
from erp_core.db import facts
from erp_core.db.bulk import fetch_columns
from erp_core.finance.tables import fx_rate, settlement_fee
from erp_core.finance.views import fees as stored_fees
from erp_core.orders.refunds import refunds_beyond_orders
from erp_core.orders.tables import channel, daily_orders, daily_sales, sales_order


@dataclass(frozen=True)
class Filters:
    """What a page or a command restricts to; empty means all. The category "" stands for products without one."""

    channels: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()


def data_span(connection: sa.Connection) -> tuple[dt.date, dt.date] | None:
    """The first and the last day with orders; None without any."""
    query = sa.select(sa.func.min(daily_orders.c.ds), sa.func.max(daily_orders.c.ds))
    first, last = connection.execute(query).one()
    return None if first is None else (first, last)


def channels(connection: sa.Connection) -> list[tuple[int, str]]:
    """(id, name) of every channel."""
    return [
        (row.id, row.name)
        for row in connection.execute(sa.select(channel.c.id, channel.c.name).order_by(channel.c.name))
    ]


def revision(connection: sa.Connection) -> str:
    """A key that changes whenever stored data or settings may have changed: for caches."""
    from erp_core.security.tables import audit_event

    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(audit_event.c.id), 0))).scalar_one()
    version = connection.execute(sa.select(company.c.version)).scalar_one()
    rates = connection.execute(sa.select(sa.func.count()).select_from(fx_rate)).scalar_one()
    return f"{last}.{version}.{rates}"


def product_sales(connection: sa.Connection, period: Period, filters: Filters, *, by_day: bool = False) -> pd.DataFrame:
    """Sales per product and currency (and day): product_id, currency, (ds,) is_charge, quantity, revenue, discount,
    order_discount, refunded, credited_quantity, credited; money in minor units, as in `sales_sums`."""
    d = daily_sales.c
    keys = [d.product_id, d.currency, *([d.ds] if by_day else [])]
    query = (
        sa.select(*keys, product.c.is_charge, *(sa.func.sum(d[name]).label(name) for name in SUMS))
        .join(product, product.c.id == d.product_id)
        .where(d.ds.between(period.start, period.end))
        .group_by(*keys, product.c.is_charge)
    )
    if filters.channels:
        query = query.where(d.channel_id.in_(filters.channels))
    if filters.categories:
        query = query.where(of_categories(filters.categories))
    frame = pd.DataFrame(fetch_columns(connection, query), columns=[key.name for key in keys] + ["is_charge", *SUMS])
    frame = frame.astype({"product_id": "int64", **dict.fromkeys(SUMS, "int64")})
    if by_day:
        frame["ds"] = pd.to_datetime(frame["ds"])
    frame = frame.astype({"is_charge": bool})
    told = refunds_beyond_orders(connection, period, filters.channels, filters.categories)
    return _with_refunds(frame, told, [*(key.name for key in keys), "is_charge"])


SUMS = ("quantity", "revenue", "discount", "order_discount", "refunded", "credited_quantity", "credited")
GRAINS = ("ds", "week", "month", "channel_id", "product_id", "category")


def sales_sums(connection: sa.Connection, period: Period, filters: Filters, by: Sequence[str]) -> pd.DataFrame:
    """Sales of products, without charges: the columns of `by`, currency, and `SUMS` in minor units and units.

    `by`: any of `GRAINS`; ds, week (its Monday) and month (its first day) are datetime64; category is missing where a
    product has none, channel_id where a return belongs to no shop. `revenue` is after discounts of lines (`discount`)
    and before the lines' part of discounts of whole orders (`order_discount`); `refunded` holds what return cases tell
    beyond the orders. Sorted by the keys.
    """
    d = daily_sales.c
    sums = [sa.func.sum(d[name]).label(name) for name in SUMS]
    columns = (d.ds, d.channel_id, d.product_id, product.c.category, d.currency)
    query = (
        sa.select(*columns, *sums)
        .join(product, product.c.id == d.product_id)
        .where(d.ds.between(period.start, period.end), product.c.is_charge.is_(sa.false()))
        .group_by(*columns)
    )
    if filters.channels:
        query = query.where(d.channel_id.in_(filters.channels))
    if filters.categories:
        query = query.where(of_categories(filters.categories))
    frame = pd.DataFrame(fetch_columns(connection, query), columns=[*(c.name for c in columns), *SUMS])
    told = refunds_beyond_orders(connection, period, filters.channels, filters.categories)
    if len(told):
        frame = pd.concat([frame, told[~told["is_charge"]].reindex(columns=list(frame.columns))], ignore_index=True)
    frame = frame.fillna(dict.fromkeys(SUMS, 0)).astype({"channel_id": "Int64", **dict.fromkeys(SUMS, "int64")})
    days = frame["ds"] = pd.to_datetime(frame["ds"])
    frame["week"] = days - pd.to_timedelta(days.dt.dayofweek, unit="D")
    frame["month"] = days - pd.to_timedelta(days.dt.day - 1, unit="D")
    keys = [*by, "currency"]
    return frame.groupby(keys, as_index=False, dropna=False)[list(SUMS)].sum()


def order_days(connection: sa.Connection, period: Period, filters: Filters) -> pd.DataFrame:
    """Orders per day and currency: ds, currency, orders, cancelled, credit_notes, adjustments, waiting, goods, charges,
    discount, shipping, refunded, credited; money in minor units."""
    o = daily_orders.c
    sums = (
        "orders",
        "cancelled",
        "credit_notes",
        "adjustments",
        "waiting",
        "goods",
        "charges",
        "discount",
        "shipping",
        "refunded",
        "credited",
    )
    query = (
        sa.select(o.ds, o.currency, *(sa.func.sum(o[name]).label(name) for name in sums))
        .where(o.ds.between(period.start, period.end))
        .group_by(o.ds, o.currency)
        .order_by(o.ds)
    )
    if filters.channels:
        query = query.where(o.channel_id.in_(filters.channels))
    frame = pd.DataFrame(fetch_columns(connection, query), columns=["ds", "currency", *sums])
    for name in sums:
        frame[name] = frame[name].astype("int64")
    frame["ds"] = pd.to_datetime(frame["ds"])
    if frame.empty:  # returns alone are no sales
        return frame
    return _with_refunds(frame, refunds_beyond_orders(connection, period, filters.channels), ["ds", "currency"])


def _with_refunds(frame: pd.DataFrame, told: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The sums of `frame` with further refunds added under the same keys."""
    if told.empty:
        return frame
    further = pd.DataFrame(told.groupby(keys, as_index=False).agg({"refunded": "sum"}))
    both = pd.concat([frame, further.reindex(columns=list(frame.columns), fill_value=0)], ignore_index=True)
    return both.groupby(keys, as_index=False).sum()[list(frame.columns)]


def fees(connection: sa.Connection, period: Period | None = None) -> pd.DataFrame:
    """Standing fees of settlements (`finance.views.FEE_COLUMNS`), with the order wherever it is stored by now."""
    frame = stored_fees(connection, period)
    f, o = settlement_fee.c, sales_order.c
    match = sa.and_(o.channel_id == f.channel_id, o.external_id == f.order_external_id, o.withdrawn_by.is_(None))
    query = sa.select(f.id, o.id).join(sales_order, match).where(f.order_id.is_(None), facts.stands(settlement_fee))
    by_now = pd.Series(dict(connection.execute(query).all()), dtype="Int64")
    return frame.assign(order_id=frame["order_id"].fillna(frame["fee_id"].map(by_now)).astype("Int64"))


def buyers(connection: sa.Connection, period: Period, filters: Filters) -> tuple[int, int, int]:
    """Customers who ordered, those with two or more orders, and orders without a customer."""
    o = sales_order.c
    standing = [
        o.withdrawn_by.is_(None),
        o.document == "order",
        o.state.not_in(("cancelled", "adjustment")),
        o.ds.between(period.start, period.end),
        *([o.channel_id.in_(filters.channels)] if filters.channels else []),
    ]
    counts = (
        sa.select(sa.func.count().label("orders"))
        .where(*standing, o.customer_id.is_not(None))
        .group_by(o.customer_id)
        .subquery()
    )
    customers, repeat = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((counts.c.orders > 1, 1), else_=0)), 0))
    ).one()
    nameless = connection.execute(
        sa.select(sa.func.count()).select_from(sales_order).where(*standing, o.customer_id.is_(None))
    ).scalar_one()
    return int(customers), int(repeat), int(nameless)


def _moved() -> tuple[sa.FromClause, sa.ColumnElement[int], sa.ColumnElement[int]]:
    """daily_sales with bundles taken apart: the join, the product that leaves the warehouse, its units."""
    d, part = daily_sales, bom_line
    joined = d.outerjoin(part, sa.and_(part.c.parent_id == d.c.product_id, part.c.kind == "bundle"))
    moved = sa.func.coalesce(part.c.component_id, d.c.product_id)
    return joined, moved, d.c.quantity * sa.func.coalesce(part.c.quantity, 1)


def daily_units(connection: sa.Connection, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Units that leave the warehouse per product and day over all channels: product_id, ds, y. What is sold in a bundle
    counts for the products that are packed into it, not for the bundle."""
    d = daily_sales.c
    joined, moved, units = _moved()
    query = (
        sa.select(moved.label("product_id"), d.ds, sa.func.sum(units).label("y"))
        .select_from(joined.join(product, product.c.id == d.product_id))
        .where(d.ds.between(start, end), product.c.is_charge.is_(sa.false()), d.quantity != 0)
        .group_by(moved, d.ds)
    )
    frame = pd.DataFrame(fetch_columns(connection, query), columns=["product_id", "ds", "y"])
    frame["ds"] = pd.to_datetime(frame["ds"])
    return frame.astype({"product_id": "int64", "y": "int64"})


def sale_spans(connection: sa.Connection) -> pd.DataFrame:
    """The first and the last day on which each product sold, alone or in a bundle: index product_id; first, last
    (datetime64). A bundle stands for itself too."""
    d = daily_sales.c
    joined, moved, _ = _moved()
    sold, packed = (
        sa.select(key.label("product_id"), d.ds).select_from(origin).where(d.quantity > 0)
        for key, origin in ((d.product_id, daily_sales), (moved, joined))
    )
    days = sa.union_all(sold, packed).subquery()
    span = (sa.func.min(days.c.ds).label("first"), sa.func.max(days.c.ds).label("last"))
    found = fetch_columns(connection, sa.select(days.c.product_id, *span).group_by(days.c.product_id))
    frame = pd.DataFrame(found, columns=["product_id", "first", "last"]).astype({"product_id": "int64"})
    frame = frame.set_index("product_id")
    return frame.assign(first=pd.to_datetime(frame["first"]), last=pd.to_datetime(frame["last"]))


def recent_orders(connection: sa.Connection, product_id: int, limit: int = 200) -> list[dict[str, Any]]:
    """The latest orders with a product: ds, channel, external_id, state, quantity, amount (minor), currency."""
    from erp_core.orders.tables import order_line

    o, line = sales_order.c, order_line.c
    query = (
        sa.select(o.ds, channel.c.name.label("channel"), o.external_id, o.state, line.quantity, line.amount, o.currency)
        .select_from(sales_order.join(order_line, line.order_id == o.id).join(channel, channel.c.id == o.channel_id))
        .where(line.product_id == product_id, line.superseded_by.is_(None), o.withdrawn_by.is_(None))
        .order_by(o.ds.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
