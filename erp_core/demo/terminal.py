"""The command that makes the demo shop, removes it, or writes its files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from erp_core.db.uow import As
from erp_core.demo.plan import DEFAULT_SEED, DEFAULT_SIZE, SIZES, Plan, plan_of
from erp_core.errors import BadInput
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import Command, Say, Session, day
from erp_core.text import T, Text

NAME = "demo"


def _options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=["load", "remove", "files"])
    parser.add_argument("--size", choices=list(SIZES), default=DEFAULT_SIZE, help=say(T("how large the shop is")))
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=say(T("another number makes another shop")))
    parser.add_argument("--until", type=day, help=say(T("its last day, YYYY-MM-DD; otherwise yesterday")))
    parser.add_argument("--out", type=Path, help=say(T("files: the folder to write them into")))


def _demo(session: Session, given: argparse.Namespace) -> int:
    who = TERMINAL_USER.acting()
    if given.action == "remove":
        _remove(session, who)
        return 0
    plan = plan_of(who.clock, given.size, given.seed, given.until)
    if given.action == "files":
        _files(session, plan, given.out)
    else:
        _load(session, who, plan)
    return 0


def _remove(session: Session, who: As) -> None:
    from erp_core.demo.service import remove_demo

    removed = remove_demo(session.settings, who)
    text = T("The demo shop is removed.") if removed else T("There was no demo shop.")
    session.show({"removed": removed}, [session.say(text)])


def _files(session: Session, plan: Plan, out: Path | None) -> None:
    from erp_core.demo.service import write_demo_files

    if out is None:
        raise BadInput(T("Say where the files are to go."), hint=T("Give --out and a folder."), code="usage")
    paths = [str(path) for path in write_demo_files(plan, out)]
    document = {"size": plan.size.name, "seed": plan.seed, "until": plan.until.isoformat(), "files": paths}
    text = T("{count} files in {folder}.", count=len(paths), folder=str(out))
    session.show(document, [session.say(text), *paths])


def _load(session: Session, who: As, plan: Plan) -> None:
    from erp_core.demo.service import load_demo

    def told(share: float, text: Text) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{share:4.0%}  {session.say(text)}")
            sys.stderr.flush()

    loaded = load_demo(session.settings, who, plan, told)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    document: dict[str, Any] = loaded.to_json(session.language)
    lines = (
        T("The demo shop is loaded: {orders} orders of {products} products, {first} to {last}.",
          orders=f"{loaded.about.orders:,}", products=loaded.about.products, first=plan.start, last=plan.until),
        T("Its files: {folder}", folder=str(loaded.home / "files")),
        T("Look at it with --demo, such as: python -m erp_core kpi --demo"),
    )  # fmt: skip
    session.show(document, [session.say(line) for line in lines])


COMMANDS = (
    Command(NAME, T("a made-up shop to try everything on: load it, remove it, or write its files"), _demo, _options),
)
