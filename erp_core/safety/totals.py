"""Control totals: the sums by which a bookkeeper tells that two sets of books are the same.

They are declared over names of tables and columns, since a backup may be of an older schema: what that does not have is
left out. Each is computed in the snapshot that a backup is made of, stands in its manifest, and is computed anew from
what a restore has put back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from erp_core.text import T, Text

Totals = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Total:
    """One control total: rows of `table`, or the sum of `column`, for each value of `by`; `standing` leaves out what an
    import replaced or took back."""

    name: str
    label: Text
    table: str
    column: str | None = None
    by: str | None = None
    standing: tuple[str, ...] = ()


_WITHDRAWN = ("withdrawn_by",)
_FACT = ("superseded_by", "withdrawn_by")

TOTALS = (
    Total("orders", T("Orders and credit notes"), "sales_order", by="document", standing=_WITHDRAWN),
    Total("order_units", T("Units in orders"), "sales_order", "quantity", "document", _WITHDRAWN),
    Total("goods", T("Goods sold, minor units"), "sales_order", "goods", "currency", _WITHDRAWN),
    Total("charges", T("Charges to buyers, minor units"), "sales_order", "charges", "currency", _WITHDRAWN),
    Total("refunded", T("Refunds, minor units"), "sales_order", "refunded", "currency", _WITHDRAWN),
    Total("lines", T("Order lines"), "order_line", standing=("superseded_by",)),
    Total("line_amounts", T("Amounts of order lines, minor units"), "order_line", "amount", None, ("superseded_by",)),
    Total("fees", T("Fees, minor units"), "settlement_fee", "amount", "currency", _FACT),
    Total("returned_units", T("Units returned"), "return_case", "quantity", "state", _FACT),
    Total("received_units", T("Units received"), "receipt", "quantity", "currency", _FACT),
    Total("postings", T("Stock movements"), "stock_movement", by="kind"),
    Total("posted_units", T("Units moved"), "stock_movement", "quantity", "kind"),
    Total("on_hand", T("Stock on hand, units"), "stock_balance", "on_hand"),
    Total("reserved", T("Stock reserved, units"), "stock_balance", "reserved"),
    Total("stock_value", T("Stock value, minor units"), "stock_balance", "value"),
    Total("products", T("Products"), "product", standing=_WITHDRAWN),
    Total("customers", T("Customers"), "customer", standing=_WITHDRAWN),
    Total("choices", T("Choices of an ERP"), "decision"),
    Total("ratings", T("Ratings of ERP vendors"), "rating"),
    Total("kept_versions", T("Kept versions of choices"), "decision_version"),
    Total("acts", T("Acts in the audit"), "audit_event"),
)


def totals_of(connection: sa.Connection, tables: sa.MetaData) -> dict[str, dict[str, int]]:
    """The control totals as this connection's snapshot has them, by name and by what they are split by ("" where by
    nothing); money in minor units. `tables`: those of the database's revision."""
    found = {}
    for total in TOTALS:
        table = tables.tables.get(total.table)
        needed = {name for name in (total.column, total.by, *total.standing) if name is not None}
        if table is not None and needed <= set(table.columns.keys()):
            found[total.name] = _split(connection, table, total)
    return found


def _split(connection: sa.Connection, table: sa.Table, total: Total) -> dict[str, int]:
    amount = sa.func.count() if total.column is None else sa.func.coalesce(sa.func.sum(table.c[total.column]), 0)
    query = sa.select(amount).select_from(table).where(*(table.c[name].is_(None) for name in total.standing))
    if total.by is None:
        return {"": int(connection.execute(query).scalar_one())}
    by = table.c[total.by]
    rows = connection.execute(query.add_columns(by).group_by(by))
    return {str(value): int(summed) for summed, value in sorted(rows, key=lambda row: str(row[1]))}


def differences(said: Totals, found: Totals) -> list[tuple[Text, str, int, int]]:
    """What is not the same, of the totals that were said: label, what it is split by, as said, as found."""
    different = []
    for total in TOTALS:
        if total.name not in said:
            continue
        before, after = said[total.name], found.get(total.name, {})
        different += [
            (total.label, part, before.get(part, 0), after.get(part, 0))
            for part in sorted(before.keys() | after.keys())
            if before.get(part, 0) != after.get(part, 0)
        ]
    return different
