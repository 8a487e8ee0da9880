"""The command that says what to buy: replenish."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from erp_core.clock import SystemClock, today
from erp_core.errors import BadInput
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import Command, Say, Session, day
from erp_core.text import T


def _replenish_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--out", type=Path, help=say(T("write the purchase list to this .csv or .xlsx file")))
    parser.add_argument("--as-of", type=day, help=say(T("plan from this day, YYYY-MM-DD")))
    parser.add_argument("--assume-zero", action="store_true", help=say(T("take uncounted stock as none")))


def _replenish(session: Session, given: argparse.Namespace) -> int:
    from erp_core.company.views import read_company
    from erp_core.planning import views as planning

    with session.database().reading() as connection:
        company = read_company(connection)
        options = planning.ReplenishmentOptions(as_of=given.as_of, assume_zero=given.assume_zero)
        proposal = planning.replenishment(connection, company, options, today(SystemClock(), company.time_zone))
        rows = planning.purchase_list(proposal, planning.choices(connection, proposal.as_of), session.language)
    document = planning.to_json(proposal, rows, session.language)
    if given.out is not None:
        given.out.write_bytes(_purchase_file(session, given.out, rows, proposal))
        document["file"] = str(given.out)
    lines = [
        session.say(T("{count} products to buy.", count=len(rows))),
        *(f"  {row['supplier']}  {row['sku']}  {row['quantity']}  {row['reason']}" for row in rows.to_dict("records")),
    ]
    session.show(document, lines)
    return 0


def _purchase_file(session: Session, path: Path, rows: Any, proposal: Any) -> bytes:
    from erp_core.planning.export import header_of, purchase_file

    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise BadInput(
            T("The purchase list can be written as .csv or .xlsx, not as “{suffix}”.", suffix=suffix),
            hint=T("Give a file name that ends in .csv or .xlsx."),
            code="replenish.bad_file",
        )
    header = header_of(proposal, TERMINAL_USER.name, SystemClock().now(), session.language)
    return purchase_file(rows, suffix[1:], header)


COMMANDS = (Command("replenish", T("what to buy, from whom, how much"), _replenish, _replenish_options),)
