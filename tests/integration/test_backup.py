"""Backups and putting them back: every row of a filled shop, on both databases and across, whatever happens meanwhile.

Run as a script, this file restores a backup and stands still in the middle, so that a test can kill it there.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import random
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import erp_core.schema  # noqa: F401  (registers every table)
from erp_core.clock import FixedClock, SystemClock
from erp_core.db import packs
from erp_core.db.base import metadata
from erp_core.db.engine import Database
from erp_core.db.migrate import current_revision, head_revision, upgrade
from erp_core.db.uow import unit_of_work
from erp_core.errors import Conflict, ErpError, FileRefused, NotFound, NotPermitted, Unavailable
from erp_core.imports.service import import_files, undo_import
from erp_core.orders import ledger
from erp_core.orders.pack_work import ROLLUPS
from erp_core.safety import archive, views
from erp_core.safety import restore as restoring
from erp_core.safety.archive import Backup, BackupFile
from erp_core.safety.restore import restore
from erp_core.safety.rules import Occasion
from erp_core.safety.service import Shelf, back_up, hand_out
from erp_core.safety.totals import totals_of
from erp_core.security import audit
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.security.tables import audit_event
from erp_core.settings import ROOT
from tests.conftest import NOW, Addresses

SAMPLES = ROOT / "data" / "samples"
PATIENCE = 60.0
Rows = dict[str, list[tuple[Any, ...]]]
Make = Callable[..., Backup]


# --- a shop, and what is in it ---


def fill(database: Database, clock: FixedClock, seed: int, samples: int) -> None:
    """A shop with a bit of everything: so many samples in an order that the seed decides, one import taken back, packed
    rollups, and words that are hard to write down."""
    chance = random.Random(seed)
    alone = [path for path in sorted(SAMPLES.iterdir()) if path.name != "taobao-lines.csv"]
    chance.shuffle(alone)
    first = [path for path in alone if path.name == "generic-sales.csv"]  # tracking numbers rest on it
    batches: list[int] = []
    for path in [*first, *(path for path in alone if path not in first)][:samples]:
        (receipt,) = import_files(database, LOCAL_USER.acting(clock), [path])
        batches.append(receipt.batch_id or 0)
    undo_import(database, LOCAL_USER.acting(clock), batches[-1])
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        audit.record(uow, "test.words", 'say "hi",\r\n灯\\.', tree={"a": [None, "é", 2**60], "b": ""})
        uow.commit()
    assert packs.pack(database, ROLLUPS) > 0


def rows_of(database: Database) -> Rows:
    """Every row of every table, by key."""
    found: Rows = {}
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            keys = [
                sa.collate(c, "C") if isinstance(c.type, sa.String) and not database.is_sqlite else c
                for c in table.primary_key
            ]
            found[table.name] = [tuple(row) for row in connection.execute(sa.select(table).order_by(*keys))]
    return found


LOG = ("audit_event", "audit_head")


def without_restore(rows: Rows) -> Rows:
    """The rows without the one event that a restore adds, and without the head of the chain that names it."""
    events = [row for row in rows["audit_event"] if row[3] != "backup.restored"]
    return {**rows, "audit_event": events, "audit_head": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def make(database: Database, clock: FixedClock, folder: Path) -> Make:
    def make(occasion: Occasion = Occasion.MANUAL, at: dt.datetime = NOW) -> Backup:
        return back_up(database, LOCAL_USER.acting(FixedClock(at)), Shelf(folder), occasion)

    return make


@pytest.fixture
def filled(database: Database, clock: FixedClock) -> Database:
    fill(database, clock, seed=1, samples=3)
    return database


@pytest.fixture
def empty_file(tmp_path: Path) -> Iterator[Database]:
    """Where no database is yet."""
    database = Database(f"sqlite:///{tmp_path / 'other' / 'new.db'}")
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database to restore into: no file yet, or migrated already."""
    if request.param == "sqlite":
        yield request.getfixturevalue("empty_file")
        return
    addresses: Addresses = request.getfixturevalue("postgresql_addresses")
    with addresses() as url:
        database = Database(url)
        yield database
        database.dispose()


# --- the proof ---


