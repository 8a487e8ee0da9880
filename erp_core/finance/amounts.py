"""In which currency sums are told, and what a unit cost on a day."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
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
    held = held.sort_values(["product_id", "valid_from"], kind="stable")
    product, day = sales["product_id"].to_numpy(np.int64), _day_numbers(sales["ds"])
    of_product, since = held["product_id"].to_numpy(np.int64), _day_numbers(held["valid_from"])
    first_day = min(int(day.min()), int(since.min()))
    width = max(int(day.max()), int(since.max())) - first_day + 1
    before = (
        np.searchsorted(of_product * width + since - first_day, product * width + day - first_day, side="right") - 1
    )
    first = np.searchsorted(of_product, product)
    at = np.minimum(np.maximum(before, first), len(held) - 1)
    result = np.where(of_product[at] == product, held["unit_cost"].to_numpy(float)[at], np.nan)
    words = held["currency"].to_numpy(object)[at]
    for other in held["currency"].unique():
        here = np.flatnonzero(words == other) if other != currency else np.zeros(0, np.int64)
        if len(here):
            codes, days = pd.factorize(sales["ds"].iloc[here])
            by_day = [rates.rate(str(other), currency, pd.Timestamp(one).date()) for one in days]
            result[here] *= np.array([np.nan if rate is None else float(rate) for rate in by_day])[codes]
    return result


def _day_numbers(days: pd.Series) -> npt.NDArray[np.int64]:
    return days.to_numpy().astype("datetime64[D]").astype(np.int64)
