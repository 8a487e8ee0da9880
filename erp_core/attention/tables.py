"""Alerts with what became of them, and where the daily digest goes."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, price, reference

alert_rule = sa.Table(
    "alert_rule",
    metadata,
    id_column(),
    sa.Column("measure", sa.Text, nullable=False),  # a key of the metrics, or one of `rules.MEASURES`
    sa.Column("comparison", sa.String(8), nullable=False),  # above, below
    sa.Column("threshold", sa.BigInteger, nullable=False),  # millionths of the measure's unit
    sa.Column("days", sa.Integer, nullable=False),  # the period that is measured: the last so many days
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("muted_until", UtcTime),  # it is watched all the same, but calls nobody
    sa.Column("made_at", UtcTime, nullable=False),
    sa.CheckConstraint("comparison IN ('above', 'below')", name="comparison"),
    sa.CheckConstraint("days > 0", name="days"),
)

# Appended: what became of an alert.
alert_event = sa.Table(
    "alert_event",
    metadata,
    id_column(),
    reference("rule_id", "alert_rule.id", index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),  # fired, cleared, made, changed, muted, unmuted, removed
    sa.Column("actor", sa.Text, nullable=False),
    price("value"),  # what was measured, in millionths; NULL = not measured
)

# Where messages go. Addresses that let anyone post, and passwords, lie outside the database: ERP_HOME/keys.
digest_target = sa.Table(
    "digest_target",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),  # mail, wecom, dingtalk, feishu, webhook
    sa.Column("minute", sa.Integer, nullable=False),  # of the company's day, from when on it goes out
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("removed_at", UtcTime),  # its deliveries keep their target
    sa.CheckConstraint("minute BETWEEN 0 AND 1439", name="minute"),
    sa.Index(
        "uq_digest_target_name",
        "name",
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    ),
)

# Each attempt to deliver; written as begun before anything goes out, so that nobody sends the same beside it.
digest_delivery = sa.Table(
    "digest_delivery",
    metadata,
    id_column(),
    reference("target_id", "digest_target.id"),
    sa.Column("subject", sa.Text, nullable=False),  # digest:2026-03-02, alert:17 (the event's id)
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("ds", sa.Date, nullable=False),  # the company's day of the message
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("outcome", sa.String(8), nullable=False),  # begun, sent, failed
    sa.Column("detail", sa.JSON),  # of a failure: what happened
    sa.UniqueConstraint("target_id", "subject", "attempt"),
)
