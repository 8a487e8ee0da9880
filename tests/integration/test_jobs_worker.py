"""Workers, in this process and as real processes that are cancelled, stopped and killed.

Run as a script, this file is such a process: `serve` (a worker), `pending` (do what waits), `app` (an app with a
supervisor). Its handlers write a line for each run, so that a test can count what was done how often.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock, SystemClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, Cancelled, Unavailable
from erp_core.jobs import worker
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job, Status
from erp_core.jobs.process import FileLock
from erp_core.jobs.registry import JobContext, Registry
from erp_core.jobs.supervisor import Supervisor
from erp_core.jobs.worker import StopSign, run_forever, run_one, run_pending, serve
from erp_core.security.actor import LOCAL_USER
from erp_core.security.tables import audit_event
from erp_core.settings import ROOT, Settings, load_settings
from erp_core.text import T, Text, say
from tests.conftest import Addresses

PATIENCE = 60.0
GRACE = "ERP_TEST_WORKER_GRACE"
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for something that is bound to come, and fail by name if it does not."""
    deadline, tick = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        tick.wait(0.02)


# --- what the jobs of these tests do ---


def note(context: JobContext) -> Mapping[str, Any]:
    """Write one line: job, attempt, process."""
    line = f"{context.job.id} {context.job.attempt} {os.getpid()}\n"
    with Path(context.job.arguments["file"]).open("a") as stream:
        stream.write(line)
    return {"noted": context.job.id}


def store(context: JobContext) -> Mapping[str, Any]:
    """Write a row, tell so, and commit once the file `go` is there: one transaction, stopped in its middle."""
    note(context)
    go = Path(context.job.arguments["go"])
    database = Database(context.settings.database_url)
    try:
        with unit_of_work(database, LOCAL_USER.acting(context.clock)) as uow:
            row = {"at": uow.now(), "actor": "test", "action": "stored", "subject": str(context.job.id), "details": {}}
            uow.connection.execute(sa.insert(audit_event).values(**row))

            def may_commit() -> bool:
                context.progress(0.5, T("Stored, not committed."))
                return go.exists()

            until(may_commit, "nobody let the job go on")
            uow.commit()
    finally:
        database.dispose()
    return {"stored": context.job.id}


def deaf(context: JobContext) -> Mapping[str, Any]:
    """Never report, so never hear a request to stop."""
    context.progress(0.1, T("Deaf from here on."))
    until(lambda: False, "nobody ended the deaf job")
    return {}


REGISTRY = Registry({"note": note, "store": store, "deaf": deaf})


def main(role: str) -> int:
    settings = load_settings()
    if role == "pending":
        run_pending(JobBook(settings.jobs_path), REGISTRY, settings, SystemClock())
        return 0
    if role == "app":
        supervisor = Supervisor(settings, _command("serve"))
        supervisor.start()
        sys.stdin.read()
        supervisor.stop()
        return 0
    worker.GRACE_SECONDS = float(os.environ.get(GRACE, worker.GRACE_SECONDS))
    return serve(REGISTRY, settings, SystemClock())


def _command(role: str) -> list[str]:
    return [sys.executable, str(Path(__file__).resolve()), role]


# --- in this process ---


@pytest.fixture
def settings(home: Path) -> Settings:
    return load_settings()


@pytest.fixture
def book(settings: Settings) -> JobBook:
    return JobBook(settings.jobs_path)


def done_by(book: JobBook, settings: Settings, handler: Callable[[JobContext], Any]) -> Job:
    """Submit one job, do it here with this handler, and return how it ended."""
    number = book.submit("a", {"x": 1}, actor="li")
    assert run_one(book, Registry({"a": handler}), settings, SystemClock())
    return book.get(number)


def test_without_a_waiting_job_nothing_is_done(book: JobBook, settings: Settings) -> None:
    assert run_one(book, REGISTRY, settings, SystemClock()) is False


