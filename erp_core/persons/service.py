"""Giving a person what is held of them, and erasing it.

Erasing destroys the sealed documents, the keyed hashes and tags, and the salt of every hash by which the log of acts
names their values; what is left is a buyer without a name, so that orders, stock, money and every sum stay as they are.
Country, province and city stay, the postcode goes: with a city it may lead to one house.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.customers.tables import interaction
from erp_core.db.engine import Database
from erp_core.db.scrub import empty_journal, leave_no_traces, overwrite_deleted
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.imports.tables import import_change, import_issue, import_rejected
from erp_core.orders.tables import order_event, return_case, sales_order, shipment, tracking_event
from erp_core.parties.erased import mark_of_order, mark_of_person
from erp_core.parties.tables import customer, erased_person
from erp_core.persons.views import Reader, Reference, everything, tells_of, unknown
from erp_core.security import audit
from erp_core.security.audit import Act
from erp_core.security.guard import require
from erp_core.security.masking import HIDDEN
from erp_core.security.permissions import Permission
from erp_core.security.sealing import marker_of
from erp_core.security.vault import Kind, normal_form

_REWRITTEN = ("customer", "sales_order", "order_event", "interaction", "return_case", "tracking_event", "import_change",
              "import_rejected", "import_issue")  # fmt: skip
_POSTCODE = "postcode"


@dataclass(frozen=True)
class Extent:
    """What an erasure touches, or has touched: orders (taken-back ones too), contacts, rows that imports rejected."""

    orders: int
    contacts: int
    rejected: int


def look_at(uow: UnitOfWork, reference: Reference) -> None:
    """Note that somebody opened a person's data, unmasked."""
    require(uow, Permission.VIEW_CUSTOMERS)
    require(uow, Permission.SEE_PERSONAL_DATA)
    audit.record(uow, Act.LOOK_AT_PERSON, str(reference))


def give(uow: UnitOfWork, reference: Reference) -> dict[str, Any]:
    """All that is held of a person (`views.everything`), noted in the log of acts. Raises NotFound."""
    for permission in (Permission.ANSWER_PERSONS, Permission.SEE_PERSONAL_DATA, Permission.EXPORT):
        require(uow, permission)
    document = everything(uow.connection, reference, Reader(True, uow.channels))
    audit.record(
        uow, Act.GIVE_PERSON, str(reference), orders=len(document["orders"]), contacts=len(document["contacts"])
    )
    return document


def extent(connection: sa.Connection, reference: Reference) -> Extent:
    """What an erasure would touch; rejected rows are looked through when it is done. Raises NotFound."""
    ids = _orders(connection, reference)
    return Extent(len(ids), len(_contacts(connection, reference, ids)), 0)


def erase(uow: UnitOfWork, reference: Reference, at: dt.datetime | None = None) -> Extent:
    """Erase a person. Raises NotPermitted; NotFound. Afterwards `forget_traces`, outside the transaction.

    `at`: when it was asked for, where a restored backup is brought up to date; otherwise now.
    """
    require(uow, Permission.ANSWER_PERSONS)
    connection, at = uow.connection, at or uow.now()
    overwrite_deleted(connection)
    orders = _orders(connection, reference)
    contacts = _contacts(connection, reference, orders)
    documents = _documents(connection, reference, orders)
    _remember(connection, reference, at)
    if reference.kind == "c":
        _empty(connection, customer, [reference.id], key=f"erased:{secrets.token_hex(16)}", erased_at=at)
    _empty(connection, sales_order, orders)
    _forget_versions(connection, orders)
    _empty(connection, interaction, contacts)
    _empty(connection, return_case, _ids(connection, return_case, return_case.c.order_id, orders))
    parcels = _ids(connection, shipment, shipment.c.order_id, orders)
    _empty(connection, tracking_event, _ids(connection, tracking_event, tracking_event.c.shipment_id, parcels))
    rejected = _forget_imports(connection, reference, documents)
    done = Extent(len(orders), len(contacts), rejected)
    audit.record(
        uow, Act.ERASE_PERSON, str(reference), orders=done.orders, contacts=done.contacts, rejected=done.rejected
    )
    return done


