"""Other methods are asked what they make of the same values, and why they disagree when they do.

All are given vendors × criteria values of 0..1 on the fixed scales, more is better everywhere. A method that
normalises by itself so stretches values that are comparable already, which is just what it would do to raw numbers.
The weighted product, in which a single nothing would decide all, counts `LEAST` where a value is lower. PROMETHEE II
is indifferent to differences below five points of a hundred and prefers wholly from thirty on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from erp_core.text import BothLanguages, T, Text
from erp_core.vendors import methods
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.naming import listed, percent
from erp_core.vendors.results import Verdict
from erp_core.vendors.scoring import Floats

LEAST = 0.01
INDIFFERENCE, PREFERENCE = 0.05, 0.30

WEIGHTED_SUM = "weighted_sum"
METHOD_NAMES: Mapping[str, Text] = {
    WEIGHTED_SUM: T("Weighted sum"),
    "weighted_product": T("Weighted product"),
    "topsis_vector": T("TOPSIS (vector)"),
    "topsis_minmax": T("TOPSIS (min-max)"),
    "vikor": T("VIKOR"),
    "promethee_ii": T("PROMETHEE II"),
}

_SAME = 1e-9  # scores that differ by less are level


def _vikor(matrix: Floats, weights: Floats) -> tuple[Floats, tuple[int, ...]]:
    result = methods.vikor(matrix, weights, np.ones(matrix.shape[1]))
    return -np.asarray(result.q), tuple(int(row) for row in result.compromise)


def _plain(method: Callable[[Floats, Floats], Floats]) -> Callable[[Floats, Floats], tuple[Floats, tuple[int, ...]]]:
    return lambda matrix, weights: (np.asarray(method(matrix, weights), dtype=float), ())


_ASKED: Mapping[str, Callable[[Floats, Floats], tuple[Floats, tuple[int, ...]]]] = {
    WEIGHTED_SUM: _plain(methods.weighted_sum),
    "weighted_product": _plain(
        lambda matrix, weights: methods.weighted_product(np.maximum(matrix, LEAST), weights, np.ones(matrix.shape[1]))
    ),
    "topsis_vector": _plain(
        lambda matrix, weights: methods.topsis(matrix, weights, np.ones(matrix.shape[1]), "vector")
    ),
    "topsis_minmax": _plain(
        lambda matrix, weights: methods.topsis(matrix, weights, np.ones(matrix.shape[1]), "minmax")
    ),
    "vikor": _vikor,
    "promethee_ii": _plain(
        lambda matrix, weights: methods.promethee_ii(
            matrix, weights, np.ones(matrix.shape[1]), "linear", q=INDIFFERENCE, p=PREFERENCE
        )
    ),
}


@dataclass(frozen=True)
class Bench:
    """What the jury looks at: values of the vendors in play (rows) by criterion (columns), the criteria's weights, and
    how the vendors are called. `places`: where they stand among all vendors."""

    matrix: Floats
    weights: Floats
    criteria: tuple[str, ...]
    names: tuple[BothLanguages, ...]
    places: tuple[int, ...]


def order_of(scores: Floats) -> tuple[int, ...]:
    """Indices from the highest score to the lowest; the level keep their place."""
    return tuple(int(row) for row in np.argsort(-np.round(scores, 9), kind="stable"))


def verdicts(bench: Bench, vendors: int) -> tuple[Verdict, ...]:
    """What each method says of the vendors in play; scores of the others are NaN. At least two have to be in play."""
    found = []
    for method, ask in _ASKED.items():
        scores, also = ask(bench.matrix, bench.weights)
        wide = np.full(vendors, np.nan)
        wide[list(bench.places)] = scores
        order = order_of(scores)
        beside = tuple(bench.places[row] for row in also if row != order[0])
        found.append(Verdict(method, wide, tuple(bench.places[row] for row in order), beside))
    return tuple(found)


def why_they_differ(bench: Bench, found: Sequence[Verdict]) -> Text:
    """One or more sentences: who agrees with the weighted sum, and what makes another method choose another vendor."""
    row_of = {place: row for row, place in enumerate(bench.places)}
    leading = next(verdict for verdict in found if verdict.method == WEIGHTED_SUM)
    ours = row_of[leading.order[0]]
    dissenting: dict[int, list[str]] = {}  # whom they put first → methods
    for verdict in found:
        if verdict.order[0] != leading.order[0]:
            dissenting.setdefault(row_of[verdict.order[0]], []).append(verdict.method)
    said: list[Text] = []
    for theirs, (method, *others) in dissenting.items():
        said.append(_reason(bench, method, ours, theirs))
        if others:
            agreeing = listed([METHOD_NAMES[other] for other in others])
            said.append(T("The same is first by: {methods}.", methods=agreeing))
    if not dissenting:
        if all(verdict.order == leading.order for verdict in found):
            said.append(T("All methods give the same order."))
        else:
            said.append(T("All methods put {vendor} first; further down they differ.", vendor=bench.names[ours]))
    for verdict in found:
        if verdict.also:
            beside = listed([bench.names[row_of[place]] for place in verdict.also])
            first = bench.names[row_of[verdict.order[0]]]
            said.append(T("VIKOR sees no clear lead: beside {vendor} it keeps {others}.", vendor=first, others=beside))
    return in_a_row(said)


def in_a_row(sentences: Sequence[Text]) -> Text:
    """Several sentences as one text."""
    first, *others = sentences
    for sentence in others:
        first = T("{one} {next}", one=first, next=sentence)
    return first


def _reason(bench: Bench, method: str, ours: int, theirs: int) -> Text:
    """Why a method puts `theirs` before `ours`: the criterion that speaks most for it in that method's own measure."""
    mine, other = bench.matrix[ours], bench.matrix[theirs]
    spread = np.ptp(bench.matrix, axis=0)
    stretched = bench.weights * (other - mine) / np.where(spread > _SAME, spread, 1.0)
    named = {"vendor": bench.names[theirs], "instead": bench.names[ours]}
    match method:
        case "weighted_product":
            at = int(np.argmax(bench.weights * (np.log(np.maximum(other, LEAST)) - np.log(np.maximum(mine, LEAST)))))
            return T(
                "The weighted product puts {vendor} first instead of {instead}: in it strength elsewhere hardly makes "
                "up for a weak criterion, and {instead} has only {points} of 100 for {criterion}.",
                points=percent(float(mine[at])), criterion=CRITERIA[bench.criteria[at]], **named,
            )  # fmt: skip
        case "topsis_vector":
            lengths = np.maximum(np.linalg.norm(bench.matrix, axis=0), _SAME)
            at = int(np.argmax(bench.weights * (other - mine) / lengths))
            return T(
                "TOPSIS (vector) puts {vendor} first instead of {instead}: it squares the distance from the best and "
                "the worst of the list, so that a large difference in {criterion} counts more than several small ones.",
                criterion=CRITERIA[bench.criteria[at]], **named,
            )  # fmt: skip
        case "vikor" if _regrets(bench, ours).max() > _regrets(bench, theirs).max():
            at = int(np.argmax(_regrets(bench, ours)))
            return T(
                "VIKOR puts {vendor} first instead of {instead}: it weighs the largest single regret as much as the "
                "sum, and {instead} lies farthest behind the best in {criterion}.",
                criterion=CRITERIA[bench.criteria[at]], **named,
            )  # fmt: skip
        case "promethee_ii":
            at = int(np.argmax(bench.weights * (_ahead_of(bench, theirs) - _ahead_of(bench, ours))))
            return T(
                "PROMETHEE II puts {vendor} first instead of {instead}: it counts how many others a vendor is clearly "
                "ahead of, not how far; that speaks for {vendor} most in {criterion}.",
                criterion=CRITERIA[bench.criteria[at]], **named,
            )  # fmt: skip
    at = int(np.argmax(stretched))
    return T(
        "{method} puts {vendor} first instead of {instead}: it stretches the {points} points between worst and best in "
        "{criterion} over the whole scale.",
        method=METHOD_NAMES[method], points=percent(float(spread[at])), criterion=CRITERIA[bench.criteria[at]], **named,
    )  # fmt: skip


