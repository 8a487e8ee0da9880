"""Orders in the making: what the steps of the assembly read and fill in. Pure; no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from erp_core.imports.declaration import Format, Part
from erp_core.imports.rows import Bools, Ints, Rows
from erp_core.imports.shape import Source

Column = npt.NDArray[Any]


@dataclass(frozen=True)
class Assumptions:
    """What holds where the file says nothing. `currency`: the person's word, before the format's; `company_currency`
    and `company_zone`: last resort; `unit_factors`: SKU → stock units of one unit sold, where more than one;
    `header_only_allowed`: orders whose lines are stored already."""

    currency: str | None
    company_currency: str
    company_zone: str
    channel: str | None = None
    unit_factors: Mapping[str, int] = field(default_factory=dict)
    header_only_allowed: frozenset[str] = frozenset()


@dataclass
class Draft:
    """Rows and the orders that they form.

    `order_of_row`: index into `ids`, −1 without an order; `precedence`: row positions, the header file's before the
    lines file's; `header` and `lines`: columns by name, one entry per order or line; `order_currency` and
    `row_currency`: indices into `currencies`; `amount`: minor units per row; `quantity`: stock units per row, `factor`:
    stock units of one unit sold.
    """

    rows: Rows
    sources: tuple[Source, ...]
    assumed: Assumptions
    ids: list[str]
    order_of_row: Ints
    precedence: Ints
    header: dict[str, Column] = field(default_factory=dict)
    lines: dict[str, Column] = field(default_factory=dict)
    currencies: list[str] = field(default_factory=list)
    order_currency: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    row_currency: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    amount: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    quantity: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    factor: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    skus: list[str] = field(default_factory=list)
    sku_titles: list[str | None] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many orders."""
        return len(self.ids)

    @property
    def declared(self) -> Format:
        """The format that speaks of the orders as a whole."""
        return next((s.declared for s in self.sources if s.declared.part is not Part.LINES), self.sources[0].declared)

    def first_row(self, usable: Bools) -> Ints:
        """For each order the position of its first usable row by precedence, −1 without one."""
        first = np.full(self.count, -1, np.int64)
        at = self.precedence[(usable & (self.order_of_row >= 0))[self.precedence]]
        first[self.order_of_row[at[::-1]]] = at[::-1]
        return first

    def of_rows(self, per_order: Column, otherwise: Any) -> Column:
        """A value per order, spread over its rows."""
        if not self.count:
            return np.full(self.rows.count, otherwise, per_order.dtype)
        return np.where(self.order_of_row >= 0, per_order[self.order_of_row], otherwise)

    def any_row(self, where: Bools) -> Bools:
        """Which orders have a row in `where`."""
        found = np.zeros(self.count, bool)
        found[self.order_of_row[where & (self.order_of_row >= 0)]] = True
        return found

    def column(self, name: str) -> str | None:
        """The header under which the first source that has the field holds it."""
        found = (s.table.columns[s.indices[name]] for s in self.sources if name in s.indices)
        return next(found, None)
