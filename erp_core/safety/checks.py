"""What is looked at before a backup is made and before a restored database takes over."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import metadata
from erp_core.errors import FileRefused, Unavailable
from erp_core.safety.archive import Backup
from erp_core.safety.totals import differences, totals_of
from erp_core.security.tables import audit_head as head_table
from erp_core.security.tables import personal_key
from erp_core.security.vault import Sealed, Vault
from erp_core.text import T, Text

_REFERENCES_SHOWN = 3
_OPENED_AT_ONCE = 5_000


def sealed_columns(schema: sa.MetaData) -> list[sa.Column[str]]:
    """The columns of a schema that hold sealed personal data, as plain texts."""
    names = [(table.name, c.name) for table in metadata.sorted_tables for c in table.c if isinstance(c.type, Sealed)]
    return [
        schema.tables[table].c[column]
        for table, column in names
        if table in schema.tables and column in schema.tables[table].c
    ]


def keys_needed(connection: sa.Connection, schema: sa.MetaData) -> tuple[str, ...]:
    """The ids of the keys that the personal data in this snapshot are sealed with, and of those that the database says
    it needs, in their order as texts."""
    found: set[str] = set()
    known = schema.tables.get(personal_key.name)
    if known is None:  # of before anything was sealed
        return ()
    found |= set(connection.execute(sa.select(known.c.id).where(known.c.retired_at.is_(None))).scalars())
    for column in sealed_columns(schema):
        place = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
        key = sa.func.substr(column, 1, place(column, ":") - 1)
        found |= set(connection.execute(sa.select(key).where(column.is_not(None)).distinct()).scalars())
    return tuple(sorted(found))


def audit_head(connection: sa.Connection, schema: sa.MetaData) -> str | None:
    """The last link of the chain of acts, as `number:hash`; None where the schema has no chain, or nothing was done."""
    table = schema.tables.get(head_table.name)
    if table is None:
        return None
    found = connection.execute(sa.select(table.c.event_id, table.c.hash)).first()
    return None if found is None else f"{found.event_id}:{found.hash}"


def broken_pages(connection: sa.Connection) -> str | None:
    """SQLite: what is not where it belongs, in SQLite's words; None where all is. PostgreSQL checks its pages itself
    when it reads them."""
    if connection.dialect.name != "sqlite":
        return None
    found = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
    return None if found == "ok" else found


def dangling_references(connection: sa.Connection) -> str | None:
    """SQLite: references that lead to no row, by their tables; None where there are none. PostgreSQL looks at each row
    that is put in."""
    if connection.dialect.name != "sqlite":
        return None
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_REFERENCES_SHOWN)
    return "; ".join(f"{row[0]} → {row[2]}" for row in found) or None


def assert_totals(connection: sa.Connection, backup: Backup, schema: sa.MetaData) -> None:
    """The control totals are those that the backup says. Raises FileRefused."""
    if backup.manifest.totals is None:
        return
    different = differences(backup.manifest.totals, totals_of(connection, schema))
    if different:
        label, part, said, found = different[0]
        raise damaged(
            backup,
            T("{total}: {found} arrived, {said} were expected", total=_named(label, part), found=found, said=said),
        )


def _named(label: Text, part: str) -> Text:
    return T("{label} ({part})", label=label, part=part) if part else label


def assert_chain(connection: sa.Connection, backup: Backup, schema: sa.MetaData) -> None:
    """The chain of acts ends where the backup says. Raises FileRefused. (Whether each link holds is not asked: a chain
    that was broken before must not keep a shop from its backup.)"""
    if backup.manifest.audit_head != audit_head(connection, schema):
        raise damaged(backup, T("the record of who did what does not end as it did"))


def assert_opens(connection: sa.Connection, vault: Vault) -> None:
    """Every piece of personal data can be opened. Raises Unavailable where one cannot."""
    for column in sealed_columns(metadata):
        query = sa.select(sa.type_coerce(column, sa.Text)).where(sa.type_coerce(column, sa.Text).is_not(None))
        for block in connection.execute(query).scalars().partitions(_OPENED_AT_ONCE):
            for sealed in block:
                vault.open(sealed)


def assert_keys(backup: Backup, held: frozenset[str]) -> None:
    """The keys that a backup needs are held. Raises Unavailable, which names those that are not."""
    missing = sorted(set(backup.manifest.keys) - held)
    if missing:
        raise Unavailable(
            T("The personal data in {name} need keys that are not here: {keys}.",
              name=backup.path.name, keys=", ".join(missing)),
            hint=T(
                "Put keyring.json from where you keep your keys into the folder of keys, or restore a backup made with"
                " a passphrase."
            ),
            code="keys.missing",
        )  # fmt: skip


def damaged(backup: Backup, reason: Text) -> FileRefused:
    """The refusal of a backup whose content is not what it says."""
    return FileRefused(
        T("The backup {name} is damaged: {reason}.", name=backup.path.name, reason=reason),
        hint=T("Take another backup, or another copy of this one. Nothing was changed."),
        code="backup.damaged",
    )
