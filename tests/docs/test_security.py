"""What docs/security.md promises is tested: every test that it names exists."""

from __future__ import annotations

import ast
import re

from tests.docs.source_tree import ROOT, parsed

DOCUMENT = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def names_in(name: str) -> set[str]:
    """The names of the tests in a file, at any depth."""
    tree = parsed(ROOT / name)
    return {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    } | {
        target.id  # state machines of Hypothesis: TestLedger = Ledger.TestCase
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.startswith("Test")
    }


def test_every_promise_names_tests_that_exist() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "tests/" in line]
    assert len(rows) >= 15
    for row in rows:
        named = NAMED.findall(row)
        assert named, row
        for file, test in named:
            assert (ROOT / file).is_file(), f"{file} does not exist"
            assert test in names_in(file), f"{file} has no {test}"


def test_every_row_of_promises_has_a_test() -> None:
    """A promise without a test is a wish: the tables of promises hold none."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for table in re.findall(r"\| promise \| tested by \|\n\|[-| ]+\|\n((?:\|.*\n)+)", text):
        for row in table.splitlines():
            assert NAMED.search(row), row
