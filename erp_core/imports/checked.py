"""The rows of a file that is not sales, read and checked: columns of plain values, and what is wrong where. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from erp_core.company.views import Company
from erp_core.imports import units
from erp_core.imports.amounts import currency_code
from erp_core.imports.columns import Coded, Numbers, Times, known_only, read_column
from erp_core.imports.declaration import Cell, Kind
from erp_core.imports.receipt import Issue, without_words
from erp_core.imports.shape import Source
from erp_core.money import PRICE_DECIMALS
from erp_core.text import T, Text

Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
Ints = npt.NDArray[Any]
TOO_LARGE = T("The amount is too large to be money. Check the price and the quantity.")
_LARGEST_STORED = 10**18


@dataclass
class Checked:
    """The rows of one file as columns of plain values (None where a cell says nothing).

    `said`: the same as the file says them, whatever unit a product is counted in and whatever holds where it says
    nothing: what tells whether a row changed. `factors`: SKU → stock units of one unit sold.
    """

    source: Source
    columns: dict[str, Objects]
    bad: Bools
    issues: list[Issue] = field(default_factory=list)
    said: dict[str, Objects] = field(default_factory=dict)
    factors: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows the file has."""
        return len(self.bad)

    def get(self, name: str) -> Objects:
        """A column; all None when the file lacks it."""
        return self.columns.get(name, np.full(self.count, None, object))

    def header(self, name: str) -> str | None:
        """The file's header of a field."""
        index = self.source.indices.get(name)
        return None if index is None else self.source.table.columns[index]

    def warn(self, where: Bools, name: str | None, code: str, message: Text) -> None:
        """Say something about rows that go in all the same."""
        numbers = self.source.table.row_numbers
        column = self.header(name) if name else None
        self.issues += [
            Issue(int(numbers[at]), column, code, message, "warns") for at in np.flatnonzero(where & ~self.bad).tolist()
        ]

    def reject(self, where: Bools, name: str | None, code: str, message: Text) -> None:
        """Mark rows as bad and say so."""
        numbers = self.source.table.row_numbers
        column = self.header(name) if name else None
        for at in np.flatnonzero(where & ~self.bad).tolist():
            self.issues.append(Issue(int(numbers[at]), column, code, message))
        self.bad |= where


def check(source: Source, company: Company, currency: str | None, factors: Mapping[str, int]) -> Checked:
    """Read and check every mapped column; nothing is stored. `factors`: SKU → stock units of one unit sold."""
    count = len(source.table)
    checked = Checked(source, {}, np.zeros(count, bool), factors=factors)
    for found in source.table.issues:
        rejects = found.code.startswith("row.") and found.row is not None
        checked.issues.append(
            Issue(found.row, found.column, found.code, found.message, "rejects" if rejects else "warns")
        )
        if rejects:
            checked.bad |= source.table.row_numbers == found.row
    fields = source.declared.fields
    counted: dict[str, Numbers] = {}
    for name, index in source.indices.items():
        read = read_column(source.table, index, fields[name].cell, source.declared, company.time_zone)
        for at, problem in read.problems.items():
            said = without_words(problem.message) if fields[name].personal else problem.message
            checked.reject(read.problem_of_row == at, name, problem.code, said)
        if read.warning is not None:
            checked.issues.append(Issue(None, source.table.columns[index], "column.ambiguous", read.warning, "warns"))
        checked.reject(_too_large(fields[name].cell, read.numbers), name, "number.too_large", TOO_LARGE)
        checked.said[name] = _plain(fields[name].cell, read.coded, read.numbers, read.times)
        if fields[name].cell is Cell.UNITS and read.numbers is not None:
            counted[name] = read.numbers
        else:
            checked.columns[name] = checked.said[name]
    _count_in_stock_units(checked, counted, factors)
    _check_required(checked)
    _check_currency(checked, currency or source.declared.currency or company.base_currency)
    _check_ranges(checked)
    return checked


def _count_in_stock_units(checked: Checked, counted: Mapping[str, Numbers], factors: Mapping[str, int]) -> None:
    """Quantities and prices of each row's product in the unit in which it is counted."""
    factor = units.factors_of(checked.get("sku"), factors)
    for name, numbers in counted.items():
        quantity, whole = units.in_stock_units(numbers, factor)
        checked.reject(numbers.known & ~whole, name, "quantity.fraction", units.FRACTION)
        checked.columns[name] = known_only(quantity, numbers.known)
    for name, field_ in checked.source.declared.fields.items():
        if field_.per_unit and name in checked.columns and (factor > 1).any():
            column = checked.columns[name]
            known = np.array([value is not None for value in column.tolist()], bool)
            prices = units.per_stock_unit(np.where(known, column, 0).astype(np.int64), factor)
            checked.columns[name] = known_only(prices, known)


