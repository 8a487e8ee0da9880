"""What a system may return, proposed from the merchant's own numbers.

A benefit is proposed only where its numbers are known; the others are named by `missing`. What is assumed of the change
itself (how much faster stock turns, how many errors go away) is `Targets`: published where somebody published it, ours
where nobody did, and always open to change. Everything is reckoned at today's volume: growth comes on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from erp_core.errors import BadInput
from erp_core.text import Money, T, Text, say
from erp_core.vendors.bill import rates_by_year
from erp_core.vendors.flows import stock_released
from erp_core.vendors.naming import percent
from erp_core.vendors.schema import Benefit, Bilingual, Fraction, OwnNumber, Range, Scenario, Strict

# The six numbers that a case needs, by their keys in `own_numbers`; with them four of the six benefits can be reckoned.
NEEDED = ("cogs_a_year", "stock_turns", "orders_a_year", "wrong_order_share", "minutes_an_order", "cost_an_hour")
# What makes the case fuller where somebody knows it.
WELCOME = ("shortage_losses_a_year", "cost_an_error", "accessory_revenue_a_year", "margin_share")

NAMES: Mapping[str, Text] = {
    "stock_released": T("Money released from stock"),
    "carrying_saved": T("Cost of carrying stock saved"),
    "shortages_avoided": T("Shortage losses avoided"),
    "errors_avoided": T("Wrong orders avoided"),
    "hours_saved": T("Hours of work saved"),
    "accessories": T("More accessories sold"),
}


class Targets(Strict):
    """What a system is taken to change, once it works fully. Shares are fractions.

    `turns_gain`: by how much faster stock turns. One home-goods shop reached 4.5 turns a month where the trade has 3 to
    4: 12.5 to 50 % more; the low end is that nothing changes. `carrying`: what stock costs a year besides the money it
    binds and with it, 20 to 30 % of its value (published). `errors_gone`: the share that goes away
    of wrong orders above 0.1 %, which the trade reaches. `error_usd`: what a mis-pick costs, published in dollars.
    `hours_gone`: 80 % is the most that is told; half of it is taken as likely. `accessories`: one shop sold 30 % more.
    `shortages_gone` and the other likely values are ours.
    """

    turns_gain: Range = Range(low=0.0, likely=0.125, high=0.5)
    carrying: Range = Range(low=0.20, likely=0.25, high=0.30)
    shortages_gone: Range = Range(low=0.1, likely=0.3, high=0.6)
    errors_reached: Fraction = 0.001
    errors_gone: Range = Range(low=0.2, likely=0.5, high=1.0)
    error_usd: Range = Range(low=22.0, likely=45.0, high=100.0)
    hours_gone: Range = Range(low=0.1, likely=0.4, high=0.8)
    accessories: Range = Range(low=0.0, likely=0.1, high=0.3)
    ramp: tuple[Fraction, ...] = (0.3, 0.8, 1.0)


TARGETS = Targets()


@dataclass(frozen=True)
class Proposed:
    """Benefits that own numbers bear out, and what is missing for the others, in words."""

    benefits: tuple[Benefit, ...]
    missing: tuple[Text, ...]


@dataclass(frozen=True)
class _Known:
    """Own numbers by key, with where they come from."""

    numbers: Mapping[str, OwnNumber]
    scenario: Scenario
    targets: Targets

    def value(self, key: str) -> float | None:
        number = self.numbers.get(key)
        return None if number is None else number.value

    def money(self, amount: float) -> Money:
        return Money(amount, self.scenario.currency)

    def benefit(self, key: str, a_year: Range, said: Text, uses: Iterable[str], *, once: bool = False) -> Benefit:
        """A benefit whose evidence names its numbers and where each comes from."""
        sources = [self.numbers[use].source for use in dict.fromkeys(uses) if use in self.numbers]
        return Benefit(
            key=key,
            a_year=a_year,
            ramp=self.targets.ramp,
            once=once,
            evidence=Bilingual(
                en=" ".join([say(said, "en"), *(source.en for source in sources)]),
                zh="".join([say(said, "zh_CN"), *(source.zh for source in sources)]),
            ),
        )


def propose_benefits(
    own_numbers: Iterable[OwnNumber], scenario: Scenario, targets: Targets = TARGETS
) -> tuple[Benefit, ...]:
    """The benefits that own numbers bear out, in the order of `NAMES`; amounts in the scenario's currency."""
    return proposed(own_numbers, scenario, targets).benefits


def proposed(own_numbers: Iterable[OwnNumber], scenario: Scenario, targets: Targets = TARGETS) -> Proposed:
    """`propose_benefits`, and what is missing for the others."""
    known = _Known({number.key: number for number in own_numbers}, scenario, targets)
    benefits: list[Benefit] = []
    missing: list[Text] = []
    for reckon in (_stock, _shortages, _errors, _hours, _accessories):
        found = reckon(known)
        if isinstance(found, Text):
            missing.append(found)
        else:
            benefits += found
    return Proposed(tuple(benefits), tuple(missing))


