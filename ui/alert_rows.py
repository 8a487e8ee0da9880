"""What fires, in compact rows above the decisions: the number, whose it is, the way to its rows."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from erp_core.attention.views import AlertState, alert_states, measured, sentence, undelivered
from erp_core.calendar import local_day
from erp_core.clock import today
from erp_core.overview.views import MetricValue
from erp_core.text import T, format_date
from ui import reads
from ui.guard import Visit
from ui.literal import literal
from ui.pages_list import ENTRIES, address

# Which page has the rows of a number, and with which parameters; numbers that are not here are about sales.
PLACES: dict[str, tuple[str, dict[str, str]]] = {
    "orders_waiting": ("home", {"rows": "ship"}),
    "order_error_rate": ("home", {"rows": "wrong"}),
    "gross_margin": ("products", {"view": "profit"}),
    "gross_margin_share": ("products", {"view": "profit"}),
    "contribution": ("products", {"view": "profit"}),
    "contribution_share": ("products", {"view": "profit"}),
    "shortage": ("inventory", {"status": "short"}),
    "excess": ("inventory", {"status": "excess"}),
    "dead_stock": ("inventory", {"status": "dead"}),
}
STOCK = frozenset(
    {"average_inventory_value", "average_inventory_units", "turnover_month", "turnover_year", "days_of_inventory",
     "sell_through", "in_stock_rate", "cash_in_stock", "gmroi"}
)  # fmt: skip


def place_of(measure: str) -> tuple[str, dict[str, str]]:
    """The page, and its parameters, that has the rows of a number."""
    if measure in PLACES:
        return PLACES[measure]
    if measure in STOCK:
        return "inventory", {}
    has_sales = any(entry.name == "sales" and entry.path.exists() for entry in ENTRIES)
    return ("sales" if has_sales else "products"), ({} if has_sales else {"view": "profit"})


@st.cache_resource(max_entries=8, show_spinner=False)
def _values(
    _visit: Visit, key: str, now: dt.date, wanted: tuple[tuple[int, str, int], ...]
) -> dict[int, MetricValue | None]:
    with _visit.database.reading() as connection:
        states = alert_states(connection, _visit.clock.now())
        found = measured(connection, _visit.company, states, now)
    return {state.id: state.value for state in found}


def states_of_now(visit: Visit, *, firing: bool = False) -> tuple[AlertState, ...]:
    """The alerts with their values of now, cached by what is stored; `firing`: only those that fire."""
    at = reads.moment(visit)
    with visit.database.reading() as connection:
        states = [state for state in alert_states(connection, visit.clock.now()) if state.firing or not firing]
    if not states:
        return ()
    values = _values(visit, at.key, at.now, tuple((s.id, s.alert.measure, s.alert.days) for s in states))
    return tuple(state.with_value(values.get(state.id)) for state in states)


def show(visit: Visit) -> None:
    """The rows; nothing where nothing fires and every message arrived."""
    now = today(visit.clock, visit.company.time_zone)
    with visit.database.reading() as connection:
        lost = undelivered(connection, now, visit.clock.now())
    firing = states_of_now(visit, firing=True)
    if not firing and not lost:
        return
    st.subheader(visit.say(T("Alerts")))
    for state in firing:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            _firing(visit, state)
    for message in lost:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            told = T("No message reached “{name}”: {reason}", name=message.target.name,
                     reason=message.detail or T("the sending was broken off"))  # fmt: skip
            st.markdown(f":orange[:material/mark_email_unread:] {visit.say(told)}", width="stretch")
            if st.button(visit.say(T("Open")), key=f"open_lost_{message.target.id}", icon=":material/arrow_forward:"):
                st.switch_page(address("settings"), query_params={"view": "alerts"})


def _firing(visit: Visit, state: AlertState) -> None:
    icon = ":gray[:material/notifications_off:]" if state.muted_until else ":red[:material/notifications_active:]"
    words = sentence(state, visit.company.base_currency, visit.language)
    since = "–" if state.since is None else format_date(local_day(state.since, visit.company.time_zone), visit.language)
    whose = visit.say(T("owner: {name}", name=state.alert.owner))
    over = visit.say(T("last {days} days", days=state.alert.days))
    st.markdown(
        f"{icon} **{literal(words)}**  \n:gray[{over} · {whose} · {visit.say(T('since {day}', day=since))}]",
        width="stretch",
    )
    if st.button(visit.say(T("Open")), key=f"open_alert_{state.id}", icon=":material/arrow_forward:"):
        page, query = place_of(state.alert.measure)
        st.switch_page(address(page), query_params=query)
