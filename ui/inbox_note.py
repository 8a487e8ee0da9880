"""The watched folder: where it is, what lies in it, what was refused lately and why."""

from __future__ import annotations

import streamlit as st

from erp_core.errors import Unavailable
from erp_core.imports import inbox
from erp_core.text import T, format_datetime, format_number
from ui.guard import Visit

_SHOWN = 10


def show(visit: Visit) -> None:
    """A line that opens: closed as long as nothing was refused. The demo shop's folder is not watched."""
    if visit.demo is not None:
        return
    try:
        lying = inbox.lying_there(visit.settings, visit.clock)
    except Unavailable as error:
        st.warning(f"{visit.say(error.message)}\n\n{visit.say(error.hint or '')}", icon=":material/folder_off:")
        return
    refusals = inbox.latest_refusals(visit.settings, visit.clock, visit.language)
    title = T("Watched folder")
    if not refusals.empty:
        title = T("Watched folder · refused lately: {count}", count=format_number(len(refusals), visit.language))
    with st.expander(visit.say(title), icon=":material/folder_open:"):
        st.write(
            visit.say(
                T(
                    "Files that are put into this folder are imported by themselves and moved to “done”, each with its "
                    "receipt. A folder inside it is a shop: its files are imported for that shop."
                )
            )
        )
        st.code(str(visit.settings.inbox), language=None)
        if not lying.empty:
            names = lying["file"].head(_SHOWN).tolist()
            more = len(lying) - len(names)
            words = ", ".join(names) + (f" + {format_number(more, visit.language)}" if more else "")
            st.caption(visit.say(T("In it now: {files}", files=words)))
        if refusals.empty:
            st.caption(visit.say(T("Nothing was refused.")))
            return
        shown = refusals.assign(
            at=[format_datetime(at, visit.language, visit.company.time_zone) for at in refusals["at"]]
        )
        st.dataframe(
            shown,
            placeholder="–",
            hide_index=True,
            column_config={
                "at": visit.say(T("When")),
                "file": visit.say(T("File")),
                "message": visit.say(T("What is wrong")),
                "hint": visit.say(T("What to do")),
            },
        )
        st.caption(visit.say(T("Refused files lie in “refused” inside the folder, each with the reason beside it.")))
