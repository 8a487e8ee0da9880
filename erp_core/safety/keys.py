"""The keys of personal data: which are in use, and changing the current one.

A change makes a new key, moves everything to it, and takes the old one out of the keyring: whoever holds a copy of the
old key then reads nothing that is stored from that moment on. It may be interrupted at any moment and is taken up again
where it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from erp_core.db.engine import Database
from erp_core.db.scrub import leave_no_traces
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.jobs.process import FileLock
from erp_core.security import audit, rekey
from erp_core.security.guard import require
from erp_core.security.keyring import Key, Keyring, ensure_keyring, write_keyring
from erp_core.security.permissions import Permission
from erp_core.security.rekey import SealedColumn
from erp_core.security.sealing import refuse_missing_keys
from erp_core.security.tables import personal_key
from erp_core.security.vault import Vault, vault_in
from erp_core.text import T, Text

Tell = Callable[[float, Text], None]


@dataclass(frozen=True)
class KeyState:
    """A key of this database: `in_use` new values are sealed with it, `held` it is in the keyring."""

    id: str
    made_at: dt.datetime
    retired_at: dt.datetime | None
    in_use: bool
    held: bool
    documents: int


@dataclass(frozen=True)
class Changed:
    """What a change of the key did: the key that is in use now, those that are of no use any more, documents moved."""

    current: str
    retired: tuple[str, ...]
    moved: int


def unheard(_share: float, _text: Text) -> None:
    """Progress that nobody watches."""


def keys(connection: sa.Connection, held: Keyring | None) -> list[KeyState]:
    """The keys that this database was ever sealed with and those in the keyring, the newest first."""
    known = {
        row.id: (row.made_at, row.retired_at)
        for row in connection.execute(sa.select(personal_key.c.id, personal_key.c.made_at, personal_key.c.retired_at))
    }
    ring = {key.id: key for key in held.keys} if held else {}
    states = [
        KeyState(
            key_id,
            known[key_id][0] if key_id in known else ring[key_id].made_at,
            known[key_id][1] if key_id in known else None,
            held is not None and held.current.id == key_id,
            key_id in ring,
            _documents_under(connection, key_id),
        )
        for key_id in {**known, **ring}
    ]
    return sorted(states, key=lambda state: (state.made_at, state.in_use), reverse=True)


def under_way(held: Keyring | None) -> bool:
    """Whether a change of the key was begun and is not done."""
    return held is not None and len(held.keys) > 1


def change_key(database: Database, who: As, tell: Tell = unheard) -> Changed:
    """Change the key; a change that was begun is taken up. Raises NotPermitted; Unavailable where keys are missing.

    Progress may raise Cancelled: then everything is readable, under either key, and the next call goes on.
    """
    require(who, Permission.MANAGE_KEYS)
    with FileLock(database.keys / "change.lock"):
        return _change(database, who, tell)


def _change(database: Database, who: As, tell: Tell) -> Changed:
    with database.reading() as connection:
        rekey.require_all_tables(connection)
        refuse_missing_keys(connection)
    ring = _forget_retired(database, ensure_keyring(database.keys, who.clock.now()))
    if not under_way(ring):
        ring = Keyring((Key.new(who.clock.now()), *ring.keys))
        write_keyring(database.keys, ring)
    with unit_of_work(database, who) as uow:
        _know(uow, ring.current)
        audit.record(uow, audit.Act.BEGIN_KEY_CHANGE, ring.current.id)
        uow.commit()
    moved = 0
    while True:
        moved += _move(database, vault_in(database.keys), tell)
        retired = _retire(database, who, ring, moved)
        if retired is not None:
            break
    write_keyring(database.keys, Keyring((ring.current,)))
    tell(0.95, T("Overwriting what the old key can read …"))
    leave_no_traces(database, dict.fromkeys(of.table.name for of in rekey.sealed_columns()))
    tell(1.0, T("Done."))
    return Changed(ring.current.id, retired, moved)


def _forget_retired(database: Database, ring: Keyring) -> Keyring:
    """A change that ended between its last transaction and the keyring: its old keys go now."""
    with database.reading() as connection:
        query = sa.select(personal_key.c.id).where(personal_key.c.retired_at.is_not(None))
        gone = set(connection.execute(query).scalars())
    kept = tuple(key for key in ring.keys if key.id not in gone)
    if len(kept) == len(ring.keys) or not kept:
        return ring
    write_keyring(database.keys, Keyring(kept))
    return Keyring(kept)


def _know(uow: UnitOfWork, key: Key) -> None:
    known = uow.connection.execute(sa.select(personal_key.c.id).where(personal_key.c.id == key.id)).first()
    if known is None:
        uow.connection.execute(sa.insert(personal_key).values(id=key.id, made_at=key.made_at))


def _move(database: Database, vault: Vault, tell: Tell) -> int:
    columns = rekey.sealed_columns()
    with database.reading() as connection:
        total = sum(rekey.waiting(connection, of, vault.current_id) for of in columns) or 1
    moved = 0
    for of in columns:
        while True:
            with database.writing_connection() as connection:  # a step of the act, which is told at both its ends
                lot = rekey.move_lot(connection, of, vault, vault)
                connection.commit()
            if not lot:
                break
            moved += lot
            tell(0.9 * min(moved / total, 1.0), T("Sealing {count:,} documents anew …", count=total))
    return moved


def _retire(database: Database, who: As, ring: Keyring, moved: int) -> tuple[str, ...] | None:
    """Note that the old keys are of no use; None where, in the meantime, something was still written under one."""
    with unit_of_work(database, who) as uow:
        if not uow.is_sqlite:  # whoever is about to write what was sealed with the old key ends first
            names = ", ".join(f'"{of.table.name}"' for of in rekey.sealed_columns())
            uow.connection.execute(sa.text(f"LOCK TABLE {names} IN SHARE MODE"))
        if any(rekey.waiting(uow.connection, of, ring.current.id) for of in rekey.sealed_columns()):
            return None
        old = tuple(key.id for key in ring.keys[1:])
        uow.connection.execute(
            sa.update(personal_key).where(personal_key.c.retired_at.is_(None), personal_key.c.id != ring.current.id)
            .values(retired_at=uow.now())
        )  # fmt: skip
        audit.record(uow, audit.Act.CHANGE_KEY, ring.current.id, retired=list(old), documents=moved)
        uow.commit()
    return old


def _documents_under(connection: sa.Connection, key_id: str) -> int:
    return sum(_count(connection, of, key_id) for of in rekey.sealed_columns())


def _count(connection: sa.Connection, of: SealedColumn, key_id: str) -> int:
    stored = sa.type_coerce(of.column, sa.Text)
    query = sa.select(sa.func.count()).select_from(of.table).where(stored.startswith(f"{key_id}:", autoescape=True))
    return int(connection.execute(query).scalar_one())


def ids(states: Iterable[KeyState]) -> tuple[str, ...]:
    """The ids, for a sentence."""
    return tuple(state.id for state in states)
