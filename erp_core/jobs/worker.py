"""Runs jobs: one at a time, in this process, outside every page; asks for those that come round again (`schedule`).

`serve` is the whole life of a worker process: one per ERP_HOME (a file lock), ended by SIGTERM, Ctrl+C or the end of
the app that started it. It then stops the running job at its next report and puts it back into the queue.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from types import FrameType
from typing import Any

from erp_core.clock import Clock
from erp_core.errors import Cancelled, Conflict, ErpError, NotFound, Unavailable
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job, JobError
from erp_core.jobs.process import FileLock
from erp_core.jobs.registry import Registry
from erp_core.jobs.schedule import Schedule
from erp_core.settings import Settings
from erp_core.text import T, Text

POLL_SECONDS = 0.3
BEAT_SECONDS = 0.5
REPORT_SECONDS = 0.1
GRACE_SECONDS = 10.0
SUPERVISED = "ERP_WORKER_SUPERVISED"
LOG_BYTES = 2_000_000
LOG_FILES = 3


class Interrupted(Cancelled):
    """The worker is to end; the job is not at fault and will be begun again."""

    default_code = "job.interrupted"


class StopSign:
    """Asks a worker to end. A plain flag: a signal may come while this very thread holds an Event's lock."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        """From now on the worker is to end."""
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Rest for `seconds`, at most POLL_SECONDS; returns whether to end."""
        if not self.asked:
            time.sleep(min(seconds, POLL_SECONDS))
        return self.asked


class Working:
    """A job under way: what its handler gets, and what keeps its row alive.

    Reports reach the book at most every REPORT_SECONDS; a thread gives signs of life and brings the last report in
    while the handler computes.
    """

    def __init__(self, book: JobBook, job: Job, settings: Settings, clock: Clock, stop: StopSign) -> None:
        self.job = job
        self.settings = settings
        self.clock = clock
        self._book = book
        self._stop = stop
        self._lock = threading.Lock()
        self._latest: tuple[float, Text] | None = None
        self._told = -REPORT_SECONDS
        self._cancel = False
        self._over: Conflict | NotFound | None = None

    def progress(self, share: float, message: Text) -> None:
        """See `JobContext.progress`."""
        self._latest = (share, message)
        if time.monotonic() - self._told >= REPORT_SECONDS:
            self._tell()
        if self._over is not None:
            raise self._over
        if self._cancel:
            raise Cancelled(T("The work was cancelled."), code="job.cancelled")
        if self._stop.asked:
            raise Interrupted(T("The program is closing; the work starts again with it."))

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Signs of life while the block runs."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(BEAT_SECONDS):
                self._tell()

        thread = threading.Thread(target=beat, name=f"job {self.job.id} alive", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _tell(self) -> None:
        with self._lock:
            latest, self._latest = self._latest, None
            try:
                self._cancel = (
                    self._book.progress(self.job, *latest) if latest else self._book.heartbeat(self.job)
                ) or self._cancel
            except Unavailable:
                pass  # a report that cannot be written must not stop the work; the next one tries again
            except (Conflict, NotFound) as over:
                self._over = over
            self._told = time.monotonic()


def run_one(book: JobBook, registry: Registry, settings: Settings, clock: Clock, stop: StopSign | None = None) -> bool:
    """Do the oldest waiting job, if any; returns whether there was one.

    An ErpError of the handler fails the job with its texts; any other exception fails it with a calm text and a
    reference under which logs/worker.log has the traceback.
    """
    job = book.claim()
    if job is None:
        return False
    try:
        settle = _work(Working(book, job, settings, clock, stop or StopSign()), book, registry)
        try:
            settle()
        except (TypeError, ValueError) as problem:
            book.fail(job, _unexpected(problem, job, settings))
    except (Conflict, NotFound):
        with worker_log(settings) as log:
            log.warning("Job %s, attempt %s: was taken over or removed; its outcome is dropped.", job.id, job.attempt)
    except KeyboardInterrupt:
        book.release(job)
        raise
    book.prune()
    return True


def _work(working: Working, book: JobBook, registry: Registry) -> Callable[[], None]:
    """Run the handler; returns what to write into the book once the signs of life have ended."""
    job = working.job
    try:
        handler = registry.handler(job.kind)
        with working.kept_alive():
            result: Mapping[str, object] = handler(working)
    except Interrupted:
        return lambda: book.release(job)
    except Cancelled:
        return lambda: book.cancelled(job)
    except ErpError as error:
        failure = JobError.of(error)
        return lambda: book.fail(job, failure)
    except (Exception, SystemExit) as problem:
        unexpected = _unexpected(problem, job, working.settings)
        return lambda: book.fail(job, unexpected)
    return lambda: book.finish(job, result)


def run_pending(book: JobBook, registry: Registry, settings: Settings, clock: Clock) -> int:
    """Do the waiting jobs until none waits; returns how many were done."""
    done = 0
    while run_one(book, registry, settings, clock):
        done += 1
    return done


def demo_books(settings: Settings, clock: Clock) -> list[tuple[JobBook, Settings]]:
    """The books of the demo shop and of its making, as far as they are there. They may be deleted at any time."""
    return [
        (JobBook(inner.jobs_path, clock, must_exist=True), inner)
        for inner in (settings.demo_workshop, settings.demo)
        if inner.jobs_path.exists()
    ]


def _run_one_of_the_demo(registry: Registry, settings: Settings, clock: Clock, stop: StopSign) -> bool:
    for book, inner in demo_books(settings, clock):
        try:
            if run_one(book, registry, inner, clock, stop):
                return True
        except Unavailable:  # deleted meanwhile, with everything that could be said of it
            continue
    return False


def run_forever(book: JobBook, registry: Registry, settings: Settings, clock: Clock, stop: StopSign) -> None:
    """Do jobs as they come, the company's before the demo shop's, and see to the registry's duties for the company,
    until `stop` is asked for."""
    schedule = Schedule(registry.duties)
    with book.kept_open():
        book.lose_dead()
        while not stop.asked:
            _tend(schedule, book, settings, clock)
            try:
                worked = run_one(book, registry, settings, clock, stop)
            except Unavailable as error:
                worked = False
                with worker_log(settings) as log:
                    log.warning("The book of jobs cannot be used: %s", error)
            worked = worked or _run_one_of_the_demo(registry, settings, clock, stop)
            if not worked:
                stop.wait(POLL_SECONDS)


def _tend(schedule: Schedule, book: JobBook, settings: Settings, clock: Clock) -> None:
    """Ask the duties. One that fails is logged and asked again at its next time: it must not end the worker."""
    try:
        schedule.tend(book, settings, clock)
    except Exception as problem:  # whatever a duty raises, the jobs that people wait for go on
        with worker_log(settings) as log:
            log.warning("A duty could not be seen to.", exc_info=problem)


def serve(registry: Registry, settings: Settings, clock: Clock) -> int:
    """Be the worker of this ERP_HOME until asked to end; returns the exit code.

    If another worker is there, one that an app supervises waits for its turn; any other leaves at once.
    """
    stop = StopSign()
    supervised = os.environ.get(SUPERVISED) == "1"
    ended = threading.Event()
    if supervised:
        threading.Thread(target=_end_with_parent, args=(stop, ended), name="parent watch", daemon=True).start()
    lock = FileLock(settings.home / "worker.lock")
    try:
        with _signals(stop):
            while not lock.try_acquire():
                if not supervised or stop.wait(POLL_SECONDS):
                    return 0
            with worker_log(settings) as log:
                log.info("Worker %s started.", os.getpid())
            run_forever(JobBook(settings.jobs_path, clock), registry, settings, clock, stop)
            with worker_log(settings) as log:
                log.info("Worker %s ended.", os.getpid())
    finally:
        lock.release()
        ended.set()
    return 0


def _end_with_parent(stop: StopSign, ended: threading.Event) -> None:
    # The supervisor holds the other end of standard input; it closes when the app is gone, however it went.
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    stop.ask()
    if not ended.wait(GRACE_SECONDS):
        os._exit(1)


@contextmanager
def _signals(stop: StopSign) -> Iterator[None]:
    """SIGTERM and its kin ask to stop while the block runs. Only the main thread may listen to signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.ask()

    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
    numbers = [signal.Signals[name] for name in names if name in signal.Signals.__members__]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


