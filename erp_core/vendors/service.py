"""A choice as a whole: begun, set up, put aside; its vendors, weights and quotes; the versions that are kept of it.

Each act is told which choice it is about and which version of it the person had before their eyes (`working.Seen`). Two
people who change different things do not disturb each other; whoever changes what somebody else changed in between is
told who that was, and nothing is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.db.upsert import insert_once
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.choice import Need, Settings, checked, clean_text, one_line, stored, weighting_told
from erp_core.vendors.kept import read, vendor_keys
from erp_core.vendors.requirements import MOST_REQUIREMENTS, columns_of
from erp_core.vendors.schema import Decision, Quote, Requirement, Weighting
from erp_core.vendors.tables import decision, decision_change, decision_version, quote, requirement, weighting
from erp_core.vendors.versions import inputs_hash
from erp_core.vendors.views import Outside, decision_document
from erp_core.vendors.working import Seen, Work, refuse_too_many, refuse_twice

Act = audit.Act

MOST_VENDORS = 100
LONGEST_NOTE = 2_000


@dataclass(frozen=True)
class NewDecision:
    """A choice to begin: its needs as they are proposed, and the keys of the vendors to compare."""

    name: str
    settings: Settings
    requirements: Sequence[Requirement]
    vendors: Sequence[str] = ()
    token: str | None = None


@dataclass(frozen=True)
class Keep:
    """A version to keep: the document, and the answer that was computed from it (`evaluation.to_json`)."""

    document: Decision
    results: Mapping[str, Any]
    note: str = ""
    token: str | None = None


def create_decision(uow: UnitOfWork, new: NewDecision) -> int:
    """Begin a choice; returns its id. The same form sent twice begins one. Raises BadInput."""
    require(uow, Permission.CHOOSE_ERP)
    name = one_line(new.name)
    settings = stored(checked(Settings, new.settings))
    needs = [checked(Requirement, need) for need in new.requirements]
    refuse_too_many(len(needs), MOST_REQUIREMENTS)
    refuse_twice([need.key for need in needs])
    vendors = _vendor_list(uow, new.vendors, ())
    now = uow.now()
    values = {
        "name": name, "settings": settings, "vendors": vendors, "made_at": now, "made_by": uow.actor, "changed_at": now,
        "changed_by": uow.actor, "token": new.token,
    }  # fmt: skip
    decision_id, fresh = insert_once(uow.connection, decision, values)
    if not fresh:
        return decision_id
    for position, need in enumerate(needs, 1):
        columns = columns_of(Need(need, None if need.own else need), uow)
        uow.connection.execute(
            sa.insert(requirement).values(decision_id=decision_id, key=need.key, position=position, **columns)
        )
    uow.connection.execute(
        sa.insert(decision_change).values(
            decision_id=decision_id, version=1, at=now, actor=uow.actor, act=str(Act.BEGIN_CHOICE), things=[]
        )
    )
    audit.record(
        uow,
        Act.BEGIN_CHOICE,
        f"{decision_id}: {name}",
        after={"vendors": vendors, "budget": settings["budget"], "currency": settings["scenario"]["currency"]},
        requirements=len(needs),
    )
    return decision_id


def rename_decision(uow: UnitOfWork, seen: Seen, name: str) -> None:
    """Give a choice another name. Raises NotFound, BadInput, Conflict, as do all acts below."""
    require(uow, Permission.CHOOSE_ERP)
    clean = one_line(name)
    work = Work(uow, seen)
    if clean == work.held.name:
        return
    work.change(Act.CHANGE_CHOICE, [("name",)], name=clean)
    work.tell(Act.CHANGE_CHOICE, before={"name": work.held.name}, after={"name": clean})


def change_settings(uow: UnitOfWork, seen: Seen, changes: Mapping[str, Any]) -> int:
    """Change fields of `choice.Settings` (scenario, budget, benefits …) to new values, None where that means unknown;
    returns how many differed. When the currency changes, amounts are not converted; rates into the old one are dropped.
    """
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    before = read(Settings, work.held.settings)
    was = stored(before)
    given = checked(Settings, was | {name: _json(value) for name, value in changes.items()})
    after = stored(_without_old_rates(before, given))
    fields = [name for name in after if after[name] != was[name]]
    if not fields:
        return 0
    work.change(Act.CHANGE_CHOICE, [(name,) for name in fields], settings=after)
    work.tell_differences(
        Act.CHANGE_CHOICE, {name: was[name] for name in fields}, {name: after[name] for name in fields}, fields=fields
    )
    return len(fields)


def list_vendors(uow: UnitOfWork, seen: Seen, vendors: Sequence[str]) -> None:
    """Say which vendors are compared: all of them, by their keys. Ratings and quotes of those that leave are kept, and
    count again when they come back."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    keys = _vendor_list(uow, vendors, work.held.vendors)
    if set(keys) == set(work.held.vendors):
        return
    work.change(Act.LIST_VENDORS, [("vendors",)], vendors=keys)
    work.tell(Act.LIST_VENDORS, before={"vendors": work.held.vendors}, after={"vendors": keys})


