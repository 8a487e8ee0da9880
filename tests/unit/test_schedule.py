"""Duties: asked in time, submitted where there is something to do, never twice at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from erp_core.clock import FixedClock
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Status
from erp_core.jobs.registry import Registry
from erp_core.jobs.schedule import Duty, Schedule
from erp_core.jobs.worker import StopSign, run_forever
from erp_core.settings import Settings, load_settings
from tests.conftest import NOW


@dataclass
class Hands:
    """A clock that a test moves."""

    at: dt.datetime = NOW

    def now(self) -> dt.datetime:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)


@dataclass
class Asked:
    """A question that counts how often it was asked and gives the answers in turn."""

    answers: list[Mapping[str, Any] | None] = field(default_factory=list)
    times: int = 0

    def __call__(self, settings: Settings, clock: object) -> Mapping[str, Any] | None:
        self.times += 1
        return self.answers.pop(0) if self.answers else None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"ERP_HOME": str(tmp_path)})


def test_a_duty_is_asked_at_once_and_then_when_its_time_has_come(settings: Settings) -> None:
    asked, hands = Asked(), Hands()
    schedule, book = Schedule([Duty("look", 10.0, "folder", lambda: asked)]), JobBook(settings.jobs_path, hands)
    for seconds, times in ((0.0, 1), (9.9, 1), (0.1, 2), (5.0, 2), (10.0, 3)):
        hands.on(seconds)
        assert schedule.tend(book, settings, hands) == []
        assert asked.times == times


def test_a_clock_that_is_set_back_does_not_silence_a_duty(settings: Settings) -> None:
    asked, hands = Asked(), Hands()
    schedule, book = Schedule([Duty("look", 10.0, "folder", lambda: asked)]), JobBook(settings.jobs_path, hands)
    schedule.tend(book, settings, hands)
    hands.on(-3600)
    schedule.tend(book, settings, hands)
    assert asked.times == 2


def test_only_what_is_wanted_goes_into_the_book_and_none_beside_one_that_waits_or_runs(settings: Settings) -> None:
    asked, hands = Asked([None, {"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]), Hands()
    schedule, book = Schedule([Duty("look", 1.0, "folder", lambda: asked)]), JobBook(settings.jobs_path, hands)

    def tend() -> list[int]:
        hands.on(1.0)
        return schedule.tend(book, settings, hands)

    assert tend() == []  # nothing to do
    (first,) = tend()
    assert (book.get(first).kind, book.get(first).actor, book.get(first).arguments) == ("look", "folder", {"n": 1})
    assert tend() == []  # the first still waits
    running = book.claim()
    assert running is not None
    assert tend() == []  # now it runs
    book.finish(running, {})
    (second,) = tend()
    assert (second != first, book.get(second).arguments) == (True, {"n": 4})


def test_duties_do_not_keep_each_other_from_their_turn(settings: Settings) -> None:
    hands = Hands()
    schedule = Schedule([Duty(kind, 5.0, "folder", lambda: Asked([{}])) for kind in ("a", "b")])
    book = JobBook(settings.jobs_path, hands)
    assert [book.get(job).kind for job in schedule.tend(book, settings, hands)] == ["a", "b"]


@dataclass
class StopAfter(StopSign):
    """Ends the worker at its n-th rest, without resting."""

    rests: int
    asked: bool = False

    def wait(self, seconds: float) -> bool:
        self.rests -= 1
        self.asked = self.rests <= 0
        return self.asked


def test_the_worker_does_what_its_duties_ask_for(settings: Settings) -> None:
    done: list[Mapping[str, Any]] = []
    registry = Registry(
        {"look": lambda context: done.append(context.job.arguments) or {}},
        duties=(Duty("look", 60.0, "folder", lambda: Asked([{"n": 1}])),),
    )
    clock = FixedClock(NOW)
    book = JobBook(settings.jobs_path, clock)
    run_forever(book, registry, settings, clock, StopAfter(3))
    assert done == [{"n": 1}]
    assert [job.status for job in book.recent()] == [Status.DONE]


def test_a_duty_that_fails_does_not_end_the_worker(settings: Settings) -> None:
    def broken(_settings: Settings, _clock: object) -> None:
        raise OSError("the folder is gone")

    done: list[str] = []
    registry = Registry(
        {"job": lambda context: done.append(context.job.kind) or {}},
        duties=(Duty("look", 60.0, "folder", lambda: broken),),
    )
    clock = FixedClock(NOW)
    book = JobBook(settings.jobs_path, clock)
    book.submit("job", {}, actor="local")
    run_forever(book, registry, settings, clock, StopAfter(2))
    assert done == ["job"]
    assert "the folder is gone" in (settings.home / "logs" / "worker.log").read_text(encoding="utf-8")
