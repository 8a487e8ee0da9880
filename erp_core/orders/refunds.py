"""What buyers got back, where return cases say more than the orders themselves.

The platform's order export and the returns file speak of the same money: an order's refund is the greater of both,
never the sum. A return without an order is money that no order tells of.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import product
from erp_core.db import facts
from erp_core.db.bulk import fetch_columns
from erp_core.orders.rollups import IS_LIVE_LINE, IS_SALE
from erp_core.orders.rules import MONEY_BACK, excess_refunds
from erp_core.orders.tables import order_line, return_case, sales_order

COLUMNS = ["order_id", "product_id", "channel_id", "is_charge", "ds", "currency", "refunded"]


def refunds_beyond_orders(
    connection: sa.Connection, period: Period, channels: Sequence[int] = (), categories: Sequence[str] = ()
) -> pd.DataFrame:
    """Refunds of return cases beyond what the lines of their orders say, one row an order, product and currency.

    order_id (missing: a return without an order), product_id, channel_id (0: not said), is_charge, ds (the order's day,
    else the return's, datetime64), currency, refunded (minor units, above 0). Cases that are only requested, or
    refused, move no money; orders that are no sales have nothing to give back.
    """
    if connection.execute(sa.select(return_case.c.id).where(facts.stands(return_case)).limit(1)).first() is None:
        return pd.DataFrame(columns=COLUMNS)
    r, o = return_case.c, sales_order.c
    ds = sa.func.coalesce(o.ds, r.ds)
    conditions = [
        facts.stands(return_case),
        r.state.in_(MONEY_BACK),
        r.refund > 0,
        ds.between(period.start, period.end),
        sa.or_(r.order_id.is_(None), sa.and_(o.withdrawn_by.is_(None), IS_SALE)),
    ]
    if channels:
        conditions.append(sa.func.coalesce(o.channel_id, r.channel_id).in_(channels))
    shop = sa.func.coalesce(o.channel_id, r.channel_id, 0).label("channel_id")
    keys = (r.order_id, r.product_id, shop, product.c.is_charge, product.c.category, ds.label("ds"), r.currency)
    query = (
        sa.select(*keys, sa.func.sum(r.refund).label("refund"))
        .select_from(return_case.join(product, product.c.id == r.product_id).outerjoin(sales_order, o.id == r.order_id))
        .where(*conditions)
        .group_by(*keys)
    )
    found = pd.DataFrame(fetch_columns(connection, query))
    if found.empty:
        return pd.DataFrame(columns=COLUMNS)
    found["order_id"] = found["order_id"].astype("Int64")
    named = sa.select(r.order_id).where(facts.stands(return_case), r.order_id.is_not(None))
    line = order_line.c
    said_query = (
        sa.select(line.order_id, line.product_id, o.currency, sa.func.sum(line.refunded).label("refunded"))
        .join(sales_order, o.id == line.order_id)
        .where(line.order_id.in_(named), IS_LIVE_LINE, line.refunded != 0, line.product_id.is_not(None))
        .group_by(line.order_id, line.product_id, o.currency)
    )
    said = pd.DataFrame(
        fetch_columns(connection, said_query), columns=["order_id", "product_id", "currency", "refunded"]
    )
    found["refunded"] = excess_refunds(found, said)
    found["ds"] = pd.to_datetime(found["ds"])
    if categories:
        found = found[found["category"].isin(categories)]
    return found.loc[found["refunded"] > 0, COLUMNS].astype(
        {"is_charge": bool, "refunded": "int64", "channel_id": "int64"}
    )
