"""Packed rollups: the rows of a rollup as columns of numbers, one block a month, read in milliseconds.

A rollup such as daily_sales has a row a product and day; reading a year of a large shop row by row takes seconds, its
blocks a few hundredths. The rollup stays the truth: whoever changes its rows calls `touch` in the same transaction,
which makes the block of that month void. `read` takes blocks that hold, and rows where a block is void; `pack` writes
the void ones anew, from time to time, in the background. What was read stays in memory, by version, so that a second
reader reads nothing; a version is never used twice, not even after a restore.
"""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from erp_core.db.engine import Database
from erp_core.db.tables import packed_part
from erp_core.db.upsert import insert_replacing

Columns = dict[str, npt.NDArray[Any]]  # whole numbers
Built = TypeVar("Built")
DAY_ZERO = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Rollup:
    """A rollup that can be packed. `rows` reads its rows of the days from the first to the last as whole numbers by
    column, `day` (days since 1970-01-01) among them, sorted as `Packed` is to have them within a month."""

    name: str
    rows: Callable[[sa.Connection, dt.date, dt.date], Columns]


@dataclass
class Packed:
    """All rows of a rollup, the months in their order. The columns but `day` are as narrow as their numbers allow:
    widen them before you compute, and do not write into them. `derived` keeps what is computed from these very rows for
    the next who asks."""

    versions: tuple[tuple[int, int], ...]
    columns: Columns
    _derived: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def derived(self, name: str, build: Callable[[Columns], Built]) -> Built:
        """What `build` makes of the columns, made once; `name` tells it from others of these rows."""
        with self._lock:
            if name not in self._derived:
                self._derived[name] = build(self.columns)
            found: Built = self._derived[name]
            return found


@dataclass
class _Memory:
    """What this process has read from one database: blocks by part with their version, and the whole of them."""

    parts: dict[tuple[str, int], tuple[int, Columns]] = field(default_factory=dict)
    wholes: dict[str, Packed] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


_MEMORIES: WeakKeyDictionary[sa.Pool, _Memory] = WeakKeyDictionary()
_MEMORIES_LOCK = threading.Lock()


def part_of(day: dt.date) -> int:
    """The number of a day's month.

    >>> part_of(dt.date(2025, 1, 31)), days_of(24300)
    (24300, (datetime.date(2025, 1, 1), datetime.date(2025, 1, 31)))
    """
    return day.year * 12 + day.month - 1


