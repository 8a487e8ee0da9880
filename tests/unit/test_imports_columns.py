"""Columns of text to exact numbers: what fits is exact, what does not is a problem of its row, nothing wraps around."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from erp_core.files.table import RawTable
from erp_core.imports.columns import ColumnRead, Numbers, read_column
from erp_core.imports.declaration import Cell
from erp_core.imports.formats import FORMATS


def read(*cells: str, cell: Cell = Cell.DECIMAL) -> ColumnRead:
    column = pa.array(cells, pa.string()).dictionary_encode()
    table = RawTable(("x",), (column,), np.arange(2, 2 + len(cells)), "x.csv", "", "csv", 1)
    return read_column(table, 0, cell, FORMATS["generic-sales"], "UTC")


def numbers(*cells: str, cell: Cell = Cell.DECIMAL) -> tuple[list[int], int]:
    found = read(*cells, cell=cell).numbers
    assert found is not None
    return found.scaled.tolist(), found.decimals


def test_a_column_has_the_decimals_that_it_needs_and_never_more_than_six() -> None:
    assert numbers("1.5", "2") == ([15, 20], 1)
    # a sum of binary fractions, as spreadsheets write it: 0.1 + 0.2
    assert numbers("0.30000000000000004") == ([300_000], 6)


def test_the_largest_number_keeps_its_millionths_beside_the_finest() -> None:
    # 8,999,999,999,999 × 10^6 + 1 is below 2^63 = 9,223,372,036,854,775,808
    assert numbers("8999999999999", "0.000001") == ([8_999_999_999_999_000_000, 1], 6)


@pytest.mark.parametrize("word", ["9000000000000", "-9000000000000", "1e13", "99999999999999999999999999", "1E+400"])
@pytest.mark.parametrize("cell", [Cell.DECIMAL, Cell.COUNT])
def test_a_number_that_no_price_or_count_can_be_is_a_problem_of_its_row(word: str, cell: Cell) -> None:
    found = read("1", word, cell=cell)
    assert found.problem_of_row.tolist() == [-1, 1]
    assert [problem.code for problem in found.problems.values()] == ["number.too_large"]


def test_two_files_under_one_scale_do_not_wrap_around() -> None:
    large, fine = read("8999999999999").numbers, read("0.000001").numbers
    both = Numbers.concatenated([large, fine], [1, 1])
    assert (both.scaled.tolist(), both.decimals) == ([8_999_999_999_999_000_000, 1], 6)
