"""Can the numbers be trusted? What is missing in the stored data, how much of it, and which numbers it blocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from erp_core.catalog.tables import bom_line, product, product_cost
from erp_core.catalog.views import IS_LIVE
from erp_core.company.views import Company
from erp_core.finance.views import read_rates
from erp_core.imports.tables import import_batch
from erp_core.orders.tables import daily_orders, daily_sales, sales_order
from erp_core.purchasing.tables import supplier_item
from erp_core.stock.tables import stock_balance
from erp_core.text import T, Text


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: `count` of `total`, the share of revenue it touches (None where that says nothing),
    what it blocks, what to do, and the page (with its view) where it is done; the metrics it leaves unknown, and the
    pages (with their view, "" = none) that say less for it. `quality_rows` has the rows."""

    key: str
    title: Text
    count: int
    total: int
    revenue_share: float | None
    blocks: Text
    remedy: Text
    page: tuple[str, str]
    metrics: tuple[str, ...] = ()
    pages: tuple[tuple[str, str], ...] = ()

    @property
    def closed(self) -> bool:
        """Whether nothing is missing."""
        return self.count == 0


def gaps(connection: sa.Connection, company: Company) -> tuple[Gap, ...]:
    """All checks, the open ones first, those that touch most revenue at the top. Empty without any data."""
    if connection.execute(sa.select(import_batch.c.id).limit(1)).first() is None:
        return ()
    found = (
        _costs(connection),
        _counts(connection),
        _shortfalls(connection),
        _suppliers(connection),
        _categories(connection),
        _customers(connection),
        _rates(connection, company),
        _rejected(connection),
    )
    return tuple(sorted(found, key=lambda gap: (gap.closed, -(gap.revenue_share or 0.0))))


_SOLD = sa.and_(product.c.is_charge.is_(sa.false()), IS_LIVE)

# What lacks what: products that are not in `has`. A bundle lacks what a product packed into it lacks, unless it has its
# own; a category is its own affair.
_PARTS, _PARTS_OR_OWN, _OWN = "parts", "parts or own", "own"


@dataclass(frozen=True)
class Lack:
    """Products that have it (their ids), and whose having it counts for a bundle."""

    has: sa.Select[tuple[int]]
    of_bundles: str = _PARTS


LACKS: Mapping[str, Lack] = {
    "costs": Lack(sa.select(product_cost.c.product_id).where(product_cost.c.withdrawn_by.is_(None)), _PARTS_OR_OWN),
    "counts": Lack(sa.select(stock_balance.c.product_id).where(stock_balance.c.on_hand.is_not(None))),
    "suppliers": Lack(sa.select(supplier_item.c.product_id).where(supplier_item.c.withdrawn_by.is_(None))),
    "categories": Lack(sa.select(product.c.id).where(product.c.category.is_not(None)), _OWN),
}


def sold_products(lack: Lack) -> tuple[sa.Subquery, sa.ColumnElement[bool]]:
    """Live products that were sold (product_id, revenue in minor units of whatever currency), and whether one lacks
    it."""
    sold = (
        sa.select(daily_sales.c.product_id, sa.func.sum(daily_sales.c.revenue).label("revenue"))
        .join(product, product.c.id == daily_sales.c.product_id)
        .where(_SOLD)
        .group_by(daily_sales.c.product_id)
        .subquery()
    )
    part, itself = bom_line, sold.c.product_id.not_in(lack.has)
    if lack.of_bundles == _OWN:
        return sold, itself
    packed = sa.and_(part.c.parent_id == sold.c.product_id, part.c.kind == "bundle")
    is_bundle = sa.exists(sa.select(sa.literal(1)).where(packed))
    of_parts = sa.exists(sa.select(sa.literal(1)).where(packed, part.c.component_id.not_in(lack.has)))
    bundle_lacks = sa.and_(of_parts, itself) if lack.of_bundles == _PARTS_OR_OWN else of_parts
    return sold, sa.or_(sa.and_(is_bundle, bundle_lacks), sa.and_(sa.not_(is_bundle), itself))


def _lacking(connection: sa.Connection, key: str) -> tuple[int, int, float | None]:
    """Products that are sold and lack it: how many, of how many, and their share of revenue."""
    sold, lacks = sold_products(LACKS[key])
    count, total, revenue, whole = connection.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(sa.case((lacks, 1), else_=0)), 0),
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((lacks, sold.c.revenue), else_=0)), 0),
            sa.func.coalesce(sa.func.sum(sold.c.revenue), 0),
        )
    ).one()
    return int(count), int(total), float(revenue) / float(whole) if whole else None


def _costs(connection: sa.Connection) -> Gap:
    count, total, share = _lacking(connection, "costs")
    return Gap(
        "costs", T("Products sold without a unit cost"), count, total, share,
        T("Gross margin, cost of goods sold, turnover, stock value, GMROI"),
        T("Import a product or stock list with a cost column."),
        ("data", "import"),
        ("gross_margin", "cogs", "turnover_month", "cash_in_stock", "gmroi"),
        (("inventory", "overview"), ("products", "profit"), ("sales", "")),
    )  # fmt: skip


