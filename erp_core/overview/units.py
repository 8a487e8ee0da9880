"""In which unit a product is counted: sold by the kilogram, counted by the gram.

Everything stored counts whole stock units. When a person names a smaller unit, what is stored is said anew in it: no
fact changes, only the unit that it is told in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.catalog.tables import bom_line, product, product_cost
from erp_core.company.views import read_company
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.orders import rollups
from erp_core.orders.movements import recount_units
from erp_core.orders.tables import order_line, return_case, shipment_line
from erp_core.planning.tables import purchase_choice
from erp_core.purchasing.tables import purchase_order_line, receipt, supplier_item
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.stock.tables import stock_movement
from erp_core.text import T

LARGEST_FACTOR = 1_000_000

# Every stored quantity of a product, by the column that names the product.
_QUANTITIES: tuple[tuple[sa.Column[Any], tuple[sa.Column[Any], ...]], ...] = (
    (order_line.c.product_id, (order_line.c.quantity,)),
    (
        stock_movement.c.product_id,
        (stock_movement.c.quantity, stock_movement.c.reserved, stock_movement.c.incoming, stock_movement.c.level),
    ),
    (return_case.c.product_id, (return_case.c.quantity, return_case.c.restocked)),
    (receipt.c.product_id, (receipt.c.quantity,)),
    (purchase_order_line.c.product_id, (purchase_order_line.c.quantity, purchase_order_line.c.received_said)),
    (shipment_line.c.product_id, (shipment_line.c.quantity,)),
    (supplier_item.c.product_id, (supplier_item.c.moq, supplier_item.c.pack)),
    (bom_line.c.component_id, (bom_line.c.quantity,)),
    (purchase_choice.c.product_id, (purchase_choice.c.suggested, purchase_choice.c.chosen)),
)
# Every stored price or cost of one unit.
_PRICES: tuple[tuple[sa.Column[Any], sa.Column[Any]], ...] = (
    (order_line.c.product_id, order_line.c.unit_price),
    (product_cost.c.product_id, product_cost.c.unit_cost),
    (supplier_item.c.product_id, supplier_item.c.unit_price),
    (receipt.c.product_id, receipt.c.unit_cost),
    (purchase_order_line.c.product_id, purchase_order_line.c.unit_price),
)


@dataclass(frozen=True)
class Unit:
    """1 `unit` that is sold = `factor` `stock_unit` that are counted; factor 1: counted as it is sold."""

    unit: str | None
    stock_unit: str | None = None
    factor: int = 1


def change_unit(uow: UnitOfWork, product_id: int, unit: Unit) -> None:
    """Say in which unit a product is sold and counted; stored quantities and prices are said anew in it.

    Raises NotFound; BadInput for a factor that cannot be; Conflict where a larger unit would leave parts of one.
    """
    require(uow, Permission.EDIT_CATALOG)
    _check(unit)
    connection = uow.connection
    held = connection.execute(
        sa.select(product.c.sku, product.c.unit, product.c.stock_unit, product.c.unit_factor).where(
            product.c.id == product_id, product.c.withdrawn_by.is_(None)
        )
    ).one_or_none()
    if held is None:
        raise NotFound(
            T("There is no product {product}.", product=product_id),
            hint=T("Choose it again from the list."),
            code="product.missing",
        )
    if unit.factor != held.unit_factor:
        _say_anew(uow, product_id, held.unit_factor, unit.factor)
    counted = unit.stock_unit.strip() if unit.stock_unit and unit.factor > 1 else None
    connection.execute(
        sa.update(product)
        .where(product.c.id == product_id)
        .values(unit=(unit.unit or "").strip() or None, stock_unit=counted, unit_factor=unit.factor)
    )
    before = {"unit": held.unit, "stock_unit": held.stock_unit, "factor": held.unit_factor}
    after = {"unit": (unit.unit or "").strip() or None, "stock_unit": counted, "factor": unit.factor}
    audit.record(uow, audit.Act.CHANGE_UNIT, held.sku, before=before, after=after)


def _check(unit: Unit) -> None:
    if not 1 <= unit.factor <= LARGEST_FACTOR:
        raise BadInput(
            T("One unit is counted as 1 to {most} smaller ones.", most=LARGEST_FACTOR),
            hint=T("For kilograms counted in grams write 1000."),
            code="unit.factor",
        )
    if unit.factor > 1 and not (unit.unit or "").strip():
        raise BadInput(
            T("A product that is counted in a smaller unit needs the name of the unit that it is sold in."),
            hint=T("Write for instance kg, and g as the smaller unit."),
            code="unit.name",
        )


def _say_anew(uow: UnitOfWork, product_id: int, old: int, new: int) -> None:
    connection = uow.connection
    for owner, columns in _QUANTITIES:
        for column in columns:
            _refuse_parts(connection, owner == product_id, column, (old, new))
    of_product = sa.select(order_line.c.order_id).distinct().where(order_line.c.product_id == product_id)
    ids = connection.execute(of_product).scalars().all()
    orders = load_temporary(connection, "remeasured_orders", {"id": (sa.BigInteger(), list(ids))})
    rollups.add(connection, orders, -1)
    for owner, columns in _QUANTITIES:
        anew = {column.name: (column * new) // old for column in columns}  # whole, as was checked
        connection.execute(sa.update(owner.table).where(owner == product_id).values(anew))
    for owner, price in _PRICES:
        connection.execute(
            sa.update(price.table)
            .where(owner == product_id, price.is_not(None))
            .values({price.name: (2 * old * price + new) // (2 * new)})
        )
    recount_units(connection, orders)
    rollups.add(connection, orders, 1)
    rollups.sweep(connection)
    stock.refresh(uow, [product_id], read_company(connection).time_zone)
    stock.revalue(uow)


def _refuse_parts(
    connection: sa.Connection, where: sa.ColumnElement[bool], column: sa.Column[Any], factors: tuple[int, int]
) -> None:
    old, new = factors
    if new % old == 0:
        return
    query = sa.select(sa.func.count()).where(where, column.is_not(None), (column * new) % old != 0)
    if connection.execute(query).scalar_one():
        raise Conflict(
            T("Quantities of this product are stored that are no whole number of the larger unit."),
            hint=T("Keep the smaller unit, or choose one in which all of them are whole."),
            code="unit.parts",
        )
