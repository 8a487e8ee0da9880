"""The chain of audit events: each carries the hash of the one before, and the newest stands in a row of its own.

What is found: an event that was changed, taken out, put in, or put elsewhere, and a tail that was cut off. What is not:
a chain that somebody with full rights on the database wrote anew from the changed event to the end, head included; that
is told by the head in a backup made before, or in a note of `audit verify`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from erp_core.db.chain import GENESIS, TIME_FORMAT, link
from erp_core.security.tables import audit_event, audit_head

_ROWS_AT_ONCE = 5_000


class Head(NamedTuple):
    """The newest event: its number and its hash."""

    id: int
    hash: str


@dataclass(frozen=True)
class Event:
    """What one act leaves: who, what, when, from where; before and after are of the values that it changed."""

    at: dt.datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    source: str = ""
    before: Any = None
    after: Any = None


class Fault(StrEnum):
    """What is wrong with a link."""

    CHANGED = "changed"  # its hash is not that of what it says
    MISSING = "missing"  # what stood before it is gone
    CUT = "cut off"  # what stood after it is gone; it is the last that stands
    ORDER = "out of order"  # it follows another event than the one before it
    HEAD = "head lost"  # the row that names the newest event names none, or another


@dataclass(frozen=True)
class Broken:
    """The first broken link: the number of the event (0 where no event stands), and what is wrong there."""

    event_id: int
    fault: Fault


@dataclass(frozen=True)
class Verified:
    """What a verification found. `events`: how many were read, those after a broken link not counted."""

    events: int
    head: Head | None
    broken: Broken | None = None

    @property
    def ok(self) -> bool:
        """Whether every link holds."""
        return self.broken is None


def head(connection: sa.Connection) -> Head | None:
    """The newest event of the chain; None where nothing was done yet."""
    h = audit_head.c
    found = connection.execute(sa.select(h.event_id, h.hash)).first()
    if found is None:
        return None
    number = found.event_id if isinstance(found.event_id, int) else 0  # SQLite keeps any word that somebody puts there
    return Head(number, str(found.hash))


def append(connection: sa.Connection, events: Sequence[Event], above: int = 0) -> Head | None:
    """Add events to the chain, their numbers greater than `above` and than all that stand; returns the new head.

    Other writers wait from here to the end of the transaction, so that none adds to the same link: on SQLite they wait
    for any transaction that writes, on PostgreSQL for the lock on the head.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE audit_head IN EXCLUSIVE MODE"))
    stands = head(connection)
    if not events:
        return stands
    highest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(audit_event.c.id), 0))).scalar_one()
    number = max(int(highest), above, stands.id if stands else 0)
    previous = stands.hash if stands else GENESIS
    rows = []
    for event in events:
        number += 1
        row = {
            "id": number, "actor": event.actor, "source": event.source, "action": event.action,
            "subject": event.subject, "details": event.details, "before": event.before, "after": event.after,
            "previous": previous,
        }  # fmt: skip
        previous = link({**row, "at": event.at.astimezone(dt.UTC).strftime(TIME_FORMAT)})
        rows.append({**row, "at": event.at, "hash": previous})
    connection.execute(sa.insert(audit_event), rows)
    newest = {"event_id": number, "hash": previous}
    if stands is None:
        connection.execute(sa.insert(audit_head).values(id=1, **newest))
    else:
        connection.execute(sa.update(audit_head).values(newest))
    return Head(number, previous)


def verify(connection: sa.Connection, tell: Callable[[float], None] = lambda _share: None) -> Verified:
    """Follow the chain from the first event to the head; the first broken link, where there is one. Reads everything,
    some thousand rows at a time; `tell` hears the share that is done."""
    named = head(connection)
    total = connection.execute(sa.select(sa.func.count()).select_from(audit_event)).scalar_one() or 1
    count, last, previous = 0, 0, GENESIS
    for row in _rows(connection):
        fault = _fault(connection, row, previous)
        if fault is not None:
            return Verified(count, named, Broken(int(row["id"]), fault))
        count, last, previous = count + 1, int(row["id"]), row["hash"]
        if count % _ROWS_AT_ONCE == 0:
            tell(count / total)
    tell(1.0)
    return Verified(count, named, _broken_end(named, last, previous))


def _fault(connection: sa.Connection, row: dict[str, Any], previous: str) -> Fault | None:
    try:
        for name in ("details", "before", "after"):
            row[name] = None if row[name] is None else json.loads(row[name])
        whole = link(row) == row["hash"]
    except (TypeError, ValueError, RecursionError):  # no longer JSON, or nothing that was ever written as such
        whole = False
    if not whole:
        return Fault.CHANGED
    if row["previous"] == previous:
        return None
    e = audit_event.c
    stands = connection.execute(sa.select(e.id).where(e.hash == row["previous"]).limit(1)).first() is not None
    return Fault.ORDER if stands or row["previous"] == GENESIS else Fault.MISSING


def _broken_end(named: Head | None, last: int, previous: str) -> Broken | None:
    if named is None:
        return None if last == 0 else Broken(last, Fault.HEAD)
    if named.id > last:
        return Broken(last, Fault.CUT)
    if named != (last, previous):
        return Broken(last, Fault.HEAD)
    return None


def as_stored(connection: sa.Connection) -> list[sa.ColumnElement[Any]]:
    """The columns of an event as they stand, whatever they hold: `at` as `YYYY-MM-DD HH:MM:SS` of UTC, JSON as
    its text."""
    e = audit_event.c
    if connection.dialect.name == "sqlite":
        at: sa.ColumnElement[str] = sa.cast(e.at, sa.Text)
    else:
        whole = sa.func.to_char(sa.func.timezone("UTC", e.at), "YYYY-MM-DD HH24:MI:SS.US", type_=sa.Text)
        at = sa.func.replace(whole, ".000000", "", type_=sa.Text)
    documents = [sa.cast(column, sa.Text).label(column.name) for column in (e.details, e.before, e.after)]
    return [e.id, at.label("at"), e.actor, e.source, e.action, e.subject, *documents, e.previous, e.hash]


def _rows(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """The events as they were hashed: `at` in TIME_FORMAT, JSON as its text."""
    e = audit_event.c
    query = sa.select(*as_stored(connection)).order_by(e.id).limit(_ROWS_AT_ONCE)
    found = connection.execute(query).mappings().all()
    while found:  # by key, not by a cursor: the question in between is asked on the same connection
        for row in found:
            at = str(row["at"])
            yield {**row, "at": f"{at[:10]}T{at[11:]}Z" if at[10:11] == " " else at}
        found = connection.execute(query.where(e.id > found[-1]["id"])).mappings().all()
