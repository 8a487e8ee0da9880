"""What is remembered of backups: the proofs that they can be put back."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata

# Appended: one attempt to put a backup back into an empty place, with all that is checked then.
backup_proof = sa.Table(
    "backup_proof",
    metadata,
    id_column(),
    sa.Column("at", UtcTime, nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),  # its name, without the folder
    sa.Column("sha256", sa.String(64)),  # of the file; NULL where it could not be read
    sa.Column("made_at", UtcTime),  # of the backup; NULL where it could not be read
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("result", sa.String(8), nullable=False),  # proven, failed
    sa.Column("problem", sa.JSON),  # of a failure: what was wrong, to be read in either language
    sa.CheckConstraint("result IN ('proven', 'failed')", name="result"),
)
