"""What the readers of the containers share: what they are asked, what they answer, and cells as text."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, islice

from erp_core.files import limits as refusals
from erp_core.files.gather import Gathered, Gatherer
from erp_core.files.header import SAMPLE_ROWS, Layout, clean_header, find_header, no_table, normalise_header
from erp_core.files.limits import DEFAULT_LIMITS, Limits

_FIRST_INEXACT = 1e15


@dataclass(frozen=True)
class Reading:
    """What is asked of a reader: see `read.read_table`."""

    file: str
    limits: Limits = DEFAULT_LIMITS
    known_headers: frozenset[str] = frozenset()
    sheet: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Found:
    """What a reader found in a container."""

    layout: Layout
    gathered: Gathered
    container: str
    encoding: str | None = None
    sheet: str | None = None


def refuse_wide(layout: Layout, reading: Reading) -> None:
    """Raise FileRefused where a table has too many columns."""
    if len(layout.columns) > reading.limits.columns:
        raise refusals.too_many_columns(reading.file, reading.limits)


def gather_rows(rows: Iterable[list[str]], reading: Reading, row_limit: int) -> tuple[Layout, Gathered]:
    """Header and records of rows of text that stand in the order of the file, from its row 1 on."""
    remaining: Iterator[list[str]] = iter(rows)
    first = list(islice(remaining, 2 * SAMPLE_ROWS))
    found = find_header(first, reading.known_headers)
    if found is None:
        raise no_table(reading.file)
    at = found[0]
    layout = Layout(at + 1, tuple(clean_header(cell) for cell in first[at]))
    named = [normalise_header(header) for header in layout.columns if header]
    if len(named) < 2 and not set(named) & reading.known_headers:
        raise no_table(reading.file)
    refuse_wide(replace(layout, columns=tuple(named)), reading)
    gatherer = Gatherer(reading.file, len(layout.columns), reading.limits, row_limit)
    for number, row in enumerate(chain(first[at + 1 :], remaining), at + 2):
        gatherer.add(number, row)
    return layout, gatherer.finish()


def number_text(value: float) -> str:
    """The shortest text that is this number: 17850.0 → `17850`, 2.55 → `2.55`, not a number → empty.

    A whole number from 10^15 on has lost digits on its way (a workbook keeps 15): it comes in scientific notation, so
    that it is never taken for an id.
    """
    if not math.isfinite(value):
        return ""
    if value.is_integer():
        if abs(value) < _FIRST_INEXACT:
            return str(int(value))
        digits, _, exponent = f"{value:.14E}".partition("E")
        return f"{digits.rstrip('0').rstrip('.')}E{exponent}"
    text = repr(value)
    return f"{Decimal(text):f}" if "e" in text else text


def cell_text(value: object) -> str:
    """A typed cell as text: shortest numbers, ISO dates and times to the second, TRUE and FALSE."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return number_text(value)
        case dt.datetime():
            whole = value.replace(microsecond=0) + dt.timedelta(seconds=value.microsecond >= 500_000)
            return whole.isoformat(sep=" ")
        case dt.timedelta():
            seconds = round(value.total_seconds())
            sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
            return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        case Decimal():
            return f"{value:f}"
        case dt.time():
            return value.isoformat(timespec="seconds")
        case dt.date():
            return value.isoformat()
        case _:
            return str(value)
