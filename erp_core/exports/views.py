"""What would go out: the rows of a file before it is written, what is left out and why, what to mind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import bom_line, product, sku_alias
from erp_core.catalog.views import products
from erp_core.company.views import Company
from erp_core.errors import BadInput
from erp_core.exports import rules
from erp_core.exports.declaration import Basis, UploadFormat, What
from erp_core.exports.formats import UPLOADS
from erp_core.files.export import safe_cell
from erp_core.imports.formats import FORMATS
from erp_core.orders.channels import Channel, find_channel, read_channels
from erp_core.orders.tables import daily_sales, order_line, sales_order
from erp_core.stock.tables import stock_balance
from erp_core.text import T, Text

REASONS: Mapping[str, Text] = {
    "uncounted": T("Nobody has counted it at {place}: how many there are is not known."),
    "component_uncounted": T("A component of this bundle was never counted at {place}."),
    "circular": T("This bundle holds itself: correct its components."),
    "bundle": T("A bundle lies nowhere as such; its components are counted."),
    "taken": T("In this shop its SKU stands for another product."),
}
NAMES_SHOWN = 5
TEMPLATE_WANTED = T(
    "{platform} finds products by more than their SKU: give the file that its own export wrote, and the quantities are "
    "written into it."
)


@dataclass(frozen=True)
class LeftOut:
    """A product (by SKU) or an order (by number) that does not go into the file, and why."""

    reason: Text
    sku: str | None = None
    order: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A file before it is written.

    `rows`: one row of the file each; columns are the declaration's fields and what a page shows beside them.
    `filters`: what the file was restricted to, for its statement about itself. `filled`: headers and cells of the
    shop's own file with our numbers in them, where one was given.
    """

    channel: Channel
    declared: UploadFormat
    rows: pd.DataFrame
    left_out: tuple[LeftOut, ...]
    warnings: tuple[Text, ...]
    filters: tuple[tuple[Text, Text | str], ...]
    filled: tuple[list[str], list[list[Any]]] | None = None


@dataclass(frozen=True)
class StockRequest:
    """Whose stock goes out, in which format (None: the platform's own), and how far.

    `unknown_as_zero`: products that nobody counted go out with 0. `all_products`: also those that the shop never sold
    and that have no SKU of its own there.
    """

    channel: str
    format: str | None = None
    unknown_as_zero: bool = False
    all_products: bool = False


def formats_for(platform: str, what: What) -> tuple[UploadFormat, ...]:
    """All formats of a kind, the platform's own first."""
    known = [declared for declared in UPLOADS.values() if declared.what is what]
    return tuple(sorted(known, key=lambda declared: not is_for(declared, platform)))


def is_for(declared: UploadFormat, platform: str) -> bool:
    """Whether a format is made for shops of this platform."""
    return platform.casefold() in {name.casefold() for name in declared.platforms}


def choose_format(name: str | None, platform: str, what: What) -> tuple[UploadFormat, tuple[Text, ...]]:
    """The format of this name, else the platform's, else the generic one; with what to mind about it.

    Raises BadInput for a name that no format of this kind has, naming those that there are.
    """
    known = formats_for(platform, what)
    if name is not None:
        named = [declared for declared in known if declared.name == name]
        if not named:
            raise BadInput(
                T("There is no format “{name}” to write {what} in.", name=name, what=KINDS[what]),
                hint=T("Formats: {names}", names=", ".join(declared.name for declared in known)),
                code="export.no_such_format",
            )
        chosen = named[0]
    else:
        chosen = known[0]
    notes: list[Text] = []
    nameless = {declared.platform for declared in FORMATS.values() if declared.loose}
    if name is None and not is_for(chosen, platform) and platform not in nameless:
        notes.append(
            T("{platform} has no file of its own that we know for {what}: this is the generic one.",
              platform=platform, what=KINDS[what])
        )  # fmt: skip
    elif chosen.platforms and not chosen.source:
        notes.append(
            T(
                "No public template of this file was found: compare its columns with the one that {platform} offers.",
                platform=chosen.platforms[0],
            )
        )
    return chosen, tuple(notes)


