"""Whoever is compared on whatever: units, order and doubles change nothing that they should not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_core.vendors.certainty import (
    acceptability,
    exact_first_rank,
    rank_acceptability,
    switching_points,
    weight_draws,
)
from erp_core.vendors.methods import (
    BadMatrix,
    ahp,
    critic,
    entropy,
    minmax,
    promethee_ii,
    topsis,
    vikor,
    weighted_product,
    weighted_sum,
)

Method = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

# Higher is better for all of them.
METHODS: dict[str, Method] = {
    "weighted_sum": lambda matrix, weights, directions: weighted_sum(matrix * directions, weights),
    "weighted_product": weighted_product,
    "topsis vector": topsis,
    "topsis minmax": lambda *given: topsis(*given, "minmax"),
    "vikor": lambda *given: -vikor(*given).q,
    "promethee_ii": promethee_ii,
    "promethee_ii linear": lambda *given: promethee_ii(*given, "linear", q=1, p=4),
}
UNITLESS = [name for name in METHODS if name not in ("weighted_sum", "promethee_ii linear")]


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ratings of 1..9 with many ties, columns of equal entries and weights of 0 among them."""
    rows, columns = draw(st.integers(2, 7)), draw(st.integers(1, 5))
    entries = st.lists(st.integers(1, 9), min_size=rows * columns, max_size=rows * columns)
    points = draw(st.lists(st.integers(0, 9), min_size=columns, max_size=columns).filter(any))
    directions = draw(st.lists(st.sampled_from([-1, 1]), min_size=columns, max_size=columns))
    matrix = np.array(draw(entries), dtype=float).reshape(rows, columns)
    return matrix, np.array(points) / sum(points), np.array(directions)


@st.composite
def valued(draw: st.DrawFn, columns: int | None = None) -> np.ndarray:
    """Values of 0..1 in steps of a tenth: vendors × criteria."""
    rows, wide = draw(st.integers(2, 8)), columns or draw(st.integers(1, 5))
    tenths = st.lists(st.integers(0, 10), min_size=rows * wide, max_size=rows * wide)
    return np.array(draw(tenths), dtype=float).reshape(rows, wide) / 10


@pytest.mark.parametrize("name", METHODS)
@given(problem=problems(), chance=st.randoms(use_true_random=False))
def test_the_order_of_vendors_changes_no_score(name: str, problem: tuple[np.ndarray, ...], chance: object) -> None:
    matrix, weights, directions = problem
    order = np.random.default_rng(chance.randrange(10**6)).permutation(len(matrix))  # type: ignore[attr-defined]
    scores = METHODS[name](matrix, weights, directions)
    assert np.isfinite(scores).all()
    assert METHODS[name](matrix[order], weights, directions) == pytest.approx(scores[order], abs=1e-9)


@pytest.mark.parametrize("name", METHODS)
@given(problem=problems(), row=st.integers(0, 6))
def test_equal_vendors_have_equal_scores(name: str, problem: tuple[np.ndarray, ...], row: int) -> None:
    matrix, weights, directions = problem
    twice = np.vstack([matrix, matrix[row % len(matrix)]])
    scores = METHODS[name](twice, weights, directions)
    assert scores[-1] == pytest.approx(scores[row % len(matrix)], abs=1e-12)


@pytest.mark.parametrize("name", METHODS)
@given(problem=problems(), better=st.integers(0, 6))
def test_who_is_nowhere_worse_is_not_ranked_behind(name: str, problem: tuple[np.ndarray, ...], better: int) -> None:
    matrix, weights, directions = problem
    row = better % len(matrix)
    raised = np.vstack([matrix, np.where(directions > 0, matrix[row] + 1, matrix[row] / 2)])
    scores = METHODS[name](raised, weights, directions)
    assert scores[-1] >= scores[row] - 1e-9


@pytest.mark.parametrize("name", UNITLESS)
@given(problem=problems(), units=st.lists(st.sampled_from([0.001, 0.3, 7.0, 1e5]), min_size=5, max_size=5))
def test_units_change_no_ranking(name: str, problem: tuple[np.ndarray, ...], units: list[float]) -> None:
    matrix, weights, directions = problem
    other = matrix * np.array(units[: matrix.shape[1]])
    scores, again = METHODS[name](matrix, weights, directions), METHODS[name](other, weights, directions)
    if name == "weighted_product":  # only ratios mean something
        scores, again = scores / scores[0], again / again[0]
    assert again == pytest.approx(scores, rel=1e-9, abs=1e-9)


@given(problem=problems(), row=st.lists(st.integers(1, 9), min_size=5, max_size=5))
def test_another_vendor_cannot_reorder_the_others_by_the_weighted_sum(
    problem: tuple[np.ndarray, ...], row: list[int]
) -> None:
    matrix, weights, _ = problem
    more = np.vstack([matrix, row[: matrix.shape[1]]])
    assert weighted_sum(more, weights)[:-1] == pytest.approx(weighted_sum(matrix, weights))


