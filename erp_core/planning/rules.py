"""What to order and what is wrong with the stock: decisions over plain frames. Pure.

Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th ed. 2017, chapter 6: periodic review,
order up to S. With mean μ and standard deviation σ of a day's demand, lead time L and review period R in days:

    safety stock  = z · σ · √(L + R)         z: the normal quantile of the wanted cycle service level
    reorder point = μ · (L + R) + safety stock
    order, when the position (available + on order) is at or below it:  reorder point − position, in packs, at least MOQ
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from erp_core.text import T, Text

ABC_LIMITS = (0.80, 0.95)
XYZ_LIMITS = (0.5, 1.0)
AGES = (30, 60, 90, 180)
STATUSES = ("out", "short", "ok", "excess", "dead", "unknown")


def reorder(terms: pd.DataFrame, service_level: float, review_days: int) -> pd.DataFrame:
    """Add safety_stock, reorder_point, position, suggested and cover to rows with the inputs.

    `terms`: mean_per_day, sd_per_day, lead_time_days, moq, pack, on_hand, reserved, on_order (units). Units are whole;
    the reorder point is rounded up. `suggested` is 0 where nothing needs to be ordered.
    """
    z = NormalDist().inv_cdf(service_level)
    horizon = terms["lead_time_days"].to_numpy(float) + review_days
    mean, spread = terms["mean_per_day"].to_numpy(float), terms["sd_per_day"].to_numpy(float)
    safety = np.maximum(z, 0.0) * spread * np.sqrt(horizon)
    point = np.ceil(np.round(mean * horizon + safety, 9))
    available = terms["on_hand"].to_numpy(float) - terms["reserved"].to_numpy(float)
    position = available + terms["on_order"].to_numpy(float)
    lacking = np.where((position <= point) & (mean > 0), point - position, 0.0)
    pack, moq = terms["pack"].to_numpy(float), terms["moq"].to_numpy(float)
    packed = np.ceil(np.maximum(lacking, moq) / pack) * pack
    return terms.assign(
        horizon_days=horizon,
        safety_stock=safety,
        reorder_point=point,
        position=position,
        suggested=np.where(lacking > 0, packed, 0.0).astype(np.int64),
    )


def lost_units(terms: pd.DataFrame) -> np.ndarray:
    """Units of demand that the position cannot serve before an order placed today arrives: max(0, μ·L − position)."""
    need = terms["mean_per_day"].to_numpy(float) * terms["lead_time_days"].to_numpy(float)
    return np.asarray(np.maximum(need - np.maximum(terms["position"].to_numpy(float), 0.0), 0.0))


def explain(row: pd.Series) -> Text:
    """The formula with this product's numbers in it, in words."""
    return T(
        "Sells {mean} a day (± {sd}). Over lead time {lead} + review {review} days that is {need}, plus {safety} "
        "safety stock: reorder point {point}. There are {hand} in stock, {reserved} of them reserved, and {order} on "
        "order. Missing {lacking}; in packs of {pack}, at least {moq}: order {suggested}.",
        mean=f"{row['mean_per_day']:.2f}",
        sd=f"{row['sd_per_day']:.2f}",
        lead=int(row["lead_time_days"]),
        review=int(row["horizon_days"] - row["lead_time_days"]),
        need=f"{row['mean_per_day'] * row['horizon_days']:.1f}",
        safety=f"{row['safety_stock']:.1f}",
        point=int(row["reorder_point"]),
        hand=int(row["on_hand"]),
        reserved=int(row["reserved"]),
        order=int(row["on_order"]),
        lacking=int(max(row["reorder_point"] - row["position"], 0)),
        pack=int(row["pack"]),
        moq=int(row["moq"]),
        suggested=int(row["suggested"]),
    )


def abc(revenue: pd.Series) -> pd.Series:
    """A, B or C by the share of revenue that products with more of it make already: A below 80 %, B below 95 %.

    Products without revenue are C; of equals the one that comes first is the larger.
    """
    value = revenue.to_numpy(float).clip(min=0)
    order = np.argsort(-value, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(value[order])[:-1]]) / max(value.sum(), 1e-12)
    classes = np.where(before < ABC_LIMITS[0], "A", np.where(before < ABC_LIMITS[1], "B", "C"))
    result = np.empty(len(value), object)
    result[order] = np.where(value[order] > 0, classes, "C")
    return pd.Series(result, index=revenue.index)


def xyz(weeks: pd.Series, observed: pd.Series) -> pd.Series:
    """X, Y or Z by the coefficient of variation of weekly demand: X up to 0.5, Y up to 1.0; '–' without demand."""
    if not len(weeks):
        return pd.Series([], index=weeks.index, dtype=object)
    table = np.array(weeks.tolist(), float)
    seen = np.arange(table.shape[1]) >= table.shape[1] - observed.to_numpy(int)[:, None]
    count = np.maximum(seen.sum(axis=1), 1)
    mean = np.where(seen, table, 0.0).sum(axis=1) / count
    spread = np.sqrt((np.where(seen, table - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
    variation = np.divide(spread, mean, where=mean > 0, out=np.full(len(mean), np.inf))
    classes = np.select([mean <= 0, variation <= XYZ_LIMITS[0], variation <= XYZ_LIMITS[1]], ["–", "X", "Y"], "Z")
    return pd.Series(classes, index=weeks.index, dtype=object)


def stock_status(position: pd.DataFrame, excess_days: int, dead_days: int) -> pd.DataFrame:
    """status and excess_units of rows with on_hand (missing = unknown), available, mean_per_day, lead_time_days,
    days_since_sale (missing = never sold).

    out: nothing available though it sells; short: does not last over the lead time; dead: in stock without a sale for
    `dead_days`; excess: more than sells in `excess_days`.
    """
    known = position["on_hand"].notna().to_numpy()
    hand = position["on_hand"].astype("Float64").fillna(0).to_numpy(float)
    available = position["available"].astype("Float64").fillna(0).to_numpy(float)
    mean = position["mean_per_day"].to_numpy(float)
    idle = position["days_since_sale"].astype("Float64").fillna(np.inf).to_numpy(float)
    lead = position["lead_time_days"].to_numpy(float)
    excess = np.where(known, np.maximum(np.floor(hand - mean * excess_days), 0), 0)
    status = np.select(
        [
            ~known,
            (available <= 0) & (mean > 0),
            (mean > 0) & (available < mean * lead),
            (hand > 0) & (idle >= dead_days),
            excess > 0,
        ],
        ["unknown", "out", "short", "dead", "excess"],
        "ok",
    )
    return position.assign(status=status, excess_units=np.where(status == "excess", excess, 0).astype(np.int64))


def age_class(days_since_sale: pd.Series) -> pd.Series:
    """How long a product has not sold: '0–30', '31–60', … '>180', 'never'."""
    labels = ["0–30", "31–60", "61–90", "91–180", ">180"]
    at = np.searchsorted(np.array(AGES), days_since_sale.astype("Float64").fillna(-1).to_numpy(float))
    words = np.array(labels, object)[np.minimum(at, len(labels) - 1)]
    return pd.Series(np.where(days_since_sale.isna(), "never", words), index=days_since_sale.index)
