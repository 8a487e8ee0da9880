"""Orders that a system gathers: its own numbers beside the platforms', sums of several orders, lines that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from erp_core.files.table import RawTable
from erp_core.imports.declaration import Combine, Format, Kind, Split
from erp_core.imports.draft import Assumptions
from erp_core.imports.sales import Orders, assemble
from erp_core.imports.shape import shaped
from erp_core.text import T

FORMAT = Format(
    name="system",
    title=T("Orders"),
    kind=Kind.SALES,
    platform="System",
    columns={"order_id": ("platform no", "own no"), "own_order_id": ("own no",)},
    required=(),
    currency="CNY",
    time_zone="UTC",
    statuses={"waiting": "paid", "gone": "shipped", "void": "cancelled"},
    cancelled_line_words=frozenset({"out"}),
    ignored_words=frozenset({"merged"}),
    amount=("line_amount",),
    status_per_line=True,
    combined={"order_id": Combine.FIRST},
    order_manager=True,
)
HEADER = ("platform no", "own no", "when", "word", "line word", "what", "pieces", "money", "refund", "post")
FIELDS = ("order_id", "own_order_id", "ordered_at", "status", "line_status", "title", "quantity", "line_amount",
          "order_refunded", "shipping")  # fmt: skip
Row = tuple[str, str, str, str, str, str, str]


def orders(rows: Sequence[Row], declared: Format = FORMAT) -> Orders:
    """(platform's number, own number, word, line word, money, refund, postage) of each line."""
    cells = [(no, own, "2025-11-01", word, line, "lamp", "1", money, refund, post)
             for no, own, word, line, money, refund, post in rows]  # fmt: skip
    columns = tuple(pa.array([row[i] for row in cells], pa.string()).dictionary_encode() for i in range(len(HEADER)))
    table = RawTable(HEADER, columns, np.arange(len(rows)) + 2, "file.csv", "0" * 64, "csv", 1)
    source = shaped(table, declared, {field: at for at, field in enumerate(FIELDS)})
    return assemble([source], Assumptions(None, "CNY", "UTC"))


def header(found: Orders, name: str) -> dict[str, object]:
    return dict(zip(found.ids, found.header[name].tolist(), strict=True))


def test_sums_of_orders_sent_together_are_shared_by_the_lines_money_to_the_cent() -> None:
    found = orders(
        [
            ("A", "1", "gone", "", "10.00", "1.00", ""),
            ("B", "1", "gone", "", "10.00", "1.00", ""),
            ("C", "1", "gone", "", "10.00", "1.00", ""),
        ]
    )
    # 1.00 in three: 33 and 33 and what is left
    assert header(found, "order_refunded") == {"A": 33, "B": 33, "C": 34}
    assert header(found, "shipping_known") == {"A": False, "B": False, "C": False}  # not said is not 0


def test_without_money_to_go_by_the_shares_are_equal() -> None:
    found = orders([("A", "1", "gone", "", "0", "", "5.00"), ("B", "1", "gone", "", "0", "", "5.00")])
    assert header(found, "shipping") == {"A": 250, "B": 250}


def test_sums_of_the_parts_of_an_order_add_up_once_a_part() -> None:
    found = orders(
        [
            ("A", "1", "gone", "", "10.00", "2.00", "3.00"),
            ("A", "1", "gone", "", "10.00", "2.00", "3.00"),
            ("A", "2", "waiting", "", "10.00", "", "4.00"),
        ]
    )
    assert (header(found, "order_refunded"), header(found, "shipping")) == ({"A": 200}, {"A": 700})
    assert header(found, "state") == {"A": "paid"}


def test_an_order_is_as_far_as_its_last_live_line() -> None:
    found = orders(
        [
            ("A", "1", "gone", "", "10.00", "", ""),
            ("A", "1", "waiting", "out", "10.00", "", ""),  # taken out of the order
            ("B", "2", "waiting", "out", "10.00", "", ""),
            ("C", "3", "void", "", "10.00", "", ""),
            ("C", "4", "gone", "", "10.00", "", ""),
            ("D", "5", "void", "", "10.00", "", ""),
            ("D", "6", "somewhere", "", "10.00", "", ""),  # nobody knows this word
        ]
    )
    assert header(found, "state") == {"A": "shipped", "B": "cancelled", "C": "shipped", "D": "pending"}
    assert header(found, "status_word") == {"A": "gone", "B": "waiting", "C": "gone", "D": "somewhere"}
    # of B the order says it; of the others the line
    assert found.lines["cancelled"].tolist() == [False, True, False, True, False, True, False]


def test_orders_without_a_platforms_number_are_named_once_and_merged_ones_not_at_all() -> None:
    found = orders(
        [
            ("A", "1", "gone", "", "10.00", "", ""),
            ("", "2", "gone", "", "10.00", "", ""),
            ("", "2", "gone", "", "10.00", "", ""),
            ("", "3", "merged", "", "10.00", "", ""),
        ]
    )
    assert found.ids == ["A", "2"]
    (own,) = [issue for issue in found.rows.issues if issue.code == "order.own_number"]
    assert (own.code, own.column, own.severity) == ("order.own_number", "own no", "warns")
    assert str(own.message).startswith("1 orders")
    assert found.rows.ignored.tolist() == [False, False, False, True]


def test_a_file_of_bad_rows_only_has_no_sums_to_share() -> None:
    found = orders([("1.23457E+18", "", "gone", "", "10.00", "2.00", "")])
    assert found.bad_order.all()


@pytest.mark.parametrize(
    ("titles", "codes", "refs", "count"),
    [
        ("soap;water", "X1", "1", 1),  # one code, one number: the name holds the separator
        ("soap;water", "", "", 2),  # nothing but names to go by
        ("soap;water;", "X1;", "1;2", 2),
        ("soap", "X1", "1", 1),
        ("soap;water", "X1;X2", "1", 2),  # one sub-order of two products, each with its code
        ("set", "X1;X2", "1", 1),  # one name, one number: the code holds the separator
    ],
)
def test_a_lone_code_says_that_a_cell_is_one_product(titles: str, codes: str, refs: str, count: int) -> None:
    declared = replace(FORMAT, split=Split(fields=("title", "sku", "line_ref", "quantity"), separator=";"))
    columns = ("t", "c", "r", "q")
    cells = tuple(pa.array([cell], pa.string()).dictionary_encode() for cell in (titles, codes, refs, str(count)))
    table = RawTable(columns, cells, np.arange(1) + 2, "file.csv", "0" * 64, "csv", 1)
    source = shaped(table, declared, {"title": 0, "sku": 1, "line_ref": 2, "quantity": 3})
    assert len(source.table) == count
    assert source.table.issues == ()
