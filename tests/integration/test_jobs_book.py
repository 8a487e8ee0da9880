"""The book of jobs on a real file: queue, claims, reports, ends, loss, pruning, threads."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from erp_core.errors import BadInput, Conflict, NotFound, NotPermitted, Unavailable
from erp_core.jobs import service
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job, Status
from erp_core.jobs.process import FileLock, host_name, is_alive
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.text import T
from tests.conftest import NOW


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> dt.datetime:
        return self.at

    def passes(self, **time: int) -> None:
        self.at += dt.timedelta(**time)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def path(home: Path) -> Path:
    return home / "jobs.db"


@pytest.fixture
def book(path: Path, hand: Hand) -> JobBook:
    return JobBook(path, hand)


def claimed(book: JobBook) -> Job:
    job = book.claim()
    assert job is not None
    return job


def gone_process() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def worked_on_by(path: Path, pid: int, host: str) -> None:
    """Pretend that the running jobs were claimed by that process."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE job SET pid = ?, host = ? WHERE status = 'running'", (pid, host))


def test_a_job_goes_from_the_queue_through_its_reports_to_its_result(book: JobBook, hand: Hand) -> None:
    number = book.submit("import.run", {"files": ["货.csv"], "strict": True}, actor="li")
    waiting = book.get(number)
    assert (waiting.status, waiting.kind, waiting.actor, waiting.progress) == (Status.QUEUED, "import.run", "li", 0)
    assert waiting.arguments == {"files": ["货.csv"], "strict": True}
    assert (waiting.submitted_at, waiting.started_at, waiting.ended_at) == (NOW, None, None)

    hand.passes(seconds=5)
    job = claimed(book)
    assert (job.id, job.status, job.attempt) == (number, Status.RUNNING, 1)
    hand.passes(seconds=5)
    assert book.progress(job, 0.25, T("Read {rows} rows.", rows=10)) is False
    under_way = book.get(number)
    assert (under_way.progress, under_way.message) == (0.25, T("Read {rows} rows.", rows=10))
    assert not under_way.ended

    hand.passes(seconds=5)
    book.finish(job, {"batch_id": 3})
    done = book.get(number)
    assert (done.status, done.result, done.progress, done.error) == (Status.DONE, {"batch_id": 3}, 1, None)
    assert done.started_at == NOW + dt.timedelta(seconds=5)
    assert done.ended_at == NOW + dt.timedelta(seconds=15)
    assert done.ended
    assert not done.can_be_tried_again


def test_jobs_are_claimed_in_the_order_they_came(book: JobBook) -> None:
    numbers = [book.submit("a", {}, actor="li") for _ in range(3)]
    assert [claimed(book).id for _ in numbers] == numbers
    assert book.claim() is None


@pytest.mark.parametrize(("said", "kept"), [(-0.5, 0.0), (1.5, 1.0), (float("nan"), 0.0)])
def test_progress_stays_a_share(book: JobBook, said: float, kept: float) -> None:
    book.submit("a", {}, actor="li")
    job = claimed(book)
    book.progress(job, said, T("Working."))
    assert book.get(job.id).progress == kept


def test_the_same_token_is_the_same_job_for_one_kind(book: JobBook) -> None:
    first = book.submit("import.run", {"file": "a"}, actor="li", token="form-1")
    assert book.submit("import.run", {"file": "a"}, actor="li", token="form-1") == first
    book.finish(claimed(book), {})
    assert book.submit("import.run", {"file": "a"}, actor="li", token="form-1") == first
    assert book.get(first).status is Status.DONE
    others = {
        book.submit("import.run", {}, actor="li", token="form-2"),
        book.submit("export.run", {}, actor="li", token="form-1"),
        book.submit("import.run", {}, actor="li"),
        book.submit("import.run", {}, actor="li"),
    }
    assert len(others | {first}) == 5


def test_what_is_too_large_to_keep_is_refused_and_not_queued(book: JobBook) -> None:
    with pytest.raises(BadInput):
        book.submit("a", {"text": "x" * 300_000}, actor="li")
    assert book.recent() == []


