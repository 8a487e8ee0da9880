"""Money laid on what caused it: by hand, and the laws that hold for any numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_core.finance.rules import share_of_goods, spread
from erp_core.metrics import formulas
from erp_core.overview import rules

DAY = np.datetime64("2025-03-01")


def ints(*values: int) -> rules.Ints:
    return np.array(values, np.int64)


def days(*words: str) -> rules.Days:
    return np.array(words, "datetime64[D]")


# Two shops. Shop 7: an order of 100 + 300 on 1 March, one of 200 on 5 March; shop 8: one of 500 on 1 March.
SHOP = rules.Shop(
    channel=ints(7, 7, 8),
    day=days("2025-03-01", "2025-03-05", "2025-03-01"),
    is_sale=np.ones(3, bool),
    order=ints(0, 0, 1, 2),
    product=ints(11, 12, 11, 11),
    weight=ints(100, 300, 200, 500),
)
NO_TERMS = rules.Terms(np.zeros(3, bool), ints(0, 0, 0), np.ones(3, bool))


def fees(*rows: tuple[int, bool, int, int, str, int]) -> rules.Fees:
    """(order, named, channel, product, day, amount) each."""
    order, named, channel, product, day, amount = zip(*rows, strict=True) if rows else ((),) * 6
    return rules.Fees(
        np.array(order, np.int64), np.array(named, bool), np.array(channel, np.int64), np.array(product, np.int64),
        np.array(day, "datetime64[D]"), np.array(amount, np.int64), np.ones(len(rows), bool),
    )  # fmt: skip


def table(laid: rules.Laid) -> pd.DataFrame:
    """What no line carries."""
    return pd.DataFrame(laid.beside)


def test_halves_go_away_from_zero_and_the_sum_is_kept() -> None:
    assert rules.round_keeping_sum(np.array([0.5])).tolist() == [1]
    assert rules.round_keeping_sum(np.array([-0.5])).tolist() == [-1]
    assert rules.round_keeping_sum(np.array([-0.5, -0.25, 0.25])).sum() == -1  # −0.5
    # 0.3 + 0.3 + 0.3 + 0.3 = 1.2: one of them is rounded up
    assert sorted(rules.round_keeping_sum(np.full(4, 0.3)).tolist()) == [0, 0, 0, 1]
    assert rules.round_keeping_sum(np.array([])).tolist() == []


def test_what_a_rate_leaves_behind_the_sixth_decimal_is_no_remainder() -> None:
    assert rules.round_keeping_sum(np.array([0.1 + 0.2 - 0.3, 12.000000000001, 4.999999999999])).tolist() == [0, 12, 5]


@given(st.lists(st.integers(-(10**9), 10**9), max_size=30))
def test_whole_numbers_stay_as_they_are(numbers: list[int]) -> None:
    assert rules.round_keeping_sum(np.array(numbers, float)).tolist() == numbers


@given(st.lists(st.integers(-(10**8), 10**8), min_size=1, max_size=30))
def test_rounding_moves_nothing_by_a_whole_unit_and_keeps_the_sum(thousandths: list[int]) -> None:
    exact = np.array(thousandths, float) / 1000
    whole = rules.round_keeping_sum(exact)
    assert (np.abs(whole - exact) < 1).all()
    total = Fraction(sum(thousandths), 1000)
    assert abs(Fraction(int(whole.sum())) - total) <= Fraction(1, 2)


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(-1, 3), st.integers(-5, 10**13)), max_size=25),
)
def test_the_parts_add_up_and_are_within_one_unit_of_their_share(
    amounts: list[int], members: list[tuple[int, int]]
) -> None:
    members = [(group, weight) for group, weight in members if group < len(amounts)]
    group = np.array([m[0] for m in members], np.int64)
    weight = np.array([m[1] for m in members], np.int64)
    parts = spread(np.array(amounts, np.int64), group, weight)
    for number, amount in enumerate(amounts):
        here = group == number
        if not here.any():
            continue
        assert int(parts[here].sum()) == amount
        clipped = [max(int(w), 0) for w in weight[here]]
        shares = clipped if sum(clipped) else [1] * len(clipped)
        for part, share in zip(parts[here].tolist(), shares, strict=True):
            assert abs(part - Fraction(amount * share, sum(shares))) < 1
    assert (parts[group < 0] == 0).all()


def test_a_share_is_rounded_half_up_and_nothing_is_taken_of_what_is_not_positive() -> None:
    # 5 % of 100.50 = 5.025 → 5.03; of 100.49 = 5.0245 → 5.02; of a negative order nothing
    assert share_of_goods(ints(10_050, 10_049, -500), ints(50_000, 50_000, 50_000)).tolist() == [503, 502, 0]
    # 10^16 minor units at 100 %: no overflow
    assert share_of_goods(ints(10**16), ints(1_000_000)).tolist() == [10**16]


def test_a_row_that_names_an_order_falls_on_it_alone_and_says_nothing_of_the_others() -> None:
    laid = rules.lay_fees(SHOP, fees((0, True, 7, 0, "2025-03-09", 40)), NO_TERMS)
    assert laid.on_lines.tolist() == [10, 30, 0, 0]  # 40 in proportion to 100 : 300
    assert laid.unknown.tolist() == [False, True, True]


def test_a_row_of_the_shop_falls_on_the_orders_of_its_day_else_of_its_month_else_on_none() -> None:
    day = rules.lay_fees(SHOP, fees((-1, False, 7, 0, "2025-03-01", 40)), NO_TERMS)
    assert day.on_lines.tolist() == [10, 30, 0, 0]
    assert day.unknown.tolist() == [False, False, True]  # the whole month of shop 7 is known, shop 8 is not
    month = rules.lay_fees(SHOP, fees((-1, False, 7, 0, "2025-03-31", 60)), NO_TERMS)
    assert month.on_lines.tolist() == [10, 30, 20, 0]  # 60 in proportion to 100 : 300 : 200
    none = rules.lay_fees(SHOP, fees((-1, False, 7, 0, "2025-04-01", 60)), NO_TERMS)
    assert none.on_lines.tolist() == [0, 0, 0, 0]
    assert none.unknown.tolist() == [True, True, True]  # April says nothing of March
    assert table(none)[["order", "channel", "amount"]].to_numpy().tolist() == [[-1, 7, 60]]


def test_a_row_of_a_product_falls_on_its_lines() -> None:
    laid = rules.lay_fees(SHOP, fees((-1, False, 7, 11, "2025-03-31", 30)), NO_TERMS)
    assert laid.on_lines.tolist() == [10, 0, 20, 0]  # product 11 of shop 7: 100 : 200
    lonely = rules.lay_fees(SHOP, fees((-1, False, 7, 99, "2025-03-31", 30)), NO_TERMS)
    assert lonely.on_lines.sum() == 0
    assert table(lonely)[["order", "product", "amount"]].to_numpy().tolist() == [[-1, 99, 30]]


def test_a_row_that_names_an_order_which_is_not_there_is_nobody_elses() -> None:
    laid = rules.lay_fees(SHOP, fees((-1, True, 7, 0, "2025-03-01", 40)), NO_TERMS)
    assert laid.on_lines.sum() == 0
    assert laid.unknown.all()
    assert laid.beside["amount"].tolist() == [40]


def test_what_a_person_stated_holds_only_where_no_settlement_came() -> None:
    terms = rules.Terms(np.array([True, True, True]), ints(8, 8, 8), np.array([True, True, False]))
    laid = rules.lay_fees(SHOP, fees((0, True, 7, 0, "2025-03-01", 40)), terms)
    assert laid.on_lines.tolist() == [10, 30, 8, 0]
    assert laid.unknown.tolist() == [False, False, True]  # the third has terms in a currency without a rate


def test_the_greater_of_platform_and_return_cases_holds_never_the_sum() -> None:
    cases = fees((0, True, 7, 11, "2025-03-08", 90), (1, True, 7, 11, "2025-03-08", 50))
    laid = rules.lay_returns(SHOP, ints(0, 60, 70, 0), cases, np.ones(2, bool))
    assert laid.on_lines.tolist() == [0, 60, 70, 0]
    # order 0: cases 90, platform 60: 30 more, on the product of the case; order 1: platform 70 covers the case
    assert table(laid).query("amount != 0")[["order", "product", "amount"]].to_numpy().tolist() == [[0, 11, 30]]
    assert not laid.unknown.any()


def test_a_return_that_says_no_refund_leaves_its_order_unknown_unless_the_platform_refunded() -> None:
    cases = fees((0, True, 7, 11, "2025-03-08", 0), (1, True, 7, 11, "2025-03-08", 0))
    laid = rules.lay_returns(SHOP, ints(0, 0, 70, 0), cases, np.zeros(2, bool))
    assert laid.unknown.tolist() == [True, False, False]


def test_contribution_by_hand() -> None:
    # 1,250 − 700 − 62.50 − 25 − 100 − 80 − 50 − 7.50 = 225; 225 ÷ 1,250 = 18 %
    assert formulas.difference(1250, 700, 62.5, 25, 100, 80, 50, 7.5) == pytest.approx(225)
    assert formulas.difference(1250, 700, None, 25, 100, 80, 50, 7.5) is None
