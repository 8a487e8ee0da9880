"""How sure a ranking is: ranks over weightings, the exact triangle, the smallest change that turns it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import linprog

from erp_core.vendors.certainty import (
    exact_first_rank,
    first_rank_regions,
    rank_acceptability,
    simulate,
    switching_points,
    weight_draws,
)
from erp_core.vendors.matrices import BadMatrix, minmax

# Tuş and Adalı 2019: choosing software, the first column a cost.
SOFTWARE = [
    [5000, 3, 3, 4, 3, 2],
    [680, 5, 3, 2, 2, 1],
    [2000, 3, 2, 3, 4, 3],
    [600, 4, 3, 1, 2, 2],
    [800, 2, 4, 3, 3, 4],
]
DRAWS = 100_000


def four_errors(probability: float, draws: int = DRAWS) -> float:
    """Four standard errors of a share: a seed in 15,000 lies farther off."""
    return 4 * math.sqrt(probability * (1 - probability) / draws)


# --- ranks over weightings ---------------------------------------------------------------------------------------------


def test_the_cheapest_software_almost_never_wins() -> None:
    values = minmax(SOFTWARE, [-1, 1, 1, 1, 1, 1])
    ranks = rank_acceptability(values, DRAWS, seed=1)
    published = [0.038, 0.145, 0.170, 0.0001, 0.647]
    for vendor, expected in enumerate(published):
        assert ranks[vendor, 0] == pytest.approx(expected, abs=four_errors(max(expected, 0.001)) + 0.0005)


def test_two_vendors_each_best_at_one_of_two_criteria() -> None:
    """1 beats 2 where w·0.9 > (1 − w)·0.6, that is w > 0.4: in 60 % of all weightings."""
    ranks = rank_acceptability([[0.9, 0.0], [0.0, 0.6]], DRAWS, seed=2)
    assert ranks[0, 0] == pytest.approx(0.6, abs=four_errors(0.6))
    assert ranks[1, 1] == pytest.approx(ranks[0, 0])


def test_ranks_are_shares_by_vendor_and_by_place() -> None:
    ranks = rank_acceptability(np.random.default_rng(3).random((7, 5)), 2_000, seed=3)
    assert ranks.sum(axis=0) == pytest.approx(np.ones(7))
    assert ranks.sum(axis=1) == pytest.approx(np.ones(7))


def test_equal_vendors_have_equal_ranks_to_the_last_digit() -> None:
    values = np.random.default_rng(4).random((3, 120))
    ranks = rank_acceptability(np.vstack([values, values[1], values[1]]), 3_000, seed=4)
    assert (ranks[1] == ranks[3]).all()
    assert (ranks[1] == ranks[4]).all()


def test_wholly_equal_vendors_share_every_rank() -> None:
    assert rank_acceptability([[0.3, 0.7]] * 4, 100, seed=1) == pytest.approx(np.full((4, 4), 0.25))


def test_the_order_of_the_vendors_changes_only_the_order_of_the_rows() -> None:
    values = np.random.default_rng(5).random((6, 9))
    order = [4, 0, 5, 2, 1, 3]
    assert (rank_acceptability(values[order], 9_000, 7) == rank_acceptability(values, 9_000, 7)[order]).all()


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    values = np.random.default_rng(6).random((4, 4))
    first = rank_acceptability(values, 5_000, 11)
    assert (first == rank_acceptability(values, 5_000, 11)).all()
    assert (first != rank_acceptability(values, 5_000, 12)).any()


def test_what_weighs_nothing_tells_no_vendors_apart() -> None:
    """The first two differ in a criterion whose centre is 0 only: they tie in every draw."""
    ranks = rank_acceptability([[1, 0.5, 0.2], [0, 0.5, 0.2], [0, 0.4, 0.1]], 4_000, 1, weights=[0, 0.6, 0.4])
    assert ranks == pytest.approx(np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]))


def test_weights_scatter_around_their_centre() -> None:
    """The mean is the centre; an average weight of n = 4 varies by a third of itself, 1/12."""
    drawn = weight_draws([0.25] * 4, DRAWS, seed=8)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(DRAWS))
    assert drawn.mean(axis=0) == pytest.approx(np.full(4, 0.25), abs=4 / 12 / math.sqrt(DRAWS))
    assert drawn.std(axis=0) == pytest.approx(np.full(4, 1 / 12), rel=0.02)


def test_exact_weights_do_not_scatter_and_open_ones_lie_anywhere() -> None:
    assert (weight_draws([0.5, 0.3, 0.2], 10, 1, "exact") == [0.5, 0.3, 0.2]).all()
    anywhere = weight_draws([0.5, 0.3, 0.2], DRAWS, 1, "open")
    # A uniform weighting of three: every mean 1/3, every variance 2/(3²·4) = 1/18
    assert anywhere.mean(axis=0) == pytest.approx(np.full(3, 1 / 3), abs=0.005)
    assert anywhere.var(axis=0) == pytest.approx(np.full(3, 1 / 18), rel=0.03)


def test_pairwise_wins_and_central_weights() -> None:
    """Three weightings by hand: A wins with (1, 0) and (0.5, 0.5), B with (0, 1): A's central weights are their mean."""
    found = simulate([[0.9, 0.3], [0.1, 0.6]], [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    assert found.ranks[:, 0] == pytest.approx([2 / 3, 1 / 3])
    assert found.pairwise[0, 1] == pytest.approx(2 / 3)
    assert found.central[0] == pytest.approx([0.75, 0.25])
    assert found.central[1] == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([], {}),
        ([[0.5, 0.5]], {}),
        ([[0.5, float("nan")], [0.1, 0.2]], {}),
        ([[0.5, 1.2], [0.1, 0.2]], {}),
        ([[0.5, 0.2], [0.1]], {}),
        ([["a", "b"], ["c", "d"]], {}),
        ([[0.5, 0.2], [0.1, 0.2]], {"draws": 0}),
        ([[0.5, 0.2], [0.1, 0.2]], {"seed": -1}),
        ([[0.5, 0.2], [0.1, 0.2]], {"weights": [1.0]}),
        ([[0.5, 0.2], [0.1, 0.2]], {"weights": [0.0, 0.0]}),
        ([[0.5, 0.2], [0.1, 0.2]], {"weights": [1.5, -0.5]}),
    ],
)
def test_what_cannot_be_ranked_is_refused_in_words(values: object, options: dict[str, object]) -> None:
    with pytest.raises(BadMatrix) as refusal:
        rank_acceptability(values, **{"draws": 100, "seed": 1, **options})  # type: ignore[arg-type]
    assert refusal.value.hint is not None


