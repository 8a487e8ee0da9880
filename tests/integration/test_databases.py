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
    assert current_revision(database) == head_revision()
    assert upgrade(database) == head_revision()


def test_a_database_with_data_of_the_first_version_is_brought_up_to_date(empty_url: str) -> None:
    database = Database(empty_url)
    upgrade(database, "0002")
    rows = (
        "INSERT INTO channel (name, platform) VALUES ('Lamps', 'Taobao')",
        "INSERT INTO product (sku, name) VALUES ('MUG', 'Mug'), ('POST', 'Postage')",
        "INSERT INTO sales_order (channel_id, external_id, document, state, ordered_at, ds, currency, lines, header_fingerprint,"
        " lines_fingerprint, discount) VALUES (1, '1', 'order', 'paid', '2025-01-01 00:00:00', '2025-01-01', 'CNY', 1, 1, 1, 10)",
        "INSERT INTO order_line (order_id, line_no, product_id, quantity, amount, discount) VALUES (1, 1, 1, 2, 100, 5)",
        "INSERT INTO order_line (order_id, line_no, product_id, quantity, amount) VALUES (1, 2, 2, 1, 50)",
        "INSERT INTO daily_sales (product_id, ds, channel_id, currency, quantity, revenue) VALUES"
        " (1, '2025-01-01', 1, 'CNY', 2, 100), (2, '2025-01-01', 1, 'CNY', 1, 50)",
        "INSERT INTO stock_movement (product_id, location_id, at, kind, quantity) VALUES (1, 1, '2025-01-01 00:00:00', 'sale', -2)",
        "INSERT INTO stock_balance (product_id, location_id) VALUES (1, 1)",
    )
    with database.writing_connection() as connection:
        for row in rows:
            connection.execute(sa.text(row))
        connection.commit()
    assert upgrade(database) == head_revision()
    with database.reading() as connection:

        def all_of(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(sa.text(query))]

        assert all_of("SELECT stock_share, safety_buffer FROM channel") == [(100, 0)]
        assert all_of("SELECT sku, unit_factor FROM product ORDER BY sku") == [("MUG", 1), ("POST", 1)]
        assert all_of("SELECT quantity, line_ref FROM order_line ORDER BY line_no") == [(2, None), (1, None)]
        # 10 off the order by 100 : 50 is 6⅔ and 3⅓: the larger remainder rounds up
        sums = "SELECT revenue, discount, order_discount FROM daily_sales ORDER BY product_id"
        assert all_of(sums) == [(100, 5, 7), (50, 0, 3)]
        assert all_of("SELECT name, part FROM packed_part ORDER BY name") == [
            (name, 2025 * 12) for name in ("lines", "orders", "sales")
        ]
        assert all_of("SELECT quantity, source_id FROM stock_movement") == [(-2, None)]
        assert [bool(row[0]) for row in all_of("SELECT partial FROM sales_order")] == [False]
    database.dispose()


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
