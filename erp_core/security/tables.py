"""What is remembered of who did what."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata
from erp_core.security.vault import Sealed

audit_event = sa.Table(
    "audit_event",
    metadata,
    id_column(),
    sa.Column("at", UtcTime, nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("details", sa.JSON, nullable=False),
)

# The keys that this database's personal data are or were sealed with; those that are not retired are needed to read it.
personal_key = sa.Table(
    "personal_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
)

# Random secrets that belong to the database and move with its backups: what keyed hashes of contents are made with.
sealed_secret = sa.Table(
    "sealed_secret",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("personal", Sealed, nullable=False),  # secret
)

# What must follow a migration outside its transaction, and is not done yet.
upkeep = sa.Table("upkeep", metadata, sa.Column("task", sa.Text, primary_key=True))
