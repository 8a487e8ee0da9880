"""What is kept of a choice of an ERP. Columns named `content` hold a value of `schema` as JSON, checked before it is
stored."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, reference

# One choice. `version` counts its changes; `settings` (`choice.Settings`) is all that is neither a need nor a rating,
# an offer or weights.
decision = sa.Table(
    "decision",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("vendors", sa.JSON, nullable=False),  # keys of those on its list
    sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("archived_at", UtcTime),
    sa.Column("token", sa.Text, unique=True),  # of the form that made it: sent twice, it makes one
)

# Appended: who changed what of a choice. Two people who change the same thing find out here.
decision_change = sa.Table(
    "decision_change",
    metadata,
    id_column(),
    reference("decision_id", "decision.id"),
    sa.Column("version", sa.Integer, nullable=False),  # of the choice after the change
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),  # of the audit
    sa.Column("things", sa.JSON, nullable=False),  # what it touched: ["budget"], ["rating odoo function.orders.x"]
    sa.UniqueConstraint("decision_id", "version"),
)

requirement = sa.Table(
    "requirement",
    metadata,
    id_column(),
    reference("decision_id", "decision.id"),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # in the order of the template, own ones behind
    sa.Column("content", sa.JSON, nullable=False),  # schema.Requirement
    sa.Column("proposal", sa.JSON(none_as_null=True)),  # the same as it is proposed; NULL for an own one
    sa.Column("chosen_by_person", sa.Boolean, nullable=False, server_default=sa.false()),  # no proposal changes it
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("token", sa.Text),
    sa.UniqueConstraint("decision_id", "key"),
    sa.UniqueConstraint("decision_id", "token"),
)

# Appended: of one vendor, requirement and evaluator the row that was not ended holds.
rating = sa.Table(
    "rating",
    metadata,
    id_column(),
    reference("decision_id", "decision.id"),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("requirement", sa.Text, nullable=False),
    sa.Column("evaluator", sa.Text, nullable=False, server_default=""),  # "" = agreed
    sa.Column("content", sa.JSON, nullable=False),  # schema.Rating
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("ended_by", sa.Text),
    sa.Index(
        "uq_rating_holds",
        "decision_id",
        "vendor",
        "requirement",
        "evaluator",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

weighting = sa.Table(
    "weighting",
    metadata,
    id_column(),
    reference("decision_id", "decision.id"),
    sa.Column("evaluator", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),  # schema.Weighting
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.UniqueConstraint("decision_id", "evaluator"),
)

# Appended; one that no longer counts is withdrawn.
quote = sa.Table(
    "quote",
    metadata,
    id_column(),
    reference("decision_id", "decision.id", index=True),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),  # schema.Quote
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("withdrawn_at", UtcTime),
    sa.Column("withdrawn_by", sa.Text),
    sa.Column("token", sa.Text, unique=True),
)

# Systems of the merchant's own, beside those of the catalogue; for all choices.
vendor = sa.Table(
    "vendor",
    metadata,
    id_column(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("content", sa.JSON, nullable=False),  # schema.Vendor
    sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("archived_at", UtcTime),
    sa.Column("token", sa.Text, unique=True),
)

# Appended: what the merchant found out about a system, own or of the catalogue; for all choices.
vendor_fact = sa.Table(
    "vendor_fact",
    metadata,
    id_column(),
    sa.Column("vendor", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.String(8), nullable=False),  # fact, note
    sa.Column("content", sa.JSON, nullable=False),  # schema.Fact; of a note {"text": …}
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    reference("replaces", "vendor_fact.id", nullable=True, unique=True),  # the row that this one corrects
    sa.Column("withdrawn_at", UtcTime),
    sa.Column("withdrawn_by", sa.Text),
    sa.Column("token", sa.Text, unique=True),
    sa.CheckConstraint("kind IN ('fact', 'note')", name="kind"),
)

# Appended: a choice as it stood, with its answer. Triggers refuse to change or delete any.
decision_version = sa.Table(
    "decision_version",
    metadata,
    id_column(),
    reference("decision_id", "decision.id"),
    sa.Column("number", sa.Integer, nullable=False),  # 1, 2, … of its choice
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("document", sa.JSON, nullable=False),  # schema.Decision
    sa.Column("inputs_hash", sa.String(64), nullable=False),
    sa.Column("results", sa.JSON, nullable=False),  # evaluation.to_json
    sa.Column("token", sa.Text, unique=True),
    sa.UniqueConstraint("decision_id", "number"),
)
