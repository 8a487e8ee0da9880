"""Methods that rank vendors: numbers of published examples and hand computations; what is refused."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pymcdm import weights as theirs
from pymcdm.methods import VIKOR, WPM
from pymcdm.weights.subjective import AHP

from erp_core.errors import BadInput
from erp_core.text import say
from erp_core.vendors.methods import (
    BadMatrix,
    Judgement,
    ahp,
    critic,
    entropy,
    group_weights,
    kendall_w,
    minmax,
    promethee_ii,
    swing_weights,
    topsis,
    vikor,
    weighted_product,
    weighted_sum,
    weights_of,
)
from erp_core.vendors.schema import Weighting

# Tzeng and Huang 2011, Multiple Attribute Decision Making, chapter 4.
TZENG = [[5, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]]
# Opricovic and Tzeng 2004, section 5.1: the mountain climber; risk is the less the better, altitude the more.
CLIMBER = [[1, 3000], [2, 3750], [5, 4500]]
# Hwang and Yoon 1981, the fighter aircraft: speed, range, payload, cost, reliability, manoeuvrability.
FIGHTERS = [
    [2.0, 1500, 20000, 5.5, 5, 9],
    [2.5, 2700, 18000, 6.5, 3, 5],
    [1.8, 2000, 21000, 4.5, 7, 7],
    [2.2, 1800, 20000, 5.0, 5, 5],
]
FIGHTER_WEIGHTS, FIGHTER_DIRECTIONS = [0.2, 0.1, 0.1, 0.1, 0.2, 0.3], [1, 1, 1, -1, 1, 1]
# Triantaphyllou 2000, example 2-1.
TRIANTAPHYLLOU = [[25, 20, 15, 30], [10, 30, 20, 30], [30, 10, 30, 10]]
TRIANTAPHYLLOU_WEIGHTS = [0.20, 0.15, 0.40, 0.25]
SIX = [[8, 7, 2, 1], [5, 3, 7, 5], [7, 5, 6, 4], [9, 9, 7, 3], [11, 10, 3, 7], [6, 9, 5, 4]]


def comparison(*upper: list[float]) -> np.ndarray:
    """A reciprocal matrix from its upper triangle, row by row."""
    matrix = np.eye(len(upper) + 1)
    for row, entries in enumerate(upper):
        for step, entry in enumerate(entries, 1):
            matrix[row, row + step], matrix[row + step, row] = entry, 1 / entry
    return matrix


# Saaty 2008, relative consumption of drinks in the US.
DRINKS = comparison(
    [9, 5, 2, 1, 1, 1 / 2], [1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9], [1 / 3, 1 / 4, 1 / 3, 1 / 9], [1 / 2, 1, 1 / 3], [2, 1 / 2], [1 / 3]
)  # fmt: skip
# Saaty 1980 and 1990, buying a house.
HOUSE = comparison(
    [5, 3, 7, 6, 6, 1 / 3, 1 / 4], [1 / 3, 5, 3, 3, 1 / 5, 1 / 7], [6, 3, 4, 6, 1 / 5], [1 / 3, 1 / 4, 1 / 7, 1 / 8], [1 / 2, 1 / 5, 1 / 6],
    [1 / 5, 1 / 6], [1 / 2],
)  # fmt: skip


# --- published numbers ---------------------------------------------------------------------------------------------


def test_weighted_sum_and_product_of_the_textbook() -> None:
    # 25·.2 + 20·.15 + 15·.4 + 30·.25 = 21.5; 10·.2 + 30·.15 + 20·.4 + 30·.25 = 22; 30·.2 + 10·.15 + 30·.4 + 10·.25 = 22
    assert weighted_sum(TRIANTAPHYLLOU, TRIANTAPHYLLOU_WEIGHTS) == pytest.approx([21.5, 22.0, 22.0])
    first, second, third = weighted_product(TRIANTAPHYLLOU, TRIANTAPHYLLOU_WEIGHTS, [1, 1, 1, 1])
    assert [first / second, first / third, second / third] == pytest.approx([1.007, 1.067, 1.059], abs=5e-4)


def test_weighted_product_divides_where_less_is_better() -> None:
    # √16/√4 = 2 and √9/√1 = 3
    assert weighted_product([[16, 4], [9, 1]], [0.5, 0.5], [1, -1]) == pytest.approx([2, 3])


def test_topsis_of_tzeng_and_huang() -> None:
    assert topsis(TZENG, [0.3, 0.4, 0.3], [1, 1, 1]) == pytest.approx([0.5037, 0.6581, 0.7482, 0.3340], abs=5e-5)


def test_topsis_of_hwang_and_yoon() -> None:
    closeness = topsis(FIGHTERS, FIGHTER_WEIGHTS, FIGHTER_DIRECTIONS)
    assert closeness == pytest.approx([0.643, 0.268, 0.613, 0.312], abs=1e-3)


def test_the_climber_is_told_two_things() -> None:
    answer = vikor(CLIMBER, [0.5, 0.5], [-1, 1])
    # By hand: shortfalls (0, ½), (⅛, ¼), (½, 0); S = ½, ⅜, ½; R = ½, ¼, ½; Q = 1, 0, 1; the lead 1 is at least ½.
    assert answer.s == pytest.approx([0.5, 0.375, 0.5])
    assert answer.r == pytest.approx([0.5, 0.25, 0.5])
    assert answer.q == pytest.approx([1, 0, 1])
    assert answer.compromise == (1,)
    assert topsis(CLIMBER, [0.5, 0.5], [-1, 1], "minmax") == pytest.approx([0.500, 0.617, 0.500], abs=5e-4)
    vector = topsis(CLIMBER, [0.5, 0.5], [-1, 1], normalization="vector")
    assert vector == pytest.approx([0.762, 0.722, 0.238], abs=5e-4)


def test_promethee_linear_flows() -> None:
    flows = promethee_ii(SIX, [0.4, 0.3, 0.1, 0.2], [1, 1, 1, 1], preference="linear", q=1, p=2)
    assert flows == pytest.approx([-0.26, -0.52, -0.22, 0.36, 0.70, -0.06], abs=5e-3)


def test_promethee_usual_by_hand() -> None:
    # π₁₂ = .5 + .3, π₁₃ = .3, π₂₁ = .2, π₂₃ = .3 + .2, π₃₁ = .5 + .2, π₃₂ = .5
    # φ₁ = (.8 + .3 − .2 − .7)/2, φ₂ = (.2 + .5 − .8 − .5)/2, φ₃ = (.7 + .5 − .3 − .5)/2
    assert promethee_ii([[4, 3, 2], [3, 2, 4], [5, 1, 3]], [0.5, 0.3, 0.2], [1, 1, 1]) == pytest.approx(
        [0.1, -0.3, 0.2]
    )


def test_promethee_steps_and_thresholds_by_hand() -> None:
    # One criterion, entries 0, 1, 3; leads 1, 3, 2. q = p = 1: a lead of 1 is none, 2 and 3 count fully.
    step = promethee_ii([[0], [1], [3]], [1], [1], "linear", q=1, p=1)
    assert step == pytest.approx([(0 - 1) / 2, (0 - 1) / 2, (1 + 1) / 2])
    # q = 1, p = 3: leads of 1, 2, 3 count 0, ½, 1.
    slope = promethee_ii([[0], [1], [3]], [1], [1], "linear", q=1, p=3)
    assert slope == pytest.approx([-1 / 2, -0.5 / 2, (1 + 0.5) / 2])
    assert promethee_ii([[0], [1], [3]], [1], [-1], "linear", q=1, p=3) == pytest.approx(-slope)
    # one threshold a column: the second column is a step, the first the usual
    both = promethee_ii([[0, 0], [1, 1]], [0.5, 0.5], [1, 1], "linear", q=[0, 1], p=[0, 1])
    assert both == pytest.approx([-0.5, 0.5])


def test_promethee_without_thresholds_is_the_usual() -> None:
    weights, directions = [0.4, 0.3, 0.1, 0.2], [1, 1, -1, 1]
    usual = promethee_ii(SIX, weights, directions)
    assert promethee_ii(SIX, weights, directions, "linear") == pytest.approx(usual)
    assert promethee_ii(SIX, weights, directions, "usual", q=5, p=6) == pytest.approx(usual)


def test_ahp_of_the_drinks() -> None:
    answer = ahp(DRINKS)
    assert answer.weights == pytest.approx([0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327], abs=5e-4)
    assert answer.lambda_max == pytest.approx(7.177, abs=5e-4)
    assert answer.consistency_ratio == pytest.approx(0.022, abs=5e-4)
    assert (answer.random_index, answer.random_index_source) == (1.32, "Saaty 1980")


def test_ahp_of_the_house_and_the_judgement_to_look_at() -> None:
    answer = ahp(HOUSE)
    assert answer.weights == pytest.approx([0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333], abs=1e-3)
    assert answer.lambda_max == pytest.approx(9.669, abs=5e-4)
    assert answer.consistency_ratio == pytest.approx(0.169, abs=5e-4)
    # Saaty 2003: neighbourhood against modern facilities, 6, is off the most; 0.188/0.167 = 1.13 is implied
    assert answer.look_first is not None
    assert (answer.look_first.i, answer.look_first.j, answer.look_first.stated) == (2, 6, 6.0)
    assert answer.look_first.implied == pytest.approx(1.13, abs=0.005)


def test_ahp_of_three_has_a_closed_form() -> None:
    # For 3 × 3 the eigenvector is the geometric means, λmax = 1 + t + 1/t with t³ = a₁₃/(a₁₂·a₂₃) = 5/9.
    answer = ahp(comparison([3, 5], [3]))
    means = np.array([15 ** (1 / 3), 1.0, (1 / 15) ** (1 / 3)])
    step = (5 / 9) ** (1 / 3)
    assert answer.weights == pytest.approx(means / means.sum())
    assert answer.lambda_max == pytest.approx(1 + step + 1 / step)
    assert answer.consistency_ratio == pytest.approx((1 + step + 1 / step - 3) / 2 / 0.58)


def test_ahp_that_agrees_has_nothing_to_look_at() -> None:
    weights = np.array([8, 4, 2, 1]) / 15
    answer = ahp(weights[:, None] / weights[None, :])
    assert answer.weights == pytest.approx(weights)
    assert (answer.lambda_max, answer.consistency_ratio) == (pytest.approx(4), 0.0)
    assert answer.look_first is None


def test_ahp_finds_the_slip_of_the_pen() -> None:
    weights = np.array([8, 4, 2, 1, 1]) / 16
    judged = weights[:, None] / weights[None, :]
    judged[1, 3], judged[3, 1] = 1 / 4, 4  # 4 was meant
    slip = ahp(judged).look_first
    assert slip is not None
    assert (slip.i, slip.j, slip.stated) == (3, 1, 4.0)
    # ¼ was meant; by geometric means, (⅛·4·½)^⅕ over (½·2·¼·4)^⅕, the slip pulls what is implied to .76,
    # and the eigenvector, which follows a large slip farther, to about 1: either way far from the 4 that is stated
    assert slip.implied < 4 / 3


@pytest.mark.parametrize("size", [1, 2])
def test_one_or_two_criteria_cannot_contradict_each_other(size: int) -> None:
    answer = ahp([[1]] if size == 1 else [[1, 4], [0.25, 1]])
    assert answer.weights == pytest.approx([1.0] if size == 1 else [0.8, 0.2])
    assert (answer.consistency_ratio, answer.random_index, answer.look_first) == (0.0, 0.0, None)


def test_ahp_above_ten_criteria_takes_the_regression() -> None:
    judged = np.ones((12, 12))
    judged[0, 1], judged[1, 0] = 9, 1 / 9
    answer = ahp(judged)
    # Alonso and Lamata 2006: λ̄max(n) = 2.7699·n − 4.3513; for 12 it is 28.8875, and (28.8875 − 12)/11 = 1.5352
    assert (answer.random_index, answer.random_index_source) == (
        pytest.approx(1.5352, abs=5e-5),
        "Alonso and Lamata 2006",
    )
    assert answer.consistency_ratio == pytest.approx((answer.lambda_max - 12) / 11 / 1.5352, rel=1e-4)
    assert answer.consistency_ratio > 0


def test_typed_fractions_pass_and_the_whole_number_counts() -> None:
    typed = ahp([[1, 3, 8], [0.33, 1, 3], [0.13, 0.333, 1]])
    meant = ahp(comparison([3, 8], [3]))
    assert typed.weights == pytest.approx(meant.weights)
    assert typed.lambda_max == pytest.approx(meant.lambda_max)


def test_critic_by_hand() -> None:
    # On 0..1: (0, ½, 1), (0, 1, ½), and as a cost (1, 0, ½); equal spreads, correlations ½, −½, −1.
    # Conflicts: (1 − ½) + (1 + ½) = 2; (1 − ½) + (1 + 1) = 2.5; (1 + ½) + (1 + 1) = 3.5; of 8.
    weights = critic([[10, 1, 5], [20, 3, 9], [30, 2, 7]], [1, 1, -1])
    assert weights == pytest.approx([2 / 8, 2.5 / 8, 3.5 / 8])


def test_entropy_by_hand() -> None:
    # Shares ¼, ¾: 1 + (¼ ln ¼ + ¾ ln ¾)/ln 2 = 0.1887; equal shares: 0; shares 0, 1: 1.
    weights = entropy([[1, 5, 0], [3, 5, 2]])
    assert weights == pytest.approx([0.188722 / 1.188722, 0, 1 / 1.188722], abs=1e-6)


def test_kendall_of_four_judges() -> None:
    # Ranks of X: 1, 1, 2, 3; of Y: 3, 2, 3, 1; of Z: 2, 3, 1, 2. Sums 7, 9, 8, mean 8, S = 2; 12·2/(4²·(27 − 3)) = 1/16
    assert kendall_w(["XZY", "XYZ", "ZXY", "YZX"]) == pytest.approx(1 / 16)
    assert kendall_w([("a", "b"), ("b", "a")]) == 0.0
    assert kendall_w([("a", "b", "c")] * 3) == 1.0


# --- VIKOR's compromise set ----------------------------------------------------------------------------------------


def test_without_an_advantage_all_that_are_near_stay_in() -> None:
    # One criterion: Q = 0, .4, 1; the lead .4 is below ½, so that all below ½ are in.
    assert vikor([[1.0], [0.6], [0.0]], [1], [1]).compromise == (0, 1)
    assert vikor([[0.6], [0.0], [1.0]], [1], [1]).compromise == (2, 0)


def test_an_advantage_exactly_as_large_as_asked_suffices() -> None:
    assert vikor([[1.0], [0.5], [0.0]], [1], [1]).compromise == (0,)
    assert vikor([[0.9], [0.6], [0.3]], [1], [1]).compromise == (0,)  # .5 in the books, .49999… in floats


def test_a_leader_that_is_first_in_neither_sum_nor_worst_point_shares_with_the_second() -> None:
    # Shortfalls; sums 1.14, 1, 2.4, 2.4, 2.4 → S 0.1, 0, 1, 1, 1; largest .64, 1, .6, 1, 1 → R .1, 1, 0, 1, 1;
    # Q = .1, .5, .5, 1, 1: the lead .4 is above ¼, but the second and third have the best S and R; they tie for second.
    shortfalls = [
        [0.64, 0.5, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
        [0.6, 0.6, 0.6, 0.6],
        [1.0, 1.0, 0.4, 0.0],
        [0.4, 0.0, 1.0, 1.0],
    ]
    answer = vikor(shortfalls, [0.25] * 4, [-1] * 4)
    assert answer.q == pytest.approx([0.1, 0.5, 0.5, 1, 1])
    assert answer.compromise == (0, 1, 2)


def test_v_moves_between_the_whole_and_the_worst_point() -> None:
    # Shortfalls (0, 0, 1) and (.5, .5, .5) and (1, 1, 0): sums 1, 1.5, 2; largest 1, .5, 1
    rows = [[1, 1, 0], [0.5, 0.5, 0.5], [0, 0, 1]]
    third = [1 / 3] * 3
    assert vikor(rows, third, [1] * 3, v=1).q == pytest.approx([0, 0.5, 1])
    assert vikor(rows, third, [1] * 3, v=0).q == pytest.approx([1, 0, 1])


# --- ties and columns that tell nobody apart -----------------------------------------------------------------------

EQUAL = [[2.0, 3.0], [2.0, 3.0], [2.0, 3.0]]


def test_equal_rows_tie_in_every_method() -> None:
    assert topsis(EQUAL, [0.5, 0.5], [1, -1]) == pytest.approx([0.5] * 3)
    assert topsis(EQUAL, [0.5, 0.5], [1, -1], "minmax") == pytest.approx([0.5] * 3)
    assert promethee_ii(EQUAL, [0.5, 0.5], [1, -1]) == pytest.approx([0] * 3)
    answer = vikor(EQUAL, [0.5, 0.5], [1, -1])
    assert answer.q == pytest.approx([0] * 3)
    assert answer.compromise == (0, 1, 2)
    assert len(set(weighted_product(EQUAL, [0.5, 0.5], [1, -1]))) == 1
    assert minmax(EQUAL, [1, -1]).tolist() == [[1.0, 1.0]] * 3


def test_a_column_of_equal_entries_counts_for_nothing() -> None:
    wide = [[*row, 7.0] for row in CLIMBER]
    assert vikor(wide, [0.25, 0.25, 0.5], [-1, 1, 1]).q == pytest.approx([1, 0, 1])
    assert topsis(wide, [0.25, 0.25, 0.5], [-1, 1, -1]) == pytest.approx(topsis(CLIMBER, [0.5, 0.5], [-1, 1]))
    zeros = [[*row, 0.0] for row in CLIMBER]
    assert topsis(zeros, [0.25, 0.25, 0.5], [-1, 1, 1]) == pytest.approx(topsis(CLIMBER, [0.5, 0.5], [-1, 1]))
    assert critic(wide, [-1, 1, 1])[2] == 0.0
    assert entropy(wide)[2] == 0.0


def test_a_criterion_without_weight_counts_for_nothing() -> None:
    assert topsis([[1, 9], [2, 1]], [1, 0], [1, 1]) == pytest.approx([0, 1])
    assert vikor([[1, 9], [2, 1]], [1, 0], [1, 1]).q == pytest.approx([1, 0])
    assert promethee_ii([[1, 9], [2, 1]], [1, 0], [1, 1]) == pytest.approx([-1, 1])


def test_rounding_noise_is_no_lead() -> None:
    noisy = [[0.1 + 0.2, 1.0], [0.3, 2.0]]
    assert noisy[0][0] != noisy[1][0]
    assert promethee_ii(noisy, [0.9, 0.1], [1, 1]) == pytest.approx([-0.1, 0.1])
    assert vikor(noisy, [0.9, 0.1], [1, 1]).s == pytest.approx([0.1, 0])
    assert topsis(noisy, [0.9, 0.1], [1, 1], "minmax") == pytest.approx([0, 1])
    assert critic(noisy, [1, 1]).tolist() == [0, 1]


def test_the_only_column_that_differs_has_all_the_weight() -> None:
    assert critic([[1, 5], [2, 5], [4, 5]], [1, 1]).tolist() == [1.0, 0.0]
    assert entropy([[1, 5], [2, 5], [4, 5]]).tolist() == [1.0, 0.0]


def test_numbers_of_any_size_are_ranked() -> None:
    huge, tiny = 1e200, 1e-200
    rows = [[1 * huge, 3 * tiny], [2 * huge, 2 * tiny], [4 * huge, 1 * tiny]]
    plain = [[1, 3], [2, 2], [4, 1]]
    weights, directions = [0.3, 0.7], [1, 1]
    assert topsis(rows, weights, directions) == pytest.approx(topsis(plain, weights, directions))
    assert vikor(rows, weights, directions).q == pytest.approx(vikor(plain, weights, directions).q)
    assert promethee_ii(rows, weights, directions) == pytest.approx(promethee_ii(plain, weights, directions))
    assert entropy(rows) == pytest.approx(entropy(plain))
    assert np.isfinite(weighted_product(rows, weights, directions)).all()


# --- against pymcdm ------------------------------------------------------------------------------------------------


@pytest.fixture(params=range(8))
def problem(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matrix, weights and directions without ties."""
    chance = np.random.default_rng(request.param)
    rows, columns = int(chance.integers(3, 9)), int(chance.integers(2, 7))
    return (
        chance.uniform(1, 100, (rows, columns)),
        chance.dirichlet(np.ones(columns)),
        chance.choice([-1, 1], columns),
    )


