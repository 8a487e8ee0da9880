"""Moving personal data from one key to another: the documents, the keyed hashes and the tags made of them.

What is sealed is found by the type of its column, so that no table can be forgotten. Rows are moved some thousand at a
time, each lot in a transaction of its own; a lot that is done is told by the key's id before each document. So the work
may end at any moment and be taken up again, rows are readable all the while, and what is written meanwhile is sealed
with the new key already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.db.base import metadata
from erp_core.db.migrate import VERSION_TABLE
from erp_core.security.sealing import digests_of
from erp_core.security.vault import Kind, Sealed, Vault

LOT = 5_000
Tell = Callable[[float], None]


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed documents, with the columns of its table that are made of what is in them."""

    table: sa.Table
    column: sa.Column[Any]

    @property
    def key(self) -> sa.Column[Any]:
        """The one column that tells the table's rows apart."""
        (only,) = self.table.primary_key.columns
        return only

    @property
    def digests(self) -> tuple[str, ...]:
        """The columns that hold keyed hashes of this document's fields."""
        if self.column.name != "personal":
            return ()
        return tuple(column.name for column in self.table.columns if column.name.endswith("_digest"))

    @property
    def tags(self) -> dict[str, str]:
        """The columns that hold tags: name → the field that they are of."""
        return {column.name: column.info["tag_of"] for column in self.table.columns if "tag_of" in column.info}

    def derived(self, vault: Vault, document: dict[str, Any]) -> dict[str, Any]:
        """What stands beside the document under this vault's key."""
        made: dict[str, Any] = dict(digests_of(vault, document, self.digests))
        made |= {name: vault.tag(Kind.KEY, document[field]) for name, field in self.tags.items() if field in document}
        return made


def sealed_columns() -> tuple[SealedColumn, ...]:
    """Every sealed column of every room's tables."""
    return tuple(
        SealedColumn(table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    )


def require_all_tables(connection: sa.Connection) -> None:
    """Raise RuntimeError where the program has not loaded every room: what it does not know of would stay under the old
    key, which is thrown away."""
    unknown = set(sa.inspect(connection).get_table_names()) - set(metadata.tables) - {VERSION_TABLE}
    if unknown:
        raise RuntimeError(f"rooms are not loaded (import erp_core.schema): {sorted(unknown)}")


def waiting(connection: sa.Connection, of: SealedColumn, key_id: str) -> int:
    """How many documents of a column are not under this key."""
    query = sa.select(sa.func.count()).select_from(of.table).where(_elsewhere(of, key_id))
    return int(connection.execute(query).scalar_one())


def move_lot(connection: sa.Connection, of: SealedColumn, opening: Vault, sealing: Vault, size: int = LOT) -> int:
    """Move up to `size` documents that are not under the key of `sealing`; how many there were.

    Raises Unavailable where a document's key is not in the keyring of `opening`.
    """
    stored = sa.type_coerce(of.column, sa.Text)
    query = sa.select(of.key.label("of_key"), stored.label("sealed")).where(_elsewhere(of, sealing.current_id))
    rows = connection.execute(query.order_by(of.key).limit(size).with_for_update()).all()
    if not rows:
        return 0
    written = []
    for row in rows:
        document = opening.open(row.sealed)
        made = {of.column.name: sealing.seal(document), **of.derived(sealing, document)}
        written.append({"of_key": row.of_key, **{f"new_{name}": value for name, value in made.items()}})
    for names, lot in _alike(written):
        values = {name: sa.bindparam(f"new_{name}", type_=_plain_type(of, name)) for name in names}
        connection.execute(sa.update(of.table).where(of.key == sa.bindparam("of_key")).values(values), lot)
    return len(rows)


def reseal_all(connection: sa.Connection, old: Vault, new: Vault, tell: Tell) -> int:
    """Move every document of this database within the caller's transaction; how many there were. `old` opens them."""
    require_all_tables(connection)
    columns = sealed_columns()
    counts = {of: waiting(connection, of, new.current_id) for of in columns}
    total, done = sum(counts.values()) or 1, 0
    for of in columns:
        while moved := move_lot(connection, of, old, new):
            done += moved
            tell(done / total)
    return done


def _elsewhere(of: SealedColumn, key_id: str) -> sa.ColumnElement[bool]:
    stored = sa.type_coerce(of.column, sa.Text)
    return sa.and_(stored.is_not(None), sa.not_(stored.startswith(f"{key_id}:", autoescape=True)))


def _plain_type(of: SealedColumn, name: str) -> sa.types.TypeEngine[Any]:
    kind: sa.types.TypeEngine[Any] = of.table.c[name].type
    return sa.Text() if isinstance(kind, Sealed) else kind  # it is sealed already


def _alike(rows: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Rows in groups that set the same columns: a document without a key gets no new tag."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        names = tuple(name.removeprefix("new_") for name in row if name != "of_key")
        groups.setdefault(names, []).append(row)
    yield from groups.items()
