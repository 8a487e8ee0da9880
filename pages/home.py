"""What needs a decision today?"""

import streamlit as st

from erp_core.overview.decisions import setup_steps
from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import account_panel, acts, alert_rows, charts, decision_list, decision_rows, demo_panel, reads, states
from ui.filters import bar
from ui.guard import require
from ui.headline import Moved, headline
from ui.pages_list import address

visit = require(Permission.VIEW_DASHBOARDS)
HEADLINE = ("revenue", "turnover_month", "in_stock_rate", "orders_waiting", "cash_in_stock")


st.title(visit.say(T("What needs a decision today?")))
acts.say_what_was_done(visit)
if visit.actor.channels is not None:
    account_panel.some_shops_only(visit)
    st.stop()
rows = decision_rows.asked()
if rows is not None:
    decision_rows.show(visit, rows)
    st.stop()
with visit.database.reading() as connection:
    steps = setup_steps(connection, visit.company)
chosen = bar(visit)
if chosen is None:
    states.no_data(visit, T("No sales yet. Drop the export of your shop, and the numbers of your shop stand here."))
    demo_panel.offer(visit)
else:
    with st.spinner(visit.say(T("Adding up …"))):
        numbers = reads.numbers(visit, chosen)
        weeks = reads.weeks(visit, chosen)
    errors_known = numbers.now["order_error_rate"].value is not None
    sixth = "order_error_rate" if errors_known else "cancel_rate"
    against = visit.say(T("against {period}", period=chosen.against))
    headline(visit, (*HEADLINE, sixth), numbers.now, Moved(against, numbers.changes, weeks))

setting_up = not all(step.done for step in steps)
left, right = st.columns([3, 1]) if setting_up else (st.container(), st.container())
with right:
    if setting_up:
        st.subheader(visit.say(T("Set up")))
        for step in steps:
            label = visit.say(step.text)
            if step.done:
                st.markdown(f":green[:material/check_circle:] {label}")
            else:
                st.page_link(
                    address(step.page),
                    label=label,
                    icon=":material/radio_button_unchecked:",
                    query_params=dict(step.query),
                )
with left:
    if chosen is not None:
        alert_rows.show(visit)
        decision_list.show(visit)
        months, currency = numbers.months, numbers.currency
        best = months.loc[months["revenue"].idxmax(), "month"] if months["revenue"].notna().any() else None
        if best is not None:
            title = visit.plain(
                T("Revenue by month ({currency}): best in {month}", currency=currency, month=f"{best:%Y-%m}")
            )
            charts.show(visit, charts.bars(title, months["month"], months["revenue"]), months, "home_revenue", title)
