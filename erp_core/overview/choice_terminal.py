"""The command of the choice of an ERP: vendors. What is kept in the database joins the company's own numbers here, so
that a file holds what the page shows."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from erp_core.clock import SystemClock, today
from erp_core.errors import BadInput, NotFound
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import ROWS_SHOWN, Command, Say, Session, existing
from erp_core.text import T
from erp_core.vendors import terminal as scoring

if TYPE_CHECKING:
    import sqlalchemy as sa

    from erp_core.vendors.returned import Issue
    from erp_core.vendors.schema import Decision, Vendor
    from erp_core.vendors.views import Choice


def _options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=list(ACTIONS))
    parser.add_argument(
        "what", nargs="?", help=say(T("score: the decision’s file, YAML; otherwise the number of a choice"))
    )
    parser.add_argument("--archived", action="store_true", help=say(T("list: those that were put aside")))
    parser.add_argument("--out", type=Path, help=say(T("export, rfp: write to this file, .yaml or .xlsx")))
    parser.add_argument("--kept", type=int, metavar="NUMBER", help=say(T("export: this kept version, not what stands")))
    parser.add_argument("--vendor", metavar="KEY", help=say(T("rfp, take-rfp: the vendor that is asked")))
    parser.add_argument("--file", type=Path, help=say(T("take-rfp: the file that the vendor returned")))
    parser.add_argument("--dry-run", action="store_true", help=say(T("take-rfp: only say what would be taken")))


def _run(session: Session, given: argparse.Namespace) -> int:
    return ACTIONS[given.action](session, given)


def _list(session: Session, given: argparse.Namespace) -> int:
    """The choices that are kept, the one changed last first."""
    from erp_core.company.views import read_company
    from erp_core.vendors.views import decisions, versions

    with session.database().reading() as connection:
        zone = ZoneInfo(read_company(connection).time_zone)
        found = decisions(connection, archived=given.archived)
        kept = {choice.id: versions(connection, choice.id) for choice in found}
    document = {
        "choices": [
            {
                "id": choice.id,
                "name": choice.name,
                "version": choice.version,
                "vendors": list(choice.vendors),
                "changed_at": choice.changed_at.isoformat(),
                "changed_by": choice.changed_by,
                "archived": choice.archived_at is not None,
                "kept": [
                    {"number": one.number, "at": one.at.isoformat(), "by": one.actor, "inputs_hash": one.inputs_hash}
                    for one in kept[choice.id]
                ],
            }
            for choice in found
        ]
    }
    lines = [
        session.say(
            T("{id}  {name}: {vendors} vendors, {kept} kept versions, changed {day} by {person}",
              id=choice.id, name=choice.name, vendors=len(choice.vendors), kept=choice.versions,
              day=choice.changed_at.astimezone(zone).date(), person=choice.changed_by)
        )
        for choice in found
    ]  # fmt: skip
    session.show(document, lines or [session.say(T("No choice of an ERP has been begun."))])
    return 0


def _export(session: Session, given: argparse.Namespace) -> int:
    """A choice as the file that `vendors score` reads."""
    from erp_core.vendors.loading import dump_decision
    from erp_core.vendors.versions import inputs_hash
    from erp_core.vendors.views import choice

    with session.database().reading() as connection:
        held = choice(connection, _number(given.what))
        decision = _kept(connection, held, given.kept) if given.kept else _standing(connection, held)
    written = dump_decision(decision)
    document: dict[str, Any] = {
        "id": held.id, "name": decision.name, "as_of": decision.as_of.isoformat(), "inputs_hash": inputs_hash(decision),
    }  # fmt: skip
    if given.out is None:
        session.show({**document, "decision": decision.model_dump(mode="json")}, [written.rstrip("\n")])
        return 0
    _refuse_suffix(given.out, (".yaml", ".yml"))
    given.out.write_text(written, encoding="utf-8")
    session.show(
        {**document, "file": str(given.out)},
        [session.say(T("“{name}” stands in {file}.", name=decision.name, file=str(given.out)))],
    )
    return 0


def _standing(connection: sa.Connection, held: Choice) -> Decision:
    """The choice as it stands today, with the company's own numbers."""
    from erp_core.company.views import read_company
    from erp_core.overview.own_numbers import own_numbers
    from erp_core.vendors.catalogue import catalogue
    from erp_core.vendors.views import Outside, decision_document

    company = read_company(connection)
    day: dt.date = today(SystemClock(), company.time_zone)
    numbers = own_numbers(connection, company, day, held.settings.scenario.currency)
    return decision_document(connection, held.id, Outside(day, catalogue(), numbers))


def _kept(connection: sa.Connection, held: Choice, number: int) -> Decision:
    from erp_core.vendors.views import version, versions

    for one in versions(connection, held.id):
        if one.number == number:
            return version(connection, one.id).document()
    raise NotFound(
        T("Of this choice no version {number} was kept.", number=number),
        hint=T("See python -m erp_core vendors list."),
        code="choice.no_version",
    )


def _refuse_suffix(path: Path, suffixes: tuple[str, ...]) -> None:
    if path.suffix.lower() not in suffixes:
        raise BadInput(
            T("This is written as {suffix}, not as “{name}”.", suffix=suffixes[0], name=path.name),
            hint=T("Give a file name that ends in {suffix}.", suffix=suffixes[0]),
            code="vendors.bad_name",
        )


