"""Saving what was typed into an editor of a choice, on top of what stood when the first change was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import Conflict
from erp_core.text import T, Text
from erp_core.vendors.working import Seen
from ui import acts, edits
from ui.erp_choice import Choice
from ui.guard import Visit


@dataclass(frozen=True)
class Saving:
    """An editor (`edits`), what its button says and what is said when it is stored."""

    editor: str
    label: Text
    done: Text = acts.SAVED


def since(choice: Choice, editor: str) -> Seen:
    """The choice as it stood when the first change was typed: what others changed after that is not overwritten unseen.
    To be called in every run that shows the editor."""
    name = f"since_{editor}"
    held = st.session_state.get(name) if edits.kept(editor) else None
    if not isinstance(held, Seen) or held.decision_id != choice.id:
        held = choice.at
    st.session_state[name] = held
    return held


def save(visit: Visit, choice: Choice, saving: Saving, act: Callable[[UnitOfWork, Seen], object]) -> None:
    """Store the changes and begin anew; where somebody else changed the same, say so: the next try goes on top of it."""
    seen = since(choice, saving.editor)

    def store() -> None:
        try:
            with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
                act(uow, seen)
                uow.commit()
        except Conflict:
            st.session_state.pop(f"since_{saving.editor}", None)
            raise
        edits.forget(saving.editor)

    acts.attempt(visit, store, saving.done)


def buttons(visit: Visit, choice: Choice, saving: Saving, act: Callable[[UnitOfWork, Seen], object]) -> None:
    """Save the changes, or let them go; both asleep while there is none."""
    changed = bool(edits.kept(saving.editor))
    since(choice, saving.editor)
    row = st.container(horizontal=True)
    if row.button(
        visit.say(saving.label if changed else T("Nothing changed")), type="primary", icon=":material/save:",
        key=f"save_{saving.editor}", disabled=not changed,
    ):  # fmt: skip
        save(visit, choice, saving, act)
    if row.button(
        visit.say(T("Let the changes go")), icon=":material/undo:", key=f"drop_{saving.editor}", disabled=not changed
    ):
        edits.forget(saving.editor)
        st.rerun(scope="fragment")
