"""A receipt in words, for a terminal or a text file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_core.text import T, say

ISSUES_TOLD = 20


def receipt_lines(document: Mapping[str, Any], language: str, *, dry_run: bool = False) -> list[str]:
    """The lines of a receipt. `document`: what `Receipt.to_json` gave in the same language; of its issues the first
    `ISSUES_TOLD` are told."""
    names = ", ".join(file["name"] for file in document["files"])
    head = (
        T("Dry run of {files}: nothing was stored.", files=names)
        if dry_run
        else T("Import {batch}: {files} ({format})", batch=document["batch_id"], files=names, format=document["format"])
    )
    rows = T(
        "{read} rows read: {accepted} accepted, {rejected} rejected, {unchanged} unchanged.",
        read=document["rows_read"], accepted=document["rows_accepted"], rejected=document["rows_rejected"],
        unchanged=document["rows_unchanged"],
    )  # fmt: skip
    orders = T(
        "{orders} orders ({cancelled} of them cancelled), {lines} lines, {quantity} units.",
        orders=document["orders"],
        cancelled=document["cancellations"],
        lines=document["lines"],
        quantity=document["quantity"],
    )
    lines = [say(head, language), "  " + say(rows, language), "  " + say(orders, language)]
    lines += [f"  {currency} {amount}" for currency, amount in document["amount_read"].items()]
    for issue in document["issues"][:ISSUES_TOLD]:
        where = say(T("row {row}", row=issue["row"]), language) if issue["row"] else ""
        lines.append("  - " + " ".join(filter(None, (where, issue["column"], issue["message"]))))
    more = len(document["issues"]) - ISSUES_TOLD
    if more > 0:
        lines.append("  " + say(T("… and {count} more.", count=more), language))
    return lines
