"""Ratings become values on fixed scales; weak evidence widens them, what is unknown spans the scale."""

from __future__ import annotations

import numpy as np
import pytest

from erp_core.vendors.cost_criterion import WORST_GROWTH, growth_of, on_scale, value_at
from erp_core.vendors.schema import CostScale, Evidence, Fit, Pricing, Range, Scenario
from erp_core.vendors.scoring import (
    FIT_VALUES,
    HALF_WIDTHS,
    UNKNOWN,
    Opinion,
    Spread,
    cells_of,
    draws_of,
    opinions,
    spread_of,
)
from tests.choices import decision, flat, need, rating, vendor


def spread(*ratings: dict[str, object], fits: list[dict[str, object]] | None = None) -> Spread:
    """Of requirement r at vendor a."""
    choice = decision([vendor("a", fits=fits or [])], [need("r")], list(ratings))
    return spread_of(opinions(choice).get(("a", "r"), ()))


def published(fit: str, evidence: str = "document", **source: object) -> dict[str, object]:
    note = {"en": "As the page says", "zh": "见网页"}
    where = {"source": "page", "as_of": "2026-09-20", "grade": "A", **source}
    return {"requirement": "r", "fit": fit, "evidence": evidence, "note": note, **where}


def test_the_scale_falls_from_native_to_none_and_knows_no_unknown() -> None:
    worth = [FIT_VALUES[fit] for fit in Fit if fit is not Fit.UNKNOWN]
    assert worth == sorted(worth, reverse=True)
    assert (worth[0], worth[-1]) == (1.0, 0.0)
    assert Fit.UNKNOWN not in FIT_VALUES


@pytest.mark.parametrize(
    ("fit", "evidence", "low", "middle", "high"),
    [
        ("third_party", "claim", 0.40, 0.65, 0.90),  # 0.65 ± 0.25
        ("third_party", "document", 0.47, 0.65, 0.83),  # ± 0.18
        ("third_party", "demonstration", 0.53, 0.65, 0.77),  # ± 0.12
        ("third_party", "reference", 0.58, 0.65, 0.72),  # ± 0.07
        ("third_party", "tested", 0.62, 0.65, 0.68),  # ± 0.03
        ("native", "claim", 0.75, 1.0, 1.0),  # cut off at 1
        ("none", "claim", 0.0, 0.0, 0.25),  # cut off at 0
    ],
)
def test_weak_evidence_widens(fit: str, evidence: str, low: float, middle: float, high: float) -> None:
    found = spread(rating("a", "r", fit, evidence))
    assert (found.low, found.middle, found.high, found.known) == pytest.approx((low, middle, high, True))


def test_each_evidence_is_narrower_than_the_weaker_one() -> None:
    assert list(HALF_WIDTHS) == sorted(HALF_WIDTHS)
    widths = [spread(rating("a", "r", "third_party", kind.value)) for kind in Evidence]
    assert [found.high for found in widths] == sorted((found.high for found in widths), reverse=True)


@pytest.mark.parametrize(
    ("source", "high"),
    [
        ({}, 0.83),  # a document: 0.65 + 0.18
        ({"grade": "B"}, 0.83),
        ({"grade": "C"}, 0.90),  # one step wider: as a claim
        ({"as_of": None}, 0.90),
        ({"as_of": "2025-11-24"}, 0.90),  # a year and a day old
        ({"as_of": "2025-11-25"}, 0.83),  # a year old to the day
        ({"grade": "C", "as_of": None}, 0.90),  # once, not twice
    ],
)
def test_a_weak_old_or_undated_source_widens_by_one_step(source: dict[str, object], high: float) -> None:
    assert spread(fits=[published("third_party", **source)]).high == pytest.approx(high)


def test_a_weak_claim_is_the_widest_of_all() -> None:
    assert spread(fits=[published("third_party", "claim", grade="C")]).low == pytest.approx(0.65 - 0.35)


def test_ones_own_old_rating_widens_and_one_without_a_date_does_not() -> None:
    assert spread(rating("a", "r", "third_party", "tested", as_of="2024-01-01")).high == pytest.approx(0.65 + 0.07)
    assert spread(rating("a", "r", "third_party", "tested")).high == pytest.approx(0.65 + 0.03)


def test_a_rating_of_the_decision_goes_before_the_catalogue() -> None:
    assert spread(rating("a", "r", "none"), fits=[published("native")]).middle == 0.0
    assert spread(rating("a", "r", "unknown"), fits=[published("native")]) == UNKNOWN


def test_of_several_published_fits_the_newest_counts() -> None:
    old, new = published("none", as_of="2026-01-01"), published("native", as_of="2026-06-01")
    assert spread(fits=[new, old]).middle == 1.0


def test_evaluators_are_averaged_and_their_disagreement_widens() -> None:
    # Middle (0.85 + 0.45) / 2 = 0.65. Half-width (0.18 + 0.12) / 2 = 0.15, and half of what lies between: 0.20.
    found = spread(
        rating("a", "r", "configuration", "document", evaluator="Ann"),
        rating("a", "r", "customisation", "demonstration", evaluator="Bo"),
    )
    assert (found.low, found.middle, found.high) == pytest.approx((0.30, 0.65, 1.0))


def test_an_evaluator_who_does_not_know_changes_nothing() -> None:
    one = rating("a", "r", "native", evaluator="Ann")
    assert spread(one, rating("a", "r", "unknown", evaluator="Bo")) == spread(one)


