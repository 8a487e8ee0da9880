"""Products sold by the kilogram and counted by the gram."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.catalog.tables import product, product_cost
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, Conflict, ErpError
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import import_files, undo_import
from erp_core.orders import rollups
from erp_core.orders.tables import daily_orders, daily_sales, order_line
from erp_core.overview.units import Unit, change_unit
from erp_core.security.actor import LOCAL_USER
from erp_core.stock.views import check, levels

SALES = """Order id,Date,SKU,Quantity,Unit price
1,2026-01-05,TEA,2,50.00
2,2026-01-06,TEA,0.25,50.00
3,2026-01-07,CUP,3,8.00
"""
STOCK = "SKU,On hand,Date,Unit cost\nTEA,10.5,2026-01-04,20\nCUP,9,2026-01-04,3\n"


class Shop:
    """A shop that files are put into."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        self.database, self.folder, self.who = database, folder, LOCAL_USER.acting(clock)

    def put(self, text: str, name: str = "file.csv") -> Receipt:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        (receipt,) = import_files(self.database, self.who, [path])
        return receipt

    def unit(self, sku: str, unit: Unit) -> None:
        with unit_of_work(self.database, self.who) as uow:
            found = uow.connection.execute(sa.select(product.c.id).where(product.c.sku == sku)).scalar_one()
            change_unit(uow, found, unit)
            uow.commit()

    def on_hand(self) -> dict[str, int]:
        with self.database.reading() as connection:
            rows = levels(connection)
        return dict(zip(rows["sku"], rows["on_hand"], strict=True))

    def one(self, query: sa.Select[tuple[int]]) -> int:
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def sound(self) -> bool:
        with self.database.writing_connection() as connection:
            return not check(connection) and not rollups.check(connection)


@pytest.fixture
def shop(database: Database, clock: FixedClock, tmp_path: Path) -> Shop:
    return Shop(database, clock, tmp_path)


GRAMS = Unit("kg", "g", 1000)


def test_a_part_of_a_unit_is_refused_and_the_refusal_says_where_to_declare_the_smaller_one(shop: Shop) -> None:
    receipt = shop.put(SALES)
    assert (receipt.rows_accepted, receipt.rows_rejected) == (2, 1)
    assert [(issue.row, issue.code) for issue in receipt.issues] == [(3, "quantity.fraction")]
    assert "Products" in str(receipt.issues[0].message)


def test_once_declared_parts_go_in_and_earlier_quantities_are_said_anew(shop: Shop) -> None:
    shop.put(SALES)
    shop.unit("TEA", GRAMS)
    receipt = shop.put(SALES)
    # orders 1 and 3 stand as they are, whatever unit the tea is counted in; order 2 comes in: 0.25 × 50.00 = 12.50
    assert (receipt.rows_accepted, receipt.rows_unchanged, receipt.rows_rejected) == (1, 2, 0)
    assert receipt.amount_accepted == {"CNY": 1250}
    shop.put(STOCK, "stock.csv")
    # 10.5 kg − 2 kg − 0.25 kg = 8.25 kg = 8,250 g; 9 − 3 cups
    assert shop.on_hand() == {"TEA": 8250, "CUP": 6}
    price = sa.select(order_line.c.unit_price).where(order_line.c.order_id == 1, order_line.c.superseded_by.is_(None))
    assert shop.one(price) == 50_000  # ¥50.00 a kilogram = ¥0.05 a gram, in millionths
    assert shop.one(sa.select(product_cost.c.unit_cost).where(product_cost.c.currency == "CNY").limit(1)) == 20_000
    tea = sa.select(sa.func.sum(daily_sales.c.quantity)).join(product, product.c.id == daily_sales.c.product_id)
    assert shop.one(tea.where(product.c.sku == "TEA")) == 2250
    assert shop.one(sa.select(sa.func.sum(daily_orders.c.quantity))) == 2253
    assert shop.sound()


def test_the_same_files_again_change_nothing_before_and_after(shop: Shop) -> None:
    shop.put(SALES.replace("0.25", "1"))
    shop.put(STOCK.replace("10.5", "10"), "stock.csv")
    shop.unit("TEA", GRAMS)
    again = shop.put(SALES.replace("0.25", "1"))
    assert again.rows_unchanged == 3
    assert shop.on_hand() == {"TEA": 7000, "CUP": 6}  # 10 kg − 2 kg − 1 kg
    assert shop.sound()


def test_an_undo_after_the_change_leaves_everything_in_the_new_unit(shop: Shop) -> None:
    first = shop.put(SALES.replace("0.25", "1"))
    second = shop.put(SALES.replace("0.25", "3"))  # order 2 revised: 3 kg
    shop.unit("TEA", GRAMS)
    undo_import(shop.database, shop.who, int(second.batch_id or 0))
    assert shop.one(sa.select(sa.func.sum(daily_orders.c.quantity))) == 2000 + 1000 + 3
    assert shop.sound()
    undo_import(shop.database, shop.who, int(first.batch_id or 0))
    assert shop.sound()


def test_back_to_the_larger_unit_only_where_everything_stays_whole(shop: Shop) -> None:
    shop.put(SALES.replace("0.25", "1"))
    shop.unit("TEA", GRAMS)
    shop.unit("TEA", Unit("kg"))
    assert shop.sound()
    shop.unit("TEA", GRAMS)
    shop.put(SALES.replace("3,2026-01-07,CUP,3", "4,2026-01-08,TEA,0.5"))
    with pytest.raises(Conflict):
        shop.unit("TEA", Unit("kg"))
    assert shop.sound()


@pytest.mark.parametrize("unit", [Unit("kg", "g", 0), Unit("kg", "g", 2_000_000), Unit(None, "g", 1000)])
def test_a_unit_that_cannot_be_is_refused_in_words(shop: Shop, unit: Unit) -> None:
    shop.put(SALES)
    with pytest.raises(BadInput) as refusal:
        shop.unit("TEA", unit)
    assert refusal.value.hint is not None


def test_terms_of_suppliers_follow_the_unit(shop: Shop) -> None:
    shop.put(SALES)
    shop.unit("TEA", GRAMS)
    receipt = shop.put("Supplier,SKU,Purchase price,MOQ,Pack size,Lead time\nHill,TEA,18,5,0.5,7\n", "suppliers.csv")
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 0)
    from erp_core.purchasing.tables import supplier_item

    with shop.database.reading() as connection:
        row = connection.execute(sa.select(supplier_item)).one()
    assert (row.unit_price, row.moq, row.pack) == (18_000, 5000, 500)


def test_it_takes_the_permission_to_edit_the_catalogue(shop: Shop) -> None:
    shop.put(SALES)
    from erp_core.db.uow import As

    with unit_of_work(shop.database, As("guest", frozenset())) as uow, pytest.raises(ErpError):
        change_unit(uow, 1, GRAMS)
