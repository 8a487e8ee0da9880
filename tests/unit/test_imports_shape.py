"""Tables put into shape: columns put together, cells with several products taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from erp_core.files.table import RawTable
from erp_core.imports.declaration import Combine, Derivation, Format, Kind, Split, Wide
from erp_core.imports.detect import detect
from erp_core.imports.shape import Source, shaped
from erp_core.text import T

COUNTED = r"(?:^|,\s*)(?P<quantity>\d+)×\s*(?P<title>.+?)(?=,\s*\d+×|$)"


def table(columns: Sequence[str], *rows: Sequence[str]) -> RawTable:
    cells = tuple(pa.array([row[i] for row in rows], pa.string()).dictionary_encode() for i in range(len(columns)))
    return RawTable(tuple(columns), cells, np.arange(len(rows)) + 2, "file.csv", "0" * 64, "csv", 1)


def declared(**features: object) -> Format:
    given: dict[str, object] = {"columns": {}, "required": ()} | features
    return Format(name="shop", title=T("Orders"), kind=Kind.SALES, platform="Shop", **given)  # type: ignore[arg-type]


def read(source: Source, field: str) -> list[str]:
    return [str(cell) for cell in source.table.cells[source.indices[field]].to_pylist()]


def of(raw: RawTable, indices: Mapping[str, str], **features: object) -> Source:
    return shaped(raw, declared(**features), {name: raw.columns.index(header) for name, header in indices.items()})


def test_a_table_that_needs_nothing_comes_back_as_it_is() -> None:
    raw = table(["Order"], ["1"])
    source = of(raw, {"order_id": "Order"})
    assert source.table is raw
    assert source.record.tolist() == [0]


def test_the_first_filled_of_several_columns_holds_row_by_row() -> None:
    raw = table(["Platform no", "Own no"], ["A1", "9"], ["", "8"], [" - ", "7"])
    source = of(
        raw,
        {"order_id": "Platform no"},
        columns={"order_id": ("Platform no", "Own no")},
        combined={"order_id": Combine.FIRST},
        empty_words=frozenset({"-"}),
    )
    assert read(source, "order_id") == ["A1", "8", "7"]


def test_a_column_that_the_person_named_is_not_put_together_with_others() -> None:
    raw = table(["First Name", "Last Name", "Nickname"], ["Ann", "Lee", "al"])
    source = of(
        raw,
        {"customer_name": "Nickname"},
        columns={"customer_name": ("First Name", "Last Name")},
        combined={"customer_name": Combine.JOIN},
    )
    assert read(source, "customer_name") == ["al"]


def test_texts_are_joined_and_numbers_added_up() -> None:
    raw = table(["First", "Last", "Working", "Shipped"], ["Ann", "Lee", "3", "1,004"], ["", "Li", "", "2"])
    source = of(
        raw,
        {"customer_name": "First", "quantity": "Working"},
        columns={"customer_name": ("First", "Last"), "quantity": ("Working", "Shipped")},
        combined={"customer_name": Combine.JOIN, "quantity": Combine.SUM},
    )
    assert read(source, "customer_name") == ["Ann Lee", "Li"]
    assert read(source, "quantity") == ["1007", "2"]  # 3 + 1,004; nothing + 2


def test_a_number_that_cannot_be_read_stays_for_the_reader_to_refuse() -> None:
    raw = table(["A", "B"], ["3", "many"])
    source = of(raw, {"quantity": "A"}, columns={"quantity": ("A", "B")}, combined={"quantity": Combine.SUM})
    assert read(source, "quantity") == ["many"]


def test_a_field_is_read_out_of_another_where_the_file_leaves_it_blank() -> None:
    raw = table(["No", "Time"], ["250711-123", ""], ["250712-124", "2025-07-13"], ["x", ""])
    day = Derivation("ordered_at", "order_id", r"(\d\d)(\d\d)(\d\d)-", r"20\1-\2-\3")
    source = of(raw, {"order_id": "No", "ordered_at": "Time"}, derived=(day,))
    assert read(source, "ordered_at") == ["2025-07-11", "2025-07-13", ""]


def test_counted_products_become_a_row_each_and_share_the_money_by_units() -> None:
    raw = table(["No", "Products", "Units", "Net"], ["7", "2× Lamp, oak, 1× Bulb", "3", "10.00"])
    source = of(
        raw,
        {"order_id": "No", "title": "Products", "items": "Units", "line_amount": "Net"},
        split=Split(fields=("title",), counted=COUNTED),
    )
    assert read(source, "title") == ["Lamp, oak", "Bulb"]
    assert read(source, "quantity") == ["2", "1"]
    # 10.00 × 2/3 = 6.666… → 6.67; the last takes what is left: 3.33
    assert read(source, "line_amount") == ["6.67", "3.33"]
    assert read(source, "order_id") == ["7", "7"]
    assert source.table.row_numbers.tolist() == [2, 2]
    assert source.record.tolist() == [0, 0]
    assert [issue.code for issue in source.table.issues] == ["line.shared_amount"]


def test_counted_products_whose_units_do_not_add_up_keep_the_record_out() -> None:
    raw = table(["No", "Products", "Units", "Net"], ["7", "2× Lamp", "3", "10.00"])
    source = of(
        raw,
        {"order_id": "No", "title": "Products", "items": "Units", "line_amount": "Net"},
        split=Split(fields=("title",), counted=COUNTED),
    )
    assert [issue.code for issue in source.table.issues] == ["row.several_products"]
    assert len(source.table) == 1


@pytest.mark.parametrize(
    ("products", "money", "codes"),
    [
        (f"{'9' * 5_000}× Lamp, 1× Bulb", "10.00", ["row.several_products"]),  # more digits than a number is read from
        ("2× Lamp, 1× Bulb", "9" * 40, ["line.shared_amount"]),
        ("2× Lamp, 1× Bulb", "1E30", ["line.shared_amount"]),
        ("2× Lamp, 1× Bulb", "0." + "3" * 40, ["line.shared_amount"]),
    ],
    ids=["units", "digits", "exponent", "decimals"],
)
def test_counts_and_sums_beyond_reason_stop_nothing(products: str, money: str, codes: list[str]) -> None:
    source = of(
        table(["No", "Products", "Net"], ["7", products, money]),
        {"order_id": "No", "title": "Products", "line_amount": "Net"},
        split=Split(fields=("title",), counted=COUNTED),
    )
    assert [issue.code for issue in source.table.issues] == codes


@pytest.mark.parametrize(
    ("quantity", "code", "titles", "quantities"),
    [
        ("1;3", "P1;P2", ["A", "B"], ["1", "3"]),
        ("2", "P1;P2", ["A", "B"], ["1", "1"]),  # two units of two products: one of each
        ("1;3;", "P1;P2;", ["A", "B"], ["1", "3"]),
    ],
)
def test_cells_with_several_products_are_taken_apart(
    quantity: str, code: str, titles: list[str], quantities: list[str]
) -> None:
    raw = table(["No", "Title", "Count", "Code"], ["7", "A;B", quantity, code], ["8", "C", "5", "P3"])
    source = of(
        raw,
        {"order_id": "No", "title": "Title", "quantity": "Count", "sku": "Code"},
        split=Split(fields=("title", "sku", "quantity"), separator=";"),
    )
    assert read(source, "title") == [*titles, "C"]
    assert read(source, "quantity") == [*quantities, "5"]
    assert read(source, "sku") == ["P1", "P2", "P3"]
    assert source.record.tolist() == [0, 0, 1]


def test_cells_that_disagree_on_how_many_products_there_are_keep_the_record_out() -> None:
    raw = table(["No", "Title", "Count"], ["7", "A;B;C", "1;2"])
    source = of(
        raw,
        {"order_id": "No", "title": "Title", "quantity": "Count"},
        split=Split(fields=("title", "quantity"), separator=";"),
    )
    assert [(issue.row, issue.code) for issue in source.table.issues] == [(2, "row.several_products")]


WIDE = (
    Wide(r"item (?P<number>\d+)", {"name": "title", "sku": "sku", "quantity": "quantity", "total": "line_amount"}),
    Wide(r"product (?P<number>\d+) (?P<what>.+)", {"name": "title", "quantity": "quantity"}),
)


def test_products_side_by_side_stand_under_each_other() -> None:
    raw = table(
        ["No", "item 1", "item 2"],
        ["7", "name:Lamp: oak|sku:L-1|quantity:2|total:20.00", "name:Bulb|sku:B|quantity:1|total:3.00"],
        ["8", "name:Cable|sku:C|quantity:4|total:8.00", ""],
        ["9", "", ""],
    )
    source = of(raw, {"order_id": "No"}, wide=WIDE)
    assert read(source, "order_id") == ["7", "7", "8", "9"]
    assert read(source, "title") == ["Lamp: oak", "Bulb", "Cable", ""]
    assert read(source, "line_amount") == ["20.00", "3.00", "8.00", ""]
    assert source.record.tolist() == [0, 0, 1, 2]
    assert len(source.original) == 3


def test_products_side_by_side_with_a_column_for_each_thing() -> None:
    raw = table(
        ["No", "Product 1 Name", "Product 1 Quantity", "Product 2 Name", "Product 2 Quantity"],
        ["7", "Lamp", "2", "Bulb", "1"],
    )
    source = of(raw, {"order_id": "No"}, wide=WIDE)
    assert read(source, "title") == ["Lamp", "Bulb"]
    assert read(source, "quantity") == ["2", "1"]


def test_detection_of_a_plain_table_is_not_touched() -> None:
    raw = table(["Order id", "Date", "SKU", "Quantity", "Price"], ["1", "2025-01-01", "A", "1", "2"])
    assert detect(raw).format == "generic-sales"
