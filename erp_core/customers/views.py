"""Contacts with buyers as frames."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from erp_core.customers.tables import interaction
from erp_core.db import facts
from erp_core.orders.tables import channel, sales_order
from erp_core.security.masking import shown

CONTACT_COLUMNS = (
    "contact_id", "customer_id", "at", "medium", "direction", "subject", "note", "agent", "channel", "order_id",
    "order_number",
)  # fmt: skip


def contacts(
    connection: sa.Connection, customer_id: int | None = None, limit: int = 1_000, *, see_personal_data: bool = False
) -> pd.DataFrame:
    """Standing contacts, the newest first (`CONTACT_COLUMNS`), of one buyer or of all.

    at: aware, UTC; order_id is missing where the file's order_number is not stored (yet). Subject, note and agent
    are masked unless the caller holds SEE_PERSONAL_DATA and says so.
    """
    i, later = interaction.c, sales_order.alias("later")
    by_number = sa.and_(
        i.order_id.is_(None),
        later.c.channel_id == i.channel_id,
        later.c.external_id == i.order_external_id,
        later.c.withdrawn_by.is_(None),
    )
    query = (
        sa.select(
            i.id.label("contact_id"), i.customer_id, i.at, i.medium, i.direction, i.personal,
            channel.c.name.label("channel"), sa.func.coalesce(i.order_id, later.c.id).label("order_id"),
            i.order_external_id.label("order_number"),
        )
        .select_from(interaction.outerjoin(channel, channel.c.id == i.channel_id).outerjoin(later, by_number))
        .where(facts.stands(interaction))
        .order_by(i.at.desc(), i.id.desc())
        .limit(limit)
    )  # fmt: skip
    if customer_id is not None:
        query = query.where(i.customer_id == customer_id)
    rows = [
        dict.fromkeys(CONTACT_COLUMNS) | dict(row) | shown(row["personal"], see_personal_data=see_personal_data)
        for row in connection.execute(query).mappings()
    ]
    frame = pd.DataFrame(rows, columns=list(CONTACT_COLUMNS))
    return frame.astype({"contact_id": "int64", "customer_id": "Int64", "order_id": "Int64"})
