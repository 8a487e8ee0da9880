"""What sold, from gross to net, by every way of cutting it; all numbers of the small shop by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.company.views import read_company
from erp_core.orders.views import Filters, channels
from erp_core.overview.sales import AMOUNTS, SalesQuery, chain, figures, sales_by, sales_over_time
from erp_core.overview.sales_orders import (
    OrderQuery,
    all_orders,
    count_orders,
    order_lines,
    orders_page,
    product_named,
)
from erp_core.overview.trend import compared, driver, lengths_of, trend
from erp_core.overview.views import kpis
from tests.integration.shop import Shop

JANUARY = Period(dt.date(2026, 1, 1), dt.date(2026, 1, 31))

# 1: 2 lamps of 50 less 10, a bulb of 10, less 9 off the whole. 2: a lamp, of which a return refunds 20. 3: a credit note.
# 4: cancelled. 5: nothing but postage, less 3 off the whole.
SALES = """Order ID,Date,SKU,Quantity,Unit price,Discount,Order discount,Currency,Status,Channel
1,2026-01-05,LAMP,2,50,10,9,CNY,completed,Web
1,2026-01-05,BULB,1,10,0,9,CNY,completed,Web
2,2026-01-06,LAMP,1,50,0,0,CNY,completed,Market
3,2026-01-07,LAMP,-1,50,0,0,CNY,completed,Web
4,2026-01-07,LAMP,1,50,0,0,CNY,cancelled,Web
5,2026-01-08,POST,1,8,0,3,CNY,completed,Web
"""
PRODUCTS = "SKU,Name,Category,Unit cost,Currency\nLAMP,Lamp,Lights,20,CNY\n"
RETURNS = "Return no,Shop,Order ID,SKU,Quantity,Returned on,Status,Refund amount,Currency\nR1,Market,2,LAMP,1,2026-01-20,refunded,20,CNY\n"


@pytest.fixture
def small(shop: Shop) -> Shop:
    shop.load(PRODUCTS)
    shop.load(SALES)
    shop.load(RETURNS)
    return shop


def number_of(shop: Shop, name: str) -> int:
    return {name: number for number, name in shop.read(channels)}[name]


def ask(shop: Shop, view: Any, *arguments: Any) -> Any:
    with shop.database.reading() as connection:
        return view(connection, read_company(connection), *arguments)


def rows_of(frame: pd.DataFrame, key: str) -> dict[Any, dict[str, Any]]:
    return {None if pd.isna(row[key]) else row[key]: row for row in frame.to_dict("records")}


def test_the_chain_by_hand(small: Shop) -> None:
    found = ask(small, chain, SalesQuery(JANUARY))
    assert dict(found.amounts) == {
        "gross_sales": 160,  # 100 + 10 + 50
        "line_discounts": 10,
        "revenue": 150,
        "order_discounts": 12,  # 9 + 3
        "discounts": 22,
        "refunds": 20,
        "credit_notes": 50,
        "net_sales": 68,  # 160 − 22 − 20 − 50
    }
    assert (found.currency, found.beside_products, found.without_order, found.missing) == ("CNY", 3, 0, ())


def test_the_numbers_of_the_company_say_the_same(small: Shop) -> None:
    with small.database.reading() as connection:
        values = kpis(connection, read_company(connection), JANUARY, Filters(), None)
    told = {key: values[key].value for key in ("gross_sales", "discounts", "revenue", "net_revenue", "net_sales")}
    assert told == {"gross_sales": 160, "discounts": 22, "revenue": 150, "net_revenue": 80, "net_sales": 68}


def test_by_channel_orders_add_up_too(small: Shop) -> None:
    frame = ask(small, sales_by, SalesQuery(JANUARY), "channel")
    rows = rows_of(frame, "channel")
    assert frame["channel"].tolist() == ["Web", "Market"]  # most revenue first
    web, market = rows["Web"], rows["Market"]
    assert [web[name] for name in ("gross_sales", "discounts", "credit_notes", "net_sales")] == [110, 22, 50, 38]
    assert [market[name] for name in ("gross_sales", "refunds", "net_sales")] == [50, 20, 30]
    assert (web["orders"], market["orders"], web["units"], market["units"]) == (2, 1, 3, 1)
    assert (web["average_order_value"], market["average_order_value"]) == (50, 50)
    assert frame.attrs["totals"]["average_order_value"] == 50  # 150 of 3 orders


def test_by_category_what_falls_on_no_product_is_a_row_of_its_own(small: Shop) -> None:
    frame = ask(small, sales_by, SalesQuery(JANUARY), "category", True)
    rows = rows_of(frame[~frame["beside_products"]], "category")
    # the 9 off order 1 are shared 90 : 10
    assert rows["Lights"]["order_discounts"] == pytest.approx(8.10)
    assert rows["Lights"]["net_sales"] == pytest.approx(140 - 8.10 - 20 - 50)
    assert rows[None]["net_sales"] == pytest.approx(10 - 0.90)
    (beside,) = frame[frame["beside_products"]].to_dict("records")
    assert (beside["order_discounts"], beside["net_sales"], beside["units"]) == (3, -3, 0)
    assert frame["net_sales"].sum() == pytest.approx(68)
    assert frame["orders"].isna().all()
    assert rows["Lights"]["margin"] == 140 - 3 * 20  # 3 lamps that cost 20; the bulb's cost is not known
    assert pd.isna(rows[None]["margin"])


def test_products_without_a_category_can_be_chosen(small: Shop) -> None:
    frame = ask(small, sales_by, SalesQuery(JANUARY, Filters(categories=("",))), "sku")
    assert frame["sku"].tolist() == ["BULB"]
    found = ask(small, chain, SalesQuery(JANUARY, Filters(categories=("",))))
    assert (found.amounts["net_sales"], found.beside_products) == (pytest.approx(9.10), 0)
    totals = ask(small, sales_over_time, SalesQuery(JANUARY, Filters(categories=("",))), (31,))
    assert figures(totals)["orders"].value is None
    assert "one order may hold products of several" in str(figures(totals)["orders"].missing[0])


def test_over_time_every_bucket_has_its_days(small: Shop) -> None:
    frame = ask(small, sales_over_time, SalesQuery(JANUARY), (5, 1, 25))
    assert frame["start"].dt.day.tolist() == [1, 6, 7]
    assert frame["end"].dt.day.tolist() == [5, 6, 31]
    assert frame["revenue"].tolist() == [100, 50, 0]
    assert frame["net_sales"].tolist() == [91, 30, -53]  # the refund falls on the order's day; 50 and 3 on the rest
    assert frame["orders"].tolist() == [1, 1, 1]


def test_a_stretch_without_a_sale_is_nought_and_a_period_without_an_order_is_unknown(small: Shop) -> None:
    frame = ask(small, sales_over_time, SalesQuery(Period(dt.date(2026, 1, 1), dt.date(2026, 1, 4))), (4,))
    assert (frame["revenue"].tolist(), frame["orders"].tolist()) == ([0], [0])
    empty = ask(small, chain, SalesQuery(Period(dt.date(2026, 2, 1), dt.date(2026, 2, 2))))
    assert set(empty.amounts.values()) == {None}


def test_foreign_money_is_turned_at_the_rate_of_its_day_and_rows_keep_their_sum(shop: Shop) -> None:
    shop.load("Date,Currency,Base,Rate\n2026-01-01,USD,CNY,7.3333\n2026-01-03,USD,CNY,7.0\n")
    shop.load(
        "Order ID,Date,SKU,Quantity,Unit price,Currency,Channel\n1,2026-01-02,A,1,1,USD,Web\n1,2026-01-02,B,1,1,USD,Web\n"
        "1,2026-01-02,C,1,1,USD,Web\n2,2026-01-03,A,1,2,USD,Web\n3,2026-01-03,D,1,5,CNY,Web\n"
    )
    frame = ask(shop, sales_by, SalesQuery(JANUARY), "sku")
    rows = rows_of(frame, "sku")
    # A 7.3333 + 14, B and C 7.3333 each, D 5: 40.9999 in all is 41.00, so the rest is rounded up somewhere
    assert (frame.attrs["currency"], frame.attrs["totals"]["revenue"]) == ("CNY", 41.00)
    assert rows["D"]["revenue"] == 5
    assert sorted(rows[sku]["revenue"] for sku in "ABC") == [pytest.approx(v) for v in (7.33, 7.34, 21.33)] or sorted(
        rows[sku]["revenue"] for sku in "ABC"
    ) == [pytest.approx(v) for v in (7.33, 7.33, 21.34)]
    assert frame["revenue"].sum() == pytest.approx(41.00)
    over_time = ask(shop, sales_over_time, SalesQuery(JANUARY), (2, 29))
    assert over_time["revenue"].tolist() == [pytest.approx(22.00), pytest.approx(19.00)]
    with shop.database.reading() as connection:
        assert kpis(connection, read_company(connection), JANUARY, Filters(), None)["revenue"].value == 41.00


def test_without_a_rate_the_amount_is_unknown_and_named_and_the_others_stand(shop: Shop) -> None:
    shop.load(
        "Order ID,Date,SKU,Quantity,Unit price,Currency,Channel\n1,2026-01-02,A,1,1,USD,Web\n2,2026-01-03,D,1,5,CNY,Market\n"
    )
    frame = ask(shop, sales_by, SalesQuery(JANUARY, currency="CNY"), "channel")
    rows = rows_of(frame, "channel")
    assert pd.isna(rows["Web"]["revenue"])
    assert (rows["Market"]["revenue"], rows["Web"]["units"]) == (5, 1)
    assert (frame.attrs["lacking"], frame.attrs["totals"]["revenue"]) == (["USD"], None)
    found = ask(shop, chain, SalesQuery(JANUARY, currency="CNY"))
    assert found.amounts["net_sales"] is None
    assert "USD → CNY" in str(found.missing[0])


def test_a_return_without_an_order_is_told_apart(small: Shop) -> None:
    small.load(
        "Return no,Shop,Order ID,SKU,Quantity,Returned on,Status,Refund amount,Currency\nR2,Market,,BULB,1,2026-01-21,refunded,4,CNY\n"
    )
    found = ask(small, chain, SalesQuery(JANUARY))
    assert (found.amounts["refunds"], found.without_order, found.amounts["net_sales"]) == (24, 4, 64)
    rows = rows_of(ask(small, sales_by, SalesQuery(JANUARY), "sku"), "sku")
    assert (rows["BULB"]["refunds"], rows["LAMP"]["refunds"]) == (4, 20)


# Thursdays and Fridays; 364 days earlier the same weekdays, the day before at another length
HISTORY = """Order ID,Date,SKU,Quantity,Unit price,Currency,Channel
1,2025-01-09,A,1,10,CNY,Web
2,2025-01-10,A,1,20,CNY,Web
3,2026-01-06,A,1,5,CNY,Web
4,2026-01-07,B,1,7,CNY,Web
5,2026-01-08,A,1,40,CNY,Web
6,2026-01-09,B,1,80,CNY,Web
"""


def test_other_periods_lie_on_this_one_day_by_day(shop: Shop) -> None:
    shop.load(HISTORY)
    period = Period(dt.date(2026, 1, 8), dt.date(2026, 1, 9))
    assert [day.weekday() for day in (period.start, period.year_before().start)] == [3, 3]  # Thursdays
    assert period.year_before() == Period(dt.date(2025, 1, 9), dt.date(2025, 1, 10))
    lengths = lengths_of(period, "day")
    now, previous, year = (
        ask(shop, sales_over_time, SalesQuery(days), lengths)
        for days in (period, period.before(), period.year_before())
    )
    frame = trend(now, {"previous": previous, "year_before": year}, "revenue", dt.date(2025, 1, 9))
    assert frame["value"].tolist() == [40, 80]
    assert frame["previous"].tolist() == [5, 7]
    assert frame["year_before"].tolist() == [10, 20]
    later = trend(now, {"year_before": year}, "revenue", dt.date(2025, 1, 10))
    assert later["year_before"].isna().tolist() == [True, False]  # before the first day with data: not nought


def test_rows_are_compared_and_the_one_that_moved_most_is_found(shop: Shop) -> None:
    shop.load(HISTORY)
    period = Period(dt.date(2026, 1, 8), dt.date(2026, 1, 9))
    now = ask(shop, sales_by, SalesQuery(period), "sku")
    before = ask(shop, sales_by, SalesQuery(period.before()), "sku")
    year = ask(shop, sales_by, SalesQuery(period.year_before()), "sku")
    frame = compared(now, {"previous": before, "year_before": year}, "sku", "revenue")
    assert frame["sku"].tolist() == ["B", "A"]
    assert frame["previous"].tolist() == [7, 5]
    assert frame["year_before"].tolist() == [0, 30]  # B did not sell then
    assert frame["share"].tolist() == [pytest.approx(80 / 120), pytest.approx(40 / 120)]
    at = driver(frame, "previous")
    assert at is not None
    assert frame["sku"][at] == "B"  # + 73 against + 35
    gone = compared(year, {"previous": now}, "sku", "revenue")
    assert rows_of(gone, "sku")["B"]["value"] == 0


def test_the_orders_behind_the_numbers_add_up_to_them(small: Shop) -> None:
    with small.database.reading() as connection:
        frame = orders_page(connection, OrderQuery(JANUARY), 50)
        assert count_orders(connection, OrderQuery(JANUARY)) == 4
    assert frame["external_id"].tolist() == [
        "5",
        "3",
        "2",
        "1",
    ]  # the newest first; the cancelled one counts for nothing
    rows = rows_of(frame, "external_id")
    assert {key: row["net_sales"] for key, row in rows.items()} == {"1": 91, "2": 30, "3": -50, "5": -3}
    assert frame["net_sales"].sum() == 68
    assert (rows["1"]["line_discounts"], rows["1"]["order_discounts"], rows["1"]["lines"]) == (10, 9, 2)
    assert (rows["3"]["document"], rows["3"]["credit_notes"]) == ("credit_note", 50)


def test_orders_whose_file_tells_of_no_discount_stand_beside_those_that_do(shop: Shop) -> None:
    shop.load(
        "Order ID,Date,SKU,Quantity,Unit price,Order discount,Currency\n1,2026-01-05,CUP,1,10.00,2.00,EUR\n",
        channel="Web",
    )
    shop.load("Order ID,Date,SKU,Quantity,Unit price,Currency\n2,2026-01-06,CUP,1,10.00,EUR\n", channel="Web")
    with shop.database.writing_connection() as connection:  # as a platform whose export has no such column
        connection.execute(sa.text("UPDATE sales_order SET discount = NULL WHERE external_id = '2'"))
        connection.commit()
    query = OrderQuery(Period(dt.date(2026, 1, 1), dt.date(2026, 1, 31)))
    rows = shop.read(orders_page, query, 10, 0).set_index("external_id")
    assert rows["order_discounts"].to_dict() == {"1": 2.0, "2": 0.0}
    assert rows["net_sales"].to_dict() == {"1": 8.0, "2": 10.0}


@pytest.mark.parametrize(
    ("part", "orders"),
    [
        ("gross_sales", ["5", "2", "1"]),
        ("line_discounts", ["1"]),
        ("order_discounts", ["5", "1"]),
        ("refunds", ["2"]),
        ("credit_notes", ["3"]),
    ],
)
def test_each_step_of_the_chain_leads_to_its_orders(small: Shop, part: str, orders: list[str]) -> None:
    frame = small.read(orders_page, OrderQuery(JANUARY, part=part), 50)
    assert frame["external_id"].tolist() == orders


def test_of_one_product_only_its_own_lines_count(small: Shop) -> None:
    bulb = small.read(product_named, "BULB")
    assert bulb is not None
    frame = small.read(orders_page, OrderQuery(JANUARY, product_id=bulb[0]), 50)
    (row,) = frame.to_dict("records")
    # its part of the 9 off the order: 10 of 100
    assert (row["external_id"], row["revenue"], row["order_discounts"], row["net_sales"]) == ("1", 10, 0.9, 9.1)
    lamps = small.read(orders_page, OrderQuery(JANUARY, Filters(categories=("Lights",))), 50)
    assert lamps["net_sales"].sum() == pytest.approx(61.90)
    assert small.read(count_orders, OrderQuery(JANUARY, product_id=bulb[0])) is None
    market = number_of(small, "Market")
    only = small.read(orders_page, OrderQuery(JANUARY, Filters(channels=(market,))), 50)
    assert only["external_id"].tolist() == ["2"]


def test_pages_of_orders_and_all_of_them(small: Shop) -> None:
    first, second = (small.read(orders_page, OrderQuery(JANUARY), 3, offset) for offset in (0, 3))
    assert [*first["external_id"], *second["external_id"]] == ["5", "3", "2", "1"]
    everything = small.read(all_orders, OrderQuery(JANUARY))
    assert everything["external_id"].tolist() == ["5", "3", "2", "1"]
    assert small.read(all_orders, OrderQuery(Period(dt.date(2030, 1, 1), dt.date(2030, 1, 2)))).empty


def test_all_orders_are_read_in_portions_without_a_gap(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"{number},2026-01-{2 + number // 3:02d},A,1,{number},CNY,Web\n" for number in range(1, 8))
    shop.load(f"Order ID,Date,SKU,Quantity,Unit price,Currency,Channel\n{lines}")
    monkeypatch.setattr("erp_core.overview.sales_orders._AT_ONCE", 2)  # a portion ends amid a day
    frame = shop.read(all_orders, OrderQuery(JANUARY))
    assert sorted(frame["external_id"], key=int) == [str(number) for number in range(1, 8)]
    assert frame["revenue"].sum() == 28


def test_an_order_opens_to_its_lines(small: Shop) -> None:
    frame = small.read(orders_page, OrderQuery(JANUARY), 50)
    ids = dict(zip(frame["external_id"], frame["order_id"], strict=True))
    lines = small.read(order_lines, ids["1"])
    assert lines[["sku", "quantity", "unit_price", "discount", "amount"]].values.tolist() == [
        ["LAMP", 2, 50, 10, 90],
        ["BULB", 1, 10, 0, 10],
    ]
    assert lines.attrs["currency"] == "CNY"
    assert small.read(order_lines, ids["5"])["state"].tolist() == ["charge"]


def test_amounts_that_rows_show_are_all_there(small: Shop) -> None:
    for by in ("channel", "category", "sku"):
        frame = ask(small, sales_by, SalesQuery(JANUARY), by)
        for name in AMOUNTS:
            assert frame[name].sum() == pytest.approx(frame.attrs["totals"][name]), (by, name)
