"""Files as nobody would write them on purpose: every declaration's sample, damaged in ways that a number decides.

`case(number)` is the same on every machine and at every time, so a failure is found again by its number.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import html
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from erp_core.files.read import read_table
from erp_core.imports.detect import known_headers
from erp_core.imports.formats import FORMATS

SEED = "formats"
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
LARGEST = 400  # rows
STORED_SHARE, UNDONE_SHARE = 0.25, 0.3

NUMBERS = """999999999999999999999999 -99999999999 1e308 1E+400 -1e-400 0.0000000000000000001 NaN inf -0 0x1F 1.2.3 1,2,3
1.234.567,89 1,234.56 (12.00) -(1) +-3 １２３ ① ½ ১২ 0.5 -1 1000000000 100000000000 2147483648 9223372036854775807
9223372036854775808 -9223372036854775809 92233720368547758.07 111111111111111 1111111111111111.5 2.384E+18 1e5 5% ¥12.00
$-5 12.3元 ৳2,999 5€ 1_000 0 00012 3. .5""".split()
TIMES = """0000-00-00 9999-12-31 1969-12-31 2200-01-01 31/02/2025 2025-13-45 12/11/10 20250101 45000 45000.5 1735689600
2025-01-01T00:00:00+99:99 2025-01-01T25:61:61Z 24:00 2025-02-29 Jul-21-25 0001-01-01 2025-1-1 2025/7/1""".split()
TIMES += [
    "2025-03-30 02:30:00",
    "2025-10-26 02:30:00 +0200",
    "2025-11-02 01:30:00 PDT",
    "31.12.2025 23:59",
    "2025年7月1日",
]
WORDS = """=1+1 =cmd|'/C_calc'!A0 @SUM(A1) +x '' a"b " \"\"\" ' \\ - -- null NULL None N/A #N/A #REF! TRUE 是 {0} {file} {} %s
../../etc/passwd <script>alert(1)</script> '; 张** 𠮷 ##... USD EUR KWD JPY XTS usd 人民币 BTC US$ refunded 交易成功 2×A,1×B""".split()
ODD = ["", " ", "\t", "a,b;c\td|e", "line\nbreak", "carriage\rreturn", "\r\n", "\u202etxet", "\u200b", "\ufeffx", "\x1b[31m",
       "\x85", "\u2028", "\x00", "a\x00b", "\ud800", "😀" * 9, "e\u0301" * 40, "9" * 400, "0." + "3" * 300,
       "x" * 32_767, "x" * 40_000, '="0012"', "'007", "\u3000全角\u3000", "A" * 300, '"unclosed', 'x","y']  # fmt: skip
CELLS = NUMBERS + TIMES + WORDS + ODD
CHANNELS = ["North", "", " ", "x" * 5_000, "\u202eshop", "店铺\n二", "{0}", "'; --", "😀"]
CURRENCIES = ["USD", "CNY", "JPY", "KWD", "usd", "XTS", "", "EURO", "ZZZ", "元"]
ENCODINGS = ["utf-8"] * 24 + [
    "utf-8-sig",
    "gb18030",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "shift_jis",
    "big5",
]


@dataclass
class Sheet:
    """A table of text while it is being damaged."""

    header: list[str]
    rows: list[list[str]]

    def a_column(self, r: random.Random) -> int:
        """The position of some column."""
        return r.randrange(len(self.header)) if self.header else 0

    def put(self, row: int, column: int, cell: str) -> None:
        """Write a cell where there is one."""
        if row < len(self.rows) and column < len(self.rows[row]):
            self.rows[row][column] = cell


@dataclass(frozen=True)
class Case:
    """Files to be imported, what is said about them, and how they came about. `stored`: really imported, else tried;
    `undone`: taken back afterwards."""

    number: int
    files: tuple[tuple[str, bytes], ...]
    options: dict[str, Any]
    made_by: tuple[str, ...]
    stored: bool
    undone: bool


