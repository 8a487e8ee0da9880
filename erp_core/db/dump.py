"""The rows of a table as text that both databases read: CSV, the same bytes for the same rows on either.

A value of a text is always in quotes, a missing one is nothing at all, so that an empty text and a missing one stay two
things. Times are UTC (`2026-03-02 09:00:00`), truth is 1 or 0, bytes are `\\x` and hexadecimal digits, JSON is the text
that is stored. Rows stand in the order of their key. Neither way holds more than some thousand rows in memory.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import sqlalchemy as sa

from erp_core.db.bulk import driver_cursor

_ROWS_AT_ONCE = 5_000
_CHUNK = 256 * 1024
_LEAST_BLOCK = 1024 * 1024


class Content(StrEnum):
    """What a column holds, whatever either database calls it."""

    WHOLE = "integer"
    FLAG = "boolean"
    DAY = "date"
    TIME = "time"
    JSON = "json"
    BYTES = "bytes"
    TEXT = "text"


_NUMERIC = (Content.WHOLE, Content.FLAG)
_OF_TYPE: tuple[tuple[type[sa.types.TypeEngine[Any]], Content], ...] = (
    (sa.Boolean, Content.FLAG),
    (sa.Integer, Content.WHOLE),
    (sa.DateTime, Content.TIME),
    (sa.Date, Content.DAY),
    (sa.JSON, Content.JSON),
    (sa.LargeBinary, Content.BYTES),
    (sa.String, Content.TEXT),
)


def content_of(column: sa.Column[Any]) -> Content:
    """What a column holds. Raises TypeError for a kind of column that no table has had so far."""
    for kind, content in _OF_TYPE:
        if isinstance(column.type, kind):
            return content
    raise TypeError(f"{column.table.name}.{column.name}: columns of {column.type!r} cannot be written as text yet")


@dataclass
class Written:
    """What was written of a table. Each row lies whole within one of the blocks; `block` is the size of the largest."""

    rows: int = 0
    size: int = 0
    block: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """Of all that was written, as hexadecimal digits."""
        return str(self.digest.hexdigest())

    def put(self, sink: IO[bytes], block: bytes) -> None:
        """Write a block of whole rows."""
        sink.write(block)
        self.size += len(block)
        self.block = max(self.block, len(block))
        self.digest.update(block)


def write_rows(connection: sa.Connection, table: sa.Table, sink: IO[bytes], tell: Callable[[int], None]) -> Written:
    """Write all rows of a table as this connection's snapshot has them. `tell` hears from time to time how many rows
    are written; what it raises ends the work."""
    written = Written()
    header = io.StringIO()
    csv.writer(header, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(column.name for column in table.columns)
    written.put(sink, header.getvalue().encode())
    write = _from_sqlite if connection.dialect.name == "sqlite" else _from_postgresql
    for block, rows in write(connection, table):
        written.put(sink, block)
        written.rows += rows
        tell(written.rows)
    return written


def read_rows(connection: sa.Connection, table: sa.Table, source: IO[bytes], rows: int, block: int) -> None:
    """Append the rows that `write_rows` wrote; `block` is the size of its largest block.

    Raises the driver's own error, or pyarrow's, where the text does not fit the table.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _into_sqlite(connection, table, source, block)
    else:
        _into_postgresql(connection, table, source)


def _selection(table: sa.Table, expression: Callable[[str, Content], str], collation: str) -> str:
    columns = ", ".join(f'{expression(column.name, content_of(column))} AS "{column.name}"' for column in table.columns)
    keys = ", ".join(
        f'"{table.name}"."{column.name}"' + (collation if content_of(column) is Content.TEXT else "")
        for column in table.primary_key
    )
    return f'SELECT {columns} FROM "{table.name}"' + (f" ORDER BY {keys}" if keys else "")


def _sqlite_expression(name: str, content: Content) -> str:
    if content is Content.BYTES:
        return f'CASE WHEN "{name}" IS NULL THEN NULL ELSE \'\\x\' || lower(hex("{name}")) END'
    return f'"{name}"'


