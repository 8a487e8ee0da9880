"""The commands that look after the shop: alerts and digest."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from erp_core.clock import SystemClock
from erp_core.errors import BadInput
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import FAILED_CHECK, Command, Say, Session
from erp_core.text import T

if TYPE_CHECKING:
    from erp_core.attention.sending import Teller
    from erp_core.attention.views import AlertState


def _teller(session: Session) -> Teller:
    from erp_core.attention.sending import Teller

    return Teller(session.database(), session.settings, SystemClock(), TERMINAL_USER)


def _alerts(session: Session, _given: argparse.Namespace) -> int:
    """Look at every alert, record what fires and what cleared, list them; telling the targets is the worker's work."""
    from erp_core.attention.views import sentence
    from erp_core.company.views import read_company

    teller = _teller(session)
    happened, states = teller.look()
    with teller.database.reading() as connection:
        currency = read_company(connection).base_currency
    document = {"alerts": [_state_json(state, currency, session.language) for state in states], **happened}
    lines = []
    for state in states:
        word = session.say(T("FIRING") if state.firing else T("quiet"))
        muted = f" ({session.say(T('muted'))})" if state.muted_until else ""
        lines.append(f"{word}{muted}  {sentence(state, currency, session.language)}  {state.alert.owner}")
    session.show(document, lines or [session.say(T("No alert is set. Set them in Settings, view Alerts."))])
    return 0


def _state_json(state: AlertState, currency: str, language: str) -> dict[str, Any]:
    from erp_core.attention.views import sentence

    alert = state.alert
    return {
        "id": state.id,
        "measure": alert.measure,
        "comparison": alert.comparison,
        "threshold": alert.threshold,
        "days": alert.days,
        "owner": alert.owner,
        "value": None if state.value is None else state.value.to_json(language),
        "firing": state.firing,
        "since": state.since.isoformat() if state.since else None,
        "last_fired": state.last_fired.isoformat() if state.last_fired else None,
        "fired_in_30_days": state.fired_lately,
        "muted_until": state.muted_until.isoformat() if state.muted_until else None,
        "text": sentence(state, currency, language),
    }


def _digest_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--print", action="store_true", dest="show", help=say(T("write the digest out (the default)")))
    parser.add_argument("--send", action="store_true", help=say(T("send it to the targets that do not have it today")))
    parser.add_argument("--target", metavar="NAME", help=say(T("send to this target only, a paused one too")))


def _digest(session: Session, given: argparse.Namespace) -> int:
    """Write the digest out, or send it."""
    from erp_core.attention.digest import as_text, digest_of
    from erp_core.attention.work import outcome_json

    if given.target and not given.send:
        raise BadInput(
            T("--target says to whom to send; without --send nothing is sent."),
            hint=T("Add --send, or leave --target out."),
            code="usage",
        )
    teller = _teller(session)
    document: dict[str, Any] = {}
    lines: list[str] = []
    failed = False
    if given.send:
        told = teller.send_digests([given.target] if given.target else None, now_due=False)
        document["told"] = [outcome_json(outcome, session.language) for outcome in told]
        words = {"sent": T("sent"), "failed": T("not sent"), "not due": T("has it already")}
        for entry in document["told"]:
            detail = f" ({entry['detail']})" if entry["detail"] else ""
            lines.append(f"{entry['target']}: {session.say(words[entry['outcome']])}{detail}")
        if not told:
            lines.append(session.say(T("There is no active target. Add one in Settings, view Alerts.")))
        failed = any(outcome.outcome == "failed" for outcome in told)
    if given.show or not given.send:
        message = digest_of(teller.digest_day(), session.language)
        document["digest"] = message.document
        lines.append(as_text(message).rstrip())
    session.show(document, lines)
    return FAILED_CHECK if failed else 0


COMMANDS = (
    Command("alerts", T("look at the alerts: what fires, what is quiet"), _alerts),
    Command("digest", T("the day in short: write it out, or send it"), _digest, _digest_options),
)
