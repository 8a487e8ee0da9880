"""What is a charge and what a product; when two SKUs are one; what a bundle costs. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import numpy as np
import pandas as pd

_SEPARATORS = re.compile(r"[\s_\-‐‑–—]+")


def is_charge(sku: str, name: str | None, words: Collection[str]) -> bool:
    """Whether a product-like line is a charge: its whole SKU or its whole name is one of the words.

    >>> is_charge("POST", None, {"post"}), is_charge("84029", "Postage stamp album", {"postage"})
    (True, False)
    """
    return sku.strip().casefold() in words or (name is not None and name.strip().casefold() in words)


def plain_sku(sku: str) -> str:
    """The form in which SKUs are compared: width, case, spaces, dashes, underscores and leading zeros do not count.

    >>> plain_sku(" 00Deng_01 "), plain_sku("deng-01"), plain_sku("０００")
    ('deng01', 'deng01', '0')
    """
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", sku).casefold())
    return text.lstrip("0") or text[-1:]


def derived_costs(costs: pd.DataFrame, bundles: pd.DataFrame) -> pd.DataFrame:
    """The costs of bundles without a cost of their own: on each day on which a component's cost changes, the sum of
    units × the component's cost in force; a component has its first cost before that day too.

    `costs`: product_id, valid_from, currency, unit_cost by product and day; `bundles`: parent_id, component_id, units.
    A bundle of which a component has no cost, or whose components are paid in several currencies, has none. Returns the
    columns of `costs`.
    """
    columns = ["product_id", "valid_from", "currency", "unit_cost"]
    open_bundles = bundles[~bundles["parent_id"].isin(costs["product_id"])]
    paid = open_bundles.merge(costs, left_on="component_id", right_on="product_id", how="left")
    by_parent = paid.groupby("parent_id")
    whole = by_parent["currency"].nunique().eq(1) & by_parent["unit_cost"].agg(lambda cost: cost.notna().all())
    paid = paid[paid["parent_id"].map(whole).astype(bool)]
    if paid.empty:
        return costs.head(0)[columns]
    days = paid[["parent_id", "valid_from"]].drop_duplicates()
    parts = open_bundles[open_bundles["parent_id"].isin(days["parent_id"])]
    wanted = parts.merge(days, on="parent_id").sort_values("valid_from", kind="stable")
    held = costs[costs["product_id"].isin(parts["component_id"])].sort_values("valid_from", kind="stable")
    held = held.rename(columns={"product_id": "component_id"})[["component_id", "valid_from", "unit_cost"]]
    priced = pd.merge_asof(wanted, held, on="valid_from", by="component_id")
    first = held.drop_duplicates("component_id").set_index("component_id")["unit_cost"]
    early = priced["unit_cost"].isna()
    priced.loc[early, "unit_cost"] = priced.loc[early, "component_id"].map(first)
    priced["unit_cost"] = priced["unit_cost"] * priced["units"]
    sums = priced.groupby(["parent_id", "valid_from"], as_index=False)["unit_cost"].sum()
    currency = paid.drop_duplicates("parent_id").set_index("parent_id")["currency"]
    result: pd.DataFrame = sums.assign(product_id=sums["parent_id"], currency=sums["parent_id"].map(currency))
    return result[columns]


def exploded_units(units: pd.DataFrame, bundles: pd.DataFrame) -> pd.DataFrame:
    """Rows of units (product_id, quantity, …) with those of bundles as rows of their components: quantity × units.

    Adds `sold_id`, the product as sold, and `share`, the component's part of the bundle's units (1 elsewhere). Other
    columns are repeated as they are.
    """
    parts = bundles.rename(columns={"parent_id": "product_id"})
    rows = units.assign(row=np.arange(len(units))).merge(parts, on="product_id", how="left")
    is_part = rows["component_id"].notna()
    per_unit = rows["units"].fillna(1).astype(np.int64)
    whole = per_unit.groupby(rows["row"]).transform("sum")
    result = rows.assign(
        sold_id=rows["product_id"],
        product_id=rows["component_id"].where(is_part, rows["product_id"]).astype(np.int64),
        quantity=rows["quantity"] * per_unit,
        share=per_unit / whole,
    )
    return result.drop(columns=["component_id", "units"])
