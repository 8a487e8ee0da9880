"""Rows of any width, one by one, made into equal columns of text; what did not fit becomes an issue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from erp_core.files import limits as refusals
from erp_core.files.limits import Limits
from erp_core.files.table import RowIssue, RowNumbers
from erp_core.text import T

TEXT = pa.dictionary(pa.int32(), pa.string())
_BATCH = 50_000
_OFTEN = 16  # Excel leaves out empty cells at the end of rows in blocks of sixteen rows
_TAIL = 5
_FOOTER_CELLS = 8  # eBay: 83 | record(s) downloaded | from | Jul-01-25 | 00:00:00 | to | Jul-31-25 | 23:59:59
_COUNT_LINE = re.compile(
    r"^\W*(?:(?:\d[\d,]* )?record\(?s?\)? downloaded(?:,? from\b.*)?"
    r"|seller id\b\W*.*"
    r"|(?:total )?(?:records?|rows?)( downloaded| exported)?\s*[:：]\s*\d[\d,]*"
    r"|(?:共|总共|合计)\s*\d+\s*(?:条|行|笔)(?:记录|数据|订单)?"
    r"|(?:总)?记录(?:总)?数\s*[:：]\s*\d+)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Gathered:
    """Equal columns, the number of each row in the file, and what was odd."""

    cells: tuple[pa.DictionaryArray, ...]
    row_numbers: RowNumbers
    issues: tuple[RowIssue, ...] = ()


@dataclass
class Gatherer:
    """Collects rows and keeps them as Arrow columns, a batch at a time, so that memory stays bounded."""

    file: str
    width: int
    limits: Limits
    row_limit: int
    issues: list[RowIssue] = field(default_factory=list)
    _rows: list[Sequence[str]] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _batches: list[list[pa.Array]] = field(default_factory=list)
    _short: list[tuple[int, int, int]] = field(default_factory=list)  # row number, cells, position

    def add(self, number: int, row: Sequence[str]) -> None:
        """One record; a row without any text is none. Its extra cells, where they are blank, do not count."""
        if not any(row) or not any(cell.strip() for cell in row):
            return
        count = len(row)
        if count != self.width:
            row = self._fitted(number, list(row))
        self._rows.append(row)
        self._numbers.append(number)
        if len(self._numbers) > self.row_limit:
            raise refusals.too_many_rows(self.file, self.row_limit)
        if len(self._numbers) * self.width > self.limits.cells:
            raise refusals.too_many_cells(self.file, self.limits.cells)
        if len(self._rows) >= _BATCH:
            self._flush()

    def _fitted(self, number: int, row: list[str]) -> list[str]:
        if len(row) < self.width:
            self._short.append((number, len(row), len(self._numbers)))
            return row + [""] * (self.width - len(row))
        if any(cell.strip() for cell in row[self.width :]):
            message = T("The row has {found} cells, the header has {expected}.", found=len(row), expected=self.width)
            self.issues.append(RowIssue(number, None, "row.too_many_cells", message))
        return row[: self.width]

    def _flush(self) -> None:
        start = len(self._numbers) - len(self._rows)
        columns = zip(*self._rows, strict=True) if self._rows else [()] * self.width
        batch = []
        for column in columns:
            longest = max(map(len, column), default=0)
            if longest > self.limits.cell_length:
                at = next(i for i, cell in enumerate(column) if len(cell) == longest)
                raise refusals.cell_too_long(self.file, self._numbers[start + at], self.limits)
            batch.append(pa.array(column, pa.string()).dictionary_encode())
        self._batches.append(batch)
        self._rows = []

    def finish(self, *, cut: bool = False) -> Gathered:
        """All rows. `cut`: the text ended without a line end, so a short last row is a cut one."""
        self._flush()
        self._judge_short_rows(cut)
        chunks = [pa.chunked_array([batch[i] for batch in self._batches], TEXT) for i in range(self.width)]
        numbers = np.array(self._numbers, np.int64)
        issues = tuple(sorted(self.issues, key=lambda issue: issue.row or 0))
        return without_footer(Gathered(tuple(one_dictionary(chunk) for chunk in chunks), numbers, issues))

    def _judge_short_rows(self, cut: bool) -> None:
        """Short rows cannot be trusted, unless leaving out empty cells at the end is this file's manner."""
        runs = _runs([cells for _, cells, _ in self._short], [at for _, _, at in self._short])
        manner = any(length >= _OFTEN for length in runs)
        last = len(self._numbers) - 1
        for number, cells, at in self._short:
            if manner and not (cut and at == last):
                continue
            message = T("The row has {found} cells, the header has {expected}.", found=cells, expected=self.width)
            self.issues.append(RowIssue(number, None, "row.too_few_cells", message))
        if manner:
            message = T("{count} rows leave out empty cells at their end.", count=len(self._short))
            self.issues.append(RowIssue(None, None, "file.short_rows", message))


def _runs(widths: Sequence[int], positions: Sequence[int]) -> list[int]:
    """Lengths of runs of neighbouring rows of one width."""
    lengths: list[int] = []
    for i, (width, at) in enumerate(zip(widths, positions, strict=True)):
        if i and at == positions[i - 1] + 1 and width == widths[i - 1]:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return lengths


def one_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of one chunk with one dictionary; null becomes the empty text."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    if column.num_chunks == 0:
        return pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
    combined = column.unify_dictionaries().combine_chunks()
    array = combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined
    if array.null_count:
        array = pc.dictionary_encode(pc.fill_null(array.cast(pa.string()), ""))
    return array


def without_blank_rows(gathered: Gathered) -> Gathered:
    """Only rows with some text."""
    blank = np.ones(len(gathered.row_numbers), bool)
    for column in gathered.cells:
        words = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(column.dictionary)), 0)
        says_nothing = np.asarray(words.to_numpy(zero_copy_only=False), bool)
        if not says_nothing.any():
            return gathered
        blank &= says_nothing[column.indices.to_numpy()]
        if not blank.any():
            return gathered
    return _kept(gathered, ~blank)


def without_footer(gathered: Gathered) -> Gathered:
    """Without lines at the end that only count the rows or name the seller; each is listed as information."""
    total = len(gathered.row_numbers)
    dropped: list[RowIssue] = []
    at = total - 1
    while at >= max(0, total - _TAIL):
        filled = [text.strip() for column in gathered.cells if (text := column[at].as_py()).strip()]
        if len(filled) > _FOOTER_CELLS or not _COUNT_LINE.match(" ".join(filled)):
            break
        message = T("The row “{text}” is no record; it was passed over.", text=" ".join(filled)[:80])
        dropped.append(RowIssue(int(gathered.row_numbers[at]), None, "file.footer", message))
        at -= 1
    if not dropped:
        return gathered
    numbers = {issue.row for issue in dropped}
    issues = [issue for issue in gathered.issues if issue.row not in numbers] + dropped[::-1]
    kept = _kept(gathered, np.arange(total) <= at)
    return Gathered(kept.cells, kept.row_numbers, tuple(issues))


def _kept(gathered: Gathered, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Gathered:
    mask = pa.array(keep)
    return Gathered(
        tuple(column.filter(mask) for column in gathered.cells), gathered.row_numbers[keep], gathered.issues
    )
