"""Every upload format: complete, documented with its source, known carriers in its words; nothing runs as a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from erp_core.exports.carriers import CARRIERS, carrier_code
from erp_core.exports.declaration import Column, UploadFormat, What
from erp_core.exports.formats import UPLOADS
from erp_core.files.export import ExportHeader, Shape, about_text, export_upload
from erp_core.text import T

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "exports.md"
HEADER = ExportHeader("Stock", "ann", dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC), "en", {"Shop": "=Lamps"})
ROWS = [["=1+1", 5], ["2384011112223334441", -5], ["\t@x", 0], ["007", None]]


@pytest.mark.parametrize("name", UPLOADS)
def test_every_format_can_be_used_and_is_documented_with_its_source(name: str) -> None:
    declared = UPLOADS[name]
    fields = {column.field for column in declared.columns}
    assert {"sku", "quantity"} <= fields or {"order_id", "tracking_number"} <= fields
    headers = [column.header for column in declared.columns]
    assert len(set(headers)) == len(headers)
    assert set(declared.carrier_words) <= set(CARRIERS)
    "".join(headers).encode(declared.encoding)
    line = next(line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if f"`{name}`" in line)
    assert declared.source in line
    assert bool(declared.source) or not declared.platforms or "no public template" in line


def test_a_format_with_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        UploadFormat("x", T("Stock"), (), What.STOCK, (Column("A", "colour"),))


@pytest.mark.parametrize(
    ("word", "code"),
    [("顺丰", "SF"), ("顺丰速运", "SF"), (" sf-express ", "SF"), ("圆通速递有限公司", "YTO"), ("ＤＨＬ", "DHL"), ("royal mail", "ROYAL_MAIL"),
     ("中通快运", None), ("Tante Emma", None)],
)  # fmt: skip
def test_carriers_are_known_by_the_ways_in_which_files_write_them(word: str, code: str | None) -> None:
    assert carrier_code(word) == code


def test_no_two_carriers_share_a_name() -> None:
    for code, carrier in CARRIERS.items():
        assert {carrier_code(word) for word in (code, carrier.english, carrier.chinese, *carrier.also)} == {code}


def test_a_text_file_holds_the_table_only_and_nothing_runs_as_a_formula() -> None:
    content = export_upload(["SKU", "=Quantity"], ROWS, Shape("csv", "utf-8-sig"), HEADER)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows == [
        ["SKU", "'=Quantity"],
        ["'=1+1", "5"],
        ["2384011112223334441", "-5"],
        ["' @x", "0"],
        ["007", ""],
    ]
    tabbed = export_upload(["a", "b"], [["x\ty\n", 1]], Shape("txt"), HEADER)
    assert tabbed == b"a\tb\r\nx y \t1\r\n"


def test_chinese_goes_out_in_gb18030() -> None:
    assert export_upload(["商家编码"], [["灯-1"]], Shape("csv", "gb18030"), HEADER) == "商家编码\r\n灯-1\r\n".encode(
        "gb18030"
    )


def test_a_workbook_keeps_long_ids_and_says_on_a_second_sheet_what_it_is() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(export_upload(["SKU", "Quantity"], ROWS, Shape("xlsx"), HEADER)))
    table, about = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert table == [["SKU", "Quantity"], ["'=1+1", 5.0], ["2384011112223334441", -5.0], ["'\t@x", 0.0], ["007", ""]]
    assert about[1:] == [["Written on", "2026-03-02 09:00 UTC"], ["By", "ann"], ["Shop", "'=Lamps"]]
    assert about_text(HEADER).decode("utf-8-sig").splitlines() == [
        "Stock", "Written on\t2026-03-02 09:00 UTC", "By\tann", "Shop\t'=Lamps",
    ]  # fmt: skip
