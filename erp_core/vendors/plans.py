"""What a vendor is paid by: a quote before price lists, the list meant before the cheapest that serves.

Nothing that serves means that the cost is unknown, with the reason in words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from erp_core.errors import BadInput
from erp_core.text import T, Text
from erp_core.vendors import schema
from erp_core.vendors.bill import Bill, expected_total
from erp_core.vendors.naming import words

# What meeting a requirement by another product costs goes to integration, everything else to customisation.
_KIND = {schema.Fit.THIRD_PARTY: "integration"}


@dataclass(frozen=True)
class Taken:
    """`name` of the price list or quote (None = none serves), `quote` whether it is one, its `bill`; `reason` why it is
    this one, or why there is none; `remarks`: what the price leaves open."""

    vendor: str
    name: str | None
    quote: bool
    bill: Bill | None
    reason: Text
    remarks: tuple[Text, ...] = ()
    at_least: bool = False  # the price is a “from” price


def price_of(vendor: schema.Vendor, decision: schema.Decision) -> Taken:
    """The quote or price list that a vendor is paid by in a decision.

    In this order: the latest quote that is valid on the decision's day; the list that `plans_taken` names; the cheapest
    list, on average over all years, that serves the scenario. What cannot be reckoned (no room for the users, no
    exchange rate) is passed over and named in the reason.
    """
    passed: list[Text] = []
    for quote in valid_quotes(vendor.key, decision):
        bill, trouble = tried(vendor, quote.plan, decision)
        if bill is not None:
            day = quote.plan.as_of
            reason = T("By a quote without a date.") if day is None else T("By the quote of {day}.", day=day)
            return _taken(quote.plan, bill, reason, passed + _ended(vendor.key, decision, since=day), quote=True)
        passed.append(T("The quote “{name}” is passed over: {why}", name=quote.plan.name, why=trouble))
    passed += _ended(vendor.key, decision)
    named = decision.plans_taken.get(vendor.key)
    if named is not None:
        return _named(vendor, named, decision, passed)
    return _cheapest(vendor, decision, passed)


def valid_quotes(vendor: str, decision: schema.Decision) -> list[schema.Quote]:
    """The quotes of a vendor that are valid on the decision's day, latest first (of one day, the one listed last)."""
    quotes = [quote for quote in decision.quotes if quote.vendor == vendor and is_valid(quote, decision)]
    quotes.reverse()
    return sorted(quotes, key=lambda quote: quote.plan.as_of or dt.date.min, reverse=True)


def is_valid(quote: schema.Quote, decision: schema.Decision) -> bool:
    """Whether a quote can still be accepted on the decision's day."""
    return quote.valid_until is None or quote.valid_until >= decision.as_of


def _ended(vendor: str, decision: schema.Decision, since: dt.date | None = None) -> list[Text]:
    """The quotes that can no longer be accepted; `since`: only those later than that."""
    return [
        T("The quote “{name}” ended on {day}.", name=quote.plan.name, day=quote.valid_until)
        for quote in decision.quotes
        if quote.vendor == vendor
        and not is_valid(quote, decision)
        and (since is None or (quote.plan.as_of is not None and quote.plan.as_of > since))
    ]


def _named(vendor: schema.Vendor, named: str, decision: schema.Decision, passed: list[Text]) -> Taken:
    for plan in vendor.plans:
        if plan.name == named:
            bill, trouble = tried(vendor, plan, decision)
            if bill is None:
                return _none(vendor, [T("The chosen price list “{name}”: {why}", name=named, why=trouble), *passed])
            return _taken(plan, bill, T("By the price list chosen, “{name}”.", name=named), passed)
    return _none(vendor, [T("The chosen price list “{name}” is not among this vendor’s.", name=named), *passed])


def _cheapest(vendor: schema.Vendor, decision: schema.Decision, passed: list[Text]) -> Taken:
    serving: list[tuple[float, schema.Plan, Bill]] = []
    for plan in vendor.plans:
        if plan.by_choice:
            continue
        bill, trouble = tried(vendor, plan, decision)
        if bill is None:
            passed.append(T("“{name}”: {why}", name=plan.name, why=trouble))
        else:
            serving.append((expected_total(bill), plan, bill))
    if serving:
        _, plan, bill = min(serving, key=lambda entry: entry[0])
        if len(vendor.plans) == 1:
            reason = T("By the only price list that is published, “{name}”.", name=plan.name)
        else:
            reason = T("By “{name}”, the cheapest price list that serves these years.", name=plan.name)
        return _taken(plan, bill, reason, passed)
    if any(plan.by_choice for plan in vendor.plans) and not passed:
        return _none(vendor, [T("Its price lists have limits of their own: choose the one that is meant.")])
    return _none(vendor, passed or [T("No price is published and no quote is in.")])


def _taken(plan: schema.Plan, bill: Bill, reason: Text, passed: list[Text], *, quote: bool = False) -> Taken:
    remarks = list(passed)
    if plan.at_least:
        remarks.append(T("The price is a “from” price: the total is a lower bound."))
    if plan.note is not None:
        remarks.append(T("Left open by the source: {note}", note=words(plan.note)))
    return Taken(bill.vendor, plan.name, quote, bill, reason, tuple(remarks), plan.at_least)


def _none(vendor: schema.Vendor, reasons: Sequence[Text]) -> Taken:
    said = reasons[0]
    for reason in reasons[1:]:
        said = T("{first} {second}", first=said, second=reason)
    return Taken(vendor.key, None, False, None, said)


def tried(vendor: schema.Vendor, plan: schema.Plan, decision: schema.Decision) -> tuple[Bill | None, Text | None]:
    """The bill of a plan, or None and why there is none."""
    if not plan.pricing.parts:
        return None, T("The price of the software is not told.")
    bill = Bill(plan.pricing, decision.scenario, vendor.key, met_at_a_cost(vendor.key, decision))
    try:
        expected_total(bill)
    except BadInput as refusal:
        return None, refusal.message
    return bill, None


def met_at_a_cost(vendor: str, decision: schema.Decision) -> dict[str, float]:
    """What it costs once to meet requirements, by kind of cost, in the decision's currency: the mean of what evaluators
    state for each requirement, not counting requirements that are not needed."""
    needed = {
        requirement.key
        for requirement in decision.requirements
        if requirement.priority is not schema.Priority.NOT_NEEDED
    }
    stated: dict[str, list[schema.Rating]] = {}
    for rating in decision.ratings:
        if rating.vendor == vendor and rating.requirement in needed and rating.cost is not None:
            stated.setdefault(rating.requirement, []).append(rating)
    sums: dict[str, float] = {}
    for ratings in stated.values():
        kind = _KIND.get(ratings[0].fit, "customisation")
        sums[kind] = sums.get(kind, 0.0) + sum(rating.cost or 0.0 for rating in ratings) / len(ratings)
    return sums
