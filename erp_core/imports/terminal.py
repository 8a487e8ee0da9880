"""The commands that bring files in: detect, import, inbox, undo-import."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from erp_core.clock import SystemClock
from erp_core.errors import BadInput
from erp_core.security.actor import TERMINAL, TERMINAL_USER
from erp_core.terminal import Command, Say, Session, existing
from erp_core.text import T


def _detect_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("file", type=Path)
    _mapping_options(parser, say)


def _import_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("files", type=Path, nargs="+")
    _mapping_options(parser, say)
    parser.add_argument("--channel", help=say(T("the shop that the orders belong to")))
    parser.add_argument("--currency", help=say(T("currency of money without one, such as CNY")))
    parser.add_argument("--dry-run", action="store_true", help=say(T("check and count, store nothing")))
    parser.add_argument("--strict", action="store_true", help=say(T("refuse the file if any row is bad")))


def _mapping_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--format", help=say(T("the file’s format, instead of recognising it")))
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="field=Header",
        help=say(T("which column holds a field; may be repeated")),
    )


def _inbox_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument(
        "--no-wait", action="store_true", help=say(T("leave files that have just come to the next time"))
    )


def _undo_options(parser: argparse.ArgumentParser, _say: Say) -> None:
    parser.add_argument("batch_id", type=int)


def _mapping(words: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for word in words:
        name, equals, header = word.partition("=")
        if not equals or not name.strip():
            raise BadInput(
                T("“{word}” is not of the form field=Header.", word=word),
                hint=T('Write for instance --map sku="Item code".'),
                code="usage",
            )
        mapping[name.strip()] = header.strip()
    return mapping


def _detect(session: Session, given: argparse.Namespace) -> int:
    from erp_core.imports.service import ImportOptions, recognise

    existing([given.file])
    table, found = recognise(
        session.database(), given.file, ImportOptions(format=given.format, mapping=_mapping(given.map))
    )
    evidence = [session.say(text) for text in found.evidence]
    document = {
        "format": found.format,
        "kind": str(found.kind) if found.kind else None,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header_row": table.header_row,
        "confidence": found.confidence,
        "evidence": evidence,
        "columns": dict(found.columns),
    }
    lines = [
        f"{given.file.name}: {found.format} ({found.confidence:.0%})",
        *(f"  {text}" for text in evidence),
        *(f"  {name} = {header}" for name, header in found.columns.items()),
    ]
    session.show(document, lines)
    return 0


def _import(session: Session, given: argparse.Namespace) -> int:
    from erp_core.imports.receipt_text import receipt_lines
    from erp_core.imports.service import ImportOptions, import_files

    options = ImportOptions(
        format=given.format,
        mapping=_mapping(given.map),
        channel=given.channel,
        currency=given.currency.upper() if given.currency else None,
        dry_run=given.dry_run,
        strict=given.strict,
    )
    receipts = import_files(session.database(), TERMINAL_USER.acting(), existing(given.files), options)
    documents = [receipt.to_json(session.language) for receipt in receipts]
    lines: list[str] = []
    for receipt, document in zip(receipts, documents, strict=True):
        lines += receipt_lines(document, session.language, dry_run=receipt.dry_run)
    session.show(documents[0] if len(documents) == 1 else {"receipts": documents}, lines)
    return 0


def _inbox(session: Session, given: argparse.Namespace) -> int:
    from erp_core.imports.inbox import INBOX_USER, process_inbox

    clock, database = SystemClock(), session.database()
    who = replace(INBOX_USER, source=TERMINAL).acting(clock)
    settings = replace(session.settings, language=session.language)
    outcome = process_inbox(database, who, settings, clock)
    if outcome.settling and not given.no_wait:
        time.sleep(settings.inbox_quiet)
        outcome = outcome.then(process_inbox(database, who, settings, clock))
    document = outcome.to_json(session.language)
    session.show(document, _inbox_lines(session, document))
    return 0


def _inbox_lines(session: Session, document: dict[str, Any]) -> list[str]:
    from erp_core.imports.receipt_text import receipt_lines

    lines: list[str] = []
    for receipt in document["imported"]:
        lines += receipt_lines(receipt, session.language)
    for refusal in document["refused"]:
        lines.append(session.say(T("Refused: {file}", file=refusal["file"])))
        lines += [f"  {line}" for line in (refusal["message"], refusal["hint"], refusal["filed"]) if line]
    for left in document["waiting"]:
        lines.append(session.say(T("Waiting: {file}: {message}", file=left["file"], message=left["message"])))
    return lines or [session.say(T("Nothing lies in {folder}.", folder=str(session.settings.inbox)))]


def _undo_import(session: Session, given: argparse.Namespace) -> int:
    from erp_core.imports.service import undo_import

    undo_import(session.database(), TERMINAL_USER.acting(), given.batch_id)
    session.show(
        {"batch_id": given.batch_id, "status": "undone"},
        [session.say(T("Import {batch} is undone.", batch=given.batch_id))],
    )
    return 0


COMMANDS = (
    Command("detect", T("say what a file is, and which column holds what"), _detect, _detect_options),
    Command("import", T("import files; those that belong together become one import"), _import, _import_options),
    Command("inbox", T("import what lies in the watched folder"), _inbox, _inbox_options),
    Command("undo-import", T("take an import back"), _undo_import, _undo_options),
)
