"""Where each vendor comes first among all weightings of three criteria: regions reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from erp_core.errors import BadInput
from erp_core.vendors.triangle import winning_regions


def test_specialists_share_the_triangle_alike() -> None:
    # value i is weight i: each wins where its weight is the largest: a third each by symmetry
    regions = winning_regions(np.eye(3))
    assert [region.vendors for region in regions] == [(0,), (1,), (2,)]
    assert [region.share for region in regions] == pytest.approx([1 / 3] * 3)
    # the first one's kite: (1,0,0), (½,½,0), (⅓,⅓,⅓), (½,0,½); halves of it are triangles of equal area with centres
    # (11/18, 5/18, 1/9) and (11/18, 1/9, 5/18): their mean is (11/18, 7/36, 7/36)
    assert regions[0].centre == pytest.approx([11 / 18, 7 / 36, 7 / 36])
    assert sorted(map(tuple, np.round(regions[0].corners, 6))) == sorted(
        map(tuple, np.round([[1, 0, 0], [0.5, 0.5, 0], [1 / 3] * 3, [0.5, 0, 0.5]], 6))
    )


def test_one_good_at_one_thing_wins_a_corner() -> None:
    # first: w1; second: w2 + w3 = 1 − w1. The first wins where w1 > ½: a corner of half the side, a quarter of the area
    regions = winning_regions([[1, 0, 0], [0, 1, 1]])
    assert [(region.vendors, round(region.share, 12)) for region in regions] == [((1,), 0.75), ((0,), 0.25)]


def test_what_a_vendor_has_already_moves_the_line() -> None:
    # the three have a half of all weight, and the first has ¼ already: it wins where ½ w1 + ¼ > ½ (1 − w1), so w1 > ¼:
    # a corner of ¾ of the side, 9/16 of the area
    regions = winning_regions([[1, 0, 0], [0, 1, 1]], [0.25, 0.0], 0.5)
    assert [(region.vendors, round(region.share, 12)) for region in regions] == [((0,), 0.5625), ((1,), 0.4375)]


def test_who_is_beaten_everywhere_has_no_region() -> None:
    regions = winning_regions([[0.9, 0.9, 0.9], [0.5, 0.5, 0.8]])
    assert [(region.vendors, region.share) for region in regions] == [((0,), pytest.approx(1.0))]


def test_who_wins_on_a_line_only_has_no_region() -> None:
    # the second ties the first at the corner of the first criterion and nowhere else
    assert [region.vendors for region in winning_regions([[1, 1, 1], [1, 0, 0]])] == [(0,)]


def test_equal_vendors_share_their_region() -> None:
    regions = winning_regions([[1, 0, 0], [0, 1, 1], [1, 0, 0]])
    assert [(region.vendors, round(region.share, 12)) for region in regions] == [((1,), 0.75), ((0, 2), 0.25)]


def test_sixty_vendors_fill_the_triangle_without_overlap() -> None:
    values = np.random.default_rng(7).random((60, 3))
    regions = winning_regions(values)
    assert sum(region.share for region in regions) == pytest.approx(1.0)
    for region in regions:  # its centre is inside it: nobody has more there
        assert np.argmax(values @ region.centre) == region.vendors[0]


@pytest.mark.parametrize(
    "values", [[], [[1, 0.2, 0.3]], [[1, 0.2]], [1, 0.2, 0.3], [[1, 0.2, float("nan")]], [[1, 0.2, 3]]]
)
def test_what_is_no_triangle_is_refused(values: object) -> None:
    with pytest.raises(BadInput):
        winning_regions(values)  # type: ignore[arg-type]
