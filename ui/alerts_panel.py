"""Alerts in Settings: what is watched, by whom, what fires; and who is told of it and of the day."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from erp_core.attention.service import (
    Alert,
    change_alert,
    make_alert,
    make_alerts,
    mute_alert,
    remove_alert,
    unmute_alert,
)
from erp_core.attention.views import AlertState, offered, sentence
from erp_core.clock import today
from erp_core.metrics.registry import METRICS
from erp_core.overview.wording import in_unit, worded
from erp_core.text import T, Text, format_datetime
from ui import acts, targets_panel
from ui.alert_rows import place_of, states_of_now
from ui.guard import Visit
from ui.literal import literal
from ui.pages_list import address
from ui.tables import Column, configuration

COMPARISONS: dict[str, Text] = {"below": T("below"), "above": T("above")}
UNITS: dict[str, Text] = {
    "money": T("money"),
    "count": T("count"),
    "units": T("units"),
    "share": T("%"),
    "per_month": T("times a month"),
    "per_year": T("times a year"),
    "days": T("days"),
    "ratio": T("ratio"),
}
COLUMNS = {
    "number": Column(T("Watched number")),
    "state": Column(T("State")),
    "value": Column(T("Now")),
    "limit": Column(T("Threshold")),
    "days": Column(T("Over days"), "count"),
    "owner": Column(T("Owner")),
    "muted": Column(T("Muted until")),
    "last_fired": Column(T("Last fired")),
    "fired_lately": Column(T("Fired in 30 days"), "count"),
}


def show(visit: Visit) -> None:
    """The whole view."""
    with st.container(border=True):
        st.subheader(visit.say(T("Alerts")))
        st.caption(
            visit.say(
                T(
                    "An alert fires once when its number crosses the threshold, and again only after it came back. All "
                    "active targets below are told, unless it is muted."
                )
            )
        )
        with st.spinner(visit.say(T("Adding up …"))):
            states = states_of_now(visit)
        _offer(visit, states)
        chosen = _table(visit, states)
        if chosen is not None:
            _chosen(visit, chosen)
        with st.expander(visit.say(T("Watch another number")), icon=":material/add:", expanded=not states):
            alert = _form(visit, None, "new_alert")
            if alert is not None:
                acts.renew("new_alert")
                acts.perform(visit, lambda uow: make_alert(uow, alert), T("The alert is set."))
    targets_panel.show(visit)


def _offer(visit: Visit, states: tuple[AlertState, ...]) -> None:
    suggestions = offered(visit.company, states, visit.actor.name)
    if not suggestions:
        return
    words = "; ".join(
        visit.plain(
            T("{name} {comparison} {limit}", name=METRICS[one.measure].name, comparison=COMPARISONS[one.comparison],
              limit=_limit(visit, one))
        )
        for one in suggestions
    )  # fmt: skip
    st.markdown(visit.say(T("Your benchmarks suggest: {alerts}", alerts=words)))
    if st.button(visit.say(T("Set these alerts")), icon=":material/notification_add:", key="set_offered"):
        acts.perform(visit, lambda uow: make_alerts(uow, suggestions), T("The alerts are set."))


def _limit(visit: Visit, alert: Alert) -> str:
    metric = METRICS[alert.measure]
    currency = visit.company.base_currency if metric.unit == "money" else None
    return in_unit(alert.threshold, metric.unit, currency, visit.language)


def _table(visit: Visit, states: tuple[AlertState, ...]) -> AlertState | None:
    if not states:
        st.info(visit.say(T("No number is watched yet.")), icon=":material/notifications:")
        return None
    zone = visit.company.time_zone

    def moment(at: dt.datetime | None) -> str | None:
        return None if at is None else format_datetime(at, visit.language, zone)

    rows = [
        {
            "number": visit.plain(METRICS[state.alert.measure].name),
            "state": visit.plain(_word_of(state)),
            "value": "–" if state.value is None else worded(state.value, visit.language),
            "limit": f"{visit.plain(COMPARISONS[state.alert.comparison])} {_limit(visit, state.alert)}",
            "days": state.alert.days,
            "owner": state.alert.owner,
            "muted": moment(state.muted_until),
            "last_fired": moment(state.last_fired),
            "fired_lately": state.fired_lately,
        }
        for state in states
    ]
    event = st.dataframe(
        rows, placeholder="–", hide_index=True, column_order=list(COLUMNS), on_select="rerun", selection_mode="single-row",
        column_config=configuration(visit, COLUMNS), key="alerts_table",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if not picked or picked[0] >= len(states):
        st.caption(visit.say(T("Choose a row to change, mute or remove an alert, or to see its rows.")))
        return None
    return states[picked[0]]


def _word_of(state: AlertState) -> Text:
    if state.firing:
        return T("fires")
    return T("fires at the next look") if state.beyond else T("quiet")


def _chosen(visit: Visit, state: AlertState) -> None:
    with st.container(border=True):
        st.markdown(f"**{literal(sentence(state, visit.company.base_currency, visit.language))}**")
        with st.container(horizontal=True):
            if st.button(visit.say(T("See the rows")), key="alert_rows", icon=":material/arrow_forward:"):
                page, query = place_of(state.alert.measure)
                st.switch_page(address(page), query_params=query)
            if state.muted_until is None:
                with st.popover(visit.say(T("Mute")), icon=":material/notifications_off:", key="mute_alert"):
                    _mute(visit, state)
            elif st.button(visit.say(T("Unmute")), key="unmute_alert", icon=":material/notifications:"):
                acts.perform(visit, lambda uow: unmute_alert(uow, state.id), T("It calls again."))
            if st.button(visit.say(T("Remove")), key="remove_alert", icon=":material/delete:"):
                acts.perform(visit, lambda uow: remove_alert(uow, state.id), T("The alert is removed."))
        changed = _form(visit, state.alert, f"alert_{state.id}")
        if changed is not None:
            acts.perform(visit, lambda uow: change_alert(uow, state.id, changed))


def _mute(visit: Visit, state: AlertState) -> None:
    now = today(visit.clock, visit.company.time_zone)
    with st.form("mute_form", border=False):
        until = st.date_input(visit.say(T("Mute until")), now + dt.timedelta(days=7), key="mute_until")
        if st.form_submit_button(visit.say(T("Mute"))):
            acts.perform(visit, lambda uow: mute_alert(uow, state.id, until), T("It is watched, but calls nobody."))


def _form(visit: Visit, held: Alert | None, form: str) -> Alert | None:
    """The form of an alert; what was sent with it, or None."""
    names = list(METRICS)
    token = acts.token(form)
    label = {name: visit.plain(METRICS[name].name) for name in names}
    measure = held.measure if held else "turnover_month"
    # outside the form: the threshold's unit follows the number at once
    measure = st.selectbox(
        visit.say(T("Watched number")),
        names,
        names.index(measure),
        format_func=label.__getitem__,
        key=f"measure_{form}_{token}",
    )
    unit = METRICS[measure].unit
    is_share = unit == "share"
    with st.form(f"form_{form}_{token}", border=False):
        one, two, three, four = st.columns([2, 2, 2, 3])
        comparison = one.selectbox(
            visit.say(T("Fires")), list(COMPARISONS), list(COMPARISONS).index(held.comparison) if held else 0,
            format_func=lambda word: visit.say(COMPARISONS[word]), key=f"comparison_{form}_{token}",
        )  # fmt: skip
        words = visit.company.base_currency if unit == "money" else UNITS[unit]
        start = None if held is None or held.measure != measure else held.threshold * (100 if is_share else 1)
        limit = two.number_input(
            visit.say(T("Threshold ({unit})", unit=words)),
            value=start,
            format="%.2f",
            key=f"limit_{measure}_{form}_{token}",
        )
        days = three.number_input(
            visit.say(T("Over the last days")), 1, 366, held.days if held else 30, key=f"days_{form}_{token}"
        )
        owner = four.text_input(
            visit.say(T("Owner")), held.owner if held else visit.actor.name, key=f"owner_{form}_{token}", max_chars=80
        )
        if not st.form_submit_button(visit.say(T("Save")), icon=":material/save:", key=f"save_{form}"):
            return None
    if limit is None:
        st.warning(visit.say(T("Fill in the threshold.")), icon=":material/edit:")
        return None
    return Alert(measure, comparison, round(limit / 100, 8) if is_share else limit, int(days), owner)
