"""The disk is full in the middle of an import or a backup: it is said in words, nothing is stored, and once there is
room it goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import Unavailable
from erp_core.imports.service import import_files
from erp_core.safety.service import Shelf, back_up
from erp_core.security.actor import LOCAL_USER
from tests.conftest import NOW, Addresses, unavailable
from tests.faults.places import Place, assert_sound, filled, sales, state_of

WHO = LOCAL_USER.acting(FixedClock(NOW))


@pytest.fixture
def small_shop(sqlite_addresses: Addresses, tmp_path: Path) -> Iterator[Place]:
    with sqlite_addresses() as url:
        yield filled(url, tmp_path)


def test_a_database_that_may_not_grow_refuses_an_import_and_keeps_what_it_has(
    small_shop: Place, tmp_path: Path
) -> None:
    database = Database(small_shop.url, small_shop.keys)
    before = state_of(database)
    file = sales(tmp_path / "more.csv", 1000, 2000)

    def no_room(connection: Any, *_more: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")

    sa.event.listen(database.engine, "checkout", no_room)
    with pytest.raises(Unavailable, match="is full") as refused:
        import_files(database, WHO, [file])
    assert refused.value.code == "database.full"
    assert refused.value.hint is not None
    sa.event.remove(database.engine, "checkout", no_room)
    database.dispose()
    again = Database(small_shop.url, small_shop.keys)
    assert state_of(again) == before
    assert_sound(again)
    (receipt,) = import_files(again, WHO, [file])
    assert receipt.orders == 2000
    assert_sound(again)
    again.dispose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes, where one can be had."""
    if shutil.which("mount") is None or os.name != "posix" or os.geteuid() != 0:
        unavailable("tmpfs", "only root may make a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        unavailable("tmpfs", f"no small disk can be made here: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_is_full_refuses_imports_and_backups_and_goes_on_once_there_is_room(
    small_shop: Place, small_disk: Path, tmp_path: Path
) -> None:
    file = small_disk / "erp.db"
    shutil.copyfile(small_shop.url.removeprefix("sqlite:///"), file)
    database = Database(f"sqlite:///{file}", small_shop.keys)
    before = state_of(database)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 300_000))
    more = sales(tmp_path / "more.csv", 1000, 2000)
    with pytest.raises(Unavailable, match="is full") as refused:
        import_files(database, WHO, [more])
    assert refused.value.code == "database.full"
    assert state_of(database) == before
    shelf = Shelf(small_disk / "backups")
    ballast.write_bytes(b"x" * (ballast.stat().st_size + shutil.disk_usage(small_disk).free - 8_000))
    with pytest.raises(Unavailable) as unwritten:
        back_up(database, WHO, shelf)
    assert unwritten.value.code == "backup.not_written"
    assert [path.name for path in shelf.folder.iterdir()] == [".lock"]
    ballast.unlink()
    assert import_files(database, WHO, [sales(tmp_path / "few.csv", 5000, 20)])[0].orders == 20
    assert_sound(database)
    assert back_up(database, WHO, shelf).manifest.totals is not None
    database.dispose()
