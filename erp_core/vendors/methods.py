"""The methods that rank vendors, and the ways to weigh criteria. Rows = vendors, columns = criteria, indices from 0.

Weights that do not sum to 1 are normalised, with a `warnings.warn`. Unknown (NaN) is refused here: how much it could
change is the business of `certainty`. Rows that are equal in every column tie; a column in which all rows are equal
tells nobody apart and moves no rank; nothing ever answers NaN. Everything that is refused raises `BadMatrix`, which
names the row and the column, counted from 1.

pymcdm computes TOPSIS and the flows of PROMETHEE; what it lacks (VIKOR's S, R and compromise set, the judgement to look
at first) or answers with NaN (ties, columns of equal entries) is computed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from erp_core.text import T
from erp_core.vendors.matrices import (
    DECIMALS,
    BadMatrix,
    Floats,
    checked_directions,
    checked_matrix,
    checked_points,
    checked_weights,
    differing,
    level,
    minmax,
    refuse_not_positive,
    refuse_zero_matrix,
    shares_of,
)

if TYPE_CHECKING:
    from erp_core.vendors.schema import Weighting

__all__ = [
    "Ahp",
    "BadMatrix",
    "Judgement",
    "Vikor",
    "ahp",
    "critic",
    "entropy",
    "group_weights",
    "kendall_w",
    "minmax",
    "promethee_ii",
    "swing_weights",
    "topsis",
    "vikor",
    "weighted_product",
    "weighted_sum",
    "weights_of",
]


# --- ranking -------------------------------------------------------------------------------------------------------


def weighted_sum(matrix: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
    """Additive value of each row: Σⱼ wⱼ·xᵢⱼ, the higher the better.

    The entries are values already (0 worst, 1 best, on scales that do not move with the vendors), so that there are no
    directions. Raises BadMatrix. Fishburn 1967; Keeney and Raiffa 1976.

    >>> [round(float(score), 2) for score in weighted_sum([[1.0, 0.0], [0.5, 0.9]], [0.6, 0.4])]
    [0.6, 0.66]
    """
    rows, shares = _rows_and_weights(matrix, weights)
    return np.asarray(rows @ shares)


def weighted_product(matrix: npt.ArrayLike, weights: npt.ArrayLike, directions: npt.ArrayLike) -> Floats:
    """Weighted product of each row: Πⱼ xᵢⱼ^(±wⱼ), minus where less is better; the higher the better.

    Only ratios between rows mean something; they do not change with the unit of a column. Entries must be above 0.
    Raises BadMatrix. Bridgman 1922; Triantaphyllou 2000, eq. 2-2.
    """
    rows, shares = _rows_and_weights(matrix, weights)
    signs = checked_directions(directions, rows.shape[1])
    refuse_not_positive(rows)
    return np.asarray(np.exp(np.log(rows) @ (signs * shares)))


def topsis(
    matrix: npt.ArrayLike,
    weights: npt.ArrayLike,
    directions: npt.ArrayLike,
    normalization: Literal["vector", "minmax"] = "vector",
) -> Floats:
    """Closeness of each row to the ideal, 0..1: distance from the worst over the sum of both distances.

    `vector`: columns divided by their Euclidean length; `minmax`: between their worst and best. Columns of equal
    entries count for nothing; where no column is left all rows are .5. Raises BadMatrix. Hwang and Yoon 1981; by
    pymcdm.
    """
    rows, shares = _rows_and_weights(matrix, weights)
    signs = checked_directions(directions, rows.shape[1])
    if normalization not in ("vector", "minmax"):
        raise BadMatrix(
            T("“{name}” is no normalisation.", name=str(normalization)),
            hint=T("Take “vector” or “minmax”."),
            code="normalization",
        )
    levelled, _ = level(rows)
    telling = differing(levelled) & (shares > 0)
    if not telling.any():
        return np.full(len(rows), 0.5)
    from pymcdm import normalizations
    from pymcdm.methods import TOPSIS

    method = TOPSIS(getattr(normalizations, f"{normalization}_normalization"))
    return np.asarray(
        method(levelled[:, telling], shares[telling], signs[telling].astype(int), validation=False), dtype=np.float64
    )


@dataclass(frozen=True, eq=False)
class Vikor:
    """VIKOR's answer, one entry a row: `s` group utility, `r` individual regret, `q` both; the *lower* the better.

    `compromise`: the rows among which the choice is open, in order of `q`.
    """

    s: Floats
    r: Floats
    q: Floats
    compromise: tuple[int, ...]


def vikor(matrix: npt.ArrayLike, weights: npt.ArrayLike, directions: npt.ArrayLike, v: float = 0.5) -> Vikor:
    """Compromise ranking: near to the ideal on the whole (weight `v`), and nowhere far from it (1 − `v`).

    The compromise set is the first row alone if it leads by at least 1/(rows − 1) in Q (C1) and also leads in S or in R
    (C2); the first and the second if only C2 fails; all rows whose lead it lacks if C1 fails. Rows that tie for second
    are in it together. Columns of equal entries count for nothing. Raises BadMatrix.
    Opricovic and Tzeng 2004, European Journal of Operational Research 156, section 2.
    """
    rows, shares = _rows_and_weights(matrix, weights)
    signs = checked_directions(directions, rows.shape[1])
    if not 0 <= v <= 1:
        raise BadMatrix(
            T("v is {value}, outside 0 to 1.", value=float(v)),
            hint=T("v is the weight of the whole against the worst point: 0.5 is usual."),
            code="share",
        )
    short = shares * (1.0 - minmax(rows, signs))
    s, r = short.sum(axis=1), short.max(axis=1)
    q = np.round(v * _share_of_range(s) + (1 - v) * _share_of_range(r), DECIMALS)
    return Vikor(s, r, q, _compromise(s, r, q))


def _share_of_range(sizes: Floats) -> Floats:
    """0 for the lowest, 1 for the highest; 0 where all are equal."""
    low = sizes.min()
    span = sizes.max() - low
    return np.zeros(len(sizes)) if span < 10.0**-DECIMALS else np.asarray((sizes - low) / span)


def _compromise(s: Floats, r: Floats, q: Floats) -> tuple[int, ...]:
    noise = 10.0**-9
    order = np.argsort(q, kind="stable")
    first, second = order[0], order[1]
    lead = 1.0 / (len(q) - 1)
    if q[second] - q[first] < lead - noise:
        inside = q - q[first] < lead - noise
    elif s[first] > s.min() + noise and r[first] > r.min() + noise:
        inside = q <= q[second] + noise
    else:
        inside = q <= q[first]
    return tuple(int(row) for row in order if inside[row])


def promethee_ii(  # noqa: PLR0913  (the parameters of the method, as its authors name them)
    matrix: npt.ArrayLike,
    weights: npt.ArrayLike,
    directions: npt.ArrayLike,
    preference: Literal["usual", "linear"] = "usual",
    q: npt.ArrayLike = 0.0,
    p: npt.ArrayLike = 0.0,
) -> Floats:
    """Net flow of each row, −1..1: how far it is preferred to the others on average, less how far they are to it.

    `usual`: any lead counts fully. `linear`: a lead up to `q` (indifference) counts nothing, above `p` (preference)
    fully, between them in proportion; with q = p it is a step, with both 0 the usual. `q` and `p` in the units of the
    columns, one number for all or one for each. Flows sum to 0; rows that tie have the same. Raises BadMatrix.
    Brans and Vincke 1985 (types I and V), Management Science 31; by pymcdm.
    """
    rows, shares = _rows_and_weights(matrix, weights)
    signs = checked_directions(directions, rows.shape[1])
    if preference not in ("usual", "linear"):
        raise BadMatrix(
            T("“{name}” is no preference function.", name=str(preference)),
            hint=T("Take “usual” or “linear”."),
            code="preference",
        )
    levelled, unit = level(rows)
    indifference, full = _threshold(q, rows.shape[1]) / unit, _threshold(p, rows.shape[1]) / unit
    if preference == "linear" and (indifference > full).any():
        raise BadMatrix(
            T("In column {column} q is above p.", column=int(np.argmax(indifference > full)) + 1),
            hint=T("A lead is indifferent up to q and counts fully above p, so q is at most p."),
            code="threshold",
        )
    from pymcdm.methods import PROMETHEE_II

    if preference == "usual" or not full.any():
        method = PROMETHEE_II("usual")
    else:
        method = PROMETHEE_II("vshape_2", q=list(indifference), p=list(full))
    with np.errstate(divide="ignore", invalid="ignore"):  # pymcdm divides by p − q before it asks where that is needed
        flows = method(levelled, shares, signs.astype(int), validation=False)
    return np.asarray(flows, dtype=np.float64)


def _threshold(given: npt.ArrayLike, count: int) -> Floats:
    sizes = np.asarray(given, dtype=np.float64)
    if sizes.ndim > 1 or (sizes.ndim == 1 and len(sizes) != count):
        raise BadMatrix(
            T("There are {thresholds} thresholds for {criteria} criteria.", thresholds=sizes.size, criteria=count),
            hint=T("Give one number for all columns, or one for each."),
            code="threshold",
        )
    if not np.isfinite(sizes).all() or (sizes < 0).any():
        raise BadMatrix(
            T("A threshold is negative or no number."),
            hint=T("q and p are leads in the units of their column, 0 or more."),
            code="threshold",
        )
    return np.broadcast_to(sizes, (count,)).copy()


def _rows_and_weights(matrix: npt.ArrayLike, weights: npt.ArrayLike) -> tuple[Floats, Floats]:
    rows = checked_matrix(matrix)
    refuse_zero_matrix(rows)
    return rows, checked_weights(weights, rows.shape[1], stack=4)


# --- weighing by pairs ---------------------------------------------------------------------------------------------

# Saaty 1980, The Analytic Hierarchy Process: the mean consistency index of random matrices, by their size.
SAATY_1980 = {1: 0.0, 2: 0.0, 3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
# Typed in two decimals a reciprocal is off by at most 4 % (⅛ as 0.13); the nearest other judgement of the scale of 1..9
# is 12 % away (⅛ for ⅑), so that in between a mistake is told from rounding.
RECIPROCAL_TOLERANCE = 0.05
LARGEST_JUDGEMENT = 1e6


@dataclass(frozen=True)
class Judgement:
    """One comparison: `i` was said to outweigh `j` by `stated`; the weights imply `implied`."""

    i: int
    j: int
    stated: float
    implied: float


@dataclass(frozen=True, eq=False)
class Ahp:
    """What pairwise comparisons come to. `weights` sum to 1; `consistency_ratio`: (λmax − n)/(n − 1) over
    `random_index`, at most 0.1 by Saaty's rule; `look_first`: the judgement farthest from what the weights imply, None
    where all agree."""

    weights: Floats
    lambda_max: float
    consistency_ratio: float
    random_index: float
    random_index_source: str
    look_first: Judgement | None


def ahp(pairwise: npt.ArrayLike) -> Ahp:
    """Weights from comparisons by pairs: the principal eigenvector. `pairwise[i][j]`: how many times i outweighs j.

    Fractions may be typed rounded: products `a[i][j]·a[j][i]` within 5 % of 1 pass, and the larger of the two counts.
    Random index: Saaty 1980 up to 10 criteria, above that the regression of Alonso and Lamata 2006. With one or two
    criteria judgements cannot contradict each other; the ratio is 0. Raises BadMatrix (code `not_square`,
    `not_reciprocal`, `not_positive`, and what every matrix may lack). Saaty 1977; Saaty 2003 for the judgement to look
    at first, European Journal of Operational Research 145.

    >>> answer = ahp([[1, 3], [1 / 3, 1]])
    >>> [round(float(weight), 2) for weight in answer.weights], answer.consistency_ratio
    ([0.75, 0.25], 0.0)
    """
    stated = _reciprocal(pairwise)
    size = len(stated)
    # With the geometric means divided out, entries say how far a judgement is off; no size of numbers can harm then.
    logs = np.log(stated)
    means = logs.mean(axis=1)
    values, vectors = np.linalg.eig(np.exp(logs - means[:, None] + means[None, :]))
    at = int(np.argmax(values.real))
    raw = np.log(np.abs(vectors[:, at].real)) + means
    weights = np.exp(raw - raw.max())
    weights /= weights.sum()
    largest = max(float(values[at].real), float(size))
    index, source = _random_index(size)
    ratio = (largest - size) / (size - 1) / index if index else 0.0
    return Ahp(weights, largest, ratio if ratio > 1e-9 else 0.0, index, source, _farthest(stated, weights))


def _reciprocal(given: npt.ArrayLike) -> Floats:
    """The comparisons, each lower half exactly the reciprocal of its upper."""
    stated = checked_matrix(given, vendors=1)
    if stated.shape[0] != stated.shape[1]:
        raise BadMatrix(
            T("The comparison has {rows} rows and {columns} columns.", rows=stated.shape[0], columns=stated.shape[1]),
            hint=T("Compare every criterion with every other: as many rows as columns."),
            code="not_square",
        )
    refuse_not_positive(stated)
    if stated.max() > LARGEST_JUDGEMENT:
        raise BadMatrix(
            T("A judgement is {value}.", value=float(stated.max())),
            hint=T("Say how many times one criterion outweighs the other: 9 is extreme already."),
            code="judgement_size",
        )
    off = np.abs(np.log(stated) + np.log(stated).T) > np.log1p(RECIPROCAL_TOLERANCE)
    if off.any():
        row, column = (int(at) for at in np.argwhere(off)[0])
        if row == column:
            raise BadMatrix(
                T(
                    "Criterion {number} compared with itself is {value}, not 1.",
                    number=row + 1,
                    value=float(stated[row, row]),
                ),
                hint=T("The diagonal of a comparison is 1 throughout."),
                code="not_reciprocal",
            )
        raise BadMatrix(
            T(
                "Row {row}, column {column} says {there}, but row {column}, column {row} says {back}.",
                row=row + 1,
                column=column + 1,
                there=float(stated[row, column]),
                back=float(stated[column, row]),
            ),
            hint=T("The one has to be 1 divided by the other."),
            code="not_reciprocal",
        )
    exact = np.where(stated > stated.T, stated, 1.0 / stated.T)
    return np.where(stated == stated.T, 1.0, exact)


def _random_index(size: int) -> tuple[float, str]:
    if size in SAATY_1980:
        return SAATY_1980[size], "Saaty 1980"
    return (2.7699 * size - 4.3513 - size) / (size - 1), "Alonso and Lamata 2006"


def _farthest(stated: Floats, weights: Floats) -> Judgement | None:
    implied = weights[:, None] / weights[None, :]
    away = np.round(np.abs(np.log(stated / implied)), 9)
    row, column = (int(at) for at in np.unravel_index(np.argmax(away), away.shape))
    if away[row, column] == 0:
        return None
    if stated[row, column] < 1:
        row, column = column, row
    return Judgement(row, column, float(stated[row, column]), float(implied[row, column]))


# --- weighing by what the matrix holds -----------------------------------------------------------------------------


def critic(matrix: npt.ArrayLike, directions: npt.ArrayLike) -> Floats:
    """Weights by contrast and conflict: the spread of each column times the sum of 1 − its correlation with the others.

    Columns are put between their worst and best first. Those of equal entries weigh 0 and conflict with none; a single
    column that differs weighs 1. Raises BadMatrix, also (code `nothing_differs`) where all rows are equal or all
    columns say the same. Diakoulaki, Mavrotas and Papayannakis 1995, Computers & Operations Research 22.
    """
    rows = checked_matrix(matrix)
    refuse_zero_matrix(rows)
    values = minmax(rows, directions)
    telling = differing(values)
    weights = np.zeros(rows.shape[1])
    if not telling.any():
        raise _nothing_differs()
    if telling.sum() == 1:
        weights[telling] = 1.0
        return weights
    told = values[:, telling]
    conflict = (1.0 - np.corrcoef(told, rowvar=False)).sum(axis=0)
    information = np.where(conflict > 1e-9, told.std(axis=0) * conflict, 0.0)
    if not information.any():
        raise BadMatrix(
            T("All columns put the vendors in the same proportions."),
            hint=T("The method weighs by what columns contradict; weigh directly or by swing."),
            code="nothing_differs",
        )
    weights[telling] = information / information.sum()
    return weights


def entropy(matrix: npt.ArrayLike) -> Floats:
    """Weights by how unevenly each column is spread: 1 − Shannon's entropy of its shares over its maximum.

    Entries must not be negative; 0 has no part in the entropy. Columns of equal entries weigh 0. Raises BadMatrix, also
    (code `nothing_differs`) where all rows are equal. Hwang and Yoon 1981, section 3.3.
    """
    rows = checked_matrix(matrix)
    refuse_zero_matrix(rows)
    refuse_not_positive(rows, zero=True)
    levelled, _ = level(rows)
    telling = differing(levelled)
    if not telling.any():
        raise _nothing_differs()
    told = levelled[:, telling]
    shares = told / told.sum(axis=0)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    spread = 1.0 + (shares * logs).sum(axis=0) / np.log(len(rows))
    weights = np.zeros(rows.shape[1])
    weights[telling] = spread / spread.sum()
    return weights


def _nothing_differs() -> BadMatrix:
    return BadMatrix(
        T("No column tells the vendors apart."),
        hint=T("Weigh directly, by swing or by pairs: the ratings say nothing about the weights."),
        code="nothing_differs",
    )


# --- weighing by people --------------------------------------------------------------------------------------------


def swing_weights(points: npt.ArrayLike) -> Floats:
    """Weights from swings: points for moving each criterion from its worst to its best, the most wanted 100.

    Only proportions count. Raises BadMatrix. Von Winterfeldt and Edwards 1986.

    >>> [round(float(weight), 2) for weight in swing_weights([100, 60, 40])]
    [0.5, 0.3, 0.2]
    """
    return shares_of(checked_points(points, np.size(points)))


def weights_of(weighting: Weighting) -> Mapping[str, float]:
    """One evaluator's weights of the criteria, summing to 1, in the order they stand there. Raises BadMatrix."""
    weights = ahp(weighting.pairwise).weights if weighting.method == "ahp" else swing_weights(weighting.points)
    return dict(zip(weighting.criteria, weights.tolist(), strict=True))


