"""Numbers in the reader's manner, the same on a page and in a message."""

from __future__ import annotations

from erp_core.overview.views import MetricValue
from erp_core.text import format_compact, format_money, format_number, format_share


def worded(value: MetricValue, language: str) -> str:
    """A number with its unit; a dash where it is unknown."""
    return "–" if value.value is None else in_unit(value.value, value.unit, value.currency, language)


def in_unit(number: float, unit: str, currency: str | None, language: str) -> str:
    """A number of a metric's unit (`metrics.registry`); money in major units of `currency`."""
    if currency is not None:
        return format_money(number, currency, language, compact=True)
    if unit == "share":
        return format_share(number, language, 1 if number == 0 or abs(number) >= 0.01 else 2)
    if unit in ("per_month", "per_year", "ratio"):
        return format_number(number, language, 2)
    if unit == "days":
        return format_number(number, language, 0)
    return format_compact(number, language)
