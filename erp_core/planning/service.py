"""Keeping what a buyer chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from erp_core.db.bulk import insert_columns
from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput
from erp_core.planning.tables import purchase_choice
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T


def save_choices(uow: UnitOfWork, as_of: dt.date, chosen: Mapping[int, tuple[int, int]]) -> None:
    """Remember chosen quantities of a day's plan: product → (suggested, chosen). 0 strikes the product off the list."""
    require(uow, Permission.PLAN_PURCHASES)
    if any(quantity < 0 for _, quantity in chosen.values()):
        raise BadInput(
            T("A quantity to buy cannot be negative."),
            hint=T("Write 0 to strike the product off the list."),
            code="purchase.negative",
        )
    count = len(chosen)
    insert_columns(
        uow.connection,
        purchase_choice,
        {
            "at": [uow.now()] * count,
            "actor": [uow.actor] * count,
            "as_of": [as_of] * count,
            "product_id": list(chosen),
            "suggested": [suggested for suggested, _ in chosen.values()],
            "chosen": [quantity for _, quantity in chosen.values()],
        },
    )
    audit.record(uow, audit.Act.CHOOSE_PURCHASES, as_of.isoformat(), products=count)
