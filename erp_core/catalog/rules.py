"""What is a charge and what a product. Pure."""

from __future__ import annotations

from collections.abc import Collection


def is_charge(sku: str, name: str | None, words: Collection[str]) -> bool:
    """Whether a product-like line is a charge: its whole SKU or its whole name is one of the words.

    >>> is_charge("POST", None, {"post"}), is_charge("84029", "Postage stamp album", {"postage"})
    (True, False)
    """
    return sku.strip().casefold() in words or (name is not None and name.strip().casefold() in words)
