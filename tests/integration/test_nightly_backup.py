"""The nightly backup: when it is asked for, and a real worker that makes it while no page is open."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from erp_core.clock import FixedClock, SystemClock
from erp_core.company.service import CompanyChange, change_company
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import NotPermitted
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Status
from erp_core.jobs.worker import run_pending
from erp_core.safety import archive, work
from erp_core.safety.archive import BackupFile
from erp_core.safety.rules import Occasion
from erp_core.safety.service import Shelf, back_up
from erp_core.security import audit
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.settings import ROOT, Settings, load_settings
from erp_core.work import NAMES, REGISTRY
from tests.conftest import Addresses

PATIENCE = 60.0
SHANGHAI_NIGHT = dt.datetime(2026, 3, 1, 18, 30, tzinfo=dt.UTC)  # 02:30 of 2 March in Shanghai, the zone of a new shop
DAY = dt.timedelta(days=1)


def at(moment: dt.datetime) -> FixedClock:
    return FixedClock(moment)


@pytest.fixture
def settings(home: Path, database_url: str) -> Settings:
    return replace(load_settings(), database_url=database_url)


def act(database: Database) -> None:
    with unit_of_work(database, LOCAL_USER.acting()) as uow:
        audit.record(uow, "test.act")
        uow.commit()


def test_it_is_asked_for_once_a_night_and_only_where_something_was_done(settings: Settings, database: Database) -> None:
    wanted = work.Watch()
    assert wanted(settings, at(SHANGHAI_NIGHT)) is None  # nothing was ever done
    act(database)
    assert wanted(settings, at(SHANGHAI_NIGHT + DAY / 2)) is None  # at noon: this night was answered
    assert wanted(settings, at(SHANGHAI_NIGHT + DAY - dt.timedelta(seconds=1))) is None
    assert wanted(settings, at(SHANGHAI_NIGHT + DAY)) == {}
    assert wanted(settings, at(SHANGHAI_NIGHT + DAY * 1.5)) is None  # asked for, done or not
    assert wanted(settings, at(SHANGHAI_NIGHT + 2 * DAY)) == {}


def test_a_machine_that_was_off_at_night_asks_when_it_starts(settings: Settings, database: Database) -> None:
    act(database)
    back_up(database, LOCAL_USER.acting(at(SHANGHAI_NIGHT)), Shelf(settings.backups), Occasion.NIGHTLY)
    act(database)
    morning = at(SHANGHAI_NIGHT + DAY + dt.timedelta(hours=6))
    assert work.Watch()(settings, morning) == {}
    assert work.Watch()(settings, morning) == {}  # started again before it was made
    back_up(database, LOCAL_USER.acting(morning), Shelf(settings.backups), Occasion.NIGHTLY)
    assert work.Watch()(settings, morning) is None
    assert work.Watch()(settings, at(SHANGHAI_NIGHT + 2 * DAY)) is None  # nothing was done since


def test_the_hour_and_the_zone_are_those_that_were_set(settings: Settings, database: Database) -> None:
    with database.reading() as connection:
        company = read_company(connection)
    with unit_of_work(database, LOCAL_USER.acting()) as uow:
        change = CompanyChange("Lamps", "EUR", "Europe/Berlin", company.benchmarks, company.planning)
        change_company(uow, change)
        uow.commit()
    evening = replace(settings, backup_at=dt.time(22, 0))
    noon = at(dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC))
    assert work.next_time(evening, noon) == dt.datetime(2026, 3, 2, 21, 0, tzinfo=dt.UTC)  # 22:00 CET
    assert work.next_time(replace(settings, backup_at=None), noon) is None
    assert work.Watch()(replace(settings, backup_at=None), noon) is None


def test_a_backup_by_hand_is_a_job_and_takes_the_permission(settings: Settings, database: Database) -> None:
    act(database)
    book = JobBook(settings.jobs_path)
    with pytest.raises(NotPermitted):
        work.ask_for_backup(book, Actor("guest", ALL_PERMISSIONS - {Permission.RUN_BACKUPS}))
    assert book.recent() == []
    number = work.ask_for_backup(book, LOCAL_USER)
    assert number is not None
    assert work.ask_for_backup(book, LOCAL_USER) is None  # one is under way
    run_pending(book, REGISTRY, settings, SystemClock())
    job = book.get(number)
    assert job.status is Status.DONE, job.error
    (name,) = archive.names_in(settings.backups)
    assert job.result is not None
    assert (job.result["file"], job.result["occasion"]) == (str(settings.backups / name), "manual")


def test_one_that_fails_stands_in_the_list_of_jobs_and_is_done_when_tried_again(
    settings: Settings, database: Database
) -> None:
    act(database)
    settings.home.mkdir()
    settings.backups.write_text("a file where the folder should be")
    book = JobBook(settings.jobs_path)
    number = book.submit(work.NIGHTLY, {}, actor="backup")
    run_pending(book, REGISTRY, settings, SystemClock())
    job = book.get(number)
    assert (job.status, job.error and job.error.code) == (Status.FAILED, "backup.not_written")
    settings.backups.unlink()
    book.retry(number)
    run_pending(book, REGISTRY, settings, SystemClock())
    assert book.get(number).status is Status.DONE


def test_every_kind_of_job_has_a_name_for_people() -> None:
    assert set(NAMES) == set(REGISTRY.handlers) | {duty.kind for duty in REGISTRY.duties}


# --- a real worker ---


@pytest.fixture
def shop(home: Path, sqlite_addresses: Addresses) -> Iterator[Settings]:
    with sqlite_addresses() as url:
        yield replace(load_settings(), database_url=url)


class Worker:
    """`python -m erp_core worker` on this installation, until the block is left."""

    def __init__(self, settings: Settings, hour: str) -> None:
        environment = {
            **os.environ, "ERP_HOME": str(settings.home), "ERP_DATABASE_URL": settings.database_url,
            "ERP_BACKUP_AT": hour, "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self.process = subprocess.Popen([sys.executable, "-m", "erp_core", "worker"], env=environment)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            assert self.process.wait(PATIENCE) == 0
        finally:
            self.process.kill()


def until(condition: object, what: str) -> None:
    assert callable(condition)
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        threading.Event().wait(0.05)


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_a_worker_alone_makes_it_once_and_not_again_when_it_is_started_again(shop: Settings) -> None:
    database = Database(shop.database_url)
    act(database)
    book = JobBook(shop.jobs_path)
    # An hour that has passed: the machine was off then.
    with database.reading() as connection:
        zone = read_company(connection).time_zone
    hour = (SystemClock().now() - dt.timedelta(minutes=2)).astimezone(ZoneInfo(zone)).strftime("%H:%M")
    with Worker(shop, hour):
        until(lambda: [job.status for job in book.recent()] == [Status.DONE], "no backup was made")
    (name,) = archive.names_in(shop.backups)
    assert archive.verify(BackupFile(shop.backups / name)).manifest.cover.occasion is Occasion.NIGHTLY
    act(database)
    with Worker(shop, hour):  # started again: the night is done, whatever was done since
        # the duties are asked in their order before any job is taken, so a job handed in now ends after the question
        waiting = book.submit("test.nothing", {}, actor="test")
        until(lambda: book.get(waiting).ended, "the worker takes no jobs")
        second = book.submit("test.nothing", {}, actor="test")
        until(lambda: book.get(second).ended, "the worker takes no jobs")
    assert archive.names_in(shop.backups) == [name]
    assert [job.kind for job in book.recent() if job.kind == work.NIGHTLY] == [work.NIGHTLY]
    database.dispose()
