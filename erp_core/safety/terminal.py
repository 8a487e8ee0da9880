"""The commands that keep the data safe: db."""

from __future__ import annotations

import argparse

from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.terminal import Command, Say, Session
from erp_core.text import T


def _db_options(parser: argparse.ArgumentParser, _say: Say) -> None:
    parser.add_argument("action", choices=["upgrade"])


def _db(session: Session, _given: argparse.Namespace) -> int:
    session.settings.home.mkdir(parents=True, exist_ok=True)
    revision = upgrade(Database(session.settings.database_url))
    session.show({"schema": revision}, [session.say(T("The database is at schema {revision}.", revision=revision))])
    return 0


COMMANDS = (Command("db", T("the database"), _db, _db_options),)
