"""Products that are sold in one unit and counted in a smaller one: 1 kg = 1000 g.

Files speak in the unit that a product is sold in; everything stored counts whole units of the smaller one, and prices
and costs stand per such unit. The change happens here, where a file comes in. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from erp_core.imports.columns import Numbers
from erp_core.text import T

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FRACTION = T(
    "The quantity is a part of a unit, and this product is counted in whole ones. Say on the page Products in which "
    "smaller unit it is counted (1 kg = 1000 g), then import again."
)
_NO_FRACTION_SHIFT = np.int64(1) << 40


def factors_of(skus: npt.NDArray[np.object_], factors: Mapping[str, int]) -> Ints:
    """How many stock units one unit of each SKU is; 1 where nobody said otherwise."""
    if not factors:
        return np.ones(len(skus), np.int64)
    return np.array([factors.get(sku, 1) if sku is not None else 1 for sku in skus.tolist()], np.int64)


def in_stock_units(numbers: Numbers, factor: Ints) -> tuple[Ints, Bools]:
    """Whole stock units, and which numbers are a whole number of them."""
    step = 10**numbers.decimals
    product = numbers.scaled * factor
    return product // step, product % step == 0


def identity_of(numbers: Numbers, at: Ints) -> Ints:
    """Numbers for fingerprints: what the file says, whatever unit the product is counted in."""
    step = 10**numbers.decimals
    scaled = numbers.scaled[at]
    thousandths = scaled * 1000 // step
    return np.asarray(np.where(scaled % step == 0, scaled // step, thousandths + _NO_FRACTION_SHIFT), np.int64)


def per_stock_unit(price: Ints, factor: Ints) -> Ints:
    """Prices per unit sold (not negative) as prices per stock unit, rounded half up."""
    return np.asarray(np.where(factor == 1, price, (2 * price + factor) // (2 * factor)), np.int64)
