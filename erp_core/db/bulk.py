"""Many rows at once, inside the caller's transaction.

SQLite: `executemany` on the connection's own cursor (541,909 order lines in 1.0 s, against 4.6 s for `to_sql`); no
second copy of SQLite ever opens the live file. PostgreSQL: `COPY` into the table itself. Both see the transaction.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import sqlalchemy as sa

from erp_core.db.base import UtcTime

Column = Sequence[Any] | np.ndarray[Any, Any] | pd.Series


def insert_columns(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Column]) -> int:
    """Append rows given as equally long columns; returns their count.

    Values: numpy arrays or sequences; None is NULL. Times: datetime64 in UTC or aware datetimes; days: datetime64[D] or
    dates; JSON columns: plain Python values. Defaults of the table fill the columns that are not given.
    """
    names = list(columns)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of different lengths for {table.name}: {sorted(lengths)}")
    count = lengths.pop() if lengths else 0
    if not count:
        return 0
    if connection.dialect.name == "sqlite":
        _executemany(connection, table, columns, "")
    else:
        _copy(connection, table.name, names, [_text_array(table.c[name].type, columns[name]) for name in names])
    return count


def add_columns(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Column], keys: Sequence[str]) -> None:
    """Insert rows; where a key stands already, add the other columns to what stands. Keys come once each."""
    sums = [name for name in columns if name not in keys]
    adding = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
    conflict = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {adding}"
    if connection.dialect.name == "sqlite":
        _executemany(connection, table, columns, conflict)
        return
    staged = load_temporary(connection, "added_rows", {name: (table.c[name].type, columns[name]) for name in columns})
    names = _name_list(columns)
    connection.execute(sa.text(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staged.name}{conflict}"))


def _executemany(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Column], conflict: str) -> None:
    """Columns that hold one and the same whole number, or nothing at all, are written into the statement: binding half
    a million equal values costs as much as binding different ones."""
    marks: list[str] = []
    values: list[Sequence[Any]] = []
    for name, column in columns.items():
        constant = _constant(column)
        if constant is None:
            values.append(_sqlite_values(table.c[name].type, column))
        marks.append(constant or "?")
    if not values:  # executemany needs something to count by
        name = next(iter(columns))
        values, marks[0] = [_sqlite_values(table.c[name].type, columns[name])], "?"
    statement = f"INSERT INTO {table.name} ({_name_list(columns)}) VALUES ({', '.join(marks)}){conflict}"
    driver_cursor(connection).executemany(statement, zip(*values, strict=True))


def _constant(column: Column) -> str | None:
    if not isinstance(column, np.ndarray) or not len(column):
        return None
    if column.dtype.kind in "iub" and (column == column[0]).all():
        return str(int(column[0]))
    if column.dtype.kind == "O" and column[0] is None and all(value is None for value in column):
        return "NULL"
    return None


def load_temporary(
    connection: sa.Connection, name: str, columns: Mapping[str, tuple[sa.types.TypeEngine[Any], Column]]
) -> sa.Table:
    """A temporary table of this connection, filled: for set-based joins against what a file brought.

    A table of the same name left by an earlier call is replaced.
    """
    typed = [sa.Column(key, kind) for key, (kind, _) in columns.items()]
    table = sa.Table(name, sa.MetaData(), *typed, prefixes=["TEMPORARY"])
    schema = "temp" if connection.dialect.name == "sqlite" else "pg_temp"
    connection.execute(sa.text(f"DROP TABLE IF EXISTS {schema}.{name}"))
    table.create(connection)
    insert_columns(connection, table, {key: column for key, (_, column) in columns.items()})
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"ANALYZE {name}"))
    return table


def lock(connection: sa.Connection, table: sa.Table) -> None:
    """Until the transaction ends nobody else writes the table. SQLite's only writer holds all tables anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))


def next_id(connection: sa.Connection, table: sa.Table) -> int:
    """The first free id. Call it under the write lock; PostgreSQL locks the table for the transaction."""
    lock(connection, table)
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()) + 1


def advance_sequence(connection: sa.Connection, table: sa.Table) -> None:
    """After rows with explicit ids: let PostgreSQL's sequence continue behind them. SQLite needs nothing."""
    if connection.dialect.name == "postgresql":
        last = f"(SELECT coalesce(max(id), 1) FROM {table.name})"
        connection.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"))


