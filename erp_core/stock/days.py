"""Keeping daily_stock: only what differs is written, and the months in which it does are to be packed anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.db import packs
from erp_core.db.bulk import fetch_numbers, insert_columns, load_temporary
from erp_core.db.packs import day_column, parts_of
from erp_core.stock.tables import daily_stock

STOCK_PACK = "stock"  # what readers take packed: see `packed`
Ints = npt.NDArray[np.int64]


def replace_days(connection: sa.Connection, products: sa.FromClause, days: pd.DataFrame) -> None:
    """Make the daily levels of these products (a table with the column `id`) those of `days`: product_id, location_id,
    ds, on_hand, received, one row a product, place and day."""
    d = daily_stock.c
    query = (
        sa.select(d.product_id, d.location_id, day_column(d.ds, connection), d.on_hand, d.received)
        .join(products, products.c.id == d.product_id)
        .order_by(d.product_id, d.location_id, d.ds)
    )
    kept = fetch_numbers(connection, query)
    fresh = {name: days[name].to_numpy(np.int64) for name in ("product_id", "location_id", "on_hand", "received")}
    fresh["day"] = days["ds"].to_numpy().astype("datetime64[D]").astype(np.int64)
    gone, new = _differences(kept, fresh)
    if gone.any():
        old: dict[str, tuple[sa.types.TypeEngine[Any], npt.NDArray[Any]]] = {
            "product_id": (sa.BigInteger(), kept["product_id"][gone]),
            "location_id": (sa.BigInteger(), kept["location_id"][gone]),
            "ds": (sa.Date(), kept["day"][gone].astype("datetime64[D]")),
        }
        rows = load_temporary(connection, "days_gone", old)
        named = sa.tuple_(d.product_id, d.location_id, d.ds)
        connection.execute(sa.delete(daily_stock).where(named.in_(sa.select(*rows.c))))
    insert_columns(
        connection,
        daily_stock,
        {
            **{name: fresh[name][new] for name in ("product_id", "location_id", "on_hand", "received")},
            "ds": fresh["day"][new].astype("datetime64[D]"),
        },
    )
    packs.touch(connection, STOCK_PACK, parts_of(np.concatenate([kept["day"][gone], fresh["day"][new]])).tolist())


def drop_days(connection: sa.Connection, products: sa.FromClause) -> None:
    """Products whose stock is not known have no daily levels."""
    named = daily_stock.c.product_id.in_(sa.select(products.c.id))
    days = connection.execute(sa.select(daily_stock.c.ds).where(named).distinct()).scalars().all()
    if days:
        connection.execute(sa.delete(daily_stock).where(named))
        packs.touch(connection, STOCK_PACK, {packs.part_of(day) for day in days})


def _differences(kept: dict[str, Ints], fresh: dict[str, Ints]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which kept rows go, and which fresh ones come; a row that changed does both."""
    width = 1 + max(int(rows["location_id"].max(initial=0)) for rows in (kept, fresh))
    span = 1 + max(int(rows["day"].max(initial=0)) for rows in (kept, fresh))
    old, new = ((rows["product_id"] * width + rows["location_id"]) * span + rows["day"] for rows in (kept, fresh))
    if not len(old):
        return np.zeros(0, bool), np.ones(len(new), bool)
    at = np.minimum(np.searchsorted(old, new), len(old) - 1)
    same = old[at] == new
    for name in ("on_hand", "received"):
        same &= kept[name][at] == fresh[name]
    gone = np.ones(len(old), bool)
    gone[at[same]] = False
    return gone, ~same
