"""What the audit holds, for people: the events that fit a choice, the newest first."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.security.audit_chain import as_stored
from erp_core.security.tables import audit_event

UNREADABLE = "unreadable"  # the name under which the text of a document stands that is none
_LEVELS = 20  # of a document; no act writes more than four
_TEXT_SHOWN = 200
COLUMNS = ("id", "at", "actor", "source", "action", "subject", "details", "before", "after", "hash")


@dataclass(frozen=True)
class Choice:
    """Which events: from `since` to before `until` (aware instants), of these actors, of these acts; empty = all."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    actors: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


def events(connection: sa.Connection, choice: Choice, limit: int | None = None) -> pd.DataFrame:
    """The events that fit, the newest first, `limit` at most: COLUMNS; `at` aware UTC, `details` a mapping, `before`
    and `after` a mapping or None.

    An event that somebody tampered with is listed too: `at` is None where it is no time, and a document that cannot be
    read is a mapping from UNREADABLE to the text that stands in its place.
    """
    conditions = _conditions(choice)
    query = sa.select(*as_stored(connection)).where(*conditions).order_by(audit_event.c.id.desc()).limit(limit)
    rows = [_readable(row) for row in connection.execute(query).mappings()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return frame.astype({"id": "int64"}) if len(frame) else frame


def _readable(row: sa.RowMapping) -> dict[str, Any]:
    words = {name: str(row[name]) for name in ("actor", "source", "action", "subject", "hash")}
    return {
        "id": row["id"],
        "at": _instant(str(row["at"])),
        "details": _document(row["details"]) or {},
        "before": _document(row["before"]),
        "after": _document(row["after"]),
        **words,
    }


def _instant(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def _document(text: str | None) -> dict[str, Any] | None:
    """What stands in a column of JSON, as a mapping that can be shown."""
    if text is None:
        return None
    try:
        value = json.loads(text)
        if value is None:
            return None
        if isinstance(value, dict) and _is_shallow(value, _LEVELS):
            json.dumps(value, ensure_ascii=False).encode()  # half a character pair can be neither shown nor written
            return value
    except (ValueError, RecursionError):
        pass
    return {UNREADABLE: text[:_TEXT_SHOWN].encode(errors="replace").decode()}


def _is_shallow(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in inner)


def count(connection: sa.Connection, choice: Choice) -> int:
    """How many events fit."""
    query = sa.select(sa.func.count()).select_from(audit_event).where(*_conditions(choice))
    return int(connection.execute(query).scalar_one())


def actors(connection: sa.Connection) -> list[str]:
    """Everybody who did anything."""
    return _words_of(connection, audit_event.c.actor)


def actions(connection: sa.Connection) -> list[str]:
    """Everything that was done, as it is stored."""
    return _words_of(connection, audit_event.c.action)


def _words_of(connection: sa.Connection, column: sa.Column[str]) -> list[str]:
    return [str(word) for word in connection.execute(sa.select(column).distinct().order_by(column)).scalars()]


def _conditions(choice: Choice) -> list[sa.ColumnElement[bool]]:
    e = audit_event.c
    found: list[sa.ColumnElement[bool]] = []
    if choice.since is not None:
        found.append(e.at >= choice.since)
    if choice.until is not None:
        found.append(e.at < choice.until)
    if choice.actors:
        found.append(e.actor.in_(choice.actors))
    if choice.actions:
        found.append(e.action.in_(choice.actions))
    return found
