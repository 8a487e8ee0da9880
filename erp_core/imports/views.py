"""What came in: batches, their issues, their rejected rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from erp_core.errors import NotFound
from erp_core.imports.tables import import_batch, import_file, import_issue, import_rejected
from erp_core.security.masking import masked_note
from erp_core.text import T, Text, say


def batches(connection: sa.Connection, limit: int = 500) -> pd.DataFrame:
    """All imports, newest first: id, at, actor, format, channel, status, files, and the receipt's counts."""
    names: dict[int, list[str]] = {}
    for batch_id, name in connection.execute(
        sa.select(import_file.c.batch_id, import_file.c.name).order_by(import_file.c.id)
    ):
        names.setdefault(batch_id, []).append(name)
    query = sa.select(import_batch).order_by(import_batch.c.id.desc()).limit(limit)
    counts = (
        "rows_read",
        "rows_accepted",
        "rows_rejected",
        "rows_unchanged",
        "orders",
        "cancellations",
        "lines",
        "quantity",
    )
    rows = [
        {
            "batch_id": row.id,
            "at": row.at,
            "actor": row.actor,
            "format": row.format,
            "channel": row.channel,
            "status": row.status,
            "undone_at": row.undone_at,
            "files": ", ".join(names.get(row.id, [])),
            **{name: row.receipt.get(name, 0) for name in counts},
            "amount_read": row.receipt.get("amount_read", {}),
            "amount_accepted": row.receipt.get("amount_accepted", {}),
            "seconds": row.receipt.get("seconds", 0.0),
        }
        for row in connection.execute(query)
    ]
    columns = [
        "batch_id",
        "at",
        "actor",
        "format",
        "channel",
        "status",
        "undone_at",
        "files",
        *counts,
        "amount_read",
        "amount_accepted",
        "seconds",
    ]
    return pd.DataFrame(rows, columns=columns)


def receipt(
    connection: sa.Connection, batch_id: int, language: str, issues: int = 1_000, *, see_personal_data: bool = False
) -> dict[str, Any]:
    """The receipt of one import in the contract's form, with up to `issues` of its issues. Raises NotFound."""
    row = connection.execute(sa.select(import_batch.c.receipt).where(import_batch.c.id == batch_id)).one_or_none()
    if row is None:
        raise NotFound(
            T("There is no import {batch}.", batch=batch_id),
            hint=T("The page Data, view Receipts, lists all imports."),
            code="import.no_such_import",
        )
    found = issues_of(connection, batch_id, language, issues, see_personal_data=see_personal_data)
    return dict(row.receipt) | {"issues": found.drop(columns=["file_no", "severity"]).to_dict("records")}


def issues_of(
    connection: sa.Connection, batch_id: int, language: str, limit: int = 20_000, *, see_personal_data: bool = False
) -> pd.DataFrame:
    """Issues of one import: file_no, row, column, code, severity, message (in the language).

    Messages quote words of the file only to those who may see personal data: a row that slipped by a column has a
    phone number where a price is expected.
    """
    query = sa.select(import_issue).where(import_issue.c.batch_id == batch_id).order_by(import_issue.c.id).limit(limit)
    rows = [
        {
            "file_no": row.file_no,
            "row": row.row,
            "column": row.column,
            "code": row.code,
            "severity": row.severity,
            "message": say(Text.from_json(_said(row, "message", see_personal_data)), language),
        }
        for row in connection.execute(query)
    ]
    return pd.DataFrame(rows, columns=["file_no", "row", "column", "code", "severity", "message"]).astype(
        {"row": "Int64"}
    )


def _said(row: Any, name: str, see_personal_data: bool) -> Any:
    """A sentence with the words that it quotes, or without them."""
    plain = getattr(row, name)
    return row.personal.get(name, plain) if see_personal_data else plain


def cells_shown(
    document: Mapping[str, Any], headers: Sequence[str], open_columns: Sequence[int] | None, *, see_personal_data: bool
) -> list[str]:
    """The cells of a row as this reader may see them: those that may be a person's are hidden, by their column, or
    because they could not be read as what the column holds."""
    cells = [str(cell or "") for cell in document["cells"]]
    if see_personal_data:
        return cells
    unread = set(document.get("unread") or ())
    plain = frozenset() if document.get("shifted") else frozenset(open_columns or ())
    kept = [at in plain and header not in unread for at, header in enumerate(headers)]
    return [cell if open_ else masked_note(cell) for cell, open_ in zip(cells, kept, strict=False)]


def rejected_rows(
    connection: sa.Connection, batch_id: int, language: str, *, see_personal_data: bool = False
) -> list[tuple[str, pd.DataFrame]]:
    """Per file with rejected rows: its name, and the rows in their original columns with `row` first and `reason` last.

    Header names that occur twice in the file keep both columns. Who may not see personal data sees the cells of columns
    that were read as something else.
    """
    files = connection.execute(
        sa.select(import_file.c.name, import_file.c.columns, import_file.c.open_columns)
        .where(import_file.c.batch_id == batch_id)
        .order_by(import_file.c.id)
    ).all()
    reason = say(T("Reason"), language)
    number = say(T("Row"), language)
    result = []
    for file_no, file in enumerate(files):
        query = (
            sa.select(import_rejected.c.row, import_rejected.c.personal, import_rejected.c.reason)
            .where(import_rejected.c.batch_id == batch_id, import_rejected.c.file_no == file_no)
            .order_by(import_rejected.c.row)
        )
        rows = [
            [
                row.row,
                *cells_shown(row.personal, file.columns, file.open_columns, see_personal_data=see_personal_data),
                say(Text.from_json(_said(row, "reason", see_personal_data)), language),
            ]
            for row in connection.execute(query)
        ]
        if rows:
            result.append((file.name, pd.DataFrame(rows, columns=[number, *file.columns, reason])))
    return result


def mappings(connection: sa.Connection) -> int:
    """How many header rows have a remembered mapping."""
    from erp_core.imports.tables import import_mapping

    return int(connection.execute(sa.select(sa.func.count()).select_from(import_mapping)).scalar_one())
