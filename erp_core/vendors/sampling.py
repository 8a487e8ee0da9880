"""Three ways to read an amount that is not known exactly: the likely value, the expected one, or many drawn ones.

Every uncertain amount has a name ("one_off.training"). Its draws depend on the seed, on that name and on the vendor
alone: one more vendor, or another price, changes nobody else's draws, and two answers differ by what was changed
between them and not by chance. What is the merchant's own (`common`) is drawn alike for all vendors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from erp_core.vendors import overrun
from erp_core.vendors.schema import OverrunStep, Range, RangedGrowth

Floats = npt.NDArray[np.float64]
# Where growth is averaged over its range: the middles of so many equally likely parts.
_PARTS = 200


def triangular(amount: Range, chances: Floats) -> Floats:
    """The value below which a share `chances` (0..1) of a triangular distribution lies.

    Half of it lies below likely where that is the middle:

    >>> triangular(Range(low=0.0, likely=1.0, high=2.0), np.array([0.0, 0.5]))
    array([0., 1.])
    """
    low, likely, high = amount.low, amount.likely, amount.high
    if low == high:
        return np.full_like(chances, low)
    left = low + np.sqrt(chances * ((high - low) * (likely - low)))
    right = high - np.sqrt((1 - chances) * ((high - low) * (high - likely)))
    return np.asarray(np.where(chances < (likely - low) / (high - low), left, right))


def uniforms(count: int, *names: object) -> Floats:
    """`count` numbers of 0..1 that depend on the names (the seed among them) and nothing else."""
    entropy = hashlib.sha256("\x1f".join(str(name) for name in names).encode()).digest()
    words = np.frombuffer(entropy, dtype="<u4").tolist()
    return np.random.default_rng(words).random(count)


class Reading(Protocol):
    """How uncertain amounts are read. Answers are arrays of one value, or of one a draw."""

    def amount(self, name: str, amount: float | Range, *, common: bool = False) -> Floats:
        """The amount itself."""

    def growth(self, growth: RangedGrowth | None, cap: float | None, powers: Sequence[int]) -> Floats:
        """powers × values: (1 + growth) to each power, growth never above `cap`."""

    def overrun(self, steps: Sequence[OverrunStep]) -> Floats:
        """By how much the project ends above its budget, as a fraction of it."""


def _raised(growth: Floats, powers: Sequence[int]) -> Floats:
    """(1 + growth) to each of the powers, which never fall: one product a step, not one power."""
    factor, reached, rows = np.ones_like(growth), 0, []
    for power in powers:
        while reached < power:
            factor, reached = factor * (1 + growth), reached + 1
        rows.append(factor)
    return np.stack(rows)


def _capped(growth: Floats, cap: float | None) -> Floats:
    return growth if cap is None else np.minimum(growth, cap)


@dataclass(frozen=True)
class Likely:
    """Everything as it is most likely, on budget."""

    def amount(self, name: str, amount: float | Range, *, common: bool = False) -> Floats:  # noqa: ARG002
        return np.array([amount.likely if isinstance(amount, Range) else amount])

    def growth(self, growth: RangedGrowth | None, cap: float | None, powers: Sequence[int]) -> Floats:
        likely = growth.likely if isinstance(growth, Range) else growth or 0.0
        return _raised(_capped(np.array([likely]), cap), powers)

    def overrun(self, steps: Sequence[OverrunStep]) -> Floats:  # noqa: ARG002
        return np.zeros(1)


@dataclass(frozen=True)
class Expected:
    """The mean of all draws, reckoned and not drawn. `held`: names that are held at a value of their own ("growth" and
    "overrun" among them); `seen`: the uncertain names that were asked for, with their ranges."""

    unknown_growth: Range
    held: Mapping[str, float] = field(default_factory=dict)
    seen: dict[str, Range | tuple[OverrunStep, ...]] = field(default_factory=dict, compare=False)

    def amount(self, name: str, amount: float | Range, *, common: bool = False) -> Floats:  # noqa: ARG002
        if not isinstance(amount, Range):
            return np.array([amount])
        self.seen[name] = amount
        return np.array([self.held.get(name, (amount.low + amount.likely + amount.high) / 3)])

    def growth(self, growth: RangedGrowth | None, cap: float | None, powers: Sequence[int]) -> Floats:
        reached = self.unknown_growth if growth is None else growth
        if not isinstance(reached, Range):
            return _raised(_capped(np.array([reached]), cap), powers)
        self.seen["growth"] = reached
        if "growth" in self.held:
            return _raised(_capped(np.array([self.held["growth"]]), cap), powers)
        values = triangular(reached, (np.arange(_PARTS) + 0.5) / _PARTS)
        return np.asarray(_raised(_capped(values, cap), powers).mean(axis=1, keepdims=True))

    def overrun(self, steps: Sequence[OverrunStep]) -> Floats:
        if steps:
            self.seen["overrun"] = tuple(steps)
        return np.array([self.held.get("overrun", overrun.mean(steps))])


@dataclass(frozen=True)
class Drawn:
    """`draws` values of everything uncertain, those of `vendor` alone apart from those common to all."""

    draws: int
    seed: int
    vendor: str
    unknown_growth: Range

    def _chances(self, name: str, *, common: bool = False) -> Floats:
        return uniforms(self.draws, self.seed, "" if common else self.vendor, name)

    def amount(self, name: str, amount: float | Range, *, common: bool = False) -> Floats:
        if not isinstance(amount, Range):
            return np.array([amount])
        return triangular(amount, self._chances(name, common=common))

    def growth(self, growth: RangedGrowth | None, cap: float | None, powers: Sequence[int]) -> Floats:
        reached = self.unknown_growth if growth is None else growth
        if not isinstance(reached, Range):
            return _raised(_capped(np.array([reached]), cap), powers)
        return _raised(_capped(triangular(reached, self._chances("growth")), cap), powers)

    def overrun(self, steps: Sequence[OverrunStep]) -> Floats:
        return overrun.at(steps, self._chances("overrun")) if steps else np.zeros(1)