def days_of(part: int) -> tuple[dt.date, dt.date]:
    """The first and the last day of a month."""
    following = dt.date((part + 1) // 12, (part + 1) % 12 + 1, 1)
    return dt.date(part // 12, part % 12 + 1, 1), following - dt.timedelta(days=1)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - DAY_ZERO).days


def parts_of(days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`part_of` of day numbers."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


def day_column(column: sa.ColumnElement[dt.date], connection: sa.Connection) -> sa.ColumnElement[int]:
    """A DATE column as its day number, computed by the database."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.func.julianday(column) - 2440587.5, sa.Integer).label("day")
    return sa.cast(sa.func.date_part("epoch", column) / 86400, sa.Integer).label("day")


def currency_column(column: sa.ColumnElement[str], connection: sa.Connection) -> sa.ColumnElement[int]:
    """A currency's three letters as one number, computed by the database (`currency_of` reads it back)."""
    code = sa.func.unicode if connection.dialect.name == "sqlite" else sa.func.ascii
    first, second, third = (code(sa.func.substr(column, at, 1)) for at in (1, 2, 3))
    return (first * 65536 + second * 256 + third).label("currency")


def currency_of(code: int) -> str:
    """The letters of a currency's number.

    >>> currency_of(ord("C") * 65536 + ord("N") * 256 + ord("Y"))
    'CNY'
    """
    return "".join(chr((code >> shift) & 255) for shift in (16, 8, 0))


def touch(connection: sa.Connection, name: str, parts: Iterable[int]) -> None:
    """The rows of these months of a rollup change in this transaction: their blocks are void."""
    wanted = sorted(set(parts))
    if not wanted:
        return
    rows = [{"name": name, "part": part, "version": secrets.randbits(62), "content": None} for part in wanted]
    insert_replacing(connection, packed_part, rows, ("name", "part"))


def forget(connection: sa.Connection, names: Iterable[str]) -> None:
    """These rollups are about to be made anew, from nothing."""
    connection.execute(sa.delete(packed_part).where(packed_part.c.name.in_(list(names))))


def read(connection: sa.Connection, rollup: Rollup) -> Packed:
    """All rows of a rollup as this connection's snapshot has them."""
    p = packed_part.c
    held = connection.execute(
        sa.select(p.part, p.version, p.content.is_not(None)).where(p.name == rollup.name).order_by(p.part)
    ).all()
    versions = tuple((int(part), int(version)) for part, version, _ in held)
    memory = _memory(connection)
    with memory.lock:
        whole = memory.wholes.get(rollup.name)
        if whole is None or whole.versions != versions:
            packed = {int(part) for part, _, is_packed in held if is_packed}
            whole = _whole(connection, rollup, memory, versions, packed)
            memory.wholes[rollup.name] = whole
        return whole


def pack(database: Database, rollups: Iterable[Rollup]) -> int:
    """Write the blocks that are void; returns how many. A month that changes meanwhile stays void for the next time."""
    written = 0
    p = packed_part.c
    for rollup in rollups:
        void = sa.select(p.part, p.version).where(p.name == rollup.name, p.content.is_(None)).order_by(p.part)
        with database.reading() as connection:
            open_parts = [(int(part), int(version)) for part, version in connection.execute(void)]
            if not open_parts:
                continue
            read(connection, rollup)
            parts = _memory(connection).parts
            blocks = [(part, version, encode(parts[(rollup.name, part)][1])) for part, version in open_parts]
        with database.writing_connection() as connection:
            for part, version, block in blocks:
                same = sa.and_(p.name == rollup.name, p.part == part, p.version == version)
                written += connection.execute(sa.update(packed_part).where(same).values(content=block)).rowcount
            connection.commit()
    return written


def is_void(connection: sa.Connection) -> bool:
    """Whether any block wants writing."""
    query = sa.select(packed_part.c.part).where(packed_part.c.content.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def encode(columns: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Columns as a block: an Arrow stream, each column in the narrowest whole number that holds it."""
    arrays = {name: pa.array(_narrowed(column)) for name, column in columns.items()}
    table = pa.table(arrays)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def decode(block: bytes) -> Columns:
    """The columns of `encode`."""
    table = pa.ipc.open_stream(block).read_all()
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _narrowed(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if not len(column):
        return column
    return column.astype(np.result_type(np.min_scalar_type(column.min()), np.min_scalar_type(column.max())))


def _memory(connection: sa.Connection) -> _Memory:
    with _MEMORIES_LOCK:
        return _MEMORIES.setdefault(connection.engine.pool, _Memory())


def _whole(
    connection: sa.Connection,
    rollup: Rollup,
    memory: _Memory,
    versions: tuple[tuple[int, int], ...],
    packed: set[int],
) -> Packed:
    wanted = [part for part, version in versions if memory.parts.get((rollup.name, part), (None, None))[0] != version]
    found = _blocks(connection, rollup, [part for part in wanted if part in packed])
    found |= _rows_by_part(connection, rollup, [part for part in wanted if part not in packed])
    for part, version in versions:
        if part in found:
            memory.parts[(rollup.name, part)] = (version, found[part])
    gone = {key for key in memory.parts if key[0] == rollup.name} - {(rollup.name, part) for part, _ in versions}
    for key in gone:
        del memory.parts[key]
    blocks = [memory.parts[(rollup.name, part)][1] for part, _ in versions]
    if not blocks:
        return Packed(versions, rollup.rows(connection, DAY_ZERO, DAY_ZERO))
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return Packed(versions, columns | {"day": columns["day"].astype(np.int64)})


def _blocks(connection: sa.Connection, rollup: Rollup, parts: list[int]) -> dict[int, Columns]:
    p = packed_part.c
    query = sa.select(p.part, p.content).where(p.name == rollup.name, p.part.in_(parts))
    return {int(part): decode(content) for part, content in connection.execute(query)} if parts else {}


def _rows_by_part(connection: sa.Connection, rollup: Rollup, parts: list[int]) -> dict[int, Columns]:
    """The rows of months without a block, read together."""
    if not parts:
        return {}
    columns = rollup.rows(connection, days_of(min(parts))[0], days_of(max(parts))[1])
    month = parts_of(columns["day"])
    order = np.argsort(month, kind="stable")
    starts = np.searchsorted(month[order], parts)
    ends = np.searchsorted(month[order], parts, side="right")
    return {
        part: {name: _narrowed(column[order[start:end]]) for name, column in columns.items()}
        for part, start, end in zip(parts, starts, ends, strict=True)
    }
