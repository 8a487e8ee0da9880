"""Parcels of a shop as its ship-upload file: which are new to it, by which carrier, with what in them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period, local_day
from erp_core.catalog.tables import product
from erp_core.company.views import Company
from erp_core.exports.carriers import CARRIERS, carrier_code
from erp_core.exports.declaration import UploadFormat, What
from erp_core.exports.rules import in_units_sold
from erp_core.exports.views import NAMES_SHOWN, LeftOut, Sheet, choose_format, formula_warnings
from erp_core.imports.formats import FORMATS
from erp_core.imports.tables import import_batch
from erp_core.orders.channels import Channel, find_channel
from erp_core.orders.sent import sent_numbers
from erp_core.orders.tables import order_line, sales_order, shipment, shipment_line
from erp_core.text import T, Text

_SEVERAL = re.compile(r"[,;，；、|\r\n]+")
COLUMNS = (
    "order_pk", "order_id", "carrier", "carrier_code", "carrier_name", "tracking_number", "shipped_on", "line_ref",
    "sku", "quantity",
)  # fmt: skip


@dataclass(frozen=True)
class TrackingRequest:
    """Whose parcels go out, in which format (None: the platform's own).

    Without a `period`, those that did not go out before; with one, all that were shipped in it (or ordered in it, where
    nothing says when they were shipped). `skip_known`: not those whose number the platform's own file brought.
    """

    channel: str
    format: str | None = None
    period: Period | None = None
    skip_known: bool = False


@dataclass(frozen=True)
class _Parcel:
    order_pk: int
    order_id: str
    carrier: str | None
    number: str
    shipped_on: dt.date | None
    day: dt.date  # by which a period takes it: shipped, else ordered
    from_platform: bool
    shipment_id: int | None = None


@dataclass(frozen=True)
class _Line:
    line_ref: str | None
    sku: str | None
    quantity: int | float  # units sold


def tracking_sheet(connection: sa.Connection, company: Company, request: TrackingRequest) -> Sheet:
    """What a shop's ship-upload file would hold.

    Rows by order: `COLUMNS` (order_pk: the order's id in our books; shipped_on: day in the company's zone, missing =
    unknown; line_ref, sku, quantity only in formats by line). Raises NotFound for a shop that does not exist, BadInput
    for a format that does not.
    """
    shop = find_channel(connection, request.channel)
    declared, notes = choose_format(request.format, shop.platform, What.SHIPPING)
    parcels = _parcels(connection, shop, company.time_zone)
    sent = sent_numbers(connection, shop.id)
    known = 0
    taken: list[_Parcel] = []
    for parcel in parcels:
        if request.period is None and parcel.number in sent.get(parcel.order_pk, ()):
            continue
        if request.period is not None and not request.period.start <= parcel.day <= request.period.end:
            continue
        known += parcel.from_platform
        if not (request.skip_known and parcel.from_platform):
            taken.append(parcel)
    left_out: list[LeftOut] = []
    strangers: set[str] = set()
    rows: list[dict[str, Any]] = []
    contents = _contents(connection, shop.id) if declared.per_line else {}
    held = _held(connection, shop.id) if declared.per_line else {}
    parcels_of = pd.Series([parcel.order_pk for parcel in parcels], dtype="int64").value_counts().to_dict()
    for parcel in taken:
        reason = _refusal(parcel, declared, shop)
        if reason is not None:
            left_out.append(LeftOut(reason, order=parcel.order_id))
            continue
        row = _carrier_fields(parcel.carrier, declared, strangers) | {
            "order_pk": parcel.order_pk, "order_id": parcel.order_id, "tracking_number": parcel.number,
            "shipped_on": parcel.shipped_on,
        }  # fmt: skip
        inside = held.get(parcel.shipment_id or 0) or (
            contents.get(parcel.order_pk, []) if parcels_of[parcel.order_pk] == 1 else []
        )
        rows += [row | line for line in _line_fields(inside)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object).astype({"order_pk": "Int64"})
    warnings = [*notes, *_notes(shop, known, strangers, skipped=request.skip_known), *formula_warnings(frame, declared)]
    return Sheet(shop, declared, frame, tuple(left_out), tuple(warnings), _filters(shop, declared, request))


def numbers_of(sheet: Sheet) -> dict[int, list[str]]:
    """Order (in our books) → the tracking numbers that the sheet holds of it."""
    found: dict[int, list[str]] = {}
    for order, number in zip(sheet.rows["order_pk"], sheet.rows["tracking_number"], strict=True):
        held = found.setdefault(int(order), [])
        if number not in held:
            held.append(str(number))
    return found


def _of_shop(channel_id: int) -> list[sa.ColumnElement[bool]]:
    o = sales_order.c
    return [
        o.channel_id == channel_id,
        o.document == "order",
        o.state.not_in(("cancelled", "adjustment")),
        o.withdrawn_by.is_(None),
    ]


def _parcels(connection: sa.Connection, shop: Channel, time_zone: str) -> list[_Parcel]:
    """Every parcel with a number: those of shipments, and the order's own number where no shipment carries it."""
    o, s = sales_order.c, shipment.c
    own = {
        name
        for name, declared in FORMATS.items()
        if not declared.loose and declared.platform.casefold() == shop.platform.casefold()
    }
    left_at = sa.func.coalesce(s.shipped_at, o.shipped_at).label("at")
    shipped = (
        sa.select(
            o.id, o.external_id, o.ds, s.carrier, s.tracking_number, left_at, import_batch.c.format,
            s.id.label("shipment_id"),
        )
        .select_from(
            sales_order.join(shipment, s.order_id == o.id).join(
                import_batch, import_batch.c.id == s.batch_id, isouter=True
            )
        )
        .where(
            *_of_shop(shop.id), s.tracking_number.is_not(None), s.superseded_by.is_(None), s.withdrawn_by.is_(None)
        )
        .order_by(o.external_id, s.id)
    )  # fmt: skip
    of_orders = (
        sa.select(
            o.id, o.external_id, o.ds, o.carrier, o.tracking_number, o.shipped_at.label("at"), import_batch.c.format,
            sa.null().label("shipment_id"),
        )
        .select_from(sales_order.join(import_batch, import_batch.c.id == o.batch_id, isouter=True))
        .where(*_of_shop(shop.id), o.tracking_number.is_not(None))
        .order_by(o.external_id)
    )  # fmt: skip
    seen: set[tuple[int, str]] = set()
    parcels: list[_Parcel] = []
    for query in (shipped, of_orders):
        for row in connection.execute(query):
            day = None if row.at is None else local_day(row.at, time_zone)
            for number, carrier in _several(row.tracking_number, row.carrier):
                if (row.id, number) in seen:
                    continue
                seen.add((row.id, number))
                parcels.append(
                    _Parcel(
                        order_pk=row.id,
                        order_id=row.external_id,
                        carrier=carrier,
                        number=number,
                        shipped_on=day,
                        day=row.ds if day is None else day,
                        from_platform=bool(own & set((row.format or "").split("+"))),
                        shipment_id=row.shipment_id,
                    )
                )
    return sorted(parcels, key=lambda parcel: (parcel.order_id, parcel.number))


def _several(numbers: str, carriers: str | None) -> Iterable[tuple[str, str | None]]:
    """One cell may hold several numbers, with as many carriers or one for all."""
    each = [word.strip() for word in _SEVERAL.split(numbers) if word.strip()]
    names = [word.strip() for word in _SEVERAL.split(carriers or "") if word.strip()]
    if len(names) == len(each):
        return zip(each, names, strict=True)
    return ((number, carriers.strip() if carriers and carriers.strip() else None) for number in each)


def _contents(connection: sa.Connection, channel_id: int) -> dict[int, list[_Line]]:
    """Order → its live product lines."""
    o, line = sales_order.c, order_line.c
    sku = sa.func.coalesce(line.sold_as, product.c.sku)
    query = (
        sa.select(o.id, line.line_ref, sku, line.quantity, product.c.unit_factor)
        .select_from(
            sales_order.join(order_line, line.order_id == o.id).join(product, product.c.id == line.product_id)
        )
        .where(
            *_of_shop(channel_id), line.superseded_by.is_(None), line.cancelled.is_(sa.false()), line.quantity > 0,
            product.c.is_charge.is_(sa.false()),
        )
        .order_by(o.id, line.line_no)
    )  # fmt: skip
    return _grouped(connection.execute(query).all())


def _held(connection: sa.Connection, channel_id: int) -> dict[int, list[_Line]]:
    """Shipment → what files say lies in it."""
    o, s, line = sales_order.c, shipment.c, shipment_line.c
    query = (
        sa.select(s.id, line.line_ref, product.c.sku, line.quantity, product.c.unit_factor)
        .select_from(
            sales_order.join(shipment, s.order_id == o.id)
            .join(shipment_line, line.shipment_id == s.id)
            .join(product, product.c.id == line.product_id, isouter=True)
        )
        .where(*_of_shop(channel_id), s.superseded_by.is_(None), s.withdrawn_by.is_(None), line.quantity > 0)
        .order_by(s.id, line.id)
    )
    return _grouped(connection.execute(query).all())


def _grouped(rows: Sequence[Any]) -> dict[int, list[_Line]]:
    found: dict[int, list[_Line]] = {}
    for key, line_ref, sku, quantity, factor in rows:
        found.setdefault(key, []).append(_Line(line_ref, sku, in_units_sold(int(quantity), factor or 1)))
    return found


def _line_fields(inside: Sequence[_Line]) -> list[dict[str, Any]]:
    """A row for each line in the parcel where the platform's number of every line is known, else one for the parcel."""
    if not inside or any(line.line_ref is None for line in inside):
        return [{"line_ref": None, "sku": inside[0].sku if len(inside) == 1 else None, "quantity": None}]
    return [{"line_ref": line.line_ref, "sku": line.sku, "quantity": line.quantity} for line in inside]


def _refusal(parcel: _Parcel, declared: UploadFormat, shop: Channel) -> Text | None:
    if declared.needs_carrier and parcel.carrier is None:
        return T("No file says which carrier has parcel {number}.", number=parcel.number)
    if declared.needs_day and parcel.shipped_on is None:
        return T(
            "No file says when parcel {number} was shipped, and {platform} asks for the day.",
            number=parcel.number,
            platform=shop.platform,
        )
    return None


def _carrier_fields(word: str | None, declared: UploadFormat, strangers: set[str]) -> dict[str, Any]:
    """The carrier in the platform's words; one that is not in our table passes through and is noted."""
    if word is None:
        return {"carrier": None, "carrier_code": None, "carrier_name": None}
    code = carrier_code(word)
    if code is None:
        strangers.add(word)
        name = word
    else:
        name = CARRIERS[code].chinese if declared.carrier_language == "zh" else CARRIERS[code].english
    said = declared.carrier_words.get(code or "")
    if said is None and declared.other_carrier:
        return {"carrier": name, "carrier_code": declared.other_carrier, "carrier_name": name}
    return {"carrier": said or name, "carrier_code": said or name, "carrier_name": None}


def _notes(shop: Channel, known: int, strangers: Iterable[str], *, skipped: bool) -> list[Text]:
    notes: list[Text] = []
    names = sorted(strangers)
    if names:
        notes.append(
            T(
                "Carriers that are not in our table go out as they stand: {names}",
                names=", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else ""),
            )
        )
    if known and not skipped:
        notes.append(
            T("Numbers that {platform}’s own file brought, so that it knows them already: {count}",
              platform=shop.platform, count=known)
        )  # fmt: skip
    if known and skipped:
        notes.append(T("Numbers that {platform} knows already, left out: {count}", platform=shop.platform, count=known))
    return notes


def _filters(shop: Channel, declared: UploadFormat, request: TrackingRequest) -> tuple[tuple[Text, Text | str], ...]:
    period: Text | str = T("those that did not go out before")
    if request.period is not None:
        period = f"{request.period.start.isoformat()} – {request.period.end.isoformat()}"
    known: Mapping[bool, Text] = {True: T("left out"), False: T("written too")}
    return (
        (T("Channel or shop"), shop.name),
        (T("Format"), declared.name),
        (T("Parcels"), period),
        (T("Numbers that the platform knows"), known[request.skip_known]),
    )
