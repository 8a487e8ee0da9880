"""From a table as it came to one row a product line: columns put together, cells with several products taken apart.

What a declaration says about the shape of its files happens here, on text, before any cell is read. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from erp_core.files import values
from erp_core.files.header import normalise_header
from erp_core.files.table import RawTable, RowIssue
from erp_core.files.values import Problem
from erp_core.imports.declaration import (
    SALES_FIELDS,
    Cell,
    Combine,
    Format,
    Split,
    Wide,
    normalise_word,
    same_but_for_aside,
)
from erp_core.money import PRICE_DECIMALS
from erp_core.text import T, Text

Ints = npt.NDArray[np.int64]
Cells = list[str]


@dataclass(frozen=True)
class Source:
    """A file to import: the table as it came, and as it is read.

    `table`: one row a product line, `indices`: field → its column; `record`: for each row the position of its record in
    `original`.
    """

    table: RawTable
    declared: Format
    indices: Mapping[str, int]
    original: RawTable
    record: Ints


@dataclass
class _Shaping:
    """A table under way: text by field for what is made anew, the rows of each record."""

    original: RawTable
    table: RawTable
    declared: Format
    indices: dict[str, int]
    record: Ints
    made: dict[str, Cells] = field(default_factory=dict)
    issues: list[RowIssue] = field(default_factory=list)

    def texts(self, name: str) -> Cells:
        """The cells of a field, one a record (before rows were taken apart) or a row (after)."""
        if name in self.made:
            return self.made[name]
        if name not in self.indices:
            return [""] * len(self.table)
        return _plain(self.table.cells[self.indices[name]])

    def reject(self, at: int, code: str, message: Text) -> None:
        self.issues.append(RowIssue(int(self.table.row_numbers[at]), None, f"row.{code}", message))


def shaped(table: RawTable, declared: Format, indices: Mapping[str, int]) -> Source:
    """The table as its declaration wants it read; tables that need nothing come back as they are."""
    indices = _without_counted_refunds(table, declared, indices)
    work = _Shaping(table, table, declared, dict(indices), np.arange(len(table)))
    for name, how in declared.combined.items():
        _combine(work, name, how)
    if declared.order_manager:
        _warn_of_own_numbers(work)
    for derivation in declared.derived:
        _derive(work, derivation.target, derivation.source, (derivation.pattern, derivation.template, derivation.over))
    for name, text in declared.constants.items():
        if name not in work.indices and name not in work.made:
            work.made[name] = [text] * len(table)
    for wide in declared.wide:
        columns = _wide_columns(wide, table.columns)
        if columns:
            _unfold(work, wide, columns)
            break
    if declared.split is not None:
        _take_apart(work, declared.split)
    if not work.made and not work.issues:
        return Source(table, declared, indices, table, work.record)
    return _built(work)


def _without_counted_refunds(table: RawTable, declared: Format, indices: Mapping[str, int]) -> Mapping[str, int]:
    """Without the refunds, where quantities or amounts are read that have them taken off already."""
    net = {normalise_header(header) for header in declared.net_of_refunds}
    if not any(normalise_header(table.columns[at]) in net for at in indices.values()):
        return indices
    return {name: at for name, at in indices.items() if name not in ("line_refunded", "order_refunded")}


def provided(declared: Format, columns: Sequence[str], indices: Mapping[str, int]) -> frozenset[str]:
    """Fields that the shaping fills although no single column of the file holds them."""
    fields = set(declared.constants)
    for wide in declared.wide:
        found = _wide_columns(wide, columns)
        if found:
            fields |= set(wide.names.values())
            break
    fields |= {entry.target for entry in declared.derived if entry.source in indices}
    return frozenset(fields - set(indices))


def columns_of(declared: Format, name: str, columns: Sequence[str]) -> list[int]:
    """All columns of the table that may hold a combined field, in the declaration's order."""
    return list(dict.fromkeys(at for header in declared.columns.get(name, ()) for at in _positions(header, columns)))


def _positions(header: str, columns: Sequence[str]) -> Iterator[int]:
    wanted = normalise_header(header)
    exact = [at for at, column in enumerate(columns) if normalise_header(column) == wanted]
    yield from exact or [at for at, c in enumerate(columns) if same_but_for_aside(normalise_header(c), wanted)][:1]


def wide_positions(declared: Format, columns: Sequence[str]) -> frozenset[int]:
    """Columns that hold products side by side."""
    return frozenset(at for wide in declared.wide for at, _, _ in _wide_columns(wide, columns))


