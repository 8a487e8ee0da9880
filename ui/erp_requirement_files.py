"""The requirements in Excel: out, edited, back; and proposed anew from the merchant's own numbers."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import ErpError
from erp_core.files.export import ExportHeader
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_number
from erp_core.vendors.naming import PRIORITY_NAMES
from erp_core.vendors.proposals import propose
from erp_core.vendors.requirement_list import RequirementsReturn, export_requirements, read_requirements
from erp_core.vendors.requirements import EditedList, propose_again, release_requirements, remove_requirement, take_list
from erp_core.vendors.schema import Priority
from erp_core.vendors.template import template
from ui import acts, erp_returned
from ui.erp_choice import Choice
from ui.guard import Visit, require_still

_FORM = "requirements_back"
FIELDS: dict[str, Text] = {
    "priority": T("Priority"),
    "weight": T("Weight"),
    "text": T("Requirement"),
    "ask": T("Ask to see"),
    "criterion": T("Criterion"),
}


def out(visit: Visit, choice: Choice) -> None:
    """The list as a workbook, for whoever may take data out."""
    if not visit.actor.may(Permission.EXPORT):
        return

    def header() -> ExportHeader:
        require_still(visit, Permission.EXPORT)
        return ExportHeader(choice.document.name, visit.actor.name, visit.clock.now(), visit.language)

    day = today(visit.clock, visit.company.time_zone).isoformat()
    st.download_button(
        visit.say(T("Requirements as a workbook")), lambda: export_requirements(choice.document.requirements, header()),
        f"requirements_{day}.xlsx", icon=":material/table_view:", on_click="ignore", key="requirements_xlsx",
    )  # fmt: skip


def back(visit: Visit, choice: Choice) -> None:
    """The edited list comes back: what it changes, before anything is stored."""
    with st.expander(visit.say(T("Bring an edited list back")), icon=":material/upload_file:"):
        _back(visit, choice)


def _back(visit: Visit, choice: Choice) -> None:
    st.caption(
        visit.say(
            T(
                "Download the workbook, change priorities, weights and words, write further requirements below, upload it "
                "here. Rows that are missing stay as they are."
            )
        )
    )
    file = erp_returned.upload(visit, T("Edited list"), _FORM)
    if file is None:
        return
    try:
        found = read_requirements(file.getvalue(), file.name, choice.document.requirements)
    except ErpError as error:
        acts.refused(visit, error)
        return
    erp_returned.issues(visit, found.issues)
    changes = _changes(visit, choice, found)
    if changes.empty:
        st.info(visit.say(T("The file changes nothing: every cell says what stands.")), icon=":material/check:")
        return
    st.dataframe(
        changes, hide_index=True, placeholder="",
        column_config={
            "requirement": st.column_config.TextColumn(visit.plain(T("Requirement")), width="large"),
            "field": visit.plain(T("Column")),
            "before": visit.plain(T("Now")),
            "after": visit.plain(T("In the file")),
        },
    )  # fmt: skip
    count = format_number(len(changes), visit.language)
    if st.button(
        visit.say(T("Apply {count} changes", count=count)), type="primary", icon=":material/check:", key="take_list"
    ):
        edited = EditedList(found.changes, found.added, file.name)

        def take(uow: UnitOfWork) -> None:
            take_list(uow, choice.at, edited)
            acts.renew(_FORM)

        acts.perform(visit, take, T("The list is taken over."))


def _changes(visit: Visit, choice: Choice, found: RequirementsReturn) -> pd.DataFrame:
    held = {need.key: need for need in choice.document.requirements}
    rows = [
        (
            held[key].text.said(visit.language),
            visit.plain(FIELDS.get(name, name)),
            _cell(visit, getattr(held[key], name)),
            _cell(visit, value),
        )
        for key, fields in found.changes.items()
        for name, value in fields.items()
    ]
    new = visit.plain(T("new"))
    rows += [
        (need.text.said(visit.language), visit.plain(FIELDS["priority"]), new, _cell(visit, need.priority))
        for need in found.added
    ]
    return pd.DataFrame(rows, columns=["requirement", "field", "before", "after"])


def _cell(visit: Visit, value: object) -> str:
    if isinstance(value, Priority):
        return visit.plain(PRIORITY_NAMES[value])
    if hasattr(value, "said"):
        return str(value.said(visit.language))
    return f"{value:g}" if isinstance(value, float) else str(value)


def proposals(visit: Visit, choice: Choice) -> None:
    """Propose again, take back what one set, take away an own requirement."""
    with st.popover(visit.say(T("Proposals")), icon=":material/auto_awesome:"):
        st.markdown(f"**{visit.say(T('From your numbers of today'))}**")
        if not choice.document.own_numbers:
            st.caption(
                visit.say(T("No own numbers yet: import orders and stock, and priorities are proposed from them."))
            )
        else:
            st.caption(visit.say(T("Priorities that a person set stay as they are.")))
        if st.button(visit.say(T("Propose again")), icon=":material/refresh:", key="propose_again"):
            _propose(visit, choice)


def _propose(visit: Visit, choice: Choice) -> None:
    proposed = propose(template(), choice.document.own_numbers)

    def again() -> Text:
        with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
            count = propose_again(uow, choice.at, proposed)
            uow.commit()
        return T("Requirements changed: {count}", count=format_number(count, visit.language))

    acts.attempt(visit, again, acts.SAVED)


def own_choice(visit: Visit, choice: Choice, rows: pd.DataFrame) -> None:
    """What a person set, and the way back to the proposal; own requirements, and the way to take one away."""
    mine = rows[(rows["by_person"] & ~rows["own"]) | rows["own"]]
    if mine.empty:
        return
    with st.popover(visit.say(T("What you set")), icon=":material/person:"):
        key = st.selectbox(
            visit.say(T("Requirement")), list(mine.index), index=None, key=f"set_by_hand_{acts.token('set_by_hand')}",
            format_func=lambda name: mine.at[name, "text"], placeholder=visit.say(T("Choose a requirement")),
        )  # fmt: skip
        if key is None:
            return
        row = mine.loc[key]
        if row["own"]:
            if st.button(visit.say(T("Take this requirement away")), icon=":material/delete:", key="remove_need"):
                acts.perform(visit, lambda uow: remove_requirement(uow, choice.at, key), T("It is taken away."))
            return
        told = T("Proposed: {priority}, weight {weight}.", priority=PRIORITY_NAMES[Priority(row["proposed_priority"])],
                 weight=f"{row['proposed_weight']:g}")  # fmt: skip
        st.caption(visit.say(told))
        if st.button(visit.say(T("Back to the proposal")), icon=":material/undo:", key="release_need"):
            acts.perform(visit, lambda uow: release_requirements(uow, choice.at, [key]), T("It is as proposed again."))
