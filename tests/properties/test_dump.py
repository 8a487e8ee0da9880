"""Rows written as text and read again are the same rows, whatever they hold and whichever database reads them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_core.db.base import UtcTime, id_column
from erp_core.db.dump import Content, content_of, read_rows, write_rows
from erp_core.db.engine import Database
from tests.conftest import Addresses

DECLARED = sa.Table(
    "everything",
    sa.MetaData(),
    id_column(),
    sa.Column("key", sa.String(40), nullable=False, index=True),
    sa.Column("words", sa.Text),
    sa.Column("whole", sa.BigInteger),
    sa.Column("yes", sa.Boolean),
    sa.Column("day", sa.Date),
    sa.Column("at", UtcTime),
    sa.Column("tree", sa.JSON(none_as_null=True)),
    sa.Column("block", sa.LargeBinary),
)
Row = tuple[Any, ...]
# PostgreSQL stores no NUL, and surrogates are no text.
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "",
        " ",
        '"',
        '""',
        ",",
        "\n",
        "\r\n",
        "\r",
        "\\.",
        "\n\\.\n",
        "\\N",
        "NULL",
        "null",
        "'",
        "\\x00",
        "=1+1",
        "\ufeff",
    ]
)
rows_of = st.lists(
    st.tuples(
        words,
        st.none() | words,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.booleans(),
        st.none() | st.dates(),
        st.none() | st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31)).map(
            lambda at: at.replace(microsecond=0, tzinfo=dt.UTC)
        ),
        st.none() | st.dictionaries(words, st.integers() | words | st.none(), max_size=3),
        st.none() | st.binary(max_size=20),
    ),
    max_size=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def databases(sqlite_addresses: Addresses, postgresql_addresses: Addresses) -> Iterator[dict[str, Database]]:
    with ExitStack() as stack:
        found = {}
        for name, addresses in (("sqlite", sqlite_addresses), ("postgresql", postgresql_addresses)):
            database = Database(stack.enter_context(addresses()))
            stack.callback(database.dispose)
            with database.writing_connection() as connection:
                DECLARED.create(connection)
                connection.commit()
            found[name] = database
        yield found


def described(connection: sa.Connection) -> sa.Table:
    """The table as SQLite describes it, which is how backups know tables."""
    return sa.Table("everything", sa.MetaData(), autoload_with=connection)


def stored(connection: sa.Connection) -> list[Row]:
    return [tuple(row) for row in connection.execute(sa.select(DECLARED).order_by(DECLARED.c.id))]


def fill(connection: sa.Connection, rows: Sequence[Row]) -> None:
    connection.execute(sa.delete(DECLARED))
    names = DECLARED.columns.keys()
    for number, row in enumerate(rows, start=1):
        connection.execute(sa.insert(DECLARED).values(dict(zip(names, (number, *row), strict=True))))


def test_each_kind_of_column_is_told_apart_as_sqlite_describes_it(databases: dict[str, Database]) -> None:
    with databases["sqlite"].reading() as connection:
        found = [content_of(column) for column in described(connection).columns]
    assert found == ["integer", "text", "text", "integer", "boolean", "date", "time", "json", "bytes"]
    with pytest.raises(TypeError, match="cannot be written"):
        content_of(sa.Table("t", sa.MetaData(), sa.Column("x", sa.Float)).c.x)


@settings(max_examples=60)
@given(rows=rows_of)
def test_rows_come_back_the_same_from_and_into_either_database(databases: dict[str, Database], rows: list[Row]) -> None:
    expected = [(number, *row) for number, row in enumerate(rows, start=1)]
    texts = {}
    with databases["sqlite"].reading() as connection:
        table = described(connection)
    for name, database in databases.items():
        with database.writing_connection() as connection:  # rolled back
            fill(connection, rows)
            sink = io.BytesIO()
            written = write_rows(connection, table, sink, lambda _rows: None)
            assert (written.rows, written.size) == (len(rows), len(sink.getvalue()))
            texts[name] = sink.getvalue()
    assert texts["sqlite"] == texts["postgresql"]
    for database in databases.values():
        with database.writing_connection() as connection:
            read_rows(connection, table, io.BytesIO(texts["sqlite"]), len(rows), written.block)
            assert stored(connection) == expected


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_a_row_longer_than_any_block_is_read(databases: dict[str, Database], name: str) -> None:
    long = "\"\n'" * 1_000_000  # 3 MB, 4 MB as written; blocks are 1 MB unless a row is longer
    rows = [("a", long, 1, None, None, None, None, None), ("b", "", 2, True, None, None, {"x": long}, b"\x00\xff")]
    with databases["sqlite"].reading() as connection:
        table = described(connection)
    with databases[name].writing_connection() as connection:
        fill(connection, rows)
        before = stored(connection)
        sink = io.BytesIO()
        written = write_rows(connection, table, sink, lambda _rows: None)
        connection.execute(sa.delete(DECLARED))
        read_rows(connection, table, io.BytesIO(sink.getvalue()), written.rows, written.block)
        assert stored(connection) == before


def test_the_text_is_what_a_person_expects() -> None:
    """Written down by hand: quotes around text, nothing for a missing value."""
    database = Database("sqlite://")
    with database.writing_connection() as connection:
        DECLARED.create(connection)
        at = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
        fill(
            connection,
            [("灯", None, -1, True, dt.date(2026, 3, 2), at, {"a": 1}, b"\x01\xab"), ('say "hi"', "", *[None] * 6)],
        )
        sink = io.BytesIO()
        written = write_rows(connection, described(connection), sink, lambda _rows: None)
    lines = sink.getvalue().decode().splitlines()
    assert lines == [
        '"id","key","words","whole","yes","day","at","tree","block"',
        '1,"灯",,-1,1,"2026-03-02","2026-03-02 09:00:00","{""a"": 1}","\\x01ab"',
        '2,"say ""hi""","",,,,,,',
    ]
    assert written.rows == 2
    assert Content.TEXT == "text"
