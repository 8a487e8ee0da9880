"""One bar of filters under the title, the same on all pages, kept in the URL and across pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from erp_core.calendar import Period
from erp_core.catalog.views import categories
from erp_core.clock import today
from erp_core.orders.views import Filters, channels, data_span
from erp_core.text import T, Text
from ui.guard import Visit

PRESETS: dict[str, Text] = {
    "365": T("Last 365 days"),
    "90": T("Last 90 days"),
    "30": T("Last 30 days"),
    "all": T("All data"),
}
COMPARISONS: dict[str, Text] = {"previous": T("the period before"), "year": T("the year before")}


@dataclass(frozen=True)
class Chosen:
    """What the bar says; `first`: the first day with data, before which nothing can be compared."""

    period: Period
    before: Period
    against: Text
    filters: Filters
    first: dt.date


def _kept(name: str, options: list[str], default: str) -> str:
    held = st.query_params.get(name) or st.session_state.get(f"kept_{name}", default)
    return held if held in options else default


def bar(visit: Visit) -> Chosen | None:
    """The bar; None while there is no data. Periods end with the last day that has data."""
    with visit.database.reading() as connection:
        span = data_span(connection)
        shops = channels(connection)
        kinds = categories(connection)
    if span is None:
        return None
    last = min(span[1], today(visit.clock, visit.company.time_zone))
    columns = st.columns([2, 2, 3, 3])
    preset = choice(visit, columns[0], "period", PRESETS, T("Period"))
    comparison = choice(visit, columns[1], "against", COMPARISONS, T("Compared with"))
    names = {str(number): name for number, name in shops}
    picked = _many(visit, columns[2], "channel", names, T("Channel"))
    chosen_kinds = _many(visit, columns[3], "category", {kind: kind for kind in kinds}, T("Category"))
    start = span[0] if preset == "all" else last - dt.timedelta(days=int(preset) - 1)
    period = Period(max(start, span[0]) if preset == "all" else start, max(last, start))
    before = period.year_before() if comparison == "year" else period.before()
    filters = Filters(channels=tuple(int(word) for word in picked), categories=tuple(chosen_kinds))
    return Chosen(period, before, COMPARISONS[comparison], filters, span[0])


def choice(
    visit: Visit, place: st.delta_generator.DeltaGenerator, name: str, options: dict[str, Text], label: Text
) -> str:
    """A choice of one, kept in the URL in no language, and across pages."""
    words = list(options)
    held = _kept(name, words, words[0])
    chosen = place.selectbox(
        visit.say(label),
        words,
        index=words.index(held),
        format_func=lambda word: visit.say(options[word]),
        key=f"filter_{name}",
    )
    st.session_state[f"kept_{name}"] = chosen
    if chosen != words[0]:
        st.query_params[name] = chosen
    else:
        st.query_params.pop(name, None)
    return str(chosen)


def _many(
    visit: Visit, place: st.delta_generator.DeltaGenerator, name: str, options: dict[str, str], label: Text
) -> list[str]:
    if not options:
        return []
    held = st.query_params.get_all(name) or st.session_state.get(f"kept_{name}", [])
    chosen = place.multiselect(
        visit.say(label),
        list(options),
        default=[word for word in held if word in options],
        format_func=lambda word: options[word],
        placeholder=visit.say(T("All")),
        key=f"filter_{name}",
    )
    st.session_state[f"kept_{name}"] = list(chosen)
    if chosen:
        st.query_params[name] = list(chosen)
    else:
        st.query_params.pop(name, None)
    return [str(word) for word in chosen]
