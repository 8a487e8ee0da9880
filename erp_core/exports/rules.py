"""What a shop may offer, under which SKUs, and the bars of an order number. Pure.

A shop offers max(0, ⌊available × share / 100⌋ − buffer) of a product, available = max(0, on_hand − reserved) where it
ships from. As long as the shares of the shops that ship from one place sum to at most 100, what they offer together is
at most what is available: Σ ⌊a·sᵢ/100⌋ ≤ a·Σsᵢ/100 ≤ a. A bundle is offered as often as its scarcest component allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

Bill = Mapping[int, Sequence[tuple[int, int]]]  # bundle → (component, units of it in one bundle)
NO_FACTORS: Mapping[int, int] = MappingProxyType({})
_DEPTH = 20


@dataclass(frozen=True)
class Terms:
    """What a shop may offer: so many percent of what is available, less a buffer of units."""

    share: int = 100
    buffer: int = 0


def offerable(available: int, terms: Terms) -> int:
    """Units that a shop may offer of so many available ones.

    >>> offerable(10, Terms(share=50, buffer=2)), offerable(1, Terms(share=50)), offerable(3, Terms(buffer=5))
    (3, 0, 0)
    """
    return max(0, max(0, available) * terms.share // 100 - terms.buffer)


def leaves(bill: Bill) -> dict[int, dict[int, int] | None]:
    """For each bundle, the units of each product that is no bundle itself; None where bundles hold one another."""
    return {bundle: _opened(bill, bundle) for bundle in bill}


def _opened(bill: Bill, bundle: int) -> dict[int, int] | None:
    held: dict[int, int] = {bundle: 1}
    for _ in range(_DEPTH):
        inner = [product for product in held if product in bill]
        if not inner:
            return held
        for product in inner:
            times = held.pop(product)
            for component, units in bill[product]:
                held[component] = held.get(component, 0) + times * units
    return None


@dataclass(frozen=True)
class Offer:
    """What a shop may offer of a product: `offered` units of `available`; both None, with a reason, where unknown.

    `on_hand`: what lies there; None where unknown and for bundles, which lie nowhere. All in stock units: those that a
    product is counted in, which may be smaller than those that it is sold in.
    """

    on_hand: int | None
    available: int | None
    offered: int | None
    reason: str = ""  # uncounted, component_uncounted, circular


def offers(
    stock: pd.DataFrame, products: Sequence[int], bill: Bill, terms: Terms, factors: Mapping[int, int] = NO_FACTORS
) -> dict[int, Offer]:
    """An `Offer` for each of `products`.

    `stock`: product_id, on_hand (missing = unknown), reserved, summed over the places that the shop ships from; a
    product without a row is unknown. A bundle has available and offered counted in bundles. `factors`: product → stock
    units in one unit sold, where more than one; the buffer is in units sold.
    """
    known = {
        int(product): (int(on_hand), int(reserved))
        for product, on_hand, reserved in zip(stock["product_id"], stock["on_hand"], stock["reserved"], strict=True)
        if not pd.isna(on_hand)
    }
    opened = leaves(bill)

    def single(product: int) -> Offer:
        if product not in known:
            return Offer(None, None, None, "uncounted")
        on_hand, reserved = known[product]
        available = max(0, on_hand - reserved)
        buffer = terms.buffer * factors.get(product, 1)
        return Offer(on_hand, available, offerable(available, Terms(terms.share, buffer)))

    return {product: _bundle(opened[product], single) if product in opened else single(product) for product in products}


def _bundle(held: Mapping[int, int] | None, single: Callable[[int], Offer]) -> Offer:
    if held is None:
        return Offer(None, None, None, "circular")
    parts = [(single(component), units) for component, units in held.items()]
    if any(part.on_hand is None for part, _ in parts):
        return Offer(None, None, None, "component_uncounted")
    available = min((part.available or 0) // units for part, units in parts)
    return Offer(None, available, min((part.offered or 0) // units for part, units in parts))


def in_units_sold(quantity: int, factor: int) -> int | float:
    """Stock units as units sold: whole where they are, else exact to the factor.

    >>> in_units_sold(3000, 1000), in_units_sold(250, 1000), in_units_sold(7, 1)
    (3, 0.25, 7)
    """
    return quantity // factor if quantity % factor == 0 else quantity / factor


def drawing_on_shared(products: Sequence[int], bill: Bill) -> list[int]:
    """Those of the listed products that draw on a component, or are one, on which another of them draws too."""
    opened = leaves(bill)
    drawn = {product: set(opened[product] or ()) if product in opened else {product} for product in products}
    users = Counter(component for components in drawn.values() for component in components)
    return [product for product, components in drawn.items() if any(users[component] > 1 for component in components)]


def split(quantity: int, parts: int) -> list[int]:
    """A quantity over several listings of one product, as evenly as goes; the sum stays.

    >>> split(7, 3)
    [3, 2, 2]
    """
    base, rest = divmod(quantity, parts)
    return [base + (at < rest) for at in range(parts)]


@dataclass(frozen=True)
class Listings:
    """Where a shop lists products: (product, SKU), and the products whose SKU means another product there."""

    rows: tuple[tuple[int, str], ...]
    taken: tuple[int, ...]


def listings(products: Mapping[int, str], aliases: Sequence[tuple[int, int, str]], channel_id: int) -> Listings:
    """The SKUs of `products` (id → our SKU) in a shop.

    `aliases`: (channel, product, SKU), channel 0 = every shop. A product goes by the shop's aliases, else by those of
    every shop, else by our SKU; a SKU that two claim is the one's with the more particular claim.
    """
    claimed: dict[str, int] = {}
    by_level: dict[int, dict[int, list[str]]] = {channel_id: {}, 0: {}}
    for level in (channel_id, 0):
        for channel, product, sku in aliases:
            if channel == level and claimed.setdefault(sku, product) == product:
                by_level[level].setdefault(product, []).append(sku)
    rows: list[tuple[int, str]] = []
    taken: list[int] = []
    for product, own_sku in products.items():
        free = [own_sku] if claimed.get(own_sku, product) == product else []
        skus = by_level[channel_id].get(product) or by_level[0].get(product) or free
        rows += [(product, sku) for sku in sorted(skus)]
        if not skus:
            taken.append(product)
    return Listings(tuple(rows), tuple(taken))


# --- Code 128 (ISO/IEC 15417) ---------------------------------------------------------------------------------------

# Widths of bars and spaces in turn, 11 modules a symbol; the place in the list is the symbol's value.
CODE_128 = tuple(
    """212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
    123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
    232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
    313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
    111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
    111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
    114311 411113 411311 113141 114131 311141 411131 211412 211214 211232""".split()
)
CODE_128_STOP = "2331112"  # 13 modules
_TO_B, _START_B, _START_C = 100, 104, 105


def code_128_values(text: str) -> list[int] | None:
    """The symbol values of a text with its start and its check (modulo 103), without the stop; None where a sign is
    not printable ASCII.

    Digits go in pairs (set C) where the text is all digits, the odd one last; all else goes in set B.

    >>> code_128_values("1234"), code_128_values("微信")
    ([105, 12, 34, 82], None)
    """
    if not text or not all(" " <= sign <= "~" for sign in text):
        return None
    if len(text) >= 4 and text.isdigit():
        pairs = len(text) // 2
        values = [_START_C, *(int(text[2 * at : 2 * at + 2]) for at in range(pairs))]
        values += [_TO_B, ord(text[-1]) - 32] if len(text) % 2 else []
    else:
        values = [_START_B, *(ord(sign) - 32 for sign in text)]
    check = values[0] + sum(place * value for place, value in enumerate(values[1:], start=1))
    return [*values, check % 103]


def code_128_widths(text: str) -> str | None:
    """Widths of bars and spaces in turn, from the first bar to the last, in modules; None as in `code_128_values`."""
    values = code_128_values(text)
    return None if values is None else "".join(CODE_128[value] for value in values) + CODE_128_STOP
