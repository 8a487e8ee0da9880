"""The company itself: one row."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import metadata

company = sa.Table(
    "company",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("base_currency", sa.String(3), nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    # False until a person chose it: the first import may then set currency and zone to those of its file.
    sa.Column("money_chosen", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("zone_chosen", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("benchmarks", sa.JSON, nullable=False),
    sa.Column("planning", sa.JSON, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.CheckConstraint("id = 1", name="single_row"),
)
