"""Columns as distinct words and codes: the form in which half a million cells are cheap to check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from erp_core.files import values
from erp_core.files.export import unescaped
from erp_core.files.table import RawTable
from erp_core.files.values import Problem
from erp_core.imports.declaration import Cell, Format
from erp_core.money import PRICE_DECIMALS
from erp_core.text import T, Text

Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Millionths of the largest number fit into 64 bits, and its thousandths into the exact integers of a float.
_LARGEST_NUMBER = 9 * 10**12
_MOST_DECIMALS = PRICE_DECIMALS
_NOT_A_TIME = np.datetime64("NaT", "s")


@dataclass(frozen=True)
class Coded:
    """Words and, a row, which of them it holds; −1 where the cell says nothing."""

    codes: Codes
    words: list[str]

    def take(self, at: Ints) -> npt.NDArray[np.object_]:
        """The words at these row positions; None where the position is −1."""
        words = np.array([*self.words, None], object)
        codes = np.where(at >= 0, self.codes[np.maximum(at, 0)], -1) if len(self.codes) else np.full(len(at), -1)
        return np.asarray(words[codes], object)


@dataclass(frozen=True)
class Numbers:
    """Exact numbers: integers of 10^−decimals, and which rows hold one."""

    scaled: Ints
    decimals: int
    known: Bools

    @staticmethod
    def concatenated(parts: Sequence[Numbers | None], counts: Sequence[int]) -> Numbers:
        """The parts of several tables under one scale; a missing part is unknown."""
        decimals = max((part.decimals for part in parts if part is not None), default=0)
        scaled = [
            np.zeros(n, np.int64) if p is None else p.scaled * 10 ** (decimals - p.decimals)
            for p, n in zip(parts, counts, strict=True)
        ]
        known = [np.zeros(n, bool) if p is None else p.known for p, n in zip(parts, counts, strict=True)]
        return Numbers(np.concatenate(scaled), decimals, np.concatenate(known))


@dataclass(frozen=True)
class Times:
    """Instants in UTC to the second (or days); NaT where the cell says nothing."""

    at: npt.NDArray[np.datetime64]

    @property
    def known(self) -> Bools:
        """Which rows hold one."""
        return np.asarray(~np.isnat(self.at))

    def take(self, at: Ints) -> npt.NDArray[np.datetime64]:
        """The instants at these row positions; NaT where the position is −1."""
        if not len(self.at):
            return np.full(len(at), _NOT_A_TIME)
        return np.asarray(np.where(at >= 0, self.at[np.maximum(at, 0)], _NOT_A_TIME))

    @staticmethod
    def concatenated(parts: Sequence[Times | None], counts: Sequence[int]) -> Times:
        """The parts of several tables; a missing part says nothing."""
        return Times(
            np.concatenate([np.full(n, _NOT_A_TIME) if p is None else p.at for p, n in zip(parts, counts, strict=True)])
        )


@dataclass(frozen=True)
class ColumnRead:
    """One column, read. `problem_of_row`: index into `problems`, −1 where the cell is fine."""

    coded: Coded
    problem_of_row: Codes
    problems: dict[int, Problem]
    numbers: Numbers | None = None
    times: Times | None = None
    warning: Text | None = None


@dataclass
class _Parsed:
    problem_of_word: list[int]
    problems: dict[int, Problem] = field(default_factory=dict)

    def add(self, word: int, problem: Problem) -> None:
        self.problems[word] = problem
        self.problem_of_word[word] = word


def encode(column: pa.ChunkedArray | pa.Array, empty_words: frozenset[str] = frozenset()) -> Coded:
    """Distinct words and codes of a column of text. Cells of white space and the format's empty words say nothing."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(column, pa.ChunkedArray):  # no chunk at all
        return Coded(np.zeros(0, np.int32), [])
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    words: list[Any] = column.dictionary.to_pylist()
    codes = np.asarray(pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False), np.int32)
    used = np.zeros(len(words) + 1, bool)  # a dictionary may hold words of rows that are no longer there
    used[codes] = True
    keep = [i for i, word in enumerate(words) if used[i] and word.strip() and word.strip() not in empty_words]
    if len(keep) < len(words):
        lookup = np.full(len(words) + 1, -1, np.int32)
        lookup[keep] = np.arange(len(keep), dtype=np.int32)
        codes, words = lookup[codes], [words[i] for i in keep]
    return Coded(codes, words)


def read_column(table: RawTable, index: int, cell: Cell, declared: Format, company_zone: str) -> ColumnRead:
    """Read one column as its field asks; every cell that cannot be read is a problem of its rows."""
    coded = encode(table.cells[index], declared.empty_words)
    parsed = _Parsed([-1] * len(coded.words))
    numbers: Numbers | None = None
    times: Times | None = None
    warning: Text | None = None
    if cell is Cell.ID:
        coded = _ids(coded, parsed)
    elif cell in (Cell.DECIMAL, Cell.COUNT, Cell.UNITS):
        numbers = _numbers(coded, cell, parsed)
    elif cell in (Cell.TIME, Cell.DAY):
        times, warning = _times(coded, cell, parsed, declared.time_zone or company_zone)
    elif cell in (Cell.WORD, Cell.TEXT):
        escaped = table.container in ("csv", "xlsx")  # our own exports escape formulas
        coded = _joined(coded, [(unescaped(word) if escaped else word).strip() for word in coded.words])
    problem_of_row = np.full(len(coded.codes), -1, np.int32)
    if parsed.problems:
        original = encode(table.cells[index], declared.empty_words)
        problem_of_row = np.array([*parsed.problem_of_word, -1], np.int32)[original.codes]
    return ColumnRead(coded, problem_of_row, parsed.problems, numbers, times, warning)