KINDS: Mapping[What, Text] = {What.STOCK: T("stock"), What.SHIPPING: T("tracking numbers")}


def stock_sheet(connection: sa.Connection, company: Company, request: StockRequest, day: dt.date) -> Sheet:
    """What a shop's stock file would hold on `day`.

    Rows by SKU: sku (in the shop), own_sku, product_id, name, location, on_hand, available, offered, open_orders (stock
    units; missing = unknown), quantity (what is written: units sold, whole except in a count), in_stock (1, 0),
    counted_on, company. Raises NotFound for a shop that does not exist, BadInput for a format that does not.
    """
    shop = find_channel(connection, request.channel)
    declared, notes = choose_format(request.format, shop.platform, What.STOCK)
    bill = _bill(connection)
    rows, left_out = _stock_rows(connection, shop, declared.basis, request, bill)
    frame = pd.DataFrame(rows, columns=["product_id", "own_sku", "name", "sku", *_UNITS, "quantity"])
    frame = frame.astype(dict.fromkeys(("product_id", *_UNITS), "Int64")).sort_values("sku", ignore_index=True)
    frame = frame.assign(
        location=shop.place, counted_on=day, company=company.name, in_stock=(frame["quantity"] > 0).astype("Int64")
    )
    if declared.wants_template:
        notes = (*notes, Text(TEMPLATE_WANTED.id, (("platform", declared.platforms[0]),)))
    warnings = (
        *notes,
        *_share_warnings(connection, shop, declared.basis),
        *_bundle_warnings(dict(zip(frame["product_id"].tolist(), frame["own_sku"], strict=True)), bill, declared.basis),
        *formula_warnings(frame, declared),
    )
    return Sheet(shop, declared, frame, left_out, warnings, _stock_filters(shop, declared, request))


_UNITS = ("on_hand", "available", "offered", "open_orders")


def _stock_rows(
    connection: sa.Connection, shop: Channel, basis: Basis, request: StockRequest, bill: rules.Bill
) -> tuple[list[dict[str, Any]], tuple[LeftOut, ...]]:
    """The rows of a stock file, and the products that are left out, by SKU."""
    aliases = _aliases(connection, shop.id)
    wanted = _wanted(connection, shop.id, aliases)
    catalogue = products(connection)
    names: dict[int, str | None] = {}
    chosen: dict[int, str] = {}
    for number, sku, name in zip(catalogue["product_id"].tolist(), catalogue["sku"], catalogue["name"], strict=True):
        if request.all_products or number in wanted:
            chosen[number], names[number] = sku, None if pd.isna(name) else str(name)
    terms = rules.Terms(shop.terms.stock_share, shop.terms.safety_buffer)
    factors = _factors(connection)
    offered = rules.offers(_stock_at(connection, shop.ships_from), list(chosen), bill, terms, factors)
    listed = rules.listings(chosen, aliases, shop.id)
    open_orders = _open_orders(connection, shop.id) if basis is Basis.OFFER_AND_OPEN else {}
    reasons = dict.fromkeys(listed.taken, "taken")
    rows: list[dict[str, Any]] = []
    for number, under in groupby(listed.rows, key=lambda row: row[0]):
        offer = offered[number]
        reason = "bundle" if basis is Basis.COUNT and number in bill else offer.reason
        if reason and not (request.unknown_as_zero and reason in ("uncounted", "component_uncounted")):
            reasons[number] = reason
            continue
        product_fields = {"product_id": number, "own_sku": chosen[number], "name": names[number]}
        skus = [sku for _, sku in under]
        listing = _Listing(skus, open_orders.get(number, {}), factors.get(number, 1))
        rows += [product_fields | row for row in _rows_of(basis, offer, listing)]
    left_out = [
        LeftOut(Text(REASONS[reason].id, (("place", shop.place),)), sku=chosen[number], name=names[number])
        for number, reason in reasons.items()
    ]
    return rows, tuple(sorted(left_out, key=lambda entry: entry.sku or ""))


