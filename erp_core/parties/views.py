"""Buyers and suppliers as frames."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from erp_core.parties.tables import customer, supplier


def suppliers(connection: sa.Connection) -> pd.DataFrame:
    """Live suppliers: supplier_id, name, code, currency, lead time, minimum_order (minor)."""
    s = supplier.c
    query = (
        sa.select(s.id.label("supplier_id"), s.name, s.code, s.currency, s.lead_time_days, s.minimum_order)
        .where(s.withdrawn_by.is_(None))
        .order_by(s.name)
    )
    result = connection.execute(query)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def customer_count(connection: sa.Connection) -> int:
    """How many live customers."""
    query = sa.select(sa.func.count()).select_from(customer).where(customer.c.withdrawn_by.is_(None))
    return int(connection.execute(query).scalar_one())
