"""The answer as one JSON document with stable keys, for the terminal, for kept versions and for whoever reads along."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from erp_core.text import Text, say
from erp_core.vendors.business_case import Case
from erp_core.vendors.results import Evaluation, VendorCost

SHARE_DIGITS = 6
MONEY_DIGITS = 2


def to_json(evaluation: Evaluation, language: str | None = None) -> dict[str, Any]:
    """The answer as plain values: shares and values of 0..1 with six decimals, money with two, unknown as None.

    Sentences in `language`; None = as `Text.to_json`, to be read in any language later. Equal answers give equal
    documents. Draws are left out.
    """

    def told(text: Text | None) -> Any:
        if text is None:
            return None
        return text.to_json() if language is None else say(text, language)

    return {
        "inputs_hash": evaluation.inputs_hash,
        "vendors": list(evaluation.vendors),
        "in_play": list(evaluation.in_play),
        "gates": [
            {
                "vendor": gate.vendor,
                "kind": gate.kind,
                "state": gate.state,
                "requirement": gate.requirement,
                "reason": told(gate.reason),
                "way_back": told(gate.way_back),
            }
            for gate in evaluation.gates
        ],
        "costs": {key: _cost(cost, told) for key, cost in evaluation.costs.items()},
        "weights": {key: _share(weight) for key, weight in evaluation.weights.items()},
        "low": _table(evaluation.low),
        "middle": _table(evaluation.middle),
        "high": _table(evaluation.high),
        "known": {key: _share(share) for key, share in evaluation.known.items()},
        "coverage": _table(evaluation.coverage),
        "scores": {
            row["vendor"]: {name: _share(row[name]) for name in ("low", "middle", "high")}
            for row in evaluation.scores.to_dict("records")
        },
        "jury": [
            {
                "method": verdict.method,
                "scores": {
                    key: _share(float(score)) for key, score in zip(evaluation.vendors, verdict.scores, strict=True)
                },
                "order": [evaluation.vendors[at] for at in verdict.order],
                "also": [evaluation.vendors[at] for at in verdict.also],
            }
            for verdict in evaluation.jury
        ],
        "jury_text": told(evaluation.jury_text),
        "ranks": {
            str(key): [_share(share) for share in row]
            for key, row in zip(evaluation.ranks.index, evaluation.ranks.to_numpy().tolist(), strict=True)
        },
        "pairwise": _table(evaluation.pairwise),
        "central": _table(evaluation.central),
        "switches": [
            {
                "challenger": switch.challenger,
                "kind": switch.kind,
                "change": _share(switch.change),
                "text": told(switch.text),
            }
            for switch in evaluation.switches
        ],
        "reversals": [told(text) for text in evaluation.reversals],
        "price_trap": None
        if evaluation.price_trap is None
        else {
            "cheapest": evaluation.price_trap.cheapest,
            "wins": _share(evaluation.price_trap.wins),
            "first_year": _money(evaluation.price_trap.first_year),
            "p50": _money(evaluation.price_trap.p50),
            "p90": _money(evaluation.price_trap.p90),
            "text": told(evaluation.price_trap.text),
        },
        "overkill": [
            {"vendor": found.vendor, "paid": _money(found.paid), "share": _share(found.share), "text": told(found.text)}
            for found in evaluation.overkill
        ],
        "frontier": list(evaluation.frontier),
        "value_for_money": [
            {
                "vendor": row["vendor"],
                "value": _share(row["value"]),
                "p50": _money(row["p50"]),
                "p90": _money(row["p90"]),
                "frontier": bool(row["frontier"]),
            }
            for row in evaluation.value_for_money.to_dict("records")
        ],
        "questions": [
            {"vendor": asked.vendor, "about": asked.about, "saves": _share(asked.saves), "text": told(asked.text)}
            for asked in evaluation.questions
        ],
        "dissent": None
        if evaluation.dissent is None
        else {
            "orders": {name: list(order) for name, order in evaluation.dissent.orders.items()},
            "agreement": _share(evaluation.dissent.agreement),
            "text": told(evaluation.dissent.text),
        },
        "notes": [told(text) for text in evaluation.notes],
    }


def whole_json(evaluation: Evaluation, case: Case | None, language: str | None = None) -> dict[str, Any]:
    """`to_json` with `business_case` beside it, None where there is no vendor: all that the decision file says."""
    return {**to_json(evaluation, language), "business_case": None if case is None else case_json(case, language)}


def case_json(case: Case, language: str | None = None) -> dict[str, Any]:
    """A business case as plain values, unknown as None; sentences as in `to_json`."""

    def told(text: Text | None) -> Any:
        if text is None:
            return None
        return text.to_json() if language is None else say(text, language)

    flows = case.flows.to_dict("list")
    return {
        "vendor": case.vendor,
        "currency": case.currency,
        "discount_rate": _share(case.discount_rate),
        "unknown": told(case.unknown),
        "npv_p10": _money(case.npv_p10),
        "npv_p50": _money(case.npv_p50),
        "npv_p90": _money(case.npv_p90),
        "npv_expected": _money(case.npv_expected),
        "irr": _share(case.irr),
        "payback": _share(case.payback),
        "discounted_payback": _share(case.discounted_payback),
        "loss": _share(case.loss),
        "flows": {name: [_money(float(value)) for value in values] for name, values in flows.items()},
        "benefits": {
            str(name): [_money(float(value)) for value in values]
            for name, values in case.benefits.to_dict("list").items()
        },
        "tornado": [
            {"input": str(row["key"]), "npv_low": _money(row["npv_low"]), "npv_high": _money(row["npv_high"])}
            for row in case.tornado.to_dict("records")
        ],
        "lacking": [told(text) for text in case.lacking],
    }


def _cost(cost: VendorCost, told: Any) -> dict[str, Any]:
    years = None
    if cost.table is not None:
        years = {
            str(year): {str(kind): _money(amount) for kind, amount in row.items()}
            for year, row in cost.table.to_dict("index").items()
        }
    return {
        "plan": cost.plan,
        "p50": _money(cost.p50),
        "p90": _money(cost.p90),
        "by_year": years,
        "unknown": told(cost.unknown),
        "lacking": [told(text) for text in cost.lacking],
    }


def _table(frame: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    columns = [str(column) for column in frame.columns]
    return {
        str(key): dict(zip(columns, map(_share, row), strict=True))
        for key, row in zip(frame.index, frame.to_numpy().tolist(), strict=True)
    }


def _share(value: float | None) -> float | None:
    return _rounded(value, SHARE_DIGITS)


def _money(value: float | None) -> float | None:
    return _rounded(value, MONEY_DIGITS)


def _rounded(value: float | None, digits: int) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) + 0.0  # no −0
