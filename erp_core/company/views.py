"""The company: its name, money, time zone, benchmarks and planning defaults."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from erp_core.company.tables import company


@dataclass(frozen=True)
class Benchmarks:
    """What the company measures itself by. Turnover: the trade turns stock 3 to 4 times a month; a good system 4.5."""

    turnover_low: float = 3.0
    turnover_high: float = 4.0
    turnover_target: float = 4.5


@dataclass(frozen=True)
class PlanningDefaults:
    """What holds where neither product nor supplier says otherwise. Days, units; `service_level`: 0 to 1."""

    service_level: float = 0.95
    lead_time_days: int = 14
    review_days: int = 7
    moq: int = 1
    pack: int = 1
    excess_days: int = 120
    dead_days: int = 180


@dataclass(frozen=True)
class Company:
    """The one company of this database. `money_chosen`, `zone_chosen`: a person chose them, not the first import."""

    name: str
    base_currency: str
    time_zone: str
    money_chosen: bool
    zone_chosen: bool
    demo: bool
    version: int
    benchmarks: Benchmarks = field(default_factory=Benchmarks)
    planning: PlanningDefaults = field(default_factory=PlanningDefaults)


def read_company(connection: sa.Connection) -> Company:
    """The company as it stands."""
    row = connection.execute(sa.select(company)).one()
    return Company(
        name=row.name,
        base_currency=row.base_currency,
        time_zone=row.time_zone,
        money_chosen=bool(row.money_chosen),
        zone_chosen=bool(row.zone_chosen),
        demo=bool(row.demo),
        version=row.version,
        benchmarks=Benchmarks(**_known(Benchmarks, row.benchmarks)),
        planning=PlanningDefaults(**_known(PlanningDefaults, row.planning)),
    )


def _known(kind: type[Benchmarks] | type[PlanningDefaults], held: dict[str, Any]) -> dict[str, Any]:
    names = {item.name for item in fields(kind)}
    return {name: value for name, value in held.items() if name in names}
