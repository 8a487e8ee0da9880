"""Systems of the merchant's own beside the catalogue's, and what the merchant found out about any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.db.bulk import lock
from erp_core.db.uow import UnitOfWork
from erp_core.db.upsert import insert_once
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T
from erp_core.vendors.choice import checked, clean_text, free_key, one_line, stored
from erp_core.vendors.kept import vendor_keys
from erp_core.vendors.schema import Fact, Plan, Vendor
from erp_core.vendors.service import LONGEST_NOTE
from erp_core.vendors.tables import decision, vendor, vendor_fact
from erp_core.vendors.versions import differences
from erp_core.vendors.working import nested

Act = audit.Act


@dataclass(frozen=True)
class OwnVendor:
    """What a merchant says of a system that the catalogue does not have; `plans`: its price lists."""

    name: str
    name_zh: str = ""
    maker: str = ""
    hosting: Sequence[str] = ()
    plans: Sequence[Plan | Mapping[str, Any]] = ()


@dataclass(frozen=True)
class NewFact:
    """A fact or a note (`said` a text) about a vendor. `replaces`: the id of the one that it corrects."""

    vendor: str
    said: Fact | str
    replaces: int | None = None
    token: str | None = None


def add_vendor(uow: UnitOfWork, own: OwnVendor, token: str | None = None) -> str:
    """Add a system of the merchant's own; returns its key. The same form sent twice adds one. Raises BadInput, and
    Conflict for a name that an own one has."""
    require(uow, Permission.CHOOSE_ERP)
    lock(uow.connection, vendor)  # two who add one at once would take the same key
    v = vendor.c
    if token is not None:
        known = uow.connection.execute(sa.select(v.key).where(v.token == token)).scalar_one_or_none()
        if known is not None:
            return str(known)
    taken = set(uow.connection.execute(sa.select(v.key)).scalars()) | vendor_keys(uow.connection)
    key = free_key("own-", own.name, taken)
    content, now = _content(uow, key, own), uow.now()
    values = {"key": key, "content": content, "made_at": now, "changed_at": now, "changed_by": uow.actor}
    uow.connection.execute(sa.insert(vendor).values(**values, token=token))
    audit.record(uow, Act.ADD_VENDOR, key, after=content)
    return key


def change_vendor(uow: UnitOfWork, key: str, own: OwnVendor, seen: int | None = None) -> bool:
    """Say something else of an own system; returns whether it differed. `seen`: its version that the person saw.
    Raises NotFound, BadInput, and Conflict where somebody changed it in the meantime."""
    require(uow, Permission.CHOOSE_ERP)
    held = _own(uow, key)
    content = _content(uow, key, own)
    if content == held.content:
        return False
    if seen is not None and held.version != seen:
        raise Conflict(
            T("{person} has changed this vendor in the meantime.", person=held.changed_by),
            hint=T("Nothing was stored. Open the page again, look at what stands now, and make your change once more."),
            code="vendor.overtaken",
        )
    v = vendor.c
    values = {"content": content, "version": v.version + 1, "changed_at": uow.now(), "changed_by": uow.actor}
    uow.connection.execute(sa.update(vendor).where(v.key == key).values(values))
    told = differences(held.content, content)
    audit.record(uow, Act.CHANGE_VENDOR, key, before=nested(told, "before"), after=nested(told, "after"))
    return True


def archive_vendor(uow: UnitOfWork, key: str) -> None:
    """Offer an own system no more. Raises NotFound, and Conflict while a choice has it on its list."""
    require(uow, Permission.CHOOSE_ERP)
    _own(uow, key)
    d, v = decision.c, vendor.c
    for row in uow.connection.execute(sa.select(d.name, d.vendors).where(d.archived_at.is_(None)).order_by(d.id)):
        if key in row.vendors:
            raise Conflict(
                T("This vendor is on the list of “{name}”.", name=row.name),
                hint=T("Take it off the list first."),
                code="vendor.listed",
            )
    uow.connection.execute(sa.update(vendor).where(v.key == key).values(archived_at=uow.now(), changed_by=uow.actor))
    audit.record(uow, Act.ARCHIVE_VENDOR, key, before={"archived": False}, after={"archived": True})


def add_fact(uow: UnitOfWork, new: NewFact) -> int:
    """Note something about a vendor; returns its id. The same form sent twice notes it once.

    Raises BadInput, NotFound for a vendor that is none, and Conflict where what it corrects was corrected already.
    """
    require(uow, Permission.CHOOSE_ERP)
    if isinstance(new.said, str):
        kind, content = "note", {"text": _note(new.said)}
    else:
        kind, content = "fact", stored(checked(Fact, new.said))
    if new.vendor not in vendor_keys(uow.connection):
        raise NotFound(
            T("There is no vendor “{key}”.", key=new.vendor),
            hint=T("Choose one of the catalogue, or add your own."),
            code="choice.no_vendor",
        )
    f = vendor_fact.c
    if new.token is not None:
        known = uow.connection.execute(sa.select(f.id).where(f.token == new.token)).scalar_one_or_none()
        if known is not None:
            return int(known)
    before = None if new.replaces is None else _standing_fact(uow, new.replaces, new.vendor)
    values = {
        "vendor": new.vendor, "kind": kind, "content": content, "at": uow.now(), "actor": uow.actor,
        "replaces": new.replaces, "token": new.token,
    }  # fmt: skip
    fact_id, fresh = insert_once(uow.connection, vendor_fact, values)
    if fresh:
        audit.record(uow, Act.ADD_VENDOR_FACT, new.vendor, before=before, after=content)
    return fact_id


def withdraw_fact(uow: UnitOfWork, fact_id: int) -> None:
    """What was noted about a vendor no longer counts; it stays on record. Raises NotFound, Conflict."""
    require(uow, Permission.CHOOSE_ERP)
    content = _standing_fact(uow, fact_id)
    f = vendor_fact.c
    gone = (
        sa.update(vendor_fact)
        .where(f.id == fact_id)
        .values(withdrawn_at=uow.now(), withdrawn_by=uow.actor)
        .returning(f.vendor)
    )
    audit.record(uow, Act.WITHDRAW_VENDOR_FACT, uow.connection.execute(gone).scalar_one(), before=content)


def _note(text: str) -> str:
    clean = clean_text(text).strip()
    if not clean or len(clean) > LONGEST_NOTE:
        raise BadInput(
            T("A note has at least one and at most {count} characters.", count=LONGEST_NOTE),
            hint=T("Correct the note and save again."),
            code="vendor.bad_note",
        )
    return clean


def _content(uow: UnitOfWork, key: str, own: OwnVendor) -> dict[str, Any]:
    name = one_line(own.name)
    v = vendor.c
    query = sa.select(v.content).where(v.key != key, v.archived_at.is_(None))
    for content in uow.connection.execute(query).scalars():
        if str(content.get("name", "")).casefold() == name.casefold():
            raise Conflict(
                T("You have a vendor “{name}” already.", name=name),
                hint=T("Choose another name, or change the one you have."),
                code="vendor.name_taken",
            )
    return stored(
        checked(
            Vendor,
            {
                "key": key,
                "name": name,
                "name_zh": own.name_zh.strip(),
                "maker": own.maker.strip(),
                "hosting": list(own.hosting),
                "plans": [plan.model_dump(mode="json") if isinstance(plan, Plan) else plan for plan in own.plans],
                "own": True,
            },
        )
    )


def _own(uow: UnitOfWork, key: str) -> Any:
    v = vendor.c
    held = uow.connection.execute(
        sa.select(vendor).where(v.key == key, v.archived_at.is_(None)).with_for_update()
    ).one_or_none()
    if held is None:
        raise NotFound(
            T("You have added no vendor “{key}”.", key=key),
            hint=T("Only vendors of your own can be changed; of others, note facts."),
            code="vendor.not_own",
        )
    return held


def _standing_fact(uow: UnitOfWork, fact_id: int, of: str | None = None) -> Any:
    f = vendor_fact.c
    row = uow.connection.execute(sa.select(vendor_fact).where(f.id == fact_id).with_for_update()).one_or_none()
    if row is None or (of is not None and row.vendor != of):
        raise NotFound(T("There is no such fact."), hint=T("Open the page again."), code="vendor.no_fact")
    corrected = uow.connection.execute(sa.select(f.id).where(f.replaces == fact_id)).first()
    if row.withdrawn_at is not None or corrected is not None:
        raise Conflict(
            T("This was corrected or withdrawn already."), hint=T("Open the page again."), code="vendor.fact_gone"
        )
    return row.content
