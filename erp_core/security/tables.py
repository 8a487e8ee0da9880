"""What is remembered of who did what. The rows are chained by their hashes (`audit_chain`); triggers refuse to change
or delete any."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata
from erp_core.security.vault import Sealed

_JSON = sa.JSON(none_as_null=True)

audit_event = sa.Table(
    "audit_event",
    metadata,
    id_column(),
    sa.Column("at", UtcTime, nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("source", sa.Text, nullable=False, server_default=""),  # where from: `page 203.0.113.7`, `terminal` …
    sa.Column("before", _JSON),  # the values that the act changed, as they were
    sa.Column("after", _JSON),  # and as they are now
    sa.Column("previous", sa.Text, nullable=False, server_default=""),  # the hash of the event before
    sa.Column("hash", sa.Text, nullable=False, server_default=""),
)

# The newest event, in one row, so that a tail that was cut off is missed.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
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
