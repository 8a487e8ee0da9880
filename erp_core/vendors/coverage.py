"""How much is known of each vendor: requirements with a known fit, facts and their age, whether there is a price."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from erp_core.vendors.catalogue import stale
from erp_core.vendors.criteria import criterion_of
from erp_core.vendors.schema import Decision, Fit, Priority, Requirement, Vendor


def known_fits(decision: Decision) -> frozenset[tuple[str, str]]:
    """Vendor and requirement of every pair whose fit is known: rated so, or else borne out by a published fact. Where
    somebody rated it unknown, no published fact makes it known."""
    rated: dict[tuple[str, str], bool] = {}
    for rating in decision.ratings:
        pair = rating.vendor, rating.requirement
        rated[pair] = rated.get(pair, False) or rating.fit is not Fit.UNKNOWN
    for vendor in decision.vendors:
        for fit in vendor.fits:
            rated.setdefault((vendor.key, fit.requirement), fit.fit is not Fit.UNKNOWN)
    needed = {need.key for need in active(decision)}
    return frozenset(pair for pair, known in rated.items() if known and pair[1] in needed)


def active(decision: Decision) -> tuple[Requirement, ...]:
    """The requirements that count: all but those marked not needed."""
    return tuple(need for need in decision.requirements if need.priority is not Priority.NOT_NEEDED)


@dataclass(frozen=True)
class NeedCounts:
    """How many requirements have each priority, how many priorities were proposed from own numbers, how many pairs of
    vendor and counting requirement nobody has rated (`open`) out of how many (`pairs`)."""

    by_priority: Mapping[Priority, int]
    proposed: int
    open: int
    pairs: int


def need_counts(decision: Decision) -> NeedCounts:
    """The counts of a decision's requirements."""
    counted = Counter(need.priority for need in decision.requirements)
    pairs = len(active(decision)) * len(decision.vendors)
    return NeedCounts(
        {priority: counted[priority] for priority in Priority},
        sum(need.reason is not None for need in decision.requirements),
        pairs - len(known_fits(decision)),
        pairs,
    )


def coverage(decision: Decision, today: dt.date) -> pd.DataFrame:
    """What is known of each vendor, a row each, in the decision's order.

    Columns: key of the vendor; for each first-level criterion with counting requirements its key, the share (0..1) of
    them whose fit is known; `all`, the same over all of them (NaN without any); facts, stale (older than a year),
    undated: counts; price: quote, list or unknown.
    """
    known = known_fits(decision)
    needs = active(decision)
    criteria = list(dict.fromkeys(criterion_of(need.criterion) for need in needs))
    quoted = {quote.vendor for quote in decision.quotes}
    rows = []
    for vendor in decision.vendors:
        row: dict[str, object] = {"key": vendor.key}
        for criterion in criteria:
            of_it = [need.key for need in needs if criterion_of(need.criterion) == criterion]
            row[criterion] = sum((vendor.key, key) in known for key in of_it) / len(of_it)
        met = sum((vendor.key, need.key) in known for need in needs)
        row["all"] = met / len(needs) if needs else float("nan")
        row["facts"] = len(vendor.facts)
        row["stale"] = sum(stale(fact, today) for fact in vendor.facts)
        row["undated"] = sum(fact.as_of is None for fact in vendor.facts)
        row["price"] = price_known(vendor, quoted)
        rows.append(row)
    names = ["key", *criteria, "all", "facts", "stale", "undated", "price"]
    return pd.DataFrame(rows, columns=names)


def price_known(vendor: Vendor, quoted: set[str]) -> str:
    """What a vendor's price rests on: quote, list or unknown."""
    return "quote" if vendor.key in quoted else "list" if vendor.plans else "unknown"
