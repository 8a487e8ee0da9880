"""Buyers and suppliers as files name them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db.bulk import advance_sequence, insert_columns, load_temporary, next_id
from erp_core.db.uow import UnitOfWork
from erp_core.parties.tables import customer, supplier
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.security.sealing import digest_columns, digests_of, sealing_vault
from erp_core.security.vault import Kind, Vault, vault_of

Remember = Callable[[str, Sequence[int], Sequence[Mapping[str, Any]]], None]
Ints = npt.NDArray[np.int64]
_CUSTOMER = ("country", "province", "city", "postcode")
_CUSTOMER_PERSONAL = ("external_id", "name", "email", "phone", "address", "note")
_DIGESTS = ("name_digest", "phone_digest", "tail_digest", "mail_digest")
_SUPPLIER = ("code", "currency", "lead_time_days", "minimum_order")
_SUPPLIER_PERSONAL = ("contact", "email", "phone", "address")


@dataclass(frozen=True)
class Upserted:
    """One entry a row: the id, and whether the row changed nothing."""

    ids: Ints
    unchanged: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Keyed:
    """A table whose rows are found by one text column within a scope, and hold some fields in a sealed document.

    `told_apart`: what tells persons apart is personal itself: the column holds its tag, the document the word.
    """

    table: sa.Table
    key: str
    personal: Sequence[str]
    scope: str | None = None
    told_apart: bool = False
    digests: Sequence[str] = ()

    def forms(self, vault: Vault, key: str) -> tuple[str, ...]:
        """The forms in which a key may stand in its column, the one to write first."""
        return vault.tags_to_find(Kind.KEY, key) if self.told_apart else (key,)

    def find(self, uow: UnitOfWork, keys: Sequence[str]) -> dict[str, tuple[int, bool]]:
        """key → (id, withdrawn)."""
        vault = vault_of(uow.connection)
        key_of = {form: key for key in keys for form in self.forms(vault, key)}
        wanted = load_temporary(uow.connection, "wanted_parties", {"key": (sa.Text(), list(key_of))})
        query = sa.select(self.table.c[self.key], self.table.c.id, self.table.c.withdrawn_by).join(
            wanted, wanted.c.key == self.table.c[self.key]
        )
        if self.scope is not None:
            query = query.where(self.table.c.scope == self.scope)
        return {key_of[form]: (found, gone is not None) for form, found, gone in uow.connection.execute(query)}

    def ensure(
        self,
        uow: UnitOfWork,
        keys: Sequence[str],
        fields: Mapping[str, Sequence[Any] | npt.NDArray[Any]],
        batch_id: int,
    ) -> Ints:
        """Ids of distinct keys; missing rows are created with `fields`, withdrawn ones revived."""
        found = self.find(uow, keys)
        gone = [found[key][0] for key in keys if key in found and found[key][1]]
        if gone:
            back = load_temporary(uow.connection, "revived_parties", {"id": (sa.BigInteger(), gone)})
            uow.connection.execute(
                sa.update(self.table)
                .where(self.table.c.id.in_(sa.select(back.c.id)))
                .values(withdrawn_by=None, batch_id=batch_id)
            )
        new = [at for at, key in enumerate(keys) if key not in found]
        ids = np.array([found[key][0] if key in found else 0 for key in keys], np.int64)
        if not new:
            return ids
        start = next_id(uow.connection, self.table)
        ids[new] = np.arange(start, start + len(new))
        taken = {name: [values[at] for at in new] for name, values in fields.items()}
        columns: dict[str, Any] = {
            "id": ids[new],
            "batch_id": np.full(len(new), batch_id),
            **{name: values for name, values in taken.items() if name not in self.personal},
            **self._sealed(uow, [keys[at] for at in new], taken),
        }
        if self.scope is not None:
            columns["scope"] = [self.scope] * len(new)
        insert_columns(uow.connection, self.table, columns)
        advance_sequence(uow.connection, self.table)
        return ids

    def _sealed(self, uow: UnitOfWork, keys: Sequence[str], fields: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
        """The columns of key, document and digests of new rows."""
        documents: dict[str, Any] = {name: fields[name] for name in self.personal if name in fields}
        if not self.told_apart and not documents:
            return {self.key: list(keys)}
        vault = sealing_vault(uow.connection)
        if self.told_apart:
            documents |= {"key": list(keys), "salt": [secrets.token_hex(16) for _ in keys]}
        columns = {
            self.key: [self.forms(vault, key)[0] for key in keys],
            "personal": vault.seal_columns(documents),
        }
        return columns | digest_columns(vault, documents, self.digests, len(keys))

    def change(
        self, uow: UnitOfWork, rows: pd.DataFrame, names: Sequence[str], batch: tuple[int, Remember]
    ) -> Upserted:
        """Create or change rows by their key column; empty cells say nothing. Of rows with one key the last wins."""
        batch_id, remember = batch
        codes, keys = pd.factorize(rows[self.key])
        standing = {key for key, (_, gone) in self.find(uow, list(keys)).items() if not gone}
        unique = self.ensure(uow, list(keys), {}, batch_id)
        ids = unique[codes]
        is_new = np.array([key not in standing for key in keys], bool)[codes]
        held = self._held(uow, unique, names)
        before = {party: content | {"personal": dict(content["personal"])} for party, content in held.items()}
        for party, row in zip(ids.tolist(), rows[[*names, *self.personal]].to_dict("records"), strict=True):
            said = {str(name): value for name, value in row.items() if not pd.isna(value)}
            held[party] |= {name: value for name, value in said.items() if name not in self.personal}
            held[party]["personal"] |= {name: value for name, value in said.items() if name in self.personal}
        # what counts is the last word of the file, else a list that names somebody twice changes them for ever
        moved = {party for party, content in held.items() if content != before[party]}
        unchanged = ~is_new & ~np.isin(ids, list(moved))
        new_ids = set(ids[is_new].tolist())
        old = sorted(moved - new_ids)
        if old:
            remember(self.table.name, old, [before[party] for party in old])
        if moved:
            write_documents(uow, self.table, {party: held[party] for party in sorted(moved)})
        return Upserted(ids, unchanged)

    def _held(self, uow: UnitOfWork, ids: Ints, names: Sequence[str]) -> dict[int, dict[str, Any]]:
        """What stands in these rows: the columns, and the document."""
        wanted = load_temporary(uow.connection, "changed_parties", {"id": (sa.BigInteger(), ids)})
        columns = (*names, "personal")
        query = sa.select(self.table.c.id, *(self.table.c[n] for n in columns)).join(
            wanted, wanted.c.id == self.table.c.id
        )
        return {row.id: {name: getattr(row, name) for name in columns} for row in uow.connection.execute(query)}


def write_documents(uow: UnitOfWork, table: sa.Table, contents: Mapping[int, Mapping[str, Any]]) -> None:
    """Write columns and sealed documents (`personal`) over rows of customer or supplier, with the digests of these.

    `contents`: id → column → value, the same columns for each.
    """
    vault = sealing_vault(uow.connection)
    digests = [name for name in _DIGESTS if name in table.c]
    names = [*next(iter(contents.values())), *digests]
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("of_id"))
        .values({name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    rows = []
    for party, content in contents.items():
        full = dict(content) | digests_of(vault, content["personal"], digests)
        rows.append({"of_id": party, **{f"new_{name}": value for name, value in full.items()}})
    uow.connection.execute(statement, rows)


def marks_of_customers(connection: sa.Connection, ids: Ints) -> dict[int, dict[str, str]]:
    """What the log of acts may say of buyers: id → field → mark (`audit.personal_mark` under the buyer's own salt), of
    the fields that hold anything. Nothing of a buyer who was erased."""
    c = customer.c
    wanted = load_temporary(connection, "marked_customers", {"id": (sa.BigInteger(), np.unique(ids))})
    query = sa.select(c.id, c.personal, *(c[name] for name in _CUSTOMER)).join(wanted, wanted.c.id == c.id)
    marks: dict[int, dict[str, str]] = {}
    for row in connection.execute(query):
        salt = row.personal.get("salt")
        said = {name: getattr(row, name) for name in _CUSTOMER}
        said |= {name: row.personal.get(name) for name in _CUSTOMER_PERSONAL}
        if salt:
            marks[int(row.id)] = {
                name: mark for name, value in said.items() if (mark := audit.personal_mark(salt, value)) is not None
            }
    return marks


def _customers(scope: str) -> _Keyed:
    return _Keyed(customer, "key", _CUSTOMER_PERSONAL, scope, told_apart=True, digests=_DIGESTS)


_SUPPLIERS = _Keyed(supplier, "name", _SUPPLIER_PERSONAL)


def ensure_customers(
    uow: UnitOfWork,
    scope: str,
    keys: Sequence[str],
    fields: Mapping[str, Sequence[Any] | npt.NDArray[Any]],
    batch_id: int,
) -> Ints:
    """The ids of buyers of one shop by their key (`rules.customer_key`); missing ones are created with `fields`."""
    require(uow, Permission.IMPORT_FILES)
    return _customers(scope).ensure(uow, keys, fields, batch_id)


def upsert_customers(uow: UnitOfWork, rows: pd.DataFrame, scope: str, batch_id: int, remember: Remember) -> Upserted:
    """Create or change buyers from a list (key, external_id, name, email, phone, …)."""
    require(uow, Permission.IMPORT_FILES)
    return _customers(scope).change(uow, rows, _CUSTOMER, (batch_id, remember))


def ensure_suppliers(uow: UnitOfWork, names: Sequence[str], batch_id: int) -> Ints:
    """The ids of suppliers by name; missing ones are created."""
    require(uow, Permission.IMPORT_FILES)
    return _SUPPLIERS.ensure(uow, names, {}, batch_id)


def upsert_suppliers(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int, remember: Remember) -> Upserted:
    """Create or change suppliers from a list (name, code, contact, email, phone, address, currency, lead_time_days,
    minimum_order in minor units)."""
    require(uow, Permission.IMPORT_FILES)
    return _SUPPLIERS.change(uow, rows, _SUPPLIER, (batch_id, remember))


def withdraw_batch(
    uow: UnitOfWork, batch_id: int, customers_in_use: sa.Select[Any], suppliers_in_use: sa.Select[Any]
) -> None:
    """Withdraw suppliers and buyers that an import created and nothing else names (selects of their ids)."""
    require(uow, Permission.UNDO_IMPORTS)
    for table, in_use in ((customer, customers_in_use), (supplier, suppliers_in_use)):
        uow.connection.execute(
            sa.update(table)
            .where(table.c.batch_id == batch_id, table.c.withdrawn_by.is_(None), table.c.id.not_in(in_use))
            .values(withdrawn_by=batch_id)
        )


def name_supplier(uow: UnitOfWork, name: str) -> int:
    """The id of the supplier with this name, as a person says it: created where there is none, else kept whatever
    becomes of the import that brought it."""
    require(uow, Permission.EDIT_CATALOG)
    clean = name.strip()
    found = uow.connection.execute(sa.select(supplier.c.id).where(supplier.c.name == clean)).scalar_one_or_none()
    if found is None:
        key = uow.connection.execute(sa.insert(supplier).values(name=clean)).inserted_primary_key
        assert key is not None
        return int(key[0])
    of_an_import = sa.or_(supplier.c.withdrawn_by.is_not(None), supplier.c.batch_id.is_not(None))
    kept = sa.update(supplier).where(supplier.c.id == found, of_an_import).values(withdrawn_by=None, batch_id=None)
    uow.connection.execute(kept)
    return int(found)


def find_customers(connection: sa.Connection, keys: Sequence[str]) -> dict[str, dict[str, int]]:
    """Live buyers by key: key → scope → id."""
    vault = vault_of(connection)
    key_of = {tag: key for key in dict.fromkeys(keys) for tag in vault.tags_to_find(Kind.KEY, key)}
    wanted = load_temporary(connection, "asked_customers", {"key": (sa.Text(), list(key_of))})
    c = customer.c
    query = sa.select(c.key, c.scope, c.id).join(wanted, wanted.c.key == c.key).where(c.withdrawn_by.is_(None))
    found: dict[str, dict[str, int]] = {}
    for tag, scope, customer_id in connection.execute(query):
        found.setdefault(key_of[tag], {})[scope] = customer_id
    return found
