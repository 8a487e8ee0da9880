"""What the answer holds, as values: gates, costs, scores, verdicts, certainty, what to ask next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.text import Text

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gate:
    """One test that a vendor failed (`state` "failed"), or that could not be made ("open").

    `kind`: must (a requirement marked must is not met) or budget (P90 above it). `reason` what is wrong, `way_back`
    what would bring the vendor in again.
    """

    vendor: str
    kind: str
    state: str
    requirement: str | None
    reason: Text
    way_back: Text


@dataclass(frozen=True)
class VendorCost:
    """What one vendor costs over the whole horizon, in the scenario's currency.

    `table`: `cost.total_cost` (year × cost kind), None = unknown, because of `unknown`; `draws`: one total a draw;
    `p50`, `p90` of them. `lacking`: what the total leaves out, in words. `plan`: the price list or quote it rests on.
    `at_least`: that is a “from” price, so that all amounts are lower bounds.
    """

    vendor: str
    plan: str | None
    table: pd.DataFrame | None
    draws: Floats | None = field(repr=False)
    p50: float | None = None
    p90: float | None = None
    unknown: Text | None = None
    lacking: tuple[Text, ...] = ()
    at_least: bool = False


@dataclass(frozen=True)
class Verdict:
    """What one method says: `scores` in the order of the vendors (higher is better, whatever the method), `order` their
    indices from first to last; `also`: others that VIKOR's compromise set puts beside the first."""

    method: str
    scores: Floats
    order: tuple[int, ...]
    also: tuple[int, ...] = ()


@dataclass(frozen=True)
class Switch:
    """The smallest change that puts `challenger` level with the first: of the weights, of the price, of one rating.

    `kind` weights, price or rating; `change`: sum of absolute weight changes, the share off the price, or the rise of
    the value of the rating; `text` as a point for the negotiation. Where no such change exists there is no row.
    """

    challenger: str
    kind: str
    change: float
    text: Text


@dataclass(frozen=True)
class Question:
    """What to find out next: the vendor and what is unknown of it, and how much regret (in value, 0..1) knowing it
    would save on average."""

    vendor: str
    about: str
    saves: float
    text: Text


@dataclass(frozen=True)
class PriceTrap:
    """How the cheapest quote fares: in what share of opinions it wins, and what it costs beside the winner."""

    cheapest: str
    wins: float
    first_year: float
    p50: float
    p90: float
    text: Text


@dataclass(frozen=True)
class Overkill:
    """What a vendor is paid for requirements marked not needed, over the horizon, in the scenario's currency."""

    vendor: str
    paid: float
    share: float
    text: Text


@dataclass(frozen=True)
class Dissent:
    """How far evaluators are apart: their order of the vendors, and Kendall's W over them (1 = they agree)."""

    orders: Mapping[str, tuple[str, ...]]
    agreement: float | None
    text: Text


@dataclass(frozen=True)
class Evaluation:
    """The whole answer. `vendors`: keys in the order of all arrays; `in_play`: those that no gate shut out.

    `weights`: of the first-level criteria, summing to 1. `low`, `middle`, `high`: vendors × criteria, values of 0..1
    (index vendor, columns criterion); unknown ratings span the scale. `known`: the share of each vendor's weighted
    requirements that is known. `scores`: frame vendor, low, middle, high. `ranks`: vendors × ranks, the probability of
    each rank over those in play (rows of others are NaN). `pairwise`: how often row beats column. `central`: the
    weights with which each vendor wins, on average; NaN rows for those that never do. `frontier`: vendors that nobody
    beats on both value and cost; `value_for_money`: frame vendor, value (without the criterion cost), p50, p90,
    frontier. `coverage`: as `known`, vendors × criteria (NaN where a criterion has nothing to know). `notes`: what the
    reader has to know.
    """

    vendors: tuple[str, ...]
    in_play: tuple[str, ...]
    gates: tuple[Gate, ...]
    costs: Mapping[str, VendorCost]
    weights: Mapping[str, float]
    low: pd.DataFrame
    middle: pd.DataFrame
    high: pd.DataFrame
    known: Mapping[str, float]
    scores: pd.DataFrame
    jury: tuple[Verdict, ...]
    jury_text: Text | None
    ranks: pd.DataFrame
    pairwise: pd.DataFrame
    central: pd.DataFrame
    switches: tuple[Switch, ...]
    reversals: tuple[Text, ...]
    price_trap: PriceTrap | None
    overkill: tuple[Overkill, ...]
    frontier: tuple[str, ...]
    value_for_money: pd.DataFrame
    coverage: pd.DataFrame
    questions: tuple[Question, ...]
    dissent: Dissent | None
    inputs_hash: str
    notes: tuple[Text, ...] = ()
