"""Files of facts in: returns, purchase orders, receipts, counts, parcels, contacts, fees; again, changed, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.editing import SkuMapping
from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.customers.views import contacts
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import Conflict
from erp_core.finance.views import fees as stored_fees
from erp_core.imports.formats import FORMATS
from erp_core.imports.load_facts import LOADERS
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files, undo_import
from erp_core.imports.work import ImportRequest, fields_of, preview
from erp_core.orders import rollups
from erp_core.orders.mapping import map_sku
from erp_core.orders.views import Filters, fees, order_days, product_sales
from erp_core.overview.units import Unit, change_unit
from erp_core.overview.views import kpis
from erp_core.planning.views import stock_position
from erp_core.purchasing.views import on_order
from erp_core.security.actor import LOCAL_USER
from erp_core.stock.views import check
from erp_core.text import Text
from tests.opened import opened

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
JANUARY = Period(dt.date(2026, 1, 1), dt.date(2026, 1, 31))
SALES = """Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Channel,Status,Refunded amount,Customer
A-1,2026-01-05 10:00,MUG,Red mug,4,5.00,USD,Web shop,shipped,{refunded},C-1
A-1,2026-01-05 10:00,TEA,Green tea,2,10.00,USD,Web shop,shipped,{refunded},C-1
A-2,2026-01-06 09:00,MUG,Red mug,1,5.00,USD,Web shop,paid,,C-2
"""
COUNT = "SKU,On hand,Date\nMUG,10,2026-01-04\nTEA,10,2026-01-04\n"
RETURNS = "Return no,Order ID,SKU,Quantity,Returned on,Status,Refund amount,Restocked\n"

Load = Callable[..., Receipt]


@pytest.fixture
def load(database: Database, clock: FixedClock, tmp_path: Path) -> Load:
    """Import text as a file; the receipt."""

    def load(text: str, **options: Any) -> Receipt:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        (receipt,) = import_files(database, LOCAL_USER.acting(clock), [path], ImportOptions(**options))
        assert receipt.adds_up()
        return receipt

    return load


@pytest.fixture
def undo(database: Database, clock: FixedClock) -> Callable[[Receipt], None]:
    return lambda receipt: undo_import(database, LOCAL_USER.acting(clock), receipt.batch_id or 0)


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def on_hand(database: Database) -> dict[str, int | None]:
    query = "SELECT p.sku, SUM(b.on_hand) FROM stock_balance b JOIN product p ON p.id = b.product_id GROUP BY p.sku"
    return {sku: None if level is None else int(level) for sku, level in rows(database, query)}


def standing(database: Database, table: str) -> int:
    query = f"SELECT COUNT(*) FROM {table} WHERE superseded_by IS NULL AND withdrawn_by IS NULL"
    return int(rows(database, query)[0][0])


def codes(receipt: Receipt) -> list[str]:
    return [issue.code for issue in receipt.issues]


def assert_sound(database: Database) -> None:
    """Balances are what the ledger says, rollups what the orders say, keys of standing facts are unique."""
    with database.writing_connection() as connection:
        assert rollups.check(connection) == ()
    with database.reading() as connection:
        assert check(connection) == ()
    for table in ("return_case", "receipt", "purchase_order_line", "shipment", "tracking_event", "interaction",
                  "settlement_fee"):  # fmt: skip
        doubled = (
            f"SELECT fact_key FROM {table} WHERE superseded_by IS NULL AND withdrawn_by IS NULL "
            "GROUP BY fact_key HAVING COUNT(*) > 1"
        )
        assert rows(database, doubled) == []


def refunds(database: Database, **filters: Any) -> tuple[int, int, dict[str, int]]:
    """Minor units: by days, by products, by SKU."""
    skus = dict(rows(database, "SELECT id, sku FROM product"))
    with database.reading() as connection:
        days = order_days(connection, JANUARY, Filters(**filters))
        products = product_sales(connection, JANUARY, Filters(**filters))
        by_day = product_sales(connection, JANUARY, Filters(**filters), by_day=True)
    assert int(by_day["refunded"].sum()) == int(products["refunded"].sum())
    by_sku = {skus[i]: int(r) for i, r in zip(products["product_id"], products["refunded"], strict=True) if r}
    return int(days["refunded"].sum()), int(products["refunded"].sum()), by_sku


# --- returns ---------------------------------------------------------------------------------------------------------


def test_restocked_units_go_back_on_the_shelf_and_the_refund_counts(database: Database, load: Load) -> None:
    load(COUNT)
    load(SALES.format(refunded=""))
    assert on_hand(database) == {"MUG": 10 - 4, "TEA": 10 - 2}
    receipt = load(
        RETURNS
        + "R-1,A-1,MUG,3,2026-01-10,received,15.00,2\n"  # two of three are good
        + "R-2,A-1,TEA,1,2026-01-11,报废,10.00,否\n"
        + "R-3,A-1,TEA,1,2026-01-12,待审核,10.00,\n"  # only asked for: no money, no goods
    )
    assert (receipt.rows_accepted, receipt.quantity) == (3, 5)
    assert on_hand(database) == {"MUG": 10 - 4 + 2, "TEA": 10 - 2}
    assert rows(database, "SELECT state, restocked, refund, currency FROM return_case ORDER BY external_id") == [
        ("received", 2, 1500, "USD"), ("scrapped", 0, 1000, "USD"), ("requested", 0, 1000, "USD"),
    ]  # fmt: skip
    assert refunds(database) == (2500, 2500, {"MUG": 1500, "TEA": 1000})
    with database.reading() as connection:
        values = kpis(connection, read_company(connection), JANUARY, Filters(), None)
    # revenue 4 × 5 + 2 × 10 + 1 × 5 = 45; refunds 25
    assert (values["revenue"].value, values["refunds"].value, values["net_revenue"].value) == (45.0, 25.0, 20.0)
    assert values["return_rate"].value == pytest.approx(25 / 45)
    assert_sound(database)


@pytest.mark.parametrize(
    ("by_platform", "expected", "by_sku"),
    [
        # the returns file says 15 for the mugs and 1 for the tea, the platform shares its refund 20 : 20 over the lines
        ("", 1600, {"MUG": 1500, "TEA": 100}),
        ("12.00", 1600, {"MUG": 600 + 400, "TEA": 600}),  # 4 beyond the platform's, on the mugs, of which more is told
        ("16.00", 1600, {"MUG": 800, "TEA": 800}),  # the same money
        ("30.00", 3000, {"MUG": 1500, "TEA": 1500}),  # the platform paid more
    ],
)
def test_an_orders_refund_is_the_greater_of_both_sources_never_the_sum(
    database: Database, load: Load, by_platform: str, expected: int, by_sku: dict[str, int]
) -> None:
    load(SALES.format(refunded=by_platform))
    load(RETURNS + "R-1,A-1,MUG,3,2026-01-10,refunded,15.00,no\nR-2,A-1,TEA,1,2026-01-10,refunded,1.00,no\n")
    assert refunds(database) == (expected, expected, by_sku)


def test_a_refund_counts_on_the_orders_day_and_shop_a_return_without_order_on_its_own(
    database: Database, load: Load
) -> None:
    load(SALES.format(refunded=""))
    load(
        "Return no,Shop,Order ID,SKU,Quantity,Returned on,Refund amount,Currency\n"
        "R-1,,A-1,MUG,1,2026-02-20,5.00,\nR-2,Market,,TEA,1,2026-01-15,7.00,EUR\nR-3,Market,,TEA,1,2026-02-15,9.00,EUR\n"
    )
    with database.reading() as connection:
        days = order_days(connection, JANUARY, Filters())
    told = {(str(d)[:10], c): r for d, c, r in zip(days["ds"], days["currency"], days["refunded"], strict=True) if r}
    assert told == {("2026-01-05", "USD"): 500, ("2026-01-15", "EUR"): 700}  # R-3 belongs to February
    shops = {name: number for number, name in rows(database, "SELECT id, name FROM channel")}
    assert refunds(database, channels=(shops["Web shop"],))[:2] == (500, 500)
    assert refunds(database, channels=(shops["Market"],))[1] == 700
    assert refunds(database, categories=("none",))[1] == 0


def test_nothing_comes_back_from_an_order_that_is_cancelled_afterwards(database: Database, load: Load) -> None:
    load(COUNT)
    load(SALES.format(refunded=""))
    load(RETURNS + "R-1,A-1,MUG,4,2026-01-10,已入库,20.00,是\n")
    assert on_hand(database)["MUG"] == 10 - 4 + 4
    cancelled = load(SALES.format(refunded="").replace("shipped", "cancelled"))
    # as if it had never left: neither the sale nor its return moves stock, and there is no revenue to give back
    assert on_hand(database) == {"MUG": 10, "TEA": 10}
    assert refunds(database)[0] == 0
    assert_sound(database)
    undo_import(
        database, LOCAL_USER.acting(FixedClock(dt.datetime(2026, 3, 2, tzinfo=dt.UTC))), cancelled.batch_id or 0
    )
    assert on_hand(database) == {"MUG": 10 - 4 + 4, "TEA": 10 - 2}
    assert refunds(database)[0] == 2000
    assert_sound(database)


def test_returns_again_overlapping_changed_undone_and_redone(
    database: Database, load: Load, undo: Callable[[Receipt], None]
) -> None:
    load(COUNT)
    load(SALES.format(refunded=""))
    first_rows = "R-1,A-1,MUG,1,2026-01-10,received,5.00,no\nR-2,A-1,TEA,1,2026-01-10,received,10.00,no\n"
    first = load(RETURNS + first_rows)
    again = load(RETURNS + first_rows)
    assert (again.rows_accepted, again.rows_unchanged) == (0, 2)
    # a later export: R-2 as it was, R-1 is on the shelf now, R-4 is new
    second = load(
        RETURNS + "R-2,A-1,TEA,1,2026/1/10,received,$10,no\nR-1,A-1,MUG,1,2026-01-10,restocked,5.00,yes\n"
        "R-4,A-1,TEA,1,2026-01-12,restocked,10.00,yes\n"
    )
    assert (second.rows_accepted, second.rows_unchanged) == (2, 1)
    assert standing(database, "return_case") == 3
    assert on_hand(database) == {"MUG": 10 - 4 + 1, "TEA": 10 - 2 + 1}
    with pytest.raises(Conflict, match=str(second.batch_id)):
        undo(first)
    undo(second)
    assert standing(database, "return_case") == 2
    assert on_hand(database) == {"MUG": 10 - 4, "TEA": 10 - 2}
    redone = load(RETURNS + "R-1,A-1,MUG,1,2026-01-10,restocked,5.00,yes\n")
    assert redone.rows_accepted == 1
    assert on_hand(database)["MUG"] == 10 - 4 + 1
    undo(redone)
    undo(first)
    assert (standing(database, "return_case"), refunds(database)[0]) == (0, 0)
    back = load(RETURNS + first_rows)
    assert (back.rows_accepted, refunds(database)[0]) == (2, 1500)
    assert_sound(database)


def test_restored_rows_move_stock_again(database: Database, load: Load, undo: Callable[[Receipt], None]) -> None:
    load(COUNT)
    load(RETURNS + "R-1,,MUG,3,2026-01-10,restocked,,yes\n")
    second = load(RETURNS + "R-1,,MUG,3,2026-01-10,restocked,,1\n")
    assert on_hand(database)["MUG"] == 10 + 1
    undo(second)
    assert on_hand(database)["MUG"] == 10 + 3
    assert_sound(database)


def test_equal_rows_are_two_returns_and_the_order_of_rows_does_not_matter(database: Database, load: Load) -> None:
    head = "Return date,SKU,Quantity,Reason\n"
    two = "2026-01-10,MUG,1,broken\n2026-01-10,MUG,1,broken\n"
    assert load(head + two).rows_accepted == 2
    assert load(head + two + "2026-01-11,MUG,1,broken\n").rows_accepted == 1
    assert load(head + "2026-01-11,MUG,1,broken\n2026-01-10,MUG,1,broken\n").rows_unchanged == 2
    numbered = "Return no,SKU,Quantity,Return date\n"
    assert load(numbered + "R-1,MUG,1,2026-01-10\nR-1,MUG,2,2026-01-10\n").rows_accepted == 2
    assert load(numbered + "R-1,MUG,2,2026-01-10\n").rows_unchanged == 1
    assert standing(database, "return_case") == 5
    assert_sound(database)


def test_bad_returns_stay_out_alone_each_with_its_reason(database: Database, load: Load) -> None:
    load(SALES.format(refunded=""))
    receipt = load(
        "Return no,Order ID,SKU,Quantity,Returned on,Status,Refund amount,Restocked,Currency\n"
        "R-1,A-9,MUG,1,2026-01-10,received,5,no,\n"  # no such order
        "R-2,A-1,MUG,0,2026-01-10,received,5,no,\n"
        "R-3,A-1,MUG,1,2026-01-10,received,5,2,\n"  # more on the shelf than came back
        "R-4,A-1,MUG,1,2026-01-10,received,5,maybe,\n"
        "R-5,A-1,MUG,1,2026-01-10,received,5,no,CNY\n"  # the order is in USD
        "R-6,A-1,MUG,1,soon,received,5,no,\n"
        "R-7,A-1,,1,2026-01-10,received,5,no,\n"
        "R-8,A-1,MUG,-1,2026-01-10,lost in space,-5.00,no,\n"  # negative as some write it; a word nobody knows
    )
    assert (receipt.rows_rejected, receipt.rows_accepted) == (7, 1)
    rejecting = {issue.row: issue.code for issue in receipt.issues if issue.severity == "rejects"}
    assert rejecting == {
        2: "order.unknown", 3: "number.too_small", 4: "returns.restocked", 5: "returns.restocked", 6: "currency.mixed",
        7: "date.unreadable", 8: "cell.missing",
    }  # fmt: skip
    assert "word.unknown" in codes(receipt)
    assert rows(database, "SELECT quantity, state, refund FROM return_case") == [(1, "refunded", 500)]


def test_an_order_number_of_two_shops_needs_the_shop(database: Database, load: Load) -> None:
    load(SALES.format(refunded=""))
    load(SALES.format(refunded="").replace("Web shop", "Market"))
    text = RETURNS + "R-1,A-1,MUG,1,2026-01-10,received,5.00,no\n"
    assert codes(load(text)) == ["order.unknown"]
    assert load(text, channel="market").rows_accepted == 1
    assert rows(
        database, "SELECT c.name FROM return_case r JOIN channel c ON c.id = r.channel_id"
    ) == [("Market",)]  # fmt: skip
    elsewhere = load(text, channel="Bazaar")
    assert codes(elsewhere) == ["order.unknown"]
    assert rows(database, "SELECT COUNT(*) FROM channel") == [(2,)]  # a mistaken shop is not created


def test_orders_that_returns_rest_on_cannot_be_taken_back_first(
    database: Database, load: Load, undo: Callable[[Receipt], None]
) -> None:
    sales = load(SALES.format(refunded=""))
    returned = load(RETURNS + "R-1,A-1,MUG,1,2026-01-10,received,5.00,no\n")
    with pytest.raises(Conflict, match=str(returned.batch_id)):
        undo(sales)
    undo(returned)
    undo(sales)
    assert rows(database, "SELECT COUNT(*) FROM product WHERE withdrawn_by IS NULL") == [(0,)]
    assert_sound(database)


# --- purchase orders, receipts ---------------------------------------------------------------------------------------

ORDERS = (
    "PO number,Supplier,SKU,Quantity,Received,Unit price,Currency,Order date,Expected on,Status\n"
    "PO-1,Yiwu,MUG,100,20,1.80,CNY,2026-01-02,2026-02-01,sent\n"
    "PO-1,Yiwu,TEA,50,0,3.00,CNY,2026-01-02,2026-01-20,部分到货\n"
    "PO-2,Porto,MUG,40,0,2.00,EUR,2026-01-03,,已确认\n"
    "PO-3,Porto,CUP,10,,2.00,EUR,2026-01-03,2026-01-09,已取消\n"
)
RECEIPTS = "GRN,PO number,Supplier,SKU,Quantity received,Received on,Warehouse,Unit cost,Currency\n"


def to_come(database: Database) -> dict[str, tuple[int, str | None]]:
    skus = dict(rows(database, "SELECT id, sku FROM product"))
    with database.reading() as connection:
        frame = on_order(connection)
    return {
        skus[row["product_id"]]: (row["on_order"], str(row["expected_on"])[:10])
        for row in frame.to_dict("records")
    }  # fmt: skip


def test_on_order_is_what_has_not_arrived_by_the_file_or_by_receipts(database: Database, load: Load) -> None:
    assert load(ORDERS).rows_accepted == 4
    # MUG: 100 − 20 and 40; TEA 50; CUP was cancelled
    assert to_come(database) == {"MUG": (120, "2026-02-01"), "TEA": (50, "2026-01-20"), "CUP": (0, "NaT")}
    load(RECEIPTS + "G-1,PO-1,Yiwu,MUG,70,2026-01-10,,1.80,CNY\nG-2,PO-1,Yiwu,TEA,60,2026-01-11,,,\n")
    # receipts say 70 of PO-1's mugs, more than the file's 20; 60 teas came for 50
    assert to_come(database) == {"MUG": (30 + 40, "2026-02-01"), "TEA": (0, "NaT"), "CUP": (0, "NaT")}
    later = load(ORDERS.replace("100,20", "100,90").replace("sent", "partial"))
    assert (later.rows_accepted, later.rows_unchanged) == (1, 3)
    assert to_come(database)["MUG"] == (10 + 40, "2026-02-01")
    done = load(ORDERS.replace("100,20", "100,100"))
    assert done.rows_accepted == 1
    assert rows(database, "SELECT number, state FROM purchase_order ORDER BY number") == [
        ("PO-1", "open"), ("PO-2", "open"), ("PO-3", "cancelled"),
    ]  # fmt: skip
    assert to_come(database)["MUG"] == (40, "NaT")  # nobody said when PO-2 comes


def test_receipts_of_a_line_written_twice_fill_the_earlier_expected_first(database: Database, load: Load) -> None:
    load(
        "PO number,SKU,Quantity,Supplier,Expected on\n"
        "PO-1,MUG,10,Yiwu,2026-03-01\nPO-1,MUG,10,Yiwu,2026-02-01\n"
    )  # fmt: skip
    load("PO number,SKU,Quantity received,Received on\nPO-1,MUG,12,2026-01-10\n")
    assert to_come(database) == {"MUG": (8, "2026-03-01")}  # 20 − 12, all of the one expected first has come


def test_planning_takes_purchase_orders_before_what_a_count_said(database: Database, load: Load) -> None:
    load("SKU,On hand,On order,Date\nMUG,10,999,2026-01-04\nCUP,5,7,2026-01-04\n")
    load("PO number,SKU,Quantity,Supplier\nPO-1,MUG,40,Yiwu\n")
    with database.reading() as connection:
        position = stock_position(connection, read_company(connection), dt.date(2026, 1, 31)).set_index("sku")
    assert position["on_order"].to_dict() == {"MUG": 40, "CUP": 7}
    load("PO number,SKU,Quantity,Received,Supplier\nPO-1,MUG,40,40,Yiwu\n")
    with database.reading() as connection:
        position = stock_position(connection, read_company(connection), dt.date(2026, 1, 31)).set_index("sku")
    assert position["on_order"].to_dict() == {"MUG": 0, "CUP": 7}


def test_a_receipt_makes_stock_known_and_brings_its_cost(
    database: Database, load: Load, undo: Callable[[Receipt], None]
) -> None:
    receipt = load(
        RECEIPTS + "G-1,PO-7,Yiwu,MUG,12,2026-01-10,Yiwu,1.85,CNY\nG-1,PO-7,Yiwu,MUG,3,2026-01-10,Yiwu,1.85,CNY\n"
    )
    assert (receipt.rows_accepted, receipt.quantity) == (2, 15)
    assert codes(receipt) == ["purchase_order.unknown"]  # said once, and counted all the same
    assert on_hand(database) == {"MUG": 15}
    (cost,) = rows(database, "SELECT currency, unit_cost, source, valid_from FROM product_cost")
    assert (*cost[:3], str(cost[3])) == ("CNY", 1_850_000, "receipts", "2026-01-10")
    assert rows(database, "SELECT SUM(value) FROM stock_balance") == [(15 * 185,)]
    assert load(RECEIPTS + "G-1,PO-7,Yiwu,MUG,3,2026-01-10,Yiwu,1.85,CNY\n").rows_unchanged == 1
    corrected = load(
        RECEIPTS + "G-1,PO-7,Yiwu,MUG,12,2026-01-10,Yiwu,1.85,CNY\nG-1,PO-7,Yiwu,MUG,4,2026-01-10,Yiwu,1.85,CNY\n"
    )
    assert (corrected.rows_accepted, on_hand(database)) == (1, {"MUG": 16})
    with pytest.raises(Conflict):
        undo(receipt)
    undo(corrected)
    assert on_hand(database) == {"MUG": 15}
    undo(receipt)
    assert on_hand(database) == {}  # nothing says any more
    assert rows(database, "SELECT COUNT(*) FROM supplier WHERE withdrawn_by IS NULL") == [(0,)]
    assert load(RECEIPTS + "G-1,PO-7,Yiwu,MUG,12,2026-01-10,Yiwu,1.85,CNY\n").rows_accepted == 1
    assert on_hand(database) == {"MUG": 12}
    assert_sound(database)


def test_a_count_of_the_same_day_holds_after_what_arrived_on_it(database: Database, load: Load) -> None:
    load("SKU,Location,System quantity,Counted quantity,Count date,Counted by\nMUG,Main,n/a,9,2026-01-10,Ann\n")
    load(RECEIPTS + "G-1,,Yiwu,MUG,12,2026-01-10,Main,,\nG-2,,Yiwu,MUG,5,2026-01-11,Main,,\n")
    assert on_hand(database) == {"MUG": 9 + 5}


def test_purchase_orders_undone_stand_as_before_and_keep_what_others_name(
    database: Database, load: Load, undo: Callable[[Receipt], None]
) -> None:
    first = load(ORDERS)
    second = load(ORDERS.replace("PO-1,Yiwu,MUG,100,20", "PO-1,Yiwu,MUG,100,100").replace("2026-02-01", "2026-01-15"))
    assert rows(database, "SELECT expected_on FROM purchase_order WHERE number = 'PO-1'")[0][0] is not None
    with pytest.raises(Conflict):
        undo(first)
    undo(second)
    assert to_come(database)["MUG"] == (120, "2026-02-01")
    received = load("PO number,SKU,Quantity received,Received on,Supplier\nPO-1,MUG,5,2026-01-10,Yiwu\n")
    undo(first)
    assert to_come(database) == {}
    # the receipt still names the product and the supplier
    assert rows(database, "SELECT name FROM supplier WHERE withdrawn_by IS NULL") == [("Yiwu",)]
    assert rows(database, "SELECT sku FROM product WHERE withdrawn_by IS NULL") == [("MUG",)]
    load(ORDERS)
    assert to_come(database)["MUG"] == (80 + 40, "2026-02-01")  # the file's 20 are more than the receipt's 5
    assert received.rows_accepted == 1
    assert_sound(database)


def test_bad_purchase_rows_stay_out(database: Database, load: Load) -> None:
    receipt = load(
        "PO number,Supplier,SKU,Quantity,Unit price,Currency,Order date,Status\n"
        "PO-1,Yiwu,MUG,10,1.80,CNY,2026-01-02,sent\n"
        "PO-1,Porto,TEA,10,1.80,CNY,2026-01-02,sent\n"
        "PO-1,Yiwu,CUP,10,1.80,EUR,2026-01-02,sent\n"
        "PO-1,Yiwu,CUP,0,1.80,CNY,2026-01-02,sent\n"
        ",Yiwu,CUP,5,1.80,CNY,2026-01-02,sent\n"
        "PO-1,Yiwu,CUP,2.5,1.80,CNY,2026-01-02,sent\n"
        "PO-1,Yiwu,CUP,5,1.80,CNY,2026-01-02,blue\n"
    )
    rejecting = {issue.row: issue.code for issue in receipt.issues if issue.severity == "rejects"}
    assert rejecting == {
        3: "purchase_order.mixed", 4: "purchase_order.mixed", 5: "number.too_small", 6: "cell.missing",
        7: "quantity.fraction",
    }  # fmt: skip
    assert receipt.rows_accepted == 2
    assert to_come(database) == {"MUG": (10, "NaT"), "CUP": (5, "NaT")}


# --- tracking --------------------------------------------------------------------------------------------------------

PARCELS = "Order ID,Carrier,Tracking number,Shipped on,Delivered on,Event,Event time,Place\n"


def test_parcels_move_orders_forward_and_an_undo_puts_them_back(
    database: Database, load: Load, undo: Callable[[Receipt], None]
) -> None:
    load(COUNT)
    load(SALES.format(refunded=""))
    assert rows(database, "SELECT SUM(reserved) FROM stock_balance") == [(1,)]
    text = PARCELS + (
        "A-2,顺丰速运,SF1,2026-01-07 08:00,,已揽收,2026-01-07 09:00,义乌市\n"
        "A-2,顺丰速运,SF1,2026-01-07 08:00,,派送中,2026-01-08 07:00,Austin\n"
        "A-1,UPS,1Z9,2026-01-06,,Delivered,2026-01-09 15:00,\n"
        "A-9,UPS,1Z8,2026-01-06,,,,\n"
    )
    first = load(text)
    assert (first.rows_accepted, first.rows_rejected) == (3, 1)
    order = "SELECT external_id, state, carrier, tracking_number FROM sales_order ORDER BY external_id"
    assert rows(database, order) == [("A-1", "completed", "UPS", "1Z9"), ("A-2", "shipped", "顺丰速运", "SF1")]
    assert on_hand(database) == {"MUG": 10 - 4 - 1, "TEA": 10 - 2}
    assert rows(database, "SELECT SUM(reserved) FROM stock_balance") == [(0,)]
    assert (standing(database, "shipment"), standing(database, "tracking_event")) == (2, 3)
    assert (load(text).rows_unchanged, load(text).rows_rejected) == (3, 1)
    # later: delivered; and a file that says less changes nothing
    second = load("Order ID,Tracking number,Delivered on\nA-2,SF1,2026-01-09\n")
    assert second.rows_accepted == 1
    assert load("Order ID,Tracking number\nA-2,SF1\n").rows_unchanged == 1
    assert rows(database, order)[1] == ("A-2", "completed", "顺丰速运", "SF1")
    parcel = "SELECT carrier FROM shipment WHERE tracking_number = 'SF1' AND superseded_by IS NULL"
    assert rows(database, parcel) == [("顺丰速运",)]
    with pytest.raises(Conflict):
        undo(first)
    undo(second)
    assert rows(database, order)[1] == ("A-2", "shipped", "顺丰速运", "SF1")
    undo(first)
    assert rows(database, order) == [("A-1", "shipped", None, None), ("A-2", "paid", None, None)]
    assert on_hand(database) == {"MUG": 10 - 4, "TEA": 10 - 2}
    assert (standing(database, "shipment"), standing(database, "tracking_event")) == (0, 0)
    assert load(text).rows_accepted == 3
    assert_sound(database)


def test_an_order_is_complete_when_all_its_parcels_are_and_never_moves_back(database: Database, load: Load) -> None:
    load(SALES.format(refunded="").replace("paid", "cancelled"))
    load(PARCELS + "A-1,UPS,P1,2026-01-06,2026-01-08,,,\nA-1,UPS,P2,2026-01-06,,,,\nA-2,UPS,P3,2026-01-06,,,,\n")
    states = "SELECT external_id, state FROM sales_order ORDER BY external_id"
    assert rows(database, states) == [("A-1", "shipped"), ("A-2", "cancelled")]
    load("Order ID,Tracking number,Delivered on\nA-1,P2,2026-01-09\n")
    assert rows(database, states)[0] == ("A-1", "completed")
    unsure = load(PARCELS + "A-1,UPS,P2,,,Somewhere,,\n")
    assert codes(unsure) == ["event.undated"]
    assert rows(database, states)[0] == ("A-1", "completed")
    assert_sound(database)


def test_the_sales_file_again_changes_nothing_after_its_parcels_came(database: Database, load: Load) -> None:
    load(SALES.format(refunded=""))
    load(PARCELS + "A-2,UPS,P3,2026-01-07,,,,\n")
    assert load(SALES.format(refunded="")).rows_unchanged == 3
    assert rows(database, "SELECT state FROM sales_order WHERE external_id = 'A-2'") == [("shipped",)]


# --- contacts --------------------------------------------------------------------------------------------------------

TALKS = "Date,Shop,Customer ID,Customer name,Email,Phone,Order ID,Contact type,Direction,Subject,Note,Agent\n"


def test_contacts_find_their_buyer_or_make_one_unless_masked(
    database: Database, load: Load, undo: Callable[[Receipt], None]
) -> None:
    load(SALES.format(refunded=""))
    text = TALKS + (
        "2026-01-07 10:00,Web shop,C-1,Ann,,,A-1,WeChat,in,Where,,Mia\n"
        "2026-01-07 11:00,,C-1,Ann,,,,旺旺,呼出,Sent,,Mia\n"  # the only shop that has C-1
        "2026-01-07 12:00,Web shop,,,bo@example.com,,,mail,in,Price,,Mia\n"  # new
        "2026-01-07 13:00,Web shop,张**,张**,,138****0001,A-2,电话,来电,坏了,,小王\n"  # masked: the order's buyer
        "2026-01-07 14:00,Web shop,张**,张**,,138****0001,,电话,来电,坏了,,小王\n"  # masked, no order: nobody
        "2026-01-07 15:00,Web shop,,,,13800138000,A-77,fax,sideways,,,\n"
    )
    receipt = load(text)
    assert (receipt.rows_accepted, receipt.rows_rejected) == (6, 0)
    assert sorted(codes(receipt)) == ["customer.unknown", "order.unknown", "word.unknown", "word.unknown"]
    keys = dict(opened(database, "customer", "id", "key"))
    with database.reading() as connection:
        frame = contacts(connection).sort_values("at")
    assert [keys.get(i) for i in frame["customer_id"].fillna(0)] == [
        "id:C-1", "id:C-1", "mail:bo@example.com", "id:C-2", None, "phone:13800138000",
    ]  # fmt: skip
    assert frame["medium"].tolist() == ["chat", "chat", "mail", "phone", "phone", "other"]
    assert frame["direction"].tolist() == ["in", "out", "in", "in", "in", "in"]
    assert len(keys) == 4  # C-1 and C-2 of the orders, the mail, the phone
    assert load(text).rows_unchanged == 6
    with database.reading() as connection:
        assert len(contacts(connection, customer_id=next(i for i, key in keys.items() if key == "id:C-1"))) == 2
        assert frame["order_id"].notna().sum() == 2
    load(SALES.format(refunded="").replace("A-2", "A-77"))  # the order comes later
    with database.reading() as connection:
        assert contacts(connection)["order_id"].notna().sum() == 3
    undo(receipt)
    assert standing(database, "interaction") == 0
    live = "SELECT COUNT(*) FROM customer WHERE withdrawn_by IS NULL"
    assert rows(database, live) == [(2,)]  # those that orders name
    assert load(text).rows_accepted == 6
    assert rows(database, live) == [(4,)]


def test_a_buyer_that_a_contact_names_outlives_the_undo_of_the_list(
    database: Database, load: Load, undo: Callable[[Receipt], None]
) -> None:
    listed = load("Customer ID,Name,Email\nC-5,Eve,eve@example.com\n")
    load("Date,Customer ID,Contact type,Subject\n2026-01-07,C-5,phone,Hello\n")
    undo(listed)
    assert opened(database, "customer", "key") == [("id:C-5",)]


# --- fees ------------------------------------------------------------------------------------------------------------

FEES = "Date,Order ID,Fee type,Amount,Currency,Transaction ID\n"


def amounts(database: Database) -> list[tuple[str, int]]:
    with database.reading() as connection:
        frame = stored_fees(connection)
    return list(zip(frame["kind"], frame["amount"], strict=True))


@pytest.mark.parametrize(
    ("header", "cells", "expected", "says"),
    [
        # nearly all negative: negative is a cost
        ("Amount", ["-2.70", "-0.30", "-1.00", "-1.00", "-1.00", "-1.00", "-1.00", "-1.00", "-1.00", "0.20"],
         [270, 30, 100, 100, 100, 100, 100, 100, 100, -20], "all fees are negative"),
        ("Amount", ["2.70", "0.30", "1.00", "1.00", "1.00", "1.00", "1.00", "1.00", "1.00", "-0.20"],
         [270, 30, 100, 100, 100, 100, 100, 100, 100, -20], "all fees are positive"),
        ("Amount", ["-2.70", "-0.30", "1.00"], [270, 30, -100], "both signs"),
        ("Amount,Debit/Credit", ["2.70,支出", "0.30,debit", "-1.00,收入"], [270, 30, -100], "debit or credit"),
        ("Debit,Credit", ["2.70,", ",0.30", "-1.00,"], [270, -30, 100], "two columns"),
        ("Amount", ["¥1.005", "(2.00)", "0"], [101, -200, 0], "both signs"),
    ],
)  # fmt: skip
def test_which_sign_is_a_cost_is_decided_by_the_file_and_said(
    database: Database, load: Load, header: str, cells: list[str], expected: list[int], says: str
) -> None:
    lines = "".join(f"2026-01-05,佣金,{cell}\n" for cell in cells)
    receipt = load(f"Date,Fee type,{header}\n{lines}", channel="Web shop", currency="USD")
    assert receipt.rows_accepted == len(cells)
    assert sorted(amounts(database)) == sorted(("commission", amount) for amount in expected)
    (sign,) = [issue for issue in receipt.issues if issue.code == "fee.sign"]
    assert says in str(sign.message)


def test_fees_know_their_kind_and_leave_out_what_is_no_fee(database: Database, load: Load) -> None:
    receipt = load(
        "Date,Order ID,Fee type,Amount,Currency,SKU\n"
        "2026-01-05,A-1,技术服务费,-1.00,CNY,\n2026-01-05,A-1,支付服务费,-2.00,CNY,\n2026-01-05,,直通车,-3.00,CNY,\n"
        "2026-01-05,A-1,运费险,-4.00,CNY,\n2026-01-05,,Monthly storage fee,-5.00,CNY,MUG\n"
        "2026-01-05,A-1,Unicorn tax,-6.00,CNY,\n2026-01-05,A-1,Principal,120.00,CNY,\n2026-01-05,A-1,货款,80.00,CNY,\n",
        channel="Web shop",
    )
    assert (receipt.rows_accepted, receipt.rows_rejected) == (6, 2)
    assert sorted(amounts(database)) == [
        ("advertising", 300), ("commission", 100), ("other", 600), ("payment", 200), ("shipping", 400), ("storage", 500),
    ]  # fmt: skip
    assert sorted(codes(receipt)) == ["fee.kind_unknown", "fee.not_a_fee", "fee.not_a_fee", "fee.sign"]
    assert rows(database, "SELECT COUNT(*) FROM settlement_fee WHERE product_id IS NOT NULL") == [(1,)]


def test_fees_in_columns_that_were_not_read_are_named(database: Database, load: Load) -> None:
    table = "Date,Order ID,Commission,Payment fee,Payment date\n2026-01-05,R1,5.00,1.00,2026-01-06\n"
    receipt = load(table, channel="Web shop", currency="USD")
    assert amounts(database) == [("commission", 500)]
    (unread,) = [issue for issue in receipt.issues if issue.code == "fee.column_unread"]
    assert (unread.column, unread.severity) == ("Payment fee", "warns")
    assert "Payment date" not in str(unread.message)


def test_a_fee_waits_for_its_order(database: Database, load: Load, undo: Callable[[Receipt], None]) -> None:
    text = FEES + "2026-01-05,A-1,commission,-2.70,,T-1\n2026-01-05,A-1,commission,-2.70,,T-1\n"
    refused = load(text)
    assert codes(refused)[:2] == ["shop.missing"] * 2  # no shop is stored, none is named
    early = load(text, channel="Web shop", currency="USD")
    assert early.rows_accepted == 2  # two equal rows are two fees
    with database.reading() as connection:
        assert fees(connection)["order_id"].notna().sum() == 0
    load(SALES.format(refunded=""))
    with database.reading() as connection:
        assert fees(connection)["order_id"].notna().sum() == 2
        assert len(fees(connection, JANUARY)) == 2
        assert fees(connection, Period(dt.date(2026, 2, 1), dt.date(2026, 2, 2))).empty
    assert load(text, channel="Web shop", currency="USD").rows_unchanged == 2
    late = load(FEES + "2026-01-05,A-1,commission,-2.90,,T-1\n")
    assert late.rows_accepted == 1  # one of the two says something else now
    assert sorted(amounts(database)) == [("commission", 270), ("commission", 290)]
    with pytest.raises(Conflict):
        undo(early)
    undo(late)
    assert sorted(amounts(database)) == [("commission", 270)] * 2
    undo(early)
    assert amounts(database) == []
    assert load(text).rows_accepted == 2  # the order is known by now, and so are its shop and currency
    assert rows(database, "SELECT DISTINCT currency FROM settlement_fee WHERE withdrawn_by IS NULL") == [("USD",)]
    assert_sound(database)


def test_a_shop_first_named_by_its_fees_gets_its_platform_from_its_orders(database: Database, load: Load) -> None:
    load("日期,店铺,费用类型,金额\n2026-01-05,Web shop,佣金,-2.70\n")
    assert rows(database, "SELECT name, platform FROM channel") == [("Web shop", "")]
    load(SALES.format(refunded=""))
    assert rows(database, "SELECT name, platform FROM channel") == [("Web shop", "Sales")]


# --- all of them -----------------------------------------------------------------------------------------------------


def test_files_of_several_kinds_go_in_in_the_order_in_which_they_help_each_other(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    texts = {
        "a_fees.csv": FEES + "2026-01-05,A-1,commission,-2.70,,T-1\n",
        "b_returns.csv": RETURNS + "R-1,A-1,MUG,1,2026-01-10,received,5.00,no\n",
        "c_receipts.csv": RECEIPTS + "G-1,PO-1,Yiwu,MUG,12,2026-01-10,Yiwu,1.85,CNY\n",
        "d_tracking.csv": PARCELS + "A-2,UPS,P3,2026-01-07,,,,\n",
        "e_orders.csv": ORDERS,
        "f_sales.csv": SALES.format(refunded=""),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    receipts = import_files(database, LOCAL_USER.acting(clock), [tmp_path / name for name in texts])
    assert [receipt.format for receipt in receipts] == [
        "generic-sales", "generic-purchase-orders", "generic-receipts", "generic-tracking", "generic-returns",
        "generic-settlement-fees",
    ]  # fmt: skip
    assert all(receipt.rows_rejected == 0 for receipt in receipts)
    assert not [i for receipt in receipts for i in receipt.issues if i.code == "purchase_order.unknown"]
    for receipt in reversed(receipts):
        undo_import(database, LOCAL_USER.acting(clock), receipt.batch_id or 0)
    assert rows(database, "SELECT COUNT(*) FROM product WHERE withdrawn_by IS NULL") == [(0,)]
    assert_sound(database)


def test_facts_follow_the_unit_in_which_a_product_is_counted(database: Database, clock: FixedClock, load: Load) -> None:
    load("SKU,Product name,Unit\nRICE,Rice,kg\n")
    (number,) = rows(database, "SELECT id FROM product")[0]
    grams = Unit("kg", "g", 1000)
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        change_unit(uow, number, Unit("kg", "hg", 10))
        uow.commit()
    received = RECEIPTS + "G-1,PO-1,Yiwu,RICE,2.5,2026-01-10,Main,8.00,CNY\n"
    ordered = "PO number,SKU,Quantity,Received,Supplier\nPO-1,RICE,7.5,0.5,Yiwu\n"
    returned = RETURNS + "R-1,,RICE,1.5,2026-01-11,received,,0.5\n"
    for text in (ordered, received, returned):
        assert load(text).rows_accepted == 1
    # in hectograms: 25 received, 5 back on the shelf; 75 − 25 to come
    assert (on_hand(database), to_come(database)["RICE"][0]) == ({"RICE": 30}, 50)
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        change_unit(uow, number, grams)
        uow.commit()
    assert (on_hand(database), to_come(database)["RICE"][0]) == ({"RICE": 3000}, 5000)
    for text in (ordered, received, returned):
        assert load(text).rows_unchanged == 1  # the files say what they said
    assert rows(database, "SELECT unit_cost FROM receipt WHERE superseded_by IS NULL") == [(8_000,)]  # 8.00 / 1000
    assert_sound(database)


def test_a_shops_own_sku_leads_to_the_product_that_it_is_mapped_to(
    database: Database, clock: FixedClock, load: Load
) -> None:
    load(COUNT)
    load(SALES.format(refunded=""))
    (mug,) = rows(database, "SELECT id FROM product WHERE sku = 'MUG'")[0]
    (shop,) = rows(database, "SELECT id FROM channel")[0]
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        map_sku(uow, SkuMapping(shop, "WEB-MUG", mug))
        map_sku(uow, SkuMapping(0, "MUG-OLD", mug))
        uow.commit()
    load(RETURNS + "R-1,A-1,WEB-MUG,1,2026-01-10,restocked,5.00,yes\nR-2,A-1,MUG-OLD,1,2026-01-10,restocked,5.00,yes\n")
    load(RECEIPTS + "G-1,,Yiwu,MUG-OLD,7,2026-01-12,,,\n")
    load("PO number,SKU,Quantity,Supplier\nPO-1,MUG-OLD,40,Yiwu\n")
    assert on_hand(database) == {"MUG": 10 - 4 + 2 + 7, "TEA": 10 - 2}
    assert to_come(database) == {"MUG": (40, "NaT")}
    assert rows(database, "SELECT COUNT(*) FROM product") == [(2,)]
    assert_sound(database)


@pytest.mark.parametrize("name", [name for name, held in FORMATS.items() if held.kind in LOADERS])
def test_the_page_checks_a_file_of_facts_and_offers_its_columns(
    sqlite_database: Database, clock: FixedClock, name: str
) -> None:
    class Quiet:
        def progress(self, _share: float, _text: Text) -> None:
            pass

    path = SAMPLES / f"{name}.csv"
    request = ImportRequest((str(path),), language="zh_CN")
    shown = preview(sqlite_database, LOCAL_USER.acting(clock), request, Quiet())  # type: ignore[arg-type]
    assert shown["error"] is None
    (file,) = shown["files"]
    assert (file["format"], file["missing"]) == (name, [])
    required, titles = fields_of(name, "zh_CN")
    assert required <= set(titles)
    assert set(file["mapping"]) <= set(titles)
    assert not [title for title in titles.values() if title.isascii() and title != "SKU"]
    assert shown["receipts"][0]["rows_read"] == file["rows"]
    assert rows(sqlite_database, "SELECT COUNT(*) FROM import_batch") == [(0,)]  # a check stores nothing


def test_columns_can_be_mapped_by_hand_and_a_trial_stores_nothing(database: Database, load: Load) -> None:
    text = "Ref,What,Pieces,When\nX-1,MUG,2,2026-01-10\n"
    mapping = {"return_id": "Ref", "sku": "What", "quantity": "Pieces", "returned_on": "When"}
    trial = load(text, format="generic-returns", mapping=mapping, dry_run=True)
    assert (trial.rows_accepted, standing(database, "return_case")) == (1, 0)
    assert load(text, format="generic-returns", mapping=mapping).rows_accepted == 1
    assert load(text).rows_unchanged == 1  # the mapping is remembered
