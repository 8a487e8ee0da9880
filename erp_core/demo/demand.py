"""What buyers want, before anybody looks whether it is there: orders with their lines, in the order of time. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erp_core.demo import seasons
from erp_core.demo.assortment import CHANNELS, PINDUODUO, SHOPIFY, TMALL, Products

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_SHARES = np.array([0.42, 0.22, 0.26, 0.10])  # of orders, by shop
_TAKES_ACCESSORY = 0.34
_TAKES_ANOTHER = 0.12
_UNPAID = (0.03, 0.02, 0.03, 0.0)
_CALLED_OFF = 0.025
_SOME_LOST = 1.08  # orders that cannot be served are never placed
_HARDLY_SELLS = 0.02
_SEASON_STRENGTH = 1.1
_HOURS = np.array(
    [30, 15, 8, 5, 4, 6, 12, 22, 38, 52, 60, 58, 55, 58, 57, 55, 54, 55, 60, 72, 92, 95, 80, 52], float
)  # how the orders of a day fall on its hours

PAID, UNPAID, CALLED_OFF = range(3)


@dataclass(frozen=True)
class Days:
    """The days of business and what is special about each; `factors` by day and shop."""

    dates: tuple[dt.date, ...]
    factors: Floats
    promotion: Bools
    warehouse_shut: Bools
    suppliers_shut: Bools

    def __len__(self) -> int:
        return len(self.dates)


@dataclass(frozen=True)
class Wishes:
    """Orders as buyers want them, by time; `fate`: whether they are paid, left unpaid, or called off before shipping.

    Lines: `order` (which), `product`, `quantity`; the first line of an order is what the buyer came for, `is_main`.
    """

    day: Ints
    second: Ints  # of the day
    shop: Ints
    fate: Ints
    order: Ints
    product: Ints
    quantity: Ints
    is_main: Bools

    @property
    def line_day(self) -> Ints:
        """The day of each line's order."""
        return self.day[self.order]


def make_days(dates: Sequence[dt.date]) -> Days:
    """What each day is like for each shop."""
    china, abroad = seasons.domestic_factors(dates), seasons.abroad_factors(dates)
    factors = np.stack([china] * SHOPIFY + [abroad], axis=1)
    shown = np.stack([seasons.on_promotion(factors[:, shop]) for shop in range(len(CHANNELS))], axis=1)
    return Days(tuple(dates), factors, shown, seasons.warehouse_shut(dates), seasons.suppliers_shut(dates))


def yearly_waves(products: Products, days: Days) -> Floats:
    """How much each product is in season on each day; 1 for what sells all year."""
    season = np.ones((len(products), len(days)))
    for peak in np.unique(products.peak[products.peak > 0]).tolist():
        season[products.peak == peak] = seasons.yearly_wave(days.dates, peak, _SEASON_STRENGTH)
    return season


def rates(rng: np.random.Generator, products: Products, days: Days, orders: int) -> Floats:
    """Expected orders of each product as the main one, by product, shop and day; in all about `orders`."""
    season = yearly_waves(products, days)
    number = np.arange(len(days))
    alive = (number >= products.launched[:, None]).astype(float)
    alive[number >= products.ended[:, None]] = _HARDLY_SELLS
    weeks = len(days) // 7 + 1
    shape = np.where(products.lumpiness > 0, 1 / np.maximum(products.lumpiness, 1e-9), 1.0)
    bursts = rng.gamma(shape[:, None], 1 / shape[:, None], (len(products), weeks))
    bursts[products.lumpiness == 0] = 1.0
    of_product = products.popularity[:, None] * season * alive * np.repeat(bursts, 7, axis=1)[:, : len(days)]
    rate = of_product[:, None, :] * (products.listed * _SHARES)[:, :, None] * days.factors.T[None, :, :]
    return np.asarray(rate * orders * _SOME_LOST / rate.sum())


def make_wishes(rng: np.random.Generator, products: Products, rate: Floats) -> Wishes:
    """Draw the orders: each a main product, perhaps its accessory, perhaps something else."""
    counts = rng.poisson(rate)
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    product, shop, day = (part.astype(np.int64) for part in np.unravel_index(cell, counts.shape))
    hour = rng.choice(24, len(cell), p=_HOURS / _HOURS.sum())
    second = hour * 3600 + rng.integers(3600, size=len(cell))
    by = np.lexsort((product, shop, second, day))
    product, shop, day, second = product[by], shop[by], day[by], second[by]
    count = len(product)
    several = shop != PINDUODUO  # there an order is of one product
    accessory = products.accessory[product]
    with_accessory = several & (accessory >= 0) & (rng.random(count) < _TAKES_ACCESSORY)
    with_accessory &= products.listed[accessory, shop] & _sold_on(products, accessory, day)
    other = product[np.clip(np.arange(count) + rng.integers(-40, 41, count), 0, count - 1)]
    with_other = several & (rng.random(count) < _TAKES_ANOTHER) & products.listed[other, shop]
    with_other &= (other != product) & ~(with_accessory & (other == accessory)) & _sold_on(products, other, day)
    place = np.arange(count)
    order = np.concatenate([place, place[with_accessory], place[with_other]])
    rank = np.concatenate([np.zeros(count), np.ones(int(with_accessory.sum())), np.full(int(with_other.sum()), 2)])
    of_line = np.concatenate([product, accessory[with_accessory], other[with_other]])
    sorted_lines = np.lexsort((rank, order))
    order, of_line, rank = order[sorted_lines], of_line[sorted_lines], rank[sorted_lines]
    draw = rng.random(count)
    unpaid = draw < np.array(_UNPAID)[shop]
    called_off = ~unpaid & (draw < np.array(_UNPAID)[shop] + _CALLED_OFF)
    return Wishes(
        day=day,
        second=second,
        shop=shop,
        fate=np.select([unpaid, called_off], [UNPAID, CALLED_OFF], PAID),
        order=order,
        product=of_line,
        quantity=_quantities(rng, products.price[of_line, TMALL]),
        is_main=rank == 0,
    )


def _sold_on(products: Products, product: Ints, day: Ints) -> Bools:
    return np.asarray((products.launched[product] <= day) & (day < products.ended[product]))


def _quantities(rng: np.random.Generator, price: Ints) -> Ints:
    """Mostly one; of cheap things more."""
    chance = np.select([price < 2_000, price < 6_000], [0.4, 0.62], 0.85)
    return np.minimum(rng.geometric(chance), 8).astype(np.int64)
