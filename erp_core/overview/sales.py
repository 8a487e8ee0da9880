"""What sold: by shop, category, SKU and day, and from the list value down to net sales.

    gross sales − discounts on lines             = revenue
    revenue     − discounts on whole orders − refunds − credit notes = net sales

Every amount is turned into one currency at its day's rate and rounded once, to the minor unit, in such a way that the
rows of every table add up to its total, and the total is what `overview.views.kpis` says. What lacks a rate is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import product
from erp_core.catalog.views import costs
from erp_core.company.views import Company
from erp_core.db.bulk import fetch_columns
from erp_core.finance.amounts import currency_of, missing_rates, unit_costs_on
from erp_core.finance.views import read_rates, to_base
from erp_core.metrics import formulas
from erp_core.metrics.registry import METRICS
from erp_core.money import decimals
from erp_core.orders.refunds import refunds_beyond_orders
from erp_core.orders.tables import daily_orders
from erp_core.orders.views import Filters, channels, sales_sums
from erp_core.overview.rules import whole_units
from erp_core.overview.views import MetricValue
from erp_core.text import T, Text

BYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"channel": ("channel_id",), "category": ("category",), "sku": ("product_id",)}
)
AMOUNTS = (
    "gross_sales", "line_discounts", "revenue", "order_discounts", "discounts", "refunds", "credit_notes", "net_sales",
)  # fmt: skip
MEASURES = (
    "revenue", "net_sales", "gross_sales", "discounts", "refunds", "credit_notes", "units", "orders",
    "average_order_value",
)  # fmt: skip
OF_ORDERS = ("orders", "average_order_value")  # not known by product: one order may hold several
_COMPONENTS = ("revenue", "discount", "order_discount", "refunded", "credited")
BY_CATEGORY = (T("orders by category: one order may hold products of several"),)
_MONEY = (*AMOUNTS, "average_order_value")


@dataclass(frozen=True)
class SalesQuery:
    """Of which days and what; `currency`: in which money, None = the base, or the only one there is (as `kpis`)."""

    period: Period
    filters: Filters = field(default_factory=Filters)
    currency: str | None = None


@dataclass(frozen=True)
class Chain:
    """From gross to net sales. `amounts`: `AMOUNTS` in major units, None where a rate is missing.

    `beside_products`: the part of order_discounts that falls on no product line (orders without one, charges);
    `without_order`: the part of refunds that return cases tell without naming an order.
    """

    currency: str
    amounts: Mapping[str, float | None]
    beside_products: float | None
    without_order: float | None
    missing: tuple[Text, ...]


class _Sales:
    """One period's sales in one currency: amounts as exact minor units (floats), NaN where a rate is missing."""

    def __init__(self, connection: sa.Connection, company: Company, query: SalesQuery) -> None:
        self.connection, self.period, self.filters = connection, query.period, query.filters
        self.rates = read_rates(connection)
        self.orders = _order_sums(connection, query)
        told, _ = currency_of(self.orders, company.base_currency, self.rates)
        self.currency = query.currency or told
        self.lacking: set[str] = set()
        self.scale = 10.0 ** decimals(self.currency)

    @property
    def counts_orders(self) -> bool:
        """Orders and their own discounts belong to no category."""
        return not self.filters.categories

    @property
    def missing(self) -> tuple[Text, ...]:
        """The rates that lack."""
        return missing_rates(frozenset(self.lacking), self.currency)

    def _minor(self, frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
        amounts = frame[name].to_numpy(np.int64)
        result = np.zeros(len(frame))
        some = np.flatnonzero(amounts)  # nothing is nothing in any currency
        rows = frame.iloc[some]
        money, lacking = to_base(
            amounts[some], rows["currency"].to_numpy(object), rows["ds"], self.currency, self.rates
        )
        self.lacking |= lacking
        result[some] = money * self.scale
        return result

    def sums(self, by: Sequence[str], *, by_day: bool = False) -> pd.DataFrame:
        """Rows of `by` (and more), ds, quantity, the components; several rows a key where currencies or days differ."""
        foreign = bool(set(self.orders["currency"]) - {self.currency})
        keys = [*by, *(["ds"] if (foreign or by_day) and "ds" not in by else [])]
        frame = sales_sums(self.connection, self.period, self.filters, keys)
        if "ds" not in keys and (frame["currency"] != self.currency).any():  # a refund in another currency
            frame = sales_sums(self.connection, self.period, self.filters, [*keys, "ds"])
        if "ds" not in frame:
            frame["ds"] = pd.Timestamp(self.period.end)
        return frame.assign(**{name: self._minor(frame, name) for name in _COMPONENTS})

    @cached_property
    def order_rows(self) -> pd.DataFrame:
        """ds, channel_id, orders, order_discount: of whole orders."""
        rows = self.orders.assign(order_discount=self._minor(self.orders, "discount"))
        return rows[["ds", "channel_id", "orders", "order_discount"]]


def _order_sums(connection: sa.Connection, query: SalesQuery) -> pd.DataFrame:
    """ds, channel_id, currency, orders, discount (minor units, of whole orders) of sales."""
    o = daily_orders.c
    period, shops = query.period, query.filters.channels
    select = sa.select(o.ds, o.channel_id, o.currency, o.orders, o.discount).where(
        o.ds.between(period.start, period.end), *([o.channel_id.in_(shops)] if shops else [])
    )
    frame = pd.DataFrame(
        fetch_columns(connection, select), columns=["ds", "channel_id", "currency", "orders", "discount"]
    ).astype({"channel_id": "Int64", "orders": "int64", "discount": "int64"})
    return frame.assign(ds=pd.to_datetime(frame["ds"]))


def _grouped(rows: pd.DataFrame, keys: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """Sums by keys (a missing key is a key); an amount is missing where any of it is."""
    flagged = rows.assign(**{f"{name}?": rows[name].isna() for name in names})
    groups = flagged.groupby(list(keys), dropna=False, sort=True)
    sums = groups[list(names)].sum()
    unknown = groups[[f"{name}?" for name in names]].any()
    for name in names:
        sums[name] = sums[name].where(~unknown[f"{name}?"])
    return sums.reset_index()


def _rounded(frame: pd.DataFrame, scale: float) -> tuple[pd.DataFrame, dict[str, float | None]]:
    """Components in exact minor units to `AMOUNTS` in major units whose rows add up; and their totals."""
    units, known = {}, np.ones(len(frame), bool)
    for name in _COMPONENTS:
        units[name], of_name = whole_units(frame[name].to_numpy(float))
        known &= of_name
    discounts = units["discount"] + units["order_discount"]
    gross = units["revenue"] + units["discount"]
    amounts = {
        "gross_sales": gross,
        "line_discounts": units["discount"],
        "revenue": units["revenue"],
        "order_discounts": units["order_discount"],
        "discounts": discounts,
        "refunds": units["refunded"],
        "credit_notes": units["credited"],
        "net_sales": gross - discounts - units["refunded"] - units["credited"],
    }
    totals = {name: float(values.sum()) / scale if known.all() else None for name, values in amounts.items()}
    columns = {name: np.where(known, values / scale, np.nan) for name, values in amounts.items()}
    return frame.drop(columns=list(_COMPONENTS)).assign(**columns), totals


def chain(connection: sa.Connection, company: Company, query: SalesQuery) -> Chain:
    """From gross to net sales over a period. All amounts are None where there are no orders."""
    sales = _Sales(connection, company, query)
    found = sales.sums([])
    if sales.orders.empty:
        return Chain(sales.currency, dict.fromkeys(AMOUNTS), None, None, ())
    whole = _grouped(found.assign(all=0), ["all"], _COMPONENTS)
    on_lines = whole["order_discount"].to_numpy(float)
    if whole.empty:
        whole = pd.DataFrame([dict.fromkeys(_COMPONENTS, 0.0)])
        on_lines = np.zeros(1)
    beside = 0.0
    if sales.counts_orders:
        off = float(sales.order_rows["order_discount"].sum(skipna=False))
        whole["order_discount"] = off
        beside = float(_whole(np.array([off]))[0] - _whole(on_lines)[0])
    _, totals = _rounded(whole, sales.scale)
    missing = sales.missing
    return Chain(
        sales.currency, totals, None if missing else beside / sales.scale, _without_order(sales), missing
    )  # fmt: skip


def _whole(exact: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return whole_units(exact)[0]


def _without_order(sales: _Sales) -> float | None:
    told = refunds_beyond_orders(sales.connection, sales.period, sales.filters.channels, sales.filters.categories)
    alone = told[told["order_id"].isna() & ~told["is_charge"].astype(bool)]
    if alone.empty:
        return 0.0
    amount = sales._minor(alone, "refunded").sum()
    return None if np.isnan(amount) else float(_whole(np.array([amount]))[0]) / sales.scale


def sales_over_time(
    connection: sa.Connection, company: Company, query: SalesQuery, lengths: Sequence[int]
) -> pd.DataFrame:
    """One row for each stretch of days: start, end (datetime64, included), units, orders and average_order_value
    (missing under a filter of categories), `AMOUNTS` (major units of `attrs['currency']`, missing where a rate is).

    `lengths`: how many days each stretch has, from the period's first day on; together all of it. `attrs['totals']`: of
    the whole; `attrs['lacking']`: currencies without a rate on some day.
    """
    sales = _Sales(connection, company, query)
    ends = np.cumsum(np.array(lengths, np.int64))
    first = pd.Timestamp(query.period.start)

    def stretch(days: pd.Series) -> npt.NDArray[np.int64]:
        return np.asarray(np.searchsorted(ends, (days - first).dt.days.to_numpy(np.int64), side="right"), np.int64)

    rows = sales.sums(["ds"])
    goods = _grouped(rows.assign(at=stretch(rows["ds"])), ["at"], (*_COMPONENTS, "quantity")).set_index("at")
    names = [*_COMPONENTS, "quantity"]
    frame = goods.reindex(range(len(ends)))
    frame.loc[~frame.index.isin(goods.index), names] = 0.0
    frame["orders"] = pd.array([None] * len(frame), "Int64")
    if sales.counts_orders:
        orders = sales.order_rows
        whole = _grouped(orders.assign(at=stretch(orders["ds"])), ["at"], ("orders", "order_discount")).set_index("at")
        frame["orders"] = whole["orders"].reindex(frame.index, fill_value=0).astype("Int64")
        frame["order_discount"] = whole["order_discount"].reindex(frame.index, fill_value=0.0)
    frame["start"] = first + pd.to_timedelta(np.concatenate([[0], ends[:-1]]), unit="D")
    frame["end"] = first + pd.to_timedelta(ends - 1, unit="D")
    finished = _finished(frame.reset_index(drop=True), sales)
    attrs = finished.attrs
    finished = finished[["start", "end", *(name for name in finished.columns if name not in ("start", "end"))]]
    finished.attrs = attrs
    return finished


def sales_by(
    connection: sa.Connection, company: Company, query: SalesQuery, by: str, with_costs: bool = False
) -> pd.DataFrame:
    """One row for each channel, category or SKU that sold, those with most revenue first.

    channel_id, channel · category · product_id, sku, name, category; beside_products (bool: discounts of orders that
    fall on no product line, a row of its own except by channel); units, orders (by channel and without a filter of
    categories, else missing: one order may hold several products), `AMOUNTS`, average_order_value; with costs also
    margin and margin_share over the row's products with a known cost (missing where none is). Money in major units of
    `attrs['currency']`; `attrs['totals']` sums the rows; `attrs['lacking']`: currencies without a
    rate on some day.
    """
    sales = _Sales(connection, company, query)
    keys = list(BYS[by])
    held = costs(connection) if with_costs else None
    grain = list(dict.fromkeys([*keys, *(["product_id"] if with_costs else [])]))
    rows = sales.sums(grain, by_day=held is not None and bool(held["product_id"].duplicated().any()))
    names: list[str] = [*_COMPONENTS, "quantity"]
    if held is not None:
        rows, names = _costed(rows, held, sales), [*names, "money", "cost"]
    frame = _grouped(rows, keys, names).assign(beside_products=False)
    if held is not None:  # of the products with a known cost only
        known = _grouped(rows.assign(known=rows["cost"].notna()), keys, ["known"])["known"] > 0
        costed = rows[rows["cost"].notna()]
        sums = costed.groupby(keys, dropna=False)[["money", "cost"]].sum().reset_index()
        frame = frame.drop(columns=["money", "cost"]).merge(sums, on=keys, how="left")
        margin = (frame["money"] - frame["cost"]).where(known.to_numpy(bool)) / sales.scale
        frame["margin"] = margin.round(decimals(sales.currency))
        frame["margin_share"] = (margin * sales.scale / frame["money"].where(frame["money"] != 0)).astype(float)
        frame = frame.drop(columns=["money", "cost"])
    frame["orders"] = pd.array([None] * len(frame), "Int64")
    if sales.counts_orders and len(sales.order_rows):
        frame = _with_orders(frame, sales, by)
    finished = _finished(frame, sales)
    return _named(connection, finished, by)


def _costed(rows: pd.DataFrame, held: pd.DataFrame, sales: _Sales) -> pd.DataFrame:
    unit = unit_costs_on(rows, held, sales.currency, sales.rates)
    cost = unit * sales.scale * rows["quantity"].to_numpy(float)
    money = rows["revenue"].to_numpy(float)
    known = ~np.isnan(cost) & ~np.isnan(money)
    return rows.assign(cost=np.where(known, cost, np.nan), money=np.where(known, money, np.nan))


def _with_orders(frame: pd.DataFrame, sales: _Sales, by: str) -> pd.DataFrame:
    """Orders and discounts of whole orders, where they belong."""
    if by == "channel":
        whole = _grouped(sales.order_rows, ["channel_id"], ("orders", "order_discount"))
        both = frame.drop(columns=["orders", "order_discount"]).merge(whole, on="channel_id", how="outer")
        sums = [name for name in (*_COMPONENTS, "quantity") if name not in ("orders", "order_discount")]
        unsold = ~both["channel_id"].isin(frame["channel_id"])
        both.loc[unsold, sums] = 0
        no_orders = ~both["channel_id"].isin(whole["channel_id"])
        both.loc[no_orders, ["orders", "order_discount"]] = 0
        return both.assign(beside_products=False, orders=both["orders"].astype("Int64"))
    off = float(sales.order_rows["order_discount"].sum(skipna=False))
    rest = off - float(frame["order_discount"].sum(skipna=False))
    if np.isnan(rest) or abs(rest) < 0.5:  # minor units: nothing but what converting leaves behind
        return frame
    row = {**dict.fromkeys(_COMPONENTS, 0.0), "quantity": 0, "order_discount": rest, "beside_products": True}
    return pd.concat([frame, pd.DataFrame([row]).reindex(columns=frame.columns)], ignore_index=True)


def _finished(frame: pd.DataFrame, sales: _Sales) -> pd.DataFrame:
    rounded, totals = _rounded(frame, sales.scale)
    rounded = rounded.rename(columns={"quantity": "units"}).astype({"units": "int64"})
    counted = rounded["orders"].astype(float).where(lambda orders: orders > 0)
    rounded["average_order_value"] = rounded["revenue"] / counted
    orders = None if rounded["orders"].isna().all() else float(rounded["orders"].sum())
    totals = {
        **totals,
        "units": float(rounded["units"].sum()),
        "orders": orders,
        "average_order_value": METRICS["average_order_value"].compute(totals["revenue"], orders),
    }
    rounded.attrs = {"currency": sales.currency, "totals": totals, "lacking": sorted(sales.lacking)}
    return rounded


def _named(connection: sa.Connection, frame: pd.DataFrame, by: str) -> pd.DataFrame:
    attrs = frame.attrs
    if by == "channel":
        frame["channel"] = frame["channel_id"].map(dict(channels(connection)))
        front = ["channel_id", "channel"]
    elif by == "category":
        frame["category"] = [None if pd.isna(name) else name for name in frame["category"]]
        front = ["category"]
    else:
        columns = (product.c.id.label("product_id"), product.c.sku, product.c.name, product.c.category)
        known = pd.DataFrame(fetch_columns(connection, sa.select(*columns)), columns=[c.name for c in columns])
        frame = frame.assign(product_id=frame["product_id"].astype("Int64"))
        frame = frame.merge(known.astype({"product_id": "Int64"}), on="product_id", how="left")
        front = ["product_id", "sku", "name", "category"]
    ordered = frame[front + [name for name in frame.columns if name not in front]]
    ordered = ordered.sort_values("revenue", ascending=False, kind="stable", ignore_index=True)
    ordered.attrs = attrs
    return ordered


def figures(sums: pd.DataFrame) -> dict[str, MetricValue]:
    """The totals of `sales_over_time` as numbers of the registry, with what is missing; the return rate too."""
    totals = sums.attrs["totals"]
    missing = missing_rates(frozenset(sums.attrs["lacking"]), sums.attrs["currency"])
    back = formulas.added(totals["refunds"], totals["credit_notes"])
    values = {**totals, "return_rate": METRICS["return_rate"].compute(back, totals["revenue"])}
    found = {}
    for key in (*MEASURES, "return_rate"):
        lacks = BY_CATEGORY if key in OF_ORDERS and values[key] is None and not missing else missing
        metric = METRICS[key]
        currency = sums.attrs["currency"] if metric.unit == "money" else None
        found[key] = MetricValue(key, values[key], metric.unit, currency, lacks if metric.unit != "units" else ())
    return found


def is_money(measure: str) -> bool:
    """Whether a measure is an amount in the frame's currency."""
    return measure in _MONEY
