"""What a price hides, what is paid for nothing, what money buys, and which question is worth asking first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from erp_core.text import Money, T
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.gates import MEETS
from erp_core.vendors.jury import in_a_row
from erp_core.vendors.naming import need_words, percent, vendor_words
from erp_core.vendors.results import Overkill, PriceTrap, Question, VendorCost
from erp_core.vendors.schema import Decision, Fit, Priority, Requirement, Vendor
from erp_core.vendors.scoring import FIT_VALUES, Floats, Opinion

# What is unknown of a must may turn out as a fit that does not meet it: half-way between roadmap and customisation.
NOT_MET_BELOW = (FIT_VALUES[Fit.ROADMAP] + FIT_VALUES[Fit.CUSTOMISATION]) / 2
QUESTIONS = 20
_GRID = (np.arange(200) + 0.5) / 200  # equally likely values of what is unknown


# --- the price trap ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opinions:
    """Shares of opinions in which each vendor comes first (0 for those out): over all weightings alike (`anywhere`),
    and over weightings around the stated one (`around`). `in_play`: who is not out; `winner`: who comes first."""

    anywhere: Floats
    around: Floats
    in_play: tuple[int, ...]
    winner: int | None


def price_trap(
    decision: Decision,
    costs: Sequence[VendorCost],
    first_year: Sequence[float | None],
    opinions: Opinions,
) -> PriceTrap | None:
    """How the quote that asks least in its first year fares, None where no price is known.

    `first_year`: what is paid for the software in year 1, in the scenario's currency.
    """
    known = [at for at, price in enumerate(first_year) if price is not None and costs[at].p50 is not None]
    if not known:
        return None
    cheapest = min(known, key=lambda at: first_year[at] or 0.0)
    cost, asked = costs[cheapest], first_year[cheapest]
    assert asked is not None
    assert cost.p50 is not None
    assert cost.p90 is not None
    currency = decision.scenario.currency
    named = {
        "vendor": vendor_words(decision.vendors[cheapest]),
        "asked": Money(asked, currency),
        "years": decision.scenario.years,
        "p50": Money(cost.p50, currency),
        "p90": Money(cost.p90, currency),
    }
    said = [
        T("{vendor} asks least: {asked} in the first year. Over {years} years it costs {p50}, in one case of ten more "
          "than {p90}.", **named),
    ]  # fmt: skip
    if cheapest in opinions.in_play:
        said.append(
            T("It comes first in {percent} % of all possible opinions, and in {own} % of those near yours.",
              percent=percent(float(opinions.anywhere[cheapest])), own=percent(float(opinions.around[cheapest])))
        )  # fmt: skip
    else:
        said.append(T("It does not pass the gates, so that it never comes first."))
    winner = opinions.winner
    if winner is not None and winner != cheapest:
        first = costs[winner]
        if first.p50 is not None and first.p90 is not None:
            said.append(
                T("{winner}, which comes first, costs {p50}, in one case of ten more than {p90}.",
                  winner=vendor_words(decision.vendors[winner]), p50=Money(first.p50, currency),
                  p90=Money(first.p90, currency))
            )  # fmt: skip
        else:
            said.append(
                T("What {winner}, which comes first, costs is unknown.", winner=vendor_words(decision.vendors[winner]))
            )
    if len(known) < len(costs):
        said.append(T("Prices are known of {known} of {count} vendors.", known=len(known), count=len(costs)))
    key = decision.vendors[cheapest].key
    return PriceTrap(key, float(opinions.anywhere[cheapest]), asked, cost.p50, cost.p90, in_a_row(said))


# --- overkill ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paid:
    """What is paid for one vendor's software over the horizon, and for its modules that serve only what nobody needs
    (part of the former); in the scenario's currency."""

    software: float
    idle_modules: float


def idle_modules(serves: Mapping[str, Iterable[str]], decision: Decision) -> tuple[str, ...]:
    """Of modules (key → requirements that they serve) those that serve requirements, all of them not needed."""
    priorities = {need.key: need.priority for need in decision.requirements}
    found = []
    for module, keys in serves.items():
        served = {priorities[key] for key in keys if key in priorities}
        if served == {Priority.NOT_NEEDED}:
            found.append(module)
    return tuple(found)


def overkill(
    decision: Decision,
    vendor: Vendor,
    held: Mapping[tuple[str, str], tuple[Opinion, ...]],
    cost: VendorCost,
    paid: Paid | None,
) -> Overkill | None:
    """What a vendor is paid for requirements marked not needed, None where its cost is unknown.

    Two parts: modules that serve nothing else; and of the rest of the software's price the share that the not needed
    have in the weights of all requirements known to be met. What it would cost to meet such a requirement is not among
    them: nobody pays it, and no total holds it.
    """
    if paid is None or cost.p50 is None:
        return None
    met = [
        need
        for need in decision.requirements
        if any(opinion.fit in MEETS for opinion in held.get((vendor.key, need.key), ()))
    ]
    whole = sum(need.weight for need in met)
    vain = sum(need.weight for need in met if need.priority is Priority.NOT_NEEDED)
    share = vain / whole if whole else 0.0
    spread = (paid.software - paid.idle_modules) * share
    amount = paid.idle_modules + spread
    if amount <= 0:
        return None
    currency = decision.scenario.currency
    said = [
        T("{vendor} is paid {amount} over {years} years for what you marked not needed.",
          vendor=vendor_words(vendor), amount=Money(amount, currency), years=decision.scenario.years)
    ]  # fmt: skip
    if paid.idle_modules > 0:
        said.append(T("Modules that serve nothing else: {modules}.", modules=Money(paid.idle_modules, currency)))
    if spread > 0:
        said.append(
            T("Of the other software {spread}: what is not needed is {percent} % of all that it is known to do.",
              spread=Money(spread, currency), percent=percent(share))
        )  # fmt: skip
    return Overkill(vendor.key, amount, amount / cost.p50 if cost.p50 > 0 else 0.0, in_a_row(said))


