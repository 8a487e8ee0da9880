"""What a page says when there is nothing to show."""

from __future__ import annotations

import streamlit as st

from erp_core.text import T, Text
from ui.guard import Visit
from ui.pages_list import address


def no_data(visit: Visit, text: Text) -> None:
    """Nothing yet, and the button that brings it."""
    st.info(visit.say(text), icon=":material/inbox:")
    if st.button(visit.say(T("Import my files")), type="primary", icon=":material/upload_file:"):
        st.switch_page(address("data"), query_params={"view": "import"})


def nothing_matches(visit: Visit) -> None:
    """There are data, but none that fit the filters."""
    st.info(visit.say(T("Nothing matches these filters.")), icon=":material/filter_alt_off:")


def nothing_left(visit: Visit) -> None:
    """What was to be done is done: no row is left."""
    st.success(visit.say(T("Nothing is left to do here.")), icon=":material/check:")
