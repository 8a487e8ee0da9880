"""What the methods are given, checked: a matrix of floats (rows = vendors), weights, directions.

Places in messages count from 1, as people count. `BadMatrix` is a `ValueError` too, so that a notebook may catch
either.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from erp_core.errors import BadInput
from erp_core.text import T

Floats = npt.NDArray[np.float64]

SUM_TOLERANCE = 1e-9  # weights that miss 1 by less are taken as they stand
DECIMALS = 12  # beside the largest: numbers that agree so far are the same number


class BadMatrix(BadInput, ValueError):
    """A matrix, weights or directions that a method cannot work with."""

    default_code = "bad_matrix"


def checked_matrix(given: npt.ArrayLike, *, vendors: int = 2) -> Floats:
    """`given` as floats, at least `vendors` rows and one column.

    Raises BadMatrix: code `matrix_shape` (empty, ragged, not two-dimensional), `not_a_number` (text, nothing, NaN,
    infinite), `lone_vendor`.
    """
    rows = _as_array(_of_equal_length(given))
    if rows.ndim != 2:
        raise BadMatrix(
            T("The matrix has {count} dimensions, not two.", count=rows.ndim),
            hint=T("Give one row a vendor and one column a criterion."),
            code="matrix_shape",
        )
    if not rows.size:
        raise BadMatrix(
            T("The matrix is empty."),
            hint=T("Give one row a vendor and one column a criterion."),
            code="matrix_shape",
        )
    if len(rows) < vendors:
        raise BadMatrix(
            T("There is only one vendor, and a ranking needs two."),
            hint=T("Add a second vendor, or “do nothing” as one."),
            code="lone_vendor",
        )
    return _finite(rows)


def checked_points(given: npt.ArrayLike, count: int) -> Floats:
    """`given` as `count` numbers of which none is negative and one is above 0.

    Raises BadMatrix: code `weights_size`, `not_a_number`, `negative_weight`, `no_weight` (all are 0).
    """
    points = _as_array(given)
    if points.ndim != 1 or len(points) != count:
        raise BadMatrix(
            T("There are {weights} weights for {criteria} criteria.", weights=points.size, criteria=count),
            hint=T("Give one weight for each column, in the same order."),
            code="weights_size",
        )
    points = _finite(points)
    if (points < 0).any():
        at = int(np.argmax(points < 0))
        raise BadMatrix(
            T("Weight {number} is negative: {value}.", number=at + 1, value=float(points[at])),
            hint=T("A criterion of which less is better has direction −1; its weight stays positive."),
            code="negative_weight",
        )
    if not points.any():
        raise BadMatrix(
            T("All weights are 0."), hint=T("Give at least one criterion a weight above 0."), code="no_weight"
        )
    return points


def shares_of(points: Floats) -> Floats:
    """Checked points divided by their sum."""
    scaled = points / points.max()  # so that the largest floats do not overflow when added
    return np.asarray(scaled / scaled.sum())


def checked_weights(given: npt.ArrayLike, count: int, *, stack: int = 3) -> Floats:
    """`given` as `count` weights that sum to 1; others are divided by their sum, with a warning.

    The warning points at the line `stack` frames up. Raises BadMatrix as `checked_points`.
    """
    weights = checked_points(given, count)
    total = math.fsum(weights.tolist())
    if abs(total - 1.0) <= SUM_TOLERANCE:
        return weights
    warnings.warn(f"The weights sum to {total:g}, not to 1; each was divided by that.", UserWarning, stacklevel=stack)
    return shares_of(weights)


def checked_directions(given: npt.ArrayLike, count: int) -> Floats:
    """`given` as `count` numbers that are +1 (more is better) or −1 (less is better).

    Raises BadMatrix: code `directions_size`, `direction`, `not_a_number`.
    """
    directions = _as_array(given)
    if directions.ndim != 1 or len(directions) != count:
        raise BadMatrix(
            T("There are {directions} directions for {criteria} criteria.", directions=directions.size, criteria=count),
            hint=T("Give +1 or −1 for each column, in the same order."),
            code="directions_size",
        )
    directions = _finite(directions)
    wrong = np.abs(directions) != 1
    if wrong.any():
        at = int(np.argmax(wrong))
        raise BadMatrix(
            T("Direction {number} is {value}, neither +1 nor −1.", number=at + 1, value=float(directions[at])),
            hint=T("+1: the more the better; −1: the less the better."),
            code="direction",
        )
    return directions


def checked_values(given: npt.ArrayLike) -> Floats:
    """`given` as values of vendors × criteria on scales of 0..1; what passes them by rounding is put on their ends.

    Raises BadMatrix: what `checked_matrix` raises, and code `value_scale`.
    """
    values = checked_matrix(given)
    outside = (values < -SUM_TOLERANCE) | (values > 1 + SUM_TOLERANCE)
    if outside.any():
        row, column = _first(outside)
        raise BadMatrix(
            T(
                "Row {row}, column {column} is {value}, outside 0 to 1.",
                row=row + 1,
                column=column + 1,
                value=float(values[row, column]),
            ),
            hint=T("Put every criterion on a scale from 0 (worst) to 1 (best) first."),
            code="value_scale",
        )
    return np.clip(values, 0.0, 1.0)


def refuse_zero_matrix(matrix: Floats) -> None:
    """Raise BadMatrix (code `zero_matrix`) where every entry is 0: nothing was rated."""
    if not matrix.any():
        raise BadMatrix(
            T("Every entry of the matrix is 0."),
            hint=T("Rate the vendors first: a matrix of zeros says nothing about them."),
            code="zero_matrix",
        )


def refuse_not_positive(matrix: Floats, *, zero: bool = False) -> None:
    """Raise BadMatrix (code `not_positive`) at the first entry that is negative, or 0 unless `zero` may stand."""
    wrong = matrix < 0 if zero else matrix <= 0
    if wrong.any():
        row, column = _first(wrong)
        value = float(matrix[row, column])
        raise BadMatrix(
            T("Row {row}, column {column} is {value}, below 0.", row=row + 1, column=column + 1, value=value)
            if zero or value < 0
            else T("Row {row}, column {column} is 0.", row=row + 1, column=column + 1),
            hint=T("This method divides by shares or takes powers; use scales whose entries are above 0."),
            code="not_positive",
        )


def level(matrix: Floats) -> tuple[Floats, Floats]:
    """Each column divided by its largest size, and those sizes (1 for a column of zeros).

    What differs by less than a trillionth of the largest is equal afterwards, so that 0.1 + 0.2 ties with 0.3.
    """
    largest = np.abs(matrix).max(axis=0)
    unit = np.where(largest > 0, largest, 1.0)
    return np.round(matrix / unit, DECIMALS), unit


def differing(matrix: Floats) -> npt.NDArray[np.bool_]:
    """Which columns tell the rows apart."""
    return np.asarray(matrix.max(axis=0) > matrix.min(axis=0))


def minmax(matrix: npt.ArrayLike, directions: npt.ArrayLike) -> Floats:
    """Each column between its worst entry (0) and its best (1).

    A scale that depends on who is compared: another vendor may reorder the others. A column of equal entries is 1
    throughout: it holds nothing against anybody. Raises BadMatrix.
    """
    levelled, _ = level(checked_matrix(matrix))
    oriented = levelled * checked_directions(directions, levelled.shape[1])
    low, high = oriented.min(axis=0), oriented.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    return np.where(high > low, (oriented - low) / span, 1.0)


def _first(wrong: npt.NDArray[np.bool_]) -> tuple[int, int]:
    row, column = np.argwhere(wrong)[0]
    return int(row), int(column)


def _of_equal_length(rows: Any) -> Any:
    """The rows as they came; ragged ones are refused."""
    if isinstance(rows, Sequence) and not isinstance(rows, str):
        widths = [len(row) if isinstance(row, Sequence | np.ndarray) else None for row in rows]
        for number, width in enumerate(widths[1:], 2):
            if width != widths[0]:
                raise BadMatrix(
                    T("Row {row} is not as long as row 1.", row=number),
                    hint=T("Every row needs one entry for each criterion."),
                    code="matrix_shape",
                )
    return rows


def _as_array(given: Any) -> npt.NDArray[Any]:
    try:
        array = np.asarray(given)
        # One word among numbers turns all of them into words: so read, each entry stays what it was.
        return array if array.dtype.kind not in "US" else np.asarray(given, dtype=object)
    except ValueError as problem:
        raise BadMatrix(
            T("The matrix is not a table of numbers."),
            hint=T("Give one row a vendor and one column a criterion."),
            code="matrix_shape",
        ) from problem


def _finite(array: npt.NDArray[Any]) -> Floats:
    """The entries as floats; the first that is no finite number is refused with its place."""
    if array.dtype.kind in "iuf":
        floats = array.astype(np.float64)
    else:
        floats = np.empty(array.shape)
        for place, entry in np.ndenumerate(array):
            floats[place] = _number(entry, place)
    bad = ~np.isfinite(floats)
    if bad.any():
        place = tuple(int(at) for at in np.argwhere(bad)[0])
        raise _no_number(place, str(array[place]))
    return floats


def _number(entry: Any, place: tuple[int, ...]) -> float:
    if not isinstance(entry, str | bytes | bool | np.bool_ | complex | np.complexfloating):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return float(entry)
    raise _no_number(place, repr(entry.item() if isinstance(entry, np.generic) else entry))


def _no_number(place: tuple[int, ...], entry: str) -> BadMatrix:
    row, column = (place[0] + 1, place[-1] + 1) if place else (1, 1)
    return BadMatrix(
        T("Row {row}, column {column} is no finite number: {entry}.", row=row, column=column, entry=entry)
        if len(place) > 1
        else T("Number {number} is no finite number: {entry}.", number=row, entry=entry),
        hint=T("What is unknown has no place here: decide what to put in its stead, or leave the row or column out."),
        code="not_a_number",
    )
