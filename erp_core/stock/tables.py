"""Stock as an append-only ledger; balances and daily levels are kept beside it and can be rebuilt from it."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, number_of, reference, units

location = sa.Table(
    "location",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("named_by_person", sa.Boolean, nullable=False, server_default=sa.false()),
)

# A row either changes the stock (`quantity`) or fixes it (`level`, kind 'count'). Never both, never edited.
stock_movement = sa.Table(
    "stock_movement",
    metadata,
    id_column(),
    reference("product_id", "product.id"),
    number_of("location_id"),
    sa.Column("at", UtcTime, nullable=False),
    # sale, return, write_off, receipt, adjustment, reserve, count, reversal
    sa.Column("kind", sa.String(12), nullable=False),
    units("quantity"),  # change of on_hand
    units("reserved"),  # change of reserved: a paid order that has not left yet; on a count: what the file said
    units("incoming"),  # on a count: what the file said was on its way
    units("level", nullable=True),  # on a count: the units found
    sa.Column("order_id", sa.BigInteger),
    sa.Column("line_no", sa.Integer),
    # Not a foreign key: it would be checked for each row of an import. A reversal carries the batch it takes back.
    sa.Column("batch_id", sa.BigInteger),
    sa.Column("source_id", sa.BigInteger),  # the return_case or receipt that it comes from
    sa.Column("reverses", sa.BigInteger),  # the movement whose effect this row takes back
    sa.CheckConstraint("(level IS NOT NULL) = (kind = 'count')", name="level_is_a_count"),
    sa.CheckConstraint("level IS NULL OR (level >= 0 AND quantity = 0)", name="level"),
    sa.Index("ix_stock_movement_product_id_at", "product_id", "at"),
    sa.Index("ix_stock_movement_order_id", "order_id"),
    *(  # few rows of many: indexes that hold only them
        sa.Index(f"ix_stock_movement_{name}", column, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
        for name, column, where in (
            ("reverses", "reverses", "reverses IS NOT NULL"),
            ("reserved", "product_id", "reserved <> 0"),
            ("anchor", "product_id", "kind IN ('count', 'receipt')"),
        )
    ),
)

stock_balance = sa.Table(
    "stock_balance",
    metadata,
    reference("product_id", "product.id", primary_key=True),
    reference("location_id", "location.id", primary_key=True),
    units("on_hand", nullable=True),  # NULL = unknown: neither a count nor a receipt has said
    units("shortfall"),  # units sold beyond what counts and receipts account for
    units("reserved"),
    units("incoming"),
    sa.Column("value", sa.BigInteger),  # minor units of the base currency; NULL without a cost
    sa.Column("known_from", UtcTime),  # the count or receipt that the balance rests on
    sa.CheckConstraint("on_hand >= 0", name="on_hand"),
    sa.CheckConstraint("shortfall >= 0", name="shortfall"),
    sa.CheckConstraint("shortfall = 0 OR on_hand = 0", name="shortfall_means_none_left"),
    sa.CheckConstraint("reserved >= 0", name="reserved"),
    sa.CheckConstraint("incoming >= 0", name="incoming"),
    sqlite_with_rowid=False,
)

# End-of-day level, one row on each day on which it changed (a step function), from the first known day on.
daily_stock = sa.Table(
    "daily_stock",
    metadata,
    number_of("product_id", primary_key=True),
    number_of("location_id", primary_key=True),
    sa.Column("ds", sa.Date, primary_key=True),
    units("on_hand"),
    units("received"),
    sqlite_with_rowid=False,
)
