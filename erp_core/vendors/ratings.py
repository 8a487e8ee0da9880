"""How vendors meet what is needed: ratings by people, and what vendors answer.

Ratings are appended: one that is given anew ends the one before, which stays on record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T
from erp_core.vendors.choice import (
    LONGEST_FILE_NAME,
    RfpTake,
    Thing,
    checked,
    clean_text,
    one_line,
    rating_told,
    rfp_take,
    stored,
)
from erp_core.vendors.kept import published_ratings, standing_ratings
from erp_core.vendors.schema import Rating
from erp_core.vendors.tables import rating, requirement
from erp_core.vendors.working import Seen, Work, no_requirement, refuse_too_many, refuse_twice

Act = audit.Act

MOST_RATINGS = 100_000


@dataclass(frozen=True)
class Cell:
    """One rating: of which vendor and requirement, by whom (None = agreed)."""

    vendor: str
    requirement: str
    evaluator: str | None = None

    @property
    def thing(self) -> Thing:
        """What a change of it touches."""
        return ("rating", self.vendor, self.requirement, self.evaluator or "")

    @property
    def label(self) -> str:
        """How the audit names it."""
        return " · ".join(part for part in self.thing[1:] if part)


@dataclass(frozen=True)
class RfpAnswers:
    """What a vendor filled in and returned: its ratings, and the name of the file."""

    vendor: str
    ratings: Sequence[Rating]
    file: str = ""


def rate(uow: UnitOfWork, seen: Seen, ratings: Sequence[Rating]) -> int:
    """Say how vendors meet requirements, many at once; returns how many differed from what stood.

    Earlier ratings of the same vendor, requirement and evaluator end and stay on record.
    """
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    ratings = _clean(work, ratings)
    standing = _standing(work, {one.vendor for one in ratings})
    fresh = [one for one in ratings if standing.get(_cell(one)) != one]
    if fresh:
        _store(work, Act.RATE_VENDORS, fresh, standing)
    return len(fresh)


def withdraw_ratings(uow: UnitOfWork, seen: Seen, cells: Sequence[Cell]) -> int:
    """Take ratings back: what they said is unknown again; returns how many stood."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    standing = _standing(work, {cell.vendor for cell in cells})
    gone = [cell for cell in dict.fromkeys(cells) if cell in standing]
    if gone:
        work.change(Act.WITHDRAW_RATINGS, [cell.thing for cell in gone])
        _end(work, gone)
        before = {cell.label: rating_told(standing[cell]) for cell in gone}
        work.tell(Act.WITHDRAW_RATINGS, before, ratings=len(gone))
    return len(gone)


def take_rfp(uow: UnitOfWork, seen: Seen, answers: RfpAnswers) -> RfpTake:
    """Take over what a vendor answered; `choice.rfp_take` says which answers become ratings. Returns what was done."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    strangers = {one.vendor for one in answers.ratings} - {answers.vendor}
    if strangers or any(one.evaluator is not None for one in answers.ratings):
        raise BadInput(
            T("The answers of “{vendor}” rate something else.", vendor=answers.vendor),
            hint=T("Take the file that this vendor returned."),
            code="choice.foreign_answers",
        )
    ratings = _clean(work, answers.ratings)
    standing = _standing(work, {answers.vendor})
    take = rfp_take(standing.values(), published_ratings(answers.vendor), ratings)
    if take.taken:
        file = clean_text(answers.file)[:LONGEST_FILE_NAME]
        _store(work, Act.TAKE_RFP, take.taken, standing, kept=len(take.kept), files=[file] if file else [])
    return take


def _cell(one: Rating) -> Cell:
    return Cell(one.vendor, one.requirement, one.evaluator)


def _clean(work: Work, ratings: Sequence[Rating]) -> list[Rating]:
    refuse_too_many(len(ratings), MOST_RATINGS)
    clean = [checked(Rating, stored(checked(Rating, one))) for one in ratings]
    clean = [
        one if one.evaluator is None else one.model_copy(update={"evaluator": one_line(one.evaluator)}) for one in clean
    ]
    refuse_twice([_cell(one).label for one in clean])
    work.refuse_unlisted(one.vendor for one in clean)
    r = requirement.c
    keys = set(work.uow.connection.execute(sa.select(r.key).where(r.decision_id == work.held.id)).scalars())
    for one in clean:
        if one.requirement not in keys:
            raise no_requirement(one.requirement)
    return clean


def _standing(work: Work, vendors: Collection[str]) -> dict[Cell, Rating]:
    return {_cell(one): one for one in standing_ratings(work.uow.connection, work.held.id, vendors)}


def _store(work: Work, act: audit.Act, fresh: Sequence[Rating], standing: Mapping[Cell, Rating], **more: Any) -> None:
    """Store ratings that differ from those that stand, and tell of it."""
    cells = [_cell(one) for one in fresh]
    work.change(act, [cell.thing for cell in cells])
    _end(work, [cell for cell in cells if cell in standing])
    now = work.uow.now()
    rows = [
        {
            "decision_id": work.held.id,
            "vendor": one.vendor,
            "requirement": one.requirement,
            "evaluator": one.evaluator or "",
            "content": stored(one),
            "at": now,
            "actor": work.uow.actor,
        }
        for one in fresh
    ]
    work.uow.connection.execute(sa.insert(rating), rows)
    before = {cell.label: rating_told(standing[cell]) for cell in cells if cell in standing}
    after = {cell.label: rating_told(one) for cell, one in zip(cells, fresh, strict=True)}
    work.tell(act, before, after, ratings=len(fresh), vendors=sorted({one.vendor for one in fresh}), **more)


def _end(work: Work, cells: Sequence[Cell]) -> None:
    """The ratings in these cells no longer hold."""
    if not cells:
        return
    r = rating.c
    ended = (
        sa.update(rating)
        .where(
            r.decision_id == work.held.id,
            r.vendor == sa.bindparam("of_vendor"),
            r.requirement == sa.bindparam("of_requirement"),
            r.evaluator == sa.bindparam("of_evaluator"),
            r.ended_at.is_(None),
        )
        .values(ended_at=work.uow.now(), ended_by=work.uow.actor)
    )
    places = [
        {"of_vendor": cell.vendor, "of_requirement": cell.requirement, "of_evaluator": cell.evaluator or ""}
        for cell in cells
    ]
    work.uow.connection.execute(ended, places)
