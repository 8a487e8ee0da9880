"""Jobs in Settings: what the worker does, did and will do; stop one, try one again."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from erp_core.jobs import service
from erp_core.jobs.job import Job, Status
from erp_core.jobs.views import duty_rows, job_rows
from erp_core.security.permissions import Permission
from erp_core.text import T, format_datetime, format_number
from erp_core.work import NAMES, REGISTRY
from ui import acts
from ui.guard import Visit, same_as_before
from ui.job_panel import book_of

_SHOWN = 100
_POLL_SECONDS = 2.0
_WORKING = (Status.QUEUED, Status.RUNNING)


def show(visit: Visit) -> None:
    """The whole view; it keeps itself up to date while something waits or runs."""
    _duties(visit)
    working = any(job.status in _WORKING for job in book_of(visit).recent(_SHOWN))
    st.fragment(_jobs, run_every=_POLL_SECONDS if working else None)(visit)


def _moment(visit: Visit, at: dt.datetime | None) -> str | None:
    return None if pd.isna(at) else format_datetime(at, visit.language, visit.company.time_zone)


def _duties(visit: Visit) -> None:
    st.subheader(visit.say(T("What the worker sees to by itself")))
    rows = duty_rows(REGISTRY.duties, book_of(visit), NAMES, (visit.settings, visit.clock), visit.language)
    by_itself = [
        visit.plain(T("every {seconds} s, if there is something", seconds=format_number(s, visit.language)))
        for s in rows["every"]
    ]
    shown = rows.assign(
        last_at=[_moment(visit, at) for at in rows["last_at"]],
        next_at=[_moment(visit, at) or word for at, word in zip(rows["next_at"], by_itself, strict=True)],
    )
    st.dataframe(
        shown, placeholder="–", hide_index=True, column_order=["name", "last_at", "last_status", "next_at"],
        column_config={
            "name": visit.say(T("Work")),
            "last_at": visit.say(T("Last done")),
            "last_status": visit.say(T("State")),
            "next_at": visit.say(T("Next")),
        },
    )  # fmt: skip
    st.caption(visit.say(T("It does so without any page being open, as long as the app or “make worker” runs.")))


def _jobs(visit: Visit) -> None:
    same_as_before(visit)
    st.subheader(visit.say(T("Jobs")))
    jobs = book_of(visit).recent(_SHOWN)
    if not jobs:
        st.info(visit.say(T("No job yet: imports, checks and backups will be listed here.")), icon=":material/inbox:")
        return
    rows = job_rows(jobs, NAMES, visit.language)
    shown = rows.assign(
        submitted_at=[_moment(visit, at) for at in rows["submitted_at"]], progress=100 * rows["progress"]
    )
    event = st.dataframe(
        shown, placeholder="–", hide_index=True, on_select="rerun", selection_mode="single-row", key="jobs",
        column_config={
            "id": st.column_config.NumberColumn(visit.say(T("Number")), format="%d"),
            "name": visit.say(T("Work")),
            "status": visit.say(T("State")),
            "said": visit.say(T("Latest word")),
            "actor": visit.say(T("Asked by")),
            "submitted_at": visit.say(T("Asked at")),
            "seconds": st.column_config.NumberColumn(visit.say(T("Took (s)")), format="%.1f"),
            "progress": st.column_config.ProgressColumn(visit.say(T("Progress")), format="%.0f %%", min_value=0, max_value=100),
        },
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(jobs):
        _one(visit, jobs[picked[0]])
    else:
        st.caption(visit.say(T("Choose a job to see why it failed, to stop it or to try it again.")))


def _one(visit: Visit, job: Job) -> None:
    if job.error is not None:
        hint = f"\n\n{visit.say(job.error.hint)}" if job.error.hint else ""
        st.error(visit.say(job.error.message) + hint, icon=":material/error:")
    may = visit.actor.may(Permission.EDIT_SETTINGS)
    if job.can_be_cancelled and st.button(
        visit.say(T("Cancel")), icon=":material/close:", disabled=not may, key=f"cancel_{job.id}"
    ):
        acts.attempt(visit, lambda: service.stop(book_of(visit), visit.actor, job.id), T("Asked to stop."))
    if job.can_be_tried_again and st.button(
        visit.say(T("Try again")), icon=":material/refresh:", disabled=not may, key=f"retry_{job.id}"
    ):
        acts.attempt(
            visit, lambda: service.try_again(book_of(visit), visit.actor, job.id), T("It waits for the worker again.")
        )
