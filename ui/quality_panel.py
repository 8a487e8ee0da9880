"""Can I trust the data? What is missing, how much revenue it touches, what it blocks, what to do."""

from __future__ import annotations

import streamlit as st

from erp_core.overview.quality import Gap, gaps
from erp_core.text import T, format_number, format_share
from ui.guard import Visit


def show(visit: Visit) -> None:
    """One card a gap, the open ones first."""
    with visit.database.reading() as connection:
        found = gaps(connection, visit.company)
    if not found:
        st.info(visit.say(T("Nothing has been imported yet.")), icon=":material/inbox:")
        return
    still_open = [gap for gap in found if not gap.closed]
    if not still_open:
        st.success(visit.say(T("Nothing is missing: every number rests on your data.")), icon=":material/verified:")
    for gap in still_open:
        _card(visit, gap)
    closed = [gap for gap in found if gap.closed]
    if closed:
        with st.expander(visit.say(T("{count} checks without a finding", count=len(closed)))):
            for gap in closed:
                st.markdown(f":green[:material/check:] {visit.say(gap.title)}")


def _card(visit: Visit, gap: Gap) -> None:
    with st.container(border=True):
        left, right = st.columns([1, 4], vertical_alignment="center")
        total = format_number(gap.total, visit.language)
        left.metric(visit.say(T("of {total}", total=total)), format_number(gap.count, visit.language))
        right.markdown(f"**{visit.say(gap.title)}**")
        facts = [visit.say(T("Blocks: {what}", what=gap.blocks))]
        if gap.revenue_share is not None:
            share = format_share(gap.revenue_share, visit.language)
            facts.insert(0, visit.say(T("They make {share} of revenue.", share=share)))
        right.markdown(" ".join(facts))
        right.caption(visit.say(gap.remedy))
