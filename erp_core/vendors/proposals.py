"""Priorities and weights that the merchant's own numbers suggest, each with its reason; and what a need is worth.

A proposal is a beginning: whatever a person chose goes before it (the store keeps that), and where the numbers say
nothing the template's priority stays, without a reason. The thresholds are ours, except where a source is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from erp_core.text import Money, T, Text
from erp_core.vendors.own_numbers import OWN_METRICS, in_both, value_of
from erp_core.vendors.schema import OwnNumber, Priority, Range, Requirement, Scenario

_RANK = {priority: -at for at, priority in enumerate(Priority)}  # a must stands highest
MUST, SHOULD, COULD, NOT_NEEDED = Priority.MUST, Priority.SHOULD, Priority.COULD, Priority.NOT_NEEDED

GOOD_ERROR_RATE = 0.001  # wrong and missing items below 0.1 %: what a well-kept warehouse reaches
CARRYING = Range(low=0.20, likely=0.25, high=0.30)  # of the value of stock, a year: the usual range
MIS_PICK = Range(low=22.0, likely=22.0 / 2 + 100.0 / 2, high=100.0)  # US dollars for a wrong item, published range

Known = Mapping[str, float]
Reason = Callable[[Known], Text]


@dataclass(frozen=True)
class Rule:
    """From `at_least` on (and below `below`), a number suggests `priority` and `weight` for `needs`.

    `metric`: the number; `reason`: the sentence, from all known numbers; `needs`: keys of requirements. `weight` None
    leaves the template's. Rules stand from the strongest to the weakest: the first that holds is taken. Only a rule
    with an upper bound lowers a priority: it says that there is little or nothing to look after.
    """

    metric: str
    at_least: float
    priority: Priority
    needs: tuple[str, ...]
    reason: Reason
    weight: float | None = None
    below: float | None = None

    def holds(self, known: Known) -> bool:
        """Whether the number is known and lies between the bounds."""
        value = known.get(self.metric)
        return value is not None and value >= self.at_least and (self.below is None or value < self.below)


def percent(share: float) -> str:
    """A share for a sentence: `12%`, below a tenth with a decimal.

    >>> percent(0.123), percent(0.0567), percent(0.0004)
    ('12%', '5.7%', '0.04%')
    """
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}" if share >= 0.001 or share == 0 else f"{share:.2%}"


def _share(metric: str, sentence: Callable[[str], Text]) -> Reason:
    return lambda known: sentence(percent(known[metric]))


def _count(metric: str, sentence: Callable[[int], Text]) -> Reason:
    return lambda known: sentence(round(known[metric]))


def _steps(
    metric: str, needs: Sequence[str], reason: Reason, *steps: tuple[float, Priority, float | None]
) -> tuple[Rule, ...]:
    """One rule a step, the highest threshold first."""
    ordered = sorted(steps, key=lambda step: -step[0])
    return tuple(Rule(metric, least, priority, tuple(needs), reason, weight) for least, priority, weight in ordered)


def _or_none(metric: str, needs: Sequence[str], reason: Reason, none: Text, *steps: tuple[float, Priority, float | None]
) -> tuple[Rule, ...]:  # fmt: skip
    """Steps above nothing; nothing at all means not needed."""
    given = tuple(needs)
    smallest = 1e-9
    raised = tuple((max(least, smallest), priority, weight) for least, priority, weight in steps)
    return (
        *_steps(metric, given, reason, *raised),
        Rule(metric, 0.0, NOT_NEEDED, given, lambda _: none, below=smallest),
    )


def _platform(key: str, name: str) -> tuple[Rule, ...]:
    """A shop's platform: from one order in twenty on the system cannot do without it."""
    metric = f"platform.{key}"
    return _or_none(
        metric, (f"function.channels.{key}",),
        _share(metric, lambda share: T("{share} of the orders came from {platform}.", share=share, platform=name)),
        T("No order came from {platform}.", platform=name),
        (0.05, MUST, 3.0), (0.0, SHOULD, 2.0),
    )  # fmt: skip


def _foreign_currency(known: Known) -> Text:
    share = percent(known["foreign_revenue_share"])
    if (count := round(known.get("currencies", 0)) - 1) > 1:
        return T("{share} of revenue came in {count} foreign currencies.", share=share, count=count)
    return T("{share} of revenue came in foreign currency.", share=share)


