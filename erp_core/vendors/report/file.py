"""The decision file in one step: a decision and its answer become a page, a workbook, a file to score again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from erp_core.files.export import ExportHeader
from erp_core.text import T, say
from erp_core.vendors.business_case import Case, business_case
from erp_core.vendors.report.blocks import Report
from erp_core.vendors.report.content import Answered, sections
from erp_core.vendors.report.html import decision_html
from erp_core.vendors.report.workbook import decision_workbook
from erp_core.vendors.results import Evaluation
from erp_core.vendors.schema import Decision


@dataclass(frozen=True)
class Made:
    """Who made a file, when (UTC), for readers of which time zone and language; the version it shows, if kept."""

    by: str
    at: dt.datetime
    time_zone: str
    language: str
    version: int | None = None


def case_vendor(decision: Decision, evaluation: Evaluation) -> str | None:
    """Whom the business case is made for: the vendor that was chosen, else the likeliest first of those whose cost is
    known, else the likeliest first; None without vendors.
    """
    if decision.chosen is not None:
        return decision.chosen
    order = Answered(decision, evaluation, None).order
    order += [key for key in evaluation.vendors if key not in evaluation.in_play]
    known = [key for key in order if evaluation.costs[key].p50 is not None]
    return next(iter([*known, *order]), None)


def case_of(decision: Decision, evaluation: Evaluation) -> Case | None:
    """The business case that belongs to an answer."""
    vendor = case_vendor(decision, evaluation)
    return None if vendor is None else business_case(decision, vendor)


def answered(decision: Decision, evaluation: Evaluation) -> Answered:
    """A decision with all that is said of it."""
    return Answered(decision, evaluation, case_of(decision, evaluation))


def as_html(told: Answered, made: Made) -> bytes:
    """The page that stands alone, UTF-8."""
    return decision_html(_report(told, made), made.language).encode()


def as_workbook(told: Answered, made: Made) -> bytes:
    """The workbook that goes on reckoning, in the language of whoever made it."""
    filters = {say(T("Inputs (SHA-256)"), made.language): told.evaluation.inputs_hash}
    if made.version is not None:
        filters[say(T("Version"), made.language)] = str(made.version)
    header = ExportHeader(told.decision.name, made.by, made.at, made.language, filters)
    return decision_workbook(told, header)


def _report(told: Answered, made: Made) -> Report:
    return Report(
        title=told.decision.name,
        by=made.by,
        at=made.at,
        time_zone=made.time_zone,
        inputs_hash=told.evaluation.inputs_hash,
        currency=told.currency,
        sections=sections(told),
        version=made.version,
    )
