"""From rows of text to orders with lines: checked, priced to the minor unit, fingerprinted. Pure; no database.

Work is done on codes: each column is a list of distinct words and one small integer a row, so that half a million
rows cost as much parsing as their distinct words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from erp_core import money
from erp_core.imports import fingerprints, units
from erp_core.imports.amounts import MONEY_FIELDS, rescaled, set_amounts, set_currencies, set_order_money
from erp_core.imports.columns import empty_coded, mixed
from erp_core.imports.declaration import SALES_FIELDS, Format, Part, normalise_word
from erp_core.imports.draft import Assumptions, Column, Draft
from erp_core.imports.rows import Bools, Ints, Rows, read_rows
from erp_core.imports.shape import Source
from erp_core.imports.states import (
    cancelled_lines,
    cancelled_rows,
    fulfilled_lines,
    pending_rows,
    refunded_lines,
    set_states,
)
from erp_core.money import PRICE_DECIMALS
from erp_core.text import T

TIME_FIELDS = ("ordered_at", "paid_at", "shipped_at", "completed_at", "cancelled_at")
_REFUND_FIELDS = ("order_refunded", "line_refunded", "after_sale")
TEXT_FIELDS = tuple(
    name for name, field in SALES_FIELDS.items()
    if field.of_order and field.cell in ("id", "text") and name not in ("order_id", "own_order_id", "location")
)  # fmt: skip


@dataclass(frozen=True)
class Orders:
    """What goes in: columns of one entry per order (header) and per line, lines sorted by order.

    `order_of_row`: order index of each row, −1 without one; `bad_order`: orders that stay out whole; `row_amount`:
    minor units per row; `row_currency`: index into `currencies`; `shop_given`: the person named the shop;
    `refunds_said`: the file has a column that tells of refunds.
    """

    rows: Rows
    ids: list[str]
    order_of_row: Ints
    bad_order: Bools
    has_lines: Bools
    header: dict[str, Column]
    lines: dict[str, Column]
    skus: list[str]
    sku_titles: list[str | None]
    titles: list[str]
    row_amount: Ints
    row_currency: Ints
    currencies: list[str]
    declared: Format
    shop_given: bool = False
    refunds_said: bool = True


def assemble(sources: Sequence[Source], assumed: Assumptions) -> Orders:
    """Orders with their lines from one file, or from the two halves of one export.

    The order is the unit: a bad row keeps its whole order out, naming the row.
    """
    rows = read_rows(sources, assumed.company_zone)
    order_of_row, ids = _orders_of_rows(rows, assumed, any(source.declared.fill_down for source in sources))
    # the header file's word counts before the lines file's
    draft = Draft(rows, tuple(sources), assumed, ids, order_of_row, np.argsort(rows.is_line, kind="stable"))
    _mark_summary_rows(draft)
    _set_texts_and_times(draft)
    set_currencies(draft)
    set_amounts(draft, cancelled_rows(draft), pending_rows(draft))
    sku_of_row = _set_skus(draft)
    _set_quantities(draft, sku_of_row)
    _check_halves(draft)
    bad_order = draft.any_row(rows.bad)
    _set_lines(draft, sku_of_row, bad_order)
    set_order_money(draft)
    set_states(draft)
    header = draft.header
    header["currency"] = np.array(draft.currencies, object)[draft.order_currency]
    platform = draft.declared.platform
    header["shop"] = np.array([assumed.channel or name or platform for name in header["shop"].tolist()], object)
    titles = rows.texts["title"].words if "title" in rows.texts else []
    texts: tuple[str, ...] = ("currency", "document", "state", "status_word", *TEXT_FIELDS)
    if "location" in rows.texts:  # said by few formats
        texts = (*texts, "location")
    header["header_fingerprint"] = fingerprints.of_headers(header, texts, TIME_FIELDS, MONEY_FIELDS)
    header["lines_fingerprint"] = fingerprints.of_lines(draft.lines, draft.skus, titles, draft.count)
    return Orders(
        rows=rows,
        ids=ids,
        order_of_row=order_of_row,
        bad_order=bad_order,
        has_lines=draft.any_row(rows.is_line),
        header=header,
        lines=draft.lines,
        skus=draft.skus,
        sku_titles=draft.sku_titles,
        titles=titles,
        row_amount=draft.amount,
        row_currency=draft.row_currency,
        currencies=draft.currencies,
        declared=draft.declared,
        shop_given=assumed.channel is not None,
        refunds_said=any(name in source.indices for source in sources for name in _REFUND_FIELDS),
    )


def _orders_of_rows(rows: Rows, assumed: Assumptions, fill_down: bool) -> tuple[Ints, list[str]]:
    coded = rows.texts["order_id"]
    codes = coded.codes.astype(np.int64)
    if fill_down:  # a continuation row says nothing of the order, not even its id
        silent = (codes < 0) & ~rows.bad
        for name, other in rows.texts.items():
            if SALES_FIELDS[name].of_order:
                silent &= other.codes < 0
        for times in rows.times.values():
            silent &= ~times.known
        previous = np.maximum.accumulate(np.where(codes >= 0, np.arange(len(codes)), -1))
        first_of_file = np.searchsorted(rows.file_no, rows.file_no)
        codes = np.where(silent & (previous >= first_of_file), codes[np.maximum(previous, 0)], codes)
    paid = rows.times.get("paid_at")
    if paid is not None:
        text = T(
            "The row has no order id and is not paid yet. Platforms that number an order when it is paid will bring it "
            "in a later export; otherwise fill in the order’s id."
        )
        rows.reject((codes < 0) & ~rows.ignored & ~paid.known, None, "order_id.unpaid", text)
    text = T("The row has no order id, so it cannot be told from other orders. Fill in the order’s id.")
    rows.reject((codes < 0) & ~rows.ignored, None, "order_id.missing", text)
    codes[rows.ignored] = -1
    words = list(coded.words)
    if assumed.channel is None:  # else all orders belong to the shop that the person names
        codes, words = _by_shop(rows, codes, words)
    if not rows.ignored.any():
        return codes, words
    used, codes[codes >= 0] = np.unique(codes[codes >= 0], return_inverse=True)
    return codes, [words[i] for i in used.tolist()]


def _by_shop(rows: Rows, codes: Ints, words: list[str]) -> tuple[Ints, list[str]]:
    """Two shops in one file may use the same order number: it is an order in each."""
    shop = rows.texts.get("shop")
    if shop is None or len(shop.words) < 2:
        return codes, words
    said = (codes >= 0) & (shop.codes >= 0)
    pairs = np.unique(np.stack([codes[said], shop.codes[said]], 1), axis=0)
    several = np.unique(pairs[:-1, 0][pairs[1:, 0] == pairs[:-1, 0]])
    for code in several.tolist():
        at = np.flatnonzero(codes == code)
        owner = pd.Series(np.where(shop.codes[at] >= 0, shop.codes[at], np.nan)).ffill().bfill().to_numpy(np.int64)
        for other in np.unique(owner).tolist()[1:]:
            codes[at[owner == other]] = len(words)
            words.append(words[code])
    return codes, words


def _mark_summary_rows(draft: Draft) -> None:
    """Rows that name no product, of orders whose other rows do: they speak of the order as a whole."""
    if not any(source.declared.summary_rows for source in draft.sources):
        return
    rows = draft.rows
    names = np.zeros(rows.count, bool)
    for name in ("sku", "item_id", "title"):
        if name in rows.texts:
            names |= rows.texts[name].codes >= 0
    rows.is_line &= names | ~draft.of_rows(draft.any_row(names), False)
    draft.precedence = np.argsort(rows.is_line, kind="stable")


def _set_texts_and_times(draft: Draft) -> None:
    rows, header = draft.rows, draft.header
    for name in TEXT_FIELDS:
        coded = rows.texts.get(name, empty_coded(rows.count))
        header[name] = coded.take(draft.first_row(coded.codes >= 0))
    for name in TIME_FIELDS:
        times = rows.times.get(name)
        nowhere = np.full(draft.count, np.datetime64("NaT", "s"))
        header[name] = nowhere if times is None else times.take(draft.first_row(times.known))
    header["location"] = _places(draft)
    sold_on = rows.texts.get("sold_on", empty_coded(rows.count))
    header["sold_on"] = sold_on.take(draft.first_row(sold_on.codes >= 0))
    updated = rows.times.get("updated_at")
    nowhere = np.full(draft.count, np.datetime64("NaT", "s"))
    header["updated_at"] = nowhere if updated is None else updated.take(draft.first_row(updated.known))
    for name in ("paid_at", "shipped_at", "completed_at"):
        header["ordered_at"] = np.where(np.isnat(header["ordered_at"]), header[name], header["ordered_at"])
    undated = draft.of_rows(np.isnat(header["ordered_at"]), False)
    text = T("The order has no date on any of its rows. Fill in the day on which it was placed.")
    rows.reject(undated, draft.column("ordered_at"), "ordered_at.missing", text)


def _places(draft: Draft) -> Column:
    """The place that each order leaves from, by the declaration's words for it; None = as its shop."""
    coded = draft.rows.texts.get("location", empty_coded(draft.rows.count))
    said = coded.take(draft.first_row(coded.codes >= 0))
    meaning = {normalise_word(word): name for word, name in draft.declared.locations.items()}
    named = {word: meaning.get(normalise_word(word), word) or None for word in coded.words}
    return np.array([None if word is None else named[word] for word in said.tolist()], object)


