"""What a choice of an ERP rests on, as strict values: facts, prices, needs, ratings, and the decision that holds them.

The same values are read from YAML (`loading`), kept in the database as JSON and handed over by a notebook as plain
mappings. Whatever is not declared here is refused. A field that may be None means *unknown* by it, never zero.

Money is in major units of the currency named beside it. Shares are fractions (0.05 = 5 %). A year of a scenario is
twelve months from its start; the first year is 1.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from erp_core.money import is_currency


def _currency(code: str) -> str:
    if not is_currency(code):
        raise PydanticCustomError("currency", "no currency of ISO 4217")
    return code


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: Any) -> Any:
    """A date, or its ISO text; a moment or a number is neither."""
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("date_type", "no date") from None
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise PydanticCustomError("date_type", "no date")
    return value


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Positive = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
Fraction = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
Growth = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=-1)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Words = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
Key = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Currency = Annotated[str, StringConstraints(strict=True), AfterValidator(_currency)]
Day = Annotated[dt.date, BeforeValidator(_day)]


class Strict(BaseModel):
    """A frozen value that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Strict):
    """One sentence in both languages."""

    en: Words
    zh: Words

    def said(self, language: str) -> str:
        """The sentence in a language of the product."""
        return self.zh if language.startswith("zh") else self.en


# --- facts ---------------------------------------------------------------------------------------------------------


class Grade(StrEnum):
    """How good a source is: A the vendor's own page, repository or documentation; B partner or third party; C weak;
    own = the merchant's own quote, test or note."""

    A = "A"
    B = "B"
    C = "C"
    OWN = "own"


class Sourced(Strict):
    """Where something is said, when, and how good that source is. `as_of` None = the source bears no date."""

    source: Words
    as_of: Day | None
    grade: Grade


class Fact(Sourced):
    """One published fact about a vendor. `about`: the key of a criterion (`criteria`), or of a requirement."""

    about: Key
    text: Bilingual


# --- prices --------------------------------------------------------------------------------------------------------


class Range(Strict):
    """An amount that is not known exactly: from, most likely, to. Where only from and to are told, the middle of the
    two stands for the most likely one."""

    low: NotNegative
    likely: NotNegative
    high: NotNegative

    @model_validator(mode="before")
    @classmethod
    def _middle(cls, given: Any) -> Any:
        match given:
            case {"low": int() | float() as low, "high": int() | float() as high} if "likely" not in given:
                return {**given, "likely": low / 2 + high / 2}
        return given

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if not self.low <= self.likely <= self.high:
            raise PydanticCustomError("range_order", "low, likely, high are not in order")
        return self


def _shape_of_amount(value: Any) -> str:
    """Which way an amount is told, so that an error speaks of that one."""
    if isinstance(value, Mapping):
        return "times" if "times_software" in value else "range"
    return "range" if isinstance(value, Range) else "times" if isinstance(value, TimesSoftware) else "number"


Amount = Annotated[
    Annotated[NotNegative, Tag("number")] | Annotated[Range, Tag("range")], Discriminator(_shape_of_amount)
]


class TimesSoftware(Strict):
    """An amount told as a multiple of what the software costs in the first year."""

    times_software: Amount


OneOffAmount = Annotated[
    Annotated[NotNegative, Tag("number")] | Annotated[Range, Tag("range")] | Annotated[TimesSoftware, Tag("times")],
    Discriminator(_shape_of_amount),
]


RangedGrowth = Annotated[
    Annotated[Growth, Tag("number")] | Annotated[Range, Tag("range")], Discriminator(_shape_of_amount)
]


def _within_one(value: Range) -> Range:
    if value.high > 1:
        raise PydanticCustomError("share", "more than 1")
    return value


RangedFraction = Annotated[
    Annotated[Fraction, Tag("number")] | Annotated[Range, AfterValidator(_within_one), Tag("range")],
    Discriminator(_shape_of_amount),
]


class Flat(Strict):
    """A fixed price a month or a year."""

    model: Literal["flat"]
    price: Amount
    per: Literal["month", "year"] = "month"


