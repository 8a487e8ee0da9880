"""Cost against time, users and orders, and where the cheapest changes.

All curves are expected costs (`cost.expected_cost`): overrun, ranges and unknown growth at their mean. Vendors whose
cost is unknown have no curve, and a curve has gaps where a plan does not serve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.errors import BadInput
from erp_core.vendors import plans, schema
from erp_core.vendors.bill import Bill, expected, expected_total, spent, users_by_year, values_by_year

Floats = npt.NDArray[np.float64]
_POINTS = 40  # of a curve, besides the steps of price lists


@dataclass(frozen=True)
class Curves:
    """`curve`: long frame vendor, at, cost (the scenario's currency, NaN where a plan does not serve). `changes`: frame
    at, before, after (keys of vendors): from `at` on `after` is cheapest; before its first row `first` is (None where
    nobody serves). Between vendors that cost the same nothing changes."""

    curve: pd.DataFrame
    changes: pd.DataFrame
    first: str | None


def bills(decision: schema.Decision, vendors: Iterable[str] | None = None) -> dict[str, Bill]:
    """What each vendor with a known price is paid by. `vendors`: only these."""
    wanted = None if vendors is None else set(vendors)
    taken = {
        vendor.key: plans.price_of(vendor, decision).bill
        for vendor in decision.vendors
        if wanted is None or vendor.key in wanted
    }
    return {key: bill for key, bill in taken.items() if bill is not None}


def against_time(asked: Mapping[str, Bill]) -> Curves:
    """What has been paid by the end of each month: `at` 0 (the project) to 12 × years.

    A year's running cost is spread evenly over its months, leaving is paid in the last one, licences bought later in
    the first of their year.
    """
    if not asked:
        return _curves({}, [])
    years = next(iter(asked.values())).scenario.years
    months = list(range(12 * years + 1))
    return _curves({key: np.cumsum(_by_month(bill)) for key, bill in asked.items()}, months)


def _by_month(bill: Bill) -> Floats:
    found = spent(bill, expected())
    months = np.zeros(12 * bill.scenario.years + 1)
    months[0] = sum(float(amounts[0]) for amounts in found.project.values())
    for kind, amounts in found.running.items():
        for year, amount in enumerate(amounts[:, 0]):
            if kind == "licence":
                months[12 * year + 1] += amount
            elif kind == "exit":
                months[12 * year + 12] += amount
            else:
                months[12 * year + 1 : 12 * year + 13] += amount / 12
    return months


def month_of(scenario: schema.Scenario, at: int) -> tuple[int, int]:
    """The calendar year and month in which a month of `against_time` lies; 0 and 1 are both the first.

    >>> month_of(schema.Scenario(currency="EUR", start="2026-12-01"), 2)
    (2027, 1)
    """
    months = scenario.start.year * 12 + scenario.start.month - 1 + max(0, at - 1)
    return months // 12, months % 12 + 1


def against_users(asked: Mapping[str, Bill], users: Sequence[int] | None = None) -> Curves:
    """The total over all years if so many users worked in the system in every year; every whole number is reckoned.

    `users`: from and to; by default from 1 to twice the most of the scenario, at least 20. `changes` are exact.
    """
    low, high = users if users is not None else (1, max(20, 2 * _most(asked, users_by_year)))
    counts = list(range(low, max(low, high) + 1))
    costs = {key: _totals(bill, counts, _with_users) for key, bill in asked.items()}
    return _curves(costs, counts)


def against_orders(asked: Mapping[str, Bill], orders: Sequence[int] | None = None) -> Curves:
    """The total over all years if so many orders came in a month in every year.

    `orders`: from and to; by default from none to twice the most of the scenario, at least 1,000. Points lie evenly and
    on both sides of every step of a price list; where the cheapest differs from one to the next, the whole order at
    which it changes is found by bisection.
    """
    most = _most(asked, lambda scenario: values_by_year(scenario.orders, scenario.years))
    low, high = orders if orders is not None else (0, max(1000, 2 * most))
    counts = _points(asked, low, max(low, high))
    reckoned = {key: lru_cache(maxsize=None)(_total_at(bill)) for key, bill in asked.items()}
    costs = {key: np.array([total(count) for count in counts]) for key, total in reckoned.items()}
    found = _curves(costs, counts)
    changes: list[tuple[int, str | None, str | None]] = []
    leader = found.first
    for left, right in pairwise(counts):
        changes += _between(reckoned, leader, left, right)
        if changes:
            leader = changes[-1][2]
    return replace(found, changes=_changes(changes))


def _between(
    totals: Mapping[str, Callable[[int], float]], leader: str | None, left: int, right: int
) -> list[tuple[int, str | None, str | None]]:
    """The changes of the cheapest from `left` (where `leader` is) to `right`, each at its whole number."""
    found: list[tuple[int, str | None, str | None]] = []
    while _leads(totals, right, leader) != leader:
        low, high = left, right
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if _leads(totals, middle, leader) != leader else (middle, high)
        after = _leads(totals, high, leader)
        found.append((high, leader, after))
        leader, left = after, high
    return found


def _leads(totals: Mapping[str, Callable[[int], float]], at: int, leader: str | None) -> str | None:
    return _cheapest({key: total(at) for key, total in totals.items()}, leader)


def _cheapest(costs: Mapping[str, float], leader: str | None) -> str | None:
    """Who costs least; `leader` where it is among them, None where nobody serves."""
    known = {key: cost for key, cost in costs.items() if not np.isnan(cost)}
    if not known:
        return None
    least = min(known.values())
    if leader in known and known[leader] <= least * (1 + 1e-12):
        return leader
    return min(known, key=known.__getitem__)


def _curves(costs: Mapping[str, Floats], at: Sequence[int]) -> Curves:
    curve = pd.DataFrame(
        {
            "vendor": [key for key in costs for _ in at],
            "at": [*at] * len(costs),
            "cost": np.concatenate([*costs.values()]) if costs else np.zeros(0),
        }
    )
    leaders: list[str | None] = []
    for place in range(len(at)):
        before = leaders[-1] if leaders else _first(costs)
        leaders.append(_cheapest({key: float(values[place]) for key, values in costs.items()}, before))
    turns = [
        (at[place], leaders[place - 1], leaders[place])
        for place in range(1, len(leaders))
        if leaders[place] != leaders[place - 1]
    ]
    return Curves(curve, _changes(turns), leaders[0] if leaders else None)


def _first(costs: Mapping[str, Floats]) -> str | None:
    """Who leads at the first point; of several that cost the same there, the one that stays cheapest longest."""
    level = list(costs)
    for place in range(len(next(iter(costs.values()), ()))):
        here = {key: float(costs[key][place]) for key in level if not np.isnan(costs[key][place])}
        least = min(here.values(), default=0.0)
        level = [key for key, cost in here.items() if cost <= least * (1 + 1e-12)] or level
        if len(level) == 1:
            break
    return level[0] if level else None


def _changes(turns: Sequence[tuple[int, str | None, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(turns, columns=["at", "before", "after"]).astype({"at": "int64"})


def _most(asked: Mapping[str, Bill], by_year: Callable[[schema.Scenario], Sequence[float]]) -> int:
    return max((int(max(by_year(bill.scenario))) for bill in asked.values()), default=0)


def _with_users(bill: Bill, count: int) -> Bill:
    return _with(bill, "users", count)


def _with(bill: Bill, path: str, count: int) -> Bill:
    scenario = bill.scenario.model_copy(update={path: schema.Path(now=float(count))})
    return replace(bill, scenario=scenario)


def _total_at(bill: Bill) -> Callable[[int], float]:
    def total(count: int) -> float:
        """The expected total with so many orders a month, NaN where that is not served."""
        try:
            return expected_total(_with(bill, "orders", count))
        except BadInput:
            return float("nan")

    return total


def _totals(bill: Bill, counts: Sequence[int], changed: Callable[[Bill, int], Bill]) -> Floats:
    totals = np.full(len(counts), np.nan)
    for place, count in enumerate(counts):
        try:
            totals[place] = expected_total(changed(bill, count))
        except BadInput:
            continue
    return totals


def _points(asked: Mapping[str, Bill], low: int, high: int) -> list[int]:
    """Evenly spread, and both sides of where a step or what is included ends."""
    points = set(np.linspace(low, high, _POINTS, dtype=int).tolist())
    for bill in asked.values():
        for end in _ends(bill):
            points |= {point for point in (int(end), int(end) + 1) if low <= point <= high}
    return sorted(points)


def _ends(bill: Bill) -> Iterable[float]:
    for part in bill.pricing.parts:
        if isinstance(part, schema.PerOrder):
            yield part.included
        if isinstance(part, schema.Tiers):
            share = bill.scenario.peak if part.measure == "peak" else 1.0
            yield from (tier.orders / share for tier in part.tiers if tier.orders is not None)
