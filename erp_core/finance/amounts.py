"""In which currency sums are told, and what a unit cost on a day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from erp_core.finance.views import Rates, to_base
from erp_core.text import T, Text


def currency_of(days: pd.DataFrame, base: str, rates: Rates) -> tuple[str, frozenset[str]]:
    """The currency of all sums over `days` (currency, ds), and the currencies that lack a rate to it: the base, or the
    only currency there is, which needs no rate."""
    lacking = _lacking_rates(days, base, rates)
    currencies = set(days["currency"])
    if lacking and len(currencies) == 1:
        return str(currencies.pop()), frozenset()
    return base, lacking


def missing_rates(lacking: frozenset[str], base: str) -> tuple[Text, ...]:
    """What to say of currencies without a rate."""
    return tuple(T("the rate {currency} → {base}", currency=c, base=base) for c in sorted(lacking))


def _lacking_rates(days: pd.DataFrame, base: str, rates: Rates) -> frozenset[str]:
    if days.empty:
        return frozenset()
    pairs = days[["currency", "ds"]].drop_duplicates()
    _, lacking = to_base(np.ones(len(pairs), np.int64), pairs["currency"].to_numpy(object), pairs["ds"], base, rates)
    return lacking


def unit_costs_on(sales: pd.DataFrame, held: pd.DataFrame, currency: str, rates: Rates) -> np.ndarray:
    """The unit cost in force on each row's day, in `currency`; before a product's first cost the first; NaN unknown."""
    if held.empty or sales.empty:
        return np.full(len(sales), np.nan)
    left = sales[["product_id", "ds"]].assign(at=np.arange(len(sales))).sort_values("ds", kind="stable")
    right = held.rename(columns={"valid_from": "ds"}).sort_values("ds", kind="stable")
    left["ds"], right["ds"] = left["ds"].astype("datetime64[ns]"), right["ds"].astype("datetime64[ns]")
    found = pd.merge_asof(left, right, on="ds", by="product_id")
    first = held.drop_duplicates("product_id", keep="first").set_index("product_id")
    early = found["unit_cost"].isna()
    found.loc[early, "unit_cost"] = found.loc[early, "product_id"].map(first["unit_cost"])
    found.loc[early, "currency"] = found.loc[early, "product_id"].map(first["currency"])
    factor = np.ones(len(found))
    for other in found["currency"].dropna().unique():
        if other == currency:
            continue
        here = np.flatnonzero((found["currency"] == other).to_numpy())
        codes, days = pd.factorize(found["ds"].iloc[here])
        by_day = [rates.rate(str(other), currency, day.date()) for day in days]
        factor[here] = np.array([np.nan if rate is None else float(rate) for rate in by_day])[codes]
    result = np.full(len(sales), np.nan)
    result[found["at"].to_numpy()] = found["unit_cost"].to_numpy(float) * factor
    return result
