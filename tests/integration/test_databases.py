"""The two kinds of database, as every other integration test gets them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import erp_core.schema  # noqa: F401  (registers every table)
from erp_core.db.base import metadata
from erp_core.db.engine import Database
from erp_core.db.migrate import current_revision, head_revision, upgrade
from tests.conftest import NOW, Addresses


def test_the_migrations_make_exactly_the_tables_that_the_code_declares(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []


def test_a_migrated_database_stands_at_the_newest_revision_and_upgrading_again_changes_nothing(
    database: Database,
) -> None:
    assert current_revision(database) == head_revision(database)
    assert upgrade(database) == head_revision(database)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_one_test_writes_the_next_does_not_see(database: Database, turn: str) -> None:
    event = metadata.tables["audit_event"]
    with database.reading() as connection:
        assert connection.execute(sa.select(event.c.subject).where(event.c.action == "left.behind")).all() == []
    with database.writing_connection() as connection:
        connection.execute(
            sa.insert(event).values(at=NOW, actor="test", action="left.behind", subject=turn, details={})
        )
        connection.commit()


def test_the_test_server_is_a_current_postgresql(postgresql_addresses: Addresses) -> None:
    with postgresql_addresses() as url:
        database = Database(url)
        with database.reading() as connection:
            version = connection.execute(sa.text("SHOW server_version_num")).scalar_one()
        database.dispose()
    assert int(version) >= 160000