def _set_skus(draft: Draft) -> Ints:
    """The SKU of each row: its own, else the platform's item id, else the product's name with its variant."""
    rows = draft.rows
    columns = [rows.texts[name] for name in ("sku", "item_id") if name in rows.texts]
    if "title" in rows.texts:
        columns.append(mixed(rows.texts["title"], rows.texts.get("variant")))
    words: dict[str, int] = {}
    sku_of_row = np.full(rows.count, -1, np.int64)
    for coded in columns:
        lacking = (sku_of_row < 0) & (coded.codes >= 0)
        lookup = np.full(len(coded.words) + 1, -1, np.int64)
        for code in np.unique(coded.codes[lacking]).tolist():
            lookup[code] = words.setdefault(coded.words[code].strip(), len(words))
        sku_of_row[lacking] = lookup[coded.codes[lacking]]
    draft.skus = list(words)
    draft.sku_titles = _most_frequent_titles(rows, sku_of_row, len(words))
    text = T("The row names no product: neither a SKU nor a name. Add one of them.")
    rows.reject(rows.is_line & (sku_of_row < 0), draft.column("sku"), "sku.missing", text)
    return sku_of_row


def _set_quantities(draft: Draft, sku_of_row: Ints) -> None:
    """Units as they are counted; a part of a unit that is only counted whole keeps its row out."""
    rows = draft.rows
    of_sku = units.factors_of(np.array(draft.skus, object), draft.assumed.unit_factors)
    draft.factor = np.append(of_sku, 1)[sku_of_row]
    numbers = rows.numbers.get("quantity")
    if numbers is None:
        draft.quantity = np.zeros(rows.count, np.int64)
        return
    draft.quantity, whole = units.in_stock_units(numbers, draft.factor)
    rows.reject(rows.is_line & ~whole, draft.column("quantity"), "quantity.fraction", units.FRACTION)


