"""Money of rows and orders, in exact integers: no float decides a cent. Pure; no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from erp_core import money
from erp_core.imports.columns import Coded, Numbers
from erp_core.imports.declaration import Part
from erp_core.imports.draft import Draft
from erp_core.imports.receipt import Issue
from erp_core.imports.rows import Bools, Ints
from erp_core.text import T

MONEY_FIELDS = ("order_discount", "shipping", "tax", "total", "order_refunded")
_LARGEST_AMOUNT = 9e15  # minor units; beyond it a sum of a year could overflow 64 bits
_WORDS_OF = {
    "CNY": ("人民币", "RMB", "元", "¥", "￥", "CNH"),
    "USD": ("美元", "$", "US$"),
    "EUR": ("欧元", "€"),
    "GBP": ("英镑", "£"),
    "JPY": ("日元",),
    "HKD": ("港币", "港元", "HK$"),
    "TWD": ("新台币", "台币", "NT$"),
    "KRW": ("韩元",),
    "AUD": ("澳元",),
    "CAD": ("加元",),
    "SGD": ("新加坡元",),
}
_CODE_OF_WORD = {word: code for code, words in _WORDS_OF.items() for word in words}


def currency_code(word: str) -> str | None:
    """The ISO 4217 code that a cell means; None for a word that is no currency.

    >>> currency_code("人民币"), currency_code(" usd"), currency_code("XXY")
    ('CNY', 'USD', None)
    """
    upper = word.strip().upper()
    code = _CODE_OF_WORD.get(upper, upper)
    return code if money.is_currency(code) else None


# Signs that one currency alone uses; "$" and "¥" belong to several and say only which family.
_OWN_SIGNS = {
    "€": "EUR", "£": "GBP", "৳": "BDT", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₫": "VND", "฿": "THB",
    "₴": "UAH", "₦": "NGN", "₱": "PHP", "₪": "ILS", "HK$": "HKD", "NT$": "TWD", "US$": "USD", "元": "CNY",
    "AU$": "AUD", "A$": "AUD", "CA$": "CAD", "C$": "CAD", "NZ$": "NZD", "S$": "SGD", "MX$": "MXN", "R$": "BRL",
}  # fmt: skip
_SHARED_SIGNS = {"$": ("USD", "AUD", "CAD", "HKD", "TWD", "SGD", "NZD", "MXN"), "¥": ("CNY", "JPY")}


def signed_currency(words: Iterable[str], company_currency: str) -> str | None:
    """The one currency whose sign stands beside the numbers; None where none or several do.

    A sign of several currencies means the company's if it is one of them, else the commonest.

    >>> signed_currency(["৳2,999", "12"], "CNY"), signed_currency(["$57.99"], "AUD")
    ('BDT', 'AUD')
    >>> signed_currency(["$5", "€5"], "CNY")
    """
    found = {_currency_beside(word, company_currency) for word in words} - {None}
    return found.pop() if len(found) == 1 else None


def _currency_beside(word: str, company_currency: str) -> str | None:
    sign = re.sub(r"[\s\d.,'()+\-]", "", unicodedata.normalize("NFKC", word)).upper()
    if sign in _OWN_SIGNS or (len(sign) == 3 and money.is_currency(sign)):
        return _OWN_SIGNS.get(sign, sign)
    family = _SHARED_SIGNS.get(sign)
    if family is None:
        return None
    return company_currency if company_currency in family else family[0]


def set_currencies(draft: Draft) -> None:
    """The currency of each order: the file's, else the person's, the format's, that of the signs beside the numbers,
    the company's. An order of which the file says none has the only one that it says of others."""
    rows, assumed = draft.rows, draft.assumed
    declared = next((s.declared.currency for s in draft.sources if s.declared.currency), None)
    coded = rows.texts.get("currency")
    signed = _signed_rows(draft)
    one_sign = signed.words[0] if len(signed.words) == 1 else None
    named = {currency_code(word) for word in coded.words} - {None} if coded is not None else set()
    only = named.pop() if len(named) == 1 else None
    draft.currencies = [assumed.currency or only or declared or one_sign or assumed.company_currency]
    if one_sign is not None and one_sign != draft.currencies[0] and coded is None:
        text = T(
            "The amounts carry the sign of {sign} but are read as {currency}. If that is wrong, import again "
            "and say the currency.",
            sign=one_sign,
            currency=draft.currencies[0],
        )
        rows.issues.append(Issue(None, None, "currency.sign", text, "warns"))
    draft.order_currency = np.zeros(draft.count, np.int64)
    own = np.zeros(rows.count, np.int64)
    if coded is None and len(signed.words) > 1 and not (assumed.currency or declared):
        coded = signed
    if coded is not None:
        of_word = []
        for code, word in enumerate(coded.words):
            currency = currency_code(word)
            if currency is None:
                text = T("“{word}” is not a currency. Write the three letters of ISO 4217, such as CNY.", word=word)
                rows.reject(coded.codes == code, draft.column("currency"), "currency.unknown", text)
            elif currency not in draft.currencies:
                draft.currencies.append(currency)
            of_word.append(draft.currencies.index(currency) if currency else 0)
        by_word = np.array([*of_word, 0], np.int64)
        own = by_word[coded.codes]
        first = draft.first_row(coded.codes >= 0)
        draft.order_currency = np.where(first >= 0, by_word[coded.codes[first]], 0)
        mixed = (coded.codes >= 0) & (by_word[coded.codes] != draft.of_rows(draft.order_currency, 0))
        text = T("The order has lines in two currencies. Split it into one order per currency.")
        rows.reject(mixed & (draft.order_of_row >= 0), draft.column("currency"), "currency.mixed", text)
    draft.row_currency = np.where(draft.order_of_row >= 0, draft.of_rows(draft.order_currency, 0), own)


