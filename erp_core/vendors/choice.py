"""A choice while people work on it: its settings, what is proposed and what a person set, whose change meets whose.

Pure; `service` stores what is decided here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field

from erp_core.errors import BadInput
from erp_core.text import BothLanguages, T, Text
from erp_core.vendors.loading import check
from erp_core.vendors.schema import (
    Benefit,
    CostScale,
    Count,
    Evidence,
    Fit,
    Key,
    OwnNumber,
    Positive,
    Rating,
    Requirement,
    Scenario,
    Strict,
    Sureness,
    Weighting,
    Words,
)
from erp_core.vendors.template import is_met_by_requirements

M = TypeVar("M", bound=BaseModel)
Thing = tuple[str, ...]

LONGEST_NAME = 120
LONGEST_FILE_NAME = 255
_LARGEST = 512 * 1024  # characters of one stored value as JSON
_KEPT_SIGNS = "\n\t"


class Settings(Strict):
    """What a person sets of a choice beside needs, ratings, offers and weights; the fields are those of
    `schema.Decision`. `own_numbers`: entered by hand; they go before those that are computed from the shop's data."""

    scenario: Scenario
    budget: Positive | None = None
    cost_scale: CostScale | None = None
    sureness: Sureness = Sureness.ABOUT
    plans_taken: Mapping[Key, Words] = Field(default_factory=dict)
    own_numbers: tuple[OwnNumber, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    chosen: Key | None = None
    draws: Annotated[int, Field(strict=True, ge=100, le=1_000_000)] = 10_000
    seed: Count = 20261125


SETTING_NAMES: Mapping[str, Text] = {
    "name": T("Name"),
    "scenario": T("Scenario"),
    "budget": T("Budget"),
    "cost_scale": T("Cost scale"),
    "sureness": T("Sureness of the weights"),
    "plans_taken": T("Price lists taken"),
    "own_numbers": T("Own numbers"),
    "benefits": T("Benefits"),
    "chosen": T("Vendor of the business case"),
    "draws": T("Draws"),
    "seed": T("Seed"),
    "vendors": T("Vendors on the list"),
}


Name = Text | BothLanguages | str


def thing_name(thing: Thing, names: Mapping[str, Name] | None = None) -> Name:
    """What a change touched, for people. `names`: of vendors and requirements, by key; others are called by it."""
    known = names or {}
    match thing:
        case ("requirement", key):
            return T("requirement {key}", key=known.get(key, key))
        case ("rating", vendor, requirement, ""):
            return T(
                "rating of {vendor}: {requirement}",
                vendor=known.get(vendor, vendor),
                requirement=known.get(requirement, requirement),
            )
        case ("rating", vendor, requirement, evaluator):
            return T(
                "rating of {vendor} by {evaluator}: {requirement}",
                vendor=known.get(vendor, vendor),
                evaluator=evaluator,
                requirement=known.get(requirement, requirement),
            )
        case ("weighting", evaluator):
            return T("weights of {evaluator}", evaluator=evaluator)
        case ("quote", number):
            return T("quote {number}", number=number)
        case (name,) if name in SETTING_NAMES:
            return SETTING_NAMES[name]
    return " ".join(thing)


# --- what is given -------------------------------------------------------------------------------------------------


def checked(model: type[M], given: M | Mapping[str, Any]) -> M:
    """The value that `given` tells. Raises BadInput that names each field that is wrong, and what would be right."""
    return check(model, given.model_dump(mode="json") if isinstance(given, BaseModel) else given)


def stored(value: BaseModel) -> dict[str, Any]:
    """A value as it is kept: JSON, its texts without signs that no database and no page can hold.

    Raises BadInput where it is larger than anybody would write by hand.
    """
    content: dict[str, Any] = _clean(value.model_dump(mode="json"))
    if len(json.dumps(content, ensure_ascii=False)) > _LARGEST:
        raise BadInput(T("This is too long to be kept."), hint=T("Shorten it."), code="choice.too_long")
    return content


def rating_told(one: Rating) -> dict[str, Any]:
    """What a rating says, as the audit names it, without what it does not say and without whose it is."""
    told = {
        "fit": str(one.fit),
        "evidence": str(one.evidence),
        "one_off_cost": one.cost,
        "owner": one.owner,
        "note": one.note,
        "source": one.source,
        "as_of": one.as_of,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def weighting_told(one: Weighting) -> dict[str, Any]:
    """What weights say, as the audit names it: the points of each criterion, or the comparison."""
    said = (
        {"pairwise": one.pairwise}
        if one.method == "ahp"
        else {"points": dict(zip(one.criteria, one.points, strict=True))}
    )
    return {one.evaluator: {"method": one.method, "evaluator_share": one.share, "criteria": one.criteria, **said}}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def clean_text(text: str) -> str:
    """Text without control signs and halves of characters; line breaks and tabs stay.

    >>> clean_text("a\\x00b\\ud800c\\n")
    'abc\\n'
    """
    return "".join(sign for sign in text if sign in _KEPT_SIGNS or unicodedata.category(sign) not in ("Cc", "Cs"))


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """A name, on one line. Raises BadInput where it is empty or too long."""
    clean = " ".join(clean_text(text).split())
    if not clean or len(clean) > longest:
        raise BadInput(
            T("A name has at least one and at most {count} characters.", count=longest),
            hint=T("Correct the name and save again."),
            code="choice.bad_name",
        )
    return clean


def free_key(prefix: str, name: str, taken: Collection[str]) -> str:
    """A key for something of the merchant's own: the Latin letters of its name, or a number where it has none.

    >>> free_key("own-", "Shop Suite 3!", ()), free_key("own-", "自研系统", ()), free_key("own-", "自研", {"own-1"})
    ('own-shop-suite-3', 'own-1', 'own-2')
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    word = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:40].strip("-")
    tries = (word, *(f"{word}-{number}" for number in range(2, len(taken) + 3))) if word else ()
    for end in (*tries, *(str(number) for number in range(1, len(taken) + 2))):
        if prefix + end not in taken:
            return prefix + end
    raise AssertionError("one more number than keys that are taken")


# --- what is proposed, and what a person set -----------------------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """A requirement of a choice. `proposal`: what the template and the merchant's numbers say of it, None for an own
    one; `by_person`: a person set its priority, weight or words, so that no proposal changes them."""

    requirement: Requirement
    proposal: Requirement | None = None
    by_person: bool = False


def proposed_anew(need: Need | None, proposal: Requirement) -> Need:
    """A need after a new proposal: what a person set stays, and the proposal stands beside it."""
    if need is None or not need.by_person:
        return Need(proposal, proposal)
    held = need.requirement
    agrees = held.priority == proposal.priority
    kept = held.model_copy(update={"metric": proposal.metric, "reason": proposal.reason if agrees else None})
    return Need(kept, proposal, True)


EDITABLE = frozenset({"priority", "weight", "text", "ask"})
EDITABLE_OF_OWN = EDITABLE | {"criterion", "metric"}


def edited(need: Need, changes: Mapping[str, Any]) -> Need:
    """A need as a person changed it; the same where nothing differs. Raises BadInput for a field that is not theirs
    to change (key, reason; of a need of the template also criterion and metric), or a value that cannot be."""
    allowed = EDITABLE_OF_OWN if need.requirement.own else EDITABLE
    for name in changes:
        if name not in allowed:
            raise BadInput(
                T("The field “{field}” of a requirement cannot be changed.", field=str(name)),
                hint=T("Change priority, weight and words; write a requirement of your own for anything else."),
                code="choice.not_editable",
            )
    held = need.requirement.model_dump(mode="json")
    after = checked(Requirement, held | {name: _json(value) for name, value in changes.items()})
    if after == need.requirement:
        return need
    refuse_bad_criterion(after.criterion)
    if need.proposal is not None:
        agrees = after.priority == need.proposal.priority
        after = after.model_copy(update={"reason": need.proposal.reason if agrees else None})
    return Need(after, need.proposal, True)


def refuse_bad_criterion(criterion: str) -> None:
    """Raise BadInput for a criterion that requirements cannot hang at."""
    if not is_met_by_requirements(criterion):
        raise BadInput(
            T(
                "A requirement belongs to a criterion; “{criterion}” is none that requirements can have.",
                criterion=criterion,
            ),
            hint=T("Choose one of the list."),
            code="choice.bad_criterion",
        )


def released(need: Need) -> Need:
    """A need as it is proposed, without what a person set; an own one stays."""
    return need if need.proposal is None else Need(need.proposal, need.proposal)


def _json(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


# --- what a vendor answered ----------------------------------------------------------------------------------------

_STRENGTH = {evidence: place for place, evidence in enumerate(Evidence)}


@dataclass(frozen=True)
class RfpTake:
    """What taking a vendor's answers does: `taken` become the ratings; `unchanged` stand already; `kept`: what rests on
    stronger evidence than a vendor's word and stays, each with the answer beside it."""

    taken: tuple[Rating, ...]
    unchanged: tuple[Rating, ...]
    kept: tuple[tuple[Rating, Rating], ...]


def rfp_take(standing: Iterable[Rating], published: Iterable[Rating], answers: Sequence[Rating]) -> RfpTake:
    """Which of a vendor's answers become the agreed ratings.

    `standing`: ratings of the choice; `published`: what the catalogue's facts bear out, which counts where nobody has
    rated. An answer never replaces what rests on stronger evidence, and “cannot say” replaces nothing that is known.
    """
    held = {(rating.vendor, rating.requirement): rating for rating in published}
    held |= {(rating.vendor, rating.requirement): rating for rating in standing if rating.evaluator is None}
    taken, unchanged, kept = [], [], []
    for answer in answers:
        stands = held.get((answer.vendor, answer.requirement))
        known = stands is not None and stands.fit is not Fit.UNKNOWN
        if answer == stands:
            unchanged.append(answer)
        elif stands and known and (answer.fit is Fit.UNKNOWN or _stronger(stands, answer)):
            kept.append((stands, answer))
        else:
            taken.append(answer)
    return RfpTake(tuple(taken), tuple(unchanged), tuple(kept))


def _stronger(one: Rating, other: Rating) -> bool:
    return _STRENGTH[one.evidence] > _STRENGTH[other.evidence]
