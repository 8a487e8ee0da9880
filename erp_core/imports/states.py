"""What state an order is in and what kind of document it is, from words, times and the format's rules. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from erp_core.imports.declaration import Format, normalise_word
from erp_core.imports.draft import Column, Draft
from erp_core.imports.receipt import Issue
from erp_core.imports.rows import Bools, Ints, Rows
from erp_core.orders.rules import STATE_RANK, STATES
from erp_core.text import T


def set_states(draft: Draft) -> None:
    """Fill in state, document, status_word and status_at of every order.

    A status word decides; of several status columns the one furthest along. Without a known word the order's times
    decide, and without times the format's default. Credit notes and adjustments follow the format's own rules.
    """
    header, declared = draft.header, draft.declared
    said, words = _said(draft)
    if declared.status_per_line:
        said, words = _by_lines(draft, said, words)
    by_time = np.full(draft.count, "", object)
    for name, value in (("paid_at", "paid"), ("shipped_at", "shipped"), ("completed_at", "completed")):
        by_time = np.where(~np.isnat(header[name]), value, by_time)
    spoke = np.array([word is not None for word in words.tolist()], bool)
    silent = np.where(by_time != "", by_time, np.where(spoke, "pending", _without_a_word(draft)))
    state = np.where(said == "", silent, said)
    state = np.where(np.isnat(header["cancelled_at"]), state, "cancelled")
    credit = _credit_notes(draft)
    if declared.void_credit_notes:
        void = credit & np.isin(state, ("pending", "cancelled"))
        state[void] = "cancelled"
        credit &= ~void
    state[_adjustments(draft) & ~credit] = "adjustment"
    state[credit] = "cancelled"
    header["state"] = state
    draft.lines["cancelled"] &= (state != "cancelled")[draft.lines["order"]]  # the order says it of all its lines
    header["document"] = np.where(credit, "credit_note", "order").astype(object)
    header["status_word"] = words
    latest = header["ordered_at"]
    for name in ("paid_at", "shipped_at", "completed_at", "cancelled_at", "updated_at"):
        latest = np.fmax(latest, header[name])
    header["status_at"] = latest


def _without_a_word(draft: Draft) -> str:
    """The state of orders of which neither words nor times speak. Where a platform has no words at all and its file
    has a column for the time of payment, an empty cell there says that the order is not paid."""
    declared = draft.declared
    wordless = not (declared.statuses or declared.payment_statuses or declared.fulfillments)
    if wordless and declared.default_state == "paid" and "paid_at" in draft.rows.times:
        return "pending"
    return declared.default_state


def _said(draft: Draft) -> tuple[Column, Column]:
    """The state that the words give ('' where they give none), and the word that came."""
    declared = draft.declared
    state = np.full(draft.count, "", object)
    words = np.full(draft.count, None, object)
    passed_over = {normalise_word(word) for word in declared.ignored_words}
    tables = (
        ("payment_status", declared.payment_statuses),
        ("fulfillment", declared.fulfillments),
        ("status", declared.statuses),
    )
    for name, table in tables:
        coded = draft.rows.texts.get(name)
        if coded is None or not table:
            continue
        meaning = {normalise_word(word): value for word, value in table.items()}
        of_word = [meaning.get(normalise_word(word)) for word in coded.words]
        for code, value in enumerate(of_word):
            if value is None and normalise_word(coded.words[code]) not in passed_over:
                _warn_unknown(draft, name, code)
        first = draft.first_row(coded.codes >= 0)
        found = np.array([*(value or "" for value in of_word), ""], object)[
            np.where(first >= 0, coded.codes[first], -1)
        ]
        word = coded.take(first)
        words = np.array([new if old is None else old for old, new in zip(words, word, strict=True)], object)
        further = np.array(
            [STATE_RANK.get(new, -1) > STATE_RANK.get(old, -1) for new, old in zip(found, state, strict=True)]
        )
        state = np.where(further.astype(bool), found, state)
    return state, words


def _states_of_rows(rows: Rows, declared: Format) -> Column:
    """The state that each row's status word means; '' where it says nothing known."""
    coded = rows.texts.get("status")
    if coded is None:
        return np.full(rows.count, "", object)
    meaning = {normalise_word(word): state for word, state in declared.statuses.items()}
    return np.array([*(meaning.get(normalise_word(word), "") for word in coded.words), ""], object)[coded.codes]


def _by_lines(draft: Draft, said: Column, words: Column) -> tuple[Column, Column]:
    """As far as the least advanced live line, and that line's word; cancelled only where all lines are."""
    of_row = _states_of_rows(draft.rows, draft.declared)
    rank = np.array([STATE_RANK.get(state, -1) for state in of_row.tolist()], np.int64)
    of_order = draft.order_of_row
    usable = (of_order >= 0) & draft.rows.is_line & (rank >= 0)
    gone = cancelled_lines(draft.rows, np.arange(draft.rows.count), draft.declared)
    live = usable & ~gone
    least = np.full(draft.count, len(STATES), np.int64)
    np.minimum.at(least, of_order[live], rank[live])
    unknown = (of_order >= 0) & draft.rows.is_line & (rank < 0) & ~gone
    all_gone = draft.any_row(usable) & (least == len(STATES)) & ~draft.any_row(unknown)
    result = said.copy()
    result[least < len(STATES)] = np.array(STATES, object)[least[least < len(STATES)]]
    result[all_gone] = "cancelled"
    coded = draft.rows.texts.get("status")
    if coded is None:
        return result, words
    first = draft.first_row(usable & (of_row == draft.of_rows(result, "")))
    return result, np.where(first >= 0, coded.take(first), words)


