"""discounts in the rollup, packed rollups, answers to decisions, kept views, alerts, the digest"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "packed_part",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("name", "part", name=op.f("pk_packed_part")),
    )
    op.create_table(
        "decision_answer",
        _id(),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("money", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_answer")),
    )
    op.create_index(op.f("ix_decision_answer_key"), "decision_answer", ["key"], unique=False)
    op.create_table(
        "saved_view",
        _id(),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("owner", "page", "name", name=op.f("uq_saved_view_owner_page_name")),
    )
    op.create_table(
        "alert_rule",
        _id(),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("comparison", sa.String(length=8), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("muted_until", UtcTime(), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.CheckConstraint("comparison IN ('above', 'below')", name=op.f("ck_alert_rule_comparison")),
        sa.CheckConstraint("days > 0", name=op.f("ck_alert_rule_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
    )
    op.create_table(
        "alert_event",
        _id(),
        sa.Column("rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rule.id"], name=op.f("fk_alert_event_rule_id_alert_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_event")),
    )
    op.create_index(op.f("ix_alert_event_rule_id"), "alert_event", ["rule_id"], unique=False)
    op.create_table(
        "digest_target",
        _id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("minute BETWEEN 0 AND 1439", name=op.f("ck_digest_target_minute")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_target")),
        sa.UniqueConstraint("name", name=op.f("uq_digest_target_name")),
    )
    op.create_table(
        "digest_delivery",
        _id(),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["target_id"], ["digest_target.id"], name=op.f("fk_digest_delivery_target_id_digest_target")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_delivery")),
    )
    op.create_index(op.f("ix_digest_delivery_target_id"), "digest_delivery", ["target_id"], unique=False)
    for name in ("discount", "order_discount"):
        op.add_column("daily_sales", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    connection = op.get_bind()
    _fill_discounts(connection)
    _name_parts(connection)


_SALES = "o.withdrawn_by IS NULL AND o.document = 'order' AND o.state NOT IN ('cancelled', 'adjustment')"
_LIVE = "l.superseded_by IS NULL AND l.cancelled = false AND l.product_id IS NOT NULL"
_JOINED = "FROM order_line l JOIN sales_order o ON o.id = l.order_id"


def _fill_discounts(connection: sa.Connection) -> None:
    """What lines were reduced by, and their part of what was taken off their orders, in the days that stand."""
    keys = "l.product_id, o.ds, o.channel_id, o.currency"
    off_lines = sa.text(
        f"SELECT {keys}, sum(l.discount) {_JOINED} WHERE {_SALES} AND {_LIVE} AND l.discount <> 0 GROUP BY {keys}"
    )
    of_orders = sa.text(
        f"SELECT o.id, o.discount, l.amount, {keys} {_JOINED} WHERE {_SALES} AND {_LIVE} AND o.discount <> 0 "
        "ORDER BY o.id, l.line_no"
    )
    sums: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for *key, off in connection.execute(off_lines):
        sums[tuple(key)][0] += int(off)
    for _, group in groupby(connection.execute(of_orders), key=lambda row: row[0]):
        lines = list(group)
        for line, part in zip(lines, _spread(int(lines[0][1]), [int(line[2]) for line in lines]), strict=True):
            sums[tuple(line[3:])][1] += part
    for (product_id, ds, channel_id, currency), (off, part) in sums.items():
        connection.execute(
            sa.text(
                "UPDATE daily_sales SET discount = :off, order_discount = :part WHERE product_id = :product "
                "AND ds = :ds AND channel_id = :channel AND currency = :currency"
            ),
            {"off": off, "part": part, "product": product_id, "ds": ds, "channel": channel_id, "currency": currency},
        )


def _spread(amount: int, weights: list[int]) -> list[int]:
    """In whole minor units by weight, the largest remainders rounded up; equally where there is no weight."""
    weights = [max(weight, 0) for weight in weights]
    if not sum(weights):
        weights = [1] * len(weights)
    parts = [divmod(amount * weight, sum(weights)) for weight in weights]
    shares = [quotient for quotient, _ in parts]
    by_remainder = sorted(range(len(parts)), key=lambda at: -parts[at][1])
    for at in by_remainder[: amount - sum(shares)]:
        shares[at] += 1
    return shares


_PACKED = (("sales", "daily_sales"), ("stock", "daily_stock"), ("orders", "sales_order"), ("lines", "sales_order"))


def _name_parts(connection: sa.Connection) -> None:
    """Every month that has rows, to be packed."""
    for name, table in _PACKED:
        days = connection.execute(sa.text(f"SELECT DISTINCT ds FROM {table}")).scalars()
        months = {(day.year, day.month) for day in (_day(day) for day in days)}
        for year, month in sorted(months):
            connection.execute(
                sa.text("INSERT INTO packed_part (name, part, version) VALUES (:name, :part, :version)"),
                {"name": name, "part": year * 12 + month - 1, "version": secrets.randbits(62)},
            )


def _day(value: object) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])
