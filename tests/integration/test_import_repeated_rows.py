"""Lists that name the same thing twice and differently: the last word counts, and the same list again changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.imports.service import import_files, undo_import
from erp_core.security.actor import LOCAL_USER
from tests.opened import opened

PRODUCTS = """SKU,Name,Unit cost,Currency,Cost valid from,Supplier,MOQ,Pack
A,Ant,1.00,USD,2025-01-01,Zoo,10,
B,Bee,2.00,USD,2025-01-01,Zoo,,
A,Aphid,1.50,USD,2025-01-01,Zoo,20,5
"""
# Feb says what Jan says in its first row; only its last row makes Feb a change. Rows need not be in order of days.
COSTS = """SKU,Name,Unit cost,Currency,Cost valid from
A,Ant,5.00,USD,2025-02-01
A,Ant,5.00,USD,2025-01-01
A,Ant,7.00,USD,2025-01-01
"""
SUPPLIERS = """Supplier,Contact,Email,Lead time (days)
Zoo,Ann,ann@example.com,5
Zoo,Bob,,7
"""
CUSTOMERS = """Customer ID,Name,Email,City
C-1,Ann,ann@example.com,Oslo
C-1,Ann Lee,,Bergen
"""
RATES = """Date,Currency,Base,Rate
2025-01-01,USD,CNY,7.1
2025-01-02,USD,CNY,7.3
2025-01-01,USD,CNY,7.2
"""
STORED = {
    "products": (PRODUCTS, "SELECT sku, name FROM product ORDER BY sku", [("A", "Aphid"), ("B", "Bee")]),
    "items": (PRODUCTS, "SELECT moq, pack FROM supplier_item ORDER BY product_id", [(20, 5), (None, None)]),
    "costs": (
        COSTS,
        "SELECT unit_cost FROM product_cost WHERE withdrawn_by IS NULL ORDER BY valid_from",
        [(7_000_000,), (5_000_000,)],
    ),
    "suppliers": (SUPPLIERS, ("supplier", "contact", "email", "lead_time_days"), [("Bob", "ann@example.com", 7)]),
    "customers": (CUSTOMERS, ("customer", "name", "email", "city"), [("Ann Lee", "ann@example.com", "Bergen")]),
    "rates": (RATES, "SELECT rate FROM fx_rate ORDER BY ds", [("7.2",), ("7.3",)]),
}


def rows(database: Database, query: str | tuple[str, ...]) -> list[tuple[Any, ...]]:
    if isinstance(query, tuple):
        return opened(database, *query)
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


@pytest.mark.parametrize("name", STORED)
def test_the_last_word_counts_and_the_same_list_again_changes_nothing(
    database: Database, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    text, query, expected = STORED[name]
    path = tmp_path / f"{name}.csv"
    path.write_text(text)
    (first,) = import_files(database, LOCAL_USER.acting(clock), [path])
    assert (first.rows_accepted, first.rows_rejected) == (first.rows_read, 0)
    assert rows(database, query) == expected
    path.write_text(text + "\n")  # other bytes, the same rows
    (again,) = import_files(database, LOCAL_USER.acting(clock), [path])
    assert (again.rows_accepted, again.rows_unchanged) == (0, again.rows_read)
    assert rows(database, query) == expected


def test_undoing_such_a_list_brings_back_what_stood_before_it(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("Customer ID,Name,Email,City\nC-1,Anna,anna@example.com,Rome\n")
    import_files(database, LOCAL_USER.acting(clock), [path])
    path.write_text(CUSTOMERS)
    (second,) = import_files(database, LOCAL_USER.acting(clock), [path])
    undo_import(database, LOCAL_USER.acting(clock), second.batch_id or 0)
    assert opened(database, "customer", "name", "email", "city") == [("Anna", "anna@example.com", "Rome")]


def test_a_product_in_several_rows_of_a_list_counts_its_reserved_units_once(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    orders, products = tmp_path / "orders.csv", tmp_path / "products.csv"
    orders.write_text("Order ID,Date,SKU,Quantity,Unit price,Currency,Status\n1,2025-01-02,ANT,5,2.00,USD,paid\n")
    products.write_text("SKU,Name,Unit cost,Supplier\nANT,Ant,1.00,Zoo\nANT,Ant,1.00,Farm\n")
    import_files(database, LOCAL_USER.acting(clock), [orders])
    import_files(database, LOCAL_USER.acting(clock), [products])
    assert rows(database, "SELECT reserved FROM stock_balance") == [(5,)]
