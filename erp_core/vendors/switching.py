"""The smallest change that puts a challenger level with the first: of the weights, of its price, of one rating."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from erp_core.text import BothLanguages, T
from erp_core.vendors import schema
from erp_core.vendors.certainty import switching_points
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.naming import FIT_NAMES, listed, need_words, percent, percent_up
from erp_core.vendors.priced import CUTS
from erp_core.vendors.results import Switch
from erp_core.vendors.schema import Fit, Requirement
from erp_core.vendors.scoring import FIT_VALUES, Flags, Floats

_NOTHING = 1e-9
NEGOTIABLE = 0.5  # a larger share off the price is not asked for at a table
_STEPS = 24  # of bisection


@dataclass(frozen=True, eq=False)
class Discounted:
    """The value of a vendor's cost with a share off the software's price: at each of CUTS, and anywhere."""

    at_cuts: tuple[float, ...]
    at: Callable[[float], float]


@dataclass(frozen=True, eq=False)
class Contest:
    """The vendors in play (rows, at least two) and what could be changed.

    `values`: by criterion (columns); `keys`, `names`: of the vendors; `pull`: what each requirement weighs in the whole
    score; `rated`, `known`: the vendors' middle values, vendors × requirements, and which of them are known;
    `discounted`: per vendor its value in the criterion cost at other prices, None where that is not reckoned.
    """

    values: Floats
    weights: Floats
    criteria: tuple[str, ...]
    keys: tuple[str, ...]
    names: tuple[BothLanguages, ...]
    needs: tuple[Requirement, ...]
    pull: Floats
    rated: Floats
    known: Flags
    discounted: tuple[Discounted | None, ...]

    def scores(self) -> Floats:
        """Additive scores of the vendors."""
        return np.asarray(self.values @ self.weights)


def switches(contest: Contest) -> tuple[Switch, ...]:
    """Every change that exists, vendor by vendor in the order of their scores, the leader left out."""
    scores = contest.scores()
    order = [int(row) for row in np.argsort(-np.round(scores, 9), kind="stable")]
    leader, challengers = order[0], order[1:]
    points = switching_points(contest.values, contest.weights).set_index("challenger")
    found: list[Switch] = []
    for row in challengers:
        gap = max(0.0, float(scores[leader] - scores[row]))
        weights = points["weights"].get(row, ())
        if len(weights):
            found.append(_by_weights(contest, leader, row, np.asarray(weights, dtype=float)))
        found += _by_price(contest, leader, row, gap)
        found += _by_rating(contest, leader, row, gap)
    return tuple(found)


def _by_weights(contest: Contest, leader: int, row: int, weights: Floats) -> Switch:
    named = {"challenger": contest.names[row], "leader": contest.names[leader]}
    change = float(np.abs(weights - contest.weights).sum())
    moved = [
        T("{criterion} {before} % → {after} %", criterion=CRITERIA[key], before=percent(before), after=percent(after))
        for key, before, after in zip(contest.criteria, contest.weights.tolist(), weights.tolist(), strict=True)
        if abs(after - before) > _NOTHING
    ]
    if not moved:
        return Switch(contest.keys[row], "weights", 0.0, T("{challenger} is level with {leader} already.", **named))
    text = T("{challenger} draws level with {leader} if the weights move so: {moved}.", moved=listed(moved), **named)
    return Switch(contest.keys[row], "weights", change, text)


def _by_price(contest: Contest, leader: int, row: int, gap: float) -> Iterator[Switch]:
    price = contest.discounted[row]
    if price is None or "cost" not in contest.criteria or gap <= _NOTHING:
        return
    weight = float(contest.weights[contest.criteria.index("cost")])
    if weight <= _NOTHING:
        return
    cut = smallest_cut(price, price.at_cuts[0] + gap / weight)
    if cut is None:
        return
    named = {"percent": percent_up(cut), "challenger": contest.names[row], "leader": contest.names[leader]}
    if cut <= NEGOTIABLE:
        text = T("Negotiate: a software price {percent} % lower puts {challenger} level with {leader}.", **named)
    else:
        text = T("No usual discount does it: {challenger} would have to ask {percent} % less for its software to draw "
                 "level with {leader}.", **named)  # fmt: skip
    yield Switch(contest.keys[row], "price", cut, text)


def smallest_cut(price: Discounted, target: float) -> float | None:
    """The smallest share off the price at which its value reaches `target`, None where none does. The value need not
    rise all the way (a smaller software price makes an overrun weigh more), so that the first step is looked for."""
    reached = [at for at, value in enumerate(price.at_cuts) if value >= target]
    if not reached:
        return None
    if reached[0] == 0:
        return 0.0
    below, above = float(CUTS[reached[0] - 1]), float(CUTS[reached[0]])
    for _ in range(_STEPS):
        middle = (below + above) / 2
        below, above = (below, middle) if price.at(middle) >= target else (middle, above)
    return above


def _by_rating(contest: Contest, leader: int, row: int, gap: float) -> Iterator[Switch]:
    """The requirement whose rating has to rise least; among equals the first."""
    if gap <= _NOTHING:
        return
    with np.errstate(divide="ignore"):
        rise = gap / contest.pull
    possible = rise <= 1 - contest.rated[row] + _NOTHING
    if not possible.any():
        return
    at = int(np.argmin(np.where(possible, rise, np.inf)))
    reached = float(contest.rated[row, at] + rise[at])
    fit = least_fit(reached)
    named = {
        "challenger": contest.names[row],
        "leader": contest.names[leader],
        "need": need_words(contest.needs[at]),
        "fit": FIT_NAMES[fit],
    }
    if contest.known[row, at]:
        text = T("Negotiate: “{need}” met better by {challenger} ({fit}) puts it level with {leader}.", **named)
    else:
        text = T("Find out: “{need}”, unknown of {challenger}, puts it level with {leader} if met ({fit}).", **named)
    yield Switch(contest.keys[row], "rating", float(rise[at]), text)


def least_fit(value: float) -> Fit:
    """The lowest fit that is worth at least `value`.

    >>> least_fit(0.5).value
    'third_party'
    """
    enough = [fit for fit, worth in FIT_VALUES.items() if worth >= value - _NOTHING]
    return min(enough, key=lambda fit: FIT_VALUES[fit]) if enough else schema.Fit.NATIVE
