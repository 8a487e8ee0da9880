"""Bring a database to the schema of this version (Alembic, both kinds of database)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from erp_core.db.engine import Database

_SCRIPTS = Path(__file__).parent / "migrations"


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["database"] = database
    return config


def upgrade(database: Database, to: str = "head") -> str:
    """Run the migrations that are missing; returns the schema's revision. Safe to call twice, also at once."""
    command.upgrade(_config(database), to)
    return current_revision(database) or ""


def current_revision(database: Database) -> str | None:
    """The revision the database stands at; None when it was never migrated."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision(database: Database) -> str:
    """The revision this version of the code expects."""
    return ScriptDirectory.from_config(_config(database)).get_current_head() or ""


def is_current(database: Database) -> bool:
    """Whether the database fits this version of the code."""
    return current_revision(database) == head_revision(database)
