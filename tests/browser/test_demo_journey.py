"""A newcomer's shortest way: from an empty installation to a purchase list on the demo shop in at most five clicks."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from erp_core.settings import load_settings
from tests.browser.conftest import RunningApp

SECONDS = 1000
MOST_CLICKS = 5


class Clicks:
    """Counts what the newcomer clicks."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, target: Locator) -> None:
        target.click(timeout=60 * SECONDS)
        self.count += 1


def test_a_purchase_list_on_the_demo_shop_in_five_clicks(page: Page, app: RunningApp, tmp_path: Path) -> None:
    clicks = Clicks()
    page.goto(app.url)  # what `make run` opens
    clicks.on(page.get_by_role("button", name="Try the demo shop"))
    expect(page.get_by_text("Decisions, most money first")).to_be_visible(timeout=120 * SECONDS)
    expect(page.get_by_text("Demo data")).to_be_visible()
    clicks.on(page.get_by_role("link", name="Replenishment"))
    with page.expect_download(timeout=60 * SECONDS) as given:
        clicks.on(page.get_by_role("button", name="Download CSV"))
    assert clicks.count <= MOST_CLICKS
    target = tmp_path / "list.csv"
    given.value.save_as(target)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    assert all(int(row["Quantity"]) > 0 for row in rows)
    assert all(row["Supplier"] for row in rows)

    page.reload()
    expect(page.get_by_text("Demo data")).to_be_visible(timeout=60 * SECONDS)
    expect(page).to_have_url(re.compile("company=demo"))


def test_the_demo_shop_is_left_entered_again_and_removed(page: Page, app: RunningApp) -> None:
    settings = load_settings({"ERP_HOME": str(app.home)})
    page.goto(f"{app.url}/?company=demo&lang=zh_CN")
    page.get_by_role("button", name="回到我的店铺").click(timeout=60 * SECONDS)
    expect(page.get_by_text("演示数据")).to_have_count(0, timeout=60 * SECONDS)
    expect(page).not_to_have_url(re.compile("shop="))
    page.get_by_role("button", name="进入演示店铺").click(timeout=60 * SECONDS)
    expect(page.get_by_text("演示数据")).to_be_visible(timeout=60 * SECONDS)
    page.get_by_role("button", name="删除", exact=False).first.click()
    page.get_by_role("dialog").get_by_role("button", name="删除演示店铺").click(timeout=60 * SECONDS)
    expect(page.get_by_role("button", name="试用演示店铺")).to_be_visible(timeout=60 * SECONDS)
    assert not settings.demo.home.exists()
    assert not settings.demo_workshop.home.exists()
    assert app.health()["status"] == "ok"
