"""The command of the choice of an ERP: vendors. What is kept in the database joins the company's own numbers here, so
that a file holds what the page shows."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_core.clock import SystemClock, today
from erp_core.errors import BadInput, NotFound
from erp_core.terminal import Command, Say, Session
from erp_core.text import T
from erp_core.vendors import terminal as scoring

if TYPE_CHECKING:
    import sqlalchemy as sa

    from erp_core.vendors.schema import Decision
    from erp_core.vendors.views import Choice


def _options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=list(ACTIONS))
    parser.add_argument(
        "what", nargs="?", help=say(T("score: the decision’s file, YAML; export: the number of a choice"))
    )
    parser.add_argument("--archived", action="store_true", help=say(T("list: those that were put aside")))
    parser.add_argument("--out", type=Path, help=say(T("export: write to this file, .yaml")))
    parser.add_argument("--kept", type=int, metavar="NUMBER", help=say(T("export: this kept version, not what stands")))


def _run(session: Session, given: argparse.Namespace) -> int:
    return ACTIONS[given.action](session, given)


def _list(session: Session, given: argparse.Namespace) -> int:
    """The choices that are kept, the one changed last first."""
    from erp_core.vendors.views import decisions, versions

    with session.database().reading() as connection:
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
              day=choice.changed_at.date(), person=choice.changed_by)
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
    if given.out.suffix.lower() not in (".yaml", ".yml"):
        raise BadInput(
            T("A choice is written as .yaml, not as “{name}”.", name=given.out.name),
            hint=T("Give a file name that ends in .yaml."),
            code="vendors.bad_name",
        )
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
}

COMMANDS = (Command("vendors", T("the choice of an ERP: score a file; list and export what is kept"), _run, _options),)
