"""What an import did to reference rows (products, suppliers, customers …), so that an undo can put them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp_core.catalog.tables import bom_line, product, product_cost, sku_alias
from erp_core.customers.tables import interaction
from erp_core.db import facts
from erp_core.db.bulk import insert_columns
from erp_core.db.uow import UnitOfWork
from erp_core.errors import Conflict
from erp_core.finance.tables import settlement_fee
from erp_core.imports.tables import import_batch, import_change
from erp_core.orders.tables import order_line, return_case, sales_order
from erp_core.parties import service as parties
from erp_core.parties.tables import customer, supplier
from erp_core.purchasing.tables import purchase_order, purchase_order_line, receipt, supplier_item
from erp_core.security.sealing import sealing_vault
from erp_core.stock.tables import stock_movement
from erp_core.text import T

Remember = Callable[[str, Sequence[int], Sequence[Mapping[str, Any]]], None]

_SEALED = "personal"
_TABLES: Mapping[str, sa.Table] = {
    "product": product,
    "supplier": supplier,
    "customer": customer,
    "supplier_item": supplier_item,
    "purchase_order": purchase_order,
}


def rememberer(uow: UnitOfWork, batch_id: int) -> Remember:
    """What the rooms call before they change a row: entity, ids, and the rows' columns as they stand, their sealed
    document (`personal`) opened."""

    def remember(entity: str, ids: Sequence[int], befores: Sequence[Mapping[str, Any]]) -> None:
        vault = sealing_vault(uow.connection)
        insert_columns(
            uow.connection,
            import_change,
            {
                "batch_id": [batch_id] * len(ids),
                "entity": [entity] * len(ids),
                "entity_id": list(ids),
                "before": [
                    {name: _to_json(value) for name, value in before.items() if name != _SEALED} for before in befores
                ],
                "personal": [vault.seal(before.get(_SEALED)) for before in befores],
            },
        )

    return remember


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _from_json(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    return dt.date.fromisoformat(value) if value is not None and isinstance(kind, sa.Date) else value


def refuse_if_later_rests_on(connection: sa.Connection, batch_id: int) -> None:
    """A later import that changed the same reference rows must be undone first."""
    mine, later = import_change.alias("mine"), import_change.alias("later")
    query = (
        sa.select(later.c.batch_id)
        .distinct()
        .select_from(
            mine.join(
                later,
                sa.and_(later.c.entity == mine.c.entity, later.c.entity_id == mine.c.entity_id, later.c.id > mine.c.id),
            ).join(import_batch, import_batch.c.id == later.c.batch_id)
        )
        .where(mine.c.batch_id == batch_id, later.c.batch_id != batch_id, import_batch.c.status == "done")
    )
    batches = sorted(connection.execute(query).scalars().all())
    if batches:
        raise Conflict(
            T(
                "Import {batch} cannot be undone: later imports changed the same rows: {later}.",
                batch=batch_id,
                later=", ".join(map(str, batches)),
            ),
            hint=T("Undo the later imports first, the newest before the older."),
            code="undo.later_imports",
        )  # fmt: skip


def restore(uow: UnitOfWork, batch_id: int) -> None:
    """Put back the content of every row that the batch changed."""
    query = (
        sa.select(import_change.c.entity, import_change.c.entity_id, import_change.c.before, import_change.c.personal)
        .where(import_change.c.batch_id == batch_id, import_change.c.before.is_not(None))
        .order_by(import_change.c.id.desc())
    )
    for entity, entity_id, before, personal in uow.connection.execute(query).all():
        table = _TABLES[entity]
        columns = table.c
        values = {
            name: _from_json(columns[name].type, value)
            for name, value in before.items()
            if name in columns and name != "id"
        }
        if _SEALED in columns:
            parties.write_documents(uow, table, {entity_id: values | {_SEALED: personal}})
        elif values:
            uow.connection.execute(sa.update(table).where(table.c.id == entity_id).values(**values))


def products_in_use() -> sa.Select[Any]:
    """Products that a standing order, an unreversed movement, a cost, an item, a bundle, a mapping or a fact names."""
    taken_back = stock_movement.alias("taken_back")
    lines = (
        sa.select(order_line.c.product_id)
        .join(sales_order, sales_order.c.id == order_line.c.order_id)
        .where(
            sales_order.c.withdrawn_by.is_(None),
            order_line.c.superseded_by.is_(None),
            order_line.c.product_id.is_not(None),
        )
    )
    counts = sa.select(stock_movement.c.product_id).where(
        stock_movement.c.kind.in_(("count", "receipt", "adjustment")),
        ~sa.exists(sa.select(sa.literal(1)).where(taken_back.c.reverses == stock_movement.c.id)),
    )
    costs = sa.select(product_cost.c.product_id).where(product_cost.c.withdrawn_by.is_(None))
    items = sa.select(supplier_item.c.product_id).where(supplier_item.c.withdrawn_by.is_(None))
    told = (
        sa.select(table.c.product_id).where(facts.stands(table), table.c.product_id.is_not(None))
        for table in (return_case, purchase_order_line, receipt, settlement_fee)
    )
    bundles, parts = sa.select(bom_line.c.parent_id), sa.select(bom_line.c.component_id)
    mapped = sa.select(sku_alias.c.product_id)
    return sa.select(sa.union(lines, counts, costs, items, bundles, parts, mapped, *told).subquery().c.product_id)


def customers_in_use() -> sa.Select[Any]:
    """Buyers that a standing order or contact names."""
    orders = sa.select(sales_order.c.customer_id).where(
        sales_order.c.withdrawn_by.is_(None), sales_order.c.customer_id.is_not(None)
    )
    contacts = sa.select(interaction.c.customer_id).where(
        facts.stands(interaction), interaction.c.customer_id.is_not(None)
    )
    return sa.select(sa.union(orders, contacts).subquery().c.customer_id)


def suppliers_in_use() -> sa.Select[Any]:
    """Suppliers that a standing item, purchase order or receipt names."""
    named = (
        sa.select(supplier_item.c.supplier_id).where(supplier_item.c.withdrawn_by.is_(None)),
        sa.select(purchase_order.c.supplier_id).where(
            purchase_order.c.withdrawn_by.is_(None), purchase_order.c.supplier_id.is_not(None)
        ),
        sa.select(receipt.c.supplier_id).where(facts.stands(receipt), receipt.c.supplier_id.is_not(None)),
    )
    return sa.select(sa.union(*named).subquery().c.supplier_id)
