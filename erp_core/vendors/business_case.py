"""What a system returns against what it costs: the business case, from the merchant's own numbers.

**When money moves.** Index 0 is before the first year: one-offs, the hours of the project, licences bought at the
start. Index n is the end of year n: its benefits, less what the system costs that year to run. **Benefits** are
reckoned a year at today's volume and come in by their ramp; one that comes `once` is spread over the rise of its ramp
and never paid back. **Uncertainty.** Benefits are drawn from triangles, costs as in `cost.draw_costs` with the same
draws, so that the case and the view of costs agree. What is not known is left out and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.errors import NotFound
from erp_core.text import T, Text
from erp_core.vendors import benefits as proposals
from erp_core.vendors import overrun, plans, schema
from erp_core.vendors.benefits import NEEDED, WELCOME, Targets, propose_benefits, proposed
from erp_core.vendors.bill import KINDS, Bill, drawn_by_year, expected, spent
from erp_core.vendors.cost import lacking
from erp_core.vendors.flows import discounted_payback, internal_rates, irr, npv, payback, stock_released
from erp_core.vendors.sampling import triangular, uniforms

__all__ = [
    "NEEDED",
    "WELCOME",
    "Case",
    "Targets",
    "business_case",
    "discounted_payback",
    "internal_rates",
    "irr",
    "npv",
    "payback",
    "propose_benefits",
    "proposed",
    "stock_released",
]

Floats = npt.NDArray[np.float64]
# The ends that the tornado puts an input at: as far from the middle in chance, whatever its distribution.
_LOW, _HIGH = 0.1, 0.9

_INPUTS: Mapping[str, Text] = {
    "overrun": T("Overrun of the project"),
    "growth": T("Price growth at renewal"),
    "labour.project_hours": T("Own hours for the project"),
    "labour.hours_a_year": T("Own hours a year afterwards"),
    "downtime.hours_a_year": T("Hours of standstill a year"),
}


@dataclass(frozen=True)
class Case:
    """The case for one vendor, in the scenario's currency. `unknown`: why there is none (then all numbers are None and
    the frames empty).

    `flows`: frame, index year 0..n, columns benefit, cost (both positive), net, cumulative, all expected (the mean).
    `benefits`: frame year × key of benefit, expected. `band`: frame, index year, columns p10, p50, p90 of the
    cumulative net. `npv_p10` …: of the draws; `npv_expected`: their mean, reckoned. `irr`, `payback` and
    `discounted_payback` (years): of the expected flows, None where there is none. `loss`: the probability that the
    present value is negative. `tornado`: frame key, name (Text), low, high (the input's P10 and P90), npv_low,
    npv_high, largest swing first. `too_good`: why the case looks better than it is, where nothing tells what putting
    the system in costs or the price is a “from” price. `lacking`: what else is not counted.
    """

    vendor: str
    currency: str
    discount_rate: float
    flows: pd.DataFrame
    benefits: pd.DataFrame
    band: pd.DataFrame
    tornado: pd.DataFrame
    npv_p10: float | None = None
    npv_p50: float | None = None
    npv_p90: float | None = None
    npv_expected: float | None = None
    irr: float | None = None
    payback: float | None = None
    discounted_payback: float | None = None
    loss: float | None = None
    unknown: Text | None = None
    too_good: Text | None = None
    lacking: tuple[Text, ...] = ()


def business_case(decision: schema.Decision, vendor: str | None = None) -> Case:
    """The case for a vendor (its key; without it the decision's `chosen`).

    `decision.benefits` are what is counted; where it holds none, they are proposed from its own numbers. A benefit for
    one vendor goes before one of the same key for all. Same decision, same numbers. Raises NotFound for a vendor that
    is not in the decision.
    """
    key = vendor or decision.chosen
    found = next((entry for entry in decision.vendors if entry.key == key), None)
    if found is None:
        raise NotFound(
            T("The business case is for one vendor of the decision, and “{vendor}” is none.", vendor=key or ""),
            hint=T("Choose the vendor it is made for."),
            code="case.no_vendor",
        )
    left_out: tuple[Text, ...] = ()
    counted = counted_benefits(decision, found.key)
    if not decision.benefits:
        left_out = proposed(decision.own_numbers, decision.scenario).missing
    taken = plans.price_of(found, decision)
    if taken.bill is None:
        return _none(decision, found.key, taken.reason, left_out)
    if not counted:
        why = T("No benefit is known yet: give the numbers it can be reckoned from, or a benefit of your own.")
        return _none(decision, found.key, why, left_out)
    left_out += (*taken.remarks, *lacking(taken.bill.pricing, taken.bill.scenario, taken.bill.extra))
    case = _case(decision, taken.bill, counted, left_out)
    return replace(case, too_good=_LOWER_BOUND) if taken.at_least and case.too_good is None else case


def counted_benefits(decision: schema.Decision, vendor: str) -> tuple[schema.Benefit, ...]:
    """The benefits that count for a vendor, each key once: its own before those for all, the first before others."""
    given = decision.benefits or propose_benefits(decision.own_numbers, decision.scenario)
    counted: dict[str, schema.Benefit] = {}
    for whose in (vendor, None):
        for benefit in given:
            if benefit.vendor == whose:
                counted.setdefault(benefit.key, benefit)
    return tuple(benefit for benefit in given if counted.get(benefit.key) is benefit)


def benefit_name(key: str) -> Text | str:
    """What a benefit is called; one of the merchant's own goes by its key."""
    return proposals.NAMES.get(key, key)


def _none(decision: schema.Decision, vendor: str, why: Text, left_out: tuple[Text, ...]) -> Case:
    empty = pd.DataFrame(index=pd.RangeIndex(0, name="year"))
    return Case(
        vendor,
        decision.scenario.currency,
        decision.scenario.discount_rate,
        flows=empty.reindex(columns=["benefit", "cost", "net", "cumulative"]),
        benefits=empty,
        band=empty.reindex(columns=["p10", "p50", "p90"]),
        tornado=pd.DataFrame(columns=["key", "name", "low", "high", "npv_low", "npv_high"]),
        unknown=why,
        lacking=left_out,
    )


def _case(decision: schema.Decision, bill: Bill, counted: Sequence[schema.Benefit], left_out: tuple[Text, ...]) -> Case:
    scenario = decision.scenario
    rate = scenario.discount_rate
    ramps = [coming(benefit, scenario.years) for benefit in counted]
    means = {benefit.key: _mean(benefit.a_year) * ramp for benefit, ramp in zip(counted, ramps, strict=True)}
    cost = spent(bill, expected()).by_year()[:, 0]
    years = pd.RangeIndex(0, scenario.years + 1, name="year")
    by_benefit = pd.DataFrame(means, index=years)
    flows = pd.DataFrame({"benefit": by_benefit.sum(axis=1), "cost": cost}, index=years)
    flows["net"] = flows["benefit"] - flows["cost"]
    flows["cumulative"] = flows["net"].cumsum()

    drawn = -drawn_by_year(bill, decision.draws, decision.seed)
    for benefit, ramp in zip(counted, ramps, strict=True):
        chances = uniforms(decision.draws, decision.seed, "", "benefit", benefit.key)
        drawn += np.outer(ramp, triangular(benefit.a_year, chances))
    values = (1 + rate) ** -np.arange(scenario.years + 1.0) @ drawn
    cumulative = np.quantile(np.cumsum(drawn, axis=0), (0.1, 0.5, 0.9), axis=1)
    p10, p50, p90 = (float(value) for value in np.quantile(values, (0.1, 0.5, 0.9)))
    net = flows["net"].to_numpy()
    return Case(
        bill.vendor,
        scenario.currency,
        rate,
        flows=flows,
        benefits=by_benefit,
        band=pd.DataFrame(cumulative.T, index=years, columns=["p10", "p50", "p90"]),
        tornado=_tornado(bill, counted),
        npv_p10=p10,
        npv_p50=p50,
        npv_p90=p90,
        npv_expected=npv(rate, net),
        irr=irr(net),
        payback=payback(net),
        discounted_payback=discounted_payback(rate, net),
        loss=float(np.mean(values < 0)),
        too_good=_too_good(bill),
        lacking=left_out,
    )


_LOWER_BOUND = T(
    "The price is a “from” price: what it really comes to lies above it by nobody knows how much, and the case looks "
    "better than it is. Ask for a quote."
)


def _too_good(bill: Bill) -> Text | None:
    """Without the cost of implementation, the largest of a project, money comes back at once: that has to be said."""
    told = bill.pricing.one_off.implementation is not None or bill.extra or bill.scenario.one_off_unknown is not None
    if told:
        return None
    return T(
        "What putting the system in costs is not told, so that it counts for nothing and the case looks better than it "
        "is. Enter an offer, or say in the scenario what is assumed of one-offs that are not told."
    )


def coming(benefit: schema.Benefit, years: int) -> Floats:
    """How much of a benefit there is at each index 0..years: its ramp, or for one that comes once the ramp's rise."""
    ramp = benefit.ramp
    reached = np.array([0.0] + [ramp[min(year, len(ramp) - 1)] for year in range(years)])
    return np.diff(reached, prepend=0.0) if benefit.once else reached


def _mean(amount: schema.Range) -> float:
    return (amount.low + amount.likely + amount.high) / 3


# --- what matters --------------------------------------------------------------------------------------------------


def _tornado(bill: Bill, counted: Sequence[schema.Benefit]) -> pd.DataFrame:
    """Every uncertain input at its P10 and its P90, all others at their mean."""
    scenario = bill.scenario
    discounts = (1 + scenario.discount_rate) ** -np.arange(scenario.years + 1.0)
    reading = expected()
    cost = float(discounts @ spent(bill, reading).by_year()[:, 0])
    # The present value of one unit of each benefit a year.
    worth = {benefit.key: float(discounts @ coming(benefit, scenario.years)) for benefit in counted}
    gain = sum(_mean(benefit.a_year) * worth[benefit.key] for benefit in counted)

    rows: list[tuple[str, Text | str, float, float, float, float]] = []
    for benefit in counted:
        low, high = (float(value) for value in triangular(benefit.a_year, np.array([_LOW, _HIGH])))
        rest = gain - _mean(benefit.a_year) * worth[benefit.key] - cost
        ends = (rest + low * worth[benefit.key], rest + high * worth[benefit.key])
        rows.append((benefit.key, benefit_name(benefit.key), low, high, *ends))
    for name, spread in reading.seen.items():
        chances = np.array([_LOW, _HIGH])
        values = triangular(spread, chances) if isinstance(spread, schema.Range) else overrun.at(spread, chances)
        low, high = (float(value) for value in values)
        paid = [discounts @ spent(bill, expected({name: value})).by_year()[:, 0] for value in (low, high)]
        rows.append((name, input_name(name, bill), low, high, gain - float(paid[0]), gain - float(paid[1])))
    if scenario.years > 1:
        later = [a_year_later(benefit) for benefit in counted]
        late = sum(_mean(benefit.a_year) * float(discounts @ coming(benefit, scenario.years)) for benefit in later)
        rows.append(("adoption", T("Everything works a year later"), 1.0, 0.0, late - cost, gain - cost))
    frame = pd.DataFrame(rows, columns=["key", "name", "low", "high", "npv_low", "npv_high"])
    swing = (frame["npv_high"] - frame["npv_low"]).abs()
    frame = frame[swing > 0]
    order = swing[swing > 0].sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def a_year_later(benefit: schema.Benefit) -> schema.Benefit:
    """The same benefit a year later."""
    return benefit.model_copy(update={"ramp": (0.0, *benefit.ramp)})


def input_name(name: str, bill: Bill) -> Text:
    """What an uncertain amount of a bill is called."""
    if name in _INPUTS:
        return _INPUTS[name]
    area, _, what = name.partition(".")
    if area in ("one_off", "yearly"):
        return KINDS[what]
    if area == "exit":
        return KINDS["exit"]
    part = bill.pricing.parts[int(what.partition(".")[0])]
    if what.endswith(".maintenance"):
        return KINDS["maintenance"]
    if isinstance(part, schema.Modules):
        key = what.partition(".")[2]
        return T("Price of {module}", module=next(module.name for module in part.modules if module.key == key))
    return KINDS["licence"] if isinstance(part, schema.Perpetual) else T("Price of the software")
