"""Which SKUs of shops are probably which own products. Pure; proposes, never decides.

Three kinds of evidence, the surest first: the shop's SKU is the product's barcode; the SKUs differ in nothing but case,
separators and leading zeros; the names are alike. Names are compared as words, Chinese ones as pairs of neighbouring
characters (they carry no spaces). Candidates for a name are those that share its rarest groups of characters, so that
thousands of names against thousands cost no comparison of each with each.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from erp_core.catalog.rules import plain_sku
from erp_core.text import T, Text

LEAST_SCORE = 72.0
BARCODE_SCORE, SKU_SCORE = 100.0, 95.0
_CANDIDATES = 12
_OF_DIFFERENT_NUMBERS = 0.75  # 10 W and 20 W are two products, however alike the rest of their names
_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_SHORTEST_BARCODE = 6
Floats = npt.NDArray[np.float64]


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
    by_name = _NameIndex([item.name for item in own])
    found: list[Proposal] = []
    for item in external:
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
        for at, score in by_name.alike(item.name):
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


class _NameIndex:
    """Names, found by the groups of characters that they share."""

    def __init__(self, names: Sequence[str | None]) -> None:
        self.words = [words_of(name or "") for name in names]
        self.sorted = [" ".join(sorted(words)) for words in self.words]
        self.numbers = [_with_digits(words) for words in self.words]
        listed: dict[str, list[int]] = defaultdict(list)
        for at, words in enumerate(self.words):
            for group in _groups(words):
                listed[group].append(at)
        count = max(len(names), 1)
        self.postings: Mapping[str, tuple[npt.NDArray[np.int64], float]] = {
            group: (np.array(places, np.int64), float(np.log1p(count / len(places))))
            for group, places in listed.items()
        }
        self.weight = np.zeros(len(names))
        for places, rarity in self.postings.values():
            self.weight[places] += rarity
        self.sums = np.zeros(len(names))

    def alike(self, name: str | None) -> Iterator[tuple[int, float]]:
        """(position, score) of the names that are most alike."""
        words = words_of(name or "")
        if not words or not len(self.sums):
            return
        sums = self.sums
        sums[:] = 0.0
        for group in _groups(words):
            posting = self.postings.get(group)
            if posting is not None:
                sums[posting[0]] += posting[1]
        share = np.divide(sums, np.sqrt(self.weight), where=self.weight > 0, out=np.zeros(len(sums)))
        count = min(_CANDIDATES, len(share))
        best = np.argpartition(share, -count)[-count:]
        joined, numbers = " ".join(sorted(words)), _with_digits(words)
        for at in best[share[best] > 0].tolist():
            score = (fuzz.ratio(joined, self.sorted[at]) + fuzz.token_set_ratio(joined, self.sorted[at])) / 2
            if numbers != self.numbers[at]:
                score *= _OF_DIFFERENT_NUMBERS
            yield at, score


def _with_digits(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(char.isdigit() for char in word))


def _groups(words: Sequence[str]) -> set[str]:
    """Groups of three neighbouring characters of each word; short words and Chinese pairs whole."""
    groups: set[str] = set()
    for word in words:
        groups.update([word] if len(word) <= 3 else (word[at : at + 3] for at in range(len(word) - 2)))
    return groups
