"""the log of acts: before and after, from where, chained"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime
from erp_core.db.chain import GENESIS, TIME_FORMAT, link

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_ONCE = 5_000

_event = sa.table(
    "audit_event",
    sa.column("id", sa.BigInteger),
    sa.column("at", UtcTime),
    sa.column("actor", sa.Text),
    sa.column("source", sa.Text),
    sa.column("action", sa.Text),
    sa.column("subject", sa.Text),
    sa.column("details", sa.JSON),
    sa.column("previous", sa.Text),
    sa.column("hash", sa.Text),
)

# An event is never changed and never deleted, a head only moves on. REPLACE deletes on SQLite without a word to the
# triggers on deleting, so a number that is taken is refused too.
_SQLITE = (
    """CREATE TRIGGER audit_event_keeps_changes BEFORE UPDATE ON audit_event
    BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END""",
    """CREATE TRIGGER audit_event_keeps_rows BEFORE DELETE ON audit_event
    BEGIN SELECT RAISE(ABORT, 'audit events are never deleted'); END""",
    """CREATE TRIGGER audit_event_keeps_numbers BEFORE INSERT ON audit_event
    WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'audit events are never replaced'); END""",
    """CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head WHEN NEW.event_id <= OLD.event_id
    BEGIN SELECT RAISE(ABORT, 'the head of the audit chain only moves on'); END""",
    """CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
    BEGIN SELECT RAISE(ABORT, 'the head of the audit chain only moves on'); END""",
    """CREATE TRIGGER audit_head_is_one BEFORE INSERT ON audit_head WHEN EXISTS (SELECT 1 FROM audit_head)
    BEGIN SELECT RAISE(ABORT, 'the head of the audit chain only moves on'); END""",
)
_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'the audit chain is only added to: ' || TG_OP || ' on ' || TG_TABLE_NAME; END $$""",
    """CREATE TRIGGER audit_event_keeps_rows BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_event_keeps_all BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (NEW.event_id <= OLD.event_id) EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_head_keeps_all BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
)


def upgrade() -> None:
    for name in ("source", "before", "after", "previous", "hash"):
        column: sa.Column[Any] = sa.Column(name, sa.JSON(), nullable=True)
        if name not in ("before", "after"):
            column = sa.Column(name, sa.Text(), server_default="", nullable=False)
        op.add_column("audit_event", column)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    connection = op.get_bind()
    _chain(connection)
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)


def _chain(connection: sa.Connection) -> None:
    """The events that stand get their links."""
    e = _event.c
    wanted = sa.select(e.id, e.at, e.actor, e.source, e.action, e.subject, e.details).order_by(e.id).limit(_AT_ONCE)
    write = (
        sa.update(_event)
        .where(e.id == sa.bindparam("of"))
        .values(previous=sa.bindparam("before_it"), hash=sa.bindparam("its"))
    )
    last, previous = 0, GENESIS
    while rows := connection.execute(wanted.where(e.id > last)).mappings().all():
        links: list[dict[str, Any]] = []
        for row in rows:
            at = row["at"].astimezone(dt.UTC).strftime(TIME_FORMAT)
            own = link({**row, "at": at, "before": None, "after": None, "previous": previous})
            links.append({"of": row["id"], "before_it": previous, "its": own})
            previous = own
        connection.execute(write, links)
        last = rows[-1]["id"]
    if last:
        connection.execute(
            sa.text("INSERT INTO audit_head (id, event_id, hash) VALUES (1, :last, :own)"),
            {"last": last, "own": previous},
        )
