"""What becomes of an order that a file brings again. Pure."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

STATES = ("pending", "paid", "shipped", "completed", "cancelled", "adjustment")
STATE_RANK = {state: rank for rank, state in enumerate(STATES)}


class Fate(IntEnum):
    """What a file's order does to the stored one."""

    NEW = 0
    UNCHANGED = 1
    CHANGED = 2
    PASSED_OVER = 3  # the file is older than what stands: a status never moves backwards


def fate_of(
    stored: npt.NDArray[np.bool_],
    same: npt.NDArray[np.bool_],
    rank: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    status_at: tuple[npt.NDArray[np.datetime64], npt.NDArray[np.datetime64]],
) -> npt.NDArray[np.int64]:
    """A Fate per order.

    `stored`: an order of this id stands; `same`: its fingerprints are equal; `rank` and `status_at`: (incoming,
    stored). The later status wins; of equal status the later time; of equal time the later file.
    """
    backwards = (rank[0] < rank[1]) | ((rank[0] == rank[1]) & (status_at[0] < status_at[1]))
    fate = np.full(len(stored), int(Fate.NEW), np.int64)
    fate[stored] = int(Fate.CHANGED)
    fate[stored & backwards] = int(Fate.PASSED_OVER)
    fate[stored & same] = int(Fate.UNCHANGED)
    return fate
