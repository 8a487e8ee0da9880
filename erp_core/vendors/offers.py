"""A price list or an offer in words: what is charged, once and every year, and how prices move."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from erp_core.text import T, Text, format_money, format_number
from erp_core.vendors.schema import (
    Flat,
    Modules,
    Part,
    PerLocation,
    PerOrder,
    Perpetual,
    PerUser,
    Plan,
    Pricing,
    Range,
    Renewal,
    Tier,
    Tiers,
    TimesSoftware,
)

PARTS: dict[str, Text] = {
    "per_user": T("Per user"),
    "flat": T("Fixed price"),
    "tiers": T("Steps by orders"),
    "per_order": T("Per order"),
    "per_location": T("Per location"),
    "modules": T("Modules"),
    "perpetual": T("Bought once, with maintenance"),
}
ONE_OFFS: dict[str, Text] = {
    "implementation": T("Implementation"),
    "migration": T("Migration"),
    "customisation": T("Customisation"),
    "training": T("Training"),
    "integration": T("Integration"),
    "hardware": T("Hardware"),
}
YEARLY: dict[str, Text] = {"support": T("Support a year"), "upgrades": T("Upgrades a year")}


def told(plan: Plan, language: str) -> tuple[Text, ...]:
    """What a plan asks, a sentence each: its parts, what is paid once and yearly, discount, renewal, leaving. Amounts
    stand in it exactly, in the manner of `language`."""
    return tuple(_told(plan.pricing, _Paid(plan.pricing.currency, language)))


@dataclass(frozen=True)
class _Paid:
    """Amounts in one currency, written for one reader."""

    currency: str
    language: str

    def __call__(self, amount: Any) -> Text | str:
        """An amount of a price, in words."""
        match amount:
            case TimesSoftware(times_software=times):
                return T("{times} times the first year’s software", times=_span(times, lambda value: f"{value:g}"))
        return _span(amount, self._money)

    def count(self, number: int | None) -> str:
        """A count, with its thousands."""
        return "" if number is None else format_number(number, self.language)

    def _money(self, amount: float) -> str:
        whole = float(amount).is_integer()
        return format_money(amount, self.currency, self.language, decimals=0 if whole else None)


def _told(pricing: Pricing, paid: _Paid) -> Iterator[Text]:
    for part in pricing.parts:
        yield from _part(part, paid)
    for key, name in ONE_OFFS.items():
        amount = getattr(pricing.one_off, key)
        if amount is not None:
            yield T("{what}: {amount} once", what=name, amount=paid(amount))
    for key, name in YEARLY.items():
        amount = getattr(pricing.yearly, key)
        if amount is not None:
            yield T("{what}: {amount}", what=name, amount=paid(amount))
    if pricing.discount:
        yield T("{share} off what recurs", share=_share(pricing.discount))
    yield from _renewal(pricing.renewal)
    if pricing.exit is not None:
        yield T("Leaving: {amount}", amount=paid(pricing.exit))


def _part(part: Part, paid: _Paid) -> Iterator[Text]:
    match part:
        case Flat():
            yield _every(part.per, T("{amount} a month", amount=paid(part.price)),
                         T("{amount} a year", amount=paid(part.price)))  # fmt: skip
        case PerUser():
            yield from _per_user(part, paid)
        case PerOrder():
            yield T("{amount} an order", amount=paid(part.price))
            if part.included:
                yield T("orders a month included: {count}", count=paid.count(part.included))
        case Tiers():
            yield from _tiers(part, paid)
        case PerLocation():
            amount = paid(part.price)
            yield _every(
                part.per,
                T("{amount} a location and month", amount=amount),
                T("{amount} a location and year", amount=amount),
            )
            if part.included:
                yield T("locations included: {count}", count=paid.count(part.included))
        case Modules():
            for module in part.modules:
                amount = paid(module.price)
                yield _every(part.per, T("Module {name}: {amount} a month", name=module.name, amount=amount),
                             T("Module {name}: {amount} a year", name=module.name, amount=amount))  # fmt: skip
        case Perpetual():
            amount = paid(part.price)
            yield (
                T("{amount} a user, bought once", amount=amount)
                if part.per_user
                else T("{amount}, bought once", amount=amount)
            )
            if part.maximum is not None:
                yield T("at most {count} users", count=paid.count(part.maximum))
            if part.maintenance:
                yield T(
                    "maintenance {share} a year, from year {year}",
                    share=_share(part.maintenance),
                    year=part.first_maintenance,
                )


def _every(per: str, month: Text, year: Text) -> Text:
    return month if per == "month" else year


def _per_user(part: PerUser, paid: _Paid) -> Iterator[Text]:
    amount = paid(part.price)
    yield _every(part.per, T("{amount} a user and month", amount=amount), T("{amount} a user and year", amount=amount))
    if part.base or part.included:
        base = paid(part.base)
        yield T("{amount} for the first {count} users", amount=base, count=paid.count(part.included))
    if part.minimum:
        yield T("at least {count} users", count=paid.count(part.minimum))
    if part.maximum is not None:
        yield T("at most {count} users", count=paid.count(part.maximum))


def _tiers(part: Tiers, paid: _Paid) -> Iterator[Text]:
    for tier in part.tiers:
        amount = paid(tier.price)
        price = _every(part.per, T("{amount} a month", amount=amount), T("{amount} a year", amount=amount))
        yield T("{price}: {limits}", price=price, limits=_limits(tier, paid))
    if part.measure == "peak":
        yield T("the busiest month decides for the whole year")
    if part.extra_user is not None:
        yield T("each further user {amount}", amount=paid(part.extra_user))
    if part.extra_orders is not None:
        yield T(
            "each further {count} orders {amount}",
            count=paid.count(part.extra_orders.orders),
            amount=paid(part.extra_orders.price),
        )
    if part.extra_location is not None:
        yield T("each further location {amount}", amount=paid(part.extra_location))


def _limits(tier: Tier, paid: _Paid) -> Text:
    """Up to how many orders, users and locations a step goes; nothing said = any number."""
    limits = [
        text
        for count, text in (
            (tier.orders, T("up to {count} orders a month", count=paid.count(tier.orders))),
            (tier.users, T("users up to {count}", count=paid.count(tier.users))),
            (tier.locations, T("locations up to {count}", count=paid.count(tier.locations))),
        )
        if count is not None
    ]
    if not limits:
        return T("any number of orders")
    joined = limits[0]
    for text in limits[1:]:
        joined = T("{names}, {next}", names=joined, next=text)
    return joined


def _renewal(renewal: Renewal) -> Iterator[Text]:
    if renewal.growth is not None:
        yield T(
            "prices grow {share} a year after {count} years", share=_share(renewal.growth), count=renewal.locked_years
        )
    if renewal.cap is not None:
        yield T("by at most {share} a year", share=_share(renewal.cap))


def _span(amount: Any, written: Callable[[float], str]) -> Text | str:
    if isinstance(amount, Range):
        if amount.low == amount.high:
            return written(amount.low)
        return T("{low} to {high}", low=written(amount.low), high=written(amount.high))
    return written(float(amount))


def _share(share: Any) -> Text | str:
    return _span(share, lambda value: f"{100 * value:g} %")


def module_keys(names: Sequence[str]) -> tuple[str, ...]:
    """A key for each module of an offer, from the Latin letters of its name, else its number; each once.

    >>> module_keys(["Warehouse", "仓库", "warehouse"])
    ('warehouse', 'module-2', 'warehouse-3')
    """
    keys: list[str] = []
    for at, name in enumerate(names, 1):
        word = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "module"
        keys.append(word if word != "module" and word not in keys else f"{word}-{at}")
    return tuple(keys)


def yaml_to_begin(currency: str) -> str:
    """A price as YAML, to be changed into what a vendor asks: a seat's price, a range, a renewal.

    >>> from erp_core.vendors.loading import load
    >>> load(Pricing, yaml_to_begin("CNY")).parts[0].model
    'per_user'
    """
    return f"""currency: {currency}
parts:
  - model: per_user
    price: 100
    per: month
one_off:
  implementation: {{low: 10000, likely: 15000, high: 25000}}
renewal: {{growth: 0.05, locked_years: 1}}
"""
