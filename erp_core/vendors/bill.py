"""What a vendor asks, reckoned through the years of a scenario: one code path for every pricing model.

`spent` is given a reading (`sampling`), and so answers for what is likely, what is expected and many draws alike.

Money comes out in the scenario's currency, in major units. Prices stand as they are asked today, year 1 pays them, and
each renewal raises them: software, maintenance, support and upgrades grow alike. Each year's money is changed at the
rate in force when the year begins.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from erp_core.text import T, Text
from erp_core.vendors import schema
from erp_core.vendors.refusals import BadValue
from erp_core.vendors.sampling import Drawn, Expected, Reading

Floats = npt.NDArray[np.float64]
Kinds = dict[str, Floats]

KINDS: Mapping[str, Text] = {
    "subscription": T("Subscription"),
    "licence": T("Licences"),
    "maintenance": T("Maintenance"),
    "implementation": T("Implementation"),
    "migration": T("Data migration"),
    "customisation": T("Customisation"),
    "training": T("Training"),
    "integration": T("Integration"),
    "hardware": T("Hardware"),
    "labour": T("Own hours"),
    "support": T("Support"),
    "upgrades": T("Upgrades"),
    "downtime": T("Downtime"),
    "exit": T("Exit"),
}
# What a renewal raises. Licences of the first year are paid before any.
GROWING = ("subscription", "licence", "maintenance", "support", "upgrades")
ONE_OFFS = ("implementation", "migration", "customisation", "training", "integration", "hardware")
# No merchant has more users, locations, or orders a month than that.
_MOST = 1e12


@dataclass(frozen=True)
class Bill:
    """What one vendor asks of the scenario's merchant. `extra`: further one-offs by kind, in the scenario's currency
    (what it costs to meet requirements); `vendor`: whose draws these are; `asked_share`: the share of its software
    prices that is paid, 1 without a bargain, 0 were it free."""

    pricing: schema.Pricing
    scenario: schema.Scenario
    vendor: str = ""
    extra: Mapping[str, float] = field(default_factory=dict)
    asked_share: float = 1.0


@dataclass(frozen=True)
class Spent:
    """`project`: what is paid before the first year begins, by kind (values); `running`: what each year costs besides,
    by kind (years × values). Values: one, or one a draw."""

    project: Kinds
    running: Kinds

    def by_year(self) -> Floats:
        """(years + 1) × values: row 0 the project, row n the running cost of year n."""
        shape = np.broadcast_shapes(*(amounts.shape for amounts in self.running.values()))
        width = np.broadcast_shapes((shape[1],), *(amounts.shape for amounts in self.project.values()))
        rows = np.zeros((shape[0] + 1, width[0]))
        for amounts in self.project.values():
            rows[0] += amounts
        for amounts in self.running.values():
            rows[1:] += amounts
        return rows

    def table(self) -> pd.DataFrame:
        """year × kind of the first value, the project in year 1."""
        years = len(next(iter(self.running.values())))
        columns = {kind: np.zeros(years) for kind in KINDS}
        for kind, amounts in self.running.items():
            columns[kind] += amounts[:, 0]
        for kind, amounts in self.project.items():
            columns[kind][0] += amounts[0]
        return pd.DataFrame(columns, index=pd.RangeIndex(1, years + 1, name="year"))


# --- reading a bill ------------------------------------------------------------------------------------------------

Model = TypeVar("Model", schema.Pricing, schema.Scenario)


def bill_of(pricing: Any, scenario: Any, vendor: str = "") -> Bill:
    return Bill(
        _checked(schema.Pricing, pricing, "cost.bad_pricing"),
        _checked(schema.Scenario, scenario, "cost.bad_scenario"),
        vendor,
    )


def _checked(model: type[Model], given: Any, code: str) -> Model:
    if isinstance(given, model):
        return given
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or model.__name__.lower()
        raise BadValue(
            T("{where}: {what}", where=where, what=first["msg"]),
            hint=T("docs/vendors.md lists every field of pricing and scenario."),
            code=code,
        ) from error


def users_by_year(scenario: schema.Scenario) -> list[int]:
    """Whole users in each year, rounded up (to a billionth, so that 10 × 1.1 is 11)."""
    return [math.ceil(round(value, 9)) for value in values_by_year(scenario.users, scenario.years)]


def values_by_year(path: schema.Path, years: int) -> list[float]:
    """A path's value in each year from 1 on."""
    if path.by_year:
        values = [path.by_year[min(year, len(path.by_year) - 1)] for year in range(years)]
    else:
        with np.errstate(over="ignore"):
            values = (path.now * np.power(1 + path.growth, np.arange(years))).tolist()
    if max(values) > _MOST:
        raise BadValue(
            T("The scenario grows to {value} within {years} years.", value=f"{max(values):.3g}", years=years),
            hint=T("Check the number it starts from and its growth a year (0.1 means 10 %)."),
            code="cost.bad_scenario",
        )
    return values


