"""How fast the choice of an ERP answers: ranks over drawn weightings, and a changed weight.

    python benchmarks/vendor_choice.py [--repeat 5]

Per round, in turn, in one process on one machine:

- ranks:  `rank_acceptability`, 100,000 weightings × 12 vendors × 120 criteria (limit 1 s)
- around: the same, of weightings that scatter around given ones (limit 1 s)
- argsort: the same by plain NumPy: Dirichlet weights, one product, `argsort` of every draw, counts
- pymcdm: its weighted sum in a loop over 1,000 of the weightings, times 100
- whole:  `evaluate`, 25 vendors × the template of requirements × 10,000 draws
- answer: the same after a changed weight, what was prepared being kept (limit 0.3 s)

Prints medians and ratios.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.certainty import rank_acceptability
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.evaluation import answer, evaluate, prepare
from erp_core.vendors.schema import Decision, Path, Rating, Scenario, Sureness, Weighting
from erp_core.vendors.template import template

DRAWS, VENDORS, NEEDS, LOOPED = 100_000, 12, 120, 1_000
LIMITS = {"ranks": 1.0, "around": 1.0, "answer": 0.3}


def by_argsort(values: np.ndarray, seed: int) -> np.ndarray:
    """Rank probabilities as tutorials of SMAA do them."""
    weights = np.random.default_rng(seed).dirichlet(np.ones(NEEDS), DRAWS)
    places = (-(weights @ values.T)).argsort(axis=1).argsort(axis=1)
    return np.array([np.bincount(column, minlength=VENDORS) for column in places.T]) / DRAWS


def by_pymcdm(values: np.ndarray, seed: int) -> np.ndarray:
    """The same for some of the draws, by a library's method a draw."""
    from pymcdm.methods import WSM

    method, directions = WSM(), np.ones(NEEDS)
    counts = np.zeros((VENDORS, VENDORS))
    for weights in np.random.default_rng(seed).dirichlet(np.ones(NEEDS), LOOPED):
        for vendor, place in enumerate(method.rank(method(values, weights, directions, validation=False))):
            counts[vendor, int(place) - 1] += 1
    return counts / LOOPED


def decision(seed: int) -> Decision:
    """The whole catalogue against the whole template, two thirds of it rated by chance."""
    chance = np.random.default_rng(seed)
    fits, kinds = ("native", "configuration", "third_party", "customisation"), ("claim", "document", "tested")
    ratings = [
        Rating.model_validate(
            {
                "vendor": vendor.key,
                "requirement": need.key,
                "fit": str(chance.choice(fits)),
                "evidence": str(chance.choice(kinds)),
            }
        )
        for vendor in catalogue()
        for need in template()
        if chance.random() < 2 / 3
    ]
    return Decision(
        name="Benchmark",
        as_of=dt.date(2026, 11, 25),
        scenario=Scenario(currency="EUR", start=dt.date(2027, 1, 1), users=Path(now=10), orders=Path(now=3000)),
        budget=500_000.0,
        requirements=template(),
        vendors=catalogue(),
        ratings=tuple(ratings),
    )


def weighted(points: float) -> Weighting:
    """All criteria alike but cost."""
    return Weighting(evaluator="all", criteria=tuple(CRITERIA), points=(points, *[10.0] * (len(CRITERIA) - 1)))


def timed(act: Callable[[], object]) -> float:
    """Seconds that an act takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    values = np.random.default_rng(1).random((VENDORS, NEEDS))
    centre = np.random.default_rng(3).dirichlet(np.full(NEEDS, 5.0))
    choice = decision(2)
    prepared = prepare(choice)
    answer(prepared, (), Sureness.ABOUT)  # loads what is loaded once
    rounds: dict[str, list[float]] = {name: [] for name in ("ranks", "around", "argsort", "pymcdm", "whole", "answer")}
    for number in range(repeat):
        rounds["ranks"].append(timed(partial(rank_acceptability, values, DRAWS, number)))
        rounds["around"].append(timed(partial(rank_acceptability, values, DRAWS, number, centre)))
        rounds["argsort"].append(timed(partial(by_argsort, values, number)))
        rounds["pymcdm"].append(timed(partial(by_pymcdm, values, number)) * DRAWS / LOOPED)
        rounds["whole"].append(timed(partial(evaluate, choice)))
        rounds["answer"].append(timed(partial(answer, prepared, (weighted(11.0 + number),), Sureness.ABOUT)))
    print(f"{VENDORS} vendors × {NEEDS} criteria × {DRAWS:,} draws; {len(choice.vendors)} vendors × "
          f"{len(choice.requirements)} requirements × {choice.draws:,} draws; medians of {repeat}")  # fmt: skip
    medians = {name: statistics.median(seconds) for name, seconds in rounds.items()}
    for name, median in medians.items():
        limit = f"  (limit {LIMITS[name]} s)" if name in LIMITS else ""
        print(f"{name:8} {median:8.3f} s{limit}")
    print(f"argsort / ranks {medians['argsort'] / medians['ranks']:.2f}")
    print(f"pymcdm / ranks {medians['pymcdm'] / medians['ranks']:.0f}")
    print(f"whole / answer {medians['whole'] / medians['answer']:.1f}")


if __name__ == "__main__":
    main()
