"""The shop's days, one after the other: what can be sold from stock, what is lost, what the buyer orders, what arrives.

The buyer looks on Mondays, supplier by supplier, at the last four weeks of *sales* (so what was lost stays unseen),
expects promotions with too little courage, forgets some, now and then buys far too much, and is away at the very end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from erp_core.demo.assortment import TMALL, Products, Suppliers
from erp_core.demo.demand import PAID, Days, Wishes, yearly_waves

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_LOOKS_BACK = 28
_REVIEW = 7
_COVER = 3
_EXPECTS = 0.95
_TRUST = 0.7  # in the last weeks; the rest is experience  # power to which a coming promotion is believed in
_LOOKS_AHEAD = 24
_THINKS_AHEAD = 0.6
_SAFETY = 1.6
_AWAY = 6  # days before the end: so there is something to buy today
_FORGETS = 0.08
_OVERBUYS, _TOO_MUCH = 0.01, 2.5
_LATE = 0.1
_SHORT = 0.04
_COUNT_DIFFERS = 0.15


@dataclass(frozen=True)
class Purchases:
    """Purchase orders, one entry a line: `number` (of the order), product, quantity, what came (0: nothing yet), and
    the days of ordering, expected and real arrival (beyond the last day: still on its way)."""

    number: Ints
    product: Ints
    quantity: Ints
    came: Ints
    ordered: Ints
    expected: Ints
    arrived: Ints


@dataclass(frozen=True)
class Trade:
    """What became of the wishes: `served` lines (an order without its main product is not placed at all); opening
    stock; the count's day and how far it lay from the books; purchases."""

    served: Bools
    opening: Ints
    count_day: int
    count_difference: Ints
    purchases: Purchases


@dataclass(frozen=True)
class Back:
    """Units that buyers send back: the day on which a line's units are on the shelf again (−1: never)."""

    shelf_day: Ints


@dataclass
class _Warehouse:
    """Stock while the days go by."""

    available: Ints
    on_order: Ints
    inflow: Ints  # by product and day
    sold: Ints  # by product and day
    lines: list[tuple[Ints, ...]] = field(default_factory=list)
    numbers: int = 0


def trade(rng: np.random.Generator, goods: tuple[Products, Suppliers], days: Days, wishes: Wishes, back: Back) -> Trade:
    """Live through the days."""
    products, _ = goods
    buyer = _Buyer(rng, goods, days, wishes)
    opening = buyer.opening()
    house = _Warehouse(
        opening.copy(),
        np.zeros(len(products), np.int64),
        np.zeros((len(products), len(days) + 1), np.int64),
        np.zeros((len(products), len(days)), np.int64),
    )
    served = np.zeros(len(wishes.order), bool)
    line_day = wishes.line_day
    bounds = np.searchsorted(line_day, np.arange(len(days) + 1))
    paid = wishes.fate[wishes.order] == PAID
    count_day = int(len(days) * 0.8)
    difference = np.zeros(len(products), np.int64)
    for day in range(len(days)):
        house.available += house.inflow[:, day]
        house.on_order -= buyer.arriving(day)
        lines = np.arange(bounds[day], bounds[day + 1])
        mains = lines[wishes.is_main[lines]]
        _serve(house, wishes, mains, paid, served)
        placed = np.zeros(int(wishes.order[lines].max(initial=-1)) + 1, bool)
        placed[wishes.order[mains[served[mains]]]] = True
        extras = lines[~wishes.is_main[lines]]
        _serve(house, wishes, extras[placed[wishes.order[extras]]], paid, served)
        done = lines[served[lines] & paid[lines]]
        np.add.at(house.sold[:, day], wishes.product[done], wishes.quantity[done])
        home = done[(back.shelf_day[done] >= 0) & (back.shelf_day[done] < len(days))]
        np.add.at(house.inflow, (wishes.product[home], back.shelf_day[home]), wishes.quantity[home])
        if day == count_day:
            difference = np.where(rng.random(len(products)) < _COUNT_DIFFERS, rng.integers(-3, 2, len(products)), 0)
            difference = np.maximum(difference, -house.available)
            house.available += difference
        away = day >= len(days) - _AWAY
        if days.dates[day].weekday() == 0 and not days.suppliers_shut[day] and not away:
            buyer.review(house, day)
    return Trade(served, opening, count_day, difference, buyer.purchases(house))


def _serve(house: _Warehouse, wishes: Wishes, lines: Ints, paid: Bools, served: Bools) -> None:
    """First come, first served, product by product. Orders that are never paid or called off take nothing away."""
    served[lines[~paid[lines]]] = True
    lines = lines[paid[lines]]
    product, quantity = wishes.product[lines], wishes.quantity[lines]
    by = np.argsort(product, kind="stable")
    product, quantity = product[by], quantity[by]
    upto = np.cumsum(quantity)
    first = np.concatenate([[True], product[1:] != product[:-1]]) if len(product) else np.zeros(0, bool)
    before = np.repeat((upto - quantity)[first], np.diff(np.append(np.flatnonzero(first), len(product))))
    enough = upto - before <= house.available[product]
    served[lines[by[enough]]] = True
    np.subtract.at(house.available, product[enough], quantity[enough])


