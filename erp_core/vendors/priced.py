"""What one vendor is paid by, with what the meters and the negotiation need to know of it beside its cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from erp_core.vendors import schema
from erp_core.vendors.bill import Bill, drawn_by_year
from erp_core.vendors.cost import total_cost, vendor_cost
from erp_core.vendors.cost_criterion import growth_of
from erp_core.vendors.meters import Paid, idle_modules
from erp_core.vendors.plans import price_of
from erp_core.vendors.results import VendorCost
from erp_core.vendors.scoring import Floats

SOFTWARE = ("subscription", "licence", "maintenance")  # kinds of cost that are the software's price
CUTS = np.linspace(0.0, 1.0, 21)  # shares off the software's price at which the total is known beforehand

_PRICES = frozenset({"price", "base", "extra_user", "extra_location"})


@dataclass(frozen=True, eq=False)
class Priced:
    """`free`: the same draws of the total, had the software cost nothing; `growth`: of its price at a renewal;
    `first_year`: what the software is paid in year 1; `paid`: over the horizon, and of that for idle modules;
    `at_cuts`: `at_cut` at each of CUTS. None or empty where the cost is unknown; money in the scenario's currency."""

    cost: VendorCost
    free: Floats | None = field(default=None, repr=False)
    growth: schema.Range | None = None
    first_year: float | None = None
    paid: Paid | None = None
    at_cuts: tuple[tuple[float, float], ...] = ()

    def at_cut(self, cut: float) -> tuple[float, float]:
        """Median and P90 of the total with this share off the software's price. The cost has to be known."""
        assert self.cost.draws is not None
        assert self.free is not None
        return _at_cut(self.cost.draws, self.free, cut)


def priced(vendor: schema.Vendor, decision: schema.Decision) -> Priced:
    """The cost of a vendor in a decision, and what else is known of its price."""
    cost = vendor_cost(vendor, decision)
    bill = price_of(vendor, decision).bill
    if bill is None or cost.table is None:
        return Priced(cost)
    no_price = replace(bill, pricing=with_price(bill.pricing, 0.0))
    free = drawn_by_year(no_price, decision.draws, decision.seed).sum(axis=0)
    full = cost.draws
    assert full is not None
    software = cost.table[list(SOFTWARE)]
    return Priced(
        cost,
        free,
        growth_of(bill.pricing, bill.scenario),
        float(software.loc[1].sum()),
        Paid(float(software.to_numpy().sum()), _idle_money(bill, decision)),
        tuple(_at_cut(full, free, float(cut)) for cut in CUTS),
    )


def _at_cut(full: Floats, free: Floats, cut: float) -> tuple[float, float]:
    p50, p90 = np.quantile(full + cut * (free - full), (0.5, 0.9))
    return float(p50), float(p90)


def _idle_money(bill: Bill, decision: schema.Decision) -> float:
    """What is paid over the horizon for modules that serve only requirements marked not needed."""
    taken = set(bill.scenario.modules)
    serves = {
        module.key: module.serves
        for part in bill.pricing.parts
        if isinstance(part, schema.Modules)
        for module in part.modules
        if module.key in taken
    }
    idle = set(idle_modules(serves, decision))
    if not idle:
        return 0.0
    without = bill.scenario.model_copy(
        update={"modules": tuple(key for key in bill.scenario.modules if key not in idle)}
    )
    kinds = list(SOFTWARE)
    paid = total_cost(bill.pricing, bill.scenario)[kinds].to_numpy().sum()
    return float(paid - total_cost(bill.pricing, without)[kinds].to_numpy().sum())


def with_price(pricing: schema.Pricing, factor: float) -> schema.Pricing:
    """The same pricing with every price of the software (not what is paid besides) multiplied by `factor`."""
    parts = [_scaled(part, factor) for part in pricing.model_dump()["parts"]]
    return schema.Pricing.model_validate({**pricing.model_dump(), "parts": tuple(parts)})


def _scaled(value: Any, factor: float, price: bool = False) -> Any:
    match value:
        case Mapping():
            return {key: _scaled(inner, factor, price or key in _PRICES) for key, inner in value.items()}
        case list() | tuple():
            return tuple(_scaled(inner, factor, price) for inner in value)
        case float() if price:
            return value * factor
    return value
