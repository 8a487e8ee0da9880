"""How one vendor meets each requirement: rated by hand, on which evidence, at what cost and by whom."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork
from erp_core.text import T, Text, format_number
from erp_core.vendors.criteria import CRITERIA, LEAVES, criterion_of
from erp_core.vendors.naming import EVIDENCE_NAMES, FIT_NAMES, PRIORITY_NAMES
from erp_core.vendors.ratings import Cell, rate, withdraw_ratings
from erp_core.vendors.schema import Evidence, Fit, Priority, Rating, Vendor
from erp_core.vendors.working import Seen
from ui import edits, erp_edits, states
from ui.erp_choice import Choice
from ui.erp_requirements_panel import PRIORITIES
from ui.guard import Visit, same_as_before

SHOW: dict[str, Text] = {
    "count": T("All that count"),
    "open": T("Not known yet"),
    "must": T("Musts"),
    "all": T("All requirements"),
}
_EDITED = ("fit", "evidence", "cost", "owner", "note")
AGREED = ""


def show(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    """The editor of one vendor's ratings."""
    st.caption(
        visit.say(
            T(
                "Say how each requirement is met, and on what evidence: a claim counts less surely than a document, a "
                "demonstration, a reference or your own test. What nobody rated stays unknown and widens the answer."
            )
        )
    )
    _editor(visit, choice, vendor)


def rows_of(visit: Visit, choice: Choice, vendor: Vendor, evaluator: str) -> pd.DataFrame:
    """A row a requirement, by key: what this evaluator rated, what is published beside it."""
    given = {
        rating.requirement: rating
        for rating in choice.document.ratings
        if rating.vendor == vendor.key and (rating.evaluator or AGREED) == evaluator
    }
    published = {fit.requirement: fit for fit in vendor.fits}
    rows = []
    for need in choice.document.requirements:
        rating, known = given.get(need.key), published.get(need.key)
        rows.append(
            {
                "key": need.key,
                "criterion": criterion_of(need.criterion),
                "where": visit.plain(LEAVES.get(need.criterion, CRITERIA.get(need.criterion, need.criterion))),
                "text": need.text.said(visit.language),
                "priority": str(need.priority),
                "published": "" if known is None else visit.plain(_published(known.fit, known.evidence)),
                "fit": None if rating is None else str(rating.fit),
                "evidence": None if rating is None else str(rating.evidence),
                "cost": float("nan") if rating is None or rating.cost is None else float(rating.cost),
                "owner": "" if rating is None else rating.owner,
                "note": "" if rating is None else rating.note,
                "source": "" if rating is None else rating.source,
            }
        )
    return pd.DataFrame(rows).set_index("key").astype({"fit": object, "evidence": object})


def _published(fit: Fit, evidence: Evidence) -> Text:
    return T("{fit}, {evidence}", fit=FIT_NAMES[fit], evidence=EVIDENCE_NAMES[evidence])


