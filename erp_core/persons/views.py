"""Finding a person by what they say of themselves, and all that is held of them.

Names, phone numbers and mail addresses are found by keyed hashes, exactly and without reading anybody else's; what is
found is opened and compared, since two words may share a hash.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import product
from erp_core.customers.views import CONTACT_COLUMNS, contacts
from erp_core.db import facts
from erp_core.errors import NotFound
from erp_core.imports.tables import import_file, import_rejected
from erp_core.money import to_major
from erp_core.orders.tables import channel, order_line, return_case, sales_order, shipment
from erp_core.parties.tables import customer
from erp_core.security.masking import HIDDEN, shown
from erp_core.security.vault import Kind, Vault, normal_form, vault_of
from erp_core.text import T

HIT_COLUMNS = (
    "person", "found_by", "name", "phone", "email", "country", "province", "city", "shops", "orders", "last_order",
)  # fmt: skip
ORDER_COLUMNS = ("order_id", "channel", "number", "ds", "state", "quantity", "total", "currency", "recipient")
MOST_HITS = 200
_REFERENCE = re.compile(r"([cor])(\d+)")
_DIGESTS = {
    "name_digest": (Kind.NAME, "name"),
    "mail_digest": (Kind.MAIL, "email"),
    "phone_digest": (Kind.PHONE, "phone"),
    "tail_digest": (Kind.TAIL, "phone"),
}


@dataclass(frozen=True)
class Reader:
    """Who asks: whether they may see personal data, and the shops that they are limited to (None = all)."""

    see_personal_data: bool
    channels: frozenset[int] | None = None


@dataclass(frozen=True)
class Reference:
    """A person: a buyer (`c12`), the recipient of one order that has no buyer (`o345`), or somebody who is known from a
    row that an import rejected, and from nothing else (`r6`)."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}{self.id}"

    @classmethod
    def of(cls, word: str) -> Reference:
        """The reference that this word is. Raises NotFound."""
        match = _REFERENCE.fullmatch(word.strip())
        if match is None:
            raise unknown(word)
        return cls(match[1], int(match[2]))


@dataclass(frozen=True)
class Person:
    """A person: `identity` as the reader may see it (field → value), country, province, city and postcode plain;
    `erased`: nothing but numbers is left of them; `orders` (`ORDER_COLUMNS`, money in major units) and `contacts`, the
    newest first."""

    reference: Reference
    identity: Mapping[str, Any]
    erased: bool
    orders: pd.DataFrame
    contacts: pd.DataFrame


def unknown(word: str) -> NotFound:
    """There is nobody of this reference."""
    return NotFound(
        T("There is nobody with the reference “{word}”.", word=word),
        hint=T("Find the person by name, phone, mail, the last four digits of the phone, or an order’s number."),
        code="person.unknown",
    )


def find_persons(connection: sa.Connection, words: str, reader: Reader) -> pd.DataFrame:
    """Who has this name, phone number (or its last four digits), mail address, customer id or order number: exactly,
    but for case and spaces in names and mails and signs between digits; ids and numbers as the shop writes them.

    Columns `HIT_COLUMNS`; found_by: name, phone, tail, mail, id, order, recipient (of one of their orders), rejected
    (these rows are opened one by one, and only where nobody else was found); the buyer of the latest order first, at
    most MOST_HITS.
    """
    asked = words.strip()
    vault = vault_of(connection)
    found: dict[Reference, str] = {}
    if asked:
        for number, how in _buyers(connection, vault, asked):
            found.setdefault(Reference("c", number), how)
        for order, buyer, how in _orders(connection, vault, asked):
            reference = Reference("o", order) if buyer is None else Reference("c", buyer)
            found.setdefault(reference, how)
        if not found and reader.channels is None:  # a rejected row belongs to no shop
            found = dict.fromkeys(_rejected(connection, asked), "rejected")
    hits = [_hit(connection, reference, how, reader) for reference, how in list(found.items())[:MOST_HITS]]
    frame = pd.DataFrame([hit for hit in hits if hit is not None], columns=list(HIT_COLUMNS))
    return frame.sort_values(["last_order", "person"], ascending=[False, True], na_position="last", ignore_index=True)


