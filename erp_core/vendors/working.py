"""What all acts on a choice share: the lock, whose change meets whose, the note of the change, its event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from erp_core.company.views import read_company
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.security import audit
from erp_core.text import BothLanguages, T
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.choice import Name, Thing, thing_name
from erp_core.vendors.naming import vendor_words
from erp_core.vendors.tables import decision, decision_change, requirement, vendor
from erp_core.vendors.versions import Difference, differences

_TOLD_IN_FULL = 20  # of so many values at most the audit holds before and after, of more the counts


@dataclass(frozen=True)
class Seen:
    """A choice, and the version of it that the person saw; None: whatever stands (the terminal)."""

    decision_id: int
    version: int | None = None


class Work:
    """One act on a choice, from the lock to its event. Raises NotFound, and Conflict where the choice was put aside."""

    def __init__(self, uow: UnitOfWork, seen: Seen, *, archived: bool = False) -> None:
        self.uow = uow
        self.seen = seen
        d = decision.c
        query = sa.select(decision).where(d.id == seen.decision_id).with_for_update()
        self.held: Any = uow.connection.execute(query).one_or_none()
        if self.held is None:
            raise NotFound(
                T("There is no such choice of an ERP."),
                hint=T("Open the list of choices again."),
                code="choice.not_found",
            )
        if (self.held.archived_at is not None) != archived:
            message = T("This choice is not put aside.") if archived else T("This choice was put aside.")
            raise Conflict(message, hint=T("Open the page again."), code="choice.archived")

    def change(self, act: audit.Act, things: Iterable[Thing], **columns: Any) -> None:
        """Note that these things change now, and set columns of the choice. Raises Conflict where somebody else changed
        one of them since the person looked."""
        touched = list(dict.fromkeys(things))
        self._refuse_overtaken(set(touched))
        d, now = decision.c, self.uow.now()
        version = self.uow.connection.execute(
            sa.update(decision)
            .where(d.id == self.held.id)
            .values(version=d.version + 1, changed_at=now, changed_by=self.uow.actor, **columns)
            .returning(d.version)
        ).scalar_one()
        row = {"decision_id": self.held.id, "version": version, "at": now, "actor": self.uow.actor, "act": str(act)}
        self.uow.connection.execute(sa.insert(decision_change).values(**row, things=[list(one) for one in touched]))

    def tell(
        self,
        act: audit.Act,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """The event of the act; of many values only what `more` says of them."""
        few = max(len(before or ()), len(after or ())) <= _TOLD_IN_FULL
        subject = f"{self.held.id}: {self.held.name}"
        audit.record(self.uow, act, subject, before=before if few else None, after=after if few else None, **more)

    def tell_differences(self, act: audit.Act, before: Any, after: Any, **more: Any) -> None:
        """The event of an act that made `after` of `before`, value by value."""
        told = differences(before, after)
        if len(told) > _TOLD_IN_FULL:
            self.tell(act, **more)
        else:
            self.tell(act, nested(told, "before"), nested(told, "after"), **more)

    def refuse_unlisted(self, vendors: Iterable[str]) -> None:
        """Raise NotFound for a vendor that is not on the choice's list."""
        for key in sorted(set(vendors) - set(self.held.vendors)):
            raise NotFound(
                T("The vendor “{key}” is not on the list of this choice.", key=key),
                hint=T("Put it on the list first."),
                code="choice.not_listed",
            )

    def _refuse_overtaken(self, things: set[Thing]) -> None:
        if self.seen.version is None:
            return
        c = decision_change.c
        since = (
            sa.select(c.at, c.actor, c.things)
            .where(c.decision_id == self.held.id, c.version > self.seen.version)
            .order_by(c.version.desc())
        )
        for row in self.uow.connection.execute(since):
            both = [thing for thing in map(tuple, row.things) if thing in things]
            if both:
                raise self._overtaken(row.actor, row.at, both)

    def _overtaken(self, actor: str, at: dt.datetime, things: Sequence[Thing]) -> Conflict:
        zone = ZoneInfo(read_company(self.uow.connection).time_zone)
        what = thing_name(things[0], self._names(things[0]))
        if len(things) > 1:
            what = T("{first} and {count} more", first=what, count=len(things) - 1)
        time = at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        return Conflict(
            T("{person} has changed this in the meantime, at {time}: {what}.", person=actor, time=time, what=what),
            hint=T("Nothing was stored. Open the page again, look at what stands now, and make your change once more."),
            code="choice.overtaken",
        )

    def _names(self, thing: Thing) -> dict[str, Name]:
        """Vendors and requirements that a thing names, as people call them."""
        v, r = vendor.c, requirement.c
        names: dict[str, Name] = {one.key: vendor_words(one) for one in catalogue()}
        for content in self.uow.connection.execute(sa.select(v.content).where(v.key.in_(thing))).scalars():
            names[content["key"]] = BothLanguages(content["name"], content["name_zh"] or content["name"])
        mine = sa.select(r.content).where(r.decision_id == self.held.id, r.key.in_(thing))
        for content in self.uow.connection.execute(mine).scalars():
            names[content["key"]] = BothLanguages(content["text"]["en"], content["text"]["zh"])
        return names


def nested(told: Iterable[Difference], side: str) -> dict[str, Any]:
    """One side of differences, before or after, with their paths as names within names; without what is none."""
    whole: dict[str, Any] = {}
    for one in told:
        if getattr(one, side) is None:
            continue
        *way, last = one.path
        place = whole
        for name in way:
            place = place.setdefault(name, {})
        place[last] = getattr(one, side)
    return whole


def refuse_too_many(count: int, most: int) -> None:
    """Raise BadInput where there are more than fit in."""
    if count > most:
        raise BadInput(
            T("{count:,} are more than fit in; at most {most:,} do.", count=count, most=most),
            hint=T("Leave some out."),
            code="choice.too_many",
        )


def refuse_twice(names: Sequence[str]) -> None:
    """Raise BadInput for a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadInput(T("“{name}” is named twice.", name=name), hint=T("Name it once."), code="choice.twice")
        seen.add(name)


def no_requirement(key: str) -> NotFound:
    """The refusal of a requirement that the choice does not have."""
    return NotFound(
        T("There is no requirement “{key}” in this choice.", key=key),
        hint=T("Open the page again."),
        code="choice.no_requirement",
    )