def _excess(known: Known) -> Text:
    return T(
        "{share} of the stock’s value lies in excess and dead stock.", share=percent(known["excess_of_stock"])
    )  # fmt: skip


def _lost(known: Known) -> Text:
    return T("Shortages cost {share} of revenue.", share=percent(known["lost_of_revenue"]))


def _peak_day(known: Known) -> Text:
    return T(
        "The busiest day had {count:,} orders, {times} times an average one.",
        count=round(known["peak_day"]), times=f"{known['peak_day_ratio']:.1f}",
    )  # fmt: skip


_ALL_ONE_CURRENCY = T("All revenue came in one currency, the company’s own.")
_ALL_BOUGHT_HERE = T("All purchases were paid in the company’s own currency.")
_ALL_AT_HOME = T("No order went abroad.")

RULES: tuple[Rule, ...] = (
    # currencies: from a tenth of revenue on, exchange differences are no longer a matter of rounding
    *_or_none(
        "foreign_revenue_share",
        ("scale.currencies.selling",),
        _foreign_currency,
        _ALL_ONE_CURRENCY,
        (0.10, MUST, 3.0),
        (0.0, SHOULD, 2.0),
    ),
    *_or_none(
        "foreign_revenue_share",
        ("scale.currencies.revaluation", "scale.currencies.price_lists"),
        _foreign_currency,
        _ALL_ONE_CURRENCY,
        (0.10, SHOULD, 2.0),
        (0.0, COULD, None),
    ),
    *_steps(
        "foreign_revenue_share",
        ("function.payments.cards", "function.payments.disputes"),
        _foreign_currency,
        (0.05, SHOULD, None),
    ),
    *_steps(
        "currencies",
        ("scale.currencies.dated_rates",),
        _count("currencies", lambda count: T("Buyers pay in {count} currencies.", count=count)),
        (3, MUST, 2.0),
        (2, SHOULD, 2.0),
    ),
    *_or_none(
        "foreign_purchase_share",
        ("function.purchasing.foreign_currency",),
        _share("foreign_purchase_share", lambda s: T("{share} of purchases were paid in foreign currency.", share=s)),
        _ALL_BOUGHT_HERE,
        (0.10, MUST, 2.0),
        (0.0, SHOULD, 1.0),
    ),
    *_steps(
        "foreign_purchase_share",
        ("function.purchasing.landed_cost",),
        _share("foreign_purchase_share", lambda s: T("{share} of purchases were paid in foreign currency.", share=s)),
        (0.10, MUST, 2.0),
    ),
    # channels and platforms
    *_steps(
        "channels",
        ("function.orders.one_queue", "function.stock.no_oversell", "function.channels.stock_push"),
        _count("channels", lambda count: T("{count} shops sell from the same stock.", count=count)),
        (2, MUST, 3.0),
    ),
    Rule(
        "channels",
        0,
        SHOULD,
        ("function.orders.one_queue", "function.stock.no_oversell", "function.channels.stock_push"),
        lambda _: T("One shop only: nothing is sold twice between shops."),
        1.0,
        below=2,
    ),
    *_steps(
        "channels",
        ("function.channels.price_push", "function.channels.listings"),
        _count("channels", lambda count: T("Prices and listings are kept for {count} shops.", count=count)),
        (3, SHOULD, None),
    ),
    *_platform("taobao_tmall", "Taobao · Tmall (淘宝·天猫)"),
    *_platform("jd", "JD (京东)"),
    *_platform("pinduoduo", "Pinduoduo (拼多多)"),
    *_platform("douyin", "Douyin (抖音)"),
    *_platform("xiaohongshu_wechat", "Xiaohongshu · WeChat (小红书·微信)"),
    *_platform("shopify", "Shopify"),
    *_platform("amazon", "Amazon"),
    *_platform("ebay", "eBay"),
    *_platform("woocommerce", "WooCommerce"),
    *_platform("tiktok_shop", "TikTok Shop · Shopee · Lazada"),
    # places
    *_or_none(
        "abroad_share",
        ("function.carriers.international_carriers", "function.carriers.customs"),
        _share("abroad_share", lambda share: T("{share} of the orders went abroad.", share=share)),
        _ALL_AT_HOME,
        (0.10, MUST, 3.0),
        (0.0, SHOULD, 2.0),
    ),
    *_or_none(
        "orders_to.cn",
        ("function.carriers.electronic_waybill", "function.carriers.chinese_carriers"),
        _share("orders_to.cn", lambda share: T("{share} of the orders went to China.", share=share)),
        T("No order went to China."),
        (0.20, MUST, 3.0),
        (0.0, SHOULD, 2.0),
    ),
    *_or_none(
        "orders_to.cn",
        ("function.finance.fapiao", "function.payments.alipay_wechat"),
        _share("orders_to.cn", lambda share: T("{share} of the orders went to China.", share=share)),
        T("No order went to China."),
        (0.20, SHOULD, 2.0),
        (0.0, COULD, None),
    ),
    *_or_none(
        "orders_to.eu",
        ("function.finance.vat_oss",),
        _share("orders_to.eu", lambda share: T("{share} of the orders went to the European Union.", share=share)),
        T("No order went to the European Union."),
        (0.10, MUST, 3.0),
        (0.01, SHOULD, 2.0),
        (0.0, COULD, None),
    ),
    *_or_none(
        "orders_to.eu",
        ("function.finance.e_invoices",),
        _share("orders_to.eu", lambda share: T("{share} of the orders went to the European Union.", share=share)),
        T("No order went to the European Union."),
        (0.10, SHOULD, None),
        (0.0, COULD, None),
    ),
    *_or_none(
        "orders_to.us",
        ("function.finance.sales_tax",),
        _share("orders_to.us", lambda share: T("{share} of the orders went to the United States.", share=share)),
        T("No order went to the United States."),
        (0.10, MUST, 2.0),
        (0.01, SHOULD, 2.0),
        (0.0, COULD, None),
    ),
    *_steps(
        "languages",
        ("scale.languages.documents", "scale.languages.products"),
        _count("languages", lambda count: T("Buyers live where {count} languages are spoken.", count=count)),
        (3, SHOULD, 2.0),
        (2, COULD, None),
    ),
    Rule(
        "languages",
        0,
        NOT_NEEDED,
        ("scale.languages.documents", "scale.languages.products"),
        lambda _: T("All buyers live where one language is spoken."),
        below=2,
    ),
    *_steps(
        "carriers",
        ("function.carriers.choice_by_rule",),
        _count("carriers", lambda count: T("{count} carriers are in use.", count=count)),
        (4, MUST, 2.0),
        (2, SHOULD, 2.0),
    ),
    Rule(
        "carriers",
        0,
        COULD,
        ("function.carriers.choice_by_rule",),
        lambda _: T("One carrier takes all parcels."),
        below=2,
    ),
    # size
    *_steps(
        "orders_a_day",
        ("function.orders.waves", "function.stock.handheld", "scale.orders.bulk_acts"),
        _count("orders_a_day", lambda count: T("{count:,} orders leave on an average day.", count=count)),
        (200, MUST, 3.0),
        (50, SHOULD, 2.0),
    ),
    Rule(
        "orders_a_day",
        0,
        COULD,
        ("function.orders.waves", "function.stock.handheld", "scale.orders.bulk_acts"),
        _count("orders_a_day", lambda count: T("{count:,} orders leave on an average day.", count=count)),
        below=20,
    ),
    *_steps(
        "orders_a_month",
        ("function.orders.review_rules", "function.carriers.freight_audit"),
        _count("orders_a_month", lambda count: T("{count:,} orders come in an average month.", count=count)),
        (3000, MUST, 3.0),
        (500, SHOULD, 2.0),
    ),
    Rule(
        "orders_a_month",
        0,
        COULD,
        ("function.orders.review_rules", "function.carriers.freight_audit"),
        _count("orders_a_month", lambda count: T("{count:,} orders come in an average month.", count=count)),
        below=100,
    ),
    *_steps("peak_day_ratio", ("scale.orders.peak_day",), _peak_day, (4, MUST, 3.0), (2, SHOULD, 2.0)),
    Rule("peak_day_ratio", 0, COULD, ("scale.orders.peak_day",), _peak_day, below=2),
    *_steps(
        "peak_month",
        ("security.uptime.peak_freeze", "service.sla.peak_support", "scale.users.seasonal"),
        lambda known: T(
            "The busiest month has {times} times the orders of an average one.", times=f"{known['peak_month']:.1f}"
        ),
        (1.5, MUST, 2.0),
        (1.2, SHOULD, None),
    ),
    Rule(
        "peak_month",
        0,
        COULD,
        ("security.uptime.peak_freeze", "service.sla.peak_support", "scale.users.seasonal"),
        lambda _: T("No month stands out."),
        below=1.2,
    ),
    *_steps(
        "skus",
        ("function.stock.cycle_counts", "function.stock.bins", "fit.ease.bulk_edit"),
        _count("skus", lambda count: T("{count:,} SKUs sold.", count=count)),
        (1000, MUST, 2.0),
        (200, SHOULD, 2.0),
    ),
    Rule(
        "skus",
        0,
        COULD,
        ("function.stock.cycle_counts", "function.stock.bins", "fit.ease.bulk_edit"),
        _count("skus", lambda count: T("{count:,} SKUs sold.", count=count)),
        below=50,
    ),
    *_steps(
        "locations",
        ("function.stock.transfers",),
        _count("locations", lambda count: T("Stock lies in {count} places.", count=count)),
        (3, MUST, 2.0),
        (2, SHOULD, 2.0),
    ),
    Rule("locations", 0, COULD, ("function.stock.transfers",), lambda _: T("All stock lies in one place."), below=2),
    *_steps(
        "suppliers",
        ("function.purchasing.price_breaks", "function.purchasing.lead_times", "function.purchasing.approval"),
        _count("suppliers", lambda count: T("Goods come from {count} suppliers.", count=count)),
        (10, SHOULD, 2.0),
    ),
    Rule(
        "suppliers",
        0,
        COULD,
        ("function.purchasing.price_breaks", "function.purchasing.lead_times", "function.purchasing.approval"),
        _count("suppliers", lambda count: T("Goods come from {count} suppliers.", count=count)),
        below=3,
    ),
    *_steps(
        "bundles",
        ("function.orders.bundles",),
        _count("bundles", lambda count: T("{count} bundles are kept.", count=count)),
        (1, MUST, 2.0),
    ),
    *_steps(
        "companies",
        ("scale.entities.several_companies",),
        _count("companies", lambda count: T("{count} companies keep books of their own.", count=count)),
        (2, MUST, 3.0),
    ),
    *_steps(
        "companies",
        ("scale.entities.intercompany", "scale.entities.consolidation"),
        _count("companies", lambda count: T("{count} companies keep books of their own.", count=count)),
        (2, SHOULD, 2.0),
    ),
    Rule(
        "companies",
        0,
        NOT_NEEDED,
        ("scale.entities.several_companies", "scale.entities.intercompany", "scale.entities.consolidation"),
        lambda _: T("There is one company."),
        below=2,
    ),
    # what goes wrong
    *_steps(
        "wrong_order_share",
        ("function.orders.scan_verify",),
        _share(
            "wrong_order_share",
            lambda s: T("{share} of the orders came back as wrong or incomplete; good is below 0.1%.", share=s),
        ),
        (GOOD_ERROR_RATE, MUST, 3.0),
    ),
    Rule(
        "wrong_order_share",
        0,
        SHOULD,
        ("function.orders.scan_verify",),
        _share(
            "wrong_order_share",
            lambda s: T("{share} of the orders came back as wrong or incomplete; good is below 0.1%.", share=s),
        ),
        2.0,
        below=GOOD_ERROR_RATE,
    ),
    *_steps(
        "wrong_order_share",
        ("function.carriers.weighing",),
        _share(
            "wrong_order_share",
            lambda s: T("{share} of the orders came back as wrong or incomplete; good is below 0.1%.", share=s),
        ),
        (0.003, SHOULD, 2.0),
    ),
    *_steps(
        "late_order_share",
        ("function.carriers.tracking_back", "function.carriers.live_tracking"),
        _share(
            "late_order_share", lambda s: T("{share} of the orders left more than three days after payment.", share=s)
        ),
        (0.05, MUST, 3.0),
        (0.01, SHOULD, 2.0),
    ),
    *_steps(
        "return_rate",
        ("function.returns.inspection", "function.returns.platform_sync", "function.returns.reasons"),
        _share("return_rate", lambda share: T("{share} of revenue goes back to buyers.", share=share)),
        (0.08, MUST, 3.0),
        (0.02, SHOULD, 2.0),
    ),
    *_steps(
        "return_rate",
        ("function.returns.analysis", "function.returns.refund_only", "function.orders.intercept"),
        _share("return_rate", lambda share: T("{share} of revenue goes back to buyers.", share=share)),
        (0.08, SHOULD, 2.0),
    ),
    *_steps(
        "lost_of_revenue",
        ("function.stock.shortage_alerts", "function.purchasing.proposals"),
        _lost,
        (0.01, MUST, 3.0),
        (0.0, SHOULD, 2.0),
    ),
    *_steps(
        "lost_of_revenue", ("function.orders.backorders", "function.crm.demand_signals"), _lost, (0.02, SHOULD, 2.0)
    ),
    *_steps(
        "excess_of_stock",
        ("function.stock.excess_alerts", "function.purchasing.open_to_buy"),
        _excess,
        (0.25, MUST, 3.0),
        (0.10, SHOULD, 2.0),
    ),
    Rule("excess_of_stock", 0, COULD, ("function.stock.excess_alerts",), _excess, below=0.05),
    *_steps(
        "repeat_share",
        ("function.crm.one_profile", "function.crm.segments"),
        _share("repeat_share", lambda share: T("{share} of the customers bought again.", share=share)),
        (0.30, MUST, 2.0),
        (0.10, SHOULD, 2.0),
    ),
)


