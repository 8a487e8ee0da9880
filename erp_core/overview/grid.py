"""The ABC × XYZ grid: how many products and how much money in each cell. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Cell:
    """Products of one class; `value`: their stock at cost, None where none is known."""

    count: int
    value: float | None
    revenue: float


@dataclass(frozen=True)
class Grid:
    """`cells[i][j]` belongs to `rows[i]` (A, B, C) and `columns[j]` (X, Y, Z, – without demand)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def abc_xyz_grid(position: pd.DataFrame) -> Grid:
    """Count, value and revenue per class of `planning.views.stock_position`."""
    rows, columns = ("A", "B", "C"), ("X", "Y", "Z", "–")

    def cell(row: str, column: str) -> Cell:
        here = position[(position["abc"] == row) & (position["xyz"] == column)]
        known = here["value"].dropna()
        return Cell(len(here), float(known.sum()) if len(known) else None, float(here["revenue"].sum()))

    return Grid(rows, columns, tuple(tuple(cell(row, column) for column in columns) for row in rows))