@st.fragment
def _editor(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    same_as_before(visit)
    evaluator, criteria, shown = _controls(visit, choice, vendor)
    every = rows_of(visit, choice, vendor, evaluator)
    rows = _filtered(every, criteria, shown)
    if rows.empty:
        states.nothing_matches(visit)
        return
    name = f"ratings_{vendor.key}_{evaluator}"
    order = ["where", "text", "priority", "published", *_EDITED]
    if not every["published"].any():
        order.remove("published")
    look = _look(visit, choice)
    if not choice.may_change:
        st.dataframe(rows, hide_index=True, column_order=order, column_config=look, placeholder="", height=420)
        return
    changes = edits.table(edits.Editing(name, _EDITED, order, look, 420), rows)
    _save(visit, choice, _Sheet(vendor, evaluator, every, name), changes)


def _controls(visit: Visit, choice: Choice, vendor: Vendor) -> tuple[str, list[str], str]:
    one, two, three = st.columns([3, 2, 2.4], vertical_alignment="bottom")
    criteria = one.multiselect(
        visit.say(T("Criterion")), [key for key in CRITERIA if key != "cost"], key=f"rate_criterion_{vendor.key}",
        format_func=lambda key: visit.plain(CRITERIA[key]), placeholder=visit.say(T("All")),
    )  # fmt: skip
    shown = two.selectbox(
        visit.say(T("Show")), list(SHOW), key=f"rate_show_{vendor.key}", format_func=lambda key: visit.plain(SHOW[key])
    )
    people = {weighting.evaluator for weighting in choice.document.weightings}
    people |= {rating.evaluator for rating in choice.document.ratings if rating.evaluator}
    names = [AGREED, *sorted(people | {visit.actor.name})]
    evaluator = three.selectbox(
        visit.say(T("Rated by")), names, key=f"rate_by_{vendor.key}",
        format_func=lambda name: name or visit.plain(T("All of us, agreed")),
        help=visit.say(T("Several people may rate for themselves: where they differ, the answer becomes less sure.")),
    )  # fmt: skip
    return evaluator, criteria, shown


def _filtered(every: pd.DataFrame, criteria: list[str], shown: str) -> pd.DataFrame:
    chosen = pd.Series(True, index=every.index)
    if criteria:
        chosen &= every["criterion"].isin(criteria)
    if shown in ("count", "open"):
        chosen &= every["priority"] != str(Priority.NOT_NEEDED)
    if shown == "must":
        chosen &= every["priority"] == str(Priority.MUST)
    if shown == "open":
        chosen &= (every["fit"].isna() | (every["fit"] == str(Fit.UNKNOWN))) & (every["published"] == "")
    return every[chosen]


def _look(visit: Visit, choice: Choice) -> dict[str, Any]:
    config = st.column_config
    return {
        "where": visit.plain(T("Criterion")),
        "text": config.TextColumn(visit.plain(T("Requirement")), width=300),
        "priority": config.SelectboxColumn(
            visit.plain(T("Priority")), options=PRIORITIES, width="small",
            format_func=lambda name: visit.plain(PRIORITY_NAMES[Priority(name)]),
        ),
        "published": config.TextColumn(
            visit.plain(T("Published")), help=visit.plain(T("What a published fact bears out; your own rating goes before it"))
        ),
        "fit": config.SelectboxColumn(
            visit.plain(T("Met how?")), options=[str(fit) for fit in Fit], format_func=lambda name: visit.plain(FIT_NAMES[Fit(name)])
        ),
        "evidence": config.SelectboxColumn(
            visit.plain(T("Evidence")), options=[str(kind) for kind in Evidence],
            format_func=lambda name: visit.plain(EVIDENCE_NAMES[Evidence(name)]),
        ),
        "cost": config.NumberColumn(
            visit.plain(T("Costs once ({currency})", currency=choice.currency)), min_value=0, format="localized",
            help=visit.plain(T("What meeting it costs beside the price; empty: not known")),
        ),
        "owner": config.TextColumn(visit.plain(T("By whom?")), max_chars=100),
        "note": config.TextColumn(visit.plain(T("Note")), max_chars=1000),
    }  # fmt: skip


class _Sheet:
    """What the editor shows: of which vendor, by whom, the stored rows, its name in the session."""

    def __init__(self, vendor: Vendor, evaluator: str, rows: pd.DataFrame, name: str) -> None:
        self.vendor, self.evaluator, self.rows, self.name = vendor, evaluator, rows, name

    def cell(self, changes: edits.Changes, key: str, column: str) -> Any:
        """A cell as it would be stored; None where it is empty."""
        value = changes[key].get(column, self.rows.at[key, column])
        return None if edits.absent(value) or value == "" else value


def _save(visit: Visit, choice: Choice, sheet: _Sheet, changes: edits.Changes) -> None:
    given, gone, without = _read(visit, sheet, changes)
    if without:
        names = "; ".join(sheet.rows.at[key, "text"] for key in without[:3])
        st.warning(
            visit.say(T("Say how it is met, else it is not saved: {names}", names=names)), icon=":material/warning:"
        )
    count = format_number(len(given) + len(gone), visit.language)
    saving = erp_edits.Saving(
        sheet.name, T("Save ratings: {count}", count=count), T("Ratings saved: {count}", count=count)
    )

    def save(uow: UnitOfWork, seen: Seen) -> None:
        rate(uow, seen, given)
        withdraw_ratings(uow, seen, [Cell(sheet.vendor.key, key, sheet.evaluator or None) for key in gone])

    erp_edits.buttons(visit, choice, saving, save)


def _read(visit: Visit, sheet: _Sheet, changes: edits.Changes) -> tuple[list[Rating], list[str], list[str]]:
    """The ratings that were given, the requirements whose rating was emptied, and those that lack a fit."""
    given, gone, without = [], [], []
    on = today(visit.clock, visit.company.time_zone)
    for key in changes:
        if key not in sheet.rows.index:
            continue
        fit = sheet.cell(changes, key, "fit")
        if fit is None:
            (gone if not edits.absent(sheet.rows.at[key, "fit"]) else without).append(key)
            continue
        cost = sheet.cell(changes, key, "cost")
        given.append(
            Rating(
                vendor=sheet.vendor.key,
                requirement=key,
                fit=Fit(fit),
                evidence=Evidence(sheet.cell(changes, key, "evidence") or Evidence.CLAIM),
                cost=None if cost is None else float(cost),
                owner=sheet.cell(changes, key, "owner") or "",
                note=sheet.cell(changes, key, "note") or "",
                source=sheet.cell(changes, key, "source") or "",
                as_of=on,
                evaluator=sheet.evaluator or None,
            )
        )
    return given, gone, without
