"""Alembic's entry: run the migrations on the database that `migrate` hands over, or within its transaction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

import erp_core.schema  # noqa: F401  (registers every room’s tables)
from erp_core.db.base import metadata


def _run(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(72061)")  # two starts at once: one waits
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite"
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with context.config.attributes["database"].writing_connection() as own:
        _run(own)
        transaction = own.get_transaction()
        if transaction is not None and transaction.is_active:
            transaction.commit()
