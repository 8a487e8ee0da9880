"""The terminal: one JSON document, exact keys, refusals that say what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erp_core.cli import main

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
RECEIPT = {
    "batch_id", "files", "format", "rows_read", "rows_accepted", "rows_rejected", "rows_unchanged", "orders", "cancellations",
    "lines", "quantity", "amount_read", "amount_accepted", "amount_rejected", "amount_unchanged", "issues", "seconds",
}  # fmt: skip


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Any:
    def run(*words: str, code: int = 0) -> Any:
        assert main([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


def test_detect(run: Any) -> None:
    found = run("detect", str(SAMPLES / "taobao-orders.csv"))
    assert list(found) == ["format", "kind", "encoding", "delimiter", "header_row", "confidence", "evidence", "columns"]
    assert (found["format"], found["kind"], found["encoding"], found["delimiter"]) == (
        "taobao-orders",
        "sales",
        "gb18030",
        ",",
    )
    assert found["columns"]["ship_address"] == "收货地址"
    assert all(isinstance(text, str) for text in found["evidence"])


def test_import_again_undo_and_kpi(run: Any) -> None:
    first = run("import", str(SAMPLES / "online-retail.csv"))
    assert set(first) == RECEIPT
    assert first["amount_read"] == {"GBP": "-9.57"}
    assert set(first["files"][0]) == {"name", "sha256", "format", "encoding", "rows_read"}
    again = run("import", str(SAMPLES / "online-retail.csv"))
    assert (again["rows_unchanged"], again["orders"], again["amount_unchanged"]) == (8, 0, {"GBP": "-9.57"})
    numbers = run("kpi")
    assert set(numbers["revenue"]) == {"value", "unit", "currency", "missing"}
    # 15.30 + 49.90 + 10.20 + 10.20; the postage, the credit note, the write-off and the bad debt are out
    assert (numbers["revenue"]["value"], numbers["revenue"]["currency"], numbers["orders"]["value"]) == (85.6, "GBP", 2)
    assert numbers["cogs"]["value"] is None
    assert run("kpi", "--from", "2025-03-04", "--to", "2025-03-04")["revenue"]["value"] == 20.4
    assert run("undo-import", str(first["batch_id"])) == {"batch_id": first["batch_id"], "status": "undone"}
    assert run("kpi")["revenue"]["value"] is None
    assert run("stock", "check")["ok"] is True


def test_sales_add_up_by_every_cut_and_say_what_kpi_says(run: Any, tmp_path: Path) -> None:
    run("import", str(SAMPLES / "online-retail.csv"))
    told = run("kpi")
    for by in ("channel", "category", "sku", "day", "week", "month"):
        found = run("sales", "--by", by)
        assert (found["by"], found["currency"], found["missing"]) == (by, "GBP", [])
        for name in ("gross_sales", "revenue", "refunds", "credit_notes", "net_sales"):
            assert found["totals"][name] == told[name]["value"], (by, name)
            assert sum(row[name] for row in found["rows"]) == pytest.approx(found["totals"][name]), (by, name)
    (channel,) = run("sales")["rows"]
    assert (channel["channel"], channel["orders"], channel["revenue"]) == ("Online Retail", 2, 85.6)
    (day,) = run("sales", "--by", "day", "--from", "2025-03-04", "--to", "2025-03-04")["rows"]
    assert (day["start"], day["end"], day["revenue"]) == ("2025-03-04", "2025-03-04", 20.4)
    target = tmp_path / "sales.csv"
    assert run("sales", "--by", "sku", "--out", str(target))["file"] == str(target)
    lines = target.read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Category,SKU,Product name,Units sold")
    assert len(lines) == 1 + len(run("sales", "--by", "sku")["rows"])
    assert run("sales", "--out", str(tmp_path / "sales.pdf"), code=2)["error"]["code"] == "contribution.bad_file"
    assert run("sales", "--from", "2025-03-05", "--to", "2025-03-04", code=2)["error"]["code"] == "kpi.bad_period"


def test_sales_in_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sales"]) == 0
    assert "No orders in this period." in capsys.readouterr().out
    assert main(["import", str(SAMPLES / "online-retail.csv")]) == 0
    capsys.readouterr()
    assert main(["sales", "--by", "sku", "--language", "zh_CN"]) == 0
    said = capsys.readouterr().out
    assert "净销售额" in said
    assert "85.60 GBP" in said


def test_contribution_says_what_is_missing_and_writes_all_rows(run: Any, tmp_path: Path) -> None:
    assert run("contribution")["rows"] == []
    run("import", str(SAMPLES / "online-retail.csv"))
    found = run("contribution", "--by", "sku")
    assert list(found) == ["by", "currency", "period", "rows", "totals", "known_share", "unknown_share"]
    assert (found["by"], found["currency"], found["known_share"]) == ("sku", "GBP", 0.0)
    assert found["period"] == {"start": "2025-03-03", "end": "2025-03-07"}
    lamp = next(row for row in found["rows"] if row["sku"] == "LAMP-2")
    # 2 · 24.95 sold; the damaged three are a write-off, not sold; of the postage of 18, by revenue 49.90 : 15.30, 13.78
    assert (lamp["revenue"], lamp["units"], lamp["shipping_income"]) == (49.9, 2, 13.78)
    assert lamp["missing"] == ["cost", "commission", "payment", "advertising", "shipping"]
    assert (lamp["contribution"], lamp["shipping"], lamp["returns"]) == (None, None, 0.0)
    assert (found["totals"]["revenue"], found["totals"]["returns"]) == (85.6, 2.55)
    assert [row["external_id"] for row in run("contribution")["rows"]] == ["900001", "900002", "C900003"]
    assert run("contribution", "--from", "2025-03-04", "--to", "2025-03-04")["totals"]["revenue"] == 20.4
    for name in ("left.csv", "left.xlsx"):
        assert run("contribution", "--by", "channel", "--out", str(tmp_path / name))["file"] == str(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 0
    assert "commissions" in (tmp_path / "left.csv").read_text(encoding="utf-8-sig")
    kpi = run("kpi")["contribution"]
    assert (kpi["value"], kpi["unit"], kpi["currency"]) == (None, "money", "GBP")
    assert any(text.startswith("commissions") for text in kpi["missing"])
    assert run("glossary", "contribution")["contribution"]["unit"] == "money"


def test_contribution_for_a_person(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contribution"]) == 0
    assert "No orders" in capsys.readouterr().out
    run("import", str(SAMPLES / "online-retail.csv"))
    assert main(["contribution", "--by", "sku", "--language", "zh_CN"]) == 0
    said = capsys.readouterr().out
    assert "85.60 GBP" in said
    assert "LAMP-2  FLOOR LAMP OAK  –  (单位成本" in said


def test_unrelated_files_give_receipts(run: Any) -> None:
    both = run("import", str(SAMPLES / "generic-stock.csv"), str(SAMPLES / "generic-sales.csv"))
    assert [receipt["format"] for receipt in both["receipts"]] == ["generic-sales", "generic-stock"]


def test_replenish_writes_the_list(run: Any, tmp_path: Path) -> None:
    run("import", str(SAMPLES / "generic-stock.csv"), str(SAMPLES / "generic-sales.csv"))
    for name in ("list.csv", "list.xlsx"):
        document = run("replenish", "--out", str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 0
        assert {"as_of", "service_level", "review_days", "lines", "suppliers", "excluded", "file"} == set(document)
    # MUG-B: 1 sold in its only week, 1/7 a day; 21 days make 3, none in stock: 3 to buy
    (line,) = [line for line in document["lines"] if line["sku"] == "MUG-B"]
    assert line["quantity"] == 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["import", "nowhere.csv"], "file.missing"),
        (["import"], "usage"),
        (["contribution", "--by", "colour"], "usage"),
        (["contribution", "--out", "table.pdf"], "contribution.bad_file"),
        (["contribution", "--from", "2025-02-01", "--to", "2025-01-01"], "kpi.bad_period"),
        (["fly"], "usage"),
        (["import", str(SAMPLES / "generic-sales.csv"), "--format", "nothing"], "import.no_such_format"),
        (["import", str(SAMPLES / "generic-sales.csv"), "--map", "sku"], "usage"),
        (["import", str(SAMPLES / "generic-sales.csv"), "--map", "sku=Nowhere"], "import.no_such_column"),
        (["import", str(SAMPLES / "generic-sales.csv"), "--currency", "XYQ"], "import.no_such_currency"),
        (["undo-import", "7"], "undo.no_such_import"),
        (["kpi", "--from", "2025-03-05", "--to", "2025-03-01"], "kpi.bad_period"),
        (["kpi", "--from", "yesterday"], "usage"),
        (["replenish", "--out", "list.pdf"], "replenish.bad_file"),
        (["glossary", "nonsense"], "glossary.no_such_metric"),
    ],
)
def test_refusals_are_one_json_document_with_a_way_out(run: Any, words: list[str], code: str) -> None:
    error = run(*words, code=2)["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]


def test_an_unknown_table_is_detected_as_unknown_and_refused_on_import(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "strange.csv"
    path.write_text("Ref,When,What,Pieces,Each\n1,2025-01-02,Mug,2,4.50\n")
    assert run("detect", str(path))["format"] == "unknown"
    assert run("import", str(path), code=2)["error"]["code"] == "import.unknown_format"
    mapping = ["order_id=Ref", "ordered_at=When", "title=What", "quantity=Pieces", "unit_price=Each"]
    words = [word for pair in mapping for word in ("--map", pair)]
    assert run("import", str(path), "--format", "generic-sales", *words)["orders"] == 1
    # the mapping is remembered for the next file with this header row
    path.write_text("Ref,When,What,Pieces,Each\n2,2025-01-03,Mug,1,4.50\n")
    assert run("import", str(path))["orders"] == 1


def test_a_bad_database_address_is_said(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_DATABASE_URL", "nonsense")
    assert run("kpi", code=2)["error"]["code"] == "database.bad_url"


def test_both_languages(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["undo-import", "7"]) == 2
    assert "There is no import 7" in capsys.readouterr().err
    monkeypatch.setenv("ERP_LANGUAGE", "zh_CN")
    assert main(["undo-import", "7"]) == 2
    assert "没有编号为 7 的导入" in capsys.readouterr().err


def test_backup_list_check_and_restore(run: Any, tmp_path: Path) -> None:
    run("import", str(SAMPLES / "generic-sales.csv"))
    made = run("backup")
    names = "file bytes made_at occasion revision database rows sealed keys totals"
    assert list(made) == names.split()
    assert (made["occasion"], made["database"]) == ("manual", "sqlite")
    listed = run("backup", "--list")
    assert [entry["file"] for entry in listed["backups"]] == [made["file"]]
    (entry,) = listed["backups"]  # as its cover says it, which needs no passphrase: without keys and totals
    assert entry == {name: made[name] for name in names.split()[:-2]} | {"problem": None}
    assert run("backup", "--check", made["file"])["good"] is True
    other = f"sqlite:///{tmp_path / 'other.db'}"
    restored = run("restore", made["file"], "--into", other)
    assert (restored["restored"], restored["saved"], restored["into"]) == (made, None, other)
    before = run("kpi")["revenue"]
    run("undo-import", "1")
    assert run("restore", made["file"], code=2)["error"]["code"] == "restore.not_empty"
    assert run("kpi")["revenue"] != before
    again = run("restore", made["file"], "--yes")
    assert again["saved"]["occasion"] == "restore"
    assert run("kpi")["revenue"] == before
    assert run("stock", "check")["ok"] is True


def test_a_backup_that_is_not_good_is_told(run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cut.zip"
    path.write_bytes(b"PK")
    checked = run("backup", "--check", str(path), code=1)
    assert (checked["good"], "damaged" in checked["problem"]) == (False, True)
    assert run("restore", str(path), code=2)["error"]["code"] == "backup.damaged"
    assert run("backup", "--check", str(tmp_path / "nowhere.zip"), code=2)["error"]["code"] == "file.missing"
    assert run("backup", "--list")["backups"] == []
    assert main(["backup", "--language", "zh_CN"]) == 0
    assert "备份" in capsys.readouterr().out


def test_upgrading_says_what_was_done(run: Any) -> None:
    first = run("db", "upgrade")
    assert (first["before"], first["backup"]) == (None, None)
    assert run("db", "upgrade") == {"schema": first["schema"], "before": first["schema"], "backup": None}
