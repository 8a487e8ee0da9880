"""What came in: every import with its counts, its remarks, its rejected rows, and the way to take it back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from erp_core.files.export import export_rows
from erp_core.imports import views, work
from erp_core.jobs.job import Status
from erp_core.security.permissions import Permission
from erp_core.text import T, format_datetime, format_number
from ui import inbox_note
from ui.guard import Visit
from ui.job_panel import book_of, follow


def show(visit: Visit) -> None:
    """The watched folder, the list of imports and the one that is chosen."""
    inbox_note.show(visit)
    with visit.database.reading() as connection:
        batches = views.batches(connection)
    if batches.empty:
        st.info(visit.say(T("Nothing has been imported yet.")), icon=":material/inbox:")
        return
    _undoing(visit)
    chosen = _list(visit, batches)
    if chosen is not None:
        _one(visit, batches.set_index("batch_id").loc[chosen].to_dict(), chosen)


def _list(visit: Visit, batches: pd.DataFrame) -> int | None:
    states = {"done": visit.say(T("in")), "undone": visit.say(T("taken back"))}
    shown = pd.DataFrame(
        {
            "batch_id": batches["batch_id"],
            "at": [format_datetime(at, visit.language, visit.company.time_zone) for at in batches["at"]],
            "files": batches["files"],
            "format": batches["format"],
            "status": batches["status"].map(states),
            "rows_read": batches["rows_read"],
            "rows_accepted": batches["rows_accepted"],
            "rows_rejected": batches["rows_rejected"],
            "orders": batches["orders"],
            "money": [" ".join(f"{c} {a}" for c, a in amounts.items()) for amounts in batches["amount_accepted"]],
        }
    )
    number = st.column_config.NumberColumn
    event = st.dataframe(
        shown,
        placeholder="–",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="receipts_table",
        column_config={
            "batch_id": number(visit.say(T("Import")), format="%d", width="small"),
            "at": visit.say(T("When")),
            "files": visit.say(T("Files")),
            "format": visit.say(T("Format")),
            "status": visit.say(T("State")),
            "rows_read": number(visit.say(T("Rows read")), format="localized"),
            "rows_accepted": number(visit.say(T("New or changed")), format="localized"),
            "rows_rejected": number(visit.say(T("Rejected")), format="localized"),
            "orders": number(visit.say(T("Orders")), format="localized"),
            "money": visit.say(T("Money taken in")),
        },
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(batches):
        return int(batches["batch_id"].iloc[picked[0]])
    st.caption(visit.say(T("Choose an import to see its remarks, its rejected rows, or to take it back.")))
    return None


def _one(visit: Visit, batch: dict[str, Any], batch_id: int) -> None:
    with st.container(border=True):
        st.subheader(visit.say(T("Import {batch}: {files}", batch=batch_id, files=batch["files"])))
        with visit.database.reading() as connection:
            see = visit.actor.may(Permission.SEE_PERSONAL_DATA)
            issues = views.issues_of(connection, batch_id, visit.language, 1_000, see_personal_data=see)
            rejected = views.rejected_rows(connection, batch_id, visit.language, see_personal_data=see)
        if issues.empty:
            st.caption(visit.say(T("No remarks: every row went in or stood already.")))
        else:
            st.dataframe(
                issues[["row", "column", "message"]],
                placeholder="–",
                hide_index=True,
                column_config={
                    "row": st.column_config.NumberColumn(visit.say(T("Row")), format="%d"),
                    "column": visit.say(T("Column")),
                    "message": visit.say(T("What is wrong, and what to do")),
                },
            )
        for name, frame in rejected if visit.actor.may(Permission.EXPORT) else ():
            count = format_number(len(frame), visit.language)
            st.download_button(
                visit.say(T("Rejected rows of {file} ({count})", file=name, count=count)),
                data=export_rows(list(frame.columns), frame.to_numpy().tolist()),
                file_name=f"rejected_{batch_id}_{name.rsplit('.', 1)[0]}.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                key=f"rejected_{batch_id}_{name}",
            )
        if batch["status"] == "done" and visit.actor.may(Permission.UNDO_IMPORTS):
            _undo(visit, batch_id)


def _undo(visit: Visit, batch_id: int) -> None:
    with st.popover(visit.say(T("Take this import back")), icon=":material/undo:"):
        st.write(
            visit.say(
                T(
                    "Its orders are withdrawn and its stock movements reversed; what it changed stands as before. "
                    "The file can be imported again at any time."
                )
            )
        )
        if st.button(visit.say(T("Take back import {batch}", batch=batch_id)), type="primary", key=f"undo_{batch_id}"):
            job = book_of(visit).submit(
                work.UNDO,
                {"batch_id": batch_id},
                actor=visit.actor.name,
                token=f"undo:{batch_id}:{len(book_of(visit).recent(200, work.UNDO))}",
            )
            st.query_params["undo"] = str(job)
            st.rerun()


def _undoing(visit: Visit) -> None:
    word = st.query_params.get("undo", "")
    if not word.isdigit():
        return
    job = follow(visit, int(word), "undo")
    if job.status is Status.DONE:
        st.success(visit.say(T("Import {batch} is undone.", batch=job.arguments["batch_id"])), icon=":material/undo:")