def _conditions(vault: Vault, table: sa.Table, asked: str) -> list[tuple[str, sa.ColumnElement[bool]]]:
    """How a row of the table may be found by these words: the name of the way, and the condition."""
    ways: list[tuple[str, sa.ColumnElement[bool]]] = []
    for column, (kind, _) in _DIGESTS.items():
        digests = vault.digests_to_find(kind, asked)
        if column in table.c and digests and (kind is not Kind.TAIL or re.fullmatch(r"\d{4}", asked)):
            ways.append((column, table.c[column].in_(digests)))
    return ways


def _fits(document: Mapping[str, Any], column: str, asked: str) -> bool:
    kind, field = _DIGESTS[column]
    return normal_form(kind, document.get(field)) == normal_form(kind, asked)


def _buyers(connection: sa.Connection, vault: Vault, asked: str) -> Iterable[tuple[int, str]]:
    c = customer.c
    for column, condition in _conditions(vault, customer, asked):
        query = sa.select(c.id, c.personal).where(condition, c.withdrawn_by.is_(None)).limit(MOST_HITS)
        for row in connection.execute(query):
            if _fits(row.personal, column, asked):
                yield row.id, str(_DIGESTS[column][0])
    tags = vault.tags_to_find(Kind.KEY, f"id:{asked}")
    scopes = ["", *connection.execute(sa.select(channel.c.name)).scalars()]  # a key is indexed within its scope
    query = sa.select(c.id).where(c.scope.in_(scopes), c.key.in_(tags), c.withdrawn_by.is_(None)).limit(MOST_HITS)
    for number in connection.execute(query).scalars():
        yield number, "id"


def _orders(connection: sa.Connection, vault: Vault, asked: str) -> Iterable[tuple[int, int | None, str]]:
    o = sales_order.c
    named = sa.select(o.id, o.customer_id).where(o.external_id.in_((asked, f"#{asked}")), o.withdrawn_by.is_(None))
    for number, buyer in connection.execute(named.limit(MOST_HITS)):
        yield number, buyer, "order"
    for column, condition in _conditions(vault, sales_order, asked):
        query = sa.select(o.id, o.customer_id, o.personal).where(condition, o.withdrawn_by.is_(None))
        for row in connection.execute(query.order_by(o.id.desc()).limit(MOST_HITS)):
            if _fits(row.personal, column, asked):
                yield row.id, row.customer_id, "recipient"


def _rejected(connection: sa.Connection, asked: str) -> Iterable[Reference]:
    wanted = {(kind, normal) for kind in TELLING if (normal := normal_form(kind, asked)) is not None}
    r = import_rejected.c
    for row in connection.execute(sa.select(r.id, r.personal).order_by(r.id.desc())):
        if any(tells_of(cell, wanted) for cell in row.personal.get("cells", ())):
            yield Reference("r", row.id)


TELLING = (Kind.NAME, Kind.PHONE, Kind.MAIL)


def tells_of(cell: Any, wanted: Collection[tuple[Kind, str]]) -> bool:
    """Whether a cell is one of these names, numbers or addresses (`vault.normal_form`)."""
    word = str(cell or "")
    return any(normal_form(kind, word) == normal for kind, normal in wanted)


def _of(reference: Reference) -> sa.ColumnElement[bool]:
    """The condition of a person's orders."""
    o = sales_order.c
    if reference.kind == "r":
        return sa.false()
    return o.customer_id == reference.id if reference.kind == "c" else o.id == reference.id


def _visible(reader: Reader) -> sa.ColumnElement[bool]:
    return sa.true() if reader.channels is None else sales_order.c.channel_id.in_(reader.channels)


def _hit(connection: sa.Connection, reference: Reference, how: str, reader: Reader) -> dict[str, Any] | None:
    o = sales_order.c
    query = (
        sa.select(sa.func.count(o.id), sa.func.max(o.ds), sa.func.min(channel.c.name), sa.func.max(channel.c.name))
        .select_from(sales_order.join(channel, channel.c.id == o.channel_id))
        .where(_of(reference), o.withdrawn_by.is_(None), _visible(reader))
    )
    count, last, first_shop, last_shop = connection.execute(query).one()
    if reader.channels is not None and not count:
        return None  # of other shops than the reader's
    identity, _ = _identity(connection, reference, reader)
    shops = " · ".join(dict.fromkeys(name for name in (first_shop, last_shop) if name))
    return {
        "person": str(reference), "found_by": how, "shops": shops, "orders": int(count),
        "last_order": None if last is None else pd.Timestamp(last),
        **{name: identity.get(name) for name in ("name", "phone", "email", "country", "province", "city")},
        "name": identity.get("name") or identity.get("external_id"),
    }  # fmt: skip


