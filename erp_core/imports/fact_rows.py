"""What the loaders of facts share: which product, place and supplier a row names, what tells it apart, its money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core import money
from erp_core.catalog import service as catalog
from erp_core.db import facts
from erp_core.imports.batch import Batch
from erp_core.imports.checked import Checked
from erp_core.imports.declaration import normalise_word
from erp_core.money import PRICE_DECIMALS
from erp_core.parties import service as parties
from erp_core.stock import service as stock
from erp_core.stock.views import default_location
from erp_core.text import T

Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]


def filled(column: Objects) -> Bools:
    """Which cells say something."""
    return np.array([value is not None for value in column.tolist()], bool)


def contents(checked: Checked, further: Mapping[str, Objects] | None = None) -> Ints:
    """One number a row over all that it says, and what was taken to hold where it says nothing: the currency."""
    said = {name: column for name, column in checked.said.items() if name != "currency"}
    taken = {"currency": checked.get("currency"), **(further or {})}
    return facts.content_of({**said, **taken})


def keys(numbers: Objects, scope: Objects | None, parts: Sequence[Objects], content: Ints) -> list[str]:
    """What tells each row's fact from others: the document's number with `parts` where the file gives one, else all
    that the row says. `scope`: within what the number is unique (None: everywhere)."""
    within = np.full(len(numbers), "", object) if scope is None else scope
    rows = zip(numbers.tolist(), within.tolist(), content.tolist(), *(part.tolist() for part in parts), strict=True)
    return [
        facts.key_of("row", held, said) if number is None else facts.key_of("no", held, number, *rest)
        for number, held, said, *rest in rows
    ]


def product_words(checked: Checked) -> Objects:
    """How each row names its product: by its SKU, else by its name."""
    sku = checked.get("sku")
    return np.asarray(np.where(filled(sku), sku, checked.get("name")), object)


def product_ids(batch: Batch, checked: Checked, good: Ints, channel_id: Ints | None = None) -> Ints:
    """The product of each row of `good`: by its SKU, else by its name; 0 where it names none.

    A word that is mapped to a product, in the row's shop (`channel_id`) or in every shop, leads there; else a product
    that does not stand yet is created.
    """
    words, name = product_words(checked)[good], checked.get("name")[good]
    named = filled(words)
    ids = np.zeros(len(good), np.int64)
    if not named.any():
        return ids
    shops = np.zeros(len(good), np.int64) if channel_id is None else channel_id
    codes, unique = pd.MultiIndex.from_arrays([shops[named], words[named]]).factorize()
    pairs = [(int(shop), str(word)) for shop, word in unique]
    found, _ = catalog.mapped_products(batch.uow.connection, [shop for shop, _ in pairs], [word for _, word in pairs])
    own = pd.unique(np.array([*(word for at, (_, word) in enumerate(pairs) if not found[at]), None], object)[:-1])
    if len(own):
        names: dict[str, str | None] = dict.fromkeys(own)
        for word, title in zip(words[named].tolist(), name[named].tolist(), strict=True):
            if names.get(word, "") is None:
                names[word] = title
        made = catalog.ensure_products(batch.uow, list(names), list(names.values()), batch.id)
        of_word = dict(zip(names, made.tolist(), strict=True))
        found = np.array(
            [number or of_word[word] for number, (_, word) in zip(found.tolist(), pairs, strict=True)], np.int64
        )
    ids[named] = found[codes]
    return ids


def supplier_ids(batch: Batch, names: Objects) -> Objects:
    """The supplier of each row by name, None where it names none; new ones are created."""
    ids = np.full(len(names), None, object)
    named = filled(names)
    if named.any():
        codes, unique = pd.factorize(names[named])
        found = parties.ensure_suppliers(batch.uow, [str(name) for name in unique], batch.id)
        ids[named] = np.asarray(found, object)[codes]
    return ids


def location_ids(batch: Batch, names: Objects, *, default: bool) -> Objects:
    """The place of each row by name; where it names none the default place, or None."""
    named = [str(name) for name in pd.unique(names) if name is not None]
    ids: dict[Any, int] = dict(stock.ensure_locations(batch.uow, named)) if named else {}
    otherwise = default_location(batch.uow.connection).id if default else None
    return np.array([*(otherwise if name is None else ids[name] for name in names.tolist()), None], object)[:-1]


def minor_units(stored: Objects, currencies: Objects) -> Objects:
    """Millionths of each row's currency as its minor units, rounded half away from zero; None stays None."""
    steps = {c: 10 ** (PRICE_DECIMALS - money.decimals(c)) for c in set(currencies.tolist()) if c is not None}
    amounts = [
        None if value is None else _rounded(int(value), steps[currency])
        for value, currency in zip(stored.tolist(), currencies.tolist(), strict=True)
    ]
    return np.array([*amounts, None], object)[:-1]


def _rounded(value: int, step: int) -> int:
    size = (2 * abs(value) + step) // (2 * step)
    return size if value >= 0 else -size


def meanings(checked: Checked, name: str, table: Mapping[str, Any]) -> Objects:
    """What each row's word means; None where the cell is empty or its word is not known, which is told once a word."""
    words = checked.get(name)
    known = {word: table.get(normalise_word(word)) for word in set(words.tolist()) if word is not None}
    for word in sorted(word for word, meaning in known.items() if meaning is None):
        first = np.zeros(checked.count, bool)
        first[np.flatnonzero(words == word)[:1]] = True
        text = T("“{word}” is not known here; the rows with it were read as if this cell were empty.", word=word)
        checked.warn(first, name, "word.unknown", text)
    return np.array([*(None if word is None else known[word] for word in words.tolist()), None], object)[:-1]
