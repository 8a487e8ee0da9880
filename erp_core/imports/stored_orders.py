"""Which stored order, and which shop, each row of a file speaks of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.db.bulk import load_temporary
from erp_core.imports.batch import Batch
from erp_core.imports.checked import Checked
from erp_core.orders import service as order_service
from erp_core.orders.tables import channel, sales_order
from erp_core.text import T, Text

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

UNKNOWN_ORDER = T(
    "The order of this row is not stored. Import the sales export that holds the order first, then this file again."
)
_SEVERAL = T(
    "Several shops have an order of this number. Add a column that names the shop, or import with --channel NAME."
)
_ELSEWHERE = T(
    "The order of this row stands in another shop than the one named. Correct the shop, or import with --channel NAME."
)
NO_SHOP = T(
    "The row names neither a shop nor a stored order. Add a column that names the shop, or import with --channel NAME."
)


@dataclass(frozen=True)
class Placed:
    """One entry a row: the stored order (0 none) and the channel (0 not known); `said`: the row names an order;
    `why`: why the order was not found (None where it was, or where none is named)."""

    order_id: Ints
    channel_id: Ints
    said: Bools
    why: list[Text | None]

    @property
    def lacking(self) -> Bools:
        """Rows that name an order which is not stored."""
        return np.asarray(self.said & (self.order_id == 0))


def place(batch: Batch, checked: Checked, may_name_shops: Bools) -> Placed:
    """Find each row's order by its number, within the shop that the person or the row names, else in the only shop that
    has it. A platform's name serves where it has one shop only. A shop that nothing has named yet is created where a
    row of `may_name_shops` names it."""
    words = checked.get("order_id")
    shops = checked.get("shop").copy()
    if batch.channel is not None:
        shops[:] = batch.channel
    said = np.array([word is not None for word in words.tolist()], bool)
    orders = _orders(batch, {word for word in words.tolist() if word is not None})
    channels = batch.uow.connection.execute(sa.select(channel.c.id, channel.c.name, channel.c.platform)).all()
    meant = _meant(channels, {shop for shop in shops.tolist() if shop is not None})
    order_id, channel_id = np.zeros(checked.count, np.int64), np.zeros(checked.count, np.int64)
    why: list[Text | None] = [None] * checked.count
    missing: dict[str, list[int]] = defaultdict(list)
    for at, (word, shop) in enumerate(zip(words.tolist(), shops.tolist(), strict=True)):
        held = orders.get(word, {}) if word is not None else {}
        wanted = None if shop is None else meant[shop]
        fitting = held if wanted is None else {c: order for c, order in held.items() if c in wanted}
        if len(fitting) == 1:
            ((channel_id[at], order_id[at]),) = fitting.items()
            continue
        if word is not None:
            why[at] = _SEVERAL if len(fitting) > 1 else (_ELSEWHERE if held else UNKNOWN_ORDER)
        if wanted is not None and len(wanted) == 1:
            (channel_id[at],) = wanted
        elif shop is not None and not wanted and may_name_shops[at] and not checked.bad[at]:
            missing[shop].append(at)
        elif shop is None and len(channels) == 1:
            channel_id[at] = channels[0].id
    for name, number in _created(batch, missing).items():
        channel_id[missing[name]] = number
    return Placed(order_id, channel_id, said, why)


def _orders(batch: Batch, words: Iterable[str]) -> dict[str, dict[int, int]]:
    """Number as the files write it → channel → order. A leading # may be written or left out."""
    asked = [(word, form) for word in words for form in dict.fromkeys((word, f"#{word}", word.removeprefix("#")))]
    wanted = load_temporary(
        batch.uow.connection,
        "named_orders",
        {
            "word": (sa.Text(), [word for word, _ in asked]),
            "form": (sa.Text(), [form for _, form in asked]),
        },
    )
    query = (
        sa.select(wanted.c.word, wanted.c.form, sales_order.c.channel_id, sales_order.c.id)
        .join(sales_order, sales_order.c.external_id == wanted.c.form)
        .where(sales_order.c.withdrawn_by.is_(None))
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for word, form, channel_id, order_id in batch.uow.connection.execute(query):
        if word == form or channel_id not in found[word]:
            found[word][channel_id] = order_id
    return found


def _meant(channels: Iterable[Any], shops: Iterable[str]) -> dict[str, frozenset[int]]:
    """The channels that a shop's name may mean: the one of that name, else those on the platform of that name."""
    held = list(channels)
    meant = {}
    for shop in shops:
        plain = shop.strip().casefold()
        named = frozenset(row.id for row in held if row.name.casefold() == plain)
        meant[shop] = named or frozenset(row.id for row in held if row.platform.casefold() == plain)
    return meant


def _created(batch: Batch, missing: Iterable[str]) -> dict[str, int]:
    """New channels; their platform is not known yet."""
    names = list(missing)
    made = order_service.ensure_channels(batch.uow, {name.strip(): "" for name in names}) if names else {}
    return {name: made[name.strip()] for name in names}


def only_channel(batch: Batch, checked: Checked) -> Objects:
    """The shop's name as the person or the file says it, without what stored orders tell: what a row's key holds."""
    if batch.channel is not None:
        return np.full(checked.count, batch.channel, object)
    return checked.get("shop")
