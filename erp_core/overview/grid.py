"""Stock by class and by age: how many products and how much money in each. Pure."""

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


AGES = ("0–30", "31–60", "61–90", "91–180", ">180", "never")


def ageing(position: pd.DataFrame) -> pd.DataFrame:
    """Stock by how long its product has not sold: age (days), products, value (at cost, where known), in that order.

    Without receipts the age of single units is not known; the days since the last sale stand for it."""
    stocked = position[position["on_hand"].fillna(0) > 0]
    sums = stocked.groupby("age").agg(products=("product_id", "count"), value=("value", "sum")).reindex(list(AGES))
    return sums.fillna(0).rename_axis("age").reset_index().astype({"products": "int64", "value": float})