def rates_by_year(currency: str, scenario: schema.Scenario) -> Floats:
    """What one unit of a currency costs in the scenario's, in each year: the rate in force when the year begins, the
    earliest one before any is in force. Raises BadValue (`cost.missing_rate`)."""
    if currency == scenario.currency:
        return np.ones(scenario.years)
    rates = sorted((rate for rate in scenario.rates if rate.currency == currency), key=lambda rate: rate.as_of)
    if not rates:
        raise BadValue(
            T("There is no exchange rate from {currency} to {own}.", currency=currency, own=scenario.currency),
            hint=T("Add to the scenario what one {currency} costs in {own}.", currency=currency, own=scenario.currency),
            code="cost.missing_rate",
        )
    days = [_anniversary(scenario.start, year) for year in range(scenario.years)]
    return np.array([([rates[0]] + [rate for rate in rates if rate.as_of <= day])[-1].rate for day in days])


def _anniversary(start: dt.date, years: int) -> dt.date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28)


@dataclass(frozen=True)
class _Years:
    """What the parts of a pricing are counted by, year by year."""

    users: list[int]
    orders: list[float]
    peak: list[float]
    locations: list[int]
    modules: frozenset[str]


def _years(scenario: schema.Scenario) -> _Years:
    orders = values_by_year(scenario.orders, scenario.years)
    locations = values_by_year(scenario.locations, scenario.years)
    return _Years(
        users_by_year(scenario),
        orders,
        [scenario.peak * count for count in orders],
        [math.ceil(round(count, 9)) for count in locations],
        frozenset(scenario.modules),
    )


def renewals(bill: Bill) -> list[int]:
    """How many renewals have raised the price by each year: none while it is locked, and none in the first year."""
    locked = max(1, bill.pricing.renewal.locked_years)
    return [max(0, year - locked) for year in range(1, bill.scenario.years + 1)]


