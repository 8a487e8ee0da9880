"""The rows behind one decision, with the download of just these."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from erp_core.overview.findings import ROWS, Scene
from erp_core.text import T, Text, format_datetime
from ui import reads, states
from ui.guard import Visit
from ui.tables import Column, configuration, downloads

PARAMETER = "rows"
MEDIA: dict[str, Text] = {
    "phone": T("phone"),
    "mail": T("mail"),
    "chat": T("chat"),
    "social": T("social media"),
    "visit": T("visit"),
    "other": T("other"),
}


def asked() -> str | None:
    """Whose rows the address asks for."""
    name = st.query_params.get(PARAMETER)
    return name if name in ROWS else None


@st.cache_resource(max_entries=8, show_spinner=False)
def _rows(_visit: Visit, key: str, name: str, as_of: dt.date) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        scene = Scene(connection, _visit.company, as_of)
        mean = pd.Series(dtype=float)
        if name == "dearer":
            mean = reads.position(_visit).set_index("product_id")["mean_per_day"]
        return ROWS[name].read(scene, mean)


def show(visit: Visit, name: str) -> None:
    """The table; a button leads back to the list."""
    behind = ROWS[name]
    st.subheader(visit.say(behind.title))
    if st.button(visit.say(T("Back to the decisions")), icon=":material/arrow_back:", key="back_to_decisions"):
        st.query_params.pop(PARAMETER, None)
        st.rerun()
    at = reads.moment(visit)
    with st.spinner(visit.say(T("Adding up …"))):
        rows = _rows(visit, at.key, name, at.as_of)
    if rows.empty:
        states.nothing_left(visit)
        return
    if name == "answer":
        zone = visit.company.time_zone
        rows = rows.assign(
            at=[format_datetime(at, visit.language, zone) for at in rows["at"]],
            medium=[visit.plain(MEDIA[word]) for word in rows["medium"]],
        )
    columns = {key: Column(title, kind) for key, (title, kind) in behind.columns.items()}
    st.dataframe(
        rows, placeholder="–", hide_index=True, column_order=list(columns), key=f"rows_{name}", height="content" if len(rows) < 20 else 700,
        column_config=configuration(visit, columns),
    )  # fmt: skip
    downloads(visit, rows, columns, behind.title, {})