def _rfp(session: Session, given: argparse.Namespace) -> int:
    """The questionnaire of a choice, for one vendor of its list or, without one, for anybody."""
    from erp_core.files.export import ExportHeader
    from erp_core.vendors.rfp import export_rfp
    from erp_core.vendors.schema import Priority
    from erp_core.vendors.views import choice

    with session.database().reading() as connection:
        held = choice(connection, _number(given.what))
        decision = _standing(connection, held)
    asked = None if given.vendor is None else _vendor(decision, given.vendor)
    if given.out is None:
        raise BadInput(
            T("Say where the questionnaire is to be written."), hint=T("Give --out FILE.xlsx."), code="usage"
        )
    _refuse_suffix(given.out, (".xlsx",))
    header = ExportHeader(decision.name, TERMINAL_USER.name, SystemClock().now(), session.language)
    content = export_rfp(decision.requirements, asked, decision.ratings, decision.scenario, header)
    given.out.write_bytes(content)
    document = {
        "id": held.id,
        "vendor": given.vendor,
        "requirements": sum(one.priority is not Priority.NOT_NEEDED for one in decision.requirements),
        "file": str(given.out),
    }
    told = T("{count} requirements are asked in {file}.", count=document["requirements"], file=str(given.out))
    session.show(document, [session.say(told)])
    return 0


def _take_rfp(session: Session, given: argparse.Namespace) -> int:
    """Take over what a vendor returned, or only say what would be taken."""
    from erp_core.db.uow import unit_of_work
    from erp_core.vendors.ratings import RfpAnswers, take_rfp
    from erp_core.vendors.rfp import Received, read_rfp
    from erp_core.vendors.views import choice, rfp_preview
    from erp_core.vendors.working import Seen

    if given.file is None or given.vendor is None:
        raise BadInput(T("Say which file came back, and from whom."), hint=T("Give --file and --vendor."), code="usage")
    (path,) = existing([given.file])
    database = session.database()
    with database.reading() as connection:
        held = choice(connection, _number(given.what))
        decision = _standing(connection, held)
    vendor = _vendor(decision, given.vendor)
    received = Received(path.read_bytes(), path.name, decision.as_of)
    returned = read_rfp(received, decision.requirements, vendor, decision.scenario)
    if given.dry_run:
        with database.reading() as connection:
            take = rfp_preview(connection, held.id, vendor.key, returned.ratings)
    else:
        with unit_of_work(database, TERMINAL_USER.acting()) as uow:
            seen = Seen(held.id, held.version)
            take = take_rfp(uow, seen, RfpAnswers(vendor.key, returned.ratings, path.name))
            uow.commit()
    document = {
        "id": held.id,
        "vendor": vendor.key,
        "dry_run": given.dry_run,
        "taken": [one.model_dump(mode="json") for one in take.taken],
        "unchanged": [one.requirement for one in take.unchanged],
        "kept": [
            {"requirement": stands.requirement, "stands": str(stands.fit), "answer": str(answer.fit)}
            for stands, answer in take.kept
        ],
        "unanswered": list(returned.unanswered),
        "issues": [
            {"row": one.row, "column": one.column, "message": session.say(one.message), "hint": session.say(one.hint)}
            for one in returned.issues
        ],
    }
    told = (
        T("{taken} answers would be taken, {kept} ratings on stronger evidence would stay, {open} are unanswered.",
          taken=len(take.taken), kept=len(take.kept), open=len(returned.unanswered))
        if given.dry_run
        else T("{taken} answers were taken, {kept} ratings on stronger evidence stay, {open} are unanswered.",
               taken=len(take.taken), kept=len(take.kept), open=len(returned.unanswered))
    )  # fmt: skip
    lines = [session.say(told)]
    lines += [
        f"  ! {_place(one)}{session.say(one.message)} {session.say(one.hint)}" for one in returned.issues[:ROWS_SHOWN]
    ]
    session.show(document, lines)
    return 0


def _place(issue: Issue) -> str:
    place = " ".join(str(part) for part in (issue.row, issue.column) if part is not None)
    return f"{place}: " if place else ""


def _vendor(decision: Decision, key: str) -> Vendor:
    for one in decision.vendors:
        if one.key == key:
            return one
    raise NotFound(
        T("The vendor “{key}” is not on the list of this choice.", key=key),
        hint=T("On it are: {names}.", names=", ".join(one.key for one in decision.vendors) or "–"),
        code="choice.not_listed",
    )


def _number(word: str | None) -> int:
    if word is None or not word.isdecimal() or len(word) > 18:
        raise BadInput(
            T("Say which choice is meant, by its number."),
            hint=T("See python -m erp_core vendors list."),
            code="usage",
        )
    return int(word)


ACTIONS: Mapping[str, Callable[[Session, argparse.Namespace], int]] = {
    **scoring.ACTIONS,
    "list": _list,
    "export": _export,
    "rfp": _rfp,
    "take-rfp": _take_rfp,
}

COMMANDS = (
    Command(
        "vendors", T("the choice of an ERP: score, list, export; ask vendors and take their answers"), _run, _options
    ),
)