def _identity(connection: sa.Connection, reference: Reference, reader: Reader) -> tuple[dict[str, Any], bool]:
    """Who it is as the reader may see it, and whether they were erased. Raises NotFound."""
    if reference.kind == "r":
        return _rejected_row(connection, reference, reader), False
    table = customer if reference.kind == "c" else sales_order
    t = table.c
    columns = [t.personal, t.country, t.province, t.city, t.postcode]
    erased = customer.c.erased_at if reference.kind == "c" else sa.null().label("erased_at")
    query = sa.select(*columns, erased).where(t.id == reference.id, t.withdrawn_by.is_(None))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise unknown(str(reference))
    places = {name: row[name] for name in ("country", "province", "city", "postcode") if row[name]}
    known = dict(row["personal"])
    if reference.kind == "c" and row["erased_at"] is None:
        recipient = _latest_recipient(connection, reference, reader)
        if not known.get("name") or recipient.get("name") in (None, known["name"]):  # a gift goes to somebody else
            known = {**recipient, **known}
    identity = {**shown(known, see_personal_data=reader.see_personal_data), **places}
    return identity, row["erased_at"] is not None


def _rejected_row(connection: sa.Connection, reference: Reference, reader: Reader) -> dict[str, Any]:
    """The filled cells of a rejected row by their headers; hidden from those who may not see personal data."""
    r = import_rejected.c
    query = sa.select(r.batch_id, r.file_no, r.personal).where(r.id == reference.id)
    row = connection.execute(query).one_or_none()
    if row is None or reader.channels is not None:
        raise unknown(str(reference))
    files = sa.select(import_file.c.columns).where(import_file.c.batch_id == row.batch_id).order_by(import_file.c.id)
    headers = connection.execute(files).scalars().all()[row.file_no]
    cells = zip(headers, row.personal.get("cells", ()), strict=False)
    return {header: cell if reader.see_personal_data else HIDDEN for header, cell in cells if cell}


def _latest_recipient(connection: sa.Connection, reference: Reference, reader: Reader) -> dict[str, Any]:
    """Whom a buyer had the latest order sent to: platforms tell of an account and of a recipient."""
    o = sales_order.c
    query = (
        sa.select(o.personal)
        .where(_of(reference), o.withdrawn_by.is_(None), o.personal.is_not(None), _visible(reader))
        .order_by(o.ordered_at.desc(), o.id.desc())
        .limit(1)
    )
    document: dict[str, Any] = connection.execute(query).scalar_one_or_none() or {}
    return {name: document[name] for name in ("name", "phone", "address") if name in document}


def same_person(connection: sa.Connection, reference: Reference) -> list[Reference]:
    """The other buyers with the same phone or mail: of another shop, or on a customer list."""
    if reference.kind != "c":
        return []
    c = customer.c
    own = connection.execute(sa.select(c.phone_digest, c.mail_digest).where(c.id == reference.id)).one_or_none()
    same = [] if own is None else [c[name] == value for name, value in own._mapping.items() if value is not None]
    if not same:
        return []
    query = sa.select(c.id).where(sa.or_(*same), c.id != reference.id, c.withdrawn_by.is_(None)).order_by(c.id)
    return [Reference("c", number) for number in connection.execute(query.limit(MOST_HITS)).scalars()]


def read_person(connection: sa.Connection, reference: Reference, reader: Reader) -> Person:
    """A person with their orders and contacts. Raises NotFound, also for one of other shops than the reader's."""
    identity, erased = _identity(connection, reference, reader)
    orders = orders_of(connection, reference, reader)
    if reader.channels is not None and orders.empty:
        raise unknown(str(reference))
    spoken = (
        contacts(connection, reference.id, see_personal_data=reader.see_personal_data)
        if reference.kind == "c"
        else pd.DataFrame(columns=list(CONTACT_COLUMNS))
    )
    return Person(reference, identity, erased, orders, spoken)