def archive_decision(uow: UnitOfWork, seen: Seen) -> None:
    """Put a choice aside: it is read only, and everything of it stays."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    work.change(Act.ARCHIVE_CHOICE, [], archived_at=uow.now())
    work.tell(Act.ARCHIVE_CHOICE, before={"archived": False}, after={"archived": True})


def bring_back_decision(uow: UnitOfWork, seen: Seen) -> None:
    """Take up again a choice that was put aside."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen, archived=True)
    work.change(Act.BRING_BACK_CHOICE, [], archived_at=None)
    work.tell(Act.BRING_BACK_CHOICE, before={"archived": True}, after={"archived": False})


def _vendor_list(uow: UnitOfWork, vendors: Sequence[str], listed: Sequence[str]) -> list[str]:
    """The keys, each once and each known: of a vendor that can be chosen, or listed already."""
    keys = list(vendors)
    refuse_twice(keys)
    refuse_too_many(len(keys), MOST_VENDORS)
    known = vendor_keys(uow.connection) | set(listed)
    for key in keys:
        if key not in known:
            raise NotFound(
                T("There is no vendor “{key}”.", key=key),
                hint=T("Choose one of the catalogue, or add your own."),
                code="choice.no_vendor",
            )
    return keys


def _without_old_rates(before: Settings, after: Settings) -> Settings:
    """Rates say what another currency costs in the scenario's: when that changes, those that stood are wrong."""
    if after.scenario.currency == before.scenario.currency or after.scenario.rates != before.scenario.rates:
        return after
    return after.model_copy(update={"scenario": after.scenario.model_copy(update={"rates": ()})})


def _json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


# --- weights ---------------------------------------------------------------------------------------------------------


def set_weighting(uow: UnitOfWork, seen: Seen, given: Weighting) -> bool:
    """Say how one evaluator weighs the criteria; returns whether it differed from what stood."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    evaluator = one_line(given.evaluator)
    content = stored(checked(Weighting, given.model_copy(update={"evaluator": evaluator})))
    w = weighting.c
    mine = sa.and_(w.decision_id == seen.decision_id, w.evaluator == evaluator)
    before = uow.connection.execute(sa.select(w.content).where(mine)).scalar_one_or_none()
    if before == content:
        return False
    work.change(Act.SET_WEIGHTING, [("weighting", evaluator)])
    values = {"content": content, "changed_at": uow.now(), "changed_by": uow.actor}
    if before is None:
        row = {"decision_id": seen.decision_id, "evaluator": evaluator, **values}
        uow.connection.execute(sa.insert(weighting).values(row))
    else:
        uow.connection.execute(sa.update(weighting).where(mine).values(values))
    was = None if before is None else weighting_told(read(Weighting, before))
    work.tell(Act.SET_WEIGHTING, was, weighting_told(read(Weighting, content)))
    return True


def remove_weighting(uow: UnitOfWork, seen: Seen, evaluator: str) -> None:
    """Take away one evaluator's weights."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    w = weighting.c
    mine = sa.and_(w.decision_id == seen.decision_id, w.evaluator == evaluator)
    before = uow.connection.execute(sa.select(w.content).where(mine)).scalar_one_or_none()
    if before is None:
        raise NotFound(T("“{name}” has given no weights.", name=evaluator), code="choice.no_weighting")
    work.change(Act.REMOVE_WEIGHTING, [("weighting", evaluator)])
    uow.connection.execute(sa.delete(weighting).where(mine))
    work.tell(Act.REMOVE_WEIGHTING, weighting_told(read(Weighting, before)))


