"""Fees of settlements: what each row is, and which sign means a cost. Checked by row, stored in sets."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from erp_core.finance import service as finance
from erp_core.imports import words
from erp_core.imports.batch import Batch
from erp_core.imports.declaration import normalise_word
from erp_core.imports.fact_rows import Bools, Ints, Objects, contents, filled, keys, minor_units
from erp_core.imports.load_after_sales import order_currencies, order_products
from erp_core.imports.load_reference import Checked
from erp_core.imports.receipt import Issue
from erp_core.imports.stored_orders import NO_SHOP, place
from erp_core.text import T, Text


class Sign(StrEnum):
    """How a settlement writes what it takes."""

    TWO_COLUMNS = "two columns"  # one for what is taken, one for what is given back
    BY_WORD = "by word"  # a column says debit or credit
    COSTS_NEGATIVE = "costs negative"
    COSTS_POSITIVE = "costs positive"


SIGNS: dict[Sign, Text] = {
    Sign.TWO_COLUMNS: T("Fees were read from two columns: what was taken is a cost, what was given back reduces it."),
    Sign.BY_WORD: T("Fees were read by the column that says debit or credit: debit is a cost, credit reduces it."),
    Sign.COSTS_NEGATIVE: T("Nearly all fees are negative, so negative is a cost and positive was given back."),
    Sign.COSTS_POSITIVE: T("Nearly all fees are positive, so positive is a cost and negative was given back."),
}
_NEARLY_ALL = 0.8


def sign_of(amounts: Ints) -> tuple[Sign, bool]:
    """How plain amounts are to be read, by what most of those that are not 0 are; and whether nearly all agree.

    >>> sign_of(np.array([-5, -7, 0])), sign_of(np.array([5, 7, -1]))
    ((<Sign.COSTS_NEGATIVE: 'costs negative'>, True), (<Sign.COSTS_POSITIVE: 'costs positive'>, False))
    """
    negative, positive = int((amounts < 0).sum()), int((amounts > 0).sum())
    most = max(negative, positive)
    sign = Sign.COSTS_NEGATIVE if negative > positive else Sign.COSTS_POSITIVE
    return sign, most >= _NEARLY_ALL * (negative + positive)


def load_fees(batch: Batch, checked: Checked) -> tuple[Bools, int]:
    """Store the fees of a settlement. Returns which rows changed something."""
    accepted = np.zeros(checked.count, bool)
    kinds = _kinds(checked)
    _name_unread(checked)
    placed = place(batch, checked, np.ones(checked.count, bool))
    checked.reject(placed.channel_id == 0, "shop" if checked.header("shop") else "order_id", "shop.missing", NO_SHOP)
    order_currencies(batch, checked, placed)
    costs = _costs(checked)
    good = np.flatnonzero(~checked.bad)
    if not len(good):
        return accepted, 0
    content = contents(checked)[good]
    reference, currency = checked.get("reference")[good], checked.get("currency")[good]
    number, day = checked.get("order_id")[good], checked.get("ds")[good]
    channel_id = placed.channel_id[good]
    what = [number, checked.get("sku")[good], checked.get("kind")[good], day]
    product_id = order_products(batch, checked, placed, good)
    rows = pd.DataFrame(
        {
            "fact_key": keys(reference, channel_id.astype(object), what, content),
            "channel_id": channel_id,
            "order_id": [i or None for i in placed.order_id[good].tolist()],
            "order_external_id": number,
            "product_id": [i or None for i in product_id.tolist()],
            "kind": kinds[good],
            "word": checked.get("kind")[good],
            "ds": day,
            "currency": currency,
            "amount": minor_units(costs[good], currency),
            "reference": reference,
        },
        dtype=object,
    ).assign(content=content)
    accepted[good] = finance.record_fees(batch.uow, rows, batch.id)
    return accepted, 0


def _kinds(checked: Checked) -> Objects:
    """The kind of each row's fee: by its word, else by the header of the amount; rows that are no fees are rejected."""
    said = checked.get("kind")
    held: dict[Any, str | None] = {word: words.fee_kind(word) for word in set(said.tolist()) if word is not None}
    none = {word for word in held if words.is_no_fee(word)}
    checked.reject(
        np.array([word in none for word in said.tolist()], bool), "kind", "fee.not_a_fee",
        T("This row is money for goods, tax or money moved, not a fee; it was left out."),
    )  # fmt: skip
    for word in sorted(word for word, kind in held.items() if kind is None and word not in none):
        first = np.zeros(checked.count, bool)
        first[np.flatnonzero(said == word)[:1]] = True
        text = T("The kind of fee “{word}” is not known; it counts among other fees.", word=word)
        checked.warn(first, "kind", "fee.kind_unknown", text)
    header = checked.header("amount") or checked.header("debit") or ""
    silent = words.fee_kind(header)
    if silent is None:
        silent = "other"
        lacking = ~filled(said) & ~checked.bad
        if lacking.any():
            text = T(
                "The kind of the fee is not said in {count} rows; they count among other fees.",
                count=int(lacking.sum()),
            )
            checked.issues.append(Issue(None, checked.header("kind"), "fee.kind_missing", text, "warns"))
    return np.array([*(silent if w is None else held[w] or "other" for w in said.tolist()), None], object)[:-1]


