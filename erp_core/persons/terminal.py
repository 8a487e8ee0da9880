"""The commands about persons: find one, write what is held of them into a file, erase one."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from erp_core.errors import BadInput, Conflict
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import ROWS_SHOWN, Command, Say, Session
from erp_core.text import T


def _options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=["find", "export", "erase"])
    parser.add_argument(
        "words",
        nargs="+",
        help=say(T("find: a name, phone, mail, four last digits or order number; otherwise a person")),
    )
    parser.add_argument("--out", type=Path, help=say(T("export: write to this .zip file")))
    parser.add_argument("--yes", action="store_true", help=say(T("erase: really do it; it cannot be undone")))


def _persons(session: Session, given: argparse.Namespace) -> int:
    act = {"find": _find, "export": _export, "erase": _erase}[given.action]
    return act(session, given)


def _find(session: Session, given: argparse.Namespace) -> int:
    import pandas as pd

    from erp_core.persons.views import Reader, find_persons

    with session.database().reading() as connection:
        frame = find_persons(connection, " ".join(given.words), Reader(see_personal_data=True))
    rows = [
        {
            **{str(name): None if pd.isna(value) else value for name, value in row.items()},
            "last_order": None if pd.isna(row["last_order"]) else row["last_order"].date().isoformat(),
        }
        for row in frame.to_dict("records")
    ]
    lines = [
        " · ".join(str(row[name]) for name in ("person", "name", "phone", "email", "shops", "orders") if row[name])
        for row in rows[:ROWS_SHOWN]
    ]
    session.show({"persons": rows}, lines or [session.say(T("Nobody was found."))])
    return 0


def _export(session: Session, given: argparse.Namespace) -> int:
    from erp_core.db.uow import unit_of_work
    from erp_core.persons.file import person_file
    from erp_core.persons.service import give
    from erp_core.persons.views import Reference

    if given.out is None:
        raise BadInput(T("Say where the file is to go."), hint=T("Give --out and a file name."), code="usage")
    reference = Reference.of(given.words[0])
    who = TERMINAL_USER.acting()
    with unit_of_work(session.database(), who) as uow:
        document = give(uow, reference)
        _write_new(given.out, person_file(document, session.language, who.actor, who.clock.now()))
        uow.commit()
    counts = {name: len(document[name]) for name in ("orders", "contacts")}
    text = T("Written to {file}: {orders} orders, {contacts} contacts.", file=str(given.out), **counts)
    session.show({"person": str(reference), "file": str(given.out), **counts}, [session.say(text)])
    return 0


def _write_new(path: Path, content: bytes) -> None:
    """For its owner's eyes alone from the first byte on; a file that is there stays. Raises Conflict."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(
            T("There is a file {name} already; it was left as it is.", name=str(path)),
            hint=T("Give another name, or move that file away."),
            code="person.file_exists",
        ) from error
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)


def _erase(session: Session, given: argparse.Namespace) -> int:
    from erp_core.persons.service import erase_person, extent
    from erp_core.persons.views import Reference, same_person

    reference, database = Reference.of(given.words[0]), session.database()
    if not given.yes:
        with database.reading() as connection:
            touched, others = extent(connection, reference), same_person(connection, reference)
        raise Conflict(
            T(
                "This would erase a person from {orders} orders and {contacts} contacts.",
                orders=touched.orders, contacts=touched.contacts,
            ),
            hint=T(
                "Add --yes to do it; it cannot be undone. The same phone or mail stand under: {others}.",
                others=", ".join(map(str, others)) or "–",
            ),
            code="person.not_confirmed",
        )  # fmt: skip
    done = erase_person(database, TERMINAL_USER.acting(), reference)
    counts = {"orders": done.orders, "contacts": done.contacts, "rejected": done.rejected}
    text = T("Erased from {orders} orders, {contacts} contacts and {rejected} rejected rows.", **counts)
    session.show({"person": str(reference), "erased": counts}, [session.say(text)])
    return 0


COMMANDS = (Command("persons", T("find a person, give them what is held of them, erase them"), _persons, _options),)
