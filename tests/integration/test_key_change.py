"""Changing the key of personal data: readable all the while, taken up where it ended, the old key of no use after it."""

from __future__ import annotations

import base64
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from erp_core.errors import Cancelled, NotPermitted, Unavailable
from erp_core.persons.views import Reader, find_persons
from erp_core.safety.keys import change_key, keys, under_way
from erp_core.security import rekey
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.keyring import Key, Keyring, read_keyring, write_keyring
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.security.vault import Vault
from erp_core.text import T, Text
from tests.conftest import NOW
from tests.integration.shop import Shop

HEADER = (
    "Order ID,Date,SKU,Quantity,Unit price,Currency,Status,Shop,Customer ID,Customer name,Email,Phone,Recipient,Address"
)
ROWS = "".join(
    f"A-{i},2026-01-05,MUG,1,10,CNY,paid,Lamps,C-{i % 7},Buyer {i % 7},b{i % 7}@example.com,1380013800{i % 7},Name {i},Street {i}\n"
    for i in range(30)
)
CONTACTS = "Date,Shop,Customer ID,Contact type,Direction,Subject\n2026-01-09 10:00,Lamps,C-1,phone,in,Broken\n"
BAD = f"{HEADER}\nX-1,2026-01-05,MUG,some,10,CNY,paid,Lamps,C-1,Buyer 1,b1@example.com,,,\n"
LIST = "Customer ID,Name,Email\nC-1,{name},x@example.com\n"
RETURNS = "Return ID,Order ID,Shop,SKU,Quantity returned,Returned on,Reason of the return\nR-1,A-1,Lamps,MUG,1,2026-01-09,broken\n"
TRACKING = (
    "Order ID,Carrier,Tracking number,Event,Event time,Place\nA-1,SF,SF100,Given to Ann,2026-01-08 10:00,Hangzhou\n"
)
SUPPLIERS = "Supplier,Contact person,Email\nYiwu,Bob,bob@example.com\n"


@pytest.fixture
def filled(shop: Shop) -> Shop:
    shop.load(f"{HEADER}\n{ROWS}")
    shop.load(f"{HEADER}\n{ROWS.replace('Street', 'Road')}")
    for text in (CONTACTS, BAD, SUPPLIERS, RETURNS, TRACKING, LIST.format(name="Listed"), LIST.format(name="Other")):
        shop.load(text)
    return shop


def ring(shop: Shop) -> Keyring:
    found = read_keyring(shop.database.keys)
    assert found is not None
    return found


def stored(shop: Shop) -> list[str]:
    """Every sealed document, as it is stored."""
    with shop.database.reading() as connection:
        return [
            sealed
            for of in rekey.sealed_columns()
            for sealed in connection.execute(sa.select(sa.type_coerce(of.column, sa.Text)).where(of.column.is_not(None))).scalars()
        ]  # fmt: skip


def hashes(shop: Shop) -> set[Any]:
    found = shop.rows("SELECT key, name_digest, mail_digest, phone_digest, tail_digest FROM customer")
    found += shop.rows("SELECT name_digest, phone_digest, tail_digest FROM sales_order")
    return {value for row in found for value in row if value is not None}


def readable(shop: Shop) -> None:
    for words in ("Buyer 3", "b3@example.com", "13800138003", "8003", "C-3", "A-3", "Other"):
        assert len(shop.read(find_persons, words, Reader(True))) == 1, words
    assert len(shop.read(find_persons, "Name 29", Reader(True))) == 1


def change(shop: Shop, tell: Any = lambda _share, _text: None) -> Any:
    return change_key(shop.database, LOCAL_USER.acting(shop.clock), tell)


def test_a_changed_key_reads_all_and_the_old_one_nothing(filled: Shop) -> None:
    (old,) = ring(filled).keys
    before, hashed = len(stored(filled)), hashes(filled)
    done = change(filled)
    assert done.retired == (old.id,)
    assert (len(stored(filled)), done.moved) == (before, before)
    assert [key.id for key in ring(filled).keys] == [done.current] != [old.id]
    readable(filled)
    retired = Fernet(base64.urlsafe_b64encode(old.derived("encrypt")))
    for sealed in stored(filled):
        assert sealed.startswith(f"{done.current}:")
        with pytest.raises(InvalidToken):
            retired.decrypt(sealed.partition(":")[2])
    assert not hashed & hashes(filled)
    with filled.database.reading() as connection:
        states = {state.id: state for state in keys(connection, ring(filled))}
    assert states[old.id].retired_at == NOW
    assert (states[done.current].in_use, states[done.current].documents) == (True, before)
    again = filled.load(f"{HEADER}\n{ROWS.replace('Street', 'Road')}\n")
    assert (again.rows_unchanged, again.rows_accepted) == (30, 0)


