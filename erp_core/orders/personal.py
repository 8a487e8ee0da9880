"""What orders hold of persons: sealed before it reaches a statement, merged where a later file says more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.db.bulk import load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.orders.rules import Fate
from erp_core.orders.tables import sales_order
from erp_core.security.sealing import digest_columns, sealing_vault
from erp_core.security.vault import Vault

Ints = npt.NDArray[np.int64]
Column = npt.NDArray[Any]

# The plain column of what a file brings → its name in the order's document.
PERSONAL: Mapping[str, str] = {
    "ship_name": "name",
    "ship_phone": "phone",
    "ship_address": "address",
    "buyer_note": "buyer_note",
    "seller_note": "seller_note",
}
DIGESTS = ("name_digest", "phone_digest", "tail_digest")
SEALED = frozenset({"personal", *DIGESTS})


def sealed_headers(
    uow: UnitOfWork, order_id: Ints, fate: Ints, headers: Mapping[str, Column], withdrawn: npt.NDArray[np.bool_]
) -> dict[str, Column]:
    """The columns of sales_order with the document and the digests in place of what they hold.

    `order_id`: of each incoming order, 0 for a new one. Only those to be written are sealed. Where a standing order is
    revised, the document is what stands with what the file says over it, field by field; `withdrawn` ones start anew.
    """
    columns = {name: column for name, column in headers.items() if name not in PERSONAL}
    said = {field: headers[name] for name, field in PERSONAL.items() if name in headers}
    if not said:
        return columns
    count = len(order_id)
    speaks = np.zeros(count, bool)
    for values in said.values():
        speaks |= np.array([value is not None for value in values.tolist()], bool)
    speaks &= np.isin(fate, (int(Fate.NEW), int(Fate.CHANGED)))
    at = np.flatnonzero(speaks)
    nothing = {name: np.full(count, None, object) for name in ("personal", *DIGESTS)}
    if not len(at):
        return columns | nothing
    vault = sealing_vault(uow.connection)
    documents = {field: values[at].copy() for field, values in said.items()}
    _fill_from_standing(uow.connection, vault, np.where(withdrawn, 0, order_id)[at], documents)
    sealed = {"personal": vault.seal_columns(documents), **digest_columns(vault, documents, DIGESTS, len(at))}
    for name, values in sealed.items():
        nothing[name][at] = values
    return columns | nothing


def _fill_from_standing(connection: sa.Connection, vault: Vault, order_id: Ints, documents: dict[str, Column]) -> None:
    """What stands of a revised order counts where the file says nothing."""
    position = {number: at for at, number in enumerate(order_id.tolist()) if number}
    if not position:
        return
    wanted = load_temporary(connection, "resealed_orders", {"id": (sa.BigInteger(), list(position))})
    query = (
        sa.select(sales_order.c.id, sa.type_coerce(sales_order.c.personal, sa.Text))
        .join(wanted, wanted.c.id == sales_order.c.id)
        .where(sales_order.c.personal.is_not(None))
    )
    for number, sealed in connection.execute(query).all():
        for field, value in vault.open(sealed).items():
            column = documents.setdefault(field, np.full(len(order_id), None, object))
            if column[position[number]] is None:
                column[position[number]] = value
