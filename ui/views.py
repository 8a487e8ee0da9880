"""What is more than one screen inside a page: a segmented control whose choice stands in the URL, in no language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from erp_core.text import T, Text
from ui.guard import Visit

View = tuple[Text, Callable[[Visit], None]]


def show(visit: Visit, page: str, views: Mapping[str, View], parameter: str = "view") -> None:
    """The control, and the view that is chosen; `?view=` (or another parameter) opens one, whatever was chosen before."""
    names = list(views)
    key, seen = f"view_of_{page}", f"view_in_url_of_{page}"
    asked = st.query_params.get(parameter)
    if asked in names and asked != st.session_state.get(seen):
        st.session_state[key] = asked
    chosen = st.segmented_control(
        visit.say(T("View")),
        names,
        default=None if key in st.session_state else names[0],
        required=True,
        format_func=lambda name: visit.say(views[name][0]),
        key=key,
        label_visibility="collapsed",
    )
    name = chosen or names[0]
    st.session_state[seen] = name
    if st.query_params.get(parameter) != name:
        st.query_params[parameter] = name
    views[name][1](visit)
