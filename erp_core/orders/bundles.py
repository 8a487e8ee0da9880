"""Bundles: sold as one, stored and moved as the products that are packed into them."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from erp_core.catalog import editing
from erp_core.catalog.tables import bom_line
from erp_core.company.views import read_company
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput
from erp_core.orders import returns
from erp_core.orders.rewriting import lines_of, rewritten
from erp_core.security import audit
from erp_core.security.guard import lent, require
from erp_core.security.permissions import Permission
from erp_core.stock import service as stock
from erp_core.text import T


def set_bundle(uow: UnitOfWork, parent_id: int, components: Mapping[int, int]) -> bool:
    """Say what a product is made of: component → units in one bundle; whether that changed anything.

    The stock movements of all standing orders with the product are written anew, so that history and this definition
    agree. Raises BadInput (nothing in it, itself, a bundle within a bundle, a charge, no whole units), NotFound.
    """
    require(uow, Permission.EDIT_CATALOG)
    if not components:
        raise BadInput(
            T("A bundle needs at least one product in it."),
            hint=T("Choose what is packed into it, or dissolve it."),
            code="bundle.empty",
        )
    return _write(uow, parent_id, components, audit.Act.SET_BUNDLE)


def dissolve_bundle(uow: UnitOfWork, parent_id: int) -> bool:
    """Make a bundle a product of its own again; whether it was a bundle. Its orders move it itself from now on."""
    require(uow, Permission.EDIT_CATALOG)
    return _write(uow, parent_id, {}, audit.Act.DISSOLVE_BUNDLE)


def _write(uow: UnitOfWork, parent_id: int, components: Mapping[int, int], act: audit.Act) -> bool:
    b = bom_line.c
    query = sa.select(b.component_id, b.quantity).where(b.parent_id == parent_id, b.kind == "bundle")
    held: dict[int, int] = dict(uow.connection.execute(query).all())
    if held == dict(components):
        return False
    order_id, line_no = lines_of(uow.connection, parent_id)
    with rewritten(uow, order_id, line_no):
        editing.write_bundle(uow, parent_id, components)
        returns.move_again(lent(uow, Permission.IMPORT_FILES), returns.cases_of(uow.connection, parent_id))
    concerned = sorted({parent_id, *held, *components})
    stock.refresh(uow, concerned, read_company(uow.connection).time_zone)
    audit.record(
        uow, act, str(parent_id), before={"components": held}, after={"components": components}, lines=len(order_id)
    )  # fmt: skip
    return True