@dataclass(frozen=True)
class _Listing:
    """Under which SKUs a shop lists a product, what its open orders hold by SKU, and stock units in one unit sold."""

    skus: Sequence[str]
    open_orders: Mapping[str, int]
    factor: int


def _rows_of(basis: Basis, offer: rules.Offer, listing: _Listing) -> list[dict[str, Any]]:
    """A product's rows: one for each SKU that the shop lists it under; open orders stay with the SKU they came by."""
    skus, factor = listing.skus, listing.factor
    shared = rules.split((offer.offered or 0) // factor, len(skus))
    counted = rules.split(offer.on_hand or 0, len(skus))
    held = dict.fromkeys(skus, 0)
    for sku, units in listing.open_orders.items():
        held[sku if sku in held else skus[0]] += units
    return [
        {
            "sku": sku,
            "on_hand": offer.on_hand,
            "available": offer.available,
            "offered": None if offer.offered is None else shared[at] * factor,
            "open_orders": held[sku],
            "quantity": rules.in_units_sold(counted[at], factor)
            if basis is Basis.COUNT
            else shared[at] + held[sku] // factor,
        }
        for at, sku in enumerate(skus)
    ]


def _factors(connection: sa.Connection) -> dict[int, int]:
    query = sa.select(product.c.id, product.c.unit_factor).where(product.c.unit_factor > 1)
    return dict(connection.execute(query).all())


def _bill(connection: sa.Connection) -> dict[int, list[tuple[int, int]]]:
    b = bom_line.c
    query = sa.select(b.parent_id, b.component_id, b.quantity).where(b.kind == "bundle").order_by(b.component_id)
    bill: dict[int, list[tuple[int, int]]] = {}
    for parent, component, units in connection.execute(query):
        bill.setdefault(parent, []).append((component, int(units)))
    return bill


def _aliases(connection: sa.Connection, channel_id: int) -> list[tuple[int, int, str]]:
    a = sku_alias.c
    query = (
        sa.select(a.channel_id, a.product_id, a.external_sku).where(a.channel_id.in_((0, channel_id))).order_by(a.id)
    )
    return [(row.channel_id, row.product_id, row.external_sku) for row in connection.execute(query)]


def _wanted(connection: sa.Connection, channel_id: int, aliases: Sequence[tuple[int, int, str]]) -> set[int]:
    """Products that the shop ever sold, or that have a SKU of their own there."""
    sold = sa.select(daily_sales.c.product_id).distinct().where(daily_sales.c.channel_id == channel_id)
    return {*connection.execute(sold).scalars(), *(number for channel, number, _ in aliases if channel == channel_id)}


def _stock_at(connection: sa.Connection, location_id: int) -> pd.DataFrame:
    b = stock_balance.c
    query = sa.select(b.product_id, b.on_hand, b.reserved).where(b.location_id == location_id)
    return pd.DataFrame(connection.execute(query).all(), columns=["product_id", "on_hand", "reserved"])


def _open_orders(connection: sa.Connection, channel_id: int) -> dict[int, dict[str, int]]:
    """Units that the shop's paid orders still hold: product → SKU as sold → units."""
    o, line = sales_order.c, order_line.c
    sku = sa.func.coalesce(line.sold_as, product.c.sku)
    query = (
        sa.select(line.product_id, sku.label("sku"), sa.func.sum(line.quantity).label("units"))
        .select_from(
            sales_order.join(order_line, line.order_id == o.id).join(product, product.c.id == line.product_id)
        )
        .where(
            o.channel_id == channel_id, o.document == "order", o.state == "paid", o.withdrawn_by.is_(None),
            line.superseded_by.is_(None), line.cancelled.is_(sa.false()), line.quantity > 0,
            sa.or_(line.fulfilled.is_(None), line.fulfilled.is_(sa.false())),
        )
        .group_by(line.product_id, sku)
    )  # fmt: skip
    held: dict[int, dict[str, int]] = {}
    for number, name, units in connection.execute(query):
        held.setdefault(number, {})[name] = int(units)
    return held


def _share_warnings(connection: sa.Connection, shop: Channel, basis: Basis) -> list[Text]:
    """Whether the shops that ship from one place may together offer more than lies there."""
    if basis is Basis.COUNT:
        return []
    beside = [other for other in read_channels(connection) if other.ships_from == shop.ships_from]
    total = sum(other.terms.stock_share for other in beside)
    if total <= 100 or len(beside) < 2:
        return []
    return [
        T(
            "{shops} ship from {place} and offer {total} % of its stock together: two shops may sell the same unit. "
            "Set shares in Settings that sum to at most 100 %.",
            shops=", ".join(other.name for other in beside[:NAMES_SHOWN]) + (" …" if len(beside) > NAMES_SHOWN else ""),
            place=shop.place,
            total=total,
        )
    ]


def _bundle_warnings(listed: Mapping[int, str], bill: rules.Bill, basis: Basis) -> list[Text]:
    """Which listed products (id → our SKU) draw on stock that another one draws on too."""
    shared = [] if basis is Basis.COUNT else rules.drawing_on_shared(list(listed), bill)
    if not shared:
        return []
    named = sorted(listed[number] for number in shared)
    return [
        T(
            "Bundles hold the same stock as other bundles or single products: the shop may sell a unit twice. {skus}",
            skus=", ".join(named[:NAMES_SHOWN]) + (" …" if len(named) > NAMES_SHOWN else ""),
        )
    ]


def formula_warnings(frame: pd.DataFrame, declared: UploadFormat) -> list[Text]:
    """Ids that get an apostrophe, because a spreadsheet would take them for formulas."""
    ids = ("sku", "order_id", "tracking_number", "line_ref")
    written = [column.field for column in declared.columns if column.field in ids]
    found = sorted({str(word) for name in written for word in frame[name] if safe_cell(word) != word})
    if not found:
        return []
    return [
        T(
            "These ids look like formulas and get an apostrophe in front, which the platform may not know: {ids}",
            ids=", ".join(found[:NAMES_SHOWN]) + (" …" if len(found) > NAMES_SHOWN else ""),
        )
    ]


YES, NO = T("yes"), T("no")


def _stock_filters(shop: Channel, declared: UploadFormat, request: StockRequest) -> tuple[tuple[Text, Text | str], ...]:
    return (
        (T("Channel or shop"), shop.name),
        (T("Format"), declared.name),
        (T("Ships from"), shop.place),
        (T("Share of the stock"), f"{shop.terms.stock_share} %"),
        (T("Safety buffer"), str(shop.terms.safety_buffer)),
        (T("Write 0 for unknown stock"), YES if request.unknown_as_zero else NO),
        (
            T("Products"),
            T("all") if request.all_products else T("those that the shop sold or has a SKU of its own for"),
        ),
    )


def written(sheet: Sheet) -> tuple[list[str], list[list[Any]]]:
    """The headers and the cells of the file, in the format's order; None is an empty cell."""
    if sheet.filled is not None:
        return sheet.filled
    columns: list[list[Any]] = []
    for column in sheet.declared.columns:
        if column.field:
            cells = [None if pd.isna(value) else value for value in sheet.rows[column.field].tolist()]
        else:
            cells = [column.fixed or None] * len(sheet.rows)
        columns.append([cell if at == 0 or not column.first_row_only else None for at, cell in enumerate(cells)])
    return [column.header for column in sheet.declared.columns], [list(row) for row in zip(*columns, strict=True)]