def spent(bill: Bill, reading: Reading) -> Spent:
    """What a bill comes to, its uncertain amounts read by `reading`. Raises BadValue as `cost.total_cost` does."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = _spent(bill, reading)
    if not all(np.isfinite(amounts).all() for kinds in (found.project, found.running) for amounts in kinds.values()):
        raise BadValue(
            T("The cost is beyond all numbers."),
            hint=T("Check prices, growth and the scenario's numbers."),
            code="cost.too_large",
        )
    return found


def _spent(bill: Bill, reading: Reading) -> Spent:
    asked, plan = bill.pricing, bill.scenario
    years = _years(plan)
    rates = rates_by_year(asked.currency, plan)[:, None]
    renewal = asked.renewal
    growth = plan.price_growth if renewal.growth is None else renewal.growth
    grown = rates * reading.growth(growth, renewal.cap, renewals(bill))

    today = np.zeros((plan.years, 1))
    bought, kept = np.zeros((plan.years, 1)), np.zeros((plan.years, 1))
    for number, part in enumerate(asked.parts):
        if isinstance(part, schema.Perpetual):
            licences, maintenance = _perpetual(part, f"part.{number}", years, reading)
            bought, kept = bought + licences, kept + maintenance
        else:
            today = today + _recurring(part, f"part.{number}", years, reading)
    paid = grown * bill.asked_share
    subscription = today * (1 - asked.discount) * paid
    licence = bought * paid if bought.any() else np.zeros((plan.years, 1))

    nothing = np.zeros((plan.years, 1))
    running: Kinds = {"subscription": subscription, "maintenance": kept * paid if kept.any() else nothing}
    first = np.zeros_like(licence)
    first[0] = licence[0]
    running["licence"] = licence - first
    project: Kinds = {"licence": licence[0]}
    over = 1 + reading.overrun(plan.overrun)
    for kind, amount in _one_offs(bill, reading, subscription[0] + licence[0]).items():
        project[kind] = amount * over
    project["labour"] = _hours("labour.project_hours", plan.labour.project_hours, plan.labour, reading) * over
    for kind in ("support", "upgrades"):
        amount = getattr(asked.yearly, kind)
        running[kind] = nothing if amount is None else reading.amount(f"yearly.{kind}", amount) * grown
    every = np.ones((plan.years, 1))
    running["labour"] = _hours("labour.hours_a_year", plan.labour.hours_a_year, plan.labour, reading) * every
    running["downtime"] = _hours("downtime.hours_a_year", plan.downtime.hours_a_year, plan.downtime, reading) * every
    leaving = reading.amount("exit", asked.exit or 0.0) * rates[-1]
    running["exit"] = np.concatenate([np.zeros((plan.years - 1, len(leaving))), leaving[None, :]])
    return Spent(project, running)


def _hours(name: str, hours: Any, priced: schema.Labour | schema.Downtime, reading: Reading) -> Floats:
    return reading.amount(name, hours, common=True) * priced.cost_an_hour


def _one_offs(bill: Bill, reading: Reading, software: Floats) -> Kinds:
    """Each one-off in the scenario's currency before overrun. `software`: what it costs in the first year."""
    asked, plan = bill.pricing, bill.scenario
    rate = rates_by_year(asked.currency, plan)[0]
    amounts: Kinds = {}
    for kind in ONE_OFFS:
        name = f"one_off.{kind}"
        match getattr(asked.one_off, kind):
            case None if kind in bill.extra or plan.one_off_unknown is None:
                amounts[kind] = np.zeros(1)
            case None:
                assert plan.one_off_unknown is not None  # the case above
                amounts[kind] = reading.amount(name, plan.one_off_unknown) * software
            case schema.TimesSoftware(times_software=times):
                amounts[kind] = reading.amount(name, times) * software
            case amount:
                amounts[kind] = reading.amount(name, amount) * rate
        amounts[kind] = amounts[kind] + bill.extra.get(kind, 0.0)
    return amounts


# --- the models of pricing -----------------------------------------------------------------------------------------


def _perpetual(part: schema.Perpetual, name: str, years: _Years, reading: Reading) -> tuple[Floats, Floats]:
    """Licences bought and maintenance paid in each year, at today's prices."""
    _serves(part.maximum, years.users)
    held = np.maximum.accumulate(years.users) if part.per_user else np.ones(len(years.users))
    new = np.diff(held, prepend=0)
    price = reading.amount(f"{name}.price", part.price)
    share = reading.amount(f"{name}.maintenance", part.maintenance)
    kept = np.where(np.arange(1, len(held) + 1) >= part.first_maintenance, held, 0)
    return new[:, None] * price, kept[:, None] * price * share


def _serves(maximum: int | None, users: list[int]) -> None:
    for year, count in enumerate(users, 1):
        if maximum is not None and count > maximum:
            raise _cannot_serve(T("at most {maximum} users, not {count}", maximum=maximum, count=count), year)


def _cannot_serve(why: Text, year: int) -> BadValue:
    return BadValue(
        T("The plan does not serve year {year}: {why}.", year=year, why=why),
        hint=T("Take a larger plan, or ask the vendor for a quote."),
        code="cost.cannot_serve",
    )


