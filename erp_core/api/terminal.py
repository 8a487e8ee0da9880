"""The command for accounts: users. Whoever can use the terminal of the machine can use everything on it anyway."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import BadInput, NotFound
from erp_core.orders.views import channels
from erp_core.security import service
from erp_core.security.actor import TERMINAL_USER
from erp_core.security.rules import GRANTED_APART, ROLES
from erp_core.security.views import Account, account, account_named, accounts
from erp_core.terminal import Command, Say, Session
from erp_core.text import LANGUAGES, T


def _options(parser: argparse.ArgumentParser, say: Say) -> None:
    acts = parser.add_subparsers(dest="action", required=True, metavar="ACT")
    common = argparse.ArgumentParser(add_help=False)
    hidden = argparse.SUPPRESS  # they stand before the act too, and are explained there
    common.add_argument("--json", action="store_true", dest="as_json", help=hidden, default=hidden)
    common.add_argument("--language", choices=list(LANGUAGES), help=hidden, default=hidden)

    def act(name: str, *, named: bool = True) -> argparse.ArgumentParser:
        added = acts.add_parser(name, parents=[common])
        if named:
            added.add_argument("name", metavar="NAME", help=say(T("the name of the account")))
        return added

    act("list", named=False)
    adding, role = act("add"), act("role")
    for parser_of in (adding, role):
        parser_of.add_argument("--role", choices=list(ROLES), help=say(T("what the person may do, see docs/people.md")))
        parser_of.add_argument(
            "--grant", action="append", choices=sorted(GRANTED_APART), default=None,
            help=say(T("what the person may do beyond the role; may be repeated")),
        )  # fmt: skip
        parser_of.add_argument(
            "--channel", action="append", metavar="SHOP", default=None,
            help=say(T("a shop that the person is limited to; may be repeated")),
        )  # fmt: skip
    role.add_argument("--all-channels", action="store_true", help=say(T("limit the person to no shop any more")))
    role.add_argument("--no-grants", action="store_true", help=say(T("take back what was granted beyond the role")))
    adding.add_argument("--mail", help=say(T("the mail address; who signs in elsewhere is known by it")))
    adding.add_argument("--elsewhere", action="store_true", help=say(T("no password: the person signs in elsewhere")))
    for parser_of in (adding, act("reset-password")):
        parser_of.add_argument(
            "--password-stdin", action="store_true", help=say(T("read the first password from standard input"))
        )
    act("disable")
    act("enable")
    act("end-sessions")
    act("drop-second-factor")


def _users(session: Session, given: argparse.Namespace) -> int:
    database = session.database()
    if given.action == "list":
        with database.reading() as connection:
            found, shops = accounts(connection), dict(channels(connection))
        session.show([_document(one, shops) for one in found], [_line(one, shops, session) for one in found])
        return 0
    act = _ACTS[given.action]
    with unit_of_work(database, TERMINAL_USER.acting()) as uow:
        user_id, password = act(uow, given)
        one, shops = account(uow.connection, user_id), dict(channels(uow.connection))
        uow.commit()
    document, lines = _document(one, shops), [_line(one, shops, session)]
    if password is not None:
        document["first_password"] = password
        lines.append(session.say(T("First password, shown only now: {password}", password=password)))
    session.show(document, lines)
    return 0


_Done = tuple[int, str | None]


def _add(uow: UnitOfWork, given: argparse.Namespace) -> _Done:
    limits = _channels(uow.connection, given.channel)
    person = service.NewPerson(
        given.name, given.role or "viewer", given.mail, frozenset(given.grant or ()), limits, _password(given),
        given.elsewhere,
    )  # fmt: skip
    added = service.add_person(uow, person)
    return added.account.id, added.password


def _role(uow: UnitOfWork, given: argparse.Namespace) -> _Done:
    before = account_named(uow.connection, given.name)
    grants = before.grants if given.grant is None else frozenset(given.grant)
    limits = before.channels if given.channel is None else _channels(uow.connection, given.channel)
    rights = service.Rights(
        given.role or before.role,
        frozenset() if given.no_grants else grants,
        None if given.all_channels else limits,
    )
    service.change_rights(uow, before.id, rights)
    return before.id, None


def _reset(uow: UnitOfWork, given: argparse.Namespace) -> _Done:
    user_id = account_named(uow.connection, given.name).id
    return user_id, service.reset_password(uow, user_id, _password(given))


def _by_id(act: Callable[[UnitOfWork, int], Any]) -> Callable[[UnitOfWork, argparse.Namespace], _Done]:
    def done(uow: UnitOfWork, given: argparse.Namespace) -> _Done:
        user_id = account_named(uow.connection, given.name).id
        act(uow, user_id)
        return user_id, None

    return done


_ACTS: dict[str, Callable[[UnitOfWork, argparse.Namespace], _Done]] = {
    "add": _add,
    "role": _role,
    "reset-password": _reset,
    "disable": _by_id(service.disable_person),
    "enable": _by_id(service.enable_person),
    "end-sessions": _by_id(service.end_sessions_of),
    "drop-second-factor": _by_id(service.drop_second_factor_of),
}


def _password(given: argparse.Namespace) -> str | None:
    if not given.password_stdin:
        return None
    word = sys.stdin.readline().rstrip("\r\n")
    if not word:
        raise BadInput(
            T("No password came on standard input."),
            hint=T("Write it on one line; it is not asked for."),
            code="usage",
        )
    return word


def _channels(connection: sa.Connection, names: list[str] | None) -> frozenset[int] | None:
    if names is None:
        return None
    known = {name: number for number, name in channels(connection)}
    for name in names:
        if name not in known:
            raise NotFound(
                T("There is no shop “{name}”.", name=name),
                hint=T("Known shops: {names}.", names=", ".join(sorted(known)) or "–"),
                code="channel.unknown",
            )
    return frozenset(known[name] for name in names)


def _document(one: Account, shops: dict[int, str]) -> dict[str, Any]:
    names = None if one.channels is None else sorted(shops.get(number, str(number)) for number in one.channels)
    return {**one.to_json(), "channels": names}


def _line(one: Account, shops: dict[int, str], session: Session) -> str:
    document = _document(one, shops)
    words = [one.name, one.role, *document["grants"]]
    if document["channels"] is not None:
        words.append(session.say(T("only {shops}", shops=", ".join(document["channels"]) or "–")))
    if not one.active:
        words.append(session.say(T("switched off")))
    return "  ".join(words)


COMMANDS = (
    Command("users", T("who may enter: accounts, their roles and passwords"), _users, _options),
)  # fmt: skip
