"""The questionnaire: out to a vendor as a workbook, back with its answers, and what taking them over would change."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork
from erp_core.errors import ErpError
from erp_core.files.export import ExportHeader
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_money, format_number
from erp_core.vendors.naming import EVIDENCE_NAMES, FIT_NAMES
from erp_core.vendors.ratings import RfpAnswers, take_rfp
from erp_core.vendors.rfp import Received, RfpReturn, export_rfp, read_rfp
from erp_core.vendors.schema import Rating, Vendor
from erp_core.vendors.views import rfp_preview
from ui import acts, erp_returned
from ui.erp_choice import Choice
from ui.guard import Visit, require_still

_FORM = "rfp_back"


def show(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    """The workbook for this vendor, and its way back."""
    st.caption(
        visit.say(
            T(
                "All requirements but those not needed, as a workbook that the vendor fills in and returns. An empty answer is "
                "unknown, not a no; what the vendor says counts as its claim until there is better evidence."
            )
        )
    )
    if visit.actor.may(Permission.EXPORT):
        _out(visit, choice, vendor)
    if choice.may_change:
        _back(visit, choice, vendor)


def _out(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    document = choice.document

    def header() -> ExportHeader:
        require_still(visit, Permission.EXPORT)
        return ExportHeader(document.name, visit.actor.name, visit.clock.now(), visit.language)

    day = today(visit.clock, visit.company.time_zone).isoformat()
    st.download_button(
        visit.say(T("Questionnaire for {vendor}", vendor=vendor.named(visit.language))),
        lambda: export_rfp(document.requirements, vendor, document.ratings, document.scenario, header()),
        f"questionnaire_{vendor.key}_{day}.xlsx", icon=":material/table_view:", on_click="ignore", key="rfp_xlsx",
    )  # fmt: skip


def _back(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    form = f"{_FORM}_{vendor.key}"
    file = erp_returned.upload(visit, T("Returned questionnaire"), form)
    if file is None:
        return
    received = Received(file.getvalue(), file.name, today(visit.clock, visit.company.time_zone))
    try:
        found = read_rfp(received, choice.document.requirements, vendor, choice.document.scenario)
    except ErpError as error:
        acts.refused(visit, error)
        return
    erp_returned.issues(visit, found.issues)
    if found.decision is not None and found.decision != choice.document.name:
        told = T("The file was made for another choice: “{name}”.", name=found.decision)
        st.warning(visit.say(told), icon=":material/warning:")
    _preview(visit, choice, found, RfpAnswers(vendor.key, found.ratings, file.name))


def _preview(visit: Visit, choice: Choice, found: RfpReturn, answers: RfpAnswers) -> None:
    with visit.database.reading() as connection:
        take = rfp_preview(connection, choice.id, answers.vendor, found.ratings)
    of_vendor = [rating for rating in choice.document.ratings if rating.vendor == answers.vendor]
    row = st.container(horizontal=True, gap="xsmall")
    for label, count in (
        (T("Would be taken"), len(take.taken)),
        (T("Say what stands"), len(take.unchanged)),
        (T("Better evidence stands"), len(take.kept)),
        (T("Left empty"), len(found.unanswered)),
    ):
        row.container(width="stretch").metric(visit.say(label), format_number(count, visit.language), border=True)
    rows = _rows(visit, choice, of_vendor, take.taken, T("taken"))
    rows += _rows(visit, choice, of_vendor, [answer for _, answer in take.kept], T("stays as it is: better evidence"))
    if rows:
        st.dataframe(
            pd.DataFrame(rows, columns=["requirement", "before", "after", "cost", "owner", "note", "state"]),
            hide_index=True, placeholder="",
            column_config={
                "requirement": st.column_config.TextColumn(visit.plain(T("Requirement")), width=260),
                "before": visit.plain(T("Now")),
                "after": visit.plain(T("Their answer")),
                "cost": visit.plain(T("One-off cost")),
                "owner": visit.plain(T("By whom?")),
                "note": st.column_config.TextColumn(visit.plain(T("Note")), width="medium"),
                "state": visit.plain(T("What happens")),
            },
        )  # fmt: skip
    if not take.taken:
        st.info(visit.say(T("The file changes nothing: every cell says what stands.")), icon=":material/check:")
        return
    count = format_number(len(take.taken), visit.language)
    if st.button(
        visit.say(T("Take answers: {count}", count=count)), type="primary", icon=":material/check:", key="rfp_take"
    ):

        def act(uow: UnitOfWork) -> None:
            take_rfp(uow, choice.at, answers)
            acts.renew(f"{_FORM}_{answers.vendor}")

        acts.perform(visit, act, T("Answers taken over: {count}", count=count))


def _rows(
    visit: Visit, choice: Choice, standing: Iterable[Rating], answers: Iterable[Rating], state: Text
) -> list[tuple[str, ...]]:
    needs = {need.key: need.text.said(visit.language) for need in choice.document.requirements}
    held = {rating.requirement: rating for rating in standing if rating.evaluator is None}
    return [
        (
            needs.get(answer.requirement, answer.requirement),
            _said(visit, held.get(answer.requirement)),
            _said(visit, answer),
            "" if answer.cost is None else format_money(answer.cost, choice.currency, visit.language),
            answer.owner,
            answer.note,
            visit.plain(state),
        )
        for answer in answers
    ]


def _said(visit: Visit, rating: Rating | None) -> str:
    if rating is None:
        return visit.plain(T("unknown"))
    return visit.plain(T("{fit}, {evidence}", fit=FIT_NAMES[rating.fit], evidence=EVIDENCE_NAMES[rating.evidence]))
