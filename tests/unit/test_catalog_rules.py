"""What bundles cost, and what is sold in them: computed by hand."""

from __future__ import annotations

import pandas as pd

from erp_core.catalog.rules import derived_costs, exploded_units

PARTS = pd.DataFrame({"parent_id": [9, 9, 8], "component_id": [1, 2, 3], "units": [1, 3, 2]})


def costs(*rows: tuple[int, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["product_id", "valid_from", "currency", "unit_cost"])
    frame["valid_from"] = pd.to_datetime(frame["valid_from"])
    return frame.astype({"product_id": "int64", "unit_cost": float})


def test_a_bundle_has_a_cost_on_each_day_on_which_a_part_has_a_new_one() -> None:
    found = derived_costs(
        costs((1, "2025-01-01", "CNY", 10.0), (1, "2025-03-01", "CNY", 12.0), (2, "2025-02-01", "CNY", 2.0)), PARTS
    )
    # before February the second part costs what it costs first: 10 + 3·2; in March 12 + 3·2. Bundle 8 has no known part.
    assert found["product_id"].tolist() == [9, 9, 9]
    assert found["unit_cost"].tolist() == [16.0, 16.0, 18.0]
    assert found["currency"].unique().tolist() == ["CNY"]


def test_a_part_without_a_cost_or_in_another_currency_leaves_it_unknown() -> None:
    assert derived_costs(costs((1, "2025-01-01", "CNY", 10.0)), PARTS).empty
    assert derived_costs(costs((1, "2025-01-01", "CNY", 10.0), (2, "2025-01-01", "USD", 2.0)), PARTS).empty
    assert derived_costs(costs(), PARTS).empty


def test_an_own_cost_wins() -> None:
    found = derived_costs(
        costs((9, "2025-01-01", "CNY", 15.0), (1, "2025-01-01", "CNY", 10.0), (2, "2025-01-01", "CNY", 2.0)), PARTS
    )
    assert found.empty


def test_units_of_bundles_become_units_of_parts() -> None:
    sold = pd.DataFrame({"product_id": [9, 5], "quantity": [2, 7], "money": [60.0, 1.0]})
    found = exploded_units(sold, PARTS)
    assert list(zip(found["product_id"], found["quantity"], found["sold_id"], found["share"], strict=True)) == [
        (1, 2, 9, 0.25), (2, 6, 9, 0.75), (5, 7, 5, 1.0),
    ]  # fmt: skip
