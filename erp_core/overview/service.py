"""Answering the decisions of the day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp_core.clock import today
from erp_core.company.views import read_company
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput
from erp_core.money import to_minor
from erp_core.overview.deciding import Decision
from erp_core.overview.tables import decision_answer
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T

LONGEST_SNOOZE = dt.timedelta(days=366)
REASON_LENGTH = 500


@dataclass(frozen=True)
class Reply:
    """What a person says to a decision: accept, snooze (`until`: the first day on which it stands again), dismiss (with
    a `reason`) or reopen."""

    act: str
    until: dt.date | None = None
    reason: str | None = None


def answer_decision(uow: UnitOfWork, decision: Decision, reply: Reply) -> None:
    """Append an answer to a decision as it stands now; the same answer given twice in a row is stored once.

    An acceptance holds for the decision's patience. Raises BadInput for a day that is past or more than a year away,
    and for a dismissal without a reason.
    """
    require(uow, Permission.ANSWER_DECISIONS)
    company = read_company(uow.connection)
    now = today(uow.clock, company.time_zone)
    until, reason = _checked(reply, decision, now)
    a = decision_answer.c
    row = {
        "actor": uow.actor,
        "key": decision.key,
        "act": reply.act,
        "until": until,
        "reason": reason,
        "title": decision.title.to_json(),
        "money": None if decision.money is None else to_minor(Decimal(str(decision.money)), company.base_currency),
        "currency": None if decision.money is None else company.base_currency,
    }
    last = uow.connection.execute(
        sa.select(*(a[name] for name in row)).where(a.key == decision.key).order_by(a.id.desc()).limit(1)
    ).mappings()
    if (held := last.first()) is not None and dict(held) == row:
        return
    uow.connection.execute(sa.insert(decision_answer).values(at=uow.now(), **row))
    details: dict[str, Any] = {"act": reply.act, "until": until, "reason": reason}
    audit.record(uow, audit.Act.ANSWER_DECISION, decision.key, **{key: word for key, word in details.items() if word})


def _checked(reply: Reply, decision: Decision, now: dt.date) -> tuple[dt.date | None, str | None]:
    """Until when the answer holds, and its reason."""
    if reply.act == "accept":
        return now + dt.timedelta(days=max(decision.patience, 1)), None
    if reply.act == "snooze":
        if reply.until is None or not now < reply.until <= now + LONGEST_SNOOZE:
            raise BadInput(
                T("A decision can be put off until a day after today, at most a year away."),
                hint=T("Choose another day."),
                code="decision.bad_day",
            )
        return reply.until, None
    if reply.act == "dismiss":
        reason = " ".join((reply.reason or "").split())[:REASON_LENGTH]
        if not reason:
            raise BadInput(
                T("A dismissal needs a reason: whoever asks later wants to know why."),
                hint=T("Say in a few words why nothing will be done."),
                code="decision.no_reason",
            )
        return None, reason
    if reply.act == "reopen":
        return None, None
    raise BadInput(T("There is no answer “{act}”.", act=reply.act), code="decision.no_such_answer")
