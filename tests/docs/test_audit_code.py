"""The audit is only added to: no code updates or deletes its rows, each act has its words, each call names an act."""

from __future__ import annotations

import ast
import re

import pytest

from erp_core.security.acts import ACTS, FIELDS, act_name
from erp_core.security.audit import LEAVES_NUMBERS, Act
from erp_core.text import say
from tests.docs.source_tree import ROOT, calls, parsed, python_files

_SQL = re.compile(r"\b(UPDATE|DELETE\s+FROM|TRUNCATE(\s+TABLE)?|REPLACE\s+INTO)\s+\"?audit_event", re.IGNORECASE)


def code_files() -> list[str]:
    return [
        str(path.relative_to(ROOT)) for name in ("erp_core", "ui", "pages", "app.py") for path in python_files(name)
    ]


def changes_of_events(tree: ast.AST) -> list[int]:
    """Lines that update or delete audit events: by SQLAlchemy's functions and methods, or as text."""
    found = []
    for call in calls(tree):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name not in ("update", "delete"):
            continue
        target = call.args[0] if call.args else getattr(call.func, "value", None)
        if target is not None and "audit_event" in ast.unparse(target):
            found.append(call.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("path", code_files())
def test_no_code_changes_or_deletes_audit_events(path: str) -> None:
    assert changes_of_events(parsed(ROOT / path)) == []


@pytest.mark.parametrize(
    "code",
    [
        "connection.execute(sa.delete(audit_event))",
        "connection.execute(audit_event.update().values(actor='x'))",
        "connection.execute(update(tables.audit_event))",
        "connection.exec_driver_sql('delete from audit_event where id = 1')",
        "sql = 'TRUNCATE audit_event'",
    ],
)
def test_the_check_sees(code: str) -> None:
    assert changes_of_events(ast.parse(code)) == [1]


def test_every_recorded_act_is_named_by_the_enumeration() -> None:
    unnamed = []
    for path in code_files():
        for call in calls(parsed(ROOT / path)):
            if ast.unparse(call.func) == "audit.record" and isinstance(call.args[1], ast.Constant | ast.JoinedStr):
                unnamed.append(f"{path}:{call.lineno}: {ast.unparse(call.args[1])}")
    assert unnamed == []


def test_every_act_has_its_words_in_both_languages() -> None:
    assert set(ACTS) == set(Act)
    for act in Act:
        english, chinese = (say(act_name(act), language) for language in ("en", "zh_CN"))
        assert english != act
        assert re.search("[\u4e00-\u9fff]", chinese), act
    assert act_name("an act of another version") == "an act of another version"


def test_acts_that_change_no_number_are_those_of_decisions_alerts_views_people_and_the_choice_of_an_erp() -> None:
    assert sorted(LEAVES_NUMBERS) == [
        "add person", "add quote", "add requirement", "add vendor", "add vendor fact", "answer decision",
        "archive ERP choice", "archive vendor", "begin ERP choice", "begin key change", "bind sign-in",
        "bring back ERP choice", "change ERP choice", "change key", "change password", "change person",
        "change vendor", "delete view", "disable person", "enable person", "end sessions", "give person their data",
        "keep version", "list vendors", "look at person", "manage alert", "manage digest", "propose requirements",
        "rate vendors", "refused", "remove requirement", "remove weights", "rename view", "reset password",
        "save view", "second factor given", "second factor off", "second factor offered", "second factor on",
        "set requirements", "set weights", "share view", "sign in", "sign out", "stop sharing view",
        "take list of requirements", "take vendor's answers", "withdraw quote", "withdraw ratings", "withdraw vendor fact",
    ]  # fmt: skip


def test_every_value_that_an_act_tells_has_a_name_for_people() -> None:
    told = {
        word.arg
        for path in python_files("erp_core")
        for call in calls(parsed(path))
        if ast.unparse(call.func) == "audit.record"
        for word in call.keywords
    } - {None, "before", "after"}
    assert len(told) > 20
    assert sorted(told - set(FIELDS)) == []