def _stock(known: _Known) -> list[Benefit] | Text:
    cogs, turns = known.value("cogs_a_year"), known.value("stock_turns")
    if cogs is None or turns is None or turns <= 0 or cogs <= 0:
        return T("Money in stock: the cost of goods sold a year and the stock turns are not known.")
    low, likely, high = (
        stock_released(cogs, turns, turns * (1 + gain))
        for gain in (known.targets.turns_gain.low, known.targets.turns_gain.likely, known.targets.turns_gain.high)
    )
    released = Range(low=low, likely=likely, high=high)
    gain = known.targets.turns_gain
    told = T(
        "Stock turns {now} times a year; {low} to {high} % more turns release up to {most} of {stock}. One home-goods "
        "shop reached 4.5 turns a month where the trade has 3 to 4.",
        now=f"{turns:.3g}", low=percent(gain.low), high=percent(gain.high),
        most=known.money(high), stock=known.money(cogs / turns),
    )  # fmt: skip
    # The money bound is counted by its release and the discount rate; what carrying costs besides is the rest.
    rest = [
        max(0.0, share - known.scenario.discount_rate)
        for share in (known.targets.carrying.low, known.targets.carrying.likely, known.targets.carrying.high)
    ]
    carrying = Range(low=low * rest[0], likely=likely * rest[1], high=high * rest[2])
    carried = T(
        "Carrying stock costs {low} to {high} % of its value a year (published); {rate} % of that is the money itself, "
        "which the release counts already.",
        low=percent(known.targets.carrying.low), high=percent(known.targets.carrying.high),
        rate=percent(known.scenario.discount_rate),
    )  # fmt: skip
    uses = ("cogs_a_year", "stock_turns")
    return [
        known.benefit("stock_released", released, told, uses, once=True),
        known.benefit("carrying_saved", carrying, carried, ()),
    ]


def _times(amount: float, shares: Range) -> Range:
    return Range(low=amount * shares.low, likely=amount * shares.likely, high=amount * shares.high)


def _shortages(known: _Known) -> list[Benefit] | Text:
    losses = known.value("shortage_losses_a_year")
    if losses is None or losses < 0:
        return T("Shortages: what they lose a year is not known.")
    gone = known.targets.shortages_gone
    told = T(
        "Shortages lose {losses} a year; alerts and proposals are taken to avoid {low} to {high} % of that "
        "(an assumption).",
        losses=known.money(losses), low=percent(gone.low), high=percent(gone.high),
    )  # fmt: skip
    return [known.benefit("shortages_avoided", _times(losses, gone), told, ("shortage_losses_a_year",))]


def _errors(known: _Known) -> list[Benefit] | Text:
    orders, share = known.value("orders_a_year"), known.value("wrong_order_share")
    if orders is None or share is None:
        return T("Wrong orders: the orders a year and the share of wrong ones are not known.")
    cost = known.value("cost_an_error")
    if cost is not None:
        each = Range(low=cost, likely=cost, high=cost)
        priced = T("A wrong order costs {cost}.", cost=known.money(cost))
    else:
        try:
            rate = float(rates_by_year("USD", known.scenario)[0])
        except BadInput:
            return T("Wrong orders: what one costs is not known, and the published cost is in dollars without a rate.")
        each = _times(rate, known.targets.error_usd)
        priced = T(
            "A mis-pick costs {low} to {high} (published, in dollars).",
            low=known.money(each.low), high=known.money(each.high),
        )  # fmt: skip
    above = max(0.0, share - known.targets.errors_reached) * orders
    gone = known.targets.errors_gone
    told = T(
        "{share} % of {orders} orders a year go out wrong, the trade stays below {reached} %; of what lies above, "
        "{low} to {high} % are taken to go away (an assumption).",
        share=percent(share), orders=f"{orders:,.0f}", reached=percent(known.targets.errors_reached),
        low=percent(gone.low), high=percent(gone.high),
    )  # fmt: skip
    a_year = Range(
        low=above * gone.low * each.low, likely=above * gone.likely * each.likely, high=above * gone.high * each.high
    )
    both = T("{first} {second}", first=told, second=priced)
    return [known.benefit("errors_avoided", a_year, both, ("orders_a_year", "wrong_order_share", "cost_an_error"))]


def _hours(known: _Known) -> list[Benefit] | Text:
    orders, minutes = known.value("orders_a_year"), known.value("minutes_an_order")
    cost = known.value("cost_an_hour")
    if cost is None and known.scenario.labour.cost_an_hour > 0:
        cost = known.scenario.labour.cost_an_hour
    if orders is None or minutes is None or cost is None:
        return T("Hours: the orders a year, the minutes of work an order, and the cost of an hour are not all known.")
    hours, gone = orders * minutes / 60, known.targets.hours_gone
    told = T(
        "{orders} orders a year at {minutes} minutes are {hours} hours at {cost}; {low} to {high} % of them are taken "
        "to go away (80 % is the most that is told).",
        orders=f"{orders:,.0f}", minutes=f"{minutes:.3g}", hours=f"{hours:,.0f}", cost=known.money(cost),
        low=percent(gone.low), high=percent(gone.high),
    )  # fmt: skip
    uses = ("orders_a_year", "minutes_an_order", "cost_an_hour")
    return [known.benefit("hours_saved", _times(hours * cost, gone), told, uses)]


def _accessories(known: _Known) -> list[Benefit] | Text:
    revenue, margin = known.value("accessory_revenue_a_year"), known.value("margin_share")
    if revenue is None or margin is None or revenue < 0 or margin < 0:
        return T("Accessories: what they sell a year, and at what margin, is not known.")
    more = known.targets.accessories
    told = T(
        "Accessories sell {revenue} a year at a margin of {margin} %; offered to the right buyers, {low} to {high} % "
        "more (one shop reached 30 %).",
        revenue=known.money(revenue), margin=percent(margin), low=percent(more.low), high=percent(more.high),
    )  # fmt: skip
    uses = ("accessory_revenue_a_year", "margin_share")
    return [known.benefit("accessories", _times(revenue * margin, more), told, uses)]
