"""What is left of each order, SKU and channel: a shop computed by hand, and what is said where something is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.uow import As, unit_of_work
from erp_core.errors import BadInput, NotFound, NotPermitted
from erp_core.finance.service import ChannelFee, remove_channel_fee, set_channel_fee
from erp_core.finance.views import channel_fees
from erp_core.imports.service import import_files, undo_import
from erp_core.overview.contribution import AMOUNTS, BYS, DEDUCTIONS, contribution
from erp_core.overview.views import Filters, kpis
from erp_core.security.actor import LOCAL_USER
from tests.fees import numbers_of, record_fees, record_returns

YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
HEADER = "Order ID,Date,SKU,Quantity,Unit price,Currency,Status,Channel\n"
# LAMP costs 20, BULB 2. Order 4 is cancelled, 5 a credit note, POST a charge that the buyer of order 1 paid.
SALES = (
    HEADER
    + """1,2025-03-01,LAMP,2,50.00,CNY,completed,Web
1,2025-03-01,POST,1,8.00,CNY,completed,Web
2,2025-03-10,LAMP,1,50.00,CNY,completed,Web
2,2025-03-10,BULB,10,5.00,CNY,completed,Web
3,2025-03-20,BULB,20,5.00,CNY,completed,Web
4,2025-03-21,LAMP,1,50.00,CNY,cancelled,Web
5,2025-03-25,LAMP,-1,50.00,CNY,completed,Web
"""
)
PRODUCTS = "SKU,Name,Category,Unit cost,Currency\nLAMP,Desk lamp,Lamps,20,CNY\nBULB,Bulb,Bulbs,2,CNY\n"
FEES: list[dict[str, Any]] = [
    *({"kind": "commission", "ds": "2025-04-02", "amount": 600, "order": order} for order in ("1", "2", "3")),
    {
        "kind": "commission",
        "ds": "2025-04-02",
        "amount": 50,
        "order_external_id": "4",
    },  # the shop keeps it all the same
    {"kind": "shipping", "ds": "2025-03-02", "amount": 900, "order": "1"},
    {"kind": "advertising", "ds": "2025-03-01", "amount": 300},  # a day with an order
    {"kind": "advertising", "ds": "2025-03-05", "amount": 1000},  # a day without one: over the month
]
Load = Callable[..., None]
UNDISCOUNTED = tuple(name for name in AMOUNTS if name != "discounts")


@pytest.fixture
def load(database: Database, clock: FixedClock, tmp_path: Path) -> Load:
    def load(**files: str) -> None:
        paths = []
        for name, text in files.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        import_files(database, LOCAL_USER.acting(clock), paths)

    return load


def state(
    database: Database, clock: FixedClock, *terms: tuple[str, str, str], channel: str = "Web", **more: Any
) -> None:
    """Terms (kind, share, fixed) of a channel from the start of 2025."""
    number = numbers_of(database)["channel"][channel]
    start, currency = more.get("start", dt.date(2025, 1, 1)), more.get("currency", "CNY")
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        for kind, share, fixed in terms:
            set_channel_fee(uow, ChannelFee(number, kind, start, Decimal(share), Decimal(fixed), currency))
        uow.commit()


def table(database: Database, by: str = "order", period: Period = YEAR, filters: Filters | None = None) -> pd.DataFrame:
    with database.reading() as connection:
        return contribution(connection, read_company(connection), period, filters or Filters(), by)


def rows(frame: pd.DataFrame, key: str) -> dict[Any, dict[str, Any]]:
    return {None if pd.isna(row[key]) else row[key]: row for row in frame.to_dict("records")}


def amounts(row: dict[str, Any]) -> list[float | None]:
    """revenue, cost, commission, payment, advertising, shipping, returns, other fees, contribution."""
    assert row["discounts"] == 0 or "revenue" in row["missing"]
    return [None if pd.isna(row[name]) else round(row[name], 2) for name in UNDISCOUNTED]


@pytest.fixture
def shop(database: Database, load: Load, clock: FixedClock) -> Database:
    load(sales=SALES, products=PRODUCTS)
    record_fees(database, FEES)
    state(database, clock, ("payment", "0.01", "0.50"), ("shipping", "0", "7.00"))
    return database


def test_every_order_of_the_small_shop(shop: Database) -> None:
    found = rows(table(shop), "external_id")
    # Commission 6 each. Payment 1 % of 100 + 0.50 = 1.50. Advertising 3 on order 1, and 10 over the lines of March,
    # 100 + 50 + 50 + 100: 3.33, 1.67, 1.67, 3.33. Shipping: order 1 9 − 8 that the buyer paid, the others 7 as stated.
    assert amounts(found["1"]) == [100, 40, 6, 1.5, 6.33, 1, 0, 0, 45.17]
    assert amounts(found["2"]) == [100, 40, 6, 1.5, 3.34, 7, 0, 0, 42.16]
    assert amounts(found["3"]) == [100, 40, 6, 1.5, 3.33, 7, 0, 0, 42.17]
    assert amounts(found["4"]) == [0, 0, 0.5, 0, 0, 0, 0, 0, -0.5]  # cancelled: nothing sold, the commission is lost
    assert amounts(found["5"]) == [0, -20, 0, 0, 0, 0, 50, 0, -30]  # a lamp for 50 back, worth 20 on the shelf
    assert [found[str(n)]["orders"] for n in range(1, 6)] == [1, 1, 1, 0, 0]
    assert found["1"]["share"] == pytest.approx(0.4517)
    assert (found["1"]["shipping_income"], found["5"]["restocked_cost"]) == (8, 20)
    assert all(row["missing"] == [] for row in found.values())
    assert found["1"]["ds"] == pd.Timestamp(2025, 3, 1)
    assert found["1"]["channel"] == "Web"


def test_skus_and_channels_say_the_same_in_all(shop: Database) -> None:
    by_sku = rows(table(shop, "sku"), "sku")
    # lamps: 150, cost 60 − 20; of order 2 one half each: commission 6 + 3, payment 1.50 + 0.75, shipping 1 + 3.50
    assert amounts(by_sku["LAMP"]) == [150, 40, 9, 2.25, 8, 4.5, 50, 0, 36.25]
    assert amounts(by_sku["BULB"]) == [150, 60, 9, 2.25, 5, 10.5, 0, 0, 63.25]
    assert amounts(by_sku[None]) == [0, 0, 0.5, 0, 0, 0, 0, 0, -0.5]
    assert (by_sku["LAMP"]["units"], by_sku["LAMP"]["orders"], by_sku["LAMP"]["name"]) == (3, 2, "Desk lamp")
    by_channel = rows(table(shop, "channel"), "channel")
    # 300 − 100 − 18.50 − 4.50 − 13 − 15 − 50 = 99
    assert amounts(by_channel["Web"]) == [300, 100, 18.5, 4.5, 13, 15, 50, 0, 99]
    totals = [table(shop, by).attrs["totals"] for by in BYS]
    assert totals[0] == totals[1] == totals[2]
    assert [totals[0][name] for name in UNDISCOUNTED] == [300, 100, 18.5, 4.5, 13, 15, 50, 0, 99]
    assert table(shop).attrs["known_share"] == 1.0


def test_the_number_is_the_sum_of_the_table(shop: Database) -> None:
    with shop.reading() as connection:
        found = kpis(connection, read_company(connection), YEAR, Filters(), None)
    assert (found["contribution"].value, found["contribution"].currency) == (99, "CNY")
    assert found["contribution"].missing == ()
    assert found["contribution_share"].value == pytest.approx(0.33)
    assert found["revenue"].value == 300


def test_without_fees_nothing_is_claimed(database: Database, load: Load) -> None:
    load(sales=SALES, products=PRODUCTS)
    found = rows(table(database), "external_id")
    assert amounts(found["1"]) == [100, 40, None, None, None, None, 0, 0, None]
    assert found["1"]["missing"] == ["commission", "payment", "advertising", "shipping"]
    assert amounts(found["5"]) == [0, -20, 0, 0, 0, 0, 50, 0, -30]  # of a credit note nobody takes a fee
    with database.reading() as connection:
        number = kpis(connection, read_company(connection), YEAR, Filters(), None)["contribution"].to_json("en")
    assert number["value"] is None
    assert number["missing"] == [
        "commissions (100.0% of revenue)", "payment fees (100.0% of revenue)", "advertising costs (100.0% of revenue)",
        "shipping costs (100.0% of revenue)",
    ]  # fmt: skip


def test_nought_that_a_person_stated_is_knowledge(database: Database, load: Load, clock: FixedClock) -> None:
    load(sales=SALES, products=PRODUCTS)
    state(database, clock, *((kind, "0", "0") for kind in ("commission", "payment", "advertising", "shipping")))
    # shipping: nothing paid, and 8 that the buyer of order 1 paid
    assert amounts(rows(table(database), "external_id")["1"]) == [100, 40, 0, 0, 0, -8, 0, 0, 68]
    assert table(database).attrs["known_share"] == 1.0


def test_terms_hold_from_their_day_and_the_later_ones_replace_the_earlier(
    database: Database, load: Load, clock: FixedClock
) -> None:
    load(sales=SALES, products=PRODUCTS)
    state(database, clock, ("commission", "0.05", "0"), start=dt.date(2025, 3, 10))
    state(database, clock, ("commission", "0.08", "0"), start=dt.date(2025, 3, 20))
    found = rows(table(database), "external_id")
    assert [amounts(found[order])[2] for order in "123"] == [None, 5, 8]


def test_missing_is_named_with_its_share_of_revenue(shop: Database, load: Load) -> None:
    load(
        more=HEADER + "9,2025-05-01,VASE,1,100.00,CNY,completed,Web\n"
    )  # no cost, no commission; May has no advertising
    found = rows(table(shop), "external_id")["9"]
    assert found["missing"] == ["cost", "commission", "advertising"]
    assert amounts(found) == [100, None, None, 1.5, None, 7, 0, 0, None]
    frame = table(shop, "channel")
    assert frame["contribution"].isna().all()
    assert frame.attrs["known_share"] == pytest.approx(300 / 400)
    assert frame["known_share"].tolist() == pytest.approx([300 / 400])
    assert frame.attrs["known"]["contribution"] == 99
    assert frame.attrs["unknown_share"] == {"cost": 0.25, "commission": 0.25, "advertising": 0.25}
    with shop.reading() as connection:
        number = kpis(connection, read_company(connection), YEAR, Filters(), None)["contribution"].to_json("en")
    assert number["value"] is None
    assert number["missing"] == [
        "unit costs (25.0% of revenue)", "commissions (25.0% of revenue)", "advertising costs (25.0% of revenue)",
    ]  # fmt: skip


def test_an_order_is_the_same_whatever_period_is_asked(shop: Database) -> None:
    whole = rows(table(shop), "external_id")
    # 20 to 25 March alone: the advertising of 5 March is spread over all of March all the same
    part = rows(table(shop, period=Period(dt.date(2025, 3, 20), dt.date(2025, 3, 25))), "external_id")
    assert {number: amounts(row) for number, row in part.items()} == {n: amounts(whole[n]) for n in ("3", "4", "5")}


def test_money_that_no_order_carries_stays_with_its_shop(shop: Database) -> None:
    record_fees(shop, [
        {"kind": "storage", "ds": "2025-06-15", "amount": 400},  # June has no orders
        {"kind": "advertising", "ds": "2025-06-15", "amount": 100, "sku": "LAMP"},
        {"kind": "commission", "ds": "2025-06-15", "amount": 70, "order_external_id": "not-here-yet"},
    ])  # fmt: skip
    lone = rows(table(shop), "order_id")[None]
    assert amounts(lone) == [0, 0, 0.7, 0, 1, 0, 0, 4, -5.7]
    assert (lone["channel"], lone["external_id"], lone["orders"]) == ("Web", None, 0)
    assert amounts(rows(table(shop, "sku"), "sku")[None]) == [
        0,
        0,
        1.2,
        0,
        0,
        0,
        0,
        4,
        -5.2,
    ]  # with the lost commission
    assert amounts(rows(table(shop, "sku"), "sku")["LAMP"])[4] == 9
    assert table(shop, "channel")["contribution"].tolist() == [pytest.approx(99 - 5.7)]
    march = Period(dt.date(2025, 3, 1), dt.date(2025, 3, 31))
    assert None not in rows(table(shop, period=march), "order_id")


def test_a_fee_finds_its_order_when_the_order_comes(shop: Database, load: Load) -> None:
    record_fees(shop, [{"kind": "commission", "ds": "2025-03-29", "amount": 70, "order_external_id": "7"}])
    assert amounts(rows(table(shop), "order_id")[None])[2] == 0.7
    load(later=HEADER + "7,2025-03-28,BULB,2,5.00,CNY,completed,Web\n")
    found = rows(table(shop), "external_id")
    assert None not in found
    assert amounts(found["7"])[2] == 0.7


def test_fees_that_were_taken_back_or_replaced_count_no_more(shop: Database) -> None:
    record_fees(shop, [
        {"kind": "commission", "ds": "2025-03-29", "amount": 7000, "order": "1", "withdrawn_by": 1},
        {"kind": "commission", "ds": "2025-03-29", "amount": 7000, "order": "1", "superseded_by": 1},
    ])  # fmt: skip
    assert amounts(rows(table(shop), "external_id")["1"])[2] == 6


def test_an_undone_import_leaves_its_fees_with_the_shop(shop: Database, clock: FixedClock) -> None:
    undo_import(shop, LOCAL_USER.acting(clock), 1 if _first_is_sales(shop) else 2)
    frame = table(shop, "channel")
    # commission 18.50 and shipping 9 name orders that are gone, advertising 13 has no order left to fall on
    assert amounts(rows(frame, "channel")["Web"]) == [0, 0, 18.5, 0, 13, 9, 0, 0, -40.5]


def _first_is_sales(database: Database) -> bool:
    import sqlalchemy as sa

    from erp_core.orders.tables import sales_order

    with database.reading() as connection:
        return connection.execute(sa.select(sa.func.min(sales_order.c.batch_id))).scalar_one() == 1


def test_refunds_are_the_greater_of_platform_and_return_cases_and_shelved_goods_give_their_cost_back(
    shop: Database,
) -> None:
    record_returns(shop, [
        {"sku": "LAMP", "order": "1", "ds": "2025-04-05", "state": "restocked", "quantity": 1, "restocked": 1, "refund": 5000},
        {"sku": "BULB", "order": "2", "ds": "2025-04-05", "state": "scrapped", "quantity": 3, "refund": 1500},
        {"sku": "BULB", "order": "3", "ds": "2025-04-05", "state": "requested", "quantity": 1, "refund": 500},
        {"sku": "LAMP", "order": "5", "ds": "2025-04-05", "state": "received", "quantity": 1, "restocked": 1, "refund": 5000},
        {"sku": "LAMP", "order": "4", "ds": "2025-04-05", "state": "refunded", "quantity": 1, "refund": 5000},
    ])  # fmt: skip
    found = rows(table(shop), "external_id")
    assert amounts(found["1"]) == [100, 20, 6, 1.5, 6.33, 1, 50, 0, 15.17]  # 45.17 − 50 + 20
    assert amounts(found["2"]) == [100, 40, 6, 1.5, 3.34, 7, 15, 0, 27.16]  # scrapped: the cost is gone
    assert amounts(found["3"])[6] == 0  # only asked for
    assert amounts(found["5"]) == [0, -20, 0, 0, 0, 0, 50, 0, -30]  # the credit note said it already
    assert amounts(found["4"]) == [0, 0, 0.5, 0, 0, 0, 0, 0, -0.5]  # cancelled: nothing was earned that could go back
    assert amounts(rows(table(shop, "sku"), "sku")["BULB"])[6] == 15
    assert table(shop, "sku").attrs["totals"] == table(shop).attrs["totals"]


def test_a_return_without_an_order_stands_by_itself_and_one_without_an_amount_is_missing(shop: Database) -> None:
    record_returns(shop, [
        {"sku": "LAMP", "channel": "Web", "ds": "2025-04-05", "state": "restocked", "quantity": 1, "restocked": 1, "refund": 4500},
        {"sku": "BULB", "order": "3", "ds": "2025-04-05", "state": "received", "quantity": 1},
    ])  # fmt: skip
    found = rows(table(shop), "external_id")
    assert amounts(found[None]) == [0, -20, 0, 0, 0, 0, 45, 0, -25]
    assert found["3"]["missing"] == ["returns"]
    assert amounts(found["3"])[-1] is None


REFUNDS = HEADER.replace("Channel", "Channel,Refunded") + "1,2025-03-01,LAMP,2,50.00,CNY,completed,Web,30\n"


def test_a_refund_of_the_platform_is_not_counted_twice(database: Database, load: Load, clock: FixedClock) -> None:
    load(sales=REFUNDS, products=PRODUCTS)
    state(database, clock, *((kind, "0", "0") for kind in ("commission", "payment", "advertising", "shipping")))
    assert amounts(rows(table(database), "external_id")["1"]) == [100, 40, 0, 0, 0, 0, 30, 0, 30]
    record_returns(database, [
        {"sku": "LAMP", "order": "1", "ds": "2025-04-05", "state": "refunded", "quantity": 1, "refund": 3000},
    ])  # fmt: skip
    assert amounts(rows(table(database), "external_id")["1"])[6] == 30


def test_two_currencies_meet_at_the_rate_of_the_day(database: Database, load: Load, clock: FixedClock) -> None:
    load(
        sales=HEADER + "1,2025-03-01,LAMP,1,70.00,CNY,completed,Web\n2,2025-03-02,LAMP,1,10.00,USD,completed,Shop US\n",
        products=PRODUCTS,
        rates="Date,Currency,Base,Rate\n2025-03-01,USD,CNY,7.0\n2025-03-02,USD,CNY,7.2\n2025-03-05,USD,CNY,7.5\n",
    )
    terms = (("payment", "0", "0"), ("shipping", "0", "0"), ("advertising", "0", "0"))
    state(database, clock, ("commission", "0.1", "0"), *terms)
    state(database, clock, ("commission", "0.1", "0.30"), *terms, channel="Shop US", currency="USD")
    record_fees(database, [
        {"kind": "shipping", "ds": "2025-03-05", "amount": 200, "order": "2", "channel": "Shop US", "currency": "USD"},
    ])  # fmt: skip
    found = rows(table(database), "external_id")
    assert amounts(found["1"]) == [70, 20, 7, 0, 0, 0, 0, 0, 43]
    # 10 USD · 7.2 = 72; commission (1.00 + 0.30) · 7.2 = 9.36; shipping 2 USD of 5 March · 7.5 = 15
    assert amounts(found["2"]) == [72, 20, 9.36, 0, 0, 15, 0, 0, 27.64]
    assert table(database, "channel").attrs["totals"]["contribution"] == pytest.approx(70.64)


def test_a_missing_rate_is_named_and_nothing_is_left_out_of_the_sum(
    database: Database, load: Load, clock: FixedClock
) -> None:
    load(
        sales=HEADER + "1,2025-03-01,LAMP,1,70,CNY,completed,Web\n2,2025-03-02,LAMP,1,10,USD,completed,Web\n",
        products=PRODUCTS,
    )
    kinds = ("commission", "payment", "advertising", "shipping")
    state(database, clock, *((kind, "0", "0") for kind in kinds))
    frame = table(database, "channel")
    assert frame["revenue"].isna().all()
    assert frame["missing"].tolist() == [["revenue"]]
    assert frame.attrs["totals"]["revenue"] is None
    assert frame.attrs["known_share"] is None
    assert amounts(rows(table(database), "external_id")["1"])[-1] == 50
    with database.reading() as connection:
        number = kpis(connection, read_company(connection), YEAR, Filters(), None)["contribution"].to_json("en")
    assert (number["value"], number["missing"]) == (None, ["the rate USD → CNY"])


def test_a_fee_in_a_currency_without_a_rate_makes_its_kind_unknown(shop: Database) -> None:
    record_fees(shop, [{"kind": "payment", "ds": "2025-03-10", "amount": 100, "order": "2", "currency": "USD"}])
    found = rows(table(shop), "external_id")
    assert found["2"]["missing"] == ["payment"]
    assert found["1"]["missing"] == []


def test_one_foreign_currency_needs_no_rate(database: Database, load: Load, clock: FixedClock) -> None:
    load(sales=HEADER + "1,2025-03-01,LAMP,1,70.00,EUR,completed,Web\n", products=PRODUCTS.replace("CNY", "EUR"))
    kinds = ("commission", "payment", "advertising", "shipping")
    state(database, clock, *((kind, "0.1", "0") for kind in kinds), currency="EUR")
    frame = table(database)
    assert frame["currency"].tolist() == ["EUR"]
    assert amounts(frame.to_dict("records")[0]) == [70, 20, 7, 7, 7, 7, 0, 0, 22]


def test_filters_cut_without_changing_what_is_left(shop: Database, load: Load) -> None:
    load(other=HEADER + "9,2025-03-01,LAMP,1,60.00,CNY,completed,Market\n")
    web = numbers_of(shop)["channel"]["Web"]
    only = table(shop, filters=Filters(channels=(web,)))
    assert "9" not in set(only["external_id"])
    assert only.attrs["totals"]["contribution"] == 99
    bulbs = table(shop, filters=Filters(categories=("Bulbs",)))
    assert bulbs.attrs["totals"] == {**rows_total(table(shop, "sku"), "BULB")}


def rows_total(frame: pd.DataFrame, sku: str) -> dict[str, Any]:
    row = rows(frame, "sku")[sku]
    kept = (*AMOUNTS, "share", "orders", "units", "restocked_cost", "shipping_income")
    return {name: pytest.approx(row[name]) for name in kept}


def test_an_empty_shop_has_empty_tables(database: Database) -> None:
    for by in BYS:
        frame = table(database, by)
        assert frame.empty
        assert frame.attrs["totals"]["orders"] == 0
        assert frame.attrs["known_share"] is None
    with pytest.raises(ValueError, match="colour"):
        table(database, "colour")


def test_every_row_follows_the_formula(shop: Database) -> None:
    for by in BYS:
        frame = table(shop, by)
        left = frame["revenue"] - sum(frame[name] for name in DEDUCTIONS)
        assert left.round(2).tolist() == frame["contribution"].round(2).tolist()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "bribe"}, "fee.kind"),
        ({"share": Decimal("1.01")}, "fee.share"),
        ({"share": Decimal("-0.01")}, "fee.share"),
        ({"share": Decimal("NaN")}, "fee.share"),
        ({"fixed": Decimal("-1")}, "fee.fixed"),
        ({"fixed": Decimal("Infinity")}, "fee.fixed"),
        ({"fixed": Decimal("0.005")}, "fee.decimals"),
        ({"currency": "JPY", "fixed": Decimal("0.5")}, "fee.decimals"),
        ({"currency": "XXQ"}, "fee.currency"),
    ],
)
def test_terms_that_cannot_be_are_refused(database: Database, change: dict[str, Any], code: str) -> None:
    good = {"channel_id": 1, "kind": "commission", "valid_from": dt.date(2025, 1, 1), "share": Decimal("0.05"),
            "fixed": Decimal("0.30"), "currency": "CNY"}  # fmt: skip
    with unit_of_work(database, LOCAL_USER.acting()) as uow, pytest.raises(BadInput) as refusal:
        set_channel_fee(uow, ChannelFee(**(good | change)))
    assert refusal.value.code == code


def test_terms_are_kept_replaced_and_removed_by_those_who_may(database: Database) -> None:
    fee = ChannelFee(3, "payment", dt.date(2025, 1, 1), Decimal("0.029"), Decimal("0.30"), "USD")
    with unit_of_work(database, LOCAL_USER.acting()) as uow:
        set_channel_fee(uow, fee)
        set_channel_fee(uow, ChannelFee(3, "payment", fee.valid_from, Decimal("0.0349"), Decimal("0.49"), "USD"))
        uow.commit()
    with database.reading() as connection:
        (held,) = channel_fees(connection).to_dict("records")
    assert (held["share"], held["fixed"], held["currency"]) == (34_900, 49, "USD")
    with unit_of_work(database, LOCAL_USER.acting()) as uow:
        remove_channel_fee(uow, held["id"])
        with pytest.raises(NotFound):
            remove_channel_fee(uow, held["id"])
        assert channel_fees(uow.connection).empty
    with unit_of_work(database, As("guest", frozenset())) as uow:
        for act in (lambda: set_channel_fee(uow, fee), lambda: remove_channel_fee(uow, 1)):
            with pytest.raises(NotPermitted):
                act()


SHOPIFY = (
    "Name,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount\n"
)


def _left(database: Database, by: str = "order") -> pd.DataFrame:
    with database.reading() as connection:
        return contribution(connection, read_company(connection), YEAR, Filters(), by)


def test_a_discount_code_is_taken_off_once_whatever_the_file_makes_of_it(
    database: Database, load: Load, clock: FixedClock
) -> None:
    at = "2025-03-01 09:00:00 +0000"
    load(
        products="SKU,Name,Unit cost,Currency\nLAMP,Lamp,20,USD\nBULB,Bulb,2,USD\n",
        shopify=SHOPIFY
        # 100 + 20 of lines; 12 off; 5 shipping; 10 tax on top: 123 to be paid
        + f"#1,paid,USD,108.00,5.00,10.00,123.00,SPRING,12.00,{at},2,Lamp,50.00,LAMP,0.00\n"
        + f"#1,,,,,,,,,{at},2,Bulb,10.00,BULB,0.00\n"
        # tax within the prices: 50 − 5 + 3 = 48
        + f"#2,paid,USD,45.00,3.00,7.00,48.00,SPRING,5.00,{at},1,Lamp,50.00,LAMP,0.00\n"
        # the code is for the shipping, which is charged at nothing: 50 to be paid
        + f"#3,paid,USD,50.00,0.00,0.00,50.00,FREESHIP,6.00,{at},1,Lamp,50.00,LAMP,0.00\n"
        # the code took 4 off the line, and they are told twice: 50 − 4 = 46
        + f"#4,paid,USD,46.00,0.00,0.00,46.00,LINE4,4.00,{at},1,Lamp,50.00,LAMP,4.00\n"
        # 4 off the line and 6 off the order are told as 10: 50 − 4 − 6 = 40
        + f"#5,paid,USD,40.00,0.00,0.00,40.00,BOTH,10.00,{at},1,Lamp,50.00,LAMP,4.00\n"
        # no discount is told
        + f"#6,paid,USD,50.00,0.00,0.00,50.00,,,{at},1,Lamp,50.00,LAMP,\n",
    )
    name = "Shopify"
    state(database, clock, *((kind, "0", "0") for kind in ("commission", "advertising", "shipping")), channel=name)
    state(database, clock, ("payment", "0.1", "0"), channel=name, currency="USD")
    orders = _left(database).set_index("external_id")
    assert orders["revenue"].tolist() == [120.0, 50.0, 50.0, 46.0, 46.0, 50.0]
    assert orders["discounts"].tolist() == [12.0, 5.0, 0.0, 0.0, 6.0, 0.0]
    assert orders["payment"].tolist() == [10.8, 4.5, 5.0, 4.6, 4.0, 5.0]  # a tenth of what the goods cost the buyer
    # 120 − 12 − (40 + 4) − 10.80 + 5; 50 − 5 − 20 − 4.50 + 3; 50 − 20 − 5; 46 − 20 − 4.60; 46 − 6 − 20 − 4; 50 − 20 − 5
    assert orders["contribution"].tolist() == [58.2, 23.5, 25.0, 21.4, 16.0, 25.0]
    assert not any(orders["missing"])
    skus = _left(database, "sku").set_index("sku")
    assert skus["discounts"].to_dict() == {"LAMP": 21.0, "BULB": 2.0}  # of the 12: 100 to 20; and 5 + 6
    assert _left(database, "channel")["discounts"].tolist() == [23.0]
    assert _left(database).attrs["totals"]["discounts"] == 23.0


def test_lines_that_are_after_all_discounts_are_not_discounted_again(database: Database, load: Load) -> None:
    load(
        woo="Order Number,Order Status,Order Date,Email (Billing),SKU,Item Name,Quantity,Item Cost,Order Line Total,"
        "Cart Discount Amount,Order Shipping Amount\n"
        "77,completed,2025-03-01,a@example.com,LAMP,Lamp,2,45.00,90.00,10.00,0\n"
    )
    row = _left(database).iloc[0]
    assert (row["revenue"], row["discounts"]) == (90.0, 0.0)


def test_a_credit_note_gives_back_what_was_paid_after_the_discount(database: Database, load: Load) -> None:
    header = (
        "ID,Customer,Customer Name,Date,Status,Currency,Grand Total,Additional Discount Amount,Item Code (Items),"
        "Item Name (Items),Quantity (Items),Rate (Items),Amount (Items)\n"
    )
    load(
        erpnext=header + "S-1,C,Cy,2025-07-01,Paid,USD,90.00,10.00,LAMP,Lamp,2,50.00,100.00\n"
        "S-2,C,Cy,2025-07-03,Return,USD,-90.00,-10.00,LAMP,Lamp,-2,50.00,-100.00\n"
    )
    orders = _left(database)
    assert orders["discounts"].tolist() == [10.0, -10.0]
    assert (orders["revenue"].sum(), orders["discounts"].sum(), orders["returns"].sum()) == (100.0, 0.0, 100.0)


def test_a_discount_of_a_generic_file_goes_with_its_import(database: Database, load: Load, clock: FixedClock) -> None:
    first = "Order ID,Date,SKU,Quantity,Unit price,Currency,Channel,Order discount\n"
    load(sales=first + "9,2025-03-01,LAMP,2,50.00,CNY,Web,-7.50\n9,2025-03-01,BULB,1,50.00,CNY,Web,-7.50\n")
    assert _left(database)["discounts"].tolist() == [7.5]
    load(again=first + "9,2025-03-01,LAMP,2,50.00,CNY,Web,3.00\n9,2025-03-01,BULB,1,50.00,CNY,Web,3.00\n")
    assert _left(database)["discounts"].tolist() == [3.0]
    assert _left(database, "sku").set_index("sku")["discounts"].to_dict() == {"LAMP": 2.0, "BULB": 1.0}
    undo_import(database, LOCAL_USER.acting(clock), 2)
    assert _left(database)["discounts"].tolist() == [7.5]
