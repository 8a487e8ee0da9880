"""A decision between five made-up systems and its answer, written by hand: what panels show must be what stands here."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from erp_core.text import T
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
from erp_core.vendors.schema import Bilingual, Decision, Priority, Requirement, Scenario, Vendor

NAMES = {"alpha": "Alpha One", "beta": "Beta Suite", "gamma": "Gamma", "delta": "Delta Cloud", "omega": "Omega"}
CRITERIA = ("cost", "function", "scale", "security", "vendor", "service", "fit", "exit")
IN_PLAY = ("alpha", "beta", "gamma", "omega")


def decision(**changes: object) -> Decision:
    """Five vendors, one requirement, a budget."""
    text = Bilingual(en="Multi-currency orders", zh="多币种订单")
    made = Decision(
        name="Next year",
        as_of=dt.date(2026, 11, 25),
        scenario=Scenario(currency="CNY", start=dt.date(2027, 1, 1)),
        budget=900_000.0,
        requirements=(
            Requirement(
                key="orders.currencies", criterion="function.orders", text=text, ask=text, priority=Priority.MUST
            ),
        ),
        vendors=tuple(Vendor(key=key, name=name) for key, name in NAMES.items()),
    )
    return made.model_copy(update=changes)


def _costs() -> dict[str, VendorCost]:
    known = {
        "alpha": (420_000.0, 510_000.0),
        "beta": (310_000.0, 480_000.0),
        "gamma": (610_000.0, 700_000.0),
        "delta": (880_000.0, 990_000.0),
    }
    costs = {
        vendor: VendorCost(vendor, "list", None, None, p50, p90) for vendor, (p50, p90) in known.items()
    }  # fmt: skip
    costs["omega"] = VendorCost("omega", None, None, None, unknown=T("no price is published, and there is no quote"))
    return costs


def answer(**changes: object) -> Evaluation:
    """Alpha first in 62 of 100, Beta 30, Gamma 8, Omega never; Delta shut out by a must and by the budget."""
    keys = list(NAMES)
    nan = [np.nan] * 4
    ranks = pd.DataFrame(
        [[0.62, 0.30, 0.06, 0.02], [0.30, 0.50, 0.15, 0.05], [0.08, 0.15, 0.57, 0.20], nan, [0.0, 0.05, 0.22, 0.73]],
        index=keys, columns=[1, 2, 3, 4],
    )  # fmt: skip
    middle = pd.DataFrame(
        [[0.5, 0.8, 0.7, 0.6, 0.6, 0.5, 0.7, 0.4], [0.7, 0.6, 0.6, 0.6, 0.5, 0.6, 0.6, 0.6],
         [0.3, 0.7, 0.8, 0.7, 0.8, 0.7, 0.4, 0.5], [0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [0.5] * 8],
        index=keys, columns=list(CRITERIA),
    )  # fmt: skip
    spread = pd.DataFrame([[0.1] * 8, [0.15] * 8, [0.2] * 8, [0.1] * 8, [0.5] * 8], index=keys, columns=list(CRITERIA))
    pairwise = pd.DataFrame(0.5, index=keys, columns=keys)
    pairwise.loc["alpha", "beta"], pairwise.loc["beta", "alpha"] = 0.66, 0.34
    central = pd.DataFrame(np.nan, index=keys, columns=list(CRITERIA))
    central.loc["alpha"] = [0.10, 0.25, 0.13, 0.12, 0.10, 0.09, 0.13, 0.08]
    central.loc["beta"] = [0.26, 0.10, 0.11, 0.11, 0.09, 0.12, 0.11, 0.10]
    central.loc["gamma"] = [0.05, 0.12, 0.22, 0.14, 0.20, 0.13, 0.07, 0.07]
    made = Evaluation(
        vendors=tuple(keys),
        in_play=IN_PLAY,
        gates=(
            Gate("delta", "must", "failed", "orders.currencies", T("Multi-currency orders: not met"), T("Have it shown in a demonstration")),
            Gate("delta", "budget", "failed", None, T("P90 is above the budget"), T("A price 12 % lower")),
            Gate("omega", "must", "open", "orders.currencies", T("Multi-currency orders: unknown"), T("Ask the vendor")),
            Gate("omega", "budget", "open", None, T("Its cost is unknown"), T("Ask for a quote")),
        ),
        costs=_costs(),
        weights=dict.fromkeys(CRITERIA, 0.125),
        low=(middle - spread).clip(lower=0.0),
        middle=middle,
        high=(middle + spread).clip(upper=1.0),
        known={"alpha": 0.9, "beta": 0.8, "gamma": 0.7, "delta": 0.6, "omega": 0.0},
        scores=pd.DataFrame(
            {"vendor": keys, "low": [0.50, 0.45, 0.41, 0.35, 0.0], "middle": [0.60, 0.60, 0.61, 0.45, 0.5], "high": [0.70, 0.75, 0.81, 0.55, 1.0]}
        ),
        jury=(
            Verdict("weighted_sum", np.array([0.6, 0.6, 0.61, 0.45, 0.5]), (2, 0, 1, 4)),
            Verdict("vikor", np.array([0.9, 0.8, 0.5, 0.1, 0.2]), (0, 1, 2, 4), (1,)),
        ),
        jury_text=T("The methods disagree: VIKOR regards the largest single regret."),
        ranks=ranks,
        pairwise=pairwise,
        central=central,
        switches=(
            Switch("beta", "weights", 0.08, T("Four points from function to cost put Beta level.")),
            Switch("beta", "price", 0.06, T("A price 6 % lower puts Beta level.")),
        ),
        reversals=(T("TOPSIS reorders two vendors when Gamma is dropped."),),
        price_trap=PriceTrap("beta", 0.3, 52_000.0, 310_000.0, 480_000.0, T("The cheapest quote loses in seven of ten opinions.")),
        overkill=(Overkill("gamma", 61_000.0, 0.1, T("For three requirements marked not needed.")),),
        frontier=("alpha", "beta", "gamma"),
        questions=(Question("omega", "price", 0.031, T("What does Omega cost?")),),
        dissent=Dissent({"Ann": ("alpha", "beta"), "Bo": ("beta", "alpha")}, 0.42, T("They are farthest apart on cost.")),
        inputs_hash="0f" * 32,
        notes=(T("No weights are stated: every criterion counts the same."),),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]
