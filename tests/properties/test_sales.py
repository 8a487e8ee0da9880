"""However a shop sold, every way of cutting its sales says the same in all, to the minor unit."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.orders.views import Filters, channels
from erp_core.overview.sales import AMOUNTS, BYS, SalesQuery, chain, sales_by, sales_over_time
from erp_core.overview.sales_orders import OrderQuery, all_orders
from erp_core.overview.trend import GRAINS, lengths_of
from erp_core.overview.views import kpis
from tests.integration.shop import Shop

FIRST = dt.date(2026, 1, 1)
DAYS = 70
SKUS = {"A": "Lights", "B": "Lights", "C": "Home", "D": "", "POST": ""}
CURRENCIES = ("CNY", "CNY", "USD", "JPY")


def random_shop(chance: random.Random, currencies: tuple[str, ...]) -> dict[str, str]:
    """Files of a small shop: orders with every kind of discount, credit notes, charges; returns with and without order."""
    sales = ["Order ID,Date,SKU,Quantity,Unit price,Discount,Order discount,Currency,Status,Channel"]
    returns = ["Return no,Shop,Order ID,SKU,Quantity,Returned on,Status,Refund amount,Currency"]
    for number in range(chance.randint(20, 40)):
        day = FIRST + dt.timedelta(days=chance.randrange(DAYS))
        shop, currency = chance.choice(("Web", "Market")), chance.choice(currencies)
        places = 0 if currency == "JPY" else 2
        off = round(chance.choice((0, 0, chance.uniform(0.1, 9))), places)
        state = chance.choice(("completed", "completed", "completed", "paid", "cancelled"))
        sign = -1 if chance.random() < 0.15 else 1
        for sku in chance.sample(list(SKUS), chance.randint(1, 4)):
            price = round(chance.uniform(10, 90), places)
            less = round(chance.choice((0, chance.uniform(0.1, 5))), places) if sign > 0 else 0
            sales.append(
                f"{number},{day},{sku},{sign * chance.randint(1, 3)},{price},{less},{off if sign > 0 else 0},{currency},{state},{shop}"
            )
            if chance.random() < 0.2 and sku != "POST":
                named = number if chance.random() < 0.7 else ""
                refund = round(chance.uniform(1, 60), places)
                later = day + dt.timedelta(days=3)
                returns.append(f"R{len(returns)},{shop},{named},{sku},1,{later},refunded,{refund},{currency}")
    rates = ["Date,Currency,Base,Rate"]
    for currency, rate in (("USD", 7.1), ("JPY", 0.0461)):
        for week in range(0, DAYS + 10, 7):
            day = FIRST - dt.timedelta(days=7) + dt.timedelta(days=week)
            rates.append(f"{day},{currency},CNY,{rate * chance.uniform(0.97, 1.03):.6f}")
    products = ["SKU,Name,Category,Unit cost,Currency"] + [f"{sku},{sku},{kind},3,CNY" for sku, kind in SKUS.items()]
    return {
        "products": "\n".join(products),
        "rates": "\n".join(rates),
        "sales": "\n".join(sales),
        "returns": "\n".join(returns),
    }


def minor(value: float | None) -> int | None:
    return None if value is None else round(value * 100)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("currencies", [("CNY",), CURRENCIES], ids=["one currency", "several"])
def test_chain_breakdowns_time_and_the_companys_numbers_agree(
    database: Database, clock: FixedClock, tmp_path: Path, seed: int, currencies: tuple[str, ...]
) -> None:
    chance = random.Random(seed)
    shop = Shop(database, clock, tmp_path)
    for text in random_shop(chance, currencies).values():
        if text.count("\n"):
            shop.load(text + "\n")
    start = FIRST + dt.timedelta(days=chance.randrange(20))
    periods = [Period(FIRST, FIRST + dt.timedelta(days=DAYS)), Period(start, start + dt.timedelta(days=30))]
    shops = [number for number, _ in shop.read(channels)]
    choices = [Filters(), Filters(channels=(shops[0],)), Filters(categories=("Lights", ""))]
    with database.reading() as connection:
        company = read_company(connection)
        for period in periods:
            for filters in choices:
                query = SalesQuery(period, filters)
                whole = chain(connection, company, query)
                amounts = {name: minor(value) for name, value in whole.amounts.items()}
                told = kpis(connection, company, period, filters, None)
                for key in ("gross_sales", "discounts", "revenue", "refunds", "credit_notes", "net_sales"):
                    assert minor(told[key].value) == amounts[key], key  # type: ignore[arg-type]
                frames: dict[str, Any] = {by: sales_by(connection, company, query, by, by == "sku") for by in BYS}
                frames |= {
                    grain: sales_over_time(connection, company, query, lengths_of(period, grain)) for grain in GRAINS
                }
                for name, frame in frames.items():
                    sums = {amount: sum(round(value * 100) for value in frame[amount]) for amount in AMOUNTS}
                    assert sums == amounts, (name, filters)
                    assert frame["units"].sum() == told["units"].value, (name, filters)
                _orders_agree(connection, OrderQuery(period, filters), whole, currencies)


def _orders_agree(connection: Any, query: OrderQuery, whole: Any, currencies: tuple[str, ...]) -> None:
    """The orders add up to the chain, but for refunds that name no order: where all is in one currency."""
    if currencies != ("CNY",):
        return
    orders: pd.DataFrame = all_orders(connection, query)
    assert minor(orders["revenue"].sum()) == minor(whole.amounts["revenue"])
    assert minor(orders["order_discounts"].sum()) == minor(whole.amounts["order_discounts"])
    assert minor(orders["refunds"].sum()) == minor(whole.amounts["refunds"] - whole.without_order)
    assert minor(orders["net_sales"].sum()) == minor(whole.amounts["net_sales"] + whole.without_order)
