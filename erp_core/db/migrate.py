"""Bring a database to the schema of this version (Alembic, both kinds of database)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from erp_core.db.engine import Database

VERSION_TABLE = "alembic_version"
_SCRIPTS = Path(__file__).parent / "migrations"


def _config(**attributes: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes.update(attributes)
    return config


def upgrade(database: Database, to: str = "head") -> str:
    """Run the migrations that are missing; returns the schema's revision. Safe to call twice, also at once."""
    command.upgrade(_config(database=database), to)
    return current_revision(database) or ""


def upgrade_within(connection: sa.Connection, to: str = "head") -> None:
    """The same inside the caller's transaction, which the caller commits or not."""
    command.upgrade(_config(connection=connection), to)


def current_revision(database: Database) -> str | None:
    """The revision the database stands at; None when it was never migrated."""
    with database.reading() as connection:
        return revision_of(connection)


def revision_of(connection: sa.Connection) -> str | None:
    """The revision that this transaction sees; None when the database was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


@lru_cache(maxsize=1)
def revisions() -> tuple[str, ...]:
    """Every revision that this version of the code knows, the oldest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())[::-1]


def head_revision() -> str:
    """The revision this version of the code expects."""
    return revisions()[-1]


def is_current(database: Database) -> bool:
    """Whether the database fits this version of the code."""
    return current_revision(database) == head_revision()


@lru_cache(maxsize=8)
def tables_at(revision: str) -> sa.MetaData:
    """The tables of a revision as SQLite describes them, in an order in which their rows can be filled in: what the
    migrations make in a scratch file. The table of the revision itself is not among them."""
    with TemporaryDirectory(prefix="erp-schema-") as folder:
        scratch = Database(f"sqlite:///{Path(folder) / 'schema.db'}")
        upgrade(scratch, revision)
        tables = sa.MetaData()
        with scratch.reading() as connection:
            tables.reflect(connection, only=lambda name, _: name != VERSION_TABLE)
        scratch.dispose()
    return tables