def _too_large(cell: Cell, numbers: Numbers | None) -> Bools:
    """Money that 64 bits do not hold as millionths."""
    if numbers is None or cell is not Cell.DECIMAL:
        return np.zeros(1, bool)
    step = max(0, PRICE_DECIMALS - numbers.decimals)
    return np.asarray(numbers.known & (np.abs(numbers.scaled) > _LARGEST_STORED // 10**step))


def _plain(cell: Cell, coded: Coded, numbers: Numbers | None, times: Times | None) -> Objects:
    if numbers is not None:
        if cell is Cell.COUNT:
            return known_only(numbers.scaled, numbers.known)
        step = PRICE_DECIMALS - numbers.decimals
        stored = numbers.scaled * 10**step if step >= 0 else np.round(numbers.scaled / 10.0**-step).astype(np.int64)
        return known_only(stored, numbers.known)
    if times is not None and cell is Cell.TIME:
        instants = [None if at is None else at.replace(tzinfo=dt.UTC) for at in times.at.astype(object).tolist()]
        return known_only(np.array([*instants, None], object)[:-1], times.known)
    if times is not None:
        days = times.at.astype("datetime64[D]").astype(object)
        return known_only(days, times.known)
    return coded.take(np.arange(len(coded.codes), dtype=np.int64))


def _check_required(checked: Checked) -> None:
    for entry in checked.source.declared.required:
        names = entry.split("|")
        missing = np.ones(checked.count, bool)
        for name in names:
            missing &= checked.get(name) == None  # noqa: E711
        titles = " / ".join(checked.header(name) or name for name in names if checked.header(name) or len(names) == 1)
        checked.reject(missing, names[0], "cell.missing", T("The cell “{column}” is empty. Fill it in.", column=titles))


def _check_currency(checked: Checked, default: str) -> None:
    if "supplier_currency" in checked.columns:
        _read_currencies(checked, "supplier_currency", None)
    if checked.source.declared.kind is Kind.RATES:
        default = ""
    _read_currencies(checked, "currency", default or None)
    if checked.source.declared.kind is Kind.RATES:
        bases = checked.get("base")
        codes = np.array([None if word is None else currency_code(word) for word in bases.tolist()], object)
        unknown = np.array([c is None and b is not None for c, b in zip(codes, bases, strict=True)], bool)
        text = T("The base is not a currency. Write the three letters of ISO 4217, such as CNY.")
        checked.reject(unknown, "base", "currency.unknown", text)
        checked.columns["base"] = codes


def _read_currencies(checked: Checked, name: str, default: str | None) -> None:
    """Codes in place of words in a column; `default` where a cell says nothing."""
    said = checked.get(name)
    result = np.full(checked.count, default, object)
    for word in {w for w in said.tolist() if w is not None}:
        code = currency_code(word)
        if code is None:
            text = T("“{word}” is not a currency. Write the three letters of ISO 4217, such as CNY.", word=word)
            checked.reject(said == word, name, "currency.unknown", text)
        result[said == word] = code
    checked.columns[name] = result


_NOT_BELOW: Mapping[str, int | None] = {
    "quantity": 0,
    "reserved": 0,
    "incoming": 0,
    "unit_cost": 0,
    "unit_price": 0,
    "supplier_price": 0,
    "minimum_order": 0,
    "weight_grams": 0,
    "lead_time_days": 0,
    "moq": 1,
    "pack": 1,
    "rate": 1,
}


_NOT_BELOW_IN: Mapping[Kind, Mapping[str, int | None]] = {
    Kind.PURCHASE_ORDERS: {"quantity": 1, "received": 0},
    Kind.RECEIPTS: {"quantity": 1},
    Kind.RETURNS: {"quantity": None},  # some write what comes back as negative
}


def _check_ranges(checked: Checked) -> None:
    kind = checked.source.declared.kind
    for name, least in {**_NOT_BELOW, **_NOT_BELOW_IN.get(kind, {})}.items():
        if name not in checked.columns or least is None:
            continue
        column = checked.columns[name]
        low = np.array([value is not None and value < least for value in column.tolist()], bool)
        if not low.any():
            continue
        if name == "quantity" and kind is Kind.STOCK:
            message = T("A count cannot be negative. Count the units that are there; 0 if none.")
        else:
            message = T("The number is too small: at least {least}.", least=0 if name == "rate" else least)
        checked.reject(low, name, "number.too_small", message)
