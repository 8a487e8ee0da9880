"""What the worker sees to again and again: a folder that is watched, a nightly backup, a morning digest.

A duty is a kind of job, how often to look, and the question whether there is anything to do. The worker asks it between
two jobs; only where the answer is yes does a job go into the book, and none while one of the same kind waits or runs.
So an idle shop leaves no trace in the list of jobs. This room imports none of the duties; the entry point brings them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from erp_core.clock import Clock
from erp_core.settings import Settings

Arguments = Mapping[str, Any]
Wanted = Callable[[Settings, Clock], Arguments | None]


class Submits(Protocol):
    """What a schedule needs of the book of jobs."""

    def submit_unless_under_way(self, kind: str, arguments: Arguments, *, actor: str) -> int | None:
        """See `JobBook`."""
        ...


@dataclass(frozen=True)
class Duty:
    """One thing to see to. `kind`: of the job, which the registry knows; `every`: seconds between two looks; `actor`:
    the name that the job carries. `watch` is called once a worker and gives the question, whose answer is the job's
    arguments, or None where there is nothing to do now. The question is asked often, so it must be quick, and it may
    remember what it asked for last. `next_time` tells people when it is due by the clock (None: never); a duty without
    it is due whenever its question finds something."""

    kind: str
    every: float
    actor: str
    watch: Callable[[], Wanted]
    next_time: Callable[[Settings, Clock], dt.datetime | None] | None = None


@dataclass
class Schedule:
    """The duties of one worker and when it looked after each."""

    duties: Sequence[Duty]
    _looked: dict[str, dt.datetime] = field(default_factory=dict)
    _wanted: dict[str, Wanted] = field(default_factory=dict)

    def tend(self, book: Submits, settings: Settings, clock: Clock) -> list[int]:
        """Ask every duty whose time has come, and put its job into the book; returns the jobs' ids.

        A duty never asked before is due at once; so is one whose last look lies in the future, which happens when a
        machine's clock is set back. What a question or the book raises passes through, and the duty is due again after
        `every` seconds; the others are asked at the next call.
        """
        now = clock.now()
        submitted = []
        for duty in self.duties:
            last = self._looked.get(duty.kind)
            if last is not None and dt.timedelta(0) <= now - last < dt.timedelta(seconds=duty.every):
                continue
            self._looked[duty.kind] = now
            if duty.kind not in self._wanted:
                self._wanted[duty.kind] = duty.watch()
            arguments = self._wanted[duty.kind](settings, clock)
            if arguments is None:
                continue
            job_id = book.submit_unless_under_way(duty.kind, arguments, actor=duty.actor)
            if job_id is not None:
                submitted.append(job_id)
        return submitted