def _most_frequent_titles(rows: Rows, sku_of_row: Ints, count: int) -> list[str | None]:
    """For each SKU the name that most of its rows give; of equals the one seen first."""
    titles: list[str | None] = [None] * count
    coded = rows.texts.get("title")
    if coded is None:
        return titles
    both = (sku_of_row >= 0) & (coded.codes >= 0) & ~rows.bad
    width = len(coded.words) + 1
    pairs, counts = np.unique(sku_of_row[both] * width + coded.codes[both], return_counts=True)
    sku, title = np.divmod(pairs, width)
    ranked = pd.DataFrame({"sku": sku, "title": title, "count": counts}).sort_values(
        ["sku", "count", "title"], ascending=[True, False, True]
    )
    for at, code in ranked.drop_duplicates("sku")[["sku", "title"]].itertuples(index=False):
        titles[at] = coded.words[code]
    return titles


def _check_halves(draft: Draft) -> None:
    """An order list without its lines brings nothing, unless the lines are stored already."""
    headers = next((s.declared for s in draft.sources if s.declared.part is Part.HEADERS), None)
    if headers is None:
        return
    stored = np.array([name in draft.assumed.header_only_allowed for name in draft.ids], bool)
    lacking = draft.of_rows(~(draft.any_row(draft.rows.is_line) | stored), False)
    text = T(
        "The order’s product lines are in the other file of this export. Import it together with {format}.",
        format=headers.companion or "",
    )
    draft.rows.reject(lacking & ~draft.rows.is_line, None, "order.lines_missing", text)


