"""What belongs in the contract, where each clause stands, and what one of them is worth.

The clauses are those that buyers miss later: a cap on renewals, notice of a rise, a price lock, fewer seats at renewal,
an open export, help on exit, credits for a broken SLA, a restore that was tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from erp_core.text import Money, T, Text
from erp_core.vendors.cost import total_cost
from erp_core.vendors.naming import percent
from erp_core.vendors.schema import Decision, Evidence, Fit, Pricing

CAP_TO_ASK = 0.05  # buyers report getting caps of 3 to 5 %
RISE_FEARED = 0.07  # what a renewal without a cap may bring (published lists of vendors rose by 3 to 15 %)


class State(StrEnum):
    """Whether a clause stands in the offer, is only said, is refused, or was not spoken of."""

    OFFERED = "offered"
    SAID = "said"
    REFUSED = "refused"
    OPEN = "open"


STATES: Mapping[State, Text] = {
    State.OFFERED: T("In writing"),
    State.SAID: T("Said, not yet in writing"),
    State.REFUSED: T("Not offered"),
    State.OPEN: T("Not spoken of yet"),
}


@dataclass(frozen=True)
class Clause:
    """One clause: its name, what to have written, where it stands, and what is known of its worth."""

    key: str
    title: Text
    ask: Text
    state: State
    worth: Text | None = None


# Of the template's requirements, those that a clause answers.
_ANSWERED_BY: Mapping[str, str] = {
    "notice_alarm": "exit.notice.price_rise",
    "seat_reduction": "exit.licence.fewer_seats",
    "open_export": "exit.data.complete",
    "exit_help": "exit.notice.help",
    "sla_credits": "service.sla.credits",
    "restore_test": "security.restore.tested",
}

_CLAUSES: Mapping[str, tuple[Text, Text]] = {
    "renewal_cap": (
        T("Renewal cap"),
        T("No renewal raises the price by more than a stated share a year; buyers report getting 3 to 5 %."),
    ),
    "notice_alarm": (
        T("Notice alarm"),
        T("A rise is announced in writing long enough before the last day of notice; put that day into the calendar."),
    ),
    "price_lock": (
        T("Price lock"),
        T("The price of further users, orders and modules stays as offered for a stated number of years."),
    ),
    "seat_reduction": (
        T("Fewer seats at renewal"),
        T("Users and modules may be given back at each renewal, at the same price each."),
    ),
    "open_export": (
        T("Open export"),
        T("All data, documents and history can be taken out at any time, whole, in an open format, at no fee."),
    ),
    "exit_help": (
        T("Help on exit"),
        T("After notice the data stays readable for a stated time, and help with moving it has a stated price."),
    ),
    "sla_credits": (
        T("SLA credits"),
        T("Uptime and time to answer are promised in figures, and missing them brings money back."),
    ),
    "restore_test": (
        T("Restore test"),
        T("A restore of your own data is shown before going live and once a year, with the time it took."),
    ),
}


def checklist(decision: Decision, vendor: str, pricing: Pricing | None) -> tuple[Clause, ...]:
    """Every clause for one vendor. `pricing`: what it is paid by, None = unknown."""
    clauses = []
    for key, (title, ask) in _CLAUSES.items():
        worth = None
        if key == "renewal_cap":
            state = State.OFFERED if pricing is not None and pricing.renewal.cap is not None else State.OPEN
            worth = _worth_of_cap(decision, pricing) if pricing is not None else None
        elif key == "price_lock":
            state = State.OFFERED if pricing is not None and pricing.renewal.locked_years > 1 else State.OPEN
        else:
            state = _state_of(decision, vendor, _ANSWERED_BY[key])
        clauses.append(Clause(key, title, ask, state, worth))
    return tuple(clauses)


def _state_of(decision: Decision, vendor: str, requirement: str) -> State:
    """Where a clause stands, by the rating of its requirement; only what is in writing counts as offered."""
    of_vendor = next(one for one in decision.vendors if one.key == vendor)
    said: list[tuple[Fit, Evidence]] = [
        (rating.fit, rating.evidence)
        for rating in decision.ratings
        if rating.vendor == vendor and rating.requirement == requirement and rating.fit is not Fit.UNKNOWN
    ]
    said = said or [(fit.fit, fit.evidence) for fit in of_vendor.fits if fit.requirement == requirement]
    if not said:
        return State.OPEN
    fit, evidence = said[-1]
    if fit in (Fit.NONE, Fit.ROADMAP):
        return State.REFUSED
    return State.SAID if evidence is Evidence.CLAIM else State.OFFERED


def _worth_of_cap(decision: Decision, pricing: Pricing) -> Text | None:
    """What the cap saves over the horizon if prices would else rise by `RISE_FEARED` a year."""
    scenario = decision.scenario
    cap = pricing.renewal.cap if pricing.renewal.cap is not None else CAP_TO_ASK
    if cap >= RISE_FEARED or scenario.years == 1:
        return None

    def total(growth: float) -> float:
        renewal = pricing.renewal.model_copy(update={"growth": growth, "cap": None})
        return float(total_cost(pricing.model_copy(update={"renewal": renewal}), scenario).to_numpy().sum())

    saved = total(RISE_FEARED) - total(cap)
    if saved <= 0:
        return None
    return T(
        "At {rise} % a year instead of {cap} %, {years} years cost {money} more.",
        rise=percent(RISE_FEARED),
        cap=percent(cap),
        years=scenario.years,
        money=Money(saved, scenario.currency),
    )
