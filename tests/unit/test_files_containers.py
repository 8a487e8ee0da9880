"""Workbooks, Parquet and packed files: read as text, bounded, refused in words."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from erp_core.errors import FileRefused
from erp_core.files.export import ExportHeader, export_csv, export_xlsx, safe_cell
from erp_core.files.limits import Limits
from erp_core.files.read import read_table

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def workbook(rows: list[list[Any]], *, before: int = 0) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows, start=before):
        for column, value in enumerate(row):
            if isinstance(value, dt.datetime):
                sheet.write_datetime(at, column, value, day)
            else:
                sheet.write(at, column, value)
    book.close()
    return out.getvalue()


def refusal(path: Path, **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_table(path, **options)
    assert caught.value.hint is not None
    return caught.value


def test_a_workbook_reads_as_text(tmp_path: Path) -> None:
    rows = [
        ["SKU", "Price", "Date", "Units"],
        ["A-1", 2.55, dt.datetime(2025, 3, 1, 10, 0), 6],
        ["0123", 10.0, dt.datetime(2025, 3, 2), 3],
    ]
    table = read_table(put(tmp_path, "a.xlsx", workbook(rows, before=2)))
    assert table.header_row == 3
    assert table.row_numbers.tolist() == [4, 5]
    cells = [column.to_pylist() for column in table.cells]
    assert cells[0] == ["A-1", "0123"]
    assert cells[1] == ["2.55", "10"]
    assert cells[2][0].startswith("2025-03-01 10:00")
    assert cells[3] == ["6", "3"]


def test_a_bomb_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        archive.writestr(
            "[Content_Types].xml", f'<Types><Override PartName="/xl/workbook.xml" ContentType="{kind}"/></Types>'
        )
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<row></row>" * 18_500_000)  # 200 MB of nothing
    assert len(out.getvalue()) < 600_000
    assert refusal(put(tmp_path, "bomb.xlsx", out.getvalue())).code == "file.unpacks_too_large"


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n" + b"0,0\n" * 4_000_000)
    assert (
        refusal(put(tmp_path, "a.csv.gz", packed), limits=Limits(unpacked_bytes=1 << 20)).code
        == "file.unpacks_too_large"
    )


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"file_bytes": 10}, "file.too_large"),
        ({"rows": 2}, "file.too_many_rows"),
        ({"columns": 2}, "file.too_many_columns"),
        ({"cell_length": 3}, "file.cell_too_long"),
    ],
)
def test_every_limit_has_its_refusal(tmp_path: Path, limits: dict[str, int], code: str) -> None:
    path = put(tmp_path, "a.csv", b"sku,name,qty\n" + b"A,lamps,1\n" * 5)
    assert refusal(path, limits=Limits(**limits)).code == code


def test_a_workbook_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = workbook([["a", "b"], [1, 2]])
    assert refusal(put(tmp_path, "a.xlsx", whole[: len(whole) // 2])).code.startswith("file.")


def test_parquet_keeps_exact_numbers_and_refuses_nested_columns(tmp_path: Path) -> None:
    table = pa.table({"sku": ["A"], "price": pa.array([Decimal("2.50")], pa.decimal128(10, 2))})
    pq.write_table(table, tmp_path / "a.parquet")
    assert [column.to_pylist() for column in read_table(tmp_path / "a.parquet").cells] == [["A"], ["2.50"]]
    pq.write_table(pa.table({"sku": ["A"], "tags": [["x", "y"]]}), tmp_path / "b.parquet")
    assert "tags" in str(refusal(tmp_path / "b.parquet"))


@pytest.mark.parametrize("word", ["=1+1", "+1+1", "-1+cmd", "@SUM(A1)", "\t=1", " =1", "＝1+1"])
def test_no_export_carries_a_formula(tmp_path: Path, word: str) -> None:
    assert safe_cell(word) == "'" + word
    frame = pd.DataFrame({"name": [word], "count": [-5]})
    columns = [("name", "Name"), ("count", "Count")]
    assert export_csv(frame, columns).decode("utf-8-sig").splitlines()[1].startswith(("'", "\"'"))
    header = ExportHeader("Inventory", "local", NOW, "en", {"State": "short"})
    with zipfile.ZipFile(io.BytesIO(export_xlsx(frame, columns, header))) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert not any("<f>" in sheet for sheet in sheets)


def test_an_export_reads_back_and_says_what_was_filtered(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["北欧台灯", 'a "b", c'], "count": [1, None], "day": [dt.date(2026, 3, 2), None]})
    columns = [("name", "名称"), ("count", "数量"), ("day", "日期")]
    back = read_table(put(tmp_path, "a.csv", export_csv(frame, columns)))
    assert back.columns == ("名称", "数量", "日期")
    assert back.cells[0].to_pylist() == ["北欧台灯", 'a "b", c']
    header = ExportHeader("Inventory", "local", NOW, "en", {"State": "short"})
    book = put(tmp_path, "a.xlsx", export_xlsx(frame, columns, header))
    assert read_table(book).cells[0].to_pylist() == ["北欧台灯", 'a "b", c']
    about = pd.read_excel(book, sheet_name="About", header=None, engine="calamine")
    assert about.iloc[:, 0].tolist() == ["Inventory", "Written on", "By", "State"]
