"""A file of the demo shop: its bytes, and what an import of it must find."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DemoFile:
    """`channel`: the shop to name at the import, where the file does not. Of orders: how many, their lines, units and
    lines' money after line discounts by currency (minor units); of other files `rows`."""

    name: str
    content: bytes
    channel: str | None = None
    rows: int = 0
    orders: int = 0
    lines: int = 0
    units: int = 0
    money: Mapping[str, int] = field(default_factory=dict)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], encoding: str) -> bytes:
    """A CSV file's bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
