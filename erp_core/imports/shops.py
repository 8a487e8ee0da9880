"""Which shop each order of a file belongs to; and orders that two exports tell of.

An order-management system exports again what its shops' platforms export too. Where a platform's order numbers are
unique on the whole platform, the same number is the same order, under whatever shop name it stands; and a shop name
that is new, of which all orders that stand do so in one known shop, is another name of that shop (most platforms' files
name no shop at all). Elsewhere the same number in two shops may be two orders: the person is told.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db.bulk import load_temporary
from erp_core.imports.batch import Batch
from erp_core.imports.declaration import normalise_word
from erp_core.imports.formats import FORMATS
from erp_core.imports.receipt import Issue
from erp_core.imports.sales import Orders
from erp_core.imports.tables import import_batch
from erp_core.orders import service as order_service
from erp_core.orders.tables import channel, sales_order
from erp_core.text import T

Ints = npt.NDArray[np.int64]


def platform_wide() -> frozenset[str]:
    """Platforms whose order numbers are unique beyond one shop."""
    return frozenset(declared.platform for declared in FORMATS.values() if declared.platform_wide_ids)


def place(batch: Batch, orders: Orders, usable: npt.NDArray[np.bool_]) -> Ints:
    """The channel of each order (0 where not `usable`); writes the channel's name back into the orders' `shop`."""
    shop = orders.header["shop"]
    platforms = _platforms(orders, usable)
    known = batch.uow.connection.execute(sa.select(channel.c.id, channel.c.name, channel.c.platform)).all()
    names = {row.id: row.name for row in known}
    platform_of = {row.id: row.platform for row in known}
    ids = {row.name: row.id for row in known}
    platform_of_name = platforms | {row.name: row.platform for row in known if row.platform}
    found = pd.DataFrame()
    if known and usable.any():
        own = np.array([ids.get(str(name), 0) for name in shop], np.int64)
        found = _standing_elsewhere(batch, orders, own, usable)
    if not found.empty:
        found["own"] = [str(shop[at]) for at in found["at"]]
        there = found["channel_id"].map(platform_of)
        same = there.isin(platform_wide()) & (there == found["own"].map(platform_of_name))
        taken = found[same].drop_duplicates("at")
        shop[taken["at"].to_numpy()] = [names[number] for number in taken["channel_id"]]
        if not orders.shop_given:
            _join_new_names(orders, taken[~taken["own"].isin(ids)], names)
        rest = found[~found["at"].isin(taken["at"])]
        managed = orders.declared.order_manager | rest["managed"].to_numpy(bool)
        _warn(orders, rest[managed], names)
    used = {str(name) for name in pd.unique(shop[usable])}
    channels = order_service.ensure_channels(batch.uow, {name: platform_of_name[name] for name in sorted(used)})
    channel_id = np.array([channels.get(str(name), 0) for name in shop], np.int64)
    return np.where(usable, channel_id, 0)


def reject_doubles(orders: Orders, channel_id: Ints) -> None:
    """Keep orders out that the file tells of under two shop names which are one shop: which of them holds is not known.
    `channel_id`: of each order, 0 where it does not go in; set to 0 for those kept out."""
    told = pd.DataFrame({"channel": channel_id, "id": orders.ids})
    doubles = (told.duplicated(keep=False) & (told["channel"] > 0)).to_numpy()
    if not doubles.any():
        return
    orders.bad_order[doubles] = True
    channel_id[doubles] = 0
    text = T(
        "The file tells of this order under two shop names that are one shop here. Correct the shop in these rows, or "
        "import with --channel and the shop’s name."
    )
    rows = np.append(doubles, False)[orders.order_of_row]
    orders.rows.reject(rows, None, "order.two_shops", text)


def _join_new_names(orders: Orders, taken: pd.DataFrame, names: Mapping[int, str]) -> None:
    """Orders of a shop name that is new go where those of its orders stand that stand already, if that is one shop."""
    shop = orders.header["shop"]
    for own, group in taken.groupby("own", sort=True):
        homes = group["channel_id"].unique()
        others = shop == own
        if len(homes) == 1 and others.any():
            shop[others] = names[homes[0]]
            text = T(
                "“{own}” was taken for the shop “{other}”, in which {count} of its orders stand. If it is another "
                "shop, undo this import and import again with --channel and the shop’s name.",
                own=own, other=names[homes[0]], count=len(group),
            )  # fmt: skip
            orders.rows.issues.append(Issue(None, None, "shop.same", text, "warns"))


def _platforms(orders: Orders, usable: npt.NDArray[np.bool_]) -> dict[str, str]:
    """Shop name → platform, for the shops that usable orders name."""
    declared = orders.declared
    meaning = {normalise_word(word): name for word, name in declared.platforms.items()}
    shops = pd.DataFrame({name: orders.header[name][usable] for name in ("shop", "sold_on")}).drop_duplicates()
    result = dict.fromkeys((str(name) for name in shops["shop"]), declared.platform)
    for name, word in shops.itertuples(index=False):
        if declared.order_manager and word is not None and result[str(name)] == declared.platform:
            result[str(name)] = meaning.get(normalise_word(word), word) or declared.platform
    return result


def _standing_elsewhere(batch: Batch, orders: Orders, channel_id: Ints, usable: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Orders whose number stands in another shop and not in their own: at, channel_id, managed (told by an
    order-management system)."""
    at = np.flatnonzero(usable)
    wanted = load_temporary(
        batch.uow.connection,
        "placed_orders",
        {
            "at": (sa.BigInteger(), at),
            "channel_id": (sa.BigInteger(), channel_id[at]),
            "external_id": (sa.Text(), [orders.ids[i] for i in at.tolist()]),
        },
    )
    own = sales_order.alias("own")
    in_own = sa.exists(
        sa.select(sa.literal(1)).where(
            own.c.channel_id == wanted.c.channel_id,
            own.c.external_id == wanted.c.external_id,
            own.c.withdrawn_by.is_(None),
        )
    )
    query = (
        sa.select(wanted.c.at, sales_order.c.channel_id, import_batch.c.format)
        .select_from(
            wanted.join(sales_order, sales_order.c.external_id == wanted.c.external_id).outerjoin(
                import_batch, import_batch.c.id == sales_order.c.first_batch_id
            )
        )
        .where(
            sales_order.c.channel_id != wanted.c.channel_id,
            sales_order.c.withdrawn_by.is_(None),
            ~in_own,
        )
        .order_by(wanted.c.at, sales_order.c.channel_id)
    )
    managers = {name for name, declared in FORMATS.items() if declared.order_manager}
    rows = [(at, shop, format_ in managers) for at, shop, format_ in batch.uow.connection.execute(query)]
    return pd.DataFrame(rows, columns=["at", "channel_id", "managed"])


def _warn(orders: Orders, overlaps: pd.DataFrame, names: Mapping[int, str]) -> None:
    pairs = overlaps.drop_duplicates(["at", "channel_id"])
    for (own, other), group in pairs.groupby([pairs["own"], pairs["channel_id"].map(names)], sort=True):
        text = T(
            "{count} orders of “{own}” stand already under “{other}” with the same number, such as {example}. If they "
            "are the same orders they now count twice: undo this import, or import again with --channel “{other}”.",
            count=len(group), own=str(own), other=str(other), example=orders.ids[int(group["at"].iloc[0])],
        )  # fmt: skip
        orders.rows.issues.append(Issue(None, None, "order.overlap", text, "warns"))
