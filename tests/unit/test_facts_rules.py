"""What of a purchase order is to come, what is refunded beyond orders, how facts are told apart, how words are read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from erp_core.db.facts import content_of
from erp_core.imports import words
from erp_core.imports.declaration import normalise_word
from erp_core.imports.load_fees import Sign, sign_of
from erp_core.orders.rules import excess_refunds
from erp_core.purchasing.rules import still_to_come


def lines(*rows: tuple[str, int, int, int, int, str, str | None]) -> pd.DataFrame:
    names = ["number", "product_id", "quantity", "received_said", "arrived", "state", "expected_on"]
    frame = pd.DataFrame(rows, columns=names).assign(id=range(1, len(rows) + 1))
    return frame.assign(expected_on=pd.to_datetime(frame["expected_on"]))


def test_what_is_to_come_takes_the_file_or_the_receipts_whichever_say_more() -> None:
    held = lines(
        ("A", 1, 100, 20, 0, "open", None),  # 80
        ("B", 1, 100, 20, 70, "open", None),  # 30
        ("C", 1, 100, 20, 150, "open", None),  # more came than was ordered: 0, not −50
        ("D", 1, 100, 0, 0, "cancelled", None),
        ("E", 1, 100, 0, 0, "received", None),
    )
    assert still_to_come(held).tolist() == [80, 30, 0, 0, 0]


def test_receipts_fill_received_lines_first_then_those_expected_first_never_cancelled_ones() -> None:
    held = lines(
        ("A", 1, 10, 0, 25, "open", "2026-03-01"),  # third: 25 − 10 − 10 = 5 of 10
        ("A", 1, 10, 0, 25, "open", "2026-02-01"),  # second
        ("A", 1, 10, 0, 25, "received", None),  # first
        ("A", 1, 10, 0, 25, "cancelled", "2026-01-01"),
    )
    assert still_to_come(held).tolist() == [5, 0, 0, 0]


def refunds(cases: list[tuple[int | None, int, int]], said: list[tuple[int, int, int]]) -> list[int]:
    told = pd.DataFrame(cases, columns=["order_id", "product_id", "refund"]).assign(currency="CNY")
    orders = pd.DataFrame(said, columns=["order_id", "product_id", "refunded"]).assign(currency="CNY")
    return excess_refunds(told.astype({"order_id": "Int64"}), orders).tolist()


@pytest.mark.parametrize(
    ("cases", "said", "expected"),
    [
        ([(1, 7, 500)], [], [500]),
        ([(1, 7, 500)], [(1, 7, 500)], [0]),
        ([(1, 7, 500)], [(1, 7, 900)], [0]),
        ([(1, 7, 500)], [(1, 8, 200)], [300]),  # the platform refunded another line: the same money
        ([(1, 7, 100), (1, 8, 100)], [(1, 7, 150)], [0, 50]),
        ([(1, 7, 100), (1, 8, 100), (1, 9, 100)], [(1, 6, 200)], [33, 33, 34]),  # 100 shared by three
        ([(None, 7, 500), (None, 7, 100), (1, 7, 30)], [(1, 7, 30)], [500, 100, 0]),  # without an order: all of it
        ([(1, 7, 500), (2, 7, 500)], [(2, 7, 100)], [500, 400]),
    ],
)
def test_an_order_gives_back_the_greater_of_both_sources(
    cases: list[tuple[int | None, int, int]], said: list[tuple[int, int, int]], expected: list[int]
) -> None:
    assert refunds(cases, said) == expected


def test_refunds_in_another_currency_are_compared_with_nothing() -> None:
    cases = pd.DataFrame({"order_id": [1], "product_id": [7], "currency": ["EUR"], "refund": [500]})
    said = pd.DataFrame({"order_id": [1], "product_id": [7], "currency": ["CNY"], "refunded": [900]})
    assert excess_refunds(cases.astype({"order_id": "Int64"}), said).tolist() == [500]


def test_content_is_what_is_said_whatever_more_could_be_said() -> None:
    one = content_of({"sku": ["A", "B"], "quantity": [1, 2]})
    assert one.tolist() == content_of({"quantity": [1, 2], "sku": ["A", "B"], "reason": [None, None]}).tolist()
    assert one[0] != one[1]
    assert content_of({"sku": ["1"], "quantity": ["2"]}) != content_of({"sku": ["2"], "quantity": ["1"]})


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("佣金", "commission"), ("技术服务费", "commission"), ("Referral Fee", "commission"), ("Final value fee", "commission"),
        ("支付服务费", "payment"), ("花呗支付服务费", "payment"), ("Payment processing fee", "payment"), ("提现手续费", "payment"),
        ("直通车", "advertising"), ("推广费", "advertising"), ("Sponsored Products", "advertising"), ("巨量千川", "advertising"),
        ("运费", "shipping"), ("运费险", "shipping"), ("FBAPerUnitFulfillmentFee", "shipping"), ("Shipping label", "shipping"),
        ("仓储费", "storage"), ("FBA storage fee", "storage"), ("月度仓储费用（华东）", "storage"),
        ("年费", "other"), ("Subscription fee", "other"), ("Unicorn", None),
    ],
)  # fmt: skip
def test_fees_by_the_words_of_platforms(word: str, kind: str | None) -> None:
    assert words.fee_kind(word) == kind
    assert not words.is_no_fee(word)


@pytest.mark.parametrize("word", ["Principal", "ItemPrice", "货款", "交易退款", "Transfer", "提现", "Tax"])
def test_money_for_goods_tax_and_money_moved_are_no_fees(word: str) -> None:
    assert words.is_no_fee(word)


@pytest.mark.parametrize(
    ("amounts", "sign", "sure"),
    [
        ([-1] * 8 + [1, 1], Sign.COSTS_NEGATIVE, True),
        ([-1] * 7 + [1, 1, 1], Sign.COSTS_NEGATIVE, False),
        ([1, 1, -1], Sign.COSTS_POSITIVE, False),
        ([1, -1], Sign.COSTS_POSITIVE, False),
        ([0, 0], Sign.COSTS_POSITIVE, True),
        ([], Sign.COSTS_POSITIVE, True),
    ],
)
def test_the_sign_of_costs_is_that_of_nearly_all_fees(amounts: list[int], sign: Sign, sure: bool) -> None:
    assert sign_of(np.array(amounts, np.int64)) == (sign, sure)


@pytest.mark.parametrize(
    ("table", "word", "meaning"),
    [
        (words.RETURN_STATES, "待审核", "requested"), (words.RETURN_STATES, "已入库", "restocked"),
        (words.RETURN_STATES, "退款成功", "refunded"), (words.RETURN_STATES, "报废", "scrapped"),
        (words.RETURN_STATES, "买家已经申请退款，等待卖家同意", "requested"), (words.RETURN_STATES, "Back in Stock", "restocked"),
        (words.PURCHASE_STATES, "部分到货", "open"), (words.PURCHASE_STATES, "Fully-received", "received"),
        (words.PURCHASE_STATES, "作废", "cancelled"), (words.MEDIA, "微信", "chat"), (words.MEDIA, "阿里旺旺", "chat"),
        (words.MEDIA, "E-mail", "mail"), (words.MEDIA, "来电", "phone"), (words.DIRECTIONS, "呼出", "out"),
        (words.DIRECTIONS, "Inbound", "in"),
    ],
)  # fmt: skip
def test_words_of_states_and_contacts(table: dict[str, str], word: str, meaning: str) -> None:
    assert table[normalise_word(word)] == meaning
