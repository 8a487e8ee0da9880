"""The demo shop tells a plausible story, the same one each time, and knows the truth about it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from erp_core.clock import FixedClock
from erp_core.demo import seasons
from erp_core.demo.assortment import CHANNELS, PINDUODUO, SHOPIFY
from erp_core.demo.demand import PAID
from erp_core.demo.files import files_of
from erp_core.demo.new_years import NEW_YEARS
from erp_core.demo.parcels import DAY
from erp_core.demo.plan import SIZES, Plan, plan_of
from erp_core.demo.shop import DemoShop, happened, make_shop
from erp_core.errors import BadInput

UNTIL = dt.date(2026, 3, 31)  # 18 months before: 618, 11.11 twice, 12.12 twice, two New Years


@pytest.fixture(scope="module")
def shop() -> DemoShop:
    return make_shop(Plan(SIZES["medium"], 7, UNTIL))


def orders_by_day(shop: DemoShop) -> np.ndarray:
    return np.bincount(shop.orders.at // DAY, minlength=len(shop.days))


def number_of(shop: DemoShop, day: dt.date) -> int:
    return (day - shop.plan.start).days


@pytest.mark.parametrize("size", ["tiny", "small"])
def test_the_same_plan_makes_the_same_files_byte_for_byte_and_another_seed_others(size: str) -> None:
    plan = Plan(SIZES[size], 7, UNTIL)
    first, again = files_of(make_shop(plan)), files_of(make_shop(plan))
    assert [(file.name, file.content) for file in first] == [(file.name, file.content) for file in again]
    other = files_of(make_shop(Plan(SIZES[size], 8, UNTIL)))
    assert all(f.content != o.content for f, o in zip(first, other, strict=True) if f.name.endswith("_orders.csv"))


@pytest.mark.parametrize("size", ["tiny", "small", "medium"])
def test_a_size_has_its_products_and_about_its_orders(size: str) -> None:
    made = make_shop(Plan(SIZES[size], 7, UNTIL))
    assert len(set(made.products.sku.tolist())) == SIZES[size].products
    assert len(made.orders.at) == pytest.approx(SIZES[size].orders, rel=0.2)
    assert set(made.orders.shop.tolist()) == set(range(len(CHANNELS)))


def test_the_week_of_11_11_sells_more_than_three_times_an_ordinary_one(shop: DemoShop) -> None:
    daily = orders_by_day(shop)
    weeks = Counter()
    for at, day in enumerate(shop.days.dates):
        weeks[day.isocalendar()[:2]] += int(daily[at])
    usual = float(np.median(list(weeks.values())))
    for year in (2024, 2025):
        assert weeks[dt.date(year, 11, 11).isocalendar()[:2]] > 3 * usual
    assert weeks[dt.date(2025, 6, 18).isocalendar()[:2]] > 1.5 * usual
    after = daily[number_of(shop, dt.date(2025, 11, 15)) : number_of(shop, dt.date(2025, 11, 24))]
    assert after.mean() < usual / 7


def test_at_new_year_orders_fall_nothing_is_shipped_and_nothing_arrives(shop: DemoShop) -> None:
    daily = orders_by_day(shop)
    china = np.bincount(shop.orders.at[shop.orders.shop != SHOPIFY] // DAY, minlength=len(daily))
    shipped = shop.orders.shipped[happened(shop.orders.shipped)] // DAY
    arrived = shop.trade.purchases.arrived
    for year in (2025, 2026):
        new_year = number_of(shop, NEW_YEARS[year])
        assert china[new_year - 7 : new_year + 10].mean() < 0.4 * np.median(china)
        assert not np.isin(shipped, range(new_year - 4, new_year + 8)).any()
        assert not np.isin(arrived, range(new_year - 4, new_year + 8)).any()
        ordered = shop.trade.purchases.ordered
        assert not np.isin(ordered, range(new_year - 10, new_year + 15)).any()


def test_new_years_are_new_moons_21_january_to_20_february() -> None:
    """A new moon every 29.53 days (Meeus): from 2020-01-24 21:42 UTC, which is the 25th in Beijing, whole months later."""
    first = dt.datetime(2020, 1, 25, 5, 42)
    for day in NEW_YEARS.values():
        assert dt.date(day.year, 1, 21) <= day <= dt.date(day.year, 2, 20)
        months = (dt.datetime.combine(day, dt.time(12)) - first) / dt.timedelta(days=29.530589)
        assert abs(months - round(months)) * 29.53 < 1.2


@pytest.mark.parametrize(("year", "day"), [(2024, 29), (2025, 28), (2026, 27)])
def test_black_friday_is_the_day_after_the_fourth_thursday(year: int, day: int) -> None:
    assert seasons.black_friday(year) == dt.date(year, 11, day)


def test_accessories_are_bought_together_more_than_twice_as_often_as_by_chance(shop: DemoShop) -> None:
    """Counted by hand: baskets as sets of SKUs; lift = P(both) / (P(one) · P(other)), over all pairs together."""
    baskets: dict[int, set[str]] = {}
    lines = shop.lines
    several = shop.orders.shop[lines.order] != PINDUODUO
    for order, product in zip(lines.order[several].tolist(), lines.product[several].tolist(), strict=True):
        baskets.setdefault(order, set()).add(shop.products.sku[product])
    alone, together = Counter(), Counter()
    for basket in baskets.values():
        alone.update(basket)
        together.update(combinations(sorted(basket), 2))
    pairs = [tuple(sorted(pair)) for pair in shop.truth.pairs.itertuples(index=False)]
    found = sum(together[pair] for pair in pairs)
    by_chance = sum(alone[one] * alone[other] for one, other in pairs) / len(baskets)
    assert found > 200
    assert found / by_chance > 2
    frequent = [pair for pair in pairs if alone[pair[0]] >= 40 and alone[pair[1]] >= 40]
    lifts = [together[one, other] * len(baskets) / (alone[one] * alone[other]) for one, other in frequent]
    assert len(frequent) >= 10
    assert np.mean(np.array(lifts) > 2) > 0.9
    others = [pair for pair in together if pair not in set(pairs)]
    other_lift = sum(together[p] for p in others) / (
        sum(alone[a] * alone[b] for a, b in combinations(sorted(alone), 2) if (a, b) not in set(pairs)) / len(baskets)
    )
    assert other_lift < 1


def test_what_was_not_in_stock_is_remembered_as_lost_and_the_rest_was_sold(shop: DemoShop) -> None:
    demand = shop.truth.demand
    assert 0.02 < demand["lost"].sum() / demand["demand"].sum() < 0.35
    assert (demand["lost"] <= demand["demand"]).all()
    sold: Counter[tuple[str, str, np.datetime64]] = Counter()
    lines, orders = shop.lines, shop.orders
    for line in np.flatnonzero(orders.fate[lines.order] == PAID).tolist():
        order = int(lines.order[line])
        day = np.datetime64(shop.days.dates[int(orders.at[order]) // DAY])
        sold[shop.products.sku[lines.product[line]], CHANNELS[orders.shop[order]], day] += int(lines.quantity[line])
    served = demand[demand["demand"] > demand["lost"]]
    keys = zip(served["sku"], served["channel"], served["ds"].to_numpy("datetime64[D]"), strict=True)
    assert dict(zip(keys, (served["demand"] - served["lost"]).tolist(), strict=True)) == dict(sold)


def test_stock_is_never_below_nothing_at_any_instant(shop: DemoShop) -> None:
    """Opening, then receipts at the start of their day, parcels when they leave, returns when they come, the count."""
    lines, orders, done = shop.lines, shop.orders, shop.trade
    left = happened(orders.shipped[lines.order])
    back = lines.returned & lines.restocked
    came = done.purchases.came > 0
    count_at = np.full(len(shop.products), (done.count_day + 1) * DAY - 1)
    product = np.concatenate(
        [done.purchases.product[came], lines.product[left], lines.product[back], np.arange(len(shop.products))]
    )
    at = np.concatenate(
        [
            done.purchases.arrived[came] * DAY + 15 * 3600,
            orders.shipped[lines.order][left],
            lines.returned_at[back],
            count_at,
        ]
    )
    units = np.concatenate(
        [done.purchases.came[came], -lines.quantity[left], lines.quantity[back], done.count_difference]
    )
    by = np.lexsort((at, product))
    level = np.cumsum(units[by])
    start = np.concatenate([[0], np.cumsum(np.bincount(product, units, minlength=len(shop.products)))[:-1]])
    assert (level - start[product[by]] + done.opening[product[by]]).min() >= 0
    assert (shop.count >= 0).all()


def test_few_parcels_are_wrong_or_incomplete_and_more_are_late_at_promotions(shop: DemoShop) -> None:
    orders = shop.orders
    sent = happened(orders.shipped)
    wrong = shop.truth.wrong_orders["trouble"]
    share = wrong.isin(["wrong item", "missing item"]).sum() / sent.sum()
    assert 0.002 < share < 0.007  # 0.25 % and 0.15 %, drawn
    busy = shop.days.factors[orders.at // DAY, orders.shop] > 3.5
    assert orders.late[sent & busy].mean() > 2 * orders.late[sent & ~busy].mean()


def test_abc_and_xyz_have_something_to_tell_apart(shop: DemoShop) -> None:
    units = np.sort(np.bincount(shop.lines.product, shop.lines.quantity, minlength=400))[::-1]
    assert units[:80].sum() > 0.6 * units.sum()  # a fifth of the products sells most
    assert (shop.products.launched > 0).sum() > 20
    assert (shop.products.ended < len(shop.days)).sum() > 10
    summer = (shop.products.peak > 150) & (shop.products.peak < 220)
    month = np.array([day.month for day in shop.days.dates])[shop.orders.at // DAY][shop.lines.order]
    sold = [int((summer[shop.lines.product] & (month == m)).sum()) for m in (1, 7)]
    assert sold[1] > 3 * sold[0]


def test_purchases_are_late_short_and_still_on_their_way(shop: DemoShop) -> None:
    bought = shop.trade.purchases
    came = bought.came > 0
    assert (bought.arrived[came] > bought.expected[came]).mean() > 0.15
    assert (bought.came[came] < bought.quantity[came]).any()
    assert (~came).any()
    pack = shop.products.pack[bought.product]
    assert (bought.quantity % pack == 0).all()
    assert (bought.quantity >= shop.products.moq[bought.product]).all()


def test_nobody_in_it_can_be_called_or_written_to(shop: DemoShop) -> None:
    phones, mails = shop.buyers.phone.tolist(), shop.buyers.email.tolist()
    assert all(re.fullmatch(r"100\d{8}|\+1\d{3}55501\d\d", phone) for phone in phones)
    assert all(mail == "" or mail.endswith("@example.com") for mail in mails)
    codes = shop.products.barcode.tolist()
    assert all(code.startswith("20") for code in codes)
    # EAN-13: three times the digits in even places and the others add up to a multiple of ten.
    assert all(sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(code)) % 10 == 0 for code in codes)


def test_some_buyers_come_back(shop: DemoShop) -> None:
    times = Counter(shop.orders.buyer.tolist())
    assert 0.1 < sum(n > 1 for n in times.values()) / len(times) < 0.5
    assert max(times.values()) > 5


def test_a_plan_ends_yesterday_in_china_unless_a_day_is_said() -> None:
    late_evening = FixedClock(dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC))  # 3 March, 01:00 in Shanghai
    plan = plan_of(late_evening)
    assert (plan.size.name, plan.seed, plan.until) == ("medium", 618, dt.date(2026, 3, 2))
    assert plan.start == dt.date(2024, 9, 1)  # 548 days, both ends counted
    assert plan_of(late_evening, "small", 1, dt.date(2025, 1, 31)).until == dt.date(2025, 1, 31)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"size": "huge"}, "demo.no_such_size"),
        ({"seed": -1}, "demo.bad_seed"),
        ({"seed": 2**31}, "demo.bad_seed"),
        ({"until": dt.date(2036, 1, 1)}, "demo.bad_day"),
        ({"until": dt.date(2021, 6, 30)}, "demo.bad_day"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(clock: FixedClock, asked: dict[str, object], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        plan_of(clock, **asked)  # type: ignore[arg-type]
    assert refused.value.code == code