def _recurring(part: Any, name: str, years: _Years, reading: Reading) -> Floats:
    """years × values: a recurring part at today's prices, before discount."""
    times = 12 if getattr(part, "per", "month") == "month" else 1
    match part:
        case schema.Flat():
            return np.ones((len(years.users), 1)) * reading.amount(f"{name}.price", part.price) * times
        case schema.PerUser():
            _serves(part.maximum, years.users)
            further = [max(0, max(count, part.minimum) - part.included) for count in years.users]
            base = reading.amount(f"{name}.base", part.base)
            return (base + _column(further) * reading.amount(f"{name}.price", part.price)) * times
        case schema.PerOrder():
            further_orders = [max(0.0, count - part.included) for count in years.orders]
            return _column(further_orders) * reading.amount(f"{name}.price", part.price) * times
        case schema.PerLocation():
            further = [max(0, count - part.included) for count in years.locations]
            return _column(further) * reading.amount(f"{name}.price", part.price) * times
        case schema.Modules():
            taken = [module for module in part.modules if module.key in years.modules]
            prices = [reading.amount(f"{name}.{module.key}", module.price) for module in taken]
            return np.ones((len(years.users), 1)) * sum(prices, np.zeros(1)) * times
        case schema.Tiers():
            return _column([_tier(part, years, year) for year in range(len(years.users))]) * times
    raise TypeError(type(part))  # pragma: no cover - the schema knows no other


def _column(values: list[Any]) -> Floats:
    return np.array(values, dtype=float)[:, None]


def _tier(part: schema.Tiers, years: _Years, year: int) -> float:
    """The cheapest step that serves a year, with what is bought on top of it."""
    orders = (years.peak if part.measure == "peak" else years.orders)[year]
    prices = [_step(part, tier, (orders, years.users[year], years.locations[year])) for tier in part.tiers]
    serving = [price for price in prices if price is not None]
    if not serving:
        raise _cannot_serve(
            T(
                "no step has room for {orders} orders a month, {users} users and {locations} locations",
                orders=f"{orders:,.0f}",
                users=years.users[year],
                locations=years.locations[year],
            ),
            year + 1,
        )
    return min(serving)


def _step(part: schema.Tiers, tier: schema.Tier, needed: tuple[float, int, int]) -> float | None:
    """One step with what has to be bought on top of it; None where that cannot be bought."""
    orders, users, locations = needed
    block = part.extra_orders
    blocks = (
        0 if tier.orders is None else max(0, math.ceil(round(orders - tier.orders, 6) / (block.orders if block else 1)))
    )
    seats = 0 if tier.users is None else max(0, users - tier.users)
    places = 0 if tier.locations is None else max(0, locations - tier.locations)
    price = tier.price
    for count, extra in (
        (blocks, block.price if block else None),
        (seats, part.extra_user),
        (places, part.extra_location),
    ):
        if count and extra is None:
            return None
        price += count * (extra or 0.0)
    return price


def with_growth(bill: Bill, growth: float, *, capped: bool) -> Bill:
    """The same bill with prices growing by `growth` at every renewal, under the cap told or without it."""
    renewal = bill.pricing.renewal
    told = renewal.model_copy(update={"growth": growth, "cap": renewal.cap if capped else None})
    return replace(bill, pricing=bill.pricing.model_copy(update={"renewal": told}))


# --- what it comes to ----------------------------------------------------------------------------------------------


def expected(held: Mapping[str, float] | None = None) -> Expected:
    """The reading at the mean, with some uncertain amounts `held` at values of their own."""
    return Expected(schema.UNKNOWN_GROWTH, held or {})


def expected_total(bill: Bill) -> float:
    """What a bill comes to on average, over all years."""
    return float(spent(bill, expected()).by_year().sum())


def drawn_by_year(bill: Bill, draws: int, seed: int) -> Floats:
    """(years + 1) × draws: row 0 what the project costs, row n the running cost of year n."""
    if draws < 1:
        raise BadValue(
            T("A simulation needs at least one draw, not {draws}.", draws=draws),
            hint=T("Take a thousand or more."),
            code="cost.bad_draws",
        )
    rows = spent(bill, Drawn(draws, seed, bill.vendor, schema.UNKNOWN_GROWTH)).by_year()
    return rows if rows.shape[1] == draws else np.repeat(rows, draws, axis=1)
