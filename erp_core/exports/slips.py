"""Packing slips: one HTML file to print, an order a sheet of paper, without a script and without anything from outside.

Every word from the books is escaped: a product's name with markup in it comes out as text, and one that a spreadsheet
would run, should it be given the page, as text too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

import sqlalchemy as sa

from erp_core.calendar import local_day
from erp_core.catalog.tables import bom_line, product
from erp_core.company.views import Company
from erp_core.errors import BadInput, NotFound
from erp_core.exports import rules
from erp_core.files.export import ExportHeader, safe_cell
from erp_core.money import decimals, price_from_stored, to_major
from erp_core.orders.channels import find_channel, read_channels
from erp_core.orders.tables import order_line, sales_order
from erp_core.parties.tables import customer
from erp_core.security.masking import shown
from erp_core.stock.tables import location
from erp_core.text import T, Text, format_date, format_datetime, format_money, format_number, say

MOST_SLIPS = 2_000


@dataclass(frozen=True)
class SlipRequest:
    """Which orders, by the shops' own numbers; `channel` where two shops use the same number. `prices`: with money."""

    orders: tuple[str, ...]
    channel: str | None = None
    prices: bool = False


@dataclass(frozen=True)
class SlipLine:
    """What to put into the parcel; of a bundle, `components` are what is taken from the shelf.

    `quantity` in stock units; `unit` names them where they are not what is sold (250 g of tea that is sold by the kg).
    Money in major units, the price for one unit sold; None = not shown or not known.
    """

    sku: str
    name: str
    quantity: int
    unit: str = ""
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    components: tuple[SlipLine, ...] = ()


@dataclass(frozen=True)
class Slip:
    """One order as its packer needs it; persons' data are masked already where they may not be seen."""

    order_id: str
    shop: str
    day: dt.date
    place: str
    recipient: tuple[str, ...]
    note: str
    lines: tuple[SlipLine, ...]
    currency: str
    prices: bool


def waiting_orders(connection: sa.Connection, channel_id: int, limit: int = 500) -> list[dict[str, Any]]:
    """Orders of a shop that are paid and have not left, the oldest first: order_id, ds, lines, quantity, city."""
    o = sales_order.c
    paid = (o.document == "order", o.state == "paid", o.withdrawn_by.is_(None), o.lines > 0)
    query = (
        sa.select(o.external_id.label("order_id"), o.ds, o.lines, o.quantity, o.city)
        .where(o.channel_id == channel_id, *paid)
        .order_by(o.ordered_at, o.id)
        .limit(limit)
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


def read_slips(
    connection: sa.Connection, company: Company, request: SlipRequest, *, see_personal_data: bool
) -> tuple[Slip, ...]:
    """The slips of these orders, in the order in which they were asked for.

    Raises BadInput for no order, too many, or a number that several shops use; NotFound for numbers without an order.
    """
    wanted = list(dict.fromkeys(word.strip() for word in request.orders if word.strip()))
    if not wanted or len(wanted) > MOST_SLIPS:
        raise BadInput(
            T(
                "Packing slips are printed for 1 to {most} orders at a time, not for {count}.",
                most=MOST_SLIPS,
                count=len(wanted),
            ),
            hint=T("Name the orders by the numbers that the shop gives them."),
            code="slips.how_many",
        )  # fmt: skip
    found = _orders(connection, wanted, request.channel)
    lines = _lines(connection, [row.id for rows in found.values() for row in rows])
    shops = {shop.id: shop for shop in read_channels(connection)}
    places = dict(connection.execute(sa.select(location.c.id, location.c.name)).all())
    bill = _components(connection)
    slips = []
    for number in wanted:
        (row,) = found[number]
        shop = shops[row.channel_id]
        slips.append(
            Slip(
                order_id=row.external_id,
                shop=shop.name,
                day=local_day(row.ordered_at, company.time_zone),
                place=places.get(row.location_id, shop.place),
                recipient=_recipient(row, see=see_personal_data),
                note=shown(row.personal, see_personal_data=see_personal_data).get("buyer_note", ""),
                lines=tuple(
                    _slip_line(line, bill, row.currency, prices=request.prices) for line in lines.get(row.id, [])
                ),
                currency=row.currency,
                prices=request.prices,
            )
        )
    return tuple(slips)


def _orders(connection: sa.Connection, wanted: Sequence[str], channel: str | None) -> dict[str, list[Any]]:
    o, buyer = sales_order.c, customer.c
    query = (
        sa.select(sales_order, buyer.personal.label("buyer"))
        .join(customer, buyer.id == o.customer_id, isouter=True)
        .where(o.external_id.in_(wanted), o.withdrawn_by.is_(None), o.document == "order")
    )
    if channel is not None:
        query = query.where(o.channel_id == find_channel(connection, channel).id)
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.external_id, []).append(row)
    missing = [number for number in wanted if number not in found]
    if missing:
        raise NotFound(
            T("There is no order {numbers}.", numbers=", ".join(missing[:20])),
            hint=T("Name the orders by the numbers that the shop gives them."),
            code="slips.no_such_order",
        )
    double = [number for number in wanted if len(found[number]) > 1]
    if double:
        raise BadInput(
            T("Several shops have an order {numbers}.", numbers=", ".join(double[:20])),
            hint=T("Say which shop is meant."),
            code="slips.several_shops",
        )
    return found


