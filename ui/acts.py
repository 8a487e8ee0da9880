"""Doing things from a page: in a transaction of their own, refusals said in words where they happen, success after the
rerun; and the token that tells a form sent twice from two forms."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import streamlit as st

from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import ErpError, NotPermitted
from erp_core.text import T, Text
from ui.guard import Visit, note_refusal

SAVED = T("Saved.")
_DONE = "act_done"


def refused(visit: Visit, error: ErpError) -> None:
    """What was refused and what to do instead."""
    if isinstance(error, NotPermitted):
        note_refusal(visit, "act", error)
    hint = f"\n\n{visit.say(error.hint)}" if error.hint else ""
    st.error(visit.say(error.message) + hint, icon=":material/error:")


def perform(visit: Visit, act: Callable[[UnitOfWork], Any], done: Text = SAVED) -> None:
    """Do an act and rerun the page; what it refuses is said here, and nothing is stored."""

    def in_transaction() -> None:
        with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
            act(uow)
            uow.commit()

    attempt(visit, in_transaction, done)


def attempt(visit: Visit, act: Callable[[], Any], done: Text) -> None:
    """The same for an act that sees to its own transaction. `act` may return a Text to say in place of `done`."""
    try:
        told = act()
    except ErpError as error:
        refused(visit, error)
        return
    st.session_state[_DONE] = told if isinstance(told, Text) else done
    st.rerun()


def say_what_was_done(visit: Visit) -> None:
    """The word of the last act, once; call it where the page starts."""
    done = st.session_state.pop(_DONE, None)
    if done is not None:
        st.toast(visit.say(done), icon=":material/check:")


def token(form: str) -> str:
    """What this filling of a form carries; the same until `renew`."""
    held: str = st.session_state.setdefault(f"token_of_{form}", uuid.uuid4().hex)
    return held


def renew(form: str) -> None:
    """The form was stored: the next filling is another one, with empty fields."""
    st.session_state[f"token_of_{form}"] = uuid.uuid4().hex
