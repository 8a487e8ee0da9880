"""What is left of revenue when everyone has had their share: contribution per order, SKU and channel.

contribution = revenue − discounts − cost − commission − payment − advertising − shipping − returns − other_fees

`cost` is net of goods that came back on the shelf, `shipping` net of what buyers paid beside the goods. Every amount is
laid on the order and SKU that caused it, in whole minor units, and only then added up: the three tables say the same in
all. What is not known stays unknown and is named. `rules` holds the arithmetic, `books` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.company.views import Company
from erp_core.finance.rules import share_of_goods, spread
from erp_core.finance.views import channel_fees
from erp_core.metrics import formulas
from erp_core.metrics.registry import METRICS
from erp_core.money import decimals
from erp_core.orders.views import Filters, channels
from erp_core.overview.books import Books
from erp_core.overview.rules import (
    Bools,
    Columns,
    Fees,
    Ints,
    Laid,
    Shop,
    Terms,
    lay_fees,
    lay_returns,
    on_lineless,
    stacked,
    whole_units,
)
from erp_core.text import T, Text

BYS = ("order", "sku", "channel")
DEDUCTIONS: Mapping[str, Text] = {  # what goes off revenue, in the order of the formula
    "discounts": T("Discounts"),
    "cost": T("Cost of goods"),
    "commission": T("Commission"),
    "payment": T("Payment fees"),
    "advertising": T("Advertising"),
    "shipping": T("Shipping"),
    "returns": T("Returns"),
    "other_fees": T("Storage and other fees"),
}
LACKS: Mapping[str, Text] = {  # what is missing, by the component that is not known
    "revenue": T("exchange rates"),
    "discounts": T("discounts of whole orders"),
    "cost": T("unit costs"),
    "commission": T("commissions"),
    "payment": T("payment fees"),
    "advertising": T("advertising costs"),
    "shipping": T("shipping costs"),
    "returns": T("refunds of returned goods"),
    "other_fees": T("storage and other fees"),
}
ASKED_FOR = ("commission", "payment", "advertising", "shipping")  # fees without which nothing is said of what is left
KEYS: Mapping[str, tuple[str, ...]] = {
    "order": ("order_id", "external_id", "ds", "channel"),
    "sku": ("product_id", "sku", "name"),
    "channel": ("channel_id", "channel"),
}
AMOUNTS = ("revenue", *DEDUCTIONS, "contribution")
BESIDES = ("restocked_cost", "shipping_income")
COLUMNS = (
    "currency", "revenue", *DEDUCTIONS, "contribution", "share", "missing", "known_share", "orders", "units", *BESIDES,
)  # fmt: skip

_COLUMN_OF_KIND = {  # of a fee: the column of the cells, and the component that it makes known
    "commission": ("commission", "commission"), "payment": ("payment", "payment"),
    "advertising": ("advertising", "advertising"), "shipping": ("carrier", "shipping"),
    "storage": ("other_fees", "other_fees"), "other": ("other_fees", "other_fees"),
}  # fmt: skip
_MONEY = ("revenue", "discounts", "sold_cost", "restocked_cost", "commission", "payment", "advertising", "carrier",
          "other_fees", "returns", "shipping_income")  # fmt: skip
_NUMBERS = ("order", "product", "channel", "units", *_MONEY)
_FLAGS = tuple(f"unknown_{name}" for name in LACKS)
Column = npt.NDArray[Any]


def contribution(
    connection: sa.Connection, company: Company, period: Period, filters: Filters, by: str = "order"
) -> pd.DataFrame:
    """What each order, SKU or channel left over in a period, by the day of its order.

    Columns: `KEYS[by]`, then `COLUMNS`: currency; revenue, the deductions and contribution in major units of the base
    currency at the day's rate, or of the only currency there is (NaN where a part is not known); share (contribution ÷
    revenue); missing (keys of `LACKS`, one each for what is not known); known_share (of the row's revenue, where all is
    known); orders, units; restocked_cost (taken off `cost`) and shipping_income (taken off `shipping`). A row without
    order_id, product_id or channel_id is money that belongs to none. Orders by day, the others by revenue.

    attrs: currency; totals (the amounts of all rows, None where a part is not known; orders, units); known (the same of
    what is known whole); known_share; unknown_share (for each key of `LACKS` that lacks: on what share of revenue).
    Raises ValueError for another `by`.
    """
    if by not in BYS:
        raise ValueError(f"contribution by {by!r}")
    books = Books(connection, company, period, filters)
    cells = _cells(books)
    key, keys = pd.factorize(_key_of(cells, by))
    rows = pd.DataFrame({name: _sum_by(key, cells[name], len(keys)) for name in (*_MONEY, "units", "known_revenue")})
    for flag in _FLAGS:
        rows[flag] = np.bincount(key[cells[flag]], minlength=len(keys)) > 0
    rows["orders"] = _orders_by(key, cells, len(keys))
    amounts = _amounts(rows, books.currency).assign(currency=books.currency)
    frame = pd.concat([_named(books, keys.astype(np.int64), by), amounts], axis=1)[[*KEYS[by], *COLUMNS]]
    if by == "order":
        frame = frame.sort_values(["ds", "order_id"], ignore_index=True)
    else:
        frame = frame.sort_values("revenue", ascending=False, kind="stable", ignore_index=True)
    frame.attrs.update(_whole(cells, books.currency))
    return frame


def lacking_texts(unknown_share: Mapping[str, float | None]) -> tuple[Text, ...]:
    """What is missing, and for what share of revenue, in words. `unknown_share`: as `contribution` says it."""
    return tuple(
        LACKS[name] if share is None else T("{what} ({share} of revenue)", what=LACKS[name], share=f"{share:.1%}")
        for name, share in unknown_share.items()
    )


def largest_leak(amounts: Mapping[str, float | int | None]) -> str | None:
    """Which deduction takes most of revenue after the cost of goods; None where none takes anything."""
    taken = {name: amounts[name] or 0 for name in DEDUCTIONS if name != "cost"}
    worst = max(taken, key=lambda name: taken[name])
    return worst if taken[worst] > 0 and amounts["revenue"] else None


def summary(connection: sa.Connection, company: Company, period: Period, filters: Filters) -> dict[str, Any]:
    """The `attrs` of `contribution` alone."""
    books = Books(connection, company, period, filters)
    return _whole(_cells(books), books.currency)


@dataclass
class _Sheet:
    """Cells in the making: columns of the product lines, and what stands beside them."""

    books: Books
    shop: Shop
    cells: Columns
    beside: list[Columns] = field(default_factory=list)

    def add(self, column: str, laid: Laid, component: str) -> None:
        """Put one kind of money into its column; orders and rows of which it is not known are flagged."""
        flag = f"unknown_{component}"
        self.cells[column] = self.cells[column] + laid.on_lines
        self.cells[flag] = self.cells[flag] | laid.unknown[self.shop.order]
        extra = {name: laid.beside[name] for name in ("order", "product", "channel", "day")}
        self.stand_beside(**extra, **{column: laid.beside["amount"], flag: laid.beside["unknown"]})
        lineless = np.flatnonzero(laid.unknown & ~self.shop.has_lines)
        self.stand_beside(order=lineless, **{flag: np.ones(len(lineless), bool)})

    def stand_beside(self, **columns: Column) -> None:
        """Rows for what no product line carries."""
        if len(columns["order"]):
            self.beside.append(_filled(len(columns["order"]), **columns))

    def all_cells(self) -> Columns:
        """All cells below each other."""
        return stacked([self.cells, *self.beside])


def _filled(count: int, **columns: Column) -> Columns:
    """Cells with all their columns: those given, the others nought, known, and of no day."""
    cells: Columns = {name: np.zeros(count, np.int64) for name in _NUMBERS}
    cells |= {name: np.zeros(count, bool) for name in _FLAGS}
    cells["day"] = np.full(count, "1970-01-01", "datetime64[D]")
    return cells | {name: column.astype(cells[name].dtype) for name, column in columns.items()}


def _cells(books: Books) -> Columns:
    """The money of the period, as finely as it is known: an entry a product line, and further for what no line carries.

    order (position, −1 = none), product (0 = none), channel, units, the columns of `_MONEY` in minor units, `_FLAGS`,
    known (none of the flags), known_revenue, is_sale."""
    sheet = _lines(books)
    _lay_discounts(sheet)
    _lay_costs_of_returned(sheet)
    _lay_returns(sheet)
    _lay_income(sheet)
    stated = channel_fees(books.connection)
    for kind, (column, component) in _COLUMN_OF_KIND.items():
        terms = _terms_of(sheet, stated[stated["kind"] == kind], asked_for=component in ASKED_FOR)
        sheet.add(column, lay_fees(sheet.shop, _fees_of(books, kind), terms), component)
    sheet.stand_beside(order=np.flatnonzero(~sheet.shop.has_lines))
    return _cut(books, sheet.shop, sheet.all_cells())


def _cut(books: Books, shop: Shop, cells: Columns) -> Columns:
    """Cells of the period and of the categories, at the channel and the day of their orders."""
    order = cells["order"]
    tied = order >= 0
    of_order = order[tied]
    day = cells.pop("day").astype("datetime64[D]")
    channel, is_sale = cells["channel"].copy(), np.zeros(len(order), bool)
    day[tied], channel[tied], is_sale[tied] = shop.day[of_order], shop.channel[of_order], shop.is_sale[of_order]
    known = ~np.logical_or.reduce([cells[flag] for flag in _FLAGS])
    cells |= {
        "channel": channel, "is_sale": is_sale, "known": known,
        "known_revenue": np.where(known, cells["revenue"], 0),
    }  # fmt: skip
    inside = (day >= np.datetime64(books.period.start)) & (day <= np.datetime64(books.period.end))
    if books.filters.categories:
        of_category = books.catalogue["category"].isin(books.filters.categories)
        inside &= np.isin(cells["product"], books.catalogue.loc[of_category, "product_id"])
    return cells if inside.all() else {name: column[inside] for name, column in cells.items()}


def _sum_by(key: Column, amounts: Column, groups: int) -> Ints:
    """Sums by group; exact below 2⁵³."""
    return np.rint(np.bincount(key, amounts, minlength=groups)).astype(np.int64)


def _orders_by(key: Column, cells: Columns, groups: int) -> Ints:
    """How many different sales each group has."""
    sold = np.flatnonzero(cells["is_sale"])
    order = cells["order"][sold]
    width = int(order.max(initial=0)) + 1
    pairs = pd.unique(key[sold].astype(np.int64) * width + order)
    return np.bincount(pairs // width, minlength=groups).astype(np.int64)


def _lines(books: Books) -> _Sheet:
    """Product lines with revenue, what the platform refunded, cost, and what came back by credit note."""
    lines, orders = books.lines, books.orders
    order, product, units = lines["order"], lines["product_id"], lines["quantity"]
    sale = orders["is_sale"].to_numpy(bool)
    on_sale = sale[order]
    amount, known = whole_units(books.exact_of_orders(lines["amount"], order), on_sale)
    refunded, _ = whole_units(books.exact_of_orders(lines["refunded"], order), on_sale)
    cost, costed = whole_units(books.exact_costs(product, orders["ds"].iloc[order], units), on_sale)
    cells = _filled(
        len(order), order=order, product=product, units=np.where(on_sale, units, 0),
        revenue=np.where(on_sale, amount, 0), sold_cost=np.where(on_sale, cost, 0),
        restocked_cost=np.where(on_sale, 0, -cost),  # a credit note puts its goods back on the shelf
        returns=np.where(on_sale, refunded, -amount),  # the platform's word; return cases may say more
        unknown_revenue=~known, unknown_cost=~costed,
    )  # fmt: skip
    weight = np.maximum(np.where(on_sale, amount, -amount), 0)
    shop = Shop(orders["channel_id"].to_numpy(np.int64), books.days, sale, order, product, weight)
    return _Sheet(books, shop, cells)


def _lay_discounts(sheet: _Sheet) -> None:
    """What the shop took off orders as a whole. A credit note gives back that much less."""
    books, shop = sheet.books, sheet.shop
    amount, known = whole_units(books.exact_of_orders(books.discounts))
    sheet.add(
        "discounts", Laid(spread(amount, shop.order, shop.weight), ~known, on_lineless(shop, amount)), "discounts"
    )


def _lay_costs_of_returned(sheet: _Sheet) -> None:
    """Goods that a return case put back on the shelf give their cost back. Those of a credit note did so already."""
    books = sheet.books
    position = books.position(books.cases["order_id"])
    counts = (books.cases["restocked"].to_numpy() > 0) & _of_sale_or_none(sheet, position)
    cases, position = books.cases[counts], position[counts]
    product, units = cases["product_id"].to_numpy(), cases["restocked"].to_numpy()
    cost, known = whole_units(books.exact_costs(product, cases["ds"], units))
    sheet.stand_beside(
        order=position, product=product, channel=cases["channel_id"].to_numpy(), day=cases["ds"].to_numpy(),
        restocked_cost=cost, unknown_cost=~known,
    )  # fmt: skip


def _of_sale_or_none(sheet: _Sheet, position: Ints) -> Bools:
    """Cases of sales, and cases that name no order. A cancelled order took its revenue back as a whole."""
    counts = np.asarray(sheet.books.cases["order_id"] == 0, bool)
    counts[position >= 0] = sheet.shop.is_sale[position[position >= 0]]
    return counts


def _lay_returns(sheet: _Sheet) -> None:
    books = sheet.books
    position = books.position(books.cases["order_id"])
    counts = _of_sale_or_none(sheet, position)
    counts[position >= 0] |= books.orders["is_credit"].to_numpy(bool)[position[position >= 0]]
    cases, position = books.cases[counts], position[counts]
    refund, known = whole_units(books.exact(cases["refund"], cases["currency"], cases["ds"]))
    rows = Fees(
        order=position, named=cases["order_id"].to_numpy() != 0, channel=cases["channel_id"].to_numpy(),
        product=cases["product_id"].to_numpy(), day=cases["ds"].to_numpy().astype("datetime64[D]"), amount=refund,
        known=known,
    )  # fmt: skip
    laid = lay_returns(sheet.shop, sheet.cells["returns"], rows, cases["said"].to_numpy(bool))
    sheet.cells["returns"] = np.zeros(len(sheet.shop.order), np.int64)
    sheet.add("returns", laid, "returns")


def _lay_income(sheet: _Sheet) -> None:
    """What buyers paid beside the goods: shipping of the order and charge lines, less what was given back of them."""
    books, shop, lines = sheet.books, sheet.shop, sheet.books.charges
    charged = np.where(shop.is_sale, books.orders["shipping"].to_numpy(), 0)
    back = np.where(shop.is_sale[lines["order"]], lines["refunded"], 0)
    np.add.at(charged, lines["order"], lines["amount"] - back)
    income, known = whole_units(books.exact_of_orders(charged))
    nothing = np.zeros(len(charged), bool)
    laid = Laid(spread(income, shop.order, shop.weight), nothing, on_lineless(shop, income))
    sheet.add("shipping_income", laid, "shipping")
    lineless = np.flatnonzero(~known & (charged != 0) & ~shop.has_lines)
    sheet.stand_beside(order=lineless, unknown_revenue=np.ones(len(lineless), bool))


def _fees_of(books: Books, kind: str) -> Fees:
    rows = books.fees[books.fees["kind"] == kind]
    amounts, known = whole_units(books.exact(rows["amount"], rows["currency"], rows["ds"]))
    return Fees(
        order=books.position(rows["order_id"]),
        named=rows["named"].to_numpy(bool),
        channel=rows["channel_id"].to_numpy(),
        product=rows["product_id"].to_numpy(),
        day=rows["ds"].to_numpy().astype("datetime64[D]"),
        amount=amounts,
        known=known,
    )


def _terms_of(sheet: _Sheet, stated: pd.DataFrame, *, asked_for: bool) -> Terms:
    """What people stated of the shops, for each order. A kind that is not asked for is known to be nought."""
    books, shop = sheet.books, sheet.shop
    count = len(shop.channel)
    at = np.full(count, -1)
    for number, (channel, start) in enumerate(zip(stated["channel_id"], stated["valid_from"], strict=True)):
        at[(shop.channel == channel) & (shop.day >= np.datetime64(start, "D"))] = number  # the later day overwrites
    amount, known = np.zeros(count, np.int64), np.ones(count, bool)
    orders = np.flatnonzero((at >= 0) & shop.is_sale)
    if len(orders):
        goods = np.zeros(count, np.int64)
        np.add.at(goods, shop.order, books.lines["amount"])
        goods -= books.discounts
        terms = stated.iloc[at[orders]]
        taken = share_of_goods(goods[orders], terms["share"].to_numpy())
        fixed = books.exact(terms["fixed"], terms["currency"], books.orders["ds"].iloc[orders])
        amount[orders], known[orders] = whole_units(books.exact_of_orders(taken, orders) + fixed)
    return Terms((at >= 0) | (not asked_for), amount, known)


def _key_of(cells: Columns, by: str) -> Ints:
    """What the rows of a table are told apart by; money without an order by its channel."""
    if by == "sku":
        return cells["product"]
    channel, order = cells["channel"], cells["order"]
    return channel if by == "channel" else np.where(order >= 0, order, -1 - channel)


def _named(books: Books, key: Ints, by: str) -> pd.DataFrame:
    """The key columns of a table."""
    named: dict[str, Any]
    if by == "sku":
        known = books.catalogue.set_index("product_id").reindex(key)
        named = {"product_id": pd.array(key, "Int64"), "sku": _words(known["sku"]), "name": _words(known["name"])}
        return pd.DataFrame(named).assign(product_id=lambda frame: frame["product_id"].where(key != 0))
    names: dict[int, str] = dict(channels(books.connection))
    if by == "channel":
        named = {"channel_id": pd.array(key, "Int64"), "channel": [names.get(number) for number in key.tolist()]}
        return pd.DataFrame(named).assign(channel_id=lambda frame: frame["channel_id"].where(key != 0))
    order = books.orders.assign(external_id=books.external_ids()).reindex(np.where(key >= 0, key, -1))
    channel_id = np.where(key >= 0, order["channel_id"].fillna(0), -1 - key)
    named = {
        "order_id": order["order_id"].astype("Int64").array, "external_id": _words(order["external_id"]),
        "ds": order["ds"].array, "channel": [names.get(int(number)) for number in channel_id],
    }  # fmt: skip
    return pd.DataFrame(named)


def _words(column: pd.Series) -> Column:
    """Text with None where there is none."""
    words: Column = column.to_numpy(object).copy()
    words[column.isna().to_numpy()] = None
    return words


def _amounts(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Sums of cells as the public columns: major units, NaN where not known."""
    minor = {"revenue": rows["revenue"], **{name: rows[name] for name in DEDUCTIONS if name in rows}}
    minor["cost"] = rows["sold_cost"] - rows["restocked_cost"]
    minor["shipping"] = rows["carrier"] - rows["shipping_income"]
    lacking = {name: rows[f"unknown_{name}"].to_numpy(bool) for name in LACKS}
    known = ~np.logical_or.reduce(list(lacking.values()))
    left = minor["revenue"] - sum((minor[name] for name in DEDUCTIONS), start=pd.Series(0, rows.index))
    scale = 10.0 ** decimals(currency)
    frame = pd.DataFrame({name: (minor[name] / scale).where(~lacking[name]) for name in LACKS})
    frame["contribution"] = (left / scale).where(known)
    revenue = rows["revenue"].where((rows["revenue"] != 0) & ~lacking["revenue"])
    matrix = np.column_stack(list(lacking.values()))
    keys = np.array(list(LACKS), object)
    return frame.assign(
        share=left.where(known) / revenue, known_share=rows["known_revenue"] / revenue,
        missing=[keys[flags].tolist() for flags in matrix], orders=rows["orders"].astype("int64"), units=rows["units"],
        restocked_cost=rows["restocked_cost"] / scale, shipping_income=rows["shipping_income"] / scale,
    )  # fmt: skip