def test_recent_jobs_come_newest_first_and_by_kind(book: JobBook) -> None:
    a, b, c = (book.submit(kind, {}, actor="li") for kind in ("a", "b", "a"))
    assert [job.id for job in book.recent()] == [c, b, a]
    assert [job.id for job in book.recent(limit=2)] == [c, b]
    assert [job.id for job in book.recent(kind="a")] == [c, a]


def test_cancelling_a_waiting_job_ends_it_at_once(book: JobBook) -> None:
    number = book.submit("a", {}, actor="li")
    assert book.get(number).can_be_cancelled
    assert book.request_cancel(number).status is Status.CANCELLED
    assert book.claim() is None


def test_cancelling_a_running_job_is_told_to_its_worker(book: JobBook) -> None:
    number = book.submit("a", {}, actor="li")
    job = claimed(book)
    assert book.heartbeat(job) is False
    asked = book.request_cancel(number)
    assert (asked.status, asked.cancel_requested, asked.can_be_cancelled) == (Status.RUNNING, True, False)
    assert book.heartbeat(job) is True
    assert book.progress(job, 0.5, T("Working.")) is True
    book.cancelled(job)
    assert book.get(number).status is Status.CANCELLED


def test_cancelling_what_has_ended_changes_nothing(book: JobBook) -> None:
    number = book.submit("a", {}, actor="li")
    book.finish(claimed(book), {"kept": 1})
    before = book.get(number)
    assert book.request_cancel(number) == before


def test_a_failed_job_says_why_and_starts_afresh_when_tried_again(book: JobBook) -> None:
    number = book.submit("a", {"file": "x"}, actor="li")
    job = claimed(book)
    book.progress(job, 0.75, T("Working."))
    book.request_cancel(number)
    book.fail(job, BadInput(T("The file is empty."), hint=T("Export it again."), code="file.empty"))
    failed = book.get(number)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == (Status.FAILED, "file.empty")
    assert (failed.error.message, failed.error.hint) == (T("The file is empty."), T("Export it again."))

    again = book.retry(number)
    assert (again.status, again.progress, again.message, again.error) == (Status.QUEUED, 0, None, None)
    assert (again.arguments, again.cancel_requested, again.ended_at) == ({"file": "x"}, False, None)
    assert claimed(book).attempt == 2


def test_only_an_end_without_result_can_be_tried_again(book: JobBook) -> None:
    number = book.submit("a", {}, actor="li")
    with pytest.raises(Conflict):
        book.retry(number)
    job = claimed(book)
    with pytest.raises(Conflict):
        book.retry(number)
    book.finish(job, {})
    with pytest.raises(Conflict) as refused:
        book.retry(number)
    assert refused.value.code == "job.not_ended"


def test_an_end_cannot_be_written_twice(book: JobBook) -> None:
    book.submit("a", {}, actor="li")
    job = claimed(book)
    book.finish(job, {"first": True})
    for second in (
        lambda: book.finish(job, {"first": False}),
        lambda: book.fail(job, BadInput(T("Late."))),
        lambda: book.cancelled(job),
        lambda: book.release(job),
        lambda: book.heartbeat(job),
        lambda: book.progress(job, 0.5, T("Late.")),
    ):
        with pytest.raises(Conflict):
            second()
    assert book.get(job.id).result == {"first": True}


def test_a_result_that_is_not_json_leaves_the_job_running(book: JobBook) -> None:
    book.submit("a", {}, actor="li")
    job = claimed(book)
    with pytest.raises(TypeError):
        book.finish(job, {("a", "b"): 1})  # type: ignore[dict-item]
    assert book.get(job.id).status is Status.RUNNING


