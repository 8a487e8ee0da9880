"""Changing the key as a job, and the command that does it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from erp_core.db.engine import Database
from erp_core.jobs.book import JobBook
from erp_core.jobs.registry import JobContext
from erp_core.safety.keys import Changed, change_key, keys, under_way
from erp_core.security.actor import TERMINAL_USER, Actor
from erp_core.security.guard import require
from erp_core.security.keyring import read_keyring
from erp_core.security.permissions import Permission
from erp_core.terminal import Command, Say, Session
from erp_core.text import T

CHANGE = "keys.change"  # kind of job


def ask_for_change(book: JobBook, actor: Actor) -> int | None:
    """Hand a change of the key in as a job; its number, or None where one is under way. Raises NotPermitted."""
    require(actor, Permission.MANAGE_KEYS)
    return book.submit_unless_under_way(CHANGE, {}, actor=actor.name)


def change(context: JobContext) -> Mapping[str, Any]:
    """The change that a person asked for (`ask_for_change` checked the permission); begun again, it goes on."""
    database = Database(context.settings.database_url, context.settings.keys)
    actor = Actor(context.job.actor, frozenset({Permission.MANAGE_KEYS}), "worker")
    try:
        return to_json(change_key(database, actor.acting(context.clock), context.progress))
    finally:
        database.dispose()


def to_json(done: Changed) -> dict[str, Any]:
    """What the terminal and the book of jobs say of a change."""
    return {"current": done.current, "retired": list(done.retired), "moved": done.moved}


def _options(parser: argparse.ArgumentParser, _say: Say) -> None:
    parser.add_argument("action", choices=["list", "change"])


def _keys(session: Session, given: argparse.Namespace) -> int:
    database = session.database()
    if given.action == "change":
        done = change_key(database, TERMINAL_USER.acting())
        text = T("The key is {key} now; {count:,} documents were sealed anew.", key=done.current, count=done.moved)
        session.show(to_json(done), [session.say(text)])
        return 0
    with database.reading() as connection:
        held = read_keyring(database.keys)
        states = keys(connection, held)
    document = {
        "folder": str(database.keys),
        "under_way": under_way(held),
        "keys": [
            {
                "id": state.id, "made_at": state.made_at.isoformat(), "in_use": state.in_use, "held": state.held,
                "retired_at": None if state.retired_at is None else state.retired_at.isoformat(),
                "documents": state.documents,
            }
            for state in states
        ],
    }  # fmt: skip
    session.show(document, [f"{state.id}  {state.made_at:%Y-%m-%d}  {state.documents:>9,}" for state in states])
    return 0


COMMANDS = (Command("keys", T("the keys of personal data"), _keys, _options),)
