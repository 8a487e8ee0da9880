"""What the software alone costs, and what the total were with less of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from erp_core.vendors.cost import total_cost
from erp_core.vendors.priced import SOFTWARE, priced, with_price
from erp_core.vendors.schema import Pricing
from tests.choices import decision, flat, need, vendor

SCENARIO = {
    "currency": "EUR", "start": "2027-01-01", "years": 3, "users": {"now": 7}, "orders": {"now": 900},
    "locations": {"now": 2}, "modules": ["m"],
}  # fmt: skip

PARTS: dict[str, dict[str, Any]] = {
    "flat": {"model": "flat", "price": 100},
    "a range": {"model": "flat", "price": {"low": 50, "likely": 100, "high": 200}},
    "per user": {"model": "per_user", "price": 10, "base": 40, "included": 2},
    "per order": {"model": "per_order", "price": 0.3, "included": 100},
    "per location": {"model": "per_location", "price": 10},
    "modules": {"model": "modules", "modules": [{"key": "m", "name": "M", "price": 20}]},
    "tiers": {
        "model": "tiers",
        "tiers": [{"price": 50, "orders": 500, "users": 3, "locations": 1}],
        "extra_user": 5, "extra_location": 7, "extra_orders": {"orders": 100, "price": 9},
    },
    "perpetual": {"model": "perpetual", "price": 1_000, "maintenance": 0.2},
}  # fmt: skip


@pytest.mark.parametrize("name", list(PARTS))
@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_a_factor_on_the_price_is_one_on_the_software_and_on_nothing_else(name: str, factor: float) -> None:
    asked = Pricing.model_validate(
        {**flat(0), "parts": [PARTS[name]], "one_off": {"training": 500}, "yearly": {"support": 90}}
    )
    before, after = total_cost(asked, SCENARIO), total_cost(with_price(asked, factor), SCENARIO)
    software = list(SOFTWARE)
    assert before[software].to_numpy().sum() > 0
    assert after[software].to_numpy() == pytest.approx(factor * before[software].to_numpy())
    rest = [kind for kind in before if kind not in software]
    assert after[rest].to_numpy() == pytest.approx(before[rest].to_numpy())


def test_draw_by_draw_the_total_is_a_line_between_no_price_and_the_full_one() -> None:
    # Uncertain on both sides: a price from a range, an implementation of once or twice the software's first year.
    asked = {
        "currency": "EUR",
        "parts": [PARTS["a range"]],
        "one_off": {"implementation": {"times_software": {"low": 1, "likely": 1, "high": 2}}, "training": 5_000},
    }
    full = decision([vendor("a", asked)], [need("r")])
    half = decision(
        [vendor("a", {**asked, "parts": [{"model": "flat", "price": {"low": 25, "likely": 50, "high": 100}}]})],
        [need("r")],
    )
    price = priced(full.vendors[0], full)
    expected = priced(half.vendors[0], half).cost
    assert price.cost.draws is not None
    assert price.free is not None
    assert price.cost.draws + 0.5 * (price.free - price.cost.draws) == pytest.approx(expected.draws)
    assert price.at_cut(0.5) == pytest.approx((expected.p50, expected.p90))
    assert np.allclose(price.free, 5_000)


def test_where_the_price_is_unknown_so_is_everything() -> None:
    choice = decision([vendor("a")], [need("r")])
    price = priced(choice.vendors[0], choice)
    assert (price.free, price.growth, price.first_year, price.paid, price.at_cuts) == (None, None, None, None, ())
