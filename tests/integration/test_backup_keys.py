"""Backups with a passphrase, the keys that they carry or need, control totals, and proofs that one can be put back."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import BadInput, ErpError, FileRefused, NotPermitted, Unavailable
from erp_core.imports.service import import_files
from erp_core.orders import ledger
from erp_core.orders.tables import sales_order
from erp_core.parties.service import find_customers
from erp_core.parties.tables import customer
from erp_core.safety import archive, proving, sealed_file, views, work
from erp_core.safety.archive import BackupFile
from erp_core.safety.passphrase import standing_passphrase
from erp_core.safety.restore import restore
from erp_core.safety.service import Shelf, back_up
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.keyring import Key, Keyring, read_keyring, write_keyring
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.security.vault import Kind, vault_in
from erp_core.settings import load_settings
from tests.conftest import NOW

PASSPHRASE = "correct horse battery staple"
HEAD = "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Channel,Customer,Phone,Email,Address"
SALES = f"""{HEAD}
A-1,2025-06-01 10:00,MUG,Mug,3,4.50,USD,Web shop,C-1,13800138000,ann@example.com,1 High St
A-2,2025-06-02 10:00,MUG,Mug,2,4.50,USD,Web shop,C-2,13900139000,bob@example.com,2 High St
A-3,2025-06-03 10:00,LAMP,Lamp,1,30.00,EUR,Web shop,C-1,13800138000,ann@example.com,1 High St
"""
SECRETS = ("13800138000", "13900139000", "ann@example.com", "bob@example.com", "1 High St", "2 High St")


@pytest.fixture
def shop(database: Database, clock: FixedClock, tmp_path: Path) -> Database:
    """Three orders of two buyers, sealed with the key of ERP_HOME."""
    path = tmp_path / "sales.csv"
    path.write_text(SALES)
    (receipt,) = import_files(database, LOCAL_USER.acting(clock), [path])
    assert receipt.orders == 3
    return database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Database]:
    """An empty place with keys of its own."""
    database = Database(f"sqlite:///{tmp_path / 'elsewhere' / 'erp.db'}", tmp_path / "elsewhere" / "keys")
    yield database
    database.dispose()


def turned(keys: Path) -> str:
    """A new current key in front of those that are there; its id."""
    before = read_keyring(keys)
    assert before is not None
    new = Key.new(NOW)
    write_keyring(keys, Keyring((new, *before.keys)))
    return new.id


def read_back(database: Database) -> dict[str, str]:
    """Order → the phone number of its buyer and the address that it goes to."""
    query = sa.select(sales_order.c.external_id, customer.c.personal, sales_order.c.personal.label("recipient"))
    with database.reading() as connection:
        rows = connection.execute(query.join(customer, customer.c.id == sales_order.c.customer_id))
        return {row.external_id: f"{row.personal['phone']}, {row.recipient['address']}" for row in rows}


PERSONS = {
    "A-1": "13800138000, 1 High St",
    "A-2": "13900139000, 2 High St",
    "A-3": "13800138000, 1 High St",
}


# --- control totals ---


def test_the_manifest_says_the_sums_that_a_bookkeeper_reckons(shop: Database, clock: FixedClock, folder: Path) -> None:
    totals = back_up(shop, LOCAL_USER.acting(clock), Shelf(folder)).manifest.totals
    assert totals is not None
    assert totals["orders"] == {"order": 3}
    assert totals["order_units"] == {"order": 3 + 2 + 1}
    # 3 × 4.50 + 2 × 4.50 = 22.50 dollars; 30.00 euros
    assert totals["goods"] == {"EUR": 3000, "USD": 2250}
    assert totals["lines"] == {"": 3}
    assert totals["line_amounts"] == {"": 5250}
    assert totals["customers"] == {"": 2}
    assert totals["products"] == {"": 2}
    assert totals["acts"] == {"": 1}


@pytest.mark.parametrize("change", ["an amount", "a row"])
def test_a_backup_whose_totals_do_not_come_back_is_refused(
    shop: Database, clock: FixedClock, folder: Path, tmp_path: Path, elsewhere: Database, change: str
) -> None:
    """Someone edits a table and its hash: the zip is in order, the books are not."""
    import hashlib
    import zipfile

    backup = back_up(shop, LOCAL_USER.acting(clock), Shelf(folder))
    shutil.copytree(shop.keys, elsewhere.keys)
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(backup.path) as source, zipfile.ZipFile(forged, "w") as out:
        manifest = json.loads(source.read("manifest.json"))
        for name in source.namelist():
            content = source.read(name)
            if name == "sales_order.csv" and change == "an amount":
                assert content.count(b",1350,") == 1  # 3 × 4.50
                content = content.replace(b",1350,", b",1351,")
                member = manifest["tables"]["sales_order"]
                member["sha256"] = hashlib.sha256(content).hexdigest()
            if name == "manifest.json":
                continue
            out.writestr(name, content)
        if change == "a row":
            manifest["totals"]["lines"][""] = 4
        out.writestr("manifest.json", json.dumps(manifest))
    with pytest.raises(FileRefused, match="were expected") as refused:
        restore(BackupFile(forged), elsewhere, LOCAL_USER.acting(clock), save_to=None)
    assert refused.value.code == "backup.damaged"
    assert not Path(elsewhere.url.database or "").exists() or not read_tables(elsewhere)


def read_tables(database: Database) -> list[str]:
    with database.reading() as connection:
        return sa.inspect(connection).get_table_names()


# --- the passphrase ---


def test_a_sealed_backup_shows_nothing_and_comes_back_under_the_keys_of_another_place(
    shop: Database, clock: FixedClock, folder: Path, elsewhere: Database
) -> None:
    who = LOCAL_USER.acting(clock)
    backup = back_up(shop, who, Shelf(folder, PASSPHRASE))
    assert backup.path.suffix == ".sealed"
    raw = backup.path.read_bytes()
    for word in (*SECRETS, "sales_order", "MUG", "secret", PASSPHRASE):
        assert word.encode() not in raw
    done = restore(BackupFile(backup.path, PASSPHRASE), elsewhere, who, save_to=None)
    assert done.rekeyed
    theirs = read_keyring(elsewhere.keys)
    assert theirs is not None
    assert theirs.ids != backup.manifest.keys  # a key of its own, the other is not taken over
    assert len(theirs.ids) == 1
    assert read_back(elsewhere) == PERSONS
    with elsewhere.reading() as connection:
        text = sa.type_coerce(sales_order.c.personal, sa.Text)
        kept = list(connection.execute(sa.select(text)).scalars())
        assert {sealed.partition(":")[0] for sealed in kept} == set(theirs.ids)
        # what persons are found by was made anew too
        vault = vault_in(elsewhere.keys)
        digest = vault.digest(Kind.PHONE, "13900139000")
        found = connection.execute(sa.select(customer.c.personal).where(customer.c.phone_digest == digest)).scalars()
        assert [document["email"] for document in found] == ["bob@example.com"]
        tags = set(connection.execute(sa.select(customer.c.key)).scalars())
        keys = [row["key"] for row in connection.execute(sa.select(customer.c.personal)).scalars()]
        assert tags == {vault.tag(Kind.KEY, key) for key in keys}
        assert len(find_customers(connection, keys)) == 2
    assert ledger.check(elsewhere)["ok"]


def test_a_wrong_passphrase_is_told_from_damage(shop: Database, clock: FixedClock, folder: Path) -> None:
    path = back_up(shop, LOCAL_USER.acting(clock), Shelf(folder, PASSPHRASE)).path
    with pytest.raises(BadInput) as refused:
        archive.verify(BackupFile(path))
    assert refused.value.code == "backup.sealed"
    with pytest.raises(BadInput) as refused:
        archive.verify(BackupFile(path, "another passphrase"))
    assert refused.value.code == "backup.wrong_passphrase"
    whole = path.read_bytes()
    for at in (len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(FileRefused) as damaged:
            archive.verify(BackupFile(path, PASSPHRASE))
        assert damaged.value.code == "backup.damaged"
    path.write_bytes(whole[:-1])
    with pytest.raises(FileRefused):
        archive.verify(BackupFile(path, PASSPHRASE))


def test_chunks_cannot_be_cut_off_exchanged_or_put_under_another_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_file, "CHUNK", 100)
    monkeypatch.setattr(sealed_file, "_N", 2**10)
    path, text = tmp_path / "sealed", bytes(range(250))  # chunks of 100, 100 and 50, each 16 longer when sealed

    def sealed(cover: str) -> bytes:
        with path.open("wb") as stream:
            writer = sealed_file.SealingWriter(stream, PASSPHRASE, {"cover": cover})
            writer.write(text)
            writer.close()
        return path.read_bytes()

    def opened(content: bytes) -> bytes:
        path.write_bytes(content)
        with path.open("rb") as stream:
            return sealed_file.SealedReader(stream, PASSPHRASE).read()

    whole, other = sealed("one"), sealed("two")
    start = len(whole) - (116 + 116 + 66)
    head, first, second, last = whole[:start], whole[start:][:116], whole[start + 116 :][:116], whole[-66:]
    assert opened(whole) == text
    for forged in (
        head + first + second, head + first + last, head + second + first + last, head + first + first + last,
        head + last, head, other[:start] + first + second + last, head.replace(b"one", b"two") + first + second + last,
    ):  # fmt: skip
        with pytest.raises(sealed_file.Damaged):
            opened(forged)


# --- keys ---


def test_a_plain_backup_names_its_keys_and_is_refused_where_they_are_not(
    shop: Database, clock: FixedClock, folder: Path, elsewhere: Database
) -> None:
    who = LOCAL_USER.acting(clock)
    backup = back_up(shop, who, Shelf(folder))
    ring = read_keyring(shop.keys)
    assert ring is not None
    assert backup.manifest.keys == ring.ids
    raw = b"".join(content for _, content in members(backup.path))
    for word in (*SECRETS, *(key.to_json()["secret"] for key in ring.keys)):
        assert word.encode() not in raw
    for word in ("A-1", "MUG"):
        assert word.encode() in raw
    with pytest.raises(Unavailable, match=ring.current.id) as refused:
        restore(BackupFile(backup.path), elsewhere, who, save_to=None)
    assert refused.value.code == "keys.missing"
    assert not Path(elsewhere.url.database or "").exists()
    shutil.copytree(shop.keys, elsewhere.keys)
    assert not restore(BackupFile(backup.path), elsewhere, who, save_to=None).rekeyed
    assert read_back(elsewhere) == PERSONS


def members(path: Path) -> list[tuple[str, bytes]]:
    import zipfile

    with zipfile.ZipFile(path) as packed:
        return [(name, packed.read(name)) for name in packed.namelist()]


def test_a_backup_of_before_the_key_was_changed_comes_back_under_the_current_key(
    shop: Database, clock: FixedClock, folder: Path
) -> None:
    who = LOCAL_USER.acting(clock)
    backup = back_up(shop, who, Shelf(folder))
    current = turned(shop.keys)
    assert restore(BackupFile(backup.path), shop, who, save_to=Shelf(folder)).rekeyed
    assert back_up(shop, who, Shelf(folder)).manifest.keys == (current,)
    assert read_back(shop) == PERSONS


# --- proofs ---


def test_a_backup_is_proven_and_remembered_and_nothing_is_left(
    shop: Database, clock: FixedClock, folder: Path, tmp_path: Path
) -> None:
    who, home = LOCAL_USER.acting(clock), tmp_path / "place"
    for shelf in (Shelf(folder), Shelf(folder, PASSPHRASE)):
        backup = back_up(shop, who, shelf)
        proof = proving.prove(shop, who, BackupFile(backup.path, shelf.passphrase), home)
        assert proof.error is None
        assert (proof.file, proof.rows, proof.made_at) == (backup.path.name, backup.manifest.rows, NOW)
        assert [path.name for path in home.iterdir()] == ["proving.lock"]
    with shop.reading() as connection:
        found = views.proofs(connection, "en", 5)
        assert list(found["proven"]) == [True, True]
        assert views.last_proven(connection) == NOW


def test_a_backup_that_is_not_proven_says_why(shop: Database, clock: FixedClock, folder: Path, tmp_path: Path) -> None:
    who = LOCAL_USER.acting(clock)
    path = back_up(shop, who, Shelf(folder)).path
    path.write_bytes(path.read_bytes()[:-100])
    proof = proving.prove(shop, who, BackupFile(path), tmp_path / "place")
    assert isinstance(proof.error, ErpError)
    assert not proof.proven
    for language, word in (("en", "damaged"), ("zh_CN", "损坏")):
        with shop.reading() as connection:
            (row,) = views.proofs(connection, language, 5).to_dict("records")
            assert views.last_proven(connection) is None
            assert views.last_tried(connection) == NOW
        assert not row["proven"]
        assert word in row["problem"]


def test_a_proof_takes_the_permission(shop: Database, clock: FixedClock, folder: Path, tmp_path: Path) -> None:
    backup = back_up(shop, LOCAL_USER.acting(clock), Shelf(folder))
    nobody = Actor("nobody", ALL_PERMISSIONS - {Permission.RUN_BACKUPS}).acting(clock)
    with pytest.raises(NotPermitted):
        proving.prove(shop, nobody, BackupFile(backup.path), tmp_path / "place")
    with pytest.raises(FileRefused):
        proving.prove(shop, LOCAL_USER.acting(clock), BackupFile(tmp_path / "none.zip"), tmp_path / "place")


def test_a_proof_is_due_a_week_after_the_last_and_only_where_there_is_a_backup(
    shop: Database, database_url: str, home: Path
) -> None:
    def due(at: dt.datetime, watch: work.ProofWatch | None = None) -> bool:
        return (watch or work.ProofWatch())(settings, FixedClock(at)) is not None

    settings = load_settings({"ERP_HOME": str(home), "ERP_DATABASE_URL": database_url})
    who, week = LOCAL_USER.acting(FixedClock(NOW)), dt.timedelta(days=7)
    assert not due(NOW)  # nothing to prove
    backup = back_up(shop, who, Shelf(settings.backups))
    watch = work.ProofWatch()
    assert due(NOW, watch)
    assert not due(NOW, watch)  # asked for already
    proving.prove(shop, who, BackupFile(backup.path), settings.home)
    assert not due(NOW + week - dt.timedelta(hours=1))
    assert due(NOW + week)
    assert work.next_proof(settings, FixedClock(NOW)) == NOW + week
    later = NOW + dt.timedelta(days=35)
    assert views.why_unsure(NOW, NOW, later) is None
    assert views.why_unsure(NOW, NOW, later + dt.timedelta(days=1)) is not None
    assert views.why_unsure(None, NOW, later) is None  # the first backup is not that old
    assert views.why_unsure(None, NOW, later + dt.timedelta(days=1)) is not None
    assert views.why_unsure(None, None, later) is None  # that there is no backup is said elsewhere


# --- where the passphrase stands ---


def test_the_passphrase_stands_in_the_environment_or_in_a_file_that_only_its_owner_reads(home: Path) -> None:
    def found(**environment: str) -> str | None:
        return standing_passphrase(load_settings({"ERP_HOME": str(home), **environment}))

    assert found() is None
    file = home / "keys" / "backup.json"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps({"passphrase": PASSPHRASE}))
    assert found() == PASSPHRASE
    assert found(ERP_BACKUP_PASSPHRASE="another good one") == "another good one"
    with pytest.raises(BadInput) as weak:
        found(ERP_BACKUP_PASSPHRASE="eleven char")
    assert weak.value.code == "backup.weak_passphrase"
    assert "eleven char" not in str(weak.value.message)
    file.chmod(0o640)
    with pytest.raises(Unavailable) as seen:
        found()
    assert seen.value.code == "keys.too_open"
    file.chmod(0o600)
    for text in ("{", "[]", '{"passphrase": 5}'):
        file.write_text(text)
        with pytest.raises(Unavailable) as odd:
            found()
        assert odd.value.code == "keys.unreadable"
    assert PASSPHRASE not in repr(load_settings({"ERP_BACKUP_PASSPHRASE": PASSPHRASE}))
    assert PASSPHRASE not in repr(Shelf(home, PASSPHRASE)) + repr(BackupFile(home, PASSPHRASE))