def _counts(connection: sa.Connection) -> Gap:
    count, total, share = _lacking(connection, "counts")
    return Gap(
        "counts", T("Products sold whose stock nobody has counted"), count, total, share,
        T("Stock, days of cover, turnover, in-stock rate, what to buy"),
        T("Import a stock list, or a count, with SKU and quantity."),
        ("data", "import"),
        ("turnover_month", "in_stock_rate", "sell_through"),
        (("inventory", "overview"), ("replenishment", "")),
    )  # fmt: skip


def _shortfalls(connection: sa.Connection) -> Gap:
    query = sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((stock_balance.c.shortfall > 0, 1), else_=0)), 0),
        sa.func.count(stock_balance.c.on_hand),
    )
    count, total = connection.execute(query).one()
    return Gap(
        "shortfall", T("Stock levels where more was sold than counts and receipts account for"),
        int(count), int(total), None,
        T("Stock, average inventory, what to buy"),
        T("Count these products again, or import the receipts that are missing."),
        ("data", "import"),
        ("average_inventory_value", "turnover_month"),
        (("inventory", "overview"), ("replenishment", "")),
    )  # fmt: skip


def _suppliers(connection: sa.Connection) -> Gap:
    count, total, share = _lacking(connection, "suppliers")
    return Gap(
        "suppliers", T("Products sold without a supplier"), count, total, share,
        T("The purchase list by supplier; lead times and minimums are the company’s defaults"),
        T("Import a supplier or product list with supplier, lead time, MOQ and pack size."),
        ("data", "import"),
        ("shortage",),
        (("replenishment", ""),),
    )  # fmt: skip


def _categories(connection: sa.Connection) -> Gap:
    count, total, share = _lacking(connection, "categories")
    return Gap(
        "categories", T("Products sold without a category"), count, total, share,
        T("Sales by category, and every filter by category"),
        T("Import a product list with a category column, or edit the products."),
        ("products", "products"),
        (),
        (("sales", ""), ("inventory", "overview")),
    )  # fmt: skip


def _customers(connection: sa.Connection) -> Gap:
    query = sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((sales_order.c.customer_id.is_(None), 1), else_=0)), 0), sa.func.count()
    ).where(
        sales_order.c.withdrawn_by.is_(None),
        sales_order.c.document == "order",
        sales_order.c.state.not_in(("cancelled", "adjustment")),
    )
    count, total = connection.execute(query).one()
    return Gap(
        "customers", T("Orders without a customer"), int(count), int(total), None,
        T("Customers, new customers, repeat customers"),
        T("Export the orders again with the buyer’s id, mail or phone."),
        ("data", "import"),
        ("customers", "repeat_customer_rate"),
    )  # fmt: skip


def lacking_rates(connection: sa.Connection, company: Company) -> dict[str, list[dt.date]]:
    """The currencies of orders, and the days with orders on which no rate to the base is known. Empty where all orders
    are in one currency: then nothing is turned into another one."""
    o = daily_orders.c
    days = connection.execute(sa.select(o.currency, o.ds).distinct().order_by(o.currency, o.ds)).all()
    rates, base = read_rates(connection), company.base_currency
    if len({currency for currency, _ in days}) < 2:
        return {}
    found: dict[str, list[dt.date]] = {}
    for currency, day in days:
        if rates.rate(currency, base, day) is None:
            found.setdefault(currency, []).append(day)
    return found


def _rates(connection: sa.Connection, company: Company) -> Gap:
    lacking = lacking_rates(connection, company)
    used = connection.execute(sa.select(sa.func.count(daily_orders.c.currency.distinct()))).scalar_one()
    return Gap(
        "rates", T("Currencies without an exchange rate to {base}", base=company.base_currency),
        len(lacking), int(used), None,
        T("All sums of money over several currencies"),
        T("Add the rates in Settings, or import a table of rates."),
        ("settings", "company"),
        ("revenue", "gross_margin", "contribution"),
        (("home", ""), ("sales", ""), ("products", "profit")),
    )  # fmt: skip


def _rejected(connection: sa.Connection) -> Gap:
    receipts = (
        connection.execute(sa.select(import_batch.c.receipt).where(import_batch.c.status == "done")).scalars().all()
    )
    rejected = sum(int(receipt.get("rows_rejected", 0)) for receipt in receipts)
    read = sum(int(receipt.get("rows_read", 0)) for receipt in receipts)
    return Gap(
        "rejected", T("Rows of imported files that were rejected"), rejected, read, None,
        T("Everything that these rows would have said"),
        T("Download the rejected rows with their reasons, correct them, import them again."),
        ("data", "receipts"),
    )  # fmt: skip
