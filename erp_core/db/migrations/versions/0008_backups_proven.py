"""proofs that backups can be restored"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backup_proof",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("made_at", UtcTime()),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(8), nullable=False),
        sa.Column("problem", sa.JSON()),
        sa.CheckConstraint("result IN ('proven', 'failed')", name=op.f("ck_backup_proof_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_proof")),
    )
    op.create_index(op.f("ix_backup_proof_at"), "backup_proof", ["at"])