def fetch_columns(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, list[Any]]:
    """A large result as columns of plain values, without a Row object each. Types are the driver's own."""
    names = [column.name for column in query.selected_columns]
    transposed = list(zip(*list(_rows(connection, query)), strict=True))
    return {name: list(transposed[i]) if transposed else [] for i, name in enumerate(names)}


def fetch_numbers(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, npt.NDArray[np.int64]]:
    """A large result of whole numbers only, none of them NULL, as columns; half the time of `fetch_columns`."""
    names = [column.name for column in query.selected_columns]
    flat = np.fromiter(chain.from_iterable(_rows(connection, query)), np.int64)
    return {name: np.ascontiguousarray(flat[i :: len(names)]) for i, name in enumerate(names)}


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> Iterable[Sequence[Any]]:
    if connection.dialect.name != "sqlite":
        return connection.execute(query)
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    parameters = compiled.construct_params()
    ordered = [parameters[name] for name in compiled.positiontup or ()]
    rows: Iterable[Sequence[Any]] = driver_cursor(connection).execute(str(compiled), ordered)
    return rows


def _name_list(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def driver_cursor(connection: sa.Connection) -> Any:
    """A cursor of the driver's own, inside the connection's transaction."""
    driver_connection = connection.connection.driver_connection
    assert driver_connection is not None
    return driver_connection.cursor()


def _sqlite_values(kind: sa.types.TypeEngine[Any], column: Column) -> Sequence[Any]:
    if isinstance(kind, UtcTime | sa.DateTime):
        return _dated(column, "s", 19)
    if isinstance(kind, sa.Date):
        return _dated(column, "D", 10)
    if isinstance(kind, sa.JSON):
        return [None if value is None else json.dumps(value, ensure_ascii=False) for value in column]
    return _plain(column)


def _text_array(kind: sa.types.TypeEngine[Any], column: Column) -> pa.Array:
    if isinstance(kind, UtcTime | sa.DateTime):
        return pa.array([None if v is None else f"{v}+00" for v in _dated(column, "s", 19)], pa.string())
    if isinstance(kind, sa.Date):
        return pa.array(_dated(column, "D", 10), pa.string())
    if isinstance(kind, sa.JSON):
        return pa.array([None if v is None else json.dumps(v, ensure_ascii=False) for v in column], pa.string())
    if isinstance(kind, sa.Boolean):
        return pa.array([None if v is None else bool(v) for v in _plain(column)], pa.bool_())
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        return pa.array(column)
    return pa.array(_plain(column))


def _plain(column: Column) -> Sequence[Any]:
    if isinstance(column, pd.Series):
        known = column.notna().to_numpy()
        column = np.where(known, column.astype(object).to_numpy(), np.full(len(known), None, object))
    if isinstance(column, np.ndarray):
        listed: list[Any] = column.tolist()
        return listed
    return column


def _dated(column: Column, unit: str, width: int) -> list[str | None]:
    """Times as `YYYY-MM-DD HH:MM:SS` in UTC, days as `YYYY-MM-DD`."""
    if isinstance(column, pd.Series):
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.tz_convert("UTC").dt.tz_localize(None)
        column = column.to_numpy() if column.dtype.kind == "M" else column.tolist()
    if isinstance(column, np.ndarray) and column.dtype.kind == "M":
        codes, uniques = pd.factorize(column.astype(f"datetime64[{unit}]"))
        texts: list[str] = np.datetime_as_string(np.asarray(uniques), unit=unit).tolist()  # type: ignore[call-overload]
        words: npt.NDArray[Any] = np.full(len(texts) + 1, None, object)
        words[:-1] = [text.replace("T", " ") for text in texts]
        dated: list[str | None] = words[codes].tolist()
        return dated
    return [_dated_value(value, width) for value in column]


def _dated_value(value: Any, width: int) -> str | None:
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC)
        elif width > len("YYYY-MM-DD"):
            raise ValueError("a stored time must carry its zone")
    return str(value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value)[:width]


def _copy(connection: sa.Connection, table: str, names: Sequence[str], arrays: Sequence[pa.Array]) -> None:
    block = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pa_csv.write_csv(pa.table(list(arrays), names=list(names)), block, options)
    cursor = driver_cursor(connection)
    with cursor.copy(f"COPY {table} ({_name_list(names)}) FROM STDIN WITH (FORMAT csv)") as copy:
        copy.write(block.getbuffer())
    cursor.close()