def test_a_job_given_back_is_claimed_again_and_a_cancelled_one_is_not(book: JobBook) -> None:
    kept, dropped = (book.submit("a", {}, actor="li") for _ in range(2))
    first, second = claimed(book), claimed(book)
    book.request_cancel(dropped)
    book.release(first)
    book.release(second)
    assert (book.get(kept).status, book.get(dropped).status) == (Status.QUEUED, Status.CANCELLED)
    again = claimed(book)
    assert (again.id, again.attempt) == (kept, 2)
    with pytest.raises(Conflict):
        book.finish(first, {})


def test_a_job_whose_process_is_gone_is_lost_as_soon_as_somebody_looks(book: JobBook, path: Path) -> None:
    number = book.submit("a", {}, actor="li")
    claimed(book)
    worked_on_by(path, gone_process(), host_name())
    lost = book.get(number)
    assert lost.status is Status.LOST
    assert lost.error is not None
    assert lost.error.code == "job.lost"
    assert lost.can_be_tried_again
    assert [job.status for job in book.recent()] == [Status.LOST]
    assert book.retry(number).status is Status.QUEUED


def test_a_job_on_another_host_is_lost_after_a_minute_without_a_sign_of_life(
    book: JobBook, path: Path, hand: Hand
) -> None:
    book.submit("a", {}, actor="li")
    job = claimed(book)
    worked_on_by(path, gone_process(), "another-host")
    hand.passes(seconds=60)
    assert book.lose_dead() == []
    book.heartbeat(job)
    hand.passes(seconds=60)
    assert book.lose_dead() == []
    hand.passes(seconds=1)
    assert book.lose_dead() == [job.id]
    assert book.lose_dead() == []


def test_a_worker_that_was_asleep_takes_its_lost_job_up_again(book: JobBook, hand: Hand) -> None:
    book.submit("a", {}, actor="li")
    job = claimed(book)
    hand.passes(hours=8)
    assert book.get(job.id).status is Status.LOST
    book.heartbeat(job)
    awake = book.get(job.id)
    assert (awake.status, awake.error, awake.ended_at) == (Status.RUNNING, None, None)
    hand.passes(hours=8)
    assert book.get(job.id).status is Status.LOST
    book.finish(job, {"late": True})
    done = book.get(job.id)
    assert (done.status, done.result, done.error) == (Status.DONE, {"late": True}, None)


@pytest.mark.parametrize("begun_again", [False, True])
def test_a_worker_that_comes_back_after_a_retry_is_refused(book: JobBook, hand: Hand, begun_again: bool) -> None:
    number = book.submit("a", {}, actor="li")
    first = claimed(book)
    hand.passes(hours=1)
    book.retry(number)
    second = claimed(book) if begun_again else None
    with pytest.raises(Conflict) as refused:
        book.heartbeat(first)
    assert refused.value.code == "job.attempt_over"
    with pytest.raises(Conflict):
        book.cancelled(first)
    with pytest.raises(Conflict):
        book.finish(first, {"by": 1})
    book.finish(second or claimed(book), {"by": 2})
    assert book.get(number).result == {"by": 2}


def test_a_job_that_is_not_there_is_named(book: JobBook) -> None:
    for act in (book.get, book.retry, book.request_cancel):
        with pytest.raises(NotFound) as missing:
            act(17)
        assert "17" in str(missing.value)


def test_old_jobs_are_forgotten_by_count_and_by_age_but_never_one_that_waits_or_runs(book: JobBook, hand: Hand) -> None:
    old = book.submit("a", {}, actor="li")
    book.finish(claimed(book), {})
    running = book.submit("a", {}, actor="li")
    claimed(book)
    waiting = book.submit("a", {}, actor="li")
    hand.passes(days=90)
    assert book.prune() == 0
    hand.passes(seconds=1)
    assert book.prune() == 1
    with pytest.raises(NotFound):
        book.get(old)
    done = []
    for _ in range(4):
        done.append(book.submit("b", {}, actor="li"))
        book.request_cancel(done[-1])
    assert book.prune(keep=3) == 1
    assert [job.id for job in book.recent()] == [*reversed(done[1:]), waiting, running]