class PerUser(Strict):
    """Seats: `base` a month (or year) covers `included` users, each further one costs `price`. `minimum` users are paid
    for at least; with more than `maximum` the plan cannot be had."""

    model: Literal["per_user"]
    price: NotNegative
    base: NotNegative = 0.0
    included: Count = 0
    minimum: Count = 0
    maximum: Count | None = None
    per: Literal["month", "year"] = "month"


class PerOrder(Strict):
    """A price for every order above those included in a month."""

    model: Literal["per_order"]
    price: NotNegative
    included: Count = 0


class Tier(Strict):
    """One step: up to so many orders a month (None = any number), with so many users and locations (None = any)."""

    price: NotNegative
    orders: Count | None = None
    users: Count | None = None
    locations: Count | None = None


class Block(Strict):
    """So many further orders a month for so much."""

    orders: Annotated[int, Field(strict=True, gt=0)]
    price: NotNegative


class Tiers(Strict):
    """Steps by orders a month; the cheapest step that serves the scenario, with what may be bought on top of it, is
    paid. `measure` peak: the busiest month of the year decides for all twelve."""

    model: Literal["tiers"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    measure: Literal["month", "peak"] = "month"
    extra_user: NotNegative | None = None
    extra_orders: Block | None = None
    extra_location: NotNegative | None = None
    per: Literal["month", "year"] = "month"


class PerLocation(Strict):
    """A price for every location above those included."""

    model: Literal["per_location"]
    price: NotNegative
    included: Count = 0
    per: Literal["month", "year"] = "month"


class Module(Strict):
    """One module: its price, and the requirements that it serves."""

    key: Key
    name: Words
    name_zh: str = ""
    price: Amount
    serves: tuple[Key, ...] = ()


class Modules(Strict):
    """Modules by choice: those that the scenario names are paid."""

    model: Literal["modules"]
    modules: Annotated[tuple[Module, ...], Field(min_length=1)]
    per: Literal["month", "year"] = "month"


class Perpetual(Strict):
    """A licence bought once, per user or as a whole, with maintenance a year as a share of it. Further users are bought
    when they come. `first_maintenance`: the year from which maintenance is paid."""

    model: Literal["perpetual"]
    price: Amount
    per_user: Flag = True
    maximum: Count | None = None
    maintenance: RangedFraction = 0.0
    first_maintenance: Annotated[int, Field(strict=True, ge=1)] = 1


Part = Annotated[Flat | PerUser | PerOrder | Tiers | PerLocation | Modules | Perpetual, Field(discriminator="model")]


class Renewal(Strict):
    """How prices move: growth a year after `locked_years` (the first year is always locked), never above `cap`. None =
    unknown: what the scenario assumes."""

    growth: RangedGrowth | None = None
    cap: Fraction | None = None
    locked_years: Count = 1


class OneOff(Strict):
    """What is paid once, in the first year. None = not known."""

    implementation: OneOffAmount | None = None
    migration: OneOffAmount | None = None
    customisation: OneOffAmount | None = None
    training: OneOffAmount | None = None
    integration: OneOffAmount | None = None
    hardware: OneOffAmount | None = None


class Yearly(Strict):
    """What is paid to the vendor or a partner every year besides the software. None = not known."""

    support: Amount | None = None
    upgrades: Amount | None = None


class Pricing(Strict):
    """What one vendor asks: all parts add up, in one currency. `discount` is taken off every recurring part."""

    currency: Currency
    parts: tuple[Part, ...] = ()
    one_off: OneOff = OneOff()
    yearly: Yearly = Yearly()
    exit: Amount | None = None
    renewal: Renewal = Renewal()
    discount: Fraction = 0.0


class Plan(Sourced):
    """A published price list, or a quote.

    `at_least`: the source says “from”; what it comes to lies above the price by nobody knows how much, so the total is
    a lower bound. `by_choice`: has limits that a scenario does not know (so many products, readers only, a server of
    one's own): taken only where `plans_taken` names it. `note`: what the source leaves open.
    """

    name: Words
    name_zh: str = ""
    pricing: Pricing
    at_least: Flag = False
    by_choice: Flag = False
    note: Bilingual | None = None

    def named(self, language: str) -> str:
        """The price list's name for a reader."""
        return self.name_zh if language.startswith("zh") and self.name_zh else self.name


# --- the scenario --------------------------------------------------------------------------------------------------


class Path(Strict):
    """A number now and how it moves: a year's growth, or its value year by year (the last one holds on).

    `by_year` counts from year 1; without it year n has `now` × (1 + growth)^(n − 1), users rounded up.
    """

    now: NotNegative
    growth: Growth = 0.0
    by_year: tuple[NotNegative, ...] = ()


class Rate(Strict):
    """How many units of the scenario's currency one unit of `currency` costs."""

    currency: Currency
    rate: Positive
    as_of: Day
    source: Words


class OverrunStep(Strict):
    """A share of projects that ended between `low` and `high` over budget (−0.1 = a tenth under it)."""

    share: NotNegative
    low: Number
    high: Number


# Panorama 2012 by a secondary source (grade B), mostly large firms: 10 % under budget, 33 % on it, 35 % over by up to a
# quarter, 15 % by up to a half, 6 % by more. The ends of the first and last step are ours; the shares add to 99 %.
PANORAMA_2012 = (
    OverrunStep(share=0.10, low=-0.10, high=0.0),
    OverrunStep(share=0.33, low=0.0, high=0.0),
    OverrunStep(share=0.35, low=0.0, high=0.25),
    OverrunStep(share=0.15, low=0.25, high=0.50),
    OverrunStep(share=0.06, low=0.50, high=1.0),
)


# How prices move at a renewal of which nothing is known. Ours: nothing to 15 % a year; buyers report caps of 3 to 5 %.
UNKNOWN_GROWTH = Range(low=0.0, likely=0.05, high=0.15)

# What a one-off comes to of which nothing is told, as a multiple of the first year's software. One consultant's figures
# of what projects really cost (ecosire 2026, grade B): licences 20 against 35 + 12 + 18 + 8 + 5 = 78 for consulting,
# migration, customisation, training and infrastructure, from 0.25 to 1.75 times the licences. Spread over the six kinds
# of one-offs that is 78 / 20 / 6 = 0.65 each, the mean of this range.
PUBLISHED_ONE_OFFS = Range(low=0.0, likely=0.2, high=1.75)


class Labour(Strict):
    """The merchant's own hours: during the project, and every year."""

    project_hours: Amount = 0.0
    hours_a_year: Amount = 0.0
    cost_an_hour: NotNegative = 0.0


class Downtime(Strict):
    """Hours a year in which the system stands still, and what an hour costs."""

    hours_a_year: Amount = 0.0
    cost_an_hour: NotNegative = 0.0


class Scenario(Strict):
    """The merchant's next years: the same for every vendor. Orders are a month's.

    `peak`: the busiest month's orders over an average month's. `price_growth`: what is assumed of vendors whose
    renewals are unknown; None = nothing: the total leaves growth out and says so, draws take `UNKNOWN_GROWTH`.
    `one_off_unknown`: the prior for a one-off that a vendor does not tell, as a share of the first year's
    software cost; None leaves it out and says so.
    """

    currency: Currency
    start: Day
    years: Annotated[int, Field(strict=True, ge=1, le=10)] = 5
    users: Path = Path(now=1.0)
    orders: Path = Path(now=0.0)
    peak: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=1)] = 1.0
    locations: Path = Path(now=1.0)
    modules: tuple[Key, ...] = ()
    rates: tuple[Rate, ...] = ()
    price_growth: RangedGrowth | None = None
    one_off_unknown: Range | None = None
    labour: Labour = Labour()
    downtime: Downtime = Downtime()
    overrun: tuple[OverrunStep, ...] = PANORAMA_2012
    discount_rate: Fraction = 0.08


