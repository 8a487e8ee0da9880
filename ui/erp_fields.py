"""What people type into the forms of the choice of an ERP, as values: ranges, lists of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from erp_core.errors import BadInput
from erp_core.text import T, Text
from erp_core.vendors.schema import Range

PARTS: Mapping[str, Text] = {"low": T("Low"), "likely": T("Likely"), "high": T("High")}


def three(value: float | Range | None, times: float = 1.0) -> list[float | None]:
    """An amount as its three numbers, which may be equal; not known as three blanks."""
    if value is None:
        return [None] * 3
    if isinstance(value, Range):
        return [times * value.low, times * value.likely, times * value.high]
    return [times * value] * 3


def ranged(given: Sequence[float | None], times: float = 1.0) -> Range:
    """Three numbers as a range; low and high may be blank. Raises BadInput without a likely value, or out of order."""
    low, likely, high = (None if value is None or pd.isna(value) else float(value) for value in given)
    if likely is None:
        raise BadInput(T("A range needs its likely value."), hint=T("Fill in the middle number, or none of the three."))
    low, high = likely if low is None else low, likely if high is None else high
    if not 0 <= low <= likely <= high:
        raise BadInput(
            T("{low}, {likely}, {high} are not in order.", low=low, likely=likely, high=high),
            hint=T("Low, likely and high rise from left to right, from nought on."),
        )
    low, likely, high = (round(times * value, 10) for value in (low, likely, high))
    return Range(low=low, likely=likely, high=high)


def amount(given: Sequence[float | None], times: float = 1.0) -> float | Range | None:
    """The same; one number where the three are equal, None where all are blank."""
    if all(value is None or pd.isna(value) for value in given):
        return None
    found = ranged(given, times)
    return found.likely if found.low == found.high else found


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas or blanks between them. Raises BadInput."""
    words = text.replace(",", " ").replace("，", " ").replace("、", " ").split()
    try:
        return tuple(float(word) for word in words)
    except ValueError:
        hint = T("Write one number a year, such as 3, 5, 8.")
        raise BadInput(T("“{text}” is no list of numbers.", text=text), hint=hint) from None