@given(problem=problems())
def test_scores_keep_to_their_scales(problem: tuple[np.ndarray, ...]) -> None:
    matrix, weights, directions = problem
    for normalization in ("vector", "minmax"):
        closeness = topsis(matrix, weights, directions, normalization)  # type: ignore[arg-type]
        assert closeness.min() >= 0
        assert closeness.max() <= 1
    flows = promethee_ii(matrix, weights, directions)
    assert flows.sum() == pytest.approx(0, abs=1e-9)
    assert np.abs(flows).max() <= 1 + 1e-9
    answer = vikor(matrix, weights, directions)
    assert answer.q.min() >= 0
    assert answer.q.max() <= 1
    best = answer.q[answer.compromise[0]]
    assert best == answer.q.min()
    assert list(answer.q[list(answer.compromise)]) == sorted(answer.q[list(answer.compromise)])


@given(problem=problems())
def test_weights_of_the_matrix_are_weights_or_refused(problem: tuple[np.ndarray, ...]) -> None:
    matrix, _, directions = problem
    same = matrix.max(axis=0) == matrix.min(axis=0)
    for ask in (lambda: critic(matrix, directions), lambda: entropy(matrix)):
        if same.all():
            with pytest.raises(BadMatrix, match="No column tells the vendors apart"):
                ask()
            continue
        try:
            weights = ask()
        except BadMatrix:  # critic, where all columns that differ say the same
            proportions = minmax(matrix[:, ~same], directions[~same])
            assert np.ptp(proportions, axis=1).max() < 1e-9
            continue
        assert weights.sum() == pytest.approx(1)
        assert weights.min() >= 0
        assert (weights[same] == 0).all()


@given(points=st.lists(st.integers(1, 9), min_size=1, max_size=12), noise=st.integers(0, 2**31))
def test_comparisons_give_weights_whatever_is_judged(points: list[int], noise: int) -> None:
    ideal = np.array(points, dtype=float)
    off = np.exp(np.random.default_rng(noise).normal(0, 0.5, (len(points), len(points))))
    judged = np.triu(ideal[:, None] / ideal[None, :] * off, 1)
    judged += np.eye(len(points)) + np.divide(1, judged.T, where=judged.T > 0, out=np.zeros_like(judged))
    answer = ahp(judged)
    assert answer.weights.sum() == pytest.approx(1)
    assert answer.weights.min() > 0
    assert answer.lambda_max >= len(points)
    assert answer.consistency_ratio >= 0
    assert judged @ answer.weights == pytest.approx(answer.lambda_max * answer.weights)
    order = np.random.default_rng(noise).permutation(len(points))
    assert ahp(judged[np.ix_(order, order)]).weights == pytest.approx(answer.weights[order])


# --- certainty -----------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(values=valued(), seed=st.integers(0, 2**40), weighed=st.booleans(), draws=st.integers(1, 5_000))
def test_ranks_are_shared_out_whole(values: np.ndarray, seed: int, weighed: bool, draws: int) -> None:
    columns = values.shape[1]
    weights = np.arange(1, columns + 1) / (columns * (columns + 1) / 2) if weighed else None
    ranks = rank_acceptability(values, draws, seed, weights)
    assert ranks.min() >= 0
    assert ranks.sum(axis=0) == pytest.approx(np.ones(len(values)))
    assert ranks.sum(axis=1) == pytest.approx(np.ones(len(values)))
    for row in range(len(values)):
        for other in range(len(values)):
            if (values[row] == values[other]).all():
                assert (ranks[row] == ranks[other]).all()
            elif (
                values[row] >= values[other]
            ).all():  # never behind: at least as probable among the first k, for all k
                assert (np.cumsum(ranks[row]) >= np.cumsum(ranks[other]) - 1e-9).all()


@settings(max_examples=60)
@given(values=valued(), seed=st.integers(0, 2**40))
def test_the_count_of_scores_is_the_count_of_ranks(values: np.ndarray, seed: int) -> None:
    columns = values.shape[1]
    drawn = weight_draws(np.full(columns, 1 / columns), 700, seed, "open")
    scores = np.stack([(drawn * row).sum(axis=1) for row in values], axis=1)
    assert acceptability(scores, drawn).ranks == pytest.approx(rank_acceptability(values, 700, seed), abs=1e-12)


@given(values=valued(columns=3))
def test_areas_fill_the_triangle(values: np.ndarray) -> None:
    areas = exact_first_rank(values)
    assert areas.min() >= 0
    assert areas.sum() == pytest.approx(1)


@given(values=valued(), points=st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_at_a_switching_point_both_are_level(values: np.ndarray, points: list[int]) -> None:
    columns = values.shape[1]
    weights = np.array(points[:columns], dtype=float) + (0 if any(points[:columns]) else 1)
    weights /= weights.sum()
    scores = np.round(values @ weights, 12)
    leader = int(np.argmax(scores))
    for row in switching_points(values, weights).itertuples():
        lead = values[row.challenger] - values[leader]
        if row.weights == ():
            assert lead.max() < 0
            continue
        moved = np.array(row.weights)
        assert lead @ moved == pytest.approx(0, abs=1e-9)
        assert np.abs(moved - weights).sum() == pytest.approx(row.change, abs=1e-9)
        assert (row.change == 0) == (scores[row.challenger] == scores[leader])
