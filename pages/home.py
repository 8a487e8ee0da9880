"""What needs a decision today?"""

import streamlit as st

from erp_core.overview.decisions import decisions, setup_steps
from erp_core.security.permissions import Permission
from erp_core.text import T, format_money
from ui import charts, reads, states
from ui.filters import bar
from ui.guard import require
from ui.headline import headline
from ui.pages_list import address

visit = require(Permission.VIEW_DASHBOARDS)
HEADLINE = ("revenue", "turnover_month", "in_stock_rate", "orders_waiting", "cash_in_stock", "cancel_rate")


@st.cache_resource(max_entries=8, show_spinner=False)
def list_of_decisions(_visit, key, as_of):
    with _visit.database.reading() as connection:
        return decisions(connection, _visit.company, as_of, reads.position(_visit))


st.title(visit.say(T("What needs a decision today?")))
with visit.database.reading() as connection:
    steps = setup_steps(connection, visit.company)
at = reads.moment(visit)
chosen = bar(visit)
if chosen is None:
    states.no_data(visit, T("No sales yet. Drop the export of your shop, and the numbers of your shop stand here."))
else:
    with st.spinner(visit.say(T("Adding up …"))):
        numbers = reads.numbers(visit, chosen)
    headline(visit, HEADLINE, numbers.now, numbers.changes, visit.say(T("against {period}", period=chosen.against)))

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
        st.subheader(visit.say(T("Decisions, most money first")))
        with st.spinner(visit.say(T("Adding up …"))):
            found = list_of_decisions(visit, at.key, at.as_of)
        if not found:
            st.success(visit.say(T("Nothing needs a decision today.")), icon=":material/check:")
        for number, decision in enumerate(found):
            with st.container(border=True):
                words, money, go = st.columns([6, 2, 2], vertical_alignment="center")
                words.markdown(f"**{visit.say(decision.title)}**  \n:gray[{visit.say(decision.why)}]")
                if decision.money:
                    money.markdown(
                        f"**{format_money(decision.money, visit.company.base_currency, visit.language, compact=True)}**"
                    )
                if go.button(
                    visit.say(T("Open")), key=f"decision_{number}_{decision.key}", icon=":material/arrow_forward:"
                ):
                    st.switch_page(address(decision.page), query_params=dict(decision.query))
        months, currency = numbers.months, numbers.currency
        best = months.loc[months["revenue"].idxmax(), "month"] if months["revenue"].notna().any() else None
        if best is not None:
            title = visit.say(
                T("Revenue by month ({currency}): best in {month}", currency=currency, month=f"{best:%Y-%m}")
            )
            charts.show(visit, charts.bars(title, months["month"], months["revenue"]), months, "home_revenue", title)
