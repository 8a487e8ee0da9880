"""What a person changed in a table, told from what stood: cells, costs, parts, lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd

from erp_core.catalog.editing import CostEntry
from ui.bundles_panel import _components
from ui.by_hand_panel import _amount
from ui.products_table import _changes

DAY = dt.date(2026, 3, 2)
BEFORE = pd.DataFrame(
    {
        "product_id": [1, 2, 3], "sku": ["A", "B", "C"], "name": ["Ant", None, "Cow"], "category": [None, None, "Farm"],
        "unit": None, "barcode": None, "unit_cost": [2.5, np.nan, 4.0], "cost_currency": ["CNY", "CNY", "USD"],
    }
)  # fmt: skip


def test_an_untouched_table_changes_nothing() -> None:
    assert _changes(BEFORE, BEFORE.copy(), DAY, costs=True) == ({}, [])


def test_exactly_the_changed_cells_are_told() -> None:
    after = BEFORE.copy()
    after.loc[1, "name"] = "Bee"
    after.loc[2, "category"] = None
    after.loc[0, "unit_cost"] = 2.55
    after.loc[2, "cost_currency"] = "CNY"
    changes, costs = _changes(BEFORE, after, DAY, costs=True)
    assert changes == {2: {"name": "Bee"}, 3: {"category": None}}
    assert costs == [CostEntry(1, DAY, "CNY", Decimal("2.55")), CostEntry(3, DAY, "CNY", Decimal("4.0"))]
    assert _changes(BEFORE, after, DAY, costs=False)[1] == []


def test_a_cost_that_is_emptied_or_never_known_is_no_cost() -> None:
    after = BEFORE.copy()
    after.loc[0, "unit_cost"] = np.nan
    after.loc[1, "cost_currency"] = "USD"
    assert _changes(BEFORE, after, DAY, costs=True) == ({}, [])


def test_parts_named_twice_add_up_and_empty_rows_are_passed_over() -> None:
    choices = {"LAMP · Lamp": 1, "BULB": 2}
    table = pd.DataFrame({"part": ["LAMP · Lamp", None, "BULB", "BULB"], "units": pd.array([1, 5, 2, None], "Int64")})
    assert _components(table, choices) == {1: 1, 2: 3}


def test_typed_numbers_stay_what_was_typed() -> None:
    assert [str(_amount(value)) for value in (2.0, 0.1, 19.99, 1200, 0.5)] == ["2", "0.1", "19.99", "1.2E+3", "0.5"]
    assert f"{_amount(1200):f}" == "1200"
