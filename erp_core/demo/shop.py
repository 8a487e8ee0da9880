"""The demo shop as a whole: everything that happened in it, and the truth that no file tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.demo import demand, parcels, people, seasons
from erp_core.demo.assortment import (
    CHANNELS,
    JD,
    PINDUODUO,
    SHOPIFY,
    TMALL,
    USD_RATE,
    Products,
    Suppliers,
    make_products,
    make_suppliers,
)
from erp_core.demo.demand import PAID, Days, Wishes
from erp_core.demo.parcels import DAY, Parcels, Returns
from erp_core.demo.people import Buyers
from erp_core.demo.plan import Plan
from erp_core.demo.trade import Back, Trade, trade

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

_PROMOTION_OFF = 15  # percent
_COUPON_FROM, _COUPON = 30_000, 4_000  # Tmall on promotion: 40 yuan off from 300 yuan on
_PINDUODUO_COUPON = 300
_CODE_OFF = 10  # percent, with a code in the shop abroad
_FREE_FROM, _POSTAGE = (5_900, 7_900), (600, 695)  # at home, abroad


@dataclass(frozen=True)
class Truth:
    """What happened in truth. Frames in long form:

    `demand`: sku, channel, ds, demand (units that buyers wanted and would have paid), lost (of these, not in stock).
    `pairs`: sku, accessory: products that are bought together more often than by chance.
    `wrong_orders`: order_id, channel, ds, trouble (wrong item, missing item, broken, late).
    """

    demand: pd.DataFrame
    pairs: pd.DataFrame
    wrong_orders: pd.DataFrame


@dataclass(frozen=True)
class Orders:
    """Placed orders, one entry each, by time; instants in seconds since the first day. `shipping` and money of lines in
    minor units (fen, US cents). `discount`: off the order as a whole. `number`: as its platform writes it."""

    number: Objects
    shop: Ints
    at: Ints
    fate: Ints
    buyer: Ints
    shipping: Ints
    discount: Ints
    shipped: Ints
    promised: Ints
    delivered: Ints
    completed: Ints
    trouble: Ints
    late: Bools
    carrier: Ints
    tracking: Objects


@dataclass(frozen=True)
class Lines:
    """Lines of placed orders: a unit's price, `off`: what the shop took off the line, `refund`: what is paid back."""

    order: Ints
    product: Ints
    quantity: Ints
    price: Ints
    off: Ints
    returned: Bools
    returned_at: Ints
    reason: Ints
    restocked: Bools
    refund: Ints

    @property
    def amount(self) -> Ints:
        """The line's money after its own discount."""
        return self.price * self.quantity - self.off


@dataclass(frozen=True)
class DemoShop:
    """A made-up shop. `count`: what a later stocktake found; `rates`: US dollar in yuan, by day."""

    plan: Plan
    days: Days
    products: Products
    suppliers: Suppliers
    buyers: Buyers
    orders: Orders
    lines: Lines
    trade: Trade
    count: Ints
    rates: npt.NDArray[np.float64]
    truth: Truth

    @property
    def now(self) -> int:
        """The end of the last day, in seconds since the first."""
        return len(self.days) * DAY


def make_shop(plan: Plan) -> DemoShop:
    """Make the shop of a plan; the same plan makes the same shop."""
    rng = np.random.default_rng([plan.seed, plan.size.products, plan.size.days])
    days = demand.make_days(seasons.days_of(plan.start, plan.size.days))
    products = make_products(rng, plan.size.products, plan.size.days, plan.size.orders)
    suppliers = make_suppliers(rng, _monthly_cost(products, plan))
    wishes = demand.make_wishes(rng, products, demand.rates(rng, products, days, plan.size.orders))
    buyers = people.make_buyers(rng, wishes.shop)
    sent = parcels.make_parcels(rng, days, wishes, buyers.far[buyers.of_order])
    back = parcels.make_returns(rng, wishes, sent)
    done = trade(rng, (products, suppliers), days, wishes, Back(back.shelf_day))
    orders, lines = _placed(rng, (products, days, wishes), (buyers, sent, back), done, plan)
    rates = USD_RATE + np.cumsum(rng.normal(0.0, 0.006, len(days)))
    count = _books(products, orders, lines, done, done.count_day) + done.count_difference
    truth = _truth(products, days, wishes, done, orders)
    return DemoShop(plan, days, products, suppliers, buyers, orders, lines, done, count, rates, truth)


