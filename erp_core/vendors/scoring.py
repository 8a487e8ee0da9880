"""From ratings to values of 0..1 on fixed scales, with their spread; no vendor's value rests on another's.

**Scale.** A fit has one value (`FIT_VALUES`), whoever else is on the list. **Spread.** What is known is a triangle
around it, as wide as its evidence is weak (`HALF_WIDTHS`), cut off at 0 and 1; what is unknown lies anywhere on the
scale. **Sum.** Inside a criterion a requirement counts by its weight times the points of its priority (`POINTS`).

Several ratings of one requirement are averaged, and half of what lies between the lowest and the highest is added to
the half-width. A rating without an evaluator (agreed, or a vendor's answer) stands alone unless an evaluator's evidence
is stronger. Ratings of the decision go before what the catalogue bears out.

**Draws.** Errors of evidence do not cancel out: a vendor that promises too much does so again and again, and one of
whom nothing is known may be good or bad altogether. The place of a rating inside its spread is therefore shared: in
four draws of five (`SHARED_IN_CRITERION`) with all ratings of that vendor in that criterion, and this common place in
seven of ten with the vendor's other criteria (`SHARED_IN_VENDOR`). Two ratings of one criterion so have a rank
correlation of 0.8² = 0.64, of two criteria 0.64 × 0.7² = 0.31, and a vendor of whom nothing is known stays wide instead
of closing in on ½. The places of a vendor come from a generator of its own, seeded by its key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from erp_core.vendors.catalogue import older_than_a_year
from erp_core.vendors.criteria import CRITERIA, criterion_of
from erp_core.vendors.schema import (
    Decision,
    Evidence,
    Fit,
    Grade,
    Priority,
    PublishedFit,
    Rating,
    Requirement,
    Vendor,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]

# What a fit is worth. Configuration is work, but supported; a third party is one more contract and one more point of
# failure; customisation has to be kept up at every upgrade; a roadmap is a promise that nobody can use.
FIT_VALUES: Mapping[Fit, float] = MappingProxyType(
    {
        Fit.NATIVE: 1.0,
        Fit.CONFIGURATION: 0.85,
        Fit.THIRD_PARTY: 0.65,
        Fit.CUSTOMISATION: 0.45,
        Fit.ROADMAP: 0.2,
        Fit.NONE: 0.0,
    }
)

# How far a value may lie from what was rated, by evidence. A claim may be one step of the scale off; what was tested
# in one's own hands hardly can. The last one is for a claim that is old, undated or from a weak source besides.
HALF_WIDTHS = (0.03, 0.07, 0.12, 0.18, 0.25, 0.35)
_STEP: Mapping[Evidence, int] = {
    Evidence.TESTED: 0,
    Evidence.REFERENCE: 1,
    Evidence.DEMONSTRATION: 2,
    Evidence.DOCUMENT: 3,
    Evidence.CLAIM: 4,
}

POINTS: Mapping[Priority, float] = MappingProxyType(
    {Priority.MUST: 3.0, Priority.SHOULD: 2.0, Priority.COULD: 1.0, Priority.NOT_NEEDED: 0.0}
)

SHARED_IN_CRITERION = 0.8
SHARED_IN_VENDOR = 0.7

_BLOCK = 2_000  # draws at a time: the places of 150 requirements fit a processor's cache


@dataclass(frozen=True)
class Opinion:
    """One known or unknown rating of one requirement. `step`: its place in HALF_WIDTHS."""

    fit: Fit
    step: int
    evaluator: str | None = None


@dataclass(frozen=True)
class Spread:
    """Where the value of one requirement lies: a triangle, or anywhere on the scale where it is not `known`."""

    low: float
    middle: float
    high: float
    known: bool = True


UNKNOWN = Spread(0.0, 0.5, 1.0, known=False)


def opinion_of(rating: Rating, today: dt.date) -> Opinion:
    """What a rating of the decision says. One that bears a date of more than a year ago is a step wider."""
    old = rating.as_of is not None and older_than_a_year(rating.as_of, today)
    return Opinion(rating.fit, _STEP[rating.evidence] + old, rating.evaluator)


def published_opinion(fit: PublishedFit, today: dt.date) -> Opinion:
    """What the catalogue says. A weak source, an old or a missing date make it a step wider."""
    weak = fit.grade is Grade.C or fit.as_of is None or older_than_a_year(fit.as_of, today)
    return Opinion(fit.fit, _STEP[fit.evidence] + weak)


def opinions(decision: Decision) -> Mapping[tuple[str, str], tuple[Opinion, ...]]:
    """What counts for each (vendor, requirement), of the whole decision. Where nothing is said there is no entry.

    Of several ratings by one evaluator the last one counts; of several published fits the newest.
    """
    given: dict[tuple[str, str], dict[str | None, Opinion]] = defaultdict(dict)
    for rating in decision.ratings:
        given[rating.vendor, rating.requirement][rating.evaluator] = opinion_of(rating, decision.as_of)
    held = {cell: _standing(tuple(ratings.values())) for cell, ratings in given.items()}
    for vendor in decision.vendors:
        for fit in sorted(vendor.fits, key=lambda fit: fit.as_of or dt.date.min):
            if (vendor.key, fit.requirement) not in given:
                held[vendor.key, fit.requirement] = (published_opinion(fit, decision.as_of),)
    return held


def _standing(ratings: tuple[Opinion, ...]) -> tuple[Opinion, ...]:
    """Of the ratings of one requirement those that count."""
    known = tuple(rating for rating in ratings if rating.fit is not Fit.UNKNOWN)
    agreed = tuple(rating for rating in known if rating.evaluator is None)
    others = tuple(rating for rating in known if rating.evaluator is not None)
    if agreed and all(agreed[0].step <= other.step for other in others):
        return agreed
    return others or known


def spread_of(held: Sequence[Opinion]) -> Spread:
    """Where the value lies, by all ratings that count.

    >>> spread_of([Opinion(Fit.THIRD_PARTY, 4)])
    Spread(low=0.4, middle=0.65, high=0.9, known=True)
    """
    known = [rating for rating in held if rating.fit is not Fit.UNKNOWN]
    if not known:
        return UNKNOWN
    values = [FIT_VALUES[rating.fit] for rating in known]
    middle = sum(values) / len(values)
    width = sum(HALF_WIDTHS[rating.step] for rating in known) / len(known) + (max(values) - min(values)) / 2
    return Spread(max(0.0, round(middle - width, 12)), middle, min(1.0, round(middle + width, 12)))


@dataclass(frozen=True)
class Cells:
    """All ratings as arrays, vendors × requirements. `needs`: the requirements that count, in the decision's order;
    `criteria`: the first-level criteria that have any; `points`: of each requirement beside the others; `shares`:
    criteria × requirements, each row summing to 1."""

    needs: tuple[Requirement, ...]
    criteria: tuple[str, ...]
    points: Floats
    shares: Floats
    low: Floats
    middle: Floats
    high: Floats
    known: Flags

    def places(self, criterion: str) -> npt.NDArray[np.intp]:
        """Which requirements hang under a criterion."""
        return np.flatnonzero(self.shares[self.criteria.index(criterion)])


def cells_of(decision: Decision, held: Mapping[tuple[str, str], tuple[Opinion, ...]]) -> Cells:
    """The arrays that scores are made of. Requirements that are not needed do not count, nor do those under `cost`,
    which is computed."""
    needs = tuple(
        need
        for need in decision.requirements
        if POINTS[need.priority] > 0
        and criterion_of(need.criterion) in CRITERIA
        and criterion_of(need.criterion) != "cost"
    )
    under = [criterion_of(need.criterion) for need in needs]
    criteria = tuple(key for key in CRITERIA if key in set(under))
    weights = np.array([need.weight for need in needs], dtype=float)
    points = np.array([POINTS[need.priority] for need in needs]) * (weights / weights.max(initial=1e-300))
    shares = np.array([[p if u == key else 0.0 for p, u in zip(points, under, strict=True)] for key in criteria])
    shares = shares.reshape(len(criteria), len(needs))
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    spreads = [[spread_of(held.get((vendor.key, need.key), ())) for need in needs] for vendor in decision.vendors]
    size = (len(decision.vendors), len(needs))
    return Cells(
        needs,
        criteria,
        points,
        shares,
        np.array([[spread.low for spread in row] for row in spreads], dtype=float).reshape(size),
        np.array([[spread.middle for spread in row] for row in spreads], dtype=float).reshape(size),
        np.array([[spread.high for spread in row] for row in spreads], dtype=float).reshape(size),
        np.array([[spread.known for spread in row] for row in spreads], dtype=bool).reshape(size),
    )


# --- draws ---------------------------------------------------------------------------------------------------------


def generator_of(vendor: Vendor, seed: int) -> np.random.Generator:
    """A vendor's own source of chance: the same whoever else is on the list."""
    digest = hashlib.sha256(vendor.key.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


@dataclass(frozen=True)
class VendorDraws:
    """Values of one vendor, criteria × draws, and the part of them that unknown ratings make up."""

    values: Floats
    unknown: Floats
    cost_place: Floats
    growth_place: Floats


def draws_of(vendor: int, cells: Cells, decision: Decision) -> VendorDraws:
    """Draw the values of one vendor (a row of the cells) in every criterion.

    `cost_place`, `growth_place`: where its cost and its price growth lie in their spread, for the criterion `cost`;
    drawn first, so that they stay when requirements come or go.
    """
    draws, chance = decision.draws, generator_of(decision.vendors[vendor], decision.seed)
    whole = chance.random(draws)
    cost_place, growth_place = _shared(chance, whole, 2, SHARED_IN_VENDOR)
    common = _shared(chance, whole, len(CRITERIA), SHARED_IN_VENDOR)[[list(CRITERIA).index(c) for c in cells.criteria]]
    values = np.empty((len(cells.criteria), draws))
    unknown = np.empty_like(values)
    # Requirements criterion by criterion, so that their sums are plain ones: the same on every machine.
    under = np.argmax(cells.shares, axis=0) if len(cells.criteria) else np.empty(0, dtype=int)
    order = np.argsort(under, kind="stable")
    under, known = under[order], cells.known[vendor, order]
    share = cells.shares.max(axis=0, initial=0.0)[order].astype(np.float32)[:, None]
    told = tuple(array[vendor, order][known] for array in (cells.low, cells.middle, cells.high))
    triangles = _Triangles.of(*told)
    for start in range(0, draws, _BLOCK):
        block = slice(start, min(start + _BLOCK, draws))
        places = chance.random((len(under), block.stop - start), dtype=np.float32)
        # One number decides both whether the common place counts and, stretched, the place of its own.
        own = (places - np.float32(SHARED_IN_CRITERION)) / np.float32(1 - SHARED_IN_CRITERION)
        places = np.where(own < 0, common[:, block].astype(np.float32)[under], own)
        unknown[:, block] = _summed(places[~known] * share[~known], under[~known], len(values))
        rated = _summed(triangles.at(places[known]) * share[known], under[known], len(values))
        values[:, block] = unknown[:, block] + rated
    return VendorDraws(values, unknown, cost_place, growth_place)


def _summed(rows: Singles, under: npt.NDArray[np.intp], count: int) -> Singles:
    """`count` × draws: the sums of the rows of each criterion; `under` (the row's criterion) never falls."""
    sums = np.zeros((count, rows.shape[1]), dtype=np.float32)
    if len(under):
        starts = np.flatnonzero(np.diff(under, prepend=-1))
        sums[under[starts]] = np.add.reduceat(rows, starts, axis=0)
    return sums


def _shared(chance: np.random.Generator, whole: Floats, count: int, share: float) -> Floats:
    """`count` × draws places, each of them equal to the whole's in this share of the draws."""
    places = chance.random((count, len(whole)))
    own = (places - share) / (1 - share)
    return np.where(own < 0, whole, own)


@dataclass(frozen=True, eq=False)
class _Triangles:
    """The triangular distributions of known ratings, one a row: `peak` the place of the middle, and what the square
    root is taken of, left and right of it."""

    low: Singles
    high: Singles
    peak: Singles
    left: Singles
    right: Singles

    @classmethod
    def of(cls, low: Floats, middle: Floats, high: Floats) -> _Triangles:
        width = np.where(high > low, high - low, 1.0)
        parts = (low, high, (middle - low) / width, width * (middle - low), width * (high - middle))
        return cls(*(part.astype(np.float32)[:, None] for part in parts))

    def at(self, places: Singles) -> Singles:
        """Triangles × draws: the values at these places (0..1) of the distributions."""
        rising = places < self.peak
        root = np.sqrt(np.where(rising, places * self.left, (1 - places) * self.right))
        return np.where(rising, self.low + root, self.high - root)
