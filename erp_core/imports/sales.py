"""From rows of text to orders with lines: checked, priced to the minor unit, fingerprinted. Pure; no database.

Work is done on codes: each column is a list of distinct words and one small integer a row, so that half a million
rows cost as much parsing as their distinct words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core import money
from erp_core.files.table import RawTable
from erp_core.imports.columns import (
    Coded,
    Numbers,
    Times,
    concatenated,
    empty_coded,
    first_of_groups,
    mixed,
    read_column,
)
from erp_core.imports.declaration import SALES_FIELDS, STATES, Cell, Format, Part, normalise_word
from erp_core.imports.receipt import Issue
from erp_core.money import PRICE_DECIMALS
from erp_core.text import T, Text

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STATE_RANK = {state: rank for rank, state in enumerate(STATES)}
_LARGEST_AMOUNT = 9e15  # minor units; beyond it a sum of a year could overflow 64 bits
_TIME_FIELDS = ("ordered_at", "paid_at", "shipped_at", "completed_at", "cancelled_at")
_MONEY_FIELDS = ("order_discount", "shipping", "tax", "total", "order_refunded")
_TEXT_FIELDS = (
    "shop", "customer_id", "customer_name", "email", "phone", "ship_name", "ship_phone", "ship_address", "country",
    "province", "city", "postcode", "buyer_note", "seller_note", "carrier", "tracking_number",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A table, the declaration it is read by, and field → column position."""

    table: RawTable
    declared: Format
    indices: Mapping[str, int]


@dataclass(frozen=True)
class Assumptions:
    """What holds where the file says nothing. `currency`: the person's word, before the format's;
    `company_currency` and `company_zone`: last resort; `known_lines`: orders whose lines are stored already."""

    currency: str | None
    company_currency: str
    company_zone: str
    channel: str | None = None
    header_only_allowed: frozenset[str] = frozenset()


@dataclass
class Rows:
    """All rows of all sources, field by field."""

    count: int
    file_no: npt.NDArray[np.int32]
    number: Ints
    is_line: Bools
    texts: dict[str, Coded]
    numbers: dict[str, Numbers]
    times: dict[str, Times]
    bad: Bools
    issues: list[Issue]

    def reject(self, where: Bools, column: str | None, code: str, message: Text) -> None:
        """Mark rows as bad and say so, once a row."""
        for at in np.flatnonzero(where).tolist():
            self.issues.append(Issue(int(self.number[at]), column, code, message, "rejects", int(self.file_no[at])))
        self.bad |= where


@dataclass(frozen=True)
class Orders:
    """What goes in: columns of one entry per order (header) and per line, lines sorted by order.

    `order_of_row`: order index of each row, −1 without one; `bad_order`: orders that stay out whole; `row_amount`:
    minor units per row; `row_currency`: index into `currencies`.
    """

    rows: Rows
    ids: list[str]
    order_of_row: Ints
    bad_order: Bools
    header: dict[str, npt.NDArray[np.generic]]
    lines: dict[str, npt.NDArray[np.generic]]
    skus: list[str]
    sku_titles: list[str | None]
    titles: list[str]
    row_amount: Ints
    row_currency: npt.NDArray[np.int32]
    currencies: list[str]
    declared: Format
    has_lines: Bools = field(default_factory=lambda: np.zeros(0, bool))


