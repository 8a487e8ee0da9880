"""Exchange rates as a value that converts; the fees of settlements."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.db import facts
from erp_core.db.bulk import fetch_columns
from erp_core.finance.tables import fx_rate, settlement_fee
from erp_core.money import decimals


@dataclass(frozen=True)
class Rates:
    """Dated rates: (currency, base) → days and rates, 1 currency = rate base. The latest on or before a day holds."""

    days: Mapping[tuple[str, str], tuple[dt.date, ...]]
    rates: Mapping[tuple[str, str], tuple[Decimal, ...]]

    def rate(self, currency: str, base: str, day: dt.date) -> Decimal | None:
        """Units of `base` for one of `currency`; the inverse of the opposite rate serves; None when unknown."""
        if currency == base:
            return Decimal(1)
        direct = self._on(currency, base, day)
        if direct is not None:
            return direct
        opposite = self._on(base, currency, day)
        return None if not opposite else Decimal(1) / opposite

    def _on(self, currency: str, base: str, day: dt.date) -> Decimal | None:
        days = self.days.get((currency, base), ())
        at = bisect.bisect_right(days, day)
        return self.rates[(currency, base)][at - 1] if at else None


def read_rates(connection: sa.Connection) -> Rates:
    """All standing rates; of several for one day the one recorded last."""
    c = fx_rate.c
    query = sa.select(c.ds, c.currency, c.base, c.rate).where(c.withdrawn_by.is_(None)).order_by(c.ds, c.id)
    held: dict[tuple[str, str], dict[dt.date, Decimal]] = {}
    for day, currency, base, rate in connection.execute(query):
        held.setdefault((currency, base), {})[day] = Decimal(rate)
    return Rates(
        {pair: tuple(by_day) for pair, by_day in held.items()},
        {pair: tuple(by_day.values()) for pair, by_day in held.items()},
    )


def rate_rows(connection: sa.Connection) -> pd.DataFrame:
    """Standing rates, newest first: id, ds, currency, base, rate (exact text)."""
    c = fx_rate.c
    query = (
        sa.select(c.id, c.ds, c.currency, c.base, c.rate)
        .where(c.withdrawn_by.is_(None))
        .order_by(c.ds.desc(), c.id.desc())
    )
    return pd.DataFrame(connection.execute(query).all(), columns=["id", "ds", "currency", "base", "rate"])


def to_base(
    amounts: npt.NDArray[np.int64], currencies: npt.NDArray[np.object_], days: pd.Series, base: str, rates: Rates
) -> tuple[npt.NDArray[np.float64], frozenset[str]]:
    """Minor units of several currencies to major units of `base` at each day's rate; NaN where a rate is missing, and
    the currencies that lack one."""
    result = np.full(len(amounts), np.nan)
    lacking: set[str] = set()
    for currency in pd.unique(currencies):
        here = np.flatnonzero(currencies == currency)
        scale = 10.0 ** decimals(str(currency))
        if currency == base:
            result[here] = amounts[here] / scale
            continue
        codes, unique = pd.factorize(pd.to_datetime(days.iloc[here]))
        factors = [rates.rate(str(currency), base, day.date()) for day in unique]
        if any(factor is None for factor in factors):
            lacking.add(str(currency))
        by_day = np.array([np.nan if factor is None else float(factor) for factor in factors])
        result[here] = amounts[here] / scale * by_day[codes]
    return result, frozenset(lacking)


FEE_COLUMNS = (
    "fee_id", "channel_id", "order_id", "order_external_id", "product_id", "kind", "word", "ds", "currency", "amount",
    "reference",
)  # fmt: skip


def fees(connection: sa.Connection, period: Period | None = None) -> pd.DataFrame:
    """Standing fees of settlements, by day (`FEE_COLUMNS`): ds datetime64, amount in minor units, what it costs; given
    back: negative. order_id is missing where the order was not stored when the fee came: see `orders.views.fees`."""
    f = settlement_fee.c
    query = sa.select(f.id.label("fee_id"), *(f[name] for name in FEE_COLUMNS[1:])).where(facts.stands(settlement_fee))
    if period is not None:
        query = query.where(f.ds.between(period.start, period.end))
    frame = pd.DataFrame(fetch_columns(connection, query.order_by(f.ds, f.id)), columns=list(FEE_COLUMNS))
    frame["ds"] = pd.to_datetime(frame["ds"])
    optional = dict.fromkeys(("order_id", "product_id"), "Int64")
    return frame.astype(dict.fromkeys(("fee_id", "channel_id", "amount"), "int64") | optional)