class _Buyer:
    """Who reorders, and how well."""

    def __init__(self, rng: np.random.Generator, goods: tuple[Products, Suppliers], days: Days, wishes: Wishes) -> None:
        self._rng, self._days = rng, days
        self._products, self._suppliers = goods
        self._busy = days.factors[:, TMALL] * yearly_waves(self._products, days)
        self._busy_upto = np.concatenate([np.zeros((len(self._products), 1)), np.cumsum(self._busy, axis=1)], axis=1)
        self._lead = self._suppliers.lead[self._products.supplier]
        self._optimism = rng.lognormal(0.08, 0.15, len(self._products))
        ended = np.minimum(self._products.ended, len(days))
        product = np.arange(len(self._products))
        busy = self._busy_upto[product, ended] - self._busy_upto[product, self._products.launched]
        paid = wishes.fate[wishes.order] == PAID
        wanted = np.bincount(wishes.product[paid], wishes.quantity[paid], minlength=len(self._products))
        self._guess = wanted / np.maximum(busy, 1e-9) * rng.lognormal(0.0, 0.35, len(self._products))
        self._arrivals = np.zeros((len(self._products), len(days) + 1), np.int64)

    def opening(self) -> Ints:
        """Stock on the morning of the first day; of some far too much."""
        cover = (self._lead + _COVER) * self._rng.lognormal(0.0, 0.35, len(self._lead))
        cover = np.where(self._rng.random(len(cover)) < 0.05, 120, cover)
        cover = np.where(self._products.ended < len(self._days), 1.6 * cover, cover)
        units = np.ceil(self._guess * self._busy[:, :30].mean(axis=1) * cover)
        return np.where(self._products.launched > 0, 0, np.maximum(units, 2)).astype(np.int64)

    def arriving(self, day: int) -> Ints:
        """What leaves the list of open orders on this day's morning."""
        return np.asarray(self._arrivals[:, day])

    def review(self, house: _Warehouse, day: int) -> None:
        """One Monday: a purchase order to each supplier from whom enough is needed."""
        rate = self._expected(house, day)
        horizon = self._lead + _REVIEW + self._shut_soon(day)
        position = house.available + house.on_order
        coming = self._products.launched - day  # what is new is bought so that it is there on its first day
        counts = coming <= self._lead + _REVIEW
        counts &= (self._products.ended >= len(self._days)) | (self._products.ended > day + horizon)
        seen = self._rng.random(len(rate)) >= _FORGETS
        safety = _SAFETY * np.sqrt(rate * horizon)
        needed = counts & seen & (position < rate * horizon + safety)
        target = (rate * (horizon + _COVER) + safety) * np.where(
            self._rng.random(len(rate)) < _OVERBUYS, _TOO_MUCH, 1.0
        )
        pack = self._products.pack
        units = np.maximum(np.ceil((target - position) / pack) * pack, self._products.moq).astype(np.int64)
        urgent = position < rate * (self._lead + 2)
        for supplier in range(len(self._suppliers.name)):
            lines = np.flatnonzero(needed & (self._products.supplier == supplier))
            worth = int((units[lines] * self._products.cost[lines]).sum())
            if len(lines) and (worth >= self._suppliers.minimum[supplier] or urgent[lines].any()):
                self._order(house, (supplier, day), lines, units[lines])

    def _shut_soon(self, day: int) -> int:
        """Days that the next deliveries will take longer, as far as the buyer thinks of it."""
        return int(_THINKS_AHEAD * self._days.suppliers_shut[day : day + _LOOKS_AHEAD].sum())

    def _expected(self, house: _Warehouse, day: int) -> Floats:
        """Units a day until the next delivery, from what was sold lately; where nothing was, a guess."""
        product = np.arange(len(self._lead))
        first = np.clip(self._products.launched, max(0, day - _LOOKS_BACK), day)
        known = day + 1 - first
        sold = house.sold[:, max(0, day - _LOOKS_BACK) : day + 1].sum(axis=1)
        usual = sold / np.maximum(self._busy_upto[product, day + 1] - self._busy_upto[product, first], 1e-9)
        end = np.minimum(day + self._lead + _REVIEW + _COVER, len(self._days))
        ahead = (self._busy_upto[product, end] - self._busy_upto[product, day]) / np.maximum(end - day, 1)
        trust = _TRUST * np.minimum(known / _LOOKS_BACK, 1.0)
        rate = (trust * usual + (1 - trust) * self._guess) * ahead**_EXPECTS
        return np.asarray(rate * self._optimism)

    def _order(self, house: _Warehouse, who_when: tuple[int, int], lines: Ints, units: Ints) -> None:
        supplier, day = who_when
        lead = int(self._suppliers.lead[supplier])
        spread = self._rng.lognormal(0.0, self._suppliers.spread[supplier])
        real = max(2, round(lead * spread * (2.0 if self._rng.random() < _LATE else 1.0)))
        arrives = self._after_closures(day, real)
        short = self._rng.random(len(lines)) < _SHORT
        came = np.where(short, np.maximum(units * 9 // 10, 1), units)
        house.numbers += 1
        house.on_order[lines] += units
        if arrives < len(self._days):
            house.inflow[lines, arrives + 1] += came  # unpacked on the day, sold from the next
            self._arrivals[lines, arrives + 1] += units
        number = np.full(len(lines), house.numbers)
        whole = [np.full(len(lines), value) for value in (day, day + lead, arrives)]
        house.lines.append((number, lines, units, came, *whole))

    def _after_closures(self, day: int, work_days: int) -> int:
        """The day of arrival: supplier and warehouse do nothing while they are closed."""
        while work_days and day < len(self._days):
            day += 1
            shut = day < len(self._days) and self._days.suppliers_shut[day]
            work_days -= not shut
        while day < len(self._days) and self._days.warehouse_shut[day]:
            day += 1
        return day if not work_days else len(self._days)

    def purchases(self, house: _Warehouse) -> Purchases:
        """All purchase orders."""
        columns = [np.concatenate(part) for part in zip(*house.lines, strict=True)] if house.lines else [_NONE] * 7
        number, product, quantity, came, ordered, expected, arrived = columns
        on_its_way = arrived >= len(self._days)
        return Purchases(number, product, quantity, np.where(on_its_way, 0, came), ordered, expected, arrived)


_NONE = np.zeros(0, np.int64)
