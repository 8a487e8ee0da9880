"""What rests on products: why they cannot be laid aside, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp_core.catalog.tables import bom_line, product, product_barcode, product_cost, sku_alias
from erp_core.db.bulk import load_temporary
from erp_core.orders.tables import order_line, return_case, sales_order, shipment_line
from erp_core.purchasing.tables import purchase_order_line, receipt, supplier_item
from erp_core.stock.tables import stock_movement
from erp_core.text import T, Text

_OF_ORDERS = ("sale", "return", "write_off", "reserve", "reversal")
_USES: Mapping[str, Text] = {
    "orders": T("{count} orders"),
    "movements": T("{count} counts, receipts and adjustments of stock"),
    "returns": T("{count} returns"),
    "shipments": T("{count} rows of shipments"),
    "bought": T("{count} lines of purchase orders"),
    "received": T("{count} receipts"),
    "part_of": T("{count} bundles that contain it"),
    "mapped": T("{count} SKUs of shops that are mapped to it"),
    "parts": T("{count} products packed into it"),
    "costs": T("{count} costs"),
    "items": T("{count} suppliers’ items"),
    "barcodes": T("{count} barcodes"),
}


def uses_of(
    connection: sa.Connection, product_ids: Sequence[int], *, with_master_data: bool = False
) -> Mapping[int, tuple[Text, ...]]:
    """What names each of these products, with its count; products that nothing names are left out.

    `with_master_data`: also what a person or a list said of them (costs, suppliers’ items, barcodes, what is packed
    in), which tells a product from a mere by-product of sales. Needs a connection that may write.
    """
    wanted = load_temporary(connection, "questioned_products", {"id": (sa.BigInteger(), list(product_ids))})
    queries = _facts() | (_master_data() if with_master_data else {})
    found: dict[int, list[Text]] = defaultdict(list)
    for name, query in queries.items():
        named = query.subquery()
        counts = (
            sa.select(wanted.c.id, sa.func.count()).join(named, named.c.product_id == wanted.c.id).group_by(wanted.c.id)
        )
        for product_id, count in connection.execute(counts):
            found[int(product_id)].append(Text(_USES[name].id, (("count", int(count)),)))
    return {product_id: tuple(texts) for product_id, texts in found.items()}


def _facts() -> dict[str, sa.Select[Any]]:
    m, later = stock_movement.c, stock_movement.alias("later")
    taken_back = sa.exists(sa.select(sa.literal(1)).where(later.c.reverses == m.id))
    orders = (  # earlier versions count: an undo brings them back
        sa.select(order_line.c.product_id, order_line.c.order_id)
        .distinct()
        .join(sales_order, sales_order.c.id == order_line.c.order_id)
        .where(sales_order.c.withdrawn_by.is_(None))
    )
    return {
        "orders": orders,
        "movements": sa.select(m.product_id).where(m.kind.not_in(_OF_ORDERS), ~taken_back),
        "returns": _standing(return_case),
        "shipments": sa.select(shipment_line.c.product_id),
        "bought": _standing(purchase_order_line),
        "received": _standing(receipt),
        "part_of": sa.select(bom_line.c.component_id.label("product_id")),
        "mapped": sa.select(sku_alias.c.product_id),
    }


def _master_data() -> dict[str, sa.Select[Any]]:
    codes = sa.union_all(
        sa.select(product_barcode.c.product_id),
        sa.select(product.c.id.label("product_id")).where(product.c.barcode.is_not(None)),
    ).subquery()
    return {
        "parts": sa.select(bom_line.c.parent_id.label("product_id")),
        "costs": sa.select(product_cost.c.product_id).where(product_cost.c.withdrawn_by.is_(None)),
        "items": sa.select(supplier_item.c.product_id).where(supplier_item.c.withdrawn_by.is_(None)),
        "barcodes": sa.select(codes.c.product_id),
    }


def _standing(facts: sa.Table) -> sa.Select[Any]:
    return sa.select(facts.c.product_id).where(facts.c.withdrawn_by.is_(None), facts.c.superseded_by.is_(None))
