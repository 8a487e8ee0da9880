"""What is left of orders, SKUs and channels, as a document for programs and as a file for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from erp_core.calendar import Period
from erp_core.files.export import ExportHeader, export_csv, export_xlsx
from erp_core.money import decimals
from erp_core.overview.contribution import AMOUNTS, BESIDES, COLUMNS, DEDUCTIONS, KEYS, LACKS
from erp_core.text import T, Text, format_share, say

TITLES: Mapping[str, Text] = {  # of the columns that people read
    "external_id": T("Order id"),
    "ds": T("Date"),
    "channel": T("Channel"),
    "sku": T("SKU"),
    "name": T("Product name"),
    "currency": T("Currency"),
    "revenue": T("Revenue"),
    **DEDUCTIONS,
    "contribution": T("Contribution"),
    "share": T("Contribution rate"),
    "missing": T("Missing"),
    "known_share": T("Known share of revenue"),
    "orders": T("Orders"),
    "units": T("Units sold"),
    "restocked_cost": T("Cost of goods back on the shelf"),
    "shipping_income": T("Paid by buyers beside the goods"),
}


def to_json(frame: pd.DataFrame, by: str, period: Period) -> dict[str, Any]:
    """The table of `contribution` as one document; money with the currency's decimals, None where not known."""
    said = frame.attrs
    places = decimals(said["currency"])
    return {
        "by": by,
        "currency": said["currency"],
        "period": {"start": period.start.isoformat(), "end": period.end.isoformat()},
        "rows": [_plain_row(row, places) for row in frame.drop(columns="currency").to_dict("records")],
        "totals": _plain_row(said["totals"], places),
        "known_share": _plain("known_share", said["known_share"], places),
        "unknown_share": {name: _plain("share", share, places) for name, share in said["unknown_share"].items()},
    }


def _plain_row(row: Mapping[Any, Any], places: int) -> dict[str, Any]:
    return {str(name): _plain(str(name), value, places) for name, value in row.items()}


def _plain(name: str, value: Any, places: int) -> Any:
    if name == "missing":
        return list(value)
    if value is None or pd.isna(value):
        return None
    if name in AMOUNTS or name in BESIDES:
        return round(float(value), places)
    if name in ("share", "known_share"):
        return round(float(value), 6)
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return value


def shown_columns(by: str) -> list[str]:
    """The columns that people read; our own numbers of things are left out."""
    return [name for name in (*KEYS[by], *COLUMNS) if name in TITLES]


def shown_rows(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """The table with what is missing in words, shares to four decimals, and days as days."""
    shown = frame.assign(
        missing=[", ".join(say(LACKS[name], language) for name in names) for names in frame["missing"]],
        share=frame["share"].round(4),
        known_share=frame["known_share"].round(4),
    )
    if "ds" in shown:
        shown["ds"] = [None if pd.isna(day) else day.date() for day in shown["ds"]]
    return shown


def contribution_file(
    frame: pd.DataFrame, by: str, period: Period, kind: str, told: tuple[str, dt.datetime, str]
) -> bytes:
    """All rows as 'csv' or 'xlsx'; the workbook says of which period. `told`: by whom, when (UTC), in what language."""
    who, at, language = told
    known = frame.attrs["known_share"]
    header = ExportHeader(
        title=say(T("Contribution"), language),
        by=who,
        at=at,
        language=language,
        filters={
            say(T("Period"), language): f"{period.start.isoformat()} – {period.end.isoformat()}",
            say(T("Known share of revenue"), language): "–" if known is None else format_share(known, language),
        },
    )
    rows, columns = shown_rows(frame, language), [(name, say(TITLES[name], language)) for name in shown_columns(by)]
    return export_csv(rows, columns) if kind == "csv" else export_xlsx(rows, columns, header)
