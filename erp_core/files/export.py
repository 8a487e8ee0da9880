"""The one exporter: CSV and XLSX that no spreadsheet takes for formulas, saying what was filtered, when, by whom."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from erp_core.text import T, say

# What spreadsheets pass over, or drop on the way in, before they look at the first sign of a cell: blanks of every
# width, control characters, marks of direction and of width zero, the mark of UTF-8; and apostrophes of our own.
_PASSED_OVER = (
    r"\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0'"
)
_RUNS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫")
# A cell begins where its text does. A spreadsheet whose lists are separated by semicolons (German, French …) also cuts
# the text there, quoted or not, and at line breaks: what follows is the beginning of a cell too.
_BEGINNING = re.compile(rf"(?:^|(?<=[;\r\n]))([{_PASSED_OVER}]*)(.?)", re.DOTALL)
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

    A number that is text stays too: there is nothing in it to run.

    >>> safe_cell("=1+1"), safe_cell("\\ufeff =1+1"), safe_cell("a;=1+1"), safe_cell("-5"), safe_cell("SKU-1")
    ("'=1+1", "'\\ufeff =1+1", "a;'=1+1", '-5', 'SKU-1')
    """
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return _BEGINNING.sub(lambda found: _at_each_cell(found, _with_apostrophe), value)
    return value


def _at_each_cell(found: re.Match[str], change: Callable[[str], str]) -> str:
    """What is passed over, changed at the beginning of each cell in it that would be run."""
    passed, first_sign = found[1], found[2]
    cells = re.split(r"(?<=[\r\n])", passed)
    runs = first_sign in _RUNS
    for at in range(len(cells) - 1, -1, -1):
        runs = runs or "\t" in cells[at] or "\r" in cells[at]
        if runs:
            cells[at] = change(cells[at])
    return "".join(cells) + first_sign


def _with_apostrophe(text: str) -> str:
    return "'" + text


def unescaped(text: str) -> str:
    """Text as it was before `safe_cell`: exactly the apostrophes that it put in go.

    >>> unescaped("'=1+1"), unescaped("''=1+1"), unescaped("a;'=1+1"), unescaped("'t Hof"), unescaped("-5")
    ('=1+1', "'=1+1", 'a;=1+1', "'t Hof", '-5')
    """
    bare = _BEGINNING.sub(lambda found: _at_each_cell(found, lambda passed: passed.removeprefix("'")), text)
    return bare if safe_cell(bare) == text else text


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
    for line in about_lines(header) if header is not None else ():
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
        writer.writerow([safe_cell(_one_line(_plain(value))) for value in row])
    return out.getvalue().encode(shape.encoding)


def about_text(header: ExportHeader) -> bytes:
    """What a file says of itself, as text to lie beside it."""
    lines = ["\t".join(safe_cell(_one_line(word)) for word in words) for words in about_lines(header)]
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
        sheet = book.add_worksheet(sheet_name(header.title))
        sheet.freeze_panes(1, 0)
        for at, (key, name) in enumerate(columns):
            sheet.write_string(0, at, safe_cell(name), bold)
            for row, value in enumerate(frame[key].tolist(), start=1):
                _write(sheet, row, at, _plain(value), day)
        sheet.autofit(400)
        about = book.add_worksheet(say(T("About"), header.language))
        for row, line in enumerate(about_lines(header)):
            for at, word in enumerate(line):
                about.write_string(row, at, safe_cell(word))
        about.autofit()
    return out.getvalue()


@dataclass(frozen=True)
class FormColumn:
    """One column of a form. `width` in characters; `answer`: may be filled in; `choices`: what a drop-down offers, with
    `free` also anything else; `number`: a number from 0 on."""

    title: str
    width: int
    answer: bool = False
    choices: tuple[str, ...] = ()
    free: bool = False
    number: bool = False


@dataclass(frozen=True)
class Form:
    """A workbook that somebody fills in and returns. `lead`: lines above the table; `guide`: a second sheet, its title
    and its rows; `marks`: names and values on a hidden sheet (`MARKS`), by which it is known again; `spare`: empty rows
    below that may be filled in too; `locked`: only answers can be changed (no password)."""

    sheet: str
    lead: tuple[str, ...]
    columns: tuple[FormColumn, ...]
    rows: Sequence[Sequence[Any]]
    guide: tuple[str, Sequence[Sequence[str]]]
    marks: Mapping[str, str]
    spare: int = 0
    locked: bool = True


MARKS = "_form"


