"""How sure a ranking is: areas and switching points by hand, published shares, draws against exact answers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from erp_core.errors import BadInput
from erp_core.vendors.certainty import (
    acceptability,
    exact_first_rank,
    first_rank_regions,
    rank_acceptability,
    switching_points,
    weight_draws,
)
from erp_core.vendors.matrices import BadMatrix
from erp_core.vendors.methods import minmax
from erp_core.vendors.schema import Sureness

# Tuş and Adalı 2019, time and attendance software; the first column is its cost.
SOFTWARE = [
    [5000, 3, 3, 4, 3, 2],
    [680, 5, 3, 2, 2, 1],
    [2000, 3, 2, 3, 4, 3],
    [600, 4, 3, 1, 2, 2],
    [800, 2, 4, 3, 3, 4],
]
SPECIALISTS = np.eye(3)


# --- rank acceptability --------------------------------------------------------------------------------------------


def test_the_cheapest_software_almost_never_wins() -> None:
    ranks = rank_acceptability(minmax(SOFTWARE, [-1, 1, 1, 1, 1, 1]), 100_000, 1)
    # four standard errors of the largest share: 4·√(.647·.353/100,000) = .006
    assert ranks[:, 0] == pytest.approx([0.038, 0.145, 0.170, 0.0001, 0.647], abs=0.006)
    assert ranks.sum(axis=0) == pytest.approx([1] * 5)
    assert ranks.sum(axis=1) == pytest.approx([1] * 5)


def test_two_criteria_are_a_line() -> None:
    # 1st: w, 2nd: 1 − w, 3rd: 0.6 whatever w: it is first for w of 0.4 to 0.6, second otherwise.
    ranks = rank_acceptability([[1, 0], [0, 1], [0.6, 0.6]], 100_000, 7)
    expected = [[0.4, 0.1, 0.5], [0.4, 0.1, 0.5], [0.2, 0.8, 0.0]]
    assert ranks == pytest.approx(np.array(expected), abs=0.007)


def test_equal_vendors_share_their_ranks_exactly() -> None:
    ranks = rank_acceptability([[0.5, 0.5], [0, 0], [0.5, 0.5]], 1_000, 1)
    assert ranks.tolist() == [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0]]
    assert rank_acceptability(np.zeros((4, 3)), 1_000, 1).tolist() == [[0.25] * 4] * 4
    noisy = rank_acceptability([[0.1 + 0.2, 1], [0.3, 1]], 1_000, 1)
    assert noisy.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_who_is_better_everywhere_is_always_first() -> None:
    assert rank_acceptability([[0.2, 0.1], [0.9, 0.8], [0.5, 0.5]], 5_000, 1).tolist() == [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
    ]


def test_a_seed_gives_the_same_numbers_and_another_others() -> None:
    values = np.random.default_rng(1).random((6, 9))
    once = rank_acceptability(values, 9_000, 5)
    assert (once == rank_acceptability(values, 9_000, 5)).all()
    assert (once != rank_acceptability(values, 9_000, 6)).any()


@pytest.mark.parametrize("weights", [None, [0.4, 0.3, 0.2, 0.1, 0.0]])
def test_the_order_of_vendors_permutes_rows_and_changes_nothing_else(weights: list[float] | None) -> None:
    chance = np.random.default_rng(2)
    values = chance.random((13, 5))
    values[4] = values[11]
    ranks = rank_acceptability(values, 10_000, 3, weights)
    for _ in range(5):
        order = chance.permutation(13)
        assert (rank_acceptability(values[order], 10_000, 3, weights) == ranks[order]).all()


def test_draws_are_counted_whole_whatever_their_number() -> None:
    values = np.random.default_rng(3).random((4, 3))
    for draws in (1, 2, 4_095, 4_096, 4_097, 10_001):
        ranks = rank_acceptability(values, draws, 1)
        assert ranks.sum(axis=1) == pytest.approx([1] * 4)
        assert ranks * draws == pytest.approx(np.round(ranks * draws))


@pytest.mark.parametrize("weights", [None, [0.1, 0.2, 0.3, 0.4]])
def test_the_fast_count_is_the_plain_one(weights: list[float] | None) -> None:
    values = np.random.default_rng(4).random((7, 4))
    drawn = weight_draws([0.25] * 4, 9_000, 8, "open") if weights is None else weight_draws(weights, 9_000, 8, "about")
    places = (-(drawn @ values.T)).argsort(axis=1).argsort(axis=1)
    expected = [[(places[:, vendor] == rank).mean() for rank in range(7)] for vendor in range(7)]
    assert rank_acceptability(values, 9_000, 8, weights) == pytest.approx(np.array(expected), abs=1e-12)


def test_weights_are_the_centre_that_draws_scatter_around() -> None:
    # With w around .8 the first wins nearly always, around .2 the second; around ½ each half the time.
    values = [[1, 0], [0, 1]]
    assert rank_acceptability(values, 20_000, 1, [0.8, 0.2])[0, 0] > 0.95
    assert rank_acceptability(values, 20_000, 1, [0.2, 0.8])[0, 0] < 0.05
    assert rank_acceptability(values, 20_000, 1, [0.5, 0.5])[0, 0] == pytest.approx(0.5, abs=0.015)


def test_a_criterion_without_weight_has_no_say() -> None:
    assert rank_acceptability([[0.5, 0.5, 1], [0.6, 0.6, 0]], 1_000, 1, [0.5, 0.5, 0]).tolist() == [[0, 1], [1, 0]]
    # equal but for a criterion without weight: a tie, not a win
    assert rank_acceptability([[0.5, 1], [0.5, 0]], 1_000, 1, [1, 0]).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    with pytest.warns(UserWarning, match="sum to 2, not to 1"):
        rank_acceptability([[0.5, 1], [0.6, 0]], 10, 1, [1, 1])


def test_many_vendors_and_requirements_fit() -> None:
    values = np.random.default_rng(5).random((60, 400))
    ranks = rank_acceptability(values, 2_000, 1)
    assert ranks.shape == (60, 60)
    assert ranks.sum(axis=0) == pytest.approx([1] * 60)


# --- drawing weights -----------------------------------------------------------------------------------------------


def test_exact_weights_are_drawn_as_they_are() -> None:
    assert weight_draws([0.7, 0.3], 3, 1, Sureness.EXACT).tolist() == [[0.7, 0.3]] * 3


def test_weights_about_a_centre_average_to_it() -> None:
    centre = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    drawn = weight_draws(centre, 100_000, 1, Sureness.ABOUT)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(100_000))
    assert (drawn[:, 4] == 0).all()
    assert (drawn >= 0).all()
    # Four weights above 0: Σα = 26, variance m(1 − m)/27; four standard errors of the mean.
    deviation = np.sqrt(centre * (1 - centre) / 27)
    assert (np.abs(drawn.mean(axis=0) - centre) <= 4 * deviation / math.sqrt(100_000)).all()
    assert drawn.std(axis=0) == pytest.approx(deviation, rel=0.02)


@pytest.mark.parametrize("count", [2, 3, 8, 120])
def test_a_weight_of_average_size_varies_by_a_third_of_itself(count: int) -> None:
    drawn = weight_draws(np.full(count, 1 / count), 20_000, 2)
    assert drawn.std(axis=0).mean() == pytest.approx(1 / count / 3, rel=0.02)


def test_open_weights_are_uniform_over_those_that_count() -> None:
    drawn = weight_draws([0.9, 0.1, 0.0], 100_000, 3, Sureness.OPEN)
    assert (drawn[:, 2] == 0).all()
    # of two weights the first is uniform on 0..1
    assert np.quantile(drawn[:, 0], [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


def test_a_single_weight_is_the_whole() -> None:
    for sureness in Sureness:
        assert weight_draws([0.0, 1.0], 5, 1, sureness).tolist() == [[0.0, 1.0]] * 5


def test_very_small_weights_stay_numbers() -> None:
    drawn = weight_draws([1 - 1e-12, 1e-12], 5_000, 1)
    assert np.isfinite(drawn).all()
    assert drawn[:, 0].mean() == pytest.approx(1)


# --- counting scores -----------------------------------------------------------------------------------------------


def test_ranks_wins_and_central_weights_by_hand() -> None:
    scores = [[0.9, 0.1, 0.5], [0.5, 0.5, 0.1], [0.2, 0.8, 0.4], [0.3, 0.3, 0.3]]
    weights = [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.3, 0.7]]
    found = acceptability(scores, weights)
    # Places: 1 3 2 · 1½ 1½ 3 · 3 1 2 · all level
    third = 1 / 3
    expected = [
        [1 + 0.5 + 0 + third, 0.5 + 0 + third, 0 + 0 + 1 + third],
        [0 + 0.5 + 1 + third, 0.5 + 0 + third, 1 + 0 + 0 + third],
        [third, 1 + 1 + third, 1 + third],
    ]
    assert found.ranks == pytest.approx(np.array(expected) / 4)
    # first against second: won, level, lost, level
    assert found.pairwise[0, 1] == pytest.approx((1 + 0.5 + 0 + 0.5) / 4)
    assert found.pairwise[1, 2] == pytest.approx((0 + 1 + 1 + 0.5) / 4)
    assert found.pairwise + found.pairwise.T == pytest.approx(np.ones((3, 3)))
    led = [1 + 0.5 + third, 0.5 + 1 + third, third]
    assert found.central[0] == pytest.approx(np.array([1 + 0.25 + 0.1, 0.25 + 0.7 / 3]) / led[0])
    assert found.central[1] == pytest.approx(np.array([0.25 + 0.1, 0.25 + 1 + 0.7 / 3]) / led[1])
    assert found.central[2] == pytest.approx([0.3, 0.7])


def test_who_is_never_first_has_no_central_weights() -> None:
    found = acceptability([[0.9, 0.1], [0.8, 0.2]], [[0.5, 0.5], [0.1, 0.9]])
    assert found.central[0] == pytest.approx([0.3, 0.7])
    assert np.isnan(found.central[1]).all()


def test_a_vendor_alone_is_first() -> None:
    found = acceptability([[0.2], [0.3]], [[1.0], [1.0]])
    assert (found.ranks.tolist(), found.pairwise.tolist(), found.central.tolist()) == ([[1.0]], [[0.5]], [[1.0]])


def test_scores_without_weights_have_no_central_ones() -> None:
    assert acceptability([[0.2, 0.1]]).central.shape == (2, 0)


def test_central_weights_of_specialists_lie_in_their_corners() -> None:
    # Each wins where its weight is the largest. The centre of that kite is (11/18, 7/36, 7/36).
    drawn = weight_draws([1 / 3] * 3, 50_000, 1, "open")
    found = acceptability(drawn, drawn)
    expected = np.full((3, 3), 7 / 36) + np.eye(3) * (11 / 18 - 7 / 36)
    assert found.central == pytest.approx(expected, abs=0.005)
    assert found.pairwise[0, 1] == pytest.approx(0.5, abs=0.01)


def test_scores_may_come_in_any_order_of_vendors() -> None:
    chance = np.random.default_rng(6)
    weights = weight_draws([0.2] * 5, 9_000, 1)
    scores = weights @ chance.random((5, 11))
    order = chance.permutation(11)
    found, other = acceptability(scores, weights), acceptability(scores[:, order], weights)
    assert (other.ranks == found.ranks[order]).all()
    assert (other.pairwise == found.pairwise[np.ix_(order, order)]).all()
    assert np.array_equal(other.central, found.central[order], equal_nan=True)


# --- the triangle --------------------------------------------------------------------------------------------------


def test_areas_of_the_triangle_by_hand() -> None:
    assert exact_first_rank(SPECIALISTS) == pytest.approx([1 / 3] * 3)
    # w1 against 1 − w1: the first wins beyond ½, a corner of half the side and a quarter of the area
    assert exact_first_rank([[1, 0, 0], [0, 1, 1]]) == pytest.approx([0.25, 0.75])
    # 0.8 whatever the weights: the specialists keep corners of a fifth of the side
    assert exact_first_rank([*SPECIALISTS, [0.8] * 3]) == pytest.approx([0.04, 0.04, 0.04, 0.88])
    assert exact_first_rank([[0.5] * 3, [0.4] * 3]) == pytest.approx([1, 0])


def test_equal_vendors_share_the_area() -> None:
    assert exact_first_rank([[1, 0, 0], [0, 1, 1], [1, 0, 0]]) == pytest.approx([0.125, 0.75, 0.125])
    assert exact_first_rank([[0.3] * 3] * 4) == pytest.approx([0.25] * 4)
    assert exact_first_rank([[0.1 + 0.2, 0, 0], [0.3, 0, 0]]) == pytest.approx([0.5, 0.5])


def test_who_ties_on_an_edge_only_has_no_area() -> None:
    assert exact_first_rank([[1, 1, 1], [1, 1, 0], [1, 0, 0]]) == pytest.approx([1, 0, 0])


@pytest.mark.parametrize("seed", range(5))
def test_areas_are_what_draws_come_to(seed: int) -> None:
    values = np.random.default_rng(seed).random((8, 3))
    areas = exact_first_rank(values)
    assert areas.sum() == pytest.approx(1)
    # five standard errors at most: 5·√(¼/40,000)
    assert rank_acceptability(values, 40_000, seed)[:, 0] == pytest.approx(areas, abs=0.0125)


def test_regions_are_polygons_of_weights() -> None:
    regions = first_rank_regions([[1, 0, 0], [0, 1, 1], [0.2, 0.1, 0.1]])
    corners = {tuple(np.round(corner, 9).tolist()) for corner in regions[0]}
    assert corners == {(1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5)}
    assert len(regions[1]) == 4
    assert regions[2].shape == (0, 3)
    for region in regions:
        assert region.sum(axis=1) == pytest.approx(np.ones(len(region)))


def test_at_its_corners_nobody_is_ahead_of_a_vendor() -> None:
    values = np.random.default_rng(9).random((30, 3))
    for vendor, region in enumerate(first_rank_regions(values)):
        assert (values @ region.T).max(axis=0) == pytest.approx(values[vendor] @ region.T)


# --- switching points ----------------------------------------------------------------------------------------------


def test_the_smallest_change_of_weights_by_hand() -> None:
    # .6·1 against .6·0 + .4·1: .2 apart. Each hundredth moved from the first criterion to the second closes two.
    found = switching_points([[1, 0], [0, 1]], [0.6, 0.4])
    assert found.columns.tolist() == ["challenger", "weights", "change"]
    assert found["challenger"].tolist() == [1]
    assert found["weights"].iloc[0] == pytest.approx((0.5, 0.5))
    assert found["change"].iloc[0] == pytest.approx(0.2)


def test_weight_moves_from_the_worst_to_the_best_criterion_first() -> None:
    # Leads of the challenger: −.9, −.2, +.3; weights .1, .6, .3; behind by .09 + .12 − .09 = .12.
    # From the first to the third each unit closes 1.2: all of it, .1, closes .12.
    found = switching_points([[0.9, 0.5, 0.2], [0.0, 0.3, 0.5]], [0.1, 0.6, 0.3]).iloc[0]
    assert found["weights"] == pytest.approx((0.0, 0.6, 0.4))
    assert found["change"] == pytest.approx(0.2)
    # Behind by .9·.1 + .2·.8 − .3·.1 = .22: the .1 closes .12, the other .1 has to come from the second at .5 a unit.
    found = switching_points([[0.9, 0.5, 0.2], [0.0, 0.3, 0.5]], [0.1, 0.8, 0.1]).iloc[0]
    assert found["weights"] == pytest.approx((0.0, 0.6, 0.4))
    assert found["change"] == pytest.approx(0.6)


def test_who_can_never_draw_level_has_no_weights() -> None:
    found = switching_points([[0.9, 0.9], [0.1, 0.2], [0.9, 0.1]], [0.5, 0.5])
    assert found["weights"].iloc[0] == ()
    assert math.isnan(found["change"].iloc[0])
    assert found["weights"].iloc[1] == pytest.approx((1.0, 0.0))  # level where only the first criterion counts
    assert found["change"].iloc[1] == pytest.approx(1.0)


def test_who_is_level_already_needs_no_change() -> None:
    found = switching_points([[0.3, 0.5], [0.5, 0.3], [0.1 + 0.2, 0.5], [0.1, 0.1]], [0.5, 0.5])
    assert found["challenger"].tolist() == [1, 2, 3]
    assert found["change"].iloc[:2].tolist() == [0.0, 0.0]
    assert found["weights"].iloc[0] == (0.5, 0.5)


def test_a_criterion_without_weight_may_gain_some() -> None:
    found = switching_points([[0.8, 0.0], [0.4, 1.0]], [1.0, 0.0]).iloc[0]
    # behind by .4; each unit moved closes 1.4
    assert found["change"] == pytest.approx(2 * 0.4 / 1.4)
    assert sum(found["weights"]) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(12))
def test_no_smaller_change_is_found_by_linear_programming(seed: int) -> None:
    chance = np.random.default_rng(seed)
    count = int(chance.integers(2, 9))
    values, weights = chance.random((5, count)).round(2), chance.dirichlet(np.ones(count))
    weights = np.where(weights < 0.1, 0.0, weights)
    weights /= weights.sum()
    scores = values @ weights
    leader = int(np.argmax(scores))
    found = switching_points(values, weights)
    assert found["challenger"].tolist() == [row for row in range(5) if row != leader]
    for row in found.itertuples():
        # variables: rises and falls of each weight
        lead = values[row.challenger] - values[leader]
        answer = linprog(
            np.ones(2 * count),
            A_ub=[np.r_[-lead, lead]],
            b_ub=[lead @ weights],
            A_eq=[np.r_[np.ones(count), -np.ones(count)]],
            b_eq=[0.0],
            bounds=[(0, None)] * count + [(0, weight) for weight in weights],
        )
        assert answer.success == (row.weights != ())
        if row.weights:
            assert row.change == pytest.approx(answer.fun, abs=1e-7)
            moved = np.array(row.weights)
            assert np.abs(moved - weights).sum() == pytest.approx(row.change)
            assert moved.sum() == pytest.approx(1)
            assert moved.min() >= 0
            assert lead @ moved == pytest.approx(0, abs=1e-9)


# --- what is refused -----------------------------------------------------------------------------------------------

TWO = [[1.0, 0.0], [0.0, 1.0]]
THREE = [[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]


@pytest.mark.parametrize(
    "ask",
    [
        lambda values: rank_acceptability(values, 10, 1),
        lambda values: rank_acceptability(values, 10, 1, [0.5, 0.5]),
        lambda values: switching_points(values, [0.5, 0.5]),
        exact_first_rank,
        first_rank_regions,
    ],
)
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([], "matrix_shape"),
        ([[], []], "matrix_shape"),
        ([[0.5, 0.5]], "lone_vendor"),
        ([[0.5, 0.5], [0.5]], "matrix_shape"),
        ([[0.5, math.nan], [0.5, 0.5]], "not_a_number"),
        ([[0.5, math.inf], [0.5, 0.5]], "not_a_number"),
        ([[0.5, "x"], [0.5, 0.5]], "not_a_number"),
        ([[5000, 3], [680, 5]], "value_scale"),
        ([[0.5, -0.1], [0.5, 0.5]], "value_scale"),
    ],
)
def test_bad_values_are_named(ask: Callable[[Any], Any], values: Any, code: str) -> None:
    with pytest.raises(BadMatrix) as refused:
        ask(values)
    assert refused.value.code == code
    assert isinstance(refused.value, BadInput | ValueError)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: rank_acceptability(TWO, 0, 1), "draws"),
        (lambda: rank_acceptability(TWO, -5, 1), "draws"),
        (lambda: rank_acceptability(TWO, 10.5, 1), "draws"),
        (lambda: rank_acceptability(TWO, True, 1), "draws"),
        (lambda: rank_acceptability(TWO, 10**9, 1), "draws"),
        (lambda: rank_acceptability(TWO, 10, -1), "seed"),
        (lambda: rank_acceptability(TWO, 10, None), "seed"),
        (lambda: rank_acceptability(TWO, 10, 1, [1.0]), "weights_size"),
        (lambda: rank_acceptability(TWO, 10, 1, [1.5, -0.5]), "negative_weight"),
        (lambda: rank_acceptability(TWO, 10, 1, [0.0, 0.0]), "no_weight"),
        (lambda: weight_draws([], 10, 1), "no_weight"),
        (lambda: weight_draws([0.5, 0.5], 0, 1), "draws"),
        (lambda: weight_draws([0.5, 0.5], 10, 1, "sure"), "sureness"),
        (lambda: switching_points(TWO, [0.5]), "weights_size"),
        (lambda: switching_points(TWO, [0.5, math.nan]), "not_a_number"),
        (lambda: exact_first_rank(TWO), "three_criteria"),
        (lambda: first_rank_regions(TWO), "three_criteria"),
        (lambda: exact_first_rank(np.full((2, 4), 0.5)), "three_criteria"),
        (lambda: acceptability([0.5, 0.5]), "simulation_shape"),
        (lambda: acceptability([]), "simulation_shape"),
        (lambda: acceptability([[0.5, math.nan]]), "simulation_shape"),
        (lambda: acceptability([[0.5, 0.5]], [[0.5], [0.5]]), "simulation_shape"),
        (lambda: acceptability([[0.5, 0.5]], [[math.inf]]), "simulation_shape"),
    ],
)
def test_other_bad_inputs_are_named(act: Callable[[], Any], code: str) -> None:
    with pytest.raises(BadMatrix) as refused:
        act()
    assert refused.value.code == code
    assert refused.value.hint is not None


def test_values_on_the_edge_of_the_scale_pass() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rank_acceptability([[1 + 1e-12, 0.5], [-1e-12, 0.4]], 10, 1).tolist() == [[1, 0], [0, 1]]
        frame = pd.DataFrame(THREE, index=["A", "B"])
        assert exact_first_rank(frame) == pytest.approx([0.5, 0.5])
