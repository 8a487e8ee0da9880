"""What is kept of a choice, read: the choices, the one document that an answer rests on, frames for pages, versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.errors import NotFound
from erp_core.text import T
from erp_core.vendors.choice import RfpTake, Settings, Thing, rfp_take
from erp_core.vendors.kept import need_of, published_ratings, rating_of, read, standing_ratings
from erp_core.vendors.own_numbers import merged
from erp_core.vendors.schema import Decision, Fact, OwnNumber, Quote, Rating, Vendor, Weighting
from erp_core.vendors.tables import (
    decision,
    decision_change,
    decision_version,
    quote,
    rating,
    requirement,
    vendor,
    vendor_fact,
    weighting,
)
from erp_core.vendors.versions import Comparison, differences, numbers_of

# --- choices -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """One choice of an ERP. `version` counts its changes (give it to acts as `working.Seen`); `vendors`: the keys on
    its list; `versions`: how many were kept."""

    id: int
    name: str
    version: int
    settings: Settings
    vendors: tuple[str, ...]
    made_at: dt.datetime
    made_by: str
    changed_at: dt.datetime
    changed_by: str
    archived_at: dt.datetime | None
    versions: int


def decisions(connection: sa.Connection, *, archived: bool = False) -> tuple[Choice, ...]:
    """The choices that are worked on, or those that were put aside; the one changed last first."""
    d = decision.c
    aside = d.archived_at.is_not(None) if archived else d.archived_at.is_(None)
    return _choices(connection, aside)


def choice(connection: sa.Connection, decision_id: int) -> Choice:
    """One choice. Raises NotFound."""
    found = _choices(connection, decision.c.id == decision_id)
    if not found:
        raise NotFound(
            T("There is no such choice of an ERP."), hint=T("Open the list of choices again."), code="choice.not_found"
        )
    return found[0]


def _choices(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Choice, ...]:
    d, v = decision.c, decision_version.c
    kept = sa.select(sa.func.count()).where(v.decision_id == d.id).scalar_subquery()
    query = sa.select(decision, kept.label("versions")).where(which).order_by(d.changed_at.desc(), d.id.desc())
    return tuple(
        Choice(
            row.id, row.name, row.version, read(Settings, row.settings), tuple(row.vendors), row.made_at, row.made_by,
            row.changed_at, row.changed_by, row.archived_at, row.versions,
        )
        for row in connection.execute(query)
    )  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One change of a choice: after it the choice had `version`; `act` as the audit calls it; `things`: what it
    touched (`choice.thing_name` has the words)."""

    version: int
    at: dt.datetime
    actor: str
    act: str
    things: tuple[Thing, ...]


def changes(connection: sa.Connection, decision_id: int, since: int = 0) -> tuple[Change, ...]:
    """What was changed of a choice after its version `since`, the newest first."""
    c = decision_change.c
    query = (
        sa.select(c.version, c.at, c.actor, c.act, c.things)
        .where(c.decision_id == decision_id, c.version > since)
        .order_by(c.version.desc())
    )
    return tuple(Change(*row[:4], tuple(tuple(thing) for thing in row.things)) for row in connection.execute(query))


def stamp(connection: sa.Connection, decision_id: int) -> str:
    """A key that changes whenever the document of a choice may have changed: for caches. What lies outside the database
    (the catalogue's files) and the day are not in it."""
    d, f, v = decision.c, vendor_fact.c, vendor.c
    of_choice = connection.execute(sa.select(d.version).where(d.id == decision_id)).scalar_one_or_none() or 0
    facts = connection.execute(sa.select(sa.func.count(f.id), sa.func.count(f.withdrawn_at))).one()
    vendors = connection.execute(sa.select(sa.func.count(v.id), sa.func.sum(v.version))).one()
    return ".".join(str(number or 0) for number in (of_choice, *facts, *vendors))


# --- the one document ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outside:
    """What a document takes from outside the choice: the day, the catalogue's vendors, and numbers computed from the
    shop's data. Numbers that a person entered go before those."""

    as_of: dt.date
    catalogue: Sequence[Vendor] = ()
    own_numbers: Sequence[OwnNumber] = ()


