"""What people answered to the decisions of the day, and the views of pages that they kept."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, minor

# Appended; of one decision the last row holds.
decision_answer = sa.Table(
    "decision_answer",
    metadata,
    id_column(),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, index=True),  # of the decision, such as buy:Yiwu Lamps
    sa.Column("act", sa.String(12), nullable=False),  # accept, snooze, dismiss, reopen
    sa.Column("until", sa.Date),  # of a snooze, an acceptance: the first day on which it stands again
    sa.Column("reason", sa.Text),  # of a dismissal
    sa.Column("title", sa.JSON, nullable=False),  # what was decided on, as it stood
    minor("money", nullable=True),  # what it protected or freed then, in `currency`
    sa.Column("currency", sa.String(3)),
)

# A page with its filters, under a name.
saved_view = sa.Table(
    "saved_view",
    metadata,
    id_column(),
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.JSON, nullable=False),  # the URL's parameters: [[name, value], …]
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("saved_at", UtcTime, nullable=False),
    sa.UniqueConstraint("owner", "page", "name"),
)
