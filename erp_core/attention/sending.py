"""Who is told what, and when: targets, the day's digest, alerts that have fired.

Each message goes to each target once. An attempt is written as begun, in a transaction of its own, before anything goes
out, and settled afterwards; so two workers, a clock that was set back or a crash in between send nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from erp_core.attention import rules
from erp_core.attention.addresses import Address, checked, keep_address, read_address
from erp_core.attention.delivery import KINDS, Deliver, Post, deliver
from erp_core.attention.digest import DAYS, HEADLINE, Day, Message, alerts_of, digest_of
from erp_core.attention.service import record_look
from erp_core.attention.tables import digest_delivery, digest_target
from erp_core.attention.views import (
    AlertState,
    Target,
    alert_states,
    attempts_of,
    deliveries,
    last_digest_days,
    measured,
    targets,
)
from erp_core.calendar import Period
from erp_core.clock import Clock, today
from erp_core.company.views import Company, read_company
from erp_core.db.engine import Database
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import BadInput, ErpError, NotFound
from erp_core.orders.views import Filters
from erp_core.overview.answers import answered
from erp_core.overview.decisions import decisions
from erp_core.overview.views import changes, kpis
from erp_core.planning.views import planning_day
from erp_core.security import audit
from erp_core.security.actor import WORKER, Actor
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.settings import Settings
from erp_core.text import LANGUAGES, T, Text

NAME_LENGTH = 80
# On whose behalf the worker looks and sends.
ATTENTION_USER = Actor("attention", frozenset({Permission.MANAGE_ALERTS, Permission.VIEW_DASHBOARDS}), WORKER)


@dataclass(frozen=True)
class NewTarget:
    """A target as a person enters it; `minute` of the company's day."""

    name: str
    kind: str
    minute: int
    language: str
    address: Address = field(repr=False)


def add_target(uow: UnitOfWork, settings: Settings, new: NewTarget) -> int:
    """Add a target; its address goes into the keys' folder. Returns its id. Raises BadInput."""
    require(uow, Permission.MANAGE_ALERTS)
    name = " ".join(new.name.split())[:NAME_LENGTH]
    if not name:
        raise _bad(T("A target needs a name."), T("Write one, such as the group’s name."))
    if new.kind not in KINDS or new.language not in LANGUAGES or not 0 <= new.minute < 24 * 60:
        raise _bad(T("Kind, time or language of the target is not one of those offered."), T("Choose from the lists."))
    if any(target.name == name for target in targets(uow.connection)):
        raise _bad(T("There is a target named “{name}” already.", name=name), T("Choose another name."))
    address = checked(new.kind, new.address)
    values = {"name": name, "kind": new.kind, "minute": new.minute, "language": new.language}
    target_id = int(
        uow.connection.execute(sa.insert(digest_target).values(**values).returning(digest_target.c.id)).scalar_one()
    )
    audit.record(uow, audit.Act.MANAGE_DIGEST, name, act="add", after=values)
    keep_address(settings, target_id, address)
    return target_id


def pause_target(uow: UnitOfWork, target_id: int, paused: bool) -> None:
    """Let nothing go out to a target, or let it go out again. Raises NotFound."""
    require(uow, Permission.MANAGE_ALERTS)
    target = _standing(uow.connection, target_id)
    uow.connection.execute(sa.update(digest_target).where(digest_target.c.id == target_id).values(active=not paused))
    state = {"before": {"active": target.active}, "after": {"active": not paused}}
    audit.record(uow, audit.Act.MANAGE_DIGEST, target.name, act="pause" if paused else "resume", **state)


def remove_target(uow: UnitOfWork, settings: Settings, target_id: int) -> None:
    """End a target and forget its address; what was delivered stays on record. Raises NotFound."""
    require(uow, Permission.MANAGE_ALERTS)
    target = _standing(uow.connection, target_id)
    values = {"active": False, "removed_at": uow.now()}
    uow.connection.execute(sa.update(digest_target).where(digest_target.c.id == target_id).values(**values))
    audit.record(uow, audit.Act.MANAGE_DIGEST, target.name, act="remove", before={"active": target.active})
    keep_address(settings, target_id, None)


def _standing(connection: sa.Connection, target_id: int) -> Target:
    for target in targets(connection):
        if target.id == target_id:
            return target
    raise NotFound(
        T("This target is not there any more."), hint=T("Open the page again."), code="digest.target_not_found"
    )  # fmt: skip


def _bad(message: Text, hint: Text) -> BadInput:
    return BadInput(message, hint=hint, code="digest.bad_target")


# --- looking and telling ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of a message to a target: sent, failed (`error`), or not due; `note`: what to say of a sent one."""

    target: str
    outcome: str
    error: ErpError | None = None
    note: Text | None = None


