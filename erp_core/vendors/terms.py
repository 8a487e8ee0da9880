"""What the words of the choice of an ERP mean, for the glossary: the same definitions as in docs/choosing.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from erp_core.text import T, Text
from erp_core.vendors.own_numbers import OWN_METRICS


@dataclass(frozen=True)
class Term:
    """A word and what it means."""

    name: Text
    meaning: Text


TERMS: Mapping[str, Term] = {
    "gate": Term(
        T("Gate"),
        T("What shuts a vendor out before it is scored: a must that is not met, or a P90 cost above the budget."),
    ),
    "p50_p90": Term(
        T("P50 and P90"),
        T("What half of all drawn cases stay below, and what nine of ten do; overrun and everything unsure included."),
    ),
    "grade": Term(
        T("Grade of a source"),
        T(
            "A the vendor’s own page or documentation, B a partner or third party, C weak, own = your quote, test or "
            "note."
        ),
    ),
    "known_share": Term(
        T("Known share of requirements"),
        T(
            "Requirements that count and whose fit is known ÷ all that count, by weight. What is unknown widens the "
            "result."
        ),
    ),
    "first_place": Term(
        T("Probability of first place"),
        T("In what share of draws of weights, ratings and costs together a vendor comes first (SMAA)."),
    ),
    "central_weights": Term(
        T("Central weights"),
        T("The mean of all weightings with which a vendor comes first: who weighs so should choose it."),
    ),
    "switching_point": Term(
        T("Smallest change that turns the answer"),
        T("The least that weights, a price or one rating must move until another vendor draws level with the first."),
    ),
    "price_trap": Term(
        T("Price trap"),
        T("In what share of opinions the cheapest quote wins, beside what it costs in all years, P50 and P90."),
    ),
    "overkill": Term(
        T("Overkill"),
        T(
            "Money paid for what was marked not needed: idle modules, and the same share of the price as of what it "
            "can do."
        ),
    ),
    "value_of_knowing": Term(
        T("Points of regret saved"),
        T("By how much the choice would be better on average if the answer to one question were known."),
    ),
    "consistency_ratio": Term(
        T("Consistency ratio"),
        T("How far pairwise judgements contradict each other, against judgements by chance (Saaty); 0.1 is accepted."),
    ),
    "npv": Term(
        T("Net present value"),
        T("All benefits less all costs, later years counting less by the discount rate."),
    ),
    "irr": Term(
        T("Internal rate of return"),
        T("The discount rate at which the net present value is nought; none where no rate or more than one does that."),
    ),
    "payback": Term(
        T("Payback"),
        T("Years until benefits have paid for costs; discounted: with later years counting less."),
    ),
    "stock_released": Term(
        T("Stock released"),
        T("Cost of goods sold a year × (1 ÷ turns now − 1 ÷ turns then): money that stock no longer holds."),
    ),
}


def choice_words() -> Iterator[tuple[Text, Text, str]]:
    """(name, meaning, key) of every word of the choice of an ERP, then of every own number that it asks for."""
    for key, term in TERMS.items():
        yield term.name, term.meaning, key
    for metric in OWN_METRICS.values():
        yield metric.title, metric.how, metric.key
