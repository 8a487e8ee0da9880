"""What must be computed anew after the company changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.company.service import Consequences
from erp_core.company.views import read_company
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.orders import rollups
from erp_core.orders.tables import sales_order
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock


def recompute(uow: UnitOfWork, consequences: Consequences) -> None:
    """Days of orders and levels after the zone moved; values after the base currency did."""
    require(uow, Permission.EDIT_SETTINGS)
    zone = read_company(uow.connection).time_zone
    if consequences.days:
        _move_days(uow, zone)
        rollups.rebuild(uow.connection)
        stock.refresh(uow, None, zone)
    if consequences.values:
        stock.revalue(uow)


def _move_days(uow: UnitOfWork, zone: str) -> None:
    rows = uow.connection.execute(sa.select(sales_order.c.id, sales_order.c.ordered_at)).all()
    if not rows:
        return
    at = pd.DatetimeIndex([row.ordered_at for row in rows]).tz_convert(zone).tz_localize(None)
    moved = load_temporary(
        uow.connection,
        "moved_days",
        {
            "id": (sa.BigInteger(), np.array([row.id for row in rows], np.int64)),
            "ds": (sa.Date(), at.to_numpy().astype("datetime64[D]")),
        },
    )
    uow.connection.execute(sa.update(sales_order).where(sales_order.c.id == moved.c.id).values(ds=moved.c.ds))
