"""What is needed: requirements of a choice, proposed from template and the merchant's numbers, changed by people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.errors import Conflict
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T
from erp_core.vendors.choice import (
    LONGEST_FILE_NAME,
    Need,
    checked,
    clean_text,
    edited,
    free_key,
    proposed_anew,
    refuse_bad_criterion,
    released,
    stored,
)
from erp_core.vendors.kept import need_of
from erp_core.vendors.schema import Bilingual, Priority, Requirement
from erp_core.vendors.tables import rating, requirement
from erp_core.vendors.working import Seen, Work, no_requirement, refuse_too_many, refuse_twice

Act = audit.Act

MOST_REQUIREMENTS = 1_000


@dataclass(frozen=True)
class EditedList:
    """A list of requirements that was edited elsewhere: key → field → new value, what was added (under keys that do not
    matter), and the name of the file."""

    changes: Mapping[str, Mapping[str, Any]]
    added: Sequence[Requirement] = ()
    file: str = ""


@dataclass(frozen=True)
class NewRequirement:
    """A need of the merchant's own. `text` and `ask` (what to have shown; else the text): one language stands for
    both."""

    criterion: str
    text: str | Bilingual
    ask: str | Bilingual = ""
    priority: Priority = Priority.SHOULD
    weight: float = 1.0
    token: str | None = None


def set_requirements(uow: UnitOfWork, seen: Seen, changes: Mapping[str, Mapping[str, Any]]) -> int:
    """Change priority, weight or words of requirements: key → field → value; returns how many differed.

    What a person sets here no proposal changes any more.
    """
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    needs = _needs(work)
    after = _edited(needs, changes)
    return _store(work, Act.SET_REQUIREMENTS, needs, after)


def release_requirements(uow: UnitOfWork, seen: Seen, keys: Sequence[str]) -> int:
    """Take requirements back to what is proposed; returns how many differed. Own ones stay as they are."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    needs = _needs(work)
    after = {}
    for key in keys:
        if key not in needs:
            raise no_requirement(key)
        if released(needs[key]) != needs[key]:
            after[key] = released(needs[key])
    return _store(work, Act.SET_REQUIREMENTS, needs, after)


def propose_again(uow: UnitOfWork, seen: Seen, proposals: Sequence[Requirement]) -> int:
    """Take over new proposals (`proposals.propose`); returns how many requirements changed or came.

    What a person set stays; requirements that the template no longer has stay too.
    """
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    needs = _needs(work)
    proposals = [checked(Requirement, proposal) for proposal in proposals]
    refuse_twice([proposal.key for proposal in proposals])
    refuse_too_many(len({*needs, *(proposal.key for proposal in proposals)}), MOST_REQUIREMENTS)
    after = {}
    for proposal in proposals:
        need = proposed_anew(needs.get(proposal.key), proposal)
        if need != needs.get(proposal.key):
            after[proposal.key] = need
    return _store(work, Act.PROPOSE_REQUIREMENTS, needs, after)


def add_requirement(uow: UnitOfWork, seen: Seen, new: NewRequirement) -> str:
    """Add a need of the merchant's own; returns its key. The same form sent twice adds one."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    if new.token is not None:
        r = requirement.c
        stands = sa.select(r.key).where(r.decision_id == seen.decision_id, r.token == new.token)
        known = uow.connection.execute(stands).scalar_one_or_none()
        if known is not None:
            return str(known)
    needs = _needs(work)
    refuse_too_many(len(needs) + 1, MOST_REQUIREMENTS)
    refuse_bad_criterion(new.criterion)
    text = _both(new.text)
    content = {
        "key": "own", "criterion": new.criterion, "text": text, "ask": _both(new.ask) if new.ask else text,
        "priority": new.priority, "weight": new.weight,
    }  # fmt: skip
    need = _own_need(checked(Requirement, content), needs)
    key = need.requirement.key
    work.change(Act.ADD_REQUIREMENT, [("requirement", key)])
    uow.connection.execute(
        sa.insert(requirement).values(
            decision_id=seen.decision_id,
            key=key,
            position=_last_position(work) + 1,
            token=new.token,
            **columns_of(need, uow),
        )
    )
    work.tell(Act.ADD_REQUIREMENT, after={key: stored(need.requirement)})
    return key


def take_list(uow: UnitOfWork, seen: Seen, listed: EditedList) -> tuple[int, int]:
    """Take over a list that was edited elsewhere, as one act; returns how many requirements differed, and how many of
    the merchant's own came. Of these, one that stands already in the same words does not come twice."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    needs = _needs(work)
    after = _edited(needs, listed.changes)
    known = {(need.requirement.criterion, need.requirement.text) for need in needs.values() if need.requirement.own}
    added: dict[str, Need] = {}
    for given in listed.added:
        if (given.criterion, given.text) in known:
            continue
        known.add((given.criterion, given.text))
        need = _own_need(given, {*needs, *added})
        added[need.requirement.key] = need
    refuse_too_many(len(needs) + len(added), MOST_REQUIREMENTS)
    file = clean_text(listed.file)[:LONGEST_FILE_NAME]
    _store(work, Act.TAKE_REQUIREMENTS, needs, after | added, files=[file] if file else [])
    return len(after), len(added)