def _joined(coded: Coded, words: Sequence[str | None]) -> Coded:
    """The same rows under cleaned words; equal words share a code, None says nothing."""
    codes: dict[str, int] = {}
    lookup = np.array([-1 if word is None else codes.setdefault(word, len(codes)) for word in words] + [-1], np.int32)
    return Coded(lookup[coded.codes], list(codes))


def _ids(coded: Coded, parsed: _Parsed) -> Coded:
    cleaned: list[str | None] = []
    for at, word in enumerate(coded.words):
        value = values.clean_id(word)
        if isinstance(value, Problem):
            parsed.add(at, value)
            cleaned.append(word.strip())
        else:
            cleaned.append(value or None)
    return _joined(coded, cleaned)


def _numbers(coded: Coded, cell: Cell, parsed: _Parsed) -> Numbers:
    comma = values.decimal_comma(coded.words)
    scaled = np.zeros(len(coded.words) + 1, np.int64)
    known = np.zeros(len(coded.words) + 1, bool)
    read = [values.parse_decimal(word, decimal_comma=comma) for word in coded.words]
    decimals = 0
    for at, value in enumerate(read):
        if isinstance(value, Problem):
            parsed.add(at, value)
            continue
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        if abs(value) >= _LARGEST_NUMBER:
            parsed.add(at, Problem("number.too_large", T("The number “{word}” is too large.", word=coded.words[at])))
        elif cell is Cell.COUNT and value != value.to_integral_value():
            message = T(
                "“{word}” is a part of a unit; quantities are whole units. Use the smaller unit, such as grams.",
                word=coded.words[at],
            )
            parsed.add(at, Problem("quantity.fraction", message))
        else:
            known[at] = True
            decimals = max(decimals, min(places, _MOST_DECIMALS))
    if cell is Cell.COUNT:
        decimals = 0
    for at in np.flatnonzero(known).tolist():
        scaled[at] = round(cast("Decimal", read[at]).scaleb(decimals))
    return Numbers(scaled[coded.codes], decimals, known[coded.codes])


def _times(coded: Coded, cell: Cell, parsed: _Parsed, zone: str) -> tuple[Times, Text | None]:
    day_first, ambiguous = values.day_first(coded.words)
    found = np.full(len(coded.words) + 1, _NOT_A_TIME)
    naive = np.zeros(len(coded.words) + 1, bool)
    for at, word in enumerate(coded.words):
        value = values.parse_datetime(word, day_first=day_first)
        if isinstance(value, Problem):
            parsed.add(at, value)
            continue
        naive[at] = value.tzinfo is None
        plain = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
        found[at] = np.datetime64(plain.replace(microsecond=0), "s")
    if cell is Cell.TIME and naive.any():
        found[naive] = values.localise(found[naive], zone)
    warning = None
    if ambiguous:
        warning = T(
            "Dates such as “{word}” can be read in two ways; day and month were taken as {order}. "
            "Write dates as YYYY-MM-DD to be sure.",
            word=ambiguous,
            order=T("day, month") if day_first else T("month, day"),
        )
    return Times(found[coded.codes]), warning


def known_only(values: npt.NDArray[Any], known: Bools) -> npt.NDArray[Any]:
    """Values as plain objects, None where they are not known."""
    result = np.full(len(values), None, object)
    result[known] = values[known]
    return result


def empty_coded(count: int) -> Coded:
    """A column that says nothing."""
    return Coded(np.full(count, -1, np.int32), [])


def concatenated(parts: Sequence[Coded | None], counts: Sequence[int]) -> Coded:
    """The parts of several tables under one set of words; a missing part says nothing."""
    if len(parts) == 1 and parts[0] is not None:
        return parts[0]
    words: dict[str, int] = {}
    codes = []
    for part, count in zip(parts, counts, strict=True):
        if part is None:
            codes.append(np.full(count, -1, np.int32))
            continue
        lookup = np.array([words.setdefault(word, len(words)) for word in part.words] + [-1], np.int32)
        codes.append(lookup[part.codes])
    return Coded(np.concatenate(codes), list(words))


def mixed(title: Coded, variant: Coded | None) -> Coded:
    """Name and variant as one word: what identifies a product that has no SKU."""
    if variant is None:
        return title
    pairs = title.codes.astype(np.int64) * (len(variant.words) + 1) + variant.codes + 1
    pairs[title.codes < 0] = -1
    unique, inverse = np.unique(pairs, return_inverse=True)
    words: list[str | None] = []
    for pair in unique.tolist():
        if pair < 0:
            words.append(None)
            continue
        name, option = divmod(pair, len(variant.words) + 1)
        words.append(title.words[name] + (f" | {variant.words[option - 1]}" if option else ""))
    return _joined(Coded(inverse.astype(np.int32), []), words)
