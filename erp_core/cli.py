"""The same services from a terminal. `--json` prints exactly one JSON document on stdout, a refusal too (exit 2).

The commands stand in the rooms' `terminal.py`; here is what frames them all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import NoReturn

from erp_core import __version__
from erp_core.api import terminal as api
from erp_core.attention import terminal as attention
from erp_core.db.engine import Database
from erp_core.demo import terminal as demo
from erp_core.demo.place import demo_settings
from erp_core.errors import BadInput, ErpError, Unavailable
from erp_core.exports import terminal as exports
from erp_core.imports import terminal as imports
from erp_core.metrics import terminal as metrics
from erp_core.orders import terminal as orders
from erp_core.overview import choice_terminal
from erp_core.overview import terminal as overview
from erp_core.persons import terminal as persons
from erp_core.planning import terminal as planning
from erp_core.safety import keys_work as keys
from erp_core.safety import terminal as safety
from erp_core.security import terminal as security
from erp_core.settings import Settings, load_settings
from erp_core.terminal import REFUSED, Command, Say, Session, harmless
from erp_core.text import T, Text, say


def _worker_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--once", action="store_true", help=say(T("end when no job is waiting")))


def _worker(session: Session, given: argparse.Namespace) -> int:
    from erp_core.work import run_worker

    session.database().dispose()
    return run_worker(session.settings, once=given.once)


COMMANDS: tuple[Command, ...] = (
    *imports.COMMANDS,
    *overview.COMMANDS,
    *planning.COMMANDS,
    *attention.COMMANDS,
    *exports.COMMANDS,
    *orders.COMMANDS,
    *persons.COMMANDS,
    *demo.COMMANDS,
    *safety.COMMANDS,
    *keys.COMMANDS,
    *security.COMMANDS,
    *metrics.COMMANDS,
    *choice_terminal.COMMANDS,
    *api.COMMANDS,
    Command("worker", T("run the jobs that pages hand in"), _worker, _worker_options),
)


class _Opened(ExitStack):
    """The databases that a command opens; all are closed when it ends."""

    def __call__(self, settings: Settings) -> Database:
        """One more, at the schema of this version."""
        import erp_core.schema  # noqa: F401  (every room's tables: what is sealed is found among them)
        from erp_core.safety.upgrade import open_database  # what backups need takes half a second to load

        database = open_database(settings)
        self.callback(database.dispose)
        return database


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
    common.add_argument("--demo", action="store_true", help=_(T("work on the demo shop")))
    common.add_argument("--language", choices=["en", "zh_CN"], default=None, help=_(T("language of the output")))
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    for command in COMMANDS:
        added = commands.add_parser(command.name, parents=[common], help=_(command.help), description=_(command.help))
        added.set_defaults(run=command.run)
        command.options(added, _)
    return parser


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
        if given.demo and given.command != demo.NAME:
            settings = demo_settings(settings)
        with _Opened() as opened:
            return run(Session(settings, language, given.as_json, opened), given)
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
        print(harmless(message), file=sys.stderr)
        if hint:
            print(harmless(hint), file=sys.stderr)
