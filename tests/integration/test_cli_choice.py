"""The command `vendors` on choices that are kept: listed, and written as the file that it scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erp_core.cli import main
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.db.uow import unit_of_work
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings
from erp_core.vendors import own_vendors, service
from erp_core.vendors.loading import load_decision
from erp_core.vendors.own_vendors import OwnVendor
from erp_core.vendors.schema import Decision
from erp_core.vendors.service import Keep, NewDecision
from erp_core.vendors.versions import inputs_hash
from erp_core.vendors.working import Seen
from tests.integration.test_vendor_choice import SETTINGS, TEMPLATE


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, code: int = 0) -> Any:
        assert main([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def choice(home: Path, clock: FixedClock) -> int:
    """Two choices of the company: one that was put aside, and “选哪个 ERP”, which is worked on."""
    database = Database(load_settings().database_url)
    upgrade(database)
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        key = own_vendors.add_vendor(uow, OwnVendor("=cmd()", "灯语系统"))
        service.create_decision(uow, NewDecision("Old one", SETTINGS, ()))
        service.archive_decision(uow, Seen(1))
        made = service.create_decision(uow, NewDecision("选哪个 ERP", SETTINGS, TEMPLATE, [key, "odoo"]))
        uow.commit()
    database.dispose()
    return made


def test_choices_are_listed_the_archived_apart(run: Any, choice: int) -> None:
    (one,) = run("vendors", "list")["choices"]
    assert (one["id"], one["name"], one["vendors"], one["changed_by"], one["kept"]) == (
        choice, "选哪个 ERP", ["own-cmd", "odoo"], "local", [],
    )  # fmt: skip
    (aside,) = run("vendors", "list", "--archived")["choices"]
    assert (aside["name"], aside["archived"]) == ("Old one", True)


def test_a_choice_is_written_as_the_file_that_is_scored(run: Any, choice: int, tmp_path: Path) -> None:
    path = tmp_path / "decision.yaml"
    document = run("vendors", "export", str(choice), "--out", str(path))
    decision = load_decision(path)
    assert (document["name"], document["inputs_hash"], document["file"]) == (
        "选哪个 ERP",
        inputs_hash(decision),
        str(path),
    )
    assert decision.requirements == TEMPLATE
    assert [vendor.key for vendor in decision.vendors] == ["odoo", "own-cmd"]
    assert decision.vendors[0].facts  # what is published comes with it
    assert run("vendors", "score", str(path))["inputs_hash"] == inputs_hash(decision)
    whole = run("vendors", "export", str(choice))["decision"]
    assert inputs_hash(Decision.model_validate(whole)) == inputs_hash(decision)


def test_a_kept_version_is_written_as_it_was(run: Any, choice: int, clock: FixedClock, tmp_path: Path) -> None:
    before = Decision.model_validate(run("vendors", "export", str(choice))["decision"])
    database = Database(load_settings().database_url)
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        service.keep_version(uow, Seen(choice), Keep(before, {"inputs_hash": inputs_hash(before)}))
        service.rename_decision(uow, Seen(choice), "Renamed")
        uow.commit()
    database.dispose()
    (one,) = run("vendors", "list")["choices"]
    assert [(kept["number"], kept["inputs_hash"]) for kept in one["kept"]] == [(1, inputs_hash(before))]
    run("vendors", "export", str(choice), "--kept", "1", "--out", str(tmp_path / "kept.yaml"))
    assert load_decision(tmp_path / "kept.yaml") == before
    assert run("vendors", "export", str(choice))["name"] == "Renamed"
    assert run("vendors", "export", str(choice), "--kept", "2", code=2)["error"]["code"] == "choice.no_version"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export",), "usage"),
        (("export", "²"), "usage"),
        (("export", "decision.yaml"), "usage"),
        (("export", "99"), "choice.not_found"),
        (("export", "2", "--out", "decision.xlsx"), "vendors.bad_name"),
        (("export", "2", "--out", "no/such/folder/d.yaml"), "file.unavailable"),
    ],
)
def test_what_cannot_be_written_is_refused(run: Any, choice: int, words: tuple[str, ...], code: str) -> None:
    assert run("vendors", *words, code=2)["error"]["code"] == code


def test_an_empty_company_has_no_choice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vendors", "list", "--language", "zh_CN"]) == 0
    assert capsys.readouterr().out == "还没有开始 ERP 选型。\n"


def test_a_questionnaire_goes_out_and_its_answers_come_back(run: Any, choice: int, tmp_path: Path) -> None:
    out, returned = tmp_path / "rfp.xlsx", tmp_path / "back.csv"
    document = run("vendors", "rfp", str(choice), "--vendor", "own-cmd", "--out", str(out))
    assert (document["requirements"], document["file"]) == (3, str(out))
    assert out.read_bytes()[:2] == b"PK"
    returned.write_text(
        "Requirement no,Your answer,One-off cost,Remark\n"
        "function.orders.split,Native,,=cmd()\n"
        "function.stock.alerts,By customisation,1200,\n"
        "function.orders.moon,Native,,\n",
        encoding="utf-8",
    )
    words = ("vendors", "take-rfp", str(choice), "--vendor", "own-cmd", "--file", str(returned))
    preview = run(*words, "--dry-run")
    assert run("vendors", "export", str(choice))["decision"]["ratings"] == []
    taken = run(*words)
    assert taken == preview | {"dry_run": False}
    assert [(one["requirement"], one["fit"], one["evidence"], one["cost"]) for one in taken["taken"]] == [
        ("function.orders.split", "native", "claim", None), ("function.stock.alerts", "customisation", "claim", 1200.0),
    ]  # fmt: skip
    assert taken["unanswered"] == ["security.roles.sso"]
    assert [one["row"] for one in taken["issues"]] == [4]
    assert run("vendors", "export", str(choice))["decision"]["ratings"] == taken["taken"]
    again = run(*words)
    assert (again["taken"], again["unchanged"]) == ([], ["function.orders.split", "function.stock.alerts"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("rfp", "2"), "usage"),
        (("rfp", "2", "--out", "rfp.csv"), "vendors.bad_name"),
        (("rfp", "2", "--vendor", "zoho_moon", "--out", "rfp.xlsx"), "choice.not_listed"),
        (("take-rfp", "2", "--vendor", "own-cmd"), "usage"),
        (("take-rfp", "2", "--vendor", "own-cmd", "--file", "none.xlsx"), "file.missing"),
    ],
)
def test_a_questionnaire_needs_its_vendor_and_its_file(
    run: Any, choice: int, words: tuple[str, ...], code: str
) -> None:
    assert run("vendors", *words, code=2)["error"]["code"] == code
