"""How far projects end above their budget: an editable distribution of steps.

A step is a share of projects and the band in which they ended; inside its band a project may end anywhere with equal
chance. Shares are taken in proportion: Panorama's five add up to 99 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from erp_core.text import T, Text
from erp_core.vendors.refusals import BadValue
from erp_core.vendors.schema import OverrunStep

Floats = npt.NDArray[np.float64]


def remark(steps: Sequence[OverrunStep]) -> Text | None:
    """What a reader should know of the distribution: none is given, or its shares do not add up to 100 %."""
    if not steps:
        return T("No overrun is reckoned with: projects end on budget.")
    whole = sum(step.share for step in steps)
    if abs(whole - 1) < 1e-9:
        return None
    return T(
        "The shares of projects by overrun add up to {sum} %; they are taken in proportion.",
        sum=f"{100 * whole:.4g}",
    )


def at(steps: Sequence[OverrunStep], chances: Floats) -> Floats:
    """The overrun below which a share `chances` (0..1) of projects ends, as a fraction of the budget.

    >>> at([OverrunStep(share=1, low=0.0, high=0.5)], np.array([0.0, 0.5]))
    array([0.  , 0.25])
    """
    shares, lows, highs = _checked(steps)
    if not shares.size:
        return np.zeros_like(chances)
    ends = np.cumsum(shares)
    step = np.minimum(np.searchsorted(ends, chances, side="right"), len(shares) - 1)
    inside = (chances - (ends[step] - shares[step])) / shares[step]
    return np.asarray(lows[step] + np.clip(inside, 0.0, 1.0) * (highs[step] - lows[step]))


def mean(steps: Sequence[OverrunStep]) -> float:
    """The expected overrun, as a fraction of the budget."""
    shares, lows, highs = _checked(steps)
    return float(np.sum(shares * (lows + highs) / 2))


def _checked(steps: Sequence[OverrunStep]) -> tuple[Floats, Floats, Floats]:
    """Shares adding up to 1, and the ends of their bands, from the lowest band to the highest."""
    for number, step in enumerate(steps, 1):
        if step.low > step.high or step.low < -1:
            raise BadValue(
                T(
                    "Step {number} of the overrun runs from {low} to {high}.",
                    number=number,
                    low=step.low,
                    high=step.high,
                ),
                hint=T("A band goes from the lower to the higher overrun, and not below −1 (nothing paid at all)."),
                code="cost.bad_overrun",
            )
    taken = sorted((step for step in steps if step.share > 0), key=lambda step: (step.low, step.high))
    if steps and not taken:
        raise BadValue(
            T("The shares of projects by overrun are all zero."),
            hint=T("Give at least one step a share, or leave out all steps."),
            code="cost.bad_overrun",
        )
    shares = np.array([step.share for step in taken])
    bands = np.array([(step.low, step.high) for step in taken]).reshape(-1, 2)
    return shares / shares.sum() if taken else shares, bands[:, 0], bands[:, 1]
