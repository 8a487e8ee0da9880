"""What has left attaches to the orders that stand; nothing is counted twice."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import import_files, undo_import
from erp_core.orders import rollups
from erp_core.orders.tables import order_line, sales_order, shipment, shipment_line
from erp_core.overview.views import Filters, kpis
from erp_core.security.actor import LOCAL_USER
from erp_core.stock.tables import location, stock_movement
from erp_core.stock.views import check

ORDERS = (
    "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\tproduct-name\tsku\tasin\t"
    "item-status\tquantity\tcurrency\titem-price\n"
    "111-1\t2026-01-05T10:00:00+00:00\t2026-01-05T10:05:00+00:00\tUnshipped\tAmazon\tAmazon.com\tLamp\tLAMP\tB1\tUnshipped\t2\tUSD\t40.00\n"
    "111-1\t2026-01-05T10:00:00+00:00\t2026-01-05T10:05:00+00:00\tUnshipped\tAmazon\tAmazon.com\tBulb\tBULB\tB2\tUnshipped\t3\tUSD\t9.00\n"
)
HEAD = (
    "amazon-order-id\tmerchant-order-id\tshipment-id\tshipment-item-id\tamazon-order-item-id\tpurchase-date\tshipment-date\tsku\t"
    "product-name\tquantity-shipped\tcurrency\titem-price\tcarrier\ttracking-number\testimated-arrival-date\tfulfillment-center-id\n"
)


def shipped(order: str, number: str, item: str, sku: str, quantity: int, price: str) -> str:
    return (
        f"{order}\t\tS{number}\tD{number}{item}\t{item}\t2026-01-05T10:00:00+00:00\t2026-01-0{number}T08:00:00+00:00\t{sku}\t{sku} x\t"
        f"{quantity}\tUSD\t{price}\tUPS\t1Z{number}\t2026-01-12T20:00:00+00:00\tPHX6\n"
    )


LAMPS = HEAD + shipped("111-1", "7", "i1", "LAMP", 2, "40.00")
BULBS = HEAD + shipped("111-1", "9", "i2", "BULB", 3, "9.00")


class Shop:
    """A shop that files are put into."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        self.database, self.folder, self.clock = database, folder, clock
        self.who = LOCAL_USER.acting(clock)

    def put(self, text: str, name: str = "file.txt") -> Receipt:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        (receipt,) = import_files(self.database, self.who, [path])
        return receipt

    def undo(self, receipt: Receipt) -> None:
        undo_import(self.database, self.who, int(receipt.batch_id or 0))

    def revenue(self) -> float:
        with self.database.reading() as connection:
            company = read_company(connection)
            return float(kpis(connection, company, None, Filters(), dt.date(2026, 3, 2))["revenue"].value or 0)

    def order(self) -> sa.Row[tuple[object, ...]]:
        with self.database.reading() as connection:
            return connection.execute(sa.select(sales_order)).one()

    def lines(self) -> list[tuple[int, int, bool | None]]:
        query = (
            sa.select(order_line.c.quantity, order_line.c.amount, order_line.c.fulfilled)
            .where(order_line.c.superseded_by.is_(None))
            .order_by(order_line.c.amount.desc())
        )
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]

    def count(self, table: sa.Table) -> int:
        with self.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def left_fba(self) -> int:
        """Units that the ledger lets leave Amazon's warehouse."""
        m, earlier = stock_movement, stock_movement.alias("earlier")
        gone = sa.exists(sa.select(sa.literal(1)).where(earlier.c.reverses == m.c.id))
        query = (
            sa.select(sa.func.coalesce(sa.func.sum(-m.c.quantity), 0))
            .join(location, location.c.id == m.c.location_id)
            .where(location.c.name == "Amazon FBA", m.c.kind != "reversal", ~gone)
        )
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def sound(self) -> bool:
        with self.database.writing_connection() as connection:
            return not check(connection) and not rollups.check(connection)


@pytest.fixture
def shop(database: Database, clock: FixedClock, tmp_path: Path) -> Shop:
    return Shop(database, clock, tmp_path)


