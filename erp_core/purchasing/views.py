"""Suppliers' terms as a frame."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from erp_core.money import PRICE_SCALE
from erp_core.parties.tables import supplier
from erp_core.purchasing.tables import supplier_item


def supplier_items(connection: sa.Connection) -> pd.DataFrame:
    """Every standing item of every supplier, as it was entered: item_id, product_id, supplier_id, supplier,
    supplier_sku, currency, unit_price (major units), lead_time_days, moq, pack, preferred (the one that
    `supplier_terms` gives: the cheapest, of equals the quickest); missing = the supplier's own, or not known."""
    i, s = supplier_item.c, supplier.c
    query = (
        sa.select(
            i.id.label("item_id"), i.product_id, i.supplier_id, s.name.label("supplier"), i.supplier_sku, i.currency,
            i.unit_price, i.lead_time_days, i.moq, i.pack,
            sa.func.coalesce(i.lead_time_days, s.lead_time_days).label("known_lead"),
        )
        .join(supplier, s.id == i.supplier_id)
        .where(i.withdrawn_by.is_(None), s.withdrawn_by.is_(None))
    )  # fmt: skip
    result = connection.execute(query)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    frame = frame.astype(dict.fromkeys(("item_id", "product_id", "supplier_id"), "int64"))
    frame["unit_price"] = pd.to_numeric(frame["unit_price"]) / PRICE_SCALE
    for name in ("lead_time_days", "moq", "pack"):
        frame[name] = pd.to_numeric(frame[name]).astype("Int64")
    ranked = frame.sort_values(["product_id", "unit_price", "known_lead", "supplier_id"], na_position="last")
    ranked["preferred"] = ~ranked.duplicated("product_id")
    return ranked.drop(columns="known_lead").reset_index(drop=True)


def supplier_terms(connection: sa.Connection) -> pd.DataFrame:
    """One row a product: its preferred supplier and terms.

    product_id, supplier_id, supplier, supplier_sku, currency, unit_price (major units), lead_time_days, moq, pack,
    minimum_order (minor units of `supplier_currency`). The preferred supplier is the cheapest; of equals the quickest.
    """
    i, s = supplier_item.c, supplier.c
    query = (
        sa.select(
            i.product_id, i.supplier_id, s.name.label("supplier"), i.supplier_sku,
            sa.func.coalesce(i.currency, s.currency).label("currency"), i.unit_price,
            sa.func.coalesce(i.lead_time_days, s.lead_time_days).label("lead_time_days"), i.moq, i.pack,
            s.minimum_order, s.currency.label("supplier_currency"),
        )
        .join(supplier, s.id == i.supplier_id)
        .where(i.withdrawn_by.is_(None), s.withdrawn_by.is_(None))
    )  # fmt: skip
    result = connection.execute(query)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    frame = frame.astype({"product_id": "int64"})
    frame["unit_price"] = pd.to_numeric(frame["unit_price"]) / PRICE_SCALE
    for name in ("lead_time_days", "moq", "pack", "minimum_order"):
        frame[name] = pd.to_numeric(frame[name])
    ranked = frame.sort_values(["product_id", "unit_price", "lead_time_days", "supplier_id"], na_position="last")
    return ranked.drop_duplicates("product_id").reset_index(drop=True)
