"""Where the marks of the file's charts lie: plain SVG, since the file runs no script."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from erp_core.vendors.report.blocks import Bars, Lines, Said

Say = Callable[[Said], str]
Write = Callable[[float | None], str]

BAR_WIDTH = 300.0
LEFT, RIGHT, TOP, BOTTOM = 80.0, 710.0, 12.0, 232.0
COLOURS = 6
DASHES = ("", "6 3", "2 3", "8 3 2 3")
TICKS = 5
STEPS_SHOWN = 12


def bars(block: Bars, say: Say, write: Write) -> list[dict[str, str]]:
    """Each bar's name, its written value, and where it begins and ends on a line of 300."""
    known = [value for bar in block.bars for value in (bar.value, bar.low, bar.high) if value is not None]
    least, most = min([0.0, *known]), max([0.0, *known])
    span = (most - least) or 1.0

    def at(value: float) -> float:
        return (value - least) / span * BAR_WIDTH

    drawn = []
    for bar in block.bars:
        from_, to = sorted((at(0.0), at(bar.value or 0.0)))
        ranged = bar.low is not None and bar.high is not None and bar.high > bar.low
        drawn.append(
            {
                "name": say(bar.name),
                "value": write(bar.value),
                "zero": f"{at(0.0):.1f}",
                "x": f"{from_:.1f}",
                "width": f"{to - from_:.1f}",
                "low": f"{at(bar.low or 0.0):.1f}" if ranged else "",
                "high": f"{at(bar.high or 0.0):.1f}" if ranged else "",
            }
        )
    return drawn


def nice_ticks(least: float, most: float, count: int = TICKS) -> list[float]:
    """Round numbers that cover the range: steps of 1, 2 or 5 times a power of ten.

    >>> nice_ticks(0, 870)
    [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]
    """
    span = (most - least) or abs(most) or 1.0
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * power for unit in (1, 2, 5, 10) if unit * power >= raw * 0.999999)
    first, last = math.floor(least / step), math.ceil(most / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def lines(block: Lines, say: Say, write: Write) -> dict[str, Any]:
    """Ticks, steps and the points of each line on a plane of 720 by 260."""
    values = [value for line in block.lines for value in line.values]
    ticks = nice_ticks(min([0.0, *values]), max([0.0, *values]))
    count = max((len(line.values) for line in block.lines), default=1)

    def x(at: int) -> float:
        return LEFT + (RIGHT - LEFT) * (at / (count - 1) if count > 1 else 0.5)

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    every = max(1, math.ceil(count / STEPS_SHOWN))
    return {
        "ticks": [{"at": f"{y(tick):.1f}", "word": write(tick)} for tick in ticks],
        "steps": [{"at": f"{x(at):.1f}", "word": str(block.first + at)} for at in range(0, count, every)],
        "axis": say(block.step),
        "lines": [
            {
                "name": say(line.name),
                "points": " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(line.values)),
                "colour": number % COLOURS,
                "dash": DASHES[(number // COLOURS) % len(DASHES)],
            }
            for number, line in enumerate(block.lines)
        ],
    }
