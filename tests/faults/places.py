"""Databases of one content, as many as are wanted: a shop is filled once and copied."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import head_revision, tables_at
from erp_core.imports.service import import_files
from erp_core.orders import ledger
from erp_core.safety import checks
from erp_core.safety.totals import totals_of
from erp_core.security.actor import LOCAL_USER
from tests.conftest import NOW

HEAD = "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Channel,Customer,Phone,Email,Address"
State = dict[str, dict[str, Any]]


def sales(path: Path, first: int, count: int) -> Path:
    """A file of orders with the numbers from `first` on, each of two lines and with a buyer of its own."""
    rows = [HEAD]
    for number in range(first, first + count):
        who = f"C-{number},139{number:08d},buyer{number}@example.com,{number} High St"
        rows += [
            f"A-{number},2025-06-{number % 28 + 1:02d} 10:00,SKU-{number % 20},Thing {number % 20},2,4.50,USD,Web,{who}",
            f"A-{number},2025-06-{number % 28 + 1:02d} 10:00,SKU-{number % 7},Thing {number % 7},1,7.25,USD,Web,{who}",
        ]
    path.write_text("\n".join(rows) + "\n")
    return path


def purchases(path: Path) -> Path:
    """A file of goods that were received: ten units of each of twenty products."""
    rows = ["Receipt No,Supplier,SKU,Product name,Quantity,Received at,Warehouse,Unit cost,Currency"]
    rows += [
        f"R-{number},Porto Ceramics,SKU-{number},Thing {number},10,2025-05-02 10:00,Lisbon,1.80,EUR"
        for number in range(20)
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


@dataclass(frozen=True)
class Place:
    """A filled shop that is only copied: its address, the folder of its keys, the number of its last import."""

    url: str
    keys: Path
    batch: int

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """The address of a copy, which is deleted afterwards."""
        if self.url.startswith("sqlite"):
            file = folder / f"{uuid.uuid4().hex}.db"
            shutil.copyfile(self.url.removeprefix("sqlite:///"), file)
            yield f"sqlite:///{file}"
            return
        url = Database(self.url).url
        server = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        name = f"erp_test_{uuid.uuid4().hex}"
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {url.database}")
        yield url.set(database=name).render_as_string(hide_password=False)
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def filled(url: str, folder: Path) -> Place:
    """Fill an empty, migrated database: sixty orders in two imports, goods received before."""
    keys = folder / "keys"
    database = Database(url, keys)
    who = LOCAL_USER.acting(FixedClock(NOW))
    import_files(database, who, [sales(folder / "first.csv", 1, 30)])
    (receipt,) = import_files(database, who, [sales(folder / "second.csv", 31, 30)])
    assert receipt.orders == 30
    database.dispose()
    return Place(url, keys, receipt.batch_id or 0)


def state_of(database: Database) -> State:
    """What tells two contents apart: control totals, and the rows of every table."""
    schema = tables_at(head_revision())
    with database.reading() as connection:
        counts = {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in schema.sorted_tables
        }
        undone = connection.execute(sa.text("SELECT status, count(*) FROM import_batch GROUP BY status")).all()
        return {"totals": totals_of(connection, schema), "rows": counts, "imports": {row[0]: row[1] for row in undone}}


def assert_sound(database: Database) -> None:
    """The laws that hold whatever happened: pages, references, balances from the ledger, rollups from the orders."""
    with database.reading() as connection:
        assert checks.broken_pages(connection) is None
        assert checks.dangling_references(connection) is None
    assert ledger.check(database)["ok"]
