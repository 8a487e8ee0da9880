"""Sums from packed rollups agree with a count, line by line and day by day, in plain Python: several currencies, rates and
costs that change, bundles of no consequence, counts that come late."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

import pytest

from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.company.service import CompanyChange, change_company
from erp_core.company.views import read_company
from erp_core.db import packs
from erp_core.db.engine import Database
from erp_core.orders.pack_work import ROLLUPS
from erp_core.orders.rules import Filters
from erp_core.orders.views import sales_sums
from erp_core.overview.views import kpis, turnover_by_month
from tests.integration.shop import Shop

DAY = dt.timedelta(days=1)
FIRST = dt.date(2025, 1, 20)
CENT = 0.0101  # money is told in whole cents, margins are differences of two such
SKUS = ("CUP", "JUG", "LAMP", "BOWL")
PERIODS = (
    Period(FIRST, FIRST + 79 * DAY), Period(dt.date(2025, 2, 1), dt.date(2025, 2, 28)), Period(FIRST + 3 * DAY, FIRST + 41 * DAY),
    Period(FIRST + 30 * DAY, FIRST + 30 * DAY), Period(FIRST + 60 * DAY, FIRST + 200 * DAY),
)  # fmt: skip


class Told:
    """A random shop as plain facts: `sales` (day, sku, units, cents, currency), `rates`, `costs`, `counts`."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.sales = [
            (FIRST + dice.randrange(80) * DAY, dice.choice(SKUS), dice.randint(1, 3), dice.randint(100, 900), dice.choice(("CNY", "USD")))
            for _ in range(120)
        ]  # fmt: skip
        self.rates = {FIRST: Decimal("7.1"), FIRST + 25 * DAY: Decimal("7.4"), FIRST + 50 * DAY: Decimal("6.9")}
        self.costs = {
            "CUP": {FIRST: (Decimal("1.5"), "CNY")},
            "JUG": {FIRST + 10 * DAY: (Decimal("2"), "CNY"), FIRST + 37 * DAY: (Decimal("2.75"), "CNY")},
            "LAMP": {FIRST: (Decimal("0.5"), "USD"), FIRST + 20 * DAY: (Decimal("4"), "CNY")},
        }  # BOWL has none
        self.counts = {"CUP": (FIRST - DAY, 500), "JUG": (FIRST + 14 * DAY, 400), "LAMP": (FIRST + 33 * DAY, 300)}

    def rate(self, currency: str, day: dt.date) -> Decimal:
        return Decimal(1) if currency == "CNY" else self.rates[max(d for d in self.rates if d <= day)]

    def cost(self, sku: str, day: dt.date) -> Decimal | None:
        held = self.costs.get(sku)
        if held is None:
            return None
        past = [d for d in held if d <= day]
        cost, currency = held[max(past) if past else min(held)]
        return cost * self.rate(currency, day)

    def between(self, period: Period) -> list[tuple[dt.date, str, int, int, str]]:
        return [sale for sale in self.sales if period.start <= sale[0] <= period.end]

    def revenue(self, period: Period, skus: tuple[str, ...] = SKUS) -> Decimal:
        return sum(
            (Decimal(units * cents) / 100 * self.rate(currency, day)
             for day, sku, units, cents, currency in self.between(period) if sku in skus),
            Decimal(0),
        )  # fmt: skip

    def cogs(self, period: Period, skus: tuple[str, ...] = SKUS) -> Decimal:
        return sum(
            (units * (self.cost(sku, day) or 0) for day, sku, units, _, _ in self.between(period) if sku in skus),
            Decimal(0),
        )

    def average_value(self, period: Period) -> dict[str, Decimal]:
        """Of each product its average level over the days on which it is known, at the cost of the period's end."""
        found = {}
        for sku, (counted, units) in self.counts.items():
            days = [period.start + at * DAY for at in range(period.days) if period.start + at * DAY >= counted]
            if days:
                levels = [
                    units - sum(sold for day, of, sold, _, _ in self.sales if of == sku and counted < day <= end)
                    for end in days
                ]
                found[sku] = Decimal(sum(levels)) / len(days) * (self.cost(sku, period.end) or 0)
        return found


