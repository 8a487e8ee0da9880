"""Two processes import files that overlap at the same time: every order is stored once, and both receipts are right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from erp_core.db.engine import Database
from erp_core.settings import ROOT
from tests.faults.places import Place, assert_sound, sales, state_of


def test_two_processes_that_import_overlapping_files_store_each_order_once(place: Place, tmp_path: Path) -> None:
    """Sixty orders stand there. One file holds orders 61 to 180, the other 121 to 240: 180 new ones, 60 in both."""
    files = [sales(tmp_path / "left.csv", 61, 120), sales(tmp_path / "right.csv", 121, 120)]
    home = tmp_path / "two"
    home.mkdir()
    (home / "keys").symlink_to(place.keys)
    with place.copy(tmp_path) as url:
        environment = {**os.environ, "ERP_HOME": str(home), "ERP_DATABASE_URL": url}
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "erp_core", "import", str(file), "--json"],
                env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            for file in files
        ]  # fmt: skip
        outcomes = [(*process.communicate(timeout=120), process.returncode) for process in started]
        assert [code for _, _, code in outcomes] == [0, 0], outcomes
        receipts = [json.loads(said) for said, _, _ in outcomes]
        assert [receipt["rows_read"] for receipt in receipts] == [240, 240]
        # whichever came second found the sixty orders (two lines each) of both files unchanged
        assert sorted(receipt["rows_unchanged"] for receipt in receipts) == [0, 120]
        assert sum(receipt["rows_accepted"] for receipt in receipts) == 360
        database = Database(url, place.keys)
        assert_sound(database)
        with database.reading() as connection:
            numbers = connection.execute(sa.text("SELECT external_id FROM sales_order")).scalars().all()
        assert sorted(numbers) == sorted(f"A-{number}" for number in range(1, 241))
        totals = state_of(database)["totals"]
        # 240 orders of 2 × 4.50 and 1 × 7.25
        assert totals["goods"] == {"USD": 240 * 1625}
        assert totals["order_units"] == {"order": 240 * 3}
        database.dispose()
