"""A database from before personal data were sealed: everything in it can be read afterwards, and only with the key.

PostgreSQL's own log keeps what was written before until it is overwritten, so it is not searched here.

`backups/0004.zip` was written by the release of revision 0004, which had imported `FILES` (and the list of customers once
more, with another address).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.customers.views import contacts
from erp_core.db.engine import Database
from erp_core.db.migrate import current_revision, head_revision, upgrade
from erp_core.db.uow import unit_of_work
from erp_core.errors import Unavailable
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import import_files, undo_import
from erp_core.parties.service import find_customers
from erp_core.safety import archive
from erp_core.safety.archive import BackupFile
from erp_core.safety.restore import _fill, restore
from erp_core.safety.rewriting import is_pending
from erp_core.safety.upgrade import open_database, upgrade_safely
from erp_core.security.actor import LOCAL_USER
from erp_core.security.keyring import FILE, Key, Keyring, read_keyring, write_keyring
from erp_core.security.sealing import needed_keys
from erp_core.security.vault import Kind, vault_of
from erp_core.settings import Settings, load_settings
from tests.conftest import NOW
from tests.integration.test_nothing_in_the_clear import FILES, leaks, stored
from tests.opened import opened

OLD = Path(__file__).parent / "backups" / "0004.zip"
ORDER = ("sales", "rejected", "east", "suppliers", "contacts", "returns", "tracking", "revised")


@pytest.fixture
def settings(home: Path, empty_url: str) -> Settings:
    del home
    return replace(load_settings(), database_url=empty_url)


def filled(settings: Settings) -> None:
    """The database as that release left it."""
    database = Database(settings.database_url)
    upgrade(database, "0004")
    backup = archive.verify(BackupFile(OLD))
    with database.writing_connection() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        _fill(connection, backup, lambda _share, _text: None)
        connection.commit()
    database.dispose()


@pytest.fixture
def upgraded(settings: Settings, clock: FixedClock) -> Iterator[Database]:
    """The same, opened by this version."""
    filled(settings)
    database = open_database(settings, clock)
    yield database
    database.dispose()


def again(database: Database, clock: FixedClock, folder: Path, name: str) -> Receipt:
    path = folder / f"{name}.csv"
    path.write_text(FILES[name], encoding="utf-8")
    (receipt,) = import_files(database, LOCAL_USER.acting(clock), [path])
    return receipt


def assert_all_is_there(database: Database) -> None:
    orders = opened(database, "sales_order", "external_id", "name", "address", "buyer_note", "seller_note")
    assert sorted(orders, key=str) == [
        ("E-1", "欧阳独秀", "幸福里八弄七号三零二", "请交给诸葛大妈", "司马老客户"),
        ("W-1", "Recipia Vantross", "771 Moved Larch Lane", "ring at Wolfgertrud twice", "seller thinks of Ottilie"),
        ("W-2", "Undonia Marquell", "9 Vanished Court", "please for Thusnelda", None),
    ]
    buyers = opened(database, "customer", "key", "name", "email", "phone", "address", "note")
    assert sorted(buyers, key=str) == [
        ("id:zyx.buyer.17", "Zyxwana Oellmark", "zyx@oellmark.example", "+1 (512) 555-0177", None, None),
        ("id:zyx.list.9", "Listania Fromm", "listania@fromm.example", "020 7946 0958", "45 Listed Mews",
         "allergic like Gerlinde"),
        ("id:独角兽买家", None, None, "139 7751 2468", None, None),
        ("mail:callina@drew.example", "Callina Drew", "callina@drew.example", "5125550155", None, None),
        ("mail:undonia@marquell.example", "Undonia Marquell", "undonia@marquell.example", "5125550188", None, None),
    ]  # fmt: skip
    assert opened(database, "supplier", "name", "contact", "email", "address") == [
        ("Gnome Works", "Contacta Brill", "brill@gnomeworks.example", "5 Potters Yard")
    ]
    assert opened(database, "tracking_event", "state", "place") == [
        ("signed for by Neighbora Stott", "Porch of Pankraz")
    ]
    assert opened(database, "return_case", "reason", "picking_error") == [
        ("wrong item, says Kunigunde of 5125550166", True)
    ]
    with database.reading() as connection:
        seen = contacts(connection, see_personal_data=True).sort_values("at")
        masked = contacts(connection).sort_values("at")
    assert seen["note"].tolist() == ["call Swanhild back", None]
    assert masked["note"].tolist() == ["•••", None]
    assert masked["agent"].tolist() == ["A*** P***", "A*** P***"]
    kept = [cells for (cells,) in opened(database, "import_rejected", "cells")]
    assert [cells[9] for cells in kept[:3]] == ["Rejecta Quorn", "Slippina Vex", "Rejecta Quorn"]


def assert_the_same_files_change_nothing(database: Database, clock: FixedClock, folder: Path) -> None:
    for name in ORDER:
        receipt = again(database, clock, folder, name)
        assert (receipt.rows_accepted, receipt.rows_rejected) == (0, 3 if name == "rejected" else 0), name


def assert_persons_are_found(database: Database) -> None:
    with database.writing_connection() as connection:
        vault = vault_of(connection)
        held = find_customers(connection, ["id:zyx.buyer.17", "mail:callina@drew.example", "id:nobody"])
        assert {key: set(scopes) for key, scopes in held.items()} == {
            "id:zyx.buyer.17": {"West"}, "mail:callina@drew.example": {"West"},
        }  # fmt: skip
        tail = sa.text("SELECT external_id FROM sales_order WHERE name_digest = :name")
        name = vault.digest(Kind.NAME, "recipia  VANTROSS")
        assert connection.execute(tail, {"name": name}).scalars().all() == ["W-1"]
        phones = sa.text("SELECT COUNT(*) FROM customer WHERE phone_digest = :phone AND tail_digest = :tail")
        by = {"phone": vault.digest(Kind.PHONE, "139-7751-2468"), "tail": vault.digest(Kind.TAIL, "2468")}
        assert connection.execute(phones, by).scalar_one() == 1


def test_an_upgrade_seals_what_stands_and_leaves_nothing_behind(
    settings: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    filled(settings)
    before = Database(settings.database_url)
    in_the_clear = {found for _, held in stored(before) for found in leaks(held)}
    before.dispose()
    assert in_the_clear >= {"Zyxwana", "诸葛大妈", "125550188"}
    done = upgrade_safely(settings, clock)
    assert (done.before, done.after, done.changed) == ("0004", head_revision(), True)
    database = open_database(settings, clock)
    try:
        assert not is_pending(database)
        assert {name: found for name, held in stored(database, server_log=False) if (found := leaks(held))} == {}
        assert_all_is_there(database)
        assert_persons_are_found(database)
        assert_the_same_files_change_nothing(database, clock, tmp_path)
        assert_all_is_there(database)
    finally:
        database.dispose()


def test_what_such_imports_changed_can_still_be_taken_back(upgraded: Database, clock: FixedClock) -> None:
    database = upgraded
    who = LOCAL_USER.acting(clock)
    undo_import(database, who, 10)  # the list of customers with another address
    assert ("Listania Fromm", "44 Listed Mews") in opened(database, "customer", "name", "address")
    undo_import(database, who, 9)  # the orders revised
    orders = opened(database, "sales_order", "external_id", "address", "state")
    assert ("W-1", "771 Hidden Larch Lane", "shipped") in orders  # its parcel says so
    assert ("W-2", "9 Vanished Court", "paid") in orders
    with database.reading() as connection:
        by_name = sa.text("SELECT external_id FROM sales_order WHERE name_digest = :name")
        name = vault_of(connection).digest(Kind.NAME, "Recipia Vantross")
        assert connection.execute(by_name, {"name": name}).scalars().all() == ["W-1"]


def test_a_backup_of_before_is_restored_sealed(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    done = restore(BackupFile(OLD), database, LOCAL_USER.acting(clock), save_to=None)
    assert (done.backup.manifest.cover.revision, current_revision(database)) == ("0004", head_revision())
    assert not is_pending(database)
    assert {name: found for name, held in stored(database, server_log=False) if (found := leaks(held))} == {}
    assert_all_is_there(database)
    assert_the_same_files_change_nothing(database, clock, tmp_path)


def test_without_its_key_a_database_is_refused_and_nothing_is_sealed_with_another(
    settings: Settings, upgraded: Database, clock: FixedClock, tmp_path: Path
) -> None:
    database = upgraded
    keyring = read_keyring(settings.keys)
    assert keyring is not None
    with database.reading() as connection:
        assert needed_keys(connection) == {keyring.current.id}
    (settings.keys / FILE).unlink()
    with pytest.raises(Unavailable, match=keyring.current.id) as refused:
        upgrade_safely(settings, clock)
    assert refused.value.code == "keys.missing"
    assert read_keyring(settings.keys) is None, "a lost keyring is not replaced in silence"
    write_keyring(settings.keys, Keyring((Key.new(NOW),)))
    with pytest.raises(Unavailable) as refused:
        again(database, clock, tmp_path, "revised")
    assert refused.value.code == "keys.missing"
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        assert needed_keys(uow.connection) == {keyring.current.id}
    write_keyring(settings.keys, keyring)
    upgrade_safely(settings, clock)
    assert again(database, clock, tmp_path, "revised").rows_unchanged == 2