def _signed_rows(draft: Draft) -> Coded:
    """The currency whose sign stands beside the numbers of each row."""
    found: dict[str, int] = {}
    codes = np.full(draft.rows.count, -1, np.int32)
    for coded in draft.rows.money:
        beside = [_currency_beside(word, draft.assumed.company_currency) for word in coded.words]
        if any(beside):
            lookup = np.array([-1 if c is None else found.setdefault(c, len(found)) for c in beside] + [-1], np.int32)
            codes = np.where(codes < 0, lookup[coded.codes], codes)
    return Coded(codes, list(found))


def set_amounts(draft: Draft, cancelled: Bools, pending: Bools) -> None:
    """Minor units per row: the first of the format's `amount` fields that the row fills.

    Rows of something `cancelled` may lack quantity and price: some platforms empty them. Rows of something `pending`
    are told apart where they lack a price: a later export brings it.
    """
    rows = draft.rows
    quantity = rows.numbers.get("quantity")
    needed = rows.is_line & ~cancelled
    without = needed if quantity is None else needed & ~quantity.known
    text = T("The row has no quantity. Fill in how many units were sold.")
    rows.reject(without, draft.column("quantity"), "quantity.missing", text)
    draft.amount = np.zeros(rows.count, np.int64)
    done = ~rows.is_line
    lines_format = next((s.declared for s in draft.sources if s.declared.part is not Part.HEADERS), draft.declared)
    for name in lines_format.amount:
        numbers = rows.numbers.get(name)
        if numbers is None or (name == "unit_price" and quantity is None):
            continue
        times = quantity if name == "unit_price" else None
        usable = numbers.known & ~done & (times.known if times is not None else True)
        reducible = name == "unit_price" or lines_format.discount_off_amount
        discount = rows.numbers.get("line_discount") if reducible else None
        percent = rows.numbers.get("line_discount_percent") if name == "unit_price" else None
        for code, currency in enumerate(draft.currencies):
            here = np.flatnonzero(usable & (draft.row_currency == code))
            draft.amount[here] = _to_minor(draft, (numbers, times, discount, percent), here, money.decimals(currency))
        done |= usable
    headers = [header for header in (draft.column(name) for name in lines_format.amount) if header]
    text = T("The order is not paid yet and the file gives no price for it. A later export will bring it.")
    rows.reject(~done & ~cancelled & pending, " / ".join(headers) or None, "amount.pending", text)
    text = T("The row has no price and no amount. Fill in one of them; a free item has the price 0.")
    rows.reject(~done & ~cancelled, " / ".join(headers) or None, "amount.missing", text)


_Factors = tuple[Numbers, Numbers | None, Numbers | None, Numbers | None]


def _to_minor(draft: Draft, factors: _Factors, here: Ints, decimals: int) -> Ints:
    """round(value × quantity × (1 − percent / 100) − discount) in exact integers, half away from zero."""
    numbers, quantity, discount, percent = factors
    value, scale = numbers.scaled[here], numbers.decimals
    size = np.abs(value.astype(float)) / 10.0**scale
    if quantity is not None:
        size = size * np.abs(quantity.scaled[here].astype(float)) / 10.0**quantity.decimals
        scale += quantity.decimals
    too_large = size * 10.0 ** max(decimals, scale) > _LARGEST_AMOUNT
    if too_large.any():
        where = np.zeros(draft.rows.count, bool)
        where[here[too_large]] = True
        text = T("The amount is too large to be money. Check the price and the quantity.")
        draft.rows.reject(where, None, "amount.too_large", text)
        value = np.where(too_large, 0, value)
    exact = value if quantity is None else value * quantity.scaled[here]
    if percent is not None and percent.known[here].any():
        left = 100 * 10**percent.decimals - np.where(percent.known[here], percent.scaled[here], 0)
        exact, scale = exact.astype(object) * left.astype(object), scale + percent.decimals + 2  # may exceed 64 bits
    if discount is not None:
        wide = max(scale, discount.decimals)
        off = np.where(discount.known[here], np.abs(discount.scaled[here]), 0).astype(exact.dtype)
        off = off * 10 ** (wide - discount.decimals)
        exact = exact * 10 ** (wide - scale)
        exact, scale = exact - np.where(exact < 0, -off, off), wide
    return rescaled(exact, scale, decimals)


