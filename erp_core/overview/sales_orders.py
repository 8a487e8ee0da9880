"""The orders behind the numbers of sales, a page at a time, each with what it adds to them; and an order's lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import product
from erp_core.catalog.views import NO_CATEGORY, in_categories
from erp_core.db import facts
from erp_core.db.bulk import fetch_columns
from erp_core.money import PRICE_SCALE, decimals
from erp_core.orders.refunds import refunds_beyond_orders
from erp_core.orders.rollups import IS_CREDIT, IS_LIVE_LINE, IS_SALE
from erp_core.orders.rules import MONEY_BACK, off_lines
from erp_core.orders.tables import channel, daily_orders, daily_sales, order_line, return_case, sales_order
from erp_core.orders.views import Filters
from erp_core.text import T, Text

EXPORTED_AT_MOST = 1_048_575  # rows of a worksheet below its header
_AT_ONCE = 2_000  # named in one statement

PARTS: dict[str, Text] = {
    "gross_sales": T("orders that count as sales"),
    "line_discounts": T("orders with a discount on a line"),
    "order_discounts": T("orders with a discount on the whole"),
    "refunds": T("orders with a refund"),
    "credit_notes": T("credit notes"),
}
COLUMNS = (
    "order_id", "ds", "channel", "external_id", "document", "state", "lines", "units", "currency", "revenue",
    "line_discounts", "order_discounts", "refunds", "credit_notes", "net_sales",
)  # fmt: skip
_MONEY = ("revenue", "line_discounts", "order_discounts", "refunds", "credit_notes", "net_sales")
_o, _l = sales_order.c, order_line.c


@dataclass(frozen=True)
class OrderQuery:
    """Which orders: of a period, under the filters of the page, with one product, of one part of the chain (`PARTS`;
    "" = all that sales are made of: orders that are neither cancelled nor adjustments, and credit notes)."""

    period: Period
    filters: Filters = field(default_factory=Filters)
    product_id: int | None = None
    part: str = ""

    @property
    def of_products(self) -> bool:
        """Whether only some of an order's lines are meant."""
        return self.product_id is not None or bool(self.filters.categories)


def _meant() -> sa.ColumnElement[bool]:
    return sa.and_(IS_LIVE_LINE, product.c.is_charge.is_(sa.false()))


def _lines_of(query: OrderQuery) -> sa.Select[Any]:
    """The product lines of an order that are meant, to be asked whether there are any."""
    wanted = sa.select(sa.literal(1)).select_from(order_line.join(product, product.c.id == _l.product_id))
    wanted = wanted.where(_l.order_id == _o.id, _meant())
    if query.product_id is not None:
        wanted = wanted.where(_l.product_id == query.product_id)
    if query.filters.categories:
        wanted = wanted.where(in_categories(query.filters.categories))
    return wanted.correlate(sales_order)


def _conditions(query: OrderQuery) -> list[sa.ColumnElement[bool]]:
    period = query.period
    found: list[sa.ColumnElement[bool]] = [_o.withdrawn_by.is_(None), _o.ds.between(period.start, period.end)]
    if query.filters.channels:
        found.append(_o.channel_id.in_(query.filters.channels))
    if query.product_id is not None:  # the days on which it sold, by their own index, spare reading all orders
        d = daily_sales.c
        days = sa.select(d.ds).where(d.product_id == query.product_id, d.ds.between(period.start, period.end))
        found.append(_o.ds.in_(days))
    lines = _lines_of(query)
    match query.part:
        case "credit_notes":
            found += [IS_CREDIT, *([sa.exists(lines)] if query.of_products else [])]
        case "line_discounts":
            found += [IS_SALE, sa.exists(lines.where(_l.discount != 0))]
        case "order_discounts":
            found += [IS_SALE, _o.discount != 0, *([sa.exists(lines)] if query.of_products else [])]
        case "refunds":
            found += [IS_SALE, sa.or_(sa.exists(lines.where(_l.refunded != 0)), sa.exists(_cases_of(query)))]
        case "gross_sales":
            found += [IS_SALE, *([sa.exists(lines)] if query.of_products else [])]
        case _:
            found += [sa.or_(IS_SALE, IS_CREDIT), *([sa.exists(lines)] if query.of_products else [])]
    return found


def _cases_of(query: OrderQuery) -> sa.Select[Any]:
    r = return_case.c
    wanted = sa.select(sa.literal(1)).select_from(return_case.join(product, product.c.id == r.product_id))
    wanted = wanted.where(
        r.order_id == _o.id, facts.stands(return_case), r.state.in_(MONEY_BACK), r.refund > 0,
        product.c.is_charge.is_(sa.false()),
    )  # fmt: skip
    if query.product_id is not None:
        wanted = wanted.where(r.product_id == query.product_id)
    if query.filters.categories:
        wanted = wanted.where(in_categories(query.filters.categories))
    return wanted.correlate(sales_order)