@dataclass
class Made:
    """The files of a case in the making."""

    r: random.Random
    steps: list[str] = field(default_factory=list)

    def choose(self, among: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
        """One of several ways, noted by its name."""
        chosen = self.r.choice(among)
        self.steps.append(chosen.__name__.strip("_"))
        return chosen


@cache
def sample_path(name: str) -> Path:
    """The sample of a declaration, in whatever container it lies."""
    return next(path for path in sorted(SAMPLES.iterdir()) if path.name.split(".", 1)[0] == name)


@cache
def _sample(name: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    table = read_table(sample_path(name), known_headers=known_headers())
    return table.columns, tuple(table.rows(np.arange(len(table))))


# --- tables -----------------------------------------------------------------------------------------------------------


def _drop_column(sheet: Sheet, r: random.Random) -> None:
    at = sheet.a_column(r)
    for row in (sheet.header, *sheet.rows):
        del row[at : at + 1]


def _double_column(sheet: Sheet, r: random.Random) -> None:
    at, to = sheet.a_column(r), sheet.a_column(r)
    for row in (sheet.header, *sheet.rows):
        row.insert(to, row[at] if at < len(row) else "")


def _swap_columns(sheet: Sheet, r: random.Random) -> None:
    one, two = sheet.a_column(r), sheet.a_column(r)
    for row in sheet.rows if r.random() < 0.5 else (sheet.header, *sheet.rows):
        if max(one, two) < len(row):
            row[one], row[two] = row[two], row[one]


def _shuffle_columns(sheet: Sheet, r: random.Random) -> None:
    order = list(range(len(sheet.header)))
    r.shuffle(order)
    sheet.header = [sheet.header[at] for at in order]
    sheet.rows = [[row[at] if at < len(row) else "" for at in order] for row in sheet.rows]


def _change_header(sheet: Sheet, r: random.Random) -> None:
    if not sheet.header:
        return
    at = sheet.a_column(r)
    name = sheet.header[at]
    sheet.header[at] = r.choice(
        [name.upper(), name.lower(), f" {name}\t", f"{name}(元)", f"\ufeff{name}", name.replace(" ", "_"), name[::-1], "",
         f"{name}{name}", name.translate({i: i + 0xFEE0 for i in range(33, 127)}), "SKU", "Date", "数量", r.choice(CELLS)]
    )  # fmt: skip


def _no_header(sheet: Sheet, r: random.Random) -> None:
    sheet.header = sheet.rows.pop(0) if sheet.rows else []


def _header_again(sheet: Sheet, r: random.Random) -> None:
    sheet.rows.insert(r.randint(0, len(sheet.rows)), list(sheet.header))


def _drop_row(sheet: Sheet, r: random.Random) -> None:
    if sheet.rows:
        del sheet.rows[r.randrange(len(sheet.rows))]


def _double_row(sheet: Sheet, r: random.Random) -> None:
    if sheet.rows:
        sheet.rows.insert(r.randint(0, len(sheet.rows)), list(r.choice(sheet.rows)))


def _shuffle_rows(sheet: Sheet, r: random.Random) -> None:
    r.shuffle(sheet.rows)


def _no_rows(sheet: Sheet, r: random.Random) -> None:
    sheet.rows.clear()


def _many_rows(sheet: Sheet, r: random.Random) -> None:
    if sheet.rows:
        sheet.rows = [list(sheet.rows[i % len(sheet.rows)]) for i in range(r.randint(2, LARGEST))]


def _ragged_row(sheet: Sheet, r: random.Random) -> None:
    if sheet.rows:
        row = r.choice(sheet.rows)
        if r.random() < 0.5:
            del row[r.randint(0, len(row)) :]
        else:
            row += r.choices(CELLS, k=r.randint(1, 20))


def _short_rows(sheet: Sheet, r: random.Random) -> None:
    for row in sheet.rows:
        while row and not row[-1]:
            row.pop()


def _blank_row(sheet: Sheet, r: random.Random) -> None:
    sheet.rows.insert(r.randint(0, len(sheet.rows)), [""] * len(sheet.header))


def _preamble(sheet: Sheet, r: random.Random) -> None:
    lines = [["Orders Report"], [], ["Seller ID : bob", ""], r.choices(CELLS, k=3)]
    sheet.rows = [list(sheet.header), *sheet.rows]
    sheet.header, more = list(r.choice(lines)), [list(r.choice(lines)) for _ in range(r.randint(0, 3))]
    sheet.rows = more + sheet.rows


def _footer(sheet: Sheet, r: random.Random) -> None:
    lines = [["83 record(s) downloaded"], [], ["合计", "", "12"], ["共 3 条记录"], r.choices(CELLS, k=2)]
    sheet.rows += [list(r.choice(lines)) for _ in range(r.randint(1, 3))]


def _absurd_cells(sheet: Sheet, r: random.Random) -> None:
    for _ in range(r.randint(1, 6)):
        if sheet.rows:
            sheet.put(r.randrange(len(sheet.rows)), sheet.a_column(r), r.choice(CELLS))


def _absurd_column(sheet: Sheet, r: random.Random) -> None:
    at, kind = sheet.a_column(r), r.choice([NUMBERS, TIMES, WORDS, ODD, CELLS])
    one = r.choice(kind)
    for number in range(len(sheet.rows)):
        sheet.put(number, at, one if r.random() < 0.5 else r.choice(kind))


def _blank_column(sheet: Sheet, r: random.Random) -> None:
    at = sheet.a_column(r)
    for number in range(len(sheet.rows)):
        sheet.put(number, at, "")


def _column_of_another(sheet: Sheet, r: random.Random) -> None:
    at, other = sheet.a_column(r), sheet.a_column(r)
    for row in sheet.rows:
        if max(at, other) < len(row):
            row[at] = row[other]


def _mixed_currencies(sheet: Sheet, r: random.Random) -> None:
    at = next((i for i, name in enumerate(sheet.header) if "urrency" in name or "币" in name), None)
    if at is None:
        sheet.header.append("Currency")
        for row in sheet.rows:
            row.append("")
        at = len(sheet.header) - 1
    for number in range(len(sheet.rows)):
        sheet.put(number, at, r.choice(CURRENCIES))


def _another_sample(sheet: Sheet, r: random.Random) -> None:
    header, rows = _sample(r.choice(sorted(FORMATS)))
    sheet.rows += [list(header), *map(list, rows)] if r.random() < 0.5 else map(list, rows)


def _wide(sheet: Sheet, r: random.Random) -> None:
    count = r.choice([50, 390, 500])
    sheet.header += [f"Extra {i}" for i in range(count)]
    for row in sheet.rows:
        row += [str(i) for i in range(count)]


OF_TABLES: tuple[Callable[[Sheet, random.Random], None], ...] = (
    _drop_column, _double_column, _swap_columns, _shuffle_columns, _change_header, _change_header, _no_header, _header_again,
    _drop_row, _double_row, _shuffle_rows, _no_rows, _many_rows, _many_rows, _ragged_row, _short_rows, _blank_row, _preamble,
    _footer, _absurd_cells, _absurd_cells, _absurd_cells, _absurd_column, _absurd_column, _absurd_column, _blank_column,
    _column_of_another, _mixed_currencies, _another_sample, _wide,
)  # fmt: skip

# --- containers -------------------------------------------------------------------------------------------------------


def _text(sheet: Sheet, r: random.Random) -> bytes:
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=r.choice([",", ",", ",", "\t", ";", "|", ":", "^"]),
        lineterminator=r.choice(["\n", "\n", "\r\n", "\r"]),
        quoting=r.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    )
    if r.random() < 0.05:
        out.write("sep=;\n")
    writer.writerows([sheet.header, *sheet.rows])
    text = out.getvalue().rstrip("\n") if r.random() < 0.1 else out.getvalue()
    encoding = r.choice(ENCODINGS)
    surrogates = encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32") and r.random() < 0.3
    return text.encode(encoding, "surrogatepass" if surrogates else "replace")


def _careless_text(sheet: Sheet, r: random.Random) -> bytes:
    """Cells put side by side without a thought for quotation marks."""
    return "\n".join(r.choice([",", "\t"]).join(row) for row in (sheet.header, *sheet.rows)).encode("utf-8", "replace")


def _whole(cell: str) -> str:
    """Without what no workbook or Parquet file can hold."""
    return cell.encode("utf-8", "replace").decode("utf-8")


def _workbook(sheet: Sheet, r: random.Random) -> bytes:
    out = io.BytesIO()
    typed = r.random() < 0.5
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        if r.random() < 0.1:
            book.add_worksheet("Empty")
        page = book.add_worksheet("Data")
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for at, row in enumerate((sheet.header, *sheet.rows)):
            for column, cell in enumerate(row):
                value = _typed(cell) if typed and at else None
                if isinstance(value, dt.datetime):
                    page.write_datetime(at, column, value, day)
                elif value is not None:
                    page.write_number(at, column, value)
                elif typed and cell.startswith("="):
                    page.write_formula(at, column, "=1/0", None, r.choice(["", 1, "#DIV/0!"]))
                else:
                    page.write_string(at, column, _whole(cell)[:32_767])
        if r.random() < 0.1:
            page.write_string(r.choice([*[5_000] * 9, 1_048_575]), r.choice([1, 300, 16_383]), "stray")
        if r.random() < 0.1 and len(sheet.rows) > 1:
            page.merge_range(1, 0, 2, 0, "merged")
    return out.getvalue()


def _typed(cell: str) -> float | dt.datetime | None:
    try:
        number = float(cell)
        return number if abs(number) < 1e300 else None
    except ValueError:
        pass
    try:
        at = dt.datetime.fromisoformat(cell)
        return at if at.tzinfo is None and at.year >= 1900 else None
    except ValueError:
        return None


def _rezipped(sheet: Sheet, r: random.Random) -> bytes:
    """A workbook with damage inside a part whose checksum is right."""
    source, out = zipfile.ZipFile(io.BytesIO(_workbook(sheet, r))), io.BytesIO()
    hurt = r.choice(source.namelist())
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == hurt:
                content = r.choice(OF_PARTS)(content, r)
            if name == hurt and r.random() < 0.1:
                continue
            target.writestr(name, content)
    return out.getvalue()


def _far_reference(content: bytes, r: random.Random) -> bytes:
    return content.replace(b'r="A2"', b'r="XFD1048576"', 1).replace(b"<v>1</v>", b"<v>99999999</v>")


def _entities(content: bytes, r: random.Random) -> bytes:
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"x" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]>'
    return content.replace(b"?>", b"?>" + bomb, 1)