def _regrets(bench: Bench, row: int) -> Floats:
    """How far a vendor lies behind the best in each criterion, as VIKOR sees it."""
    spread = np.ptp(bench.matrix, axis=0)
    behind = (bench.matrix.max(axis=0) - bench.matrix[row]) / np.where(spread > _SAME, spread, 1.0)
    return np.asarray(bench.weights * behind)


def _ahead_of(bench: Bench, row: int) -> Floats:
    """By how many others a vendor leads clearly in each criterion, less those behind which it lies clearly."""
    leads = bench.matrix[row] - bench.matrix
    clear = np.clip((np.abs(leads) - INDIFFERENCE) / (PREFERENCE - INDIFFERENCE), 0.0, 1.0)
    return np.asarray((np.sign(leads) * clear).sum(axis=0))


# --- rank reversals ------------------------------------------------------------------------------------------------


def reversals(bench: Bench) -> tuple[Text, ...]:
    """Which methods change the order of two vendors when a third one leaves the list or comes a second time.

    One sentence a method that does, about the best placed pair; one for those that do not. Needs three vendors in play
    to find anything.
    """
    said: list[Text] = []
    steady: list[Text] = []
    for method, ask in _ASKED.items():
        turned = _first_turn(bench, ask)
        if turned is None:
            steady.append(METHOD_NAMES[method])
        else:
            said.append(_turn_in_words(METHOD_NAMES[method], bench, turned))
    kept = listed(steady)
    said.insert(
        0,
        T(
            "No vendor that leaves the list, or comes twice, changes the order of the others for: {methods}.",
            methods=kept,
        ),
    )
    return tuple(said)


