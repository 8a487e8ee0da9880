"""Scoring a choice of an ERP from its file alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from erp_core.errors import BadInput
from erp_core.terminal import Session, existing
from erp_core.text import BothLanguages, Money, T, Text, say

if TYPE_CHECKING:
    from erp_core.vendors.results import Evaluation
    from erp_core.vendors.schema import Decision

ENDS = ("low", "middle", "high")
POINTS_SHOWN = 5  # for a person, of each list; programs get all


def _score(session: Session, given: argparse.Namespace) -> int:
    """Gates, scores, costs and certainty of a decision in a file; reads nothing but the file."""
    from erp_core.vendors.evaluation import evaluate
    from erp_core.vendors.loading import load_decision
    from erp_core.vendors.report.file import case_of
    from erp_core.vendors.results_json import whole_json

    if not given.what:
        raise BadInput(T("Say which decision is to be scored."), hint=T("Name its YAML file."), code="usage")
    (path,) = existing([Path(given.what)])
    decision = load_decision(path)
    found = evaluate(decision)
    answer = whole_json(found, case_of(decision, found), session.language)
    document = {"decision": decision.name, "as_of": decision.as_of.isoformat(), **answer}
    session.show(document, [say(line, session.language) for line in _lines(decision, found)])
    return 0


def _lines(decision: Decision, found: Evaluation) -> Iterator[Text | str]:
    from erp_core.vendors.naming import vendor_words

    names = {vendor.key: vendor_words(vendor) for vendor in decision.vendors}
    yield T("{decision}, as of {day}", decision=decision.name, day=decision.as_of)
    low, middle, high = (dict(zip(found.vendors, found.scores[end].tolist(), strict=True)) for end in ENDS)
    first = dict(zip(found.vendors, found.ranks[1].tolist(), strict=True)) if found.in_play else {}
    ranked = sorted(found.in_play, key=lambda key: -middle[key]) if found.weights else []
    for place, key in enumerate(ranked, 1):
        yield T(
            "{place}. {vendor}: first in {percent} % of draws, value {middle} ({low} to {high})",
            place=place,
            vendor=names[key],
            percent=_percent(first[key]),
            middle=_two(middle[key]),
            low=_two(low[key]),
            high=_two(high[key]),
        )
        yield _cost_line(decision, found, key)
        yield T("   known: {percent} % of what was asked", percent=_percent(found.known[key]))
    for key in found.vendors:
        if key not in found.in_play:
            yield T("Out: {vendor}", vendor=names[key])
            for gate in found.gates:
                if gate.vendor == key and gate.state == "failed":
                    yield T("   {reason} Way back: {way_back}", reason=gate.reason, way_back=gate.way_back)
    yield from _points(found)


def _points(found: Evaluation) -> Iterator[Text]:
    said = [found.jury_text, *(switch.text for switch in found.switches[:POINTS_SHOWN])]
    said += [*found.reversals, found.price_trap.text if found.price_trap else None]
    said += [overkill.text for overkill in found.overkill[:POINTS_SHOWN]]
    said += [found.dissent.text if found.dissent else None]
    for text in [*said, *found.notes]:
        if text is not None:
            yield T("- {point}", point=text)
    if found.questions:
        yield T("What to ask next:")
        for question in found.questions[:POINTS_SHOWN]:
            yield T("- {point}", point=question.text)


def _cost_line(decision: Decision, found: Evaluation, key: str) -> Text:
    cost = found.costs[key]
    if cost.p50 is None or cost.p90 is None:
        return T("   cost unknown: {why}", why=cost.unknown or BothLanguages("", ""))
    currency = decision.scenario.currency
    return T("   {years} years cost {p50}, in one case of ten more than {p90}",
             years=decision.scenario.years, p50=Money(cost.p50, currency), p90=Money(cost.p90, currency))  # fmt: skip


def _percent(share: float) -> int:
    return round(share * 100)


def _two(value: float) -> str:
    return f"{value:.2f}"


# What `vendors` can do with a file alone, by the word after it; `overview.choice_terminal` has the command.
ACTIONS: Mapping[str, Callable[[Session, argparse.Namespace], int]] = {"score": _score}
