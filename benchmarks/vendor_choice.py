"""How sure a ranking of vendors is: rank acceptability against peers, in the same run.

    python benchmarks/vendor_choice.py [--draws 100000] [--vendors 12] [--requirements 120] [--repeat 5]

- ours: `vendors.certainty.rank_acceptability`, drawing the weightings included; once with all weightings alike, once
  with weightings that scatter around given ones
- numpy: the same as tutorials on SMAA write it, vectorised: exponentials divided by their sums (or `dirichlet`), a
  product of matrices, `argsort` twice, a count of each rank
- pymcdm: TOPSIS (min-max) and `rankdata` in a loop, as its documentation does it, with a hundredth of the draws; its
  seconds are those of that hundredth

Prints medians as a Markdown table, ratios in the same run, the largest difference to the peer's shares, and the memory
that ours takes at most beyond what is held before. Limit: 1 second.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pymcdm.helpers import rrankdata
from pymcdm.methods import TOPSIS

from erp_core.vendors.certainty import rank_acceptability

Floats = npt.NDArray[np.float64]
LIMIT = 1.0
PART = 100


def plain(values: Floats, draws: int, alpha: Floats) -> Floats:
    """Rank acceptability as it is commonly written in numpy."""
    weights = np.random.default_rng(1).dirichlet(alpha, draws)
    ranks = (-(weights @ values.T)).argsort(axis=1).argsort(axis=1)
    vendors = len(values)
    return np.stack([(ranks == rank).mean(axis=0) for rank in range(vendors)], axis=1)


def looped(values: Floats, draws: int, alpha: Floats) -> Floats:
    """One method of pymcdm, draw by draw."""
    chance, method = np.random.default_rng(1), TOPSIS()
    vendors, types = len(values), np.ones(values.shape[1], dtype=int)
    counted = np.zeros((vendors, vendors))
    for _ in range(draws):
        ranks = rrankdata(method(values, chance.dirichlet(alpha), types, validation=False))
        counted[np.arange(vendors), ranks.astype(int) - 1] += 1
    return counted / draws


def seconds(act: Callable[[], Floats], repeat: int) -> float:
    """The median over rounds, after one that is not counted."""
    act()
    taken = []
    for _ in range(repeat):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--vendors", type=int, default=12)
    parser.add_argument("--requirements", type=int, default=120)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    chance = np.random.default_rng(7)
    values = chance.random((given.vendors, given.requirements))
    centre = chance.dirichlet(np.full(given.requirements, 5.0))
    around = centre * (9 * given.requirements - 10)  # as `certainty.weight_draws` scatters
    print(
        f"### Rank acceptability, {given.draws:,} draws × {given.vendors} vendors × {given.requirements} requirements, "
        f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}\n"
    )
    print(f"Median of {given.repeat} rounds; limit {LIMIT:g} s.\n")
    print(
        "| weightings | ours, s | numpy, s | pymcdm, s (1 % of the draws) | ours / numpy | largest difference | limit |"
    )
    print("|---|---:|---:|---:|---:|---:|---|")
    for name, weights, alpha in (
        ("all alike", None, np.ones(given.requirements)),
        ("around given ones", centre, around),
    ):

        def ours(weights: Floats | None = weights) -> Floats:
            return rank_acceptability(values, given.draws, 1, weights)

        def peer(alpha: Floats = alpha) -> Floats:
            return plain(values, given.draws, alpha)

        def part(alpha: Floats = alpha) -> Floats:
            return looped(values, max(given.draws // PART, 1), alpha)

        fast, slow, loop = seconds(ours, given.repeat), seconds(peer, given.repeat), seconds(part, 1)
        apart = float(np.abs(ours() - peer()).max())
        verdict = "PASS" if fast <= LIMIT else "FAIL"
        print(f"| {name} | {fast:.3f} | {slow:.3f} | {loop:.3f} | {fast / slow:.2f} | {apart:.4f} | {verdict} |")
    tracemalloc.start()
    rank_acceptability(values, given.draws, 1, centre)
    print(f"\nMemory at most: {tracemalloc.get_traced_memory()[1] / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
