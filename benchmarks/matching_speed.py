"""Proposals for 5,000 SKUs of shops among 5,000 own products, against rapidfuzz over every pair, in the same run.

    python benchmarks/matching_speed.py [--names 5000] [--repeat 3]

- ours: `catalog.matching.propose`: barcodes, SKUs, then names, comparing only names that share a telling word
- rapidfuzz: `process.cdist` of all pairs with the same scorer, on one core

Prints medians as a Markdown table, the ratio, and how many SKUs each gives its own product.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

import numpy as np
from rapidfuzz import fuzz, process

from erp_core.catalog.matching import Item, propose

_STEMS = "nor vin mod sol lux tab pen fol".split()
_ENDS = "dic tage ern ar ury le".split()
_SIGNS = "北欧风复古现代简约小大红蓝黑白黄铜木质玻璃金属折叠吊台落地灯泡花瓶杯盘碗烛镜钟篮架"


def names(count: int) -> list[str]:
    """Made-up names, half of them Chinese; the same each time."""
    chance = random.Random(7)  # noqa: S311  (made-up names, no secrets)
    words = [stem + end for stem in _STEMS for end in _ENDS]
    return [
        " ".join(chance.sample(words, 4)) if at % 2 else "".join(chance.choice(_SIGNS) for _ in range(10))
        for at in range(count)
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=5_000)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    own_names = names(given.names)
    shop_names = [f"{name} sale" for name in own_names]
    own = [Item(at, f"OWN-{at}", name) for at, name in enumerate(own_names)]
    external = [Item(given.names + at, f"X-{at}", name) for at, name in enumerate(shop_names)]
    ours, peer = [], []
    for _ in range(given.repeat):
        started = time.perf_counter()
        proposals = propose(external, own, each=1)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        best = process.cdist(shop_names, own_names, scorer=fuzz.token_sort_ratio, workers=1).argmax(axis=1)
        peer.append(time.perf_counter() - started)
    right = sum(p.external.product_id - given.names == p.own.product_id for p in proposals)
    print(f"### Proposals, {given.names:,} SKUs of shops × {given.names:,} own products\n")
    print("| | seconds (median) | found their own |")
    print("|---|---|---|")
    print(f"| ours | {statistics.median(ours):.2f} | {right:,} |")
    print(
        f"| rapidfuzz, every pair | {statistics.median(peer):.2f} | {int((best == np.arange(given.names)).sum()):,} |"
    )
    print(f"\nours / rapidfuzz: {statistics.median(ours) / statistics.median(peer):.2f}")


if __name__ == "__main__":
    main()
