"""What the command `demo` does with its options; the terminal's frame calls it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from erp_core.db.uow import As
from erp_core.demo.plan import DEFAULT_SEED, DEFAULT_SIZE, SIZES, Plan, plan_of
from erp_core.errors import BadInput
from erp_core.settings import Settings
from erp_core.text import T, Text, say


@dataclass(frozen=True)
class Asked:
    """What the command returns: the document, and the lines for a person."""

    document: dict[str, Any]
    lines: list[str]


def add_options(parser: argparse.ArgumentParser, _: Callable[[Text], str], day: Callable[[str], date]) -> None:
    """The command's own options."""
    parser.add_argument("action", choices=["load", "remove", "files"])
    parser.add_argument("--size", choices=list(SIZES), default=DEFAULT_SIZE, help=_(T("how large the shop is")))
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=_(T("another number makes another shop")))
    parser.add_argument("--until", type=day, help=_(T("its last day, YYYY-MM-DD; otherwise yesterday")))
    parser.add_argument("--out", type=Path, help=_(T("files: the folder to write them into")))


def run(settings: Settings, who: As, given: argparse.Namespace, language: str) -> Asked:
    """Load or remove the demo shop, or write its files."""
    if given.action == "remove":
        from erp_core.demo.service import remove_demo

        removed = remove_demo(settings, who)
        text = T("The demo shop is removed.") if removed else T("There was no demo shop.")
        return Asked({"removed": removed}, [say(text, language)])
    plan = plan_of(who.clock, given.size, given.seed, given.until)
    return _files(plan, given.out, language) if given.action == "files" else _load(settings, who, plan, language)


def _files(plan: Plan, out: Path | None, language: str) -> Asked:
    if out is None:
        raise BadInput(
            T("Say where the files are to go."), hint=T("Give --out and a folder."), code="usage"
        )  # fmt: skip
    from erp_core.demo.service import write_demo_files

    paths = [str(path) for path in write_demo_files(plan, out)]
    document = {"size": plan.size.name, "seed": plan.seed, "until": plan.until.isoformat(), "files": paths}
    return Asked(document, [say(T("{count} files in {folder}.", count=len(paths), folder=str(out)), language), *paths])


def _load(settings: Settings, who: As, plan: Plan, language: str) -> Asked:
    from erp_core.demo.service import load_demo

    def told(share: float, text: Text) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{share:4.0%}  {say(text, language)}")
            sys.stderr.flush()

    loaded = load_demo(settings, who, plan, told)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    document = loaded.to_json(language)
    lines = [
        T("The demo shop is loaded: {orders} orders of {products} products, {first} to {last}.",
          orders=f"{loaded.about.orders:,}", products=loaded.about.products, first=plan.start, last=plan.until),
        T("Its files: {folder}", folder=str(loaded.home / "files")),
        T("Look at it with --demo, such as: python -m erp_core kpi --demo"),
    ]  # fmt: skip
    return Asked(document, [say(line, language) for line in lines])