def cancelled_rows(draft: Draft) -> Bools:
    """Rows that belong to something cancelled: such rows may lack quantity and price."""
    rows = draft.rows
    found = cancelled_lines(rows, np.arange(rows.count), draft.declared) | _rows_called(draft, "cancelled")
    times = rows.times.get("cancelled_at")
    if times is not None:
        found |= draft.of_rows(draft.any_row(times.known), False)
    return found


def pending_rows(draft: Draft) -> Bools:
    """Rows that belong to something not paid yet: some platforms tell its price only later."""
    return _rows_called(draft, "pending")


def _rows_called(draft: Draft, state: str) -> Bools:
    rows, declared = draft.rows, draft.declared
    found = np.zeros(rows.count, bool)
    for name, table in (("status", declared.statuses), ("payment_status", declared.payment_statuses)):
        coded = rows.texts.get(name)
        if coded is not None and table:
            words = {normalise_word(word) for word, meaning in table.items() if meaning == state}
            hits = np.array([*(normalise_word(word) in words for word in coded.words), False], bool)[coded.codes]
            found |= hits if declared.status_per_line else draft.of_rows(draft.any_row(hits), False)
    return found


def refunded_lines(rows: Rows, at: Ints, declared: Format) -> Bools:
    """Which lines were paid back whole, by a word of their status or after-sale status."""
    found = np.zeros(len(at), bool)
    wanted = {normalise_word(word) for word in declared.refund_words}
    for name in ("status", "line_status", "after_sale"):
        coded = rows.texts.get(name)
        if wanted and coded is not None:
            hits = np.array([*(normalise_word(word) in wanted for word in coded.words), False], bool)
            found |= hits[coded.codes[at]]
    return found


def _warn_unknown(draft: Draft, name: str, code: int) -> None:
    rows, coded = draft.rows, draft.rows.texts[name]
    at = int(np.argmax(coded.codes == code))
    text = T("The status “{word}” is not known; the order’s state was taken from its dates.", word=coded.words[code])
    place = int(rows.number[at])
    rows.issues.append(Issue(place, draft.column(name), "status.unknown", text, "warns", int(rows.file_no[at])))


def _credit_notes(draft: Draft) -> Bools:
    prefix = draft.declared.credit_note_prefix
    if prefix:
        return np.array([name.startswith(prefix) for name in draft.ids], bool)
    return _only(draft, np.asarray(draft.lines["quantity"]) < 0)


def _adjustments(draft: Draft) -> Bools:
    declared, lines = draft.declared, draft.lines
    found = np.zeros(draft.count, bool)
    if declared.zero_price_returns_are_write_offs:
        found |= _only(draft, (lines["quantity"] < 0) & (lines["unit_price"] == 0))
    if declared.adjustment_skus:
        special = np.array([*(sku in declared.adjustment_skus for sku in draft.skus), False], bool)
        found |= _only(draft, special[lines["sku"]])
    return found


def _only(draft: Draft, where: Bools) -> Bools:
    """Orders that have lines, all of them in `where`."""
    order = draft.lines["order"]
    some, other = np.zeros(draft.count, bool), np.zeros(draft.count, bool)
    some[order] = True
    other[order[~where]] = True
    return some & ~other


def cancelled_lines(rows: Rows, at: Ints, declared: Format) -> Bools:
    """Which lines the platform calls cancelled inside a live order."""
    found = np.zeros(len(at), bool)
    if declared.status_per_line:
        found |= _states_of_rows(rows, declared)[at] == "cancelled"
    coded = rows.texts.get("line_status")
    if coded is not None and declared.cancelled_line_words:
        wanted = {normalise_word(word) for word in declared.cancelled_line_words}
        hits = np.array([*(normalise_word(word) in wanted for word in coded.words), False], bool)
        found |= hits[coded.codes[at]]
    return found


def fulfilled_lines(rows: Rows, at: Ints, declared: Format) -> npt.NDArray[np.int8]:
    """1 left the warehouse, 0 not yet, −1 as the order says."""
    if declared.status_per_line:
        gone = np.isin(_states_of_rows(rows, declared)[at], ("shipped", "completed"))
        return gone.astype(np.int8)
    coded = rows.texts.get("line_fulfillment")
    if coded is None:
        return np.full(len(at), -1, np.int8)
    states = {normalise_word(word): state for word, state in declared.fulfillments.items()}
    of_word = [int(states.get(normalise_word(word)) in ("shipped", "completed")) for word in coded.words]
    return np.array([*of_word, -1], np.int8)[coded.codes[at]]
