"""What all tables share: one metadata, one naming scheme, the column types."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_SQLITE_UTC: sqlite.DATETIME = sqlite.DATETIME(  # type: ignore[no-untyped-call]
    storage_format="%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d",
    regexp=r"(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)",
)


class UtcTime(TypeDecorator[dt.datetime]):
    """An instant, to the second: aware UTC in Python; `YYYY-MM-DD HH:MM:SS` in SQLite, timestamptz in PostgreSQL."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_SQLITE_UTC)
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must carry its zone")
        whole = value.astimezone(dt.UTC).replace(microsecond=0)
        return whole.replace(tzinfo=None) if dialect.name == "sqlite" else whole

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def id_column() -> sa.Column[int]:
    """A surrogate key. BIGINT on PostgreSQL; INTEGER (the rowid itself) on SQLite."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False, **options: Any) -> sa.Column[int]:
    """A foreign key to `target` ('table.column')."""
    return sa.Column(
        name,
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        sa.ForeignKey(target),
        nullable=nullable,
        **options,
    )


def number_of(name: str, **options: Any) -> sa.Column[int]:
    """The id of a row elsewhere, unchecked: for rollups, which can be rebuilt, and for the many rows of an import,
    whose ids come from the same transaction. PostgreSQL checks a foreign key once for each row."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, **options)


def minor(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """Money in minor units of the row's currency."""
    default = None if nullable else sa.text("0")
    return sa.Column(name, sa.BigInteger, nullable=nullable, server_default=default)


def price(name: str) -> sa.Column[int]:
    """A unit price or cost as millionths of the major unit (`money.price_to_stored`)."""
    return sa.Column(name, sa.BigInteger, nullable=True)


def units(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """A quantity in whole units."""
    default = None if nullable else sa.text("0")
    return sa.Column(name, sa.BigInteger, nullable=nullable, server_default=default)


def fact_columns(name: str) -> tuple[sa.Column[Any] | sa.Index, ...]:
    """What rows of imported facts (returns, receipts, fees …) of table `name` share: told apart, replaced, taken back.

    `fact_key`: equal = the same fact, whichever file brings it; `content`: hash of all that the file said of it, equal
    = unchanged; `superseded_by`: the import whose version replaced this row; `withdrawn_by`: the import was undone.
    """
    return (
        sa.Column("fact_key", sa.Text, nullable=False),
        sa.Column("content", sa.BigInteger, nullable=False),
        reference("batch_id", "import_batch.id", nullable=True, index=True),
        sa.Column("superseded_by", sa.BigInteger),
        sa.Column("withdrawn_by", sa.BigInteger),
        sa.Index(f"ix_{name}_fact_key", "fact_key"),
    )