def test_a_handler_gets_its_job_and_place_and_its_answer_is_kept(
    book: JobBook, settings: Settings, clock: FixedClock
) -> None:
    def handler(context: JobContext) -> Mapping[str, Any]:
        context.progress(0.5, T("Half."))
        at = JobBook(context.settings.jobs_path).get(context.job.id)
        said = say(at.message, "en") if at.message else None
        return {
            "x": context.job.arguments["x"],
            "at": at.progress,
            "said": said,
            "now": context.clock.now().isoformat(),
        }

    number = JobBook(settings.jobs_path, clock).submit("a", {"x": 1}, actor="li")
    book = JobBook(settings.jobs_path, clock)
    assert run_one(book, Registry({"a": handler}), settings, clock)
    job = book.get(number)
    assert job.status is Status.DONE
    assert job.result == {"x": 1, "at": 0.5, "said": "Half.", "now": "2026-03-02T09:00:00+00:00"}


def test_a_refusal_keeps_its_words_in_both_languages(book: JobBook, settings: Settings) -> None:
    def refuse(_: JobContext) -> Mapping[str, Any]:
        raise BadInput(T("There is no job {job}.", job=9), hint=T("Start the newest version."), code="own.code")

    job = done_by(book, settings, refuse)
    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "own.code")
    assert say(job.error.message, "zh_CN") == "没有编号为 9 的任务。"
    assert not (settings.home / "logs" / "worker.log").exists()


@pytest.mark.parametrize("problem", [ZeroDivisionError("secret 42"), SystemExit(3)])
def test_a_fault_shows_a_calm_text_and_leaves_its_traceback_in_the_log(
    book: JobBook, settings: Settings, problem: BaseException
) -> None:
    def faulty(_: JobContext) -> Mapping[str, Any]:
        raise problem

    job = done_by(book, settings, faulty)
    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "job.unexpected")
    shown = say(job.error.message, "en") + say(job.error.hint or "", "en")
    assert "secret" not in shown
    assert f"reference {job.id}-1" in shown
    log = (settings.home / "logs" / "worker.log").read_text(encoding="utf-8")
    assert f"reference {job.id}-1" in log
    assert "in faulty" in log
    assert type(problem).__name__ in log


@pytest.mark.parametrize("answer", [None, {("a", "b"): 1}, {"share": float("nan")}])
def test_an_answer_that_cannot_be_kept_is_a_fault(book: JobBook, settings: Settings, answer: Any) -> None:
    job = done_by(book, settings, lambda _: answer)
    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "job.unexpected")


