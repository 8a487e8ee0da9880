"""What sold, as a document for programs, as lines for the terminal, and as a file for people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.company.views import Company
from erp_core.files.export import ExportHeader, export_csv, export_xlsx
from erp_core.finance.amounts import missing_rates
from erp_core.metrics.registry import METRICS
from erp_core.money import decimals
from erp_core.overview.sales import AMOUNTS, BYS, SalesQuery, is_money, sales_by, sales_over_time
from erp_core.overview.trend import lengths_of
from erp_core.terminal import ROWS_SHOWN
from erp_core.text import T, Text, say

_CHAIN = ("gross_sales", "line_discounts", "revenue", "order_discounts", "refunds", "credit_notes", "net_sales")
_NUMBERS = ("units", "orders", *AMOUNTS, "average_order_value")
_KEYS = {"channel": ("channel",), "category": ("category",), "sku": ("sku", "name", "category")}
TITLES: dict[str, Text] = {
    "channel": T("Channel"),
    "category": T("Category"),
    "sku": T("SKU"),
    "name": T("Product name"),
    "start": T("From"),
    "end": T("To"),
    "units": METRICS["units"].name,
    "orders": METRICS["orders"].name,
    "line_discounts": T("Discounts on lines"),
    "order_discounts": T("Discounts on orders"),
    **{name: METRICS[name].name for name in (*AMOUNTS, "average_order_value") if name in METRICS},
}


@dataclass(frozen=True)
class Answer:
    """The document, the lines for a person, and the rows for a file."""

    document: dict[str, Any]
    lines: list[str]
    rows: pd.DataFrame
    period: Period

    def file(self, kind: str, told: tuple[str, dt.datetime, str]) -> bytes:
        """All rows as 'csv' or 'xlsx'. `told`: by whom, when (UTC), in what language."""
        who, at, language = told
        days = f"{self.period.start.isoformat()} – {self.period.end.isoformat()}"
        header = ExportHeader(say(T("Sales"), language), who, at, language, {say(T("Period"), language): days})
        columns = [(name, say(text, language)) for name, text in TITLES.items() if name in self.rows]
        return export_csv(self.rows, columns) if kind == "csv" else export_xlsx(self.rows, columns, header)


def sales_answer(connection: sa.Connection, company: Company, period: Period, by: str, language: str) -> Answer:
    """What sold in a period, one row for each channel, category, SKU, day, week or month."""
    query = SalesQuery(period)
    if by in BYS:
        frame, keys = sales_by(connection, company, query, by), _KEYS[by]
    else:
        frame, keys = sales_over_time(connection, company, query, lengths_of(period, by)), ("start", "end")
    currency, totals = frame.attrs["currency"], frame.attrs["totals"]
    missing = [say(text, language) for text in missing_rates(frozenset(frame.attrs["lacking"]), currency)]
    wanted = (*keys, *(["beside_products"] if by in BYS else []), *_NUMBERS)
    rows = [{name: _plain(name, row[name], currency) for name in wanted} for row in frame.to_dict("records")]
    document = {
        "by": by,
        "currency": currency,
        "period": {"start": period.start.isoformat(), "end": period.end.isoformat()},
        "rows": rows,
        "totals": {name: _plain(name, totals[name], currency) for name in _NUMBERS},
        "missing": missing,
    }
    shown = frame[[*keys, *_NUMBERS]].copy()
    for name in ("start", "end"):
        if name in shown:
            shown[name] = shown[name].dt.date
    return Answer(document, _lines(document, keys, language), shown, period)


def _plain(name: str, value: Any, currency: str) -> Any:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if name == "beside_products":
        return bool(value)
    if name in ("units", "orders"):
        return int(value)
    return round(float(value), decimals(currency)) if name in AMOUNTS or is_money(name) else value


def _lines(document: dict[str, Any], keys: tuple[str, ...], language: str) -> list[str]:
    rows, totals, currency = document["rows"], document["totals"], document["currency"]
    if not rows or totals["orders"] == 0:
        return [say(T("No orders in this period."), language)]
    places = decimals(currency)
    lines = []
    for name in _CHAIN:
        amount = "–" if totals[name] is None else f"{totals[name]:,.{places}f}"
        lines.append(f"{say(TITLES[name], language):<32} {amount} {currency}")
    if document["missing"]:
        lines.append(say(T("Missing: {what}", what="; ".join(document["missing"])), language))
    lines.append("")
    for row in rows[:ROWS_SHOWN]:
        nameless = T("On no product line") if row.get("beside_products") else T("No name")
        label = "  ".join(str(row[key]) for key in keys if row[key] is not None) or say(nameless, language)
        revenue, net = ("–" if row[name] is None else f"{row[name]:,.{places}f}" for name in ("revenue", "net_sales"))
        lines.append(f"  {label}  {row['units']:,}  {revenue}  {net}")
    more = len(rows) - ROWS_SHOWN
    if more > 0:
        lines.append("  " + say(T("… and {count} more.", count=more), language))
    return lines
