"""Which demo shop is wanted: how large, of which seed, up to which day. The same plan always makes the same files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from erp_core.clock import Clock, today
from erp_core.demo.new_years import NEW_YEARS
from erp_core.errors import BadInput
from erp_core.text import T

TIME_ZONE = "Asia/Shanghai"
DEFAULT_SEED = 618
DEFAULT_SIZE = "medium"
MONTHS_18 = 548
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Size:
    """About how many products and orders, over how many days. `offered`: people may choose it; the smallest is the one
    whose files lie in data/demo/."""

    name: str
    products: int
    orders: int
    days: int = MONTHS_18
    offered: bool = True


SIZES: Mapping[str, Size] = {
    size.name: size
    for size in (
        Size("tiny", 24, 420, days=91, offered=False),
        Size("small", 60, 2_500),
        Size("medium", 400, 60_000),
        Size("large", 2_000, 200_000),
    )
}
OFFERED_SIZES = tuple(name for name, size in SIZES.items() if size.offered)


@dataclass(frozen=True)
class Plan:
    """One demo shop: its size, its seed, its last day."""

    size: Size
    seed: int
    until: dt.date

    @property
    def start(self) -> dt.date:
        """The first day of business."""
        return self.until - dt.timedelta(days=self.size.days - 1)


def plan_of(clock: Clock, size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED, until: dt.date | None = None) -> Plan:
    """The plan that was asked for; without a day it ends yesterday, as the shop's clock has it.

    Raises BadInput for a size that does not exist, a seed below 0 or beyond 31 bits, a day for which the New Year's
    dates are not known.
    """
    if size not in SIZES:
        raise BadInput(
            T("There is no demo shop of the size “{size}”.", size=size),
            hint=T("Sizes: {names}", names=", ".join(SIZES)),
            code="demo.no_such_size",
        )
    if not 0 <= seed <= LARGEST_SEED:
        raise BadInput(
            T("The seed {seed} cannot be used.", seed=seed),
            hint=T("A seed is a whole number from 0 to {largest}.", largest=LARGEST_SEED),
            code="demo.bad_seed",
        )
    last = until or today(clock, TIME_ZONE) - dt.timedelta(days=1)
    plan = Plan(SIZES[size], seed, last)
    if plan.start.year < min(NEW_YEARS) or last.year > max(NEW_YEARS):
        raise BadInput(
            T("The demo shop cannot end on {day}.", day=last.isoformat()),
            hint=T(
                "Choose a day from {first} to {last}: for these years the Chinese New Year is known.",
                first=(dt.date(min(NEW_YEARS), 1, 1) + dt.timedelta(days=plan.size.days - 1)).isoformat(),
                last=dt.date(max(NEW_YEARS), 12, 31).isoformat(),
            ),
            code="demo.bad_day",
        )
    return plan