def orders_page(connection: sa.Connection, query: OrderQuery, limit: int, offset: int = 0) -> pd.DataFrame:
    """`limit` orders behind the numbers, the newest first, from the `offset`-th on (`COLUMNS`).

    ds datetime64; units, revenue (after discounts of lines), line_discounts, order_discounts (the part that falls on
    the lines), refunds, credit_notes, net_sales: of the lines that are meant, major units of the order's own currency.
    Without a restriction to products, order_discounts is what was taken off the whole order.
    """
    select = _header_select(query).order_by(_o.ds.desc(), _o.id.desc()).limit(limit).offset(offset)
    return _with_amounts(connection, query, _headers(connection, select))


def all_orders(connection: sa.Connection, query: OrderQuery) -> pd.DataFrame:
    """The same for all of them, up to `EXPORTED_AT_MOST`, the newest first."""
    parts = list(_portions(connection, query))
    return pd.concat(parts, ignore_index=True) if parts else orders_page(connection, query, 0)


def _portions(connection: sa.Connection, query: OrderQuery) -> Iterator[pd.DataFrame]:
    last: tuple[Any, int] | None = None
    read = 0
    while read < EXPORTED_AT_MOST:
        select = _header_select(query).order_by(_o.ds.desc(), _o.id.desc())
        if last is not None:
            day, order_id = last
            select = select.where(sa.or_(_o.ds < day, sa.and_(_o.ds == day, _o.id < order_id)))
        found = _headers(connection, select.limit(min(_AT_ONCE, EXPORTED_AT_MOST - read)))
        if found.empty:
            return
        yield _with_amounts(connection, query, found)
        read += len(found)
        last = (found["ds"].iloc[-1].date(), int(found["order_id"].iloc[-1]))


def count_orders(connection: sa.Connection, query: OrderQuery) -> int | None:
    """How many orders there are, where the rollups know it; None where every order would have to be looked at."""
    if query.of_products or query.part not in ("", "gross_sales", "credit_notes"):
        return None
    o, period, shops = daily_orders.c, query.period, query.filters.channels
    counted = {"": o.orders + o.credit_notes, "gross_sales": o.orders, "credit_notes": o.credit_notes}[query.part]
    select = sa.select(sa.func.coalesce(sa.func.sum(counted), 0)).where(
        o.ds.between(period.start, period.end), *([o.channel_id.in_(shops)] if shops else [])
    )
    return int(connection.execute(select).scalar_one())


_HEADER = ("order_id", "ds", "channel_id", "channel", "external_id", "document", "state", "currency", "discount")


def _header_select(query: OrderQuery) -> sa.Select[Any]:
    columns = (
        _o.id.label("order_id"), _o.ds, _o.channel_id, channel.c.name.label("channel"), _o.external_id, _o.document,
        _o.state, _o.currency, _o.discount,
    )  # fmt: skip
    return sa.select(*columns).join(channel, channel.c.id == _o.channel_id).where(*_conditions(query))