@dataclass(frozen=True)
class Teller:
    """What looks and sends on behalf of somebody. `by` is how a message goes out; tests put another way in."""

    database: Database
    settings: Settings
    clock: Clock
    actor: Actor = ATTENTION_USER
    by: Deliver = deliver

    def look(self) -> tuple[dict[str, list[int]], tuple[AlertState, ...]]:
        """Measure every alert and record what fires and what cleared; returns these ids and all states of now."""
        now = self.clock.now()
        with self.database.reading() as connection:
            company = read_company(connection)
            states = alert_states(connection, now)
            day = today(self.clock, company.time_zone)
            states = measured(connection, company, states, day) if states else ()
        values = {
            state.id: None if state.value is None or state.value.value is None else float(state.value.value)
            for state in states
        }
        with unit_of_work(self.database, self.actor.acting(self.clock)) as uow:
            happened = record_look(uow, values)
            uow.commit()
        with self.database.reading() as connection:
            found = {state.id: state.value for state in states}
            fresh = tuple(state.with_value(found.get(state.id)) for state in alert_states(connection, now))
        return happened, fresh

    def digest_day(self) -> Day:
        """What the digest of today is made of."""
        with self.database.reading() as connection:
            company = read_company(connection)
            return _day(connection, company, self.settings.public_url, self.clock)

    def send_digests(self, names: Iterable[str] | None = None, *, now_due: bool = True) -> list[Outcome]:
        """Send the day's digest to the active targets (or those named), each once a day. `now_due`: only where its time
        has come; otherwise to all that do not have it yet. Raises NotFound for a name that is none."""
        wanted = self._wanted(names)
        ready = [target for target in wanted if self._day_due(target, now_due) is not None]
        if not ready:
            return [Outcome(target.name, "not due") for target in wanted]
        day = self.digest_day()
        messages: dict[str, Message] = {}
        outcomes = []
        for target in wanted:
            if target not in ready:
                outcomes.append(Outcome(target.name, "not due"))
                continue
            if target.language not in messages:
                messages[target.language] = digest_of(day, target.language)
            outcomes.append(self._send(target, f"digest:{day.day.isoformat()}", day.day, messages[target.language]))
        return outcomes

    def digest_is_due(self) -> bool:
        """Whether a digest would go out now."""
        with self.database.reading() as connection:
            active = [target for target in targets(connection) if target.active]
        return any(self._day_due(target, True) is not None for target in active)

    def _day_due(self, target: Target, now_due: bool) -> dt.date | None:
        now = self.clock.now()
        with self.database.reading() as connection:
            zone = read_company(connection).time_zone
            last = last_digest_days(connection).get(target.id)
            day = rules.digest_day(now, zone, target.minute if now_due else 0, last)
            if day is None:
                return None
            attempts = attempts_of(deliveries(connection, day), target.id, f"digest:{day.isoformat()}")
        if not now_due:  # a person asks: not held back by the quarter of an hour, nor by the count
            return day
        return day if rules.may_send(attempts, now) else None

    def _wanted(self, names: Iterable[str] | None) -> list[Target]:
        with self.database.reading() as connection:
            found = targets(connection)
        if names is None:
            return [target for target in found if target.active]
        by_name = {target.name: target for target in found}
        for name in names:
            if name not in by_name:
                raise NotFound(
                    T("There is no target “{name}”.", name=name),
                    hint=T("Targets: {names}", names=", ".join(by_name) or "–"),
                    code="digest.target_not_found",
                )
        return [by_name[name] for name in names]

    def alerts_to_tell(self) -> tuple[AlertState, ...]:
        """Alerts that fire, are not muted, and have been firing for less than a day."""
        now = self.clock.now()
        with self.database.reading() as connection:
            states = alert_states(connection, now)
        return tuple(
            state
            for state in states
            if state.firing and state.muted_until is None and state.since is not None
            and now - state.since < rules.ALERT_KEEPS
        )  # fmt: skip

    def alerts_are_due(self) -> bool:
        """Whether an alert would go out now."""
        return bool(self._alerts_due())

    def _alerts_due(self) -> dict[Target, list[AlertState]]:
        states = self.alerts_to_tell()
        if not states:
            return {}
        now = self.clock.now()
        due: dict[Target, list[AlertState]] = {}
        with self.database.reading() as connection:
            since = min(state.since for state in states if state.since is not None)
            found = deliveries(connection, since.date() - dt.timedelta(days=1))
            for target in targets(connection):
                wanted = [
                    state
                    for state in states
                    if rules.may_send(attempts_of(found, target.id, f"alert:{state.event_id}"), now)
                ]
                if target.active and wanted:
                    due[target] = wanted
        return due

    def send_alerts(self) -> list[Outcome]:
        """Tell every active target of each alert that has fired, once; what is due at the same time in one message."""
        with self.database.reading() as connection:
            company = read_company(connection)
        day = today(self.clock, company.time_zone)
        outcomes = []
        for target, states in self._alerts_due().items():
            begun = {state: self._begin(target, f"alert:{state.event_id}", day) for state in states}
            told = tuple(state for state in states if begun[state] is not None)
            if not told:
                continue
            scene = Day(
                company.name, day, Period(day, day), (), {}, told, (), company.base_currency, self.settings.public_url
            )
            ids = [number for number in begun.values() if number is not None]
            outcomes.append(self._deliver(target, alerts_of(scene, target.language), ids))
        return outcomes

    def send_test(self, target_id: int) -> Text:
        """Send today's digest to a target at once, as a test: it counts for nothing. Returns what to say. Raises
        NotFound, and Undeliverable with the other side's answer."""
        require(self.actor, Permission.MANAGE_ALERTS)
        with self.database.reading() as connection:
            target = _standing(connection, target_id)
        note = self._out(target, digest_of(self.digest_day(), target.language))
        with unit_of_work(self.database, self.actor.acting(self.clock)) as uow:
            audit.record(uow, audit.Act.MANAGE_DIGEST, target.name, act="test")
            uow.commit()
        return note or T("The test has arrived at “{name}”.", name=target.name)

    def _out(self, target: Target, message: Message) -> Text | None:
        address = read_address(self.settings, target.id) or Address()
        return self.by(Post(self.settings, self.clock), target.kind, address, message)

    def _send(self, target: Target, subject: str, day: dt.date, message: Message) -> Outcome:
        begun = self._begin(target, subject, day)
        return Outcome(target.name, "not due") if begun is None else self._deliver(target, message, [begun])

    def _deliver(self, target: Target, message: Message, begun: list[int]) -> Outcome:
        """Send what was begun, and settle it."""
        try:
            note = self._out(target, message)
        except ErpError as error:
            self._settle(begun, "failed", error.message)
            return Outcome(target.name, "failed", error)
        except Exception:
            self._settle(begun, "failed", T("Something unforeseen went wrong."))
            raise
        self._settle(begun, "sent", note)
        return Outcome(target.name, "sent", note=note)

    def _begin(self, target: Target, subject: str, day: dt.date) -> int | None:
        """Write down that the message goes out now; None where somebody else was faster, or it went out before."""
        d = digest_delivery.c
        with unit_of_work(self.database, self.actor.acting(self.clock)) as uow:
            uow.connection.execute(  # on PostgreSQL whoever else would send to this target waits here
                sa.select(digest_target.c.id).where(digest_target.c.id == target.id).with_for_update()
            )
            rows = uow.connection.execute(
                sa.select(d.attempt, d.outcome).where(d.target_id == target.id, d.subject == subject)
            ).all()
            if any(row.outcome in ("sent", "begun") for row in rows):
                return None
            values = {
                "target_id": target.id,
                "subject": subject,
                "attempt": max((row.attempt for row in rows), default=0) + 1,
                "ds": day,
                "at": uow.now(),
                "outcome": "begun",
            }
            found = uow.connection.execute(sa.insert(digest_delivery).values(**values).returning(d.id)).scalar_one()
            uow.commit()
        return int(found)

    def _settle(self, begun: list[int], outcome: str, detail: Text | None) -> None:
        with unit_of_work(self.database, self.actor.acting(self.clock)) as uow:
            uow.connection.execute(
                sa.update(digest_delivery)
                .where(digest_delivery.c.id.in_(begun))
                .values(outcome=outcome, detail=sa.null() if detail is None else detail.to_json())
            )
            uow.commit()


def _day(connection: sa.Connection, company: Company, link: str | None, clock: Clock) -> Day:
    day = today(clock, company.time_zone)
    as_of = planning_day(connection, day)
    last = as_of - dt.timedelta(days=1)
    period = Period(last - dt.timedelta(days=DAYS - 1), last)
    now = kpis(connection, company, period, Filters(), day)
    before = kpis(connection, company, period.before(), Filters(), None)
    states = measured(
        connection,
        company,
        (s for s in alert_states(connection, clock.now()) if s.firing and s.muted_until is None),
        day,
    )
    found = decisions(connection, company, as_of)
    placed = answered(connection, company, found, day)
    return Day(
        company.name,
        day,
        period,
        tuple(now[key] for key in HEADLINE),
        changes(now, before),
        states,
        tuple(entry.decision for entry in placed if entry.open),
        company.base_currency,
        link,
    )
