"""Amazon, Manage FBA Inventory: one row an offer, what lies in Amazon's warehouses and what is on its way there.

What can be sold and what is reserved lie there both: on hand is their sum. `afn-unsellable-quantity` is damaged stock
and no one's supply; `your-price` is a selling price, not a cost. The report names no day: it holds at the moment of the
import (report type GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA).
"""

from erp_core.imports.declaration import Combine, Format, Kind
from erp_core.imports.formats.amazon_all_orders import FBA
from erp_core.text import T

FORMAT = Format(
    name="amazon-fba-inventory",
    title=T("Amazon, FBA inventory"),
    kind=Kind.STOCK,
    platform="Amazon",
    signature=(
        frozenset({"afn-fulfillable-quantity"}),
        frozenset({"afn-warehouse-quantity"}),
        frozenset({"fnsku", "afn-total-quantity"}),
    ),
    columns={
        "sku": ("sku",),
        "name": ("product-name",),
        # read before quantity, so that quantity is never the reserved units alone
        "reserved": ("afn-reserved-quantity",),
        "quantity": ("afn-fulfillable-quantity", "afn-reserved-quantity"),
        "incoming": (
            "afn-inbound-working-quantity",
            "afn-inbound-shipped-quantity",
            "afn-inbound-receiving-quantity",
        ),
    },
    required=("sku", "quantity"),
    combined={"quantity": Combine.SUM, "incoming": Combine.SUM},
    constants={"location": FBA},
)
