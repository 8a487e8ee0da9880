"""The command `export`: one JSON document, files where they were asked for, refusals that change nothing."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from erp_core.cli import main

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
DOCUMENT = ["file", "format", "channel", "rows", "left_out", "warnings", "sha256"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in an empty folder on a shop with the samples' sales, stock and Taobao orders."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    names = ("generic-sales", "generic-stock", "taobao-orders", "taobao-lines")
    assert main(["import", *(str(SAMPLES / f"{name}.csv") for name in names), "--json"]) == 0
    capsys.readouterr()

    def run(*words: str, code: int = 0) -> Any:
        assert main([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


def test_stock_goes_where_it_is_asked_to_with_its_statement_beside(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "web.csv"
    document = run("export", "stock", "--channel", "Web shop", "--out", str(path))
    assert list(document) == DOCUMENT
    assert (document["file"], document["format"], document["channel"], document["rows"]) == (
        str(path), "generic-stock", "Web shop", 2,
    )  # fmt: skip
    # 40 red mugs were counted on the 3rd of June, after the sales
    assert path.read_text("utf-8-sig").splitlines()[1:] == ["MUG-B,Blue mug,0,Yiwu", "MUG-R,Red mug,40,Yiwu"]
    assert document["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "Ships from\tYiwu" in (tmp_path / "web.csv.about.txt").read_text("utf-8-sig")


def test_an_archive_holds_both(run: Any, tmp_path: Path) -> None:
    document = run("export", "stock", "--channel", "Web shop", "--out", str(tmp_path / "web.zip"))
    with zipfile.ZipFile(tmp_path / "web.zip") as archive:
        table, about = archive.namelist()
        assert about == f"{table}.about.txt"
        assert document["sha256"] == hashlib.sha256(archive.read(table)).hexdigest()
    assert [path.name for path in tmp_path.glob("*.about.txt")] == []


def test_without_a_name_the_file_lies_here_under_one_that_tells_the_shop(run: Any) -> None:
    document = run("export", "stock", "--channel", "Taobao", "--unknown-as-zero")
    assert document["file"].startswith("stock_灯语旗舰店_")
    assert Path(document["file"]).read_bytes().decode("gb18030").splitlines()[1] == "DENG-01,北欧台灯 卧室床头灯,0"
    left = run("export", "stock", "--channel", "Taobao")
    assert (left["rows"], left["file"], left["sha256"]) == (0, None, None)
    assert [entry["sku"] for entry in left["left_out"]] == ["DENG-01", "PAO-E27"]
    assert all(set(entry) == {"sku", "order", "reason"} for entry in left["left_out"])


def test_tracking_goes_out_once_and_only_when_the_file_stands(run: Any, tmp_path: Path) -> None:
    nowhere = tmp_path / "no folder" / "ship.xlsx"
    assert (
        run("export", "tracking", "--channel", "Taobao", "--out", str(nowhere), code=2)["error"]["code"]
        == "file.unavailable"
    )
    wrong = run("export", "tracking", "--channel", "Taobao", "--out", str(tmp_path / "ship.csv"), code=2)
    assert wrong["error"]["code"] == "export.bad_file"
    document = run("export", "tracking", "--channel", "Taobao", "--out", str(tmp_path / "ship.xlsx"))
    assert (list(document), document["rows"], document["format"]) == (DOCUMENT, 1, "taobao-shipping")
    assert run("export", "tracking", "--channel", "Taobao")["file"] is None
    assert run("export", "tracking", "--channel", "Taobao", "--from", "2025-11-01", "--to", "2025-11-30")["rows"] == 1
    assert run("export", "tracking", "--channel", "Taobao", "--from", "2025-12-01", "--skip-known")["rows"] == 0


def test_packing_slips(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "slips.html"
    document = run("export", "packing-slips", "--orders", "S-1", "S-2", "--prices", "--out", str(path))
    assert (list(document), document["rows"], document["format"], document["channel"]) == (DOCUMENT, 2, "html", None)
    assert path.read_text("utf-8").count("<section>") == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["export"], "usage"),
        (["export", "everything"], "usage"),
        (["export", "stock"], "usage"),
        (["export", "stock", "--channel", "Nowhere"], "channel.no_such_channel"),
        (["export", "stock", "--channel", "Web shop", "--format", "x"], "export.no_such_format"),
        (
            ["export", "tracking", "--channel", "Taobao", "--from", "2025-12-01", "--to", "2025-11-01"],
            "export.bad_period",
        ),
        (["export", "tracking", "--channel", "Taobao", "--from", "soon"], "usage"),
        (["export", "packing-slips"], "slips.how_many"),
        (["export", "packing-slips", "--orders", "S-9"], "slips.no_such_order"),
    ],
)
def test_refusals_are_one_json_document_with_a_way_out(run: Any, words: list[str], code: str) -> None:
    error = run(*words, code=2)["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]


def test_a_person_reads_what_was_left_out_in_their_language(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "stock", "--channel", "Taobao", "--language", "zh_CN"]) == 0
    said = capsys.readouterr().out
    assert "DENG-01" in said
    assert "没有人盘点过" in said
