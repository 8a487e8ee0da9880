"""What is done in the terminal stands in the audit as done there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.cli import main
from erp_core.db.engine import Database
from erp_core.security.tables import audit_event
from erp_core.settings import load_settings

SALES = """Date,Order ID,SKU,Quantity,Amount,Customer name,Phone
2026-02-20,W-1,LAMP,2,40.00,Zhang San,13800138000
"""


def test_persons_and_keys_leave_acts_of_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(SALES, encoding="utf-8")
    assert main(["import", str(file), "--channel", "Lamps", "--json"]) == 0
    capsys.readouterr()
    assert main(["persons", "find", "13800138000", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["persons"]
    person = found["person"]
    assert main(["persons", "export", person, "--out", str(tmp_path / "person.zip"), "--json"]) == 0
    assert main(["persons", "erase", person, "--yes", "--json"]) == 0
    assert main(["keys", "change", "--json"]) == 0
    database = Database(load_settings().database_url)
    with database.reading() as connection:
        events = connection.execute(sa.select(audit_event.c.action, audit_event.c.source)).all()
    database.dispose()
    assert {action for action, _ in events} >= {"import", "give person their data", "erase person", "change key"}
    assert {source for _, source in events} == {"terminal"}
