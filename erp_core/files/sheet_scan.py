"""How far the used cells of a worksheet reach, and what its reader would not tell: error values, empty formulas.

Works on the XML as bytes with NumPy; XML that is not written in the usual way is walked by expat instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

Octets = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

_SEGMENT = 1 << 25
_OVERLAP = 1 << 10
_ERROR_CELL = re.compile(rb"""<c\b([^>]*\bt=["']e["'][^>]*)>(.*?)</c>""", re.DOTALL)
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_EMPTY_FORMULA = re.compile(rb"(?:</f>|<f\b[^>]*/>)\s*(?:<v></v>|<v\s*/>)?\s*</c>")
_NAME_END = np.zeros(256, bool)
_NAME_END[list(b" >/\t\r\n")] = True


@dataclass(frozen=True)
class SheetScan:
    """`rows`, `columns`: of the smallest area from A1 that holds all used cells, 0 where none is used.

    `errors`: row (from 0) → (column from 0, text such as `#N/A`). `formulas_without_result`: how many.
    """

    rows: int
    columns: int
    errors: Mapping[int, tuple[tuple[int, str], ...]]
    formulas_without_result: int


def scan_sheet(xml: bytes) -> SheetScan | None:
    """Scan the XML of a worksheet; None where it is not well formed."""
    extent = _usual_extent(xml) if b"<sheetData" in xml else None
    if extent is None:
        extent = _walked_extent(xml)
    if extent is None:
        return None
    errors: dict[int, list[tuple[int, str]]] = {}
    if b't="e"' in xml or b"t='e'" in xml:
        for attributes, body in _ERROR_CELL.findall(xml):
            reference, value = _REFERENCE.search(attributes), _VALUE.search(body)
            if reference and value:
                row, column = int(reference.group(2)) - 1, _column_number(reference.group(1).decode()) - 1
                errors.setdefault(row, []).append((column, value.group(1).decode("utf-8", "replace")))
    empty_formulas = sum(1 for _ in _EMPTY_FORMULA.finditer(xml)) if b"<f" in xml else 0
    return SheetScan(*extent, {row: tuple(cells) for row, cells in errors.items()}, empty_formulas)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _usual_extent(xml: bytes) -> tuple[int, int] | None:
    """(rows, columns) where every cell is written `<c r="B12"…`; None where one is not."""
    rows = columns = 0
    for start in range(0, len(xml), _SEGMENT):
        octets = np.frombuffer(xml[start : start + _SEGMENT + _OVERLAP] + bytes(32), np.uint8)
        found = _segment_extent(octets, min(_SEGMENT, len(xml) - start))
        if found is None:
            return None
        rows, columns = max(rows, found[0]), max(columns, found[1])
    return rows, columns


def _segment_extent(octets: Octets, length: int) -> tuple[int, int] | None:
    colons = np.flatnonzero(octets[:length] == ord(":"))
    if (_begins(octets, colons, b"c") | _begins(octets, colons, b"row")).any():
        return None  # names with a prefix
    tags = np.flatnonzero(octets[:-32] == ord("<"))
    is_cell = _begins(octets, tags, b"c") & (tags < length)
    at = np.flatnonzero(is_cell)
    if not len(at):
        return 0, 0
    # A cell is used where a value, formula or inline text follows; styled empty cells reach far out in real files.
    following = tags[np.minimum(at + 1, len(tags) - 1)]
    inner = octets[following + 1]
    used = (inner == ord("v")) | (inner == ord("f")) | (inner == ord("i")) | (at + 1 >= len(tags))
    cells = tags[at]
    for offset, octet in enumerate(b' r="', 2):
        if (octets[cells + offset] != octet).any():
            return None
    return _references(octets, cells[used] + 6)


def _begins(octets: Octets, positions: Positions, name: bytes) -> npt.NDArray[np.bool_]:
    """Whether `name`, and no longer one, stands after each position."""
    holds = _NAME_END[octets[positions + len(name) + 1]]
    for offset, octet in enumerate(name, 1):
        holds &= octets[positions + offset] == octet
    return np.asarray(holds)


def _references(octets: Octets, at: Positions) -> tuple[int, int] | None:
    """The largest row and column of references such as `AB12"` at these positions; None where one is no reference."""
    if not len(at):
        return 0, 0
    column, row = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    cursor, letters, figures = at.copy(), np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    for _ in range(3):
        octet = octets[cursor]
        more = (octet >= ord("A")) & (octet <= ord("Z")) & (figures == 0)
        column = np.where(more, column * 26 + octet - 64, column)
        letters, cursor = letters + more, cursor + more
    for _ in range(7):
        octet = octets[cursor]
        more = (octet >= ord("0")) & (octet <= ord("9"))
        row = np.where(more, row * 10 + octet - 48, row)
        figures, cursor = figures + more, cursor + more
    if not ((letters > 0) & (figures > 0) & (octets[cursor] == ord('"'))).all():
        return None
    return int(row.max()), int(column.max())


@dataclass
class _Walk:
    """Positions as a reader of any well-formed worksheet counts them."""

    row: int = 0
    column: int = 0
    rows: int = 0
    columns: int = 0
    reference: re.Pattern[str] = field(default=re.compile(r"^\$?([A-Za-z]{1,4})\$?(\d{1,8})$"))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        local = name.rsplit(":", 1)[-1]
        if local == "row":
            stated = attributes.get("r", "")
            self.row = int(stated) if stated.isdigit() and len(stated) < 9 else self.row + 1
            self.column = 0
        elif local == "c":
            found = self.reference.match(attributes.get("r", ""))
            self.column += 1
            if found:
                self.column, self.row = _column_number(found.group(1).upper()), int(found.group(2))
        elif local in ("v", "f", "is"):
            self.rows, self.columns = max(self.rows, self.row), max(self.columns, self.column)


def _walked_extent(xml: bytes) -> tuple[int, int] | None:
    walk = _Walk()

    def doctype(*_arguments: Any) -> None:
        raise expat.ExpatError("a worksheet has no document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = walk.start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError):
        return None
    return walk.rows, walk.columns
