"""Documentation is a contract: what it names exists, and what exists is in it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from erp_core.cli import build_parser
from tests.docs.source_tree import ROOT, committed_files, name_of

DOCUMENTS = [path for path in committed_files() if path.suffix == ".md"]
CLI_DOCUMENT = ROOT / "docs" / "cli.md"


def commands() -> dict[str, argparse.ArgumentParser]:
    """Every command of the terminal by name."""
    (choices,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(choices.choices)


def make_targets() -> set[str]:
    """Targets that the Makefile offers."""
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def code_in(text: str) -> Iterator[str]:
    """Code blocks and code words of a Markdown text."""
    yield from re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def sections(text: str) -> dict[str, str]:
    """The text below each second-level heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {title.strip().strip("`"): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_of_the_terminal_is_documented(name: str) -> None:
    section = sections(CLI_DOCUMENT.read_text(encoding="utf-8")).get(name)
    assert section is not None, f"docs/cli.md has no section “## {name}”"
    for action in commands()[name]._actions:
        if {"-h", "--json", "--language", "--demo"} & set(action.option_strings):
            continue
        names = action.option_strings or ([str(c) for c in action.choices] if action.choices else [])
        assert [option for option in names if option not in section] == []


def test_the_documented_commands_exist() -> None:
    assert set(sections(CLI_DOCUMENT.read_text(encoding="utf-8"))) - set(commands()) <= {"For every command"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_in_the_documents_exist(path: Path) -> None:
    code = "\n".join(code_in(path.read_text(encoding="utf-8")))
    assert set(re.findall(r"\bmake ([a-z]+)", code)) - make_targets() == set()
    named = set(re.findall(r"python3? -m erp_core ([a-z][a-z-]*)", code.replace("\\", "/")))
    assert named - set(commands()) == set()


def test_the_readme_offers_every_command_of_the_makefile() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert make_targets() - set(re.findall(r"make ([a-z]+)", readme)) == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_decisions_are_numbered_without_gaps_and_linked_from_the_architecture() -> None:
    records = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [name for name in records if name not in architecture] == []
