"""Gates come before scores, name what is wrong, and say what brings a vendor back."""

from __future__ import annotations

import numpy as np
import pytest

from erp_core.text import say
from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.gates import price_cut
from erp_core.vendors.results import Gate
from erp_core.vendors.schema import Decision
from tests.choices import decision, flat, need, rating, vendor

TWO = [vendor("a"), vendor("b")]


def gates_of(choice: Decision, key: str = "a") -> list[Gate]:
    return [gate for gate in evaluate(choice).gates if gate.vendor == key]


def rated(*fits: str) -> Decision:
    """Vendor a, rated on the must r by as many evaluators."""
    ratings = [rating("a", "r", fit, evaluator=f"E{number}") for number, fit in enumerate(fits)]
    return decision(TWO, [need("r", priority="must")], ratings)


@pytest.mark.parametrize(
    ("fits", "state"),
    [
        (("native",), None),
        (("configuration",), None),
        (("third_party",), None),
        (("customisation",), None),
        (("roadmap",), "failed"),
        (("none",), "failed"),
        (("unknown",), "open"),
        ((), "open"),
        (("none", "roadmap"), "failed"),
        (("native", "customisation"), None),
        (("native", "none"), "open"),  # they disagree: nobody is shut out by a quarrel
        (("native", "unknown"), None),
        (("none", "unknown"), "failed"),
    ],
)
def test_a_must_is_met_failed_or_open(fits: tuple[str, ...], state: str | None) -> None:
    found = gates_of(rated(*fits))
    assert [(gate.kind, gate.state, gate.requirement) for gate in found] == ([("must", state, "r")] if state else [])


def test_what_is_not_a_must_is_no_gate() -> None:
    needs = [need("s"), need("c", priority="could"), need("n", priority="not_needed")]
    assert gates_of(decision(TWO, needs, [rating("a", key, "none") for key in ("s", "c", "n")])) == []


def test_only_a_failed_gate_takes_a_vendor_out() -> None:
    ratings = [rating("a", "r", "none"), rating("b", "r", "native")]
    answer = evaluate(decision([*TWO, vendor("c")], [need("r", priority="must")], ratings))
    assert answer.in_play == ("b", "c")
    assert [(gate.vendor, gate.state) for gate in answer.gates] == [("a", "failed"), ("c", "open")]


def test_the_reason_names_the_requirement_and_the_way_back_says_what_to_show() -> None:
    (gate,) = gates_of(rated("none"))
    assert str(gate.reason) == "A does not meet a must: “Need r” (Not offered)."
    assert str(gate.way_back) == (
        "A offers “Need r” at least by a third party or by customisation, and shows it in a demonstration."
    )
    assert say(gate.reason, "zh_CN") == "a软件不满足一项必须的需求：“需求 r”（不支持）。"
    (gate,) = gates_of(rated("roadmap"))
    assert str(gate.way_back) == "A delivers “Need r” before you sign, and shows it in a demonstration."


# --- budget --------------------------------------------------------------------------------------------------------


def budgeted(budget: float | None, price: float = 1_200.0, implementation: float = 0.0) -> Decision:
    """1,200 a month for three years are 43,200; nothing is uncertain."""
    return decision([vendor("a", flat(price, implementation)), vendor("b")], [need("r")], budget=budget)


def test_a_cost_within_the_budget_passes() -> None:
    assert gates_of(budgeted(43_200.0)) == []


def test_a_from_price_within_the_budget_leaves_the_gate_open() -> None:
    """43,200 is the least that it comes to, not what it does."""
    known = budgeted(43_200.0)
    plan = known.vendors[0].plans[0].model_copy(update={"at_least": True})
    asks = known.vendors[0].model_copy(update={"plans": (plan,)})
    (gate,) = gates_of(known.model_copy(update={"vendors": (asks, *known.vendors[1:])}))
    assert (gate.kind, gate.state) == ("budget", "open")
    assert "“from” price" in str(gate.reason)


def test_without_a_budget_there_is_no_gate() -> None:
    assert evaluate(budgeted(None)).gates == ()


def test_a_cost_above_the_budget_fails_with_the_discount_that_would_do() -> None:
    # 43,200 → 36,000 is a sixth off: 16.67 %, said as 16.7 since 16.6 would not do.
    (gate,) = gates_of(budgeted(36_000.0))
    assert (gate.kind, gate.state, gate.requirement) == ("budget", "failed", None)
    assert str(gate.reason) == (
        "A may burst the budget: in one case of ten it costs more than €43.2 k; the budget is €36.0 k."
    )
    assert str(gate.way_back) == (
        "A software price 16.7 % lower brings what A costs in nine cases of ten down to €36.0 k."
    )
    assert gates_of(budgeted(36_000.0, price=1_200 * (1 - 0.167))) == []


def test_where_no_discount_suffices_it_says_how_much_is_left() -> None:
    # 40,000 of implementation alone are 4,000 above a budget of 36,000.
    (gate,) = gates_of(budgeted(36_000.0, implementation=40_000.0))
    assert str(gate.way_back) == (
        "No discount on the software of A suffices: €4.00 k more have to go, from what is paid besides."
    )


def test_an_unknown_cost_leaves_the_gate_open() -> None:
    (gate,) = gates_of(budgeted(36_000.0), "b")
    assert (gate.kind, gate.state) == ("budget", "open")
    assert str(gate.way_back) == "Ask B for a quote."


@pytest.mark.parametrize(
    ("target", "cut"),
    [(100.0, 0.0), (120.0, 0.0), (70.0, 0.5), (40.0, 1.0), (39.9, None)],  # 100 − 60 × cut
)
def test_the_cut_is_the_smallest_that_reaches_the_target(target: float, cut: float | None) -> None:
    found = price_cut(np.full(10, 100.0), np.full(10, 40.0), 0.9, target)
    assert found == (cut if cut is None else pytest.approx(cut))


def test_the_cut_looks_at_the_quantile_and_not_at_the_middle() -> None:
    # Ten draws, the last at 200: the 0.9 quantile of 0…9 lies at place 8.1, a tenth of the way from 100 to 200: 110.
    full = np.array([100.0] * 9 + [200.0])
    assert price_cut(full, np.zeros(10), 0.9, 55.0) == pytest.approx(0.5)


def test_when_all_are_out_nobody_is_ranked_and_it_is_said() -> None:
    answer = evaluate(decision(TWO, [need("r", priority="must")], [rating("a", "r", "none"), rating("b", "r", "none")]))
    assert answer.in_play == ()
    assert answer.ranks.shape == (2, 0)
    assert answer.jury == ()
    assert answer.switches == ()
    assert answer.questions == ()
    assert "No vendor passes the gates" in " ".join(map(str, answer.notes))
    assert answer.scores["middle"].notna().all()
