"""What the commands of the terminal share: the session that they work with, and how a room brings its own.

A room that has commands keeps them in its `terminal.py`, in the tuple COMMANDS; `cli` only lists the rooms. What a
command needs beyond this module it imports when it runs, so that `--help` and the other commands start at once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from erp_core.db.engine import Database
from erp_core.errors import BadInput
from erp_core.settings import Settings
from erp_core.text import T, Text, say

REFUSED = 2
FAILED_CHECK = 1
ROWS_SHOWN = 20  # for a person; programs and files get all

# Names from files hold no commands to the terminal: control characters come out as the mark of what cannot be shown.
_NO_COMMANDS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "�")

Say = Callable[[Text], str]


def harmless(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return text.translate(_NO_COMMANDS)


@dataclass(frozen=True)
class Session:
    """What a command works with. `opener` gives the company's database at the schema of this version."""

    settings: Settings
    language: str
    as_json: bool
    opener: Callable[[Settings], Database]

    def database(self) -> Database:
        """The company's database, at the schema of this version."""
        return self.opener(self.settings)

    def say(self, text: Text) -> str:
        """A sentence in the terminal's language."""
        return say(text, self.language)

    def show(self, document: Any, lines: Sequence[str]) -> None:
        """The document, or the lines for a person."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        else:
            print("\n".join(harmless(line) for line in lines))


def _no_options(_parser: argparse.ArgumentParser, _say: Say) -> None:
    """Nothing but what every command takes."""


@dataclass(frozen=True)
class Command:
    """One command: its name, what `--help` says of it, what it does (returning the exit code), and its own options.

    `options` gets the parser and the function that puts a help text into the terminal's language.
    """

    name: str
    help: Text
    run: Callable[[Session, argparse.Namespace], int]
    options: Callable[[argparse.ArgumentParser, Say], None] = _no_options


def day(word: str) -> date:
    """The day that an option names, for argparse."""
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r} is not a day (YYYY-MM-DD)") from error


def existing(paths: Sequence[Path]) -> list[Path]:
    """The files. Raises BadInput for one that is not there."""
    for path in paths:
        if not path.is_file():
            raise BadInput(
                T("There is no file {name}.", name=str(path)),
                hint=T("Check the name and the folder."),
                code="file.missing",
            )
    return list(paths)
