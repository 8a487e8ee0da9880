"""The book of jobs and the duties as tables, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from erp_core.clock import Clock
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job, status_name
from erp_core.jobs.schedule import Duty
from erp_core.settings import Settings
from erp_core.text import Text, say

JOB_COLUMNS = ("id", "name", "status", "said", "actor", "submitted_at", "seconds", "progress")
DUTY_COLUMNS = ("name", "every", "last_at", "last_status", "next_at")


def job_rows(jobs: Sequence[Job], names: Mapping[str, Text], language: str) -> pd.DataFrame:
    """Jobs in their order: id, name, status (in words), said (where it is, or why it failed), actor,
    submitted_at (aware UTC), seconds (of the latest attempt; None before its end), progress (0 to 1)."""
    rows = []
    for job in jobs:
        said = job.error.message if job.error is not None else None if job.ended else job.message
        took = job.ended_at - job.started_at if job.started_at is not None and job.ended_at is not None else None
        rows.append(
            (
                job.id,
                say(names[job.kind], language) if job.kind in names else job.kind,
                say(status_name(job.status), language),
                None if said is None else say(said, language),
                job.actor,
                job.submitted_at,
                None if took is None else took.total_seconds(),
                job.progress,
            )
        )
    return pd.DataFrame(rows, columns=list(JOB_COLUMNS))


def duty_rows(
    duties: Sequence[Duty],
    book: JobBook,
    names: Mapping[str, Text],
    installation: tuple[Settings, Clock],
    language: str,
) -> pd.DataFrame:
    """What the worker sees to by itself: name, every (seconds between two looks), last_at (aware UTC) and last_status
    (in words) of its latest job (None where it never had one), next_at (aware UTC; None where it goes by no clock)."""
    rows = []
    for duty in duties:
        latest = next(iter(book.recent(1, duty.kind)), None)
        rows.append(
            (
                say(names[duty.kind], language) if duty.kind in names else duty.kind,
                duty.every,
                None if latest is None else latest.submitted_at,
                None if latest is None else say(status_name(latest.status), language),
                None if duty.next_time is None else duty.next_time(*installation),
            )
        )
    return pd.DataFrame(rows, columns=list(DUTY_COLUMNS))
