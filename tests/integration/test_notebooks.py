"""Notebooks run from top to bottom, on an empty shop and on one with data, and give the numbers of the pages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from erp_core.cli import main
from erp_core.clock import FixedClock, SystemClock, today
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.demo.plan import SIZES, Plan
from erp_core.demo.service import load_demo
from erp_core.imports.service import import_files
from erp_core.overview.own_numbers import own_numbers
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings
from erp_core.vendors.loading import dump_decision
from erp_core.vendors.report.file import case_of
from erp_core.vendors.results_json import whole_json

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def run(path: Path) -> dict[str, Any]:
    """All code cells in one namespace, as Jupyter would run them."""
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), str(path), "exec"), names)
    return names


@pytest.fixture
def database(home: Path) -> Database:
    """An empty shop where the notebooks look for one."""
    home.mkdir(parents=True)
    made = Database(load_settings().database_url)
    upgrade(made)
    return made


def fill(database: Database, clock: FixedClock) -> None:
    """Sales and stock of the samples."""
    samples = ROOT / "data" / "samples"
    import_files(database, LOCAL_USER.acting(clock), [samples / "generic-sales.csv", samples / "generic-stock.csv"])


def of_turnover(names: dict[str, Any], database: Database) -> None:
    # 3 · 4.50 + 4.50 + 2 · 4.50
    assert names["numbers"]["revenue"].value == pytest.approx(27.0)


def of_vendor_selection(names: dict[str, Any], database: Database) -> None:
    with database.reading() as connection:
        assert names["own"] == own_numbers(connection, read_company(connection), names["day"])
    assert names["own"]
    the_choice_by_hand(names)


def the_choice_by_hand(names: dict[str, Any]) -> None:
    """What does not depend on the shop's data."""
    assert names["as_told"].sum().sum() == pytest.approx(10 * 50 * 36 + 10_000)
    assert names["grown"].sum().sum() == pytest.approx((10 + 20 + 30) * 50 * 12 + 10_000)
    assert names["released"] == pytest.approx(12e6 / 4 - 12e6 / 6)
    assert names["first"]["any_weights"].to_numpy() == pytest.approx(
        names["first"]["any_weights_exact"].to_numpy(), abs=0.005
    )
    for verdict in names["answer"].jury:  # the methods called one by one, and as the page calls them
        assert names["methods"][verdict.method].tolist() == pytest.approx(verdict.scores.tolist())


# What each notebook has to come to, on the samples.
CHECKS: dict[str, Callable[[dict[str, Any], Database], None]] = {
    "turnover": of_turnover,
    "vendor_selection": of_vendor_selection,
}


def test_every_notebook_is_checked() -> None:
    assert set(CHECKS) == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(database: Database, clock: FixedClock, path: Path) -> None:
    run(path)
    fill(database, clock)
    CHECKS[path.stem](run(path), database)


@pytest.fixture(params=["empty", "demo"])
def shop(request: pytest.FixtureRequest, database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty shop, and the demo shop up to yesterday, since notebooks ask the system what day it is."""
    if request.param == "empty":
        return database
    settings, clock = load_settings(), SystemClock()
    load_demo(settings, LOCAL_USER.acting(clock), Plan(SIZES["tiny"], 5, today(clock, "UTC") - dt.timedelta(days=1)))
    monkeypatch.setenv("ERP_DATABASE_URL", settings.demo.database_url)
    return Database(settings.demo.database_url)


def test_a_choice_in_the_notebook_is_what_the_terminal_gives(
    shop: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = run(ROOT / "notebooks" / "vendor_selection.ipynb")
    the_choice_by_hand(names)
    for decision, document in (
        (names["file_text"], names["document"]),
        (
            dump_decision(names["example"]),
            whole_json(names["answer"], case_of(names["example"], names["answer"]), "en"),
        ),
    ):
        path = tmp_path / "decision.yaml"
        path.write_text(decision, encoding="utf-8")
        capsys.readouterr()
        assert main(["vendors", "score", str(path), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert {key: told[key] for key in document} == json.loads(json.dumps(document))
    with shop.reading() as connection:
        assert names["own"] == own_numbers(connection, read_company(connection), names["day"])
    case = names["case"]
    if names["own"]:
        assert names["expected"] == pytest.approx(case.npv_expected)
    else:
        assert case.unknown is not None


def test_notebooks_hold_no_outputs() -> None:
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert not any(cell.get("outputs") for cell in cells)
