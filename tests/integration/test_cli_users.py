"""The command users, as a person at the machine uses it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.cli import main
from erp_core.db.engine import Database
from erp_core.security.tables import audit_event
from erp_core.settings import load_settings

Capture = pytest.CaptureFixture[str]


def users(capsys: Capture, *words: str, code: int = 0) -> Any:
    assert main(["users", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_people_are_added_changed_and_switched_off(capsys: Capture) -> None:
    anna = users(capsys, "add", "Anna", "--role", "admin", "--mail", "Anna@Lamps.example")
    assert (anna["name"], anna["role"], anna["mail"], anna["channels"]) == ("Anna", "admin", "anna@lamps.example", None)
    assert anna["must_change_password"]
    assert len(anna["first_password"]) == 19
    bo = users(capsys, "add", "Bo", "--grant", "export")
    assert (bo["role"], bo["grants"]) == ("viewer", ["export"])
    assert users(capsys, "role", "bo", "--role", "planner")["grants"] == ["export"]  # what is not named stays
    assert users(capsys, "role", "Bo", "--no-grants")["grants"] == []
    assert users(capsys, "disable", "Bo")["active"] is False
    assert users(capsys, "enable", "Bo")["active"] is True
    assert users(capsys, "reset-password", "Bo")["first_password"] != bo["first_password"]
    for act in ("end-sessions", "drop-second-factor"):
        users(capsys, act, "Bo")
    assert [one["name"] for one in users(capsys, "list")] == ["Anna", "Bo"]
    assert main(["users", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == ["Anna  admin", "Bo  planner"]


def test_the_terminal_stands_in_the_audit_and_no_password_does(capsys: Capture) -> None:
    anna = users(capsys, "add", "Anna", "--role", "admin")
    database = Database(load_settings().database_url)
    with database.reading() as connection:
        rows = connection.execute(sa.select(audit_event).where(audit_event.c.action == "add person")).all()
    database.dispose()
    assert [(row.actor, row.source, row.subject) for row in rows] == [("local", "terminal", "Anna")]
    assert anna["first_password"] not in str(rows)


def test_a_first_password_can_come_from_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("first otter plumbs gravel\n"))
    anna = users(capsys, "add", "Anna", "--role", "admin", "--password-stdin")
    assert "first_password" not in anna
    monkeypatch.setattr("sys.stdin", io.StringIO("password123\n"))
    assert users(capsys, "reset-password", "Anna", "--password-stdin", code=2)["error"]["code"] == "password.weak"
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert users(capsys, "reset-password", "Anna", "--password-stdin", code=2)["error"]["code"] == "usage"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", "Bo"], "person.first_admin"),
        (["disable", "Nobody"], "person.unknown"),
        (["add", "Bo", "--role", "admin", "--channel", "Moon"], "channel.unknown"),
        (["add", "Bo", "--role", "owner"], "usage"),
        (["add"], "usage"),
        ([], "usage"),
    ],
)
def test_what_cannot_be_is_refused_in_one_document(capsys: Capture, words: list[str], code: str) -> None:
    assert users(capsys, *words, code=2)["error"]["code"] == code
    assert users(capsys, "list") == []
