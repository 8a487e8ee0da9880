"""Flows of money through the years, and the figures they are judged by.

A flow of money is a list, one amount a period: the first (index 0) is paid before the first year begins, amount n at
the end of year n. Money paid is negative. All amounts are in one currency, in major units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from erp_core.text import T
from erp_core.vendors.refusals import BadValue

Floats = npt.NDArray[np.float64]


def npv(rate: float, flows: Iterable[float]) -> float:
    """The net present value: flow n over (1 + rate)^n, summed from n = 0.

    Raises BadValue for no flows, a flow that is no finite number, a rate of −1 or below.

    >>> round(npv(0.10, [-100, 40, 40, 40, 40]), 2)
    26.79
    """
    amounts = _amounts(flows)
    value = float(amounts @ _discounts(_number(rate, "rate"), len(amounts)))
    if not math.isfinite(value):
        raise _refused(T("The net present value is beyond all numbers."), T("Check the rate: 0.1 means 10 % a period."))
    return value


def internal_rates(flows: Iterable[float]) -> tuple[float, ...]:
    """All rates above −1 at which the net present value is zero, lowest first; more than one only where the flows
    change sign more than once. Raises BadValue as `npv` does."""
    amounts = _amounts(flows)
    signs = np.sign(amounts[amounts != 0])
    changes = int(np.count_nonzero(np.diff(signs)))
    if changes == 0:
        return ()
    if changes == 1:
        return (_only_rate(amounts),)
    return _several_rates(amounts)


def irr(flows: Iterable[float]) -> float | None:
    """The internal rate of return: the rate at which the net present value is zero.

    None where no rate exists (money flows one way only), and where several do: then none of them is *the* rate (see
    `internal_rates`) and the net present value decides. Raises BadValue as `npv` does.

    >>> round(irr([-100, 40, 40, 40, 40]), 4)
    0.2186
    >>> irr([-100, -10]) is None
    True
    """
    rates = internal_rates(flows)
    return rates[0] if len(rates) == 1 else None


def payback(flows: Iterable[float]) -> float | None:
    """After how many periods the sum of the flows first reaches zero, a period's money spread evenly over it; None if
    never. Where nothing flows before the first money goes out, nothing is paid back before that either. Raises BadValue
    for no flows or a flow that is no finite number.

    >>> payback([-100, 40, 40, 40]), payback([0, -100, 100])
    (2.5, 2.0)
    """
    amounts = _amounts(flows)
    reached = np.cumsum(amounts)
    periods = np.flatnonzero(reached >= 0)
    begun = int(np.flatnonzero(amounts)[0]) if amounts.any() else 0
    if amounts[begun] < 0:
        periods = periods[periods > begun]
    if not periods.size:
        return None
    period = int(periods[0])
    if period == 0:
        return 0.0
    return float(period - 1 + -reached[period - 1] / (reached[period] - reached[period - 1]))


def discounted_payback(rate: float, flows: Iterable[float]) -> float | None:
    """`payback` of the flows' present values. Raises BadValue as `npv` does."""
    amounts = _amounts(flows)
    return payback(amounts * _discounts(_number(rate, "rate"), len(amounts)))


def stock_released(cogs: float, turns_now: float, turns_then: float) -> float:
    """The money that stock no longer binds: cogs × (1/turns_now − 1/turns_then), all three over the same period.

    Negative where turns fall: then so much more is bound. Raises BadValue for turns of zero or less, negative cogs.

    >>> stock_released(12_000_000, 4, 6)
    1000000.0
    """
    cogs = _number(cogs, "cogs")
    if cogs < 0:
        raise _refused(T("The cost of goods sold is negative."), T("Give what the goods sold in the period had cost."))
    now, then = _number(turns_now, "turns_now"), _number(turns_then, "turns_then")
    if min(now, then) <= 0:
        raise _refused(
            T("Stock turns {now} times now and {then} times then: both have to be above zero.", now=now, then=then),
            T("Turns are the cost of goods sold ÷ the average stock at cost, over the same period."),
        )
    # In this order 12 million, 4 and 6 give a million, and not a billionth less.
    return cogs * (then - now) / (now * then)


def _refused(message: Any, hint: Any) -> BadValue:
    return BadValue(message, hint=hint, code="case.bad_number")


def _number(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _refused(T("“{name}” is not a finite number.", name=name), T("Give one number."))
    return number


def _amounts(flows: Iterable[float]) -> Floats:
    try:
        amounts = np.array(list(flows), dtype=float)
    except (TypeError, ValueError):
        amounts = np.array([math.nan])
    if amounts.size == 0:
        raise _refused(T("There are no flows of money."), T("Give one amount a period, the first one now."))
    if amounts.ndim != 1 or not np.isfinite(amounts).all():
        raise _refused(T("A flow of money is not a finite number."), T("Give one amount a period, the first one now."))
    return amounts


def _discounts(rate: float, count: int) -> Floats:
    if rate <= -1:
        raise _refused(T("A discount rate of {rate} is −1 or less.", rate=rate), T("0.1 means 10 % a period."))
    with np.errstate(over="ignore"):
        return np.asarray((1 + rate) ** -np.arange(count, dtype=float))


def _only_rate(amounts: Floats) -> float:
    """The rate where flows change sign once: in x = 1/(1 + rate) the present value then crosses zero exactly once."""
    used = np.flatnonzero(amounts)
    between = amounts[used[0] : used[-1] + 1] / np.abs(amounts).max()
    powers = np.arange(len(between))
    first = np.sign(between[0])

    def has_crossed(log_x: float) -> bool:
        # Scaled by the largest power, so that nothing overflows far from the root.
        return bool(np.sign(between @ np.exp(log_x * powers - max(0.0, log_x * powers[-1]))) != first)

    low, high = -1.0, 1.0
    while has_crossed(low):
        low *= 2
    while not has_crossed(high):
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if has_crossed(middle) else (middle, high)
    return math.expm1(-(low + high) / 2)


def _several_rates(amounts: Floats) -> tuple[float, ...]:
    used = np.flatnonzero(amounts)
    between = amounts[used[0] : used[-1] + 1] / np.abs(amounts).max()
    roots = np.roots(between[::-1])  # in x = 1/(1 + rate); a double root comes out as a pair that is nearly real
    real = np.sort(1 / roots.real[(np.abs(roots.imag) <= 1e-6 * np.abs(roots)) & (roots.real > 0)] - 1)
    apart = [rate for at, rate in enumerate(real) if at == 0 or rate - real[at - 1] > 1e-5 * (1 + abs(rate))]
    return tuple(float(rate) for rate in apart)
