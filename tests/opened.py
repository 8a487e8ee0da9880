"""Rows as the workbench reads them: sealed documents opened, their fields beside the plain columns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

import erp_core.schema  # noqa: F401  (registers every table)
from erp_core.db.base import metadata
from erp_core.db.engine import Database


def opened(database: Database, table: str, *names: str, order_by: str = "id") -> list[tuple[Any, ...]]:
    """These columns of the rows that are not withdrawn; a name that is no column, or `key`, is a field of `personal`."""
    of = metadata.tables[table]
    query = sa.select(of).order_by(of.c[order_by])
    if "withdrawn_by" in of.c:
        query = query.where(of.c.withdrawn_by.is_(None))
    with database.reading() as connection:
        found = connection.execute(query).mappings().all()
    plain = {name for name in names if name in of.c and name != "key"}
    return [tuple(row[name] if name in plain else row["personal"].get(name) for name in names) for row in found]