def group_weights(weightings: Sequence[Weighting]) -> Mapping[str, float]:
    """The weights of several evaluators together: the mean of theirs, each counting by its share.

    Arithmetic, since the geometric mean lets a single 0 strike a criterion out for all; a criterion that somebody did
    not weigh has 0 from them. In the order in which the criteria first appear. Raises BadMatrix (code `no_weight`)
    without an evaluator. Stone 1961, the linear opinion pool; Forman and Peniwati 1998 compare both means.
    """
    if not weightings:
        raise BadMatrix(T("Nobody has weighed the criteria."), hint=T("Add an evaluator first."), code="no_weight")
    whole = sum(weighting.share for weighting in weightings)
    together: dict[str, float] = {}
    for weighting in weightings:
        for criterion, weight in weights_of(weighting).items():
            together[criterion] = together.get(criterion, 0.0) + weight * weighting.share / whole
    return together


def kendall_w(orders: Sequence[Sequence[Hashable]]) -> float:
    """Kendall's coefficient of concordance of several orders of the same items: 1 they agree, 0 they cancel out.

    `orders`: each from first to last. Raises BadMatrix (code `orders`) for fewer than two orders or items, or where two
    orders do not hold the same items. Kendall and Babington Smith 1939: W = 12·S / (m²·(n³ − n)).

    >>> kendall_w([("a", "b", "c"), ("a", "b", "c")])
    1.0
    """
    items = list(orders[0]) if len(orders) else []
    if len(orders) < 2 or len(items) < 2:
        raise BadMatrix(
            T("Agreement needs two orders of two vendors at least."), hint=T("Add an evaluator first."), code="orders"
        )
    for number, order in enumerate(orders, 1):
        if len(set(order)) != len(order) or set(order) != set(items):
            raise BadMatrix(
                T("Order {number} does not hold the same vendors as order 1, each once.", number=number),
                hint=T("Every evaluator has to rank the same vendors."),
                code="orders",
            )
    ranks = Counter[Hashable]()
    for order in orders:
        ranks.update({item: rank for rank, item in enumerate(order, 1)})
    judges, count = len(orders), len(items)
    mean = judges * (count + 1) / 2
    squares = sum((ranks[item] - mean) ** 2 for item in items)
    return 12.0 * squares / (judges**2 * (count**3 - count))