# --- needs ---------------------------------------------------------------------------------------------------------


class Priority(StrEnum):
    """How much a requirement matters."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"
    NOT_NEEDED = "not_needed"


class Requirement(Strict):
    """One need. `criterion`: the leaf of the tree it belongs to; `weight`: beside others of its priority; `ask`: what
    to have shown in a demonstration; `metric`: the own number (`own_numbers`) that prices it; `reason`: why its
    priority was proposed, in words; `own`: written by the merchant, not of the template."""

    key: Key
    criterion: Key
    text: Bilingual
    ask: Bilingual
    priority: Priority
    weight: Positive = 1.0
    metric: Key | None = None
    reason: Bilingual | None = None
    own: Flag = False


# --- ratings -------------------------------------------------------------------------------------------------------


class Fit(StrEnum):
    """How a vendor meets a requirement."""

    NATIVE = "native"
    CONFIGURATION = "configuration"
    THIRD_PARTY = "third_party"
    CUSTOMISATION = "customisation"
    ROADMAP = "roadmap"
    NONE = "none"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """What a rating rests on, weakest first."""

    CLAIM = "claim"
    DOCUMENT = "document"
    DEMONSTRATION = "demonstration"
    REFERENCE = "reference"
    TESTED = "tested"


class Rating(Strict):
    """How a vendor meets a requirement, by whom and on what evidence. `cost`: what meeting it costs once, in the
    decision's currency; `owner`: who would have to do it; `evaluator` None = agreed, or from the catalogue."""

    vendor: Key
    requirement: Key
    fit: Fit
    evidence: Evidence = Evidence.CLAIM
    cost: NotNegative | None = None
    owner: str = ""
    note: str = ""
    source: str = ""
    as_of: Day | None = None
    evaluator: str | None = None


