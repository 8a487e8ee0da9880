"""The demo shop's files are what its platforms export: recognised, imported without a rejected row, adding up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.demo.files import files_of, write_files
from erp_core.demo.plan import DEFAULT_SEED, SIZES, Plan
from erp_core.demo.service import import_demo_files
from erp_core.demo.shop import DemoShop, final_stock, make_shop
from erp_core.demo.written import DemoFile
from erp_core.imports.service import recognise
from erp_core.money import to_minor
from erp_core.security.actor import LOCAL_USER
from tests.integration.shop import Shop

COMMITTED = Path(__file__).resolve().parents[2] / "data" / "demo" / "qimu"
PLAN = Plan(SIZES["tiny"], DEFAULT_SEED, dt.date(2025, 11, 30))
FORMATS = {
    "tmall_orders.csv": ("taobao-orders", "gb18030"),
    "tmall_lines.csv": ("taobao-lines", "gb18030"),
    "jd_orders.csv": ("jd-orders", "gb18030"),
    "pinduoduo_orders.csv": ("pinduoduo-orders", "utf-8-sig"),
    "shopify_orders.csv": ("shopify-orders", "utf-8-sig"),
    "shopify_customers.csv": ("shopify-customers", "utf-8"),
    "exchange_rates.csv": ("generic-rates", "utf-8-sig"),
    "suppliers.csv": ("generic-suppliers", "utf-8-sig"),
    "products.csv": ("generic-products", "utf-8-sig"),
    "opening_stock.csv": ("generic-stock", "utf-8-sig"),
    "stocktake.csv": ("generic-counts", "utf-8-sig"),
    "purchase_orders.csv": ("generic-purchase-orders", "utf-8-sig"),
    "receipts.csv": ("generic-receipts", "utf-8-sig"),
    "parcels.csv": ("generic-tracking", "utf-8-sig"),
    "returns.csv": ("generic-returns", "utf-8-sig"),
    "contacts.csv": ("generic-contacts", "utf-8-sig"),
    "settlement_fees.csv": ("generic-settlement-fees", "utf-8-sig"),
}


@pytest.fixture(scope="module")
def made() -> tuple[DemoShop, tuple[DemoFile, ...]]:
    shop = make_shop(PLAN)
    return shop, files_of(shop)


def test_the_files_that_lie_in_data_are_made_by_the_generator(made: tuple[DemoShop, tuple[DemoFile, ...]]) -> None:
    """python -m erp_core demo files --size tiny --seed 618 --until 2025-11-30 --out data/demo/qimu"""
    _, files = made
    assert {path.name for path in COMMITTED.iterdir()} == {file.name for file in files}
    assert [file.name for file in files if (COMMITTED / file.name).read_bytes() != file.content] == []
    assert sum(len(file.content) for file in files) < 1_500_000


def test_every_file_is_recognised_without_a_hint(sqlite_database: Database) -> None:
    found = {}
    for path in COMMITTED.iterdir():
        table, detection = recognise(sqlite_database, path)
        found[path.name] = (detection.format, table.encoding)
    assert found == FORMATS


def test_files_go_in_whole_add_up_and_leave_the_stock_that_was_there(
    database: Database, clock: FixedClock, tmp_path: Path, made: tuple[DemoShop, tuple[DemoFile, ...]]
) -> None:
    demo, files = made
    write_files(files, tmp_path)
    who = LOCAL_USER.acting(clock)
    receipts = import_demo_files(database, who, files, tmp_path)
    by_file = {read.name: receipt for receipt in receipts for read in receipt.files}
    assert set(by_file) == set(FORMATS)
    for file in files:
        receipt = by_file[file.name]
        assert receipt.adds_up()
        assert (file.name, receipt.rows_rejected, receipt.rows_unchanged) == (file.name, 0, 0)
        assert [issue.message for issue in receipt.issues if issue.severity == "rejects"] == []
        if file.orders:
            assert (receipt.orders, receipt.lines, receipt.quantity) == (file.orders, file.lines, file.units)
            assert receipt.amount_accepted == dict(file.money)
        else:
            assert receipt.rows_accepted == file.rows
    warned = {issue.code for receipt in receipts for issue in receipt.issues}
    assert warned <= {"fee.sign"}  # how the fees' signs were read

    shop = Shop(database, clock, tmp_path)
    shop.assert_sound()
    stock = dict(zip(demo.products.sku.tolist(), final_stock(demo).tolist(), strict=True))
    assert {sku: units or 0 for sku, units in shop.on_hand().items()} == {
        k: v for k, v in stock.items() if k in shop.on_hand()
    }
    assert {sku for sku, units in stock.items() if units} <= set(shop.on_hand())
    ((short,),) = shop.rows("SELECT COUNT(*) FROM stock_balance WHERE shortfall > 0")
    ((lowest,),) = shop.rows("SELECT MIN(on_hand) FROM daily_stock")
    assert (short, lowest >= 0) == (0, True)

    for receipt in import_demo_files(database, who, files, tmp_path):
        assert (receipt.rows_accepted, receipt.rows_rejected) == (0, 0)


def test_returned_money_and_fees_arrive_as_they_were_made(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, made: tuple[DemoShop, tuple[DemoFile, ...]]
) -> None:
    """Added up from the files' own rows, column by column, as a person would in a spreadsheet."""
    _, files = made
    write_files(files, tmp_path)
    import_demo_files(sqlite_database, LOCAL_USER.acting(clock), files, tmp_path)
    texts = {
        file.name: file.content.decode("utf-8-sig")
        for file in files
        if file.name in ("returns.csv", "settlement_fees.csv")
    }
    refunds, fees = (
        column(texts[name], wanted)
        for name, wanted in (("returns.csv", "退款金额"), ("settlement_fees.csv", "费用金额"))
    )
    with sqlite_database.reading() as connection:
        stored = dict(
            connection.execute(sa.text("SELECT currency, SUM(refund) FROM return_case GROUP BY currency")).all()
        )
        taken = dict(
            connection.execute(sa.text("SELECT currency, SUM(amount) FROM settlement_fee GROUP BY currency")).all()
        )
    assert stored == refunds
    assert taken == fees


def column(text: str, name: str) -> dict[str, int]:
    """The sum of a column by the currency of its row, in minor units."""
    from decimal import Decimal

    header, *rows = [line.split(",") for line in text.splitlines()]
    amount, currency = header.index(name), header.index("币种")
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[currency]] = sums.get(row[currency], 0) + to_minor(Decimal(row[amount]), row[currency])
    return sums
