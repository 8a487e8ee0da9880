"""Files made to exhaust whoever opens them: each is refused in words, soon, and without taking the memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from erp_core.errors import FileRefused
from erp_core.files.read import read_table

ROOT = Path(__file__).resolve().parents[2]
MB = 2**20
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>SKU</t></is></c><c r="B1" t="inlineStr"><is><t>Quantity</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>A</t></is></c><c r="B2"><v>2</v></c></row>'
)
SHEET = f"<worksheet {NS}><sheetData>{ROWS}</sheetData></worksheet>"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'


def book(*, before: str = "", sheet: str = SHEET, target: str = "worksheets/sheet1.xml", **parts: bytes) -> bytes:
    """A small workbook as Excel would write it, with these parts; `pad` stands beside them as it is."""
    plain, out = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as written:
        written.add_worksheet().write_string(0, 0, "text")
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = (before + sheet).encode()
            elif name == "xl/_rels/workbook.xml.rels":
                content = content.replace(b"worksheets/sheet1.xml", target.encode())
            archive.writestr(name, parts.get(Path(name).stem, content))
        if "pad" in parts:
            archive.writestr(zipfile.ZipInfo("pad.bin"), parts["pad"])
    return out.getvalue()


def many_texts() -> bytes:
    """Sixteen million empty shared texts in a file of three megabytes."""
    texts = f"<sst {NS}>".encode() + b"<si><t></t></si>" * (240 * MB // 16) + b"</sst>"
    return book(sharedStrings=texts, pad=os.urandom(3 * MB))


def overlapping() -> bytes:
    """Many entries that share one body of ten megabytes, as in Fifield's bomb of 2019."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 10 * MB)
        (first,) = archive.filelist
        for number in range(200):
            other = zipfile.ZipInfo(f"xl/{number}.xml")
            for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(other, name, getattr(first, name))
            archive.filelist.append(other)
    return out.getvalue()


def nested() -> bytes:
    """A ZIP in a ZIP in a ZIP …"""
    content = b"0" * MB
    for level in range(20):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{level}.zip", content)
        content = out.getvalue()
    return content


def packed(unit: bytes, size: int, head: bytes = b"SKU,Quantity\nA,1\n") -> bytes:
    """CSV in gzip that unpacks to `size` bytes; enough that does not pack stands in front."""
    return gzip.compress(head + os.urandom(size // 80).hex().encode() + b",1\n", 1) + gzip.compress(
        unit * (size // len(unit)), 9
    )


def one_column_too_wide() -> bytes:
    """Parquet of two million rows and 100 columns of one word: a few kilobytes."""
    out = io.BytesIO()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array(["x"]))
    pq.write_table(pa.table({f"c{number}": column for number in range(100)}), out, compression="zstd")
    return out.getvalue()


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "texts.xlsx": (many_texts, "file.too_many_cells"),
    "overlap.xlsx": (overlapping, "file.unpacks_too_large"),
    "nested.zip": (nested, "file.wrong_container"),
    "laughs.xlsx": (lambda: book(before=LAUGHS, sheet=SHEET.replace(">SKU<", ">&i;<")), "file.damaged"),
    "outside.xlsx": (lambda: book(before=OUTSIDE, sheet=SHEET.replace(">SKU<", ">&i;<")), "file."),
    "lines.csv.gz": (lambda: packed(b"\n", 200 * MB), "file.too_many_rows"),
    "rows.csv.gz": (lambda: packed(b"0,0\n", 200 * MB), "file.too_many_rows"),
    "line.csv.gz": (lambda: packed(b"a", 200 * MB), "file.cell_too_long"),
    "quotes.csv.gz": (lambda: packed(b'"a', 200 * MB), "file.cell_too_long"),
    "columns.csv": (lambda: b"a," * 10_000_000, "file."),
    "open.csv": (lambda: b'SKU,Quantity\n"A,1\n' + b"B,2\n" * 1_000_000, "read"),
    "wide.parquet": (one_column_too_wide, "file.too_many_cells"),
    "comments.html": (lambda: b"<html><table><tr><td>" + b"<!-- " * 5_000_000, "file.not_a_table"),
    "tags.html": (lambda: b"<html><table><tr><td>" + b"<a " * 5_000_000, "file.cell_too_long"),
    "attributes.html": (lambda: b"<html><table><tr><td " + b"a='" * 5_000_000, "file.not_a_table"),
    "tables.html": (lambda: b"<html>" + b"<table>" * 3_000_000, "file.too_many_cells"),
    "cells.html": (lambda: b"<html><table>" + (b"<tr>" + b"<td>" * 300) * 20_000, "file.too_many_cells"),
    "page.html": (lambda: b"<html><table>" + b" " * 33 * MB, "file.page_too_large"),
}  # fmt: skip
APART = """
import json, resource, sys, time
from pathlib import Path
from erp_core.errors import FileRefused
from erp_core.files.read import read_table
from tests.properties.fuzz_process import peak_bytes, reset_peak
reset_peak(); before, started = peak_bytes(), time.process_time()
try:
    read_table(Path(sys.argv[1])); code, hint = "read", ""
except FileRefused as error:
    code, hint = error.code, str(error.hint)
print(json.dumps({"code": code, "hint": hint, "grown": peak_bytes() - before, "took": time.process_time() - started}))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_words_soon_and_within_a_gigabyte(name: str, tmp_path: Path) -> None:
    make, code = BOMBS[name]
    path = tmp_path / name
    path.write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", APART, str(path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["code"].startswith(code), told
    assert told["hint"] or code == "read"
    assert told["grown"] < 1024 * MB, told
    assert told["took"] < 10, told  # seconds of the processor, so that a busy machine fails nothing


def test_the_small_workbook_is_read_where_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    """What the bombs are made of is a workbook, so that they are refused for what is wrong with them."""
    (tmp_path / "a.xlsx").write_bytes(book())
    assert read_table(tmp_path / "a.xlsx").columns == ("SKU", "Quantity")


@pytest.mark.parametrize(
    "target", ["../../../../etc/passwd", "/etc/passwd", "http://evil.example/sheet.xml", "file:///etc/passwd"]
)
def test_a_sheet_that_lies_outside_of_its_workbook_is_not_there(target: str, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(book(target=target))
    with pytest.raises(FileRefused):
        read_table(tmp_path / "a.xlsx")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "pipe.csv", tmp_path / "folder.csv", Path("/dev/zero")):
        with pytest.raises(FileRefused) as caught:
            read_table(path)
        assert caught.value.code == "file.unreadable"
