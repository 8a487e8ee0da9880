"""Other methods look at the same values; where they disagree it is said why."""

from __future__ import annotations

import numpy as np
import pytest

from erp_core.text import BothLanguages
from erp_core.vendors import methods
from erp_core.vendors.jury import LEAST, Bench, order_of, reversals, verdicts, why_they_differ

CRITERIA = ("cost", "function", "service")


def bench(matrix: list[list[float]], weights: list[float]) -> Bench:
    names = tuple(BothLanguages(letter, letter) for letter in "ABCDEFG"[: len(matrix)])
    return Bench(np.array(matrix), np.array(weights), CRITERIA[: len(weights)], names, tuple(range(len(matrix))))


def firsts(court: Bench) -> dict[str, int]:
    return {verdict.method: verdict.order[0] for verdict in verdicts(court, len(court.matrix))}


def said(court: Bench) -> str:
    return str(why_they_differ(court, verdicts(court, len(court.matrix))))


def test_each_method_gives_its_scores_and_the_order_by_them() -> None:
    # Weighted sum 0.5 × 0.8 + 0.5 × 0.4 = 0.6 and 0.5 × 0.2 + 0.5 × 0.6 = 0.4; product √(0.8 × 0.4), √(0.2 × 0.6).
    court = bench([[0.8, 0.4], [0.2, 0.6]], [0.5, 0.5])
    found = {verdict.method: verdict for verdict in verdicts(court, 2)}
    assert found["weighted_sum"].scores == pytest.approx([0.6, 0.4])
    assert found["weighted_product"].scores == pytest.approx([np.sqrt(0.32), np.sqrt(0.12)])
    assert list(found) == [
        "weighted_sum", "weighted_product", "topsis_vector", "topsis_minmax", "vikor", "promethee_ii",
    ]  # fmt: skip
    assert all(verdict.order == (0, 1) for verdict in found.values())


def test_vendors_that_are_out_have_no_score_and_no_place() -> None:
    court = bench([[0.8, 0.4], [0.2, 0.6]], [0.5, 0.5])
    court = Bench(court.matrix, court.weights, court.criteria, court.names, (0, 2))
    for verdict in verdicts(court, 3):
        assert np.isnan(verdict.scores[1])
        assert verdict.order == (0, 2)


def test_the_level_keep_their_place() -> None:
    assert order_of(np.array([0.2, 0.7, 0.2, 0.7 + 1e-12])) == (1, 3, 0, 2)


def test_a_nothing_does_not_decide_everything_in_the_product() -> None:
    # 0.9^0.9 × LEAST^0.1 = 0.574 stays above 0.5: a hundredth stands for the nothing.
    court = bench([[0.9, 0.0], [0.5, 0.5]], [0.9, 0.1])
    found = {verdict.method: verdict for verdict in verdicts(court, 2)}
    assert found["weighted_product"].scores[0] == pytest.approx(0.9**0.9 * LEAST**0.1)
    assert found["weighted_product"].order == (0, 1)


def test_the_product_is_explained_by_the_weak_criterion() -> None:
    # Sum: A 0.5 × 1 + 0.5 × 0.1 = 0.55, B 0.5. Product: √0.1 = 0.316 against 0.5.
    court = bench([[1.0, 0.1], [0.5, 0.5]], [0.5, 0.5])
    assert (firsts(court)["weighted_sum"], firsts(court)["weighted_product"]) == (0, 1)
    assert (
        "The weighted product puts B first instead of A: in it strength elsewhere hardly makes up for a weak "
        "criterion, and A has only 10 of 100 for Function." in said(court)
    )


def test_stretching_a_small_difference_is_explained_by_it() -> None:
    # Cost 0.60 and 0.50, function 0.2 and 1.0, weights 0.6 and 0.4. Sum: 0.44 and 0.70, B first. Stretched from worst
    # to best A has (1, 0), B (0, 1): by weight A is first.
    court = bench([[0.6, 0.2], [0.5, 1.0]], [0.6, 0.4])
    assert firsts(court) | {"promethee_ii": 0, "topsis_vector": 0} == {
        "weighted_sum": 1, "weighted_product": 1, "topsis_vector": 0, "topsis_minmax": 0, "vikor": 0, "promethee_ii": 0,
    }  # fmt: skip
    assert "it stretches the 10 points between worst and best in Cost over the whole scale." in said(court)


def test_those_who_choose_the_same_are_explained_once() -> None:
    court = bench([[0.6, 0.2], [0.5, 1.0]], [0.6, 0.4])
    text = said(court)
    assert "The same is first by: VIKOR" in text
    assert text.count("instead of") == 1


def test_agreement_is_said_too() -> None:
    assert said(bench([[0.9, 0.9], [0.1, 0.1]], [0.5, 0.5])) == "All methods give the same order."
    # A leads everywhere; B and C change places between sum (0.5, 0.55) and product (0.5, √0.1 = 0.316).
    text = said(bench([[1.0, 1.0], [0.5, 0.5], [1.0, 0.1]], [0.5, 0.5]))
    assert text.startswith("All methods put A first; further down they differ.")


def test_vikors_compromise_set_stands_beside_the_first() -> None:
    # A and B are the mirror of each other: S ½ and R ½ both. C has S 1 and R ½. So Q is 0, 0 and ½ (R tells nobody
    # apart), and a lead of 1/(3 − 1) is asked for: A has none over B, and just enough over C.
    court = bench([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [0.5, 0.5])
    (vikor,) = (verdict for verdict in verdicts(court, 3) if verdict.method == "vikor")
    assert (vikor.order[0], vikor.also) == (0, (1,))
    assert "VIKOR sees no clear lead: beside A it keeps B." in said(court)


# --- rank reversals ------------------------------------------------------------------------------------------------

TURNING = [[0.30, 0.90], [0.55, 0.60], [0.95, 0.05]]


def test_the_sum_and_the_product_never_turn() -> None:
    steady = str(reversals(bench(TURNING, [0.5, 0.5]))[0])
    assert "Weighted sum, Weighted product" in steady


def test_a_turn_that_is_told_does_happen() -> None:
    told = [str(text) for text in reversals(bench(TURNING, [0.5, 0.5]))[1:]]
    assert told, "this list turns under at least one method"
    # TOPSIS (min-max) by itself, on the whole list and on the shortened one.
    matrix, weights, more = np.array(TURNING), [0.5, 0.5], [1, 1]
    whole = methods.topsis(matrix, weights, more, "minmax")
    turned = []
    for out in range(3):
        kept = [row for row in range(3) if row != out]
        part = methods.topsis(matrix[kept], weights, more, "minmax")
        first, second = sorted(kept, key=lambda row: -whole[row])
        if part[kept.index(first)] < part[kept.index(second)]:
            turned.append(f"TOPSIS (min-max): without {'ABC'[out]} on the list, {'ABC'[second]} passes {'ABC'[first]}.")
    assert [text for text in told if text.startswith("TOPSIS (min-max): without")] == turned[:1]


def test_two_vendors_can_only_be_doubled() -> None:
    told = reversals(bench([[0.6, 0.2], [0.5, 1.0]], [0.6, 0.4]))
    assert not any("without" in str(text) for text in told)


def test_who_leaves_may_leave_only_vendors_that_have_nothing() -> None:
    told = reversals(bench([[0.6, 0.2], [0.0, 0.0], [0.0, 0.0]], [0.6, 0.4]))
    assert len(told) == 1  # nothing turns
