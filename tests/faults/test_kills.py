"""SIGKILL in the middle of what stores things: afterwards all of it is there or none, and it can be done again.

Half of the rounds are killed after a time, half at a statement of the database, both drawn with a seed.
There are 6 rounds of each act on each database, and 2 of a restore, which takes long: 64 in all. A change of the key is
neither whole nor absent: whatever it was killed in, all is readable, and it goes on. ERP_TORTURE_ROUNDS
takes another number, for all.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import import_files
from erp_core.parties.tables import customer
from erp_core.persons.views import Reader, find_persons
from erp_core.safety import archive
from erp_core.safety.archive import BackupFile
from erp_core.safety.restore import restore
from erp_core.safety.service import Shelf, back_up
from erp_core.security import rekey
from erp_core.security.actor import LOCAL_USER
from erp_core.security.keyring import read_keyring
from erp_core.settings import ROOT
from tests.conftest import NOW
from tests.faults.acting import ACTS, PASSPHRASE, RESUMED
from tests.faults.places import Place, State, assert_sound, purchases, sales, state_of

if os.name != "posix":
    pytest.skip("processes are forked and killed on Linux and macOS only", allow_module_level=True)

ROUNDS = {"restore": 2}
USUAL_ROUNDS = 6


def rounds_of(act: str) -> int:
    """How often an act is killed on each database."""
    return int(os.environ.get("ERP_TORTURE_ROUNDS") or ROUNDS.get(act, USUAL_ROUNDS))


@dataclass
class Actor:
    """The process that does acts."""

    process: subprocess.Popen[str]

    def do(self, **asked: Any) -> dict[str, Any]:
        """One act; how it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert not answer["failed"], asked
        return answer


@pytest.fixture(scope="module")
def actor() -> Iterator[Actor]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.acting"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        yield Actor(process)
    finally:
        process.kill()
        process.communicate()


def argument_of(act: str, place: Place, folder: Path) -> str:
    """What the act is about, as its own line says it."""
    if act == "import":
        return str(sales(folder / "third.csv", 61, 150))
    if act == "purchase":
        return str(purchases(folder / "received.csv"))
    if act == "undo":
        return str(place.batch)
    if act == "restore":
        return str(foreign_backup(folder))
    return ""


def foreign_backup(folder: Path) -> Path:
    """A backup with a passphrase, of a shop whose personal data are sealed with keys of its own."""
    who = LOCAL_USER.acting(FixedClock(NOW))
    database = Database(f"sqlite:///{folder / 'foreign.db'}", folder / "foreign-keys")
    upgrade(database)
    import_files(database, who, [sales(folder / "foreign.csv", 500, 20)])
    made = back_up(database, who, Shelf(folder / "foreign", PASSPHRASE))
    database.dispose()
    return made.path


def state_at(url: str, place: Place) -> State:
    """Opened anew: what there is, once it is found to be sound."""
    database = Database(url, place.keys)
    try:
        assert_sound(database)
        return state_of(database)
    finally:
        database.dispose()


def without_own_events(state: State, act: str) -> State:
    """A backup's file stands before its event is written, and one is made before a restore: only the event may lack."""
    if act not in ("backup", "restore"):
        return state
    rows, totals = state["rows"], state["totals"]
    return {**state, "rows": {**rows, "audit_event": 0}, "totals": {**totals, "acts": 0}}