def rescaled(value: Ints, decimals: int, wanted: int) -> Ints:
    """Integers of 10^−decimals as integers of 10^−wanted, rounded half away from zero."""
    if decimals <= wanted:
        return np.asarray(value * 10 ** (wanted - decimals), np.int64)
    step = 10 ** (decimals - wanted)
    size = (2 * np.abs(value) + step) // (2 * step)
    return np.asarray(np.where(value < 0, -size, size), np.int64)


@dataclass(frozen=True)
class OrderMoney:
    """Money of orders in minor units, each of which the file may leave at nought: their lines, what went off these,
    shipping, tax, what is to be paid in all (`told`: for which orders the file says it)."""

    lines: Ints
    off_lines: Ints
    shipping: Ints
    tax: Ints
    total: Ints
    told: Bools


def off_whole_orders(said: Ints, money_of: OrderMoney) -> Ints:
    """What of the discounts that a file says of orders is still to be taken off their lines' money, never negative.

    Platforms count discounts of lines, of shipping and of their own into the order's, or do not. Where the file says
    what is to be paid, that decides, whether tax is in the prices or comes on top: all of the discount is off if that
    leads to the total, else the part that the lines do not have, else none of it. Without a total all of it is.

    >>> of = lambda *money: OrderMoney(*(np.array([n]) for n in money), np.array([True]))
    >>> [off_whole_orders(np.array([10]), of(100, 4, 5, 0, total)).tolist() for total in (95, 99, 105, 70)]
    [[10], [6], [0], [10]]
    """
    said = np.abs(said)
    untaxed = np.abs(money_of.lines) + np.abs(money_of.shipping)
    total = np.abs(money_of.total)
    rest = np.maximum(said - np.abs(money_of.off_lines), 0)
    off = said.copy()
    settled = ~money_of.told
    for candidate in (said, rest, np.zeros_like(said)):
        leads = (untaxed - candidate == total) | (untaxed + np.abs(money_of.tax) - candidate == total)
        off = np.where(leads & ~settled, candidate, off)
        settled |= leads
    return off


def _shared(total: Ints, pairs: pd.DataFrame) -> Ints:
    """Shares of `total` by the weight that each row of `pairs` has within its `own` number, exact: the last takes the
    rounding."""
    own = pairs["own"].to_numpy()
    whole = pairs.groupby("own")["weight"].transform("sum").to_numpy(np.int64)
    weight = np.where(whole == 0, 1, pairs["weight"].to_numpy(np.int64))  # nothing to go by: in equal shares
    whole = pd.Series(weight).groupby(own).transform("sum").to_numpy(np.int64)
    upto = pd.Series(weight).groupby(own).cumsum().to_numpy(np.int64)
    # the products may exceed 64 bits
    before, after = (total.astype(object) * part.astype(object) // whole for part in (upto - weight, upto))
    return np.asarray(after - before, np.int64)


def _of_parts(draft: Draft, numbers: Numbers, places: Ints) -> tuple[Ints, Ints]:
    """Sums of an order-management system's orders, in minor units, for the platforms' orders that they belong to.

    One of the system's orders may send several of a platform's together: its sum is shared out by the lines' money. A
    platform's order may be sent in several parts: their sums add up. Returns positions of orders, and sums.
    """
    rows = draft.rows
    coded = rows.texts.get("own_order_id")
    if coded is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    said = np.flatnonzero(numbers.known & (coded.codes >= 0) & (draft.order_of_row >= 0))
    pairs = pd.DataFrame(
        {
            "own": coded.codes[said],
            "order": draft.order_of_row[said],
            "sum": numbers.scaled[said],
            "weight": np.abs(draft.amount[said]),
        }
    )
    pairs = pairs.groupby(["own", "order"], sort=True).agg({"sum": "first", "weight": "sum"}).reset_index()
    order = pairs["order"].to_numpy(np.int64)
    share = pairs.groupby("own")["sum"].transform("first").to_numpy(np.int64)
    for digits in np.unique(places[order]).tolist():
        here = places[order] == digits
        share[here] = rescaled(share[here], numbers.decimals, digits)
    together = pairs["own"].duplicated(keep=False).to_numpy(bool)
    if together.any():
        share[together] = _shared(share[together], pairs[together])
    sums = np.zeros(draft.count, np.int64)
    np.add.at(sums, order, share)
    found = np.unique(order)
    return found, sums[found]


def set_order_money(draft: Draft) -> None:
    """Money that stands once an order, in minor units, and for which orders the file says it."""
    places = np.array([money.decimals(c) for c in draft.currencies], np.int64)[draft.order_currency]
    for name in MONEY_FIELDS:
        numbers = draft.rows.numbers.get(name)
        minor, known = np.zeros(draft.count, np.int64), np.zeros(draft.count, bool)
        if numbers is not None:
            first = draft.first_row(numbers.known)
            known = first >= 0
            for digits in np.unique(places).tolist():
                here = known & (places == digits)
                minor[here] = rescaled(numbers.scaled[first[here]], numbers.decimals, digits)
            parts, sums = _of_parts(draft, numbers, places)
            minor[parts] = sums
        draft.header[name] = minor
        draft.header[f"{name}_known"] = known