def decision_document(connection: sa.Connection, decision_id: int, outside: Outside) -> Decision:
    """Everything that the answer of a choice rests on, as one value; the same for the same rows, whatever the order in
    which they came.

    Ratings by people come in the rows' words; what the catalogue's own files say of a requirement stays with the vendor
    (`fits`). Own facts stand with the published ones, under the grade that they were given. A key on the list that no
    catalogue has any more is a vendor of which nothing is known. Raises NotFound, and Conflict for rows that cannot be
    read.
    """
    held = choice(connection, decision_id)
    settings = held.settings
    listed = sorted(held.vendors)
    requirements = [need.requirement for _, need in _need_rows(connection, decision_id)]
    keys = {one.key for one in requirements}
    return Decision(
        name=held.name,
        as_of=outside.as_of,
        scenario=settings.scenario,
        budget=settings.budget,
        cost_scale=settings.cost_scale,
        weightings=weightings(connection, decision_id),
        sureness=settings.sureness,
        requirements=tuple(requirements),
        vendors=_vendors(connection, listed, outside.catalogue),
        ratings=tuple(
            one for one in ratings(connection, decision_id) if one.vendor in listed and one.requirement in keys
        ),
        quotes=tuple(kept.quote for kept in quotes(connection, decision_id) if kept.quote.vendor in listed),
        plans_taken={key: settings.plans_taken[key] for key in sorted(settings.plans_taken) if key in listed},
        own_numbers=merged(settings.own_numbers, outside.own_numbers),
        benefits=tuple(one for one in settings.benefits if one.vendor is None or one.vendor in listed),
        chosen=settings.chosen if settings.chosen in listed else None,
        draws=settings.draws,
        seed=settings.seed,
    )


def _vendors(connection: sa.Connection, listed: Sequence[str], catalogue: Sequence[Vendor]) -> tuple[Vendor, ...]:
    v = vendor.c
    known = {one.key: one for one in catalogue}
    own = connection.execute(sa.select(v.content).where(v.key.in_(listed))).scalars()
    known |= {one.key: one for one in (read(Vendor, content) for content in own)}
    facts = own_facts(connection, listed)
    found = []
    for key in listed:
        one = known.get(key) or Vendor(key=key, name=key)
        found.append(one.model_copy(update={"facts": (*one.facts, *facts.get(key, ()))}))
    return tuple(found)


def own_vendors(connection: sa.Connection) -> tuple[Vendor, ...]:
    """The merchant's own systems, by name; without those that were put aside."""
    v = vendor.c
    query = sa.select(v.content).where(v.archived_at.is_(None))
    found = [read(Vendor, content) for content in connection.execute(query).scalars()]
    return tuple(sorted(found, key=lambda one: (one.name, one.key)))


def own_vendor_version(connection: sa.Connection, key: str) -> int:
    """The version of an own system, to give to `own_vendors.change_vendor`; 0 where there is none."""
    v = vendor.c
    return int(connection.execute(sa.select(v.version).where(v.key == key)).scalar_one_or_none() or 0)


def own_facts(connection: sa.Connection, vendors: Sequence[str]) -> Mapping[str, tuple[Fact, ...]]:
    """What the merchant found out about these vendors and did not correct or withdraw, by vendor."""
    found: dict[str, list[Fact]] = {}
    for row in _fact_rows(connection, vendors):
        if row.kind == "fact":
            found.setdefault(row.vendor, []).append(read(Fact, row.content))
    return {key: tuple(facts) for key, facts in found.items()}


def weightings(connection: sa.Connection, decision_id: int) -> tuple[Weighting, ...]:
    """How each evaluator weighs the criteria, by evaluator."""
    w = weighting.c
    found = connection.execute(sa.select(w.content).where(w.decision_id == decision_id)).scalars()
    return tuple(sorted((read(Weighting, content) for content in found), key=lambda one: one.evaluator))


def ratings(connection: sa.Connection, decision_id: int) -> tuple[Rating, ...]:
    """The ratings that hold, by vendor, requirement and evaluator; of vendors that are not on the list too."""
    r = rating.c
    rows = connection.execute(sa.select(r.content).where(r.decision_id == decision_id, r.ended_at.is_(None)))
    return tuple(sorted(map(rating_of, rows), key=lambda one: (one.vendor, one.requirement, one.evaluator or "")))


