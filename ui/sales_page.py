"""The page Sales: the numbers of the period, over time, by shop, category and SKU, from gross to net, down to orders."""

from __future__ import annotations

import streamlit as st

from erp_core.overview.sales import figures
from erp_core.overview.views import changes
from erp_core.text import T, format_date
from ui import charts, kept, sales_breakdown, sales_chain, sales_numbers, sales_orders_panel, sales_trend, states
from ui.filters import bar, held_of, narrow_to
from ui.guard import Visit
from ui.headline import Moved, headline
from ui.sales_breakdown import BYS
from ui.sales_numbers import MEASURE_NAMES, Reading

HEADLINE = ("revenue", "net_sales", "orders", "average_order_value", "units", "return_rate")


def show(visit: Visit) -> None:
    """The whole page."""
    chosen = bar(visit)
    if chosen is None:
        states.no_data(
            visit, T("No sales yet. Import them, and this page says what sold, where, and compared with what.")
        )
        return
    _way_back(visit)
    key = sales_numbers.key_of(visit)
    reading = Reading(
        chosen, held_of("measure", MEASURE_NAMES), held_of("by", BYS), sales_trend.grain_chosen(chosen.period), key
    )
    with st.spinner(visit.say(T("Adding up …"))):
        sums, others = sales_numbers.time_of(visit, reading)
        rows = sales_numbers.rows_of(visit, reading)
    now = figures(sums)
    before = others.get(reading.against)
    moved = changes(now, figures(before)) if before is not None else {}
    headline(visit, HEADLINE, now, Moved(visit.say(T("against {period}", period=chosen.against)), moved))
    if rows.empty:
        states.nothing_matches(visit)
        return
    sales_trend.show(visit, reading, (sums, others, rows))
    sales_breakdown.show(visit, reading, rows)
    sales_chain.show(visit, reading)
    sales_orders_panel.show(visit, reading)


def _way_back(visit: Visit) -> None:
    """Where a click on the chart came from."""
    trail = st.session_state.get(sales_trend.TRAIL, [])
    if not trail:
        return
    period = trail[-1][0]
    label = T(
        "Back to {start} – {end}",
        start=format_date(period.start, visit.language),
        end=format_date(period.end, visit.language),
    )
    st.button(visit.say(label), key="sales_back", icon=":material/arrow_back:", type="tertiary", on_click=_go_back)


def _go_back() -> None:
    period, words = st.session_state[sales_trend.TRAIL].pop()
    charts.followed()
    narrow_to(period)
    for name, held in words.items():
        kept.keep(name, held)
