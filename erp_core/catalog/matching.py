"""Which SKUs of shops are probably which own products. Pure; proposes, never decides.

Three kinds of evidence, the surest first: the shop's SKU is the product's barcode; the SKUs differ in nothing but case,
separators and leading zeros; the names are alike. Names are compared as words, Chinese ones as pairs of neighbouring
characters (they carry no spaces), each with each.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from rapidfuzz import fuzz, process

from erp_core.catalog.rules import plain_sku
from erp_core.text import T, Text

LEAST_SCORE = 72.0
BARCODE_SCORE, SKU_SCORE = 100.0, 95.0
_CANDIDATES = 25  # of the closest names, which are then compared by their words too
_OF_DIFFERENT_NUMBERS = 0.75  # 10 W and 20 W are two products, however alike the rest of their names
_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_SHORTEST_BARCODE = 6
_AT_ONCE = 500  # names compared with all at a time, so that the table of scores stays small


@dataclass(frozen=True)
class Item:
    """A SKU with its name; `barcodes`: all that it carries."""

    product_id: int
    sku: str
    name: str | None = None
    barcodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A shop's SKU that may be a product of ours. `score`: 0 to 100; `evidence`: why, in words."""

    external: Item
    own: Item
    score: float
    evidence: tuple[Text, ...]


def words_of(name: str) -> list[str]:
    """The words of a name: width and case do not count; Chinese as pairs of neighbouring characters.

    >>> words_of("北欧LED台灯 10W")
    ['北欧', 'led', '台灯', '10w']
    >>> words_of("落地灯")
    ['落地', '地灯']
    """
    words: list[str] = []
    for run in _RUNS.findall(unicodedata.normalize("NFKC", name).casefold()):
        if run[0] >= "\u3400" and len(run) > 2:
            words += [run[at : at + 2] for at in range(len(run) - 1)]
        else:
            words.append(run)
    return words


def propose(external: Sequence[Item], own: Sequence[Item], each: int = 3) -> list[Proposal]:
    """Up to `each` proposals per external SKU, the best first; externals in the order given.

    An SKU or barcode that two own products share tells nothing and is passed over.
    """
    by_barcode = _unique([(_plain_barcode(code), at) for at, item in enumerate(own) for code in item.barcodes])
    by_sku = _unique([(plain_sku(item.sku), at) for at, item in enumerate(own)])
    by_name: Iterable[list[tuple[int, float]]] = repeat([])
    if own:
        by_name = _Names([item.name for item in own]).alike(_Names([item.name for item in external]))
    found: list[Proposal] = []
    for item, alike in zip(external, by_name, strict=False):
        scores: dict[int, tuple[float, tuple[Text, ...]]] = {}
        for code in dict.fromkeys((item.sku, *item.barcodes)):
            at = by_barcode.get(_plain_barcode(code)) if len(code) >= _SHORTEST_BARCODE else None
            if at is not None:
                scores[at] = (BARCODE_SCORE, (T("“{sku}” is the product’s barcode.", sku=code),))
        at = by_sku.get(plain_sku(item.sku))
        if at is not None and at not in scores:
            reason = T("“{one}” and “{other}” differ only in case, separators or leading zeros.",
                       one=item.sku, other=own[at].sku)  # fmt: skip
            scores[at] = (SKU_SCORE, (reason,))
        for at, score in alike:
            reason = T("The names are {percent} % alike.", percent=round(score))
            held = scores.get(at)
            if held is not None:
                scores[at] = (held[0], (*held[1], reason))
            elif score >= LEAST_SCORE:
                scores[at] = (min(score, SKU_SCORE - 1), (reason,))
        ranked = sorted(scores.items(), key=lambda entry: (-entry[1][0], own[entry[0]].sku))
        found += [Proposal(item, own[at], score, reasons) for at, (score, reasons) in ranked[:each]]
    return found


def _plain_barcode(code: str) -> str:
    """UPC and EAN of one article differ in a leading zero."""
    return re.sub(r"\s", "", code).lstrip("0")


def _unique(pairs: Sequence[tuple[str, int]]) -> dict[str, int]:
    owners: dict[str, set[int]] = defaultdict(set)
    for word, at in pairs:
        owners[word].add(at)
    return {word: next(iter(several)) for word, several in owners.items() if len(several) == 1 and word}


class _Names:
    """Names as their words in a fixed order, which compare as texts."""

    def __init__(self, names: Sequence[str | None]) -> None:
        words = [words_of(name or "") for name in names]
        self.sorted = [" ".join(sorted(several)) for several in words]
        self.numbers = [_with_digits(several) for several in words]

    def alike(self, others: _Names) -> Iterator[list[tuple[int, float]]]:
        """For each of `others`, (position, score) of the names here that are most alike."""
        count = min(_CANDIDATES, len(self.sorted))
        for start in range(0, len(others.sorted), _AT_ONCE):
            asked = others.sorted[start : start + _AT_ONCE]
            close = process.cdist(asked, self.sorted, scorer=fuzz.ratio, dtype=np.uint8, workers=-1)
            best = np.argpartition(close, len(self.sorted) - count, axis=1)[:, len(self.sorted) - count :]
            for row, places in enumerate(best.tolist()):
                numbers = others.numbers[start + row]
                yield [
                    (at, _score(asked[row], self.sorted[at], same_numbers=numbers == self.numbers[at]))
                    for at in places
                    if asked[row] and self.sorted[at]
                ]


def _score(one: str, other: str, *, same_numbers: bool) -> float:
    """How alike two names are, 0 to 100: as they stand, and by the words that they share."""
    score = (fuzz.ratio(one, other) + fuzz.token_set_ratio(one, other)) / 2
    return score if same_numbers else score * _OF_DIFFERENT_NUMBERS


def _with_digits(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(char.isdigit() for char in word))
