"""A table of text as a file holds it: every cell as it came, every row with the number that a spreadsheet shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from erp_core.text import Text

TYPED_IN = "form"  # the container of rows that a person typed into the workbench itself
RowNumbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RowIssue:
    """Something odd about one row, or about the file (`row` None).

    Codes that start with `row.` say that the row cannot be trusted as a whole; all others are information.
    """

    row: int | None
    column: str | None
    code: str
    message: Text


@dataclass(frozen=True)
class RawTable:
    """What `read_table` gives.

    `columns`: headers without outer white space; doubles stay, in the file's order. `cells`: one dictionary-encoded
    array of text a column; a cell that is missing is the empty text, never null. `row_numbers`: the record's number in
    the file as a spreadsheet shows it, from 1: preamble, header and blank lines count, a quoted record over several
    lines is one. Rows without any text are not records. `header_row`: in the same count. `sha256`: of the bytes as
    given. `encoding`: None where the container knows no encodings; `delimiter`: None unless the container is `csv`.
    `container`: csv, xlsx, parquet, html, or TYPED_IN; `packed`: whether it came in gzip.
    """

    columns: tuple[str, ...]
    cells: tuple[pa.DictionaryArray, ...]
    row_numbers: RowNumbers
    name: str
    sha256: str
    container: str
    header_row: int
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    packed: bool = False
    issues: tuple[RowIssue, ...] = ()

    def __len__(self) -> int:
        return len(self.row_numbers)

    def rows(self, positions: npt.NDArray[np.int64]) -> list[tuple[str, ...]]:
        """The cells of some rows, by position (0 is the first record)."""
        taken = [column.take(pa.array(positions, pa.int64())).to_pylist() for column in self.cells]
        return list(zip(*taken, strict=True))