def export_form(form: Form, header: ExportHeader) -> bytes:
    """A workbook to be filled in: drop-downs, wrapped text, printed on pages as wide as the paper, header on each."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(sheet_name(form.sheet))
        lists = _form_table(book, sheet, form, header)
        _form_guide(book, form, header)
        marks = book.add_worksheet(MARKS)
        marks.hide()
        for row, line in enumerate([("name", "value"), *form.marks.items()]):
            for at, word in enumerate(line):
                marks.write_string(row, at, safe_cell(word))
        for at, choices in lists:
            for row, word in enumerate(choices):
                marks.write_string(row, at, safe_cell(word))
    return out.getvalue()


def _form_table(book: Any, sheet: Any, form: Form, header: ExportHeader) -> list[tuple[int, tuple[str, ...]]]:
    """The table itself; returns the lists of the drop-downs, with the column of the hidden sheet each belongs in."""
    look = {"text_wrap": True, "valign": "top"}
    lead = book.add_format({"bold": True})
    head = book.add_format({**look, "bold": True, "bottom": 1, "bg_color": "#E8EDF3"})
    fixed = book.add_format({**look, "bottom": 4, "bottom_color": "#BBBBBB"})
    answer = book.add_format({**look, "bottom": 4, "bottom_color": "#BBBBBB", "bg_color": "#FFF8E1", "locked": False})
    for row, line in enumerate(form.lead):
        sheet.write_string(row, 0, safe_cell(line), lead if row == 0 else None)
    top = len(form.lead) + (1 if form.lead else 0)
    last = top + len(form.rows) + form.spare
    lists: list[tuple[int, tuple[str, ...]]] = []
    for at, column in enumerate(form.columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(top, at, safe_cell(column.title), head)
        for row in range(top + 1, last + 1):
            value = form.rows[row - top - 1][at] if row <= top + len(form.rows) else ""
            _write_form_cell(sheet, (row, at), _plain(value), answer if column.answer else fixed)
        if (column.choices or column.number) and last > top:
            lists += _validated(sheet, (top + 1, at, last, at), column, header.language, 3 + len(lists))
    sheet.freeze_panes(top + 1, 0)
    sheet.autofilter(top, 0, max(last, top), len(form.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
    sheet.set_footer("&L&F&R&P / &N")
    if form.locked:
        sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})
    return lists


def _validated(
    sheet: Any, area: tuple[int, int, int, int], column: FormColumn, language: str, at: int
) -> list[tuple[int, tuple[str, ...]]]:
    """A drop-down, or a bound, over an area; the drop-down's words stand in column `at` of the hidden sheet."""
    if column.number:
        rule = {
            "validate": "decimal", "criteria": ">=", "value": 0,
            "error_title": say(T("A number"), language),
            "error_message": say(T("Digits only, from 0 on; the currency has a column of its own."), language),
        }  # fmt: skip
        sheet.data_validation(*area, rule)
        return []
    letter = xl_col_to_name(at)
    rule = {
        "validate": "list", "source": f"='{MARKS}'!${letter}$1:${letter}${len(column.choices)}",
        "show_error": not column.free,
        "error_title": say(T("One of the list"), language),
        "error_message": say(T("Choose one of the answers in the list, or leave the cell empty."), language),
    }  # fmt: skip
    sheet.data_validation(*area, rule)
    return [(at, column.choices)]


def _write_form_cell(sheet: Any, place: tuple[int, int], value: Any, look: Any) -> None:
    row, at = place
    if value == "" or value is None:
        sheet.write_blank(row, at, None, look)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, at, float(value), look)
    else:
        sheet.write_string(row, at, safe_cell(str(value)), look)


def _form_guide(book: Any, form: Form, header: ExportHeader) -> None:
    title, rows = form.guide
    guide = book.add_worksheet(sheet_name(title))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"text_wrap": True, "valign": "top", "bold": True})
    guide.set_column(0, 0, 30)
    guide.set_column(1, 1, 90)
    guide.set_paper(9)
    guide.fit_to_pages(1, 0)
    for row, line in enumerate([*about_lines(header), [], *rows]):
        for at, word in enumerate(line):
            guide.write_string(row, at, safe_cell(word), bold if at == 0 else wrapped)


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
        sheet.write_string(row, at, safe_cell(str(value)))


def sheet_name(title: str) -> str:
    """A name that a sheet may bear: without the signs that Excel refuses, 31 at most."""
    return re.sub(r"[\x00-\x1f\[\]:*?/\\]", " ", title)[:31].strip("'=+-@ ") or "1"


def about_lines(header: ExportHeader) -> list[list[str]]:
    """What a file says of itself: lines of words."""

    def words(text: Any) -> str:
        return say(text, header.language)

    lines = [
        [header.title],
        [words(T("Written on")), header.at.strftime("%Y-%m-%d %H:%M UTC")],
        [words(T("By")), header.by],
    ]
    return lines + [[name, value] for name, value in header.filters.items()]
