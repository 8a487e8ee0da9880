"""Uploads are for the owner's eyes, and go when they are imported or a day old."""

from __future__ import annotations

import datetime as dt
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.imports import uploads, work
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Status
from erp_core.jobs.worker import StopSign, Working, run_pending
from erp_core.settings import Settings, load_settings
from erp_core.work import REGISTRY
from tests.conftest import NOW

SALES = b"Order ID,Date,SKU,Quantity,Unit price,Currency,Shop\n1,2026-01-05,MUG,1,5.00,USD,Web\n"


@pytest.fixture
def settings(sqlite_database: Database, home: Path) -> Settings:
    del home
    return replace(load_settings(), database_url=str(sqlite_database.url))


def aged(path: Path, hours: float) -> None:
    then = (NOW - dt.timedelta(hours=hours)).timestamp()
    os.utime(path.parent, (then, then))


def work_off(settings: Settings, kind: str, arguments: dict[str, object]) -> Status:
    clock = FixedClock(NOW)
    number = JobBook(settings.jobs_path, clock).submit(kind, arguments, actor="li")
    run_pending(JobBook(settings.jobs_path, clock), REGISTRY, settings, clock)
    return JobBook(settings.jobs_path, clock).get(number).status


def test_only_the_owner_reads_them_and_the_same_files_are_the_same_folder(settings: Settings) -> None:
    before = os.umask(0)
    try:
        (path,) = uploads.keep(settings, [("../a/orders.csv", SALES)])
    finally:
        os.umask(before)
    assert path.read_bytes() == SALES
    assert path.name == "orders.csv"
    assert path.parent.parent == settings.uploads
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (settings.uploads, path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]
    assert uploads.keep(settings, [("../a/orders.csv", SALES)]) == [path]
    assert uploads.keep(settings, [("orders.csv", SALES + b"\n")]) != [path]


def test_an_import_that_is_done_deletes_its_files_and_no_others(settings: Settings, tmp_path: Path) -> None:
    (path,) = uploads.keep(settings, [("orders.csv", SALES)])
    elsewhere = tmp_path / "own" / "orders.csv"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(SALES.replace(b"\n1,", b"\n2,"))
    request = work.ImportRequest(paths=(str(path), str(elsewhere)))
    assert work_off(settings, work.CHECK, request.to_arguments()) is Status.DONE
    assert path.exists(), "a check only looks"
    assert work_off(settings, work.RUN, request.to_arguments()) is Status.DONE
    assert (path.parent.exists(), elsewhere.exists()) == (False, True)


def test_what_was_never_imported_goes_after_a_day_unless_a_job_waits_for_it(settings: Settings) -> None:
    (old,), (fresh,), (waited_for,) = (
        uploads.keep(settings, [("orders.csv", SALES + b"\n" * number)]) for number in range(3)
    )
    for path, hours in ((old, 25), (fresh, 23), (waited_for, 99)):
        aged(path, hours)
    clock = FixedClock(NOW)
    watch = uploads.Watch()
    assert watch(settings, clock) == {}
    assert watch(settings, clock) is None, "what was asked for is not asked for again"
    book = JobBook(settings.jobs_path, clock)
    sweeping = book.submit(uploads.SWEEP, {}, actor="worker")
    book.submit(work.RUN, {"paths": [str(waited_for)], "mapping": {}}, actor="li")
    job = book.claim()
    assert job is not None
    assert job.id == sweeping

    assert uploads.sweep(Working(book, job, settings, clock, StopSign())) == {"deleted": 1}
    assert [path.exists() for path in (old, fresh, waited_for)] == [False, True, True]