def _name_unread(checked: Checked) -> None:
    """Say which further columns of fees stand beside the one that was read, where no column says the fee's kind."""
    if checked.header("amount") is None or checked.header("kind") is not None:
        return
    read = set(checked.source.indices.values())
    unread = [c for i, c in enumerate(checked.source.table.columns) if i not in read and words.names_a_fee(c)]
    if unread:
        text = T(
            "Only the fees in “{header}” were read; {others} stand beside it and were not. Give each fee a row of its "
            "own, with its kind.",
            header=checked.header("amount"), others=", ".join(unread),
        )  # fmt: skip
        checked.issues.append(Issue(None, unread[0], "fee.column_unread", text, "warns"))


def _costs(checked: Checked) -> Objects:
    """What each fee costs, in millionths: a cost positive, what was given back negative; and how that was read."""
    amount, debit, credit = (checked.get(name) for name in ("amount", "debit", "credit"))
    direction = checked.get("direction")
    sides = filled(debit) | filled(credit)
    meaning = np.array(
        [0 if word is None else words.GIVEN_OR_TAKEN.get(normalise_word(word), 0) for word in direction.tolist()],
        np.int64,
    )
    unknown = filled(direction) & (meaning == 0)
    checked.warn(
        unknown & filled(amount), "direction", "fee.direction_unknown",
        T("The row does not say debit or credit in a known word; its amount was read by its sign."),
    )  # fmt: skip
    value = np.array([v or 0 for v in amount.tolist()], np.int64)
    plain = filled(amount) & ~sides & (meaning == 0)
    sign, sure = sign_of(value[plain & ~checked.bad])
    flip = -1 if sign is Sign.COSTS_NEGATIVE else 1
    taken = np.array([abs(v or 0) for v in debit.tolist()], np.int64)
    back = np.array([abs(v or 0) for v in credit.tolist()], np.int64)
    costs = np.where(sides, taken - back, np.where(meaning != 0, meaning * np.abs(value), flip * value))
    _say_signs(
        checked, {Sign.TWO_COLUMNS: sides, Sign.BY_WORD: ~sides & (meaning != 0) & filled(amount), sign: plain}, sure
    )
    return np.array([*costs.tolist(), None], object)[:-1]


def _say_signs(checked: Checked, where: dict[Sign, Bools], sure: bool) -> None:
    for sign, rows in where.items():
        if not (rows & ~checked.bad).any():
            continue
        text = SIGNS[sign]
        if not sure and sign in (Sign.COSTS_NEGATIVE, Sign.COSTS_POSITIVE):
            word = T("negative") if sign is Sign.COSTS_NEGATIVE else T("positive")
            text = T(
                "Fees of both signs stand in this file in like numbers; {sign} was read as a cost, since most of them "
                "are so. If that is wrong, undo the import and add a column that says debit or credit.",
                sign=word,
            )
        checked.issues.append(Issue(None, checked.header("amount"), "fee.sign", text, "warns"))