def test_vikor_agrees_with_pymcdm(problem: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    assert vikor(*problem).q == pytest.approx(VIKOR()(*problem, validation=False))


def test_weighted_product_has_the_ratios_of_pymcdm(problem: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    scores = WPM()(*problem, validation=False)
    assert weighted_product(*problem) / weighted_product(*problem)[0] == pytest.approx(scores / scores[0])


def test_topsis_by_the_formula(problem: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    matrix, weights, directions = problem
    weighed = matrix / np.sqrt((matrix**2).sum(axis=0)) * weights * directions
    far, near = (
        np.linalg.norm(weighed - weighed.max(axis=0), axis=1),
        np.linalg.norm(weighed - weighed.min(axis=0), axis=1),
    )
    assert topsis(*problem) == pytest.approx(near / (near + far))


def test_promethee_by_the_formula(problem: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    matrix, weights, directions = problem
    count = len(matrix)

    def preferred(one: int, other: int) -> float:
        leads = (matrix[one] - matrix[other]) * directions
        return float(np.clip((leads - 10) / (40 - 10), 0, 1) @ weights)

    net = [sum(preferred(a, b) - preferred(b, a) for b in range(count)) / (count - 1) for a in range(count)]
    assert promethee_ii(*problem, "linear", q=10, p=40) == pytest.approx(net)


def test_objective_weights_agree_with_pymcdm(problem: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    matrix = problem[0]
    assert critic(matrix, np.ones(matrix.shape[1])) == pytest.approx(theirs.critic_weights(matrix))
    assert entropy(matrix) == pytest.approx(theirs.entropy_weights(matrix))


def test_ahp_agrees_with_pymcdm() -> None:
    assert ahp(HOUSE).weights == pytest.approx(AHP(matrix=HOUSE)())


# --- weights of people ---------------------------------------------------------------------------------------------


def test_weights_that_do_not_sum_to_one_are_normalised_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="sum to 10, not to 1") as caught:
        scores = weighted_sum(TZENG, [3, 4, 3])
    assert scores == pytest.approx(weighted_sum(TZENG, [0.3, 0.4, 0.3]))
    assert caught[0].filename == __file__  # it points at who called
    with pytest.warns(UserWarning, match="not to 1"):
        assert topsis(TZENG, [3, 4, 3], [1, 1, 1]) == pytest.approx(topsis(TZENG, [0.3, 0.4, 0.3], [1, 1, 1]))


def test_weights_that_miss_one_by_rounding_pass_in_silence() -> None:
    assert weighted_sum(np.eye(3), [1 / 3, 1 / 3, 1 / 3 + 1e-10]) == pytest.approx(
        [1 / 3] * 3
    )  # warnings are errors here


def test_swing_and_direct_points_become_shares() -> None:
    assert swing_weights([100, 60, 40]) == pytest.approx([0.5, 0.3, 0.2])
    direct = Weighting(evaluator="Li", criteria=("cost", "fit"), points=(1.0, 3.0))
    assert dict(weights_of(direct)) == {"cost": 0.25, "fit": 0.75}


def test_an_evaluator_may_compare_by_pairs() -> None:
    pairs = Weighting(evaluator="Li", method="ahp", criteria=("cost", "fit"), pairwise=((1.0, 4.0), (0.25, 1.0)))
    assert weights_of(pairs) == pytest.approx({"cost": 0.8, "fit": 0.2})


def test_a_group_counts_each_by_its_share_and_no_zero_is_a_veto() -> None:
    founder = Weighting(evaluator="Founder", share=3.0, criteria=("cost", "fit"), points=(100.0, 0.0))
    clerk = Weighting(evaluator="Clerk", criteria=("fit", "exit"), points=(50.0, 50.0))
    # cost ¾·1; fit ¾·0 + ¼·½; exit ¼·½
    together = group_weights([founder, clerk])
    assert dict(together) == pytest.approx({"cost": 0.75, "fit": 0.125, "exit": 0.125})
    assert list(together) == ["cost", "fit", "exit"]
    assert sum(together.values()) == pytest.approx(1)


# --- what is refused -----------------------------------------------------------------------------------------------

TWO = [[1.0, 2.0], [3.0, 1.0]]
HALF = [0.5, 0.5]
BOTH = [1, 1]

RANKING: dict[str, Callable[[Any, Any, Any], Any]] = {
    "weighted_sum": lambda matrix, weights, _: weighted_sum(matrix, weights),
    "weighted_product": weighted_product,
    "topsis": topsis,
    "topsis minmax": lambda *given: topsis(*given, "minmax"),
    "vikor": vikor,
    "promethee_ii": promethee_ii,
    "critic": lambda matrix, _, directions: critic(matrix, directions),
    "entropy": lambda matrix, *_: entropy(matrix),
}

BAD_MATRICES: list[tuple[Any, str, str]] = [
    ([], "matrix_shape", "1 dimensions"),
    ([[]], "matrix_shape", "empty"),
    ([[], []], "matrix_shape", "empty"),
    (np.empty((0, 3)), "matrix_shape", "empty"),
    ([1.0, 2.0], "matrix_shape", "1 dimensions"),
    (3.0, "matrix_shape", "0 dimensions"),
    (np.zeros((2, 2, 2)), "matrix_shape", "3 dimensions"),
    ([[1.0, 2.0], [3.0]], "matrix_shape", "Row 2 is not as long"),
    ([[1.0, 2.0], 3.0], "matrix_shape", "Row 2 is not as long"),
    ([[1.0, 2.0]], "lone_vendor", "only one vendor"),
    ([[1.0, 2.0], [math.nan, 1.0]], "not_a_number", "Row 2, column 1 is no finite number: nan"),
    ([[1.0, math.inf], [3.0, 1.0]], "not_a_number", "Row 1, column 2"),
    ([[1.0, None], [3.0, 1.0]], "not_a_number", "Row 1, column 2"),
    ([[1.0, "two"], [3.0, 1.0]], "not_a_number", "Row 1, column 1|Row 1, column 2"),
    ([["1", "2"], ["3", "1"]], "not_a_number", "Row 1, column 1"),
    ([[1.0, True], [3.0, 1.0]], "", ""),
    (pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), "not_a_number", "Row 1, column 2"),
    (pd.DataFrame({"a": [1, None], "b": [1, 2]}, dtype="Int64"), "not_a_number", "Row 2, column 1"),
    ([[1 + 1j, 2.0], [3.0, 1.0]], "not_a_number", "Row 1, column 1"),
    ([[0.0, 0.0], [0.0, 0.0]], "zero_matrix", "is 0"),
    ("abc", "matrix_shape", "0 dimensions"),
    (None, "matrix_shape", "0 dimensions"),
]  # fmt: skip


@pytest.mark.parametrize("method", RANKING)
@pytest.mark.parametrize(("matrix", "code", "words"), [bad for bad in BAD_MATRICES if bad[1]])
def test_a_bad_matrix_is_named(method: str, matrix: Any, code: str, words: str) -> None:
    columns = np.shape(matrix)[-1] if np.ndim(np.asarray(matrix, dtype=object)) == 2 else 2
    with pytest.raises(BadMatrix, match=words) as refused:
        RANKING[method](matrix, np.full(columns, 1 / max(columns, 1)), np.ones(columns))
    assert refused.value.code == code
    assert refused.value.hint is not None
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, BadInput)


WEIGHING = [name for name in RANKING if name not in ("critic", "entropy")]


@pytest.mark.parametrize("method", WEIGHING)
@pytest.mark.parametrize(
    ("weights", "code", "words"),
    [
        ([1.0], "weights_size", "1 weights for 2 criteria"),
        ([0.2, 0.3, 0.5], "weights_size", "3 weights for 2"),
        ([[0.5, 0.5]], "weights_size", "weights for 2"),
        (1.0, "weights_size", "1 weights for 2"),
        ([], "weights_size", "0 weights for 2"),
        ([1.5, -0.5], "negative_weight", "Weight 2 is negative: -0.5"),
        ([0.0, 0.0], "no_weight", "All weights are 0"),
        ([0.5, math.nan], "not_a_number", "Number 2"),
        ([0.5, math.inf], "not_a_number", "Number 2"),
        (["0.5", "0.5"], "not_a_number", "Number 1"),
    ],
)
def test_bad_weights_are_named(method: str, weights: Any, code: str, words: str) -> None:
    with pytest.raises(BadMatrix, match=words) as refused:
        RANKING[method](TWO, weights, BOTH)
    assert refused.value.code == code


@pytest.mark.parametrize("method", [name for name in RANKING if name not in ("weighted_sum", "entropy")])
@pytest.mark.parametrize(
    ("directions", "code"),
    [([1], "directions_size"), ([1, 1, 1], "directions_size"), ([1, 0], "direction"), ([1, 2], "direction"), ([1, math.nan], "not_a_number"), (["max", "min"], "not_a_number")],
)  # fmt: skip
def test_bad_directions_are_named(method: str, directions: Any, code: str) -> None:
    with pytest.raises(BadMatrix) as refused:
        RANKING[method](TWO, HALF, directions)
    assert refused.value.code == code


@pytest.mark.parametrize("entry", [0.0, -1.0])
def test_what_divides_or_takes_powers_refuses_zero_and_less(entry: float) -> None:
    with pytest.raises(BadMatrix, match=r"Row 2, column 1 is") as refused:
        weighted_product([[1.0, 2.0], [entry, 1.0]], HALF, BOTH)
    assert refused.value.code == "not_positive"
    if entry < 0:
        with pytest.raises(BadMatrix, match=r"Row 2, column 1 is -1.0, below 0"):
            entropy([[1.0, 2.0], [entry, 1.0]])


def test_weights_cannot_come_from_what_does_not_differ() -> None:
    for refused in (lambda: critic(EQUAL, BOTH), lambda: entropy(EQUAL)):
        with pytest.raises(BadMatrix, match="No column tells the vendors apart"):
            refused()
    with pytest.raises(BadMatrix, match="same proportions"):
        critic([[1, 10], [2, 20], [4, 40]], BOTH)


@pytest.mark.parametrize(
    ("judged", "code", "words"),
    [
        ([], "matrix_shape", "dimensions"),
        ([[]], "matrix_shape", "empty"),
        ([[1, 2, 3], [0.5, 1, 2]], "not_square", "2 rows and 3 columns"),
        ([[1, 3], [0.5, 1]], "not_reciprocal", "Row 1, column 2 says 3.0, but row 2, column 1 says 0.5"),
        ([[1, 9], [1 / 8, 1]], "not_reciprocal", "Row 1, column 2"),
        ([[2, 3], [1 / 3, 1]], "not_reciprocal", "Criterion 1 compared with itself is 2.0"),
        ([[1, 0], [0, 1]], "not_positive", "Row 1, column 2 is 0"),
        ([[0, 0], [0, 0]], "not_positive", "Row 1, column 1 is 0"),
        ([[1, -2], [-0.5, 1]], "not_positive", "Row 1, column 2 is -2.0, below 0"),
        ([[1, math.nan], [1, 1]], "not_a_number", "Row 1, column 2"),
        ([[1, 1e9], [1e-9, 1]], "judgement_size", "1000000000"),
        ([["1", "2"], ["0.5", "1"]], "not_a_number", "Row 1, column 1"),
    ],
)
def test_a_bad_comparison_is_named(judged: Any, code: str, words: str) -> None:
    with pytest.raises(BadMatrix, match=words) as refused:
        ahp(judged)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: topsis(TWO, HALF, BOTH, "sum"), "normalization"),
        (lambda: vikor(TWO, HALF, BOTH, v=1.5), "share"),
        (lambda: vikor(TWO, HALF, BOTH, v=math.nan), "share"),
        (lambda: promethee_ii(TWO, HALF, BOTH, "gaussian"), "preference"),
        (lambda: promethee_ii(TWO, HALF, BOTH, "linear", q=2, p=1), "threshold"),
        (lambda: promethee_ii(TWO, HALF, BOTH, "linear", q=-1, p=1), "threshold"),
        (lambda: promethee_ii(TWO, HALF, BOTH, "linear", q=[0, 0, 0], p=1), "threshold"),
        (lambda: promethee_ii(TWO, HALF, BOTH, "linear", p=math.nan), "threshold"),
        (lambda: kendall_w([("a", "b")]), "orders"),
        (lambda: kendall_w([]), "orders"),
        (lambda: kendall_w([("a",), ("a",)]), "orders"),
        (lambda: kendall_w([("a", "b"), ("a", "c")]), "orders"),
        (lambda: kendall_w([("a", "b"), ("a", "a")]), "orders"),
        (lambda: group_weights([]), "no_weight"),
        (lambda: swing_weights([0, 0]), "no_weight"),
        (lambda: swing_weights([]), "no_weight"),
        (lambda: swing_weights([100, -5]), "negative_weight"),
    ],
)
def test_other_bad_inputs_are_named(act: Callable[[], Any], code: str) -> None:
    with pytest.raises(BadMatrix) as refused:
        act()
    assert refused.value.code == code
    assert refused.value.hint is not None


