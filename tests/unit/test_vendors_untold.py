"""What nobody tells is neither nothing nor somebody else's: one-offs, and names that point at nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from erp_core.errors import BadInput
from erp_core.text import say
from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.loading import load
from erp_core.vendors.methods import topsis
from erp_core.vendors.own_numbers import scenario_from
from erp_core.vendors.refusals import BadValue
from erp_core.vendors.schema import Decision
from tests.choices import decision, flat, need, vendor

FILE = """name: Choice
as_of: 2026-11-25
scenario: {currency: CNY, start: 2027-01-01}
requirements: []
vendors: [{key: acme, name: Acme}]
"""


def test_in_a_new_choice_who_tells_no_project_costs_is_not_the_cheapest_for_it() -> None:
    # Both ask 12,000 a year for five years; A tells its whole project of 40,000, B nothing of its own.
    new = scenario_from((), "EUR", dt.date(2027, 1, 1)).scenario.model_dump(mode="json")
    told = dict.fromkeys(("migration", "customisation", "training", "integration", "hardware"), 0.0)
    frank = vendor("a", {**flat(1_000.0), "one_off": {"implementation": 40_000.0, **told}})
    silent = vendor("b", {**flat(1_000.0), "one_off": {}})
    found = evaluate(decision([frank, silent], [need("r", "function.orders")], scenario=new))
    # Each of six untold one-offs is 0 to 1.75 times a year's software, 0.2 most likely, 0.65 on average.
    silence = found.costs["b"]
    assert silence.table is not None
    assert silence.table.to_numpy().sum() == pytest.approx(5 * 12_000 + 6 * 0.2 * 12_000)
    assert silence.draws is not None
    assert silence.draws.mean() > 5 * 12_000 + 0.9 * 6 * 0.65 * 12_000  # overrun comes on top
    assert np.ptp(silence.draws) > 12_000
    assert any("reckoned at 0 % to 175 %" in say(text, "en") for text in silence.lacking)
    frankness = found.costs["a"]
    assert frankness.p50 is not None
    assert silence.p50 is not None
    assert silence.p50 > 0.9 * frankness.p50  # left out, the silent one would have cost 60,000 against 100,000


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("plans_taken: {acmee: Cloud}\n", "acmee"),
        ("benefits: [{key: hours, a_year: {low: 1, high: 2}, vendor: acmee}]\n", "acmee"),
    ],
)
def test_a_price_list_or_benefit_of_nobody_is_refused(line: str, field: str) -> None:
    assert load(Decision, FILE).vendors[0].key == "acme"
    with pytest.raises(BadInput, match=f"“{field}” is not in this document") as refusal:
        load(Decision, FILE + line, "choice.yaml")
    assert str(refusal.value).startswith("choice.yaml, line 6")


def test_a_requirement_under_a_leaf_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(BadValue, match=r"hangs under “exit\.licens”, which is no criterion") as refusal:
        evaluate(decision([vendor("a")], [need("x", "exit.licens")]))
    assert refusal.value.code == "vendors.unknown_criterion"


def test_an_entry_that_is_no_number_is_named_as_it_was_written() -> None:
    with pytest.raises(BadInput, match=r"Row 1, column 2 is no finite number: 'high'\."):
        topsis([[1, "high"], [1, 2]], [0.5, 0.5], [1, 1])


def test_weights_of_one_person_twice_are_refused_since_dissent_could_not_tell_them_apart() -> None:
    one = "  - {{evaluator: {}, criteria: [fit], points: [1]}}\n"
    both = FILE + "weightings:\n" + one.format("Li") + one.format("Wang")
    assert [weighting.evaluator for weighting in load(Decision, both).weightings] == ["Li", "Wang"]
    with pytest.raises(BadInput, match=r"^choice.yaml, line 8, weightings\[1\]\.evaluator: the same key or name"):
        load(Decision, both.replace("Wang", "Li"), "choice.yaml")
