"""Three criteria as a triangle to be drawn: where, among all ways to weigh them, each vendor comes first.

The regions are those of `certainty.first_rank_regions`; here they are put together for a reader: equal vendors named
once, largest first, each with its centre, for a vendor that has something already from criteria whose weights stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erp_core.vendors.certainty import exact_first_rank, first_rank_regions
from erp_core.vendors.matrices import checked_values

Floats = npt.NDArray[np.float64]
_LEAST = 1e-9  # a share of the triangle below which a region is a line or a point


@dataclass(frozen=True)
class Region:
    """The weightings with which these vendors (rows; several where their values are equal) come first.

    `corners`: weights of the three criteria, one row a corner, in order around the polygon; `centre`: its centre of
    gravity; `share`: of the triangle's area.
    """

    vendors: tuple[int, ...]
    corners: Floats
    centre: Floats
    share: float


def winning_regions(
    values: npt.ArrayLike, base: npt.ArrayLike | None = None, weight: float = 1.0
) -> tuple[Region, ...]:
    """Where each vendor comes first, largest region first; vendors that never do have none.

    `values`: vendors × 3 criteria, 0..1; `base`: what each vendor has already from criteria whose weights stay as they
    are (None = nothing), 0..1 − `weight`; `weight`: what the three have together. A vendor's value is
    `base + weight × values @ w`, with the three w summing to 1. Raises BadMatrix as `first_rank_regions` does.

    >>> [(region.vendors, round(region.share, 3)) for region in winning_regions([[1, 0, 0], [0, 1, 1]])]
    [((1,), 0.75), ((0,), 0.25)]
    """
    rows = weight * checked_values(values)
    if base is not None:
        # the three weights sum to 1, so what a vendor has already counts the same at every corner
        rows = np.clip(rows + np.asarray(base, dtype=float)[:, None], 0.0, 1.0)
    shares, corners = exact_first_rank(rows), first_rank_regions(rows)
    equal: dict[bytes, list[int]] = {}
    for row, region in enumerate(corners):
        if shares[row] > _LEAST:
            equal.setdefault(region.tobytes(), []).append(row)
    found = [
        Region(tuple(group), corners[group[0]], _centre(corners[group[0]]), float(sum(shares[row] for row in group)))
        for group in equal.values()
    ]
    return tuple(sorted(found, key=lambda region: (-round(region.share, 9), region.vendors)))


def _centre(corners: Floats) -> Floats:
    """The centre of gravity of a polygon with an area."""
    x, y = corners[:, 0], corners[:, 1]
    after_x, after_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * after_y - after_x * y
    centre = np.array([((x + after_x) * cross).sum(), ((y + after_y) * cross).sum()]) / (3 * cross.sum())
    return np.array([*centre, 1 - centre.sum()])