def known_values(own_numbers: Iterable[OwnNumber]) -> Known:
    """Own numbers by key, with what rules need besides: losses as a share of revenue, excess as a share of the stock,
    the busiest day as a multiple of an average one."""
    known = {number.key: number.value for number in own_numbers}
    for name, part, whole in (
        ("lost_of_revenue", "shortage_losses_a_year", "revenue_a_year"),
        ("excess_of_stock", "excess_value", "cash_in_stock"),
        ("peak_day_ratio", "peak_day", "orders_a_day"),
    ):
        if part in known and known.get(whole, 0) > 0:
            known[name] = known[part] / known[whole]
    return known


def propose(requirements: Sequence[Requirement], own_numbers: Iterable[OwnNumber]) -> tuple[Requirement, ...]:
    """The requirements with the priorities, weights and reasons that own numbers suggest, in the same order.

    Requirements of which the numbers say nothing, and those that the merchant wrote, stay as they are.
    """
    known = known_values(own_numbers)
    taken: dict[str, Rule] = {}
    for rule in RULES:
        if rule.holds(known):
            for need in rule.needs:
                taken.setdefault(need, rule)
    return tuple(
        need if need.own or need.key not in taken else _proposed(need, taken[need.key], known) for need in requirements
    )


def _proposed(need: Requirement, rule: Rule, known: Known) -> Requirement:
    priority, weight = rule.priority, need.weight if rule.weight is None else rule.weight
    if rule.below is None and _RANK[need.priority] > _RANK[priority]:
        priority, weight = need.priority, need.weight
    return need.model_copy(update={"priority": priority, "weight": weight, "reason": in_both(rule.reason(known))})


