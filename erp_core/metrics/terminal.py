"""The command that explains the numbers: glossary."""

from __future__ import annotations

import argparse

from erp_core.errors import BadInput
from erp_core.terminal import Command, Say, Session
from erp_core.text import T


def _glossary_options(parser: argparse.ArgumentParser, _say: Say) -> None:
    parser.add_argument("key", nargs="?")


def _glossary(session: Session, given: argparse.Namespace) -> int:
    from erp_core.metrics.registry import METRICS

    if given.key is not None and given.key not in METRICS:
        raise BadInput(
            T("There is no number “{key}”.", key=given.key),
            hint=T("Numbers: {names}", names=", ".join(METRICS)),
            code="glossary.no_such_metric",
        )
    chosen = [METRICS[given.key]] if given.key else list(METRICS.values())
    document = {metric.key: metric.to_json(session.language) for metric in chosen}
    lines = [f"{entry['name']}: {entry['formula']}" for entry in document.values()]
    session.show(document, lines)
    return 0


COMMANDS = (Command("glossary", T("every number with its formula and benchmark"), _glossary, _glossary_options),)
