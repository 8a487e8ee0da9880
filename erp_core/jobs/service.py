"""What a person may do with jobs that others asked for."""

from __future__ import annotations

from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job
from erp_core.security.actor import Actor
from erp_core.security.guard import require
from erp_core.security.permissions import Permission


def stop(book: JobBook, actor: Actor, job_id: int) -> Job:
    """Ask any job to stop, see `JobBook.request_cancel`. Raises NotPermitted, NotFound."""
    require(actor, Permission.EDIT_SETTINGS)
    return book.request_cancel(job_id)


def try_again(book: JobBook, actor: Actor, job_id: int) -> Job:
    """Put any job back into the queue, see `JobBook.retry`. Raises NotPermitted, NotFound, Conflict."""
    require(actor, Permission.EDIT_SETTINGS)
    return book.retry(job_id)
