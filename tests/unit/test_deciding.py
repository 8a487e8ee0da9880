"""What stands open and what was answered; losses and dearer costs."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from erp_core.overview.deciding import Answer, Decision, cost_rises, listed, losses, place_all
from erp_core.text import Money, T, Text, say

MONDAY = dt.date(2026, 3, 2)
TITLE = T("Order")


def decision(money: float | None = 1000.0, key: str = "dead") -> Decision:
    return Decision(key, TITLE, TITLE, money, "inventory")


def answer(act: str, **of: object) -> Answer:
    held = {"money": 1000.0, "currency": "CNY"} | of
    return Answer(act, MONDAY, "li", TITLE, **held)  # type: ignore[arg-type]


def stands(answered: Answer | None, day: dt.date = MONDAY, money: float | None = 1000.0) -> bool:
    return listed(decision(money), answered, day, "CNY").open


def days(count: int) -> dt.date:
    return MONDAY + dt.timedelta(days=count)


def test_what_nobody_answered_and_what_was_reopened_stands_open() -> None:
    assert stands(None)
    assert stands(answer("reopen"))


@pytest.mark.parametrize("act", ["accept", "snooze"])
def test_an_acceptance_and_a_snooze_hold_until_their_day(act: str) -> None:
    held = answer(act, until=days(7))
    assert [stands(held, days(count)) for count in (0, 6, 7, 8)] == [False, False, True, True]
    back = listed(decision(), held, days(7), "CNY")
    assert back.note is not None
    assert "Mar 2, 2026" in str(back.note)
    assert listed(decision(), held, days(6), "CNY").note is None


def test_a_dismissal_holds_until_the_money_has_grown_by_more_than_half() -> None:
    held = answer("dismiss", reason="no")
    assert [stands(held, days(400), money) for money in (1000.0, 1500.0, 1500.01)] == [False, False, True]
    back = listed(decision(1600.0), held, MONDAY, "CNY")
    assert say(back.note or "", "en") == "Dismissed on Mar 2, 2026 when it was CN¥1.00 k; now CN¥1.60 k."
    assert say(back.note or "", "zh_CN") == "2026年3月2日 决定不处理时为 ¥1,000，现在是 ¥1,600。"


def test_a_dismissal_without_money_comes_back_when_money_becomes_known_and_not_before() -> None:
    held = answer("dismiss", reason="no", money=None, currency=None)
    assert [stands(held, MONDAY, money) for money in (None, 0.0, 5.0)] == [False, False, True]
    other = answer("dismiss", reason="no", currency="USD")  # the base currency changed since: not to be compared
    assert stands(other)


def test_most_money_comes_first_and_unknown_money_last() -> None:
    found = tuple(decision(money, str(at)) for at, money in enumerate((None, 5.0, 0.0, 7.0, None)))
    assert [entry.decision.key for entry in place_all(found, {}, MONDAY, "CNY")] == ["3", "1", "2", "0", "4"]


def test_amounts_and_days_inside_a_sentence_wait_for_their_reader_and_survive_storage() -> None:
    told = T(
        "Dismissed on {day} when it was {before}; now {now}.", day=MONDAY, before=Money(38200, "CNY"), now=T("today")
    )
    again = Text.from_json(told.to_json())
    assert again == told
    assert say(again, "zh_CN") == "2026年3月2日 决定不处理时为 ¥3.82万，现在是 今天。"


def test_losses_are_products_sold_below_cost_and_nothing_that_is_given_away_or_unknown() -> None:
    sales = pd.DataFrame(
        {
            "product_id": [1, 2, 3, 4, 5],
            "units": [10, 5, 3, 2, 1],
            "revenue": [90.0, 60.0, 0.0, float("nan"), 1.0],
            "cost": [100.0, 50.0, 30.0, 8.0, 31.0],
        }
    )
    found = losses(sales)
    # 1: 100 − 90 = 10; 2 earns; 3 was given away; of 4 the revenue is not known; 5: 31 − 1 = 30, the largest
    assert found[["product_id", "loss"]].to_numpy().tolist() == [[5, 30], [1, 10]]


def test_a_cost_rise_is_the_latest_cost_against_the_one_before() -> None:
    rows = [
        (1, "2025-01-01", "CNY", 100.0), (1, "2026-02-20", "CNY", 112.0),  # + 12 %
        (2, "2025-01-01", "CNY", 100.0), (2, "2026-02-20", "CNY", 104.9),  # below 5 %: noise
        (3, "2025-01-01", "CNY", 100.0), (3, "2025-10-01", "CNY", 200.0),  # too long ago
        (4, "2025-01-01", "CNY", 100.0), (4, "2026-02-20", "USD", 120.0),  # another currency says nothing
        (5, "2026-02-20", "CNY", 100.0),                                   # the first cost is no rise
        (6, "2025-01-01", "CNY", 100.0), (6, "2026-02-20", "CNY", 105.0), (6, "2026-04-01", "CNY", 300.0),  # not yet
    ]  # fmt: skip
    costs = pd.DataFrame(rows, columns=["product_id", "valid_from", "currency", "unit_cost"])
    costs["valid_from"] = pd.to_datetime(costs["valid_from"])
    found = cost_rises(costs, dt.date(2025, 12, 2), MONDAY)
    assert found["product_id"].tolist() == [1, 6]
    assert found["rise"].tolist() == pytest.approx([0.12, 0.05])
    assert found["before"].tolist() == [100.0, 100.0]
