"""Notebooks run from top to bottom, on an empty shop and on one with data, and give the numbers of the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def run(path: Path) -> dict[str, Any]:
    """All code cells in one namespace, as Jupyter would run them."""
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), str(path), "exec"), names)
    return names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(home: Path, clock: FixedClock, path: Path) -> None:
    home.mkdir(parents=True)
    database = Database(load_settings().database_url)
    upgrade(database)
    run(path)
    samples = ROOT / "data" / "samples"
    import_files(database, LOCAL_USER.acting(clock), [samples / "generic-sales.csv", samples / "generic-stock.csv"])
    names = run(path)
    # 3 · 4.50 + 4.50 + 2 · 4.50
    assert names["numbers"]["revenue"].value == pytest.approx(27.0)


def test_notebooks_hold_no_outputs() -> None:
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert not any(cell.get("outputs") for cell in cells)
