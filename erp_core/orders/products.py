"""Products by hand, with what follows from it in orders and stock: one act, one audit event, one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from erp_core.catalog import editing
from erp_core.catalog.editing import CostEntry
from erp_core.catalog.tables import bom_line, product
from erp_core.company.views import read_company
from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.orders import returns, rollups
from erp_core.orders.rewriting import lines_of, rewritten
from erp_core.orders.tables import order_line, sales_order
from erp_core.orders.uses import uses_of
from erp_core.security import audit
from erp_core.security.guard import lent, require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.text import T


def create_product(
    uow: UnitOfWork, sku: str, fields: Mapping[str, Any], cost: CostEntry | None = None
) -> int:  # fmt: skip
    """A new product, with its first cost where one is given (its `product_id` is not read); returns its id.

    Fields and errors as in `catalog.editing`.
    """
    require(uow, Permission.EDIT_CATALOG)
    product_id = editing.create_product(uow, sku, fields, cost)
    if cost is not None:
        stock.revalue(uow)
    return product_id


def edit_products(
    uow: UnitOfWork, changes: Mapping[int, Mapping[str, Any]], costs: Sequence[CostEntry] = ()
) -> tuple[int, ...]:
    """Change products and record dated costs in one act; returns the products of which something changed.

    Fields and errors as in `catalog.editing.edit_products`. The stock is valued anew.
    """
    touched = editing.edit_products(uow, changes, costs)
    if costs and touched:
        stock.revalue(uow)
    return touched


def remove_cost(uow: UnitOfWork, cost_id: int) -> int:
    """Take back a cost entered by hand; returns its product. The stock is valued anew. Raises NotFound, Conflict."""
    product_id = editing.remove_cost(uow, cost_id)
    stock.revalue(uow)
    return product_id


def set_charge(uow: UnitOfWork, product_id: int, charge: bool) -> bool:
    """Mark a product as a charge, such as postage, or as goods; whether that changed anything.

    Charges neither move stock nor count as goods: what its orders moved and counted so far follows. Raises BadInput for
    a bundle or a part of one, NotFound.
    """
    require(uow, Permission.EDIT_CATALOG)
    sku = _sku(uow, product_id)
    held = uow.connection.execute(sa.select(product.c.is_charge).where(product.c.id == product_id)).scalar_one()
    if bool(held) == charge:
        return False
    b = bom_line.c
    packed = sa.select(sa.literal(1)).where(sa.or_(b.parent_id == product_id, b.component_id == product_id)).limit(1)
    if uow.connection.execute(packed).first() is not None:
        raise BadInput(
            T("“{sku}” is a bundle or part of one, so it cannot be a charge.", sku=sku),
            hint=T("Take it out of the bundle first."),
            code="product.charge_in_bundle",
        )
    order_id, line_no = lines_of(uow.connection, product_id)
    with rewritten(uow, order_id, line_no, rolls_up=True) as rewriting:
        editing.set_charge(uow, product_id, charge)
        returns.move_again(lent(uow, Permission.IMPORT_FILES), returns.cases_of(uow.connection, product_id))
        _count_goods_again(uow, rewriting.orders)
    stock.refresh(uow, [product_id], read_company(uow.connection).time_zone)
    act = audit.Act.MARK_CHARGE if charge else audit.Act.MARK_GOODS
    audit.record(
        uow, act, sku, before={"is_charge": bool(held)}, after={"is_charge": charge}, lines=len(order_id)
    )  # fmt: skip
    return True


def _count_goods_again(uow: UnitOfWork, orders: sa.Table) -> None:
    """Goods, charges and units in the headers of these orders, from their live lines."""
    line = order_line
    sums = (
        sa.select(
            line.c.order_id,
            *(
                sa.func.sum(sa.case((product.c.is_charge.is_(charge), column), else_=0)).label(name)
                for name, column, charge in (
                    ("quantity", line.c.quantity, sa.false()),
                    ("goods", line.c.amount, sa.false()),
                    ("charges", line.c.amount, sa.true()),
                )
            ),
        )
        .select_from(orders.join(line, line.c.order_id == orders.c.id).join(product, product.c.id == line.c.product_id))
        .where(rollups.IS_LIVE_LINE)
        .group_by(line.c.order_id)
    )
    rows = uow.connection.execute(sums).all()
    said = load_temporary(
        uow.connection,
        "counted_again",
        {
            name: (sa.BigInteger(), [int(getattr(row, name)) for row in rows])
            for name in ("order_id", "quantity", "goods", "charges")
        },
    )
    uow.connection.execute(
        sa.update(sales_order)
        .where(sales_order.c.id == said.c.order_id)
        .values(quantity=said.c.quantity, goods=said.c.goods, charges=said.c.charges)
    )


def archive_product(uow: UnitOfWork, product_id: int) -> None:
    """Lay a product aside that nothing rests on. Raises Conflict that names what does, NotFound."""
    require(uow, Permission.EDIT_CATALOG)
    sku = _sku(uow, product_id)
    uses = uses_of(uow.connection, [product_id]).get(product_id, ())
    if uses:
        raise Conflict(
            T("“{sku}” cannot be archived; these rest on it: {uses}.", sku=sku, uses=_listed(uses)),
            hint=T("Take back what was imported or entered by mistake first. A product with history stays."),
            code="product.in_use",
        )
    editing.set_archived(uow, [product_id], archived=True)
    audit.record(uow, audit.Act.ARCHIVE_PRODUCT, sku, before={"archived": False}, after={"archived": True})


def restore_product(uow: UnitOfWork, product_id: int) -> None:
    """Bring an archived product back. Raises NotFound, and Conflict where its barcode was given to another."""
    require(uow, Permission.EDIT_CATALOG)
    sku = _sku(uow, product_id)
    editing.set_archived(uow, [product_id], archived=False)
    editing.refuse_taken_barcodes(uow, product_id)
    audit.record(uow, audit.Act.RESTORE_PRODUCT, sku, before={"archived": True}, after={"archived": False})


def _listed(uses: Sequence[Any]) -> Any:
    listed = uses[0]
    for text in uses[1:]:
        listed = T("{first}, {second}", first=listed, second=text)
    return listed


def _sku(uow: UnitOfWork, product_id: int) -> str:
    sku = uow.connection.execute(sa.select(product.c.sku).where(product.c.id == product_id)).scalar_one_or_none()
    if sku is None:
        raise NotFound(
            T("There is no product with the number {number}.", number=product_id),
            hint=T("It may have been archived meanwhile. Load the page again."),
            code="product.not_found",
        )
    return str(sku)