def test_a_book_outlives_the_program_that_wrote_it(book: JobBook, path: Path) -> None:
    number = book.submit("a", {"n": 1}, actor="li", token="t")
    reopened = JobBook(path)
    assert reopened.submit("a", {"n": 1}, actor="li", token="t") == number
    assert reopened.get(number).arguments == {"n": 1}


def test_many_threads_make_the_file_and_submit_at_once_without_losing_a_job(path: Path) -> None:
    threads, each = 8, 10
    barrier = Barrier(threads)

    def submit(thread: int) -> list[int]:
        barrier.wait(30)
        own = JobBook(path)
        return [own.submit("a", {"thread": thread, "n": n}, actor="li", token=f"shared-{n}") for n in range(each)] + [
            own.submit("b", {"thread": thread, "n": n}, actor="li") for n in range(each)
        ]

    with ThreadPoolExecutor(threads) as pool:
        numbers = list(pool.map(submit, range(threads)))
    # ten tokens shared by all threads, and ten jobs of each thread's own: 10 + 8 × 10
    assert len(JobBook(path).recent(limit=1000)) == each + threads * each
    assert all(row[:each] == numbers[0][:each] for row in numbers)


def test_a_new_file_is_made_once_however_many_open_it_at_once(home: Path) -> None:
    def first_look(path: Path, barrier: Barrier) -> list[Job]:
        barrier.wait(30)
        return JobBook(path).recent()

    with ThreadPoolExecutor(8) as pool:
        for n in range(40):
            barrier = Barrier(8)
            looks = [pool.submit(first_look, home / f"{n}.db", barrier) for _ in range(8)]
            assert [look.result() for look in looks] == [[]] * 8


def test_many_claims_at_once_get_each_job_exactly_once(book: JobBook, path: Path) -> None:
    numbers = [book.submit("a", {}, actor="li") for _ in range(60)]
    barrier = Barrier(6)

    def claim_all(_: int) -> list[int]:
        barrier.wait(30)
        own, got = JobBook(path), []
        while (job := own.claim()) is not None:
            got.append(job.id)
        return got

    with ThreadPoolExecutor(6) as pool:
        got = [number for numbers in pool.map(claim_all, range(6)) for number in numbers]
    assert Counter(got) == Counter(numbers)


def test_a_book_of_a_newer_version_is_refused_and_left_as_it_is(path: Path, book: JobBook) -> None:
    book.submit("a", {}, actor="li")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable) as refused:
        book.recent()
    assert refused.value.code == "jobs.newer_version"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM job").fetchone() == (1,)


def test_a_damaged_book_is_refused_with_a_way_out(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(Unavailable) as refused:
        JobBook(path).recent()
    assert refused.value.code == "jobs.unavailable"
    assert refused.value.hint is not None


def test_a_book_in_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        JobBook(tmp_path / "file" / "jobs.db").submit("a", {}, actor="li")


def test_a_book_held_open_works_and_is_closed_after(book: JobBook, path: Path) -> None:
    with book.kept_open():
        book.submit("a", {}, actor="li")
        assert path.with_name("jobs.db-wal").exists()
    assert not path.with_name("jobs.db-wal").exists()
    assert len(book.recent()) == 1


def test_a_lock_is_held_by_one_and_free_after(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "x.lock"), FileLock(tmp_path / "x.lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()
    with FileLock(tmp_path / "x.lock"):
        assert not first.try_acquire()


def test_this_process_is_alive_and_an_ended_one_is_not() -> None:
    assert is_alive(os.getpid())
    assert not is_alive(gone_process())


def test_stopping_the_jobs_of_others_takes_a_permission(book: JobBook) -> None:
    number = book.submit("a", {}, actor="li")
    guest = Actor("guest", ALL_PERMISSIONS - {Permission.EDIT_SETTINGS})
    for act in (service.stop, service.try_again):
        with pytest.raises(NotPermitted):
            act(book, guest, number)
    assert service.stop(book, LOCAL_USER, number).status is Status.CANCELLED
    assert service.try_again(book, LOCAL_USER, number).status is Status.QUEUED
