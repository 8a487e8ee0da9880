"""The kinds of fees, what a shop's stated terms take of an order, and an amount spread over lines. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEE_KINDS = ("commission", "payment", "advertising", "shipping", "storage", "other")
SHARE_SCALE = 1_000_000  # shares are stored in millionths
Ints = npt.NDArray[np.int64]
_LARGEST = np.iinfo(np.int64).max


def share_of_goods(goods: npt.NDArray[np.int64], share: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`share` (millionths) of each order's `goods` (minor units), rounded half up; nothing of what is not positive.

    >>> share_of_goods(np.array([10_050, -500]), np.array([50_000, 50_000])).tolist()
    [503, 0]
    """
    whole, rest = np.divmod(np.maximum(goods, 0), SHARE_SCALE)  # apart, so that large amounts do not overflow
    return np.asarray(whole * share + (rest * share + SHARE_SCALE // 2) // SHARE_SCALE)


def spread(amounts: Ints, group: Ints, weights: Ints) -> Ints:
    """Each group's amount over its members in proportion to their weights, whole parts that add up to it.

    `amounts`: one a group; `group`: of each member the position of its group, −1 for none; `weights`: of each member,
    negative ones count as 0; where all are 0 the members share alike. The largest remainder rounds up, of equal ones
    the first. A group without members keeps its amount to itself.

    >>> spread(np.array([100, -7]), np.array([0, 0, 0, 1, -1]), np.array([1, 1, 1, 5, 9])).tolist()
    [34, 33, 33, -7, 0]
    """
    parts = np.zeros(len(group), np.int64)
    at = np.flatnonzero(group >= 0)
    at = at[amounts[group[at]] != 0]
    if not len(at):
        return parts
    of = group[at]
    weight = np.maximum(weights[at], 0)
    total = np.zeros(len(amounts), np.int64)
    np.add.at(total, of, weight)
    weight = np.where(total[of] == 0, 1, weight)
    np.add.at(total, of[total[of] == 0], 1)
    amount = amounts[of]
    if int(np.abs(amount).max()) * int(weight.max()) > _LARGEST:
        product = amount.astype(object) * weight
        quotient = (product // total[of]).astype(np.int64)
        remainder = (product % total[of]).astype(np.int64)
    else:
        quotient, remainder = np.divmod(amount * weight, total[of])
    short = amounts.copy()  # what rounding down has left of each group: fewer units than members
    np.subtract.at(short, of, quotient)
    order = np.lexsort((-remainder, of))
    starts = np.searchsorted(of[order], of[order], side="left")
    rank = np.arange(len(order)) - starts
    quotient[order] += rank < short[of[order]]
    parts[at] = quotient
    return parts
