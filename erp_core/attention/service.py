"""Making, changing, muting and ending alerts, and recording what became of them at a look."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from erp_core.attention import rules
from erp_core.attention.tables import alert_event, alert_rule
from erp_core.clock import today
from erp_core.company.views import read_company
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, NotFound
from erp_core.metrics.registry import METRICS
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T, Text

DAYS_AT_MOST = 366
OWNER_LENGTH = 80
THRESHOLD_AT_MOST = 1e12
_State = dict[str, Any] | None
STATE_EVENTS = ("fired", "cleared", "made", "changed")  # the last of these says whether an alert fires


@dataclass(frozen=True)
class Alert:
    """What an alert watches: a metric over the last so many days, above or below a threshold in its unit (money in
    major units, shares 0 to 1); and who sees to it."""

    measure: str
    comparison: str
    threshold: float
    days: int
    owner: str


def make_alert(uow: UnitOfWork, alert: Alert) -> int:
    """Watch a number from now on; returns the alert's id. Raises BadInput for what cannot be watched."""
    require(uow, Permission.MANAGE_ALERTS)
    rule_id = _make(uow, alert)
    audit.record(uow, audit.Act.MANAGE_ALERT, str(rule_id), act="made", after=_told(alert))
    return rule_id


def _make(uow: UnitOfWork, alert: Alert) -> int:
    values = _values(alert)
    query = sa.insert(alert_rule).values(**values, made_at=uow.now()).returning(alert_rule.c.id)
    rule_id = int(uow.connection.execute(query).scalar_one())
    _append(uow, rule_id, "made", None)
    return rule_id


def make_alerts(uow: UnitOfWork, alerts: tuple[Alert, ...]) -> None:
    """Watch several numbers, for instance those that the company's benchmarks offer."""
    require(uow, Permission.MANAGE_ALERTS)
    made = {str(_make(uow, alert)): _told(alert) for alert in alerts}
    if made:
        audit.record(uow, audit.Act.MANAGE_ALERT, act="made", after=made)


def change_alert(uow: UnitOfWork, rule_id: int, alert: Alert) -> None:
    """Watch something else under the same alert; whether it fires is decided anew. Raises NotFound, BadInput."""
    require(uow, Permission.MANAGE_ALERTS)
    values = _values(alert)
    held = _standing(uow, rule_id)
    uow.connection.execute(sa.update(alert_rule).where(alert_rule.c.id == rule_id).values(**values))
    stood = Alert(held.measure, held.comparison, held.threshold / rules.THRESHOLD_SCALE, held.days, held.owner)
    _tell(uow, rule_id, "changed", *audit.changes(_told(stood), _told(alert)))


