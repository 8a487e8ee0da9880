"""What to order, and what is wrong with the stock: by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_core.forecast.simple import daily_rates
from erp_core.planning import rules


def terms(**changes: float) -> pd.DataFrame:
    row = {
        "mean_per_day": 4.0, "sd_per_day": 3.0, "lead_time_days": 14, "moq": 1, "pack": 1, "on_hand": 40, "reserved": 0,
        "on_order": 0,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def test_reorder_point_by_hand() -> None:
    # μ (L + R) = 4 · 21 = 84; z(0.95) = 1.6449; safety = 1.6449 · 3 · √21 = 22.61; point = ⌈106.61⌉ = 107; 107 − 40 = 67
    planned = rules.reorder(terms(), 0.95, 7).iloc[0]
    assert planned["safety_stock"] == pytest.approx(1.6448536 * 3 * math.sqrt(21))
    assert (planned["reorder_point"], planned["position"], planned["suggested"]) == (107, 40, 67)


def test_packs_and_minimum() -> None:
    assert rules.reorder(terms(pack=12), 0.95, 7)["suggested"].iloc[0] == 72  # 67 in twelves
    assert rules.reorder(terms(moq=100), 0.95, 7)["suggested"].iloc[0] == 100
    assert rules.reorder(terms(moq=100, pack=12), 0.95, 7)["suggested"].iloc[0] == 108


def test_what_is_on_order_counts_and_what_is_reserved_does_not() -> None:
    assert rules.reorder(terms(on_order=60), 0.95, 7)["suggested"].iloc[0] == 7  # 107 − 40 − 60
    assert rules.reorder(terms(reserved=10), 0.95, 7)["suggested"].iloc[0] == 77
    assert rules.reorder(terms(on_order=68), 0.95, 7)["suggested"].iloc[0] == 0  # 108 is above the point


@given(
    mean=st.floats(0.01, 500), sd=st.floats(0, 500), lead=st.integers(0, 120), moq=st.integers(1, 500), pack=st.integers(1, 60),
    hand=st.integers(0, 20_000), order=st.integers(0, 20_000), level=st.floats(0.5, 0.99),
)  # fmt: skip
def test_orders_are_in_packs_at_least_the_minimum_and_reach_the_point(
    mean: float, sd: float, lead: int, moq: int, pack: int, hand: int, order: int, level: float
) -> None:
    rows = terms(
        mean_per_day=mean, sd_per_day=sd, lead_time_days=lead, moq=moq, pack=pack, on_hand=hand, on_order=order
    )
    planned = rules.reorder(rows, level, 7).iloc[0]
    suggested = int(planned["suggested"])
    assert suggested % pack == 0
    if suggested:
        assert suggested >= moq
        assert hand + order <= planned["reorder_point"] <= hand + order + suggested
    else:
        assert hand + order >= planned["reorder_point"]
    better = rules.reorder(rows, min(level + 0.009, 0.999), 7).iloc[0]
    assert better["reorder_point"] >= planned["reorder_point"]


def test_lost_units_are_the_demand_of_the_lead_time_beyond_the_position() -> None:
    planned = rules.reorder(terms(on_hand=10), 0.95, 7)
    assert rules.lost_units(planned).tolist() == [4 * 14 - 10]


def test_abc_by_hand() -> None:
    # 50, 30, 15, 5 of 100: before each 0, 50, 80, 95 % are made: A, A, B, C; nothing sold is C
    assert rules.abc(pd.Series([5.0, 50.0, 15.0, 30.0, 0.0])).tolist() == ["C", "A", "B", "A", "C"]


def test_xyz_by_hand() -> None:
    steady, lumpy, rare = [10.0, 10, 10, 10], [0.0, 20, 0, 20], [0.0, 0, 0, 40]
    # coefficients of variation: 0; 10/10 = 1.0; √(3·10² + 30²)/2 = 17.32 over 10 = 1.73
    classes = rules.xyz(pd.Series([steady, lumpy, rare, [0.0] * 4]), pd.Series([4, 4, 4, 4]))
    assert classes.tolist() == ["X", "Y", "Z", "–"]


def test_status() -> None:
    rows = pd.DataFrame(
        {
            "on_hand": pd.array([None, 0, 10, 100, 1000, 50], "Int64"),
            "available": pd.array([None, 0, 10, 100, 1000, 50], "Int64"),
            "mean_per_day": [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
            "lead_time_days": [14] * 6,
            "days_since_sale": pd.array([1, 1, 1, 1, 1, 400], "Int64"),
        }
    )
    found = rules.stock_status(rows, excess_days=120, dead_days=180)
    assert found["status"].tolist() == ["unknown", "out", "short", "ok", "excess", "dead"]
    assert found["excess_units"].tolist() == [0, 0, 0, 0, 880, 0]  # 1,000 − 1 · 120


def test_the_daily_rate_of_steady_sales_is_their_mean_without_spread() -> None:
    days = pd.date_range("2025-01-01", "2025-06-30", freq="D")
    history = pd.DataFrame({"series_id": "A", "ds": days, "y": 2})
    rate = daily_rates(history, (days[-1] + pd.Timedelta(days=1)).date()).iloc[0]
    assert rate["mean_per_day"] == pytest.approx(2.0)
    assert rate["sd_per_day"] == pytest.approx(0.0)
    assert rate["weeks"] == [14.0] * 13


def test_the_daily_rate_smooths_by_hand() -> None:
    # first sold 14 days before: weeks 7 and 14 units; level 7 + 0.2 · (14 − 7) = 8.4 a week, 1.2 a day; error 7 a week
    history = pd.DataFrame({"series_id": "A", "ds": pd.to_datetime(["2025-06-01", "2025-06-08"]), "y": [7, 14]})
    rate = daily_rates(history, pd.Timestamp("2025-06-15").date()).iloc[0]
    assert rate["mean_per_day"] == pytest.approx(8.4 / 7)
    assert rate["sd_per_day"] == pytest.approx(7 / np.sqrt(7))
    assert rate["observed_weeks"] == 2


def test_the_rate_knows_nothing_of_the_day_itself_and_later() -> None:
    history = pd.DataFrame(
        {"series_id": "A", "ds": pd.to_datetime(["2025-06-01", "2025-06-15", "2025-07-01"]), "y": [7, 900, 900]}
    )
    assert daily_rates(history, pd.Timestamp("2025-06-15").date())["mean_per_day"].iloc[0] < 1.0


def test_ageing_by_hand() -> None:
    from erp_core.overview.grid import ageing

    position = pd.DataFrame(
        {
            "product_id": [1, 2, 3, 4, 5],
            "on_hand": pd.array([5, 2, 0, None, 4], "Int64"),
            "value": [50.0, 20.0, 0.0, np.nan, 8.0],
            "age": rules.age_class(pd.Series(pd.array([3, 200, 3, 3, None], "Int64"))),
        }
    )
    found = ageing(position).set_index("age")  # nothing in stock and not counted are out
    assert found["value"].to_dict() == {"0–30": 50, "31–60": 0, "61–90": 0, "91–180": 0, ">180": 20, "never": 8}
    assert found.loc["0–30", "products"] == 1
