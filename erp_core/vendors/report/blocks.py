"""What the decision file is made of: sections of sentences, tables and charts, in no language yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from erp_core.text import BothLanguages, Text
from erp_core.vendors.schema import Bilingual

Said = Text | Bilingual | BothLanguages | str  # a str is a name or a word of people: it is shown as it is
Kind = Literal["text", "money", "share", "number", "count", "day"]


@dataclass(frozen=True)
class Paragraph:
    """A sentence or two. `manner`: plain, lead (the answer itself), note (small), warning."""

    text: Said
    manner: Literal["plain", "lead", "note", "warning"] = "plain"


@dataclass(frozen=True)
class Points:
    """A list of sentences; `boxes` = to be ticked off by hand."""

    items: Sequence[Said]
    boxes: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and how its values are written."""

    title: Said
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """Rows under columns. A value that is None is unknown, and says so; `strong` rows are set apart (totals)."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Bar:
    """One bar: a value of `Bars`, with the range it may lie in. None = unknown."""

    name: Said
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Bars:
    """Horizontal bars over one scale from zero (or from the least negative value)."""

    bars: Sequence[Bar]
    kind: Kind = "share"
    alt: Said = ""


@dataclass(frozen=True)
class Line:
    """One line of `Lines`: its name, and one value a step."""

    name: Said
    values: Sequence[float]


@dataclass(frozen=True)
class Lines:
    """Lines over the same steps, which are numbered from `first`."""

    lines: Sequence[Line]
    step: Said
    first: int = 1
    alt: Said = ""


Block = Paragraph | Points | Table | Bars | Lines


@dataclass(frozen=True)
class Section:
    """A part of the file, under its title."""

    title: Said
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """The whole file: its title, who made it, when (UTC), of which inputs, in which currency, and its sections."""

    title: str
    by: str
    at: dt.datetime
    time_zone: str
    inputs_hash: str
    currency: str
    sections: Sequence[Section]
    version: int | None = None
