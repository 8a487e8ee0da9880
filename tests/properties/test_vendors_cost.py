"""What holds of a vendor's cost whatever the prices: dearer is never cheaper, the parts add up, currencies scale, and
nobody's draws depend on others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from erp_core.vendors import schema
from erp_core.vendors.bill import Bill, drawn_by_year
from erp_core.vendors.cost import draw_costs, expected_cost, total_cost, vendor_cost
from erp_core.vendors.flows import internal_rates, irr, npv, payback

prices = st.floats(0, 1e6)
shares = st.floats(0, 1)
counts = st.integers(0, 500)


@st.composite
def ranges(draw: st.DrawFn, values: st.SearchStrategy[float] = prices) -> dict[str, float]:
    low, likely, high = sorted(draw(st.tuples(values, values, values)))
    return {"low": low, "likely": likely, "high": high}


amounts = prices | ranges()
PARTS = st.one_of(
    st.fixed_dictionaries({"model": st.just("flat"), "price": amounts, "per": st.sampled_from(["month", "year"])}),
    st.fixed_dictionaries({"model": st.just("per_user"), "price": prices, "base": prices, "included": counts, "minimum": counts}),
    st.fixed_dictionaries({"model": st.just("per_order"), "price": prices, "included": counts}),
    st.fixed_dictionaries({"model": st.just("per_location"), "price": prices, "included": counts}),
    st.fixed_dictionaries({"model": st.just("perpetual"), "price": amounts, "maintenance": shares, "per_user": st.booleans()}),
    st.fixed_dictionaries(
        {
            "model": st.just("tiers"),
            "tiers": st.lists(
                st.fixed_dictionaries({"price": prices, "orders": st.none() | counts, "users": st.none() | counts}),
                min_size=1,
                max_size=4,
            ),
            "measure": st.sampled_from(["month", "peak"]),
            "extra_user": prices,
            "extra_orders": st.fixed_dictionaries({"orders": st.integers(1, 1000), "price": prices}),
        }
    ),
)  # fmt: skip
ONE_OFFS = st.fixed_dictionaries(
    {}, optional={"implementation": amounts | st.fixed_dictionaries({"times_software": ranges(st.floats(0, 5))}), "training": amounts}
)  # fmt: skip
PRICINGS = st.fixed_dictionaries(
    {
        "currency": st.just("EUR"),
        "parts": st.lists(PARTS, min_size=1, max_size=3),
        "one_off": ONE_OFFS,
        "yearly": st.fixed_dictionaries({}, optional={"support": amounts}),
        "exit": st.none() | amounts,
        "discount": shares,
        "renewal": st.fixed_dictionaries(
            {"growth": st.none() | st.floats(-0.5, 1) | ranges(st.floats(0, 1)), "cap": st.none() | shares, "locked_years": st.integers(0, 5)}
        ),
    }
)  # fmt: skip
PATHS = st.fixed_dictionaries({"now": st.integers(0, 300), "growth": st.floats(-0.5, 1)})
SCENARIOS = st.fixed_dictionaries(
    {
        "currency": st.just("EUR"),
        "start": st.just("2027-01-01"),
        "years": st.integers(1, 10),
        "users": PATHS,
        "orders": PATHS,
        "locations": PATHS,
        "peak": st.floats(1, 5),
        "price_growth": st.none() | st.floats(0, 1) | ranges(st.floats(0, 1)),
        "labour": st.fixed_dictionaries({"project_hours": amounts, "hours_a_year": amounts, "cost_an_hour": st.floats(0, 500)}),
    }
)  # fmt: skip


def close(first: Any, second: Any) -> None:
    np.testing.assert_allclose(np.asarray(first), np.asarray(second), rtol=1e-9, atol=1e-6)


@given(PRICINGS, SCENARIOS)
def test_the_draws_and_the_tables_are_finite_and_never_negative(asked: dict[str, Any], plan: dict[str, Any]) -> None:
    for table in (total_cost(asked, plan), expected_cost(asked, plan)):
        assert (table.to_numpy() >= 0).all()
        assert np.isfinite(table.to_numpy()).all()
        assert table.shape == (plan["years"], 14)
    drawn = draw_costs(asked, plan, 20, 1, "a")
    assert (drawn >= 0).all()
    assert drawn.shape == (20,)


@given(PRICINGS, SCENARIOS)
def test_the_rows_of_the_draws_add_up_to_their_totals(asked: dict[str, Any], plan: dict[str, Any]) -> None:
    bill = Bill(schema.Pricing.model_validate(asked), schema.Scenario.model_validate(plan), "a")
    rows = drawn_by_year(bill, 20, 1)
    assert rows.shape == (plan["years"] + 1, 20)
    close(rows.sum(axis=0), draw_costs(asked, plan, 20, 1, "a"))


@given(PRICINGS, SCENARIOS, st.floats(0.01, 100))
def test_another_currency_scales_every_price_and_nothing_else(
    asked: dict[str, Any], plan: dict[str, Any], rate: float
) -> None:
    foreign = asked | {"currency": "USD"}
    converted = plan | {"rates": [{"currency": "USD", "rate": rate, "as_of": "2026-01-01", "source": "bank"}]}
    at_home, abroad = total_cost(asked, plan), total_cost(foreign, converted)
    close(abroad.drop(columns="labour"), at_home.drop(columns="labour") * rate)
    close(abroad["labour"], at_home["labour"])


@given(PRICINGS, SCENARIOS, st.floats(0, 1000))
def test_a_dearer_price_never_costs_less(asked: dict[str, Any], plan: dict[str, Any], more: float) -> None:
    dearer = asked | {"parts": [*asked["parts"], {"model": "flat", "price": more}]}
    before, after = draw_costs(asked, plan, 20, 1, "a"), draw_costs(dearer, plan, 20, 1, "a")
    assert (after >= before * (1 - 1e-12)).all()


@given(PRICINGS, SCENARIOS, st.integers(0, 50))
def test_more_users_orders_and_places_never_cost_less(asked: dict[str, Any], plan: dict[str, Any], more: int) -> None:
    # Even where a list sells the wider step for less: who needs less may take it too.
    larger = plan | {path: plan[path] | {"now": plan[path]["now"] + more} for path in ("users", "orders", "locations")}
    before, after = total_cost(asked, plan).to_numpy().sum(), total_cost(asked, larger).to_numpy().sum()
    assert after >= before * (1 - 1e-9) - 1e-6


@given(PRICINGS, SCENARIOS)
def test_the_likely_table_lies_between_the_cheapest_and_the_dearest_draws(
    asked: dict[str, Any], plan: dict[str, Any]
) -> None:
    # Without overrun, and where growth is told or assumed, the likely case is one of those that may come.
    assume(asked["renewal"]["growth"] is not None or plan["price_growth"] is not None)
    certain = plan | {"overrun": []}
    drawn = draw_costs(_ends(asked, "low"), _ends(certain, "low"), 1, 1)[0]
    highest = draw_costs(_ends(asked, "high"), _ends(certain, "high"), 1, 1)[0]
    likely = total_cost(asked, certain).to_numpy().sum()
    assert drawn * (1 - 1e-9) - 1e-6 <= likely <= highest * (1 + 1e-9) + 1e-6


def _ends(value: Any, end: str) -> Any:
    """The same mapping with every range at one end."""
    if isinstance(value, dict):
        if value.keys() == {"low", "likely", "high"}:
            return value[end]
        return {key: _ends(entry, end) for key, entry in value.items()}
    return [_ends(entry, end) for entry in value] if isinstance(value, list) else value


def _vendor(key: str, asked: dict[str, Any]) -> dict[str, Any]:
    plan = {"name": "List", "source": "a page", "as_of": None, "grade": "B", "pricing": asked}
    return {"key": key, "name": key, "plans": [plan]}


@settings(max_examples=30)
@given(st.lists(PRICINGS, min_size=2, max_size=4), SCENARIOS, st.integers(0, 3))
def test_one_vendor_more_or_less_changes_no_others_draws(
    lists: list[dict[str, Any]], plan: dict[str, Any], gone: int
) -> None:
    vendors = [_vendor(f"v{at}", asked) for at, asked in enumerate(lists)]
    rest = [vendor for at, vendor in enumerate(vendors) if at != gone % len(vendors)]

    def draws(of: list[dict[str, Any]]) -> dict[str, Any]:
        made = {"name": "x", "as_of": "2026-11-25", "requirements": [], "scenario": plan, "vendors": of, "draws": 100}
        document = schema.Decision.model_validate(made)
        return {vendor.key: vendor_cost(vendor, document).draws for vendor in document.vendors}

    whole, fewer = draws(vendors), draws(rest[::-1])
    for key, drawn in fewer.items():
        assert (drawn == whole[key]).all()


# --- flows ---------------------------------------------------------------------------------------------------------

flows = st.lists(st.integers(-1000, 1000), min_size=1, max_size=12)


@given(flows)
def test_at_its_rate_a_flow_is_worth_nothing(amounts_: list[int]) -> None:
    scale = max(map(abs, amounts_))
    for rate in internal_rates(amounts_):
        discounted = sum(abs(amount) / (1 + rate) ** at for at, amount in enumerate(amounts_))
        assert abs(npv(rate, amounts_)) <= 1e-4 * max(discounted, scale)


@given(st.integers(1, 1000), st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_an_investment_that_pays_has_exactly_one_rate(paid: int, back: list[int]) -> None:
    rate = irr([-paid, *back])
    assert (rate is None) == (not any(back))
    if rate is not None:
        assert (rate >= 0) == (sum(back) >= paid) or rate == pytest.approx(0, abs=1e-9)


@given(flows)
def test_payback_is_where_the_running_sum_crosses_zero(amounts_: list[int]) -> None:
    period = payback(amounts_)
    sums = np.cumsum(amounts_)
    if period is None:
        assert (sums < 0).all()
    else:
        assert (sums[: int(np.ceil(period))] < 0).all()
        assert sums[int(np.ceil(period))] >= 0