def forget_traces(database: Database) -> None:
    """After an erasure was committed: nothing of it stays in the database's files."""
    if database.is_sqlite:
        empty_journal(database)
    else:
        leave_no_traces(database, _REWRITTEN)


def erase_person(database: Database, who: As, reference: Reference) -> Extent:
    """Erase a person, whole: the act, and what is left of it in the database's files."""
    with unit_of_work(database, who) as uow:
        done = erase(uow, reference)
        uow.commit()
    forget_traces(database)
    return done


# --- what belongs to a person ----------------------------------------------------------------------------------------


def _orders(connection: sa.Connection, reference: Reference) -> list[int]:
    """Their orders, those that were taken back too. Raises NotFound where there is nobody."""
    o = sales_order.c
    if reference.kind == "r":
        query = sa.select(import_rejected.c.id).where(import_rejected.c.id == reference.id)
        if connection.execute(query).first() is None:
            raise unknown(str(reference))
        return []
    if reference.kind == "o":
        query = sa.select(o.id).where(o.id == reference.id)
        found = list(connection.execute(query).scalars())
        if not found:
            raise unknown(str(reference))
        return found
    if connection.execute(sa.select(customer.c.id).where(customer.c.id == reference.id)).first() is None:
        raise unknown(str(reference))
    return list(connection.execute(sa.select(o.id).where(o.customer_id == reference.id)).scalars())


def _contacts(connection: sa.Connection, reference: Reference, orders: Sequence[int]) -> list[int]:
    i = interaction.c
    found = set(_ids(connection, interaction, i.order_id, orders))
    if reference.kind == "c":
        found |= set(connection.execute(sa.select(i.id).where(i.customer_id == reference.id)).scalars())
    return sorted(found)


def _ids(connection: sa.Connection, table: sa.Table, of: sa.Column[Any], wanted: Sequence[int]) -> list[int]:
    found: list[int] = []
    for some in _lots(wanted):
        found += connection.execute(sa.select(table.c.id).where(of.in_(some))).scalars()
    return found