def rfp_preview(connection: sa.Connection, decision_id: int, vendor: str, answers: Sequence[Rating]) -> RfpTake:
    """What `ratings.take_rfp` would do with a vendor's answers as things stand."""
    standing = standing_ratings(connection, decision_id, [vendor])
    return rfp_take(standing, published_ratings(vendor), answers)


@dataclass(frozen=True)
class KeptQuote:
    """A quote with its id, who entered it and when; `withdrawn_at` None: it counts."""

    id: int
    quote: Quote
    at: dt.datetime
    actor: str
    withdrawn_at: dt.datetime | None
    withdrawn_by: str | None


def quotes(connection: sa.Connection, decision_id: int, *, withdrawn: bool = False) -> tuple[KeptQuote, ...]:
    """The quotes of a choice by vendor, day and the order in which they were entered; `withdrawn`: those too."""
    q = quote.c
    query = sa.select(quote).where(q.decision_id == decision_id).order_by(q.id)
    if not withdrawn:
        query = query.where(q.withdrawn_at.is_(None))
    found = [
        KeptQuote(row.id, read(Quote, row.content), row.at, row.actor, row.withdrawn_at, row.withdrawn_by)
        for row in connection.execute(query)
    ]
    return tuple(sorted(found, key=lambda kept: (kept.quote.vendor, kept.quote.plan.as_of or dt.date.min, kept.id)))


# --- frames --------------------------------------------------------------------------------------------------------

REQUIREMENTS = (
    "key", "criterion", "text", "ask", "priority", "weight", "proposed_priority", "proposed_weight", "reason", "metric",
    "own", "by_person", "changed_by", "changed_at",
)  # fmt: skip


