"""Sales as frames, read from the rollups."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.rules import exploded_units
from erp_core.catalog.views import bundles
from erp_core.company.tables import company
from erp_core.db import facts
from erp_core.db.bulk import fetch_columns
from erp_core.db.packs import day_number
from erp_core.finance.tables import fx_rate, settlement_fee
from erp_core.finance.views import fees as stored_fees
from erp_core.orders.packed import buyers_between, sale_days, sold_rows
from erp_core.orders.refunds import refunds_beyond_orders
from erp_core.orders.rules import Filters, within
from erp_core.orders.sums import product_sales, sales_sums, traits
from erp_core.orders.tables import channel, daily_orders, sales_order

__all__ = [
    "Filters", "buyers", "channels", "daily_units", "data_span", "fees", "order_days", "product_sales", "recent_orders",
    "revision", "sale_spans", "sales_sums", "weekly_units", "within",
]  # fmt: skip


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
    """A key that changes whenever stored data or settings may have changed: for caches. Acts that change no number,
    such as an answer to a decision, do not change it."""
    from erp_core.security.audit import LEAVES_NUMBERS
    from erp_core.security.tables import audit_event

    a = audit_event.c
    newest = sa.select(a.id).where(a.action.not_in(LEAVES_NUMBERS)).order_by(a.id.desc()).limit(1)
    last = connection.execute(newest).scalar() or 0
    version = connection.execute(sa.select(company.c.version)).scalar_one()
    rates = connection.execute(sa.select(sa.func.count()).select_from(fx_rate)).scalar_one()
    return f"{last}.{version}.{rates}"


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
    return buyers_between(connection, period, filters.channels)


def daily_units(connection: sa.Connection, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Units that leave the warehouse per product and day over all channels: product_id, ds, y. What is sold in a bundle
    counts for the products that are packed into it, not for the bundle."""
    frame = sales_sums(connection, Period(start, end), Filters(), ["product_id", "ds"])
    frame = frame.loc[frame["quantity"] != 0, ["product_id", "ds", "quantity"]]
    parts = bundles(connection)
    if frame["product_id"].isin(parts["parent_id"]).any():
        frame = exploded_units(frame, parts)
    sums = frame.groupby(["product_id", "ds"], as_index=False).agg(y=("quantity", "sum"))
    return sums.astype({"product_id": "int64", "y": "int64"})


def weekly_units(connection: sa.Connection, end: dt.date, weeks: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Units that left the warehouse in the last weeks before `end`: product ids, and a row a product with a column a
    week, the oldest first. Bundles count as in `daily_units`."""
    start = end - dt.timedelta(days=7 * weeks)
    rows = sold_rows(connection, Period(start, end - dt.timedelta(days=1)))
    goods = traits(connection, rows, Filters()).wanted
    rows = rows.among(goods[rows.product])
    parts = bundles(connection)
    ids = np.union1d(rows.products, parts["component_id"].to_numpy(np.int64))
    week = (rows.day.astype(np.int64) - day_number(start)) // 7
    at = np.searchsorted(ids, rows.products)[rows.product]
    units = np.bincount(at * weeks + week, rows.measures["quantity"], minlength=len(ids) * weeks)
    table = np.rint(units).reshape(len(ids), weeks)
    parents, components = (np.searchsorted(ids, parts[name]) for name in ("parent_id", "component_id"))
    sold = np.isin(parts["parent_id"], ids)
    whole = table.copy()
    table[parents[sold]] = 0
    np.add.at(table, components[sold], whole[parents[sold]] * parts["units"].to_numpy()[sold, None])
    moved = table.any(axis=1)
    return ids[moved], table[moved]


def sale_spans(connection: sa.Connection) -> pd.DataFrame:
    """The first and the last day on which each product sold, alone or in a bundle: index product_id; first, last
    (datetime64). A bundle stands for itself too."""
    ids, first, last = sale_days(connection)
    frame = pd.DataFrame({"product_id": ids, "first": first, "last": last})
    parts = bundles(connection)
    if frame["product_id"].isin(parts["parent_id"]).any():
        packed_in = parts.merge(frame, left_on="parent_id", right_on="product_id")[["component_id", "first", "last"]]
        both = pd.concat([frame, packed_in.rename(columns={"component_id": "product_id"})])
        frame = both.groupby("product_id", as_index=False).agg({"first": "min", "last": "max"})
    days = {name: frame[name].to_numpy().astype("datetime64[D]").astype("datetime64[ns]") for name in ("first", "last")}
    return frame.assign(**days).set_index("product_id")


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