# --- quotes ----------------------------------------------------------------------------------------------------------


def add_quote(uow: UnitOfWork, seen: Seen, given: Quote | Mapping[str, Any], token: str | None = None) -> int:
    """Keep what a vendor of the list offers; returns its id. The same form sent twice keeps one."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    offer = checked(Quote, given)
    work.refuse_unlisted([offer.vendor])
    content = stored(offer)
    values = {
        "decision_id": seen.decision_id, "vendor": offer.vendor, "content": content, "at": uow.now(),
        "actor": uow.actor, "token": token,
    }  # fmt: skip
    quote_id, fresh = insert_once(uow.connection, quote, values)
    if fresh:
        work.change(Act.ADD_QUOTE, [("quote", str(quote_id))])
        work.tell(Act.ADD_QUOTE, after={str(quote_id): content})
    return quote_id


def withdraw_quote(uow: UnitOfWork, seen: Seen, quote_id: int) -> None:
    """A quote no longer counts; it stays on record."""
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    q = quote.c
    stands = sa.and_(q.id == quote_id, q.decision_id == seen.decision_id, q.withdrawn_at.is_(None))
    content = uow.connection.execute(sa.select(q.content).where(stands)).scalar_one_or_none()
    if content is None:
        raise NotFound(
            T("There is no such quote any more."), hint=T("Open the page again."), code="choice.no_quote"
        )  # fmt: skip
    work.change(Act.WITHDRAW_QUOTE, [("quote", str(quote_id))])
    uow.connection.execute(
        sa.update(quote).where(q.id == quote_id).values(withdrawn_at=uow.now(), withdrawn_by=uow.actor)
    )
    work.tell(Act.WITHDRAW_QUOTE, before={str(quote_id): content})


# --- versions --------------------------------------------------------------------------------------------------------


def keep_version(uow: UnitOfWork, seen: Seen, keep: Keep) -> int:
    """Keep a choice as it stands, with its answer, for good; returns its number. The same form sent twice keeps one.

    Raises BadInput where the answer was computed from other inputs than those of the document, and Conflict where the
    choice no longer stands as in the document.
    """
    require(uow, Permission.CHOOSE_ERP)
    work = Work(uow, seen)
    document = checked(Decision, keep.document)
    own_hash = inputs_hash(document)
    if keep.results.get("inputs_hash") != own_hash:
        raise BadInput(
            T("The answer does not belong to these inputs."),
            hint=T("Open the page again, so that it is computed from what stands now."),
            code="choice.other_inputs",
        )
    _refuse_other_inputs(work, document)
    v = decision_version.c
    last = sa.select(sa.func.max(v.number)).where(v.decision_id == seen.decision_id)
    number = int(uow.connection.execute(last).scalar_one() or 0) + 1
    values = {
        "decision_id": seen.decision_id, "number": number, "at": uow.now(), "actor": uow.actor,
        "note": clean_text(keep.note).strip()[:LONGEST_NOTE], "document": document.model_dump(mode="json"),
        "inputs_hash": own_hash, "results": json.loads(json.dumps(keep.results, allow_nan=False)), "token": keep.token,
    }  # fmt: skip
    version_id, fresh = insert_once(uow.connection, decision_version, values)
    if not fresh:
        return int(uow.connection.execute(sa.select(v.number).where(v.id == version_id)).scalar_one())
    work.tell(Act.KEEP_VERSION, revision=number, sha256=own_hash, note=values["note"])
    return number


def _refuse_other_inputs(work: Work, document: Decision) -> None:
    """What is kept is what stands: no what-if, and nothing that somebody changed since it was computed."""
    outside = Outside(document.as_of, catalogue(), document.own_numbers)
    if decision_document(work.uow.connection, work.held.id, outside) != document:
        raise Conflict(
            T("The choice no longer stands as it did when this answer was computed."),
            hint=T("Open the page again, so that it is computed from what stands now."),
            code="choice.overtaken",
        )