def orders_of(connection: sa.Connection, reference: Reference, reader: Reader, limit: int = 1_000) -> pd.DataFrame:
    """A person's standing orders, the newest first: `ORDER_COLUMNS`; total in major units, missing where no file says
    it; recipient: the name that the order goes to."""
    o = sales_order.c
    query = (
        sa.select(
            o.id.label("order_id"), channel.c.name.label("channel"), o.external_id.label("number"), o.ds, o.state,
            o.quantity, o.total, o.goods, o.charges, o.currency, o.personal,
        )
        .select_from(sales_order.join(channel, channel.c.id == o.channel_id))
        .where(_of(reference), o.withdrawn_by.is_(None), _visible(reader))
        .order_by(o.ordered_at.desc(), o.id.desc())
        .limit(limit)
    )  # fmt: skip
    rows = []
    for row in connection.execute(query).mappings():
        total = row["total"] if row["total"] is not None else row["goods"] + row["charges"]
        recipient = shown(row["personal"], see_personal_data=reader.see_personal_data).get("name")
        rows.append({**row, "total": float(to_major(total, row["currency"])), "recipient": recipient})
    frame = pd.DataFrame(rows, columns=list(ORDER_COLUMNS))
    return frame.assign(ds=pd.to_datetime(frame["ds"]))


def everything(connection: sa.Connection, reference: Reference, reader: Reader) -> dict[str, Any]:
    """All that is held of a person, as plain values for a file of their own: identity, orders with what is in them,
    what was sent and what came back, contacts. Raises NotFound."""
    person = read_person(connection, reference, reader)
    orders = orders_of(connection, reference, reader, limit=1_000_000)
    ids = [int(number) for number in orders["order_id"]]
    inside = _details(connection, ids, reader)
    return {
        "person": str(reference),
        "identity": dict(person.identity),
        "orders": [
            {
                "channel": row["channel"], "number": row["number"], "day": row["ds"].date().isoformat(),
                "state": row["state"], "total": row["total"], "currency": row["currency"],
                **inside.get(int(row["order_id"]), {}),
            }
            for row in orders.to_dict("records")
        ],
        "contacts": [
            {
                "at": row["at"].isoformat(),
                **{name: row[name] for name in ("medium", "direction", "subject", "note", "channel", "order_number")},
            }
            for row in person.contacts.to_dict("records")
        ],
    }  # fmt: skip


def _details(connection: sa.Connection, ids: Sequence[int], reader: Reader) -> dict[int, dict[str, Any]]:
    """Of each order: where it goes, its lines, its parcels, what came back."""
    found: dict[int, dict[str, Any]] = {number: {"lines": [], "parcels": [], "returns": []} for number in ids}
    o, line, parcel, back = sales_order.c, order_line.c, shipment.c, return_case.c
    places = sa.select(o.id, o.personal, o.country, o.province, o.city, o.postcode).where(o.id.in_(ids))
    for row in connection.execute(places).mappings():
        where = {name: row[name] for name in ("country", "province", "city", "postcode") if row[name]}
        found[row["id"]]["recipient"] = {**shown(row["personal"], see_personal_data=reader.see_personal_data), **where}
    lines = (
        sa.select(line.order_id, line.title, product.c.sku, product.c.name, line.quantity)
        .select_from(order_line.outerjoin(product, product.c.id == line.product_id))
        .where(line.order_id.in_(ids), line.superseded_by.is_(None))
    )
    for row in connection.execute(lines.order_by(line.order_id, line.line_no)).mappings():
        what = {"sku": row["sku"], "name": row["title"] or row["name"], "quantity": int(row["quantity"])}
        found[row["order_id"]]["lines"].append(what)
    parcels = sa.select(parcel.order_id, parcel.carrier, parcel.tracking_number, parcel.shipped_at, parcel.delivered_at)
    for row in connection.execute(parcels.where(parcel.order_id.in_(ids), facts.stands(shipment))).mappings():
        found[row["order_id"]]["parcels"].append(_plain(row))
    returns = sa.select(back.order_id, back.returned_at, back.state, back.quantity, back.personal)
    for row in connection.execute(returns.where(back.order_id.in_(ids), facts.stands(return_case))).mappings():
        reason = shown(row["personal"], see_personal_data=reader.see_personal_data).get("reason")
        found[row["order_id"]]["returns"].append({**_plain(row), "reason": reason})
    return found


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row.items()
        if name not in ("order_id", "personal")
    }