def _parquet(sheet: Sheet, r: random.Random) -> bytes:
    columns = [[_whole(row[i]) if i < len(row) else None for row in sheet.rows] for i in range(len(sheet.header))]
    arrays = [r.choice(OF_ARRAYS)(column) if r.random() < 0.12 else pa.array(column, pa.string()) for column in columns]
    names = [_whole(name) for name in sheet.header]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=names), out)
    return out.getvalue()


def _numbers(column: list[str | None]) -> list[float | None]:
    return [value if isinstance(value := _typed(cell or ""), float) else None for cell in column]


OF_ARRAYS: tuple[Callable[[list[str | None]], pa.Array], ...] = (
    lambda column: pa.array(_numbers(column), pa.float64()),
    lambda column: pa.array([None if v is None or not abs(v) < 2**62 else int(v) for v in _numbers(column)], pa.int64()),
    lambda column: pa.array([len(cell or "") % 2 == 0 for cell in column], pa.bool_()),
    lambda column: pa.nulls(len(column)),
    lambda column: pa.array([(cell or "").encode() for cell in column], pa.binary()),
    lambda column: pa.array([[cell, "x"] for cell in column], pa.list_(pa.string())),
    lambda column: pa.array([len(cell or "") % 1_000 * 10**15 for cell in column], pa.timestamp("us", "UTC")),
    lambda column: pa.array([len(cell or "") % 1_000 * 1_000 for cell in column], pa.date32()),
    lambda column: pa.array([len(cell or "") for cell in column], pa.duration("s")),
    lambda column: pa.array([Decimal(len(cell or "")) for cell in column], pa.decimal128(30, 5)),
    lambda column: pa.array(column, pa.string()).dictionary_encode(),
    lambda column: pa.array([float("nan") for _ in column], pa.float32()),
)  # fmt: skip


