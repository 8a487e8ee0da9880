"""Files that tell of facts: returns, purchase orders, receipts, parcels, contacts, fees. The row is the unit.

Facts are appended. A later file that says something else of a fact sets the earlier row aside; an undo brings it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from erp_core.customers import service as customers
from erp_core.db.uow import UnitOfWork
from erp_core.imports.batch import Batch
from erp_core.imports.checked import Checked
from erp_core.imports.declaration import Kind
from erp_core.imports.fact_rows import Bools
from erp_core.imports.load_after_sales import load_contacts, load_returns, load_tracking
from erp_core.imports.load_fees import load_fees
from erp_core.imports.load_purchases import load_purchase_orders, load_receipts
from erp_core.imports.load_reference import receipt_of
from erp_core.imports.receipt import Receipt
from erp_core.orders import returns, shipments
from erp_core.text import T

_Loader = Callable[[Batch, Checked], tuple[Bools, int]]
LOADERS: Mapping[Kind, _Loader] = {
    Kind.RETURNS: load_returns,
    Kind.PURCHASE_ORDERS: load_purchase_orders,
    Kind.RECEIPTS: load_receipts,
    Kind.TRACKING: load_tracking,
    Kind.CONTACTS: load_contacts,
    Kind.FEES: load_fees,
}


def load(batch: Batch, checked: Checked) -> Receipt:
    """Store what is new or changed; the receipt."""
    batch.progress(0.45, T("Storing {count} rows …", count=checked.count))
    accepted, quantity = LOADERS[checked.source.declared.kind](batch, checked)
    return receipt_of(batch, checked, accepted, quantity)


def withdraw_after_sales(uow: UnitOfWork, batch_id: int) -> list[int]:
    """Take back the returns, parcels and contacts of an import; the products whose stock moves."""
    shipments.withdraw_batch(uow, batch_id)
    customers.withdraw_batch(uow, batch_id)
    return returns.withdraw_batch(uow, batch_id)