def _lots(ids: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (ids[at : at + size] for at in range(0, len(ids), size))


def _documents(connection: sa.Connection, reference: Reference, orders: Sequence[int]) -> list[dict[str, Any]]:
    """What the person's rows say of them, to know it again elsewhere."""
    found: list[dict[str, Any]] = []
    if reference.kind == "r":
        return found
    if reference.kind == "c":
        found += connection.execute(sa.select(customer.c.personal).where(customer.c.id == reference.id)).scalars()
    for some in _lots(orders):
        found += connection.execute(sa.select(sales_order.c.personal).where(sales_order.c.id.in_(some))).scalars()
    return found


# --- erasing ---------------------------------------------------------------------------------------------------------


def _remember(connection: sa.Connection, reference: Reference, at: dt.datetime) -> None:
    """So that a file which comes again does not bring them back."""
    if reference.kind == "r":
        return  # nothing of them was ever stored
    marker = marker_of(connection)
    customer_id: int | None
    if reference.kind == "c":
        c = customer.c
        row = connection.execute(sa.select(c.scope, c.personal, c.erased_at).where(c.id == reference.id)).one()
        if row.erased_at is not None or "key" not in row.personal:
            return
        # and a list or a contact of no shop may name them too
        marks = {mark_of_person(marker, scope, row.personal["key"]) for scope in (row.scope, "")}
        customer_id = reference.id
    else:
        o = sales_order.c
        channel_id, number = connection.execute(
            sa.select(o.channel_id, o.external_id).where(o.id == reference.id)
        ).one()
        marks, customer_id = {mark_of_order(marker, channel_id, number)}, None
    connection.execute(sa.delete(erased_person).where(erased_person.c.mark.in_(marks)))
    connection.execute(
        sa.insert(erased_person), [{"mark": mark, "at": at, "customer_id": customer_id} for mark in sorted(marks)]
    )


def _empty(connection: sa.Connection, table: sa.Table, ids: Sequence[int], **further: Any) -> None:
    """Destroy the documents of these rows, the keyed hashes made of them, and the postcode."""
    values = {
        column.name: sa.null()
        for column in table.columns
        if column.name in ("personal", _POSTCODE) or column.name.endswith("_digest")
    }
    for some in _lots(ids):
        connection.execute(sa.update(table).where(table.c.id.in_(some)).values({**values, **further}))


def _forget_versions(connection: sa.Connection, orders: Sequence[int]) -> None:
    """What stood in the orders before they were revised."""
    e = order_event.c
    for some in _lots(orders):
        rows = connection.execute(sa.select(e.id, e.before).where(e.order_id.in_(some))).all()
        for row in rows:
            before = _without_postcode(row.before)
            connection.execute(
                sa.update(order_event).where(e.id == row.id).values(before=before, personal=sa.null())
            )  # fmt: skip


def _without_postcode(before: Any) -> Any:
    if before is None:
        return sa.null()
    return {**before, _POSTCODE: None} if _POSTCODE in before else before


def _forget_imports(connection: sa.Connection, reference: Reference, documents: Sequence[Mapping[str, Any]]) -> int:
    """What imports kept: what a list changed, and rejected rows and remarks that tell of the person. How many rows."""
    if reference.kind == "c":
        c = import_change.c
        mine = sa.and_(c.entity == customer.name, c.entity_id == reference.id)
        for row in connection.execute(sa.select(c.id, c.before).where(mine)).all():
            values = {"before": _without_postcode(row.before), "personal": sa.null()}
            connection.execute(sa.update(import_change).where(c.id == row.id).values(**values))
    told = _telling(documents)
    if not told and reference.kind != "r":
        return 0
    gone = [
        (row.id, {"cells": [HIDDEN] * len(row.personal.get("cells", ())), "reason": row.reason})
        for row in connection.execute(
            sa.select(import_rejected.c.id, import_rejected.c.personal, import_rejected.c.reason)
        )
        if row.personal
        and (_is_itself(row.id, reference) or any(tells_of(cell, told) for cell in row.personal["cells"]))
    ]
    for number, emptied in gone:
        connection.execute(sa.update(import_rejected).where(import_rejected.c.id == number).values(personal=emptied))
    r, i = import_rejected.c, import_issue.c
    at_its_row = sa.select(i.id).join(
        import_rejected, sa.and_(r.batch_id == i.batch_id, r.file_no == i.file_no, r.row == i.row)
    )
    remarks = list(connection.execute(at_its_row.where(r.id.in_([number for number, _ in gone]))).scalars())
    remarks += [
        row.id
        for row in connection.execute(sa.select(i.id, i.personal))
        if any(tells_of(word, told) for word in _quoted(row.personal.get("message", {})))
    ]
    _empty(connection, import_issue, remarks)
    return len(gone)


def _telling(documents: Sequence[Mapping[str, Any]]) -> frozenset[tuple[Kind, str]]:
    """What tells the person from others: names, phone numbers, mail addresses. (A shop's number of them may be a
    quantity in another cell.)"""
    fields = {"name": Kind.NAME, "phone": Kind.PHONE, "email": Kind.MAIL}
    told = {(kind, normal_form(kind, document.get(field))) for document in documents for field, kind in fields.items()}
    return frozenset((kind, word) for kind, word in told if word is not None)


def _is_itself(number: int, reference: Reference) -> bool:
    return reference == Reference("r", number)


def _quoted(message: Mapping[str, Any]) -> Iterable[str]:
    """The words that a sentence quotes, those of sentences within it too."""
    for value in message.get("values", {}).values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict) and "id" in value:
            yield from _quoted(value)
