"""The command `vendors`: one document, the same bytes for the same decision, refusals that name the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erp_core.cli import main
from erp_core.vendors.evaluation import evaluate, to_json
from erp_core.vendors.loading import load_decision

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "examples" / "decision.yaml"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Any:
    def run(*words: str, code: int = 0) -> str:
        assert main(["vendors", *words]) == code
        told = capsys.readouterr()
        return told.out or told.err

    return run


def test_score_gives_the_numbers_of_the_library(run: Any) -> None:
    document = json.loads(run("score", str(EXAMPLE), "--json"))
    decision = load_decision(EXAMPLE)
    assert {key: document.pop(key) for key in ("decision", "as_of")} == {"decision": "Example", "as_of": "2026-11-25"}
    case = document.pop("business_case")
    # The example tells no benefit: a case is not made up, and says why there is none.
    assert (case["vendor"], case["npv_p50"], case["irr"]) == ("birch", None, None)
    assert case["unknown"].startswith("No benefit is known yet")
    assert document == json.loads(json.dumps(to_json(evaluate(decision), "en")))


def test_the_same_file_gives_the_same_bytes(run: Any) -> None:
    assert run("score", str(EXAMPLE), "--json") == run("score", str(EXAMPLE), "--json")


def test_every_key_of_the_document_is_documented(run: Any) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").split("\n## vendors\n")[1].split("\n## ")[0]
    document = json.loads(run("score", str(EXAMPLE), "--json"))
    assert [key for key in document if f"`{key}`" not in section] == []


def test_sentences_come_in_the_readers_language(run: Any) -> None:
    english = json.loads(run("score", str(EXAMPLE), "--json", "--language", "en"))
    chinese = json.loads(run("score", str(EXAMPLE), "--json", "--language", "zh_CN"))
    assert "Birch" in english["price_trap"]["text"]
    assert "白桦" in chinese["price_trap"]["text"]
    assert english["inputs_hash"] == chinese["inputs_hash"]


@pytest.mark.parametrize(("language", "first"), [("en", "1. Birch: first in"), ("zh_CN", "1. 白桦：模拟中有")])
def test_a_person_reads_the_ranking_first(run: Any, language: str, first: str) -> None:
    lines = run("score", str(EXAMPLE), "--language", language).splitlines()
    assert lines[1].startswith(first)


def test_who_is_out_is_told_with_the_way_back(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "decision.yaml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8").replace("budget: 100000", "budget: 50000"), encoding="utf-8")
    told = run("score", str(path))
    assert "Out: Birch" in told
    assert "Way back: A software price" in told


def test_no_database_is_opened(run: Any, home: Path) -> None:
    before = sorted(home.rglob("*"))
    run("score", str(EXAMPLE), "--json")
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "file.missing"),
        ("name: [", "vendors.bad_file"),
        ("name: Only a name\n", "vendors.bad_file"),
        ("", "vendors.bad_file"),
    ],
)
def test_a_file_that_is_none_is_refused(run: Any, tmp_path: Path, content: str | None, code: str) -> None:
    path = tmp_path / "decision.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    refusal = json.loads(run("score", str(path), "--json", code=2))["error"]
    assert refusal["code"] == code
    assert path.name in refusal["message"]


def test_without_a_file_the_usage_is_said(run: Any) -> None:
    assert json.loads(run("score", "--json", code=2))["error"]["code"] == "usage"


def test_an_unknown_criterion_is_a_refusal_and_no_traceback(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "decision.yaml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8").replace("service.sla", "luck.pure"), encoding="utf-8")
    refusal = json.loads(run("score", str(path), "--json", code=2))["error"]
    assert refusal["code"] == "vendors.unknown_criterion"
    assert "luck.pure" in refusal["message"]