@pytest.fixture(params=[1, 2, 3])
def told(request: pytest.FixtureRequest, database: Database, clock: FixedClock, tmp_path: Path) -> tuple[Told, Shop]:
    """The facts, and the shop that was told of them in files."""
    told, shop = Told(request.param), Shop(database, clock, tmp_path)
    shop.do(change_company, CompanyChange(base_currency="CNY", time_zone="UTC"))
    rates = "".join(f"{day},USD,CNY,{rate}\n" for day, rate in told.rates.items())
    shop.load("Date,Currency,Base currency,Rate\n" + rates)
    for sku, held in told.costs.items():
        for day, (cost, currency) in held.items():
            shop.load(f"SKU,Product name,Unit cost,Currency,Valid from\n{sku},{sku},{cost},{currency},{day}\n")
    shop.load("SKU,On hand,Date\n" + "".join(f"{sku},{units},{day}\n" for sku, (day, units) in told.counts.items()))
    lines = "".join(
        f"{at},{day} 12:00,{sku},{units},{cents / 100:.2f},{currency}\n"
        for at, (day, sku, units, cents, currency) in enumerate(told.sales)
    )
    shop.load("Order ID,Date,SKU,Quantity,Unit price,Currency\n" + lines, channel="Shop")
    return told, shop


def test_the_numbers_of_any_period(told: tuple[Told, Shop]) -> None:
    facts, shop = told
    company = shop.read(read_company)
    for _ in range(2):  # by rows, and packed
        for period in PERIODS:
            found = shop.read(kpis, company, period, Filters(), None)
            sold = facts.between(period)
            if not sold:
                continue
            costed = tuple(facts.costs)
            revenue, cogs = facts.revenue(period, costed), facts.cogs(period)
            assert found["revenue"].value == pytest.approx(float(facts.revenue(period)), abs=CENT)
            assert found["units"].value == sum(units for _, _, units, _, _ in sold)
            if any(sku in costed for _, sku, *_ in sold):
                assert found["cogs"].value == pytest.approx(float(cogs), abs=CENT)
                assert found["gross_margin"].value == pytest.approx(float(revenue - cogs), abs=CENT)
            worth = facts.average_value(period)
            assert found["average_inventory_value"].value == pytest.approx(float(sum(worth.values())), abs=CENT)
            moved = facts.cogs(period, tuple(worth))
            months = Decimal(period.days) / Decimal("30.4375")
            assert found["turnover_month"].value == pytest.approx(float(moved / sum(worth.values()) / months))
        packs.pack(shop.database, ROLLUPS)


def test_turnover_by_month(told: tuple[Told, Shop]) -> None:
    facts, shop = told
    frame = shop.read(
        turnover_by_month, shop.read(read_company), Period(dt.date(2025, 1, 1), dt.date(2025, 3, 31)), Filters()
    )
    for month, found in zip(frame["month"], frame["turnover"], strict=True):
        period = Period(month, (month + 31 * DAY).replace(day=1) - DAY)
        worth = facts.average_value(period)
        turnover = facts.cogs(period, tuple(worth)) / sum(worth.values()) / (Decimal(period.days) / Decimal("30.4375"))
        assert found == pytest.approx(float(turnover))


@pytest.mark.parametrize("grain", ["ds", "week", "month"])
def test_sums_by_day_week_and_month(told: tuple[Told, Shop], grain: str) -> None:
    facts, shop = told
    begins = {
        "ds": lambda day: day,
        "week": lambda day: day - day.weekday() * DAY,
        "month": lambda day: day.replace(day=1),
    }[grain]
    for period in PERIODS[:3]:
        wanted: dict[tuple[dt.date, str], int] = {}
        for day, _, units, cents, currency in facts.between(period):
            key = (begins(day), currency)
            wanted[key] = wanted.get(key, 0) + units * cents
        frame = shop.read(sales_sums, period, Filters(), [grain])
        found = {
            (at.date(), currency): int(revenue)
            for at, currency, revenue in frame[[grain, "currency", "revenue"]].itertuples(index=False)
        }
        assert found == wanted
