"""The rows behind each gap of `quality`: which products, orders, days and imported rows it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import product
from erp_core.company.views import Company
from erp_core.db.bulk import fetch_columns
from erp_core.errors import NotFound
from erp_core.imports.tables import import_batch, import_file, import_rejected
from erp_core.imports.views import cells_shown
from erp_core.money import decimals
from erp_core.orders.rollups import IS_SALE
from erp_core.orders.tables import channel, daily_orders, sales_order
from erp_core.orders.views import data_span, sale_spans
from erp_core.overview.quality import LACKS, lacking_rates, sold_products
from erp_core.overview.sales import SalesQuery, sales_by
from erp_core.stock.tables import location, stock_balance
from erp_core.text import T, Text, say

OF_PRODUCTS = ("sku", "name", "category", "units", "revenue", "currency", "last_sale")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(LACKS, OF_PRODUCTS),
    "shortfall": ("sku", "name", "location", "on_hand", "shortfall"),
    "customers": ("ds", "channel", "external_id", "state", "units", "revenue", "currency"),
    "rates": ("currency", "first_day", "last_day", "days", "orders", "revenue"),
    "rejected": ("batch_id", "at", "file", "row", "reason", "cells"),
}
_SEARCHED = ("sku", "name", "category", "location", "channel", "external_id", "currency", "file", "reason", "cells")


@dataclass(frozen=True)
class GapQuery:
    """Which gap, and which of its rows: words that one of the row's texts holds; at most so many. Who may not
    `see_personal_data` sees rejected rows without it."""

    key: str
    search: str = ""
    limit: int = 1_000
    language: str = "en"
    see_personal_data: bool = False


@dataclass(frozen=True)
class GapRows:
    """`rows`: `COLUMNS` of the gap; `total`: how many there are, also beyond the limit."""

    rows: pd.DataFrame
    total: int


def gap_rows(connection: sa.Connection, company: Company, query: GapQuery) -> GapRows:
    """The rows of a gap, those with most revenue (or the newest) first. Raises NotFound for a gap that is none.

    Products: units and revenue of all days, revenue in major units of `currency` (missing where a rate lacks). Orders
    and currencies: revenue in their own currency. rejected: the row's number in its file, its reason in the language,
    its cells as one text.
    """
    if query.key == "customers":
        return _customers(connection, query)
    readers: Mapping[str, Callable[[], pd.DataFrame]] = {
        **{key: lambda: _products(connection, company, query.key) for key in LACKS},
        "shortfall": lambda: _shortfalls(connection),
        "rates": lambda: _rates(connection, company),
        "rejected": lambda: _rejected(connection, query.language, see=query.see_personal_data),
    }
    if query.key not in readers:
        raise NotFound(T("There is no check of data called “{name}”.", name=query.key), code="quality.no_such_gap")
    frame = _searched(readers[query.key](), query.search)
    return GapRows(frame.head(query.limit).reset_index(drop=True), len(frame))


def _searched(frame: pd.DataFrame, search: str) -> pd.DataFrame:
    if not search or frame.empty:
        return frame
    found = pd.Series(False, index=frame.index)
    for name in _SEARCHED:
        if name in frame:
            found |= frame[name].fillna("").astype(str).str.contains(search, case=False, regex=False)
    return frame[found]


def _products(connection: sa.Connection, company: Company, key: str) -> pd.DataFrame:
    sold, lacks = sold_products(LACKS[key])
    ids = connection.execute(sa.select(sold.c.product_id).where(lacks)).scalars().all()
    span = data_span(connection)
    if not ids or span is None:
        return pd.DataFrame(columns=list(OF_PRODUCTS))
    sales = sales_by(connection, company, SalesQuery(Period(*span)), "sku")
    rows = sales[sales["product_id"].isin(ids)]
    last = sale_spans(connection)["last"]
    return rows.assign(
        currency=sales.attrs["currency"], last_sale=pd.to_datetime(rows["product_id"].map(last))
    )[list(OF_PRODUCTS)]  # fmt: skip


def _shortfalls(connection: sa.Connection) -> pd.DataFrame:
    b = stock_balance.c
    query = (
        sa.select(product.c.sku, product.c.name, location.c.name.label("location"), b.on_hand, b.shortfall)
        .select_from(
            stock_balance.join(product, product.c.id == b.product_id).join(location, location.c.id == b.location_id)
        )
        .where(b.shortfall > 0)
        .order_by(b.shortfall.desc(), product.c.sku)
    )
    return pd.DataFrame(fetch_columns(connection, query), columns=list(COLUMNS["shortfall"]))


def _customers(connection: sa.Connection, query: GapQuery) -> GapRows:
    o = sales_order.c
    lacking = [o.withdrawn_by.is_(None), IS_SALE, o.customer_id.is_(None)]
    if query.search:
        pattern = f"%{query.search.lower()}%"
        lacking.append(sa.or_(sa.func.lower(o.external_id).like(pattern), sa.func.lower(channel.c.name).like(pattern)))
    joined = sales_order.join(channel, channel.c.id == o.channel_id)
    total = connection.execute(sa.select(sa.func.count()).select_from(joined).where(*lacking)).scalar_one()
    columns = (
        o.ds, channel.c.name.label("channel"), o.external_id, o.state, o.quantity.label("units"),
        o.goods.label("revenue"), o.currency,
    )  # fmt: skip
    select = sa.select(*columns).select_from(joined).where(*lacking).order_by(o.ds.desc(), o.id.desc())
    frame = pd.DataFrame(fetch_columns(connection, select.limit(query.limit)), columns=list(COLUMNS["customers"]))
    scale = 10.0 ** frame["currency"].map(decimals).astype(float)
    return GapRows(
        frame.assign(ds=pd.to_datetime(frame["ds"]), revenue=frame["revenue"].astype(float) / scale), int(total)
    )


def _rates(connection: sa.Connection, company: Company) -> pd.DataFrame:
    o = daily_orders.c
    rows = []
    for currency, days in lacking_rates(connection, company).items():
        first, last = days[0], days[-1]
        orders, goods = connection.execute(
            sa.select(sa.func.sum(o.orders), sa.func.sum(o.goods)).where(o.currency == currency, o.ds.in_(days))
        ).one()
        scale = 10.0 ** decimals(currency)
        rows.append((currency, pd.Timestamp(first), pd.Timestamp(last), len(days), int(orders), float(goods) / scale))
    return pd.DataFrame(rows, columns=list(COLUMNS["rates"]))


def _rejected(connection: sa.Connection, language: str, *, see: bool) -> pd.DataFrame:
    r = import_rejected.c
    files: dict[int, list[Any]] = {}
    for file in connection.execute(sa.select(import_file).order_by(import_file.c.id)):
        files.setdefault(file.batch_id, []).append(file)
    query = (
        sa.select(r.batch_id, import_batch.c.at, r.file_no, r.row, r.reason, r.personal)
        .join(import_batch, import_batch.c.id == r.batch_id)
        .where(import_batch.c.status == "done")
        .order_by(r.batch_id.desc(), r.file_no, r.row)
    )
    rows = []
    for row in connection.execute(query):
        file = files[row.batch_id][row.file_no]
        cells = cells_shown(row.personal, file.columns, file.open_columns, see_personal_data=see)
        reason = say(Text.from_json(row.personal["reason"] if see else row.reason), language)
        rows.append((row.batch_id, row.at, file.name, row.row, reason, " · ".join(filter(None, cells))))
    return pd.DataFrame(rows, columns=list(COLUMNS["rejected"]))
