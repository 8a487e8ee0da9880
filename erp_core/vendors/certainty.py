"""How sure a ranking is: over weights and values that may be otherwise. Rows = vendors, columns = criteria, from 0.

Stochastic multicriteria acceptability analysis (SMAA-2, Lahdelma and Salminen 2001, Operations Research 49): draw many
weightings (and values), rank by the additive value in each, count. What is counted is `Acceptability`; how weightings
are drawn is `weight_draws`. For three criteria the answer under uniform weights is an area, computed exactly.

Every number follows from the inputs and the seed alone. Draws belong to the criteria, so that vendors may come in any
order, or come and go, and meet the same weightings. Scores that agree to twelve decimals tie; a tie shares its ranks
equally, so that equal vendors have equal rows.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.text import T
from erp_core.vendors.matrices import DECIMALS, BadMatrix, Floats, checked_values, checked_weights

if TYPE_CHECKING:
    from erp_core.vendors.schema import Sureness

BLOCK = 4096  # draws that share a stream of random numbers and fit the processor's cache
MOST_DRAWS = 10_000_000


@dataclass(frozen=True, eq=False)
class Acceptability:
    """How often each vendor stands where.

    `ranks`: vendors × ranks (0 = first), rows and columns sum to 1. `pairwise`: how often the row's vendor beats the
    column's, ties counted half, the diagonal ½. `central`: vendors × criteria, the mean of the weights with which a
    vendor is first ("who should choose this one"); NaN for one that never is, or where no weights were handed over.
    """

    ranks: Floats
    pairwise: Floats
    central: Floats


# --- drawing weights -----------------------------------------------------------------------------------------------


def weight_draws(centre: npt.ArrayLike, draws: int, seed: int, sureness: Sureness | str = "about") -> Floats:
    """Weightings, draws × criteria, each summing to 1.

    `exact`: the centre every time. `about`: scattered around it, by a Dirichlet distribution whose mean is the centre
    and in which a weight of average size varies by a third of itself (standard deviation). `open`: anywhere, all
    weightings alike (Dirichlet with ones). A criterion whose centre is 0 keeps 0. Weights that do not sum to 1 are
    normalised with a warning. Raises BadMatrix.
    """
    weights = checked_weights(centre, np.size(centre))
    _check_draws(draws, seed)
    match str(sureness):
        case "exact":
            return np.tile(weights, (draws, 1))
        case "about":
            shape = _dirichlet(weights)
        case "open":
            shape = np.where(weights > 0, 1.0, 0.0)
        case other:
            raise BadMatrix(
                T("“{name}” does not say how sure weights are.", name=other),
                hint=T("Take “exact”, “about” or “open”."),
                code="sureness",
            )
    blocks = [_block(shape, (int(seed), number)) for number in range(math.ceil(draws / BLOCK))]
    return np.concatenate(blocks)[:draws]


def _dirichlet(weights: Floats) -> Floats:
    """The parameters of the Dirichlet distribution around `weights`.

    Its mean is αⱼ/Σα, its variance mⱼ(1 − mⱼ)/(Σα + 1). With n weights above 0 and Σα = 9n − 10 a weight of 1/n has
    variance (1/n)²/9: a third of itself.
    """
    return np.asarray(weights * max(9.0 * np.count_nonzero(weights) - 10.0, 1.0))


def _block(shape: Floats, key: tuple[int, int]) -> Floats:
    """One block of weightings, BLOCK × criteria, from a stream of random numbers of its own; a shape of 0 gives 0."""
    chance = np.random.Generator(np.random.SFC64(np.random.SeedSequence(key[0], spawn_key=(key[1],))))
    some = shape > 0
    # a single one is the whole, which dividing by itself may miss by a bit
    drawn = chance.dirichlet(shape[some], BLOCK) if some.sum() > 1 else np.ones((BLOCK, 1))
    if some.all():
        return drawn
    block = np.zeros((BLOCK, len(shape)))
    block[:, some] = drawn
    return block


def _check_draws(draws: int, seed: int) -> None:
    if not _whole(draws) or not 1 <= draws <= MOST_DRAWS:
        raise BadMatrix(
            T("{draws} draws cannot be made.", draws=str(draws)),
            hint=T("Give a whole number from 1 to 10,000,000; 10,000 are accurate to about one in a hundred."),
            code="draws",
        )
    if not _whole(seed) or seed < 0:
        raise BadMatrix(
            T("{seed} is no seed.", seed=str(seed)),
            hint=T("Give a whole number, 0 or more: the same number gives the same draws."),
            code="seed",
        )


def _whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


# --- counting ranks ------------------------------------------------------------------------------------------------


def rank_acceptability(values: npt.ArrayLike, draws: int, seed: int, weights: npt.ArrayLike | None = None) -> Floats:
    """How probable each rank is for each vendor: vendors × ranks (0 = first), rows and columns sum to 1.

    `values`: vendors × criteria, each on a scale of 0 (worst) to 1 (best). `weights` None: all weightings alike; else
    the centre they scatter around, as `weight_draws` does with sureness `about`. Equal vendors have equal rows; the
    order of vendors changes nothing but the order of rows. The standard error of a probability p is √(p(1 − p)/draws).
    Raises BadMatrix: a lone vendor, values outside 0..1, NaN, draws or seed that are none.

    >>> [[round(float(p), 1) for p in row] for row in rank_acceptability([[1, 0], [0, 0]], 1000, 1)]
    [[1.0, 0.0], [0.0, 1.0]]
    """
    rows = np.round(checked_values(values), DECIMALS)
    _check_draws(draws, seed)
    shape = np.ones(rows.shape[1]) if weights is None else _dirichlet(checked_weights(weights, rows.shape[1]))
    # In one order whatever order they came in, and each once: no rounding can then tell equal vendors apart.
    kinds, kind_of, how_many = np.unique(rows[:, shape > 0], axis=0, return_inverse=True, return_counts=True)
    shape = shape[shape > 0]

    def count(number: int) -> Floats:
        block = _block(shape, (int(seed), number))
        scores = np.matmul(block.reshape(-1, _slice(kinds.size), len(shape)), kinds.T).reshape(BLOCK, len(kinds))
        better, tied, _ = _places(_rounded(scores[: draws - number * BLOCK]), how_many)
        return _spread(better, tied, len(rows))

    with ThreadPoolExecutor(max_workers=2) as pool:  # drawing lets go of Python's lock
        counted = sum(pool.map(count, range(math.ceil(draws / BLOCK))), start=np.zeros((len(kinds), len(rows))))
    return np.asarray(counted[kind_of.ravel()] / draws)


def acceptability(scores: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Acceptability:
    """Count the ranks of scores: draws × vendors, the higher the better; `weights` (draws × criteria) made them.

    One vendor alone is always first. Raises BadMatrix (code `simulation_shape`) where sizes do not fit or a number is
    NaN.
    """
    held = np.asarray(scores, dtype=np.float64)
    given = None if weights is None else np.asarray(weights, dtype=np.float64)
    if held.ndim != 2 or not held.size or (given is not None and (given.ndim != 2 or len(given) != len(held))):
        raise _bad_simulation()
    if not np.isfinite(held).all() or (given is not None and not np.isfinite(given).all()):
        raise _bad_simulation()
    draws, vendors = held.shape
    ranks, wins = np.zeros((vendors, vendors)), np.zeros((vendors, vendors))
    led = np.zeros(vendors)
    central = np.zeros((vendors, 0 if given is None else given.shape[1]))
    alone = np.ones(vendors, dtype=np.int64)
    for start in range(0, draws, BLOCK):
        better, tied, won = _places(_rounded(held[start : start + BLOCK]), alone)
        ranks += _spread(better, tied, vendors)
        wins += won
        if given is not None:
            first = np.where(better == 0, 1.0 / (tied + 1.0), 0.0)
            led += first.sum(axis=1)
            # vendor by vendor: a product of matrices may round by where a vendor stands in it
            central += np.stack([part @ given[start : start + BLOCK] for part in first])
    mean = np.full(central.shape, np.nan)
    np.divide(central, led[:, np.newaxis], out=mean, where=led[:, np.newaxis] > 0)
    return Acceptability(ranks / draws, wins / draws, mean)


def _slice(size: int) -> int:
    """How many draws, a power of 2, to multiply at once with a matrix of that size, so that the product stays on this
    thread. OpenBLAS starts threads at 2¹⁸ multiplications; those of several products wait for each other, which took
    ten times as long on a busy machine."""
    most = max(2**18 // size, 1)
    return min(128, max(8, 1 << (most.bit_length() - 1)))


def _rounded(scores: Floats) -> Floats:
    """Draws × vendors as vendors × draws, without the noise of rounding."""
    return np.asarray(np.round(np.ascontiguousarray(scores.T), DECIMALS), dtype=np.float64)


def _places(
    scores: Floats, how_many: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]:
    """For kinds × draws: how many vendors are ahead of this kind, how many level with it (itself left out), and how
    often the row's kind beats the column's, ties counted half."""
    kinds, draws = scores.shape
    better = np.zeros(scores.shape, dtype=np.int32)
    tied = np.repeat((how_many - 1).astype(np.int32)[:, np.newaxis], draws, axis=1)
    wins = np.full((kinds, kinds), draws / 2)
    counts = how_many.astype(np.int32)
    for one, other in combinations(range(kinds), 2):
        ahead, behind = scores[one] > scores[other], scores[one] < scores[other]
        better[other] += ahead * counts[one]
        better[one] += behind * counts[other]
        won, lost = int(np.count_nonzero(ahead)), int(np.count_nonzero(behind))
        level = draws - won - lost
        if level:
            same = ~(ahead | behind)
            tied[one] += same * counts[other]
            tied[other] += same * counts[one]
        wins[one, other], wins[other, one] = won + level / 2, lost + level / 2
    return better, tied, wins


def _spread(better: npt.NDArray[np.int32], tied: npt.NDArray[np.int32], vendors: int) -> Floats:
    """Kinds × ranks: in how many draws a vendor of each kind has each rank; who ties has an equal part of each."""
    ranks = np.zeros((len(better), vendors))
    for kind, key in enumerate(better * np.int32(vendors) + tied):
        counts = np.bincount(key, minlength=vendors * vendors)
        for found in np.flatnonzero(counts):
            first, more = divmod(int(found), vendors)
            ranks[kind, first : first + more + 1] += counts[found] / (more + 1)
    return ranks


def _bad_simulation() -> BadMatrix:
    return BadMatrix(
        T("The drawn scores and weights do not fit together, or hold no numbers."),
        hint=T("Give one row of scores and one of weights for each draw, and draw what is unknown from a range."),
        code="simulation_shape",
    )


# --- three criteria, exactly ---------------------------------------------------------------------------------------


def exact_first_rank(values: npt.ArrayLike) -> Floats:
    """The share of all weightings of three criteria with which each vendor is first: an area, not a simulation.

    `values`: vendors × 3, of 0..1. Sums to 1; equal vendors share. Raises BadMatrix (code `three_criteria`).

    >>> exact_first_rank([[1, 0, 0], [0, 1, 0], [0, 0, 1]]).round(4).tolist()
    [0.3333, 0.3333, 0.3333]
    """
    kinds, kind_of, how_many = _three(values)
    shares = np.array([_area(_region(kinds, at)) for at in range(len(kinds))])
    return np.asarray((shares / how_many)[kind_of])


def first_rank_regions(values: npt.ArrayLike) -> tuple[Floats, ...]:
    """Where in the triangle of weightings each vendor is first: a convex polygon a vendor, to be drawn.

    Each is corners × 3, the weights at its corners in order around it; no corner where the vendor is never first. Equal
    vendors have the same. `values`: vendors × 3, of 0..1. Raises BadMatrix (code `three_criteria`).
    """
    kinds, kind_of, _ = _three(values)
    regions = [_region(kinds, at) for at in range(len(kinds))]
    return tuple(regions[kind].copy() for kind in kind_of)


def _three(values: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    rows = np.round(checked_values(values), DECIMALS)
    if rows.shape[1] != 3:
        raise BadMatrix(
            T("There are {count} criteria; the triangle of weights needs three.", count=rows.shape[1]),
            hint=T(
                "Take the three that matter most, or sum criteria up to three; else draw weights (rank_acceptability)."
            ),
            code="three_criteria",
        )
    kinds, kind_of, how_many = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return kinds, kind_of.ravel(), how_many


def _region(kinds: Floats, at: int) -> Floats:
    """The triangle cut by every line on which another vendor draws level (Sutherland and Hodgman 1974)."""
    corners = list(np.eye(3))
    for other in range(len(kinds)):
        if other == at or not corners:
            continue
        lead = kinds[at] - kinds[other]
        kept: list[Floats] = []
        for here, there in zip(corners, corners[1:] + corners[:1], strict=True):
            now, then = float(lead @ here), float(lead @ there)
            if now >= 0:
                kept.append(here)
            if (now > 0 > then) or (now < 0 < then):
                kept.append((here * then - there * now) / (then - now))
        corners = kept
    distinct = [
        corner
        for place, corner in enumerate(corners)
        if np.abs(corner - corners[place - 1]).max() > 1e-12 or place == 0
    ]
    region = np.array(distinct).reshape(-1, 3)
    return region if _area(region) > 1e-12 else np.empty((0, 3))


def _area(region: Floats) -> float:
    """The share of the triangle that lies within; the whole triangle has area ½ in its first two weights."""
    x, y = region[:, 0], region[:, 1]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


# --- what would have to change -------------------------------------------------------------------------------------


def switching_points(values: npt.ArrayLike, weights: npt.ArrayLike) -> pd.DataFrame:
    """For each vendor that is not first: the smallest change of the weights that puts it level with the first.

    `values`: vendors × criteria, of 0..1. Columns: challenger (row index), weights (tuple, summing to 1, with which
    both score the same), change (sum of the absolute changes, 0..2). Who ties with the first already has change 0; who
    can never draw level has empty weights and change NaN. Of several that are first the lowest index counts as first.

    The linear programme min Σ|w′ − w| with Σw′ = 1, w′ ≥ 0, (challenger − first)·w′ ≥ 0 has one row besides the sum, so
    that its optimum moves weight from where the challenger is farthest behind to where it is farthest ahead, until
    they are level. Raises BadMatrix.
    """
    rows = checked_values(values)
    stated = checked_weights(weights, rows.shape[1])
    scores = np.round(rows @ stated, DECIMALS)
    leader = int(np.argmax(scores))
    found = [
        (challenger, *_switch(rows[challenger] - rows[leader], stated, float(scores[leader] - scores[challenger])))
        for challenger in range(len(rows))
        if challenger != leader
    ]
    return pd.DataFrame(found, columns=["challenger", "weights", "change"])


def _switch(ahead: Floats, stated: Floats, gap: float) -> tuple[tuple[float, ...], float]:
    if gap <= 0:
        return tuple(stated.tolist()), 0.0
    target = int(np.argmax(ahead))
    if ahead[target] < 0:
        return (), math.nan
    weights, moved, lacking = stated.copy(), 0.0, -float(ahead @ stated)
    for source in np.argsort(ahead, kind="stable"):
        gain = float(ahead[target] - ahead[source])
        if lacking <= 0 or gain <= 0:
            break
        part = min(float(weights[source]), lacking / gain)
        weights[source] -= part
        weights[target] += part
        moved += part
        lacking -= part * gain
    return tuple(weights.tolist()), 2.0 * moved
