"""Alerts with their current values and what became of them; targets with their deliveries; what Home shows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from erp_core.attention import rules
from erp_core.attention.service import Alert, firing_rules
from erp_core.attention.tables import alert_event, alert_rule, digest_delivery, digest_target
from erp_core.calendar import Period
from erp_core.company.views import Company
from erp_core.metrics.registry import METRICS
from erp_core.orders.views import Filters
from erp_core.overview.views import MetricValue, kpis
from erp_core.overview.wording import in_unit
from erp_core.planning.views import planning_day
from erp_core.text import T, Text, say

ATTEMPTS = rules.ATTEMPTS
RECENT = dt.timedelta(days=30)


@dataclass(frozen=True)
class AlertState:
    """An alert as it stands. `value`: of now, None where nobody measured; `last_value`: at its last crossing; `since`:
    fires since then, None while it does not; `muted_until`: an instant in the future, or None; `fired_lately`: how
    often in 30 days."""

    id: int
    alert: Alert
    firing: bool
    since: dt.datetime | None
    event_id: int | None
    last_fired: dt.datetime | None
    last_value: float | None
    fired_lately: int
    muted_until: dt.datetime | None
    value: MetricValue | None = None

    @property
    def beyond(self) -> bool | None:
        """Whether the value of now is on the bad side; None where it is not known."""
        if self.value is None or self.value.value is None:
            return None
        return rules.beyond(rules.Watch(self.alert.comparison, self.alert.threshold), float(self.value.value))

    def with_value(self, value: MetricValue | None) -> AlertState:
        """The same with what was measured."""
        return replace(self, value=value)


def alert_states(connection: sa.Connection, now: dt.datetime) -> tuple[AlertState, ...]:
    """All alerts that are watched, those that fire first."""
    r, e = alert_rule.c, alert_event.c
    firing = firing_rules(connection)
    fired: dict[int, list[tuple[dt.datetime, int, int]]] = defaultdict(list)
    query = sa.select(e.rule_id, e.at, e.id, e.value).where(e.kind == "fired").order_by(e.id)
    for rule_id, at, event_id, value in connection.execute(query):
        fired[rule_id].append((at, event_id, value))
    states = []
    for row in connection.execute(sa.select(alert_rule).where(r.active.is_(sa.true())).order_by(r.id)):
        alert = Alert(row.measure, row.comparison, row.threshold / rules.THRESHOLD_SCALE, row.days, row.owner)
        times = fired[row.id]
        states.append(
            AlertState(
                row.id,
                alert,
                row.id in firing,
                times[-1][0] if row.id in firing else None,
                firing.get(row.id),
                times[-1][0] if times else None,
                times[-1][2] / rules.THRESHOLD_SCALE if times and times[-1][2] is not None else None,
                sum(1 for at, _, _ in times if now - at <= RECENT),
                row.muted_until if row.muted_until is not None and row.muted_until > now else None,
            )
        )
    return tuple(sorted(states, key=lambda state: (not state.firing, state.id)))


def measured(
    connection: sa.Connection, company: Company, states: Iterable[AlertState], today: dt.date
) -> tuple[AlertState, ...]:
    """The same with the value of now: each number over the last days before the day to plan from."""
    states = tuple(states)
    last = planning_day(connection, today) - dt.timedelta(days=1)
    by_days: dict[int, Mapping[str, MetricValue]] = {}
    for days in sorted({state.alert.days for state in states}):
        period = Period(last - dt.timedelta(days=days - 1), last)
        by_days[days] = kpis(connection, company, period, Filters(), today)
    return tuple(state.with_value(by_days[state.alert.days].get(state.alert.measure)) for state in states)


def offered(company: Company, states: Iterable[AlertState], owner: str) -> tuple[Alert, ...]:
    """Alerts that the company's benchmarks and planning defaults suggest, without those that are watched already."""
    errors = METRICS["order_error_rate"].benchmark
    suggestions = [
        Alert("turnover_month", "below", company.benchmarks.turnover_low, 30, owner),
        Alert("in_stock_rate", "below", company.planning.service_level, 30, owner),
        Alert("days_of_inventory", "above", float(company.planning.excess_days), 30, owner),
    ]
    if errors is not None:
        suggestions.append(Alert("order_error_rate", "above", errors.high, 30, owner))
    held = {(state.alert.measure, state.alert.comparison) for state in states}
    return tuple(alert for alert in suggestions if (alert.measure, alert.comparison) not in held)


