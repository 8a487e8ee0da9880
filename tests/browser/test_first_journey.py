"""A newcomer's way: files in, turnover seen, purchase list out; in both languages."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RunningApp

PART = Path(__file__).resolve().parents[2] / "data" / "demo" / "online_retail_part.csv.gz"
SECONDS = 1000


@pytest.fixture(scope="module")
def stock_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A count of all products of the part, at the end of September 2011: 20,000 of each at a cost of 1.00."""
    with gzip.open(PART, "rt", encoding="utf-8", newline="") as stream:
        skus = sorted({row["StockCode"] for row in csv.DictReader(stream)} - {"POST", "DOT"})
    path = tmp_path_factory.mktemp("stock") / "stock.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["SKU", "On hand", "Date", "Unit cost", "Currency"])
        writer.writerows([sku, 20_000, "2011-09-30", "1.00", "GBP"] for sku in skus)
    return path


def import_file(page: Page, app: RunningApp, path: Path, button: str) -> None:
    page.goto(f"{app.url}/data?view=import&lang=en")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name=re.compile(button)).click(timeout=90 * SECONDS)
    expect(page.get_by_text(re.compile(r"Import \d+ is in"))).to_be_visible(timeout=90 * SECONDS)


def test_import_then_turnover_then_purchase_list(page: Page, app: RunningApp, stock_list: Path, tmp_path: Path) -> None:
    page.goto(f"{app.url}/?lang=en")
    expect(page.get_by_role("heading", name="What needs a decision today?")).to_be_visible()
    expect(page.get_by_text("No sales yet", exact=False)).to_be_visible()

    import_file(page, app, PART, r"Import [\d,]+ orders, [\d,]+ lines")
    import_file(page, app, stock_list, r"Import 40 rows")

    page.goto(f"{app.url}/inventory?lang=en")
    expect(page.get_by_text(re.compile(r"Turnover [\d.]+ times in 2011-12")).first).to_be_visible(timeout=60 * SECONDS)

    page.goto(f"{app.url}/replenishment?lang=en")
    download = page.get_by_role("button", name="Download CSV")
    expect(download).to_be_visible(timeout=60 * SECONDS)
    with page.expect_download() as given:
        download.click()
    target = tmp_path / "list.csv"
    given.value.save_as(target)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    assert all(int(row["Quantity"]) > 0 for row in rows)
    assert all("reorder point" in row["Why"] for row in rows)

    page.goto(f"{app.url}/?lang=en")
    expect(page.get_by_text("Decisions, most money first")).to_be_visible(timeout=60 * SECONDS)

    page.goto(f"{app.url}/replenishment?lang=zh_CN")
    expect(page.get_by_role("heading", name="该买什么、向谁买、买多少？")).to_be_visible()
    expect(page.get_by_role("button", name="下载 CSV")).to_be_visible(timeout=60 * SECONDS)

    page.goto(f"{app.url}/data?view=receipts&lang=en")
    expect(page.get_by_text("Choose an import", exact=False)).to_be_visible(timeout=60 * SECONDS)


def test_a_file_that_is_no_table_is_refused_in_words(page: Page, app: RunningApp, tmp_path: Path) -> None:
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    page.goto(f"{app.url}/data?view=import&lang=en")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("picture, not a table", exact=False).first).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_pages_cannot_be_opened_as_files(page: Page, app: RunningApp) -> None:
    page.goto(f"{app.url}/ui/shell.py")
    expect(page.get_by_text("from erp_core")).to_have_count(0)
    assert app.health()["status"] == "ok"
