"""Dated exchange rates."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import id_column, metadata, reference

fx_rate = sa.Table(
    "fx_rate",
    metadata,
    id_column(),
    sa.Column("ds", sa.Date, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("base", sa.String(3), nullable=False),
    sa.Column("rate", sa.Text, nullable=False),  # exact decimal: 1 `currency` = rate `base`
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.Index("ix_fx_rate_currency_base_ds", "currency", "base", "ds"),
)
