"""Every table that leaves the house goes through the one exporter, which escapes what a spreadsheet would run."""

from __future__ import annotations

import ast
import tomllib

from tests.docs.source_tree import ROOT, called_name, calls, imported_modules, name_of, parsed, python_files

EXPORTER = "erp_core/files/export.py"
WRITES_TABLES = {
    EXPORTER,
    "erp_core/files/live_workbook.py",  # workbooks with formulas; its text goes through safe_cell, see below
    "erp_core/db/dump.py",  # a backup's tables: exact, for the workbench alone, inside its archive
    "erp_core/demo/written.py",  # files of the made-up shop, as platforms write them; no text of anybody's
}
# What a download may hold, by the call that makes it: the exporter's own functions, and those made of them or of none.
PRODUCERS = {
    "export_csv": "the exporter",
    "export_xlsx": "the exporter",
    "export_rows": "the exporter",
    "export_form": "the exporter",
    "export_rfp": "made by export_form",
    "export_requirements": "made by export_form",
    "purchase_file": "made by export_csv and export_xlsx",
    "packed": "files of the exporter in an archive",
    "person_file": "tables of export_csv, and JSON, in an archive",
    "purchase_list_as": "made by purchase_file, for who still may",
    "hand_out": "a backup, as it is",
    "as_html": "the decision file: every value escaped, no script",
    "as_workbook": "made by live_workbook",
    "_held": "the decision file, made by one of these two, or as YAML, for who still may",
}
NAMED = {
    "content": "what export_upload or the page of packing slips returned",
}  # fmt: skip


def test_only_the_exporter_writes_tables() -> None:
    found = set()
    for path in python_files("erp_core", "ui", "pages", "app.py"):
        tree = parsed(path)
        writes = {called_name(call) for call in calls(tree)} & {"to_csv", "to_excel", "DictWriter"}
        writes |= {"csv.writer" for call in calls(tree) if ast.unparse(call.func) == "csv.writer"}
        if writes or any(name.split(".")[0] in ("xlsxwriter", "openpyxl") for _, name in imported_modules(tree)):
            found.add(name_of(path))
    assert found == WRITES_TABLES


def downloads() -> list[tuple[str, ast.Call]]:
    """Every download on the pages, with where it stands."""
    return [
        (f"{name_of(path)}:{call.lineno}", call)
        for path in python_files("ui", "pages")
        for call in calls(parsed(path))
        if called_name(call) == "download_button"
    ]


def test_every_download_holds_what_the_exporter_made() -> None:
    found = downloads()
    assert found
    for place, call in found:
        held = next(
            (word.value for word in call.keywords if word.arg == "data"), call.args[1] if len(call.args) > 1 else None
        )
        assert held is not None, place
        made_by = {called_name(inner) for inner in calls(held)} & PRODUCERS.keys()
        named = {node.attr for node in ast.walk(held) if isinstance(node, ast.Attribute)} & NAMED.keys()
        named |= {node.id for node in ast.walk(held) if isinstance(node, ast.Name)} & NAMED.keys()
        assert made_by or named, f"{place}: of what is {ast.unparse(held)} made?"


def test_every_workbook_and_text_is_written_through_safe_cell() -> None:
    """In the exporter each call that writes text is given what `safe_cell` or a checked word returned."""
    for call in calls(parsed(ROOT / EXPORTER)):
        if called_name(call) in ("writerow", "writerows"):
            assert "safe_cell(" in ast.unparse(call), ast.unparse(call)
        if called_name(call) == "write_string":
            text = ast.unparse(call.args[2])
            assert "safe_cell(" in text or text == "str(value) if value != '' else ''", text  # True and False
        assert called_name(call) not in ("write_formula", "write_url", "write_rich_string", "write"), ast.unparse(call)


def test_a_live_workbook_escapes_text_and_reckons_only_what_a_program_wrote() -> None:
    """Text goes through `safe_cell`; a formula is the expression of a `Formula`, which only the workbook's maker builds."""
    found = list(calls(parsed(ROOT / "erp_core/files/live_workbook.py")))
    assert {ast.unparse(call.args[1]) for call in found if called_name(call) == "write_formula"} == {
        "'=' + value.expression"
    }
    for call in found:
        if called_name(call) == "write_string":
            assert any(ast.unparse(argument).startswith("safe_cell(") for argument in call.args), ast.unparse(call)
        assert called_name(call) not in ("write_url", "write_rich_string", "write"), ast.unparse(call)
    makers = {
        name_of(path)
        for path in python_files("erp_core", "ui", "pages")
        if any(called_name(call) == "Formula" for call in calls(parsed(path)))
    }
    assert makers == {"erp_core/vendors/report/workbook.py"}


def test_streamlits_own_download_of_tables_is_off() -> None:
    """It does not escape; that of pages and charts goes through `ui.tables`. (In a browser: tests/browser.)"""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["client"]["disableDataExport"] is True
    assert settings["client"]["toolbarMode"] == "minimal"
    assert settings["client"]["showErrorDetails"] == "none"


def test_the_server_keeps_its_guards_on() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["enableCORS"] is True
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["server"]["maxUploadSize"] == 200
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
