"""Imported facts (returns, receipts, fees …): appended, set aside by a later version, taken back, brought back.

A fact's key says which fact it is: its parts, and a number where the same parts stand more than once. Rows are never
edited but for `superseded_by` and `withdrawn_by`; rows without either stand. Tables: `db.base.fact_columns`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db.bulk import Column, advance_sequence, insert_columns, load_temporary, next_id
from erp_core.db.uow import UnitOfWork
from erp_core.errors import Conflict
from erp_core.text import T

Ints = npt.NDArray[np.int64]
_JOINT = "\x1f"


@dataclass(frozen=True)
class Appended:
    """What became of the facts of a file. `ids`: the new row of each, 0 where it stands unchanged; `replaced`: rows
    that were set aside for a newer version."""

    ids: Ints
    replaced: Ints

    @property
    def fresh(self) -> npt.NDArray[np.bool_]:
        """Which facts are new or changed."""
        return np.asarray(self.ids > 0)


def stands(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """The condition that a row of a table of facts stands."""
    return sa.and_(table.c.superseded_by.is_(None), table.c.withdrawn_by.is_(None))


def key_of(*parts: Any) -> str:
    """The key of a fact from what identifies it; nothing said is a part too.

    >>> key_of("no", 7, None) == key_of("no", "7", "")
    True
    """
    return _JOINT.join("" if part is None else str(part) for part in parts)


def content_of(columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> Ints:
    """One number a row over what it says, field by field; None says nothing, and a field more says nothing either."""
    total: npt.NDArray[np.uint64] = np.zeros(len(next(iter(columns.values()), ())), np.uint64)
    for name, column in columns.items():
        values = column.tolist() if isinstance(column, np.ndarray) else column
        words = np.array([*(None if value is None else f"{name}={value}" for value in values), None], object)[:-1]
        codes, unique = pd.factorize(words)
        hashed = np.asarray(pd.util.hash_array(np.asarray(unique, object), categorize=False), np.uint64)
        total = total + np.concatenate([hashed, np.zeros(1, np.uint64)])[codes]
    return total.view(np.int64)


def append(
    uow: UnitOfWork, table: sa.Table, keys: Sequence[str], columns: Mapping[str, Column], batch_id: int
) -> Appended:
    """Append facts that are new or say something else than what stands.

    `keys`: one a fact (`key_of`); equal keys within the file are different facts and get numbers. `columns`: the
    table's own columns and `content`, without fact_key and batch_id. A fact of equal key and content stands already; of
    equal key and other content it replaces the row that stands.
    """
    content = np.asarray(columns["content"], np.int64)
    codes, unique = pd.factorize(np.array(keys, object))
    standing = _standing(uow.connection, table, list(unique), np.bincount(codes, minlength=len(unique)))
    numbers, replaced = _matched(codes, content, standing)
    at = np.flatnonzero(numbers > 0)
    ids = np.zeros(len(keys), np.int64)
    if len(replaced):
        gone = load_temporary(uow.connection, "replaced_facts", {"id": (sa.BigInteger(), replaced)})
        uow.connection.execute(
            sa.update(table).where(table.c.id.in_(sa.select(gone.c.id))).values(superseded_by=batch_id)
        )
    if len(at):
        ids[at] = np.arange(len(at)) + next_id(uow.connection, table)
        chosen: dict[str, Any] = {name: _taken(column, at) for name, column in columns.items()}
        chosen |= {
            "id": ids[at],
            "fact_key": [_numbered(keys[i], int(numbers[i])) for i in at.tolist()],
            "batch_id": np.full(len(at), batch_id),
        }
        insert_columns(uow.connection, table, chosen)
        advance_sequence(uow.connection, table)
    return Appended(ids, replaced)


def _taken(column: Column, at: Ints) -> Column:
    if isinstance(column, np.ndarray | pd.Series):
        return np.asarray(column)[at]
    return [column[i] for i in at.tolist()]


def _numbered(key: str, number: int) -> str:
    return key if number == 1 else f"{key}{_JOINT}{number}"


def _standing(
    connection: sa.Connection, table: sa.Table, keys: Sequence[str], counts: npt.NDArray[Any]
) -> dict[int, list[tuple[int, int, int]]]:
    """(number, content, id) of the standing rows of each key. Numbers of one key have no gaps among all rows, those
    that no longer stand included, so the search ends where one is missing."""
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    pending = {code: (1, int(count) + 1) for code, count in enumerate(counts.tolist())}
    while pending:
        asked = [(code, number) for code, (low, high) in pending.items() for number in range(low, high + 1)]
        wanted = load_temporary(
            connection,
            "wanted_facts",
            {
                "code": (sa.BigInteger(), [code for code, _ in asked]),
                "number": (sa.BigInteger(), [number for _, number in asked]),
                "fact_key": (sa.Text(), [_numbered(keys[code], number) for code, number in asked]),
            },
        )
        query = sa.select(
            wanted.c.code, wanted.c.number, table.c.content, table.c.id, stands(table).label("stands")
        ).join(table, table.c.fact_key == wanted.c.fact_key)
        last = {code: high for code, (_, high) in pending.items()}
        further = set()
        for code, number, content, row_id, standing in connection.execute(query.order_by(wanted.c.number)):
            if standing:
                found[code].append((number, content, row_id))
            if number == last[code]:
                further.add(code)
        pending = {code: (last[code] + 1, 2 * last[code]) for code in further}
    return found


def _matched(
    codes: npt.NDArray[Any], content: Ints, standing: Mapping[int, list[tuple[int, int, int]]]
) -> tuple[Ints, Ints]:
    """For each fact its number, 0 where the same stands already; and the ids of the rows that others replace.

    Equal content is matched first, so that the order of rows in the file does not matter.
    """
    by_content: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    rest: dict[int, dict[int, int]] = {}  # key → number → id of rows not matched yet
    used: dict[int, set[int]] = {}
    for code, rows in standing.items():
        rest[code] = {number: row_id for number, _, row_id in rows}
        used[code] = set(rest[code])
        for number, said, _ in rows:
            by_content[(code, said)].append(number)
    numbers = np.full(len(codes), -1, np.int64)
    for at, pair in enumerate(zip(codes.tolist(), content.tolist(), strict=True)):
        same = by_content.get(pair)
        if same:
            rest[pair[0]].pop(same.popleft())
            numbers[at] = 0
    replaced = []
    next_free: dict[int, int] = {}
    for at in np.flatnonzero(numbers < 0).tolist():
        code = int(codes[at])
        if rest.get(code):
            number = min(rest[code])
            replaced.append(rest[code].pop(number))
        else:
            taken = used.setdefault(code, set())
            number = next_free.get(code, 1)
            while number in taken:
                number += 1
            next_free[code] = number + 1
            taken.add(number)
        numbers[at] = number
    return numbers, np.array(replaced, np.int64)


def withdraw(uow: UnitOfWork, tables: Iterable[sa.Table], batch_id: int) -> dict[str, tuple[Ints, Ints]]:
    """Take back the facts of an import; those that it replaced stand again. By table: ids gone, ids that are back.

    Raises Conflict, naming them, where later imports replaced facts of this one.
    """
    held = list(tables)
    refuse_if_replaced(uow.connection, held, batch_id)
    moved = {}
    for table in held:
        mine = sa.and_(table.c.batch_id == batch_id, stands(table))
        before = sa.and_(table.c.superseded_by == batch_id, table.c.withdrawn_by.is_(None))
        gone, back = (
            np.array(uow.connection.execute(sa.select(table.c.id).where(where)).scalars().all(), np.int64)
            for where in (mine, before)
        )
        uow.connection.execute(sa.update(table).where(mine).values(withdrawn_by=batch_id))
        uow.connection.execute(sa.update(table).where(before).values(superseded_by=None))
        moved[table.name] = (gone, back)
    return moved


def refuse_if_replaced(connection: sa.Connection, tables: Iterable[sa.Table], batch_id: int) -> None:
    """Raise Conflict, naming them, where later imports replaced facts of this one."""
    later: set[int] = set()
    for table in tables:
        query = sa.select(table.c.superseded_by).distinct()
        mine = sa.and_(table.c.batch_id == batch_id, table.c.superseded_by.is_not(None))
        later |= set(connection.execute(query.where(mine)).scalars())
    if later:
        raise Conflict(
            T(
                "Import {batch} cannot be undone: later imports changed the same rows: {later}.",
                batch=batch_id,
                later=", ".join(map(str, sorted(later))),
            ),
            hint=T("Undo the later imports first, the newest before the older."),
            code="undo.later_imports",
        )
