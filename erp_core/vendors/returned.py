"""Forms that come back: columns found by their names in either language, or by what stands in them; every cell that
cannot be read is an issue with its place and what to do. What comes back was written by strangers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

import pyarrow as pa

from erp_core.errors import FileRefused
from erp_core.files.export import MARKS, unescaped
from erp_core.files.header import normalise_header
from erp_core.files.limits import MEGABYTE, Limits
from erp_core.files.read import read_content
from erp_core.files.reading import Reading
from erp_core.files.table import RawTable
from erp_core.files.values import Problem, decimal_comma, parse_decimal
from erp_core.money import is_currency
from erp_core.text import LANGUAGES, T, Text, say

LIMITS = Limits(
    file_bytes=20 * MEGABYTE, unpacked_bytes=64 * MEGABYTE, rows=5_000, sheet_rows=5_000, columns=100,
    cells=500_000, sheet_cells=2_000_000, shared_texts=200_000,
)  # fmt: skip
LONGEST_TEXT = 2_000
_LARGEST = Decimal(10) ** 12
_SHOWN = 60
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")  # 1.200: twelve hundred in half of Europe, one and a bit elsewhere
_CURRENCY_WORDS = {
    "RMB": "CNY", "CNH": "CNY", "人民币": "CNY", "元": "CNY", "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "欧元": "EUR",
    "£": "GBP", "英镑": "GBP", "US$": "USD", "USD$": "USD", "美元": "USD", "HK$": "HKD", "港币": "HKD", "港元": "HKD",
    "日元": "JPY", "円": "JPY",
}  # fmt: skip


@dataclass(frozen=True)
class Issue:
    """Something about a cell (`row` as the spreadsheet numbers it, `column` by its header), a row, or the file.
    `taken`: the rest of it was taken all the same."""

    row: int | None
    column: str | None
    message: Text
    hint: Text
    taken: bool = True


@dataclass(frozen=True)
class Field:
    """A column that is looked for. `also`: further headers; `known`: whether a cell's text can only be meant for it, so
    that the column is found under another name; `wanted`: without it the file is not what it should be."""

    key: str
    title: Text
    also: tuple[str, ...] = ()
    known: Callable[[str], bool] | None = None
    wanted: bool = False

    def headers(self) -> frozenset[str]:
        """Every header that means this column, normalised."""
        words = [say(self.title, language) for language in LANGUAGES]
        return frozenset(normalise_header(word) for word in (*words, *self.also))


@dataclass
class Row:
    """One row: its number in the spreadsheet, the cells by field (text, "" where empty), the headers for issues."""

    number: int
    cells: Mapping[str, str]
    headers: Mapping[str, str]

    def issue(self, key: str, message: Text, hint: Text, *, taken: bool = True) -> Issue:
        """An issue of one cell of the row."""
        return Issue(self.number, self.headers.get(key), message, hint, taken)


@dataclass
class Returned:
    """A form as it came back. `marks`: what the hidden sheet says, where it is still there."""

    rows: list[Row]
    headers: Mapping[str, str]
    marks: Mapping[str, str]
    issues: list[Issue] = field(default_factory=list)


def read_form(content: bytes, name: str, fields: Sequence[Field], sheet: str) -> Returned:
    """The rows of the sheet of that name, else of the first visible one with a table; CSV serves too.

    Raises FileRefused for what cannot be read as a table, and for a table that lacks a wanted column or has it twice.
    """
    known = frozenset(header for one in fields for header in one.headers())
    table = _table(content, Reading(name, LIMITS, known, sheet))
    texts = [_texts(column) for column in table.cells]
    found, issues = _matched(table, texts, fields, name)
    headers = {key: table.columns[at] for key, at in found.items()}
    rows = []
    for at, number in enumerate(table.row_numbers.tolist()):
        cells = {key: texts[column][at] for key, column in found.items()}
        if any(cells.values()):
            rows.append(Row(int(number), cells, headers))
    marks = _marks(content, name) if table.container == "xlsx" else {}
    return Returned(rows, headers, marks, issues)


def _table(content: bytes, reading: Reading) -> RawTable:
    try:
        return read_content(content, reading)
    except FileRefused as refusal:
        if refusal.code != "file.no_such_sheet":
            raise
    return read_content(content, Reading(reading.file, reading.limits, reading.known_headers))


def _marks(content: bytes, name: str) -> Mapping[str, str]:
    try:
        table = read_content(content, Reading(name, LIMITS, frozenset({"name", "value"}), MARKS))
    except FileRefused:
        return {}
    if len(table.columns) < 2:
        return {}
    names, values = _texts(table.cells[0]), _texts(table.cells[1])
    return {key: value for key, value in zip(names, values, strict=True) if key}


def _texts(column: pa.DictionaryArray) -> list[str]:
    return [clean(word) for word in column.to_pylist()]


def clean(text: str) -> str:
    """A stranger's text: no control or invisible signs, no outer blanks, as it was before it was made safe for a
    spreadsheet, and not longer than `LONGEST_TEXT`.

    >>> clean("  \\u202eok\\x00 "), clean("'=1+1")
    ('ok', '=1+1')
    """
    bare = unescaped(_CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip())
    return bare.strip()[:LONGEST_TEXT].rstrip()


def short(text: str) -> str:
    """The beginning of a text, for a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _matched(
    table: RawTable, texts: Sequence[Sequence[str]], fields: Sequence[Field], name: str
) -> tuple[dict[str, int], list[Issue]]:
    """Which column is which field."""
    found: dict[str, int] = {}
    issues: list[Issue] = []
    headers = [normalise_header(header) for header in table.columns]
    for one in fields:
        named = [at for at, header in enumerate(headers) if header in one.headers()]
        filled = [at for at in named if any(texts[at])] or named[:1]
        if len(filled) > 1:
            raise _refusal(
                T("{file} has the column “{column}” twice.", file=name, column=table.columns[filled[0]]),
                T("Delete or rename the one that does not count."),
            )
        if filled:
            found[one.key] = filled[0]
    for one in fields:
        if one.key in found or one.known is None:
            continue
        rest = [
            at for at in range(len(headers)) if at not in found.values() and headers[at] not in _all_headers(fields)
        ]
        meant = [at for at in rest if _only(texts[at], one.known)]
        if len(meant) == 1:
            found[one.key] = meant[0]
            message = T(
                "The column “{column}” is read as “{field}”: that is what stands in it.",
                column=short(table.columns[meant[0]]), field=one.title,
            )  # fmt: skip
            issues.append(Issue(None, table.columns[meant[0]], message, T("Nothing to do if that is right.")))
    lacking = [one for one in fields if one.wanted and one.key not in found]
    if lacking:
        raise _refusal(
            T("{file} is not such a form: it has no column “{column}”.", file=name, column=lacking[0].title),
            T("Take the file that was downloaded here, and leave its column names as they are."),
        )
    return found, issues


