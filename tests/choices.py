"""Small choices of an ERP for the tests: everything that is not said is empty, free or fixed."""

from __future__ import annotations

from typing import Any

from erp_core.vendors.schema import Decision

TODAY = "2026-11-25"


def need(key: str, criterion: str = "function.orders", priority: str = "should", weight: float = 1.0) -> dict[str, Any]:
    text = {"en": f"Need {key}", "zh": f"需求 {key}"}
    return {"key": key, "criterion": criterion, "text": text, "ask": text, "priority": priority, "weight": weight}


def flat(price: float, implementation: float = 0.0, **pricing: Any) -> dict[str, Any]:
    """So much a month, one price for all years, and an implementation."""
    return {
        "currency": "EUR",
        "parts": [{"model": "flat", "price": price}],
        "one_off": {"implementation": implementation},
        "renewal": {"growth": 0.0},
        **pricing,
    }


def vendor(key: str, pricing: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A vendor with one price list, or none."""
    plan = {"name": "List", "source": "Made up", "as_of": TODAY, "grade": "own", "pricing": pricing}
    name = {"name": key.capitalize(), "name_zh": f"{key}软件"}
    return {"key": key, **name, "plans": [plan] if pricing else [], **fields}


def rating(vendor: str, requirement: str, fit: str, evidence: str = "tested", **fields: Any) -> dict[str, Any]:
    return {"vendor": vendor, "requirement": requirement, "fit": fit, "evidence": evidence, **fields}


def weighting(evaluator: str = "Ann", **points: float) -> dict[str, Any]:
    return {"evaluator": evaluator, "criteria": list(points), "points": list(points.values())}


def decision(
    vendors: list[dict[str, Any]],
    needs: list[dict[str, Any]],
    ratings: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> Decision:
    """Three years from 2027, in euros, projects on budget, 1,000 draws."""
    scenario = {"currency": "EUR", "start": "2027-01-01", "years": 3, "overrun": [], **fields.pop("scenario", {})}
    document = {"name": "Choice", "as_of": TODAY, "scenario": scenario, "vendors": vendors, "requirements": needs}
    return Decision.model_validate({**document, "ratings": ratings or [], "draws": 1_000, **fields})