class PublishedFit(Sourced):
    """A rating that a published fact bears out."""

    requirement: Key
    fit: Fit
    evidence: Evidence
    note: Bilingual


# --- vendors -------------------------------------------------------------------------------------------------------


class Vendor(Strict):
    """One system. `plans`: published price lists, each with a name of its own; empty = price unknown. `key` for files
    and links."""

    key: Key
    name: Words
    name_zh: str = ""
    maker: str = ""
    hosting: tuple[Literal["cloud", "self_hosted"], ...] = ()
    facts: tuple[Fact, ...] = ()
    fits: tuple[PublishedFit, ...] = ()
    plans: tuple[Plan, ...] = ()
    own: Flag = False

    @model_validator(mode="after")
    def _plans_told_apart(self) -> Vendor:
        names = [plan.name for plan in self.plans]
        if len(set(names)) != len(names):
            raise PydanticCustomError("twice", "a name stands twice in {list}", {"list": "plans"})
        return self

    def named(self, language: str) -> str:
        """The vendor's name for a reader."""
        return self.name_zh if language.startswith("zh") and self.name_zh else self.name


class Quote(Strict):
    """What a vendor offered this merchant; `plan.as_of` is the day it came."""

    vendor: Key
    plan: Plan
    valid_until: Day | None = None
    note: str = ""


# --- weights -------------------------------------------------------------------------------------------------------


