"""All rows of the files of one batch, field by field, as codes and exact numbers. Pure; no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from erp_core.imports.columns import Coded, Numbers, Times, concatenated, read_column
from erp_core.imports.declaration import SALES_FIELDS, Cell, Part, normalise_word
from erp_core.imports.receipt import Issue, without_words
from erp_core.imports.shape import Source
from erp_core.text import T, Text

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass
class Rows:
    """All rows of all sources, field by field.

    `record`: which record of its file a row comes from, counted through all files (a record of several products is
    several rows); `is_line`: whether the row is a product line; `ignored`: passed over, since other records repeat it;
    `money`: the texts of money cells, column by column, which may carry a currency's sign.
    """

    count: int
    file_no: npt.NDArray[np.int32]
    number: Ints
    record: Ints
    is_line: Bools
    ignored: Bools
    texts: dict[str, Coded]
    numbers: dict[str, Numbers]
    times: dict[str, Times]
    bad: Bools
    issues: list[Issue]
    money: list[Coded] = field(default_factory=list)

    def reject(self, where: Bools, column: str | None, code: str, message: Text) -> None:
        """Mark rows as bad; a row that was bad before keeps its first reason."""
        for at in np.flatnonzero(where & ~self.bad).tolist():
            self.issues.append(Issue(int(self.number[at]), column, code, message, "rejects", int(self.file_no[at])))
        self.bad |= where


def read_rows(sources: Sequence[Source], company_zone: str) -> Rows:
    """Read every mapped column of every source; a cell that cannot be read makes its row bad."""
    counts = [len(source.table) for source in sources]
    total = sum(counts)
    names = [name for name in SALES_FIELDS if any(name in source.indices for source in sources)]
    rows = Rows(
        count=total,
        file_no=np.repeat(np.arange(len(sources), dtype=np.int32), counts),
        number=np.concatenate([np.asarray(source.table.row_numbers, np.int64) for source in sources]),
        record=_records(sources),
        is_line=np.repeat([source.declared.part is not Part.HEADERS for source in sources], counts),
        ignored=np.zeros(total, bool),
        texts={},
        numbers={},
        times={},
        bad=np.zeros(total, bool),
        issues=[],
    )
    for file_no, source in enumerate(sources):
        for found in source.table.issues:
            rejects = found.code.startswith("row.")
            rows.issues.append(
                Issue(found.row, found.column, found.code, found.message, "rejects" if rejects else "warns", file_no)
            )
            if rejects and found.row is not None:
                rows.bad |= (rows.file_no == file_no) & (rows.number == found.row)
    for name in names:
        cell = SALES_FIELDS[name].cell
        parts = [
            read_column(source.table, source.indices[name], cell, source.declared, company_zone)
            if name in source.indices
            else None
            for source in sources
        ]
        starts = np.concatenate([[0], np.cumsum(counts)])
        for file_no, part in enumerate(parts):
            if part is None:
                continue
            header = sources[file_no].table.columns[sources[file_no].indices[name]]
            for problem_at, problem in part.problems.items():
                where = np.zeros(total, bool)
                where[starts[file_no] : starts[file_no + 1]] = part.problem_of_row == problem_at
                said = without_words(problem.message) if SALES_FIELDS[name].personal else problem.message
                rows.reject(where, header, problem.code, said)
            if part.warning is not None:
                rows.issues.append(Issue(None, header, "column.ambiguous", part.warning, "warns", file_no))
        if cell is Cell.DECIMAL:
            rows.money.append(concatenated([p.coded if p else None for p in parts], counts))
        if cell in (Cell.DECIMAL, Cell.COUNT, Cell.UNITS):
            rows.numbers[name] = Numbers.concatenated([p.numbers if p else None for p in parts], counts)
        elif cell in (Cell.TIME, Cell.DAY):
            rows.times[name] = Times.concatenated([p.times if p else None for p in parts], counts)
        else:
            rows.texts[name] = concatenated([p.coded if p else None for p in parts], counts)
    _pass_over(rows, sources)
    return rows


def _records(sources: Sequence[Source]) -> Ints:
    starts = np.cumsum([0, *(len(source.original) for source in sources)])
    return np.concatenate([source.record + start for source, start in zip(sources, starts, strict=False)])


def _pass_over(rows: Rows, sources: Sequence[Source]) -> None:
    """Records whose status or platform says that others repeat them."""
    words = {normalise_word(word) for source in sources for word in source.declared.ignored_words}
    for name in ("status", "line_status", "sold_on"):
        coded = rows.texts.get(name)
        if words and coded is not None:
            hits = np.array([*(normalise_word(word) in words for word in coded.words), False], bool)
            rows.ignored |= hits[coded.codes]
    if rows.ignored.any():
        places = set(zip(rows.file_no[rows.ignored].tolist(), rows.number[rows.ignored].tolist(), strict=True))
        rows.issues = [i for i in rows.issues if i.severity != "rejects" or (i.file_no, i.row) not in places]
        records = len(np.unique(rows.record[rows.ignored]))
        text = T(
            "{count} rows were passed over: other records, of this file or of another shop’s, tell of the same sales.",
            count=records,
        )
        rows.issues.append(Issue(None, None, "rows.passed_over", text, "warns"))
        rows.is_line &= ~rows.ignored
        rows.bad &= ~rows.ignored
