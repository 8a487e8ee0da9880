"""Who was erased: so that a file which comes again does not bring back what a person asked to be rid of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from erp_core.db.bulk import load_temporary
from erp_core.parties.tables import erased_person
from erp_core.security.sealing import Marker, marker_of

_JOINT = "\x1f"


@dataclass(frozen=True)
class Erased:
    """When somebody was erased (aware, UTC), and the buyer without a name that is left of them; None of a recipient."""

    at: dt.datetime
    customer_id: int | None


def mark_of_person(marker: Marker, scope: str, key: str) -> int:
    """The mark of a buyer: `key` as `rules.customer_key` makes it, within a shop or a list."""
    return marker.words([_JOINT.join(("person", scope, key))])[0]


def mark_of_order(marker: Marker, channel_id: int, number: str) -> int:
    """The mark of the recipient of one order, where no buyer stands behind it."""
    return marker.words([_JOINT.join(("order", str(channel_id), number))])[0]


def any_erased(connection: sa.Connection) -> bool:
    """Whether anybody ever was."""
    return connection.execute(sa.select(erased_person.c.mark).limit(1)).first() is not None


def erased_by_mark(connection: sa.Connection, marks: Sequence[int]) -> dict[int, Erased]:
    """Those of these marks that stand for somebody who was erased."""
    wanted = load_temporary(connection, "asked_marks", {"mark": (sa.BigInteger(), list(dict.fromkeys(marks)))})
    e = erased_person.c
    query = sa.select(e.mark, e.at, e.customer_id).join(wanted, wanted.c.mark == e.mark)
    return {row.mark: Erased(row.at, row.customer_id) for row in connection.execute(query)}


def erased_buyers(connection: sa.Connection, buyers: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Erased]:
    """Those of these buyers (scope, key) who were erased. Needs a connection that may write."""
    if not buyers or not any_erased(connection):
        return {}
    marker = marker_of(connection)
    marks = {mark_of_person(marker, *buyer): buyer for buyer in dict.fromkeys(buyers)}
    return {marks[mark]: found for mark, found in erased_by_mark(connection, list(marks)).items()}


def erased_recipients(connection: sa.Connection, orders: Sequence[tuple[int, str]]) -> Mapping[tuple[int, str], Erased]:
    """Those of these orders (channel, number) whose recipient was erased. Needs a connection that may write."""
    if not orders or not any_erased(connection):
        return {}
    marker = marker_of(connection)
    marks = {mark_of_order(marker, *order): order for order in dict.fromkeys(orders)}
    return {marks[mark]: found for mark, found in erased_by_mark(connection, list(marks)).items()}