def test_a_fault_is_told_even_where_the_log_cannot_be_written(
    book: JobBook, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.home.mkdir()
    (settings.home / "logs").write_text("a file in the way")
    job = done_by(book, settings, lambda _: 1 / 0)
    assert job.status is Status.FAILED
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_work_that_this_version_does_not_know_fails_and_says_so(book: JobBook, settings: Settings) -> None:
    number = book.submit("of.tomorrow", {}, actor="li")
    assert run_pending(book, REGISTRY, settings, SystemClock()) == 1
    error = book.get(number).error
    assert error is not None
    assert error.code == "job.unknown_kind"


def test_a_cancel_in_the_middle_stops_the_work_and_rolls_back(sqlite_addresses: Addresses, home: Path) -> None:
    with sqlite_addresses() as url:
        settings = Settings(home, url)
        book = JobBook(settings.jobs_path)
        number = book.submit("store", {"file": str(home / "notes"), "go": str(home / "go")}, actor="li")
        person = threading.Thread(target=_cancel_when_half_done, args=(book, number))
        person.start()
        assert run_one(book, REGISTRY, settings, SystemClock())
        person.join()
        assert book.get(number).status is Status.CANCELLED
        assert _stored(url) == []


def _cancel_when_half_done(book: JobBook, number: int) -> None:
    until(lambda: book.get(number).progress == 0.5, "the job did not get to its middle")
    book.request_cancel(number)


def test_work_that_is_done_before_it_hears_of_the_cancel_is_done(book: JobBook, settings: Settings) -> None:
    def unhearing(context: JobContext) -> Mapping[str, Any]:
        book.request_cancel(context.job.id)
        return {"done": True}

    assert done_by(book, settings, unhearing).status is Status.DONE


def test_closing_the_program_puts_the_job_back_into_the_queue(book: JobBook, settings: Settings) -> None:
    stop, attempts = StopSign(), []

    def interrupted_once(context: JobContext) -> Mapping[str, Any]:
        attempts.append(context.job.attempt)
        if context.job.attempt == 1:
            stop.ask()
            context.progress(0.5, T("Working."))
        return {"attempt": context.job.attempt}

    number = book.submit("a", {}, actor="li")
    run_forever(book, Registry({"a": interrupted_once}), settings, SystemClock(), stop)
    waiting = book.get(number)
    assert (waiting.status, waiting.error) == (Status.QUEUED, None)
    run_pending(book, Registry({"a": interrupted_once}), settings, SystemClock())
    assert book.get(number).result == {"attempt": 2}
    assert attempts == [1, 2]


def test_ctrl_c_in_the_terminal_puts_the_job_back_into_the_queue(book: JobBook, settings: Settings) -> None:
    def ctrl_c(_: JobContext) -> Mapping[str, Any]:
        raise KeyboardInterrupt

    number = book.submit("a", {}, actor="li")
    with pytest.raises(KeyboardInterrupt):
        run_one(book, Registry({"a": ctrl_c}), settings, SystemClock())
    assert book.get(number).status is Status.QUEUED


def test_the_last_of_many_quick_reports_reaches_the_book_while_the_handler_computes(
    book: JobBook, settings: Settings
) -> None:
    def quick(context: JobContext) -> Mapping[str, Any]:
        for n in range(1, 101):
            context.progress(n / 200, T("Step {n}.", n=n))
        until(lambda: book.get(context.job.id).message == T("Step {n}.", n=100), "the last report never arrived")
        return {"at": book.get(context.job.id).progress}

    assert done_by(book, settings, quick).result == {"at": 0.5}


def test_a_job_taken_over_by_another_worker_stops_and_its_outcome_is_dropped(
    book: JobBook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    def taken_over(context: JobContext) -> Mapping[str, Any]:
        with monkeypatch.context() as patched:  # for a moment, this process looks gone
            patched.setattr("erp_core.jobs.book.is_alive", lambda _: False)
            book.retry(context.job.id)
        other = book.claim()
        assert other is not None
        book.finish(other, {"by": "the other"})

        def reported() -> bool:
            context.progress(0.5, T("Still here."))
            return False

        try:
            until(reported, "the job never heard that it was taken over")
        except Exception as error:
            stopped.append(type(error).__name__)
            raise
        return {"by": "the first"}

    job = done_by(book, settings, taken_over)
    assert stopped == ["Conflict"]
    assert (job.status, job.result) == (Status.DONE, {"by": "the other"})
    assert "taken over" in (settings.home / "logs" / "worker.log").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_does_not_stop_the_work(
    book: JobBook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> bool:
        raise Unavailable(T("The disk is full."))

    monkeypatch.setattr(book, "progress", unavailable)

    def reporting(context: JobContext) -> Mapping[str, Any]:
        context.progress(0.5, T("Working."))
        return {"done": True}

    assert done_by(book, settings, reporting).result == {"done": True}


def test_a_handler_may_clean_up_when_it_is_cancelled(book: JobBook, settings: Settings) -> None:
    cleaned: list[Text] = []

    def careful(context: JobContext) -> Mapping[str, Any]:
        book.request_cancel(context.job.id)
        try:
            context.progress(0.1, T("Working."))
        except Cancelled as error:
            cleaned.append(error.message)
            raise
        return {}

    assert done_by(book, settings, careful).status is Status.CANCELLED
    assert cleaned == [T("The work was cancelled.")]


# --- as real processes ---


def _stored(url: str) -> list[str]:
    database = Database(url)
    with database.reading() as connection:
        rows = connection.execute(sa.select(audit_event.c.subject).where(audit_event.c.action == "stored"))
        subjects = [row.subject for row in rows]
    database.dispose()
    return subjects


def _notes(file: Path) -> list[list[int]]:
    """[job, attempt, process] of each run."""
    return [[int(word) for word in line.split()] for line in file.read_text().splitlines()] if file.exists() else []


class Processes:
    """One installation, and the processes that a test starts on it."""

    def __init__(self, url: str, home: Path, stack: ExitStack) -> None:
        self.settings = Settings(home, url)
        self.book = JobBook(self.settings.jobs_path)
        self.notes = home / "notes"
        self.go = home / "go"
        self._stack = stack

    def start(self, role: str) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = {
            **os.environ,
            "ERP_HOME": str(self.settings.home),
            "ERP_DATABASE_URL": self.settings.database_url,
            "PYTHONPATH": paths,
        }
        process = subprocess.Popen(_command(role), stdin=subprocess.PIPE, env=environment)
        self._stack.enter_context(process)
        self._stack.callback(process.kill)
        return process

    def submit(self, kind: str, token: str | None = None) -> int:
        return self.book.submit(kind, {"file": str(self.notes), "go": str(self.go)}, actor="li", token=token)

    def status(self, number: int) -> Status:
        return self.book.get(number).status

    def until_half_done(self, number: int) -> None:
        until(lambda: self.book.get(number).progress == 0.5, f"job {number} did not get to its middle")

    def until_it_is(self, number: int, status: Status) -> Job:
        until(lambda: self.status(number) is status, f"job {number} did not become {status}")
        return self.book.get(number)

    def until_no_worker(self) -> None:
        lock = FileLock(self.settings.home / "worker.lock")
        until(lock.try_acquire, "the worker did not end")
        lock.release()

    def stored(self) -> list[str]:
        return _stored(self.settings.database_url)


@pytest.fixture
def processes(sqlite_addresses: Addresses, home: Path) -> Iterator[Processes]:
    home.mkdir()
    with sqlite_addresses() as url, ExitStack() as stack:
        yield Processes(url, home, stack)


@POSIX_ONLY
def test_killed_in_the_middle_a_job_is_lost_leaves_nothing_and_succeeds_when_tried_again(
    processes: Processes,
) -> None:
    number = processes.submit("store")
    first = processes.start("serve")
    processes.until_half_done(number)
    first.kill()
    first.wait()
    lost = processes.book.get(number)
    assert lost.status is Status.LOST
    assert lost.error is not None
    assert processes.stored() == []

    processes.go.touch()
    processes.start("serve")
    processes.book.retry(number)
    done = processes.until_it_is(number, Status.DONE)
    assert (done.attempt, done.result) == (2, {"stored": number})
    assert processes.stored() == [str(number)]


def test_cancelled_in_the_middle_a_job_stops_and_the_worker_goes_on(processes: Processes) -> None:
    number = processes.submit("store")
    processes.start("serve")
    processes.until_half_done(number)
    processes.book.request_cancel(number)
    processes.until_it_is(number, Status.CANCELLED)
    assert processes.stored() == []
    processes.until_it_is(processes.submit("note"), Status.DONE)


@POSIX_ONLY
@pytest.mark.parametrize("number_of_signal", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_a_worker_gives_its_job_back_and_leaves_in_peace(
    processes: Processes, number_of_signal: signal.Signals
) -> None:
    number = processes.submit("store")
    process = processes.start("serve")
    processes.until_half_done(number)
    process.send_signal(number_of_signal)
    assert process.wait(PATIENCE) == 0
    assert processes.status(number) is Status.QUEUED
    assert processes.stored() == []


def test_several_workers_at_once_do_each_job_exactly_once(processes: Processes) -> None:
    numbers = [processes.submit("note") for _ in range(60)]
    workers = [processes.start("pending") for _ in range(3)]
    assert [process.wait(PATIENCE) for process in workers] == [0, 0, 0]
    assert Counter(job for job, _, _ in _notes(processes.notes)) == Counter(numbers)
    assert {processes.status(number) for number in numbers} == {Status.DONE}


def test_a_form_sent_twice_starts_its_work_once(processes: Processes) -> None:
    numbers = {processes.submit("note", token="form-7") for _ in range(3)}
    assert len(numbers) == 1
    assert processes.start("pending").wait(PATIENCE) == 0
    assert processes.submit("note", token="form-7") in numbers
    assert processes.start("pending").wait(PATIENCE) == 0
    assert len(_notes(processes.notes)) == 1


def test_a_second_worker_started_by_hand_leaves_at_once(processes: Processes) -> None:
    first = processes.start("serve")
    processes.until_it_is(processes.submit("note"), Status.DONE)
    assert processes.start("serve").wait(PATIENCE) == 0
    assert first.poll() is None


def test_a_supervisor_starts_a_worker_and_ends_it(processes: Processes) -> None:
    supervisor = Supervisor(processes.settings, _command("serve"))
    assert supervisor.pid is None
    supervisor.start()
    supervisor.start()
    number = processes.submit("note")
    processes.until_it_is(number, Status.DONE)
    assert [note[2] for note in _notes(processes.notes)] == [supervisor.pid]
    supervisor.stop()
    supervisor.stop()
    assert supervisor.pid is None
    processes.until_no_worker()


@POSIX_ONLY
def test_a_supervisor_replaces_a_worker_that_dies(processes: Processes) -> None:
    supervisor = Supervisor(processes.settings, _command("serve"))
    supervisor.start()
    try:
        number = processes.submit("store")
        processes.until_half_done(number)
        assert supervisor.pid is not None
        os.kill(supervisor.pid, signal.SIGKILL)
        processes.until_it_is(number, Status.LOST)
        processes.go.touch()
        processes.book.retry(number)
        processes.until_it_is(number, Status.DONE)
        runs = _notes(processes.notes)
        assert [attempt for _, attempt, _ in runs] == [1, 2]
        assert runs[0][2] != runs[1][2]
    finally:
        supervisor.stop()


def test_a_supervisor_ends_a_worker_that_does_not_listen_by_force(processes: Processes) -> None:
    supervisor = Supervisor(processes.settings, _command("serve"))
    supervisor.start()
    number = processes.submit("deaf")
    until(lambda: processes.book.get(number).progress == 0.1, "the deaf job did not start")
    supervisor.stop(grace=0)
    assert processes.until_it_is(number, Status.LOST).can_be_tried_again
    processes.until_no_worker()


def test_two_apps_on_one_home_have_one_worker_and_the_second_takes_over(processes: Processes) -> None:
    first = Supervisor(processes.settings, _command("serve"))
    second = Supervisor(processes.settings, _command("serve"))
    first.start()
    try:
        processes.until_it_is(processes.submit("note"), Status.DONE)
        second.start()
        until(lambda: second.pid is not None, "the second worker did not start")
        processes.until_it_is(processes.submit("note"), Status.DONE)
        waiting = second.pid
        assert {process for _, _, process in _notes(processes.notes)} == {first.pid}
        first.stop()
        processes.until_it_is(processes.submit("note"), Status.DONE)
        assert _notes(processes.notes)[-1][2] == waiting == second.pid
    finally:
        first.stop()
        second.stop()


@POSIX_ONLY
def test_when_the_app_is_killed_its_worker_gives_the_job_back_and_ends(processes: Processes) -> None:
    number = processes.submit("store")
    app = processes.start("app")
    processes.until_half_done(number)
    app.kill()
    app.wait()
    processes.until_no_worker()
    assert processes.status(number) is Status.QUEUED
    assert processes.stored() == []


@POSIX_ONLY
def test_when_the_app_is_killed_a_worker_that_does_not_listen_ends_too(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GRACE, "0.1")
    number = processes.submit("deaf")
    app = processes.start("app")
    until(lambda: processes.book.get(number).progress == 0.1, "the deaf job did not start")
    app.kill()
    app.wait()
    processes.until_no_worker()
    processes.until_it_is(number, Status.LOST)


def test_jobs_handed_in_while_no_app_runs_are_done_by_the_next(processes: Processes) -> None:
    number = processes.submit("note")
    app = processes.start("app")
    processes.until_it_is(number, Status.DONE)
    assert app.stdin is not None
    app.stdin.close()
    assert app.wait(PATIENCE) == 0
    processes.until_no_worker()


@pytest.mark.parametrize("command", [["no-such-program"], [sys.executable, "-c", "raise SystemExit(1)"]])
def test_a_worker_that_dies_at_its_start_is_tried_again_and_told_of(processes: Processes, command: list[str]) -> None:
    supervisor = Supervisor(processes.settings, command)
    supervisor.start()
    try:
        assert not supervisor.failing
        until(lambda: supervisor.failing, "nobody was told that the worker does not start")
    finally:
        supervisor.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
