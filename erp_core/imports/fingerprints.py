"""Fingerprints of orders: equal content, equal number, whatever the order of lines or the bytes of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
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


def of_lines(lines: Mapping[str, npt.NDArray[Any]], skus: Sequence[str], titles: Sequence[str], count: int) -> Ints:
    """One number per order over its lines, in whatever order they stand; 0 without. `lines` is sorted by order."""
    if not len(lines["order"]):
        return np.zeros(count, np.int64)
    sku = _hashed_words(skus)
    title = np.concatenate([_hashed_words(titles), np.zeros(1, np.uint64)])
    numbers = ("said_quantity", "said_price", "amount", "line_discount", "line_refunded", "cancelled", "fulfilled")
    line = _combined(
        [
            sku[lines["sku"]],
            title[lines["title"]],
            *(np.asarray(lines[name], np.int64).view(np.uint64) for name in numbers),
        ]
    )
    sums = np.zeros(count, np.uint64)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(lines["order"]) > 0]))
    sums[lines["order"][starts]] = np.add.reduceat(line, starts)
    return _stirred(sums).view(np.int64)


def of_texts(texts: Sequence[str]) -> Ints:
    """One number per text."""
    return _stirred(_hashed_words(texts)).view(np.int64)


def of_headers(
    header: Mapping[str, npt.NDArray[Any]], texts: Sequence[str], times: Sequence[str], money: Sequence[str]
) -> Ints:
    """One number per order over these columns of its header."""
    columns = []
    for name in texts:
        codes, words = pd.factorize(header[name], use_na_sentinel=True)
        hashed = np.concatenate([_hashed_words(list(words)), np.zeros(1, np.uint64)])
        columns.append(hashed[codes])
    columns.extend(header[name].astype("datetime64[s]").astype(np.int64).view(np.uint64) for name in times)
    columns.extend(np.asarray(header[name], np.int64).view(np.uint64) for name in money)
    return _combined(columns).view(np.int64)
