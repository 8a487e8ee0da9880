"""One import under way: its unit of work, its number, the company as it is during it; and the rows that stay out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from erp_core.company.views import Company
from erp_core.db.bulk import insert_columns
from erp_core.db.uow import UnitOfWork
from erp_core.files.table import RawTable
from erp_core.imports.receipt import Issue, without_words
from erp_core.imports.tables import import_rejected
from erp_core.security.sealing import sealing_vault
from erp_core.text import T, Text

Progress = Callable[[float, Text], None]


def silent(_share: float, _text: Text) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Batch:
    """What the loaders work with. `known_since`: the first import that brought the very same files, 0 without one.
    `before`, `after`: what a person changed by hand, filled by the loader for the log of acts; of a file it counts."""

    uow: UnitOfWork
    id: int
    company: Company
    progress: Progress = silent
    channel: str | None = None  # the shop that the person named
    known_since: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def keep_rejected(
    batch: Batch, tables: Sequence[RawTable], rejected: npt.NDArray[np.bool_], issues: Sequence[Issue]
) -> None:
    """Keep the rejected rows as they came, each with its reason, for the download.

    `rejected`: one entry a row of all tables in sequence. A row whose cells do not fit the header is kept as `shifted`,
    and headers whose cell could not be read as `unread`: what stands under a harmless header may be a name.
    """
    reasons: dict[tuple[int, int], Text] = {}
    shifted = set()
    unread: dict[tuple[int, int], list[str]] = {}
    for issue in issues:
        if issue.severity == "rejects" and issue.row is not None:
            reasons.setdefault((issue.file_no, issue.row), issue.message)
            if issue.column is not None:
                unread.setdefault((issue.file_no, issue.row), []).append(issue.column)
            if issue.code.startswith("row."):
                shifted.add((issue.file_no, issue.row))
    if not rejected.any():
        return
    other = T("Another row of the same order is bad, so the order stays out whole.")
    vault = sealing_vault(batch.uow.connection)
    start = 0
    for file_no, table in enumerate(tables):
        at = np.flatnonzero(rejected[start : start + len(table)])
        start += len(table)
        numbers = np.asarray(table.row_numbers)[at].tolist()
        columns = [column.take(at).to_pylist() for column in table.cells]
        why = [reasons.get((file_no, number), other) for number in numbers]
        insert_columns(
            batch.uow.connection,
            import_rejected,
            {
                "batch_id": [batch.id] * len(at),
                "file_no": [file_no] * len(at),
                "row": numbers,
                "personal": vault.seal_columns(
                    {
                        "cells": [list(row) for row in zip(*columns, strict=True)],
                        "reason": [text.to_json() for text in why],
                        "unread": [unread.get((file_no, number)) for number in numbers],
                        "shifted": [(file_no, number) in shifted or None for number in numbers],
                    }
                ),
                "reason": [without_words(text).to_json() for text in why],
            },
        )
