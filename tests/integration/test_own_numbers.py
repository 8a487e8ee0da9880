"""The merchant's own numbers for choosing an ERP, from a shop that is small enough to compute by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from erp_core.company.views import read_company
from erp_core.overview.own_numbers import own_numbers, rates_into
from erp_core.overview.places import EUROPEAN_UNION, country_code
from erp_core.vendors.own_numbers import OWN_METRICS, scenario_from
from erp_core.vendors.schema import OwnNumber
from tests.integration.shop import Shop

TODAY = dt.date(2026, 3, 2)
HEADER = "Order ID,Date,SKU,Quantity,Unit price,Currency,Status,Channel,Country,Carrier\n"
PRODUCTS = "SKU,Name,Unit cost,Currency\nLAMP,Lamp,20,CNY\nBULB,Bulb,2,CNY\n"


def numbers_of(shop: Shop, currency: str | None = None, today: dt.date = TODAY) -> dict[str, OwnNumber]:
    """All own numbers by key."""
    with shop.database.reading() as connection:
        found = own_numbers(connection, read_company(connection), today, currency)
    assert len({number.key for number in found}) == len(found)
    assert [number.key for number in found] == [key for key in OWN_METRICS if key in {n.key for n in found}]
    return {number.key: number for number in found}


def orders(*rows: tuple[str, str, int, int, str, str, str]) -> str:
    """A sales file: date, SKU, quantity, price, currency, shop, country; one order a row, by SF unless in Europe."""
    lines = [
        f"{at},{day},{sku},{quantity},{price},{currency},completed,{where},{country},"
        + ("DHL" if country in ("France", "DE") else "SF")
        for at, (day, sku, quantity, price, currency, where, country) in enumerate(rows, start=1)
    ]
    return HEADER + "\n".join(lines) + "\n"


def test_an_empty_company_has_no_numbers(shop: Shop) -> None:
    assert numbers_of(shop) == {}


def test_numbers_of_a_year_by_hand(shop: Shop) -> None:
    # 365 days, from 2 March 2025 to 1 March 2026: the first and the last of them have an order.
    shop.load(PRODUCTS)
    shop.load(
        orders(
            ("2025-03-01", "LAMP", 9, 50, "CNY", "Tmall shop", "China"),  # the day before: not of the year
            ("2025-03-02", "LAMP", 2, 50, "CNY", "Tmall shop", "China"),
            ("2025-11-11", "LAMP", 1, 50, "CNY", "Tmall shop", "中国"),
            ("2025-11-11", "BULB", 10, 5, "CNY", "JD shop", "CN"),
            ("2026-03-01", "LAMP", 2, 50, "CNY", "JD shop", "France"),
        )
    )
    found = numbers_of(shop)

    def value(key: str) -> float:
        return found[key].value

    assert value("revenue_a_year") == 300  # 100 + 50 + 50 + 100
    assert value("cogs_a_year") == 120  # 5 lamps × 20, 10 bulbs × 2
    assert value("margin_share") == pytest.approx(0.6)  # (300 − 120) / 300
    assert value("order_value") == 75  # 300 / 4
    assert value("orders_a_year") == 4
    assert value("orders_a_day") == pytest.approx(4 / 365, abs=0.005)  # given to two decimals
    assert value("orders_a_month") == pytest.approx(4 / 365 * 30.4375, abs=0.05)
    assert value("peak_day") == 2
    # twelve whole months, March 2025 to February 2026: 2 orders in March and 2 in November; 2 ÷ (4 ÷ 12)
    assert value("peak_month") == 6
    assert found["peak_month"].period == "2025-03-01/2026-02-28"
    assert found["peak_day"].source.en.endswith("It was Nov 11, 2025.")
    assert (value("channels"), value("skus"), value("currencies"), value("carriers")) == (2, 2, 1, 2)
    assert value("foreign_revenue_share") == 0
    assert (value("countries"), value("languages"), value("abroad_share")) == (2, 2, 0.25)
    assert (value("orders_to.cn"), value("orders_to.eu"), value("orders_to.us")) == (0.75, 0.25, 0)
    assert (value("platform.taobao_tmall"), value("platform.jd"), value("platform.amazon")) == (0.5, 0.5, 0)
    assert found["revenue_a_year"].period == "2025-03-02/2026-03-01"
    for unknown in ("stock_turns", "stock_value", "shortage_losses_a_year", "return_rate", "wrong_order_share",
                    "late_order_share", "foreign_purchase_share", "suppliers", "users", "orders_growth"):  # fmt: skip
        assert unknown not in found, unknown


def daily(first: dt.date, days: int, *, price: int = 50, currency: str = "CNY") -> str:
    """A lamp a day, sold on Tmall to China."""
    return orders(
        *(
            ((first + dt.timedelta(days=at)).isoformat(), "LAMP", 1, price, currency, "Tmall shop", "China")
            for at in range(days)
        )
    )


def test_less_than_a_year_is_scaled_and_says_so(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2026, 1, 1), 60))
    found = numbers_of(shop)
    assert found["revenue_a_year"].value == 18_250  # 60 days × 50 = 3,000; × 365 / 60
    assert "Scaled to a year from 60 days" in found["revenue_a_year"].source.en
    assert "60 天" in found["revenue_a_year"].source.zh
    assert found["orders_a_day"].value == 1
    assert found["orders_a_month"].value == pytest.approx(30.4, abs=0.05)
    assert "orders_growth" not in found
    assert "peak_month" not in found  # January and February alone are no year


def test_below_four_weeks_nothing_is_said_of_a_year(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2026, 2, 3), 27))
    found = numbers_of(shop)
    assert {"revenue_a_year", "cogs_a_year", "orders_a_year", "orders_lately"} & found.keys() == set()
    assert found["orders_a_day"].value == 1


def test_growth_compares_the_same_days_of_two_years(shop: Shop) -> None:
    # one order a day for a year, then two a day: twice as many, in each quarter
    shop.load(PRODUCTS)
    last = dt.date(2026, 3, 1)
    first = last - dt.timedelta(days=727)  # 728 days: twice 364
    rows = [
        ((first + dt.timedelta(days=at)).isoformat(), "LAMP", 1, 50, "CNY", "Tmall shop", "China")
        for at in range(728)
        for _ in range(1 if at < 364 else 2)
    ]
    shop.load(orders(*rows))
    found = numbers_of(shop)
    assert [found[f"orders_growth{end}"].value for end in ("", "_low", "_high")] == [1.0, 1.0, 1.0]
    assert "728 orders against 364" in found["orders_growth"].source.en
    proposed = scenario_from(tuple(found.values()), "CNY", TODAY)
    # 2 a day over 364 days and 1 on the first day of the 365: 729 / 365 × 30.4375 = 60.8; doubled in year 1
    assert proposed.scenario.orders.now == pytest.approx(60.8)
    assert proposed.scenario.orders.by_year[0] == pytest.approx(121.6)


def test_orders_lately_are_smoothed_and_say_how_they_stray(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2025, 11, 1), 121))
    found = numbers_of(shop)
    assert found["orders_lately"].value == 1  # seven a week, every week
    assert "± 0.0" in found["orders_lately"].source.en


def test_foreign_revenue_is_a_share_at_the_days_rate_and_unknown_without_one(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(
        orders(
            ("2026-01-10", "LAMP", 6, 50, "CNY", "Tmall shop", "China"),
            ("2026-02-20", "LAMP", 1, 10, "USD", "Web shop", "US"),
        )
    )
    assert "foreign_revenue_share" not in numbers_of(shop)
    assert numbers_of(shop)["currencies"].value == 2
    assert "revenue_a_year" not in numbers_of(shop)
    shop.load("Date,Currency,Base,Rate\n2026-01-01,USD,CNY,7.00\n2026-02-25,USD,CNY,10.00\n")
    share = numbers_of(shop)["foreign_revenue_share"]
    assert share.value == pytest.approx(70 / 370)  # 10 dollars at 7, beside 300
    assert "USD" in share.source.en


def test_money_is_told_in_the_currency_that_is_asked_for(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2025, 3, 2), 365))
    assert "revenue_a_year" not in numbers_of(shop, "EUR")
    shop.load("Date,Currency,Base,Rate\n2026-01-01,EUR,CNY,8.00\n2026-12-01,EUR,CNY,9.00\n")
    found = numbers_of(shop, "EUR")
    assert found["revenue_a_year"].value == 2_281.25  # 365 × 50 / 8
    assert "Converted from CNY" in found["revenue_a_year"].source.en
    assert found["orders_a_year"].value == 365


def test_rates_are_those_in_force_on_the_day(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load("Date,Currency,Base,Rate\n2026-01-01,USD,CNY,7.00\n2026-02-01,USD,CNY,8.00\n2026-12-01,USD,CNY,9.00\n")
    with shop.database.reading() as connection:
        (rate,) = rates_into(connection, "CNY", TODAY)
        assert (rate.currency, rate.rate, rate.as_of) == ("USD", 8.0, dt.date(2026, 2, 1))
        (back,) = rates_into(connection, "USD", TODAY)
        assert (back.currency, back.rate) == ("CNY", float(Decimal(1) / 8))
        assert rates_into(connection, "CNY", dt.date(2025, 1, 1)) == ()


def test_stock_turns_and_shortage_losses_by_hand(shop: Shop) -> None:
    # 100 days, a lamp a day, of which 90 until 10 were left out: a count of none for the last 10 days.
    shop.load(PRODUCTS)
    shop.load("SKU,On hand,Warehouse,Date,Unit cost\nLAMP,90,Yiwu,2025-11-21,20\n")
    shop.load(daily(dt.date(2025, 11, 22), 90))  # 22 November to 19 February
    shop.load(
        orders(("2026-03-01", "BULB", 1, 5, "CNY", "Tmall shop", "China")).replace("\n1,", "\nB-1,")
    )  # the data go on to 1 March: ten days without a lamp
    found = numbers_of(shop)
    assert found["revenue_a_year"].value == round((90 * 50 + 5) * 365 / 100, 2)
    # Stock of lamps at the ends of the 100 days: 89, 88, … 0 (90 days), then 0: 4,005 unit-days ÷ 100 = 40.05 lamps
    assert found["stock_value"].value == 801.0  # 40.05 × 20
    # cost of the lamps sold 1,800 in 100 days: 1,800 × 365 / 100 / 801
    assert found["stock_turns"].value == pytest.approx(1_800 * 3.65 / 801, rel=1e-3)
    # out: the 90th day ends with none, and ten more: 11 days; 90 lamps on the 89 other days; 30 margin a lamp
    lost = 90 / 89 * 11 * 30 * 3.65
    assert found["shortage_losses_a_year"].value == pytest.approx(lost, abs=0.01)
    assert found["in_stock_rate"].value == pytest.approx(89 / 100)
    assert found["locations"].value == 1
    assert "1 products without a cost" not in found["shortage_losses_a_year"].source.en


def test_a_stock_list_of_today_says_nothing_of_shortages(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2025, 3, 2), 365))
    shop.load("SKU,On hand,Warehouse,Date,Unit cost\nLAMP,0,Yiwu,2026-02-27,20\n")
    assert "shortage_losses_a_year" not in numbers_of(shop)


def test_late_orders_are_those_shipped_more_than_three_days_after_payment(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(
        "Order ID,Date,Paid on,Shipped on,SKU,Quantity,Unit price,Currency,Status,Channel\n"
        "1,2026-02-01 10:00,2026-02-01 10:00,2026-02-04 10:00,LAMP,1,50,CNY,shipped,Web\n"  # three days: in time
        "2,2026-02-01 10:00,2026-02-01 10:00,2026-02-04 10:01,LAMP,1,50,CNY,shipped,Web\n"
        "3,2026-02-01 10:00,2026-02-02 10:00,2026-02-05 09:00,LAMP,1,50,CNY,shipped,Web\n"  # paid a day later
        "4,2026-02-01 10:00,,2026-02-10 10:00,LAMP,1,50,CNY,shipped,Web\n"
        "5,2026-02-01 10:00,2026-02-01 10:00,,LAMP,1,50,CNY,paid,Web\n"
    )
    found = numbers_of(shop)
    assert found["late_order_share"].value == 0.5  # 2 and 4 of 1, 2, 3, 4
    assert "4 orders" in found["late_order_share"].source.en


def test_returns_that_say_why_give_the_share_of_wrong_orders(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2025, 3, 2), 365))
    shop.load(
        "Return no,Channel,Order ID,SKU,Quantity,Returned on,Status,Reason,Refund amount,Currency\n"
        "R-1,Tmall shop,364,LAMP,1,2026-03-01,refunded,Wrong item sent,50,CNY\n"
        "R-2,Tmall shop,365,LAMP,1,2026-03-01,refunded,Changed my mind,50,CNY\n"
    )
    found = numbers_of(shop)
    assert found["wrong_order_share"].value == pytest.approx(1 / 365)
    assert found["return_rate"].value == pytest.approx(100 / (365 * 50))


def test_purchases_in_foreign_currency(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2026, 1, 1), 60))
    shop.load("Date,Currency,Base,Rate\n2026-01-01,USD,CNY,7.00\n")
    shop.load(
        "PO number,Supplier,SKU,Quantity,Received,Unit price,Currency,Order date,Expected on,Status\n"
        "P-1,Yiwu,LAMP,100,0,20,CNY,2026-01-05,2026-03-05,sent\n"
        "P-2,Abroad,BULB,100,0,1,USD,2026-01-06,2026-03-06,sent\n"
        "P-3,Abroad,BULB,100,0,1,USD,2024-01-06,2024-03-06,sent\n"
    )
    found = numbers_of(shop)
    assert found["foreign_purchase_share"].value == pytest.approx(700 / 2_700)  # 100 × 1 × 7 beside 100 × 20
    assert found["suppliers"].value == 2


def test_a_shop_of_unknown_platform_leaves_the_others_unknown(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(
        orders(
            ("2026-02-01", "LAMP", 1, 50, "CNY", "Our outlet", "China"),
            ("2026-02-02", "LAMP", 1, 50, "CNY", "Amazon UK", "UK"),
        )
    )
    found = numbers_of(shop)
    assert found["platform.amazon"].value == 0.5
    assert not [key for key in found if key.startswith("platform.") and key != "platform.amazon"]


def test_data_that_end_long_ago_are_told_with_their_days(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2011, 1, 1), 100))
    found = numbers_of(shop)
    assert found["orders_a_day"].period == "2011-01-01/2011-04-10"
    assert found["orders_a_day"].value == 1


def test_orders_of_days_to_come_do_not_count(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(daily(dt.date(2026, 2, 1), 60))
    found = numbers_of(shop)
    assert found["orders_a_day"].period == "2026-02-01/2026-03-01"
    assert found["peak_day"].value == 1


def test_countries_as_files_write_them() -> None:
    for word, code in (
        ("United Kingdom", "GB"), ("英国", "GB"), ("gb", "GB"), ("EIRE", "IE"), ("Czech Republic", "CZ"), ("USA", "US"),
        ("中国大陆", "CN"), ("Hong Kong", "HK"), ("RSA", "ZA"), ("Unspecified", None), ("European Community", None),
        ("", None), ("=cmd()", None),
    ):  # fmt: skip
        assert country_code(word) == code, word
    assert len(EUROPEAN_UNION) == 27


def test_products_sold_below_cost_lose_nothing_by_being_out(shop: Shop) -> None:
    # a bulb costs 2 and sells at 1: eleven days without it lose no money, and take none off the lamps' losses
    shop.load(PRODUCTS)
    shop.load("SKU,On hand,Warehouse,Date,Unit cost\nBULB,90,Yiwu,2025-11-21,2\n")
    shop.load(daily(dt.date(2025, 11, 22), 90, price=1).replace("LAMP", "BULB"))
    shop.load(orders(("2026-03-01", "LAMP", 1, 50, "CNY", "Tmall shop", "China")).replace("\n1,", "\nL-1,"))
    assert numbers_of(shop)["shortage_losses_a_year"].value == 0


def test_cancelled_orders_tell_nothing_of_countries_and_carriers(shop: Shop) -> None:
    shop.load(PRODUCTS)
    text = orders(
        ("2026-02-01", "LAMP", 1, 50, "CNY", "Tmall shop", "China"),
        ("2026-02-02", "LAMP", 1, 50, "CNY", "Tmall shop", "France"),
    )
    shop.load(text.replace("completed,Tmall shop,France", "cancelled,Tmall shop,France"))
    found = numbers_of(shop)
    assert (found["countries"].value, found["carriers"].value, found["abroad_share"].value) == (1, 1, 0)
