"""What a vendor asks: the offers it made to this merchant, its published price lists, and the form for a new offer."""

from __future__ import annotations

import streamlit as st

from erp_core.clock import today
from erp_core.text import T, Text
from erp_core.vendors import offers, service
from erp_core.vendors.catalogue import stale
from erp_core.vendors.schema import Grade, Plan, Vendor
from erp_core.vendors.views import KeptQuote, quotes
from ui import acts, erp_offer_form
from ui.erp_choice import Choice
from ui.guard import Visit

GRADES: dict[Grade, Text] = {
    Grade.A: T("A · the vendor’s own page or documentation"),
    Grade.B: T("B · partner or third party"),
    Grade.C: T("C · weak"),
    Grade.OWN: T("your own"),
}


def show(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    """Offers first, then price lists, then the form."""
    offered = _offers(visit, choice, vendor)
    if vendor.plans:
        st.markdown(f"**{visit.say(T('Published price lists'))}**")
        for plan in vendor.plans:
            _plan(visit, plan)
    elif not offered:
        st.info(
            visit.say(T("No price of this vendor is published: it is unknown until there is an offer.")),
            icon=":material/help:",
        )
    if choice.may_change:
        with st.expander(visit.say(T("Enter an offer")), icon=":material/request_quote:"):
            erp_offer_form.show(visit, choice, vendor)


def _offers(visit: Visit, choice: Choice, vendor: Vendor) -> bool:
    """Every offer of the vendor; whether one counts still."""
    with visit.database.reading() as connection:
        held = [kept for kept in quotes(connection, choice.id, withdrawn=True) if kept.quote.vendor == vendor.key]
    st.markdown(f"**{visit.say(T('Offers to you'))}**")
    if not held:
        st.caption(visit.say(T("None yet. An offer goes before price lists.")))
    for kept in reversed(held):
        with st.container(border=True):
            _plan(visit, kept.quote.plan)
            st.caption(" · ".join(_notes(visit, kept)))
            if choice.may_change and kept.withdrawn_at is None:
                _withdrawal(visit, choice, kept)
    return any(kept.withdrawn_at is None for kept in held)


def _notes(visit: Visit, kept: KeptQuote) -> list[str]:
    now = today(visit.clock, visit.company.time_zone)
    notes = [visit.say(T("entered by {name}", name=kept.actor))]
    valid = kept.quote.valid_until
    if valid is not None:
        notes.append(visit.say(T("valid until {day}", day=valid) if valid >= now else T("expired on {day}", day=valid)))
    if kept.withdrawn_at is not None:
        notes.append(visit.say(T("withdrawn: it no longer counts")))
    if kept.quote.note:
        notes.append(visit.say(kept.quote.note))
    return notes


def _withdrawal(visit: Visit, choice: Choice, kept: KeptQuote) -> None:
    if st.button(visit.say(T("Withdraw this offer")), icon=":material/undo:", key=f"withdraw_{kept.id}"):
        acts.perform(visit, lambda uow: service.withdraw_quote(uow, choice.at, kept.id), T("The offer is withdrawn."))


def _plan(visit: Visit, plan: Plan) -> None:
    """A price list or an offer, with its source."""
    said = " · ".join(visit.say(text) for text in offers.told(plan, visit.language))
    st.markdown(f"**{visit.say(plan.named(visit.language))}** — {said or visit.say(T('no price is told'))}")
    told = [visit.say(T("Source: {source}", source=plan.source)), visit.say(GRADES[plan.grade])]
    if plan.as_of is None:
        told.insert(1, visit.say(T("the source bears no date")))
    else:
        told.insert(1, visit.say(T("as of {day}", day=plan.as_of)))
        if stale(plan, today(visit.clock, visit.company.time_zone)):
            told.append(f":orange[:material/history: {visit.say(T('older than a year'))}]")
    if plan.at_least:
        told.append(visit.say(T("a price “from”: it may cost more")))
    if plan.by_choice:
        told.append(visit.say(T("has limits that the scenario does not know: it counts where you choose it")))
    if plan.note is not None:
        told.append(visit.say(plan.note.said(visit.language)))
    st.caption(" · ".join(told))
