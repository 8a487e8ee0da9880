"""The merchant's own numbers that price requirements, shape the scenario and feed the business case.

They are computed from the shop's data (`overview.own_numbers`) or told by a person. A number that is not known is
absent, never 0. Money is in the currency of the decision, in major units; shares are fractions.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from erp_core.text import T, Text, say
from erp_core.vendors.schema import PUBLISHED_ONE_OFFS, Bilingual, OwnNumber, Path, Rate, Scenario

# How much of a year's growth goes on in the next one. Growth that is held on to for years overshoots; damped trends
# forecast better (Gardner and McKenzie 1985). The size is ours.
DAMPING = 0.7
MOST_GROWTH = 1.0  # a shop that doubled in a year is not taken to double again every year
YEARS = 5


@dataclass(frozen=True)
class OwnMetric:
    """What an own number means. `unit`: money (a year, or standing), share, ratio, count, minutes or hours; `how`: its
    formula in words; `asked`: only a person can tell it, no file holds it."""

    key: str
    title: Text
    unit: str
    how: Text
    asked: bool = False


def _declared(*metrics: OwnMetric) -> Mapping[str, OwnMetric]:
    return {metric.key: metric for metric in metrics}


OWN_METRICS: Mapping[str, OwnMetric] = _declared(
    OwnMetric("revenue_a_year", T("Revenue a year"), "money", T("Revenue of products over the last twelve months.")),
    OwnMetric("cogs_a_year", T("Cost of goods sold a year"), "money", T("Units sold × unit cost on that day.")),
    OwnMetric("margin_share", T("Share of gross margin"), "share",
              T("(Revenue − cost) ÷ revenue of products with a cost.")),
    OwnMetric("order_value", T("Average order value"), "money", T("Revenue ÷ orders.")),
    OwnMetric("orders_a_year", T("Orders a year"), "count", T("Orders that were not cancelled, last twelve months.")),
    OwnMetric("orders_a_month", T("Orders a month"), "count", T("Orders ÷ days × 30.4.")),
    OwnMetric("orders_a_day", T("Orders on an average day"), "count", T("Orders ÷ days of the period.")),
    OwnMetric("orders_lately", T("Orders a day lately"), "count", T("Smoothed over the last 13 weeks.")),
    OwnMetric("peak_month", T("Busiest month"), "ratio", T("Orders of the busiest calendar month ÷ an average month.")),
    OwnMetric("peak_day", T("Orders on the busiest day"), "count", T("The most orders on one day of the period.")),
    OwnMetric(
        "orders_growth", T("Growth of orders"), "share", T("Orders ÷ orders of the same days a year before − 1.")
    ),
    OwnMetric(
        "orders_growth_low", T("Growth of orders, weakest quarter"), "share",
        T("The lowest growth of a quarter against the same one a year before."),
    ),
    OwnMetric(
        "orders_growth_high", T("Growth of orders, strongest quarter"), "share",
        T("The highest growth of a quarter against the same one a year before."),
    ),
    OwnMetric(
        "foreign_revenue_share", T("Revenue in foreign currency"), "share",
        T("Revenue in other currencies than the base ÷ all revenue, at each day's rate."),
    ),
    OwnMetric("currencies", T("Currencies sold in"), "count", T("Currencies of the orders.")),
    OwnMetric(
        "foreign_purchase_share", T("Purchases in foreign currency"), "share",
        T("Value of purchase orders in other currencies than the base ÷ value of all."),
    ),
    OwnMetric("channels", T("Shops"), "count", T("Shops with orders in the period.")),
    OwnMetric("carriers", T("Carriers in use"), "count", T("Carriers of at least one order or parcel in a hundred.")),
    OwnMetric("countries", T("Countries shipped to"), "count", T("Countries that the orders name.")),
    OwnMetric("languages", T("Languages of buyers"), "count",
              T("Main languages of countries with 1% of the orders or more.")),
    OwnMetric(
        "abroad_share", T("Orders abroad"), "share", T("Orders to other countries than the most frequent one ÷ all.")
    ),
    OwnMetric("orders_to.cn", T("Orders to China"), "share", T("Orders to China ÷ orders with a country.")),
    OwnMetric("orders_to.eu", T("Orders to the European Union"), "share", T("Orders there ÷ orders with a country.")),
    OwnMetric("orders_to.us", T("Orders to the United States"), "share", T("Orders there ÷ orders with a country.")),
    OwnMetric("platform.taobao_tmall", T("Orders from Taobao and Tmall"), "share", T("Orders there ÷ all orders.")),
    OwnMetric("platform.jd", T("Orders from JD.com"), "share", T("Orders there ÷ all orders.")),
    OwnMetric("platform.pinduoduo", T("Orders from Pinduoduo"), "share", T("Orders there ÷ all orders.")),
    OwnMetric("platform.douyin", T("Orders from Douyin"), "share", T("Orders there ÷ all orders.")),
    OwnMetric(
        "platform.xiaohongshu_wechat", T("Orders from Xiaohongshu and WeChat"), "share", T("Orders there ÷ all orders.")
    ),
    OwnMetric("platform.shopify", T("Orders from Shopify"), "share", T("Orders there ÷ all orders.")),
    OwnMetric("platform.amazon", T("Orders from Amazon"), "share", T("Orders there ÷ all orders.")),
    OwnMetric("platform.ebay", T("Orders from eBay"), "share", T("Orders there ÷ all orders.")),
    OwnMetric("platform.woocommerce", T("Orders from WooCommerce"), "share", T("Orders there ÷ all orders.")),
    OwnMetric(
        "platform.tiktok_shop", T("Orders from TikTok, Shopee, Lazada"), "share", T("Orders there ÷ all orders.")
    ),
    OwnMetric("skus", T("SKUs sold"), "count", T("Products that sold in the period, without charges.")),
    OwnMetric("bundles", T("Bundles"), "count", T("Products that are packed from others.")),
    OwnMetric("locations", T("Warehouses"), "count", T("Places where stock lies.")),
    OwnMetric("suppliers", T("Suppliers"), "count", T("Suppliers with items or purchase orders.")),
    OwnMetric("users", T("Users now"), "count", T("Active accounts of this workbench.")),
    OwnMetric("companies", T("Companies with own books"), "count", T("Legal entities that keep books."), asked=True),
    OwnMetric("repeat_share", T("Customers who came back"), "share", T("Customers with two or more orders ÷ all.")),
    OwnMetric("return_rate", T("Return rate"), "share", T("Refunds and credit notes ÷ revenue.")),
    OwnMetric("wrong_order_share", T("Wrong and incomplete orders"), "share", T("Orders that came back wrong ÷ all.")),
    OwnMetric(
        "late_order_share", T("Late orders"), "share",
        T("Orders shipped more than three days after payment ÷ orders whose shipping is known."),
    ),
    OwnMetric("stock_turns", T("Stock turns a year"), "ratio", T("Cost of goods sold a year ÷ average stock at cost.")),
    OwnMetric("stock_value", T("Stock at cost"), "money", T("Average stock of the period at unit cost.")),
    OwnMetric("cash_in_stock", T("Cash in stock now"), "money", T("Units on hand × unit cost.")),
    OwnMetric(
        "excess_value", T("Excess and dead stock"), "money", T("Stock beyond what sells in time, at unit cost, now.")
    ),
    OwnMetric("in_stock_rate", T("In stock"), "share", T("Days in stock ÷ days on which stock is known.")),
    OwnMetric(
        "shortage_losses_a_year", T("Losses by shortage a year"), "money",
        T("Units a day while in stock × days out of stock × margin a unit, by product."),
    ),
    OwnMetric(
        "lost_now", T("Sales that shortages cost now"), "money",
        T("Demand that stock and goods on order cannot serve before a new order arrives × margin a unit."),
    ),
    OwnMetric("accessory_revenue_a_year", T("Accessory sales a year"), "money",
              T("Revenue of what buyers add to a main product."), asked=True),
    OwnMetric("minutes_an_order", T("Minutes of work an order"), "minutes",
              T("From review to label, all hands together."), asked=True),
    OwnMetric("cost_an_hour", T("Cost of an hour of work"), "money", T("Wages with all charges."), asked=True),
    OwnMetric("cost_an_error", T("Cost of a wrong order"), "money",
              T("Freight, goods and work until the buyer is served."), asked=True),
)  # fmt: skip


def in_both(text: Text) -> Bilingual:
    """A sentence of ours as a value with both languages.

    >>> in_both(T("Orders on an average day")).zh
    '日均订单数'
    """
    return Bilingual(en=say(text, "en"), zh=say(text, "zh_CN"))


def joined(*texts: Text) -> Bilingual:
    """Sentences one after the other, as a value with both languages."""
    return Bilingual(en=" ".join(say(text, "en") for text in texts), zh="".join(say(text, "zh_CN") for text in texts))


def value_of(own_numbers: Iterable[OwnNumber], key: str) -> float | None:
    """A number by its key; None where it is not known."""
    return next((number.value for number in own_numbers if number.key == key), None)


def merged(*sources: Iterable[OwnNumber]) -> tuple[OwnNumber, ...]:
    """Own numbers of several sources, each key once: what comes first goes first (a person before the data)."""
    found: dict[str, OwnNumber] = {}
    for source in sources:
        for number in source:
            found.setdefault(number.key, number)
    order = {key: at for at, key in enumerate(OWN_METRICS)}
    return tuple(sorted(found.values(), key=lambda number: (order.get(number.key, len(order)), number.key)))


# --- the scenario --------------------------------------------------------------------------------------------------


def growth_path(a_month: float, growth: float | None, years: int = YEARS) -> Path:
    """Orders a month year by year, from the average month of the last twelve.

    Year 1 has a_month × (1 + g), year n the one before × (1 + g·0.7^(n−1)): growth fades (`DAMPING`). Growth is taken
    between −50 % and +100 % a year. Without a known growth the number stays.

    >>> [round(orders, 1) for orders in growth_path(1000.0, 0.2, 3).by_year]
    [1200.0, 1368.0, 1502.1]
    """
    if growth is None or a_month <= 0:
        return Path(now=max(a_month, 0.0))
    growth = min(max(growth, -0.5), MOST_GROWTH)
    values, level = [], a_month
    for year in range(years):
        level *= 1 + growth * DAMPING**year
        values.append(round(level, 1))
    return Path(now=round(a_month, 1), growth=round(growth, 4), by_year=tuple(values))


@dataclass(frozen=True)
class Proposed:
    """A scenario from own numbers, and why each part of it is as it is: the name of the field → the reason."""

    scenario: Scenario
    reasons: Mapping[str, Bilingual]


def scenario_from(
    own_numbers: Sequence[OwnNumber], currency: str, start: dt.date, rates: Sequence[Rate] = (), years: int = YEARS
) -> Proposed:
    """The next years as own numbers suggest them; what is not known keeps the schema's default and has no reason.

    Orders a month follow `growth_path`; `peak` the busiest month; locations and users what is counted now. One-offs
    that a vendor does not tell are reckoned at `PUBLISHED_ONE_OFFS`: left out, they would make silence cheap.
    """
    known = {number.key: number for number in own_numbers}
    given: dict[str, object] = {"one_off_unknown": PUBLISHED_ONE_OFFS}
    reasons: dict[str, Bilingual] = {}
    orders = known.get("orders_a_month")
    if orders is not None:
        growth = known.get("orders_growth")
        given["orders"] = growth_path(orders.value, growth.value if growth else None, years)
        reasons["orders"] = _orders_reason(known)
    peak = known.get("peak_month")
    if peak is not None and peak.value >= 1:
        given["peak"] = round(peak.value, 2)
        reasons["peak"] = peak.source
    for field in ("users", "locations"):
        number = known.get(field)
        if number is not None and number.value >= 1:
            given[field] = Path(now=float(math.ceil(number.value)))
            reasons[field] = number.source
    scenario = Scenario.model_validate(
        {"currency": currency, "start": start, "years": years, "rates": tuple(rates), **given}
    )
    return Proposed(scenario, reasons)


def _orders_reason(known: Mapping[str, OwnNumber]) -> Bilingual:
    said = [T("On average {count:,} orders a month.", count=round(known["orders_a_month"].value))]
    if "orders_lately" in known:
        said.append(T("Lately {count} a day, smoothed over 13 weeks.", count=round(known["orders_lately"].value, 1)))
    if "orders_growth" not in known:
        said.append(T("Growth is not known: it needs more than a year of orders; none is assumed."))
        return joined(*said)
    said.append(T("That is {growth} against a year before.", growth=f"{known['orders_growth'].value:+.1%}"))
    if {"orders_growth_low", "orders_growth_high"} <= known.keys():
        low, high = (f"{known[f'orders_growth_{end}'].value:+.1%}" for end in ("low", "high"))
        said.append(T("Single quarters grew by {low} to {high}: so unsure is that.", low=low, high=high))
    else:
        said.append(T("One comparison only: how sure that is cannot be said."))
    said.append(T("Growth is taken to fade by three tenths a year."))
    return joined(*said)
