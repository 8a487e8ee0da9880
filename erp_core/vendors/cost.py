"""What a system costs over the years: licences, project, own hours, and what goes on year after year.

`total_cost` is the table of what is told, at its most likely: no overrun, no guess. `expected_cost` is the same table
as it will be on average, `draw_costs` the whole distribution: both let the project end above its budget, ranges range,
and prices grow at renewal where a vendor does not say by how much. What a total leaves out is said by `lacking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.text import T, Text
from erp_core.vendors import plans, schema
from erp_core.vendors.bill import KINDS, ONE_OFFS, bill_of, drawn_by_year, expected, spent
from erp_core.vendors.naming import listed
from erp_core.vendors.results import VendorCost
from erp_core.vendors.sampling import Likely

__all__ = ["KINDS", "draw_costs", "expected_cost", "lacking", "total_cost", "vendor_cost"]

Floats = npt.NDArray[np.float64]

# --- the public functions ------------------------------------------------------------------------------------------


def total_cost(
    pricing: schema.Pricing | Mapping[str, Any], scenario: schema.Scenario | Mapping[str, Any]
) -> pd.DataFrame:
    """What a vendor's prices come to in the merchant's next years, as told.

    Index `year` 1..years, a column for each of `KINDS` (all of them, in that order), money in the scenario's currency;
    the sum of the frame is the total. Ranges count with their likely value, one-offs and the hours of the project in
    year 1, `exit` in the last year. What is not told counts for nothing unless the scenario assumes something of it
    (`price_growth`, `one_off_unknown`): see `lacking`. Raises BadValue (also a ValueError): `cost.bad_pricing`,
    `cost.bad_scenario`, `cost.missing_rate`, `cost.cannot_serve`.
    """
    return spent(bill_of(pricing, scenario), Likely()).table()


def expected_cost(
    pricing: schema.Pricing | Mapping[str, Any], scenario: schema.Scenario | Mapping[str, Any]
) -> pd.DataFrame:
    """The same frame as `total_cost`, as it will be on average: overrun, ranges and unknown growth at their mean."""
    bill = bill_of(pricing, scenario)
    return spent(bill, expected()).table()


def draw_costs(
    pricing: schema.Pricing | Mapping[str, Any],
    scenario: schema.Scenario | Mapping[str, Any],
    draws: int,
    seed: int,
    vendor: str = "",
) -> Floats:
    """`draws` totals over all years, in the scenario's currency. `vendor` (its key) separates the draws of vendors."""
    return np.asarray(drawn_by_year(bill_of(pricing, scenario, vendor), draws, seed).sum(axis=0))


def lacking(
    pricing: schema.Pricing | Mapping[str, Any],
    scenario: schema.Scenario | Mapping[str, Any],
    extra: Mapping[str, float] | None = None,
) -> tuple[Text, ...]:
    """What the total leaves out or assumes because the vendor does not tell it, in words. `extra`: one-offs known from
    elsewhere, by kind."""
    bill = replace(bill_of(pricing, scenario), extra=extra or {})
    asked, plan = bill.pricing, bill.scenario
    said: list[Text] = []
    if not asked.parts:
        said.append(T("The price of the software is not told."))
    missing = [kind for kind in ONE_OFFS if getattr(asked.one_off, kind) is None and kind not in bill.extra]
    if missing and plan.one_off_unknown is not None:
        said.append(
            T(
                "Not told, so reckoned at {low} to {high} of the first year's software each: {costs}.",
                low=_percent(plan.one_off_unknown.low),
                high=_percent(plan.one_off_unknown.high),
                costs=listed([KINDS[kind] for kind in missing]),
            )
        )
        missing = []
    missing += [kind for kind in ("support", "upgrades") if getattr(asked.yearly, kind) is None]
    if asked.exit is None:
        missing.append("exit")
    if missing:
        said.append(T("Not told and left out: {costs}.", costs=listed([KINDS[kind] for kind in missing])))
    if asked.renewal.growth is None:
        said.append(_growth_assumed(plan))
    return tuple(said)


def _growth_assumed(scenario: schema.Scenario) -> Text:
    match scenario.price_growth:
        case None:
            return T(
                "Price growth at renewal is not told: the yearly table leaves it out, the median and P90 reckon with "
                "{low} to {high} a year.",
                low=_percent(schema.UNKNOWN_GROWTH.low),
                high=_percent(schema.UNKNOWN_GROWTH.high),
            )
        case schema.Range(low=low, high=high):
            return T(
                "Price growth at renewal is not told; {low} to {high} a year is assumed.",
                low=_percent(low),
                high=_percent(high),
            )
        case growth:
            return T("Price growth at renewal is not told; {growth} a year is assumed.", growth=_percent(growth))


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def vendor_cost(vendor: schema.Vendor, decision: schema.Decision) -> VendorCost:
    """What a vendor costs in a decision: table, draws, P50 and P90; unknown, with the reason, where nothing tells.

    What it costs to meet requirements (ratings with a cost, unless the requirement is not needed) counts as one-off.
    Draws depend on the decision's seed and the vendor's key alone.
    """
    taken = plans.price_of(vendor, decision)
    if taken.bill is None:
        return VendorCost(vendor.key, taken.name, None, None, unknown=taken.reason)
    draws = drawn_by_year(taken.bill, decision.draws, decision.seed).sum(axis=0)
    p50, p90 = np.quantile(draws, (0.5, 0.9))
    left_out = (*taken.remarks, *lacking(taken.bill.pricing, taken.bill.scenario, taken.bill.extra))
    table = spent(taken.bill, Likely()).table()
    return VendorCost(
        vendor.key, taken.name, table, draws, float(p50), float(p90), lacking=left_out, at_least=taken.at_least
    )
