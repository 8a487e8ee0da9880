"""the choice of an ERP: decisions, their needs, vendors, quotes, ratings, versions"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A version that was kept is what people decided on. REPLACE deletes on SQLite without a word to the trigger on
# deleting, so a number that is taken is refused too.
_SQLITE = (
    """CREATE TRIGGER decision_version_keeps_changes BEFORE UPDATE ON decision_version
    BEGIN SELECT RAISE(ABORT, 'kept versions of a choice are never changed'); END""",
    """CREATE TRIGGER decision_version_keeps_rows BEFORE DELETE ON decision_version
    BEGIN SELECT RAISE(ABORT, 'kept versions of a choice are never deleted'); END""",
    """CREATE TRIGGER decision_version_keeps_numbers BEFORE INSERT ON decision_version
    WHEN EXISTS (SELECT 1 FROM decision_version WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'kept versions of a choice are never replaced'); END""",
)
_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION decision_version_refuses() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'kept versions of a choice are only added to: ' || TG_OP; END $$""",
    """CREATE TRIGGER decision_version_keeps_rows BEFORE UPDATE OR DELETE ON decision_version
    FOR EACH ROW EXECUTE FUNCTION decision_version_refuses()""",
    """CREATE TRIGGER decision_version_keeps_all BEFORE TRUNCATE ON decision_version
    FOR EACH STATEMENT EXECUTE FUNCTION decision_version_refuses()""",
)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _of_a_decision(table: str) -> tuple[Any, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f(f"fk_{table}_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def upgrade() -> None:
    op.create_table(
        "decision",
        _number("id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("vendors", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("archived_at", UtcTime()),
        sa.Column("token", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        _unique("decision", "token"),
    )
    op.create_table(
        "decision_change",
        _number("id"),
        _number("decision_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("things", sa.JSON(), nullable=False),
        *_of_a_decision("decision_change"),
        _unique("decision_change", "decision_id", "version"),
    )
    op.create_table(
        "requirement",
        _number("id"),
        _number("decision_id"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("proposal", sa.JSON()),
        sa.Column("chosen_by_person", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("token", sa.Text()),
        *_of_a_decision("requirement"),
        _unique("requirement", "decision_id", "key"),
        _unique("requirement", "decision_id", "token"),
    )
    op.create_table(
        "rating",
        _number("id"),
        _number("decision_id"),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("requirement", sa.Text(), nullable=False),
        sa.Column("evaluator", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcTime()),
        sa.Column("ended_by", sa.Text()),
        *_of_a_decision("rating"),
    )
    op.create_index(
        "uq_rating_holds",
        "rating",
        ["decision_id", "vendor", "requirement", "evaluator"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "weighting",
        _number("id"),
        _number("decision_id"),
        sa.Column("evaluator", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        *_of_a_decision("weighting"),
        _unique("weighting", "decision_id", "evaluator"),
    )
    op.create_table(
        "quote",
        _number("id"),
        _number("decision_id"),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", UtcTime()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("token", sa.Text()),
        *_of_a_decision("quote"),
        _unique("quote", "token"),
    )
    op.create_index(op.f("ix_quote_decision_id"), "quote", ["decision_id"])
    op.create_table(
        "vendor",
        _number("id"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("archived_at", UtcTime()),
        sa.Column("token", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor")),
        _unique("vendor", "key"),
        _unique("vendor", "token"),
    )
    op.create_table(
        "vendor_fact",
        _number("id"),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        _number("replaces", nullable=True),
        sa.Column("withdrawn_at", UtcTime()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("token", sa.Text()),
        sa.CheckConstraint("kind IN ('fact', 'note')", name=op.f("ck_vendor_fact_kind")),
        sa.ForeignKeyConstraint(["replaces"], ["vendor_fact.id"], name=op.f("fk_vendor_fact_replaces_vendor_fact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_fact")),
        _unique("vendor_fact", "replaces"),
        _unique("vendor_fact", "token"),
    )
    op.create_index(op.f("ix_vendor_fact_vendor"), "vendor_fact", ["vendor"])
    op.create_table(
        "decision_version",
        _number("id"),
        _number("decision_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("inputs_hash", sa.String(64), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("token", sa.Text()),
        *_of_a_decision("decision_version"),
        _unique("decision_version", "decision_id", "number"),
        _unique("decision_version", "token"),
    )
    connection = op.get_bind()
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)
