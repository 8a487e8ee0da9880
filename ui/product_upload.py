"""The workbook comes back: what it changes, cell by cell, before anything is stored; then the importer's own way in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

from erp_core.errors import ErpError
from erp_core.imports import work
from erp_core.imports.round_trip import Differences, differences
from erp_core.jobs.job import Status
from erp_core.security.permissions import Permission
from erp_core.text import T, format_number
from ui import acts
from ui.guard import Visit
from ui.import_panel import saved
from ui.job_panel import book_of, follow

_SHOWN = 500


def show(visit: Visit) -> None:
    """The whole panel; the running or finished import of the URL."""
    if not visit.actor.may(Permission.IMPORT_FILES):
        return
    running = st.query_params.get("upload", "")
    with st.expander(
        visit.say(T("Edit in Excel and upload")), icon=":material/upload_file:", expanded=running.isdigit()
    ):
        if running.isdigit():
            _follow(visit, int(running))
            return
        st.caption(
            visit.say(
                T(
                    "Download the table, change cells, upload it here. Empty cells change nothing; a new cost holds from "
                    "the day beside it; rows with a new SKU become products."
                )
            )
        )
        file = st.file_uploader(
            visit.say(T("Changed table")), type=["xlsx", "csv"], key=f"upload_{acts.token('product_upload')}"
        )
        if file is not None:
            _preview(visit, saved(visit, [file])[0])


def _preview(visit: Visit, path: Path) -> None:
    try:
        with st.spinner(visit.say(T("Comparing …"))):
            found = differences(visit.database, visit.actor.acting(visit.clock), path)
    except ErpError as error:
        acts.refused(visit, error)
        return
    _tell(visit, found)
    count = len(found.cells) + len(found.created)
    if not count:
        st.info(visit.say(T("The file changes nothing: every cell says what stands.")), icon=":material/check:")
        return
    label = T("Apply {count} changes", count=format_number(count, visit.language))
    if st.button(visit.say(label), type="primary", icon=":material/check:", key="upload_go"):
        request = work.ImportRequest((str(path),), language=visit.language)
        words = f"{hashlib.sha256(path.read_bytes()).hexdigest()}:{acts.token('product_upload')}"
        job = book_of(visit).submit(
            work.RUN, request.to_arguments(), actor=visit.actor.name, token=f"products:{words}"
        )  # fmt: skip
        acts.renew("product_upload")
        st.query_params["upload"] = str(job)
        st.rerun()


def _tell(visit: Visit, found: Differences) -> None:
    if found.issues:
        rejecting = sum(issue.severity == "rejects" for issue in found.issues)
        st.warning(
            visit.say(
                T("{count} remarks, {rejecting} of them keep rows out", count=len(found.issues), rejecting=rejecting)
            )
        )
        for issue in found.issues[:20]:
            told = issue.message
            if issue.row is not None:
                told = T("Row {row}: {message}", row=issue.row, message=issue.message)
            st.caption(visit.say(told))
    if found.created:
        names = ", ".join(found.created[:20]) + (" …" if len(found.created) > 20 else "")
        st.markdown(visit.say(T("New products: {names}", names=names)))
    if len(found.cells):
        cells = found.cells.head(_SHOWN)
        st.dataframe(
            cells.assign(field=[visit.plain(text) for text in cells["field"]]),
            hide_index=True,
            column_config={
                "sku": visit.say(T("SKU")),
                "field": visit.say(T("Column")),
                "before": visit.say(T("Now")),
                "after": visit.say(T("In the file")),
            },
        )


def _follow(visit: Visit, job_id: int) -> None:
    job = follow(visit, job_id, "upload")
    if job.status is Status.DONE and job.result is not None:
        for receipt in job.result["receipts"]:
            st.success(
                visit.say(T("Import {batch} is in: {rows} rows.", batch=receipt["batch_id"],
                            rows=format_number(receipt["rows_accepted"], visit.language))),
                icon=":material/check_circle:",
            )  # fmt: skip
    if job.status not in (Status.QUEUED, Status.RUNNING) and st.button(
        visit.say(T("Upload another table")), icon=":material/upload_file:", key="upload_more"
    ):
        st.query_params.pop("upload", None)
        st.rerun()
