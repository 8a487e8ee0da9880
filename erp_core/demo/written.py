"""A file of the demo shop: its bytes, and what an import of it must find."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_QUOTED_ID = re.compile(r'"=""(\d+)"""')


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
    """A CSV file's bytes. Ids as `="123"` stand without further quotes, as Tmall writes them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return _QUOTED_ID.sub(r'="\1"', text.getvalue()).encode(encoding)