class _Discreet(logging.Formatter):
    """Tracebacks without the words of errors, which may quote what a file says of a person: the kind of each error and
    where it happened. What the system itself says (a full disk, a closed connection) is kept."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the name that logging gives it)
        problem: BaseException | None = ei[1]
        told: list[str] = []
        while problem is not None:
            said = f": {problem.strerror}" if isinstance(problem, OSError) and problem.strerror else ""
            frames = traceback.format_list(traceback.extract_tb(problem.__traceback__))
            told.append("".join([*frames, f"{type(problem).__module__}.{type(problem).__qualname__}{said}"]))
            problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
        return "\ncaused:\n".join(reversed(told))


@contextmanager
def worker_log(settings: Settings) -> Iterator[logging.Logger]:
    """The log of the workers, `logs/worker.log`, for a few lines; old ones rotate away.

    Where it cannot be written, the lines go to standard error: a full disk must not end the worker.
    """
    path = settings.home / "logs" / "worker.log"
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(_Discreet("%(asctime)s %(levelname)s %(message)s"))
    log = logging.Logger("erp_core.worker", logging.INFO)
    log.addHandler(handler)
    try:
        yield log
    finally:
        handler.close()


def _unexpected(problem: BaseException, job: Job, settings: Settings) -> JobError:
    reference = f"{job.id}-{job.attempt}"
    with worker_log(settings) as log:
        log.error("Job %s (%s) failed, reference %s", job.id, job.kind, reference, exc_info=problem)
    return JobError(
        "job.unexpected",
        T("The work stopped because of a fault in the program (reference {reference}).", reference=reference),
        T(
            "Nothing half done was kept. Try it again; if it stops again, report the reference:"
            " logs/worker.log says more under it."
        ),
    )
