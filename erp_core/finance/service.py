"""Recording exchange rates and the fees of settlements."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db import facts
from erp_core.db.bulk import insert_columns
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput
from erp_core.finance.tables import fx_rate, settlement_fee
from erp_core.money import is_currency
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T


def record_rates(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int) -> npt.NDArray[np.bool_]:
    """Append rates (ds, currency, base, rate as exact text); which rows say something new.

    Of rows for one day and pair of currencies the last wins.
    """
    require(uow, Permission.IMPORT_FILES)
    held = _held(uow.connection)
    keys = list(zip(rows["ds"], rows["currency"], rows["base"], strict=True))
    said = dict(zip(keys, rows["rate"], strict=True))
    fresh = [(*key, rate) for key, rate in said.items() if held.get(key) != Decimal(rate)]
    added = {key[:3] for key in fresh}
    changed = np.array([key in added for key in keys], bool)
    if fresh:
        days, currencies, bases, rates = zip(*fresh, strict=True)
        insert_columns(
            uow.connection,
            fx_rate,
            {
                "ds": list(days),
                "currency": list(currencies),
                "base": list(bases),
                "rate": list(rates),
                "batch_id": [batch_id] * len(fresh),
            },
        )
    return changed


def _held(connection: sa.Connection) -> dict[tuple[dt.date, str, str], Decimal]:
    c = fx_rate.c
    query = sa.select(c.ds, c.currency, c.base, c.rate).where(c.withdrawn_by.is_(None)).order_by(c.id)
    return {(row.ds, row.currency, row.base): Decimal(row.rate) for row in connection.execute(query)}


def set_rate(uow: UnitOfWork, day: dt.date, currency: str, base: str, rate: Decimal) -> None:
    """Record one rate by hand; it replaces an earlier one of the same day."""
    require(uow, Permission.EDIT_SETTINGS)
    if not is_currency(currency) or not is_currency(base) or currency == base:
        raise BadInput(
            T("A rate needs two different currencies."),
            hint=T("Use the three letters of ISO 4217, such as CNY or USD."),
            code="rate.currencies",
        )
    if not rate.is_finite() or rate <= 0:
        raise BadInput(
            T("A rate is a number above 0."), hint=T("Correct the number and save again."), code="rate.number"
        )
    uow.connection.execute(sa.insert(fx_rate).values(ds=day, currency=currency, base=base, rate=str(rate)))
    audit.record(uow, "set rate", f"{currency}/{base}", day=day.isoformat(), rate=str(rate))


def remove_rate(uow: UnitOfWork, rate_id: int) -> None:
    """Remove a rate that was entered wrongly."""
    require(uow, Permission.EDIT_SETTINGS)
    uow.connection.execute(sa.delete(fx_rate).where(fx_rate.c.id == rate_id))
    audit.record(uow, "remove rate", str(rate_id))


def record_fees(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int) -> npt.NDArray[np.bool_]:
    """Append fees of settlements; which rows say something new.

    `rows`: fact_key (`facts.key_of`), content, channel_id, order_id, order_external_id, product_id, kind (commission,
    payment, advertising, shipping, storage, other), word, ds, currency, amount (minor units: what it costs; given back:
    negative), reference; None where nothing is said. A row of equal fact_key replaces what stands where it says
    something else.
    """
    require(uow, Permission.IMPORT_FILES)
    names = ("channel_id", "order_id", "order_external_id", "product_id", "kind", "word", "ds", "currency", "amount",
             "reference")  # fmt: skip
    columns: dict[str, Any] = {name: rows[name].tolist() for name in names}
    columns["content"] = rows["content"].to_numpy(np.int64)
    return facts.append(uow, settlement_fee, rows["fact_key"].tolist(), columns, batch_id).fresh


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the rates and fees that an import brought; fees that it replaced stand again."""
    require(uow, Permission.UNDO_IMPORTS)
    facts.withdraw(uow, (settlement_fee,), batch_id)
    uow.connection.execute(
        sa.update(fx_rate)
        .where(fx_rate.c.batch_id == batch_id, fx_rate.c.withdrawn_by.is_(None))
        .values(withdrawn_by=batch_id)
    )
