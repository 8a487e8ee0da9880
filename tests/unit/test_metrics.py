"""Every metric of the registry: its worked example, and unknown stays unknown."""

from __future__ import annotations

import pytest

from erp_core.metrics import formulas
from erp_core.metrics.registry import METRICS, Metric
from erp_core.text import translated


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_the_worked_example_comes_out(metric: Metric) -> None:
    assert metric.compute(*metric.example.values()) == pytest.approx(metric.expected)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_unknown_in_is_unknown_out(metric: Metric) -> None:
    for at, name in enumerate(metric.example):
        if name == "2" and metric.key in ("turnover_month", "turnover_year", "days_of_inventory"):
            continue  # the third is the length of the period, which is always known
        values: list[float | None] = list(metric.example.values())
        values[at] = None
        assert metric.compute(*values) is None


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_every_metric_is_explained_in_both_languages(metric: Metric) -> None:
    chinese = translated("zh_CN")
    assert metric.name.id in chinese
    assert metric.formula.id in chinese
    assert metric.good in ("up", "down", "none")
    assert metric.system in ("ERP", "CRM")


def test_the_trade_turns_three_to_four_times_a_month_and_a_good_system_reaches_four_and_a_half() -> None:
    mark = METRICS["turnover_month"].benchmark
    assert mark is not None
    assert (mark.low, mark.high, mark.target) == (3.0, 4.0, 4.5)


def test_turnover_by_hand() -> None:
    # cost of goods sold 9,000 in 60.875 days (two months of 30.4375) on an average stock of 1,000: 9 / 2 = 4.5 a month
    assert formulas.turnover_per_month(9000, 1000, 60.875) == pytest.approx(4.5)  # type: ignore[arg-type]
    # the same a year: 9 / (60.875 / 365.25) = 54
    assert formulas.turnover_per_year(9000, 1000, 60.875) == pytest.approx(54)  # type: ignore[arg-type]
    # and in days: 1,000 / (9,000 / 60) = 6.67
    assert formulas.days_of_inventory(9000, 1000, 60) == pytest.approx(1000 / 150)


def test_nothing_is_divided_by_nought() -> None:
    assert formulas.ratio(1, 0) is None
    assert formulas.sell_through(0, 0) is None
    assert formulas.turnover_per_month(100, 0, 30) is None
