"""Sales files in: stored whole, never twice, revised by later exports, taken back."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import BadInput, Conflict, NotFound, NotPermitted
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files, undo_import
from erp_core.imports.views import batches, issues_of, rejected_rows
from erp_core.orders import rollups
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.stock.views import check

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
HEADER = "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Status"

Load = Callable[..., Receipt]


@pytest.fixture
def load(database: Database, clock: FixedClock, tmp_path: Path) -> Load:
    """Import text as a file, or files of data/samples by name."""

    def load(*sources: str, **options: Any) -> Receipt:
        paths = []
        for number, source in enumerate(sources):
            if "\n" in source:
                path = tmp_path / f"file{number}.csv"
                path.write_text(source, encoding="utf-8")
            else:
                path = SAMPLES / source
            paths.append(path)
        (receipt,) = import_files(database, LOCAL_USER.acting(clock), paths, ImportOptions(**options))
        assert receipt.adds_up()
        return receipt

    return load


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def assert_sound(database: Database) -> None:
    """Balances are what the ledger says, rollups what the orders say."""
    with database.writing_connection() as connection:
        assert rollups.check(connection) == ()
    with database.reading() as connection:
        assert check(connection) == ()


def test_online_retail_states_money_and_movements(database: Database, load: Load) -> None:
    receipt = load("online-retail.csv")
    # lines: 6 × 2.55 = 15.30, 2 × 24.95 = 49.90, 18.00; 10.20, 10.20; −2.55; 0; −110.62; together −9.57
    assert receipt.amount_read == {"GBP": -957}
    assert (receipt.rows_read, receipt.rows_accepted, receipt.orders, receipt.cancellations) == (8, 8, 5, 1)
    assert (receipt.lines, receipt.quantity) == (8, 6 + 2 + 1 + 4 + 4 - 1 - 3 + 1)
    assert rows(
        database, "SELECT external_id, document, state, goods, charges FROM sales_order ORDER BY external_id"
    ) == [
        ("900001", "order", "completed", 1530 + 4990, 1800),
        ("900002", "order", "completed", 2040, 0),  # two identical lines are two lines
        ("900004", "order", "adjustment", 0, 0),
        ("A900005", "order", "adjustment", 0, -11062),
        ("C900003", "credit_note", "cancelled", -255, 0),
    ]
    # the postage line moves nothing; the credit note brings one back; the write-off takes three
    moved = (
        "SELECT p.sku, m.kind, m.quantity FROM stock_movement m JOIN product p ON p.id = m.product_id "
        "ORDER BY m.order_id, m.line_no"
    )
    assert rows(database, moved) == [
        ("LAMP-1", "sale", -6), ("LAMP-2", "sale", -2), ("LAMP-1", "sale", -4), ("LAMP-1", "sale", -4),
        ("LAMP-1", "return", 1), ("LAMP-2", "write_off", -3),
    ]  # fmt: skip
    assert rows(database, "SELECT DISTINCT on_hand FROM stock_balance") == [(None,)]
    assert_sound(database)


def test_the_first_file_sets_currency_and_zone_until_a_person_chose(database: Database, load: Load) -> None:
    load("online-retail.csv")
    assert rows(database, "SELECT base_currency, time_zone FROM company") == [("GBP", "Europe/London")]
    load("generic-sales.csv")
    assert rows(database, "SELECT base_currency, time_zone FROM company") == [("GBP", "Europe/London")]


def test_shopify_fills_down_and_takes_discounts_off_the_line(database: Database, load: Load) -> None:
    receipt = load("shopify-orders.csv")
    # 57.99; 2 × 9.995 − 2.00 = 17.99; 57.99; 2 × 9.995 = 19.99
    assert receipt.amount_read == {"USD": 5799 + 1799 + 5799 + 1999}
    assert (receipt.orders, receipt.cancellations, receipt.rows_accepted) == (3, 1, 4)
    assert rows(database, "SELECT external_id, state, postcode, currency, refunded FROM sales_order ORDER BY 1") == [
        ("#1001", "shipped", "01234", "USD", 0),
        ("#1002", "cancelled", "90210", "USD", 5799),  # 62.99 came back, of which 57.99 for goods
        ("#1003", "paid", "60601", "USD", 0),
    ]
    kinds = "SELECT kind, quantity, reserved FROM stock_movement ORDER BY order_id, line_no"
    assert rows(database, kinds) == [("sale", -1, 0), ("sale", -2, 0), ("reserve", 0, 2)]
    assert_sound(database)


def test_taobao_pair_is_one_import_with_ids_intact(database: Database, load: Load) -> None:
    receipt = load("taobao-orders.csv", "taobao-lines.csv")
    assert receipt.format == "taobao-orders+taobao-lines"
    assert (receipt.rows_read, receipt.orders, receipt.cancellations, receipt.lines) == (7, 3, 1, 4)
    assert receipt.amount_read == {"CNY": 5900 + 5900 + 5900 + 5900}
    assert rows(database, "SELECT external_id, state, tracking_number FROM sales_order ORDER BY 1") == [
        ("2384011112223334441", "completed", "YT1234567890"),
        ("2384011112223334442", "paid", None),
        ("2384011112223334443", "cancelled", None),
    ]
    assert rows(database, "SELECT name, platform FROM channel") == [("灯语旗舰店", "Taobao")]
    # 20:15:33 in Shanghai is 12:15:33 UTC; the day is the shop's
    assert str(rows(database, "SELECT ds FROM sales_order ORDER BY external_id")[0][0])[:10] == "2025-11-01"


def test_a_taobao_order_list_alone_is_rejected_until_its_lines_stand(load: Load) -> None:
    alone = load("taobao-orders.csv")
    assert (alone.rows_rejected, alone.orders) == (3, 0)
    assert {issue.code for issue in alone.issues} == {"order.lines_missing"}
    load("taobao-orders.csv", "taobao-lines.csv")
    again = load("taobao-orders.csv")
    assert (again.rows_unchanged, again.rows_rejected) == (3, 0)


@pytest.mark.parametrize(
    "files",
    [
        ("online-retail.csv",),
        ("shopify-orders.csv",),
        ("taobao-orders.csv", "taobao-lines.csv"),
        ("generic-sales.csv",),
    ],
)
def test_the_same_file_again_changes_nothing(database: Database, load: Load, files: tuple[str, ...]) -> None:
    first = load(*files)
    tables = (
        "sales_order",
        "order_line",
        "stock_movement",
        "daily_sales",
        "daily_orders",
        "customer",
        "product",
        "order_event",
    )
    before = {table: rows(database, f"SELECT * FROM {table}") for table in tables}
    again = load(*files)
    assert (again.rows_unchanged, again.orders, again.lines, again.quantity) == (first.rows_read, 0, 0, 0)
    assert again.amount_unchanged == first.amount_read
    assert {table: rows(database, f"SELECT * FROM {table}") for table in tables} == before


def test_other_bytes_and_another_sequence_of_rows_are_the_same_orders(load: Load) -> None:
    load(
        f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,shipped\n1,2025-01-02,B,Bee,2,3.00,USD,shipped\n2,2025-01-03,A,Ant,1,2.00,USD,shipped\n"
    )
    again = load(
        f"{HEADER}\r\n2,2025-01-03,A,Ant,1,2.00,USD,shipped\r\n1,2025-01-02,B,Bee,2,3.0,USD,shipped\r\n1,2025-01-02,A,Ant,1,2,USD,shipped\r\n"
    )
    assert (again.rows_unchanged, again.orders) == (3, 0)


def test_a_later_export_updates_what_changed_and_adds_what_is_new(database: Database, load: Load) -> None:
    load(f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,paid\n2,2025-01-03,A,Ant,5,2.00,USD,paid\n")
    later = load(
        f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,paid\n2,2025-01-03,A,Ant,4,2.00,USD,shipped\n3,2025-01-04,A,Ant,1,2.50,USD,paid\n"
    )
    assert (later.rows_unchanged, later.rows_accepted, later.orders, later.lines, later.quantity) == (1, 2, 2, 2, 5)
    assert rows(database, "SELECT external_id, state, quantity, goods FROM sales_order ORDER BY 1") == [
        ("1", "paid", 1, 200), ("2", "shipped", 4, 800), ("3", "paid", 1, 250),
    ]  # fmt: skip
    # on_hand change: 4 sold; reserved: 1 + 1 (the 5 of the older version are taken back)
    assert rows(database, "SELECT SUM(quantity), SUM(reserved) FROM stock_movement") == [(-4, 2)]
    assert rows(database, "SELECT SUM(quantity), SUM(revenue), SUM(orders) FROM daily_sales") == [
        (6, 200 + 800 + 250, 3)
    ]
    assert_sound(database)


def test_an_older_export_does_not_move_a_status_back(database: Database, load: Load) -> None:
    load(f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,completed\n")
    older = load(f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,paid\n")
    assert (older.rows_unchanged, older.orders) == (1, 0)
    assert rows(database, "SELECT state FROM sales_order") == [("completed",)]


def test_a_bad_row_keeps_its_order_out_and_the_others_go_in(database: Database, load: Load) -> None:
    receipt = load(
        f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,paid\n1,2025-01-02,B,Bee,two,2.00,USD,paid\n2,2025-01-03,A,Ant,1,2.00,USD,paid\n"
        "2.38401E+15,2025-01-03,A,Ant,1,2.00,USD,paid\n,2025-01-03,A,Ant,1,2.00,USD,paid\n"
    )
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected) == (5, 1, 4)
    # row 3: the quantity; row 5: digits lost; row 6: no id. Amounts that can be read are counted as read.
    assert [(issue.row, issue.column, issue.code) for issue in receipt.issues] == [
        (3, "Quantity", "number.unreadable"), (5, "Order ID", "id.scientific"), (6, None, "order_id.missing"),
    ]  # fmt: skip
    assert receipt.amount_read == {"USD": 4 * 200}
    assert receipt.amount_rejected == {"USD": 3 * 200}
    assert rows(database, "SELECT external_id FROM sales_order") == [("2",)]
    with database.reading() as connection:
        ((name, frame),) = rejected_rows(connection, receipt.batch_id or 0, "en")
        assert (name, len(frame), list(frame.columns)[1:-1]) == ("file0.csv", 4, HEADER.split(","))
        assert frame["Row"].tolist() == [2, 3, 5, 6]
        assert "same order" in frame["Reason"][0]
        assert len(issues_of(connection, receipt.batch_id or 0, "zh_CN")) == 3


def test_strict_refuses_the_whole_file(database: Database, load: Load) -> None:
    with pytest.raises(BadInput, match="row 3"):
        load(f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,paid\n2,2025-01-02,B,Bee,two,2.00,USD,paid\n", strict=True)
    assert rows(database, "SELECT * FROM import_batch") == []


def test_a_dry_run_counts_and_stores_nothing(database: Database, load: Load) -> None:
    receipt = load("online-retail.csv", dry_run=True)
    assert (receipt.batch_id, receipt.orders, receipt.lines) == (None, 5, 8)
    for table in ("import_batch", "sales_order", "product", "customer", "stock_movement"):
        assert rows(database, f"SELECT * FROM {table}") == []


def test_undo_leaves_no_sales_and_import_again_brings_them_back(
    database: Database, load: Load, clock: FixedClock
) -> None:
    first = load("online-retail.csv")
    numbers = "SELECT ds, quantity, revenue, credited FROM daily_sales ORDER BY product_id, ds"
    before = rows(database, numbers)
    undo_import(database, LOCAL_USER.acting(clock), first.batch_id or 0)
    for table in ("daily_sales", "daily_orders"):
        assert rows(database, f"SELECT * FROM {table}") == []
    assert rows(database, "SELECT SUM(quantity), SUM(reserved) FROM stock_movement") == [(0, 0)]
    assert rows(database, "SELECT COUNT(*) FROM product WHERE withdrawn_by IS NULL") == [(0,)]
    assert_sound(database)
    again = load("online-retail.csv")
    assert (again.orders, again.cancellations, again.rows_accepted) == (5, 1, 8)
    assert rows(database, numbers) == before
    assert_sound(database)


def test_undo_of_an_update_restores_what_stood(database: Database, load: Load, clock: FixedClock) -> None:
    load(f"{HEADER}\n1,2025-01-02,A,Ant,5,2.00,USD,paid\n")
    stood = rows(database, "SELECT state, quantity, goods, status_at, header_fingerprint, batch_id FROM sales_order")
    update = load(f"{HEADER}\n1,2025-01-02,A,Ant,4,2.00,USD,shipped\n")
    undo_import(database, LOCAL_USER.acting(clock), update.batch_id or 0)
    assert (
        rows(database, "SELECT state, quantity, goods, status_at, header_fingerprint, batch_id FROM sales_order")
        == stood
    )
    assert rows(database, "SELECT quantity FROM order_line WHERE superseded_by IS NULL") == [(5,)]
    assert rows(database, "SELECT SUM(quantity), SUM(reserved) FROM stock_movement") == [(0, 5)]
    assert_sound(database)


def test_undo_is_refused_naming_the_imports_that_rest_on_it(database: Database, load: Load, clock: FixedClock) -> None:
    first = load(f"{HEADER}\n1,2025-01-02,A,Ant,5,2.00,USD,paid\n")
    second = load(f"{HEADER}\n1,2025-01-02,A,Ant,5,2.00,USD,shipped\n")
    who = LOCAL_USER.acting(clock)
    with pytest.raises(Conflict, match=str(second.batch_id)):
        undo_import(database, who, first.batch_id or 0)
    undo_import(database, who, second.batch_id or 0)
    undo_import(database, who, first.batch_id or 0)
    with pytest.raises(Conflict, match="already"):
        undo_import(database, who, first.batch_id or 0)
    with pytest.raises(NotFound):
        undo_import(database, who, 99)
    with database.reading() as connection:
        assert batches(connection)["status"].tolist() == ["undone", "undone"]


def test_nothing_is_done_without_permission(database: Database, clock: FixedClock) -> None:
    stranger = Actor("stranger", frozenset()).acting(clock)
    with pytest.raises(NotPermitted):
        import_files(database, stranger, [SAMPLES / "online-retail.csv"])
    with pytest.raises(NotPermitted):
        undo_import(database, stranger, 1)
    assert rows(database, "SELECT * FROM import_batch") == []


def test_a_failure_at_the_last_moment_leaves_nothing(database: Database, clock: FixedClock) -> None:
    class PowerCut(Exception):
        pass

    def cut(share: float, _text: object) -> None:
        if share > 0.9:
            raise PowerCut

    with pytest.raises(PowerCut):
        import_files(database, LOCAL_USER.acting(clock), [SAMPLES / "online-retail.csv"], None, cut)
    for table in ("import_batch", "sales_order", "order_line", "stock_movement", "product", "daily_sales"):
        assert rows(database, f"SELECT * FROM {table}") == []


def test_channels_keep_equal_order_ids_apart(database: Database, load: Load) -> None:
    text = f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,paid\n"
    load(text, channel="North")
    other = load(text, channel="South")
    assert other.orders == 1
    assert rows(database, "SELECT COUNT(*) FROM sales_order") == [(2,)]


def test_currency_of_the_file_before_the_persons_before_the_companys(database: Database, load: Load) -> None:
    plain = "Order ID,Date,SKU,Quantity,Unit price\n"
    load(plain + "1,2025-01-02,A,1,2.00\n", currency="EUR")
    load(plain + "2,2025-01-02,A,1,300\n", currency="JPY")
    receipt = load(f"{HEADER}\n3,2025-01-02,A,Ant,1,2.00,usd,paid\n", currency="EUR")
    assert receipt.amount_read == {"USD": 200}
    assert rows(database, "SELECT external_id, currency, goods FROM sales_order ORDER BY 1") == [
        ("1", "EUR", 200), ("2", "JPY", 300), ("3", "USD", 200),
    ]  # fmt: skip


def test_a_repeated_import_sees_the_shop_of_the_clock_not_of_the_machine(database: Database, load: Load) -> None:
    load("generic-sales.csv")
    assert {row[0] for row in rows(database, "SELECT at FROM import_batch")} <= {
        "2026-03-02 09:00:00",
        dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC),
    }


def test_footer_lines_make_no_orders(database: Database, load: Load) -> None:
    receipt = load(f"\n\n{HEADER}\n1,2025-01-02,A,Ant,1,2.00,USD,paid\n\n1 record(s) downloaded\nSeller ID : bob\n")
    assert (receipt.rows_read, receipt.rows_accepted, receipt.orders) == (1, 1, 1)
    assert rows(database, "SELECT external_id FROM sales_order") == [("1",)]


def test_the_only_currency_of_the_first_file_becomes_the_companys(database: Database, load: Load) -> None:
    load(f"{HEADER}\n1,2025-01-02,A,Ant,1,2.00,EUR,paid\n")
    assert rows(database, "SELECT base_currency FROM company") == [("EUR",)]


def test_a_killed_import_leaves_nothing_and_can_be_done_again(
    database: Database, database_url: str, load: Load
) -> None:
    program = (
        "import os, signal; from pathlib import Path; from erp_core.db.engine import Database\n"
        "from erp_core.imports.service import import_files; from erp_core.security.actor import LOCAL_USER\n"
        "def die(share, text):\n    if share > 0.8: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"import_files(Database({database_url!r}), LOCAL_USER.acting(), [Path({str(SAMPLES / 'online-retail.csv')!r})], None, die)"
    )
    killed = subprocess.run([sys.executable, "-c", program], cwd=SAMPLES.parents[1], check=False)
    assert killed.returncode == -signal.SIGKILL
    for table in ("import_batch", "sales_order", "order_line", "stock_movement", "product", "daily_sales"):
        assert rows(database, f"SELECT * FROM {table}") == []
    assert load("online-retail.csv").orders == 5


def test_an_order_that_no_longer_names_a_product_sets_its_stock_free(database: Database, load: Load) -> None:
    load(f"{HEADER}\n1,2025-01-02,A,Ant,5,2.00,USD,paid\n")
    load(f"{HEADER}\n1,2025-01-02,BEE,Bee,3,2.00,USD,paid\n")
    reserved = "SELECT sku, reserved FROM stock_balance b JOIN product p ON p.id = b.product_id ORDER BY sku"
    assert rows(database, reserved) == [("A", 0), ("BEE", 3)]
    assert_sound(database)


def test_news_of_an_order_without_its_lines_moves_its_stock(database: Database, load: Load, tmp_path: Path) -> None:
    load("taobao-orders.csv", "taobao-lines.csv")  # order …442 is paid: one lamp is set aside
    reserved = "SELECT SUM(reserved) FROM stock_balance"
    assert rows(database, reserved) == [(1,)]
    text = (SAMPLES / "taobao-orders.csv").read_bytes().decode("gb18030")
    path = tmp_path / "later.csv"
    path.write_bytes(text.replace("买家已付款,等待卖家发货", "卖家已发货,等待买家确认").encode("gb18030"))
    load(str(path))
    assert rows(database, reserved) == [(0,)]
    assert_sound(database)


def test_an_older_file_changes_nothing_however_often_it_comes_again(database: Database, load: Load) -> None:
    first = f"{HEADER}\n1,2025-01-02,A,Ant,5,2.00,USD,paid\n"
    load(first)
    load(f"{HEADER}\n1,2025-01-02,A,Ant,7,2.00,USD,paid\n")
    for _ in range(3):
        assert load(first).orders == 0
        assert rows(database, "SELECT quantity FROM sales_order") == [(7,)]


def test_skus_of_one_letter_are_products_unless_their_names_are_charges(database: Database, load: Load) -> None:
    lines = ["B,Bulb,2,5.00", "M,,1,7.00", "C2,Chair,1,9.00", "D,Discount,-1,3.00", "P,Manual,1,1.00"]
    load("\n".join([HEADER, *(f"1,2025-10-07,{line},CNY,paid" for line in lines)]))
    assert rows(database, "SELECT sku FROM product WHERE is_charge ORDER BY sku") == [("D",), ("P",)]
    # goods 2 × 5 + 7 + 9 = 26; charges −3 + 1 = −2
    assert rows(database, "SELECT goods, charges FROM sales_order") == [(2600, -200)]
