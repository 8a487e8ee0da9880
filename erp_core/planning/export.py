"""The purchase list as a file to send."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from erp_core.files.export import ExportHeader, export_csv, export_xlsx
from erp_core.planning.views import LIST_COLUMNS, Replenishment
from erp_core.text import T, Text, format_share, say

COLUMN_TITLES: dict[str, Text] = {
    "supplier": T("Supplier"),
    "sku": T("SKU"),
    "supplier_sku": T("Supplier’s SKU"),
    "name": T("Product name"),
    "quantity": T("Quantity"),
    "suggested": T("Suggested"),
    "pack": T("Pack size"),
    "moq": T("Minimum order quantity"),
    "price": T("Purchase price"),
    "currency": T("Currency"),
    "line_cost": T("Line cost"),
    "order_by": T("Order by"),
    "on_hand": T("In stock"),
    "reserved": T("Reserved"),
    "on_order": T("On order"),
    "mean_per_day": T("Sells a day"),
    "sd_per_day": T("± a day"),
    "lead_time_days": T("Lead time in days"),
    "safety_stock": T("Safety stock"),
    "reorder_point": T("Reorder point"),
    "reason": T("Why"),
}


def purchase_file(rows: pd.DataFrame, kind: str, header: ExportHeader) -> bytes:
    """The list as 'csv' or 'xlsx'; the workbook says from which plan it comes."""
    columns = [(name, say(COLUMN_TITLES[name], header.language)) for name in LIST_COLUMNS]
    table = rows.assign(**{name: rows[name].round(2) for name in ("mean_per_day", "sd_per_day", "safety_stock")})
    return export_csv(table, columns) if kind == "csv" else export_xlsx(table, columns, header)


def header_of(plan: Replenishment, by: str, at: dt.datetime, language: str) -> ExportHeader:
    """What the list says of itself."""
    return ExportHeader(
        title=say(T("Purchase list"), language),
        by=by,
        at=at,
        language=language,
        filters={
            say(T("Planned from"), language): plan.as_of.isoformat(),
            say(T("Service level"), language): format_share(plan.service_level, language),
            say(T("Review every (days)"), language): str(plan.review_days),
        },
    )
