"""A piece of long work, its states, and the moves between them.

    queued → running → done
       ↑        ├────→ failed ────┐
       │        ├────→ cancelled ─┤   tried again: back to queued
       │        └────→ lost ──────┤
       └──────────────────────────┘

A running job goes back to queued by itself when its worker is asked to end (the app closes). `lost` means: its worker
gave no sign of life. If that worker was only asleep (a closed laptop), it goes on where it was.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from erp_core.errors import BadInput, ErpError
from erp_core.text import T, Text

ARGUMENTS_BYTES = 256 * 1024
RESULT_BYTES = 1024 * 1024


class Status(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


class Move(StrEnum):
    """What can happen to a job."""

    CLAIM = "claim"
    REPORT = "report"
    FINISH = "finish"
    FAIL = "fail"
    STOP = "stop"
    RELEASE = "release"
    LOSE = "lose"
    CANCEL_WAITING = "cancel_waiting"
    RETRY = "retry"


_WORKED_ON = frozenset({Status.RUNNING, Status.LOST})
_MOVES: Mapping[Move, tuple[frozenset[Status], Status]] = {
    Move.CLAIM: (frozenset({Status.QUEUED}), Status.RUNNING),
    Move.REPORT: (_WORKED_ON, Status.RUNNING),
    Move.FINISH: (_WORKED_ON, Status.DONE),
    Move.FAIL: (_WORKED_ON, Status.FAILED),
    Move.STOP: (_WORKED_ON, Status.CANCELLED),
    Move.RELEASE: (_WORKED_ON, Status.QUEUED),
    Move.LOSE: (frozenset({Status.RUNNING}), Status.LOST),
    Move.CANCEL_WAITING: (frozenset({Status.QUEUED}), Status.CANCELLED),
    Move.RETRY: (frozenset({Status.FAILED, Status.CANCELLED, Status.LOST}), Status.QUEUED),
}
ENDED = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED, Status.LOST})


def after(move: Move, status: Status) -> Status | None:
    """Where `move` takes a job that stands at `status`; None where it is forbidden."""
    allowed, target = _MOVES[move]
    return target if status in allowed else None


def status_name(status: Status) -> Text:
    """The state in words, for a table or a badge."""
    return {
        Status.QUEUED: T("Waiting"),
        Status.RUNNING: T("Running"),
        Status.DONE: T("Done"),
        Status.FAILED: T("Failed"),
        Status.CANCELLED: T("Cancelled"),
        Status.LOST: T("Interrupted"),
    }[status]


@dataclass(frozen=True)
class JobError:
    """Why a job failed: a stable code, what happened, what to do next."""

    code: str
    message: Text
    hint: Text | None = None

    @classmethod
    def of(cls, error: ErpError) -> JobError:
        """The texts of an error that was raised."""
        return cls(error.code, error.message, error.hint)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form; `from_json` reads it back."""
        hint = self.hint.to_json() if self.hint else None
        return {"code": self.code, "message": self.message.to_json(), "hint": hint}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> JobError:
        """The error that `to_json` wrote."""
        hint = document["hint"]
        return cls(document["code"], Text.from_json(document["message"]), Text.from_json(hint) if hint else None)


@dataclass(frozen=True)
class Job:
    """One job as its book has it.

    `progress` is a share, 0 to 1. Times are aware, in UTC; `started_at` and `ended_at` belong to the latest attempt.
    `attempt` counts how often it was begun. `actor` is the name of who asked for it.
    """

    id: int
    kind: str
    arguments: Mapping[str, Any]
    actor: str
    status: Status
    progress: float
    message: Text | None
    result: Mapping[str, Any] | None
    error: JobError | None
    submitted_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    attempt: int
    cancel_requested: bool

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen unless somebody tries again."""
        return self.status in ENDED

    @property
    def can_be_cancelled(self) -> bool:
        """Whether asking to cancel would change anything."""
        return not self.ended and not self.cancel_requested

    @property
    def can_be_tried_again(self) -> bool:
        """Whether `JobBook.retry` would accept it."""
        return after(Move.RETRY, self.status) is not None


def encode_arguments(arguments: Mapping[str, Any]) -> str:
    """The arguments as JSON. Raises BadInput where they are too large to keep, TypeError where they are not JSON."""
    written = json.dumps(dict(arguments), ensure_ascii=False)
    if (size := len(written.encode())) > ARGUMENTS_BYTES:
        raise BadInput(
            T("This is too much to hand to a job: {size} bytes, at most {limit}.", size=size, limit=ARGUMENTS_BYTES),
            hint=T("Put large content into a file and hand over its name."),
            code="job.arguments_too_large",
        )
    return written


def encode_result(result: Mapping[str, Any]) -> str:
    """The result as JSON; one beyond the limit is replaced by `{"too_large": true, "bytes": size}`.

    The work is done and stands by then, so a large result is no failure. Texts, dates and exact decimals are written
    in their JSON form. Raises TypeError or ValueError for what JSON cannot hold.
    """
    written = json.dumps(dict(result), ensure_ascii=False, allow_nan=False, default=_json_form)
    size = len(written.encode())
    return written if size <= RESULT_BYTES else json.dumps({"too_large": True, "bytes": size})


def _json_form(value: object) -> Any:
    return value.to_json() if isinstance(value, Text) else str(value)
