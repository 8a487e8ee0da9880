"""The same services from a terminal. `--json` prints exactly one JSON document on stdout, a refusal too (exit 2)."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from erp_core import __version__
from erp_core.clock import SystemClock, today
from erp_core.db.engine import Database
from erp_core.db.migrate import is_current, upgrade
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, ErpError, Unavailable
from erp_core.money import decimals
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import Settings, load_settings
from erp_core.text import T, Text, say

REFUSED = 2
FAILED_CHECK = 1
_ROWS_SHOWN = 20  # for a person; programs and files get all


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    settings: Settings
    language: str
    as_json: bool

    def database(self) -> Database:
        """The company's database, at the schema of this version."""
        database = Database(self.settings.database_url)
        if not is_current(database):
            upgrade(database)
        return database

    def say(self, text: Text) -> str:
        """A sentence in the terminal's language."""
        return say(text, self.language)

    def show(self, document: Any, lines: Sequence[str]) -> None:
        """The document, or the lines for a person."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        else:
            print("\n".join(lines))


class _Parser(argparse.ArgumentParser):
    """Usage errors become refusals like all others, so that --json stays one document."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(
            T("The command was not understood: {reason}", reason=message),
            hint=T("See python -m erp_core --help."),
            code="usage",
        )


def build_parser(language: str = "en") -> argparse.ArgumentParser:
    """All commands and their options."""

    def _(text: Text) -> str:
        return say(text, language)

    parser = _Parser(
        prog="python -m erp_core", description=_(T("Run stock, orders and the choice of an ERP from your own files."))
    )
    parser.add_argument("--version", action="version", version=__version__)
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", dest="as_json", help=_(T("print one JSON document")))
    common.add_argument("--language", choices=["en", "zh_CN"], default=None, help=_(T("language of the output")))
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    def command(
        name: str, help_text: Text, run: Callable[[Session, argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=_(help_text), description=_(help_text))
        added.set_defaults(run=run)
        return added

    detect = command("detect", T("say what a file is, and which column holds what"), _detect)
    detect.add_argument("file", type=Path)
    _mapping_options(detect, _)
    load = command("import", T("import files; those that belong together become one import"), _import)
    load.add_argument("files", type=Path, nargs="+")
    _mapping_options(load, _)
    load.add_argument("--channel", help=_(T("the shop that the orders belong to")))
    load.add_argument("--currency", help=_(T("currency of money without one, such as CNY")))
    load.add_argument("--dry-run", action="store_true", help=_(T("check and count, store nothing")))
    load.add_argument("--strict", action="store_true", help=_(T("refuse the file if any row is bad")))
    inbox = command("inbox", T("import what lies in the watched folder"), _inbox)
    inbox.add_argument("--no-wait", action="store_true", help=_(T("leave files that have just come to the next time")))
    undo = command("undo-import", T("take an import back"), _undo_import)
    undo.add_argument("batch_id", type=int)
    kpi = command("kpi", T("the shop’s numbers"), _kpi)
    kpi.add_argument("--from", dest="start", type=_day, help=_(T("first day, YYYY-MM-DD")))
    kpi.add_argument("--to", dest="end", type=_day, help=_(T("last day, YYYY-MM-DD")))
    left = command("contribution", T("what is left of each order, SKU or channel"), _contribution)
    left.add_argument(
        "--by", choices=["order", "sku", "channel"], default="order", help=_(T("one row for each of these"))
    )
    left.add_argument("--from", dest="start", type=_day, help=_(T("first day, YYYY-MM-DD")))
    left.add_argument("--to", dest="end", type=_day, help=_(T("last day, YYYY-MM-DD")))
    left.add_argument("--out", type=Path, help=_(T("write all rows to this .csv or .xlsx file")))
    sales = command("sales", T("what sold, by shop, category, SKU or day, and from gross to net"), _sales)
    _sales_options(sales, _)
    replenish = command("replenish", T("what to buy, from whom, how much"), _replenish)
    replenish.add_argument("--out", type=Path, help=_(T("write the purchase list to this .csv or .xlsx file")))
    replenish.add_argument("--as-of", type=_day, help=_(T("plan from this day, YYYY-MM-DD")))
    replenish.add_argument("--assume-zero", action="store_true", help=_(T("take uncounted stock as none")))
    export = command("export", T("stock, tracking numbers and packing slips as files for others"), _export)
    _export_options(export, _)
    stock = command("stock", T("the stock ledger"), _stock)
    stock.add_argument("action", choices=["check", "rebuild"])
    db = command("db", T("the database"), _db)
    db.add_argument("action", choices=["upgrade"])
    glossary = command("glossary", T("every number with its formula and benchmark"), _glossary)
    glossary.add_argument("key", nargs="?")
    worker = command("worker", T("run the jobs that pages hand in"), _worker)
    worker.add_argument("--once", action="store_true", help=_(T("end when no job is waiting")))
    return parser


def _mapping_options(parser: argparse.ArgumentParser, _: Callable[[Text], str]) -> None:
    parser.add_argument("--format", help=_(T("the file’s format, instead of recognising it")))
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="field=Header",
        help=_(T("which column holds a field; may be repeated")),
    )


def _sales_options(parser: argparse.ArgumentParser, _: Callable[[Text], str]) -> None:
    parser.add_argument(
        "--by", choices=["channel", "category", "sku", "day", "week", "month"], default="channel",
        help=_(T("one row for each of these")),
    )  # fmt: skip
    parser.add_argument("--from", dest="start", type=_day, help=_(T("first day, YYYY-MM-DD")))
    parser.add_argument("--to", dest="end", type=_day, help=_(T("last day, YYYY-MM-DD")))
    parser.add_argument("--out", type=Path, help=_(T("write all rows to this .csv or .xlsx file")))


def _export_options(parser: argparse.ArgumentParser, _: Callable[[Text], str]) -> None:
    parser.add_argument("action", choices=["stock", "tracking", "packing-slips"])
    parser.add_argument("--channel", help=_(T("the shop whose file it is")))
    parser.add_argument("--format", help=_(T("the file’s format, instead of the one of the shop’s platform")))
    parser.add_argument(
        "--out", type=Path, help=_(T("write to this file; .zip holds the file and what it says of itself"))
    )
    parser.add_argument(
        "--template", type=Path, help=_(T("stock: the shop’s own export file; the numbers are written into it"))
    )
    parser.add_argument("--unknown-as-zero", action="store_true", help=_(T("stock: write 0 for what nobody counted")))
    parser.add_argument(
        "--all-products", action="store_true", help=_(T("stock: also products that the shop never sold"))
    )
    parser.add_argument(
        "--from", dest="start", type=_day, help=_(T("tracking: shipped on or after this day, YYYY-MM-DD"))
    )
    parser.add_argument("--to", dest="end", type=_day, help=_(T("tracking: shipped on or before this day, YYYY-MM-DD")))
    parser.add_argument(
        "--skip-known",
        action="store_true",
        help=_(T("tracking: leave out numbers that the platform’s own file brought")),
    )
    parser.add_argument("--orders", nargs="+", help=_(T("packing-slips: the orders’ numbers")))
    parser.add_argument("--prices", action="store_true", help=_(T("packing-slips: with prices")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 1 a check found differences, 2 refused)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    settings = load_settings()
    language = settings.language
    as_json = "--json" in words
    try:
        given = build_parser(language).parse_args(words)
        language = given.language or language
        run: Callable[[Session, argparse.Namespace], int] = given.run
        return run(Session(settings, language, given.as_json), given)
    except ErpError as error:
        _refuse(error, language, as_json)
        return REFUSED
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        reason = error.strerror or str(error)
        _refuse(
            Unavailable(
                T("A file or folder cannot be used: {name}: {reason}", name=str(error.filename or ""), reason=reason),
                hint=T("Check that it exists and may be read and written."),
                code="file.unavailable",
            ),
            language,
            as_json,
        )
        return REFUSED


def _refuse(error: ErpError, language: str, as_json: bool) -> None:
    message, hint = say(error.message, language), say(error.hint, language) if error.hint else None
    if as_json:
        print(
            json.dumps({"error": {"code": error.code, "message": message, "hint": hint}}, ensure_ascii=False, indent=2)
        )
    else:
        print(message, file=sys.stderr)
        if hint:
            print(hint, file=sys.stderr)


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r} is not a day (YYYY-MM-DD)") from error


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


def _existing(paths: Sequence[Path]) -> list[Path]:
    for path in paths:
        if not path.is_file():
            raise BadInput(
                T("There is no file {name}.", name=str(path)),
                hint=T("Check the name and the folder."),
                code="file.missing",
            )
    return list(paths)


def _detect(session: Session, given: argparse.Namespace) -> int:
    from erp_core.imports.service import ImportOptions, recognise

    _existing([given.file])
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
    receipts = import_files(session.database(), LOCAL_USER.acting(), _existing(given.files), options)
    documents = [receipt.to_json(session.language) for receipt in receipts]
    lines: list[str] = []
    for receipt, document in zip(receipts, documents, strict=True):
        lines += receipt_lines(document, session.language, dry_run=receipt.dry_run)
    session.show(documents[0] if len(documents) == 1 else {"receipts": documents}, lines)
    return 0


def _inbox(session: Session, given: argparse.Namespace) -> int:
    from erp_core.imports.inbox import INBOX_USER, process_inbox

    clock, database = SystemClock(), session.database()
    settings = replace(session.settings, language=session.language)
    outcome = process_inbox(database, INBOX_USER.acting(clock), settings, clock)
    if outcome.settling and not given.no_wait:
        time.sleep(settings.inbox_quiet)
        outcome = outcome.then(process_inbox(database, INBOX_USER.acting(clock), settings, clock))
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

    undo_import(session.database(), LOCAL_USER.acting(), given.batch_id)
    session.show(
        {"batch_id": given.batch_id, "status": "undone"},
        [session.say(T("Import {batch} is undone.", batch=given.batch_id))],
    )
    return 0


def _kpi(session: Session, given: argparse.Namespace) -> int:
    from erp_core.calendar import Period
    from erp_core.company.views import read_company
    from erp_core.metrics.registry import METRICS
    from erp_core.overview.views import Filters, kpis

    with session.database().reading() as connection:
        company = read_company(connection)
        now = today(SystemClock(), company.time_zone)
        period = _period(connection, given.start, given.end, Period, now)
        values = kpis(connection, company, period, Filters(), now)
    document = {key: value.to_json(session.language) for key, value in values.items()}
    lines = []
    for key, entry in document.items():
        shown = "–" if entry["value"] is None else f"{entry['value']:,}"
        missing = f"  ({', '.join(entry['missing'])})" if entry["missing"] else ""
        lines.append(f"{session.say(METRICS[key].name):<32} {shown} {entry['currency'] or ''}{missing}".rstrip())
    session.show(document, lines)
    return 0


def _period(connection: Any, start: date | None, end: date | None, period: Any, now: date) -> Any:
    from erp_core.orders.views import data_span

    if start is None and end is None:
        return None
    span = data_span(connection)
    last = end or max(span[1] if span else now, start or date.min)
    first = start or min(span[0] if span else last, last)
    if first > last:
        raise BadInput(
            T("The period ends ({end}) before it starts ({start}).", start=str(first), end=str(last)),
            hint=T("Give --from a day on or before --to."),
            code="kpi.bad_period",
        )
    return period(first, last)


def _contribution(session: Session, given: argparse.Namespace) -> int:
    from erp_core.calendar import Period
    from erp_core.company.views import read_company
    from erp_core.overview.contribution import contribution
    from erp_core.overview.contribution_file import contribution_file, to_json
    from erp_core.overview.views import Filters, full_period

    suffix = "" if given.out is None else _table_suffix(given.out)
    with session.database().reading() as connection:
        company = read_company(connection)
        now = today(SystemClock(), company.time_zone)
        period = _period(connection, given.start, given.end, Period, now) or full_period(connection, now)
        found = contribution(connection, company, period, Filters(), given.by)
    document = to_json(found, given.by, period)
    if given.out is not None:
        header = (LOCAL_USER.name, SystemClock().now(), session.language)
        given.out.write_bytes(contribution_file(found, given.by, period, suffix, header))
        document["file"] = str(given.out)
    session.show(document, _contribution_lines(session, document))
    return 0


def _contribution_lines(session: Session, document: dict[str, Any]) -> list[str]:
    from erp_core.overview.contribution import DEDUCTIONS, KEYS, LACKS, lacking_texts
    from erp_core.overview.contribution_file import TITLES

    if not document["rows"]:
        return [session.say(T("No orders and no fees in this period."))]
    names: dict[str, Text] = {"revenue": T("Revenue"), **DEDUCTIONS, "contribution": T("Contribution")}
    totals, currency = document["totals"], document["currency"]
    places = decimals(currency)
    lines = []
    for name, text in names.items():
        shown = "–" if totals[name] is None else f"{totals[name]:,.{places}f}"
        lines.append(f"{session.say(text):<32} {shown} {currency}")
    unknown = lacking_texts(document["unknown_share"])
    if unknown:
        what = "; ".join(map(session.say, unknown))
        lines.append(session.say(T("Missing: {what}", what=what)))
    lines.append("")
    for row in document["rows"][:_ROWS_SHOWN]:
        label = "  ".join(str(row[key]) for key in KEYS[document["by"]] if key in TITLES and row[key] is not None)
        value = "–" if row["contribution"] is None else f"{row['contribution']:,.{places}f}"
        lacks = ", ".join(session.say(LACKS[name]) for name in row["missing"])
        lines.append(f"  {label}  {value}" + (f"  ({lacks})" if lacks else ""))
    more = len(document["rows"]) - _ROWS_SHOWN
    if more > 0:
        lines.append("  " + session.say(T("… and {count} more.", count=more)))
    return lines


def _table_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise BadInput(
            T("A table can be written as .csv or .xlsx, not as “{suffix}”.", suffix=suffix),
            hint=T("Give a file name that ends in .csv or .xlsx."),
            code="contribution.bad_file",
        )
    return suffix[1:]


def _sales(session: Session, given: argparse.Namespace) -> int:
    from erp_core.calendar import Period
    from erp_core.company.views import read_company
    from erp_core.overview.terminal import sales
    from erp_core.overview.views import full_period

    suffix = "" if given.out is None else _table_suffix(given.out)
    with session.database().reading() as connection:
        company = read_company(connection)
        now = today(SystemClock(), company.time_zone)
        period = _period(connection, given.start, given.end, Period, now) or full_period(connection, now)
        asked = sales(connection, company, period, given.by, session.language)
    if given.out is not None:
        header = (LOCAL_USER.name, SystemClock().now(), session.language)
        given.out.write_bytes(asked.file(suffix, header))
    document = asked.document | ({"file": str(given.out)} if given.out is not None else {})
    session.show(document, asked.lines)
    return 0


def _replenish(session: Session, given: argparse.Namespace) -> int:
    from erp_core.company.views import read_company
    from erp_core.planning import views as planning

    with session.database().reading() as connection:
        company = read_company(connection)
        options = planning.ReplenishmentOptions(as_of=given.as_of, assume_zero=given.assume_zero)
        proposal = planning.replenishment(connection, company, options, today(SystemClock(), company.time_zone))
        rows = planning.purchase_list(proposal, planning.choices(connection, proposal.as_of), session.language)
    document = planning.to_json(proposal, rows, session.language)
    if given.out is not None:
        given.out.write_bytes(_purchase_file(session, given.out, rows, proposal))
        document["file"] = str(given.out)
    lines = [
        session.say(T("{count} products to buy.", count=len(rows))),
        *(f"  {row['supplier']}  {row['sku']}  {row['quantity']}  {row['reason']}" for row in rows.to_dict("records")),
    ]
    session.show(document, lines)
    return 0


def _purchase_file(session: Session, path: Path, rows: Any, proposal: Any) -> bytes:
    from erp_core.planning.export import header_of, purchase_file

    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise BadInput(
            T("The purchase list can be written as .csv or .xlsx, not as “{suffix}”.", suffix=suffix),
            hint=T("Give a file name that ends in .csv or .xlsx."),
            code="replenish.bad_file",
        )
    header = header_of(proposal, LOCAL_USER.name, SystemClock().now(), session.language)
    return purchase_file(rows, suffix[1:], header)


def _export(session: Session, given: argparse.Namespace) -> int:
    from erp_core.exports.terminal import run

    asked = run(session.database(), LOCAL_USER.acting(), given, session.language)
    session.show(asked.document, asked.lines)
    return 0


def _stock(session: Session, given: argparse.Namespace) -> int:
    from erp_core.company.views import read_company
    from erp_core.orders import rollups
    from erp_core.stock import service, views

    database = session.database()
    if given.action == "rebuild":
        with unit_of_work(database, LOCAL_USER.acting()) as uow:
            company = read_company(uow.connection)
            service.rebuild(uow, company.time_zone)
            rollups.rebuild(uow.connection)
            uow.commit()
    with database.reading() as connection:
        company = read_company(connection)
        differences = views.check(connection)
    with database.writing_connection() as connection:  # rolled back: the check computes the rollups anew beside them
        rolled = rollups.check(connection)
    document = {
        "ok": not differences and not rolled,
        "differences": [difference.to_json() for difference in differences],
        "rollup_differences": [
            {"table": d.table, "key": list(d.key), "kept": d.kept, "from_orders": d.from_orders} for d in rolled
        ],
    }
    if document["ok"]:
        lines = [session.say(T("Balances and rollups are what the ledger and the orders say."))]
    else:
        lines = [
            session.say(
                T("{count} differences. Run “stock rebuild” to set them right.", count=len(differences) + len(rolled))
            )
        ]
    session.show(document, lines)
    return 0 if document["ok"] else FAILED_CHECK


def _db(session: Session, _given: argparse.Namespace) -> int:
    session.settings.home.mkdir(parents=True, exist_ok=True)
    revision = upgrade(Database(session.settings.database_url))
    session.show({"schema": revision}, [session.say(T("The database is at schema {revision}.", revision=revision))])
    return 0


def _glossary(session: Session, given: argparse.Namespace) -> int:
    from erp_core.metrics.registry import METRICS

    if given.key is not None and given.key not in METRICS:
        raise BadInput(
            T("There is no number “{key}”.", key=given.key),
            hint=T("Numbers: {names}", names=", ".join(METRICS)),
            code="glossary.no_such_metric",
        )
    chosen = [METRICS[given.key]] if given.key else list(METRICS.values())
    document = {metric.key: metric.to_json(session.language) for metric in chosen}
    lines = [f"{entry['name']}: {entry['formula']}" for entry in document.values()]
    session.show(document, lines)
    return 0


def _worker(session: Session, given: argparse.Namespace) -> int:
    from erp_core.work import run_worker

    session.database().dispose()
    return run_worker(session.settings, once=given.once)