def _lines(connection: sa.Connection, orders: Sequence[int]) -> dict[int, list[Any]]:
    line = order_line.c
    query = (
        sa.select(
            line.order_id, line.product_id, line.title, line.quantity, line.unit_price, line.amount, line.sold_as,
            product.c.sku, product.c.name, product.c.unit_factor, product.c.stock_unit,
        )
        .select_from(order_line.join(product, product.c.id == line.product_id, isouter=True))
        .where(
            line.order_id.in_(orders), line.superseded_by.is_(None), line.cancelled.is_(sa.false()), line.quantity > 0,
            sa.or_(product.c.is_charge.is_(None), product.c.is_charge.is_(sa.false())),
        )
        .order_by(line.order_id, line.line_no)
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.order_id, []).append(row)
    return found


@dataclass(frozen=True)
class _Part:
    """A component of a bundle: so many stock units in one bundle."""

    sku: str
    name: str
    units: int
    counted_in: str


def _components(connection: sa.Connection) -> dict[int, list[_Part]]:
    b, p = bom_line.c, product.c
    query = (
        sa.select(b.parent_id, p.sku, p.name, b.quantity, p.unit_factor, p.stock_unit)
        .join(product, p.id == b.component_id)
        .where(b.kind == "bundle")
        .order_by(p.sku)
    )
    bill: dict[int, list[_Part]] = {}
    for parent, sku, name, units, factor, stock_unit in connection.execute(query):
        bill.setdefault(parent, []).append(_Part(sku, name or "", int(units), _counted_in(factor, stock_unit)))
    return bill


def _counted_in(factor: int | None, stock_unit: str | None) -> str:
    """The name of the unit that a product is counted in, where it is not the one that it is sold in."""
    return stock_unit or "" if (factor or 1) > 1 else ""


def _slip_line(row: Any, bill: Mapping[int, Sequence[_Part]], currency: str, *, prices: bool) -> SlipLine:
    sku = row.sku or row.sold_as or ""
    return SlipLine(
        sku=sku if row.sold_as in (None, sku) else f"{sku} ({row.sold_as})",
        name=row.title or row.name or "",
        quantity=int(row.quantity),
        unit=_counted_in(row.unit_factor, row.stock_unit),
        unit_price=price_from_stored(row.unit_price * (row.unit_factor or 1))
        if prices and row.unit_price is not None
        else None,
        amount=to_major(row.amount, currency) if prices else None,
        components=tuple(
            SlipLine(part.sku, part.name, int(row.quantity) * part.units, part.counted_in)
            for part in bill.get(row.product_id, ())
        ),
    )


def _recipient(row: Any, *, see: bool) -> tuple[str, ...]:
    """Name, phone, address, and the places that stay plain; what is not known is left out."""
    to, buyer = (shown(document, see_personal_data=see) for document in (row.personal, row.buyer))
    # an order that names no recipient goes to its buyer
    name, phone, address = (to.get(field) or buyer.get(field, "") for field in ("name", "phone", "address"))
    place = " ".join(word for word in (row.postcode, row.city, row.province, row.country) if word)
    return tuple(word for word in (name, phone, address, place) if word)


# --- the page --------------------------------------------------------------------------------------------------------

_STYLE = """
@page { size: A5 portrait; margin: 10mm; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #000; font: 10pt/1.4 "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
  "Microsoft YaHei", Arial, sans-serif; }
section { max-width: 128mm; margin: 8mm auto; padding: 4mm; border: 1px solid #bbb; break-after: page;
  break-inside: auto; }
section:last-of-type { break-after: auto; }
header { display: flex; justify-content: space-between; gap: 6mm; align-items: flex-start; }
h1 { font-size: 14pt; margin: 0; overflow-wrap: anywhere; }
small { font-size: 8pt; color: #444; margin-right: 1mm; }
h2 { font-size: 9pt; margin: 4mm 0 1mm; color: #444; font-weight: 600; }
p { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }
svg { height: 14mm; width: auto; max-width: 100%; display: block; }
figure { margin: 0; text-align: center; font-size: 8pt; min-width: 30mm; }
table { width: 100%; border-collapse: collapse; margin-top: 3mm; }
th, td { text-align: left; padding: 1.2mm 1.5mm; border-bottom: 1px solid #ccc; vertical-align: top;
  overflow-wrap: anywhere; }
th { font-size: 8pt; color: #444; border-bottom: 1px solid #000; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.q { font-weight: 700; font-size: 12pt; }
.part td { color: #444; border-bottom-style: dotted; } .part td:first-child { padding-left: 5mm; }
.box { width: 6mm; } .box span { display: inline-block; width: 4mm; height: 4mm; border: 1px solid #000; }
footer { margin-top: 4mm; font-size: 7.5pt; color: #555; }
@media print { section { margin: 0; padding: 0; border: 0; max-width: none; } }
"""


