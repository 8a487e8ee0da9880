"""docs/choosing.md states the scales that the code reckons with."""

from __future__ import annotations

import re

from erp_core.vendors import cost_criterion, scoring
from erp_core.vendors.schema import Priority
from tests.docs.source_tree import ROOT

TEXT = (ROOT / "docs" / "choosing.md").read_text(encoding="utf-8")


def test_the_values_of_fits_are_those_of_the_code() -> None:
    told = {
        name.replace(" ", "_"): float(value)
        for name, value in re.findall(r"^\| ([a-z, ]+) \| (\d\.\d\d) \|$", TEXT, re.M)
    }
    assert {fit.value: value for fit, value in scoring.FIT_VALUES.items()}.items() <= told.items()
    widths = [value for name, value in told.items() if name not in {fit.value for fit in scoring.FIT_VALUES}]
    assert widths == list(scoring.HALF_WIDTHS)


def test_points_and_shares_are_those_of_the_code() -> None:
    points = scoring.POINTS
    assert [points[priority] for priority in Priority] == [3, 2, 1, 0]
    assert "times 3 (must), 2 (should) or 1 (could)" in TEXT
    parts = (cost_criterion.SHARE_OF_TOTAL, cost_criterion.SHARE_OF_OVERRUN, cost_criterion.SHARE_OF_GROWTH)
    assert [f"{part:.0%}" for part in parts] == ["70%", "15%", "15%"]
    assert (cost_criterion.WORST_OVERRUN, cost_criterion.WORST_GROWTH) == (0.5, 0.15)
    assert f"criterion in {scoring.SHARED_IN_CRITERION:.0%}".replace("%", " %") in re.sub(r"\s+", " ", TEXT)
    assert f"other criteria in {scoring.SHARED_IN_VENDOR:.0%}".replace("%", " %") in re.sub(r"\s+", " ", TEXT)
