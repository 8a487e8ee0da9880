"""Can I trust the data? What is missing, how much revenue it touches, what it blocks, what to do, and which rows it is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.overview.quality import Gap
from erp_core.overview.quality_rows import COLUMNS, GapQuery, gap_rows
from erp_core.overview.sales_orders import EXPORTED_AT_MOST
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_datetime, format_number, format_share
from ui import kept, reads, states
from ui.guard import Visit
from ui.pages_list import ENTRIES, address
from ui.sales_orders_panel import STATES
from ui.tables import Column, configuration, downloads

TITLES: dict[str, Column] = {
    "sku": Column(T("SKU")),
    "name": Column(T("Product name")),
    "category": Column(T("Category")),
    "units": Column(T("Units"), "count"),
    "revenue": Column(T("Revenue"), "money"),
    "currency": Column(T("Currency")),
    "last_sale": Column(T("Last sale"), "day"),
    "location": Column(T("Location")),
    "on_hand": Column(T("In stock"), "count"),
    "shortfall": Column(T("Sold beyond it"), "count", T("Units sold that counts and receipts do not account for")),
    "ds": Column(T("Date"), "day"),
    "channel": Column(T("Channel")),
    "external_id": Column(T("Order id")),
    "state": Column(T("State")),
    "first_day": Column(T("First day"), "day"),
    "last_day": Column(T("Last day"), "day"),
    "days": Column(T("Days without a rate"), "count"),
    "orders": Column(T("Orders"), "count"),
    "batch_id": Column(T("Import")),
    "at": Column(T("When")),
    "file": Column(T("File")),
    "row": Column(T("Row")),
    "reason": Column(T("Reason")),
    "cells": Column(T("What the row says")),
}
_DAYS = ("ds", "last_sale", "first_day", "last_day")
_ROWS_SHOWN = 1_000
_PAGE = "quality"


def show(visit: Visit) -> None:
    """One card a gap, the open ones first; the chosen one with its rows."""
    found = reads.gaps(visit)
    if not found:
        st.info(visit.say(T("Nothing has been imported yet.")), icon=":material/inbox:")
        return
    still_open = [gap for gap in found if not gap.closed]
    chosen = kept.word("gap", _PAGE)
    chosen = chosen if chosen in {gap.key for gap in still_open} else ""
    kept.publish("gap", [chosen] if chosen else [], _PAGE)
    if not chosen:
        kept.leave_out("find")
    if not still_open:
        st.success(visit.say(T("Nothing is missing: every number rests on your data.")), icon=":material/verified:")
    for gap in still_open:
        _card(visit, gap, gap.key == chosen)
    closed = [gap for gap in found if gap.closed]
    if closed:
        with st.expander(visit.say(T("{count} checks without a finding", count=len(closed)))):
            for gap in closed:
                st.markdown(f":green[:material/check:] {visit.say(gap.title)}")


def _query(visit: Visit, gap: Gap, search: str, limit: int) -> GapQuery:
    return GapQuery(gap.key, search, limit, visit.language, visit.actor.may(Permission.SEE_PERSONAL_DATA))


def _card(visit: Visit, gap: Gap, is_open: bool) -> None:
    with st.container(border=True):
        left, right = st.columns([1, 4], vertical_alignment="center")
        total = format_number(gap.total, visit.language)
        left.metric(visit.say(T("of {total}", total=total)), format_number(gap.count, visit.language))
        with right:
            st.markdown(f"**{visit.say(gap.title)}**")
            facts = [visit.say(T("Blocks: {what}", what=gap.blocks))]
            if gap.revenue_share is not None:
                share = format_share(gap.revenue_share, visit.language)
                facts.insert(0, visit.say(T("They make {share} of revenue.", share=share)))
            st.markdown(" ".join(facts))
            _blocked(visit, gap)
            st.caption(visit.say(gap.remedy))
            with st.container(horizontal=True):
                label = T("Hide the rows") if is_open else T("Show the rows")
                st.button(
                    visit.say(label), key=f"gap_{gap.key}", icon=":material/table_rows:",
                    on_click=_choose, args=("" if is_open else gap.key,),
                )  # fmt: skip
                page, view = gap.page
                if st.button(
                    visit.say(T("Supply what is missing")), key=f"supply_{gap.key}", icon=":material/arrow_forward:",
                    type="tertiary",
                ):  # fmt: skip
                    st.switch_page(address(page), query_params={"view": view})
        if is_open:
            _rows(visit, gap)


def _choose(key: str) -> None:
    kept.keep("gap", [key] if key else [], _PAGE)
    kept.keep("find", [], _PAGE)


def _blocked(visit: Visit, gap: Gap) -> None:
    """The numbers that stay unknown, each to its definition, and the pages that say less."""
    titles = {entry.name: entry for entry in ENTRIES if visit.actor.may(entry.permission)}
    pages = [(name, view) for name, view in gap.pages if name in titles]
    if not gap.metrics and not pages:
        return
    with st.container(horizontal=True):
        for name, view in pages:
            st.page_link(
                address(name), label=visit.say(titles[name].title), icon=titles[name].icon,
                query_params={"view": view} if view else None,
            )  # fmt: skip
        for key in gap.metrics:
            st.page_link(
                address("glossary"), label=visit.say(METRICS[key].name), icon=":material/menu_book:",
                query_params={"metric": key},
            )  # fmt: skip


def _rows(visit: Visit, gap: Gap) -> None:
    search = kept.word("find", _PAGE)
    st.text_input(
        visit.say(T("Search")), key=kept.filled("quality_find", search), on_change=_searched, icon=":material/search:"
    )  # fmt: skip
    kept.publish("find", [search] if search else [], _PAGE)
    with visit.database.reading() as connection:
        found = gap_rows(connection, visit.company, _query(visit, gap, search, _ROWS_SHOWN))
    if found.rows.empty:
        states.nothing_matches(visit)
        return
    columns = {name: TITLES[name] for name in COLUMNS[gap.key]}
    if gap.key == "customers":
        columns["revenue"] = Column(T("Revenue"), "number")
    if found.total > len(found.rows):
        text = T("The first {shown} of {count}; the download has all.", shown=format_number(len(found.rows), visit.language),
                 count=format_number(found.total, visit.language))  # fmt: skip
        st.caption(visit.say(text))
    shown = _worded(visit, found.rows)
    st.dataframe(
        shown, column_order=list(columns), column_config=configuration(visit, columns), hide_index=True, placeholder="–",
        height="content" if len(shown) <= 10 else 400, key=f"gap_rows_{gap.key}",
    )  # fmt: skip
    told = {visit.say(T("Search")): search} if search else {}
    downloads(visit, lambda: _all(visit, gap, search), columns, gap.title, told)


def _searched() -> None:
    held = st.session_state["filter_quality_find"]
    kept.keep("find", [held] if held else [], _PAGE)


def _all(visit: Visit, gap: Gap, search: str) -> pd.DataFrame:
    with visit.database.reading() as connection:
        query = _query(visit, gap, search, EXPORTED_AT_MOST)
        return _worded(visit, gap_rows(connection, visit.company, query).rows)


def _worded(visit: Visit, rows: pd.DataFrame) -> pd.DataFrame:
    """Days as days, times and states in the reader's words."""
    days = {name: pd.to_datetime(rows[name]).dt.date for name in _DAYS if name in rows}
    shown = rows.assign(**days)
    if "state" in shown:
        words: dict[str, Text] = STATES
        shown["state"] = [visit.plain(words.get(state, state)) for state in shown["state"]]
    if "at" in shown:
        shown["at"] = [format_datetime(at, visit.language, visit.company.time_zone) for at in shown["at"]]
    return shown
