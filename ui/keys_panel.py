"""Keys in Settings: which keys personal data are sealed with, where they lie, and changing the current one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.jobs.job import Status
from erp_core.safety import keys_work
from erp_core.safety.keys import KeyState, keys, under_way
from erp_core.security.keyring import FILE, read_keyring
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_ago, format_date
from ui import acts
from ui.guard import Visit
from ui.job_panel import book_of, follow
from ui.tables import Column, configuration

ASKED = T("The worker changes the key; you can go on meanwhile.")
UNDER_WAY = T("The key is being changed already.")
COLUMNS = {
    "id": Column(T("Key")),
    "made": Column(T("Made on")),
    "state": Column(T("State")),
    "documents": Column(T("Documents sealed with it"), "count"),
}


def show(visit: Visit) -> None:
    """The whole view."""
    held = read_keyring(visit.database.keys)
    with visit.database.reading() as connection:
        states = keys(connection, held)
    st.subheader(visit.say(T("Keys of personal data")))
    st.markdown(
        visit.say(
            T(
                "Names, phone numbers, mail addresses, addresses and remarks are encrypted in the database. The keys lie in "
                "the file {file} beside it. Keep a copy of that file, apart from your backups: without it nobody can read "
                "these data again, and whoever has both can.",
                file=str(visit.database.keys / FILE),
            )
        )
    )
    current = next((state for state in states if state.in_use), None)
    if current is None:
        st.info(visit.say(T("No key yet: one is made when the first personal data come in.")), icon=":material/key:")
        return
    _headline(visit, current, states)
    rows = [
        {
            "id": state.id,
            "made": format_date(state.made_at.date(), visit.language),
            "state": visit.plain(_state(state)),
            "documents": state.documents,
        }
        for state in states
    ]
    st.dataframe(
        pd.DataFrame(rows),
        column_config=configuration(visit, COLUMNS),
        hide_index=True,
        height="content",
        key="keys_list",
    )
    if visit.actor.may(Permission.MANAGE_KEYS):
        _change(visit, begun=under_way(held))
    else:
        permission = str(Permission.MANAGE_KEYS)
        st.caption(visit.say(T("Changing the key needs the permission “{permission}”.", permission=permission)))


def _headline(visit: Visit, current: KeyState, states: list[KeyState]) -> None:
    one, two, three = st.columns(3)
    age = format_ago(visit.clock.now() - current.made_at, visit.language)
    one.metric(visit.say(T("Current key made")), age, border=True)
    two.metric(visit.say(T("Documents sealed with it")), f"{current.documents:,}", border=True)
    waiting = sum(state.documents for state in states if not state.in_use)
    three.metric(visit.say(T("Documents under an older key")), f"{waiting:,}", border=True)


def _state(state: KeyState) -> Text:
    if state.in_use:
        return T("in use")
    if state.retired_at is not None:
        return T("retired: opens nothing any more")
    return T("being replaced") if state.held else T("missing: what it sealed cannot be read")


def _change(visit: Visit, *, begun: bool) -> None:
    book = book_of(visit)
    latest = next(iter(book.recent(1, keys_work.CHANGE)), None)
    if latest is not None and latest.status is not Status.DONE:
        follow(visit, latest.id, "keys_change")
        if latest.status in (Status.QUEUED, Status.RUNNING):
            return
    st.caption(
        visit.say(
            T(
                "Change the key when a copy of it may have got into other hands, or somebody who had it has left. Everything "
                "is sealed anew and stays readable meanwhile. Copy the new file afterwards; backups made before still "
                "need the old key."
            )
        )
    )
    label = T("Go on changing the key") if begun else T("Change the key")
    if st.button(visit.say(label), icon=":material/key:", key="keys_change_button"):
        acts.attempt(visit, lambda: ASKED if keys_work.ask_for_change(book, visit.actor) else UNDER_WAY, ASKED)
