"""The kinds of fees, and what a shop's stated terms take of an order. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEE_KINDS = ("commission", "payment", "advertising", "shipping", "storage", "other")
SHARE_SCALE = 1_000_000  # shares are stored in millionths


def share_of_goods(goods: npt.NDArray[np.int64], share: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`share` (millionths) of each order's `goods` (minor units), rounded half up; nothing of what is not positive.

    >>> share_of_goods(np.array([10_050, -500]), np.array([50_000, 50_000])).tolist()
    [503, 0]
    """
    whole, rest = np.divmod(np.maximum(goods, 0), SHARE_SCALE)  # apart, so that large amounts do not overflow
    return np.asarray(whole * share + (rest * share + SHARE_SCALE // 2) // SHARE_SCALE)
