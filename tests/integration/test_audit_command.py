"""`audit verify` and `audit list` as a program and a person get them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erp_core.cli import main
from erp_core.db.engine import Database
from erp_core.security import acts, audit_views
from tests.integration.test_audit_chain import act, forge


@pytest.fixture
def named(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database that the terminal works on."""
    monkeypatch.setenv("ERP_DATABASE_URL", database.url.render_as_string(hide_password=False))
    return database


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_whole_record_is_said_to_be_whole(named: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "audit", "verify") == (0, {"ok": True, "events": 0, "head": None, "broken": None})
    act(named, "first")
    act(named, "second")
    code, said = told(capsys, "audit", "verify")
    assert (code, said["ok"], said["events"], said["head"]["id"], len(said["head"]["hash"])) == (0, True, 2, 2, 64)
    assert main(["audit", "verify"]) == 0
    assert "whole: 2 events" in capsys.readouterr().out


def test_the_first_broken_link_is_named_and_the_exit_code_is_1(
    named: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        act(named, str(number))
    forge(named, "UPDATE audit_event SET actor = 'wang' WHERE id IN (2, 3)")
    code, said = told(capsys, "audit", "verify")
    assert (code, said["ok"], said["events"]) == (1, False, 1)  # event 1 alone is whole
    assert (said["broken"]["id"], said["broken"]["fault"]) == (2, "changed")
    assert main(["audit", "verify", "--language", "zh_CN"]) == 1
    assert "第 2 条记录被改动" in capsys.readouterr().out


def test_a_database_that_cannot_be_read_is_refused_with_the_error_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    monkeypatch.setenv("ERP_DATABASE_URL", f"sqlite:///{path}")
    code, said = told(capsys, "audit", "verify")
    assert code == 2
    assert said["error"]["message"]


def test_damage_inside_the_table_of_events_is_refused_too(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(300):
        act(sqlite_database, f"event {number}")
    with sqlite_database.writing_connection() as connection:
        page = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        root = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'audit_event'").scalar_one()
    with sqlite_database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.rollback()
    sqlite_database.dispose()
    path = Path(sqlite_database.url.database or "")
    content = bytearray(path.read_bytes())
    content[(root - 1) * page : root * page] = b"\xee" * page
    path.write_bytes(content)
    monkeypatch.setenv("ERP_DATABASE_URL", f"sqlite:///{path}")
    code, said = told(capsys, "audit", "verify")
    assert code == 2
    assert said["error"]["code"] == "audit.unreadable"


def test_events_are_listed_the_newest_first_as_they_were_chosen(
    named: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    act(named, "one", before={"rate": "7.1"}, after={"rate": "7.2"})
    act(named, "two")
    code, said = told(capsys, "audit", "list")
    assert (code, said["count"], [event["subject"] for event in said["events"]]) == (0, 2, ["two", "one"])
    assert said["events"][1]["before"] == {"rate": "7.1"}
    assert said["events"][1]["source"] == "page 203.0.113.7"
    _, said = told(capsys, "audit", "list", "--limit", "1")
    assert (said["count"], len(said["events"])) == (2, 1)
    for words, fits in (
        (["--actor", "li"], 2),
        (["--actor", "wang"], 0),
        (["--act", "rebuild stock"], 2),
        (["--act", "import"], 0),
        (["--since", "2026-03-02"], 2),  # both were done at 09:00 of that day
        (["--since", "2026-03-03"], 0),
    ):
        assert told(capsys, "audit", "list", *words)[1]["count"] == fits
    assert main(["audit", "list"]) == 0
    assert "Rate: 7.1 → 7.2" in capsys.readouterr().out
    assert told(capsys, "audit", "list", "--limit", "0")[0] == 2


DEEP_LIST = "[" * 5000 + "]" * 5000
DEEP_TREE = '{"a":' * 300 + "1" + "}" * 300
LONG_NUMBER = '{"a": ' + "9" * 5000 + "}"  # more digits than Python reads
HALF_A_PAIR = r'{"half a pair": "\ud800"}'  # of a character that takes two
BOTH_KEEP = [
    f"UPDATE audit_event SET details = '{DEEP_LIST}' WHERE id = 2",
    f"UPDATE audit_event SET before = '{DEEP_TREE}' WHERE id = 2",
    f"UPDATE audit_event SET details = '{LONG_NUMBER}' WHERE id = 2",
    f"UPDATE audit_event SET details = '{HALF_A_PAIR}', before = 'null' WHERE id = 2",
    "UPDATE audit_event SET details = '3', before = '[1]', after = '\"x\"' WHERE id = 2",
]
SQLITE_KEEPS_ANYTHING = [
    "UPDATE audit_event SET details = 'no JSON' WHERE id = 2",
    "UPDATE audit_event SET at = 'yesterday' WHERE id = 2",
    "UPDATE audit_event SET actor = x'ff00', hash = x'00' WHERE id = 2",
]


def assert_listed(named: Database, capsys: pytest.CaptureFixture[str], statement: str) -> None:
    for number in range(3):
        act(named, f"act {number}")
    forge(named, statement)
    code, said = told(capsys, "audit", "list")
    assert (code, [event["id"] for event in said["events"]]) == (0, [3, 2, 1])
    for language in ("en", "zh_CN"):
        assert main(["audit", "list", "--language", language]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 3
    assert told(capsys, "audit", "verify")[1]["broken"]["id"] == 2


@pytest.mark.parametrize("statement", BOTH_KEEP)
def test_what_was_tampered_with_is_listed_all_the_same(
    named: Database, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    assert_listed(named, capsys, statement)


@pytest.mark.parametrize("statement", SQLITE_KEEPS_ANYTHING)
def test_what_no_column_should_hold_is_listed_too(
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    statement: str,
) -> None:
    monkeypatch.setenv("ERP_DATABASE_URL", str(sqlite_database.url))
    assert_listed(sqlite_database, capsys, statement)


def test_a_document_that_cannot_be_read_shows_what_stands_in_its_place(sqlite_database: Database) -> None:
    act(sqlite_database, "first", before={"rate": "7.1"})
    forge(sqlite_database, "UPDATE audit_event SET before = 'no JSON'")
    with sqlite_database.reading() as connection:
        (event,) = audit_views.events(connection, audit_views.Choice()).to_dict("records")
    assert event["before"] == {audit_views.UNREADABLE: "no JSON"}
    assert acts.change_text(event["before"], event["after"], "zh_CN") == "无法读取: no JSON → –"