def test_every_row_comes_back_on_either_database(
    database: Database, clock: FixedClock, make: Make, target: Database
) -> None:
    fill(database, clock, seed=2, samples=20)
    before = rows_of(database)
    assert sum(len(rows) > 0 for rows in before.values()) > 20
    backup = make()
    done = restore(BackupFile(backup.path), target, LOCAL_USER.acting(clock), save_to=None)
    assert (done.saved, done.upgraded_to) == (None, head_revision())
    after = rows_of(target)
    assert without_restore(after) == {**before, "audit_head": []}
    (event,) = [row for row in after["audit_event"] if row[3] == "backup.restored"]
    assert (event[2], event[4], event[5]["rows"]) == ("local", backup.path.name, sum(map(len, before.values())))
    assert ledger.check(target)["ok"]
    (receipt,) = import_files(
        target, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"]
    )  # new rows, new numbers
    assert receipt.adds_up()
    assert ledger.check(target)["ok"]


def test_the_same_rows_make_the_same_texts_on_either_database(
    filled: Database, clock: FixedClock, make: Make, target: Database, tmp_path: Path
) -> None:
    first = make()
    restore(BackupFile(first.path), target, LOCAL_USER.acting(clock), save_to=None)
    second = back_up(target, LOCAL_USER.acting(clock), Shelf(tmp_path / "second"))
    hashes = [{t: m.sha256 for t, m in b.manifest.tables.items() if t not in LOG} for b in (first, second)]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) > 40


def test_a_backup_says_what_it_is_and_only_its_owner_reads_it(filled: Database, make: Make) -> None:
    backup = make(Occasion.NIGHTLY)
    said = backup.manifest.cover
    assert backup.path.name == f"erp-20260302T090000Z-{head_revision()}.zip"
    assert (said.made_at, said.occasion, said.revision) == (NOW, Occasion.NIGHTLY, head_revision())
    assert said.database == ("sqlite" if filled.is_sqlite else "postgresql")
    assert {name: member.rows for name, member in backup.manifest.tables.items()} == {
        name: len(rows) - (name == "audit_event")
        for name, rows in rows_of(filled).items()  # its own event came later
    }
    with zipfile.ZipFile(backup.path) as packed:
        assert "Keep keys apart" in json.loads(packed.read("manifest.json"))["not_in_it"]
        assert packed.read("channel.csv").startswith(b'"id","name","platform"')
    if os.name == "posix":
        assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(backup.path.parent.stat().st_mode) == 0o700
    assert make(Occasion.MANUAL).path.name == f"erp-20260302T090000Z-{head_revision()}-2.zip"


def test_what_is_written_while_a_backup_is_made_is_in_it_whole_or_not_at_all(
    filled: Database, database_url: str, clock: FixedClock, folder: Path, empty_file: Database
) -> None:
    """Another connection writes into the first table and into the last at every step of the backup."""
    other = Database(database_url)
    written = 0

    def write(_share: float, _text: object) -> None:
        nonlocal written
        written += 1
        with unit_of_work(other, LOCAL_USER.acting(clock)) as uow:
            audit.record(uow, "test.pair", str(written))
            uow.connection.execute(sa.insert(metadata.tables["charge_word"]).values(word=f"pair {written}"))
            uow.commit()

    before = rows_of(filled)
    backup = back_up(filled, LOCAL_USER.acting(clock), Shelf(folder), Occasion.MANUAL, write)
    other.dispose()
    assert written > 40
    restore(BackupFile(backup.path), empty_file, LOCAL_USER.acting(clock), save_to=None)
    after = without_restore(rows_of(empty_file))
    pairs = sum(row[3] == "test.pair" for row in after["audit_event"])
    assert pairs == sum(str(row[1]).startswith("pair ") for row in after["charge_word"]) <= 1  # the first comes before
    assert after["order_line"] == before["order_line"]


