"""What a system returns: the figures of flows by hand, benefits from own numbers, the case with its draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from erp_core.errors import NotFound
from erp_core.text import say
from erp_core.vendors import schema
from erp_core.vendors.benefits import NAMES, Targets
from erp_core.vendors.business_case import (
    NEEDED,
    WELCOME,
    benefit_name,
    business_case,
    discounted_payback,
    internal_rates,
    irr,
    npv,
    payback,
    propose_benefits,
    proposed,
    stock_released,
)
from erp_core.vendors.own_numbers import OWN_METRICS
from erp_core.vendors.refusals import BadValue

NAN = float("nan")

# --- figures -------------------------------------------------------------------------------------------------------


def test_the_present_value_of_four_times_forty() -> None:
    # 40/1.1 + 40/1.21 + 40/1.331 + 40/1.4641 = 36.3636 + 33.0579 + 30.0526 + 27.3205 = 126.7946
    assert npv(0.10, [-100, 40, 40, 40, 40]) == pytest.approx(26.7946, abs=1e-4)
    assert npv(0.0, [-100, 40, 40]) == -20
    assert npv(1.0, [0, 0, 8]) == 2
    assert npv(-0.5, [0, 1]) == 2


def test_the_rate_of_return_of_four_times_forty() -> None:
    rate = irr([-100, 40, 40, 40, 40])
    assert rate is not None
    assert round(rate, 4) == 0.2186
    assert npv(rate, [-100, 40, 40, 40, 40]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 110], 0.10),
        ([-100, 50], -0.5),
        ([100, -110], 0.10),  # a loan
        ([0, 0, -100, 121], 0.21),  # the wait before it changes nothing
        ([-100, 0, 121], 0.10),
        ([-100, 0, 121, 0, 0], 0.10),
        ([-1, 1000], 999.0),
        ([-1e12, 1.1e12], 0.10),
        ([-1e-9, 1.1e-9], 0.10),
        ([-1e6, 1], 1e-6 - 1),
    ],
)
def test_a_rate_that_exists_is_found(flows: list[float], rate: float) -> None:
    assert irr(flows) == pytest.approx(rate, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("flows", [[-100, -10], [100, 10], [0, 0], [5], [-5], [0]])
def test_money_that_flows_one_way_has_no_rate(flows: list[float]) -> None:
    assert irr(flows) is None
    assert internal_rates(flows) == ()


def test_flows_with_two_rates_have_none_that_is_the_rate() -> None:
    # −100 + 230/1.1 − 132/1.21 = 0 and −100 + 230/1.2 − 132/1.44 = 0.
    assert internal_rates([-100, 230, -132]) == pytest.approx([0.1, 0.2])
    assert irr([-100, 230, -132]) is None


def test_flows_that_only_touch_zero_have_one_rate() -> None:
    # (1 − 1.1/(1 + r))² is zero at ten per cent and nowhere else.
    assert irr([-1, 2.2, -1.21]) == pytest.approx(0.1, abs=1e-6)


def test_flows_with_two_changes_of_sign_and_no_rate() -> None:
    assert internal_rates([-100, 100, -100]) == ()
    assert irr([-100, 100, -100]) is None


@pytest.mark.parametrize(
    ("flows", "periods"),
    [
        ([-100, 40, 40, 40, 40], 2.5),
        ([-100, 100], 1.0),
        ([-100, 0, 100], 2.0),
        ([-100, -20, 60, 120], 2.5),
        ([0, 5], 0.0),
        ([10, -5], 0.0),
        ([-100, 150, -100], 2 / 3),
        ([-100, 40], None),
        ([-100], None),
    ],
)
def test_payback_is_interpolated_and_none_if_never(flows: list[float], periods: float | None) -> None:
    assert payback(flows) == (None if periods is None else pytest.approx(periods))


def test_discounted_payback_is_later() -> None:
    # At 10 %: 36.3636, 33.0579, 30.0526 leave 0.5259 for the fourth period's 27.3205.
    assert discounted_payback(0.10, [-100, 40, 40, 40, 40]) == pytest.approx(3 + 0.5259 / 27.3205, abs=1e-5)
    assert discounted_payback(0.0, [-100, 40, 40, 40]) == 2.5
    assert discounted_payback(0.10, [-100, 105]) is None


def test_faster_stock_releases_money_and_slower_stock_binds_it() -> None:
    assert stock_released(12_000_000, 4, 6) == 1_000_000
    assert stock_released(12_000_000, 6, 4) == -1_000_000
    assert stock_released(12_000_000, 4, 4) == 0
    assert stock_released(0, 4, 6) == 0


@pytest.mark.parametrize(
    "reckon",
    [
        lambda: npv(0.1, []),
        lambda: npv(0.1, [1, NAN]),
        lambda: npv(0.1, ["a lot"]),  # type: ignore[list-item]
        lambda: npv(0.1, [[1, 2]]),  # type: ignore[list-item]
        lambda: npv(-1, [1, 2]),
        lambda: npv(-1.5, [1, 2]),
        lambda: npv(NAN, [1, 2]),
        lambda: npv("ten", [1, 2]),  # type: ignore[arg-type]
        lambda: npv(-0.999, [0.0] + [1.0] * 400),
        lambda: irr([]),
        lambda: irr([NAN]),
        lambda: payback([]),
        lambda: payback([float("inf")]),
        lambda: discounted_payback(-1, [1]),
        lambda: stock_released(100, 0, 4),
        lambda: stock_released(100, 4, -1),
        lambda: stock_released(-1, 4, 5),
        lambda: stock_released(NAN, 4, 5),
        lambda: stock_released(1, None, 5),  # type: ignore[arg-type]
    ],
)
def test_numbers_that_nothing_can_be_reckoned_from_are_refused(reckon: Any) -> None:
    with pytest.raises(BadValue) as refused:
        reckon()
    assert refused.value.code == "case.bad_number"
    assert refused.value.hint is not None


# --- benefits from own numbers -------------------------------------------------------------------------------------


def number(key: str, value: float) -> dict[str, Any]:
    return {"key": key, "value": value, "source": {"en": f"{key} was told.", "zh": f"{key}由本人填写。"}}


SIX = {
    "cogs_a_year": 12e6,
    "stock_turns": 6,
    "orders_a_year": 60_000,
    "wrong_order_share": 0.011,
    "minutes_an_order": 6,
    "cost_an_hour": 45,
}


def own(**values: float) -> tuple[schema.OwnNumber, ...]:
    return tuple(schema.OwnNumber.model_validate(number(key, value)) for key, value in values.items())


def scenario(**given: Any) -> schema.Scenario:
    return schema.Scenario.model_validate(
        {"currency": "CNY", "start": "2027-01-01", "years": 2, "discount_rate": 0.1} | given
    )


DOLLARS = {"rates": [{"currency": "USD", "rate": 7, "as_of": "2026-11-01", "source": "bank"}]}


def test_the_six_numbers_are_six_and_are_own_numbers() -> None:
    assert len(NEEDED) == 6
    assert set(NEEDED) <= set(OWN_METRICS)
    assert not set(NEEDED) & set(WELCOME)


def test_the_six_numbers_bear_out_four_benefits_by_hand() -> None:
    found = {benefit.key: benefit for benefit in propose_benefits(own(**SIX), scenario(**DOLLARS))}
    assert list(found) == ["stock_released", "carrying_saved", "errors_avoided", "hours_saved"]

    def amounts(key: str) -> list[float]:
        a_year = found[key].a_year
        return [a_year.low, a_year.likely, a_year.high]

    # Stock is 2 million; turns of 6, 6.75 and 9: 2 m less 12 m/6.75 = 1.7778 m, and less 12 m/9 = 1.3333 m.
    released = [0, 2e6 - 12e6 / 6.75, 2e6 - 12e6 / 9]
    assert amounts("stock_released") == pytest.approx(released)
    assert found["stock_released"].once
    # Carrying costs 20, 25, 30 %, of which the discount rate of 10 % is counted by the release.
    assert amounts("carrying_saved") == pytest.approx([0, released[1] * 0.15, released[2] * 0.20])
    # 1.1 − 0.1 % of 60,000 are 600 errors; a fifth at $22, half at $45, all at $100, seven yuan a dollar.
    assert amounts("errors_avoided") == pytest.approx([120 * 154, 300 * 315, 600 * 700])
    # 6,000 hours at 45 are 270,000; 10, 40, 80 % of them.
    assert amounts("hours_saved") == pytest.approx([27_000, 108_000, 216_000])


def test_what_is_not_known_is_no_benefit_and_is_named() -> None:
    found = proposed((), scenario())
    assert found.benefits == ()
    assert len(found.missing) == 5  # stock and carrying are one matter
    partly = proposed(own(**SIX), scenario(**DOLLARS))
    assert [say(text, "en").split(":")[0] for text in partly.missing] == ["Shortages", "Accessories"]


def test_with_everything_known_nothing_is_missing() -> None:
    full = SIX | {
        "shortage_losses_a_year": 100_000,
        "cost_an_error": 50,
        "accessory_revenue_a_year": 400_000,
        "margin_share": 0.25,
    }
    found = proposed(own(**full), scenario())
    assert found.missing == ()
    assert {benefit.key for benefit in found.benefits} == set(NAMES)
    amounts = {benefit.key: benefit.a_year for benefit in found.benefits}
    assert amounts["shortages_avoided"] == schema.Range(low=10_000, likely=30_000, high=60_000)
    assert amounts["accessories"].likely == pytest.approx(10_000)  # 400,000 · 25 % · 10 %
    assert amounts["errors_avoided"].high == pytest.approx(600 * 50)


def test_the_dollars_of_a_mis_pick_are_not_taken_for_yuan() -> None:
    found = proposed(own(**SIX), scenario())
    assert "errors_avoided" not in {benefit.key for benefit in found.benefits}
    assert any("dollars without a rate" in say(text, "en") for text in found.missing)


def test_an_hour_costs_what_the_scenario_says_where_no_own_number_does() -> None:
    five = {key: value for key, value in SIX.items() if key != "cost_an_hour"}
    found = propose_benefits(own(**five), scenario(labour={"cost_an_hour": 30}))
    hours = next(benefit for benefit in found if benefit.key == "hours_saved")
    assert hours.a_year.high == pytest.approx(6000 * 30 * 0.8)
    assert all(benefit.key != "hours_saved" for benefit in propose_benefits(own(**five), scenario()))


def test_a_shop_below_the_trades_errors_has_none_to_avoid() -> None:
    found = propose_benefits(own(**SIX | {"wrong_order_share": 0.0005}), scenario(**DOLLARS))
    errors = next(benefit for benefit in found if benefit.key == "errors_avoided")
    assert errors.a_year == schema.Range(low=0, likely=0, high=0)


@pytest.mark.parametrize("broken", [{"stock_turns": 0}, {"stock_turns": -1}, {"cogs_a_year": 0}, {"cogs_a_year": -5}])
def test_stock_that_does_not_turn_is_unknown(broken: dict[str, float]) -> None:
    found = propose_benefits(own(**SIX | broken), scenario(**DOLLARS))
    assert not {"stock_released", "carrying_saved"} & {benefit.key for benefit in found}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_evidence_names_the_number_and_its_source(language: str) -> None:
    for benefit in propose_benefits(own(**SIX), scenario(**DOLLARS)):
        assert benefit.evidence is not None
        said = benefit.evidence.said(language)
        if benefit.key != "carrying_saved":
            assert ("was told." if language == "en" else "由本人填写。") in said
    hours = next(benefit for benefit in propose_benefits(own(**SIX), scenario()) if benefit.key == "hours_saved")
    assert hours.evidence is not None
    assert "60,000" in hours.evidence.said(language)
    assert "6,000" in hours.evidence.said(language)


def test_targets_are_open_to_change() -> None:
    bold = Targets(hours_gone=schema.Range(low=0.5, likely=0.5, high=0.5), ramp=(1.0,))
    hours = next(one for one in propose_benefits(own(**SIX), scenario(), bold) if one.key == "hours_saved")
    assert hours.a_year.low == hours.a_year.high == 135_000
    assert hours.ramp == (1.0,)


# --- the case ------------------------------------------------------------------------------------------------------

FIXED = [{"share": 1, "low": 0.0, "high": 0.0}]


def benefit(key: str, *amounts: float, **given: Any) -> dict[str, Any]:
    low, likely, high = amounts if len(amounts) == 3 else amounts * 3
    return {"key": key, "a_year": {"low": low, "likely": likely, "high": high}} | given


def decision(*benefits: dict[str, Any], **given: Any) -> schema.Decision:
    asked = {
        "currency": "CNY",
        "parts": [{"model": "flat", "price": 100, "per": "year"}],
        "one_off": {"implementation": 500},
        "renewal": {"growth": 0.1},
    }
    plan = {"name": "List", "source": "a page", "as_of": None, "grade": "A", "pricing": asked}
    made: dict[str, Any] = {
        "name": "Which ERP",
        "as_of": "2026-11-25",
        "requirements": [],
        "scenario": scenario(overrun=FIXED).model_dump(),
        "vendors": [{"key": "alpha", "name": "Alpha", "plans": [plan]}, {"key": "beta", "name": "Beta"}],
        "benefits": list(benefits),
        "draws": 2000,
    }
    return schema.Decision.model_validate(made | given)


def test_a_case_without_uncertainty_is_the_sum_by_hand() -> None:
    found = business_case(decision(benefit("hours_saved", 1000, ramp=[0.5, 1.0])), "alpha")
    # Before: −500. Year 1: 500 − 100 = 400. Year 2: 1,000 − 110 = 890.
    assert found.flows["cost"].tolist() == pytest.approx([500, 100, 110])
    assert found.flows["benefit"].tolist() == [0, 500, 1000]
    assert found.flows["net"].tolist() == pytest.approx([-500, 400, 890])
    assert found.flows["cumulative"].tolist() == pytest.approx([-500, -100, 790])
    value = -500 + 400 / 1.1 + 890 / 1.21
    assert [found.npv_expected, found.npv_p10, found.npv_p50, found.npv_p90] == pytest.approx([value] * 4)
    # 500·x² − 400·x − 890 = 0 for x = 1 + r
    assert found.irr == pytest.approx((400 + (400**2 + 4 * 500 * 890) ** 0.5) / 1000 - 1)
    assert found.payback == pytest.approx(1 + 100 / 890)
    assert found.discounted_payback == pytest.approx(1 + (500 - 400 / 1.1) / (890 / 1.21))
    assert found.loss == 0
    assert found.unknown is None
    assert found.band["p50"].tolist() == pytest.approx([-500, -100, 790])


def test_what_comes_once_comes_by_the_rise_of_its_ramp_and_is_not_paid_back() -> None:
    found = business_case(
        decision(
            benefit("stock_released", 1000, once=True, ramp=[0.3, 0.8, 1.0]),
            scenario=scenario(years=5, overrun=FIXED).model_dump(),
        ),
        "alpha",
    )
    assert found.benefits["stock_released"].tolist() == pytest.approx([0, 300, 500, 200, 0, 0])


def test_the_last_value_of_a_ramp_holds_on() -> None:
    found = business_case(
        decision(
            benefit("hours_saved", 1000, ramp=[0.2]),
            scenario=scenario(years=3, overrun=FIXED).model_dump(),
        ),
        "alpha",
    )
    assert found.benefits["hours_saved"].tolist() == pytest.approx([0, 200, 200, 200])


def test_a_benefit_of_one_vendor_goes_before_the_one_for_all() -> None:
    both = (
        benefit("hours_saved", 1000, ramp=[1.0]),
        benefit("hours_saved", 10, ramp=[1.0], vendor="alpha"),
        benefit("other", 7, ramp=[1.0], vendor="beta"),
        benefit("hours_saved", 5000, ramp=[1.0]),
    )
    assert business_case(decision(*both), "alpha").flows["benefit"].tolist() == [0, 10, 10]


def test_the_mean_of_the_draws_is_what_is_expected() -> None:
    document = decision(benefit("hours_saved", 0, 400, 1400), scenario=scenario().model_dump(), draws=100_000)
    found = business_case(document, "alpha")
    assert found.npv_expected is not None
    assert found.npv_p10 is not None
    assert found.npv_p90 is not None
    assert found.npv_p10 < found.npv_expected < found.npv_p90
    # Benefit: mean 600 at 0.3 and 0.8. Cost: 500 at Panorama's mean overrun of 14/99, then 100 and 110.
    expected = -500 * (1 + 14 / 99) + (180 - 100) / 1.1 + (480 - 110) / 1.21
    assert found.npv_expected == pytest.approx(expected)


def test_the_probability_of_loss_counts_draws_below_zero() -> None:
    # Cost: 500 + 100/1.1 + 110/1.21 = 681.818. A benefit of b a year is worth b·(1/1.1 + 1/1.21) = 1.735537·b, which
    # breaks even at 392.857; of a triangle from 0 over 0 to 1,000 a share of 1 − (1 − 0.392857)² lies below.
    found = business_case(decision(benefit("hours_saved", 0, 0, 1000, ramp=[1.0]), draws=50_000), "alpha")
    share = 1 - (1 - 0.392857) ** 2
    assert found.loss == pytest.approx(share, abs=4 * (share * (1 - share) / 50_000) ** 0.5)


def test_the_same_decision_gives_the_same_case_and_one_vendor_more_changes_nothing() -> None:
    first = decision(benefit("hours_saved", 0, 400, 1400))
    more = first.model_copy(update={"vendors": (*first.vendors, schema.Vendor(key="gamma", name="Gamma"))})
    cases = [business_case(document, "alpha") for document in (first, first, more)]
    assert len({(case.npv_p10, case.npv_p50, case.loss) for case in cases}) == 1


def test_the_tornado_puts_each_input_at_its_ends_and_the_largest_swing_first() -> None:
    document = decision(
        benefit("hours_saved", 0, 0, 1000, ramp=[1.0]),
        benefit("errors_avoided", 100, ramp=[1.0]),
        scenario=scenario(overrun=[{"share": 1, "low": 0.0, "high": 1.0}]).model_dump(),
    )
    found = business_case(document, "alpha")
    rows = found.tornado.set_index("key")
    assert list(rows.index) == ["hours_saved", "overrun", "adoption"]  # 400 against 393.9; what is fixed has no swing
    # P10 and P90 of the triangle: 1,000·(1 − √0.9) and 1,000·(1 − √0.1).
    low, high = 1000 * (1 - 0.9**0.5), 1000 * (1 - 0.1**0.5)
    assert rows.loc["hours_saved", ["low", "high"]].tolist() == pytest.approx([low, high])
    worth = 1 / 1.1 + 1 / 1.21
    swing = rows.loc["hours_saved", "npv_high"] - rows.loc["hours_saved", "npv_low"]
    assert swing == pytest.approx((high - low) * worth)
    # An overrun of 10 and of 90 % of 500, with everything else at its mean: 1,000/3 + 100 a year.
    rest = (1000 / 3 + 100) * worth - 100 / 1.1 - 110 / 1.21
    assert rows.loc["overrun", ["npv_low", "npv_high"]].tolist() == pytest.approx([rest - 550, rest - 950])
    # A year later the benefits of year 1 are missing: both come in year 2 only.
    late = rows.loc["adoption", "npv_high"] - rows.loc["adoption", "npv_low"]
    assert late == pytest.approx((1000 / 3 + 100) / 1.1)


def test_every_input_of_the_tornado_has_a_name() -> None:
    spread = {"low": 1, "likely": 2, "high": 9}
    asked = {
        "currency": "CNY",
        "parts": [
            {"model": "flat", "price": spread},
            {"model": "perpetual", "price": spread, "maintenance": {"low": 0.1, "likely": 0.2, "high": 0.3}},
            {"model": "modules", "modules": [{"key": "wms.pro", "name": "WMS Pro", "price": spread}]},
        ],
        "one_off": {"training": spread},
        "yearly": {"support": spread},
        "exit": spread,
    }
    plan = {"name": "List", "source": "a page", "as_of": None, "grade": "A", "pricing": asked}
    labour = {"project_hours": spread, "hours_a_year": spread, "cost_an_hour": 5}
    document = decision(
        benefit("tidy_desks", 5, 6, 7),
        vendors=[{"key": "alpha", "name": "Alpha", "plans": [plan]}],
        scenario=scenario(
            modules=["wms.pro"], labour=labour, downtime={"hours_a_year": spread, "cost_an_hour": 5}
        ).model_dump(),
    )
    names = {say(name, "en") for name in business_case(document, "alpha").tornado["name"]}
    assert names == {
        "tidy_desks", "Price of the software", "Licences", "Maintenance", "Price of WMS Pro", "Training", "Support", "Exit",
        "Own hours for the project", "Own hours a year afterwards", "Hours of standstill a year", "Overrun of the project",
        "Price growth at renewal", "Everything works a year later",
    }  # fmt: skip


def test_a_benefit_of_the_merchants_own_goes_by_its_key() -> None:
    assert benefit_name("tidy_desks") == "tidy_desks"
    assert say(benefit_name("hours_saved"), "en") == "Hours of work saved"


def test_without_benefits_they_are_proposed_and_what_is_missing_is_named() -> None:
    document = decision(own_numbers=[number(key, value) for key, value in SIX.items()])
    found = business_case(document, "alpha")
    assert list(found.benefits.columns) == ["stock_released", "carrying_saved", "hours_saved"]
    told = [say(text, "en") for text in found.lacking]
    assert any(text.startswith("Shortages:") for text in told)
    assert any("dollars without a rate" in text for text in told)
    assert any(text.startswith("Not told and left out:") for text in told)


def test_without_a_number_there_is_no_case_and_it_says_why() -> None:
    found = business_case(decision(), "alpha")
    assert found.unknown is not None
    assert "No benefit is known yet" in say(found.unknown, "en")
    assert (found.npv_p50, found.irr, found.loss) == (None, None, None)
    assert len(found.lacking) == 5
    assert found.flows.empty
    assert list(found.flows.columns) == ["benefit", "cost", "net", "cumulative"]
    assert found.tornado.empty


def test_a_case_that_knows_nothing_of_the_project_says_that_it_looks_too_good() -> None:
    def case(one_off: dict[str, Any], **terms: Any) -> Any:
        asked = {"currency": "CNY", "parts": [{"model": "flat", "price": 1}], "one_off": one_off}
        plan = {"name": "List", "source": "a page", "as_of": None, "grade": "A", "pricing": asked}
        vendors = [{"key": "alpha", "name": "Alpha", "plans": [plan]}]
        return business_case(
            decision(benefit("hours_saved", 1000), vendors=vendors, scenario=scenario(**terms).model_dump()), "alpha"
        )

    assert "looks better than it is" in say(case({"training": 5}).too_good, "en")
    assert case({"implementation": 0}).too_good is None
    assert case({}, one_off_unknown={"low": 0.1, "likely": 0.5, "high": 2}).too_good is None


def test_a_case_on_a_price_that_is_only_a_beginning_says_that_it_looks_too_good() -> None:
    asked = {"currency": "CNY", "parts": [{"model": "flat", "price": 1}], "one_off": {"implementation": 0}}
    plan = {"name": "List", "source": "a page", "as_of": None, "grade": "A", "pricing": asked, "at_least": True}
    found = business_case(
        decision(benefit("hours_saved", 1000), vendors=[{"key": "alpha", "name": "Alpha", "plans": [plan]}]), "alpha"
    )
    assert "“from” price" in say(found.too_good, "en")


def test_a_vendor_without_a_price_has_no_case() -> None:
    found = business_case(decision(benefit("hours_saved", 1000)), "beta")
    assert found.unknown is not None
    assert "No price is published" in say(found.unknown, "en")


def test_the_chosen_vendor_is_meant_where_none_is_named() -> None:
    document = decision(benefit("hours_saved", 1000), chosen="alpha")
    assert business_case(document).vendor == "alpha"
    for wrong in (None, "nobody"):
        with pytest.raises(NotFound) as refused:
            business_case(decision(benefit("hours_saved", 1000)), wrong)
        assert refused.value.code == "case.no_vendor"


def test_a_case_of_one_year_works() -> None:
    found = business_case(
        decision(benefit("hours_saved", 1000, ramp=[1.0]), scenario=scenario(years=1, overrun=FIXED).model_dump()),
        "alpha",
    )
    assert found.npv_expected == pytest.approx(-500 + 900 / 1.1)
    assert "adoption" not in set(found.tornado["key"])
    assert np.isfinite(found.band.to_numpy()).all()
