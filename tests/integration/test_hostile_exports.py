"""What goes out of a shop whose every name is a formula runs in no spreadsheet: every file of every exporter, read back."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from erp_core.cli import main
from erp_core.clock import SystemClock, today
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.db.uow import unit_of_work
from erp_core.exports.formats import UPLOADS
from erp_core.exports.service import export_slips
from erp_core.exports.slips import SlipRequest
from erp_core.files.export import ExportHeader, export_csv, export_rows, export_xlsx, safe_cell, unescaped
from erp_core.files.read import read_table
from erp_core.imports.round_trip import COLUMNS, product_list
from erp_core.imports.views import rejected_rows
from erp_core.orders.tables import channel, sales_order
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings
from erp_core.text import say
from tests import hostile

# Written down here once more, so that the exporter's own idea of what is dangerous is not what it is judged by.
BLANK = "".join(
    map(chr, [*range(33), *range(127, 161), 0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0x3000, 0xFEFF])
)
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
ATTACKS = [
    "=cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+9)*cmd|' /C calc'!A0", "＝1+1", "＠SUM(1)",
    "\u3000=1+1", "\u200b=1+1", "''=1+1", "a;=1+1", "b;\u3000+1+cmd",
]  # fmt: skip


def runs(cell: str) -> bool:
    """Whether a spreadsheet would run this text, or a part of it that it may take for a cell of its own."""
    if NUMBER.fullmatch(cell.strip()):
        return False
    if cell[:1] in ("\t", "\r"):
        return True
    return any(part.lstrip(BLANK)[:1] in tuple("=+-@＝＋－＠") for part in re.split(r"[;\r\n]", cell))


def cells_of(name: str, content: bytes) -> Iterator[str]:
    """Every text of a file as a spreadsheet gets it."""
    suffix = Path(name).suffix
    if suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inner in archive.namelist():
                yield from cells_of(inner, archive.read(inner))
    elif suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.namelist():
                assert not (part.startswith("xl/worksheets/") and re.search(rb"<f[ >/]", archive.read(part))), part
                assert "externalLink" not in part
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in book.sheet_names:
            yield sheet
            for row in book.get_sheet_by_name(sheet).to_python():
                yield from (cell for cell in row if isinstance(cell, str))
    elif suffix == ".html":
        yield from Words().of(content.decode())
    else:
        text = content.decode(
            "gb18030" if content[:1] > b"\x80" and not content.startswith(b"\xef\xbb\xbf") else "utf-8-sig", "replace"
        )
        for row in csv.reader(io.StringIO(text, newline=""), delimiter="\t" if suffix == ".txt" else ","):
            yield from row


class Words(HTMLParser):
    """The texts between the tags of a page."""

    def of(self, page: str) -> list[str]:
        self.found: list[str] = []
        self.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
        return [word for word in self.found if word.strip()]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def shop_of(attack: str, folder: Path) -> Database:
    """A shop of this attack at ERP_HOME."""
    settings = load_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    upgrade(database)
    hostile.fill(database, LOCAL_USER, SystemClock(), folder, attack)
    return database


def files_of(database: Database, folder: Path) -> Iterator[tuple[str, bytes]]:
    """All files that the terminal and the pages write."""
    with database.reading() as connection:
        names = [row.name for row in connection.execute(sa.text("SELECT name FROM channel"))]
        numbers = list(
            connection.execute(
                sa.select(sales_order.c.external_id)
                .join(channel, channel.c.id == sales_order.c.channel_id)
                .where(channel.c.name.endswith(" shop"))
            ).scalars()
        )
    commands = {
        **{f"list{end}": ["replenish", "--assume-zero"] for end in (".csv", ".xlsx")},
        **{
            f"sales-{by}{end}": ["sales", "--by", by]
            for by in ("sku", "channel", "category")
            for end in (".csv", ".xlsx")
        },
        **{
            f"left-{by}{end}": ["contribution", "--by", by]
            for by in ("sku", "channel", "order")
            for end in (".csv", ".xlsx")
        },
    }
    shop = next(name for name in names if name.endswith(" shop"))
    for declared in UPLOADS.values():
        act = [
            "export",
            declared.what.value.replace("shipping", "tracking"),
            f"--channel={shop}",
            "--format",
            declared.name,
        ]
        act += ["--all-products", "--unknown-as-zero"] if declared.what.value == "stock" else []
        commands[f"{declared.name}.{declared.container.value}"] = act
    commands["generic-stock.zip"] = ["export", "stock", f"--channel={shop}", "--format", "generic-stock"]
    for file, words in commands.items():
        out = folder / file
        if main([*words, "--out", str(out), "--json"]) == 0 and out.exists():
            yield file, out.read_bytes()
            beside = out.with_name(f"{out.name}.about.txt")
            if beside.exists():
                yield beside.name, beside.read_bytes()
    clock = SystemClock()
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        slips = export_slips(uow, SlipRequest(tuple(numbers), shop, prices=True), "en")
    assert slips.content is not None
    yield "slips.html", slips.content
    with database.reading() as connection:
        products = product_list(connection, today(clock, "UTC"))
        rejected = [found for batch in range(1, 7) for found in rejected_rows(connection, batch, "en")]
    columns = [(name, say(title, "en")) for name, title in COLUMNS.items()]
    header = ExportHeader(hostile.FORMULA, hostile.FORMULA, clock.now(), "en", {hostile.FORMULA: hostile.FORMULA})
    yield "products.csv", export_csv(products, columns, header)
    yield "products.xlsx", export_xlsx(products, [*columns, ("name", hostile.FORMULA)], header)
    assert rejected
    for _, frame in rejected:
        yield (
            "rejected.csv",
            export_rows([*frame.columns, hostile.FORMULA], [[*row, ""] for row in frame.to_numpy().tolist()]),
        )


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_goes_out_runs_in_a_spreadsheet(
    attack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = shop_of(attack, tmp_path)
    (tmp_path / "out").mkdir()
    seen: dict[str, int] = {}
    for name, content in files_of(database, tmp_path / "out"):
        found = list(cells_of(name, content))
        assert [cell for cell in found if runs(cell)] == [], name
        kind = name.split("-")[0].split(".")[0] + Path(name).suffix
        seen[kind] = seen.get(kind, 0) + sum(safe_cell(unescaped(cell)) != unescaped(cell) for cell in found)
    database.dispose()
    capsys.readouterr()
    for kind in ("list.csv", "list.xlsx", "sales.csv", "sales.xlsx", "left.csv", "products.csv", "products.xlsx", "rejected.csv",
                 "slips.html", "generic.csv", "generic.xlsx", "amazon.txt"):  # fmt: skip
        assert seen[kind], f"the attack is not in {kind}, so nothing was tried"


@given(st.text(alphabet=st.sampled_from("=+-@＝'; \t\r\n\u200b\ufeffa1,\""), max_size=12))
def test_whatever_a_text_is_it_does_not_run_and_comes_back_as_it_was(text: str) -> None:
    assert not runs(safe_cell(text))
    assert unescaped(safe_cell(text)) == text


def test_numbers_are_left_alone() -> None:
    assert [safe_cell(value) for value in (-5, 2.5, None, True, "-5", "+7", "-0.5", "-1,5")] == [
        -5,
        2.5,
        None,
        True,
        "-5",
        "+7",
        "-0.5",
        "-1,5",
    ]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_names_come_back_from_both_kinds_of_file(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"sku": [f"S-{number}" for number in range(len(ATTACKS))], "count": 5, "name": ATTACKS})
    columns = [("sku", "SKU"), ("name", "Product name"), ("count", "On hand")]
    header = ExportHeader("Names", "ann", SystemClock().now(), "en")
    path = tmp_path / f"names.{suffix}"
    path.write_bytes(export_csv(frame, columns) if suffix == "csv" else export_xlsx(frame, columns, header))
    back = [unescaped(cell) for cell in read_table(path).cells[1].to_pylist()]
    assert back == ATTACKS
