"""Decisions by hand, their rows, what people answer, and the weekly lines; on both databases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, NotPermitted
from erp_core.orders.views import Filters, revision
from erp_core.overview.answers import answer_log, answered
from erp_core.overview.deciding import Decision, Listed
from erp_core.overview.decisions import decisions
from erp_core.overview.findings import ROWS, Scene
from erp_core.overview.service import Reply, answer_decision
from erp_core.overview.views import kpis
from erp_core.overview.weeks import weekly
from erp_core.security.actor import LOCAL_USER
from erp_core.security.permissions import Permission
from erp_core.text import T, say
from tests.integration.shop import Shop

AS_OF = dt.date(2026, 3, 1)  # the day after the last sale
TODAY = dt.date(2026, 3, 2)
SALES = "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Status,Shop,Customer"
TITLE = T("Alerts")


@pytest.fixture
def shop(database: Database, clock: FixedClock, tmp_path: Path) -> Shop:
    return Shop(database, clock, tmp_path)


def found(shop: Shop) -> dict[str, Decision]:
    with shop.database.reading() as connection:
        return {one.key: one for one in decisions(connection, read_company(connection), AS_OF)}


def rows(shop: Shop, name: str, mean: dict[int, float] | None = None) -> pd.DataFrame:
    with shop.database.reading() as connection:
        scene = Scene(connection, read_company(connection), AS_OF)
        return ROWS[name].read(scene, pd.Series(mean or {}, dtype=float))


# --- what waits ------------------------------------------------------------------------------------------------------


def test_paid_orders_are_late_after_three_days(shop: Shop) -> None:
    shop.load(
        f"{SALES}\n1,2026-02-20,A,Lamp,2,50.00,CNY,paid,Web,\n2,2026-02-24,A,Lamp,1,50.00,CNY,paid,Web,\n"
        "3,2026-02-26,A,Lamp,1,50.00,CNY,paid,Web,\n4,2026-02-10,A,Lamp,1,50.00,CNY,pending,Web,\n"
        "5,2026-02-10,A,Lamp,1,50.00,CNY,completed,Web,\n6,2026-02-28,A,Lamp,1,50.00,CNY,completed,Web,\n"
    )
    ship = found(shop)["ship"]
    # 1 (nine days) and 2 (five days) are late; 3 has waited three days, 4 is not paid: 100 + 50
    assert (ship.money, ship.page, ship.query, ship.patience) == (150.0, "home", (("rows", "ship"),), 3)
    assert say(ship.title, "en") == "Ship 2 orders that are late"
    assert "Feb 20, 2026" in say(ship.why, "en")
    listed = rows(shop, "ship")
    assert listed[["number", "waited", "units", "goods"]].to_numpy().tolist() == [["1", 9, 2, 100.0], ["2", 5, 1, 50.0]]


def test_late_orders_in_another_currency_need_a_rate(shop: Shop) -> None:
    shop.load(
        f"{SALES}\n1,2026-02-20,A,Lamp,2,10.00,USD,paid,Web,\n2,2026-02-20,A,Lamp,1,50.00,CNY,paid,Web,\n"
        "3,2026-02-28,A,Lamp,1,50.00,CNY,completed,Web,\n"
    )
    with shop.database.reading() as connection:
        base = read_company(connection).base_currency
    other = {"CNY": "USD", "USD": "CNY"}[base]
    assert (found(shop)["ship"].money, found(shop)["ship"].stake) == (None, None)
    shop.load(f"Date,Currency,Base,Rate\n2026-02-01,{other},{base},{'7' if base == 'CNY' else '0.2'}\n")
    # CNY: 20 USD · 7 + 50 = 190; USD: 20 + 50 CNY · 0.2 = 30
    assert found(shop)["ship"].money == pytest.approx(190.0 if base == "CNY" else 30.0)


def test_returned_goods_wait_for_inspection_at_their_cost(shop: Shop) -> None:
    shop.load(
        f"{SALES}\n1,2026-02-20,A,Lamp,5,50.00,CNY,completed,Web,\n2,2026-02-28,B,Vase,5,50.00,CNY,completed,Web,\n"
    )
    shop.load("SKU,Unit cost,Currency,Valid from\nA,20.00,CNY,2026-01-01\n")
    shop.load(
        "Return ID,Order ID,SKU,Date,Quantity,Status,Shop,Reason\n"
        "r1,1,A,2026-02-22,3,received,Web,does not fit\nr2,2,B,2026-02-28,1,received,Web,\nr3,1,A,2026-02-25,1,restocked,Web,\n"
    )
    inspect = found(shop)["inspect"]
    assert inspect.money == 60.0  # 3 lamps at 20; of the vase no cost is known
    assert say(inspect.title, "en") == "Inspect 4 returned units"
    assert "1 of 2" in say(inspect.why, "en")
    assert rows(shop, "inspect")["units"].tolist() == [3, 1]


def test_products_sold_below_cost_over_ninety_days_after_all_discounts(shop: Shop) -> None:
    shop.load(
        "Order ID,Date,SKU,Quantity,Unit price,Currency,Discount,Shop\n"
        "1,2026-02-20,A,10,9.00,CNY,0,Web\n"  # 90 for what costs 100
        "2,2026-02-21,B,10,9.00,CNY,0,Web\n"  # no cost is known
        "3,2025-11-01,C,10,1.00,CNY,0,Web\n"  # too long ago
        "4,2026-02-28,D,1,0.00,CNY,0,Web\n"  # given away
    )
    shop.load("SKU,Unit cost,Currency,Valid from\nA,10,CNY,2025-01-01\nC,10,CNY,2025-01-01\nD,10,CNY,2025-01-01\n")
    loss = found(shop)["loss"]
    assert loss.money == pytest.approx(10.0)
    assert say(loss.stake or "", "en") == "CN¥10 lost"
    (row,) = rows(shop, "loss").to_dict("records")
    assert (row["sku"], row["units"], row["revenue"], row["cost"]) == ("A", 10, 90.0, 100.0)


def test_a_dearer_cost_counts_by_what_sells_in_a_month(shop: Shop) -> None:
    # 13 a week for 13 weeks: 13 / 7 a day; a month of 30 days: 390 / 7 units; 2.00 dearer each
    days = [dt.date(2026, 2, 28) - dt.timedelta(days=7 * week) for week in range(13)]
    lines = "".join(f"{number},{day},A,Lamp,13,50.00,CNY,completed,Web,\n" for number, day in enumerate(days))
    shop.load(f"{SALES}\n{lines}")
    shop.load("SKU,Unit cost,Currency,Valid from\nA,10.00,CNY,2025-01-01\n")
    assert "dearer" not in found(shop)
    shop.load("SKU,Unit cost,Currency,Valid from\nA,12.00,CNY,2026-02-20\n")
    dearer = found(shop)["dearer"]
    assert dearer.money == pytest.approx(2 * 390 / 7)
    assert "20%" in say(dearer.why, "en")
    (row,) = rows(shop, "dearer", {shop.id_of("A"): 1.0}).to_dict("records")
    assert (row["before"], row["unit_cost"], row["units_a_month"], row["extra"]) == (10.0, 12.0, 30.0, 60.0)


def test_buyers_wait_until_somebody_answers(shop: Shop) -> None:
    shop.load(f"{SALES}\n1,2026-02-20,A,Lamp,1,5,CNY,completed,Web,ann\n2,2026-02-28,A,Lamp,1,5,CNY,completed,Web,bo\n")
    head = "Contact ID,Order ID,Date,Channel,Direction,Subject,Shop\n"
    shop.load(
        f"{head}c1,1,2026-02-25 10:00,chat,in,where,Web\nc2,2,2026-02-26 10:00,chat,in,where,Web\n"
        "c3,2,2026-02-26 11:00,chat,out,here,Web\nc4,7,2025-12-01 10:00,chat,in,old,Web\n"
    )
    answer = found(shop)["answer"]
    assert (say(answer.title, "en"), answer.money, answer.stake) == ("Answer 1 buyers", None, None)
    assert rows(shop, "answer")["order_number"].tolist() == ["1"]
    shop.load(f"{head}c5,1,2026-02-27 10:00,chat,out,here,Web\n")
    assert "answer" not in found(shop)


def test_orders_that_went_out_wrong(shop: Shop) -> None:
    shop.load(
        f"{SALES}\n" + "".join(f"{n},2026-02-2{n},A,Lamp,2,50.00,CNY,completed,Web,\n" for n in range(1, 9))
        + "9,2026-02-21,A,Lamp,2,50.00,CNY,cancelled,Web,\n"
    )  # fmt: skip

    def rate() -> tuple[float | int | None, list[str]]:
        with shop.database.reading() as connection:
            value = kpis(
                connection,
                read_company(connection),
                Period(dt.date(2026, 2, 21), dt.date(2026, 2, 28)),
                Filters(),
                None,
            )
        found = value["order_error_rate"]
        return found.value, [str(text) for text in found.missing]

    assert rate() == (None, ["reasons of returns: import a file of returns that says why"])
    shop.load(
        "Return ID,Order ID,SKU,Date,Quantity,Status,Shop,Reason\nr1,1,A,2026-02-26,1,received,Web,发错货\n"
        "r2,1,A,2026-02-27,1,received,Web,missing part\nr3,2,A,2026-02-26,1,received,Web,does not fit\n"
        "r4,3,A,2026-02-26,1,received,Web,Wrong item\nr5,9,A,2026-02-26,1,received,Web,少件\n"
    )
    # of 8 orders that stand, 1 (twice) and 3 went out wrong; 9 is cancelled: 2 ÷ 8
    assert rate() == (0.25, [])
    assert rows(shop, "wrong")["number"].tolist() == ["3", "1", "1", "9"]


# --- what was answered -----------------------------------------------------------------------------------------------


def decision(money: float | None = 100.0, key: str = "buy:Yiwu", patience: int = 3) -> Decision:
    return Decision(key, TITLE, TITLE, money, "replenishment", patience=patience)


def answer(shop: Shop, one: Decision, *reply: object) -> None:
    shop.do(answer_decision, one, Reply(*reply))  # type: ignore[arg-type]


def standing(shop: Shop, one: Decision, day: dt.date = TODAY) -> Listed:
    with shop.database.reading() as connection:
        (entry,) = answered(connection, read_company(connection), (one,), day)
    return entry


def test_accepting_holds_for_the_decisions_patience_and_is_on_record(shop: Shop) -> None:
    one = decision()
    answer(shop, one, "accept")
    assert [standing(shop, one, TODAY + dt.timedelta(days=count)).open for count in (0, 2, 3)] == [False, False, True]
    with shop.database.reading() as connection:
        (row,) = answer_log(connection).to_dict("records")
    assert (row["actor"], row["act"], row["until"], row["money"], row["currency"]) == (
        "local", "accept", dt.date(2026, 3, 5), 100.0, "CNY",
    )  # fmt: skip
    assert row["title"] == TITLE
    assert shop.acts() == ["answer decision"]


def test_the_last_answer_holds_and_reopening_takes_it_back(shop: Shop) -> None:
    one = decision()
    answer(shop, one, "snooze", dt.date(2026, 3, 9))
    answer(shop, one, "dismiss", None, "  not   now ")
    held = standing(shop, one).answer
    assert held is not None
    assert (held.act, held.reason, held.by, held.on, held.money) == ("dismiss", "not now", "local", TODAY, 100.0)
    assert [standing(shop, decision(money)).open for money in (150.0, 151.0)] == [False, True]
    answer(shop, one, "reopen")
    assert standing(shop, one).open
    with shop.database.reading() as connection:
        assert answer_log(connection)["act"].tolist() == ["reopen", "dismiss", "snooze"]
    assert standing(shop, decision(key="dead")).answer is None  # another decision has none


def test_the_same_answer_twice_is_one(shop: Shop) -> None:
    for _ in range(2):
        answer(shop, decision(), "dismiss", None, "no")
    answer(shop, decision(200.0), "dismiss", None, "no")  # more is at stake: another answer
    with shop.database.reading() as connection:
        assert answer_log(connection)["money"].tolist() == [200.0, 100.0]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("snooze", TODAY), "decision.bad_day"),
        (Reply("snooze", TODAY + dt.timedelta(days=367)), "decision.bad_day"),
        (Reply("snooze"), "decision.bad_day"),
        (Reply("dismiss", reason=" \n"), "decision.no_reason"),
        (Reply("dismiss"), "decision.no_reason"),
        (Reply("burn"), "decision.no_such_answer"),
    ],
)
def test_what_is_no_answer_is_refused_and_leaves_nothing(shop: Shop, reply: Reply, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        shop.do(answer_decision, decision(), reply)
    assert refused.value.code == code
    assert shop.acts() == []


def test_answering_needs_its_permission(shop: Shop) -> None:
    acting = LOCAL_USER.acting(shop.clock)
    fewer = acting.permissions - {str(Permission.ANSWER_DECISIONS)}
    with pytest.raises(NotPermitted), unit_of_work(shop.database, type(acting)("guest", fewer, shop.clock)) as uow:
        answer_decision(uow, decision(), Reply("accept"))


def test_an_answer_leaves_what_was_computed_valid(shop: Shop) -> None:
    shop.load(f"{SALES}\n1,2026-02-20,A,Lamp,2,50.00,CNY,paid,Web,\n")
    before = shop.read(revision)
    answer(shop, decision(), "accept")
    assert shop.read(revision) == before
    shop.load(f"{SALES}\n2,2026-02-20,A,Lamp,2,50.00,CNY,paid,Web,\n")
    assert shop.read(revision) != before


# --- the lines under the headline ------------------------------------------------------------------------------------


def test_the_weeks_of_a_period_end_with_it_and_use_the_metrics_formulas(shop: Shop) -> None:
    # two weeks to Sunday 15 March 2026 and one day before them, which is left out
    shop.load(
        f"{SALES}\n0,2026-03-01,A,Lamp,1,50,CNY,completed,Web,\n1,2026-03-02,A,Lamp,2,50,CNY,completed,Web,\n"
        "2,2026-03-08,A,Lamp,1,40,CNY,cancelled,Web,\n3,2026-03-09,A,Lamp,4,50,CNY,completed,Web,\n"
        "4,2026-03-15,A,Lamp,1,50,CNY,paid,Web,\n"
    )
    shop.load("SKU,Quantity,Date,Unit cost,Currency\nA,10,2026-03-01,20,CNY\n")
    with shop.database.reading() as connection:
        company = read_company(connection)
        found = weekly(connection, company, Period(dt.date(2026, 3, 1), dt.date(2026, 3, 15)), Filters())
        assert weekly(connection, company, Period(dt.date(2026, 3, 3), dt.date(2026, 3, 15)), Filters()).empty
    assert found["week"].dt.date.tolist() == [dt.date(2026, 3, 2), dt.date(2026, 3, 9)]
    assert found["revenue"].tolist() == [100.0, 250.0]
    assert found["orders_waiting"].tolist() == [0, 1]
    assert found["cancel_rate"].tolist() == [0.5, 0.0]
    # stock: 8 through the first week, 4 through the second (the paid order only reserves); at 20 each
    assert found["cash_in_stock"].tolist() == [160.0, 80.0]
    assert found["in_stock_rate"].tolist() == [1.0, 1.0]
    # turnover a month: (2 · 20) / 160 and (5 · 20) / 80, each over 7 / 30.4375 months
    month = 7 / 30.4375
    assert found["turnover_month"].tolist() == pytest.approx([40 / 160 / month, 100 / 80 / month])
    assert found["order_error_rate"].isna().all()
