"""One vendor: its facts with their sources, what is unknown, notes, ratings, prices, and the questionnaire it fills in."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork
from erp_core.text import T, Text
from erp_core.vendors.catalogue import facts_frame, leaf_of, unknown_leaves
from erp_core.vendors.criteria import CRITERIA, LEAVES, criterion_of
from erp_core.vendors.own_vendors import NewFact, OwnVendor, add_fact, add_vendor, withdraw_fact
from erp_core.vendors.schema import Bilingual, Fact, Grade, Vendor
from erp_core.vendors.service import list_vendors
from erp_core.vendors.views import facts_frame as own_facts
from ui import acts, erp_quotes_panel, erp_ratings_panel, erp_rfp_panel, filters
from ui.erp_choice import PAGE, Choice
from ui.erp_quotes_panel import GRADES
from ui.guard import Visit
from ui.literal import literal
from ui.tables import Column, configuration, downloads

HOSTING: dict[str, Text] = {"cloud": T("in the cloud"), "self_hosted": T("on your own server")}
_FACT, _NOTE, _VENDOR = "vendor_fact", "vendor_note", "own_vendor"


def show(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    """The card, part by part."""
    with st.container(border=True):
        st.subheader(literal(vendor.named(visit.language)))
        about = [literal(vendor.maker)] if vendor.maker else []
        about += [visit.say(HOSTING[place]) for place in vendor.hosting]
        if vendor.own:
            about.append(visit.say(T("entered by you")))
        if about:
            st.caption(" · ".join(about))
        parts = {
            "facts": (T("Facts and notes"), _facts),
            "ratings": (T("Ratings"), erp_ratings_panel.show),
            "prices": (T("Prices and offers"), erp_quotes_panel.show),
            "rfp": (T("Questionnaire"), erp_rfp_panel.show),
        }
        names = {key: text for key, (text, _) in parts.items()}
        parts[filters.segments(visit, "card", names, T("Show"), PAGE)][1](visit, choice, vendor)


def _facts(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    facts = facts_frame([vendor], today(visit.clock, visit.company.time_zone), visit.language)
    if facts.empty:
        st.info(
            visit.say(T("Nothing is published of this vendor that could be found: all of it is unknown.")),
            icon=":material/help:",
        )
    else:
        _facts_table(visit, facts, vendor)
    _unknown(visit, vendor)
    _own(visit, choice, vendor)
    if choice.may_change:
        left, right = st.columns(2)
        with left, st.expander(visit.say(T("Note a fact with its source")), icon=":material/fact_check:"):
            _fact_form(visit, vendor)
        with right, st.expander(visit.say(T("Write a note")), icon=":material/edit_note:"):
            _note_form(visit, vendor)


def _flag(visit: Visit, stale: bool, undated: bool) -> str:
    if undated:
        return visit.plain(T("the source bears no date"))
    return visit.plain(T("older than a year")) if stale else ""


def _facts_table(visit: Visit, facts: pd.DataFrame, vendor: Vendor) -> None:
    rows = facts.assign(
        about=facts["criterion"],
        grade=[visit.plain(T("own")) if grade == Grade.OWN else grade for grade in facts["grade"]],
        flag=[_flag(visit, bool(old), bool(bare)) for old, bare in zip(facts["stale"], facts["undated"], strict=True)],
    )
    columns = {
        "about": Column(T("Criterion")),
        "text": Column(T("Fact")),
        "source": Column(T("Source")),
        "as_of": Column(T("As of"), "day"),
        "grade": Column(
            T("Grade"),
            help=T("A: the vendor’s own page, repository or documentation; B: partner or third party; C: weak"),
        ),
        "flag": Column(T("Mind")),
    }
    config = st.column_config
    look = configuration(visit, columns) | {
        "about": config.TextColumn(visit.plain(T("Criterion")), width=120),
        "text": config.TextColumn(visit.plain(T("Fact")), width=320),
        "source": config.TextColumn(visit.plain(T("Source")), width=150),
    }
    st.dataframe(rows, hide_index=True, column_order=list(columns), column_config=look, placeholder="–")
    downloads(visit, rows, columns, T("Facts"), {visit.plain(T("Vendor")): vendor.named(visit.language)})


def about_of(visit: Visit, key: str) -> str:
    """What a fact is about, in words: a criterion and its leaf."""
    leaf = leaf_of(key)
    if leaf in LEAVES:
        return f"{visit.plain(CRITERIA[criterion_of(leaf)])} · {visit.plain(LEAVES[leaf])}"
    return visit.plain(CRITERIA[key]) if key in CRITERIA else key


def _unknown(visit: Visit, vendor: Vendor) -> None:
    lacking = unknown_leaves(vendor)
    if lacking:
        names = ", ".join(visit.plain(LEAVES[leaf]) for leaf in lacking)
        st.caption(
            visit.say(
                T("Nothing known yet about: {names}. Unknown widens the answer; it never counts as zero.", names=names)
            )
        )


def _own(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    """What the merchant noted, with who and when; facts stand among the published ones too."""
    with visit.database.reading() as connection:
        notes = own_facts(connection, [vendor.key], visit.language)
    if notes.empty:
        return
    st.markdown(f"**{visit.say(T('Noted by you'))}**")
    for row in notes.to_dict("records"):
        left, right = st.columns([8, 1.6], vertical_alignment="center")
        icon = ":material/edit_note:" if row["kind"] == "note" else ":material/fact_check:"
        left.markdown(f"{icon} {literal(row['text'])}")
        left.caption(visit.say(T("{name}, {day}", name=row["actor"], day=row["at"].date())))
        if choice.may_change:
            with right:
                _taking_back(visit, int(row["id"]))


def _taking_back(visit: Visit, fact_id: int) -> None:
    if st.button(visit.say(T("Take back")), icon=":material/undo:", key=f"fact_back_{fact_id}", type="tertiary"):
        acts.perform(visit, lambda uow: withdraw_fact(uow, fact_id), T("It no longer counts."))


def _fact_form(visit: Visit, vendor: Vendor) -> None:
    now = today(visit.clock, visit.company.time_zone)
    with st.form(f"fact_{acts.token(_FACT)}", border=False):
        about = st.selectbox(
            visit.say(T("Criterion")), list(LEAVES), index=None, format_func=lambda key: about_of(visit, key),
            placeholder=visit.say(T("Choose a criterion")),
        )  # fmt: skip
        text = st.text_input(visit.say(T("Fact")), max_chars=500)
        source = st.text_input(
            visit.say(T("Source")), max_chars=300, placeholder=visit.say(T("Page, person or document"))
        )
        one, two = st.columns(2)
        as_of = one.date_input(visit.say(T("As of")), now, max_value=now, format="YYYY-MM-DD")
        grade = two.selectbox(
            visit.say(T("Grade")),
            [str(grade) for grade in reversed(Grade)],
            format_func=lambda key: visit.plain(GRADES[Grade(key)]),
        )
        if st.form_submit_button(visit.say(T("Save fact")), type="primary", icon=":material/save:"):
            if about is None or not text.strip() or not source.strip():
                st.error(
                    visit.say(T("Say what it is about, the fact, and where it comes from.")), icon=":material/error:"
                )
                return
            fact = Fact(about=about, text=Bilingual(en=text, zh=text), source=source, as_of=as_of, grade=Grade(grade))

            def save(uow: UnitOfWork) -> None:
                add_fact(uow, NewFact(vendor.key, fact, token=acts.token(_FACT)))
                acts.renew(_FACT)

            acts.perform(visit, save)


def _note_form(visit: Visit, vendor: Vendor) -> None:
    with st.form(f"note_{acts.token(_NOTE)}", border=False):
        text = st.text_area(visit.say(T("Note")), max_chars=2000)
        if st.form_submit_button(visit.say(T("Save note")), type="primary", icon=":material/save:"):

            def save(uow: UnitOfWork) -> None:
                add_fact(uow, NewFact(vendor.key, text, token=acts.token(_NOTE)))
                acts.renew(_NOTE)

            acts.perform(visit, save)


def own_vendor(visit: Visit, choice: Choice) -> None:
    """The form for a system that the catalogue does not have."""
    st.markdown(f"**{visit.say(T('Add a system that is not in the catalogue'))}**")
    with st.form(f"vendor_{acts.token(_VENDOR)}", border=False):
        one, two, three = st.columns(3)
        name = one.text_input(visit.say(T("Name")), max_chars=120)
        name_zh = two.text_input(visit.say(T("Chinese name, if it has one")), max_chars=120)
        maker = three.text_input(visit.say(T("Maker")), max_chars=120)
        hosting = st.multiselect(
            visit.say(T("Runs")), list(HOSTING), format_func=lambda key: visit.plain(HOSTING[key]),
            placeholder=visit.say(T("not known")),
        )  # fmt: skip
        if st.form_submit_button(visit.say(T("Add system")), type="primary", icon=":material/add:"):

            def add(uow: UnitOfWork) -> None:
                own = OwnVendor(name=name, name_zh=name_zh, maker=maker, hosting=tuple(hosting))
                key = add_vendor(uow, own, acts.token(_VENDOR))
                list_vendors(uow, choice.at, [*(vendor.key for vendor in choice.document.vendors), key])
                acts.renew(_VENDOR)

            acts.perform(visit, add, T("It is added, and stands on the list."))
