"""The formulas, pure. Unknown in, unknown out: None is never taken for zero."""

from __future__ import annotations

from erp_core.calendar import DAYS_PER_MONTH

DAYS_PER_YEAR = 365.25
Number = float | int


def difference(*values: Number | None) -> float | None:
    """The first minus all the others; None if any is unknown."""
    known = [value for value in values if value is not None]
    return None if len(known) < len(values) else float(known[0] - sum(known[1:]))


def added(*values: Number | None) -> float | None:
    """All of them together; None if any is unknown."""
    known = [value for value in values if value is not None]
    return None if len(known) < len(values) else float(sum(known))


def ratio(numerator: Number | None, denominator: Number | None) -> float | None:
    """One over the other; None if either is unknown or the denominator is nought."""
    if numerator is None or not denominator:
        return None
    return float(numerator) / float(denominator)


def turnover_per_month(cogs: Number | None, average_value: Number | None, days: int) -> float | None:
    """Times a month that the stock is sold: cost of goods sold ÷ average stock at cost ÷ months of 30.4375 days.

    Silver, Pyke and Thomas, Inventory and Production Management, 4th ed. 2017, section 2.4.
    """
    turns = ratio(cogs, average_value)
    return None if turns is None or days <= 0 else turns / (days / DAYS_PER_MONTH)


def turnover_per_year(cogs: Number | None, average_value: Number | None, days: int) -> float | None:
    """Times a year that the stock is sold."""
    turns = ratio(cogs, average_value)
    return None if turns is None or days <= 0 else turns / (days / DAYS_PER_YEAR)


def days_of_inventory(cogs: Number | None, average_value: Number | None, days: int) -> float | None:
    """How many days the average stock lasts at the period's rate of sale: average stock at cost ÷ cost sold a day."""
    return None if cogs is None or days <= 0 else ratio(average_value, cogs / days)


def sell_through(units_sold: Number | None, closing_units: Number | None) -> float | None:
    """Units sold ÷ (units sold + units left), the retailer's sell-through (Levy and Weitz, Retailing Management)."""
    if units_sold is None or closing_units is None:
        return None
    return ratio(units_sold, units_sold + closing_units)