def _all_headers(fields: Sequence[Field]) -> frozenset[str]:
    return frozenset(header for one in fields for header in one.headers())


def _only(texts: Sequence[str], known: Callable[[str], bool]) -> bool:
    filled = [text for text in texts if text]
    return bool(filled) and all(known(text) for text in filled)


def _refusal(message: Text, hint: Text) -> FileRefused:
    return FileRefused(message, hint=hint, code="form.unknown")


# --- cells -----------------------------------------------------------------------------------------------------------

Word = TypeVar("Word", bound=StrEnum)


def words_of(names: Mapping[Word, Text]) -> Mapping[str, Word]:
    """Every way to write one of a list: the key and the name in each language, without regard to case and width."""
    found: dict[str, Word] = {}
    for value, name in names.items():
        for text in (value.value, *(say(name, language) for language in LANGUAGES)):
            found[normalise_word(text)] = value
    return found


def meant(text: str, words: Mapping[str, Word]) -> Word | None:
    """Which word of a list a cell means; None for none of them."""
    return words.get(normalise_word(text))


def normalise_word(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", unicodedata.normalize("NFKC", text)).strip(" .。").casefold()


def listed(names: Mapping[Word, Text], language: str) -> str:
    """The words of a list as a reader sees them."""
    return " · ".join(say(name, language) for name in names.values())


@dataclass(frozen=True)
class Amount:
    """A number as written in a cell, with the currency that stands beside it, if any."""

    value: float
    currency: str | None


def comma_is_decimal(texts: Sequence[str]) -> bool:
    """Whether a column of numbers writes the decimal comma."""
    return decimal_comma(texts)


def amount(text: str, *, comma: bool = False) -> Amount | tuple[Text, Text]:
    """A number from 0 on from a cell; else what is wrong and what to do.

    >>> amount("€ 1,200"), amount("800")
    (Amount(value=1200.0, currency='EUR'), Amount(value=800.0, currency=None))
    """
    digits = T("Write digits only, such as 1200; the currency has a column of its own.")
    plain = unicodedata.normalize("NFKC", text)
    beside = re.sub(r"[\d.,'’+\-−–()\s]", "", plain)
    word = currency_word(beside) if beside else None
    if beside and word is None:
        return T("“{given}” is no amount.", given=short(text)), digits
    bare = re.sub(r"[^\d.,'’+\-−–()\s]", "", plain).strip()
    if _AMBIGUOUS.fullmatch(bare) and not comma:
        return T("“{given}” can mean two amounts.", given=short(text)), T(
            "Write it without a point or with two decimals."
        )
    value = parse_decimal(bare, decimal_comma=comma)
    if isinstance(value, Problem):
        return T("“{given}” is no amount.", given=short(text)), digits
    if value < 0:
        return T("{given} is below zero.", given=short(text)), T("A cost is 0 or more.")
    if value > _LARGEST:
        return T("{given} is too large for an amount.", given=short(text)), digits
    return Amount(float(value), word)


def currency_word(text: str) -> str | None:
    """The ISO code that somebody meant; None for what is none, or could be several (¥, $).

    >>> currency_word("rmb"), currency_word("eur"), currency_word("$")
    ('CNY', 'EUR', None)
    """
    word = unicodedata.normalize("NFKC", text).strip().upper()
    word = _CURRENCY_WORDS.get(word, word)
    return word if is_currency(word) else None
