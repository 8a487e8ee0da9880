"""What comes back as a file: the upload, and what could not be read in it, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from erp_core.text import T, Text
from erp_core.vendors.returned import Issue
from ui import acts
from ui.guard import Visit

_SHOWN = 200


def upload(visit: Visit, label: Text, form: str) -> UploadedFile | None:
    """The place to drop a workbook or a CSV file; empty again once `acts.renew(form)` was called."""
    return st.file_uploader(visit.say(label), type=["xlsx", "csv"], key=f"{form}_{acts.token(form)}")


def issues(visit: Visit, found: Sequence[Issue]) -> None:
    """What was wrong, where, and what to do about it; nothing where all could be read."""
    if not found:
        return
    lost = sum(not issue.taken for issue in found)
    told = T("{count} remarks on the file, {lost} rows were not taken", count=len(found), lost=lost)
    st.warning(visit.say(told), icon=":material/warning:")
    rows = pd.DataFrame(
        [
            (issue.row, issue.column or "", visit.plain(issue.message), visit.plain(issue.hint), issue.taken)
            for issue in found[:_SHOWN]
        ],
        columns=["row", "column", "message", "hint", "taken"],
    ).astype({"row": "Int64"})
    st.dataframe(
        rows, hide_index=True, placeholder="",
        column_config={
            "row": st.column_config.NumberColumn(visit.plain(T("Row")), width="small"),
            "column": visit.plain(T("Column")),
            "message": st.column_config.TextColumn(visit.plain(T("What is wrong")), width="large"),
            "hint": st.column_config.TextColumn(visit.plain(T("What to do")), width="large"),
            "taken": st.column_config.CheckboxColumn(
                visit.plain(T("Taken")), help=visit.plain(T("Whether the rest of the row is taken all the same"))
            ),
        },
    )  # fmt: skip