# --- value for money -----------------------------------------------------------------------------------------------


def value_for_money(
    vendors: Sequence[str], values: Floats, costs: Sequence[VendorCost], in_play: Sequence[int]
) -> pd.DataFrame:
    """Frame `vendor, value, p50, p90, frontier`: the value without the criterion cost (0..1) beside the cost.

    `frontier`: no other vendor in play is at least as good and at most as dear, and better in one of the two. Vendors
    whose cost is unknown, and those out, are left out.
    """
    rows = [
        (vendors[at], float(values[at]), costs[at].p50, costs[at].p90) for at in in_play if costs[at].p50 is not None
    ]
    frame = pd.DataFrame(rows, columns=["vendor", "value", "p50", "p90"])
    frame["frontier"] = [
        not any(
            (value >= mine and cost <= ours) and (value > mine or cost < ours)
            for value, cost in zip(frame["value"], frame["p50"], strict=True)
        )
        for mine, ours in zip(frame["value"], frame["p50"], strict=True)
    ]
    return frame.astype({"value": float, "p50": float, "p90": float, "frontier": bool})


# --- the next question ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What is expected of the vendors in play: their scores' means, and per criterion draws of what is unknown.

    `places`: where they stand among all vendors. `weights`: mean weight of each criterion (column).
    """

    places: tuple[int, ...]
    means: Floats
    weights: Floats
    criteria: tuple[str, ...]

    def others(self, row: int) -> float:
        """The best that another vendor is expected to reach."""
        return float(np.max(np.delete(self.means, row)))


def worth_of_knowing(mean: float, swing: Floats, best_other: float) -> float:
    """By how much the expected value of the choice rises when one unknown of one vendor is known before choosing.

    `mean`: that vendor's expected score; `swing`: equally likely changes of it, once the unknown is known (they average
    to about 0). Expected value of perfect information, Raiffa and Schlaifer 1961.

    >>> worth_of_knowing(0.5, np.array([-0.2, 0.2]), 0.6)  # known to be 0.7 in half of the cases: 0.1 better than 0.6
    0.05
    """
    scores = mean + swing
    without = max(float(scores.mean()), best_other)
    return max(0.0, round(float(np.maximum(scores, best_other).mean()) - without, 12))


def worth_of_a_rating(mean: float, weight: float, best_other: float) -> float:
    """The same for one rating that nobody knows, anywhere on the scale with equal chance; `weight`: what the
    requirement weighs in the whole score."""
    if mean + weight / 2 <= best_other or mean - weight / 2 >= best_other:
        return 0.0  # whatever it turns out to be, the choice stays
    return worth_of_knowing(mean, weight * (_GRID - 0.5), best_other)


def worth_of_a_must(mean: float, weight: float, best_other: float) -> float:
    """The same for a must that nobody knows: where it turns out not to be met the vendor is worth nothing."""
    if mean + weight / 2 <= best_other:
        return 0.0
    scores = np.where(_GRID < NOT_MET_BELOW, 0.0, mean + weight * (_GRID - 0.5))
    without = max(float(scores.mean()), best_other)
    return max(0.0, round(float(np.maximum(scores, best_other).mean()) - without, 12))


def about_rating(vendor: Vendor, need: Requirement, saves: float) -> Question:
    """The question whether a vendor meets one requirement."""
    named = {"vendor": vendor_words(vendor), "need": need_words(need)}
    if need.priority is Priority.MUST:
        text = T("Does {vendor} meet the must “{need}”? If not, it is out.", **named)
    else:
        text = T("How does {vendor} meet “{need}”?", **named)
    return Question(vendor.key, need.key, saves, text)


def about_criterion(vendor: Vendor, criterion: str, unknown: int, saves: float) -> Question:
    """The question what a vendor offers in all that is unknown under one criterion."""
    text = T("What does {vendor} offer in {criterion}? {count} ratings are unknown.",
             vendor=vendor_words(vendor), criterion=CRITERIA[criterion], count=unknown)  # fmt: skip
    return Question(vendor.key, criterion, saves, text)


def about_price(vendor: Vendor, known: bool, saves: float) -> Question:
    """The question what a vendor costs."""
    named = {"vendor": vendor_words(vendor)}
    text = (
        T("What will {vendor} really cost? Have its quote made firm.", **named)
        if known
        else T("What does {vendor} cost?", **named)
    )
    return Question(vendor.key, "cost", saves, text)


def best_first(questions: Iterable[Question]) -> tuple[Question, ...]:
    """The questions that save anything, the most useful ones first, at most QUESTIONS of them."""
    useful = [question for question in questions if question.saves > 0]
    return tuple(sorted(useful, key=lambda question: -question.saves)[:QUESTIONS])