def _set_lines(draft: Draft, sku_of_row: Ints, bad_order: Bools) -> None:
    """Columns of the lines of all good orders, sorted by order, in the file's sequence within one."""
    rows = draft.rows
    at = np.flatnonzero(rows.is_line & draft.of_rows(~bad_order, False))
    at = at[np.argsort(draft.order_of_row[at], kind="stable")]
    order = draft.order_of_row[at]
    amount, currency = draft.amount[at], draft.row_currency[at]
    quantity, factor, said = draft.quantity[at], draft.factor[at], rows.numbers.get("quantity")
    price = _unit_prices(draft, at)
    title = rows.texts["title"].codes[at] if "title" in rows.texts else np.full(len(at), -1)
    draft.lines = {
        "order": order,
        "line_no": np.arange(len(at)) - np.searchsorted(order, order) + 1,
        "sku": sku_of_row[at],
        "title": title.astype(np.int64),
        "quantity": quantity,
        "unit_price": np.where(price < 0, price, units.per_stock_unit(price, factor)),
        "amount": amount,
        "cancelled": cancelled_lines(rows, at, draft.declared),
        "fulfilled": fulfilled_lines(rows, at, draft.declared),
        "row": at,
        "said_quantity": quantity if said is None else units.identity_of(said, at),
        "said_price": price,
        "line_ref": rows.texts.get("line_ref", empty_coded(rows.count)).take(at),
    }
    for name in ("line_discount", "line_refunded"):
        minor = np.zeros(len(at), np.int64)
        numbers = rows.numbers.get(name)
        if numbers is not None:
            for code, word in enumerate(draft.currencies):
                here = numbers.known[at] & (currency == code)
                minor[here] = np.abs(rescaled(numbers.scaled[at][here], numbers.decimals, money.decimals(word)))
        draft.lines[name] = minor
    whole = refunded_lines(rows, at, draft.declared) & (draft.lines["line_refunded"] == 0) & (amount > 0)
    draft.lines["line_refunded"][whole] = amount[whole]


def _unit_prices(draft: Draft, at: Ints) -> Ints:
    """Millionths of the major unit for one unit sold; where the file gives only the line's money, that over its units;
    −1 unknown."""
    said = draft.rows.numbers.get("quantity")
    quantity = np.zeros(len(at)) if said is None else said.scaled[at] / 10.0**said.decimals
    numbers = draft.rows.numbers.get("unit_price")
    prices = np.full(len(at), -1, np.int64)
    if numbers is not None:
        known = numbers.known[at]
        prices[known] = np.abs(rescaled(numbers.scaled[at][known], numbers.decimals, PRICE_DECIMALS))
    derived = (prices < 0) & (quantity != 0)
    places = np.array([money.decimals(c) for c in draft.currencies], np.int64)[draft.row_currency[at][derived]]
    per_unit = np.abs(draft.amount[at][derived] / quantity[derived]) * 10.0 ** (PRICE_DECIMALS - places)
    prices[derived] = np.round(per_unit).astype(np.int64)
    return prices
