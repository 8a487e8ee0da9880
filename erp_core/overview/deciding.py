"""What stands open and what was answered; which products lose money and which became dearer. Pure.

An acceptance or a snooze holds until its day, a dismissal until the money at stake has grown by more than half.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from erp_core.text import Money, T, Text

ACTS = ("accept", "snooze", "dismiss", "reopen")
PATIENCE_DAYS = 7  # until an accepted decision should show in the numbers, where nothing better is known
GROWTH = 1.5
DEARER = 0.05  # a rise of the unit cost below this share is noise


@dataclass(frozen=True)
class Decision:
    """One thing to decide: what, why, the money it protects or frees (base currency, major units; None: unknown), where
    to act.

    `key`: the same on every day; `stake`: the money in words; `patience`: days after which it should be gone once it is
    accepted.
    """

    key: str
    title: Text
    why: Text
    money: float | None
    page: str
    query: tuple[tuple[str, str], ...] = ()
    stake: Text | None = None
    patience: int = PATIENCE_DAYS


@dataclass(frozen=True)
class Answer:
    """What a person answered: an act of `ACTS` on a day of the company, until when it holds, why, and the money that
    was at stake then (major units of `currency`)."""

    act: str
    on: dt.date
    by: str
    title: Text
    until: dt.date | None = None
    reason: str | None = None
    money: float | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Listed:
    """A decision as it is shown: open or not, its last answer, and why an answered one is back."""

    decision: Decision
    open: bool
    answer: Answer | None = None
    note: Text | None = None


def listed(decision: Decision, answer: Answer | None, today: dt.date, currency: str) -> Listed:
    """Where a decision stands on a day, given its last answer; `currency` is that of its money."""
    if answer is None or answer.act == "reopen":
        return Listed(decision, True)
    if answer.act == "dismiss":
        grown = _grown(decision, answer, currency)
        return Listed(decision, grown is not None, answer, grown)
    if answer.until is not None and today < answer.until:
        return Listed(decision, False, answer)
    if answer.act == "snooze":
        return Listed(decision, True, answer, T("Snoozed on {day}; its day has come.", day=answer.on))
    return Listed(
        decision, True, answer, T("Accepted on {day} by {who}, and still there.", day=answer.on, who=answer.by)
    )


def _grown(decision: Decision, answer: Answer, currency: str) -> Text | None:
    """Why a dismissed decision is back; None while it stays away."""
    if decision.money is None or decision.money <= 0:
        return None
    now = Money(decision.money, currency)
    if answer.money is None or answer.currency != currency:
        return T("Dismissed on {day} when the money was not known; now {now}.", day=answer.on, now=now)
    if decision.money <= GROWTH * answer.money:
        return None
    before = Money(answer.money, answer.currency)
    return T("Dismissed on {day} when it was {before}; now {now}.", day=answer.on, before=before, now=now)


def place_all(
    found: tuple[Decision, ...], answers: Mapping[str, Answer], today: dt.date, currency: str
) -> tuple[Listed, ...]:
    """All decisions with their answers, most money first, unknown money last; of equals the first found is first."""
    ordered = sorted(found, key=lambda decision: -decision.money if decision.money is not None else float("inf"))
    return tuple(listed(decision, answers.get(decision.key), today, currency) for decision in ordered)


def losses(sales: pd.DataFrame) -> pd.DataFrame:
    """Products that were sold for less than they cost, the largest loss first: `sales` (product_id, units, revenue,
    cost; one currency, missing = unknown) with loss. What was given away (no revenue) is left out."""
    below = (sales["revenue"] > 0) & (sales["units"] > 0) & (sales["revenue"] < sales["cost"])
    found = sales[below].assign(loss=(sales["cost"] - sales["revenue"])[below])
    return found.sort_values("loss", ascending=False, kind="stable", ignore_index=True)


def cost_rises(costs: pd.DataFrame, since: dt.date, as_of: dt.date) -> pd.DataFrame:
    """Products whose latest cost up to `as_of` holds since `since` or later, and is at least 5 % above the one before.

    `costs`: product_id, valid_from, currency, unit_cost, sorted by product and day. Returns product_id, valid_from,
    currency, before, unit_cost, rise (share). A change of the currency says nothing of the cost.
    """
    past = costs[costs["valid_from"] <= pd.Timestamp(as_of)]
    by_product = past.groupby("product_id")
    past = past.assign(before=by_product["unit_cost"].shift(), was=by_product["currency"].shift())
    last = past.drop_duplicates("product_id", keep="last")
    comparable = (last["valid_from"] >= pd.Timestamp(since)) & (last["was"] == last["currency"]) & (last["before"] > 0)
    last = last[comparable]
    last = last.assign(rise=last["unit_cost"] / last["before"] - 1)
    risen = last[last["rise"] >= DEARER - 1e-9]
    return risen[["product_id", "valid_from", "currency", "before", "unit_cost", "rise"]].reset_index(drop=True)
