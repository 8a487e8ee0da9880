"""Gates come before scores: a must that is not met, or a cost that may burst the budget, shuts a vendor out.

A must is met natively, by configuration, by a third party or by customisation; a roadmap meets nothing yet. What is
unknown, and what evaluators see differently, shuts nobody out: the gate is open until somebody finds out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from erp_core.text import Money, T
from erp_core.vendors.naming import FIT_NAMES, need_words, percent_up, vendor_words
from erp_core.vendors.results import Gate, VendorCost
from erp_core.vendors.schema import Decision, Fit, Priority, Requirement, Vendor
from erp_core.vendors.scoring import Floats, Opinion

MEETS = frozenset({Fit.NATIVE, Fit.CONFIGURATION, Fit.THIRD_PARTY, Fit.CUSTOMISATION})

FAILED, OPEN = "failed", "open"
MUST, BUDGET = "must", "budget"

_HALVINGS = 60


def must_gates(decision: Decision, held: Mapping[tuple[str, str], tuple[Opinion, ...]]) -> Iterator[Gate]:
    """The musts that a vendor does not meet, or of which nobody knows; vendor by vendor, in the decision's order."""
    musts = [need for need in decision.requirements if need.priority is Priority.MUST]
    for vendor in decision.vendors:
        for need in musts:
            gate = must_gate(vendor, need, held.get((vendor.key, need.key), ()))
            if gate is not None:
                yield gate


def must_gate(vendor: Vendor, need: Requirement, held: Sequence[Opinion]) -> Gate | None:
    """The gate of one must, None where it is met."""
    fits = {opinion.fit for opinion in held} - {Fit.UNKNOWN}
    named = {"vendor": vendor_words(vendor), "need": need_words(need)}
    if not fits:
        return Gate(
            vendor.key, MUST, OPEN, need.key,
            T("Nobody knows whether {vendor} meets a must: “{need}”.", **named),
            T("Ask {vendor} for “{need}” and have it shown in a demonstration.", **named),
        )  # fmt: skip
    if not fits & MEETS:
        worst = Fit.ROADMAP if Fit.ROADMAP in fits else Fit.NONE
        if worst is Fit.ROADMAP:
            way_back = T("{vendor} delivers “{need}” before you sign, and shows it in a demonstration.", **named)
        else:
            way_back = T(
                "{vendor} offers “{need}” at least by a third party or by customisation, "
                "and shows it in a demonstration.",
                **named,
            )
        reason = T("{vendor} does not meet a must: “{need}” ({fit}).", fit=FIT_NAMES[worst], **named)
        return Gate(vendor.key, MUST, FAILED, need.key, reason, way_back)
    if fits - MEETS:
        return Gate(
            vendor.key, MUST, OPEN, need.key,
            T("Evaluators disagree whether {vendor} meets a must: “{need}”.", **named),
            T("Look at “{need}” of {vendor} together, and agree on one rating.", **named),
        )  # fmt: skip
    return None


def budget_gate(vendor: Vendor, cost: VendorCost, decision: Decision, free: Floats | None) -> Gate | None:
    """The gate of the budget, None where P90 stays within it or no budget is stated; a “from” price leaves it open.

    `free`: the same draws of the total, had the software cost nothing.
    """
    if decision.budget is None:
        return None
    named = {"vendor": vendor_words(vendor)}
    currency = decision.scenario.currency
    budget = Money(decision.budget, currency)
    if cost.p90 is None or cost.draws is None:
        return Gate(
            vendor.key, BUDGET, OPEN, None,
            T("Nobody knows whether {vendor} stays within the budget: its cost is unknown.", **named),
            T("Ask {vendor} for a quote.", **named),
        )  # fmt: skip
    if cost.p90 <= decision.budget:
        if not cost.at_least:
            return None
        return Gate(
            vendor.key, BUDGET, OPEN, None,
            T("Nobody knows whether {vendor} stays within the budget: its price is a “from” price.", **named),
            T("Ask {vendor} for a quote.", **named),
        )  # fmt: skip
    reason = T(
        "{vendor} may burst the budget: in one case of ten it costs more than {p90}; the budget is {budget}.",
        p90=Money(cost.p90, currency), budget=budget, **named,
    )  # fmt: skip
    cut = None if free is None else price_cut(cost.draws, free, 0.9, decision.budget)
    if cut is not None:
        way_back = T(
            "A software price {percent} % lower brings what {vendor} costs in nine cases of ten down to {budget}.",
            percent=percent_up(cut), budget=budget, **named,
        )  # fmt: skip
    else:
        over = cost.p90 - decision.budget if free is None else float(np.quantile(free, 0.9)) - decision.budget
        way_back = T(
            "No discount on the software of {vendor} suffices: {amount} more have to go, from what is paid besides.",
            amount=Money(over, currency), **named,
        )  # fmt: skip
    return Gate(vendor.key, BUDGET, FAILED, None, reason, way_back)


def price_cut(full: Floats, free: Floats, quantile: float, target: float) -> float | None:
    """The smallest share off the software's price that brings a quantile of the total down to `target`.

    Draw by draw the total is a straight line between what it is at no price (`free`) and at the full one. None where
    no discount suffices; 0 where none is needed. Bisection, to 60 halvings.
    """

    def total(cut: float) -> float:
        return float(np.quantile(full + cut * (free - full), quantile))

    if total(0.0) <= target:
        return 0.0
    if total(1.0) > target:
        return None
    below, above = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        below, above = (below, middle) if total(middle) <= target else (middle, above)
    return above