def test_a_change_ends_anywhere_and_goes_on(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekey, "LOT", 4)
    monkeypatch.setattr(rekey.move_lot, "__defaults__", (4,))
    (old,) = ring(filled).keys
    for stop_after in itertools.count(1):
        seen = itertools.count(1)

        def tell(_share: float, _text: Text, seen: Any = seen, stop_after: int = stop_after) -> None:
            if next(seen) == stop_after:
                raise Cancelled(T("Cancelled."))

        try:
            change(filled, tell)
            break
        except Cancelled:
            readable(filled)
            filled.load(
                f"{HEADER}\nN-{stop_after},2026-01-06,MUG,1,10,CNY,paid,Lamps,C-2,Buyer 2,,,New {stop_after},\n"
            )
            assert under_way(ring(filled)) or len(ring(filled).keys) == 1
    assert stop_after > 3
    readable(filled)
    assert old.id not in ring(filled).ids
    assert filled.rows("SELECT COUNT(*) FROM customer") == [
        (8,)
    ]  # the seven, and one on a list: nobody twice, whichever key they stood under
    assert len({sealed.partition(":")[0] for sealed in stored(filled)}) == 1


def test_a_change_that_ended_before_the_keyring_was_written_is_finished(filled: Shop) -> None:
    (old,) = ring(filled).keys
    done = change(filled)
    write_keyring(filled.database.keys, Keyring((*ring(filled).keys, old)))  # as the moment before found it
    change(filled)
    assert old.id not in ring(filled).ids
    assert done.current not in ring(filled).ids
    readable(filled)


def test_without_the_keyring_nothing_is_read_nor_sealed_anew(filled: Shop) -> None:
    lost = ring(filled)
    (filled.database.keys / "keyring.json").unlink()
    with pytest.raises(Unavailable) as refusal:
        filled.load(f"{HEADER}\nZ-1,2026-01-06,MUG,1,10,CNY,paid,Lamps,C-2,Buyer 2,,,New,\n")
    assert refusal.value.code == "keys.missing"
    with pytest.raises(Unavailable):
        change(filled)
    write_keyring(filled.database.keys, lost)
    readable(filled)


def test_only_who_looks_after_keys_changes_them(filled: Shop) -> None:
    who = Actor("other", ALL_PERMISSIONS - {Permission.MANAGE_KEYS})
    with pytest.raises(NotPermitted):
        change_key(filled.database, who.acting(filled.clock))
    assert not under_way(ring(filled))


def test_a_restore_seals_all_anew_in_one_transaction(filled: Shop) -> None:
    old = Vault(ring(filled))
    new = Vault(Keyring((Key.new(NOW),)))
    with filled.database.writing_connection() as connection:
        count = rekey.reseal_all(connection, old, new, lambda _share: None)
        connection.commit()
    write_keyring(filled.database.keys, new.keyring)
    assert count == len(stored(filled))
    readable(filled)


def test_every_table_with_sealed_documents_has_rows_here(filled: Shop) -> None:
    """So that what the tests above say holds for each of them."""
    with filled.database.reading() as connection:
        empty = {
            of.table.name
            for of in rekey.sealed_columns()
            if not connection.execute(sa.select(sa.func.count()).where(of.column.is_not(None))).scalar_one()
        }
    assert empty == {"app_user"}  # secrets of second factors are sealed alike; this shop has no accounts


def test_the_file_holds_nothing_that_the_old_key_reads(filled: Shop) -> None:
    if not filled.database.is_sqlite:
        pytest.skip("the files of a PostgreSQL server are its own")
    (old,) = ring(filled).keys
    change(filled)
    path = Path(filled.database.url.database or "")
    found = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]
    content = b"".join(file.read_bytes() for file in found if file.exists())
    assert f"{old.id}:".encode() not in content
    assert f"{ring(filled).current.id}:".encode() in content


@pytest.mark.parametrize("action", ["list", "change"])
def test_the_command_knows_every_table_in_a_process_of_its_own(filled: Shop, action: str) -> None:
    if not filled.database.is_sqlite:
        pytest.skip("what the process loads is the same on both")
    environment = {**os.environ, "ERP_DATABASE_URL": filled.database.url.render_as_string(hide_password=False)}
    words = [sys.executable, "-m", "erp_core", "keys", action, "--json"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    readable(filled)


def test_a_program_that_does_not_know_every_table_changes_no_key(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ring(filled)
    monkeypatch.setattr(rekey, "metadata", sa.MetaData())
    with pytest.raises(RuntimeError, match="sales_order"):
        change(filled)
    assert ring(filled) == before