# --- three criteria, exactly -------------------------------------------------------------------------------------------


def test_each_best_at_one_of_three_has_a_third_of_the_triangle() -> None:
    assert exact_first_rank(np.eye(3)) == pytest.approx([1 / 3] * 3)


def test_a_vendor_that_leads_while_its_criterion_weighs_more_than_half() -> None:
    """1 leads where w₁ > ½: a triangle with sides of ½, a quarter of the whole."""
    shares = exact_first_rank([[1.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    assert shares == pytest.approx([0.25, 0.75])


def test_equal_vendors_share_their_region_and_the_dominated_have_none() -> None:
    shares = exact_first_rank([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.4, 0.4, 0.4]])
    assert shares == pytest.approx([0.125, 0.125, 0.75, 0.0])


def test_the_triangle_agrees_with_drawing() -> None:
    values = np.random.default_rng(9).random((6, 3))
    exact, drawn = exact_first_rank(values), rank_acceptability(values, DRAWS, 3)[:, 0]
    for one, other in zip(exact, drawn, strict=True):
        assert one == pytest.approx(other, abs=four_errors(one) + 1e-9)


def test_corners_of_a_region_are_weightings_with_which_its_vendor_is_first() -> None:
    values = np.random.default_rng(10).random((5, 3))
    for vendor, region in enumerate(first_rank_regions(values)):
        for corner in region:
            assert corner.sum() == pytest.approx(1)
            assert (values[vendor] @ corner) == pytest.approx((values @ corner).max())


@pytest.mark.parametrize("criteria", [1, 2, 4])
def test_another_number_of_criteria_has_no_triangle(criteria: int) -> None:
    with pytest.raises(BadMatrix, match="needs three"):
        exact_first_rank(np.full((2, criteria), 0.5))


# --- the smallest change -----------------------------------------------------------------------------------------------


def by_linear_programme(values: np.ndarray, weights: np.ndarray, challenger: int, leader: int) -> float:
    """min Σ(p + m) with w′ = w + p − m, Σw′ = 1, w′ ≥ 0, (challenger − leader)·w′ ≥ 0, by HiGHS; NaN where none is."""
    count, ahead = len(weights), values[challenger] - values[leader]
    found = linprog(
        np.ones(2 * count),
        A_ub=np.vstack([np.hstack([-ahead, ahead]), np.hstack([-np.eye(count), np.eye(count)])]),
        b_ub=np.concatenate([[ahead @ weights], weights]),
        A_eq=np.hstack([np.ones(count), -np.ones(count)])[None, :],
        b_eq=[0.0],
    )
    return float(found.fun) if found.status == 0 else math.nan


def test_by_hand_a_third_of_the_weight_has_to_move() -> None:
    """A leads 0.6·1 against 0.4·0.5 = 0.2: they are level where w·1 = (1 − w)·0.5, w = 1/3: 0.6 − 1/3 moves, twice."""
    row = switching_points([[1.0, 0.0], [0.0, 0.5]], [0.6, 0.4]).iloc[0]
    assert row["challenger"] == 1
    assert row["change"] == pytest.approx(2 * (0.6 - 1 / 3))
    assert row["weights"] == pytest.approx((1 / 3, 2 / 3))


@pytest.mark.parametrize("seed", range(12))
def test_the_smallest_change_is_that_of_the_linear_programme(seed: int) -> None:
    chance = np.random.default_rng(seed)
    values, weights = chance.random((6, 5)).round(2), chance.dirichlet(np.ones(5))
    leader = int(np.argmax(values @ weights))
    found = switching_points(values, weights)
    assert set(found["challenger"]) == set(range(6)) - {leader}
    for row in found.to_dict("records"):
        expected = by_linear_programme(values, weights, row["challenger"], leader)
        assert row["change"] == pytest.approx(expected, abs=1e-7, nan_ok=True)
        if row["weights"]:
            new = np.array(row["weights"])
            assert new.sum() == pytest.approx(1)
            assert values[row["challenger"]] @ new == pytest.approx(values[leader] @ new)
            assert np.abs(new - weights).sum() == pytest.approx(row["change"])


def test_who_is_behind_everywhere_can_never_draw_level() -> None:
    row = switching_points([[0.9, 0.9], [0.5, 0.8]], [0.5, 0.5]).iloc[0]
    assert row["weights"] == ()
    assert math.isnan(row["change"])


def test_who_ties_with_the_first_needs_no_change() -> None:
    row = switching_points([[0.5, 0.5], [0.2, 0.8]], [0.5, 0.5]).iloc[0]
    assert (row["challenger"], row["change"], row["weights"]) == (1, 0.0, (0.5, 0.5))
