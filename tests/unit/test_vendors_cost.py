"""What a system costs: every model of pricing by hand, what is refused, what is left out and said, and the draws."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest

from erp_core.text import say
from erp_core.vendors import cost, curves, overrun, plans, renewal, schema
from erp_core.vendors.bill import KINDS, Bill, drawn_by_year, expected_total
from erp_core.vendors.cost import draw_costs, expected_cost, lacking, total_cost, vendor_cost
from erp_core.vendors.refusals import BadValue
from erp_core.vendors.sampling import triangular

SOURCE = {"source": "a page", "as_of": "2026-09-20", "grade": "A"}


def scenario(**given: Any) -> dict[str, Any]:
    return {"currency": "EUR", "start": "2027-01-01", "years": 1} | given


def pricing(*parts: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"currency": "EUR", "parts": list(parts)} | given


def total(asked: dict[str, Any], plan: dict[str, Any]) -> float:
    return float(total_cost(asked, plan).to_numpy().sum())


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_table_has_a_row_a_year_and_every_kind_in_one_order() -> None:
    table = total_cost(pricing({"model": "flat", "price": 10}), scenario(years=3))
    assert list(table.index) == [1, 2, 3]
    assert table.index.name == "year"
    assert list(table.columns) == list(KINDS)
    assert table["subscription"].tolist() == [120.0, 120.0, 120.0]
    assert table.drop(columns="subscription").to_numpy().sum() == 0


def test_seats_that_grow_cost_18900_in_three_years() -> None:
    # £350 a month with 3 seats, £75 each further: 4,200 + (350 + 2·75)·12 = 6,000 + (350 + 5·75)·12 = 8,700.
    table = total_cost(
        {"currency": "GBP", "parts": [{"model": "per_user", "base": 350, "included": 3, "price": 75}]},
        {"currency": "GBP", "start": "2026-12-01", "years": 3, "users": {"now": 3, "by_year": [3, 5, 8]}},
    )
    assert table["subscription"].tolist() == [4200.0, 6000.0, 8700.0]
    assert table.to_numpy().sum() == 18_900


@pytest.mark.parametrize(("growth", "published"), [(0.0, 137_340), (0.03, 145_831), (0.07, 157_961), (0.15, 185_200)])
def test_ten_users_at_129_and_a_base_of_999_over_five_years(growth: float, published: int) -> None:
    asked = {
        "currency": "USD",
        "parts": [{"model": "per_user", "price": 129}, {"model": "flat", "price": 999}],
        "renewal": {"growth": growth},
    }
    plan = {"currency": "USD", "start": "2026-12-01", "years": 5, "users": {"now": 10}}
    assert round(total(asked, plan)) == published


@pytest.mark.parametrize(
    ("part", "given", "expected"),
    [
        ({"model": "flat", "price": 100, "per": "year"}, {}, 100),
        ({"model": "flat", "price": 100}, {}, 1200),
        ({"model": "flat", "price": {"low": 50, "likely": 100, "high": 300}}, {}, 1200),
        ({"model": "per_user", "price": 10, "minimum": 5}, {"users": {"now": 2}}, 600),  # five are paid: 5·10·12
        ({"model": "per_user", "price": 10}, {"users": {"now": 2.2}}, 360),  # 2.2 users are 3
        ({"model": "per_user", "price": 10, "per": "year"}, {"users": {"now": 4}}, 40),
        ({"model": "per_order", "price": 0.3}, {"orders": {"now": 1000}}, 3600),
        ({"model": "per_order", "price": 0.3, "included": 400}, {"orders": {"now": 1000}}, 2160),  # 600·0.3·12
        ({"model": "per_order", "price": 0.3, "included": 2000}, {"orders": {"now": 1000}}, 0),
        ({"model": "per_location", "price": 10, "included": 1}, {"locations": {"now": 3}}, 240),
    ],
)
def test_a_year_of_each_simple_model(part: dict[str, Any], given: dict[str, Any], expected: float) -> None:
    assert total(pricing(part), scenario(**given)) == pytest.approx(expected)


ZOHO = {
    "model": "tiers",
    "tiers": [
        {"price": 0, "orders": 50, "users": 1, "locations": 1},
        {"price": 29, "orders": 500, "users": 3, "locations": 1},
        {"price": 79, "orders": 3000, "users": 5, "locations": 1},
        {"price": 129, "orders": 7500, "users": 10, "locations": 1},
    ],
    "extra_user": 7.5,
    "extra_orders": {"orders": 500, "price": 7.5},
    "extra_location": 10,
}


@pytest.mark.parametrize(
    ("orders", "users", "locations", "a_month"),
    [
        (50, 1, 1, 0.0),
        (51, 1, 1, 7.5),  # the free step and a block of orders, below 29
        (500, 3, 1, 22.5),  # the free step, a block and two users, below 29
        (3000, 5, 1, 75.0),  # free: six blocks 45 and four users 30; second step 29 + 37.5 + 15 = 81.5; third 79
        (7500, 10, 3, 149.0),  # free: 15·7.5 + 9·7.5 + 20 = 200; 206.5; 204; the last step 129 and two locations
    ],
)
def test_the_cheapest_step_with_what_is_bought_on_top_is_paid(
    orders: int, users: int, locations: int, a_month: float
) -> None:
    plan = scenario(orders={"now": orders}, users={"now": users}, locations={"now": locations})
    assert total(pricing(ZOHO), plan) == pytest.approx(12 * a_month)


def test_a_step_serves_up_to_its_limit_and_the_next_one_beyond() -> None:
    steps = {"model": "tiers", "tiers": [{"price": 10, "orders": 100}, {"price": 30, "orders": None}]}
    assert total(pricing(steps), scenario(orders={"now": 100})) == 120
    assert total(pricing(steps), scenario(orders={"now": 101})) == 360


def test_the_busiest_month_decides_where_the_peak_is_measured() -> None:
    steps = {"tiers": [{"price": 10, "orders": 100}, {"price": 30, "orders": 300}], "model": "tiers"}
    plan = scenario(orders={"now": 90}, peak=3)
    assert total(pricing(steps | {"measure": "month"}), plan) == 120
    assert total(pricing(steps | {"measure": "peak"}), plan) == 360  # 270 orders at the peak


def test_steps_are_chosen_anew_each_year() -> None:
    steps = {"model": "tiers", "tiers": [{"price": 10, "users": 5}, {"price": 25, "users": 20}]}
    table = total_cost(pricing(steps), scenario(years=3, users={"now": 4, "growth": 0.25}))  # 4, 5, 6.25 → 7
    assert table["subscription"].tolist() == [120.0, 120.0, 300.0]


def test_ten_users_growing_by_a_tenth_are_eleven_and_not_twelve() -> None:
    # 10 × 1.1 is 11.000000000000002 in floating point, and whole users are rounded up.
    table = total_cost(pricing({"model": "per_user", "price": 1}), scenario(years=2, users={"now": 10, "growth": 0.1}))
    assert table["subscription"].tolist() == [120.0, 132.0]


def test_modules_that_the_scenario_names_are_paid_and_no_others() -> None:
    part = {
        "model": "modules",
        "modules": [{"key": "wms", "name": "WMS", "price": 100}, {"key": "crm", "name": "CRM", "price": 40}],
    }
    assert total(pricing(part), scenario()) == 0
    assert total(pricing(part), scenario(modules=["wms", "pos"])) == 1200


def test_licences_are_bought_when_users_come_and_kept_when_they_go() -> None:
    part = {"model": "perpetual", "price": 1000, "maintenance": 0.2, "first_maintenance": 2}
    table = total_cost(pricing(part), scenario(years=4, users={"now": 3, "by_year": [3, 5, 4, 6]}))
    # Held: 3, 5, 5, 6. Bought: 3, 2, 0, 1. Maintenance a fifth of what is held, from year 2 on.
    assert table["licence"].tolist() == [3000.0, 2000.0, 0.0, 1000.0]
    assert table["maintenance"].tolist() == [0.0, 1000.0, 1000.0, 1200.0]


def test_a_licence_for_the_whole_house_is_bought_once() -> None:
    part = {"model": "perpetual", "price": {"low": 1, "likely": 900, "high": 999}, "per_user": False}
    table = total_cost(pricing(part), scenario(years=2, users={"now": 3, "by_year": [3, 8]}))
    assert table["licence"].tolist() == [900.0, 0.0]


def test_what_is_paid_once_stands_in_year_one_and_leaving_in_the_last() -> None:
    asked = pricing(
        {"model": "flat", "price": 100},
        one_off={
            "implementation": {"times_software": 1.5},  # 1.5 × 1,200
            "migration": {"low": 1, "likely": 300, "high": 400},
            "training": 50,
        },
        yearly={"support": 10, "upgrades": 5},
        exit=70,
        renewal={"growth": 0.0},
    )
    plan = scenario(
        years=2,
        labour={"project_hours": 10, "hours_a_year": 4, "cost_an_hour": 20},
        downtime={"hours_a_year": 3, "cost_an_hour": 7},
    )
    table = total_cost(asked, plan)
    once = {"implementation": 1800, "migration": 300, "training": 50}
    for kind, amount in once.items():
        assert table[kind].tolist() == [amount, 0.0]
    assert table["labour"].tolist() == [280.0, 80.0]  # 10·20 + 4·20, then 4·20
    assert table["support"].tolist() == [10.0, 10.0]
    assert table["upgrades"].tolist() == [5.0, 5.0]
    assert table["downtime"].tolist() == [21.0, 21.0]
    assert table["exit"].tolist() == [0.0, 70.0]


def test_implementation_as_a_multiple_counts_the_discount_and_the_licences() -> None:
    asked = pricing(
        {"model": "flat", "price": 100},
        {"model": "perpetual", "price": 500, "per_user": False},
        one_off={"implementation": {"times_software": 1}},
        discount=0.25,
    )
    table = total_cost(asked, scenario())
    assert table["subscription"].sum() == 900  # 1,200 less a quarter
    assert table["licence"].sum() == 500  # no recurring part: no discount
    assert table["implementation"].sum() == 1400


@pytest.mark.parametrize(
    ("terms", "years"),
    [
        ({"growth": 0.1}, [1200, 1320, 1452, 1597.2]),
        ({"growth": 0.1, "locked_years": 0}, [1200, 1320, 1452, 1597.2]),  # the first year is always as quoted
        ({"growth": 0.1, "locked_years": 3}, [1200, 1200, 1200, 1320]),
        ({"growth": 0.1, "cap": 0.05}, [1200, 1260, 1323, 1389.15]),
        ({"growth": {"low": 0.0, "likely": 0.1, "high": 0.3}}, [1200, 1320, 1452, 1597.2]),
        ({"growth": -0.1}, [1200, 1080, 972, 874.8]),
    ],
)
def test_prices_grow_at_renewal_after_the_lock_and_under_the_cap(terms: dict[str, Any], years: list[float]) -> None:
    table = total_cost(pricing({"model": "flat", "price": 100}, renewal=terms), scenario(years=4))
    assert table["subscription"].tolist() == pytest.approx(years)


def test_growth_raises_support_upgrades_and_maintenance_but_no_hours() -> None:
    asked = pricing(
        {"model": "perpetual", "price": 1000, "per_user": False, "maintenance": 0.2},
        yearly={"support": 100, "upgrades": 10},
        renewal={"growth": 0.1},
    )
    table = total_cost(asked, scenario(years=2, labour={"hours_a_year": 1, "cost_an_hour": 50}))
    assert table.loc[2, ["maintenance", "support", "upgrades", "labour"]].tolist() == pytest.approx([220, 110, 11, 50])


def test_growth_that_nobody_tells_counts_only_where_the_scenario_assumes_it() -> None:
    asked = pricing({"model": "flat", "price": 100})
    assert total(asked, scenario(years=2)) == 2400
    assert total(asked, scenario(years=2, price_growth=0.1)) == pytest.approx(2520)
    assert total(asked, scenario(years=2, price_growth={"low": 0, "likely": 0.1, "high": 0.2})) == pytest.approx(2520)


def test_a_one_off_that_nobody_tells_counts_only_where_the_scenario_assumes_it() -> None:
    asked = pricing({"model": "flat", "price": 100}, one_off={"hardware": 0, "training": 0, "migration": 0})
    assumed = {"low": 0.1, "likely": 0.2, "high": 0.5}
    assert total(asked, scenario()) == 1200
    # Implementation, customisation and integration at a fifth of 1,200 each.
    assert total(asked, scenario(one_off_unknown=assumed)) == pytest.approx(1200 + 3 * 240)


def test_foreign_prices_are_changed_at_the_rate_in_force_when_the_year_begins() -> None:
    rates = [
        {"currency": "USD", "rate": 0.8, "as_of": "2028-06-01", "source": "plan"},
        {"currency": "USD", "rate": 0.9, "as_of": "2026-11-01", "source": "bank"},
        {"currency": "CNY", "rate": 0.12, "as_of": "2026-11-01", "source": "bank"},
    ]
    table = total_cost(
        {"currency": "USD", "parts": [{"model": "flat", "price": 100, "per": "year"}], "renewal": {"growth": 0.0}},
        scenario(years=3, rates=rates),
    )
    # 2027 and 2028 begin before 1 June 2028.
    assert table["subscription"].tolist() == pytest.approx([90, 90, 80])


def test_a_rate_that_comes_into_force_later_is_used_where_there_is_none_before() -> None:
    rates = [{"currency": "USD", "rate": 0.9, "as_of": "2027-03-01", "source": "bank"}]
    asked = {"currency": "USD", "parts": [{"model": "flat", "price": 100, "per": "year"}]}
    assert total(asked, scenario(rates=rates)) == pytest.approx(90)


def test_a_scenario_that_starts_on_29_february_has_years() -> None:
    rates = [{"currency": "USD", "rate": 2, "as_of": "2027-01-01", "source": "bank"}]
    asked = {"currency": "USD", "parts": [{"model": "flat", "price": 1, "per": "year"}]}
    assert total(asked, scenario(start="2028-02-29", years=2, rates=rates)) == 4


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "plan", "code", "words"),
    [
        (pricing({"model": "flat", "price": -1}), scenario(), "cost.bad_pricing", "parts.0.flat.price"),
        (pricing({"model": "flat", "price": float("nan")}), scenario(), "cost.bad_pricing", "parts.0.flat.price"),
        (pricing({"model": "barter", "price": 1}), scenario(), "cost.bad_pricing", "parts.0"),
        (pricing({"model": "flat", "price": 1, "pirce": 2}), scenario(), "cost.bad_pricing", "pirce"),
        ({"parts": []}, scenario(), "cost.bad_pricing", "currency"),
        (pricing(), scenario(years=11), "cost.bad_scenario", "years"),
        (pricing(), {"currency": "EUR"}, "cost.bad_scenario", "start"),
        ("nothing", scenario(), "cost.bad_pricing", "pricing"),
        (pricing({"model": "flat", "price": 1}, currency="USD"), scenario(), "cost.missing_rate", "USD to EUR"),
        (
            pricing({"model": "per_user", "price": 1, "maximum": 5}),
            scenario(years=3, users={"now": 4, "by_year": [4, 5, 6]}),
            "cost.cannot_serve",
            "year 3: at most 5 users, not 6",
        ),
        (
            pricing({"model": "perpetual", "price": 1, "maximum": 5}),
            scenario(users={"now": 6}),
            "cost.cannot_serve",
            "at most 5 users",
        ),
        (
            pricing({"model": "tiers", "tiers": [{"price": 1, "orders": 100}]}),
            scenario(orders={"now": 101}),
            "cost.cannot_serve",
            "101 orders a month",
        ),
        (
            pricing({"model": "tiers", "tiers": [{"price": 1, "users": 2}]}),
            scenario(users={"now": 3}),
            "cost.cannot_serve",
            "3 users",
        ),
        (pricing(), scenario(years=10, users={"now": 1, "growth": 1e300}), "cost.bad_scenario", "grows to"),
        (pricing({"model": "flat", "price": 1e308}), scenario(), "cost.too_large", "beyond all numbers"),
    ],
)
def test_what_cannot_be_reckoned_is_refused_and_says_where(asked: Any, plan: Any, code: str, words: str) -> None:
    with pytest.raises(BadValue) as refused:
        total_cost(asked, plan)
    assert refused.value.code == code
    assert words in str(refused.value)
    assert refused.value.hint is not None
    assert say(refused.value.message, "zh_CN") != ""


def test_a_refusal_is_a_value_error_and_survives_pickling() -> None:
    with pytest.raises(ValueError, match="USD to EUR") as refused:
        total_cost(pricing({"model": "flat", "price": 1}, currency="USD"), scenario())
    again = pickle.loads(pickle.dumps(refused.value))
    assert (type(again), again.code, str(again)) == (BadValue, "cost.missing_rate", str(refused.value))


def test_models_serve_as_well_as_mappings() -> None:
    asked, plan = pricing({"model": "flat", "price": 100}), scenario()
    modelled = total_cost(schema.Pricing.model_validate(asked), schema.Scenario.model_validate(plan))
    assert modelled.equals(total_cost(asked, plan))


# --- what is left out ----------------------------------------------------------------------------------------------


def words(texts: Any) -> str:
    return " ".join(say(text, "en") for text in texts)


def test_what_a_vendor_does_not_tell_is_said() -> None:
    told = words(lacking(pricing({"model": "flat", "price": 1}, one_off={"training": 0}), scenario()))
    for kind in (
        "implementation",
        "migration",
        "customisation",
        "integration",
        "hardware",
        "support",
        "upgrades",
        "exit",
    ):
        assert say(KINDS[kind], "en") in told
    assert "Training" not in told
    assert "Price growth at renewal is not told" in told


def test_what_everybody_tells_leaves_nothing_to_say() -> None:
    asked = pricing(
        {"model": "flat", "price": 1},
        one_off=dict.fromkeys(cost.ONE_OFFS, 0),
        yearly={"support": 0, "upgrades": 0},
        exit=0,
        renewal={"growth": 0.03},
    )
    assert lacking(asked, scenario()) == ()


def test_a_price_without_software_says_so() -> None:
    assert "The price of the software is not told." in words(lacking(pricing(), scenario()))


def test_what_the_scenario_assumes_is_named_as_assumed() -> None:
    plan = scenario(one_off_unknown={"low": 0.1, "likely": 0.2, "high": 0.5}, price_growth=0.04)
    told = words(lacking(pricing({"model": "flat", "price": 1}), plan))
    assert "reckoned at 10 % to 50 % of the first year's software each: Implementation" in told
    assert "4 % a year is assumed" in told


# --- overrun -------------------------------------------------------------------------------------------------------


def steps(*bands: tuple[float, float, float]) -> list[schema.OverrunStep]:
    return [schema.OverrunStep(share=share, low=low, high=high) for share, low, high in bands]


def test_panorama_is_taken_in_proportion_and_its_shares_are_remarked() -> None:
    # 10, 33, 35, 15 and 6 of 99: the median lies in the third step. 43/99 lie below it, so that the middle of all is
    # (49.5 − 43)/35 of its way from 0 to 25 % over.
    at = overrun.at(schema.PANORAMA_2012, np.array([0.0, 0.05, 0.3, 0.5, 0.999999]))
    assert at[0] == pytest.approx(-0.10)
    assert at[1] == pytest.approx(-0.10 + 0.10 * (4.95 / 10))
    assert at[2] == 0
    assert at[3] == pytest.approx(0.25 * 6.5 / 35)
    assert at[4] == pytest.approx(1.0, abs=1e-4)
    remark = overrun.remark(schema.PANORAMA_2012)
    assert remark is not None
    assert "99 %" in say(remark, "en")


def test_the_mean_overrun_weighs_the_middles_of_the_steps() -> None:
    # (10·−0.05 + 33·0 + 35·0.125 + 15·0.375 + 6·0.75) / 99
    assert overrun.mean(schema.PANORAMA_2012) == pytest.approx((-0.5 + 4.375 + 5.625 + 4.5) / 99)


def test_shares_that_add_up_are_not_remarked_and_no_steps_are() -> None:
    assert overrun.remark(steps((0.5, 0, 0.1), (0.5, 0.1, 0.2))) is None
    none = overrun.remark([])
    assert none is not None
    assert "No overrun" in say(none, "en")


def test_steps_may_stand_in_any_order() -> None:
    chances = np.array([0.1, 0.6])
    ordered = overrun.at(steps((0.5, 0.0, 0.1), (0.5, 0.2, 0.4)), chances)
    assert overrun.at(steps((0.5, 0.2, 0.4), (0.5, 0.0, 0.1)), chances).tolist() == ordered.tolist()
    assert ordered.tolist() == pytest.approx([0.02, 0.24])


@pytest.mark.parametrize("bands", [[(1, 0.2, 0.1)], [(1, -1.5, 0.0)], [(0, 0.0, 0.1)]])
def test_impossible_steps_are_refused(bands: list[tuple[float, float, float]]) -> None:
    with pytest.raises(BadValue) as refused:
        overrun.mean(steps(*bands))
    assert refused.value.code == "cost.bad_overrun"


# --- draws ---------------------------------------------------------------------------------------------------------

FIXED = [{"share": 1, "low": 0.0, "high": 0.0}]


def test_a_triangle_is_drawn_by_its_inverse() -> None:
    # Of 0, 1, 4 a share of 1/4 lies below 1; half lies below 4 − √(½·4·3).
    spread = schema.Range(low=0, likely=1, high=4)
    assert triangular(spread, np.array([0.0, 0.25, 0.5])).tolist() == pytest.approx([0, 1, 4 - 6**0.5])
    point = schema.Range(low=2, likely=2, high=2)
    assert triangular(point, np.array([0.3])).tolist() == [2]


def test_with_nothing_uncertain_every_draw_is_the_total() -> None:
    asked = pricing({"model": "flat", "price": 100}, one_off={"training": 50}, renewal={"growth": 0.1})
    plan = scenario(years=2, overrun=FIXED)
    drawn = draw_costs(asked, plan, 7, 1)
    assert drawn.tolist() == pytest.approx([1200 + 1320 + 50] * 7)
    assert expected_cost(asked, plan).to_numpy().sum() == pytest.approx(2570)


def test_overrun_strikes_the_project_and_not_the_subscription() -> None:
    asked = pricing({"model": "flat", "price": 100}, one_off={"training": 50}, renewal={"growth": 0.0})
    half_more = [{"share": 1, "low": 0.5, "high": 0.5}]
    plan = scenario(overrun=half_more, labour={"project_hours": 10, "cost_an_hour": 3, "hours_a_year": 1})
    # 1,200 + 1.5·50 + 1.5·30 + 3
    assert draw_costs(asked, plan, 3, 1).tolist() == pytest.approx([1323] * 3)


def test_the_expected_cost_is_the_mean_of_the_draws() -> None:
    asked = pricing(
        {"model": "per_user", "price": 40},
        {"model": "flat", "price": {"low": 500, "likely": 700, "high": 1500}},
        one_off={"implementation": {"times_software": {"low": 1, "likely": 1.5, "high": 2}}, "training": 900},
    )
    plan = scenario(
        years=5, users={"now": 10}, labour={"project_hours": {"low": 50, "likely": 80, "high": 200}, "cost_an_hour": 30}
    )
    drawn = draw_costs(asked, plan, 200_000, 3)
    middle = expected_cost(asked, plan).to_numpy().sum()
    # The mean of 200,000 draws lies within four standard errors.
    assert abs(drawn.mean() - middle) < 4 * drawn.std() / 200_000**0.5


def test_growth_that_nobody_tells_widens_the_draws_and_a_told_one_does_not() -> None:
    told = pricing({"model": "flat", "price": 100}, renewal={"growth": 0.05})
    untold = pricing({"model": "flat", "price": 100})
    plan = scenario(years=5)
    assert np.ptp(draw_costs(told, plan, 1000, 1)) == pytest.approx(0, abs=1e-9)
    drawn = draw_costs(untold, plan, 1000, 1)
    # Between no growth and 15 % a year: 6,000 and 1,200·(1.15⁵ − 1)/0.15 = 8,090.9.
    assert 6000 <= drawn.min() < 6300
    assert 7700 < drawn.max() <= 8090.9


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    asked, plan = pricing({"model": "flat", "price": 1}), scenario(years=5)
    assert draw_costs(asked, plan, 50, 4, "a").tolist() == draw_costs(asked, plan, 50, 4, "a").tolist()
    assert draw_costs(asked, plan, 50, 5, "a").tolist() != draw_costs(asked, plan, 50, 4, "a").tolist()
    assert draw_costs(asked, plan, 50, 4, "b").tolist() != draw_costs(asked, plan, 50, 4, "a").tolist()


def test_what_is_the_merchants_own_is_drawn_alike_for_all_vendors() -> None:
    asked = pricing(renewal={"growth": 0.0})
    plan = scenario(overrun=FIXED, downtime={"hours_a_year": {"low": 0, "likely": 2, "high": 9}, "cost_an_hour": 100})
    assert draw_costs(asked, plan, 50, 4, "a").tolist() == draw_costs(asked, plan, 50, 4, "b").tolist()


def test_another_price_changes_no_draw_but_its_own() -> None:
    dear = pricing({"model": "flat", "price": 110}, one_off={"training": {"low": 1, "likely": 2, "high": 30}})
    cheap = pricing({"model": "flat", "price": 100}, one_off={"training": {"low": 1, "likely": 2, "high": 30}})
    difference = draw_costs(dear, scenario(), 100, 1) - draw_costs(cheap, scenario(), 100, 1)
    assert difference.tolist() == pytest.approx([120] * 100)


def test_no_draws_are_refused() -> None:
    with pytest.raises(BadValue, match="at least one draw"):
        draw_costs(pricing(), scenario(), 0, 1)


# --- a vendor in a decision ----------------------------------------------------------------------------------------


def plan_of(name: str, *parts: dict[str, Any], **given: Any) -> dict[str, Any]:
    beside = {key: given.pop(key) for key in ("at_least", "by_choice", "note") if key in given}
    return SOURCE | {"name": name, "pricing": pricing(*parts, **given)} | beside


def flat(name: str, price: float, **given: Any) -> dict[str, Any]:
    return plan_of(name, {"model": "flat", "price": price}, **given)


def decision(*lists: dict[str, Any], quotes: Any = (), **given: Any) -> schema.Decision:
    made: dict[str, Any] = {
        "name": "Which ERP",
        "as_of": "2026-11-25",
        "scenario": scenario(years=2),
        "requirements": [],
        "vendors": [{"key": "alpha", "name": "Alpha", "plans": list(lists)}],
        "quotes": list(quotes),
        "draws": 500,
    }
    return schema.Decision.model_validate(made | given)


def quote(day: str | None, price: float, until: str | None = None, **given: Any) -> dict[str, Any]:
    return {"vendor": "alpha", "plan": flat(f"Quote {price:g}", price, **given) | {"as_of": day}, "valid_until": until}


def taken(document: schema.Decision) -> plans.Taken:
    return plans.price_of(document.vendors[0], document)


def test_the_cheapest_price_list_that_serves_is_paid() -> None:
    found = taken(decision(flat("Plus", 50), flat("Basic", 20), flat("Max", 90)))
    assert (found.name, found.quote) == ("Basic", False)
    small = plan_of("Tiny", {"model": "per_user", "price": 1, "maximum": 0})
    found = taken(decision(flat("Plus", 50), small))
    assert found.name == "Plus"
    assert "“Tiny”: The plan does not serve year 1" in words(found.remarks)


def test_the_list_that_is_cheapest_at_first_need_not_be_cheapest_in_the_end() -> None:
    rising = flat("Rising", 20, renewal={"growth": 1.0})  # 240 + 480
    steady = flat("Steady", 25, renewal={"growth": 0.0})  # 300 + 300
    assert taken(decision(rising, steady)).name == "Steady"


def test_a_list_that_was_chosen_goes_before_a_cheaper_one() -> None:
    assert taken(decision(flat("Basic", 20), flat("Plus", 50), plans_taken={"alpha": "Plus"})).name == "Plus"
    none = taken(decision(flat("Basic", 20), plans_taken={"alpha": "Gone"}))
    assert none.bill is None
    assert "“Gone” is not among" in say(none.reason, "en")


def test_a_list_by_choice_is_paid_only_where_it_is_chosen() -> None:
    lists = (flat("Readers", 1, by_choice=True), flat("Plus", 50))
    assert taken(decision(*lists)).name == "Plus"
    assert taken(decision(*lists, plans_taken={"alpha": "Readers"})).name == "Readers"
    alone = taken(decision(lists[0]))
    assert alone.bill is None
    assert "choose the one that is meant" in say(alone.reason, "en")


def test_a_from_price_and_what_its_source_leaves_open_are_remarked() -> None:
    told = words(
        taken(decision(flat("From", 9, at_least=True, note={"en": "servers not told", "zh": "未含服务器"}))).remarks
    )
    assert "lower bound" in told
    assert "servers not told" in told


def test_the_latest_valid_quote_goes_before_price_lists() -> None:
    quotes = [quote("2026-10-01", 45), quote("2026-11-01", 60), quote("2026-11-20", 30, until="2026-11-24")]
    found = taken(decision(flat("Basic", 20), quotes=quotes))
    assert (found.name, found.quote) == ("Quote 60", True)
    assert "“Quote 30” ended on" in words(found.remarks)
    assert taken(decision(quotes=[quote("2026-11-20", 30, until="2026-11-25")])).name == "Quote 30"


def test_of_two_quotes_of_a_day_the_later_in_the_list_counts() -> None:
    assert taken(decision(quotes=[quote("2026-11-01", 45), quote("2026-11-01", 40)])).name == "Quote 40"
    assert taken(decision(quotes=[quote(None, 45), quote("2020-01-01", 40)])).name == "Quote 40"


def test_a_quote_that_cannot_be_reckoned_is_passed_over_and_named() -> None:
    dollars = quote("2026-11-01", 45, currency="USD")
    found = taken(decision(flat("Basic", 20), quotes=[dollars]))
    assert found.name == "Basic"
    assert "passed over: There is no exchange rate from USD to EUR." in words(found.remarks)


def test_a_vendor_without_a_price_is_unknown_and_never_free() -> None:
    for document in (
        decision(),
        decision(plan_of("Empty")),
        decision(flat("Basic", 1, currency="CNY")),
    ):
        found = vendor_cost(document.vendors[0], document)
        assert (found.table, found.draws, found.p50, found.p90, found.plan) == (None,) * 5
        assert found.unknown is not None


def test_a_known_cost_holds_table_draws_and_quantiles() -> None:
    document = decision(flat("Basic", 20, one_off={"training": 100}, renewal={"growth": 0.0}))
    found = vendor_cost(document.vendors[0], document)
    assert found.table is not None
    assert found.draws is not None
    assert found.p50 is not None
    assert found.p90 is not None
    assert found.table.to_numpy().sum() == 580  # 2·240 + 100
    assert len(found.draws) == 500
    assert found.p50 <= found.p90
    # The P90 of Panorama: 94.05 … of 99 lie below 25 + 25·(89.1 − 78)/15 = 43.5 % over.
    assert found.p90 == pytest.approx(480 + 143.5, rel=0.01)
    assert "Implementation" in words(found.lacking)


def test_meeting_requirements_at_a_cost_counts_unless_they_are_not_needed() -> None:
    def need(key: str, priority: str) -> dict[str, Any]:
        said = {"en": key, "zh": key}
        return {"key": key, "criterion": "function.orders", "text": said, "ask": said, "priority": priority}

    def rating(need_key: str, fit: str, amount: float, who: str | None = None) -> dict[str, Any]:
        return {"vendor": "alpha", "requirement": need_key, "fit": fit, "cost": amount, "evaluator": who}

    document = decision(
        flat("Basic", 0, renewal={"growth": 0.0}),
        requirements=[need("a", "must"), need("b", "could"), need("c", "not_needed")],
        ratings=[
            rating("a", "customisation", 100, "Li"),
            rating("a", "customisation", 300, "Wang"),
            rating("b", "third_party", 40),
            rating("c", "customisation", 999),
        ],
    )
    found = vendor_cost(document.vendors[0], document)
    assert found.table is not None
    assert found.table.loc[1, "customisation"] == 200  # the mean of what two people think
    assert found.table.loc[1, "integration"] == 40
    assert found.table.to_numpy().sum() == 240
    left_out = words(found.lacking)
    assert "Customisation" not in left_out
    assert "Training" in left_out


def test_free_software_leaves_the_rest_and_its_multiples_fall_with_it() -> None:
    asked = schema.Pricing.model_validate(
        pricing(
            {"model": "flat", "price": 100},
            {"model": "perpetual", "price": 50, "per_user": False, "maintenance": 0.1},
            one_off={"implementation": {"times_software": 2}, "training": 7},
            renewal={"growth": 0.0},
        )
    )
    plan = schema.Scenario.model_validate(scenario(overrun=FIXED))
    # 1,200 + 50 + 5 + 2·1,250 + 7, at half price 1,877.5 + 7, for nothing 7.
    totals = [expected_total(Bill(asked, plan, asked_share=share)) for share in (1.0, 0.5, 0.0)]
    assert totals == pytest.approx([3762, 1884.5, 7])


def test_the_rows_by_year_add_up_to_the_draws() -> None:
    asked = schema.Pricing.model_validate(pricing({"model": "flat", "price": 1}, one_off={"training": 5}))
    plan = schema.Scenario.model_validate(scenario(years=3))
    rows = drawn_by_year(Bill(asked, plan, "a"), 100, 1)
    assert rows.shape == (4, 100)
    assert rows.sum(axis=0).tolist() == pytest.approx(draw_costs(asked, plan, 100, 1, "a").tolist())
    assert rows[1].tolist() == [12.0] * 100


# --- curves --------------------------------------------------------------------------------------------------------


def two(first: dict[str, Any], second: dict[str, Any], **given: Any) -> dict[str, Bill]:
    plan = schema.Scenario.model_validate(scenario(overrun=FIXED, **given))
    steady = {"renewal": {"growth": 0.0}}
    return {
        key: Bill(schema.Pricing.model_validate(steady | asked), plan, key)
        for key, asked in (("a", first), ("b", second))
    }


def changes(found: curves.Curves) -> list[tuple[int, str | None, str | None]]:
    return [tuple(row) for row in found.changes.itertuples(index=False)]


def test_the_month_at_which_the_cheapest_changes() -> None:
    # a: 1,000 at once and 10 a month; b: 60 a month. 1,000 + 10·m < 60·m from m > 20 on.
    asked = two(
        pricing({"model": "flat", "price": 10}, one_off={"implementation": 1000}),
        pricing({"model": "flat", "price": 60}),
        years=2,
    )
    found = curves.against_time(asked)
    assert found.first == "b"
    assert changes(found) == [(21, "b", "a")]
    of_a = found.curve[found.curve["vendor"] == "a"].set_index("at")["cost"]
    assert of_a.loc[[0, 1, 24]].tolist() == pytest.approx([1000, 1010, 1240])
    assert curves.month_of(asked["a"].scenario, 21) == (2028, 9)


def test_the_last_point_of_the_time_curve_is_the_expected_total() -> None:
    asked = two(
        pricing({"model": "perpetual", "price": 100, "maintenance": 0.2}, exit=30),
        pricing({"model": "per_user", "price": 3}, one_off={"training": {"low": 1, "likely": 5, "high": 9}}),
        years=3,
        users={"now": 2, "by_year": [2, 4, 4]},
    )
    found = curves.against_time(asked).curve.groupby("vendor")["cost"].last()
    for key, bill in asked.items():
        assert found[key] == pytest.approx(expected_total(bill))


def test_the_number_of_users_at_which_the_cheapest_changes_is_exact() -> None:
    # a: 10 a user; b: 95 for all. 10·n > 95 from the tenth user on.
    asked = two(pricing({"model": "per_user", "price": 10}), pricing({"model": "flat", "price": 95}))
    found = curves.against_users(asked)
    assert (found.first, changes(found)) == ("a", [(10, "a", "b")])
    assert found.curve["at"].max() == 20


def test_at_the_same_cost_the_cheapest_stays() -> None:
    asked = two(pricing({"model": "per_user", "price": 10}), pricing({"model": "flat", "price": 100}))
    assert changes(curves.against_users(asked)) == [(11, "a", "b")]


def test_of_two_that_cost_the_same_at_first_the_one_that_stays_cheaper_leads() -> None:
    # Both cost 500 before the first month, then a 20 and b 10 a month.
    asked = two(
        pricing({"model": "flat", "price": 20}, one_off={"training": 500}),
        pricing({"model": "flat", "price": 10}, one_off={"training": 500}),
    )
    found = curves.against_time(asked)
    assert (found.first, changes(found)) == ("b", [])


def test_where_a_plan_ends_its_curve_has_a_gap_and_another_takes_over() -> None:
    asked = two(pricing({"model": "per_user", "price": 1, "maximum": 4}), pricing({"model": "flat", "price": 95}))
    found = curves.against_users(asked, (1, 6))
    assert found.curve[found.curve["vendor"] == "a"]["cost"].isna().tolist() == [False] * 4 + [True] * 2
    assert changes(found) == [(5, "a", "b")]


def test_nobody_is_cheapest_where_nobody_serves() -> None:
    limited = pricing({"model": "per_user", "price": 1, "maximum": 4})
    assert changes(curves.against_users(two(limited, limited), (1, 6))) == [(5, "a", None)]


def test_the_orders_at_which_the_cheapest_changes_are_found_to_the_order() -> None:
    # a: 0.30 an order; b: 100 a month. 0.3·n > 100 from 334 on (333·0.3 = 99.9).
    asked = two(pricing({"model": "per_order", "price": 0.3}), pricing({"model": "flat", "price": 100}))
    found = curves.against_orders(asked)
    assert (found.first, changes(found)) == ("a", [(334, "a", "b")])


def test_a_step_is_seen_however_narrow() -> None:
    # a: 10 up to 503 orders, 70 beyond; b: 50. The step lies between two points of the curve.
    steps_of_a = [{"price": 10, "orders": 503}, {"price": 70, "orders": None}]
    asked = two(pricing({"model": "tiers", "tiers": steps_of_a}), pricing({"model": "flat", "price": 50}))
    assert changes(curves.against_orders(asked)) == [(504, "a", "b")]


def test_several_vendors_take_over_one_after_another() -> None:
    plan = schema.Scenario.model_validate(scenario(overrun=FIXED))
    prices = {"a": (0, 1.0), "b": (100, 0.5), "c": (250, 0.2)}
    asked = {
        key: Bill(
            schema.Pricing.model_validate(
                pricing(
                    {"model": "flat", "price": base},
                    {"model": "per_order", "price": each},
                    renewal={"growth": 0.0},
                )
            ),
            plan,
            key,
        )
        for key, (base, each) in prices.items()
    }
    # a = b at 200 orders, b = c at 500.
    assert changes(curves.against_orders(asked, (0, 1000))) == [(201, "a", "b"), (501, "b", "c")]
    # Two changes between two points of the curve are found as well.
    assert changes(curves.against_orders(asked, (0, 20_000)))[:2] == [(201, "a", "b"), (501, "b", "c")]


def test_without_a_known_price_there_are_no_curves() -> None:
    assert curves.bills(decision()) == {}
    for reckon in (curves.against_time, curves.against_users, curves.against_orders):
        found = reckon({})
        assert (found.first, len(found.curve), len(found.changes)) == (None, 0, 0)


def test_only_vendors_asked_for_are_reckoned() -> None:
    document = decision(flat("Basic", 1))
    assert list(curves.bills(document)) == ["alpha"]
    assert curves.bills(document, ()) == {}


# --- renewals and quotes -------------------------------------------------------------------------------------------


def test_renewal_stress_of_ten_seats_gives_the_published_totals_and_keeps_a_cap() -> None:
    document = decision(
        plan_of(
            "List",
            {"model": "per_user", "price": 129},
            {"model": "flat", "price": 999},
            renewal={"growth": 0.2, "cap": 0.03},
        ),
        scenario=scenario(years=5, users={"now": 10}),
    )
    rows = renewal.stress(document)
    totals = {(row.growth, row.capped): round(row.total) for row in rows.itertuples()}
    free = {(0.0, False): 137_340, (0.03, False): 145_831, (0.07, False): 157_961, (0.15, False): 185_200}
    capped = {(0.0, True): 137_340, (0.03, True): 145_831, (0.07, True): 145_831, (0.15, True): 145_831}
    assert totals == free | capped


def test_vendors_without_a_cap_have_no_capped_rows() -> None:
    assert not renewal.stress(decision(flat("Basic", 1)))["capped"].any()
    assert renewal.stress(decision()).empty


def test_quotes_stand_side_by_side_in_the_scenarios_currency() -> None:
    rates = [{"currency": "USD", "rate": 2, "as_of": "2026-01-01", "source": "bank"}]
    good = quote("2026-11-01", 10, until="2026-12-01", currency="USD", one_off={"training": 60}, discount=0.5)
    other = quote("2026-11-02", 10, until="2026-11-03", currency="CNY")
    document = decision(flat("Basic", 40), quotes=[good, other], scenario=scenario(years=2, rates=rates))
    rows = renewal.quotes_side_by_side(document).to_dict("records")
    first = rows[0]
    # 10 USD a month at half price and two euros a dollar: 10 a month, and 60 USD of training.
    assert (first["project"], first["first_year"], first["total"]) == (120, 240, 360)
    assert (first["list_total"], first["below_list"]) == (960, pytest.approx(1 - 360 / 960))
    assert (first["valid"], first["discount"], first["growth"], first["cap"]) == (True, 0.5, None, None)
    assert first["p50"] <= first["p90"]
    assert rows[1]["valid"] is False
    assert say(rows[1]["reason"], "en") == "There is no exchange rate from CNY to EUR."
    assert renewal.quotes_side_by_side(decision()).empty


@pytest.mark.parametrize("growth", [0.0, 0.07, 0.15])
def test_what_grows_and_what_stays_give_the_total_at_any_growth(growth: float) -> None:
    lists = {
        "one_off": {"implementation": {"times_software": 1}, "training": 20},
        "yearly": {"support": 30, "upgrades": 3},
        "exit": 9,
    }
    parts = ({"model": "per_user", "price": 7}, {"model": "perpetual", "price": 90, "maintenance": 0.1})
    plan = scenario(
        years=4,
        users={"now": 2, "by_year": [2, 3]},
        labour={"project_hours": 3, "hours_a_year": 2, "cost_an_hour": 10},
        downtime={"hours_a_year": 1, "cost_an_hour": 5},
    )
    document = decision(plan_of("List", *parts, **lists, renewal={"growth": 0.5, "locked_years": 2}), scenario=plan)
    grows, stays, times = renewal.at_todays_prices(document, document.vendors[0])
    assert times == [0, 0, 1, 2]
    reckoned = [now * (1 + growth) ** count + rest for now, rest, count in zip(grows, stays, times, strict=True)]
    terms = {"growth": growth, "locked_years": 2}
    assert reckoned == pytest.approx(total_cost(pricing(*parts, **lists, renewal=terms), plan).sum(axis=1).tolist())


def test_every_kind_has_a_name_in_both_languages() -> None:
    for kind, language in itertools.product(KINDS.values(), ("en", "zh_CN")):
        assert say(kind, language)
    assert len({say(kind, "zh_CN") for kind in KINDS.values()}) == len(KINDS)
