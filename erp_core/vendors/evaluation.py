"""The answer: from a decision to gates, costs, scores, certainty and what to ask next.

The steps, each a module of its own: `priced` picks what a vendor is paid by and draws what that comes to; `gates` says
who is out, and what would bring them back; `scoring` and `cost_criterion` turn ratings and costs into values on fixed
scales, with their spread; `jury` asks other methods; `certainty` counts how often each one wins; `switching` looks for
the smallest change that turns the answer; `dissent` compares evaluators; `meters` says what the cheapest and the
over-fitted really cost, and which question is worth asking.

`prepare` does all that does not rest on the weights of the criteria, `answer` the light rest: a page keeps the former
and calls the latter at every move of a slider.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from erp_core.errors import BadInput
from erp_core.text import T, Text
from erp_core.vendors import gates, meters
from erp_core.vendors.certainty import Acceptability, acceptability, weight_draws
from erp_core.vendors.cost_criterion import cost_value, scale_of, value_at
from erp_core.vendors.criteria import CRITERIA, LEAVES, criterion_of
from erp_core.vendors.dissent import Panel, dissent_of
from erp_core.vendors.jury import Bench, reversals, verdicts, why_they_differ
from erp_core.vendors.methods import group_weights, weights_of
from erp_core.vendors.naming import criterion_words, listed, need_words, vendor_words
from erp_core.vendors.priced import Priced, priced
from erp_core.vendors.refusals import BadValue
from erp_core.vendors.results import (
    Dissent,
    Evaluation,
    Gate,
    Overkill,
    PriceTrap,
    Question,
    Switch,
    VendorCost,
    Verdict,
)
from erp_core.vendors.results_json import to_json
from erp_core.vendors.schema import CostScale, Decision, Priority, Sureness, Weighting
from erp_core.vendors.scoring import (
    Cells,
    Floats,
    Opinion,
    Singles,
    cells_of,
    draws_of,
    opinions,
)
from erp_core.vendors.switching import Contest, Discounted, switches
from erp_core.vendors.versions import inputs_hash

__all__ = [
    "Dissent",
    "Evaluation",
    "Gate",
    "Overkill",
    "Prepared",
    "PriceTrap",
    "Question",
    "Switch",
    "VendorCost",
    "Verdict",
    "answer",
    "evaluate",
    "inputs_hash",
    "prepare",
    "to_json",
]

COST = "cost"


def evaluate(decision: Decision) -> Evaluation:
    """The whole answer to a decision. Equal decisions give equal answers: nothing else is read.

    Raises BadValue (also a ValueError), code `vendors.unknown_criterion`, where a requirement or a weighting names a
    criterion that is not in the tree; with the code of `methods` where somebody's weights cannot be used.
    """
    return answer(prepare(decision), decision.weightings, decision.sureness)


# --- what does not rest on weights ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Values:
    """The vendors' values in each criterion. `low`, `middle`, `high`, `coverage` (the share known): vendors × criteria.
    `drawn`: draws × vendors × criteria; `unknown`: the part of it that unknown ratings make up."""

    low: Floats
    middle: Floats
    high: Floats
    coverage: Floats
    drawn: Singles
    unknown: Singles


@dataclass(frozen=True, eq=False)
class Prepared:
    """All of the answer that does not rest on the weights of the criteria.

    `criteria`: those that are scored; `known`: the share of points of which a vendor's ratings are known; `in_play`:
    rows of the vendors that no gate shut out.
    """

    decision: Decision
    held: Mapping[tuple[str, str], tuple[Opinion, ...]]
    cells: Cells
    scale: CostScale | None
    priced: tuple[Priced, ...]
    gates: tuple[Gate, ...]
    in_play: tuple[int, ...]
    criteria: tuple[str, ...]
    values: Values
    known: Floats
    notes: tuple[Text, ...]


def prepare(decision: Decision) -> Prepared:
    """The heavy part of `evaluate`. The decision's weightings and sureness are not looked at.

    What it holds grows with draws × vendors × criteria: 20 MB for 25 vendors and 10,000 draws, so that a cache should
    keep the object itself and no copies.
    """
    _refuse_unknown_criteria(decision)
    held = opinions(decision)
    cells = cells_of(decision, held)
    scale = scale_of(decision)
    prices = tuple(priced(vendor, decision) for vendor in decision.vendors)
    shut = tuple(_gates(decision, held, prices))
    out = {gate.vendor for gate in shut if gate.state == gates.FAILED}
    return Prepared(
        decision,
        held,
        cells,
        scale,
        prices,
        shut,
        tuple(row for row, vendor in enumerate(decision.vendors) if vendor.key not in out),
        (*((COST,) if scale is not None else ()), *cells.criteria),
        _values(decision, cells, prices, scale),
        _share_known(cells),
        tuple(_notes_on_inputs(decision, scale, prices)),
    )


def _values(decision: Decision, cells: Cells, prices: Sequence[Priced], scale: CostScale | None) -> Values:
    first = 0 if scale is None else 1  # the criterion cost stands before the others
    size = (len(decision.vendors), first + len(cells.criteria))
    several = (decision.draws, *size)
    low, middle, high, coverage = np.zeros((4, *size))
    values = Values(low, middle, high, coverage, np.zeros(several, np.float32), np.zeros(several, np.float32))
    ends = ((values.low, cells.low), (values.middle, cells.middle), (values.high, cells.high))
    for array, rated in (*ends, (values.coverage, cells.known.astype(float))):
        # No product of matrices, whose rounding might rest on how many vendors there are.
        array[:, first:] = np.einsum("vr,cr->vc", rated, cells.shares)

    def fill(row: int) -> None:
        drawn = draws_of(row, cells, decision)
        values.drawn[:, row, first:] = drawn.values.T
        values.unknown[:, row, first:] = drawn.unknown.T
        if scale is not None:
            cost = cost_value(prices[row].cost, prices[row].growth, scale, drawn)
            values.low[row, 0], values.middle[row, 0], values.high[row, 0] = cost.low, cost.middle, cost.high
            values.coverage[row, 0] = cost.known
            values.drawn[:, row, 0] = cost.draws

    with ThreadPoolExecutor(max_workers=2) as pool:  # drawing lets go of Python's lock
        list(pool.map(fill, range(len(decision.vendors))))
    return values


def _share_known(cells: Cells) -> Floats:
    """Of each vendor: the share of all points that are known; 1 where there is nothing to know."""
    whole = cells.points.sum()
    return np.asarray((cells.known * cells.points).sum(axis=1) / whole if whole > 0 else np.ones(len(cells.known)))


def _refuse_unknown_criteria(decision: Decision) -> None:
    for need in decision.requirements:
        if need.criterion not in CRITERIA and need.criterion not in LEAVES:
            raise BadValue(
                T("The requirement “{need}” hangs under “{criterion}”, which is no criterion.",
                  need=need_words(need), criterion=need.criterion),
                hint=T("The criteria are: {criteria}", criteria=", ".join(CRITERIA)),
                code="vendors.unknown_criterion",
            )  # fmt: skip


def _gates(
    decision: Decision, held: Mapping[tuple[str, str], tuple[Opinion, ...]], prices: Sequence[Priced]
) -> Iterator[Gate]:
    yield from gates.must_gates(decision, held)
    for vendor, price in zip(decision.vendors, prices, strict=True):
        gate = gates.budget_gate(vendor, price.cost, decision, price.free)
        if gate is not None:
            yield gate


def _notes_on_inputs(decision: Decision, scale: CostScale | None, prices: Sequence[Priced]) -> Iterator[Text]:
    if scale is None:
        yield T("Cost is not part of the scores: neither a budget nor a scale of costs is set.")
    astray = [need_words(need) for need in decision.requirements if criterion_of(need.criterion) == COST]
    if astray:
        yield T("Requirements under the criterion cost count as gates only, since its score is computed: {needs}",
                needs=listed(astray))  # fmt: skip
    unknown = [vendor_words(vendor) for vendor, price in zip(decision.vendors, prices, strict=True)
               if price.cost.p50 is None]  # fmt: skip
    if unknown:
        yield T("What these vendors cost is unknown, which widens their result: {vendors}", vendors=listed(unknown))


# --- what rests on weights -----------------------------------------------------------------------------------------


def answer(prepared: Prepared, weightings: Sequence[Weighting], sureness: Sureness) -> Evaluation:
    """The light part of `evaluate`: the answer under these weightings."""
    decision = prepared.decision.model_copy(update={"weightings": tuple(weightings), "sureness": sureness})
    weights, notes = _weights(prepared, weightings)
    row = np.array(list(weights.values()), dtype=float)
    keys = tuple(vendor.key for vendor in decision.vendors)
    scored = bool(prepared.criteria)
    counted = _counted(prepared, row, sureness) if scored and prepared.in_play else None
    bench = _bench(prepared, row)
    asked = scored and len(prepared.in_play) > 1 and bool(bench.matrix.any())
    found = verdicts(bench, len(keys)) if asked else ()
    scores = _scores(prepared, row)
    valued = meters.value_for_money(
        keys, _without_cost(prepared, row), [price.cost for price in prepared.priced], prepared.in_play
    )
    panel = Panel(decision, prepared.cells, prepared.values.middle, weights, prepared.criteria, prepared.in_play)
    return Evaluation(
        vendors=keys,
        in_play=tuple(keys[at] for at in prepared.in_play),
        gates=prepared.gates,
        costs={key: price.cost for key, price in zip(keys, prepared.priced, strict=True)},
        weights=weights,
        low=_frame(prepared.values.low, keys, prepared.criteria),
        middle=_frame(prepared.values.middle, keys, prepared.criteria),
        high=_frame(prepared.values.high, keys, prepared.criteria),
        known=dict(zip(keys, prepared.known.tolist(), strict=True)),
        scores=scores,
        jury=found,
        jury_text=why_they_differ(bench, found) if asked else None,
        **_certainty(prepared, counted),
        switches=switches(_contest(prepared, row)) if asked else (),
        reversals=reversals(bench) if asked else (),
        price_trap=_price_trap(prepared, row, scores),
        overkill=tuple(_overkill(prepared)),
        frontier=tuple(valued["vendor"][valued["frontier"]]),
        value_for_money=valued,
        coverage=_frame(prepared.values.coverage, keys, prepared.criteria),
        questions=_questions(prepared, row, sureness) if scored else (),
        dissent=dissent_of(panel, weightings) if scored else None,
        inputs_hash=inputs_hash(decision),
        notes=(*_notes_on_play(prepared), *notes, *prepared.notes),
    )


def _weights(prepared: Prepared, weightings: Sequence[Weighting]) -> tuple[dict[str, float], list[Text]]:
    """Weights of the scored criteria, summing to 1, and what had to be done to the stated ones."""
    _refuse_bad_weights(weightings)
    if not prepared.criteria:
        return {}, [T("There is nothing to score: no requirement counts, and cost has no scale.")]
    equal = dict.fromkeys(prepared.criteria, 1 / len(prepared.criteria))
    if not weightings:
        return equal, [T("Nobody has weighed the criteria: all of them weigh the same.")]
    stated = group_weights(weightings)
    kept = {key: stated.get(key, 0.0) for key in prepared.criteria}
    whole = sum(kept.values())
    notes = []
    dropped = [criterion_words(key) for key, weight in stated.items() if weight > 0 and key not in kept]
    if dropped:
        notes.append(
            T("These criteria drop out, since no requirement counts under them or they have no scale; the others take "
              "over their weight: {criteria}", criteria=listed(dropped))
        )  # fmt: skip
    if whole <= 0:
        return equal, [*notes, T("None of the criteria that can be scored was weighed: all of them weigh the same.")]
    silent = [criterion_words(key) for key, weight in kept.items() if weight == 0]
    if silent:
        notes.append(T("These criteria weigh nothing: {criteria}", criteria=listed(silent)))
    return {key: weight / whole for key, weight in kept.items()}, notes


def _refuse_bad_weights(weightings: Sequence[Weighting]) -> None:
    """Say whose weights cannot be used, and why."""
    for weighting in weightings:
        for key in weighting.criteria:
            if key not in CRITERIA:
                raise BadValue(
                    T("The weights of {evaluator} name “{criterion}”, which is no criterion.",
                      evaluator=weighting.evaluator, criterion=key),
                    hint=T("The criteria are: {criteria}", criteria=", ".join(CRITERIA)),
                    code="vendors.unknown_criterion",
                )  # fmt: skip
        try:
            weights_of(weighting)
        except BadInput as refusal:
            raise BadValue(
                T("The weights of {evaluator} cannot be used. {reason}",
                  evaluator=weighting.evaluator, reason=refusal.message),
                hint=refusal.hint,
                code=refusal.code,
            ) from refusal  # fmt: skip


def _scores(prepared: Prepared, weights: Floats) -> pd.DataFrame:
    """Frame `vendor, low, middle, high`; NaN where nothing is scored."""
    columns = {
        name: (array * weights).sum(axis=1) if len(weights) else np.full(len(array), np.nan)
        for name, array in (
            ("low", prepared.values.low),
            ("middle", prepared.values.middle),
            ("high", prepared.values.high),
        )
    }
    return pd.DataFrame({"vendor": [vendor.key for vendor in prepared.decision.vendors], **columns})


def _without_cost(prepared: Prepared, weights: Floats) -> Floats:
    """Values of the vendors without the criterion cost, the other weights summing to 1 again (equal if all are 0)."""
    others = [at for at, key in enumerate(prepared.criteria) if key != COST]
    if not others:
        return np.full(len(prepared.decision.vendors), np.nan)
    kept = weights[others]
    kept = kept / kept.sum() if kept.sum() > 0 else np.full(len(others), 1 / len(others))
    return np.asarray((prepared.values.middle[:, others] * kept).sum(axis=1))


def _frame(array: Floats, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(array, index=pd.Index(keys, name="vendor"), columns=pd.Index(columns, name="criterion"))


# --- certainty -----------------------------------------------------------------------------------------------------


def _drawn_scores(prepared: Prepared, weights: Floats) -> Floats:
    """Draws × vendors in play, under weights of draws × criteria."""
    values = prepared.values.drawn[:, list(prepared.in_play), :]
    return np.asarray(np.einsum("dvc,dc->dv", values, weights))


def _counted(prepared: Prepared, centre: Floats, sureness: Sureness) -> Acceptability:
    weights = weight_draws(centre, prepared.decision.draws, prepared.decision.seed, sureness)
    return acceptability(_drawn_scores(prepared, weights), weights)


def _certainty(prepared: Prepared, counted: Acceptability | None) -> dict[str, pd.DataFrame]:
    """Frames `ranks`, `pairwise`, `central` over all vendors; rows of those out are NaN."""
    keys = [vendor.key for vendor in prepared.decision.vendors]
    rows = list(prepared.in_play)
    places = list(range(1, len(rows) + 1))
    ranks = np.full((len(keys), len(places)), np.nan)
    pairwise = np.full((len(keys), len(keys)), np.nan)
    central = np.full((len(keys), len(prepared.criteria)), np.nan)
    if counted is not None:
        ranks[rows], central[rows] = counted.ranks, counted.central
        pairwise[np.ix_(rows, rows)] = counted.pairwise
    index = pd.Index(keys, name="vendor")
    return {
        "ranks": pd.DataFrame(ranks, index=index, columns=pd.Index(places, name="rank")),
        "pairwise": pd.DataFrame(pairwise, index=index, columns=pd.Index(keys, name="against")),
        "central": _frame(central, keys, prepared.criteria),
    }


def _bench(prepared: Prepared, weights: Floats) -> Bench:
    rows = list(prepared.in_play)
    names = tuple(vendor_words(prepared.decision.vendors[row]) for row in rows)
    return Bench(prepared.values.middle[rows], weights, prepared.criteria, names, prepared.in_play)


def _contest(prepared: Prepared, weights: Floats) -> Contest:
    rows = list(prepared.in_play)
    vendors = [prepared.decision.vendors[row] for row in rows]
    cells = prepared.cells
    by_criterion = dict(zip(prepared.criteria, weights.tolist(), strict=True))
    pull = np.array([by_criterion[key] for key in cells.criteria]) @ cells.shares
    return Contest(
        prepared.values.middle[rows],
        weights,
        prepared.criteria,
        tuple(vendor.key for vendor in vendors),
        tuple(vendor_words(vendor) for vendor in vendors),
        cells.needs,
        pull,
        cells.middle[rows],
        cells.known[rows],
        tuple(_value_of_cut(prepared.priced[row], prepared.scale) for row in rows),
    )


def _value_of_cut(price: Priced, scale: CostScale | None) -> Discounted | None:
    growth = price.growth
    if scale is None or price.free is None or growth is None:
        return None
    return Discounted(
        tuple(value_at(p50, p90, growth, scale) for p50, p90 in price.at_cuts),
        lambda cut: value_at(*price.at_cut(cut), growth, scale),
    )


# --- meters --------------------------------------------------------------------------------------------------------


def _price_trap(prepared: Prepared, weights: Floats, scores: pd.DataFrame) -> PriceTrap | None:
    shares = np.zeros((2, len(prepared.decision.vendors)))
    winner = None
    if prepared.in_play and prepared.criteria:
        rows = list(prepared.in_play)
        everywhere = np.full(len(prepared.criteria), 1 / len(prepared.criteria))
        shares[0, rows] = _counted(prepared, everywhere, Sureness.OPEN).ranks[:, 0]
        shares[1, rows] = _counted(prepared, weights, Sureness.ABOUT).ranks[:, 0]
        middle = scores["middle"].to_numpy()
        winner = max(rows, key=lambda row: round(float(middle[row]), 9))
    return meters.price_trap(
        prepared.decision,
        [price.cost for price in prepared.priced],
        [price.first_year for price in prepared.priced],
        meters.Opinions(shares[0], shares[1], prepared.in_play, winner),
    )


def _overkill(prepared: Prepared) -> Iterator[Overkill]:
    for vendor, price in zip(prepared.decision.vendors, prepared.priced, strict=True):
        found = meters.overkill(prepared.decision, vendor, prepared.held, price.cost, price.paid)
        if found is not None:
            yield found


def _questions(prepared: Prepared, centre: Floats, sureness: Sureness) -> tuple[Question, ...]:
    """What is worth asking, by the expected value of knowing it; nothing where fewer than two vendors are in play."""
    if len(prepared.in_play) < 2:
        return ()
    weighed = centre > 0
    weights = weighed / weighed.sum() if sureness is Sureness.OPEN else centre  # the means of what is drawn
    rows = list(prepared.in_play)
    means = (prepared.values.drawn[:, rows, :].mean(axis=0, dtype=float) * weights).sum(axis=1)
    return meters.best_first(
        question
        for at, row in enumerate(rows)
        for question in _questions_to(prepared, row, float(means[at]), float(np.delete(means, at).max()), weights)
    )


def _questions_to(prepared: Prepared, row: int, mean: float, other: float, weights: Floats) -> Iterator[Question]:
    """The questions to one vendor. `mean`: its expected score; `other`: the best expected of the others."""
    vendor, cells, drawn = prepared.decision.vendors[row], prepared.cells, prepared.values
    unknown = ~cells.known[row]
    pulls: dict[str, float] = {}  # what each unknown requirement weighs in the whole score
    for column, key in enumerate(prepared.criteria):
        weight = float(weights[column])
        if key == COST:
            swing = weight * drawn.drawn[:, row, column].astype(float)
            known = prepared.priced[row].cost.p50 is not None
            yield meters.about_price(vendor, known, meters.worth_of_knowing(mean, swing - swing.mean(), other))
            continue
        share = cells.shares[cells.criteria.index(key)]
        asked = np.flatnonzero(unknown & (share > 0))
        pulls |= {cells.needs[at].key: weight * float(share[at]) for at in asked}
        if len(asked) > 1:
            swing = weight * drawn.unknown[:, row, column].astype(float)
            saves = meters.worth_of_knowing(mean, swing - swing.mean(), other)
            yield meters.about_criterion(vendor, key, len(asked), saves)
    needs = {need.key: need for need in prepared.decision.requirements}
    for key, pull in pulls.items():
        if needs[key].priority is not Priority.MUST and (saves := meters.worth_of_a_rating(mean, pull, other)) > 0:
            yield meters.about_rating(vendor, needs[key], saves)
    for gate in prepared.gates:  # also where a criterion weighs nothing, and where evaluators disagree
        if gate.vendor == vendor.key and gate.requirement is not None:
            saves = meters.worth_of_a_must(mean, pulls.get(gate.requirement, 0.0), other)
            if saves > 0:
                yield meters.about_rating(vendor, needs[gate.requirement], saves)


def _notes_on_play(prepared: Prepared) -> Iterator[Text]:
    """What gates and the length of the list mean for the ranking."""
    vendors = prepared.decision.vendors
    if not vendors:
        yield T("No vendor is on the list yet.")
    elif len(vendors) == 1:
        yield T(
            "A ranking needs two vendors; of {vendor} alone there are gates and cost.", vendor=vendor_words(vendors[0])
        )
    elif not prepared.in_play:
        yield T("No vendor passes the gates, so nobody is ranked. See what would bring each one back.")
    elif len(prepared.in_play) == 1:
        yield T(
            "Only {vendor} passes the gates, so nothing is compared.", vendor=vendor_words(vendors[prepared.in_play[0]])
        )
    open_gates = Counter(gate.vendor for gate in prepared.gates if gate.state == gates.OPEN)
    if open_gates:
        yield T("Gates that nobody knows to be passed: {count}, at {vendors} of {all} vendors.",
                count=open_gates.total(), vendors=len(open_gates), all=len(vendors))  # fmt: skip
