"""A job while it runs: how far, at what, a button to cancel; then its result. Survives a refresh by its number."""

from __future__ import annotations

import streamlit as st

from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job, Status
from erp_core.text import T
from ui.guard import Visit, same_as_before

POLL_SECONDS = 0.7
_WORKING = (Status.QUEUED, Status.RUNNING)


def book_of(visit: Visit) -> JobBook:
    """The book of long work of this installation."""
    return JobBook(visit.settings.jobs_path, visit.clock)


def follow(visit: Visit, job_id: int, key: str, book: JobBook | None = None) -> Job:
    """Show the job and return it as it stands; the page reruns by itself when it ends. `book`: otherwise the shop's.

    Failed, cancelled and lost jobs are shown with what happened and a button to try again.
    """
    book = book or book_of(visit)
    job = book.get(job_id)
    if job.status in _WORKING:
        _progress(visit, job_id, key, book)
    elif job.status is not Status.DONE:
        _stopped(visit, job, key, book)
    return job


@st.fragment(run_every=POLL_SECONDS)
def _progress(visit: Visit, job_id: int, key: str, book: JobBook) -> None:
    same_as_before(visit)
    job = book.get(job_id)
    if job.status not in _WORKING:
        st.rerun()
    message = job.message or T("Waiting for the worker …")
    st.progress(job.progress, text=visit.say(message))
    if st.button(visit.say(T("Cancel")), key=f"{key}_cancel", icon=":material/close:"):
        book.request_cancel(job_id)


def _stopped(visit: Visit, job: Job, key: str, book: JobBook) -> None:
    if job.status is Status.CANCELLED:
        st.info(visit.say(T("Cancelled. Nothing was stored.")), icon=":material/block:")
    elif job.status is Status.LOST:
        st.warning(visit.say(T("The worker stopped in the middle of this. Nothing was stored. Try again.")))
    elif job.error is not None:
        hint = f"\n\n{visit.say(job.error.hint)}" if job.error.hint else ""
        st.error(visit.say(job.error.message) + hint, icon=":material/error:")
    if st.button(visit.say(T("Try again")), key=f"{key}_retry", icon=":material/refresh:"):
        book.retry(job.id)
        st.rerun()
