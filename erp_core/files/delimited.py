"""Delimited text to columns: a fast way for clean text, a careful way for all else, with the same result.

Text is clean when every quotation mark opens or closes a whole field and every record is as wide as the header. Then
NumPy finds where the records end and Arrow parses them on several threads. Otherwise the csv module reads record by
record, and a quotation mark that closes nothing is taken as a letter, or the file is refused with the line.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from erp_core.errors import FileRefused
from erp_core.files import limits as refusals
from erp_core.files.gather import TEXT, Gathered, Gatherer, one_dictionary, without_blank_rows, without_footer
from erp_core.files.header import Layout, clean_header
from erp_core.files.limits import Limits, refused
from erp_core.files.table import RowIssue
from erp_core.text import T

Positions = npt.NDArray[np.int64]

_LF, _CR, _QUOTE, _EQUALS = 10, 13, 34, 61
_BLOCK = 1 << 23
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_MOST_LINES_A_RECORD = 5_000
_MOST_QUOTES = 16_000_000  # the fast way keeps where each of them stands
_LEAST_LINES = 1_000_000
_MOST_LINES_TWICE = 200_000


def read_delimited(text: bytes, layout: Layout, limits: Limits, file: str) -> Gathered:
    """All records below the header row of UTF-8 text without NUL characters and without a byte order mark.

    Raises FileRefused beyond a limit, and for a quotation mark that is never closed.
    """
    _refuse_boundless(text, limits, file)
    clean = None if text.count(b'"') > _MOST_QUOTES else read_clean(text, layout, limits, file)
    return clean if clean is not None else read_carefully(text, layout, limits, file)


def _refuse_boundless(text: bytes, limits: Limits, file: str) -> None:
    """Raise FileRefused for far more lines than rows may be, and for a line without end: before memory is taken."""
    if text.count(b"\n") + text.count(b"\r") > max(8 * limits.rows, _LEAST_LINES):
        raise refusals.too_many_rows(file, limits.rows)
    at = 0
    while len(text) - at > limits.line_bytes:
        found = max(text.rfind(end, at, at + limits.line_bytes) for end in (b"\n", b"\r"))
        if found < 0:
            raise refusals.cell_too_long(file, text.count(b"\n", 0, at) + 1, limits)
        at = found + 1


# --- the fast way -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Survey:
    """Where records start and end in the bytes; `ends` are exclusive and include the line end."""

    starts: Positions
    ends: Positions
    blank: npt.NDArray[np.bool_]
    multiline: bool


def read_clean(text: bytes, layout: Layout, limits: Limits, file: str) -> Gathered | None:
    """All records of clean text; None where the text is not clean."""
    delimiter = (layout.delimiter or ",").encode()
    survey = _survey(text, delimiter) if len(delimiter) == 1 else None
    if survey is None or len(survey.starts) < layout.header_row:
        return None
    width = len(layout.columns)
    if survey.multiline and _lines_look_whole(text, survey, layout):
        return None
    row_numbers = np.flatnonzero(~survey.blank[layout.header_row :]) + layout.header_row + 1
    if len(row_numbers) > limits.rows:
        raise refusals.too_many_rows(file, limits.rows)
    if len(row_numbers) * width > limits.cells:
        raise refusals.too_many_cells(file, limits.cells)
    names = [str(i) for i in range(width)]
    if not len(row_numbers):
        empty = pa.chunked_array([], TEXT)
        return Gathered(tuple(one_dictionary(empty) for _ in names), row_numbers)
    body = pa.py_buffer(text).slice(int(survey.ends[layout.header_row - 1]))
    longest = int((survey.ends - survey.starts).max())
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=max(_BLOCK, 2 * longest)),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter.decode(), newlines_in_values=survey.multiline, ignore_empty_lines=True
            ),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, TEXT), check_utf8=False),
        )
    except pa.ArrowInvalid:
        return None  # a record is wider or narrower than the header
    if table.num_rows != len(row_numbers):
        return None
    cells = tuple(one_dictionary(column) for column in table.columns)
    _refuse_long_cells(cells, row_numbers, limits, file)
    return without_footer(without_blank_rows(Gathered(cells, row_numbers.astype(np.int64))))


def _survey(text: bytes, delimiter: bytes) -> _Survey | None:
    """Find the records; None where a quotation mark stands inside a field."""
    octets = np.frombuffer(text, np.uint8)
    ends: Positions = np.flatnonzero(octets == _LF)
    if b"\r" in text:
        returns: Positions = np.flatnonzero(octets == _CR)
        following = octets[np.minimum(returns + 1, len(octets) - 1)]
        lone = returns[(following != _LF) | (returns + 1 == len(octets))]
        if len(lone):
            ends = np.union1d(ends, lone)
    multiline = False
    if b'"' in text:
        quotes = _field_quotes(octets, ends, ord(delimiter))
        if quotes is None:
            return None
        inside = np.searchsorted(quotes, ends) % 2 == 1
        multiline = bool(inside.any())
        ends = ends[~inside]
    ends = ends + 1
    if len(octets) and (not len(ends) or ends[-1] != len(octets)):
        ends = np.append(ends, len(octets))
    starts = np.concatenate([np.zeros(min(1, len(ends)), np.int64), ends[:-1]])
    return _Survey(starts, ends, _is_line_end(octets, starts), multiline)


def _is_line_end(octets: npt.NDArray[np.uint8], starts: Positions) -> npt.NDArray[np.bool_]:
    first = octets[starts]
    return np.asarray((first == _LF) | (first == _CR))


def _field_quotes(octets: npt.NDArray[np.uint8], ends: Positions, delimiter: int) -> Positions | None:
    """Positions of quotation marks that open and close whole fields, in pairs; None where others occur.

    `="2384"`, by which Excel is told to keep an id as text, is a plain field: its marks are letters.
    """
    quotes: Positions = np.flatnonzero(octets == _QUOTE)
    if len(quotes) % 2:
        return None
    opening, closing = quotes[0::2], quotes[1::2]
    boundary = np.zeros(256, bool)
    boundary[[delimiter, _LF, _CR]] = True
    before = octets[opening - 1]
    after = octets[np.minimum(closing + 1, len(octets) - 1)]
    at_start, at_end = opening == 0, closing == len(octets) - 1
    closes = at_end | boundary[after] | (after == _QUOTE)
    opens = at_start | boundary[before] | (before == _QUOTE)
    told = ~at_start & (before == _EQUALS) & ((opening == 1) | boundary[octets[opening - 2]])
    if told.any():
        delimiters = np.flatnonzero(octets == delimiter)
        told &= np.searchsorted(delimiters, opening) == np.searchsorted(delimiters, closing)
        told &= np.searchsorted(ends, opening) == np.searchsorted(ends, closing)
        told &= (after != _QUOTE) | at_end
    if not (closes & (opens | told)).all():
        return None
    return np.stack([opening[~told], closing[~told]], axis=1).ravel()


def _lines_look_whole(text: bytes, survey: _Survey, layout: Layout) -> bool:
    """Whether some record over several lines would make as many whole records if its quotes were letters."""
    first, delimiter, width = layout.header_row, (layout.delimiter or ",").encode(), len(layout.columns)
    octets = np.frombuffer(text, np.uint8)
    breaks = np.flatnonzero((octets[:-1] == _LF) | (octets[:-1] == _CR))
    inner = np.setdiff1d(breaks, np.concatenate([survey.ends - 1, survey.ends - 2]), assume_unique=False)
    for at in np.unique(np.searchsorted(survey.ends, inner, side="right")).tolist():
        if at < first:
            continue
        record = text[survey.starts[at] : survey.ends[at]]
        if _whole_lines([line for line in _LINE_ENDS.split(record) if line], delimiter, width):
            return True
    return False


def _whole_lines(lines: list[Any], delimiter: Any, width: int) -> bool:
    return width > 1 and len(lines) > 1 and all(line.count(delimiter) + 1 == width for line in lines)


def _refuse_long_cells(
    cells: tuple[pa.DictionaryArray, ...], row_numbers: Positions, limits: Limits, file: str
) -> None:
    for column in cells:
        octets = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        if octets <= limits.cell_length:
            continue
        lengths = pc.utf8_length(column.dictionary).to_numpy(zero_copy_only=False)
        if lengths.max() > limits.cell_length:
            at = int(np.argmax(lengths[column.indices.to_numpy()] > limits.cell_length))
            raise refusals.cell_too_long(file, int(row_numbers[at]), limits)


# --- the careful way --------------------------------------------------------------------------------------------------


class _TooFar(Exception):
    """A quoted field has run on for more lines than any cell has."""


@dataclass
class _Lines:
    """Physical lines for the csv module, which can be taken back."""

    source: Iterator[str]
    pulled: list[str] = field(default_factory=list)
    line: int = 0  # number of the last line pulled
    _returned: deque[str] = field(default_factory=deque)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.pulled) >= _MOST_LINES_A_RECORD:
            raise _TooFar
        text = self._returned.popleft() if self._returned else next(self.source)
        self.pulled.append(text)
        self.line += 1
        return text

    def take_back_all_but_first(self) -> str:
        """Give back what a failed record pulled; the first line stays with the caller."""
        first, rest = self.pulled[0], self.pulled[1:]
        self._returned.extendleft(reversed(rest))
        self.line -= len(rest)
        return first


def read_carefully(text: bytes, layout: Layout, limits: Limits, file: str) -> Gathered:
    """All records, one by one: ragged rows and lone quotation marks become issues of their row."""
    rows = Gatherer(file, len(layout.columns), limits, limits.rows)
    for number, fields, literal in _records(text, layout, limits, file):
        if number <= layout.header_row:
            if number == layout.header_row and tuple(map(clean_header, fields)) != layout.columns:
                raise _open_quote(file, number)  # marks above the header leave it open where the header stands
            continue
        rows.add(number, fields)
        if literal:
            message = T("A quotation mark that closes nothing was read as a letter.")
            rows.issues.append(RowIssue(number, None, "file.lone_quote", message))
    return rows.finish(cut=not text.endswith((b"\n", b"\r")))


def _records(text: bytes, layout: Layout, limits: Limits, file: str) -> Iterator[tuple[int, list[str], bool]]:
    """(number, fields, whether a quotation mark was taken as a letter) of every record, blank ones too."""
    delimiter, width = layout.delimiter or ",", len(layout.columns)
    lines = _Lines(io.TextIOWrapper(io.BytesIO(text), "utf-8", newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number, twice = 0, 0
    while True:
        lines.pulled.clear()
        number += 1
        literal = False
        try:
            fields = next(reader)
        except StopIteration:
            if not lines.pulled:
                return
            literal = True
        except (csv.Error, _TooFar):
            literal = True
        else:
            below = number > layout.header_row and len(lines.pulled) > 1
            if below and _whole_lines([line.rstrip("\r\n") for line in lines.pulled], delimiter, width):
                literal = True
        if literal:
            twice += len(lines.pulled)
            fields = _as_letters(lines, layout, limits, file, number) if twice <= _MOST_LINES_TWICE else []
            if twice > _MOST_LINES_TWICE:
                raise _open_quote(file, lines.line)
        yield number, fields, literal


def _as_letters(lines: _Lines, layout: Layout, limits: Limits, file: str, number: int) -> list[str]:
    """The first line of a record whose quotation marks do not pair, with the marks as letters.

    Taken where the line then has as many cells as the header, or where the marks pair within the line in the csv
    module's lenient reading; otherwise no reading is safe.
    """
    spanned = len(lines.pulled)
    line = lines.take_back_all_but_first().rstrip("\r\n")
    if len(line) > limits.cell_length and max(map(len, line.split(layout.delimiter))) > limits.cell_length:
        raise refusals.cell_too_long(file, number, limits)
    fields = line.split(layout.delimiter or ",")
    if len(fields) == len(layout.columns) or number <= layout.header_row:
        return fields
    if spanned == 1 and line.count('"') % 2 == 0:
        return next(csv.reader([line], delimiter=layout.delimiter or ","))
    raise _open_quote(file, lines.line)


def _open_quote(file: str, line: int) -> FileRefused:
    return refused(
        "file.open_quote",
        T("{file}, line {line}: a quotation mark opens here and is not closed as it should be.", file=file, line=line),
        T('Write "" for a quotation mark inside a quoted cell, or delete it, and import the file again.'),
    )
