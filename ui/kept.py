"""What a visitor chose on a page: kept in the URL, in no language, and across pages.

The truth lies in the session; the URL shows it, and a URL that says something new (a link, a kept view, the browser's
way back) is taken over. Widgets are filled from here before they are drawn and report back by their callbacks, so that a
click on a chart or a row can change a filter that stands above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

_KEPT, _SEEN = "kept_", "seen_"


def words(name: str, page: str = "") -> list[str]:
    """What is kept under a URL parameter; `page`: whose parameter it is, "" = the same on all pages."""
    asked = st.query_params.get_all(name)
    if asked and asked != st.session_state.get(f"{_SEEN}{page}.{name}"):
        keep(name, asked, page)
    return list(st.session_state.get(f"{_KEPT}{page}.{name}", []))


def word(name: str, page: str = "", default: str = "") -> str:
    """The same where there is at most one."""
    return next(iter(words(name, page)), default)


def keep(name: str, chosen: Iterable[str], page: str = "") -> None:
    """Remember a choice; the next run of the page shows it. Nothing: the default."""
    st.session_state[f"{_KEPT}{page}.{name}"] = [entry for entry in chosen if entry is not None]


def publish(name: str, chosen: Sequence[str], page: str = "") -> None:
    """Put what holds into the URL; nothing where it is the default."""
    keep(name, chosen, page)
    if chosen:
        st.query_params[name] = list(chosen)
    else:
        st.query_params.pop(name, None)
    st.session_state[f"{_SEEN}{page}.{name}"] = list(chosen)


def leave_out(*names: str) -> None:
    """Take parameters that do not matter now out of the URL; what was chosen stays remembered."""
    for name in names:
        st.query_params.pop(name, None)


def forget() -> None:
    """All choices of all pages: for opening a view that brings its own."""
    for key in [key for key in st.session_state if str(key).startswith((_KEPT, _SEEN))]:
        del st.session_state[key]


def filled(name: str, value: object) -> str:
    """Put `value` into the widget that is drawn next; returns its key."""
    key = f"filter_{name}"
    st.session_state[key] = value
    return key


def chosen_in(name: str, page: str = "") -> None:
    """Callback of a widget that was `filled` under `name`: its choice is kept."""
    value = st.session_state[f"filter_{name}"]
    many = value if isinstance(value, list | tuple) else [value]
    keep(name, [str(entry) for entry in many if entry is not None and entry != ""], page)
