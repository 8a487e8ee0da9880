"""What came in, what was wrong with it, and how headers were mapped."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, reference
from erp_core.security.vault import Sealed

import_batch = sa.Table(
    "import_batch",
    metadata,
    id_column(),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("channel", sa.Text),
    sa.Column("status", sa.String(12), nullable=False),  # done, undone
    sa.Column("receipt", sa.JSON, nullable=False),
    sa.Column("undone_at", UtcTime),
    sa.Column("undone_by", sa.Text),
)

import_file = sa.Table(
    "import_file",
    metadata,
    id_column(),
    reference("batch_id", "import_batch.id", index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("columns", sa.JSON, nullable=False),
    # positions of the columns that were read as something that is no person's; NULL = not known
    sa.Column("open_columns", sa.JSON),
)

import_issue = sa.Table(
    "import_issue",
    metadata,
    id_column(),
    reference("batch_id", "import_batch.id", index=True),
    sa.Column("file_no", sa.Integer, nullable=False),
    sa.Column("row", sa.Integer),
    sa.Column("column", sa.Text),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("severity", sa.String(8), nullable=False),  # rejects, warns
    sa.Column("message", sa.JSON, nullable=False),  # without the words that it quotes
    sa.Column("personal", Sealed),  # message: with them
)

import_rejected = sa.Table(
    "import_rejected",
    metadata,
    id_column(),
    reference("batch_id", "import_batch.id", index=True),
    sa.Column("file_no", sa.Integer, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("personal", Sealed),  # cells: of the row as it came; reason: with its words; shifted, unread
    sa.Column("reason", sa.JSON, nullable=False),  # without them
)

import_mapping = sa.Table(
    "import_mapping",
    metadata,
    id_column(),
    sa.Column("header_key", sa.String(64), nullable=False, unique=True),  # hash of the normalised header row
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("columns", sa.JSON, nullable=False),  # field → header
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)

# What a reference row (product, supplier, customer …) held before an import changed it; NULL = it was not there.
import_change = sa.Table(
    "import_change",
    metadata,
    id_column(),
    reference("batch_id", "import_batch.id", index=True),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("entity_id", sa.BigInteger, nullable=False),
    sa.Column("before", sa.JSON),
    sa.Column("personal", Sealed),  # what was sealed in the row as it stood before
    sa.Index("ix_import_change_entity_entity_id", "entity", "entity_id"),
)
