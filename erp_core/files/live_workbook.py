"""A workbook that goes on reckoning: numbers to change, and formulas over them.

Text of people is written as text and escaped as everywhere (`export.safe_cell`). A formula is a `Formula`, which is
made of references and of what a program wrote; nothing that a person gave ever goes into one.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from erp_core.files.export import ExportHeader, about_lines, safe_cell

FORMATS = {"money": "#,##0", "share": "0.0%", "number": "0.000", "count": "#,##0", "day": "yyyy-mm-dd"}


@dataclass(frozen=True)
class Formula:
    """What a cell reckons (without the sign of equality), and what that gives now, for readers that do not reckon."""

    expression: str
    value: float | str


@dataclass(frozen=True)
class Cell:
    """One cell. `kind` money, share, number, count, day or text; `given` = meant to be changed; `strong` = a heading
    or a total. None stays empty."""

    value: str | float | int | dt.date | Formula | None
    kind: str = "text"
    strong: bool = False
    given: bool = False


@dataclass(frozen=True)
class LiveSheet:
    """A sheet: its name, its rows of cells, the count of rows and columns that stay in view, its columns' widths."""

    name: str
    rows: Sequence[Sequence[Cell]]
    frozen: tuple[int, int] = (1, 1)
    widths: Sequence[float] = ()


def at(row: int, column: int, sheet: str | None = None, *, fixed: bool = False) -> str:
    """The name of a cell, for formulas; rows and columns count from 0.

    >>> at(1, 2), at(0, 0, "Cost 2027", fixed=True)
    ('C2', "'Cost 2027'!$A$1")
    """
    name = str(xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed))
    return name if sheet is None else f"{_quoted(sheet)}!{name}"


def span(first: tuple[int, int], last: tuple[int, int], sheet: str | None = None, *, fixed: bool = False) -> str:
    """The name of a range of cells, both ends included.

    >>> span((1, 2), (5, 2), "Cost")
    "'Cost'!C2:C6"
    """
    return f"{at(*first, sheet, fixed=fixed)}:{at(*last, fixed=fixed)}"


def _quoted(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'"


def live_workbook(sheets: Sequence[LiveSheet], header: ExportHeader, about: str) -> bytes:
    """The workbook. `about`: the name of its last sheet, which says what the file is."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        looks: dict[tuple[str, bool, bool], Any] = {}
        for spec in sheets:
            sheet = book.add_worksheet(spec.name)
            sheet.freeze_panes(*spec.frozen)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            for column, width in enumerate(spec.widths):
                sheet.set_column(column, column, width)
            for row, cells in enumerate(spec.rows):
                for column, cell in enumerate(cells):
                    look = (cell.kind, cell.strong, cell.given)
                    if look not in looks:
                        looks[look] = book.add_format(_look(*look))
                    _write(sheet, (row, column), cell, looks[look])
        last = book.add_worksheet(about)
        for row, line in enumerate(about_lines(header)):
            for column, word in enumerate(line):
                last.write_string(row, column, safe_cell(word))
        last.autofit()
    return out.getvalue()


def _look(kind: str, strong: bool, given: bool) -> dict[str, Any]:
    look: dict[str, Any] = {"valign": "top"}
    if kind in FORMATS:
        look["num_format"] = FORMATS[kind]
    else:
        look["text_wrap"] = True
    if strong:
        look |= {"bold": True, "bottom": 1}
    if given:
        look |= {"bg_color": "#FFF6D6", "border": 1, "border_color": "#D9C77A"}
    return look


def _write(sheet: Any, place: tuple[int, int], cell: Cell, look: Any) -> None:
    value = cell.value
    if value is None:
        sheet.write_blank(*place, None, look)
    elif isinstance(value, Formula):
        sheet.write_formula(*place, "=" + value.expression, look, value.value)
    elif isinstance(value, dt.date):
        sheet.write_datetime(*place, dt.datetime.combine(value, dt.time()), look)
    elif isinstance(value, bool | str):
        sheet.write_string(*place, safe_cell(str(value)), look)
    else:
        sheet.write_number(*place, float(value), look)