def read_rows(sources: Sequence[Source], company_zone: str) -> Rows:
    """Read every mapped column of every source; a cell that cannot be read makes its row bad."""
    counts = [len(source.table) for source in sources]
    total = sum(counts)
    names = [name for name in SALES_FIELDS if any(name in source.indices for source in sources)]
    rows = Rows(
        count=total,
        file_no=np.repeat(np.arange(len(sources), dtype=np.int32), counts),
        number=np.concatenate([np.asarray(source.table.row_numbers, np.int64) for source in sources]),
        is_line=np.repeat([source.declared.part is not Part.HEADERS for source in sources], counts),
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
                rows.reject(where, header, problem.code, problem.message)
            if part.warning is not None:
                rows.issues.append(Issue(None, header, "column.ambiguous", part.warning, "warns", file_no))
        if cell in (Cell.DECIMAL, Cell.COUNT):
            rows.numbers[name] = Numbers.concatenated([p.numbers if p else None for p in parts], counts)
        elif cell in (Cell.TIME, Cell.DAY):
            rows.times[name] = Times.concatenated([p.times if p else None for p in parts], counts)
        else:
            rows.texts[name] = concatenated([p.coded if p else None for p in parts], counts)
    return rows


def assemble(sources: Sequence[Source], assumed: Assumptions) -> Orders:
    """Orders with their lines from one file, or from the two halves of one export.

    The order is the unit: a bad row keeps its whole order out, naming the row.
    """
    rows = read_rows(sources, assumed.company_zone)
    main = next((s.declared for s in sources if s.declared.part is not Part.LINES), sources[0].declared)
    order_of_row, ids = _orders_of_rows(rows, any(source.declared.fill_down for source in sources))
    count = len(ids)
    header: dict[str, npt.NDArray[np.generic]] = {}
    header_first = np.argsort(rows.is_line, kind="stable")  # the header file's word counts before the lines file's
    for name in _TEXT_FIELDS:
        coded = rows.texts.get(name, empty_coded(rows.count))
        header[name] = coded.take(first_of_groups(order_of_row, coded.codes >= 0, count, header_first))
    for name in _TIME_FIELDS:
        times = rows.times.get(name)
        header[name] = (
            times.take(first_of_groups(order_of_row, times.known, count, header_first))
            if times is not None
            else np.full(count, np.datetime64("NaT", "s"))
        )
    _check_order_dates(rows, header, order_of_row)
    currencies, order_currency = _currencies(rows, order_of_row, count, sources, assumed, header_first)
    row_currency = np.where(order_of_row >= 0, order_currency[order_of_row], order_currency[-1] if count else 0)
    if not count and not currencies:
        currencies = [assumed.company_currency]
    amount = _amounts(rows, sources, row_currency, currencies)
    skus, sku_of_row, sku_titles = _skus(rows)
    rows.reject(
        rows.is_line & ~rows.bad & (sku_of_row < 0), _column(sources, "sku"), "sku.missing",
        T("The row names no product: neither a SKU nor a name. Add one of them."),
    )  # fmt: skip
    _check_parts(rows, sources, order_of_row, header, ids, assumed)
    bad_order = np.zeros(count, bool)
    bad_order[order_of_row[rows.bad & (order_of_row >= 0)]] = True
    has_lines = np.zeros(count, bool)
    has_lines[order_of_row[rows.is_line & (order_of_row >= 0)]] = True

    line_rows = np.flatnonzero(rows.is_line & (order_of_row >= 0) & ~bad_order[np.maximum(order_of_row, 0)])
    line_rows = line_rows[np.argsort(order_of_row[line_rows], kind="stable")]
    lines = _lines(rows, line_rows, order_of_row, amount, sku_of_row, main, row_currency, currencies)
    _order_money(rows, header, order_of_row, order_currency, currencies, header_first)
    _states(rows, header, lines, sources, main, order_of_row, ids, skus, header_first)
    for name in ("currency",):
        header[name] = np.array(currencies, object)[order_currency] if count else np.zeros(0, object)
    if assumed.channel is not None:
        header["shop"] = np.full(count, assumed.channel, object)
    else:
        header["shop"] = np.where(header["shop"] == None, main.platform, header["shop"])  # noqa: E711
    titles = rows.texts["title"].words if "title" in rows.texts else []
    orders = Orders(
        rows, ids, order_of_row, bad_order, header, lines, skus, sku_titles, titles, amount,
        row_currency.astype(np.int32), currencies, main, has_lines,
    )  # fmt: skip
    header["header_fingerprint"] = _header_fingerprints(orders)
    header["lines_fingerprint"] = _lines_fingerprints(orders)
    return orders


def _column(sources: Sequence[Source], name: str) -> str | None:
    for source in sources:
        if name in source.indices:
            return source.table.columns[source.indices[name]]
    return None


def _orders_of_rows(rows: Rows, fill_down: bool) -> tuple[Ints, list[str]]:
    coded = rows.texts["order_id"]
    codes = coded.codes.astype(np.int64)
    if fill_down:
        says_nothing = codes < 0
        for name, other in rows.texts.items():
            if SALES_FIELDS[name].of_order:
                says_nothing &= other.codes < 0
        for times in rows.times.values():
            says_nothing &= ~times.known
        previous = np.maximum.accumulate(np.where(codes >= 0, np.arange(len(codes)), -1))
        first_of_file = np.searchsorted(rows.file_no, rows.file_no)
        can_fill = says_nothing & (previous >= first_of_file)
        codes = np.where(can_fill, codes[np.maximum(previous, 0)], codes)
    rows.reject(
        (codes < 0) & ~rows.bad, None, "order_id.missing",
        T("The row has no order id, so it cannot be told from other orders. Fill in the order’s id."),
    )  # fmt: skip
    return codes, list(coded.words)


def _check_order_dates(rows: Rows, header: dict[str, npt.NDArray[np.generic]], order_of_row: Ints) -> None:
    if not len(header["ordered_at"]):
        return
    fallback = header["ordered_at"]
    for name in ("paid_at", "shipped_at", "completed_at"):
        fallback = np.where(np.isnat(fallback), header[name], fallback)
    header["ordered_at"] = fallback
    known = order_of_row >= 0
    undated = np.zeros(rows.count, bool)
    undated[known] = np.isnat(fallback[order_of_row[known]])
    rows.reject(
        undated & ~rows.bad, None, "ordered_at.missing",
        T("The order has no date on any of its rows. Fill in the day on which it was placed."),
    )  # fmt: skip


def _currencies(
    rows: Rows, order_of_row: Ints, count: int, sources: Sequence[Source], assumed: Assumptions, order: Ints
) -> tuple[list[str], Ints]:
    default = assumed.currency or next((s.declared.currency for s in sources if s.declared.currency), None)
    names: list[str] = [default or assumed.company_currency]
    order_currency = np.zeros(max(count, 0), np.int64)
    coded = rows.texts.get("currency")
    if coded is None:
        return names, order_currency
    column = _column(sources, "currency")
    of_word: list[int] = []
    for code, word in enumerate(coded.words):
        upper = CURRENCY_WORDS.get(word.strip().upper(), word.strip().upper())
        if not money.is_currency(upper):
            rows.reject(
                (coded.codes == code) & ~rows.bad, column, "currency.unknown",
                T("“{word}” is not a currency code. Write the three letters of ISO 4217, such as CNY or USD.", word=word),
            )  # fmt: skip
            of_word.append(0)
            continue
        if upper not in names:
            names.append(upper)
        of_word.append(names.index(upper))
    by_word = np.array(of_word or [0], np.int64)
    first = first_of_groups(order_of_row, coded.codes >= 0, count, order)
    found = first >= 0
    order_currency[found] = by_word[coded.codes[first[found]]]
    said = coded.codes >= 0
    differs = np.zeros(rows.count, bool)
    known = said & (order_of_row >= 0)
    differs[known] = by_word[coded.codes[known]] != order_currency[order_of_row[known]]
    rows.reject(
        differs & ~rows.bad, column, "currency.mixed",
        T("The order has lines in two currencies. Split it into one order per currency."),
    )  # fmt: skip
    return names, order_currency


CURRENCY_WORDS = {
    "人民币": "CNY", "RMB": "CNY", "元": "CNY", "¥": "CNY", "￥": "CNY", "CNH": "CNY", "美元": "USD", "$": "USD", "US$": "USD",
    "欧元": "EUR", "€": "EUR", "英镑": "GBP", "£": "GBP", "日元": "JPY", "港币": "HKD", "港元": "HKD", "HK$": "HKD",
    "新台币": "TWD", "台币": "TWD", "韩元": "KRW", "澳元": "AUD", "加元": "CAD", "新加坡元": "SGD",
}  # fmt: skip


def _amounts(rows: Rows, sources: Sequence[Source], row_currency: Ints, currencies: list[str]) -> Ints:
    """Minor units per row: the first of the format's `amount` fields that the row fills."""
    amount = np.zeros(rows.count, np.int64)
    known = ~rows.is_line
    quantity = rows.numbers.get("quantity")
    _reject_bad_quantities(rows, sources, quantity)
    preference = next((s.declared.amount for s in sources if s.declared.part is not Part.HEADERS), ("unit_price",))
    for name in preference:
        numbers = rows.numbers.get(name)
        if numbers is None:
            continue
        usable = numbers.known & ~known
        if name == "unit_price":
            if quantity is None:
                continue
            usable &= quantity.known
        discount = rows.numbers.get("line_discount") if name == "unit_price" else None
        for code, currency in enumerate(currencies):
            here = np.flatnonzero(usable & (row_currency == code))
            if len(here):
                amount[here] = _to_minor(numbers, quantity if name == "unit_price" else None, discount, here, currency, rows)
        known |= usable
    needed = " / ".join(filter(None, (_column(sources, name) for name in preference)))
    rows.reject(
        ~known & ~rows.bad, needed or None, "amount.missing",
        T("The row has no price and no amount. Fill in one of them; a free item has the price 0."),
    )  # fmt: skip
    return amount


def _reject_bad_quantities(rows: Rows, sources: Sequence[Source], quantity: Numbers | None) -> None:
    column = _column(sources, "quantity")
    missing = rows.is_line.copy() if quantity is None else rows.is_line & ~quantity.known
    rows.reject(
        missing & ~rows.bad, column, "quantity.missing",
        T("The row has no quantity. Fill in how many units were sold."),
    )  # fmt: skip


def _to_minor(
    numbers: Numbers, quantity: Numbers | None, discount: Numbers | None, here: Ints, currency: str, rows: Rows
) -> Ints:
    """round(value × quantity − discount) in exact integers, half away from zero."""
    decimals = money.decimals(currency)
    value = numbers.scaled[here]
    scale = numbers.decimals
    size = np.abs(value.astype(float)) / 10.0**scale
    if quantity is not None:
        size = size * np.abs(quantity.scaled[here].astype(float))
    too_large = size * 10.0**decimals > _LARGEST_AMOUNT
    if too_large.any():
        where = np.zeros(rows.count, bool)
        where[here[too_large]] = True
        rows.reject(
            where & ~rows.bad, None, "amount.too_large",
            T("The amount is too large to be money. Check the price and the quantity."),
        )  # fmt: skip
        value = np.where(too_large, 0, value)
    exact = value if quantity is None else value * quantity.scaled[here]
    if discount is not None:
        shift = max(scale, discount.decimals)
        exact = exact * 10 ** (shift - scale)
        off = np.where(discount.known[here], discount.scaled[here], 0) * 10 ** (shift - discount.decimals)
        sign = np.where(exact < 0, -1, 1)
        exact, scale = exact - sign * np.abs(off), shift
    if scale <= decimals:
        return np.asarray(exact * 10 ** (decimals - scale), np.int64)
    step = 10 ** (scale - decimals)
    return np.asarray(np.sign(exact) * ((2 * np.abs(exact) + step) // (2 * step)), np.int64)


def _skus(rows: Rows) -> tuple[list[str], Ints, list[str | None]]:
    """The distinct SKUs, the SKU of each row, and a name for each: the platform's item id, else the product's name,
    stands in where a row has no SKU."""
    texts = [rows.texts[name] for name in ("sku", "item_id") if name in rows.texts]
    if "title" in rows.texts:
        texts.append(mixed(rows.texts["title"], rows.texts.get("variant")))
    words: dict[str, int] = {}
    sku_of_row = np.full(rows.count, -1, np.int64)
    for coded in texts:
        lacking = (sku_of_row < 0) & (coded.codes >= 0)
        if not lacking.any():
            continue
        used = np.unique(coded.codes[lacking])
        lookup = np.full(len(coded.words), -1, np.int64)
        for code in used.tolist():
            lookup[code] = words.setdefault(coded.words[code].strip() or coded.words[code], len(words))
        sku_of_row[lacking] = lookup[coded.codes[lacking]]
    titles: list[str | None] = [None] * len(words)
    if "title" in rows.texts:
        title_codes = rows.texts["title"].codes
        both = (sku_of_row >= 0) & (title_codes >= 0) & ~rows.bad
        if both.any():
            # the name that most rows give; of equals the first seen
            pairs = sku_of_row[both] * (len(rows.texts["title"].words) + 1) + title_codes[both]
            unique, counts = np.unique(pairs, return_counts=True)
            sku, title = np.divmod(unique, len(rows.texts["title"].words) + 1)
            best = pd.DataFrame({"sku": sku, "title": title, "count": counts}).sort_values(
                ["sku", "count", "title"], ascending=[True, False, True]
            )
            best = best.drop_duplicates("sku")
            for at, code in zip(best["sku"].tolist(), best["title"].tolist(), strict=True):
                titles[at] = rows.texts["title"].words[code]
    return list(words), sku_of_row, titles


def _check_parts(
    rows: Rows, sources: Sequence[Source], order_of_row: Ints, header: dict[str, npt.NDArray[np.generic]],
    ids: list[str], assumed: Assumptions,
) -> None:  # fmt: skip
    """The two halves of one export: an order needs both, unless its lines are stored already."""
    if all(source.declared.part is Part.WHOLE for source in sources):
        return
    known = order_of_row >= 0
    has_lines = np.zeros(len(ids), bool)
    has_lines[order_of_row[known & rows.is_line]] = True
    allowed = np.array([name in assumed.header_only_allowed for name in ids], bool)
    lacking = np.zeros(rows.count, bool)
    lacking[known] = ~(has_lines | allowed)[order_of_row[known]]
    companion = next((s.declared.companion for s in sources if s.declared.part is Part.HEADERS), None)
    rows.reject(
        lacking & ~rows.is_line & ~rows.bad, None, "order.lines_missing",
        T("The order’s product lines are in the other file of this export. Import it together with {format}.", format=companion or ""),
    )  # fmt: skip


def _lines(
    rows: Rows, at: Ints, order_of_row: Ints, amount: Ints, sku_of_row: Ints, declared: Format,
    row_currency: Ints, currencies: list[str],
) -> dict[str, npt.NDArray[np.generic]]:  # fmt: skip
    def number(name: str) -> tuple[Ints, Bools, int]:
        numbers = rows.numbers.get(name)
        if numbers is None:
            return np.zeros(len(at), np.int64), np.zeros(len(at), bool), 0
        return numbers.scaled[at], numbers.known[at], numbers.decimals

    order = order_of_row[at]
    quantity, _, _ = number("quantity")
    price, price_known, price_decimals = number("unit_price")
    unit_price = np.full(len(at), None, object)
    stored = _rescaled(price, price_decimals, PRICE_DECIMALS)
    unit_price = np.where(price_known, stored, -1)
    derived = ~price_known & (quantity != 0)
    if derived.any():  # no unit price in the file: the line's money over its units
        digits = np.array([money.decimals(c) for c in currencies], np.int64)[row_currency[at]]
        per_unit = amount[at].astype(float) / np.where(quantity == 0, 1, quantity) / 10.0**digits
        unit_price = np.where(derived, np.round(np.abs(per_unit) * 10**PRICE_DECIMALS).astype(np.int64), unit_price)
    lines: dict[str, npt.NDArray[np.generic]] = {
        "order": order,
        "sku": sku_of_row[at],
        "title": rows.texts["title"].codes[at].astype(np.int64) if "title" in rows.texts else np.full(len(at), -1, np.int64),
        "quantity": quantity,
        "unit_price": unit_price,
        "amount": amount[at],
        "cancelled": _word_mask(rows, "line_status", at, declared.cancelled_line_words),
    }
    for name in ("line_discount", "line_refunded"):
        value, known, decimals = number(name)
        minor = np.zeros(len(at), np.int64)
        for code, currency in enumerate(currencies):
            here = known & (row_currency[at] == code)
            minor[here] = np.abs(_rescaled(value[here], decimals, money.decimals(currency)))
        lines[name] = minor
    starts = np.searchsorted(order, order)
    lines["line_no"] = np.arange(len(at)) - starts + 1
    lines["fulfilled"] = _fulfilled(rows, at, declared)
    return lines


def _rescaled(value: Ints, decimals: int, wanted: int) -> Ints:
    if decimals <= wanted:
        return np.asarray(value * 10 ** (wanted - decimals), np.int64)
    step = 10 ** (decimals - wanted)
    return np.asarray(np.sign(value) * ((2 * np.abs(value) + step) // (2 * step)), np.int64)


def _word_mask(rows: Rows, name: str, at: Ints, words: frozenset[str]) -> Bools:
    coded = rows.texts.get(name)
    if coded is None or not words:
        return np.zeros(len(at), bool)
    wanted = {normalise_word(word) for word in words}
    hits = np.array([normalise_word(word) in wanted for word in coded.words] + [False], bool)
    return np.asarray(hits[coded.codes[at]], bool)


def _fulfilled(rows: Rows, at: Ints, declared: Format) -> npt.NDArray[np.int8]:
    """1 yes, 0 no, −1 as the order says."""
    coded = rows.texts.get("line_fulfillment")
    if coded is None:
        return np.full(len(at), -1, np.int8)
    states = {normalise_word(word): state for word, state in declared.fulfillments.items()}
    of_word = [{"shipped": 1, "completed": 1}.get(states.get(normalise_word(w), "?"), 0) for w in coded.words]
    return np.array([*of_word, -1], np.int8)[coded.codes[at]]


def _order_money(
    rows: Rows, header: dict[str, npt.NDArray[np.generic]], order_of_row: Ints, order_currency: Ints,
    currencies: list[str], order: Ints,
) -> None:  # fmt: skip
    count = len(order_currency)
    digits = np.array([money.decimals(c) for c in currencies], np.int64)[order_currency] if count else np.zeros(0, np.int64)
    for name in _MONEY_FIELDS:
        numbers = rows.numbers.get(name)
        minor = np.zeros(count, np.int64)
        known = np.zeros(count, bool)
        if numbers is not None:
            first = first_of_groups(order_of_row, numbers.known, count, order)
            known = first >= 0
            for places in np.unique(digits).tolist():
                here = known & (digits == places)
                minor[here] = _rescaled(numbers.scaled[first[here]], numbers.decimals, places)
        header[name] = minor
        header[f"{name}_known"] = known


def _states(
    rows: Rows, header: dict[str, npt.NDArray[np.generic]], lines: dict[str, npt.NDArray[np.generic]],
    sources: Sequence[Source], declared: Format, order_of_row: Ints, ids: list[str], skus: list[str], order: Ints,
) -> None:  # fmt: skip
    """The state and the kind of document of each order, from status words, times, and the format's own rules."""
    count = len(ids)
    state = np.full(count, "", object)
    words = np.full(count, None, object)
    for name, table in (("payment_status", declared.payment_statuses), ("fulfillment", declared.fulfillments), ("status", declared.statuses)):
        coded = rows.texts.get(name)
        if coded is None or not table:
            continue
        meaning = {normalise_word(word): value for word, value in table.items()}
        of_word = [meaning.get(normalise_word(word)) for word in coded.words]
        for code, value in enumerate(of_word):
            if value is None:
                _warn_unknown_status(rows, sources, name, coded, code)
        first = first_of_groups(order_of_row, coded.codes >= 0, count, order)
        said = np.array([*(value or "" for value in of_word), ""], object)[np.where(first >= 0, coded.codes[first], -1)]
        word = coded.take(first)
        words = np.where(word == None, words, word)  # noqa: E711
        rank = np.array([STATE_RANK.get(s, -1) for s in said], np.int64)
        before = np.array([STATE_RANK.get(s, -1) for s in state], np.int64)
        state = np.where(rank > before, said, state)
    silent = state == ""
    by_time = np.full(count, "", object)
    for name, value in (("paid_at", "paid"), ("shipped_at", "shipped"), ("completed_at", "completed")):
        by_time = np.where(~np.isnat(header[name]), value, by_time)
    has_word = words != None  # noqa: E711
    fallback = np.where(by_time != "", by_time, np.where(has_word, "pending", declared.default_state))
    state = np.where(silent, fallback, state)
    state = np.where(~np.isnat(header["cancelled_at"]), "cancelled", state)
    document = np.full(count, "order", object)
    if declared.credit_note_prefix:
        is_credit = np.array([name.startswith(declared.credit_note_prefix) for name in ids], bool)
    else:
        is_credit = _all_negative(lines, count)
    document[is_credit] = "credit_note"
    state[is_credit] = "cancelled"
    state[_adjustments(lines, count, declared, skus) & ~is_credit] = "adjustment"
    header["state"], header["document"], header["status_word"] = state, document, words
    latest = header["ordered_at"]
    for name in ("paid_at", "shipped_at", "completed_at", "cancelled_at"):
        latest = np.where(np.isnat(header[name]), latest, np.fmax(latest, header[name]))
    header["status_at"] = latest


def _warn_unknown_status(rows: Rows, sources: Sequence[Source], name: str, coded: Coded, code: int) -> None:
    at = int(np.argmax(coded.codes == code))
    message = T(
        "The status “{word}” is not known; the order’s state was taken from its dates. Tell us what it means, or change it in the file.",
        word=coded.words[code],
    )
    rows.issues.append(
        Issue(int(rows.number[at]), _column(sources, name), "status.unknown", message, "warns", int(rows.file_no[at]))
    )


def _all_negative(lines: dict[str, npt.NDArray[np.generic]], count: int) -> Bools:
    any_line = np.zeros(count, bool)
    any_line[lines["order"]] = True
    positive = np.zeros(count, bool)
    positive[lines["order"][np.asarray(lines["quantity"]) >= 0]] = True
    return any_line & ~positive


def _adjustments(
    lines: dict[str, npt.NDArray[np.generic]], count: int, declared: Format, skus: list[str]
) -> Bools:
    found = np.zeros(count, bool)
    order = lines["order"]
    any_line = np.zeros(count, bool)
    any_line[order] = True
    if declared.zero_price_returns_are_write_offs:
        other = np.zeros(count, bool)
        other[order[~((np.asarray(lines["quantity"]) < 0) & (np.asarray(lines["unit_price"]) == 0))]] = True
        found |= any_line & ~other
    if declared.adjustment_skus:
        special = np.array([sku in declared.adjustment_skus for sku in skus] or [False], bool)
        other = np.zeros(count, bool)
        other[order[~special[lines["sku"]]]] = True
        found |= any_line & ~other
    return found


# --- fingerprints: equal content, equal number, whatever the order of lines or the bytes of the file -----------------

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def _stirred(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * _MIX
    return values ^ (values >> np.uint64(27))


def _hashed_words(words: Sequence[str | None]) -> npt.NDArray[np.uint64]:
    if not len(words):
        return np.zeros(0, np.uint64)
    array = np.array([word if word is not None else "\x00" for word in words], object)
    return np.asarray(pd.util.hash_array(array, categorize=False), np.uint64)


def _combined(columns: Sequence[npt.NDArray[np.uint64]]) -> npt.NDArray[np.uint64]:
    total = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        total = _stirred(total * _ODD + column)
    return total


def _lines_fingerprints(orders: Orders) -> Ints:
    lines = orders.lines
    count = len(orders.ids)
    if not len(lines["order"]):
        return np.zeros(count, np.int64)
    skus = _hashed_words(orders.skus)
    titles = np.concatenate([_hashed_words(orders.titles), np.zeros(1, np.uint64)])
    numbers = ("quantity", "unit_price", "amount", "line_discount", "line_refunded", "cancelled", "fulfilled")
    line = _combined(
        [skus[lines["sku"]], titles[lines["title"]], *(np.asarray(lines[name], np.int64).view(np.uint64) for name in numbers)]
    )
    sums = np.zeros(count, np.uint64)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(lines["order"]) > 0]))
    sums[lines["order"][starts]] = np.add.reduceat(line, starts)
    return _stirred(sums).view(np.int64)


def _header_fingerprints(orders: Orders) -> Ints:
    header = orders.header
    columns = []
    for name in ("currency", "document", "state", "status_word", *_TEXT_FIELDS):
        codes, words = pd.factorize(header[name], use_na_sentinel=True)
        hashed = np.concatenate([_hashed_words(list(words)), np.zeros(1, np.uint64)])
        columns.append(hashed[codes])
    for name in _TIME_FIELDS:
        columns.append(header[name].astype("datetime64[s]").astype(np.int64).view(np.uint64))
    for name in _MONEY_FIELDS:
        columns.append(np.asarray(header[name], np.int64).view(np.uint64))
    return _combined(columns).view(np.int64)
