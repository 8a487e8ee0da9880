"""The criterion cost: what a vendor costs, as a value of 0..1 on scales that do not move with the list of vendors.

Three leaves: the total over the horizon on the decision's `cost_scale` (from nothing to the budget where none is set),
the risk of overrun (P90 over P50, from nothing to half as much again), and price growth at renewal (from nothing to
15 % a year). An unknown price lies anywhere on the whole scale; an unknown growth where the scenario puts it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erp_core.vendors import schema
from erp_core.vendors.results import VendorCost
from erp_core.vendors.sampling import triangular
from erp_core.vendors.scoring import Floats, VendorDraws

SHARE_OF_TOTAL, SHARE_OF_OVERRUN, SHARE_OF_GROWTH = 0.70, 0.15, 0.15
WORST_OVERRUN = 0.50
WORST_GROWTH = 0.15


@dataclass(frozen=True)
class CostValue:
    """The value of one vendor's cost, and one a draw. `known`: whether its price is."""

    low: float
    middle: float
    high: float
    draws: Floats
    known: bool


def scale_of(decision: schema.Decision) -> schema.CostScale | None:
    """The fixed scale of the total; None where neither a scale nor a budget is stated."""
    if decision.cost_scale is not None:
        return decision.cost_scale
    return None if decision.budget is None else schema.CostScale(best=0.0, worst=decision.budget)


def growth_of(pricing: schema.Pricing, scenario: schema.Scenario) -> schema.Range:
    """How far prices may grow at a renewal, under the cap; nothing where they are locked for the whole horizon."""
    renewal = pricing.renewal
    if renewal.locked_years >= scenario.years:
        return schema.Range(low=0.0, likely=0.0, high=0.0)
    growth = scenario.price_growth if renewal.growth is None else renewal.growth
    if growth is None:
        growth = schema.UNKNOWN_GROWTH
    cap = np.inf if renewal.cap is None else renewal.cap
    ends = (growth.low, growth.likely, growth.high) if isinstance(growth, schema.Range) else (growth,) * 3
    low, likely, high = (max(0.0, min(float(end), cap)) for end in ends)
    return schema.Range(low=low, likely=likely, high=high)


def on_scale(total: Floats | float, scale: schema.CostScale) -> Floats:
    """The value of a total: 1 at the scale's best and below, 0 at its worst and above.

    >>> float(on_scale(250.0, schema.CostScale(best=0.0, worst=1000.0)))
    0.75
    """
    return np.asarray((scale.worst - np.clip(total, scale.best, scale.worst)) / (scale.worst - scale.best))


def value_at(p50: float, p90: float, growth: schema.Range, scale: schema.CostScale) -> float:
    """The middle value of the criterion for a total with this median and P90."""
    return _added(on_scale(p50, scale), _overrun_value(p50, p90), float(_growth_value(growth.likely)))


def cost_value(cost: VendorCost, growth: schema.Range | None, scale: schema.CostScale, drawn: VendorDraws) -> CostValue:
    """The value of a vendor's cost. Its low and high rest on P90 and P10, and on the ends of its price growth."""
    if cost.draws is None or cost.p50 is None or cost.p90 is None or growth is None:
        return CostValue(0.0, 0.5, 1.0, drawn.cost_place, known=False)
    overrun = _overrun_value(cost.p50, cost.p90)
    p10 = float(np.quantile(cost.draws, 0.1))
    # A high place is a good one, so that growth is drawn from its far end.
    grown = _growth_value(triangular(growth, 1 - drawn.growth_place))
    return CostValue(
        _added(on_scale(cost.p90, scale), overrun, float(_growth_value(growth.high))),
        value_at(cost.p50, cost.p90, growth, scale),
        _added(on_scale(p10, scale), overrun, float(_growth_value(growth.low))),
        SHARE_OF_TOTAL * on_scale(cost.draws, scale) + SHARE_OF_OVERRUN * overrun + SHARE_OF_GROWTH * grown,
        known=True,
    )


def _added(total: Floats, overrun: float, growth: float) -> float:
    return float(SHARE_OF_TOTAL * total + SHARE_OF_OVERRUN * overrun + SHARE_OF_GROWTH * growth)


def _overrun_value(p50: float, p90: float) -> float:
    if p50 <= 0:
        return 1.0
    return 0.0 if p90 >= p50 * (1 + WORST_OVERRUN) else 1 - max(0.0, p90 / p50 - 1) / WORST_OVERRUN


def _growth_value(growth: Floats | float) -> Floats:
    return 1 - np.clip(np.asarray(growth, dtype=float) / WORST_GROWTH, 0.0, 1.0)
