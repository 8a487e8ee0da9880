"""Settlement fees and return cases for tests, put into the tables as files would bring them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp_core.catalog.tables import product
from erp_core.db.engine import Database
from erp_core.finance.tables import settlement_fee
from erp_core.orders.tables import channel, return_case, sales_order


def numbers_of(database: Database) -> dict[str, dict[str, int]]:
    """The ids of channels, products and orders by name, SKU and order number."""
    with database.reading() as connection:

        def found(key: sa.Column[str], number: sa.Column[int]) -> dict[str, int]:
            return dict(connection.execute(sa.select(key, number)).all())  # type: ignore[arg-type]

        return {
            "channel": found(channel.c.name, channel.c.id),
            "product": found(product.c.sku, product.c.id),
            "order": found(sales_order.c.external_id, sales_order.c.id),
        }


def record_fees(database: Database, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert fees: kind, ds (ISO), amount (minor), and optionally channel, order, order_external_id, sku, currency."""
    ids = numbers_of(database)
    records = [
        {
            "channel_id": ids["channel"][row["channel"]] if "channel" in row else min(ids["channel"].values()),
            "order_id": ids["order"][row["order"]] if "order" in row else None,
            "order_external_id": row.get("order_external_id"),
            "product_id": ids["product"][row["sku"]] if "sku" in row else None,
            "kind": row["kind"], "word": row["kind"], "ds": dt.date.fromisoformat(row["ds"]),
            "currency": row.get("currency", "CNY"), "amount": row["amount"], "reference": None,
            "fact_key": f"fee {number}", "content": number, "withdrawn_by": row.get("withdrawn_by"),
            "superseded_by": row.get("superseded_by"),
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    _insert(database, settlement_fee, records)


def record_returns(database: Database, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert return cases: sku, ds (ISO), state, quantity, and optionally order, channel, restocked, refund, currency."""
    ids = numbers_of(database)
    records = [
        {
            "order_id": ids["order"][row["order"]] if "order" in row else None,
            "channel_id": ids["channel"][row["channel"]] if "channel" in row else None,
            "product_id": ids["product"][row["sku"]], "ds": dt.date.fromisoformat(row["ds"]),
            "returned_at": dt.datetime.fromisoformat(row["ds"]).replace(tzinfo=dt.UTC), "state": row["state"],
            "quantity": row["quantity"], "restocked": row.get("restocked", 0), "refund": row.get("refund"),
            "currency": row.get("currency", "CNY"), "fact_key": f"return {number}", "content": number,
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    _insert(database, return_case, records)


def _insert(database: Database, table: sa.Table, records: list[dict[str, Any]]) -> None:
    with database.writing_connection() as connection:
        connection.execute(sa.insert(table), records)
        transaction = connection.get_transaction()
        assert transaction is not None
        transaction.commit()
