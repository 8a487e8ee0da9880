"""One product day by day: what it sold, what lay in stock, what came in."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import sqlalchemy as sa

from erp_core.orders.tables import daily_sales
from erp_core.stock.views import daily_levels


def story(connection: sa.Connection, product_id: int, start: dt.date, end: dt.date) -> pd.DataFrame:
    """ds (every day of the period), sold, on_hand (missing where unknown), received; all places and channels."""
    days = pd.DataFrame({"ds": pd.date_range(start, end, freq="D")})
    d = daily_sales.c
    query = (
        sa.select(d.ds, sa.func.sum(d.quantity).label("sold"))
        .where(d.product_id == product_id, d.ds.between(start, end))
        .group_by(d.ds)
    )
    sold = pd.DataFrame(connection.execute(query).all(), columns=["ds", "sold"])
    sold["ds"] = pd.to_datetime(sold["ds"])
    steps = daily_levels(connection, product_id, start, end)
    levels = (
        steps.pivot_table(index="ds", columns="location_id", values="on_hand", aggfunc="last")
        .reindex(days["ds"])
        .ffill()
    )
    received = steps.groupby("ds")["received"].sum()
    result = days.merge(sold, on="ds", how="left").fillna({"sold": 0})
    total = levels.sum(axis=1, min_count=1) if len(levels.columns) else pd.Series(float("nan"), index=days["ds"])
    return result.assign(
        sold=result["sold"].astype(int),
        on_hand=total.to_numpy(),
        received=received.reindex(days["ds"]).fillna(0).to_numpy(),
    )
