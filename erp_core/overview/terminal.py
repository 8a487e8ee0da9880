"""The commands that tell the company's numbers: kpi, sales, contribution."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from erp_core.clock import SystemClock, today
from erp_core.errors import BadInput
from erp_core.money import decimals
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import ROWS_SHOWN, Command, Say, Session, day
from erp_core.text import T, Text


def _period_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--from", dest="start", type=day, help=say(T("first day, YYYY-MM-DD")))
    parser.add_argument("--to", dest="end", type=day, help=say(T("last day, YYYY-MM-DD")))


def _contribution_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument(
        "--by", choices=["order", "sku", "channel"], default="order", help=say(T("one row for each of these"))
    )
    _period_options(parser, say)
    parser.add_argument("--out", type=Path, help=say(T("write all rows to this .csv or .xlsx file")))


def _sales_options(parser: argparse.ArgumentParser, say: Say) -> None:
    grains = ["channel", "category", "sku", "day", "week", "month"]
    parser.add_argument("--by", choices=grains, default="channel", help=say(T("one row for each of these")))
    _period_options(parser, say)
    parser.add_argument("--out", type=Path, help=say(T("write all rows to this .csv or .xlsx file")))


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


def _sales(session: Session, given: argparse.Namespace) -> int:
    from erp_core.calendar import Period
    from erp_core.company.views import read_company
    from erp_core.overview.sales_answer import sales_answer
    from erp_core.overview.views import full_period

    suffix = "" if given.out is None else _table_suffix(given.out)
    with session.database().reading() as connection:
        company = read_company(connection)
        now = today(SystemClock(), company.time_zone)
        period = _period(connection, given.start, given.end, Period, now) or full_period(connection, now)
        answer = sales_answer(connection, company, period, given.by, session.language)
    document = answer.document
    if given.out is not None:
        header = (TERMINAL_USER.name, SystemClock().now(), session.language)
        given.out.write_bytes(answer.file(suffix, header))
        document = document | {"file": str(given.out)}
    session.show(document, answer.lines)
    return 0


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
        header = (TERMINAL_USER.name, SystemClock().now(), session.language)
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
    for row in document["rows"][:ROWS_SHOWN]:
        label = "  ".join(str(row[key]) for key in KEYS[document["by"]] if key in TITLES and row[key] is not None)
        value = "–" if row["contribution"] is None else f"{row['contribution']:,.{places}f}"
        lacks = ", ".join(session.say(LACKS[name]) for name in row["missing"])
        lines.append(f"  {label}  {value}" + (f"  ({lacks})" if lacks else ""))
    more = len(document["rows"]) - ROWS_SHOWN
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


COMMANDS = (
    Command("kpi", T("the shop’s numbers"), _kpi, _period_options),
    Command("sales", T("what sold, by shop, category, SKU or day, and from gross to net"), _sales, _sales_options),
    Command("contribution", T("what is left of each order, SKU or channel"), _contribution, _contribution_options),
)
