"""The decision file: one click, versions that stay, what belongs in the contract: view Decision file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from erp_core.db.uow import UnitOfWork
from erp_core.errors import ErpError
from erp_core.security.permissions import Permission
from erp_core.text import T, format_datetime
from erp_core.vendors import contract, service
from erp_core.vendors import views as stored
from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.loading import dump_decision
from erp_core.vendors.plans import price_of
from erp_core.vendors.report import file as decision_file
from erp_core.vendors.report.content import Answered, headline
from erp_core.vendors.results_json import whole_json
from erp_core.vendors.schema import Decision
from erp_core.vendors.service import Keep
from erp_core.vendors.versions import Difference, numbers_of, same_numbers
from ui import acts
from ui.erp_choice import Choice
from ui.guard import Visit, require_still
from ui.tables import Column, configuration, downloads, first_rows

_FORM = "keep_version"
_DIFFERENCES = {
    "where": Column(T("What")),
    "before": Column(T("Before")),
    "after": Column(T("After")),
}
_MARKS: dict[contract.State, tuple[str, Any]] = {
    contract.State.OFFERED: (":material/check:", "green"),
    contract.State.SAID: (":material/chat:", "orange"),
    contract.State.REFUSED: (":material/block:", "red"),
    contract.State.OPEN: (":material/help:", "gray"),
}


@st.cache_resource(max_entries=8, show_spinner=False)
def _told(_document: Decision, key: str) -> Answered:
    return decision_file.answered(_document, evaluate(_document))


def show(visit: Visit, choice: Choice) -> None:
    """The answer in a sentence, the files, the contract, and the versions that were kept."""
    try:
        with st.spinner(visit.say(T("Adding up …"))):
            told = _told(choice.document, choice.key)
    except ErpError as error:
        acts.refused(visit, error)
        return
    st.subheader(visit.say(headline(told)))
    made = decision_file.Made(visit.actor.name, visit.clock.now(), visit.company.time_zone, visit.language)
    _files(visit, told, made, "now")
    _contract(visit, told)
    if choice.may_change:
        _keep(visit, choice, told)
    _versions(visit, choice, made)


def _files(visit: Visit, told: Answered, made: decision_file.Made, key: str) -> None:
    """The same decision as a page, as a workbook, and as a file to be scored anywhere."""
    if not visit.actor.may(Permission.EXPORT):
        st.caption(visit.say(T("To take the decision file out, an account needs the permission to export.")))
        return
    st.caption(
        visit.say(
            T(
                "The page stands alone: both languages, every fact with its source, fit to be printed. The workbook goes "
                "on reckoning when weights, ratings or flows are changed in it. The YAML file gives the same numbers in the "
                "terminal: python -m erp_core vendors score FILE --json"
            )
        )
    )
    name = f"{_file_name(told.decision.name)}_{told.decision.as_of.isoformat()}"
    if made.version is not None:
        name += f"_v{made.version}"
    row = st.container(horizontal=True)
    row.download_button(
        visit.say(T("Decision file (HTML)")), lambda: _held(visit, decision_file.as_html, told, made), f"{name}.html",
        "text/html", icon=":material/article:", on_click="ignore", key=f"erp_html_{key}", type="primary",
    )  # fmt: skip
    row.download_button(
        visit.say(T("Workbook with formulas (XLSX)")), lambda: _held(visit, decision_file.as_workbook, told, made),
        f"{name}.xlsx", icon=":material/table_view:", on_click="ignore", key=f"erp_xlsx_{key}",
    )  # fmt: skip
    row.download_button(
        visit.say(T("Inputs (YAML)")), lambda: _held(visit, _as_yaml, told, made), f"{name}.yaml", "application/yaml",
        icon=":material/data_object:", on_click="ignore", key=f"erp_yaml_{key}",
    )  # fmt: skip


def _held(visit: Visit, producer: Any, told: Answered, made: decision_file.Made) -> bytes:
    """What a producer of the decision file makes, for who still may take it out."""
    require_still(visit, Permission.EXPORT)
    content: bytes = producer(told, made)
    return content


def _as_yaml(told: Answered, _made: decision_file.Made) -> bytes:
    return dump_decision(told.decision).encode()


def _file_name(name: str) -> str:
    """A name that any system takes for a file."""
    kept = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name).strip("_")
    return kept[:60] or "decision"


def _contract(visit: Visit, told: Answered) -> None:
    """What to have written before signing, with the likeliest vendor."""
    order = told.order
    if not order:
        return
    st.subheader(visit.say(T("What belongs in the contract with {vendor}", vendor=told.name(order[0]))))
    bill = price_of(told.vendor(order[0]), told.decision).bill
    clauses = contract.checklist(told.decision, order[0], None if bill is None else bill.pricing)
    left, right = st.columns(2)
    for place, clause in enumerate(clauses):
        with (left if place % 2 == 0 else right).container(border=True):
            head = st.container(horizontal=True, vertical_alignment="center")
            head.markdown(f"**{visit.say(clause.title)}**", width="content")
            icon, colour = _MARKS[clause.state]
            head.badge(visit.plain(contract.STATES[clause.state]), icon=icon, color=colour)
            st.markdown(visit.say(clause.ask))
            if clause.worth is not None:
                st.caption(visit.say(clause.worth))


# --- versions --------------------------------------------------------------------------------------------------------


def _keep(visit: Visit, choice: Choice, told: Answered) -> None:
    """Keep what stands now, for good."""
    with st.form(f"{_FORM}_{acts.token(_FORM)}"):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        note = left.text_input(
            visit.say(T("What this version is for")), max_chars=200,
            placeholder=visit.plain(T("such as: before the talk with the two finalists")),
        )  # fmt: skip
        if right.form_submit_button(visit.say(T("Keep this version")), icon=":material/bookmark_add:", width="stretch"):
            keep = Keep(choice.document, whole_json(told.evaluation, told.case), note, acts.token(_FORM))

            def act(uow: UnitOfWork) -> None:
                service.keep_version(uow, choice.at, keep)
                acts.renew(_FORM)

            acts.perform(visit, act, T("Kept, with inputs and answer."))


def _versions(visit: Visit, choice: Choice, made: decision_file.Made) -> None:
    with visit.database.reading() as connection:
        kept = stored.versions(connection, choice.id)
    st.subheader(visit.say(T("Versions that were kept")))
    if not kept:
        st.caption(visit.say(T("None yet. A version keeps inputs and answer as they stood, to be compared later.")))
        return
    zone = visit.company.time_zone

    def named(version: stored.Version) -> str:
        at = format_datetime(version.at, visit.language, zone)
        said = T("{number} · {at} · {who}", number=version.number, at=at, who=version.actor)
        return f"{visit.plain(said)} · {version.note}" if version.note else visit.plain(said)

    one = st.selectbox(visit.say(T("Version")), kept, format_func=named, key="erp_version")
    with visit.database.reading() as connection:
        whole = stored.version(connection, one.id)
    try:
        told = _told(whole.document(), whole.about.inputs_hash)
    except ErpError as error:
        acts.refused(visit, error)
        return
    changed = same_numbers(numbers_of(whole.results), numbers_of(whole_json(told.evaluation, told.case)))
    if changed:
        st.warning(
            visit.say(
                T(
                    "Computed anew from the same inputs, {count} numbers differ from those that were kept: this version "
                    "of the workbench reckons otherwise.",
                    count=len(changed),
                )
            ),
            icon=":material/difference:",
        )
    else:
        st.caption(visit.say(T("Computed anew from its inputs, it gives the same numbers.")))
    _files(visit, told, replace(made, by=one.actor, at=one.at, version=one.number), f"version_{one.number}")
    _compare(visit, choice, whole, [version for version in kept if version.id != one.id])


def _compare(visit: Visit, choice: Choice, whole: stored.WholeVersion, others: list[stored.Version]) -> None:
    """What changed since this version: up to now, or up to another one."""
    names = {0: visit.plain(T("what stands now")), **{other.id: f"{other.number} · {other.note}" for other in others}}
    with_ = st.selectbox(
        visit.say(T("Compare with")), list(names), format_func=lambda key: names[key], key="erp_version_against"
    )
    if with_ == 0:
        now = _told(choice.document, choice.key)
        other = stored.WholeVersion(
            whole.about, choice.document.model_dump(mode="json"), whole_json(now.evaluation, now.case)
        )
        before, after = whole, other
    else:
        with visit.database.reading() as connection:
            other = stored.version(connection, with_)
        before, after = sorted((whole, other), key=lambda version: version.about.number)
    found = stored.compare_versions(before, after)
    _differences(visit, T("Inputs that differ"), found.inputs)
    _differences(visit, T("Numbers of the answer that differ"), found.results)


def _differences(visit: Visit, title: Any, found: tuple[Difference, ...]) -> None:
    rows = pd.DataFrame(
        [{"where": " · ".join(one.path), "before": _short(one.before), "after": _short(one.after)} for one in found],
        columns=list(_DIFFERENCES),
    )
    with st.expander(visit.say(T("{title}: {count}", title=title, count=len(rows)))):
        if rows.empty:
            st.caption(visit.say(T("None.")))
            return
        st.dataframe(first_rows(visit, rows), column_config=configuration(visit, _DIFFERENCES), hide_index=True)
        downloads(visit, rows, _DIFFERENCES, title, {})


def _short(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:300]
