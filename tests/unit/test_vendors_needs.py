"""What is needed: the template, what own numbers propose, what a need is worth, the scenario."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_core.errors import BadInput
from erp_core.text import say
from erp_core.vendors.criteria import LEAVES
from erp_core.vendors.own_numbers import OWN_METRICS, growth_path, merged, scenario_from, value_of
from erp_core.vendors.proposals import RULES, price_tag, propose
from erp_core.vendors.schema import PUBLISHED_ONE_OFFS, Bilingual, OwnNumber, Priority, Rate, Requirement, Scenario
from erp_core.vendors.template import load_requirements, template

TODAY = dt.date(2026, 3, 2)
SCENARIO = Scenario(currency="CNY", start=TODAY)
CJK = "[\u3400-\u9fff]"


def own(**values: float) -> tuple[OwnNumber, ...]:
    """Own numbers by key; `__` stands for a point."""
    said = Bilingual(en="Said.", zh="说明。")
    return tuple(OwnNumber(key=key.replace("__", "."), value=value, source=said) for key, value in values.items())


def need(key: str, **changes: object) -> Requirement:
    """One requirement of the template, changed."""
    (found,) = (one for one in template() if one.key == key)
    return found.model_copy(update=changes)


def proposed(key: str, **values: float) -> Requirement:
    """One requirement as own numbers propose it."""
    (found,) = (one for one in propose(template(), own(**values)) if one.key == key)
    return found


# --- the template ----------------------------------------------------------------------------------------------------


def test_the_template_covers_every_leaf_that_requirements_can_meet() -> None:
    counted = Counter(one.criterion for one in template())
    assert set(counted) == {leaf for leaf in LEAVES if not leaf.startswith("cost.")}
    assert min(counted.values()) >= 3
    assert len(template()) >= 120


def test_a_requirement_stands_once_in_each_language_and_says_what_to_have_shown() -> None:
    for texts in (
        [one.key for one in template()], [one.text.en for one in template()], [one.text.zh for one in template()],
        [one.ask.en for one in template()], [one.ask.zh for one in template()],
    ):  # fmt: skip
        assert [text for text, count in Counter(texts).items() if count > 1] == []
    for one in template():
        assert one.key.startswith(one.criterion + "."), one.key
        assert (one.text.en[-1], one.ask.en[-1], one.text.zh[-1], one.ask.zh[-1]) == (".", ".", "。", "。"), one.key
        assert all(re.search(CJK, text) for text in (one.text.zh, one.ask.zh)), one.key
        assert not re.search(rf"{CJK}[,;?!:.]", one.text.zh + one.ask.zh), one.key
        assert one.text.en != one.ask.en


def test_there_are_musts_and_they_are_few_enough_to_be_meant() -> None:
    counted = Counter(one.priority for one in template())
    assert 15 <= counted[Priority.MUST] <= 40
    assert counted[Priority.NOT_NEEDED] == 0  # that is for the merchant to say
    assert all(one.reason is None and not one.own for one in template())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("criterion: cost.total", "cost.total"),
        ("criterion: function", "function"),
        ("metric: moon_phase", "moon_phase"),
        ("priority: maybe", "maybe"),
        ("weight: 0", "line 6"),
    ],
)
def test_a_file_of_requirements_is_read_strictly(tmp_path: Path, wrong: str, told: str) -> None:
    lines = ["criterion: function.orders", "priority: must", "metric: channels", "weight: 1.0"]
    name = wrong.partition(":")[0]
    lines = [wrong if line.startswith(name) else line for line in lines]
    text = "requirements:\n  - key: function.orders.one\n" + "".join(f"    {line}\n" for line in lines)
    text += "    text: {en: One., zh: 一。}\n    ask: {en: Show., zh: 看。}\n"
    path = tmp_path / "needs.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refusal:
        load_requirements(path)
    assert "needs.yaml" in str(refusal.value)
    assert told in str(refusal.value)


def test_a_key_that_stands_twice_in_a_file_is_refused(tmp_path: Path) -> None:
    one = (
        "  - key: a.b\n    criterion: function.orders\n    priority: must\n"
        "    text: {en: One., zh: 一。}\n    ask: {en: Show., zh: 看。}\n"
    )
    path = tmp_path / "needs.yaml"
    path.write_text("requirements:\n" + one + one, encoding="utf-8")
    with pytest.raises(BadInput, match="line 7"):
        load_requirements(path)


# --- proposals -------------------------------------------------------------------------------------------------------


def test_without_numbers_the_template_stays_and_gives_no_reason() -> None:
    assert propose(template(), ()) == template()


def test_every_rule_names_requirements_of_the_template_and_numbers_that_exist() -> None:
    keys = {one.key for one in template()}
    derived = {"lost_of_revenue", "excess_of_stock", "peak_day_ratio"}
    for rule in RULES:
        assert set(rule.needs) <= keys, rule
        assert rule.metric in OWN_METRICS or rule.metric in derived, rule


@pytest.mark.parametrize(
    ("share", "priority"),
    [(0.0, Priority.NOT_NEEDED), (0.0001, Priority.SHOULD), (0.0999, Priority.SHOULD), (0.10, Priority.MUST)],
)
def test_revenue_in_foreign_currency_asks_for_several_currencies(share: float, priority: Priority) -> None:
    assert proposed("scale.currencies.selling", foreign_revenue_share=share).priority is priority


def test_a_reason_says_the_number_in_both_languages() -> None:
    reason = proposed("scale.currencies.selling", foreign_revenue_share=0.12, currencies=4).reason
    assert reason is not None
    assert reason.en == "12% of revenue came in 3 foreign currencies."  # four currencies less our own
    assert reason.zh == "12% 的销售额为外币，共 3 种。"


def test_what_is_not_known_is_not_taken_for_none() -> None:
    one = proposed("function.channels.amazon", channels=3)
    assert (one.priority, one.reason) == (Priority.COULD, None)
    assert proposed("function.channels.amazon", platform__amazon=0.0).priority is Priority.NOT_NEEDED


def test_more_than_little_to_look_after_never_lowers_a_priority() -> None:
    assert need("function.carriers.tracking_back").priority is Priority.MUST
    one = proposed("function.carriers.tracking_back", late_order_share=0.02)  # the numbers alone say: should
    assert one.priority is Priority.MUST
    assert one.reason is not None


def test_little_to_look_after_lowers_a_priority() -> None:
    assert need("function.stock.no_oversell").priority is Priority.MUST
    assert proposed("function.stock.no_oversell", channels=1).priority is Priority.SHOULD
    assert proposed("function.stock.no_oversell", channels=2).priority is Priority.MUST


def test_an_error_rate_is_judged_by_the_good_one() -> None:
    assert proposed("function.orders.scan_verify", wrong_order_share=0.0009).priority is Priority.SHOULD
    assert proposed("function.orders.scan_verify", wrong_order_share=0.001).priority is Priority.MUST


def test_losses_are_judged_beside_revenue() -> None:
    one = proposed("function.orders.backorders", shortage_losses_a_year=25_000, revenue_a_year=1_000_000)
    assert one.reason is not None
    assert one.reason.en == "Shortages cost 2.5% of revenue."  # 25,000 / 1,000,000
    alone = proposed("function.orders.backorders", shortage_losses_a_year=25_000)
    assert alone.reason is None


def test_what_the_merchant_wrote_is_not_proposed_for() -> None:
    mine = need("scale.currencies.selling", own=True, priority=Priority.COULD)
    assert propose([mine], own(foreign_revenue_share=0.5)) == (mine,)


@given(
    st.sampled_from(sorted({rule.metric for rule in RULES} - {"lost_of_revenue", "excess_of_stock", "peak_day_ratio"})),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_a_greater_number_never_makes_a_need_smaller(metric: str, one: float, other: float) -> None:
    rank = {priority: -at for at, priority in enumerate(Priority)}
    number = own()[:0]
    low, high = (
        {
            need.key: rank[need.priority]
            for need in propose(template(), (*number, *own(**{metric.replace(".", "__"): value})))
        }
        for value in sorted((one, other))
    )
    assert all(high[key] >= low[key] for key in low)


# --- what a need is worth --------------------------------------------------------------------------------------------


def test_shortage_losses_price_the_alert() -> None:
    tag = price_tag(need("function.stock.shortage_alerts"), own(shortage_losses_a_year=65_000), SCENARIO)
    assert tag is not None
    assert (tag.a_year.low, tag.a_year.high, tag.lost) == (65_000, 65_000, True)


def test_wrong_orders_are_priced_by_the_merchants_own_cost_or_by_the_published_range_at_a_rate() -> None:
    scan = need("function.orders.scan_verify")
    numbers = own(orders_a_year=10_000, wrong_order_share=0.004)  # 40 wrong orders
    assert price_tag(scan, numbers, SCENARIO) is None  # neither a cost nor a rate for dollars
    mine = price_tag(scan, (*numbers, *own(cost_an_error=50)), SCENARIO)
    assert mine is not None
    assert mine.a_year.likely == 2_000  # 40 × 50
    rate = Rate(currency="USD", rate=7.0, as_of=TODAY, source="test")
    published = price_tag(scan, numbers, SCENARIO.model_copy(update={"rates": (rate,)}))
    assert published is not None
    assert (published.a_year.low, published.a_year.high) == (6_160, 28_000)  # 40 × 7 × 22 and × 100


def test_excess_stock_is_priced_by_what_it_costs_to_carry() -> None:
    tag = price_tag(need("function.stock.excess_alerts"), own(excess_value=100_000), SCENARIO)
    assert tag is not None
    assert (tag.a_year.low, tag.a_year.likely, tag.a_year.high) == pytest.approx((20_000, 25_000, 30_000))


def test_the_work_on_orders_is_priced_by_minutes_and_wages() -> None:
    numbers = own(orders_a_year=12_000, minutes_an_order=6, cost_an_hour=40)
    tag = price_tag(need("function.orders.review_rules"), numbers, SCENARIO)
    assert tag is not None
    assert tag.a_year.likely == 48_000  # 12,000 × 6 / 60 × 40


def test_money_that_only_passes_through_is_not_called_lost() -> None:
    numbers = own(revenue_a_year=1_000_000, foreign_revenue_share=0.09)
    tag = price_tag(need("scale.currencies.selling"), numbers, SCENARIO)
    assert tag is not None
    assert (round(tag.a_year.likely), tag.lost) == (90_000, False)
    assert "9" in say(tag.text, "zh_CN")


def test_what_has_no_number_has_no_price() -> None:
    assert price_tag(need("security.backup.kept"), own(revenue_a_year=1_000_000), SCENARIO) is None
    assert price_tag(need("scale.currencies.selling"), own(revenue_a_year=1_000_000), SCENARIO) is None


# --- the scenario ----------------------------------------------------------------------------------------------------


def test_growth_fades_by_three_tenths_a_year() -> None:
    path = growth_path(1_000.0, 0.10, 3)
    # 1,000 × 1.1 = 1,100 · × 1.07 = 1,177 · × 1.049 = 1,234.7
    assert path.by_year == pytest.approx((1_100.0, 1_177.0, 1_234.7))


def test_growth_beyond_doubling_or_halving_is_not_carried_on() -> None:
    assert growth_path(100.0, 9.0, 1).by_year == (200.0,)
    assert growth_path(100.0, -0.9, 1).by_year == (50.0,)


def test_unknown_growth_is_no_growth_and_says_so() -> None:
    found = scenario_from(own(orders_a_month=500.0), "CNY", TODAY)
    assert found.scenario.orders.by_year == ()
    assert found.scenario.orders.now == 500.0
    assert "Growth is not known" in found.reasons["orders"].en
    assert "增速未知" in found.reasons["orders"].zh


def test_the_scenario_takes_what_is_known_and_leaves_the_rest() -> None:
    rates = (Rate(currency="USD", rate=7.2, as_of=TODAY, source="test"),)
    numbers = own(orders_a_month=1_000.0, orders_growth=0.1, peak_month=1.63, locations=2.0)
    found = scenario_from(numbers, "CNY", TODAY, rates, 7)
    scenario = found.scenario
    assert (scenario.years, scenario.peak, scenario.locations.now, scenario.users.now) == (7, 1.63, 2.0, 1.0)
    assert len(scenario.orders.by_year) == 7
    assert scenario.rates == rates
    assert set(found.reasons) == {"orders", "peak", "locations"}
    empty = scenario_from((), "EUR", TODAY)
    bare = Scenario(currency="EUR", start=TODAY, one_off_unknown=PUBLISHED_ONE_OFFS)
    assert (empty.scenario, dict(empty.reasons)) == (bare, {})


def test_what_a_vendor_does_not_tell_of_its_one_offs_is_not_free() -> None:
    """Licences 20, all else 78 of the actual budget: 78 / 20 over six kinds of one-offs = 0.65 each on average."""
    prior = scenario_from((), "EUR", TODAY).scenario.one_off_unknown
    assert prior is not None
    assert (prior.low + prior.likely + prior.high) / 3 == pytest.approx((35 + 12 + 18 + 8 + 5) / 20 / 6)


def test_how_sure_growth_is_stands_beside_it() -> None:
    numbers = own(orders_a_month=100, orders_growth=0.2, orders_growth_low=0.05, orders_growth_high=0.4)
    reason = scenario_from(numbers, "CNY", TODAY).reasons["orders"].en
    assert "+20.0%" in reason
    assert "+5.0%" in reason
    assert "+40.0%" in reason


def test_what_a_person_told_goes_before_what_the_data_say() -> None:
    told, computed = own(companies=2, users=9), own(users=3, orders_a_day=10)
    both = merged(told, computed)
    assert value_of(both, "users") == 9
    assert [number.key for number in both] == [
        key for key in OWN_METRICS if key in {"users", "companies", "orders_a_day"}
    ]
    assert value_of(both, "skus") is None


def test_every_own_number_is_named_and_explained_in_both_languages() -> None:
    titles = [say(metric.title, "zh_CN") for metric in OWN_METRICS.values()]
    assert [title for title, count in Counter(titles).items() if count > 1] == []
    for metric in OWN_METRICS.values():
        assert re.search(CJK, say(metric.title, "zh_CN")), metric.key
        assert re.search(CJK, say(metric.how, "zh_CN")), metric.key
        assert metric.unit in ("money", "share", "ratio", "count", "minutes"), metric.key
