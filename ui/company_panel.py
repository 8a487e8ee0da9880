"""The company in Settings: its name, money, time zone, benchmarks, planning defaults, charges, exchange rates."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from zoneinfo import available_timezones

import streamlit as st

from erp_core.catalog.service import set_charge_words
from erp_core.catalog.views import charge_words
from erp_core.clock import today
from erp_core.company.service import CompanyChange, change_company
from erp_core.company.views import Benchmarks
from erp_core.db.uow import UnitOfWork
from erp_core.finance.service import remove_rate, set_rate
from erp_core.finance.views import rate_rows
from erp_core.money import currencies
from erp_core.overview.settings import recompute
from erp_core.text import T
from ui import acts
from ui.guard import Visit


def show(visit: Visit) -> None:
    """The whole view."""
    _company(visit)
    _charges(visit)
    _rates(visit)


def _company(visit: Visit) -> None:
    company = visit.company
    with st.form("company"):
        st.subheader(visit.say(T("Company")))
        name = st.text_input(visit.say(T("Company name")), company.name)
        left, right = st.columns(2)
        known = sorted(currencies())
        base = left.selectbox(
            visit.say(T("Base currency")), known, index=known.index(company.base_currency),
            help=visit.say(T("Sums over several currencies are in this one, at each day’s rate.")),
        )  # fmt: skip
        zones = sorted(available_timezones())
        zone = right.selectbox(
            visit.say(T("Time zone")), zones, index=zones.index(company.time_zone),
            help=visit.say(T("Decides which day an order belongs to.")),
        )  # fmt: skip
        if not (company.money_chosen and company.zone_chosen):
            st.caption(visit.say(T("Currency and zone were taken from your first import. Save to confirm them.")))
        st.markdown(f"**{visit.say(T('Turnover / month'))}**")
        low, high, target = st.columns(3)
        marks = Benchmarks(
            low.number_input(visit.say(T("Trade, from")), 0.1, 100.0, company.benchmarks.turnover_low, 0.1),
            high.number_input(visit.say(T("Trade, to")), 0.1, 100.0, company.benchmarks.turnover_high, 0.1),
            target.number_input(visit.say(T("Our target")), 0.1, 100.0, company.benchmarks.turnover_target, 0.1),
        )
        st.markdown(f"**{visit.say(T('Planning, where nothing better is known'))}**")
        one, two, three, four, five = st.columns(5)
        plan = replace(
            company.planning,
            service_level=one.number_input(
                visit.say(T("Service level")), 0.5, 0.999, company.planning.service_level, 0.005, format="%.3f"
            ),
            lead_time_days=two.number_input(visit.say(T("Lead time in days")), 0, 365, company.planning.lead_time_days),
            review_days=three.number_input(
                visit.say(T("Days between two orders")), 1, 90, company.planning.review_days
            ),
            excess_days=four.number_input(
                visit.say(T("Too much beyond (days)")), 1, 1000, company.planning.excess_days
            ),
            dead_days=five.number_input(
                visit.say(T("Does not sell after (days)")), 1, 1000, company.planning.dead_days
            ),
        )
        if st.form_submit_button(visit.say(T("Save")), type="primary", icon=":material/save:"):

            def change(uow: UnitOfWork) -> None:
                """Change the company and compute anew what rests on it."""
                recompute(uow, change_company(uow, CompanyChange(name, base, zone, marks, plan)))

            acts.perform(visit, change)


def _charges(visit: Visit) -> None:
    with visit.database.reading() as connection:
        words = charge_words(connection)
    with st.form("charges"):
        st.subheader(visit.say(T("Charges")))
        st.caption(
            visit.say(
                T(
                    "Lines whose whole SKU or whole name is one of these words are charges, not products: postage, fees, differences."
                )
            )
        )
        text = st.text_area(visit.say(T("One word a line")), "\n".join(words), height=180)
        if st.form_submit_button(visit.say(T("Save")), icon=":material/save:"):
            acts.perform(visit, lambda uow: set_charge_words(uow, text.splitlines()))


def _rates(visit: Visit) -> None:
    company = visit.company
    with visit.database.reading() as connection:
        rates = rate_rows(connection)
    with st.container(border=True):
        st.subheader(visit.say(T("Exchange rates")))
        with st.form("rate", border=False):
            day, currency, value, go = st.columns([2, 2, 2, 1], vertical_alignment="bottom")
            when = day.date_input(visit.say(T("Date")), today(visit.clock, company.time_zone))
            which = currency.selectbox(
                visit.say(T("Currency")),
                [word for word in sorted(currencies()) if word != company.base_currency],
                index=None,
            )
            worth = value.text_input(visit.say(T("1 unit is worth ({base})", base=company.base_currency)))
            if go.form_submit_button(visit.say(T("Add")), icon=":material/add:"):
                try:
                    exact = Decimal(worth.strip().replace(",", "."))
                except InvalidOperation:
                    exact = Decimal(0)
                acts.perform(visit, lambda uow: set_rate(uow, when, which or "", company.base_currency, exact))
        if len(rates):
            titles = {
                "ds": T("Date"),
                "currency": T("Currency"),
                "base": T("Base currency"),
                "rate": T("Exchange rate"),
            }
            event = st.dataframe(
                rates, placeholder="–", hide_index=True, column_order=list(titles), on_select="rerun", selection_mode="single-row", key="rates",
                column_config={key: visit.plain(title) for key, title in titles.items()},
            )  # fmt: skip
            picked = event["selection"]["rows"]
            if picked and st.button(visit.say(T("Remove this rate")), icon=":material/delete:"):
                acts.perform(visit, lambda uow: remove_rate(uow, int(rates["id"].iloc[picked[0]])))
