"""Changing the company's settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.calendar import is_time_zone
from erp_core.company.tables import company
from erp_core.company.views import Benchmarks, PlanningDefaults, read_company
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput
from erp_core.money import is_currency
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T, Text


@dataclass(frozen=True)
class CompanyChange:
    """What a person may change; None leaves it as it is."""

    name: str | None = None
    base_currency: str | None = None
    time_zone: str | None = None
    benchmarks: Benchmarks | None = None
    planning: PlanningDefaults | None = None


@dataclass(frozen=True)
class Consequences:
    """What must be computed anew after a change: `days` (the zone moved them), `values` (the base currency did)."""

    days: bool
    values: bool


def change_company(uow: UnitOfWork, change: CompanyChange) -> Consequences:
    """Apply a person's change. Raises BadInput for a currency, zone or number that cannot be."""
    require(uow, Permission.EDIT_SETTINGS)
    _check(change)
    before = read_company(uow.connection)
    values: dict[str, Any] = {"version": before.version + 1}
    if change.name is not None:
        values["name"] = change.name.strip()
    if change.base_currency is not None:
        values |= {"base_currency": change.base_currency, "money_chosen": True}
    if change.time_zone is not None:
        values |= {"time_zone": change.time_zone, "zone_chosen": True}
    if change.benchmarks is not None:
        values["benchmarks"] = asdict(change.benchmarks)
    if change.planning is not None:
        values["planning"] = asdict(change.planning)
    uow.connection.execute(sa.update(company).values(**values))
    stated = {name: value for name, value in values.items() if name not in ("version", "money_chosen", "zone_chosen")}
    was, now = audit.changes(asdict(before), stated)
    audit.record(uow, audit.Act.CHANGE_COMPANY, before=was, after=now)
    return Consequences(
        days=change.time_zone not in (None, before.time_zone),
        values=change.base_currency not in (None, before.base_currency),
    )


def mark_as_demo(uow: UnitOfWork, version: int) -> None:
    """This company is made up. `version`: where its count of changes starts, so that what was computed of one demo
    shop is never taken for another's."""
    require(uow, Permission.EDIT_SETTINGS)
    uow.connection.execute(sa.update(company).values(demo=True, version=version))
    audit.record(uow, audit.Act.MARK_AS_DEMO, before={"demo": False}, after={"demo": True})


def adopt_from_import(uow: UnitOfWork, currency: str, time_zone: str, *, nothing_stored: bool) -> bool:
    """Until a person chose, the first file's currency and zone become the company's. Returns whether they did."""
    require(uow, Permission.IMPORT_FILES)
    held = read_company(uow.connection)
    if not nothing_stored:
        return False
    values: dict[str, Any] = {}
    if not held.money_chosen and currency != held.base_currency:
        values["base_currency"] = currency
    if not held.zone_chosen and time_zone != held.time_zone:
        values["time_zone"] = time_zone
    if values:
        uow.connection.execute(sa.update(company).values(**values, version=held.version + 1))
        was, now = audit.changes(asdict(held), values)
        audit.record(uow, audit.Act.ADOPT_FROM_IMPORT, before=was, after=now)
    return bool(values)


def _check(change: CompanyChange) -> None:
    if change.base_currency is not None and not is_currency(change.base_currency):
        raise BadInput(
            T("“{word}” is not a currency code.", word=change.base_currency),
            hint=T("Use the three letters of ISO 4217, such as CNY or USD."),
            code="company.no_such_currency",
        )
    if change.time_zone is not None and not is_time_zone(change.time_zone):
        raise BadInput(
            T("There is no time zone “{name}”.", name=change.time_zone),
            hint=T("Choose one such as Asia/Shanghai or Europe/London."),
            code="company.no_such_zone",
        )
    marks = change.benchmarks
    if marks is not None and not 0 < marks.turnover_low <= marks.turnover_high <= marks.turnover_target:
        raise _out_of_range(T("The turnover benchmarks must rise: low, high, target, all above 0."))
    plan = change.planning
    if plan is not None:
        if not 0.5 <= plan.service_level < 1:
            raise _out_of_range(T("The service level must be at least 50 % and below 100 %."))
        if min(plan.lead_time_days, plan.excess_days, plan.dead_days) < 0 or plan.review_days < 1:
            raise _out_of_range(T("Days cannot be negative, and the review period is at least one day."))
        if plan.moq < 1 or plan.pack < 1:
            raise _out_of_range(T("Minimum order quantity and pack size are at least 1."))


def _out_of_range(message: Text) -> BadInput:
    return BadInput(message, hint=T("Correct the number and save again."), code="company.out_of_range")
