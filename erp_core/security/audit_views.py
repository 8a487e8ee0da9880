"""What the audit holds, for people: the events that fit a choice, the newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from erp_core.security.tables import audit_event

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
    and `after` a mapping or None."""
    e = audit_event.c
    query = sa.select(*(e[name] for name in COLUMNS)).where(*_conditions(choice)).order_by(e.id.desc()).limit(limit)
    rows = [tuple(row) for row in connection.execute(query)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return frame.astype({"id": "int64"}) if len(frame) else frame


def count(connection: sa.Connection, choice: Choice) -> int:
    """How many events fit."""
    query = sa.select(sa.func.count()).select_from(audit_event).where(*_conditions(choice))
    return int(connection.execute(query).scalar_one())


def actors(connection: sa.Connection) -> list[str]:
    """Everybody who did anything."""
    return list(connection.execute(sa.select(audit_event.c.actor).distinct().order_by(audit_event.c.actor)).scalars())


def actions(connection: sa.Connection) -> list[str]:
    """Everything that was done, as it is stored."""
    return list(connection.execute(sa.select(audit_event.c.action).distinct().order_by(audit_event.c.action)).scalars())


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