def test_a_refusal_speaks_both_languages_and_crosses_processes() -> None:
    with pytest.raises(BadMatrix) as refused:
        weighted_sum([[1.0, 2.0]], HALF)
    again = pickle.loads(pickle.dumps(refused.value))
    assert (type(again), again.code, again.message) == (BadMatrix, "lone_vendor", refused.value.message)
    assert say(again.message, "zh_CN") == "只有一个厂商，至少要有两个才能排名。"


def test_frames_and_nested_tuples_are_taken_as_they_come() -> None:
    frame = pd.DataFrame(TZENG, index=list("ABCD"), columns=["x", "y", "z"])
    weights = pd.Series([0.3, 0.4, 0.3], index=["x", "y", "z"])
    assert topsis(frame, weights, (1, 1, 1)) == pytest.approx(topsis(TZENG, [0.3, 0.4, 0.3], [1, 1, 1]))


def test_nothing_that_was_given_is_changed() -> None:
    matrix, weights = np.array(SIX, dtype=float), np.array([0.4, 0.3, 0.1, 0.2])
    before = matrix.copy(), weights.copy()
    for method in RANKING.values():
        method(matrix, weights, np.array([1, 1, -1, 1]))
    assert (matrix == before[0]).all()
    assert (weights == before[1]).all()


def test_a_judgement_is_a_plain_value() -> None:
    assert Judgement(0, 1, 3.0, 2.0) == Judgement(0, 1, 3.0, 2.0)