@dataclass(frozen=True)
class _Turn:
    third: int
    leaves: bool
    before: int
    after: int


def _first_turn(bench: Bench, ask: Callable[[Floats, Floats], tuple[Floats, tuple[int, ...]]]) -> _Turn | None:
    """The turn that touches the best placed vendor, if any."""
    count = len(bench.matrix)
    if count < 2:
        return None
    scores = ask(bench.matrix, bench.weights)[0]
    order = order_of(scores)
    found: list[tuple[int, _Turn]] = []
    for third in range(count):
        kept = [row for row in range(count) if row != third]
        changed = []
        if len(kept) > 1 and bench.matrix[kept].any():  # of those that have nothing at all, none can pass another
            changed.append((True, kept, ask(bench.matrix[kept], bench.weights)[0]))
        doubled = ask(np.vstack([bench.matrix, bench.matrix[third]]), bench.weights)[0][:count]
        changed.append((False, list(range(count)), doubled))
        for leaves, rows, again in changed:
            at = {row: place for place, row in enumerate(rows)}
            ranked = [row for row in order if row in at]
            for place, (first, second) in enumerate(pairwise(ranked)):
                if scores[first] > scores[second] + _SAME and again[at[first]] < again[at[second]] - _SAME:
                    found.append((place, _Turn(third, leaves, first, second)))
                    break
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _turn_in_words(method: Text, bench: Bench, turn: _Turn) -> Text:
    named = {
        "method": method,
        "third": bench.names[turn.third],
        "before": bench.names[turn.before],
        "after": bench.names[turn.after],
    }
    if turn.leaves:
        return T("{method}: without {third} on the list, {after} passes {before}.", **named)
    return T("{method}: with {third} on the list twice, {after} passes {before}.", **named)