# --- what a need is worth ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PriceTag:
    """The money a year that a requirement is about. `lost`: it is lost, or paid for nothing, every year; otherwise it
    passes through what the requirement looks after. `text`: both in one sentence."""

    a_year: Range
    lost: bool
    text: Text


def price_tag(need: Requirement, own_numbers: Sequence[OwnNumber], scenario: Scenario) -> PriceTag | None:
    """What the requirement's metric comes to in money a year; None where it has no money value or is not known."""
    if need.metric is None or need.metric not in OWN_METRICS:
        return None
    worth = _WORTH.get(need.metric)
    return None if worth is None else worth(_Numbers(own_numbers, scenario))


@dataclass(frozen=True)
class _Numbers:
    own: Sequence[OwnNumber]
    scenario: Scenario

    def of(self, *keys: str) -> tuple[float, ...] | None:
        """The values of all keys; None where one lacks."""
        values = tuple(value for key in keys if (value := value_of(self.own, key)) is not None)
        return values if len(values) == len(keys) else None

    def money(self, amount: float) -> Money:
        return Money(amount, self.scenario.currency)

    def dollars(self) -> float | None:
        """What a US dollar costs in the scenario's currency."""
        if self.scenario.currency == "USD":
            return 1.0
        return next((rate.rate for rate in self.scenario.rates if rate.currency == "USD"), None)


