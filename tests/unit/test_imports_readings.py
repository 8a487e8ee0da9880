"""How declarations let files be read: asides of headers, signs of currencies, columns that have refunds taken off."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from erp_core.files.gather import Gatherer
from erp_core.files.limits import DEFAULT_LIMITS
from erp_core.files.table import RawTable
from erp_core.files.values import parse_decimal
from erp_core.imports.amounts import signed_currency
from erp_core.imports.declaration import Combine, Format, Kind, same_but_for_aside
from erp_core.imports.detect import detect
from erp_core.imports.draft import Assumptions
from erp_core.imports.formats import FORMATS
from erp_core.imports.sales import Orders, assemble
from erp_core.imports.shape import columns_of, shaped
from erp_core.text import T


def table(header: str, *rows: str) -> RawTable:
    cells = [row.split(",") for row in rows]
    columns = tuple(header.split(","))
    arrays = tuple(pa.array([row[i] for row in cells], pa.string()).dictionary_encode() for i in range(len(columns)))
    return RawTable(columns, arrays, np.arange(len(rows)) + 2, "file.csv", "0" * 64, "csv", 1)


def declared(**features: object) -> Format:
    given: dict[str, object] = {
        "columns": {
            "order_id": ("No",), "ordered_at": ("Day",), "paid_at": ("Paid",), "status": ("Status",), "sku": ("SKU",),
            "quantity": ("Units", "Units (- Refund)"), "unit_price": ("Price",), "currency": ("Currency",),
            "order_refunded": ("Refund",), "sold_on": ("Platform",),
        },
        "required": ("order_id",),
    } | features  # fmt: skip
    return Format(name="shop", title=T("Orders"), kind=Kind.SALES, platform="Shop", **given)  # type: ignore[arg-type]


def read(raw: RawTable, format_: Format, currency: str | None = None) -> Orders:
    taken: set[int] = set()
    indices: dict[str, int] = {}
    for name, headers in format_.columns.items():
        at = next((i for h in headers for i, c in enumerate(raw.columns) if c == h and i not in taken), None)
        if at is not None:
            indices[name] = at
            taken.add(at)
    assumed = Assumptions(currency=currency, company_currency="CNY", company_zone="UTC")
    return assemble([shaped(raw, format_, indices)], assumed)


@pytest.mark.parametrize(
    ("header", "alias", "same"),
    [
        ("商品总价(元)", "商品总价", True),
        ("quantity", "quantity (items)", True),
        ("city (billing)", "city (shipping)", False),
        ("amount (sales taxes)", "amount (items)", False),
        ("(items)", "(other)", False),
        ("", "", False),
    ],
)
def test_an_aside_is_passed_over_only_where_one_of_the_two_has_one(header: str, alias: str, same: bool) -> None:
    assert same_but_for_aside(header, alias) is same


def test_columns_put_together_do_not_take_the_same_word_with_another_aside() -> None:
    format_ = declared(columns={"city": ("City (Shipping)", "City (Billing)")}, combined={"city": Combine.FIRST})
    assert columns_of(format_, "city", ["City (Billing)", "City (Shop)"]) == [0]


def test_units_added_up_may_read_a_column_that_another_field_reads() -> None:
    header = "sku,afn-fulfillable-quantity,afn-reserved-quantity"
    raw = table(header, "A,40,3", "B,,", "C,1,")
    found = detect(raw)
    assert found.columns == {
        "sku": "sku", "reserved": "afn-reserved-quantity", "quantity": "afn-fulfillable-quantity",
    }  # fmt: skip
    source = shaped(raw, FORMATS[found.format], found.indices)
    assert source.table.cells[source.indices["quantity"]].to_pylist() == ["43", "", "1"]
    assert source.table.cells[source.indices["reserved"]].to_pylist() == ["3", "", ""]


@pytest.mark.parametrize(
    ("word", "value", "currency"),
    [
        ("AU $3,000.00", "3000.00", "AUD"), ("C $12.50", "12.50", "CAD"), ("US $5.00", "5.00", "USD"),
        ("NZ $5.00", "5.00", "NZD"), ("£10.00", "10.00", "GBP"), ("EUR 12.00", "12.00", "EUR"), ("৳2,999", "2999", "BDT"),
    ],
)  # fmt: skip
def test_signs_of_many_dollars(word: str, value: str, currency: str) -> None:
    assert parse_decimal(word) == Decimal(value)
    assert signed_currency([word, "1"], "CNY") == currency


def test_orders_of_several_signs_have_their_own_currencies_unless_the_person_says_one() -> None:
    raw = table("No,Day,SKU,Units,Price", "1,2025-07-01,A,2,£5.00", "2,2025-07-01,A,1,€7.00", "3,2025-07-01,A,1,3.00")
    orders = read(raw, declared())
    assert orders.header["currency"].tolist() == ["GBP", "EUR", "CNY"]
    assert orders.row_amount.tolist() == [1000, 700, 300]
    assert read(raw, declared(), "USD").header["currency"].tolist() == ["USD", "USD", "USD"]


def test_two_signs_in_one_order_keep_it_out() -> None:
    orders = read(table("No,Day,SKU,Units,Price", "1,2025-07-01,A,2,£5.00", "1,2025-07-01,A,1,€7.00"), declared())
    assert [issue.code for issue in orders.rows.issues] == ["currency.mixed"]


def test_an_order_without_a_currency_has_the_only_one_of_the_file() -> None:
    raw = table("No,Day,SKU,Units,Price,Currency", "1,2025-07-01,A,2,5.00,USD", "2,2025-07-01,A,1,7.00,")
    assert read(raw, declared()).header["currency"].tolist() == ["USD", "USD"]
    both = table(
        "No,Day,SKU,Units,Price,Currency", "1,2025-07-01,A,2,5,USD", "2,2025-07-01,A,1,7,", "3,2025-07-01,A,1,7,EUR"
    )
    assert read(both, declared()).header["currency"].tolist() == ["USD", "CNY", "EUR"]


def test_refunds_count_unless_the_units_have_them_taken_off() -> None:
    format_ = declared(net_of_refunds=frozenset({"Units (- Refund)"}))
    gross = read(table("No,Day,SKU,Units,Price,Refund", "1,2025-07-01,A,2,10,10"), format_)
    net = read(table("No,Day,SKU,Units (- Refund),Price,Refund", "1,2025-07-01,A,1,10,10"), format_)
    assert gross.header["order_refunded"].tolist() == [1000]
    assert net.header["order_refunded"].tolist() == [0]


def test_where_dates_alone_tell_of_payment_an_empty_one_means_unpaid() -> None:
    wordless, worded = declared(default_state="paid"), declared(default_state="paid", statuses={"open": "paid"})
    raw = table("No,Day,Paid,SKU,Units,Price", "1,2025-07-01,,A,1,1", "2,2025-07-01,2025-07-02,A,1,1")
    assert read(raw, wordless).header["state"].tolist() == ["pending", "paid"]
    assert read(raw, worded).header["state"].tolist() == ["paid", "paid"]
    assert read(table("No,Day,SKU,Units,Price", "1,2025-07-01,A,1,1"), wordless).header["state"].tolist() == ["paid"]


@pytest.mark.parametrize(
    ("status", "document", "state"),
    [("done", "credit_note", "cancelled"), ("draft", "order", "cancelled"), ("void", "order", "cancelled")],
)
def test_credit_notes_that_are_void_are_none(status: str, document: str, state: str) -> None:
    words = {"done": "completed", "draft": "pending", "void": "cancelled"}
    raw = table("No,Day,SKU,Units,Price,Status", f"1,2025-07-01,A,-1,1,{status}")
    orders = read(raw, declared(statuses=words, void_credit_notes=True))
    assert (orders.header["document"].tolist(), orders.header["state"].tolist()) == ([document], [state])
    assert read(raw, declared(statuses=words)).header["document"].tolist() == ["credit_note"]


def test_a_pending_row_without_a_price_says_why() -> None:
    raw = table("No,Day,SKU,Units,Price,Status", "1,2025-07-01,A,1,,open", "2,2025-07-01,A,1,,done")
    orders = read(raw, declared(statuses={"open": "pending", "done": "completed"}))
    assert [(issue.row, issue.code) for issue in orders.rows.issues] == [(2, "amount.pending"), (3, "amount.missing")]


def test_rows_of_another_shops_sales_are_passed_over_and_said() -> None:
    raw = table("No,Day,SKU,Units,Price,Platform", "1,2025-07-01,A,1,1,Here", "2,2025-07-01,,,,Elsewhere")
    orders = read(raw, declared(ignored_words=frozenset({"elsewhere"})))
    assert orders.ids == ["1"]
    assert [(issue.code, issue.severity) for issue in orders.rows.issues] == [("rows.passed_over", "warns")]


@pytest.mark.parametrize(
    "footer",
    [
        ["83 record(s) downloaded", "", "", ""], ["83", "record(s) downloaded", "", ""], ["record(s) downloaded"],
        ["45", "record(s) downloaded", "from Jul-01-25 to Jul-31-25", ""], ["Seller ID : demo"], ["Seller ID: demo", "", "", ""],
        ["83", "record(s) downloaded", "from", "Jul-01-25"],
    ],
)  # fmt: skip
def test_lines_that_count_the_rows_are_no_records(footer: list[str]) -> None:
    gatherer = Gatherer("orders.csv", 4, DEFAULT_LIMITS, 10)
    gatherer.add(2, ["1", "A", "2", "3.00"])
    gatherer.add(4, footer)
    gathered = gatherer.finish()
    assert gathered.row_numbers.tolist() == [2]
    assert [(issue.row, issue.code) for issue in gathered.issues] == [(4, "file.footer")]


def test_a_count_line_spread_over_many_cells_is_no_record() -> None:
    gatherer = Gatherer("orders.csv", 9, DEFAULT_LIMITS, 10)
    gatherer.add(2, ["1", "A", "2", "3.00", "", "", "", "", ""])
    gatherer.add(4, ["83", "record(s) downloaded", "from ", "Jul-01-25", "00:00:00", " to ", "Jul-31-25", "23:59:59"])
    gathered = gatherer.finish()
    assert gathered.row_numbers.tolist() == [2]
    assert [(issue.row, issue.code) for issue in gathered.issues] == [(4, "file.footer")]


def test_a_short_row_at_the_end_that_counts_nothing_is_still_a_record() -> None:
    gatherer = Gatherer("orders.csv", 4, DEFAULT_LIMITS, 10)
    gatherer.add(2, ["1", "A", "2", "3.00"])
    gatherer.add(3, ["", "B", "", ""])
    assert gatherer.finish().row_numbers.tolist() == [2, 3]
