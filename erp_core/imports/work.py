"""Imports as jobs: what a page hands in, and what it gets to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from erp_core.db.engine import Database
from erp_core.db.uow import As
from erp_core.errors import ErpError
from erp_core.files.table import RawTable
from erp_core.imports import uploads
from erp_core.imports.declaration import FIELDS, Kind
from erp_core.imports.detect import UNKNOWN, Detection, need
from erp_core.imports.formats import FORMATS
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files, recognise, undo_import
from erp_core.imports.views import cells_shown
from erp_core.jobs.registry import JobContext
from erp_core.security.actor import handed_in
from erp_core.text import T, Text, say

# kinds of jobs
CHECK = "import.check"
RUN = "import.run"
UNDO = "import.undo"

PREVIEW_ROWS = 50
_ISSUES_SHOWN = 500
_LONGEST_CELL = 200


@dataclass(frozen=True)
class ImportRequest:
    """Uploaded files and what the person said about them; goes through the book of jobs as JSON."""

    paths: tuple[str, ...]
    format: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    currency: str | None = None
    language: str = "en"

    def to_arguments(self) -> dict[str, Any]:
        """What the book of jobs keeps."""
        return {
            "paths": list(self.paths),
            "format": self.format,
            "mapping": dict(self.mapping),
            "channel": self.channel,
            "currency": self.currency,
            "language": self.language,
        }

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> ImportRequest:
        """What `to_arguments` wrote."""
        return cls(**{**arguments, "paths": tuple(arguments["paths"])})

    def options(self, *, dry_run: bool) -> ImportOptions:
        """The same for the import service."""
        return ImportOptions(
            format=self.format, mapping=self.mapping, channel=self.channel, currency=self.currency, dry_run=dry_run
        )


def check(context: JobContext) -> dict[str, Any]:
    """Recognise the files and try the import without storing anything; the page's preview."""
    request = ImportRequest.from_arguments(context.job.arguments)
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        return preview(database, _acting(context), request, context)
    finally:
        database.dispose()


def run(context: JobContext) -> dict[str, Any]:
    """Import the files; the receipts."""
    request = ImportRequest.from_arguments(context.job.arguments)
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        receipts = import_files(
            database, _acting(context), [Path(path) for path in request.paths], request.options(dry_run=False),
            context.progress,
        )  # fmt: skip
    finally:
        database.dispose()
    uploads.discard(context.settings, request.paths)
    return {"receipts": [_shown(receipt, request.language) for receipt in receipts]}


def undo(context: JobContext) -> dict[str, Any]:
    """Take an import back."""
    database = Database(context.settings.database_url, context.settings.keys)
    batch_id = int(context.job.arguments["batch_id"])
    context.progress(0.1, T("Taking import {batch} back …", batch=batch_id))
    try:
        undo_import(database, _acting(context), batch_id)
    finally:
        database.dispose()
    return {"batch_id": batch_id}


def _acting(context: JobContext) -> As:
    return handed_in(context.job.actor).acting(context.clock)


def preview(database: Database, who: Any, request: ImportRequest, context: JobContext) -> dict[str, Any]:
    """What each file was recognised as and why, its first rows, and what an import would do or why it cannot."""
    paths = [Path(path) for path in request.paths]
    options = request.options(dry_run=True)
    files: list[dict[str, Any]] = []
    refusal: ErpError | None = None
    for path in paths:
        name = path.name
        context.progress(0.05, T("Reading {file} …", file=name))
        try:
            table, found = recognise(database, path, options)
        except ErpError as error:
            files.append({"name": name, "path": str(path), "error": _error(error, request.language)})
            refusal = refusal or error
            continue
        files.append(_described(table, found, name, request.language) | {"path": str(path)})
        if not found.known:
            try:
                need(found, table)
            except ErpError as error:
                files[-1]["error"] = _error(error, request.language)
                refusal = refusal or error
    result: dict[str, Any] = {"files": files, "receipts": [], "error": None}
    if refusal is not None:
        result["error"] = _error(refusal, request.language)
        return result
    try:
        receipts = import_files(database, who, paths, options, context.progress)
    except ErpError as error:
        if error.code == "cancelled":
            raise
        result["error"] = _error(error, request.language)
        return result
    result["receipts"] = [_shown(receipt, request.language) for receipt in receipts]
    return result


def _described(table: RawTable, found: Detection, name: str, language: str) -> dict[str, Any]:
    kind = found.kind or Kind.SALES
    fields = FIELDS[kind]
    known = found.format != UNKNOWN
    return {
        "name": name,
        "rows": len(table),
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header_row": table.header_row,
        "container": table.container,
        "format": found.format,
        "title": say(FORMATS[found.format].title, language) if known else None,
        "kind": str(kind) if known else None,
        "confidence": found.confidence,
        "evidence": [say(text, language) for text in found.evidence],
        "columns": list(table.columns),
        "mapping": dict(found.columns),
        "fields": {key: say(field_.title, language) for key, field_ in fields.items()},
        "missing": list(found.missing),
        "unused": list(found.unused),
        "numbers": [int(number) for number in table.row_numbers[:PREVIEW_ROWS]],
        "preview": [[_short(cell) for cell in row] for row in table.rows(np.arange(min(PREVIEW_ROWS, len(table))))],
    }


def preview_rows(file: Mapping[str, Any], *, see_personal_data: bool) -> list[list[str]]:
    """The first rows of a checked file as this reader may see them: without the permission, those cells whose columns
    were read as something that is no person's."""
    fields = FIELDS[Kind(file["kind"] or Kind.SALES)]
    personal = {header for name, header in file["mapping"].items() if fields[name].personal}
    read = set(file["mapping"].values()) - personal
    plain = [at for at, header in enumerate(file["columns"]) if header in read]
    return [
        cells_shown({"cells": row}, file["columns"], plain, see_personal_data=see_personal_data)
        for row in file["preview"]
    ]


def _short(cell: Any) -> Any:
    return cell if not isinstance(cell, str) or len(cell) <= _LONGEST_CELL else cell[:_LONGEST_CELL] + "…"


def _shown(receipt: Receipt, language: str) -> dict[str, Any]:
    document = receipt.to_json(language)
    rejecting = sum(issue.severity == "rejects" for issue in receipt.issues)
    document["issues"] = document["issues"][:_ISSUES_SHOWN]
    document["issue_count"] = len(receipt.issues)
    document["rejecting"] = rejecting
    return document


def _error(error: ErpError, language: str) -> dict[str, Any]:
    hint: Text | None = error.hint
    return {
        "code": error.code,
        "message": say(error.message, language),
        "hint": say(hint, language) if hint is not None else None,
    }


def fields_of(format_name: str, language: str) -> tuple[frozenset[str], dict[str, str]]:
    """For the column mapper: the fields of which some are required, and every field's name in the reader's language."""
    declared = FORMATS[format_name]
    required = frozenset(name for entry in declared.required for name in entry.split("|"))
    return required, {key: say(field_.title, language) for key, field_ in declared.fields.items()}


def known_formats(language: str) -> tuple[str, str]:
    """What is recognised by itself, as two lists to read: exports of platforms, and kinds of tables of any origin."""
    between = say(T(", "), language)
    platforms, tables = (
        [say(declared.title, language) for declared in FORMATS.values() if declared.loose is loose]
        for loose in (False, True)
    )
    return between.join(platforms), between.join(tables)


def format_titles(language: str) -> Sequence[tuple[str, str]]:
    """(name, title) of every format, for the choice on the page."""
    return [(name, say(declared.title, language)) for name, declared in FORMATS.items()]