def _monthly_cost(products: Products, plan: Plan) -> int:
    return int((products.popularity * products.cost).sum() * plan.size.orders / plan.size.days * 30)


def _placed(
    rng: np.random.Generator,
    world: tuple[Products, Days, Wishes],
    after: tuple[Buyers, Parcels, Returns],
    done: Trade,
    plan: Plan,
) -> tuple[Orders, Lines]:
    """The orders whose main product was there, with the lines that were; their money."""
    products, days, wishes = world
    buyers, sent, back = after
    kept = np.flatnonzero(done.served & np.isin(wishes.order, wishes.order[done.served & wishes.is_main]))
    old = np.unique(wishes.order[kept])
    order = np.searchsorted(old, wishes.order[kept])
    shop, day = wishes.shop[old], wishes.day[old]
    product, quantity, line_shop = wishes.product[kept], wishes.quantity[kept], shop[order]
    price, off = _line_prices(rng, products, (product, quantity, line_shop), days.promotion[day, shop][order])
    discount = np.zeros(len(old), np.int64)
    sums = np.bincount(order, price * quantity - off, minlength=len(old)).astype(np.int64)
    promoted = days.promotion[day, shop]
    coupon = (shop == TMALL) & promoted & (sums >= _COUPON_FROM)
    off = off + _shared(np.where(coupon, _COUPON, 0), order, price * quantity - off)
    coded = (shop == SHOPIFY) & (promoted | (rng.random(len(old)) < 0.08))
    discount[coded] = sums[coded] * _CODE_OFF // 100
    abroad = (shop == SHOPIFY).astype(np.int64)
    shipping = np.where(sums >= np.array(_FREE_FROM)[abroad], 0, np.array(_POSTAGE)[abroad])
    shipping[shop == PINDUODUO] = 0
    amount = price * quantity - off
    refund = amount - _shared(discount, order, amount)
    shipped = np.where(wishes.fate[old] == PAID, sent.shipped[old], _NEVER)
    told = plan.size.days * DAY
    returned = back.returned[kept] & (wishes.fate[old] == PAID)[order] & (back.at[kept] < told)
    carrier = parcels.carrier_of(shop)
    numbers = _numbers(plan, shop, day)
    orders = Orders(
        number=numbers,
        shop=shop,
        at=day * DAY + wishes.second[old],
        fate=wishes.fate[old],
        buyer=buyers.of_order[old],
        shipping=shipping,
        discount=discount,
        shipped=np.where(shipped < told, shipped, _NEVER),
        promised=sent.promised[old],
        delivered=np.where((shipped < told) & (sent.delivered[old] < told), sent.delivered[old], _NEVER),
        completed=np.where((shipped < told) & (sent.completed[old] < told), sent.completed[old], _NEVER),
        trouble=sent.trouble[old],
        late=sent.late[old],
        carrier=carrier,
        tracking=_objects([parcels.tracking_number(c, n) for n, c in enumerate(carrier.tolist())]),
    )
    lines = Lines(
        order=order,
        product=product,
        quantity=quantity,
        price=price,
        off=off,
        returned=returned,
        returned_at=back.at[kept],
        reason=back.reason[kept],
        restocked=back.restocked[kept],
        refund=np.where(returned, refund, 0),
    )
    return orders, lines


_NEVER = np.iinfo(np.int64).max // 2


def happened(instant: Ints) -> Bools:
    """Which instants have come by the end of the last day."""
    return np.asarray(instant < _NEVER)


def _line_prices(
    rng: np.random.Generator, products: Products, sold: tuple[Ints, Ints, Ints], promoted: Bools
) -> tuple[Ints, Ints]:
    """A unit's price and what the shop takes off the line. JD's files know no discount: there the price falls."""
    product, quantity, shop = sold
    price = products.price[product, shop]
    taking_part = rng.random(len(products)) < 0.6
    reduced = promoted & taking_part[product] & (shop != SHOPIFY)
    lower = price * (100 - _PROMOTION_OFF) // 1000 * 10
    coupon = np.where((shop == PINDUODUO) & (rng.random(len(shop)) < 0.2) & (price > 2_000), _PINDUODUO_COUPON, 0)
    off = np.where(reduced & (shop != JD), (price - lower) * quantity, 0) + coupon
    return np.where(reduced & (shop == JD), lower, price), off