def test_shipments_attach_to_their_order_and_count_no_money_twice(shop: Shop) -> None:
    shop.put(ORDERS)
    assert shop.revenue() == 49.0  # 40.00 + 9.00
    receipt = shop.put(LAMPS)
    assert (receipt.rows_accepted, receipt.orders, receipt.lines) == (1, 1, 0)
    assert receipt.adds_up()
    assert shop.revenue() == 49.0
    assert (shop.order().state, shop.order().carrier, shop.order().tracking_number) == ("paid", "UPS", "1Z7")
    assert shop.left_fba() == 2  # the lamps
    shop.put(BULBS)
    assert shop.order().state == "shipped"
    assert shop.left_fba() == 5  # 2 lamps and 3 bulbs
    assert (shop.count(shipment), shop.count(shipment_line)) == (2, 2)
    assert shop.revenue() == 49.0
    assert shop.sound()


def test_the_same_files_again_in_any_order_change_nothing(shop: Shop) -> None:
    for text in (ORDERS, LAMPS, BULBS):
        shop.put(text)
    for text in (ORDERS, BULBS, LAMPS):
        again = shop.put(text)
        assert (again.rows_accepted, again.rows_unchanged, again.orders) == (0, again.rows_read, 0)
    assert shop.count(shipment) == 2
    assert shop.sound()


def test_an_order_that_only_shipments_tell_of_grows_with_them(shop: Shop) -> None:
    first = shop.put(LAMPS)
    assert (first.orders, first.lines, first.quantity) == (1, 1, 2)
    assert first.amount_accepted == {"USD": 4000}
    second = shop.put(BULBS)
    assert (second.orders, second.lines, second.quantity) == (1, 1, 3)
    assert [line[:2] for line in shop.lines()] == [(2, 4000), (3, 900)]
    assert shop.order().goods == 4900
    assert shop.left_fba() == 5
    assert (shop.put(LAMPS).rows_unchanged, shop.put(BULBS).rows_unchanged) == (1, 1)
    assert shop.sound()


def test_a_file_may_let_one_order_grow_and_bring_another(shop: Shop) -> None:
    shop.put(BULBS)
    receipt = shop.put(LAMPS + shipped("111-2", "8", "i5", "LAMP", 1, "20.00"))
    assert (receipt.rows_accepted, receipt.orders) == (2, 2)
    assert [line[:2] for line in shop.lines()] == [(2, 4000), (1, 2000), (3, 900)]
    assert shop.revenue() == 69.0  # 40.00 + 9.00 + 20.00
    assert shop.sound()


def test_the_order_list_takes_over_what_shipments_had_to_tell(shop: Shop) -> None:
    shop.put(LAMPS)
    shop.put(ORDERS.replace("Unshipped", "Shipped"))
    assert [line[:2] for line in shop.lines()] == [(2, 4000), (3, 900)]
    assert not shop.order().partial
    assert shop.put(LAMPS).rows_unchanged == 1
    assert shop.revenue() == 49.0
    assert shop.sound()


def test_undoing_shipments_puts_the_order_back(shop: Shop) -> None:
    shop.put(ORDERS)
    lamps, bulbs = shop.put(LAMPS), shop.put(BULBS)
    shop.undo(bulbs)
    assert (shop.order().state, shop.left_fba()) == ("paid", 2)
    shop.undo(lamps)
    assert (shop.order().carrier, shop.left_fba()) == (None, 0)
    assert not any(line[2] for line in shop.lines())
    assert shop.sound()
    again = shop.put(LAMPS)
    assert again.rows_accepted == 1
    assert shop.left_fba() == 2
    assert shop.sound()


def test_two_parcels_in_one_file_and_a_corrected_tracking_number(shop: Shop) -> None:
    shop.put(ORDERS)
    both = LAMPS + BULBS.removeprefix(HEAD)
    shop.put(both)
    assert shop.order().state == "shipped"
    corrected = shop.put(both.replace("1Z9", "1Z99"))
    assert (corrected.rows_accepted, corrected.rows_unchanged) == (2, 0)  # both are rows of one order
    assert shop.left_fba() == 5
    assert shop.sound()
