"""The requirements: looked through, ordered by priority and weight, added to, taken out to Excel and back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from erp_core.db.uow import UnitOfWork
from erp_core.text import T, format_number
from erp_core.vendors.criteria import CRITERIA, LEAVES, criterion_of
from erp_core.vendors.naming import PRIORITY_NAMES
from erp_core.vendors.proposals import price_tag
from erp_core.vendors.requirements import NewRequirement, add_requirement, set_requirements
from erp_core.vendors.schema import Priority
from erp_core.vendors.views import requirements_frame
from ui import acts, edits, erp_choice, erp_edits, erp_requirement_files, filters, states
from ui.erp_choice import PAGE, Choice
from ui.guard import Visit, same_as_before

PRIORITIES = [str(priority) for priority in Priority]
_EDITED = ("priority", "weight")
_EDITOR = "requirements"
_FORM = "add_requirement"


def show(visit: Visit, choice: Choice) -> None:
    """The table with its filters, and what is done with it."""
    st.subheader(visit.say(T("What do you need?")))
    st.caption(
        visit.say(
            T(
                "A must that a vendor does not meet shuts it out. Should, could: the more weight, the more it counts. Not "
                "needed counts nothing, and shows what you would pay for without using it."
            )
        )
    )
    _table(visit, choice)
    row = st.container(horizontal=True)
    with row:
        if choice.may_change:
            erp_requirement_files.proposals(visit, choice)
            erp_requirement_files.own_choice(visit, choice, rows_of(visit, choice))
        erp_requirement_files.out(visit, choice)
    if choice.may_change:
        erp_requirement_files.back(visit, choice)
        _add(visit, choice)


def rows_of(visit: Visit, choice: Choice) -> pd.DataFrame:
    """`vendors.views.requirements_frame` by key, with the criterion in words and what each is about in the shop."""
    return _rows(
        visit, choice, f"{visit.settings.database_url}:{choice.id}:{choice.version}:{choice.key}", visit.language
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _rows(_visit: Visit, _choice: Choice, key: str, language: str) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        held = requirements_frame(connection, _choice.id, language)
    document = _choice.document
    numbers = {number.key: erp_choice.number_said(_visit, _choice, number) for number in document.own_numbers}
    tags = {need.key: price_tag(need, document.own_numbers, document.scenario) for need in document.requirements}
    return held.assign(
        where=[_visit.plain(LEAVES.get(leaf, leaf)) for leaf in held["criterion"]],
        criterion=[criterion_of(leaf) for leaf in held["criterion"]],
        priced=[
            _visit.plain(tag.text) if (tag := tags.get(need)) is not None else numbers.get(metric, "")
            for need, metric in zip(held["key"], held["metric"], strict=True)
        ],
    ).set_index("key")


@st.fragment
def _table(visit: Visit, choice: Choice) -> None:
    same_as_before(visit)
    every = rows_of(visit, choice)
    rows = _filtered(visit, every)
    if rows.empty:
        states.nothing_matches(visit)
        return
    order = ["where", "text", "priority", "weight", "reason", "priced", "ask"]
    if not rows["priced"].any():
        order.remove("priced")
    if not rows["reason"].any():
        order.remove("reason")
    look: dict[str, Any] = {
        "where": visit.plain(T("Criterion")),
        "text": st.column_config.TextColumn(visit.plain(T("Requirement")), width=340),
        "priority": st.column_config.SelectboxColumn(
            visit.plain(T("Priority")), options=PRIORITIES, required=True,
            format_func=lambda name: visit.plain(PRIORITY_NAMES[name]),
        ),
        "weight": st.column_config.NumberColumn(
            visit.plain(T("Weight")), min_value=0.1, max_value=100.0, required=True, width="small",
            help=visit.plain(T("Beside other requirements of the same priority and criterion")),
        ),
        "reason": st.column_config.TextColumn(visit.plain(T("Why proposed")), width=230),
        "priced": st.column_config.TextColumn(visit.plain(T("In your shop")), width="medium"),
        "ask": st.column_config.TextColumn(visit.plain(T("Ask to see")), width="large"),
    }  # fmt: skip
    if not choice.may_change:
        st.dataframe(rows, hide_index=True, column_order=order, column_config=look, placeholder="", height=420)
        return
    changes = edits.table(edits.Editing(_EDITOR, _EDITED, order, look, 420), rows)
    _save(visit, choice, changes, every)


def _filtered(visit: Visit, every: pd.DataFrame) -> pd.DataFrame:
    one, two, three, four = st.columns([3, 3, 2.4, 1.8], vertical_alignment="bottom")
    search = one.text_input(
        visit.say(T("Search")), key="need", bind="query-params", icon=":material/search:",
        placeholder=visit.say(T("Words of a requirement")),
    )  # fmt: skip
    present = {key: name for key, name in CRITERIA.items() if (every["criterion"] == key).any()}
    with two:
        criteria = filters.picks(visit, "criterion", present, T("Criterion"), PAGE)
    with three:
        names = {str(key): name for key, name in PRIORITY_NAMES.items()}
        priorities = filters.picks(visit, "priority", names, T("Priority"), PAGE)
    proposed = four.toggle(
        visit.say(T("Proposed")), key="proposed", bind="query-params",
        help=visit.say(T("Only those whose priority was proposed from your own numbers")),
    )  # fmt: skip
    chosen = pd.Series(True, index=every.index)
    if criteria:
        chosen &= every["criterion"].isin(criteria)
    if priorities:
        chosen &= every["priority"].isin(priorities)
    if proposed:
        chosen &= every["reason"] != ""
    for word in search.casefold().split():
        chosen &= every["text"].str.casefold().str.contains(word, regex=False) | every[
            "where"
        ].str.casefold().str.contains(word, regex=False)
    rows = every[chosen]
    shown, count = (format_number(number, visit.language) for number in (len(rows), len(every)))
    st.caption(visit.say(T("{shown} of {count} requirements", shown=shown, count=count)))
    return rows


def _save(visit: Visit, choice: Choice, changes: edits.Changes, every: pd.DataFrame) -> None:
    wanted = {key: dict(cells) for key, cells in changes.items() if key in every.index}
    count = format_number(len(wanted), visit.language)
    saving = erp_edits.Saving(
        _EDITOR, T("Save changes: {count}", count=count), T("Requirements saved: {count}", count=count)
    )
    erp_edits.buttons(visit, choice, saving, lambda uow, seen: set_requirements(uow, seen, wanted))


def _add(visit: Visit, choice: Choice) -> None:
    with (
        st.expander(visit.say(T("Add a requirement of your own")), icon=":material/add:"),
        st.form(f"need_{acts.token(_FORM)}", border=False),
    ):
        leaves = [leaf for leaf in LEAVES if criterion_of(leaf) != "cost"]
        text = st.text_input(visit.say(T("Requirement")), max_chars=300)
        ask = st.text_input(
            visit.say(T("Ask to see")), max_chars=600,
            placeholder=visit.say(T("What the vendor has to show you in the demonstration")),
        )  # fmt: skip
        one, two, three = st.columns([3, 2, 1])
        leaf = one.selectbox(
            visit.say(T("Criterion")), leaves, index=None, placeholder=visit.say(T("Where it belongs")),
            format_func=lambda key: f"{visit.plain(CRITERIA[criterion_of(key)])} · {visit.plain(LEAVES[key])}",
        )  # fmt: skip
        priority = two.selectbox(
            visit.say(T("Priority")),
            PRIORITIES,
            index=1,
            format_func=lambda key: visit.plain(PRIORITY_NAMES[Priority(key)]),
        )
        weight = three.number_input(visit.say(T("Weight")), 0.1, 100.0, 1.0, 0.5)
        if st.form_submit_button(visit.say(T("Add requirement")), type="primary", icon=":material/add:"):
            if not text.strip() or leaf is None:
                st.error(visit.say(T("Say what is required, and which criterion it belongs to.")))
                return

            new = NewRequirement(leaf, text, ask, Priority(priority), weight, acts.token(_FORM))

            def add(uow: UnitOfWork) -> None:
                add_requirement(uow, choice.at, new)
                acts.renew(_FORM)

            acts.perform(visit, add, T("The requirement is added."))