# --- columns put together -------------------------------------------------------------------------------------------


def _combine(work: _Shaping, name: str, how: Combine) -> None:
    if name not in work.indices:
        return
    chosen = work.indices[name]
    found = columns_of(work.declared, name, work.table.columns)
    if chosen not in found or len(found) < 2:  # the person named another column, or there is only one
        return
    if how is Combine.FIRST:
        found = [chosen, *(at for at in found if at != chosen)]
    cells = [_plain(work.table.cells[at]) for at in found]
    empty = work.declared.empty_words
    if how is Combine.SUM:
        work.made[name] = [_sum(parts) for parts in zip(*cells, strict=True)]
    elif how is Combine.JOIN:
        work.made[name] = [
            " ".join(word for word in (p.strip() for p in parts) if word and word not in empty)
            for parts in zip(*cells, strict=True)
        ]
    else:
        work.made[name] = [_first_filled(parts, empty) for parts in zip(*cells, strict=True)]


def _warn_of_own_numbers(work: _Shaping) -> None:
    """Name the orders that carry no number of a platform: the platform's own export would bring them again."""
    columns = work.table.columns
    found = columns_of(work.declared, "order_id", columns)
    if work.indices.get("order_id") not in found:  # missing, or named by the person
        return
    own = set(columns_of(work.declared, "own_order_id", columns))
    empty = work.declared.empty_words
    without = [True] * len(work.table)
    for at in found:
        if at not in own:
            cells = _plain(work.table.cells[at])
            without = [lacks and not _first_filled((cell,), empty) for lacks, cell in zip(without, cells, strict=True)]
    passed_over = {normalise_word(word) for word in work.declared.ignored_words}
    without = [
        lacks and normalise_word(word) not in passed_over
        for lacks, word in zip(without, work.texts("status"), strict=True)
    ]
    words = dict.fromkeys(word for lacks, word in zip(without, work.texts("order_id"), strict=True) if lacks)
    cleaned = (values.clean_id(word) for word in words)
    ids = dict.fromkeys(word for word in cleaned if isinstance(word, str) and word)
    if ids:
        header = next(columns[at] for at in found if at in own)
        text = T(
            "{count} orders carry no number of a platform and stand under {platform}’s own number, such as {example}. "
            "If the platform’s own export is imported too, they count twice.",
            count=len(ids),
            platform=work.declared.platform,
            example=next(iter(ids)),
        )
        work.issues.append(RowIssue(None, header, "order.own_number", text))


def _first_filled(parts: Iterable[str], empty: frozenset[str]) -> str:
    return next((part for part in parts if part.strip() and part.strip() not in empty), "")


def _sum(parts: Iterable[str]) -> str:
    total = Decimal(0)
    some = False
    for part in parts:
        if not part.strip():
            continue
        value = values.parse_decimal(part)
        if isinstance(value, Problem):
            return part  # the cell's own trouble is told when it is read
        total += value
        some = True
    return f"{total:f}" if some else ""


def _derive(work: _Shaping, target: str, source: str, rule: tuple[str, str, bool]) -> None:
    pattern, template, over = rule
    if source not in work.indices and source not in work.made:
        return
    compiled = re.compile(pattern)
    derived: dict[str, str | None] = {}

    def of(word: str) -> str | None:
        if word not in derived:
            cleaned = values.clean_id(word)
            match = compiled.match(word if isinstance(cleaned, Problem) else cleaned)
            derived[word] = match.expand(template) if match else None
        return derived[word]

    empty = work.declared.empty_words
    held = work.texts(target)
    filled = [bool(cell.strip()) and cell.strip() not in empty for cell in held]
    if all(filled) and not over:
        return
    work.made[target] = [
        cell if (there and not over) else (of(word) or cell)
        for cell, there, word in zip(held, filled, work.texts(source), strict=True)
    ]


# --- one row a product ----------------------------------------------------------------------------------------------


def _wide_columns(wide: Wide, columns: Sequence[str]) -> list[tuple[int, int, str | None]]:
    """(column, number of the product, what it holds) of every column that belongs to a product."""
    pattern = re.compile(wide.header, re.IGNORECASE)
    found = []
    for at, column in enumerate(columns):
        match = pattern.fullmatch(column.strip())
        if match is None:
            continue
        what = match.groupdict().get("what")
        if what is None or what.casefold() in wide.names:
            found.append((at, int(match["number"]), what.casefold() if what else None))
    return found


