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
    """Store the changes and begin anew. Where somebody else changed the same in the meantime, the page runs again with
    what stands now, the changes on top of it, and says so (`overtaken`): the next try goes through."""
    seen = since(choice, saving.editor)

    def store() -> None:
        try:
            with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
                act(uow, seen)
                uow.commit()
        except Conflict as error:
            st.session_state.pop(f"since_{saving.editor}", None)
            st.session_state[f"overtaken_{saving.editor}"] = error
            st.rerun()
        edits.forget(saving.editor)

    acts.attempt(visit, store, saving.done)


def overtaken(visit: Visit, editor: str) -> None:
    """Say once that somebody else changed what was to be saved."""
    error = st.session_state.pop(f"overtaken_{editor}", None)
    if isinstance(error, Conflict):
        acts.refused(visit, error)
        st.caption(visit.say(T("The table shows your changes on top of what stands now. Save once more to keep them.")))


def buttons(visit: Visit, choice: Choice, saving: Saving, act: Callable[[UnitOfWork, Seen], object]) -> None:
    """Save the changes, or let them go; both asleep while there is none."""
    changed = bool(edits.kept(saving.editor))
    since(choice, saving.editor)
    overtaken(visit, saving.editor)
    row = st.container(horizontal=True)
    if row.button(
        visit.say(saving.label if changed else T("Nothing changed")), type="primary", icon=":material/save:",
        key=f"save_{saving.editor}", disabled=not changed,
    ):  # fmt: skip
        save(visit, choice, saving, act)
    row.button(
        visit.say(T("Let the changes go")), icon=":material/undo:", key=f"drop_{saving.editor}", disabled=not changed,
        on_click=edits.forget, args=(saving.editor,),
    )  # fmt: skip
