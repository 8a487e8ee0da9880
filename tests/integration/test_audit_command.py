"""`audit verify` and `audit list` as a program and a person get them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erp_core.cli import main
from erp_core.db.engine import Database
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
