"""A table of text as a file held it, before anybody says what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from erp_core.text import Text


@dataclass(frozen=True)
class RowIssue:
    """Something odd about a record of the file. Codes that start with `row.` concern the record as a whole."""

    row: int | None
    column: str | None
    code: str
    message: Text


@dataclass(frozen=True)
class RawTable:
    """Headers and cells of text.

    `columns`: headers without outer white space, in the file's order, doubles kept; `cells`: one array of string (or
    dictionary of string) a column, null where the cell is empty; `row_numbers`: the record's number as a spreadsheet
    shows it; `header_row`: 1-based; `encoding` and `delimiter`: None where the container has none.
    """

    columns: tuple[str, ...]
    cells: tuple[pa.Array | pa.ChunkedArray, ...]
    row_numbers: npt.NDArray[np.int64]
    name: str
    sha256: str
    encoding: str | None
    delimiter: str | None
    header_row: int
    container: str
    sheet: str | None = None
    issues: tuple[RowIssue, ...] = ()

    def __len__(self) -> int:
        return len(self.row_numbers)

    def rows(self, start: int, count: int) -> list[list[Any]]:
        """Some records as lists of cells, for a preview."""
        columns = [column.slice(start, count).to_pylist() for column in self.cells]
        return [list(row) for row in zip(*columns, strict=True)]
