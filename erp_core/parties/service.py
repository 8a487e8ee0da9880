"""Buyers and suppliers as files name them."""

from __future__ import annotations

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
from erp_core.security.guard import require
from erp_core.security.permissions import Permission

Remember = Callable[[str, Sequence[int], Sequence[Mapping[str, Any]]], None]
Ints = npt.NDArray[np.int64]
_CUSTOMER = ("external_id", "name", "email", "phone", "country", "province", "city", "postcode", "address", "note")
_SUPPLIER = ("code", "contact", "email", "phone", "address", "currency", "lead_time_days", "minimum_order")


@dataclass(frozen=True)
class Upserted:
    """One entry a row: the id, and whether the row changed nothing."""

    ids: Ints
    unchanged: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Keyed:
    """A table whose rows are found by one text column within a scope."""

    table: sa.Table
    key: str
    scope: str | None = None

    def find(self, uow: UnitOfWork, keys: Sequence[str]) -> dict[str, tuple[int, bool]]:
        """key → (id, withdrawn)."""
        wanted = load_temporary(uow.connection, "wanted_parties", {"key": (sa.Text(), list(keys))})
        query = sa.select(self.table.c[self.key], self.table.c.id, self.table.c.withdrawn_by).join(
            wanted, wanted.c.key == self.table.c[self.key]
        )
        if self.scope is not None:
            query = query.where(self.table.c.scope == self.scope)
        return {key: (found, gone is not None) for key, found, gone in uow.connection.execute(query)}

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
        start = next_id(uow.connection, self.table)
        ids = np.array([found[key][0] if key in found else 0 for key in keys], np.int64)
        ids[new] = np.arange(start, start + len(new))
        columns: dict[str, Any] = {
            "id": ids[new],
            self.key: [keys[at] for at in new],
            "batch_id": np.full(len(new), batch_id),
            **{name: [values[at] for at in new] for name, values in fields.items()},
        }
        if self.scope is not None:
            columns["scope"] = [self.scope] * len(new)
        insert_columns(uow.connection, self.table, columns)
        advance_sequence(uow.connection, self.table)
        return ids

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
        wanted = load_temporary(uow.connection, "changed_parties", {"id": (sa.BigInteger(), unique)})
        query = sa.select(self.table.c.id, *(self.table.c[n] for n in names)).join(
            wanted, wanted.c.id == self.table.c.id
        )
        held = {row.id: {name: getattr(row, name) for name in names} for row in uow.connection.execute(query)}
        before = {party: dict(content) for party, content in held.items()}
        for party, row in zip(ids.tolist(), rows[[*names]].to_dict("records"), strict=True):
            held[party] |= {str(name): value for name, value in row.items() if not pd.isna(value)}
        # what counts is the last word of the file, else a list that names somebody twice changes them for ever
        moved = {party for party, content in held.items() if content != before[party]}
        unchanged = ~is_new & ~np.isin(ids, list(moved))
        new_ids = set(ids[is_new].tolist())
        old = sorted(moved - new_ids)
        if old:
            remember(self.table.name, old, [before[party] for party in old])
        if moved:
            statement = sa.update(self.table).where(self.table.c.id == sa.bindparam("of_id"))
            uow.connection.execute(
                statement.values({name: sa.bindparam(f"new_{name}") for name in names}),
                [{"of_id": i, **{f"new_{name}": held[i][name] for name in names}} for i in sorted(moved)],
            )
        return Upserted(ids, unchanged)


def ensure_customers(
    uow: UnitOfWork,
    scope: str,
    keys: Sequence[str],
    fields: Mapping[str, Sequence[Any] | npt.NDArray[Any]],
    batch_id: int,
) -> Ints:
    """The ids of buyers of one shop by their key (`rules.customer_key`); missing ones are created with `fields`."""
    require(uow, Permission.IMPORT_FILES)
    return _Keyed(customer, "key", scope).ensure(uow, keys, fields, batch_id)


def upsert_customers(uow: UnitOfWork, rows: pd.DataFrame, scope: str, batch_id: int, remember: Remember) -> Upserted:
    """Create or change buyers from a list (key, external_id, name, email, phone, …)."""
    require(uow, Permission.IMPORT_FILES)
    return _Keyed(customer, "key", scope).change(uow, rows, _CUSTOMER, (batch_id, remember))


def ensure_suppliers(uow: UnitOfWork, names: Sequence[str], batch_id: int) -> Ints:
    """The ids of suppliers by name; missing ones are created."""
    require(uow, Permission.IMPORT_FILES)
    return _Keyed(supplier, "name").ensure(uow, names, {}, batch_id)


def upsert_suppliers(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int, remember: Remember) -> Upserted:
    """Create or change suppliers from a list (name, code, contact, email, phone, address, currency, lead_time_days,
    minimum_order in minor units)."""
    require(uow, Permission.IMPORT_FILES)
    return _Keyed(supplier, "name").change(uow, rows, _SUPPLIER, (batch_id, remember))


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
    wanted = load_temporary(connection, "asked_customers", {"key": (sa.Text(), list(dict.fromkeys(keys)))})
    c = customer.c
    query = sa.select(c.key, c.scope, c.id).join(wanted, wanted.c.key == c.key).where(c.withdrawn_by.is_(None))
    found: dict[str, dict[str, int]] = {}
    for key, scope, customer_id in connection.execute(query):
        found.setdefault(key, {})[scope] = customer_id
    return found