def test_an_agreed_rating_stands_alone_unless_an_evaluator_saw_more() -> None:
    tried = rating("a", "r", "none", "tested", evaluator="Ann")
    assert spread(tried, rating("a", "r", "native", "tested")).middle == 1.0
    assert spread(tried, rating("a", "r", "native", "claim")).middle == 0.0


def test_the_last_rating_of_one_evaluator_counts() -> None:
    assert spread(rating("a", "r", "none"), rating("a", "r", "native")).middle == 1.0


def test_nothing_said_is_the_whole_scale() -> None:
    assert spread() == UNKNOWN
    assert spread_of([Opinion(Fit.UNKNOWN, 0)]) == Spread(0.0, 0.5, 1.0, known=False)


def test_inside_a_criterion_priority_times_weight_counts() -> None:
    # must 3 × 1, should 2 × 2, could 1 × 1: of 8. What is not needed does not count.
    needs = [
        need("m", priority="must"),
        need("s", "function.stock", "should", 2.0),
        need("c", "function.crm", "could"),
        need("n", "scale.users", "not_needed"),
    ]
    choice = decision([vendor("a")], needs, [rating("a", "m", "native"), rating("a", "c", "none")])
    cells = cells_of(choice, opinions(choice))
    assert cells.criteria == ("function",)
    assert cells.shares.tolist() == [pytest.approx([3 / 8, 4 / 8, 1 / 8])]
    # Native 1, unknown ½ for the middle, none 0.
    assert (cells.middle @ cells.shares.T).tolist() == [[pytest.approx(3 / 8 + 2 / 8)]]


# --- draws ---------------------------------------------------------------------------------------------------------


def drawn(needs: list[dict[str, object]], ratings: list[dict[str, object]], others: int = 0) -> np.ndarray:
    vendors = [vendor("a"), *(vendor(f"b{number}") for number in range(others))]
    choice = decision(vendors, needs, ratings, draws=20_000)
    return draws_of(0, cells_of(choice, opinions(choice)), choice).values


def test_one_unknown_rating_lies_anywhere_with_equal_chance() -> None:
    (values,) = drawn([need("r")], [])
    assert np.quantile(values, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.015)


def test_one_known_rating_is_a_triangle() -> None:
    # 0.40, 0.65, 0.90: half of it lies below 0.65, an eighth below 0.525 (half-way up the left side).
    (values,) = drawn([need("r")], [rating("a", "r", "third_party", "claim")])
    assert (values.min() >= 0.4) & (values.max() <= 0.9)
    assert [(values < 0.65).mean(), (values < 0.525).mean()] == pytest.approx([0.5, 0.125], abs=0.012)


def test_a_vendor_of_whom_nothing_is_known_stays_wide() -> None:
    # 100 equal ratings, any two with correlation 0.8² = 0.64: the variance of their mean is 1/12 × (0.64 + 0.36/100).
    (values,) = drawn([need(f"r{number}") for number in range(100)], [])
    assert values.std() == pytest.approx(np.sqrt((0.64 + 0.36 / 100) / 12), rel=0.02)
    assert values.mean() == pytest.approx(0.5, abs=0.01)


def test_what_is_unknown_in_two_criteria_goes_together_somewhat() -> None:
    # Both ratings take their criterion's place (0.8²) and both criteria the vendor's (0.7²).
    first, second = drawn([need("r", "function.orders"), need("s", "exit.data")], [])
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.64 * 0.49, abs=0.02)


def test_draws_of_a_vendor_do_not_see_the_others() -> None:
    needs = [need("r"), need("s", "exit.data")]
    assert np.array_equal(drawn(needs, []), drawn(needs, [], others=3))


# --- the criterion cost --------------------------------------------------------------------------------------------


def test_the_total_lies_on_a_fixed_scale() -> None:
    scale = CostScale(best=10_000, worst=60_000)
    assert on_scale(np.array([0.0, 10_000, 35_000, 60_000, 90_000]), scale).tolist() == [1.0, 1.0, 0.5, 0.0, 0.0]


def test_total_overrun_and_growth_add_up() -> None:
    # Total 40 of 100: 0.60 × 0.70. P90 a quarter above the median, half of the worst: 0.5 × 0.15. Growth 5 of 15 %:
    # ⅔ × 0.15. Together 0.42 + 0.075 + 0.10.
    growth = Range(low=0.05, likely=0.05, high=0.05)
    assert value_at(40, 50, growth, CostScale(best=0, worst=100)) == pytest.approx(0.595)


@pytest.mark.parametrize(
    ("renewal", "expected"),
    [
        ({"growth": 0.04}, (0.04, 0.04, 0.04)),
        ({"growth": {"low": 0.0, "likely": 0.05, "high": 0.2}, "cap": 0.03}, (0.0, 0.03, 0.03)),
        ({"growth": -0.1}, (0.0, 0.0, 0.0)),
        ({"growth": 0.1, "locked_years": 5}, (0.0, 0.0, 0.0)),
        ({}, (0.0, 0.05, WORST_GROWTH)),  # not told: what is assumed of a renewal of which nothing is known
    ],
)
def test_growth_is_capped_and_nothing_while_locked(renewal: dict[str, object], expected: tuple[float, ...]) -> None:
    scenario = Scenario.model_validate({"currency": "EUR", "start": "2027-01-01"})
    found = growth_of(Pricing.model_validate(flat(1, renewal=renewal)), scenario)
    assert (found.low, found.likely, found.high) == pytest.approx(expected)
