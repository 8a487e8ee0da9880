"""Three criteria as a triangle: exactly where, among all ways to weigh them, each vendor comes first.

A corner stands for a weighting that looks at one criterion alone. A vendor's value is linear in the weights, so the
weightings for which it comes first are those on the right side of a line for every other vendor: a convex polygon, cut
out of the triangle line by line (Sutherland and Hodgman 1974). No simulation, no rounding but that of floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erp_core.errors import BadInput
from erp_core.text import T

Floats = npt.NDArray[np.float64]
_LEAST = 1e-9  # a share of the triangle below which a polygon is a line or a point


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


def winning_regions(values: npt.ArrayLike, base: npt.ArrayLike | None = None) -> tuple[Region, ...]:
    """Where each vendor comes first, largest region first; vendors that never do have none.

    `values`: vendors × 3 criteria; `base`: what each vendor has already from criteria whose weights stay as they are
    (None = nothing). A vendor's value is `base + values @ weights`, with the three weights summing to 1.

    Raises BadInput where there is no vendor, not three criteria, or a value is not finite.

    >>> [(region.vendors, round(region.share, 3)) for region in winning_regions([[1, 0, 0], [0, 1, 1]])]
    [((1,), 0.75), ((0,), 0.25)]
    """
    rows = np.asarray(values, dtype=float)
    own = np.zeros(len(rows)) if base is None else np.asarray(base, dtype=float)
    if rows.ndim != 2 or rows.shape[1:] != (3,) or not len(rows) or own.shape != (len(rows),):
        raise BadInput(T("A triangle needs the values of at least one vendor on exactly three criteria."))
    if not (np.isfinite(rows).all() and np.isfinite(own).all()):
        raise BadInput(T("A triangle needs values that are known."))
    # the weights sum to 1, so what a vendor has already counts the same at every corner
    at_corners = rows + own[:, None]
    equal: dict[bytes, list[int]] = {}
    for row, value in enumerate(at_corners):
        equal.setdefault(value.tobytes(), []).append(row)
    found = []
    for group in equal.values():
        corners = np.eye(3)
        for other in equal.values():
            if other is not group and len(corners):
                corners = _cut(corners, at_corners[group[0]] - at_corners[other[0]])
        share, centre = _measured(corners)
        if share > _LEAST:
            found.append(Region(tuple(group), corners, centre, share))
    return tuple(sorted(found, key=lambda region: (-round(region.share, 9), region.vendors)))


def _cut(corners: Floats, lead: Floats) -> Floats:
    """The part of a polygon where `weights @ lead` is not negative."""
    heights = corners @ lead
    kept: list[Floats] = []
    for here, there in zip(range(len(corners)), [*range(1, len(corners)), 0], strict=True):
        if heights[here] >= 0:
            kept.append(corners[here])
        if (heights[here] > 0 > heights[there]) or (heights[here] < 0 < heights[there]):
            part = heights[here] / (heights[here] - heights[there])
            kept.append(corners[here] + part * (corners[there] - corners[here]))
    return np.array(kept).reshape(-1, 3)


def _measured(corners: Floats) -> tuple[float, Floats]:
    """The share of the triangle that a polygon takes, and its centre of gravity."""
    if len(corners) < 3:
        return 0.0, np.full(3, np.nan)
    x, y = corners[:, 0], corners[:, 1]
    after_x, after_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * after_y - after_x * y
    twice = float(cross.sum())
    if abs(twice) <= _LEAST:
        return 0.0, np.full(3, np.nan)
    centre = np.array([((x + after_x) * cross).sum(), ((y + after_y) * cross).sum()]) / (3 * twice)
    return abs(twice), np.array([*centre, 1 - centre.sum()])
