"""A shop for tests: files in as text, acts done as one person, numbers read back, soundness checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files, undo_import
from erp_core.orders import rollups
from erp_core.security.actor import LOCAL_USER
from erp_core.stock.views import check

SALES = "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Status,Shop"


@dataclass
class Shop:
    """The shop's database, clock and a folder for files."""

    database: Database
    clock: FixedClock
    folder: Path

    def load(self, text: str, **options: Any) -> Receipt:
        """Import text as a file."""
        path = self.folder / "file.csv"
        path.write_text(text, encoding="utf-8")
        (receipt,) = import_files(self.database, LOCAL_USER.acting(self.clock), [path], ImportOptions(**options))
        assert receipt.adds_up()
        return receipt

    def undo(self, receipt: Receipt) -> None:
        """Take an import back."""
        undo_import(self.database, LOCAL_USER.acting(self.clock), receipt.batch_id or 0)

    @contextmanager
    def acting(self) -> Iterator[UnitOfWork]:
        """A unit of work that is committed at the end."""
        with unit_of_work(self.database, LOCAL_USER.acting(self.clock)) as uow:
            yield uow
            uow.commit()

    def do(self, act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """One act of a service, committed."""
        with self.acting() as uow:
            return act(uow, *arguments, **options)

    def read(self, view: Callable[..., Any], *arguments: Any) -> Any:
        """What a view says."""
        with self.database.reading() as connection:
            return view(connection, *arguments)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def id_of(self, sku: str) -> int:
        """A product's id."""
        ((found,),) = self.rows(f"SELECT id FROM product WHERE sku = '{sku}'")
        return int(found)

    def on_hand(self) -> dict[str, int | None]:
        """Units on hand by SKU, over all places; None where unknown."""
        return dict(
            self.rows(
                "SELECT p.sku, SUM(b.on_hand) FROM stock_balance b JOIN product p ON p.id = b.product_id"
                " GROUP BY p.sku ORDER BY p.sku"
            )
        )

    def sold(self) -> dict[str, tuple[int, int]]:
        """Units and revenue (minor) by SKU."""
        found = self.rows(
            "SELECT p.sku, SUM(d.quantity), SUM(d.revenue) FROM daily_sales d JOIN product p ON p.id = d.product_id"
            " GROUP BY p.sku ORDER BY p.sku"
        )
        return {sku: (int(units), int(money)) for sku, units, money in found}

    def acts(self) -> list[str]:
        """What the audit holds, the oldest first."""
        return [action for (action,) in self.rows("SELECT action FROM audit_event ORDER BY id")]

    def assert_sound(self) -> None:
        """Balances are what the ledger says, rollups what the orders say."""
        with self.database.writing_connection() as connection:
            assert rollups.check(connection) == ()
        with self.database.reading() as connection:
            assert check(connection) == ()
