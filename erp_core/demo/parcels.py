"""What happens after an order: parcels that leave and arrive, some late; what goes wrong; what comes back. Pure.

All of it is drawn for every order before the days are lived through, and counts only for those that are placed.
Instants are seconds since the first day's midnight, in the shop's own time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erp_core.demo.assortment import JD, PINDUODUO, SHOPIFY
from erp_core.demo.demand import Days, Wishes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400
FINE, WRONG_ITEM, MISSING_ITEM, BROKEN = range(4)
# Share of parcels with the wrong product, or with one missing: four times what a good shop allows itself (0.1 %).
WRONG_RATE, MISSING_RATE, BROKEN_RATE = 0.0025, 0.0015, 0.006
_RETURN_RATE = (0.045, 0.035, 0.055, 0.03)  # of lines for which nothing went wrong, by shop
_LATE_RATE = 0.05
REASONS = ("七天无理由退货", "尺寸不合适", "颜色与图片不符", "质量问题", "不想要了", "发错货", "少件", "运输破损")
REASONS_ABROAD = (
    "No longer needed", "Wrong size", "Colour differs from the picture", "Poor quality", "Changed my mind",
    "Wrong item sent", "Item missing", "Damaged in transit",
)  # fmt: skip
_USUAL = np.array([0.42, 0.16, 0.14, 0.12, 0.16])
_BAD_QUALITY = 3
OF_TROUBLE = {WRONG_ITEM: 5, MISSING_ITEM: 6, BROKEN: 7}


@dataclass(frozen=True)
class Parcels:
    """One entry an order: when it leaves, when it should arrive and does, when it is complete (the buyer confirms, or
    the platform does); what went wrong with it; whether it came late."""

    shipped: Ints
    promised: Ints
    delivered: Ints
    completed: Ints
    trouble: Ints
    late: Bools


@dataclass(frozen=True)
class Returns:
    """One entry a line: whether its units come back or are paid back, when, why (a place in REASONS), whether they go
    back on the shelf."""

    returned: Bools
    at: Ints
    reason: Ints
    restocked: Bools

    @property
    def shelf_day(self) -> Ints:
        """The day on which the units can be sold again: the one after their return; −1 never."""
        return np.where(self.returned & self.restocked, self.at // DAY + 1, -1)


def make_parcels(rng: np.random.Generator, days: Days, wishes: Wishes, far: Bools) -> Parcels:
    """When each order leaves, arrives and is complete. `far`: whether the parcel of an order has a long way."""
    count = len(wishes.day)
    abroad = wishes.shop == SHOPIFY
    same_day = (wishes.second < 15 * 3600) & (rng.random(count) < 0.55)
    lag = np.where(same_day, 0, rng.choice(3, count, p=[0.82, 0.14, 0.04]) + 1)
    busy = days.factors[wishes.day, wishes.shop] > 3.5
    lag = lag + np.where(busy, rng.integers(0, 3, count), 0)
    ship_day = _next_open(days, wishes.day + lag)
    shipped = ship_day * DAY + rng.integers(15 * 3600 + 600, 20 * 3600, count)
    usual = np.where(abroad, 10, 3) + np.where(far, 2, 0)
    transit = np.where(abroad, rng.integers(5, 11, count), rng.integers(1, 4, count)) + np.where(far, 2, 0)
    late = rng.random(count) < np.where(busy, 3.0, 1.0) * _LATE_RATE
    transit = np.where(late, usual + rng.integers(1, 6, count), transit)
    promised = (ship_day + usual) * DAY + 20 * 3600
    delivered = (ship_day + transit) * DAY + rng.integers(9 * 3600, 19 * 3600, count)
    waits = np.where(abroad, 0, rng.integers(0, 9 * DAY, count))
    draw = rng.random(count)
    trouble = np.select(
        [draw < WRONG_RATE, draw < WRONG_RATE + MISSING_RATE, draw < WRONG_RATE + MISSING_RATE + BROKEN_RATE],
        [WRONG_ITEM, MISSING_ITEM, BROKEN],
        FINE,
    )
    return Parcels(shipped, promised, delivered, delivered + waits, trouble, late)


def _next_open(days: Days, day: Ints) -> Ints:
    """The same day, or the first after it on which the warehouse ships."""
    count = len(days)
    opens = np.arange(count + 60)
    for at in range(count - 1, -1, -1):
        if days.warehouse_shut[at]:
            opens[at] = opens[at + 1]
    return np.asarray(opens[day])


def make_returns(rng: np.random.Generator, wishes: Wishes, parcels: Parcels) -> Returns:
    """What comes back: the first line of every order with trouble, and some others for the usual reasons."""
    order = wishes.order
    count = len(order)
    trouble = np.where(wishes.is_main, parcels.trouble[order], FINE)
    usual = (parcels.trouble[order] == FINE) & (rng.random(count) < np.array(_RETURN_RATE)[wishes.shop[order]])
    reason = rng.choice(len(_USUAL), count, p=_USUAL)
    for kind, place in OF_TROUBLE.items():
        reason[trouble == kind] = place
    days_later = rng.integers(2, 9, count)
    at = (parcels.delivered[order] // DAY + days_later) * DAY + rng.integers(9 * 3600, 18 * 3600, count)
    sound = np.isin(reason, (_BAD_QUALITY, OF_TROUBLE[MISSING_ITEM], OF_TROUBLE[BROKEN]), invert=True)
    # What was missing never came, what broke is thrown away.
    return Returns(usual | (trouble != FINE), at, reason, sound & (rng.random(count) < 0.9))


CARRIERS = ("中通快递", "圆通速递", "韵达快递", "京东物流", "UPS")
_PREFIX = ("ZT", "YT", "YD", "JDVA", "1ZQ")


def carrier_of(shop: Ints) -> Ints:
    """Who carries the parcels of each order, by shop: JD's own, UPS abroad, else one of three."""
    place = np.arange(len(shop)) % 3
    return np.select([shop == JD, shop == SHOPIFY, shop == PINDUODUO], [3, 4, 2], place)


def tracking_number(carrier: int, number: int) -> str:
    """A parcel's number, in the manner of its carrier."""
    return f"{_PREFIX[carrier]}{7_000_000_000_000 + number * 7}"
