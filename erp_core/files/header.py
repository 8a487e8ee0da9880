"""Where a table starts: the delimiter and the header row, among preamble lines that some platforms write first."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from erp_core.errors import FileRefused
from erp_core.files.limits import refused
from erp_core.text import T

SAMPLE_ROWS = 50
_SAMPLE_BYTES = 1 << 18
_DELIMITERS = (",", "\t", ";", "|")
_SEPARATOR_HINT = re.compile(r"^\ufeff?\"?sep=(.)\"?\s*$", re.IGNORECASE)
_BLANKS_AND_JOINTS = re.compile(r"[\s_\-]+")
_OUTER = "\ufeff\u200b\u200c\u200d\u2060 \t\r\n\u3000\u00a0"
_KNOWN_WEIGHT = 3.0


def normalise_header(header: str) -> str:
    """The form in which headers are compared: width, case, outer and inner white space, `_` and `-` do not count, nor
    do a full stop at the end and the space before `#`.

    >>> normalise_header(" Order_ID\\t"), normalise_header("收货地址 "), normalise_header("purchase-date")
    ('order id', '收货地址', 'purchase date')
    >>> normalise_header("PO#"), normalise_header("PO No.")
    ('po #', 'po no')
    """
    plain = unicodedata.normalize("NFKC", header).casefold().replace("#", " #")
    return _BLANKS_AND_JOINTS.sub(" ", plain).strip().rstrip(" .")


def clean_header(header: str) -> str:
    """A header without outer white space, tabs and invisible characters."""
    return header.strip(_OUTER)


@dataclass(frozen=True)
class Layout:
    """Where the table starts. `header_row`: from 1; `columns`: headers in order, cleaned."""

    header_row: int
    columns: tuple[str, ...]
    delimiter: str | None = None


def find_header(rows: Sequence[Sequence[str]], known_headers: frozenset[str]) -> tuple[int, float] | None:
    """The position of the header row among the first rows of a file, and its score; None where no row has text.

    A header row is wide, made of words rather than numbers, not repeating itself, and the rows below are as wide.
    Each cell that is a header of a known format (normalised) counts several times. The first of the best wins.
    """
    best: tuple[int, float] | None = None
    for at, row in enumerate(rows[:SAMPLE_ROWS]):
        score = _score(row, rows[at + 1 : at + 1 + SAMPLE_ROWS], known_headers)
        # A later row must be clearly better: rows of data can hold as many words as their header.
        if score > 0 and (best is None or score > best[1] * 1.5):
            best = (at, score)
    return best


def _score(row: Sequence[str], below: Sequence[Sequence[str]], known_headers: frozenset[str]) -> float:
    cells = [cell for cell in map(clean_header, row) if cell]
    if not cells:
        return 0.0
    known = sum(normalise_header(cell) in known_headers for cell in cells)
    words = sum(any(char.isalpha() for char in cell) for cell in cells)
    # What holds no letter is a figure, a date or a mark, and what is long is a sentence: neither is a header.
    figures, sentences = len(cells) - words, sum(len(cell) > 60 for cell in cells)
    doubles = len(cells) - len(set(cells))
    # Empty cells at a row's end say nothing of its width.
    followers = [_width(other) for other in below if any(cell.strip() for cell in other)]
    width = len(row)
    alike = sum(width * 0.5 <= other <= width for other in followers) / len(followers) if followers else 1.0
    value = words + known * _KNOWN_WEIGHT - 1.5 * figures - 2 * sentences - 0.5 * doubles
    return max(value, 0.1) * (0.25 + 0.75 * alike)


def _width(row: Sequence[str]) -> int:
    return next((len(row) - at for at, cell in enumerate(reversed(row)) if cell.strip()), 0)


def find_layout(text: bytes, file: str, known_headers: frozenset[str]) -> Layout:
    """The delimiter and the header row of delimited text (UTF-8, no byte order mark).

    A first line `sep=;` decides the delimiter and is skipped. Raises FileRefused where the text is no table.
    """
    sample = text[:_SAMPLE_BYTES].decode("utf-8", errors="ignore")
    whole = len(text) <= _SAMPLE_BYTES
    lines = _physical_lines(sample)
    if not whole and len(lines) > 1:
        lines.pop()  # cut anywhere
    _refuse_binary(sample, file)
    hint = _SEPARATOR_HINT.match(lines[0]) if lines else None
    best: tuple[float, Layout] | None = None
    for delimiter in (hint.group(1),) if hint else _DELIMITERS:
        if delimiter in "\r\n\"'":
            break
        rows = list(_records(lines, delimiter))
        if hint:
            rows[0] = []
        found = find_header(rows, known_headers)
        if found is None:
            continue
        at, score = found
        columns = tuple(clean_header(cell) for cell in rows[at])
        if len(columns) < 2 and normalise_header(columns[0]) not in known_headers:
            continue
        if best is None or score > best[0]:
            best = (score, Layout(at + 1, columns, delimiter))
    if best is None:
        raise no_table(file)
    return best[1]


def no_table(file: str) -> FileRefused:
    """The refusal for text in which no header row was found."""
    return refused(
        "file.not_a_table",
        T("{file}: no row of column names was found among the first {count} rows.", file=file, count=SAMPLE_ROWS),
        T("Give a table whose first row names at least two columns, as CSV, TSV, XLSX or Parquet."),
    )


def _physical_lines(sample: str) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", sample)


def _records(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """The first records, leniently: enough to judge by."""
    reader = csv.reader(iter(lines), delimiter=delimiter)
    try:
        for count, fields in enumerate(reader):
            if count >= 2 * SAMPLE_ROWS:
                return
            yield fields
    except csv.Error:
        return


def _refuse_binary(sample: str, file: str) -> None:
    controls = sum(char < " " and char not in "\t\r\n\f\v" for char in sample[:65536])
    if controls > 2 and controls * 50 > len(sample[:65536]):
        raise refused(
            "file.not_a_table",
            T("{file} holds no text but other data.", file=file),
            T("Give a table as CSV, TSV, XLSX or Parquet."),
        )