def _postgresql_expression(name: str, content: Content) -> str:
    return {
        Content.FLAG: f'"{name}"::int',
        Content.TIME: f"to_char(\"{name}\" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')",
        Content.DAY: f"to_char(\"{name}\", 'YYYY-MM-DD')",
        Content.JSON: f'"{name}"::text',
        Content.BYTES: f"'\\x' || encode(\"{name}\", 'hex')",
    }.get(content, f'"{name}"')


def _from_sqlite(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[bytes, int]]:
    kinds = [pa.int64() if content_of(column) in _NUMERIC else pa.string() for column in table.columns]
    schema = pa.schema(list(zip(table.columns.keys(), kinds, strict=True)))
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    cursor = driver_cursor(connection)
    cursor.execute(_selection(table, _sqlite_expression, " COLLATE BINARY"))
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        columns = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
        block = io.BytesIO()
        pa_csv.write_csv(pa.record_batch(columns, schema=schema), block, options)
        yield block.getvalue(), len(rows)


def _from_postgresql(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[bytes, int]]:
    quoted = ", ".join(f'"{column.name}"' for column in table.columns if content_of(column) not in _NUMERIC)
    force = f", FORCE_QUOTE ({quoted})" if quoted else ""
    selection = _selection(table, _postgresql_expression, ' COLLATE "C"')
    waiting, rows = bytearray(), 0
    with (
        driver_cursor(connection) as cursor,
        cursor.copy(f"COPY ({selection}) TO STDOUT WITH (FORMAT csv{force})") as copy,
    ):
        for row in copy:  # the protocol hands over one whole row at a time
            waiting += row
            rows += 1
            if len(waiting) >= _CHUNK:
                yield bytes(waiting), rows
                waiting, rows = bytearray(), 0
    if rows:
        yield bytes(waiting), rows


def _into_sqlite(connection: sa.Connection, table: sa.Table, source: IO[bytes], block: int) -> None:
    contents = {column.name: content_of(column) for column in table.columns}
    names = next(csv.reader([source.readline().decode()]))
    reader = _batches(source, names, contents, block)
    marks = ", ".join("?" for _ in names)
    statement = f'INSERT INTO "{table.name}" ({_listed(names)}) VALUES ({marks})'
    cursor = driver_cursor(connection)
    for batch in reader:
        columns: list[Sequence[Any]] = []
        for name, column in zip(names, batch.columns, strict=True):
            values = column.to_pylist()
            if contents[name] is Content.BYTES:
                values = [None if value is None else bytes.fromhex(value[2:]) for value in values]
            columns.append(values)
        cursor.executemany(statement, zip(*columns, strict=True))


def _batches(
    source: IO[bytes], names: Sequence[str], contents: dict[str, Content], block: int
) -> Iterator[pa.RecordBatch]:
    kinds = {name: pa.int64() if contents[name] in _NUMERIC else pa.string() for name in names}
    # A row may lie across the border of two blocks, not of three.
    reading = pa_csv.ReadOptions(
        use_threads=False,
        block_size=max(block, _LEAST_BLOCK),
        column_names=list(names),
        autogenerate_column_names=False,
    )
    converting = pa_csv.ConvertOptions(
        column_types=kinds, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    parsing = pa_csv.ParseOptions(newlines_in_values=True)
    return iter(pa_csv.open_csv(source, reading, parsing, converting))


def _into_postgresql(connection: sa.Connection, table: sa.Table, source: IO[bytes]) -> None:
    names = next(csv.reader([source.readline().decode()]))
    connection.execute(sa.text("SET LOCAL TIME ZONE 'UTC'"))
    statement = f'COPY "{table.name}" ({_listed(names)}) FROM STDIN WITH (FORMAT csv)'
    with driver_cursor(connection) as cursor, cursor.copy(statement) as copy:
        while block := source.read(_CHUNK):
            copy.write(block)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
