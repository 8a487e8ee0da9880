"""The whole answer, on choices small enough to be reckoned by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from erp_core.text import Text
from erp_core.vendors.certainty import rank_acceptability
from erp_core.vendors.evaluation import answer, evaluate, inputs_hash, prepare, to_json
from erp_core.vendors.refusals import BadValue
from erp_core.vendors.results import Evaluation, Switch
from erp_core.vendors.schema import Decision, Sureness
from erp_core.vendors.switching import least_fit
from tests.choices import decision, flat, need, rating, vendor, weighting

SCALE = {"best": 0, "worst": 100_000}
TREE = {"r": "function.orders", "s": "service.sla"}


def scored(answer: Evaluation) -> dict[str, float]:
    return dict(zip(answer.scores["vendor"], answer.scores["middle"].tolist(), strict=True))


def two(**fields: Any) -> Decision:
    """A: function 1, service 0.45, 36,000 in three years. B: function 0.65, service 1, 54,000."""
    ratings = [
        rating("a", "r", "native"), rating("a", "s", "customisation"),
        rating("b", "r", "third_party"), rating("b", "s", "native"),
    ]  # fmt: skip
    vendors = [vendor("a", flat(1_000.0)), vendor("b", flat(1_500.0))]
    needs = [need(key, criterion) for key, criterion in TREE.items()]
    given = {"cost_scale": SCALE, "weightings": [weighting(cost=50, function=30, service=20)], **fields}
    return decision(vendors, needs, ratings, **given)


# --- scores --------------------------------------------------------------------------------------------------------


def test_the_score_is_the_weighted_sum_of_values_on_fixed_scales() -> None:
    # Cost: A 0.64 × 0.70 + 0.30 = 0.748, B 0.46 × 0.70 + 0.30 = 0.622.
    # A 0.5 × 0.748 + 0.3 × 1 + 0.2 × 0.45 = 0.764; B 0.5 × 0.622 + 0.3 × 0.65 + 0.2 × 1 = 0.706.
    found = evaluate(two())
    assert found.middle.loc["a"].to_dict() == pytest.approx({"cost": 0.748, "function": 1.0, "service": 0.45})
    assert scored(found) == pytest.approx({"a": 0.764, "b": 0.706})
    assert found.weights == pytest.approx({"cost": 0.5, "function": 0.3, "service": 0.2})
    assert found.known == {"a": 1.0, "b": 1.0}


def test_low_and_high_are_the_ends_of_every_spread() -> None:
    # Tested: ± 0.03, cut off at 1. Nothing is uncertain about the cost.
    found = evaluate(two()).scores.set_index("vendor").loc["a"]
    assert found["low"] == pytest.approx(0.5 * 0.748 + 0.3 * 0.97 + 0.2 * 0.42)
    assert found["high"] == pytest.approx(0.5 * 0.748 + 0.3 * 1.0 + 0.2 * 0.48)


def test_a_budget_is_the_scale_where_none_is_stated() -> None:
    # 36,000 of 72,000: half of the scale.
    assert evaluate(two(cost_scale=None, budget=72_000)).middle.loc["a", "cost"] == pytest.approx(0.5 * 0.7 + 0.3)


def test_without_budget_and_scale_cost_stays_out_and_its_weight_goes_to_the_others() -> None:
    found = evaluate(two(cost_scale=None))
    assert found.weights == pytest.approx({"function": 0.6, "service": 0.4})
    said = " ".join(map(str, found.notes))
    assert "Cost is not part of the scores" in said
    assert "take over their weight: Cost" in said
    assert found.costs["a"].p50 == pytest.approx(36_000)


def test_an_unknown_price_lies_on_the_whole_scale() -> None:
    found = evaluate(decision([vendor("a"), vendor("b")], [need("r")], cost_scale=SCALE))
    assert [frame.loc["a", "cost"] for frame in (found.low, found.high)] == [0.0, 1.0]
    assert found.coverage.loc["a"].to_dict() == {"cost": 0.0, "function": 0.0}
    assert found.costs["a"].unknown is not None


def test_without_weights_all_criteria_weigh_the_same_and_it_is_said() -> None:
    found = evaluate(two(weightings=[]))
    assert set(found.weights.values()) == {1 / 3}
    assert "all of them weigh the same" in str(found.notes[0])


def test_criteria_that_nobody_weighed_are_named() -> None:
    assert "These criteria weigh nothing: Service" in map(
        str, evaluate(two(weightings=[weighting(cost=1, function=1)])).notes
    )


def test_known_is_the_share_of_points_and_coverage_that_of_each_criterion() -> None:
    # Must 3 × 1 known, could 1 × 1 unknown in the same criterion, should 2 × 2 known in another: 7 of 8.
    needs = [need("r", priority="must"), need("c", priority="could"), need("s", "service.sla", weight=2.0)]
    found = evaluate(decision([vendor("a")], needs, [rating("a", "r", "native"), rating("a", "s", "none")]))
    assert found.known == {"a": 7 / 8}
    assert found.coverage.loc["a"].to_dict() == {"function": 3 / 4, "service": 1.0}


# --- certainty -----------------------------------------------------------------------------------------------------


def test_equal_vendors_share_every_rank() -> None:
    # Nothing is uncertain about the cost, the only criterion.
    found = evaluate(decision([vendor(key, flat(1_000.0)) for key in "ab"], [], cost_scale=SCALE))
    assert found.ranks.to_numpy().tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert found.pairwise.loc["a", "b"] == 0.5


def test_weights_that_may_lie_anywhere_give_the_shares_of_the_triangle() -> None:
    # Costs alone tell A from B, by 0.126; function and service as in `two`, tested. Ranks are those of the middle
    # values under uniform weights, up to the small spread of what was tested.
    choice = two(sureness="open", draws=20_000)
    expected = rank_acceptability([[0.748, 0.99, 0.45], [0.622, 0.65, 0.99]], 20_000, 1)
    assert evaluate(choice).ranks.to_numpy() == pytest.approx(expected, abs=0.02)


def test_ranks_are_probabilities_over_those_in_play() -> None:
    ratings = [rating("c", "r", "none"), rating("a", "r", "native"), rating("b", "r", "native")]
    found = evaluate(decision([vendor(key) for key in "abc"], [need("r", priority="must"), need("s")], ratings))
    assert found.ranks.loc["c"].isna().all()
    assert found.ranks.loc[["a", "b"]].sum(axis=1).tolist() == pytest.approx([1.0, 1.0])
    assert found.ranks.shape == (3, 2)
    assert found.pairwise.loc["c"].isna().all()


def test_central_weights_say_who_should_choose_whom() -> None:
    # A function only, B service only: A wins where function weighs more, on average ¾ of both.
    ratings = [
        rating("a", "r", "native"),
        rating("a", "s", "none"),
        rating("b", "s", "native"),
        rating("b", "r", "none"),
    ]
    needs = [need(key, criterion) for key, criterion in TREE.items()]
    found = evaluate(decision([vendor("a"), vendor("b")], needs, ratings, sureness="open", draws=20_000))
    assert found.central.loc["a"].to_dict() == pytest.approx({"function": 0.75, "service": 0.25}, abs=0.01)


def test_a_changed_weight_needs_the_light_part_only() -> None:
    choice = two(weightings=[weighting(cost=1, function=8, service=1)], sureness="exact")
    light = answer(prepare(two()), choice.weightings, Sureness.EXACT)
    assert to_json(light) == to_json(evaluate(choice))


# --- the smallest change -------------------------------------------------------------------------------------------


def switch(found: Evaluation, kind: str) -> Switch:
    (one,) = (switch for switch in found.switches if switch.kind == kind)
    return one


def test_the_price_that_makes_the_second_first() -> None:
    # The gap is 0.058, so cost has to rise by 0.058/0.5 = 0.116, the total to fall by 0.116/0.7 of 100,000 = 16,571.
    # Of 54,000 that is 30.7 %.
    found = switch(evaluate(two()), "price")
    assert (found.challenger, found.change) == ("b", pytest.approx(0.116 / 0.7 * 100_000 / 54_000, abs=1e-6))
    assert str(found.text) == "Negotiate: a software price 30.7 % lower puts B level with A."
    cheaper = two().model_dump()
    cheaper["vendors"][1]["plans"][0]["pricing"]["parts"][0]["price"] *= 1 - 0.307
    assert scored(evaluate(Decision.model_validate(cheaper)))["b"] >= scored(evaluate(two()))["a"]


def test_no_price_helps_who_lies_too_far_behind() -> None:
    found = evaluate(two(weightings=[weighting(cost=10, function=85, service=5)]))
    assert [one for one in found.switches if one.kind == "price"] == []


def test_the_weights_that_make_the_second_first() -> None:
    # A leads by 0.126 on cost and 0.35 on function, B by 0.55 on service. The cheapest shift is from function to
    # service: 0.058/(0.35 + 0.55) = 0.0644 each way.
    found = switch(evaluate(two()), "weights")
    assert found.change == pytest.approx(2 * 0.058 / 0.9)
    assert str(found.text) == "B draws level with A if the weights move so: Function 30 % → 24 %, Service 20 % → 26 %."


def test_the_rating_that_makes_the_second_first() -> None:
    # Only function can rise, from 0.65; it has to by 0.058/0.3 = 0.193, to 0.843: configuration (0.85) does.
    found = switch(evaluate(two()), "rating")
    assert found.change == pytest.approx(0.058 / 0.3)
    assert str(found.text) == "Negotiate: “Need r” met better by B (By configuration) puts it level with A."


def test_an_unknown_rating_is_to_be_found_out() -> None:
    needs = [need(key, criterion) for key, criterion in TREE.items()]
    ratings = [rating("a", "r", "native"), rating("a", "s", "third_party"), rating("b", "r", "native")]
    found = switch(evaluate(decision([vendor("a"), vendor("b")], needs, ratings)), "rating")
    assert str(found.text) == "Find out: “Need s”, unknown of B, puts it level with A if met (By a third party)."


@pytest.mark.parametrize(
    ("value", "fit"), [(0.0, "none"), (0.1, "roadmap"), (0.65, "third_party"), (0.66, "configuration"), (1.0, "native")]
)
def test_the_least_fit_that_is_worth_enough(value: float, fit: str) -> None:
    assert least_fit(value) == fit


def test_who_is_level_already_is_said_to_be() -> None:
    found = evaluate(decision([vendor(key, flat(1_000.0)) for key in "ab"], [], cost_scale=SCALE))
    assert [(one.kind, one.change, str(one.text)) for one in found.switches] == [
        ("weights", 0.0, "B is level with A already.")
    ]


# --- evaluators ----------------------------------------------------------------------------------------------------

ANN = weighting("Ann", cost=10, function=80, service=10)
BO = weighting("Bo", cost=10, function=10, service=80)


def test_opposite_evaluators_agree_in_nothing_and_it_is_said_where() -> None:
    # Ann: A 0.92, B 0.682. Bo: A 0.535, B 0.927. Two orders that mirror each other: W = 0.
    dissent = evaluate(two(weightings=[ANN, BO])).dissent
    assert dissent is not None
    assert dissent.orders == {"Ann": ("a", "b"), "Bo": ("b", "a")}
    assert dissent.agreement == pytest.approx(0.0)
    assert "farthest apart on the weight of Function: Ann gives it 80 %, Bo 10 %." in str(dissent.text)


def test_ratings_of_their_own_make_evaluators_differ_too() -> None:
    own = [rating("a", "s", "none", "tested", evaluator="Ann"), rating("a", "s", "native", "tested", evaluator="Bo")]
    choice = two()
    ratings = [one.model_dump() for one in choice.ratings if (one.vendor, one.requirement) != ("a", "s")]
    choice = Decision.model_validate({**choice.model_dump(), "ratings": [*ratings, *own]})
    # Ann: A 0.374 + 0.3 + 0 = 0.674 < B 0.706. Bo: A 0.374 + 0.3 + 0.2 = 0.874.
    dissent = evaluate(choice).dissent
    assert dissent is not None
    assert dissent.orders == {"Ann": ("b", "a"), "Bo": ("a", "b")}
    assert "“Need s” of A most differently: Bo says Native, Ann says Not offered." in str(dissent.text)


def test_a_single_evaluator_has_no_dissent() -> None:
    assert evaluate(two()).dissent is None


def test_shares_of_evaluators_count() -> None:
    # 3 parts of Ann's 80 and 1 part of Bo's 10: 62.5 %.
    found = evaluate(two(weightings=[{**ANN, "share": 3.0}, BO]))
    assert found.weights["function"] == pytest.approx((3 * 0.8 + 0.1) / 4)


# --- what may be missing -------------------------------------------------------------------------------------------


def test_a_lone_vendor_has_gates_and_cost_and_no_ranking() -> None:
    found = evaluate(decision([vendor("a", flat(1_000.0))], [need("r", priority="must")], budget=30_000))
    assert [(gate.kind, gate.state) for gate in found.gates] == [("must", "open"), ("budget", "failed")]
    assert found.costs["a"].p50 == pytest.approx(36_000)
    assert (found.jury, found.switches, found.questions, found.reversals) == ((), (), (), ())
    assert "A ranking needs two vendors" in str(found.notes[0])


def test_the_only_one_in_play_is_first_for_sure() -> None:
    ratings = [rating("a", "r", "native"), rating("b", "r", "none")]
    found = evaluate(decision([vendor("a"), vendor("b")], [need("r", priority="must")], ratings))
    assert found.ranks.loc["a"].tolist() == [1.0]
    assert "Only A passes the gates, so nothing is compared." in map(str, found.notes)


@pytest.mark.parametrize(
    ("vendors", "needs", "said"),
    [
        ([], [need("r")], "No vendor is on the list yet."),
        ([], [], "There is nothing to score"),
        ([vendor("a"), vendor("b")], [], "There is nothing to score"),
        ([vendor("a"), vendor("b")], [need("n", priority="not_needed")], "There is nothing to score"),
    ],
)
def test_what_is_empty_is_answered_and_said(vendors: list[Any], needs: list[Any], said: str) -> None:
    found = evaluate(decision(vendors, needs))
    assert said in " ".join(map(str, found.notes))
    assert found.jury == ()
    json.dumps(to_json(found), allow_nan=False)


def test_a_cost_beyond_every_scale_ranks_nobody_and_breaks_nothing() -> None:
    vendors = [vendor(key, flat(90_000.0, renewal={"growth": 0.5})) for key in "ab"]
    found = evaluate(decision(vendors, [], cost_scale={"best": 0, "worst": 1}))
    assert found.ranks.loc["a"].tolist() == [0.5, 0.5]


def test_numbers_of_any_size_break_nothing() -> None:
    needs = [need("r", weight=1e308), need("s", weight=1e308), need("t", weight=1e-320)]
    found = evaluate(decision([vendor("a", flat(1e300)), vendor("b", flat(1e-300))], needs, budget=1e-9))
    json.dumps(to_json(found, "zh_CN"), allow_nan=False)
    assert found.known == {"a": 0.0, "b": 0.0}


def test_requirements_under_cost_are_gates_only() -> None:
    choice = two().model_dump()
    choice["requirements"] = [*choice["requirements"], need("fee", "cost.total", "must")]
    choice["ratings"] = [*choice["ratings"], rating("a", "fee", "none")]
    found = evaluate(Decision.model_validate(choice))
    assert found.in_play == ("b",)
    assert scored(found) == pytest.approx(scored(evaluate(two())))
    assert any("count as gates only" in str(note) for note in found.notes)


def test_an_unknown_criterion_is_refused_by_name() -> None:
    with pytest.raises(BadValue, match=r"“Need x” hangs under “colour\.red”") as refusal:
        evaluate(decision([vendor("a")], [need("x", "colour.red")]))
    assert refusal.value.code == "vendors.unknown_criterion"
    with pytest.raises(BadValue, match="The weights of Ann name “colour”"):
        evaluate(two(weightings=[weighting(colour=1)]))


def test_weights_that_contradict_themselves_name_whose_they_are() -> None:
    torn = {"evaluator": "Bo", "method": "ahp", "criteria": ["cost", "function"], "pairwise": [[1, 3], [3, 1]]}
    with pytest.raises(BadValue, match=r"The weights of Bo cannot be used\. Row 1, column 2 says 3") as refusal:
        evaluate(two(weightings=[weighting(cost=1), torn]))
    assert refusal.value.code == "not_reciprocal"


def test_a_long_list_is_answered() -> None:
    needs = [need(f"r{number}", criterion) for number in range(200) for criterion in ("function.orders",)]
    needs += [need(f"s{number}", "exit.data", "must") for number in range(200)]
    found = evaluate(decision([vendor(f"v{number}") for number in range(60)], needs, draws=200))
    assert found.ranks.shape == (60, 60)
    assert len(found.gates) == 60 * 200
    assert len(found.questions) <= 20


# --- one answer, one document --------------------------------------------------------------------------------------


def test_equal_decisions_give_the_same_bytes_and_another_one_another_hash() -> None:
    first, second = (json.dumps(to_json(evaluate(two()), "en")) for _ in range(2))
    assert first == second
    assert inputs_hash(two()) == evaluate(two()).inputs_hash
    assert inputs_hash(two(draws=1_001)) != inputs_hash(two())
    assert len(inputs_hash(two())) == 64


def test_the_document_is_plain_and_says_unknown_as_null() -> None:
    document = to_json(evaluate(decision([vendor("a"), vendor("b")], [need("r")])), "en")
    assert document["costs"]["a"]["p50"] is None
    assert document["price_trap"] is None
    json.dumps(document, allow_nan=False)


def test_without_a_language_sentences_wait_for_their_reader() -> None:
    document = to_json(evaluate(two()))
    text = document["switches"][0]["text"]
    assert str(Text.from_json(json.loads(json.dumps(text)))).startswith("B draws level with A")
    chinese = to_json(evaluate(two()), "zh_CN")["switches"][0]["text"]
    assert chinese.startswith("权重这样变动，b软件就与a软件持平")


def test_the_example_of_the_documents_is_what_it_says() -> None:
    from pathlib import Path

    from erp_core.vendors.loading import load_decision

    example = load_decision(Path(__file__).resolve().parents[2] / "data" / "examples" / "decision.yaml")
    found = evaluate(example)
    # Function: must 3, should 2. Amber (3 × 0.45 + 2 × 0.65)/5 = 0.53; Cedar (3 × 0.85 + 2 × 1)/5 = 0.91.
    assert found.middle["function"].to_dict() == pytest.approx({"amber": 0.53, "birch": 1.0, "cedar": 0.91})
    # Amber 50 × 10 users × 36 + 10,000 + 2,000 as told; Birch 1,200 × 36 + 20,000.
    totals = {key: cost.table.to_numpy().sum() for key, cost in found.costs.items() if cost.table is not None}
    assert totals == pytest.approx({"amber": 30_000, "birch": 63_200})
    # Birch's software is 43,200; of four equal requirements that it meets one is not needed.
    assert [(one.vendor, one.paid) for one in found.overkill] == [("birch", pytest.approx(10_800))]
    assert found.in_play == ("amber", "birch", "cedar")
    assert np.isfinite(found.scores["middle"]).all()
