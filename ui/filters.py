"""One bar of filters under the title, the same on all pages, kept in the URL and across pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from erp_core.calendar import Period
from erp_core.catalog.views import NO_CATEGORY, categories, has_uncategorised
from erp_core.clock import today
from erp_core.orders.views import Filters, channels, data_span, within
from erp_core.text import T, Text
from ui import kept, saved_views
from ui.guard import Visit

PRESETS: dict[str, Text] = {
    "365": T("Last 365 days"),
    "90": T("Last 90 days"),
    "30": T("Last 30 days"),
    "all": T("All data"),
    "custom": T("From … to"),
}
COMPARISONS: dict[str, Text] = {"previous": T("the period before"), "year": T("the year before")}
_NONE_IN_URL = "none"  # a parameter without a value would not be sent


@dataclass(frozen=True)
class Chosen:
    """What the bar says; `first`: the first day with data, before which nothing can be compared."""

    period: Period
    before: Period
    against: Text
    filters: Filters
    first: dt.date
    channel_names: tuple[str, ...] = ()


def bar(visit: Visit) -> Chosen | None:
    """The bar; None while there is no data. Periods end with the last day that has data. Whoever is limited to some
    shops gets these alone, whatever the URL or a saved view says."""
    limits = visit.actor.channels
    with visit.database.reading() as connection:
        span = data_span(connection)
        shops = [shop for shop in channels(connection) if limits is None or shop[0] in limits]
        kinds = categories(connection)
        some_without = bool(kinds) and has_uncategorised(connection)
    if span is None:
        return None
    last = max(min(span[1], today(visit.clock, visit.company.time_zone)), span[0])
    columns = st.columns([2, 2, 2.6, 2.6, 1.5], vertical_alignment="bottom")
    preset = choice(visit, columns[0], "period", PRESETS, T("Period"))
    start, end = span[0] if preset == "all" else last, last
    if preset == "custom":
        start, end = _days(visit, st.columns([3, 7])[0], Period(span[0], last))
    else:
        kept.leave_out("from", "to")
    if preset not in ("custom", "all"):
        start = last - dt.timedelta(days=int(preset) - 1)
    comparison = choice(visit, columns[1], "against", COMPARISONS, T("Compared with"))
    names = {str(number): name for number, name in shops}
    picked = _many(visit, columns[2], "channel", names, T("Channel"))
    of_kinds = {kind: kind for kind in kinds}
    if some_without:
        of_kinds[_NONE_IN_URL] = visit.say(T("No category"))
    chosen_kinds = _many(visit, columns[3], "category", of_kinds, T("Category"))
    with columns[4]:
        saved_views.show(visit)
    period = Period(start, end)
    before = period.year_before() if comparison == "year" else period.before()
    filters = Filters(
        channels=tuple(int(word) for word in picked),
        categories=tuple(NO_CATEGORY if word == _NONE_IN_URL else word for word in chosen_kinds),
    )
    filters = within(filters, limits)
    of_channels = tuple(names[str(number)] for number in filters.channels if str(number) in names)
    return Chosen(period, before, COMPARISONS[comparison], filters, span[0], of_channels)


def narrow_to(period: Period) -> None:
    """Set the bar to these days: for the callback of a click, and for going back."""
    kept.keep("period", ["custom"])
    kept.keep("from", [period.start.isoformat()])
    kept.keep("to", [period.end.isoformat()])


def only_channel(channel_id: int) -> None:
    """Set the bar to one channel: for the callback of a click."""
    kept.keep("channel", [str(channel_id)])


def only_category(name: str) -> None:
    """Set the bar to one category, `NO_CATEGORY` for products without one: for the callback of a click."""
    kept.keep("category", [name or _NONE_IN_URL])


def _day(word: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(word)
    except ValueError:
        return None


def _days(visit: Visit, place: st.delta_generator.DeltaGenerator, span: Period) -> tuple[dt.date, dt.date]:
    """The two days of a period of one's own; while only one is chosen, the period stays as it was."""
    start = _day(kept.word("from")) or max(span.start, span.end - dt.timedelta(days=29))
    end = _day(kept.word("to")) or span.end
    start, end = min(start, end), max(start, end)
    place.date_input(
        visit.say(T("From … to")), key=kept.filled("days", (start, end)), on_change=_days_chosen, format="YYYY-MM-DD"
    )
    kept.publish("from", [start.isoformat()])
    kept.publish("to", [end.isoformat()])
    return start, end


def _days_chosen() -> None:
    days = st.session_state["filter_days"]
    if isinstance(days, tuple) and len(days) == 2:
        kept.keep("from", [days[0].isoformat()])
        kept.keep("to", [days[1].isoformat()])


def held_of(name: str, options: Mapping[str, Text], page: str = "") -> str:
    """What is chosen of `options`, before the control that chooses is drawn; the first option is the default."""
    held = kept.word(name, page)
    return held if held in options else next(iter(options))


def choice(
    visit: Visit, place: st.delta_generator.DeltaGenerator, name: str, options: Mapping[str, Text], label: Text
) -> str:
    """A choice of one, kept in the URL in no language, and across pages; the first option is the default."""
    names = list(options)
    held = held_of(name, options)
    place.selectbox(
        visit.say(label),
        names,
        format_func=lambda word: visit.say(options[word]),
        key=kept.filled(name, held),
        on_change=kept.chosen_in,
        args=(name,),
    )
    kept.publish(name, [held] if held != names[0] else [])
    return held


def _many(
    visit: Visit, place: st.delta_generator.DeltaGenerator, name: str, options: dict[str, str], label: Text
) -> list[str]:
    if not options:
        return []
    held = [word for word in kept.words(name) if word in options]
    place.multiselect(
        visit.say(label),
        list(options),
        format_func=lambda word: options[word],
        placeholder=visit.say(T("All")),
        key=kept.filled(name, held),
        on_change=kept.chosen_in,
        args=(name,),
    )
    kept.publish(name, held)
    return held


def picks(visit: Visit, name: str, options: Mapping[str, Text], label: Text, page: str) -> list[str]:
    """A choice of any number, kept for one page and in the URL in no language; none chosen = all."""
    held = [word for word in kept.words(name, page) if word in options]
    st.multiselect(
        visit.say(label),
        list(options),
        format_func=lambda word: visit.plain(options[word]),
        placeholder=visit.say(T("All")),
        key=kept.filled(f"{page}_{name}", held),
        on_change=_picked,
        args=(name, page),
    )
    kept.publish(name, held, page)
    return held


def _picked(name: str, page: str) -> None:
    kept.keep(name, st.session_state[f"filter_{page}_{name}"], page)


def segments(visit: Visit, name: str, options: Mapping[str, Text], label: Text, page: str) -> str:
    """A choice of one side by side, kept for one page; the first option is the default."""
    names = list(options)
    held = held_of(name, options, page)
    st.segmented_control(
        visit.say(label),
        names,
        required=True,
        format_func=lambda word: visit.say(options[word]),
        key=kept.filled(f"{page}_{name}", held),
        on_change=_segment_chosen,
        args=(name, page),
        label_visibility="collapsed",
    )
    kept.publish(name, [held] if held != names[0] else [], page)
    return held


def _segment_chosen(name: str, page: str) -> None:
    value = st.session_state[f"filter_{page}_{name}"]
    kept.keep(name, [value] if value else [], page)
