"""From a ledger to balances and daily levels. Pure.

A count fixes the level at its instant; without any count the first receipt does, starting from nothing. What happened
before that instant does not matter; what happened after adds up. Below zero there is no stock but a shortfall: more
was sold than counts and receipts account for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

LEDGER = ("product_id", "location_id", "at", "id", "kind", "quantity", "reserved", "incoming", "level")
PAIR = ["product_id", "location_id"]


@dataclass(frozen=True)
class Standings:
    """`balances`: one row a pair (on_hand and known_from missing where unknown); `days`: the level at the end of each
    local day on which it changed or something was received, from the first known day on."""

    balances: pd.DataFrame
    days: pd.DataFrame


def standings(ledger: pd.DataFrame, time_zone: str) -> Standings:
    """Balances and daily levels of every pair of product and location in `ledger`.

    `ledger`: the columns of `LEDGER`, `at` as datetime64 in UTC; rows that were taken back, and the rows that took them
    back, are left out by the caller. Any order of rows.
    """
    rows = ledger.sort_values([*PAIR, "at", "id"], kind="stable").reset_index(drop=True)
    if rows.empty:
        return Standings(_no_balances(), _no_days())
    is_count = (rows["kind"] == "count").to_numpy()
    is_receipt = (rows["kind"] == "receipt").to_numpy()
    pair = rows.groupby(PAIR, sort=False).ngroup().to_numpy()
    counts_before = pd.Series(is_count).groupby(pair).cumsum().to_numpy()
    receipts_before = pd.Series(is_receipt).groupby(pair).cumsum().to_numpy()
    known = (counts_before > 0) | (receipts_before > 0)
    moves = np.where(known, rows["quantity"].to_numpy(np.int64), 0)
    base = np.where(is_count, pd.to_numeric(rows["level"]).fillna(0).to_numpy(np.int64), 0)
    level = pd.Series(moves + base).groupby([pair, counts_before]).cumsum().to_numpy(np.int64)
    rows = rows.assign(known=known, net=level, pair=pair)
    return Standings(_balances(rows, is_count), _days(rows, time_zone))


def _balances(rows: pd.DataFrame, is_count: np.ndarray) -> pd.DataFrame:
    last = rows.drop_duplicates("pair", keep="last").set_index("pair")
    counts = rows[is_count].drop_duplicates("pair", keep="last").set_index("pair")
    receipts = rows[(rows["kind"] == "receipt").to_numpy()].drop_duplicates("pair", keep="first").set_index("pair")
    moved = rows[~is_count].groupby("pair")["reserved"].sum()
    net = last["net"].where(last["known"])
    said = counts["reserved"].reindex(last.index).fillna(0)
    reserved = np.maximum(np.maximum(moved.reindex(last.index).fillna(0), said), 0)
    balances = last[PAIR].assign(
        on_hand=net.clip(lower=0).astype("Int64"),
        shortfall=(-net).clip(lower=0).fillna(0).astype(np.int64),
        reserved=reserved.astype(np.int64),
        incoming=counts["incoming"].reindex(last.index).fillna(0).astype(np.int64),
        known_from=counts["at"].reindex(last.index).fillna(receipts["at"].reindex(last.index)),
    )
    return balances.reset_index(drop=True)


def _days(rows: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    known = rows[rows["known"]]
    if known.empty:
        return _no_days()
    local = known["at"].dt.tz_localize("UTC").dt.tz_convert(time_zone).dt.tz_localize(None)
    known = known.assign(ds=local.dt.normalize(), on_hand=known["net"].clip(lower=0))
    received = known["quantity"].where(known["kind"] == "receipt", 0).clip(lower=0)
    by_day = [known["pair"], known["ds"]]
    days = known.groupby(by_day, sort=True).tail(1)[["pair", *PAIR, "ds", "on_hand"]]
    sums = received.groupby(by_day, sort=True).sum()
    days = days.sort_values(["pair", "ds"]).assign(received=sums.to_numpy())
    before = days.groupby("pair")["on_hand"].shift()
    changed = (before != days["on_hand"]) | (days["received"] > 0)
    return days.loc[changed, [*PAIR, "ds", "on_hand", "received"]].reset_index(drop=True)


def _no_balances() -> pd.DataFrame:
    return pd.DataFrame(columns=[*PAIR, "on_hand", "shortfall", "reserved", "incoming", "known_from"])


def _no_days() -> pd.DataFrame:
    return pd.DataFrame(columns=[*PAIR, "ds", "on_hand", "received"])
