"""Cells changed in a table, kept while filters show other rows, until they are saved or let go.

Streamlit's editor knows only the rows that it shows: other rows, and what was typed is gone. Here the changes are kept
by the row's key, in the session; the editor starts from what is stored with the changes laid over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

Changes = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Editing:
    """An editor: its `name` in the session, the columns that may be changed, how columns look."""

    name: str
    columns: Sequence[str]
    order: Sequence[str]
    look: Mapping[str, Any]
    height: int | str = "auto"


def kept(name: str) -> Changes:
    """What was changed and not saved yet: row's key → column → value."""
    held: Changes = st.session_state.setdefault(f"edits_{name}", {})
    return held


def forget(name: str) -> None:
    """The changes were saved, or let go: the editor starts anew from what is stored."""
    st.session_state.pop(f"edits_{name}", None)
    st.session_state.pop(f"edits_from_{name}", None)
    st.session_state[f"edits_round_{name}"] = st.session_state.get(f"edits_round_{name}", 0) + 1


def table(editing: Editing, stored: pd.DataFrame) -> Changes:
    """The editor over `stored` (its index: the rows' keys); returns all that differs from what is stored, other rows'
    changes included."""
    changes = kept(editing.name)
    shown = (tuple(stored.index), st.session_state.get(f"edits_round_{editing.name}", 0))
    held = st.session_state.get(f"edits_from_{editing.name}")
    if held is None or held[0] != shown or not held[1].equals(stored):
        held = (shown, stored, laid_over(stored, changes))
        st.session_state[f"edits_from_{editing.name}"] = held
        st.session_state[f"edits_turn_{editing.name}"] = st.session_state.get(f"edits_turn_{editing.name}", 0) + 1
    edited = st.data_editor(
        held[2],
        hide_index=True,
        height=editing.height,
        disabled=[column for column in stored.columns if column not in editing.columns],
        column_order=list(editing.order),
        column_config=dict(editing.look),
        placeholder="",
        key=f"{editing.name}_{st.session_state[f'edits_turn_{editing.name}']}",
    )
    return differing(editing, stored, edited, changes)


def laid_over(stored: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """What is stored, with the changes in it."""
    start = stored.copy()
    for key in changes.keys() & set(stored.index):
        for column, value in changes[key].items():
            start.loc[key, column] = value
    return start


def differing(editing: Editing, stored: pd.DataFrame, edited: pd.DataFrame, changes: Changes) -> Changes:
    """Bring `changes` up to what the editor shows; a cell that says again what is stored is no change."""
    for column in editing.columns:
        for key, before, after in zip(stored.index, stored[column], edited[column], strict=True):
            if same(before, after):
                changes.get(key, {}).pop(column, None)
            else:
                changes.setdefault(key, {})[column] = None if absent(after) else after
    for key in [key for key, cells in changes.items() if not cells]:
        del changes[key]
    return changes


def absent(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and pd.isna(value))


def same(before: Any, after: Any) -> bool:
    """Whether two cells say the same; nothing and an empty text do."""
    one, other = ("" if absent(value) else value for value in (before, after))
    return bool(one == other)