def _shared(total: Ints, order: Ints, weight: Ints) -> Ints:
    """Whole shares of each order's total by its lines' weight; the last line takes the rounding. Lines lie by order."""
    upto = np.cumsum(weight)
    first = np.searchsorted(order, np.arange(len(total)))
    last = np.searchsorted(order, np.arange(len(total)), side="right") - 1
    start = (upto - weight)[first]
    whole = np.maximum(upto[last] - start, 1)
    high = total[order] * (upto - start[order]) // whole[order]
    low = total[order] * (upto - weight - start[order]) // whole[order]
    return np.asarray(high - low)


def _numbers(plan: Plan, shop: Ints, day: Ints) -> Objects:
    """Order numbers as the platforms write them, ascending by time."""
    dates = [date.strftime("%y%m%d") for date in seasons.days_of(plan.start, plan.size.days)]
    rank = np.zeros(len(shop), np.int64)
    for channel in range(len(CHANNELS)):
        here = shop == channel
        rank[here] = np.arange(int(here.sum()))
    written = (
        lambda n, _: f"{3_100_000_000_000_000_000 + 1_000_003 * n}",
        lambda n, _: f"{310_000_000_000 + 1_009 * n}",
        lambda n, d: f"{dates[d]}-{310_000_000_000_000 + 100_003 * n}",
        lambda n, _: f"#{1001 + n}",
    )
    return _objects(
        [written[c](n, d) for c, n, d in zip(shop.tolist(), rank.tolist(), day.tolist(), strict=True)]
    )  # fmt: skip


def _books(products: Products, orders: Orders, lines: Lines, done: Trade, day: int) -> Ints:
    """What the books say is in the warehouse at the end of a day: opening, in, out, back."""
    end = (day + 1) * DAY
    count = len(products)
    left = orders.shipped[lines.order] < end
    back = lines.returned & lines.restocked & (lines.returned_at < end)
    came = done.purchases.arrived <= day
    return (
        done.opening
        + _units(done.purchases.product[came], done.purchases.came[came], count)
        - _units(lines.product[left], lines.quantity[left], count)
        + _units(lines.product[back], lines.quantity[back], count)
    )


def _units(product: Ints, quantity: Ints, count: int) -> Ints:
    return np.bincount(product, quantity, minlength=count).astype(np.int64)


def final_stock(shop: DemoShop) -> Ints:
    """Units in the warehouse at the end of the last day, by product; those set aside for waiting orders are in them."""
    books = _books(shop.products, shop.orders, shop.lines, shop.trade, len(shop.days) - 1)
    return books + shop.trade.count_difference


_TROUBLES = ("", "wrong item", "missing item", "broken", "late")


def _truth(products: Products, days: Days, wishes: Wishes, done: Trade, orders: Orders) -> Truth:
    wanted = wishes.fate[wishes.order] == PAID
    frame = pd.DataFrame(
        {
            "product": wishes.product[wanted],
            "shop": wishes.shop[wishes.order[wanted]],
            "day": wishes.line_day[wanted],
            "demand": wishes.quantity[wanted],
            "lost": np.where(done.served[wanted], 0, wishes.quantity[wanted]),
        }
    )
    sums = frame.groupby(["product", "shop", "day"], as_index=False, sort=True).sum()
    dates = np.array(days.dates, "datetime64[D]")
    shops = np.array(CHANNELS, object)
    told = pd.DataFrame(
        {
            "sku": products.sku[sums["product"]],
            "channel": shops[sums["shop"]],
            "ds": dates[sums["day"]],
            "demand": sums["demand"],
            "lost": sums["lost"],
        }
    )
    with_accessory = np.flatnonzero(products.accessory >= 0)
    pairs = pd.DataFrame(
        {"sku": products.sku[with_accessory], "accessory": products.sku[products.accessory[with_accessory]]}
    )
    trouble = np.where((orders.trouble == 0) & orders.late, 4, orders.trouble)
    wrong = np.flatnonzero((trouble > 0) & happened(orders.shipped))
    wrong_orders = pd.DataFrame(
        {
            "order_id": orders.number[wrong],
            "channel": shops[orders.shop[wrong]],
            "ds": dates[orders.at[wrong] // DAY],
            "trouble": np.array(_TROUBLES, object)[trouble[wrong]],
        }
    )
    return Truth(told, pairs, wrong_orders)


def _objects(values: list[str]) -> Objects:
    found = np.empty(len(values), object)
    found[:] = values
    return found