class Weighting(Strict):
    """How one evaluator weighs the criteria (the first level of the tree).

    `direct`: points for each criterion. `swing`: points for moving each criterion from its worst to its best, the most
    wanted swing 100. `ahp`: `pairwise[i][j]` = how many times criterion i outweighs criterion j, in the order of
    `criteria`.
    """

    evaluator: Words
    share: Positive = 1.0
    method: Literal["direct", "swing", "ahp"] = "direct"
    criteria: Annotated[tuple[Key, ...], Field(min_length=1)]
    points: tuple[NotNegative, ...] = ()
    pairwise: tuple[tuple[Positive, ...], ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Weighting:
        count = len(self.criteria)
        if len(set(self.criteria)) != count:
            raise PydanticCustomError("twice", "a criterion is named twice")
        if self.method == "ahp":
            if len(self.pairwise) != count or any(len(row) != count for row in self.pairwise):
                raise PydanticCustomError("pairwise_size", "the comparison is not as wide and high as the criteria")
        elif len(self.points) != count or not any(self.points):
            raise PydanticCustomError("points_size", "there is not one number of points for each criterion")
        return self


class Sureness(StrEnum):
    """How far weights may lie from those stated: not at all, somewhat, anywhere."""

    EXACT = "exact"
    ABOUT = "about"
    OPEN = "open"


# --- what it returns -----------------------------------------------------------------------------------------------


class OwnNumber(Strict):
    """One number of the merchant: its value, where it comes from, in words, and over what period."""

    key: Key
    value: Number
    source: Bilingual
    period: str = ""


class Benefit(Strict):
    """One way in which a system pays: so much a year once it works fully (in the decision's currency), with its range,
    what it rests on, and how much of it there is in year 1, 2, … (the last one holds on). `once`: released once, not
    every year. `vendor` None = the same whichever vendor is chosen."""

    key: Key
    a_year: Range
    ramp: Annotated[tuple[Fraction, ...], Field(min_length=1)] = (0.3, 0.8, 1.0)
    once: Flag = False
    evidence: Bilingual | None = None
    vendor: Key | None = None


# --- the decision --------------------------------------------------------------------------------------------------


class CostScale(Strict):
    """The fixed scale of the total cost: what counts as 1 and what as 0. It does not move when vendors come or go."""

    best: NotNegative
    worst: Positive

    @model_validator(mode="after")
    def _in_order(self) -> CostScale:
        if self.best >= self.worst:
            raise PydanticCustomError("range_order", "the best cost is not below the worst")
        return self


class Decision(Strict):
    """Everything that an answer rests on. Two equal decisions give equal answers: nothing else is read.

    `budget`: the most that the whole horizon may cost in nine of ten cases (P90). `cost_scale` None: from nothing to
    the budget; without a budget either, cost cannot be scored and stays beside the score. `plans_taken`: of a vendor
    with several price lists the one meant; else the cheapest that serves the scenario. A quote, the latest of a vendor,
    goes before price lists. `chosen`: the vendor that the business case is made for; None = the one that ranks first.
    `draws` and `seed`: of the simulation.
    """

    name: Words
    as_of: Day
    scenario: Scenario
    budget: Positive | None = None
    cost_scale: CostScale | None = None
    weightings: tuple[Weighting, ...] = ()
    sureness: Sureness = Sureness.ABOUT
    requirements: tuple[Requirement, ...]
    vendors: tuple[Vendor, ...]
    ratings: tuple[Rating, ...] = ()
    quotes: tuple[Quote, ...] = ()
    plans_taken: Mapping[Key, Words] = Field(default_factory=dict)
    own_numbers: tuple[OwnNumber, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    chosen: Key | None = None
    draws: Annotated[int, Field(strict=True, ge=100, le=1_000_000)] = 10_000
    seed: Count = 20261125

    @model_validator(mode="after")
    def _whole(self) -> Decision:
        vendors = [vendor.key for vendor in self.vendors]
        needs = [need.key for need in self.requirements]
        evaluators = [weighting.evaluator for weighting in self.weightings]
        for name, keys in (("vendors", vendors), ("requirements", needs), ("weightings", evaluators)):
            if len(set(keys)) != len(keys):
                raise PydanticCustomError("twice", "a key stands twice in {list}", {"list": name})
        for rating in self.ratings:
            if rating.vendor not in vendors or rating.requirement not in needs:
                raise PydanticCustomError(
                    "dangling",
                    "a rating names {vendor}, {requirement}, which are not in the decision",
                    {"vendor": rating.vendor, "requirement": rating.requirement},
                )
        named = [quote.vendor for quote in self.quotes] + ([self.chosen] if self.chosen else [])
        named += [*self.plans_taken, *(benefit.vendor for benefit in self.benefits if benefit.vendor)]
        for vendor in named:
            if vendor not in vendors:
                raise PydanticCustomError("dangling", "{vendor} is not in the decision", {"vendor": vendor})
        return self
