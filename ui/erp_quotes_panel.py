"""What a vendor asks: the offers it made to this merchant, its published price lists, and the form for a new offer."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork
from erp_core.text import T, Text, format_date
from erp_core.vendors import offers, service
from erp_core.vendors.schema import Plan, Vendor
from ui import acts, erp_choice, erp_offer_form
from ui.erp_choice import Choice
from ui.guard import Visit

GRADES: dict[str, Text] = {}


def show(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    """Offers first, then price lists, then the form."""
    _offers(visit, choice, vendor)
    if vendor.plans:
        st.markdown(f"**{visit.say(T('Published price lists'))}**")
        for plan in vendor.plans:
            _plan(visit, plan)
    else:
        st.info(visit.say(T("No price of this vendor is published: it is unknown until there is an offer.")), icon=":material/help:")
    if choice.may_change:
        with st.expander(visit.say(T("Enter an offer")), icon=":material/request_quote:"):
            erp_offer_form.show(visit, choice, vendor)


def _offers(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    held = erp_choice.quotes(visit, choice)
    held = held[held["vendor"] == vendor.key]
    st.markdown(f"**{visit.say(T('Offers to you'))}**")
    if held.empty:
        st.caption(visit.say(T("None yet. An offer goes before price lists.")))
        return
    now = today(visit.clock, visit.company.time_zone)
    for row in held.to_dict("records"):
        with st.container(border=True):
            _plan(visit, row["quote"].plan)
            valid = row["quote"].valid_until
            notes = [visit.say(T("entered by {name}", name=row["actor"]))]
            if valid is not None:
                day = format_date(valid, visit.language)
                notes.append(visit.say(T("valid until {day}", day=day) if valid >= now else T("expired on {day}", day=day)))
            if row["withdrawn"]:
                notes.append(visit.say(T("withdrawn: it no longer counts")))
            if row["quote"].note:
                notes.append(visit.say(row["quote"].note))
            st.caption(" · ".join(notes))
            if choice.may_change and not row["withdrawn"] and st.button(
                visit.say(T("Withdraw this offer")), icon=":material/undo:", key=f"withdraw_{row['id']}"
            ):
                quote_id = int(row["id"])
                acts.perform(visit, lambda uow: service.withdraw_quote(uow, choice.at, quote_id), T("The offer is withdrawn."))


def _plan(visit: Visit, plan: Plan) -> None:
    """A price list or an offer, with its source."""
    said = " · ".join(visit.say(text) for text in offers.told(plan, visit.language))
    st.markdown(f"**{visit.say(plan.name)}** — {said or visit.say(T('no price is told'))}")
    st.caption(source_of(visit, plan))
