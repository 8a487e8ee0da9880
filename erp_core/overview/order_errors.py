"""Orders that went out with a wrong or a missing item, as far as returns say why they came back."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import product
from erp_core.db import facts
from erp_core.orders.tables import return_case, sales_order
from erp_core.orders.views import Filters
from erp_core.text import T

NO_REASONS = T("reasons of returns: import a file of returns that says why")


def errors_by_day(connection: sa.Connection, period: Period, filters: Filters) -> pd.DataFrame | None:
    """ds (the order's day), orders: orders of the period of which something came back because it was wrong or because
    something was missing; None where no return says why it came back."""
    r, o = return_case.c, sales_order.c
    told = sa.and_(facts.stands(return_case), r.picking_error.is_not(None))
    if connection.execute(sa.select(r.id).where(told).limit(1)).first() is None:
        return None
    query = (
        sa.select(o.ds, sa.func.count(sa.distinct(o.id)).label("orders"))
        .join(return_case, r.order_id == o.id)
        .where(
            facts.stands(return_case),
            r.picking_error.is_(sa.true()),
            o.ds.between(period.start, period.end),
            o.withdrawn_by.is_(None),
            o.document == "order",
            o.state.not_in(("cancelled", "adjustment")),
        )
        .group_by(o.ds)
        .order_by(o.ds)
    )
    if filters.channels:
        query = query.where(o.channel_id.in_(filters.channels))
    if filters.categories:
        query = query.join(product, product.c.id == r.product_id).where(product.c.category.in_(filters.categories))
    frame = pd.DataFrame(connection.execute(query).all(), columns=["ds", "orders"])
    return frame.assign(ds=pd.to_datetime(frame["ds"]), orders=frame["orders"].astype("int64"))
