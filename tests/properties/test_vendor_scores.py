"""Laws of the scores: nobody's value rests on others, and probabilities are probabilities."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_core.vendors.evaluation import evaluate, to_json
from erp_core.vendors.results import Evaluation
from erp_core.vendors.schema import Decision, Evidence, Fit
from tests.choices import decision, flat, need, rating, vendor, weighting

LEAVES = ("function.orders", "function.stock", "service.sla", "exit.data", "security.audit")
POINTS = st.integers(0, 100)


@st.composite
def choices(draw: st.DrawFn, least: int = 2) -> dict[str, Any]:
    """The parts of a choice of a few vendors, some of it unknown; as mappings, to be changed."""
    keys = draw(st.lists(st.sampled_from("abcdef"), min_size=least, max_size=4, unique=True))
    needs = [
        need(
            f"r{number}",
            leaf,
            draw(st.sampled_from(("must", "should", "could", "not_needed"))),
            draw(st.floats(0.1, 9)),
        )
        for number, leaf in enumerate(draw(st.lists(st.sampled_from(LEAVES), min_size=1, max_size=5)))
    ]
    ratings = [
        rating(key, one["key"], draw(st.sampled_from(list(Fit))), draw(st.sampled_from(list(Evidence))))
        for key in keys
        for one in needs
        if draw(st.booleans())
    ]
    prices = st.none() | st.floats(0, 5_000)
    vendors = [
        vendor(key, None if (price := draw(prices)) is None else flat(price, draw(prices) or 0.0)) for key in keys
    ]
    points = {key: draw(POINTS) for key in ("cost", "function", "service", "exit", "security")}
    weightings = [weighting(**points)] if any(points.values()) else []
    fields = {"budget": draw(st.none() | st.floats(10_000, 200_000)), "weightings": weightings, "draws": 100}
    return {"vendors": vendors, "needs": needs, "ratings": ratings, "fields": fields}


def built(parts: dict[str, Any]) -> Decision:
    return decision(parts["vendors"], parts["needs"], parts["ratings"], **parts["fields"])


def without(parts: dict[str, Any], key: str) -> dict[str, Any]:
    kept = {name: [one for one in parts[name] if one.get("vendor", one["key"] if name == "vendors" else "") != key]
            for name in ("vendors", "ratings")}  # fmt: skip
    return {**parts, **kept}


def scores(found: Evaluation) -> dict[str, float]:
    return {row["vendor"]: row["middle"] for row in found.scores.to_dict("records")}


@settings(max_examples=60, deadline=None)
@given(choices(least=3))
def test_a_further_vendor_changes_nobody_elses_value_cost_or_gates(parts: dict[str, Any]) -> None:
    gone = parts["vendors"][0]["key"]
    whole, part = evaluate(built(parts)), evaluate(built(without(parts, gone)))
    for frame in ("low", "middle", "high"):
        assert getattr(whole, frame).drop(index=gone).equals(getattr(part, frame))
    assert tuple(gate for gate in whole.gates if gate.vendor != gone) == part.gates
    for key, cost in part.costs.items():
        assert cost.p90 == whole.costs[key].p90
    kept = [key for key in whole.in_play if key != gone]
    assert kept == list(part.in_play)


@settings(max_examples=60, deadline=None)
@given(choices(least=3))
def test_a_further_vendor_never_reorders_the_others(parts: dict[str, Any]) -> None:
    gone = parts["vendors"][0]["key"]
    whole, part = scores(evaluate(built(parts))), scores(evaluate(built(without(parts, gone))))
    keys = list(part)
    before = [np.sign(round(whole[one] - whole[other], 9)) for one in keys for other in keys if np.isfinite(whole[one])]
    after = [np.sign(round(part[one] - part[other], 9)) for one in keys for other in keys if np.isfinite(part[one])]
    assert before == after


@settings(max_examples=40, deadline=None)
@given(choices(least=3))
def test_how_often_one_beats_the_other_does_not_rest_on_a_third(parts: dict[str, Any]) -> None:
    gone = parts["vendors"][0]["key"]
    whole, part = evaluate(built(parts)).pairwise, evaluate(built(without(parts, gone))).pairwise
    assert whole.drop(index=gone, columns=gone).to_numpy() == pytest.approx(part.to_numpy(), nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(choices())
def test_the_order_of_the_list_changes_the_order_of_the_rows_only(parts: dict[str, Any]) -> None:
    turned = {**parts, "vendors": parts["vendors"][::-1], "ratings": parts["ratings"][::-1]}
    first, second = evaluate(built(parts)), evaluate(built(turned))
    keys = list(first.vendors)
    assert first.ranks.to_numpy() == pytest.approx(second.ranks.loc[keys].to_numpy(), nan_ok=True)
    assert scores(first) == pytest.approx(scores(second), nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(choices())
def test_shares_are_shares_and_the_answer_is_plain(parts: dict[str, Any]) -> None:
    found = evaluate(built(parts))
    if found.weights:
        assert sum(found.weights.values()) == pytest.approx(1.0)
        ordered = found.scores[["low", "middle", "high"]].to_numpy()
        assert ((np.diff(ordered, axis=1) >= -1e-9) & (ordered[:, :2] >= -1e-9) & (ordered[:, 1:] <= 1 + 1e-9)).all()
        if found.in_play:
            ranks = found.ranks.loc[list(found.in_play)].to_numpy()
            assert ranks.sum(axis=0) == pytest.approx(1.0)
            assert ranks.sum(axis=1) == pytest.approx(1.0)
    for change in found.switches:
        assert change.change >= 0
        assert change.kind != "price" or change.change <= 1
    json.dumps(to_json(found, "zh_CN"), allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(choices())
def test_stronger_evidence_never_widens(parts: dict[str, Any]) -> None:
    tested = {**parts, "ratings": [{**one, "evidence": Evidence.TESTED} for one in parts["ratings"]]}
    weak, strong = evaluate(built(parts)), evaluate(built(tested))
    assert ((strong.high - strong.low) <= (weak.high - weak.low) + 1e-9).all().all()