def sentence(state: AlertState, currency: str, language: str) -> str:
    """What an alert says: the number, its value of now (or at its last crossing), the threshold, in one language."""
    metric = METRICS[state.alert.measure]
    money = currency if metric.unit == "money" else None
    if state.value is not None and state.value.value is not None:
        value: float | None = float(state.value.value)
        money = state.value.currency
    else:
        value = state.last_value
    shown = "–" if value is None else in_unit(value, metric.unit, money, language)
    limit = in_unit(state.alert.threshold, metric.unit, money, language)
    template = (
        T("{name}: {value}, above {limit}", name=metric.name, value=shown, limit=limit)
        if state.alert.comparison == "above"
        else T("{name}: {value}, below {limit}", name=metric.name, value=shown, limit=limit)
    )
    return say(template, language)


@dataclass(frozen=True)
class Target:
    """Where messages go: mail, wecom, dingtalk, feishu or webhook; the minute of the company's day of its digest."""

    id: int
    name: str
    kind: str
    minute: int
    language: str
    active: bool

    @property
    def time(self) -> str:
        """The time of day, HH:MM."""
        return f"{self.minute // 60:02d}:{self.minute % 60:02d}"


def targets(connection: sa.Connection) -> tuple[Target, ...]:
    """All targets that were not removed, by name."""
    t = digest_target.c
    query = (
        sa.select(t.id, t.name, t.kind, t.minute, t.language, t.active).where(t.removed_at.is_(None)).order_by(t.name)
    )
    return tuple(Target(*row) for row in connection.execute(query))


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver a message about `subject` (digest:day, alert:event) to a target."""

    target_id: int
    subject: str
    ds: dt.date
    at: dt.datetime
    outcome: str
    detail: Text | None


def deliveries(connection: sa.Connection, since: dt.date | None = None) -> tuple[Delivery, ...]:
    """Attempts, the oldest first; `since`: of messages of this day and later."""
    d = digest_delivery.c
    query = sa.select(d.target_id, d.subject, d.ds, d.at, d.outcome, d.detail).order_by(d.id)
    if since is not None:
        query = query.where(d.ds >= since)
    return tuple(
        Delivery(*row[:5], None if row[5] is None else Text.from_json(row[5])) for row in connection.execute(query)
    )


def attempts_of(found: Iterable[Delivery], target_id: int, subject: str) -> list[rules.Attempt]:
    """The attempts for one message to one target."""
    return [
        rules.Attempt(delivery.at, delivery.outcome)
        for delivery in found
        if delivery.target_id == target_id and delivery.subject == subject
    ]


def last_digest_days(connection: sa.Connection) -> dict[int, dt.date]:
    """Target → the last day whose digest went out, or may have."""
    d = digest_delivery.c
    query = (
        sa.select(d.target_id, sa.func.max(d.ds))
        .where(d.subject.like("digest:%"), d.outcome.in_(("sent", "begun")))
        .group_by(d.target_id)
    )
    return {int(target_id): day for target_id, day in connection.execute(query)}


@dataclass(frozen=True)
class Undelivered:
    """A message that did not arrive for certain, and that nobody tries to send any more."""

    target: Target
    subject: str
    detail: Text | None


def undelivered(connection: sa.Connection, today: dt.date, now: dt.datetime) -> tuple[Undelivered, ...]:
    """The latest message of today or yesterday to each target, where it was given up."""
    found = deliveries(connection, today - dt.timedelta(days=1))
    result = []
    for target in targets(connection):
        own = [delivery for delivery in found if delivery.target_id == target.id]
        if own and rules.undelivered(attempts_of(own, target.id, own[-1].subject), now):
            result.append(Undelivered(target, own[-1].subject, own[-1].detail))
    return tuple(result)