def _exactly(amount: float) -> Range:
    return Range(low=amount, likely=amount, high=amount)


def _shortages(numbers: _Numbers) -> PriceTag | None:
    match numbers.of("shortage_losses_a_year"):
        case (lost,) if lost > 0:
            text = T("{money} a year is lost because goods were out.", money=numbers.money(lost))
            return PriceTag(_exactly(lost), True, text)
    return None


def _excess_stock(numbers: _Numbers) -> PriceTag | None:
    match numbers.of("excess_value"):
        case (value,) if value > 0:
            cost = Range(low=value * CARRYING.low, likely=value * CARRYING.likely, high=value * CARRYING.high)
            text = T(
                "{value} lies in excess and dead stock; to carry it costs {low} to {high} a year (20 to 30%).",
                low=numbers.money(cost.low), high=numbers.money(cost.high), value=numbers.money(value),
            )  # fmt: skip
            return PriceTag(cost, True, text)
    return None


def _errors(numbers: _Numbers) -> PriceTag | None:
    found = numbers.of("orders_a_year", "wrong_order_share")
    if found is None or not all(found):
        return None
    wrong = found[0] * found[1]
    own, dollar = value_of(numbers.own, "cost_an_error"), numbers.dollars()
    if own is not None:
        text = T("{count:,} wrong orders a year cost {money}.", count=round(wrong), money=numbers.money(wrong * own))
        return PriceTag(_exactly(wrong * own), True, text)
    if dollar is None:
        return None
    low, likely, high = (wrong * dollar * end for end in (MIS_PICK.low, MIS_PICK.likely, MIS_PICK.high))
    text = T(
        "{count:,} wrong orders a year cost {low} to {high}, at the published $22 to $100 each.",
        count=round(wrong), low=numbers.money(low), high=numbers.money(high),
    )  # fmt: skip
    return PriceTag(Range(low=low, likely=likely, high=high), True, text)


