"""Suppliers' terms, and what is on its way from them, as frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.db import facts
from erp_core.db.bulk import fetch_columns
from erp_core.money import PRICE_SCALE
from erp_core.parties.tables import supplier
from erp_core.purchasing.rules import still_to_come
from erp_core.purchasing.tables import purchase_order, purchase_order_line, receipt, supplier_item


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
    names = [column.name for column in query.selected_columns]
    frame = pd.DataFrame(fetch_columns(connection, query), columns=names).astype({"product_id": "int64"})
    frame["unit_price"] = pd.to_numeric(frame["unit_price"]) / PRICE_SCALE
    for name in ("lead_time_days", "moq", "pack", "minimum_order"):
        frame[name] = pd.to_numeric(frame[name])
    ranked = frame.sort_values(["product_id", "unit_price", "lead_time_days", "supplier_id"], na_position="last")
    return ranked.drop_duplicates("product_id").reset_index(drop=True)


def on_order(connection: sa.Connection) -> pd.DataFrame:
    """What is on its way, one row a product that any standing purchase order names: product_id, on_order (units still
    to come on open lines, 0 when all arrived), expected_on (datetime64, the next day; NaT where none is said).

    A line has received what its file says, or what the receipts that name its purchase order say, whichever is more.
    """
    o, line, r = purchase_order, purchase_order_line, receipt
    query = (
        sa.select(
            line.c.id, o.c.number, line.c.product_id, line.c.quantity, line.c.received_said, line.c.state,
            sa.func.coalesce(line.c.expected_on, o.c.expected_on).label("expected_on"),
        )
        .join(o, o.c.id == line.c.purchase_order_id)
        .where(facts.stands(line), o.c.withdrawn_by.is_(None))
    )  # fmt: skip
    names = ["id", "number", "product_id", "quantity", "received_said", "state", "expected_on"]
    lines = pd.DataFrame(fetch_columns(connection, query), columns=names)
    if lines.empty:
        empty = {"product_id": np.zeros(0, np.int64), "on_order": np.zeros(0, np.int64)}
        return pd.DataFrame(empty | {"expected_on": pd.to_datetime([])})
    arrived = (
        sa.select(r.c.po_number.label("number"), r.c.product_id, sa.func.sum(r.c.quantity).label("arrived"))
        .where(facts.stands(r), r.c.po_number.is_not(None))
        .group_by(r.c.po_number, r.c.product_id)
    )
    came = pd.DataFrame(fetch_columns(connection, arrived), columns=["number", "product_id", "arrived"])
    lines = lines.merge(
        came.astype({"product_id": "int64", "arrived": "int64"}), on=["number", "product_id"], how="left"
    )
    lines["arrived"] = lines["arrived"].fillna(0).astype("int64")
    lines["expected_on"] = pd.to_datetime(lines["expected_on"])
    lines["on_order"] = still_to_come(lines)
    lines["expected_on"] = lines["expected_on"].where(lines["on_order"] > 0)
    return lines.groupby("product_id", as_index=False).agg({"on_order": "sum", "expected_on": "min"})