def _unfold(work: _Shaping, wide: Wide, columns: Sequence[tuple[int, int, str | None]]) -> None:
    """Products that stand side by side, under each other: one row each; a record without any keeps one."""
    fields = tuple(dict.fromkeys(wide.names.values()))
    cells = {at: _plain(work.table.cells[at]) for at, _, _ in columns}
    numbers = sorted({number for _, number, _ in columns})
    of_number = {n: [(at, what) for at, number, what in columns if number == n] for n in numbers}
    record: list[int] = []
    made: dict[str, Cells] = {name: [] for name in fields}
    for at_record in range(len(work.table)):
        some = False
        for number in numbers:
            item = _item(wide, [(cells[at][at_record], what) for at, what in of_number[number]])
            if item:
                some = True
                record.append(at_record)
                for name in fields:
                    made[name].append(item.get(name, ""))
        if not some:
            record.append(at_record)
            for name in fields:
                made[name].append("")
    _expand(work, np.array(record, np.int64), made)


def _item(wide: Wide, cells: Sequence[tuple[str, str | None]]) -> dict[str, str]:
    item: dict[str, str] = {}
    for cell, what in cells:
        if what is not None:
            if cell.strip():
                item[wide.names[what]] = cell
            continue
        # key:value pairs between bars; a bar or a colon inside a value belongs to the value, and what the seller's
        # own fields repeat (an engraved `name`) does not replace the product's
        for pair in _PAIR.finditer(cell):
            name = wide.names.get(pair["key"].casefold())
            if name is not None and pair["value"].strip():
                item.setdefault(name, pair["value"].strip())
    return item


_LONGEST_COUNT = 15  # digits
_PAIR = re.compile(r"(?:^|\|)(?P<key>[\w-]+):(?P<value>.*?)(?=\|[\w-]+:|$)", re.DOTALL)


def _take_apart(work: _Shaping, split: Split) -> None:
    """Records whose cells hold several products: one row each, or the record stays out with the reason."""
    held = {name: work.texts(name) for name in split.fields if name in work.indices or name in work.made}
    if split.fields[0] not in held:
        return
    record: list[int] = []
    made: dict[str, Cells] = {name: [] for name in held}
    if split.counted:
        made.setdefault("quantity", [])
    shared = {name: work.texts(name) for name in ("line_amount",) if name in work.indices or name in work.made}
    for name in shared:
        made.setdefault(name, [])
    units = work.texts("items")
    changed = False
    for at in range(len(work.table)):
        cells = {name: column[at] for name, column in held.items()}
        items = (
            _counted(work, at, split, cells | {"items": units[at]})
            if split.counted
            else _separated(work, at, split, cells)
        )
        amounts = {name: _shared_out(column[at], items) for name, column in shared.items() if name not in held}
        if len(items) > 1 and amounts:
            work.issues.append(_shared_issue(int(work.table.row_numbers[at])))
        changed |= len(items) > 1 or bool(split.counted)
        for number, item in enumerate(items):
            record.append(at)
            for name, column in made.items():
                column.append(amounts[name][number] if name in amounts else item.get(name, cells.get(name, "")))
    if changed:
        _expand(work, np.array(record, np.int64), made)


def _shared_issue(row: int) -> RowIssue:
    text = T(
        "One cell holds several products and one sum for all of them; the money was shared out by units. The order’s "
        "total is right, that of each product is not known."
    )
    return RowIssue(row, None, "line.shared_amount", text)


def _separated(work: _Shaping, at: int, split: Split, cells: Mapping[str, str]) -> list[dict[str, str]]:
    parts = {name: [part.strip() for part in cell.split(split.separator)] for name, cell in cells.items()}
    first = parts[split.fields[0]]
    count = len(first) - (len(first) > 1 and not first[-1])
    # a separator at the end closes the list, unless the last product has none of this
    parts = {name: words[:-1] if len(words) > count and not words[-1] else words for name, words in parts.items()}
    several = {name: len(words) for name, words in parts.items() if cells[name].strip()}
    codes = [name for name in several if SALES_FIELDS[name].cell is Cell.ID]
    one_code = any(split.separator not in cells[name] for name in codes)  # the names merely hold the separator
    # unless the product codes hold several as well: then one number of a sub-order covers them all
    listed = count > 1 and any(several.get(name, 1) > 1 for name in ("sku", "item_id"))
    if (one_code and not listed) or max(several.values(), default=1) == 1:
        return [dict(cells)]
    lone_unit = cells.get("quantity", "").strip() == str(count)  # "2" for two products: one of each
    shared = {"quantity"} if lone_unit else set()
    shared |= {"line_ref"} if several.get("line_ref") == 1 else set()
    odd = [n for name, n in several.items() if n != count and name not in shared]
    if odd:
        work.reject(
            at,
            "several_products",
            T(
                "One cell holds {count} products, and the other cells of the row do not say which quantity and code "
                "belong to which. Export the orders with one row a product.",
                count=max(several.values()),
            ),
        )
        return [dict(cells)]
    return [
        {
            name: "1" if name == "quantity" and lone_unit else (words[i] if len(words) == count else "")
            for name, words in parts.items()
        }
        for i in range(count)
    ]


