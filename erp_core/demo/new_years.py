"""When the Chinese year begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

# The first day of the Chinese year; Hong Kong Observatory, Gregorian-Lunar Calendar Conversion Table.
NEW_YEARS: Mapping[int, dt.date] = {
    day.year: day
    for day in map(
        dt.date.fromisoformat,
        (
            "2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 "
            "2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08"
        ).split(),
    )
}
