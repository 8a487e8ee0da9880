"""Recording exchange rates, the fees of settlements, and what each shop takes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db import facts
from erp_core.db.bulk import insert_columns
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, NotFound
from erp_core.finance.rules import FEE_KINDS, SHARE_SCALE
from erp_core.finance.tables import channel_fee, fx_rate, settlement_fee
from erp_core.money import decimals, is_currency, to_minor
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
    held = _held(uow.connection).get((day, currency, base))
    uow.connection.execute(sa.insert(fx_rate).values(ds=day, currency=currency, base=base, rate=str(rate)))
    before = None if held is None else {"rate": held}
    audit.record(uow, audit.Act.SET_RATE, f"{currency}/{base}", day=day, before=before, after={"rate": rate})


def remove_rate(uow: UnitOfWork, rate_id: int) -> None:
    """Remove a rate that was entered wrongly."""
    require(uow, Permission.EDIT_SETTINGS)
    c = fx_rate.c
    held = uow.connection.execute(sa.select(c.ds, c.currency, c.base, c.rate).where(c.id == rate_id)).one_or_none()
    if held is None:
        return
    uow.connection.execute(sa.delete(fx_rate).where(c.id == rate_id))
    audit.record(
        uow, audit.Act.REMOVE_RATE, f"{held.currency}/{held.base}", day=held.ds, before={"rate": held.rate}
    )  # fmt: skip


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


@dataclass(frozen=True)
class ChannelFee:
    """What a shop takes of each order, as a person states it, for orders on which no settlement has come.

    `kind`: one of `FEE_KINDS`; `valid_from`: the first day on which it holds; `share`: of the order's goods, 0 to 1;
    `fixed`: per order, in major units of `currency`. Nought for both is knowledge too: this shop takes none.
    """

    channel_id: int
    kind: str
    valid_from: dt.date
    share: Decimal
    fixed: Decimal
    currency: str


_STATED = (channel_fee.c.share, channel_fee.c.fixed, channel_fee.c.currency)


def set_channel_fee(uow: UnitOfWork, fee: ChannelFee) -> None:
    """State what a shop takes from a day on; replaces what was stated for the same shop, kind and day.

    Raises BadInput for a kind, share, amount or currency that cannot be. Shops belong to a higher room: that
    `channel_id` is one is for the caller to see to.
    """
    require(uow, Permission.EDIT_SETTINGS)
    _check_fee(fee)
    share = int((fee.share * SHARE_SCALE).to_integral_value())
    same = (
        channel_fee.c.channel_id == fee.channel_id,
        channel_fee.c.kind == fee.kind,
        channel_fee.c.valid_from == fee.valid_from,
    )
    stood = uow.connection.execute(sa.select(*_STATED).where(*same)).mappings().first()
    uow.connection.execute(sa.delete(channel_fee).where(*same))
    stated = {"share": share, "fixed": to_minor(fee.fixed, fee.currency), "currency": fee.currency}
    uow.connection.execute(
        sa.insert(channel_fee).values(
            channel_id=fee.channel_id, kind=fee.kind, valid_from=fee.valid_from, **stated
        )
    )  # fmt: skip
    audit.record(
        uow, audit.Act.SET_CHANNEL_FEE, f"channel {fee.channel_id}: {fee.kind}", valid_from=fee.valid_from,
        before=None if stood is None else dict(stood), after=stated,
    )  # fmt: skip


def _check_fee(fee: ChannelFee) -> None:
    correct = T("Correct the number and save again.")
    if fee.kind not in FEE_KINDS:
        raise BadInput(
            T("There is no kind of fee “{kind}”.", kind=fee.kind),
            hint=T("Kinds: {names}", names=", ".join(FEE_KINDS)),
            code="fee.kind",
        )
    if not fee.share.is_finite() or not 0 <= fee.share <= 1:
        raise BadInput(T("A shop takes between 0 and 100 % of an order’s goods."), hint=correct, code="fee.share")
    if not is_currency(fee.currency):
        raise BadInput(
            T("“{word}” is not a currency code.", word=fee.currency),
            hint=T("Use the three letters of ISO 4217, such as CNY or USD."),
            code="fee.currency",
        )
    if not fee.fixed.is_finite() or not 0 <= fee.fixed < _LARGEST_FIXED:
        raise BadInput(T("What a shop takes per order is a number of 0 or more."), hint=correct, code="fee.fixed")
    if fee.fixed != round(fee.fixed, decimals(fee.currency)):
        raise BadInput(
            T("{currency} has {count} decimals.", currency=fee.currency, count=decimals(fee.currency)),
            hint=correct,
            code="fee.decimals",
        )


_LARGEST_FIXED = Decimal(10) ** 12  # far above any order, far below what the column holds


def remove_channel_fee(uow: UnitOfWork, fee_id: int) -> None:
    """Take back what was stated of a shop; its fees are unknown again where no settlement tells them.

    Raises NotFound where nothing of that number stands.
    """
    require(uow, Permission.EDIT_SETTINGS)
    f = channel_fee.c
    held = uow.connection.execute(sa.select(f.channel_id, f.kind, f.valid_from, *_STATED).where(f.id == fee_id)).first()
    if held is None or not uow.connection.execute(sa.delete(channel_fee).where(f.id == fee_id)).rowcount:
        raise NotFound(T("This statement of a fee no longer stands."), hint=T("Reload the page."), code="fee.gone")
    audit.record(
        uow, audit.Act.REMOVE_CHANNEL_FEE, f"channel {held.channel_id}: {held.kind}", valid_from=held.valid_from,
        before={"share": held.share, "fixed": held.fixed, "currency": held.currency},
    )  # fmt: skip


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the rates and fees that an import brought; fees that it replaced stand again."""
    require(uow, Permission.UNDO_IMPORTS)
    facts.withdraw(uow, (settlement_fee,), batch_id)
    uow.connection.execute(
        sa.update(fx_rate)
        .where(fx_rate.c.batch_id == batch_id, fx_rate.c.withdrawn_by.is_(None))
        .values(withdrawn_by=batch_id)
    )