def mute_alert(uow: UnitOfWork, rule_id: int, until: dt.date) -> None:
    """Call nobody until a day (the first on which it calls again); it is watched all the same. Raises NotFound,
    BadInput where the day is not after today."""
    require(uow, Permission.MANAGE_ALERTS)
    held = _standing(uow, rule_id)
    zone = read_company(uow.connection).time_zone
    if not today(uow.clock, zone) < until <= today(uow.clock, zone) + dt.timedelta(days=DAYS_AT_MOST):
        raise BadInput(
            T("An alert can be muted until a day after today, at most a year away."),
            hint=T("Choose another day."),
            code="alert.bad_day",
        )
    begins = dt.datetime.combine(until, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
    uow.connection.execute(sa.update(alert_rule).where(alert_rule.c.id == rule_id).values(muted_until=begins))
    _tell(uow, rule_id, "muted", {"muted_until": held.muted_until}, {"muted_until": begins})


def unmute_alert(uow: UnitOfWork, rule_id: int) -> None:
    """Let it call again. Raises NotFound."""
    require(uow, Permission.MANAGE_ALERTS)
    held = _standing(uow, rule_id)
    uow.connection.execute(sa.update(alert_rule).where(alert_rule.c.id == rule_id).values(muted_until=None))
    _tell(uow, rule_id, "unmuted", {"muted_until": held.muted_until}, {"muted_until": None})


def remove_alert(uow: UnitOfWork, rule_id: int) -> None:
    """Watch it no more; what became of it stays on record. Raises NotFound."""
    require(uow, Permission.MANAGE_ALERTS)
    _standing(uow, rule_id)
    uow.connection.execute(sa.update(alert_rule).where(alert_rule.c.id == rule_id).values(active=False))
    _tell(uow, rule_id, "removed", {"active": True}, {"active": False})


def record_look(uow: UnitOfWork, values: Mapping[int, float | None]) -> dict[str, list[int]]:
    """Record what fires and what cleared, given the value of each alert (missing or None: not known). Returns the ids
    of alerts by `fired` and `cleared`. Two looks at once record a crossing once."""
    require(uow, Permission.MANAGE_ALERTS)
    r = alert_rule.c
    happened: dict[str, list[int]] = {"fired": [], "cleared": []}
    standing = uow.connection.execute(
        sa.select(alert_rule).where(r.active.is_(sa.true())).order_by(r.id).with_for_update()
    ).all()
    firing = firing_rules(uow.connection)
    for row in standing:
        watch = rules.Watch(row.comparison, row.threshold / rules.THRESHOLD_SCALE)
        value = values.get(row.id)
        event = rules.event_of(watch, row.id in firing, value)
        if event is not None and value is not None:
            _append(uow, row.id, event, value)
            happened[event].append(row.id)
    if any(happened.values()):
        audit.record(uow, audit.Act.MANAGE_ALERT, act="look", fired=happened["fired"], cleared=happened["cleared"])
    return happened


def firing_rules(connection: sa.Connection) -> dict[int, int]:
    """Alerts that fire: id → the id of the event since which they do."""
    e = alert_event.c
    last = sa.select(sa.func.max(e.id)).where(e.kind.in_(STATE_EVENTS)).group_by(e.rule_id)
    query = (
        sa.select(e.rule_id, e.id)
        .join(alert_rule, alert_rule.c.id == e.rule_id)
        .where(e.id.in_(last), e.kind == "fired", alert_rule.c.active.is_(sa.true()))
    )
    return {int(rule_id): int(event_id) for rule_id, event_id in connection.execute(query)}


def _values(alert: Alert) -> dict[str, object]:
    owner = " ".join(alert.owner.split())[:OWNER_LENGTH]
    if alert.measure not in METRICS:
        raise _refused(T("There is no number “{key}”.", key=alert.measure), T("Choose one of the glossary’s numbers."))
    if alert.comparison not in rules.COMPARISONS:
        raise _refused(T("An alert is “above” or “below” a threshold."), T("Choose one of the two."))
    if not math.isfinite(alert.threshold) or abs(alert.threshold) > THRESHOLD_AT_MOST:
        raise _refused(T("The threshold must be a number."), T("Correct the number and save again."))
    if not 1 <= alert.days <= DAYS_AT_MOST:
        raise _refused(
            T("An alert looks at the last 1 to {days} days.", days=DAYS_AT_MOST),
            T("Correct the number and save again."),
        )
    if not owner:
        raise _refused(T("An alert needs an owner: somebody who sees to it."), T("Write a name."))
    return {
        "measure": alert.measure,
        "comparison": alert.comparison,
        "threshold": round(alert.threshold * rules.THRESHOLD_SCALE),
        "days": alert.days,
        "owner": owner,
    }


def _refused(message: Text, hint: Text) -> BadInput:
    return BadInput(message, hint=hint, code="alert.bad_rule")


def _told(alert: Alert) -> dict[str, object]:
    return {
        "measure": alert.measure,
        "comparison": alert.comparison,
        "threshold": alert.threshold,
        "days": alert.days,
        "owner": alert.owner,
    }


def _standing(uow: UnitOfWork, rule_id: int) -> Any:
    r = alert_rule.c
    held = uow.connection.execute(sa.select(alert_rule).where(r.id == rule_id, r.active.is_(sa.true()))).first()
    if held is None:
        raise NotFound(
            T("This alert is not there any more."), hint=T("Open the page again."), code="alert.not_found"
        )  # fmt: skip
    return held


def _tell(uow: UnitOfWork, rule_id: int, kind: str, before: _State, after: _State) -> None:
    _append(uow, rule_id, kind, None)
    audit.record(uow, audit.Act.MANAGE_ALERT, str(rule_id), act=kind, before=before, after=after)


def _append(uow: UnitOfWork, rule_id: int, kind: str, value: float | None) -> None:
    stored = None if value is None else round(value * rules.THRESHOLD_SCALE)
    uow.connection.execute(
        sa.insert(alert_event).values(rule_id=rule_id, at=uow.now(), kind=kind, actor=uow.actor, value=stored)
    )