def _whole(cells: Columns, currency: str) -> dict[str, Any]:
    """What holds for all rows together, summed over the cells, so that every table says the same."""
    totals = _summed(cells, currency)
    revenue = totals["revenue"]
    scale = 10.0 ** decimals(currency)

    def share_of(minor: Any) -> float | None:
        return formulas.ratio(float(minor) / scale, revenue)

    return {
        "currency": currency,
        "totals": totals,
        "known": _summed({name: column[cells["known"]] for name, column in cells.items()}, currency),
        "known_share": share_of(cells["known_revenue"].sum()),
        "unknown_share": {
            name: share_of(cells["revenue"][cells[flag]].sum())
            for name, flag in zip(LACKS, _FLAGS, strict=True)
            if cells[flag].any()
        },
    }


def _summed(cells: Columns, currency: str) -> dict[str, float | int | None]:
    """The amounts of cells together; of no cells at all nothing is known."""
    if not len(cells["order"]):
        return dict.fromkeys((*AMOUNTS, "share", *BESIDES)) | {"orders": 0, "units": 0}
    sums = {name: [int(cells[name].sum())] for name in (*_MONEY, "units", "known_revenue")}
    row = pd.DataFrame(sums | {flag: [bool(cells[flag].any())] for flag in _FLAGS})
    row["orders"] = len(pd.unique(cells["order"][cells["is_sale"]]))
    found = _amounts(row, currency).iloc[0]
    amounts = {name: None if pd.isna(found[name]) else float(found[name]) for name in (*LACKS, *BESIDES)}
    deducted = (amounts[name] for name in DEDUCTIONS)
    left = METRICS["contribution"].compute(amounts["revenue"], *deducted)
    left = None if left is None else round(left, decimals(currency))
    share = METRICS["contribution_share"].compute(left, amounts["revenue"])
    counts = {name: int(row[name].iloc[0]) for name in ("orders", "units")}
    return amounts | {"contribution": left, "share": share} | counts
