"""The one exporter: CSV and XLSX that no spreadsheet takes for formulas, saying what was filtered, when, by whom."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xlsxwriter

from erp_core.text import T, say

_DANGEROUS = re.compile(r"^'*[\s\u3000]*[=+\-@＝＋－＠\t\r]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


@dataclass(frozen=True)
class Shape:
    """How a file for another program is written: `suffix` csv, txt (separated by tabs) or xlsx; `encoding` of text."""

    suffix: str
    encoding: str = "utf-8"


@dataclass(frozen=True)
class ExportHeader:
    """What an export says of itself."""

    title: str
    by: str
    at: dt.datetime
    language: str
    filters: Mapping[str, str] = field(default_factory=dict)


def safe_cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay.

    >>> safe_cell("=1+1"), safe_cell("-5"), safe_cell("SKU-1")
    ("'=1+1", '-5', 'SKU-1')
    """
    if isinstance(value, str) and _DANGEROUS.match(value) and not _NUMBER.fullmatch(value.strip()):
        return "'" + value
    return value


def unescaped(text: str) -> str:
    """Text as it was before `safe_cell`: exactly the apostrophe that it put in front goes.

    >>> unescaped("'=1+1"), unescaped("''=1+1"), unescaped("'t Hof"), unescaped("-5")
    ('=1+1', "'=1+1", "'t Hof", '-5')
    """
    bare = text[1:]
    return bare if text.startswith("'") and safe_cell(bare) != bare else text


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value


def export_csv(frame: pd.DataFrame, columns: Sequence[tuple[str, str]], header: ExportHeader | None = None) -> bytes:
    """UTF-8 with a mark, so that Excel shows Chinese. `columns`: (column of the frame, its name for the reader).

    With `header`, comment lines in front say what the file is; without, the file imports again as it is.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for line in _about(header) if header is not None else ():
        writer.writerow([f"# {safe_cell(part)}" for part in line[:1]] + [safe_cell(part) for part in line[1:]])
    writer.writerow([safe_cell(name) for _, name in columns])
    for row in frame[[key for key, _ in columns]].itertuples(index=False, name=None):
        writer.writerow([safe_cell(_plain(value)) for value in row])
    return out.getvalue().encode("utf-8-sig")


def export_upload(names: Sequence[str], rows: Sequence[Sequence[Any]], shape: Shape, header: ExportHeader) -> bytes:
    """A table that another program reads: its headers, its rows, nothing before or between; formula-safe.

    Text stays as it is, long numbers included; a line break or a tab in a cell becomes a blank, since not every program
    reads quotes. A workbook says on a second sheet what it is; beside text, `about_text` does.
    """
    if shape.suffix == "xlsx":
        columns = [(str(at), name) for at, name in enumerate(names)]
        return export_xlsx(pd.DataFrame(list(rows), columns=[key for key, _ in columns], dtype=object), columns, header)
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if shape.suffix == "txt" else ",", lineterminator="\r\n")
    for row in (names, *rows):
        writer.writerow([_one_line(safe_cell(_plain(value))) for value in row])
    return out.getvalue().encode(shape.encoding)


def about_text(header: ExportHeader) -> bytes:
    """What a file says of itself, as text to lie beside it."""
    lines = ["\t".join(words) for words in _about(header)]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def _one_line(value: Any) -> Any:
    return re.sub(r"[\t\r\n]+", " ", value) if isinstance(value, str) else value


def export_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows as they came, under headers that may occur twice; formula-safe CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_cell(name) for name in names])
    writer.writerows([[safe_cell(_plain(value)) for value in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def export_xlsx(frame: pd.DataFrame, columns: Sequence[tuple[str, str]], header: ExportHeader) -> bytes:
    """A workbook: the rows, with text as text and numbers as numbers; a second sheet says what the file is."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(_sheet_name(header.title))
        sheet.freeze_panes(1, 0)
        for at, (key, name) in enumerate(columns):
            sheet.write_string(0, at, name, bold)
            for row, value in enumerate(frame[key].tolist(), start=1):
                _write(sheet, row, at, _plain(value), day)
        sheet.autofit(400)
        about = book.add_worksheet(say(T("About"), header.language))
        for row, line in enumerate(_about(header)):
            for at, word in enumerate(line):
                about.write_string(row, at, word)
        about.autofit()
    return out.getvalue()


def _write(sheet: Any, row: int, at: int, value: Any, day: Any) -> None:
    if isinstance(value, bool) or value == "":
        sheet.write_string(row, at, str(value) if value != "" else "")
    elif isinstance(value, dt.date):
        sheet.write_datetime(
            row, at, dt.datetime.combine(value, dt.time()) if not isinstance(value, dt.datetime) else value, day
        )
    elif isinstance(value, int | float) or hasattr(value, "item"):
        sheet.write_number(row, at, float(value))
    else:
        sheet.write_string(row, at, str(value))


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31] or "1"


def _about(header: ExportHeader) -> list[list[str]]:
    def words(text: Any) -> str:
        return say(text, header.language)

    lines = [
        [header.title],
        [words(T("Written on")), header.at.strftime("%Y-%m-%d %H:%M UTC")],
        [words(T("By")), header.by],
    ]
    return lines + [[name, value] for name, value in header.filters.items()]
