"""INSERT … SELECT … ON CONFLICT on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_adding(
    connection: sa.Connection, table: sa.Table, rows: sa.Select[Any], keys: Sequence[str], sums: Sequence[str]
) -> None:
    """Insert the rows of a select; where a key stands already, add to its sums. The select yields keys, then sums."""
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = build(table).from_select([*keys, *sums], rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(keys), set_={name: table.c[name] + statement.excluded[name] for name in sums}
        )
    )


def insert_missing(
    connection: sa.Connection, table: sa.Table, rows: sa.Select[Any], columns: Sequence[str], keys: Sequence[str]
) -> None:
    """Insert the rows of a select whose key does not stand yet."""
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = build(table).from_select(list(columns), rows)
    connection.execute(statement.on_conflict_do_nothing(index_elements=list(keys)))


def insert_replacing(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> None:
    """Insert a few rows; where a key stands already, its other columns become those of the row."""
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = build(table)
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=others), list(rows))


def insert_once(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> tuple[int, bool]:
    """Insert a row unless one of the same `token` stands; returns the id of the one that stands now, and whether it is
    new. A token of None is no other's."""
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = build(table).values(**values).on_conflict_do_nothing(index_elements=["token"]).returning(table.c.id)
    added = connection.execute(statement).scalar_one_or_none()
    if added is not None:
        return int(added), True
    known = sa.select(table.c.id).where(table.c.token == values["token"])
    return int(connection.execute(known).scalar_one()), False
