"""An upgrade backs up first, happens once, and leaves everything as it was where it cannot."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import current_revision, head_revision, upgrade
from erp_core.errors import Unavailable
from erp_core.safety import archive, views
from erp_core.safety.archive import BackupFile
from erp_core.safety.restore import restore
from erp_core.safety.rules import Occasion
from erp_core.safety.upgrade import open_database, upgrade_safely
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import ROOT, Settings, load_settings


@pytest.fixture
def settings(home: Path, empty_url: str) -> Settings:
    return replace(load_settings(), database_url=empty_url)


@pytest.fixture
def old(settings: Settings) -> Settings:
    """A database of an older version with one product and one act in it."""
    database = Database(settings.database_url)
    upgrade(database, "0003")
    with database.writing_connection() as connection:
        connection.execute(sa.text("INSERT INTO product (sku, name) VALUES ('MUG', 'Mug')"))
        connection.execute(
            sa.text(
                "INSERT INTO audit_event (at, actor, action, details) VALUES ('2025-01-01 00:00:00', 'li', 'test', '{}')"
            )
        )
        connection.commit()
    database.dispose()
    return settings


def acts(settings: Settings) -> list[str]:
    database = Database(settings.database_url)
    with database.reading() as connection:
        found = connection.execute(sa.text("SELECT action FROM audit_event ORDER BY id")).scalars().all()
    database.dispose()
    return list(found)


def stands_at(settings: Settings) -> str | None:
    database = Database(settings.database_url)
    revision = current_revision(database)
    database.dispose()
    return revision


def test_a_new_database_is_made_without_a_backup(settings: Settings, clock: FixedClock) -> None:
    done = upgrade_safely(settings, clock)
    assert (done.before, done.after, done.backup, done.changed) == (None, head_revision(), None, True)
    assert not settings.backups.exists()
    again = upgrade_safely(settings, clock)
    assert (again.before, again.after, again.backup, again.changed) == (head_revision(), head_revision(), None, False)


def test_a_database_in_use_is_backed_up_before_it_is_migrated(old: Settings, clock: FixedClock, tmp_path: Path) -> None:
    done = upgrade_safely(old, clock)
    assert (done.before, done.after) == ("0003", head_revision())
    assert done.backup is not None
    assert (done.backup.manifest.cover.revision, done.backup.manifest.cover.occasion) == ("0003", Occasion.UPGRADE)
    assert archive.verify(BackupFile(done.backup.path)).manifest.tables["product"].rows == 1
    assert acts(old) == ["test", "database.upgraded"]
    assert upgrade_safely(old, clock).backup is None
    assert len(archive.names_in(old.backups)) == 1
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    restore(BackupFile(done.backup.path), other, LOCAL_USER.acting(clock), save_to=None)
    with other.reading() as connection:
        assert connection.execute(sa.text("SELECT sku, unit_factor FROM product")).all() == [("MUG", 1)]
    other.dispose()


def test_without_a_backup_nothing_is_migrated_and_it_says_so(old: Settings, clock: FixedClock) -> None:
    old.home.mkdir(parents=True, exist_ok=True)
    old.backups.write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="was not upgraded, because the backup") as refused:
        upgrade_safely(old, clock)
    assert (refused.value.code, refused.value.hint is not None) == ("upgrade.no_backup", True)
    assert (stands_at(old), acts(old)) == ("0003", ["test"])
    old.backups.unlink()
    assert upgrade_safely(old, clock).after == head_revision()


def test_a_database_of_a_newer_version_is_refused(old: Settings, clock: FixedClock) -> None:
    database = Database(old.database_url)
    with database.writing_connection() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    database.dispose()
    with pytest.raises(Unavailable, match="newer version") as refused:
        open_database(old, clock)
    assert refused.value.code == "database.unknown_revision"
    assert not list(old.backups.glob("*.zip"))


def test_several_programs_that_start_at_once_upgrade_once(old: Settings) -> None:
    environment = {
        **os.environ, "ERP_HOME": str(old.home), "ERP_DATABASE_URL": old.database_url, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "erp_core", *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for words in (
            ["db", "upgrade", "--json"],
            ["stock", "check", "--json"],
            ["worker", "--once"],
            ["db", "upgrade", "--json"],
        )
    ]
    outcomes = [(*process.communicate(timeout=120), process.returncode) for process in started]
    assert [code for _, _, code in outcomes] == [0, 0, 0, 0], outcomes
    assert json.loads(outcomes[0][0])["schema"] == head_revision()
    assert acts(old) == ["test", "database.upgraded"]
    (made,) = views.readable(old.backups)
    assert made.cover.revision == "0003"


def test_an_app_that_cannot_upgrade_ends_in_words(home: Path) -> None:
    home.mkdir()
    settings = load_settings()
    database = Database(settings.database_url)
    upgrade(database, "0003")
    database.dispose()
    settings.backups.write_text("a file where the folder should be")
    words = [
        "run",
        "app.py",
        "--server.headless",
        "true",
        "--server.port",
        str(free_port()),
        "--server.address",
        "127.0.0.1",
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "streamlit", *words],
        check=False,
        cwd=ROOT,
        env={**os.environ, "ERP_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "was not upgraded, because the backup" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    assert stands_at(settings) == "0003"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
