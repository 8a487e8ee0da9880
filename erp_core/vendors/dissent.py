"""How far the evaluators are apart: each one's own order of the vendors, and on what they differ most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from erp_core.text import BothLanguages, T, Text
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.jury import in_a_row, order_of
from erp_core.vendors.methods import kendall_w, weights_of
from erp_core.vendors.naming import FIT_NAMES, need_words, percent, vendor_words
from erp_core.vendors.results import Dissent
from erp_core.vendors.schema import Decision, Fit, Requirement, Vendor, Weighting
from erp_core.vendors.scoring import FIT_VALUES, Cells, Floats

APART = 0.05  # weights that differ by less do not count as different


@dataclass(frozen=True, eq=False)
class Panel:
    """What evaluators are compared on: all vendors' middle values by criterion (columns), the group's weights, and the
    ratings behind them. `in_play`: the vendors (rows) that are ranked."""

    decision: Decision
    cells: Cells
    values: Floats
    weights: Mapping[str, float]
    criteria: tuple[str, ...]
    in_play: tuple[int, ...]


def dissent_of(panel: Panel, weightings: Sequence[Weighting]) -> Dissent | None:
    """Each evaluator's order by own weights and own ratings (the group's where somebody gave none), and how far they
    agree; None with fewer than two evaluators."""
    own_weights = {weighting.evaluator: weights_of(weighting) for weighting in weightings}
    own_ratings = _own_ratings(panel.decision)
    evaluators = list(dict.fromkeys([*own_weights, *own_ratings]))
    if len(evaluators) < 2:
        return None
    keys = [vendor.key for vendor in panel.decision.vendors]
    orders = {}
    for evaluator in evaluators:
        weights = own_weights.get(evaluator, panel.weights)
        values = _values_by(panel, own_ratings.get(evaluator, {}))
        scores = values[list(panel.in_play)] @ np.array([weights.get(key, 0.0) for key in panel.criteria])
        orders[evaluator] = tuple(keys[panel.in_play[row]] for row in order_of(scores))
    agreement = kendall_w(list(orders.values())) if len(panel.in_play) > 1 else None
    said = _agreement_in_words(panel, orders, agreement)
    said += _widest_weight(own_weights)
    said += _widest_rating(panel, own_ratings)
    return Dissent(orders, agreement, in_a_row(said))


def _own_ratings(decision: Decision) -> dict[str, dict[tuple[str, str], Fit]]:
    own: dict[str, dict[tuple[str, str], Fit]] = {}
    for rating in decision.ratings:
        if rating.evaluator is not None and rating.fit is not Fit.UNKNOWN:
            own.setdefault(rating.evaluator, {})[rating.vendor, rating.requirement] = rating.fit
    return own


def _values_by(panel: Panel, own: Mapping[tuple[str, str], Fit]) -> Floats:
    """Vendors × criteria with one evaluator's own ratings in the place of the group's."""
    if not own:
        return panel.values
    row = {vendor.key: at for at, vendor in enumerate(panel.decision.vendors)}
    column = {need.key: at for at, need in enumerate(panel.cells.needs)}
    rated = panel.cells.middle.copy()
    for (vendor, need), fit in own.items():
        if need in column:
            rated[row[vendor], column[need]] = FIT_VALUES[fit]
    values = panel.values.copy()
    by_criterion = rated @ panel.cells.shares.T
    for at, key in enumerate(panel.cells.criteria):
        values[:, panel.criteria.index(key)] = by_criterion[:, at]
    return values


def _agreement_in_words(panel: Panel, orders: Mapping[str, tuple[str, ...]], agreement: float | None) -> list[Text]:
    if agreement is None:
        return [T("With fewer than two vendors in play there is nothing to disagree about.")]
    named = {vendor.key: vendor_words(vendor) for vendor in panel.decision.vendors}
    firsts: dict[str, list[str]] = {}
    for evaluator, order in orders.items():
        firsts.setdefault(order[0], []).append(evaluator)
    if len(firsts) == 1:
        winner: BothLanguages = named[next(iter(firsts))]
        return [T("All {count} evaluators put {vendor} first; their orders agree to {percent} % (Kendall’s W).",
                  count=len(orders), vendor=winner, percent=percent(agreement))]  # fmt: skip
    said = [T("{evaluators} of {count} evaluators put {vendor} first.",
              evaluators=len(names), count=len(orders), vendor=named[key])
            for key, names in firsts.items()]  # fmt: skip
    return [*said, T("Their orders agree to {percent} % (Kendall’s W).", percent=percent(agreement))]


def _widest_weight(own: Mapping[str, Mapping[str, float]]) -> list[Text]:
    """The criterion whose weight evaluators see most differently."""
    if len(own) < 2:
        return []
    widest = max(CRITERIA, key=lambda key: _span([weights.get(key, 0.0) for weights in own.values()]))
    weights = {evaluator: shares.get(widest, 0.0) for evaluator, shares in own.items()}
    low, high = min(weights, key=lambda name: weights[name]), max(weights, key=lambda name: weights[name])
    if weights[high] - weights[low] < APART:
        return []
    return [T("They are farthest apart on the weight of {criterion}: {high} gives it {most} %, {low} {least} %.",
              criterion=CRITERIA[widest], high=high, most=percent(weights[high]), low=low,
              least=percent(weights[low]))]  # fmt: skip


def _widest_rating(panel: Panel, own: Mapping[str, Mapping[tuple[str, str], Fit]]) -> list[Text]:
    """The rating that evaluators see most differently, the heaviest of several."""
    rated: dict[tuple[str, str], dict[str, Fit]] = {}
    for evaluator, fits in own.items():
        for cell, fit in fits.items():
            rated.setdefault(cell, {})[evaluator] = fit
    needs: dict[str, Requirement] = {need.key: need for need in panel.cells.needs}
    vendors: dict[str, Vendor] = {vendor.key: vendor for vendor in panel.decision.vendors}
    pull = dict(zip(needs, panel.cells.shares.sum(axis=0).tolist(), strict=True)) if needs else {}

    def apart(cell: tuple[str, str]) -> tuple[float, float]:
        return _span([FIT_VALUES[fit] for fit in rated[cell].values()]), pull[cell[1]]

    cells = [cell for cell in rated if cell[1] in needs and apart(cell)[0] > 0]
    if not cells:
        return []
    cell = max(cells, key=apart)
    by_worth = sorted(rated[cell], key=lambda evaluator: FIT_VALUES[rated[cell][evaluator]])
    low, high = by_worth[0], by_worth[-1]
    return [T("They rate “{need}” of {vendor} most differently: {high} says {best}, {low} says {worst}.",
              need=need_words(needs[cell[1]]), vendor=vendor_words(vendors[cell[0]]), high=high,
              best=FIT_NAMES[rated[cell][high]], low=low, worst=FIT_NAMES[rated[cell][low]])]  # fmt: skip


def _span(values: Sequence[float]) -> float:
    return max(values) - min(values)