def requirements_frame(connection: sa.Connection, decision_id: int, language: str) -> pd.DataFrame:
    """The requirements of a choice in their order: key, criterion (leaf), text, ask, priority, weight,
    proposed_priority, proposed_weight (None of own ones), reason (of the proposal, "" where it has none), metric, own,
    by_person (a person set it), changed_by, changed_at. Texts in one language."""
    rows = []
    for row, need in _need_rows(connection, decision_id):
        one, proposal = need.requirement, need.proposal
        rows.append(
            (
                one.key, one.criterion, one.text.said(language), one.ask.said(language), str(one.priority), one.weight,
                None if proposal is None else str(proposal.priority), None if proposal is None else proposal.weight,
                proposal.reason.said(language) if proposal is not None and proposal.reason else "", one.metric, one.own,
                need.by_person, row.changed_by, row.changed_at,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(REQUIREMENTS))


RATINGS = (
    "vendor", "requirement", "evaluator", "fit", "evidence", "cost", "owner", "note", "source", "as_of", "at", "actor",
    "ended_at", "ended_by",
)  # fmt: skip


def ratings_frame(connection: sa.Connection, decision_id: int, *, ended: bool = False) -> pd.DataFrame:
    """The ratings of a choice by vendor, requirement, evaluator ("" = agreed) and time: fit, evidence, cost (in the
    choice's currency, None = not known), owner, note, source, as_of, at, actor; `ended`: also those that others
    replaced, with ended_at and ended_by."""
    r = rating.c
    query = sa.select(rating).where(r.decision_id == decision_id)
    if not ended:
        query = query.where(r.ended_at.is_(None))
    rows = []
    for row in connection.execute(query.order_by(r.vendor, r.requirement, r.evaluator, r.id)):
        one = rating_of(row)
        rows.append(
            (
                one.vendor, one.requirement, one.evaluator or "", str(one.fit), str(one.evidence), one.cost, one.owner,
                one.note, one.source, one.as_of, row.at, row.actor, row.ended_at, row.ended_by,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(RATINGS))


QUOTES = (
    "id", "vendor", "name", "currency", "as_of", "valid_until", "source", "note", "at", "actor", "withdrawn_at",
    "withdrawn_by",
)  # fmt: skip


def quotes_frame(connection: sa.Connection, decision_id: int) -> pd.DataFrame:
    """All quotes of a choice, withdrawn ones too: id, vendor, name, currency, as_of, valid_until, source, note, at,
    actor, withdrawn_at, withdrawn_by (None: it counts)."""
    rows = [
        (
            kept.id, kept.quote.vendor, kept.quote.plan.name, kept.quote.plan.pricing.currency, kept.quote.plan.as_of,
            kept.quote.valid_until, kept.quote.plan.source, kept.quote.note, kept.at, kept.actor, kept.withdrawn_at,
            kept.withdrawn_by,
        )
        for kept in quotes(connection, decision_id, withdrawn=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(QUOTES))


FACTS = ("id", "vendor", "kind", "about", "text", "source", "as_of", "grade", "at", "actor")


def facts_frame(connection: sa.Connection, vendors: Sequence[str], language: str) -> pd.DataFrame:
    """What the merchant noted about these vendors, without what was corrected or withdrawn: id, vendor, kind (fact,
    note), about, text, source, as_of, grade (of a note: None), at, actor."""
    rows = []
    for row in _fact_rows(connection, vendors):
        if row.kind == "note":
            said: tuple[Any, ...] = (None, row.content["text"], None, None, None)
        else:
            one = read(Fact, row.content)
            said = (one.about, one.text.said(language), one.source, one.as_of, str(one.grade))
        rows.append((row.id, row.vendor, row.kind, *said, row.at, row.actor))
    return pd.DataFrame(rows, columns=list(FACTS))


def _need_rows(connection: sa.Connection, decision_id: int) -> list[tuple[Any, Any]]:
    r = requirement.c
    query = sa.select(requirement).where(r.decision_id == decision_id).order_by(r.position, r.id)
    return [(row, need_of(row)) for row in connection.execute(query)]


def _fact_rows(connection: sa.Connection, vendors: Sequence[str]) -> Sequence[Any]:
    f, newer = vendor_fact.c, vendor_fact.alias()
    corrected = sa.exists().where(newer.c.replaces == f.id)
    query = (
        sa.select(vendor_fact)
        .where(f.vendor.in_(list(vendors)), f.withdrawn_at.is_(None), ~corrected)
        .order_by(f.vendor, f.id)
    )
    return connection.execute(query).all()


# --- versions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """A version that was kept: of which choice, its number there, by whom and when."""

    id: int
    decision_id: int
    number: int
    at: dt.datetime
    actor: str
    note: str
    inputs_hash: str


@dataclass(frozen=True)
class WholeVersion:
    """The same with what was kept: the document as JSON (`document()` as a value), and the answer."""

    about: Version
    inputs: Mapping[str, Any]
    results: Mapping[str, Any]

    def document(self) -> Decision:
        """The document. Raises Conflict where this version of the program cannot read it."""
        return read(Decision, self.inputs)


def versions(connection: sa.Connection, decision_id: int) -> tuple[Version, ...]:
    """The versions that were kept of a choice, the newest first."""
    v = decision_version.c
    query = sa.select(*_about(v)).where(v.decision_id == decision_id).order_by(v.number.desc())
    return tuple(Version(*row) for row in connection.execute(query))


def version(connection: sa.Connection, version_id: int) -> WholeVersion:
    """One version with what was kept. Raises NotFound."""
    v = decision_version.c
    row = connection.execute(sa.select(*_about(v), v.document, v.results).where(v.id == version_id)).one_or_none()
    if row is None:
        raise NotFound(T("There is no such version."), hint=T("Open the page again."), code="choice.no_version")
    return WholeVersion(Version(*row[:7]), row.document, row.results)


def compare_versions(before: WholeVersion, after: WholeVersion) -> Comparison:
    """What two versions differ in: their inputs, and the numbers of their answers, value by value."""
    results = differences(numbers_of(before.results), numbers_of(after.results))
    return Comparison(differences(before.inputs, after.inputs), results)


def _about(v: Any) -> tuple[Any, ...]:
    return (v.id, v.decision_id, v.number, v.at, v.actor, v.note, v.inputs_hash)