def _counted(work: _Shaping, at: int, split: Split, cells: Mapping[str, str]) -> list[dict[str, str]]:
    text = cells[split.fields[0]].strip()
    items = [
        {split.fields[0]: match["title"].strip(), "quantity": match["quantity"]}
        for match in re.finditer(split.counted, text, re.DOTALL)
    ]
    said = cells["items"].strip().removesuffix(".0")
    readable = all(len(item["quantity"]) <= _LONGEST_COUNT for item in items)
    units = sum(int(item["quantity"]) for item in items) if readable else 0
    covered = readable and bool(items) and re.sub(split.counted, "", text, flags=re.DOTALL).strip(" ,") == ""
    if not covered or (said.isdigit() and int(said) != units):
        if text:
            work.reject(
                at,
                "several_products",
                T(
                    "The products in “{text}” cannot be told apart: their units do not add up to those of the order. "
                    "Export the orders with one row a product.",
                    text=text[:80],
                ),
            )
        return [{split.fields[0]: text, "quantity": said}]
    return items


def _shared_out(cell: str, items: Sequence[Mapping[str, str]]) -> list[str]:
    """One sum over several products, by their units, exact: the last takes the rounding."""
    if len(items) == 1:
        return [cell]
    value = values.parse_decimal(cell) if cell.strip() else None
    units = [Decimal(item["quantity"]) if item.get("quantity", "").isdigit() else Decimal(0) for item in items]
    total = sum(units)
    if value is None or isinstance(value, Problem) or not total or value.adjusted() >= _LONGEST_COUNT:
        return [cell, *[""] * (len(items) - 1)]  # a sum beyond all money is left for the reader to refuse
    exponent = value.as_tuple().exponent
    step = Decimal(1).scaleb(max(-PRICE_DECIMALS, min(int(exponent), -2)) if isinstance(exponent, int) else -2)
    upto = [(value * sum(units[: i + 1]) / total).quantize(step) for i in range(len(items))]
    return [f"{after - before:f}" for before, after in zip([Decimal(0), *upto[:-1]], upto, strict=True)]


def _expand(work: _Shaping, record: Ints, made: Mapping[str, Cells]) -> None:
    """Let every record stand as many times as it has products, and take over what the products say."""
    taken = pa.array(record, pa.int64())
    cells = tuple(column.take(taken) for column in work.table.cells)
    work.made = {name: [column[i] for i in record.tolist()] for name, column in work.made.items()} | dict(made)
    work.table = replace(work.table, cells=cells, row_numbers=work.table.row_numbers[record])
    work.record = work.record[record]


def _built(work: _Shaping) -> Source:
    columns, cells, indices = list(work.table.columns), list(work.table.cells), dict(work.indices)
    for name, texts in work.made.items():
        if name in indices:
            columns.append(columns[indices[name]])  # issues name the header that the file has
        else:
            columns.append(_title(work.declared, name))
        indices[name] = len(cells)
        cells.append(pc.dictionary_encode(pa.array(texts, pa.string())))
    table = replace(work.table, columns=tuple(columns), cells=tuple(cells), issues=(*work.table.issues, *work.issues))
    return Source(table, work.declared, indices, work.original, work.record)


def _title(declared: Format, name: str) -> str:
    headers = declared.columns.get(name)
    return headers[0] if headers else name


def _plain(column: Any) -> Cells:
    if not pa.types.is_dictionary(column.type):
        return [cell or "" for cell in column.to_pylist()]
    words = [*(word or "" for word in column.dictionary.to_pylist()), ""]  # each distinct word is made once
    codes = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
    return [words[code] for code in codes.tolist()]
