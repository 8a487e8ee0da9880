"""The price trap, what is paid for nothing, value for money, and which question is worth asking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.meters import worth_of_a_must, worth_of_a_rating, worth_of_knowing
from tests.choices import decision, flat, need, rating, vendor, weighting

SCALE = {"best": 0, "worst": 100_000}


# --- the price trap ------------------------------------------------------------------------------------------------


def trapped(**fields: Any) -> Any:
    """A is free and does nothing; B costs 50,000 in three years (a little over 1,388 a month) and does all."""
    ratings = [rating("a", "r", "none"), rating("b", "r", "native")]
    vendors = [vendor("a", flat(0.0)), vendor("b", flat(50_000 / 36))]
    return evaluate(decision(vendors, [need("r")], ratings, **{"cost_scale": SCALE, "draws": 20_000, **fields}))


def test_the_cheapest_wins_in_the_share_of_opinions_that_hand_and_head_say() -> None:
    # Cost: A 1; B ½ × 0.70 + 0.15 + 0.15 = 0.65. Function: A 0 (tested: a triangle 0…0.03, mean 0.01), B 1 (0.99).
    # A is first where w + 0.01 (1 − w) > 0.65 w + 0.99 (1 − w), so above w = 0.98/1.33 = 0.737: in 26.3 % of weightings.
    trap = trapped().price_trap
    assert (trap.cheapest, trap.first_year, trap.p50, trap.p90) == ("a", 0.0, 0.0, 0.0)
    assert trap.wins == pytest.approx(1 - 0.98 / 1.33, abs=0.01)
    assert "B, which comes first, costs €50.0 k" in str(trap.text)


def test_the_first_year_is_that_of_the_software() -> None:
    vendors = [vendor("a", flat(100.0, implementation=50_000.0)), vendor("b", flat(200.0))]
    trap = evaluate(decision(vendors, [need("r")])).price_trap
    assert trap is not None
    assert (trap.cheapest, trap.first_year) == ("a", 1_200.0)
    assert trap.p50 == pytest.approx(50_000 + 3_600)  # and yet the dearer one


def test_a_cheapest_that_is_shut_out_never_wins() -> None:
    trap = trapped(requirements=[need("r", priority="must")]).price_trap
    assert (trap.cheapest, trap.wins) == ("a", 0.0)
    assert "does not pass the gates" in str(trap.text)


def test_where_no_price_is_known_there_is_no_trap() -> None:
    assert evaluate(decision([vendor("a"), vendor("b")], [need("r")])).price_trap is None


def test_unknown_prices_are_said() -> None:
    trap = evaluate(decision([vendor("a", flat(1.0)), vendor("b")], [need("r")])).price_trap
    assert "Prices are known of 1 of 2 vendors." in str(trap.text if trap else "")


# --- overkill ------------------------------------------------------------------------------------------------------

NEEDS = [need("r"), need("s", weight=2.0), need("n", "scale.entities", "not_needed")]


def test_what_is_not_needed_has_its_share_in_the_price() -> None:
    # 43,200 in three years. Known to be met: s (weight 2), n (weight 1); r is not. A third is paid for n: 14,400.
    ratings = [rating("a", "r", "none"), rating("a", "s", "native"), rating("a", "n", "configuration")]
    (found,) = evaluate(decision([vendor("a", flat(1_200.0, 28_800.0)), vendor("b")], NEEDS, ratings)).overkill
    assert (found.vendor, found.paid) == ("a", pytest.approx(14_400))
    assert found.share == pytest.approx(14_400 / 72_000)


def test_modules_that_serve_only_what_is_not_needed_are_paid_for_nothing() -> None:
    modules = [
        {"key": "groups", "name": "Groups", "price": 100, "serves": ["n"]},
        {"key": "both", "name": "Both", "price": 50, "serves": ["n", "r"]},
        {"key": "vague", "name": "Vague", "price": 30},
        {"key": "left", "name": "Left", "price": 70, "serves": ["n"]},
    ]
    parts = [{"model": "flat", "price": 1_000}, {"model": "modules", "modules": modules}]
    asked = {**flat(0), "parts": parts}
    scenario = {"modules": ["groups", "both", "vague"]}
    (found,) = evaluate(decision([vendor("a", asked), vendor("b")], NEEDS, scenario=scenario)).overkill
    assert found.paid == pytest.approx(100 * 36)  # the others serve more, or nobody says what, or are not taken
    assert "€3.60 k" in str(found.text)


def test_nothing_is_paid_in_vain_where_nothing_is_not_needed_or_the_cost_unknown() -> None:
    everything = [rating("a", key, "native") for key in ("r", "s")] + [rating("b", "n", "native")]
    assert evaluate(decision([vendor("a", flat(1_200.0)), vendor("b")], NEEDS, everything)).overkill == ()


# --- value for money -----------------------------------------------------------------------------------------------


def test_the_frontier_leaves_out_who_is_dearer_and_no_better() -> None:
    fits = {"a": "native", "b": "third_party", "c": "third_party", "d": "native", "e": "native"}
    prices = {"a": 1_000.0, "b": 500.0, "c": 600.0, "d": 2_000.0, "e": None}
    vendors = [vendor(key, flat(price) if price else None) for key, price in prices.items()]
    ratings = [rating(key, "r", fit) for key, fit in fits.items()]
    answer = evaluate(decision(vendors, [need("r")], ratings, cost_scale=SCALE))
    assert answer.frontier == ("a", "b")  # c is dearer than b, d than a; of e nobody knows
    frame = answer.value_for_money.set_index("vendor")
    assert frame["value"].to_dict() == pytest.approx({"a": 1.0, "b": 0.65, "c": 0.65, "d": 1.0})
    assert frame["p50"].to_dict() == pytest.approx({"a": 36_000, "b": 18_000, "c": 21_600, "d": 72_000})


# --- questions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "other", "worth"),
    [
        (0.5, 0.6, 0.05),  # 0.3 or 0.7, each in half of the cases: (0.6 + 0.7)/2 instead of 0.6
        (0.6, 0.5, 0.05),  # 0.4 or 0.8: (0.5 + 0.8)/2 instead of 0.6
        (0.5, 0.5, 0.10),
        (0.5, 0.71, 0.0),  # never better: nothing to learn
        (0.5, 0.29, 0.0),  # never worse
    ],
)
def test_knowing_is_worth_what_it_lets_one_choose_better(mean: float, other: float, worth: float) -> None:
    assert worth_of_knowing(mean, np.array([-0.2, 0.2]), other) == pytest.approx(worth)


def test_an_unknown_rating_is_anywhere_on_the_scale() -> None:
    # 0.5 + 0.4 (x − ½) against 0.6: above it from x = ¾ on, there by 0.05 on average: ¼ × 0.05.
    assert worth_of_a_rating(0.5, 0.4, 0.6) == pytest.approx(0.0125, rel=1e-3)
    assert worth_of_a_rating(0.5, 0.1, 0.6) == 0.0


def test_an_unknown_must_may_shut_its_vendor_out() -> None:
    # Below 0.325 (half-way between roadmap 0.2 and customisation 0.45) it is out and the other, 0.5, is taken:
    # 0.325 × 0.5 = 0.1625. Above, 0.6 + 0.1 (x − ½) on average: 0.675 × 0.55 + 0.1 × (1 − 0.325²)/2 = 0.41596875.
    # Without asking: the other, 0.5, beats 0.41596875.
    assert worth_of_a_must(0.6, 0.1, 0.5) == pytest.approx(0.1625 + 0.41596875 - 0.5)


def test_the_question_that_could_turn_the_choice_comes_first() -> None:
    # A is known and worth 0.65; of B one of two equal requirements is native, the other unknown: about 0.75 on average.
    needs = [need("r"), need("s"), need("t", weight=0.01)]
    ratings = [rating("a", key, "third_party") for key in "rst"] + [rating("b", "r", "native")]
    answer = evaluate(decision([vendor("a"), vendor("b")], needs, ratings))
    first = answer.questions[0]
    assert (first.vendor, first.about) == ("b", "function")  # s and t together tell a little more than s
    assert [question.about for question in answer.questions[1:]] == ["s"]
    assert str(answer.questions[1].text) == "How does B meet “Need s”?"
    assert [q.saves for q in answer.questions] == sorted((q.saves for q in answer.questions), reverse=True)


def test_an_unknown_price_is_a_question() -> None:
    vendors = [vendor("a", flat(1_000.0)), vendor("b")]
    ratings = [rating(key, "r", "native") for key in "ab"]
    answer = evaluate(
        decision(vendors, [need("r")], ratings, cost_scale=SCALE, weightings=[weighting(cost=1, function=1)])
    )
    assert (answer.questions[0].vendor, str(answer.questions[0].text)) == ("b", "What does B cost?")


def test_an_open_must_is_asked_even_where_its_criterion_weighs_nothing() -> None:
    # A leads, 1 against 0.65 (tested: 0.99 on average); its must m is unknown. Out in 0.325 of the cases, worth 0.65
    # instead of nothing: 0.325 × 0.65. Without asking A is still chosen: 0.675 × 0.99 = 0.668 against 0.65.
    needs = [need("r"), need("m", "exit.data", "must")]
    ratings = [rating("a", "r", "native"), rating("b", "r", "third_party"), rating("b", "m", "native")]
    answer = evaluate(decision([vendor("a"), vendor("b")], needs, ratings, weightings=[weighting(function=1)]))
    (asked,) = (question for question in answer.questions if question.about == "m")
    assert asked.saves == pytest.approx(0.325 * 0.65, abs=0.002)
    assert str(asked.text) == "Does A meet the must “Need m”? If not, it is out."


def test_nothing_is_asked_where_no_answer_could_change_the_choice() -> None:
    ratings = [rating("a", "r", "native"), rating("a", "s", "native"), rating("b", "r", "none")]
    needs = [need("r", weight=9.0), need("s")]
    assert evaluate(decision([vendor("a"), vendor("b")], needs, ratings)).questions == ()
