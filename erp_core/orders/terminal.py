"""The command that checks the stock ledger and the rollups of orders against each other: stock."""

from __future__ import annotations

import argparse

from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import FAILED_CHECK, Command, Say, Session
from erp_core.text import T


def _stock_options(parser: argparse.ArgumentParser, _say: Say) -> None:
    parser.add_argument("action", choices=["check", "rebuild"])


def _stock(session: Session, given: argparse.Namespace) -> int:
    from erp_core.company.views import read_company
    from erp_core.db.uow import unit_of_work
    from erp_core.orders import ledger, rollups
    from erp_core.stock import service

    database = session.database()
    if given.action == "rebuild":
        with unit_of_work(database, TERMINAL_USER.acting()) as uow:
            company = read_company(uow.connection)
            service.rebuild(uow, company.time_zone)
            rollups.rebuild(uow.connection)
            uow.commit()
    document = ledger.check(database)
    if document["ok"]:
        lines = [session.say(T("Balances and rollups are what the ledger and the orders say."))]
    else:
        count = len(document["differences"]) + len(document["rollup_differences"])
        lines = [session.say(T("{count} differences. Run “stock rebuild” to set them right.", count=count))]
    session.show(document, lines)
    return 0 if document["ok"] else FAILED_CHECK


COMMANDS = (Command("stock", T("the stock ledger"), _stock, _stock_options),)