_PHONE = re.compile(r"[+\d\s()\-./]*")  # nothing in it to run


def _shown(text: str) -> str:
    """A word of the books as it stands on the page."""
    return escape(text if _PHONE.fullmatch(text) else safe_cell(text))


def page(slips: Sequence[Slip], header: ExportHeader) -> str:
    """All slips as one HTML page in the reader's language (`header.language`)."""
    language = header.language
    title = _shown(header.title)
    sections = "\n".join(_section(slip, header, at, len(slips)) for at, slip in enumerate(slips, start=1))
    return (
        f'<!doctype html>\n<html lang="{language.replace("_", "-")}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{sections}\n</body>\n</html>\n"
    )


def _section(slip: Slip, header: ExportHeader, at: int, count: int) -> str:
    language = header.language

    def words(text: Text) -> str:
        return _shown(say(text, language))

    facts = [
        (T("Channel or shop"), slip.shop),
        (T("Order date"), format_date(slip.day, language)),
        (T("Ships from"), slip.place),
    ]
    figure = _bars(slip.order_id)
    parts = [
        "<section>",
        f"<header><div><p>{words(T('Packing slip'))}</p><h1>{_shown(slip.order_id)}</h1>",
        *(f"<p><small>{words(name)}</small> {_shown(value)}</p>" for name, value in facts),
        f"</div>{f'<figure>{figure}<div>{_shown(slip.order_id)}</div></figure>' if figure else ''}</header>",
    ]
    if slip.recipient:
        parts.append(f"<h2>{words(T('Recipient'))}</h2>")
        parts += [f"<p>{_shown(line)}</p>" for line in slip.recipient]
    if slip.note:
        parts.append(f"<h2>{words(T('Buyer’s remark'))}</h2><p>{_shown(slip.note)}</p>")
    parts.append(_table(slip, language))
    stamp = format_datetime(header.at, language, "UTC")
    said = T("Printed on {at} UTC by {by} · {number} of {count}", at=stamp, by=header.by, number=at, count=count)
    parts += [f"<footer>{words(said)}</footer>", "</section>"]
    return "\n".join(parts)


def _table(slip: Slip, language: str) -> str:
    heads = [(T("SKU"), ""), (T("Product name"), ""), (T("Quantity"), "n")]
    if slip.prices:
        heads += [(T("Unit price"), "n"), (T("Line amount"), "n")]
    head = "".join(f'<th class="{kind}">{escape(say(text, language))}</th>' for text, kind in heads)
    body = []
    for line in slip.lines:
        body.append(_row(line, slip, language, kind="whole" if line.components else "single"))
        body += [_row(part, slip, language, kind="part") for part in line.components]
    total = sum(line.quantity for line in slip.lines)
    said = say(T("Units: {count}", count=format_number(total, language)), language)
    count = "" if any(line.unit for line in slip.lines) else f'<p class="n">{escape(said)}</p>'  # grams and pieces
    return f'<table><thead><tr>{head}<th class="box"></th></tr></thead><tbody>{"".join(body)}</tbody></table>{count}'


def _row(line: SlipLine, slip: Slip, language: str, *, kind: str) -> str:
    """A row of the table; what is taken from the shelf has a box to tick."""
    money = [_money(value, slip.currency, language) for value in (line.unit_price, line.amount)] if slip.prices else []
    box = "" if kind == "whole" else "<span></span>"
    return (
        f'<tr class="{kind}"><td>{_shown(line.sku)}</td><td>{_shown(line.name)}</td>'
        f'<td class="n q">{format_number(line.quantity, language)}{f" {_shown(line.unit)}" if line.unit else ""}</td>'
        f'{"".join(f"""<td class="n">{word}</td>""" for word in money)}<td class="box">{box}</td></tr>'
    )


def _money(value: Decimal | None, currency: str, language: str) -> str:
    if value is None:
        return ""
    places = max(decimals(currency), len(f"{value:f}".partition(".")[2]))
    return escape(format_money(value, currency, language, decimals=places))


def _bars(text: str) -> str:
    """A number as bars (Code 128) in an SVG image with its quiet zones; nothing where it cannot be written so."""
    widths = rules.code_128_widths(text)
    if widths is None:
        return ""
    quiet, height = 10, 50
    at, bars = quiet, []
    for place, width in enumerate(map(int, widths)):
        if place % 2 == 0:
            bars.append(f'<rect x="{at}" y="0" width="{width}" height="{height}"/>')
        at += width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at + quiet} {height}" role="img" '
        f'aria-label="{escape(text)}" shape-rendering="crispEdges">{"".join(bars)}</svg>'
    )
