"""The vendors on the list, what is known of each, and one of them opened."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.text import T, Text, format_number
from erp_core.vendors import service
from erp_core.vendors.coverage import coverage
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.schema import Vendor
from ui import acts, erp_choice, erp_vendor_card, kept
from ui.erp_choice import Choice
from ui.guard import Visit
from ui.tables import Column, configuration, downloads

PRICES: dict[str, Text] = {
    "quote": T("your quote"),
    "list": T("list price"),
    "unknown": T("unknown"),
}
_VENDOR = "vendor"


def show(visit: Visit, choice: Choice) -> None:
    """The whole view."""
    if choice.may_change:
        with st.expander(
            visit.say(T("Which systems are compared?")),
            icon=":material/playlist_add:",
            expanded=not choice.document.vendors,
        ):
            _shortlist(visit, choice)
            erp_vendor_card.own_vendor(visit, choice)
    if not choice.document.vendors:
        st.info(visit.say(T("No vendor is on the list yet.")), icon=":material/playlist_add:")
        return
    known = coverage(choice.document, today(visit.clock, visit.company.time_zone))
    _numbers(visit, known)
    _table(visit, choice, known)
    vendor = _opened(visit, choice)
    erp_vendor_card.show(visit, choice, vendor)


def _shortlist(visit: Visit, choice: Choice) -> None:
    every = {vendor.key: vendor for vendor in erp_choice.every_vendor(visit)}
    listed = [vendor.key for vendor in choice.document.vendors]
    left, right = st.columns([6, 1.2], vertical_alignment="bottom")
    chosen = left.multiselect(
        visit.say(T("Vendors on the list")), list(every), default=listed, key=f"listed_{choice.id}_{'.'.join(listed)}",
        format_func=lambda key: every[key].named(visit.language), placeholder=visit.say(T("Choose from the catalogue")),
    )  # fmt: skip
    if right.button(
        visit.say(T("Save list")),
        icon=":material/save:",
        type="primary",
        disabled=set(chosen) == set(listed),
        width="stretch",
    ):
        wanted = tuple(key for key in every if key in chosen)
        acts.perform(visit, lambda uow: service.list_vendors(uow, choice.at, wanted), T("The list is saved."))


def _numbers(visit: Visit, known: pd.DataFrame) -> None:
    cells = (
        (T("Vendors on the list"), len(known)),
        (T("With a price"), int((known["price"] != "unknown").sum())),
        (T("Facts"), int(known["facts"].sum())),
        (T("Older than a year"), int(known["stale"].sum())),
        (T("Without a date"), int(known["undated"].sum())),
    )
    row = st.container(horizontal=True, gap="xsmall")
    for label, value in cells:
        row.container(width="stretch").metric(visit.say(label), format_number(value, visit.language), border=True)


def _table(visit: Visit, choice: Choice, known: pd.DataFrame) -> None:
    names = {vendor.key: vendor.named(visit.language) for vendor in choice.document.vendors}
    shares = ["all", *(key for key in CRITERIA if key in known)]
    rows = known.assign(name=known["key"].map(names), price=[visit.plain(PRICES[word]) for word in known["price"]])
    rows[shares] = rows[shares].round(2)
    told = T("Share of the requirements that count of which it is known how they are met")
    columns = {
        "name": Column(T("System")),
        "price": Column(T("Price")),
        "facts": Column(T("Facts"), "count", T("Published ones, and your own")),
        "stale": Column(T("Old"), "count", T("Facts that are older than a year")),
        "undated": Column(T("Undated"), "count", T("Facts whose source bears no date")),
        "all": Column(T("Known"), "percent", told),
    } | {key: Column(CRITERIA[key], "percent") for key in shares[1:]}
    st.markdown(f"**{visit.say(T('What is known of each'))}**")
    st.caption(
        visit.say(T("Share of the requirements that count, by criterion, of which it is known how they are met."))
    )
    st.dataframe(
        rows, hide_index=True, column_order=list(columns), column_config=configuration(visit, columns), placeholder="–"
    )
    downloads(visit, rows, columns, T("What is known of each vendor"), {})


def _opened(visit: Visit, choice: Choice) -> Vendor:
    vendors = {vendor.key: vendor for vendor in choice.document.vendors}
    held = kept.word(_VENDOR, erp_choice.PAGE)
    held = held if held in vendors else next(iter(vendors))
    st.selectbox(
        visit.say(T("Open a vendor")), list(vendors), format_func=lambda key: vendors[key].named(visit.language),
        key=kept.filled(_VENDOR, held), on_change=kept.chosen_in, args=(_VENDOR, erp_choice.PAGE),
    )  # fmt: skip
    kept.publish(_VENDOR, [held], erp_choice.PAGE)
    return vendors[held]
