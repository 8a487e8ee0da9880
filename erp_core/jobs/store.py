"""The SQLite file of the job book: connections, schema, rows to values.

It is apart from the company's database, since SQLite has one writer and an import holds that for its whole length.
A connection is opened for each act (0.1 ms, measured), so threads and forks share none.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from erp_core.errors import Unavailable
from erp_core.jobs.job import Job, JobError, Status
from erp_core.jobs.process import FileLock
from erp_core.security.keyring import FILE
from erp_core.security.vault import vault_in
from erp_core.text import T, Text

BUSY_SECONDS = 30

# One entry a version of the file; a file of an older version gets the steps that it lacks.
_STEPS = (
    """
    CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        arguments TEXT NOT NULL,
        actor TEXT NOT NULL,
        token TEXT,
        status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'lost')),
        progress REAL NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
        message TEXT,
        result TEXT,
        error TEXT,
        submitted_at TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        attempt INTEGER NOT NULL DEFAULT 0,
        cancel_requested INTEGER NOT NULL DEFAULT 0,
        host TEXT,
        pid INTEGER,
        heartbeat_at TEXT,
        UNIQUE (kind, token)
    );
    CREATE INDEX job_status ON job (status, id);
    """,
    "",  # results and errors are sealed, see `_seal_what_stands`
)
_SEALED_SINCE = 2
_JSON = "json"


class Store:
    """Connections to one file of jobs, made on first use unless it `must_exist`."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        self.path = path
        self.seals = Seals(path.with_name("keys"))
        self._must_exist = must_exist

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one consistent state for each statement."""
        with self._errors_as_ours():
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Hold a connection while the block runs: others then neither make nor delete SQLite's side files."""
        with self._errors_as_ours():
            connection = self._connect()
        try:
            yield
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection that holds the write lock; committed at the end, rolled back by an exception."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def _connect(self) -> sqlite3.Connection:
        if not self._must_exist:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        address = f"{self.path.absolute().as_uri()}?mode={'rw' if self._must_exist else 'rwc'}"
        connection = sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous=NORMAL")
            if _version(connection) != len(_STEPS):
                self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # SQLite does not wait when two connections switch a new file to WAL at once; the lock makes them take turns.
        with FileLock(self.path.with_name(self.path.name + ".lock")):
            found = _version(connection)
            if found > len(_STEPS):
                raise Unavailable(
                    T("The list of jobs ({name}) was written by a newer version of the program.", name=self.path.name),
                    hint=T("Start the newest version."),
                    code="jobs.newer_version",
                )
            connection.execute("PRAGMA journal_mode=WAL")
            for version, step in enumerate(_STEPS[found:], start=found + 1):
                connection.executescript(f"BEGIN IMMEDIATE; {step}")
                if version == _SEALED_SINCE:
                    _seal_what_stands(connection, self.seals)
                connection.execute(f"PRAGMA user_version={version}")
                connection.execute("COMMIT")
            if 0 < found < _SEALED_SINCE:
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _errors_as_ours(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                T("The list of jobs ({name}) cannot be used: {reason}", name=self.path.name, reason=str(error)),
                hint=T(
                    "Check that the folder of the program’s data may be written and that the disk is not full."
                    " If the file is damaged, move it away: only the list of past jobs goes with it."
                ),
                code="jobs.unavailable",
            ) from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def stored_time(moment: dt.datetime) -> str:
    """UTC with a fixed count of digits, so that the order of texts is the order of times."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def stored_text(text: Text | None) -> str | None:
    """A sentence as JSON."""
    return None if text is None else json.dumps(text.to_json(), ensure_ascii=False)


def stored_error(error: JobError) -> str:
    """An error as JSON."""
    return json.dumps(error.to_json(), ensure_ascii=False)


class Seals:
    """How results and errors stand in the file: sealed, for they quote what files say of persons. `keys`: the folder of
    this home's keys."""

    def __init__(self, keys: Path) -> None:
        self._keys = keys

    def sealed(self, written: str) -> str | None:
        """JSON as it is stored."""
        return vault_in(self._keys).seal({_JSON: written})

    def opened(self, stored: str | None) -> Any:
        """What the JSON says; None too where its key is gone: of an ended job only what it told is lost."""
        if stored is None or not (self._keys / FILE).exists():  # a folder that was deleted must not come back
            return None
        try:
            return json.loads(vault_in(self._keys).open(stored)[_JSON])
        except Unavailable:
            return None


def _seal_what_stands(connection: sqlite3.Connection, seals: Seals) -> None:
    """Results and errors of an older version; what stood there is overwritten."""
    connection.execute("PRAGMA secure_delete=ON")
    for name in ("result", "error"):
        rows = connection.execute(f"SELECT id, {name} FROM job WHERE {name} IS NOT NULL").fetchall()
        for number, written in rows:
            connection.execute(f"UPDATE job SET {name} = ? WHERE id = ?", (seals.sealed(written), number))


def job_of(row: sqlite3.Row, seals: Seals) -> Job:
    """The value that a row stands for."""
    error = seals.opened(row["error"])
    return Job(
        id=row["id"],
        kind=row["kind"],
        arguments=json.loads(row["arguments"]),
        actor=row["actor"],
        status=Status(row["status"]),
        progress=row["progress"],
        message=Text.from_json(json.loads(row["message"])) if row["message"] else None,
        result=seals.opened(row["result"]),
        error=JobError.from_json(error) if error else None,
        submitted_at=dt.datetime.fromisoformat(row["submitted_at"]),
        started_at=_time(row["started_at"]),
        ended_at=_time(row["ended_at"]),
        attempt=row["attempt"],
        cancel_requested=bool(row["cancel_requested"]),
    )


def _time(written: str | None) -> dt.datetime | None:
    return None if written is None else dt.datetime.fromisoformat(written)