def _html(sheet: Sheet, r: random.Random) -> bytes:
    span = r.choice(["", "", ' colspan="2"', ' rowspan="3"', ' colspan="65535"', ' rowspan="99999"'])
    lines = ["<html><meta charset=utf-8><body><table>"]
    for row in (sheet.header, *sheet.rows):
        cells = (html.escape(_whole(cell)) if r.random() < 0.98 else _whole(cell) for cell in row)
        lines.append(
            "<tr>" + "".join(f"<td{span if r.random() < 0.02 else ''}>{cell}</td>" for cell in cells) + "</tr>"
        )
    lines.append(r.choice(["</table></body></html>", "", "</table><table><tr><td>x</td></tr></table>", "<table><tr>"]))
    return "\n".join(lines).encode(r.choice(["utf-8", "utf-8", "gb18030", "utf-16"]), "replace")


def _zipped(sheet: Sheet, r: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", _text(sheet, r))
    return out.getvalue()


OF_CONTAINERS: tuple[tuple[Callable[[Sheet, random.Random], bytes], int], ...] = (
    (_text, 18), (_careless_text, 1), (_workbook, 3), (_rezipped, 2), (_parquet, 3), (_html, 2), (_zipped, 1),
)  # fmt: skip

# --- bytes ------------------------------------------------------------------------------------------------------------


def _flip(content: bytes, r: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(r.choice([1, 1, 2, 8, 64])):
        if damaged:
            damaged[r.randrange(len(damaged))] ^= 1 << r.randrange(8)
    return bytes(damaged)


def _cut(content: bytes, r: random.Random) -> bytes:
    return content[: r.randint(0, len(content))]


def _cut_front(content: bytes, r: random.Random) -> bytes:
    return content[r.randint(0, len(content)) :]


def _insert(content: bytes, r: random.Random) -> bytes:
    at = r.randint(0, len(content))
    noise = r.choice(
        [r.randbytes(r.randint(1, 50)), b'"', b"\x00" * 5, b"\n" * 100, b'""""', b"\xff\xfe", b"," * 500, b"\r"]
    )
    return content[:at] + noise + content[at:]


def _double_part(content: bytes, r: random.Random) -> bytes:
    start = r.randint(0, len(content))
    end = r.randint(start, min(len(content), start + 5_000))
    return content[:end] + content[start:end] + content[end:]


def _zeroes(content: bytes, r: random.Random) -> bytes:
    start = r.randint(0, len(content))
    return content[:start] + bytes(min(r.randint(1, 400), len(content) - start)) + content[start + 400 :]


def _packed(content: bytes, r: random.Random) -> bytes:
    return gzip.compress(content, mtime=0)


def _packed_twice(content: bytes, r: random.Random) -> bytes:
    return gzip.compress(gzip.compress(content, mtime=0), mtime=0)


def _packed_and_cut(content: bytes, r: random.Random) -> bytes:
    return _cut(gzip.compress(content, mtime=0), r)


def _packed_and_hurt(content: bytes, r: random.Random) -> bytes:
    return _flip(gzip.compress(content, mtime=0), r)


def _nothing_but(content: bytes, r: random.Random) -> bytes:
    return r.choice([b"", b"\xef\xbb\xbf", b"\n\n\n", b"PK\x03\x04", b"PAR1PAR1", b"\x1f\x8b", b"<html>", b"sep=,", b'"', b",,,\n,,,",
                     r.randbytes(2_000), b"\x00" * 3_000, b"a" * 100_000])  # fmt: skip


OF_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _flip, _cut, _cut, _cut_front, _insert, _insert, _double_part, _zeroes, _packed, _packed, _packed_twice,
    _packed_and_cut, _packed_and_hurt, _nothing_but,
)  # fmt: skip
OF_PARTS = (_flip, _cut, _insert, _double_part, _zeroes, _far_reference, _entities)
NAMES = [
    "orders.csv",
    "orders.tsv",
    "orders.xlsx",
    "orders.xls",
    "orders.parquet",
    "订单.csv.gz",
    "ExportOrderList 2025-11.csv",
    "x",
]

# --- cases ------------------------------------------------------------------------------------------------------------


def case(number: int) -> Case:
    """The files and options of one case."""
    made = Made(random.Random(f"{SEED}:{number}"))
    r, names = made.r, sorted(FORMATS)
    first = names[number % len(names)]  # every declaration comes round
    companion = FORMATS[first].companion
    files = [_file(first, made)]
    if companion is not None and r.random() < 0.6:
        files.append(_file(companion, made))
    elif r.random() < 0.12:
        files.append(_file(r.choice(names), made))
    files = [(f"{at}-{name}", content) for at, (name, content) in enumerate(files)]
    options = _options(first, made)
    stored = r.random() < STORED_SHARE
    return Case(number, tuple(files), options, tuple(made.steps), stored, stored and r.random() < UNDONE_SHARE)


def _file(name: str, made: Made) -> tuple[str, bytes]:
    r = made.r
    made.steps.append(name)
    if r.random() < 0.2:
        content = sample_path(name).read_bytes()
        harm = r.randint(0, 3)
    else:
        header, rows = _sample(name)
        sheet = Sheet(list(header), [list(row) for row in rows])
        for _ in range(r.choice([1, 1, 2, 3, 5])):
            made.choose(OF_TABLES)(sheet, r)
        content = made.choose([way for way, weight in OF_CONTAINERS for _ in range(weight)])(sheet, r)
        harm = r.choice([0] * 9 + [1, 1, 2])
    for _ in range(harm):
        content = made.choose(OF_BYTES)(content, r)
    return r.choice(NAMES), content


def _options(name: str, made: Made) -> dict[str, Any]:
    r = made.r
    options: dict[str, Any] = {}
    if r.random() < 0.12:
        options["format"] = r.choice([*sorted(FORMATS), "nothing"])
    elif r.random() < 0.12:
        declared, columns = FORMATS[name], _sample(name)[0]
        fields = r.sample(sorted(declared.fields), k=r.randint(1, 3))
        options["format"] = name
        options["mapping"] = {field_: r.choice([*columns, "", "Nowhere"]) for field_ in fields}
    if r.random() < 0.12:
        options["currency"] = r.choice(CURRENCIES)
    if r.random() < 0.15:
        options["channel"] = r.choice(CHANNELS)
    if r.random() < 0.08:
        options["strict"] = True
    if options:
        made.steps.append(", ".join(f"{key}={str(value)[:60]!r}" for key, value in options.items()))
    return options
