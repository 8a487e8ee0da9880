"""The book of long work: who asked for what, how far it is, how it ended.

Pages hand in, look, and ask to cancel; workers claim, report and settle. Any number of processes and threads may use
one book at once. What a worker reports counts only for the attempt that it claimed: after a lost job was begun again
elsewhere, the first worker is refused.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from erp_core.clock import Clock, SystemClock
from erp_core.errors import Conflict, ErpError, NotFound
from erp_core.jobs.job import Job, JobError, Move, Status, after, encode_arguments, encode_result
from erp_core.jobs.process import host_name, is_alive
from erp_core.jobs.store import Store, job_of, stored_error, stored_text, stored_time
from erp_core.text import T, Text

SILENCE = dt.timedelta(seconds=60)
KEPT_JOBS = 1_000
KEPT_DAYS = 90


class JobBook:
    """The jobs of one installation. `path` is `settings.jobs_path`; the file is made on first use, unless it
    `must_exist`: a book whose folder may be deleted at any time must not come back by being looked at.

    Every method raises Unavailable where the file cannot be used.
    """

    def __init__(self, path: Path, clock: Clock | None = None, *, must_exist: bool = False) -> None:
        self._store = Store(path, must_exist=must_exist)
        self._clock = clock or SystemClock()

    # --- for those who want something done ---

    def submit(self, kind: str, arguments: Mapping[str, Any], *, actor: str, token: str | None = None) -> int:
        """Put work into the queue; returns the job's id.

        The same `kind` with the same `token` is the same job, so a form that is sent twice starts its work once.
        `arguments` must be JSON. Raises BadInput where they are too large.
        """
        written = encode_arguments(arguments)
        with self._store.writing() as connection:
            if token is not None:
                known = connection.execute("SELECT id FROM job WHERE kind = ? AND token = ?", (kind, token)).fetchone()
                if known:
                    return int(known["id"])
            return self._insert(connection, (kind, written, actor, token))

    def submit_unless_under_way(self, kind: str, arguments: Mapping[str, Any], *, actor: str) -> int | None:
        """Put work into the queue unless work of this kind waits or runs already; returns the job's id, or None.

        A running job whose worker is gone does not count. Raises BadInput where the arguments are too large.
        """
        written = encode_arguments(arguments)
        self.lose_dead()
        with self._store.writing() as connection:
            under_way = "SELECT 1 FROM job WHERE kind = ? AND status IN ('queued', 'running')"
            if connection.execute(under_way, (kind,)).fetchone():
                return None
            return self._insert(connection, (kind, written, actor, None))

    def get(self, job_id: int) -> Job:
        """One job as it stands. Raises NotFound."""
        with self._store.reading() as connection:
            row = self._row(connection, job_id)
        return job_of(row, self._store.seals) if not self._seems_dead(row) else self._after_losing(job_id)

    def recent(self, limit: int = 50, kind: str | None = None) -> list[Job]:
        """The latest jobs, newest first."""
        self.lose_dead()
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM job WHERE ?1 IS NULL OR kind = ?1 ORDER BY id DESC LIMIT ?2", (kind, limit)
            ).fetchall()
        return [job_of(row, self._store.seals) for row in rows]

    def under_way(self, kind: str | None = None) -> list[Job]:
        """Jobs that wait or run, the oldest first."""
        self.lose_dead()
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM job WHERE status IN ('queued', 'running') AND (?1 IS NULL OR kind = ?1) ORDER BY id",
                (kind,),
            ).fetchall()
        return [job_of(row, self._store.seals) for row in rows]

    def request_cancel(self, job_id: int) -> Job:
        """Ask a job to stop: a waiting one is cancelled at once, a running one at its next report, an ended one stays.

        Raises NotFound.
        """
        with self._store.writing() as connection:
            status = Status(self._row(connection, job_id)["status"])
            if target := after(Move.CANCEL_WAITING, status):
                connection.execute(
                    "UPDATE job SET status = ?, ended_at = ? WHERE id = ?", (target, self._now(), job_id)
                )
            elif status is Status.RUNNING:
                connection.execute("UPDATE job SET cancel_requested = 1 WHERE id = ?", (job_id,))
            return job_of(self._row(connection, job_id), self._store.seals)

    def retry(self, job_id: int) -> Job:
        """Put a failed, cancelled or interrupted job back into the queue. Raises NotFound, Conflict."""
        self.lose_dead()
        with self._store.writing() as connection:
            status = Status(self._row(connection, job_id)["status"])
            if after(Move.RETRY, status) is None:
                raise Conflict(
                    T("Job {job} cannot be tried again: it is done, waiting or running.", job=job_id),
                    hint=T("Only a job that failed, was cancelled or was interrupted can be tried again."),
                    code="job.not_ended",
                )
            connection.execute(f"UPDATE job SET {_BACK_TO_THE_QUEUE} WHERE id = ?", (job_id,))
            return job_of(self._row(connection, job_id), self._store.seals)

    # --- for workers ---

    def claim(self) -> Job | None:
        """Take the oldest waiting job for this process; None where nothing waits. No two claims get the same job."""
        oldest = "SELECT id FROM job WHERE status = 'queued' ORDER BY id LIMIT 1"
        with self._store.reading() as connection:
            if connection.execute(oldest).fetchone() is None:
                return None
        with self._store.writing() as connection:
            row = connection.execute(oldest).fetchone()
            if row is None:
                return None
            now = self._now()
            connection.execute(
                "UPDATE job SET status = 'running', attempt = attempt + 1, started_at = ?, heartbeat_at = ?, host = ?,"
                " pid = ? WHERE id = ?",
                (now, now, host_name(), os.getpid(), row["id"]),
            )
            return job_of(self._row(connection, row["id"]), self._store.seals)

    def heartbeat(self, job: Job) -> bool:
        """Say that a claimed job is still worked on; returns whether it should stop. Raises Conflict if it was lost."""
        with self._claimed(job, Move.REPORT) as connection:
            self._beat(connection, job)
            return bool(self._row(connection, job.id)["cancel_requested"])

    def progress(self, job: Job, done: float, message: Text) -> bool:
        """Say how far a claimed job is (0 to 1); returns whether it should stop. Raises Conflict if it was lost."""
        with self._claimed(job, Move.REPORT) as connection:
            self._beat(connection, job)
            connection.execute(
                "UPDATE job SET progress = ?, message = ? WHERE id = ?",
                (min(1.0, max(0.0, done)), stored_text(message), job.id),
            )
            return bool(self._row(connection, job.id)["cancel_requested"])

    def finish(self, job: Job, result: Mapping[str, Any]) -> None:
        """A claimed job is done. Raises Conflict, or TypeError and ValueError for a result that is not JSON."""
        written = self._store.seals.sealed(encode_result(result))
        with self._claimed(job, Move.FINISH) as connection:
            connection.execute("UPDATE job SET progress = 1, result = ? WHERE id = ?", (written, job.id))

    def fail(self, job: Job, error: ErpError | JobError) -> None:
        """A claimed job cannot be done. Raises Conflict."""
        kept = JobError.of(error) if isinstance(error, ErpError) else error
        with self._claimed(job, Move.FAIL) as connection:
            connection.execute(
                "UPDATE job SET error = ? WHERE id = ?", (self._store.seals.sealed(stored_error(kept)), job.id)
            )

    def cancelled(self, job: Job) -> None:
        """A claimed job has stopped because it was asked to. Raises Conflict."""
        with self._claimed(job, Move.STOP):
            pass

    def release(self, job: Job) -> None:
        """Give a claimed job back to the queue: its worker ends before it could do it. Raises Conflict.

        One that the person has asked to cancel is cancelled.
        """
        with self._claimed(job, Move.RELEASE) as connection:
            if self._row(connection, job.id)["cancel_requested"]:
                connection.execute(
                    "UPDATE job SET status = 'cancelled', ended_at = ? WHERE id = ?", (self._now(), job.id)
                )
            else:
                connection.execute(f"UPDATE job SET {_BACK_TO_THE_QUEUE} WHERE id = ?", (job.id,))

    # --- for whoever looks after the book ---

    def lose_dead(self) -> list[int]:
        """Mark running jobs whose worker is gone as lost; returns their ids.

        Gone means: no such process on this host, or no sign of life for a minute.
        """
        with self._store.reading() as connection:
            rows = connection.execute("SELECT * FROM job WHERE status = 'running'").fetchall()
        dead = [row for row in rows if self._seems_dead(row)]
        if not dead:
            return []
        lost = []
        with self._store.writing() as connection:
            for row in dead:
                changed = connection.execute(
                    "UPDATE job SET status = 'lost', ended_at = ?, error = ?"
                    " WHERE id = ? AND status = 'running' AND attempt = ? AND heartbeat_at = ?",
                    (
                        self._now(),
                        self._store.seals.sealed(stored_error(_LOST)),
                        row["id"],
                        row["attempt"],
                        row["heartbeat_at"],
                    ),
                )
                lost += [row["id"]] * changed.rowcount
        return lost

    def prune(self, keep: int = KEPT_JOBS, days: int = KEPT_DAYS) -> int:
        """Forget ended jobs that ended more than `days` ago or are not among the latest `keep`; returns how many."""
        oldest = stored_time(self._clock.now() - dt.timedelta(days=days))
        with self._store.writing() as connection:
            deleted = connection.execute(
                "DELETE FROM job WHERE status NOT IN ('queued', 'running')"
                " AND (ended_at < ? OR id NOT IN (SELECT id FROM job ORDER BY id DESC LIMIT ?))",
                (oldest, keep),
            )
            return deleted.rowcount

    def kept_open(self) -> AbstractContextManager[None]:
        """Hold a connection while the block runs: polling then neither makes nor deletes SQLite's side files."""
        return self._store.kept_open()

    def _now(self) -> str:
        return stored_time(self._clock.now())

    def _insert(self, connection: sqlite3.Connection, job: tuple[str, str, str, str | None]) -> int:
        inserted = connection.execute(
            "INSERT INTO job (kind, arguments, actor, token, status, submitted_at) VALUES (?, ?, ?, ?, 'queued', ?)",
            (*job, self._now()),
        )
        assert inserted.lastrowid is not None
        return inserted.lastrowid

    @staticmethod
    def _row(connection: sqlite3.Connection, job_id: int) -> sqlite3.Row:
        row: sqlite3.Row | None = connection.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise NotFound(
                T("There is no job {job}.", job=job_id),
                hint=T("Old jobs are cleared away; look at the list of jobs."),
                code="job.not_found",
            )
        return row

    def _seems_dead(self, row: sqlite3.Row) -> bool:
        if row["status"] != Status.RUNNING:
            return False
        if row["host"] == host_name() and not is_alive(row["pid"]):
            return True
        return self._clock.now() - dt.datetime.fromisoformat(row["heartbeat_at"]) > SILENCE

    def _after_losing(self, job_id: int) -> Job:
        self.lose_dead()
        with self._store.reading() as connection:
            return job_of(self._row(connection, job_id), self._store.seals)

    def _beat(self, connection: sqlite3.Connection, job: Job) -> None:
        connection.execute("UPDATE job SET heartbeat_at = ?, ended_at = NULL WHERE id = ?", (self._now(), job.id))

    @contextmanager
    def _claimed(self, job: Job, move: Move) -> Iterator[sqlite3.Connection]:
        """Move a job of this attempt on, or refuse; what the block writes is stored with the move."""
        with self._store.writing() as connection:
            row = self._row(connection, job.id)
            target = after(move, Status(row["status"]))
            if row["attempt"] != job.attempt or target is None:
                raise Conflict(
                    T("Attempt {attempt} of job {job} is over.", attempt=job.attempt, job=job.id),
                    hint=T("Nothing needs to be done: the list of jobs shows how it stands now."),
                    code="job.attempt_over",
                )
            connection.execute(
                "UPDATE job SET status = ?, ended_at = ?, error = NULL WHERE id = ?", (target, self._now(), job.id)
            )
            yield connection


_BACK_TO_THE_QUEUE = (
    "status = 'queued', progress = 0, message = NULL, result = NULL, error = NULL, started_at = NULL, ended_at = NULL,"
    " cancel_requested = 0, host = NULL, pid = NULL, heartbeat_at = NULL"
)
_LOST = JobError(
    "job.lost",
    T("The work stopped before its end: the program that did it is gone."),
    T("Try it again; it starts from the beginning. If it stops again, look into logs/worker.log."),
)
