"""The command that shows what was done and proves that the record of it is whole: audit."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

import sqlalchemy as sa

from erp_core.errors import BadInput, Unavailable
from erp_core.terminal import FAILED_CHECK, Command, Say, Session, day
from erp_core.text import T, format_datetime, format_number, say

_LISTED = 50


def _options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=["verify", "list"])
    parser.add_argument("--since", type=day, help=say(T("list: done on or after this day (UTC), YYYY-MM-DD")))
    parser.add_argument("--actor", action="append", help=say(T("list: only what this person did; may be repeated")))
    parser.add_argument(
        "--act", action="append", help=say(T("list: only this act, as --json names it; may be repeated"))
    )
    parser.add_argument("--limit", type=int, default=_LISTED, help=say(T("list: so many at most, the newest first")))


def _audit(session: Session, given: argparse.Namespace) -> int:
    return _verify(session) if given.action == "verify" else _list(session, given)


def _verify(session: Session) -> int:
    from erp_core.security import audit_chain
    from erp_core.security.acts import fault_text

    try:
        with session.database().reading() as connection:
            found = audit_chain.verify(connection)
    except sa.exc.DBAPIError as error:
        raise Unavailable(
            T("The audit cannot be read: {reason}", reason=str(error.orig).strip().splitlines()[0]),
            hint=T("The database is damaged. Restore the latest good backup into another place, and check that."),
            code="audit.unreadable",
        ) from error
    head = None if found.head is None else {"id": found.head.id, "hash": found.head.hash}
    document: dict[str, Any] = {"ok": found.ok, "events": found.events, "head": head, "broken": None}
    count = format_number(found.events, session.language)
    if found.broken is None:
        lines = [session.say(T("The audit is whole: {count} events, each linked to the one before.", count=count))]
        if found.head is not None:
            lines.append(session.say(T("Newest event: {number}, {hash}", number=found.head.id, hash=found.head.hash)))
        session.show(document, lines)
        return 0
    problem = session.say(fault_text(found.broken))
    document["broken"] = {"id": found.broken.event_id, "fault": str(found.broken.fault), "message": problem}
    session.show(
        document, [problem, session.say(T("The {count} events before the first broken link are whole.", count=count))]
    )
    return FAILED_CHECK


def _list(session: Session, given: argparse.Namespace) -> int:
    from erp_core.security import acts, audit_views

    if given.limit < 1:
        raise BadInput(
            T("There is nothing to list with a limit of {number}.", number=given.limit),
            hint=T("Give --limit a number of 1 or more."),
            code="usage",
        )
    since = None if given.since is None else dt.datetime.combine(given.since, dt.time(), dt.UTC)
    choice = audit_views.Choice(since, None, tuple(given.actor or ()), tuple(given.act or ()))
    with session.database().reading() as connection:
        found = audit_views.events(connection, choice, given.limit)
        count = audit_views.count(connection, choice)
    entries, lines = [], []
    for row in found.to_dict("records"):
        at = row["at"]
        entries.append({**row, "at": None if at is None else at.isoformat(timespec="seconds")})
        parts = (
            str(row["id"]), "–" if at is None else format_datetime(at, session.language, "UTC"), row["actor"],
            acts.source_name(row["source"], session.language), say(acts.act_name(row["action"]), session.language),
            row["subject"],
            acts.change_text(row["before"], row["after"], session.language),
            acts.details_text(row["details"], session.language),
        )  # fmt: skip
        lines.append("  ".join(part for part in parts if part))
    if count > len(found):
        shown, whole = (format_number(number, session.language) for number in (len(found), count))
        lines.append(session.say(T("The newest {shown} of {count}; --limit shows more.", shown=shown, count=whole)))
    session.show({"count": count, "events": entries}, lines or [session.say(T("No event fits."))])
    return 0


COMMANDS = (Command("audit", T("who did what and when, and whether that record is whole"), _audit, _options),)