def _handling(numbers: _Numbers) -> PriceTag | None:
    match numbers.of("orders_a_year", "minutes_an_order", "cost_an_hour"):
        case (orders, minutes, cost) if orders * minutes * cost > 0:
            amount = orders * minutes / 60 * cost
            text = T("The work on orders costs {money} a year.", money=numbers.money(amount))
            return PriceTag(_exactly(amount), True, text)
    return None


def _part_of_revenue(share: str, sentence: Callable[[Money], Text]) -> Callable[[_Numbers], PriceTag | None]:
    def worth(numbers: _Numbers) -> PriceTag | None:
        match numbers.of("revenue_a_year", share):
            case (revenue, part) if revenue * part > 0:
                return PriceTag(_exactly(revenue * part), False, sentence(numbers.money(revenue * part)))
        return None

    return worth


def _by_orders(sentence: Callable[[Money], Text], *shares: str) -> dict[str, Callable[[_Numbers], PriceTag | None]]:
    """Revenue by a share of the orders: about that much, since orders differ in value."""
    return {share: _part_of_revenue(share, sentence) for share in shares}


_WORTH: Mapping[str, Callable[[_Numbers], PriceTag | None]] = {
    "shortage_losses_a_year": _shortages,
    "excess_value": _excess_stock,
    "wrong_order_share": _errors,
    "orders_a_month": _handling,
    "orders_a_day": _handling,
    "return_rate": _part_of_revenue("return_rate", lambda m: T("{money} of revenue a year goes back.", money=m)),
    "foreign_revenue_share": _part_of_revenue(
        "foreign_revenue_share", lambda m: T("{money} of revenue a year comes in foreign currency.", money=m)
    ),
    **_by_orders(lambda m: T("About {money} of revenue a year leaves late.", money=m), "late_order_share"),
    **_by_orders(
        lambda m: T("About {money} of revenue a year goes there.", money=m),
        "abroad_share", *(key for key in OWN_METRICS if key.startswith("orders_to.")),
    ),
    **_by_orders(
        lambda m: T("About {money} of revenue a year comes from there.", money=m),
        *(key for key in OWN_METRICS if key.startswith("platform.")),
    ),
}  # fmt: skip