def _headers(connection: sa.Connection, select: sa.Select[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(fetch_columns(connection, select), columns=list(_HEADER))
    said = pd.to_numeric(frame["discount"]).fillna(0)  # missing: the file says none, nothing is taken off
    return frame.assign(ds=pd.to_datetime(frame["ds"]), discount=said).astype(
        {"order_id": "int64", "discount": "int64"}
    )


def _with_amounts(connection: sa.Connection, query: OrderQuery, headers: pd.DataFrame) -> pd.DataFrame:
    if headers.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    lines = _lines(connection, headers)
    meant = ~lines["is_charge"]
    if query.product_id is not None:
        meant &= lines["product_id"] == query.product_id
    if query.filters.categories:
        meant &= lines["category"].fillna(NO_CATEGORY).isin(query.filters.categories)
    kept = lines[meant]
    names = ["quantity", "amount", "line_discount", "refunded", "order_discount"]
    sums = kept.groupby("order_id")[names].sum().assign(lines=kept.groupby("order_id").size())
    frame = headers.join(sums, on="order_id").fillna(dict.fromkeys([*names, "lines"], 0))
    sale = frame["document"] == "order"
    off = frame["order_discount"] if query.of_products else frame["discount"]
    amounts = {
        "revenue": frame["amount"].where(sale, 0),
        "line_discounts": frame["line_discount"].where(sale, 0),
        "order_discounts": off.where(sale, 0),
        "refunds": (frame["refunded"] + _further(connection, query, headers)).where(sale, 0),
        "credit_notes": (0 - frame["amount"]).where(~sale, 0),
    }
    amounts["net_sales"] = (
        amounts["revenue"] - amounts["order_discounts"] - amounts["refunds"] - amounts["credit_notes"]
    )
    scale = 10.0 ** frame["currency"].map(decimals)
    frame = frame.assign(units=frame["quantity"].astype("int64"), lines=frame["lines"].astype("int64"))
    return frame.assign(**{name: amounts[name].astype(float) / scale for name in _MONEY})[list(COLUMNS)]


def _lines(connection: sa.Connection, headers: pd.DataFrame) -> pd.DataFrame:
    """All live lines with a product, charges too, and each one's part of its order's discount."""
    columns = (
        _l.order_id, _l.product_id, product.c.is_charge, product.c.category, _l.quantity, _l.amount,
        _l.discount.label("line_discount"), _l.refunded,
    )  # fmt: skip
    select = (
        sa.select(*columns)
        .select_from(order_line.join(product, product.c.id == _l.product_id))
        .where(IS_LIVE_LINE, _l.order_id.in_(headers["order_id"].tolist()))
        .order_by(_l.order_id, _l.line_no)
    )
    frame = pd.DataFrame(fetch_columns(connection, select), columns=[column.name for column in columns])
    ints = dict.fromkeys(("order_id", "product_id", "quantity", "amount", "line_discount", "refunded"), "int64")
    frame = frame.astype({**ints, "is_charge": bool})
    off = headers.set_index("order_id")["discount"]
    orders, at = np.unique(frame["order_id"].to_numpy(np.int64), return_inverse=True)
    shares = off_lines(off.loc[orders].tolist(), at.astype(np.int64), frame["amount"].to_numpy(np.int64))
    return frame.assign(order_discount=shares)


def _further(connection: sa.Connection, query: OrderQuery, headers: pd.DataFrame) -> pd.Series:
    """Of each order what return cases refunded beyond its own lines, in the order's currency."""
    days = Period(headers["ds"].min().date(), headers["ds"].max().date())
    told = refunds_beyond_orders(connection, days, query.filters.channels, query.filters.categories)
    told = told[told["order_id"].notna() & ~told["is_charge"].astype(bool)]
    if query.product_id is not None:
        told = told[told["product_id"] == query.product_id]
    sums = told.astype({"order_id": "Int64"}).groupby(["order_id", "currency"])["refunded"].sum()
    keys = list(zip(headers["order_id"], headers["currency"], strict=True))
    return pd.Series([int(sums.get(key, 0)) for key in keys], index=headers.index)


def product_named(connection: sa.Connection, sku: str) -> tuple[int, str] | None:
    """(id, name) of the product with this SKU, of one that was laid aside too."""
    query = sa.select(product.c.id, product.c.name).where(product.c.sku == sku, product.c.withdrawn_by.is_(None))
    row = connection.execute(query.order_by(product.c.id).limit(1)).one_or_none()
    return None if row is None else (row.id, row.name or "")


LINE_COLUMNS = ("line_no", "sku", "name", "quantity", "unit_price", "discount", "amount", "refunded", "state")


def order_lines(connection: sa.Connection, order_id: int) -> pd.DataFrame:
    """The lines of an order as they stand (`LINE_COLUMNS`): money in major units of its currency, which
    `attrs['currency']` names; state: counts, charge, cancelled; sku missing where no product is known."""
    columns = (
        _l.line_no, product.c.sku, sa.func.coalesce(_l.title, product.c.name).label("name"), _l.quantity,
        _l.unit_price, _l.discount, _l.amount, _l.refunded, _l.cancelled, product.c.is_charge, _o.currency,
    )  # fmt: skip
    select = (
        sa.select(*columns)
        .select_from(
            order_line.join(sales_order, _o.id == _l.order_id).outerjoin(product, product.c.id == _l.product_id)
        )
        .where(_l.order_id == order_id, _l.superseded_by.is_(None))
        .order_by(_l.line_no)
    )
    rows = [dict(row) for row in connection.execute(select).mappings()]
    currency = rows[0]["currency"] if rows else ""
    scale = 10.0 ** decimals(currency) if rows else 1.0
    for row in rows:
        row |= {name: row[name] / scale for name in ("discount", "amount", "refunded")}
        row["unit_price"] = row["unit_price"] / PRICE_SCALE
        row["state"] = "cancelled" if row["cancelled"] else "charge" if row["is_charge"] else "counts"
    frame = pd.DataFrame(rows, columns=list(LINE_COLUMNS))
    frame.attrs["currency"] = currency
    return frame
