"""What the database keeps of itself: packed copies of its rollups, for readers in a hurry."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import metadata

# One part of one rollup, its rows as one block of columns (`db.packs`). A part that stands here has rows or had some;
# one whose content is NULL has changed since it was packed and is read from the rollup itself.
packed_part = sa.Table(
    "packed_part",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),  # of the rollup
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False),  # another one whenever the rows may have changed
    sa.Column("content", sa.LargeBinary),
)
