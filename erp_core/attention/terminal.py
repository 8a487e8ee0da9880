"""What the commands `alerts` and `digest` do with their options; the terminal's frame calls it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from erp_core.attention.digest import as_text, digest_of
from erp_core.attention.sending import Teller
from erp_core.attention.views import AlertState, sentence
from erp_core.attention.work import outcome_json
from erp_core.company.views import read_company
from erp_core.errors import BadInput
from erp_core.text import T, Text, say


@dataclass(frozen=True)
class Shown:
    """What a command returns: the document, the lines for a person, the exit code."""

    document: dict[str, Any]
    lines: list[str]
    code: int = 0


def digest_options(parser: argparse.ArgumentParser, _: Callable[[Text], str]) -> None:
    """The options of `digest`."""
    parser.add_argument("--print", action="store_true", dest="show", help=_(T("write the digest out (the default)")))
    parser.add_argument("--send", action="store_true", help=_(T("send it to the targets that do not have it today")))
    parser.add_argument("--target", metavar="NAME", help=_(T("send to this target only, a paused one too")))


def alerts(teller: Teller, language: str) -> Shown:
    """Look at every alert, record what fires and what cleared, and list them; messages are the worker's business."""
    happened, states = teller.look()
    with teller.database.reading() as connection:
        currency = read_company(connection).base_currency
    document = {
        "alerts": [_state_json(state, currency, language) for state in states],
        "fired": happened["fired"],
        "cleared": happened["cleared"],
    }
    lines = []
    for state in states:
        word = T("FIRING") if state.firing else T("quiet")
        muted = f" ({say(T('muted'), language)})" if state.muted_until else ""
        lines.append(f"{say(word, language)}{muted}  {sentence(state, currency, language)}  {state.alert.owner}")
    return Shown(document, lines or [say(T("No alert is set. Set them in Settings, view Alerts."), language)])


def _state_json(state: AlertState, currency: str, language: str) -> dict[str, Any]:
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


def digest(teller: Teller, given: argparse.Namespace, language: str) -> Shown:
    """Write the digest out, or send it. Exit code 1 where a target could not be reached."""
    if given.target and not given.send:
        raise BadInput(
            T("--target says to whom to send; without --send nothing is sent."),
            hint=T("Add --send, or leave --target out."),
            code="usage",
        )
    if given.send:
        outcomes = teller.send_digests([given.target] if given.target else None, now_due=False)
        document: dict[str, Any] = {"told": [outcome_json(outcome, language) for outcome in outcomes]}
        words = {"sent": T("sent"), "failed": T("not sent"), "not due": T("has it already")}
        lines = [
            f"{entry['target']}: {say(words[entry['outcome']], language)}"
            + (f" ({entry['detail']})" if entry["detail"] else "")
            for entry in document["told"]
        ]
        if given.show:
            lines += ["", as_text(digest_of(teller.digest_day(), language)).rstrip()]
        failed = any(outcome.outcome == "failed" for outcome in outcomes)
        nobody = [say(T("There is no active target. Add one in Settings, view Alerts."), language)]
        return Shown(document, lines or nobody, 1 if failed else 0)
    message = digest_of(teller.digest_day(), language)
    return Shown(message.document, [as_text(message).rstrip()])
