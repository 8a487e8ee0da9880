"""Watches what units of work write: whatever changes is told in the audit.

A unit of work that commits a change without an event makes the test fail in which it happens, wherever the code stands
that forgot it. What was written is taken from the statements themselves, those that touched no row left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pytest
import sqlalchemy as sa

import erp_core.schema  # noqa: F401  (registers every table)
from erp_core.db import bulk
from erp_core.db.base import metadata
from erp_core.db.uow import UnitOfWork

_WRITE = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(?P<table>\w+)', re.IGNORECASE)

# What changes without anybody having done anything, and why.
NOT_AN_ACT = {
    "packed_part": "copies of rollups for readers in a hurry; made anew at any time",
    "daily_sales": "a rollup of orders",
    "daily_orders": "a rollup of orders",
    "daily_stock": "a rollup of movements",
    "failed_tries": "counts wrong passwords; the refusal itself is told",
    "user_session": "when somebody was last seen; signing in, out and ending are told",
    "refusal_noted": "when a refusal was last told, so that nobody floods the audit",
    "digest_delivery": "itself the log of what the worker sent",
}


@contextmanager
def watched(patch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """While it lasts, every commit is looked at; the list fills with what was wrong."""
    written: WeakKeyDictionary[sa.Connection, set[str]] = WeakKeyDictionary()
    wrong: list[str] = []

    def note(connection: sa.Connection, table: str) -> None:
        if table in metadata.tables:
            written.setdefault(connection, set()).add(table)

    def executed(connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        found = _WRITE.match(statement)
        if found is not None and cursor.rowcount != 0:
            note(connection, found["table"])

    executemany, copy, commit = bulk._executemany, bulk._copy, UnitOfWork.commit

    def noted_executemany(connection: sa.Connection, table: sa.Table, *rest: Any) -> None:
        note(connection, table.name)
        executemany(connection, table, *rest)

    def noted_copy(connection: sa.Connection, name: str, *rest: Any) -> Any:
        note(connection, name)
        return copy(connection, name, *rest)

    def looked_at(uow: UnitOfWork) -> None:
        changed = written.pop(uow.connection, set()) - NOT_AN_ACT.keys()
        if changed and not uow.last_steps:
            wrong.append(f"{uow.actor} changed {', '.join(sorted(changed))} and left no event")
        commit(uow)

    patch.setattr(bulk, "_executemany", noted_executemany)
    patch.setattr(bulk, "_copy", noted_copy)
    patch.setattr(UnitOfWork, "commit", looked_at)
    sa.event.listen(sa.Engine, "after_cursor_execute", executed)
    try:
        yield wrong
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", executed)