@pytest.mark.parametrize("act", [act for act in ACTS if act != RESUMED])
def test_killed_at_any_moment_it_is_whole_or_absent_and_can_be_done_again(
    place: Place, actor: Actor, tmp_path: Path, act: str
) -> None:
    chance = random.Random(f"{act} {place.url[:6]}")
    asked = {"act": act, "keys": str(place.keys), "argument": argument_of(act, place, tmp_path)}
    with place.copy(tmp_path) as url:
        before = state_at(url, place)
        whole = actor.do(**asked, url=url, folder=str(tmp_path / "whole"))
        after = state_at(url, place)
    assert before != after
    killed = 0
    for number in range(rounds_of(act)):
        folder = tmp_path / f"round-{number}"
        moment = chance.randint(1, whole["moments"]) if number % 2 else None
        seconds = None if moment else chance.uniform(0.0, whole["seconds"])
        with place.copy(tmp_path) as url:
            killed += actor.do(**asked, url=url, folder=str(folder), seconds=seconds, moment=moment)["killed"]
            found = without_own_events(state_at(url, place), act)
            said = {"before": without_own_events(before, act), "after": without_own_events(after, act)}
            assert found in said.values(), (number, moment, seconds)
            assert_only_whole_files(folder)
            if found == said["before"] or act == "backup":
                actor.do(**asked, url=url, folder=str(folder))
                assert without_own_events(state_at(url, place), act) == said["after"]
            assert_only_whole_files(folder, nothing_else=act == "backup")
    assert killed >= rounds_of(act) // 2  # the last moments may come after the end


def test_a_change_of_the_key_killed_at_any_moment_leaves_all_readable_and_goes_on(
    place: Place, actor: Actor, tmp_path: Path
) -> None:
    chance = random.Random(f"key {place.url[:6]}")
    told = ("personal_key", "audit_event")

    def look(url: str, keys: Path) -> dict[str, int]:
        database = Database(url, keys)
        assert_sound(database)
        with database.reading() as connection:
            for of in rekey.sealed_columns():
                connection.execute(sa.select(of.column)).all()  # opens each
            assert find_persons(connection, "buyer7@example.com", Reader(True))["orders"].tolist() == [1]
        state = state_of(database)["rows"]
        database.dispose()
        return {name: count for name, count in state.items() if name not in told}

    def asked(url: str, keys: Path) -> dict[str, Any]:
        return {"act": RESUMED, "keys": str(keys), "argument": "", "url": url, "folder": str(tmp_path)}

    with place.copy(tmp_path) as url:
        keys = Path(shutil.copytree(place.keys, tmp_path / "whole-keys"))
        before = look(url, keys)
        whole = actor.do(**asked(url, keys))
        assert look(url, keys) == before
    killed = 0
    for number in range(rounds_of(RESUMED)):
        keys = Path(shutil.copytree(place.keys, tmp_path / f"keys-{number}"))
        (old,) = read_keyring(keys).ids  # type: ignore[union-attr]
        moment = chance.randint(1, whole["moments"]) if number % 2 else None
        seconds = None if moment else chance.uniform(0.0, whole["seconds"])
        with place.copy(tmp_path) as url:
            killed += actor.do(**asked(url, keys), seconds=seconds, moment=moment)["killed"]
            assert look(url, keys) == before
            actor.do(**asked(url, keys))
            assert look(url, keys) == before
            ring = read_keyring(keys)
            assert ring is not None
            assert (len(ring.ids), old in ring.ids) == (1, False)
    assert killed >= rounds_of(RESUMED) // 2


def assert_only_whole_files(folder: Path, *, nothing_else: bool = False) -> None:
    """Every file that bears a backup's name is a whole one; after the next backup nothing else lies there."""
    for name in archive.names_in(folder):
        archive.verify(BackupFile(folder / name))
    if nothing_else:
        assert {path.name for path in folder.iterdir()} == {".lock", *archive.names_in(folder)}


def test_the_kinds_of_acts_are_those_that_the_promise_names() -> None:
    assert {"import", "undo", "purchase", "backup", "restore", RESUMED} <= set(ACTS)


def test_a_restored_shop_reads_as_the_one_that_was_backed_up(place: Place, tmp_path: Path) -> None:
    """Of what the rounds above compare by numbers, the persons once by name."""
    path = foreign_backup(tmp_path)
    with place.copy(tmp_path) as url:
        database = Database(url, place.keys)
        restore(BackupFile(path, PASSPHRASE), database, LOCAL_USER.acting(FixedClock(NOW)), save_to=Shelf(tmp_path))
        with database.reading() as connection:
            mails = {row["email"] for row in connection.execute(sa.select(customer.c.personal)).scalars()}
        assert mails == {f"buyer{number}@example.com" for number in range(500, 520)}
        database.dispose()
