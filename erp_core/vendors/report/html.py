"""The decision file as one HTML page that needs nothing else: both languages, no script, fit to be printed."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from erp_core.text import (
    LANGUAGES,
    BothLanguages,
    T,
    format_date,
    format_datetime,
    format_money,
    format_number,
    format_share,
    say,
)
from erp_core.vendors.report import drawing
from erp_core.vendors.report.blocks import Bars, Lines, Report, Said
from erp_core.vendors.schema import Bilingual


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("erp_core.vendors.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["of"] = lambda block, kind: type(block).__name__ == kind
    return environment


def said(text: Said, language: str) -> str:
    """A sentence in a language; a word of people as it is."""
    return text.said(language) if isinstance(text, Bilingual | BothLanguages) else say(text, language)


def written(value: Any, kind: str, currency: str, language: str) -> str:
    """A value as the reader writes it; None is unknown."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return say(T("unknown"), language)
    if isinstance(value, str) or not isinstance(value, int | float | dt.date):
        return said(value, language)
    if isinstance(value, dt.date):
        return format_date(value, language)
    figures: dict[str, Callable[[], str]] = {
        "money": lambda: format_money(value, currency, language, decimals=0),
        "share": lambda: format_share(value, language),
        "number": lambda: format_number(value, language, 2),
        "count": lambda: format_number(value, language),
    }
    return figures[kind]() if kind in figures else str(value)


def decision_html(report: Report, language: str) -> str:
    """The file. It holds every language of the product, and opens in `language`.

    What people wrote is escaped; the page loads nothing and runs nothing, and says so to the browser.
    """

    class Reader:
        """One language's way of writing things, for the template."""

        def __init__(self, name: str) -> None:
            self.name = name
            self.tag = name.replace("_CN", "-CN")

        def say(self, text: Said) -> str:
            return said(text, self.name)

        def cell(self, value: Any, kind: str) -> str:
            return written(value, kind, report.currency, self.name)

        def bars(self, block: Bars) -> list[dict[str, str]]:
            return drawing.bars(block, self.say, lambda value: self.cell(value, block.kind))

        def lines(self, block: Lines) -> dict[str, Any]:
            return drawing.lines(block, self.say, lambda value: self.cell(value, "money"))

        @property
        def made(self) -> str:
            return say(
                T(
                    "Made by {by} on {at}. Inputs: SHA-256 {hash}",
                    by=report.by,
                    at=format_datetime(report.at, self.name, report.time_zone),
                    hash=report.inputs_hash,
                ),
                self.name,
            )

        @property
        def version(self) -> str:
            return "" if report.version is None else say(T("Version {number}", number=report.version), self.name)

    readers = [Reader(name) for name in LANGUAGES]
    template = _environment().get_template("decision.html.jinja")
    return template.render(report=report, readers=readers, names=LANGUAGES, first=language)