def _own_need(given: Requirement, taken: Collection[str]) -> Need:
    """A need of the merchant's own under a key that is free. Raises BadInput where it hangs at no leaf that needs can
    have."""
    refuse_bad_criterion(given.criterion)
    own = {"key": free_key(f"{given.criterion}.own_", "", taken), "own": True, "metric": None, "reason": None}
    return Need(checked(Requirement, given.model_dump(mode="json") | own), None, True)


def remove_requirement(uow: UnitOfWork, seen: Seen, key: str) -> None:
    """Take away an own requirement (one of the template is marked not needed instead). Its ratings end, and stay on
    record."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    need = _needs(work).get(key)
    if need is None:
        raise no_requirement(key)
    if not need.requirement.own:
        raise Conflict(
            T("A requirement of the template cannot be taken away."),
            hint=T("Mark it as not needed: then it does not count."),
            code="choice.of_the_template",
        )
    work.change(Act.REMOVE_REQUIREMENT, [("requirement", key)])
    r = requirement.c
    uow.connection.execute(sa.delete(requirement).where(r.decision_id == seen.decision_id, r.key == key))
    o = rating.c  # a later requirement may get the same key
    mine = sa.and_(o.decision_id == seen.decision_id, o.requirement == key, o.ended_at.is_(None))
    uow.connection.execute(sa.update(rating).where(mine).values(ended_at=uow.now(), ended_by=uow.actor))
    work.tell(Act.REMOVE_REQUIREMENT, before={key: stored(need.requirement)})


def _edited(needs: Mapping[str, Need], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Need]:
    """The needs that differ after these changes."""
    after = {}
    for key, fields in changes.items():
        if key not in needs:
            raise no_requirement(key)
        need = edited(needs[key], fields)
        if need != needs[key]:
            after[key] = need
    return after


def _both(text: str | Bilingual) -> dict[str, Any]:
    return text.model_dump() if isinstance(text, Bilingual) else {"en": text, "zh": text}


def _needs(work: Work) -> dict[str, Need]:
    r = requirement.c
    query = sa.select(requirement).where(r.decision_id == work.held.id).order_by(r.position, r.id)
    return {row.key: need_of(row) for row in work.uow.connection.execute(query)}


def _last_position(work: Work) -> int:
    r = requirement.c
    last = sa.select(sa.func.max(r.position)).where(r.decision_id == work.held.id)
    return int(work.uow.connection.execute(last).scalar_one() or 0)


def _store(work: Work, act: audit.Act, before: Mapping[str, Need], after: Mapping[str, Need], **more: Any) -> int:
    """Store needs that differ, and tell of it."""
    if not after:
        return 0
    work.change(act, [("requirement", key) for key in after])
    uow, r, position = work.uow, requirement.c, _last_position(work)
    for key, need in after.items():
        if key in before:
            mine = sa.and_(r.decision_id == work.held.id, r.key == key)
            uow.connection.execute(sa.update(requirement).where(mine).values(columns_of(need, uow)))
        else:
            position += 1
            uow.connection.execute(
                sa.insert(requirement).values(
                    decision_id=work.held.id, key=key, position=position, **columns_of(need, uow)
                )
            )
    was = {key: stored(before[key].requirement) for key in after if key in before}
    now = {key: stored(need.requirement) for key, need in after.items()}
    work.tell_differences(act, was, now, requirements=len(after), **more)
    return len(after)


def columns_of(need: Need, uow: UnitOfWork) -> dict[str, Any]:
    """A need as its row has it."""
    return {
        "content": stored(need.requirement),
        "proposal": None if need.proposal is None else stored(need.proposal),
        "chosen_by_person": need.by_person,
        "changed_at": uow.now(),
        "changed_by": uow.actor,
    }
