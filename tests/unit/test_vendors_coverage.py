"""What is known of vendors, counted; what offers say in words."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from erp_core.text import say
from erp_core.vendors import offers
from erp_core.vendors.coverage import coverage, known_fits, need_counts
from erp_core.vendors.schema import (
    Bilingual,
    Decision,
    Evidence,
    Fact,
    Fit,
    Grade,
    Plan,
    Pricing,
    Priority,
    PublishedFit,
    Quote,
    Rating,
    Requirement,
    Scenario,
    Vendor,
)

TODAY = dt.date(2026, 3, 2)
PRICE = {"currency": "EUR", "parts": [{"model": "flat", "price": 1}]}


def both(text: str) -> Bilingual:
    return Bilingual(en=text, zh=text)


def need(key: str, priority: Priority, **more: Any) -> Requirement:
    leaf = ".".join(key.split(".")[:2])
    return Requirement(key=key, criterion=leaf, text=both(key), ask=both(key), priority=priority, **more)


NEEDS = (
    need("function.orders.a", Priority.MUST),
    need("function.stock.b", Priority.SHOULD, reason=both("why")),
    need("scale.users.c", Priority.COULD),
    need("exit.data.d", Priority.NOT_NEEDED),
)


def plan(**pricing: Any) -> Plan:
    return Plan(
        name="List",
        pricing=Pricing.model_validate(PRICE | pricing),
        source="page",
        as_of=TODAY,
        grade=Grade.A,
    )


def fit(requirement: str, as_fit: Fit) -> PublishedFit:
    return PublishedFit(
        requirement=requirement, fit=as_fit, evidence=Evidence.CLAIM, note=both("n"), source="page", as_of=None, grade=Grade.A
    )  # fmt: skip


def fact(as_of: dt.date | None) -> Fact:
    return Fact(about="scale.users", text=both("f"), source="page", as_of=as_of, grade=Grade.B)


def rating(vendor: str, requirement: str, as_fit: Fit, evaluator: str | None = None) -> Rating:
    return Rating(vendor=vendor, requirement=requirement, fit=as_fit, evaluator=evaluator)


def decision(*vendors: Vendor, **more: Any) -> Decision:
    scenario = Scenario(currency="EUR", start=TODAY)
    return Decision(name="D", as_of=TODAY, scenario=scenario, requirements=NEEDS, vendors=vendors, **more)


def test_published_fits_and_ratings_make_known_and_a_rating_goes_first() -> None:
    one = Vendor(key="one", name="One", fits=(fit("function.orders.a", Fit.NATIVE), fit("scale.users.c", Fit.NATIVE)))
    two = Vendor(key="two", name="Two", fits=(fit("scale.users.c", Fit.UNKNOWN),))
    given = decision(
        one, two,
        ratings=(
            rating("one", "scale.users.c", Fit.UNKNOWN),  # the published fit does not hold here
            rating("two", "function.orders.a", Fit.UNKNOWN, "ann"),
            rating("two", "function.orders.a", Fit.NONE, "bob"),  # one of them knows: it does not have it
            rating("two", "exit.data.d", Fit.NATIVE),  # not needed: does not count
        ),
    )  # fmt: skip
    assert known_fits(given) == {("one", "function.orders.a"), ("two", "function.orders.a")}


def test_counts_of_needs() -> None:
    counts = need_counts(decision(Vendor(key="one", name="One", fits=(fit("function.orders.a", Fit.NATIVE),))))
    assert dict(counts.by_priority) == {
        Priority.MUST: 1, Priority.SHOULD: 1, Priority.COULD: 1, Priority.NOT_NEEDED: 1,
    }  # fmt: skip
    assert (counts.proposed, counts.open, counts.pairs) == (1, 2, 3)  # three that count, one vendor, one known


def test_without_vendors_there_are_no_pairs() -> None:
    counts = need_counts(decision())
    assert (counts.open, counts.pairs) == (0, 0)
    assert coverage(decision(), TODAY).empty


def test_a_row_a_vendor() -> None:
    one = Vendor(
        key="one", name="One", plans=(plan(),), fits=(fit("function.orders.a", Fit.NONE),),
        facts=(fact(dt.date(2025, 3, 1)), fact(dt.date(2025, 3, 2)), fact(None)),
    )  # fmt: skip
    two = Vendor(key="two", name="Two")
    offer = Quote(vendor="two", plan=plan())
    frame = coverage(decision(one, two, quotes=(offer,)), TODAY).set_index("key")
    # function: one of two is known; scale: none of one; all: one of the three that count
    assert frame.loc["one", ["function", "scale"]].tolist() == [0.5, 0.0]
    assert math.isclose(frame.at["one", "all"], 1 / 3)
    assert "exit" not in frame  # nothing that counts hangs there
    # older than a year on 2 March 2026: that of 1 March 2025
    assert frame.loc["one", ["facts", "stale", "undated", "price"]].tolist() == [3, 1, 1, "list"]
    assert frame.loc["two", ["facts", "stale", "undated", "price"]].tolist() == [0, 0, 0, "quote"]


def test_nothing_counts_is_no_share() -> None:
    given = decision(Vendor(key="one", name="One"))
    idle = given.model_copy(update={"requirements": (need("exit.data.d", Priority.NOT_NEEDED),)})
    assert math.isnan(coverage(idle, TODAY).at[0, "all"])
    assert coverage(idle, TODAY).at[0, "price"] == "unknown"


# --- offers in words -----------------------------------------------------------------------------------------------


def words(language: str = "en", **pricing: Any) -> list[str]:
    return [say(text, language) for text in offers.told(plan(**pricing), language)]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"model": "flat", "price": 1140, "per": "year"}, ["€1,140 a year"]),
        ({"model": "flat", "price": {"low": 999, "high": 2499}}, ["€999 to €2,499 a month"]),
        ({"model": "per_user", "price": 37.4}, ["€37.40 a user and month"]),
        (
            {"model": "per_user", "price": 75, "base": 350, "included": 3, "minimum": 2, "maximum": 5, "per": "year"},
            ["€75 a user and year", "€350 for the first 3 users", "at least 2 users", "at most 5 users"],
        ),
        ({"model": "per_order", "price": 0.3, "included": 1500}, ["€0.30 an order", "orders a month included: 1,500"]),
        (
            {"model": "per_location", "price": 10, "included": 1, "per": "year"},
            ["€10 a location and year", "locations included: 1"],
        ),
        (
            {
                "model": "tiers", "measure": "peak", "extra_user": 7.5, "extra_orders": {"orders": 500, "price": 7.5},
                "extra_location": 10, "tiers": [{"price": 29, "orders": 500, "users": 3, "locations": 1}, {"price": 999}],
            },
            [
                "€29 a month: up to 500 orders a month, users up to 3, locations up to 1",
                "€999 a month: any number of orders", "the busiest month decides for the whole year",
                "each further user €7.50", "each further 500 orders €7.50", "each further location €10",
            ],
        ),
        (
            {"model": "modules", "modules": [{"key": "wms", "name": "WMS", "price": 199}]},
            ["Module WMS: €199 a month"],
        ),
        (
            {"model": "perpetual", "price": 1140, "maximum": 5, "maintenance": {"low": 0.17, "high": 0.22}},
            ["€1,140 a user, bought once", "at most 5 users", "maintenance 17 % to 22 % a year, from year 1"],
        ),
        ({"model": "perpetual", "price": 90000, "per_user": False}, ["€90,000, bought once"]),
    ],
)  # fmt: skip
def test_every_model_is_told_with_its_exact_amounts(part: dict[str, Any], told: list[str]) -> None:
    assert words(parts=[part]) == told


def test_what_stands_beside_the_parts_is_told_too() -> None:
    said = words(
        parts=[],
        one_off={"implementation": {"times_software": {"low": 1, "high": 2}}, "training": 2000},
        yearly={"support": 500},
        discount=0.1,
        renewal={"growth": 0.05, "cap": 0.07, "locked_years": 2},
        exit=300,
    )
    assert said == [
        "Implementation: 1 to 2 times the first year’s software once", "Training: €2,000 once", "Support a year: €500",
        "10 % off what recurs", "prices grow 5 % a year after 2 years", "by at most 7 % a year", "Leaving: €300",
    ]  # fmt: skip


def test_in_chinese_too() -> None:
    assert words("zh_CN", parts=[{"model": "per_user", "price": 37.4}]) == ["每用户每月 €37.40"]