def test_a_backup_beside_a_busy_writer_is_consistent(
    filled: Database, database_url: str, clock: FixedClock, make: Make, empty_file: Database
) -> None:
    stop = threading.Event()

    def write() -> None:
        other = Database(database_url)
        number = 0
        while not stop.is_set():
            number += 1
            with unit_of_work(other, LOCAL_USER.acting(clock)) as uow:
                audit.record(uow, "test.pair", str(number))
                uow.connection.execute(sa.insert(metadata.tables["charge_word"]).values(word=f"pair {number}"))
                uow.commit()
        other.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backups = [make() for _ in range(3)]
    finally:
        stop.set()
        writer.join()
    restore(BackupFile(backups[-1].path), empty_file, LOCAL_USER.acting(clock), save_to=None)
    after = rows_of(empty_file)
    pairs = [row[4] for row in after["audit_event"] if row[3] == "test.pair"]
    words = [str(row[1]) for row in after["charge_word"] if str(row[1]).startswith("pair ")]
    assert [f"pair {number}" for number in pairs] == words


def test_totals_of_a_backup_beside_imports_are_those_of_what_comes_back(
    filled: Database, database_url: str, clock: FixedClock, folder: Path, tmp_path: Path, target: Database
) -> None:
    """Two writers import orders and take them back all the while; what comes back are the books of one moment."""
    stop = threading.Event()
    head = "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Channel"

    def write(shop: str) -> None:
        other = Database(database_url)
        file = tmp_path / f"{shop}.csv"
        for number in itertools.count():
            if stop.is_set():
                break
            rows = [f"{shop}-{number}-{n},2025-06-01 10:00,MUG,Mug,2,4.50,USD,{shop}" for n in range(5)]
            file.write_text("\n".join([head, *rows]) + "\n")
            (receipt,) = import_files(other, LOCAL_USER.acting(clock), [file])
            if number % 3 == 2:
                undo_import(other, LOCAL_USER.acting(clock), receipt.batch_id or 0)
        other.dispose()

    writers = [threading.Thread(target=write, args=(shop,)) for shop in ("left", "right")]
    for writer in writers:
        writer.start()
    try:
        backups = [back_up(filled, LOCAL_USER.acting(clock), Shelf(folder)) for _ in range(3)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    said = [backup.manifest.totals for backup in backups]
    assert said[0] != said[-1]  # they did write meanwhile
    restore(BackupFile(backups[-1].path), target, LOCAL_USER.acting(clock), save_to=None)
    with target.reading() as connection:
        found = totals_of(connection, metadata)
    assert {**found, "acts": {}} == {**(said[-1] or {}), "acts": {}}
    assert found["acts"][""] == (said[-1] or {})["acts"][""] + 1  # the restore's own
    assert found["orders"]["order"] > 0
    assert ledger.check(target)["ok"]


# --- what stands there already ---


def test_a_database_in_use_is_replaced_only_if_told_so_and_saved_before(
    filled: Database, clock: FixedClock, make: Make, folder: Path
) -> None:
    old = rows_of(filled)
    backup = make()
    import_files(filled, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"])
    new = rows_of(filled)
    with pytest.raises(Conflict, match="not empty") as refused:
        restore(BackupFile(backup.path), filled, LOCAL_USER.acting(clock), save_to=None)
    assert refused.value.code == "restore.not_empty"
    assert rows_of(filled) == new
    done = restore(BackupFile(backup.path), filled, LOCAL_USER.acting(clock), save_to=Shelf(folder))
    assert done.saved is not None
    after = rows_of(filled)
    assert {**without_restore(after), "audit_event": []} == {**old, "audit_event": [], "audit_head": []}
    # the number of the restore's event is above all that the old content used, so that no reader takes it for known
    assert max(row[0] for row in after["audit_event"]) > max(row[0] for row in new["audit_event"])
    restore(BackupFile(done.saved.path), filled, LOCAL_USER.acting(clock), save_to=Shelf(folder))
    assert without_restore(rows_of(filled)) == {**new, "audit_head": []}


def test_programs_that_have_the_database_open_go_on_with_what_was_restored(
    filled: Database, database_url: str, clock: FixedClock, make: Make, folder: Path
) -> None:
    backup = make()
    app = Database(database_url)
    import_files(app, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"])
    lines = len(rows_of(app)["order_line"])
    restore(BackupFile(backup.path), filled, LOCAL_USER.acting(clock), save_to=Shelf(folder))
    assert len(rows_of(app)["order_line"]) < lines
    (receipt,) = import_files(app, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"])
    assert receipt.adds_up()
    assert len(rows_of(filled)["order_line"]) == lines
    assert ledger.check(app)["ok"]
    app.dispose()


def test_a_reader_keeps_what_it_sees_while_a_file_is_restored(
    sqlite_database: Database, clock: FixedClock, folder: Path
) -> None:
    fill(sqlite_database, clock, seed=1, samples=2)
    backup = back_up(sqlite_database, LOCAL_USER.acting(clock), Shelf(folder))
    import_files(sqlite_database, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"])
    reader = Database(sqlite_database.url.render_as_string(hide_password=False))
    count = sa.select(sa.func.count()).select_from(metadata.tables["order_line"])
    with reader.reading() as connection:
        before = connection.execute(count).scalar_one()
        restore(BackupFile(backup.path), sqlite_database, LOCAL_USER.acting(clock), save_to=Shelf(folder))
        assert connection.execute(count).scalar_one() == before
    with reader.reading() as connection:
        assert connection.execute(count).scalar_one() < before
    reader.dispose()


def test_tables_of_another_program_are_left_alone(
    filled: Database, clock: FixedClock, make: Make, tmp_path: Path, postgresql_addresses: Addresses
) -> None:
    backup = make()
    foreign = Database(f"sqlite:///{tmp_path / 'foreign.db'}")
    with foreign.writing_connection() as connection:
        connection.execute(sa.text("CREATE TABLE product (name TEXT)"))
        connection.execute(sa.text("INSERT INTO product VALUES ('theirs')"))
        connection.commit()
    with pytest.raises(Conflict, match="another program"):
        restore(BackupFile(backup.path), foreign, LOCAL_USER.acting(clock), save_to=Shelf(tmp_path))
    with foreign.reading() as connection:
        assert connection.execute(sa.text("SELECT name FROM product")).scalars().all() == ["theirs"]
    foreign.dispose()
    with postgresql_addresses() as url:
        shared = Database(url)
        with shared.writing_connection() as connection:
            connection.execute(sa.text("CREATE TABLE theirs (name TEXT)"))
            connection.commit()
        restore(BackupFile(backup.path), shared, LOCAL_USER.acting(clock), save_to=None)
        assert without_restore(rows_of(shared))["product"] == rows_of(filled)["product"]
        with shared.reading() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM theirs")).scalar_one() == 0
        assert "theirs" not in back_up(shared, LOCAL_USER.acting(clock), Shelf(tmp_path / "b")).manifest.tables
        shared.dispose()


# --- versions ---


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    empty_url: str, clock: FixedClock, folder: Path, target: Database
) -> None:
    old = Database(empty_url)
    upgrade(old, "0002")
    with old.writing_connection() as connection:
        for row in (
            "INSERT INTO channel (name, platform) VALUES ('Lamps', 'Taobao')",
            "INSERT INTO product (sku, name) VALUES ('MUG', 'Mug')",
            "INSERT INTO audit_event (at, actor, action, details) VALUES ('2025-01-01 00:00:00', 'li', 'test', '{}')",
        ):
            connection.execute(sa.text(row))
        connection.commit()
    backup = back_up(old, LOCAL_USER.acting(clock), Shelf(folder), Occasion.UPGRADE)
    old.dispose()
    assert backup.manifest.cover.revision == "0002"
    done = restore(BackupFile(backup.path), target, LOCAL_USER.acting(clock), save_to=None)
    assert done.upgraded_to == current_revision(target) == head_revision()
    with target.reading() as connection:
        assert connection.execute(sa.text("SELECT stock_share FROM channel")).scalars().all() == [100]  # of 0003
        assert connection.execute(sa.text("SELECT unit_factor FROM product")).scalars().all() == [1]


# --- files that are not what they should be ---


def rewritten(path: Path, to: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same zip with other members, sums of the zip itself in order."""
    with zipfile.ZipFile(path) as source:
        members = {info.filename: source.read(info) for info in source.infolist()}
    change(members)
    with zipfile.ZipFile(to, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    return to


def said_otherwise(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **changes}).encode()

    return change


def without_rows_of_a_table(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["rows"] -= manifest["tables"].pop("order_line")["rows"]
    del members["order_line.csv"]
    members["manifest.json"] = json.dumps(manifest).encode()


DAMAGE: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a table was edited": (
        lambda m: m.update({"product.csv": m["product.csv"][:-2] + b"9\n"}),
        "backup.damaged",
    ),
    "a table is longer": (lambda m: m.update({"product.csv": m["product.csv"] + b"1\n"}), "backup.damaged"),
    "a table is gone": (lambda m: m.pop("order_line.csv") and None, "backup.damaged"),
    "something was added": (lambda m: m.update({"more.csv": b"x"}), "backup.damaged"),
    "the manifest is gone": (lambda m: m.pop("manifest.json") and None, "backup.foreign"),
    "the manifest is no JSON": (lambda m: m.update({"manifest.json": b"{"}), "backup.foreign"),
    "the manifest is a list": (lambda m: m.update({"manifest.json": b"[]"}), "backup.foreign"),
    "another program's": (said_otherwise(format="something-else"), "backup.foreign"),
    "the manifest lacks its tables": (said_otherwise(tables=None), "backup.damaged"),
    "the time has no zone": (said_otherwise(made_at="2026-03-02T09:00:00"), "backup.damaged"),
    "a newer format": (said_otherwise(version=3), "backup.newer"),
    "a newer schema": (said_otherwise(revision="9999"), "backup.newer"),
    "tables of another schema": (said_otherwise(revision="0002"), "backup.foreign"),
    "a table is left out, said so": (without_rows_of_a_table, "backup.foreign"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_file_that_was_changed_is_refused_and_nothing_happens(
    sqlite_database: Database, clock: FixedClock, folder: Path, tmp_path: Path, what: str
) -> None:
    import_files(sqlite_database, LOCAL_USER.acting(clock), [SAMPLES / "generic-sales.csv"])
    backup = back_up(sqlite_database, LOCAL_USER.acting(clock), Shelf(folder))
    change, code = DAMAGE[what]
    path = rewritten(backup.path, tmp_path / "changed.zip", change)
    before = rows_of(sqlite_database)
    with pytest.raises(FileRefused) as refused:
        restore(BackupFile(path), sqlite_database, LOCAL_USER.acting(clock), save_to=Shelf(folder))
    assert (refused.value.code, refused.value.hint is not None) == (code, True)
    assert rows_of(sqlite_database) == before
    assert len(archive.names_in(folder)) == 1


def test_a_file_that_was_cut_short_anywhere_is_refused(
    sqlite_database: Database, clock: FixedClock, folder: Path, tmp_path: Path
) -> None:
    import_files(sqlite_database, LOCAL_USER.acting(clock), [SAMPLES / "generic-sales.csv"])
    whole = back_up(sqlite_database, LOCAL_USER.acting(clock), Shelf(folder)).path.read_bytes()
    path = tmp_path / "cut.zip"
    for size in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(FileRefused):
            archive.verify(BackupFile(path))
    for at in range(40, len(whole), len(whole) // 50):  # one byte other, anywhere: refused, or of no meaning
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            found = archive.verify(BackupFile(path))
        except FileRefused:
            continue
        assert found.manifest == archive.read_manifest(BackupFile(path)).manifest
    path.write_text("a list of lamps")
    with pytest.raises(FileRefused, match="damaged"):
        archive.verify(BackupFile(path))
    with pytest.raises(FileRefused, match="no file"):
        archive.verify(BackupFile(tmp_path / "nowhere.zip"))


# --- when something breaks ---


class Broken(Exception):
    pass


def is_late(text: Any, sentence: str) -> bool:
    """Whether a report is of one of the last tables, which are the large ones."""
    values = dict(text.values)
    return text.id == sentence and values["number"] == values["count"] - 5


def breaking_backup(_share: float, text: Any) -> None:
    if is_late(text, "Writing table {number} of {count} …"):
        raise Broken


def test_a_restore_that_breaks_leaves_the_database_as_it_was(
    filled: Database, clock: FixedClock, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "_PAGES_AT_ONCE", 20)
    backup = make()
    import_files(filled, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"])
    before = rows_of(filled)
    saved = tmp_path / "saved"
    steps = ["Restoring table {number} of {count} …", *(["Putting it in place …"] if filled.is_sqlite else [])]
    for at in steps:
        with pytest.raises(Broken):
            restore(
                BackupFile(backup.path),
                filled,
                LOCAL_USER.acting(clock),
                save_to=Shelf(saved),
                tell=breaking_restore(at),
            )
        assert rows_of(filled) == before
        assert current_revision(filled) == head_revision()
    if filled.is_sqlite:
        assert list(Path(filled.url.database or "").parent.glob("*.restoring")) == []
    restore(BackupFile(backup.path), filled, LOCAL_USER.acting(clock), save_to=Shelf(saved))
    assert len(rows_of(filled)["order_line"]) < len(before["order_line"])


def breaking_restore(at: str) -> Callable[[float, Any], None]:
    """Break when the restore itself, not the backup before it, is at a step."""

    def tell(share: float, text: Any) -> None:
        if text.id == at and (is_late(text, at) if "number" in dict(text.values) else share > 0.92):
            raise Broken

    return tell


def main(url: str, backup: str, saved: str, sign: str) -> None:
    """Restore, and stand still for good in the middle of putting the rows in place."""
    restoring._PAGES_AT_ONCE = 20

    def tell(share: float, text: Any) -> None:
        if is_late(text, "Restoring table {number} of {count} …") and not url.startswith("sqlite"):
            halt()
        if text.id == "Putting it in place …" and share > 0.95:
            halt()

    def halt() -> None:
        Path(sign).write_text("in the middle")
        threading.Event().wait(PATIENCE)

    restore(
        BackupFile(Path(backup)), Database(url), LOCAL_USER.acting(SystemClock()), save_to=Shelf(Path(saved)), tell=tell
    )


def test_a_restore_that_is_killed_in_the_middle_leaves_the_database_as_it_was(
    filled: Database, database_url: str, clock: FixedClock, make: Make, tmp_path: Path
) -> None:
    backup = make()
    import_files(filled, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"])
    before = rows_of(filled)
    filled.dispose()
    sign = tmp_path / "sign"
    words = [database_url, str(backup.path), str(tmp_path / "saved"), str(sign)]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), *words], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not sign.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            threading.Event().wait(0.02)
    finally:
        process.kill()
        process.wait()
    assert rows_of(filled) == before
    assert ledger.check(filled)["ok"]
    restore(BackupFile(backup.path), filled, LOCAL_USER.acting(clock), save_to=Shelf(tmp_path / "saved"))
    assert len(rows_of(filled)["order_line"]) < len(before["order_line"])


def test_a_backup_that_cannot_be_written_says_so_and_leaves_nothing(
    filled: Database, clock: FixedClock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable, match="could not be written") as refused:
        back_up(filled, LOCAL_USER.acting(clock), Shelf(tmp_path / "file" / "backups"))
    assert refused.value.code == "backup.not_written"
    folder = tmp_path / "backups"
    with pytest.raises(Broken):
        back_up(filled, LOCAL_USER.acting(clock), Shelf(folder), Occasion.MANUAL, breaking_backup)
    assert [path.name for path in folder.iterdir()] == [".lock"]
    (folder / ".erp-20260301T000000Z-0004.zip.part").write_text("of a process that was killed")
    back_up(filled, LOCAL_USER.acting(clock), Shelf(folder))
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".zip"]


def test_a_damaged_database_makes_no_backup(sqlite_database: Database, clock: FixedClock, folder: Path) -> None:
    fill(sqlite_database, clock, seed=1, samples=2)
    with sqlite_database.writing_connection() as connection:
        root = connection.execute(sa.text("SELECT rootpage FROM sqlite_master WHERE name = 'order_line'")).scalar_one()
    sqlite_database.dispose()  # the last connection writes everything into the file
    with Path(sqlite_database.url.database or "").open("r+b") as stream:
        stream.seek((int(root) - 1) * 4096)
        stream.write(b"\xa5" * 4096)
    with pytest.raises(Unavailable, match="could not be read whole") as refused:
        back_up(sqlite_database, LOCAL_USER.acting(clock), Shelf(folder))
    assert refused.value.code == "backup.unreadable"
    assert archive.names_in(folder) == []


# --- who may, what is kept, what is listed ---


def test_without_the_permission_nothing_is_made_taken_or_put_back(
    filled: Database, clock: FixedClock, make: Make, folder: Path, empty_file: Database
) -> None:
    backup = make()
    nobody = Actor("nobody", ALL_PERMISSIONS - {Permission.RUN_BACKUPS}).acting(clock)
    for act in (
        lambda: back_up(filled, nobody, Shelf(folder)),
        lambda: hand_out(filled, nobody, Shelf(folder), backup.path.name),
        lambda: hand_out(
            filled, Actor("a", frozenset({Permission.RUN_BACKUPS})).acting(clock), folder, backup.path.name
        ),
        lambda: restore(BackupFile(backup.path), empty_file, nobody, save_to=Shelf(folder)),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert len(archive.names_in(folder)) == 1


def test_who_takes_a_backup_away_is_remembered(filled: Database, clock: FixedClock, make: Make, folder: Path) -> None:
    backup = make()
    assert hand_out(filled, LOCAL_USER.acting(clock), Shelf(folder), backup.path.name) == backup.path.read_bytes()
    with filled.reading() as connection:
        query = sa.select(audit_event.c.action, audit_event.c.subject).order_by(audit_event.c.id.desc()).limit(2)
        name = backup.path.name
        assert [tuple(row) for row in connection.execute(query)] == [("backup.downloaded", name), ("backup.made", name)]
    for name in ("erp-20260101T000000Z-0004.zip", "../erp.db", "jobs.db"):
        with pytest.raises(NotFound):
            hand_out(filled, LOCAL_USER.acting(clock), Shelf(folder), name)


def test_a_new_backup_clears_away_what_is_no_longer_wanted_and_nothing_else(
    filled: Database, make: Make, folder: Path
) -> None:
    folder.mkdir()
    for name in ("mine.zip", "erp-notes.zip", "erp-20200101T000000Z-0001.zip"):
        (folder / name).write_text("not readable as a backup: left for a person to look at")
    first = make(at=NOW - dt.timedelta(days=2, hours=5))  # 28 February in Shanghai, as the next
    second = make(at=NOW - dt.timedelta(days=2))
    third = make(at=NOW)
    assert set(archive.names_in(folder)) == {second.path.name, third.path.name, "erp-20200101T000000Z-0001.zip"}
    assert (folder / "mine.zip").exists()
    assert not first.path.exists()
    with filled.reading() as connection:
        query = sa.select(audit_event.c.details).where(audit_event.c.subject == third.path.name)
        assert connection.execute(query).scalar_one() == {
            "occasion": "manual", "sealed": False, "deleted": [first.path.name],
        }  # fmt: skip


def test_the_list_names_every_file_and_what_is_wrong_with_it(filled: Database, make: Make, folder: Path) -> None:
    backup = make()
    (folder / "erp-20200101T000000Z-0001.zip").write_text("x")
    found = views.backups(folder, "en")
    assert tuple(found.columns) == views.BACKUP_COLUMNS
    good, bad = found.to_dict("records")
    assert (good["name"], good["bytes"], good["rows"], good["readable"], good["problem"]) == (
        backup.path.name, backup.path.stat().st_size, backup.manifest.rows, True, None,
    )  # fmt: skip
    assert (bad["bytes"], bad["readable"]) == (1, False)
    assert "damaged" in bad["problem"]
    assert views.backups(folder / "nowhere", "en").empty


def test_whether_something_was_done_since_the_last_backup(
    database: Database, clock: FixedClock, make: Make, folder: Path
) -> None:
    def something_new() -> bool:
        with database.reading() as connection:
            return views.something_new(connection, next(iter(views.readable(folder)), None))

    assert not something_new()  # nothing was ever done
    import_files(database, LOCAL_USER.acting(clock), [SAMPLES / "generic-sales.csv"])
    assert something_new()
    make()
    assert not something_new()  # the backup itself does not count
    (receipt,) = import_files(database, LOCAL_USER.acting(clock), [SAMPLES / "generic-stock.csv"])
    assert something_new()
    make(at=NOW + dt.timedelta(minutes=1))
    undo_import(database, LOCAL_USER.acting(clock), receipt.batch_id or 0)
    assert something_new()


def test_errors_of_this_kind_survive_a_process() -> None:
    import pickle

    error: ErpError = pickle.loads(pickle.dumps(archive.newer("x.zip")))
    assert (type(error), error.code) == (FileRefused, "backup.newer")


if __name__ == "__main__":
    main(*sys.argv[1:])
