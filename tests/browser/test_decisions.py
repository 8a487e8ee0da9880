"""A merchant answers the list of decisions: one accepted, one dismissed with a reason; a refresh keeps both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER
from tests.browser.conftest import PHONE, RunningApp

SECONDS = 1000
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"


@pytest.fixture(scope="module")
def filled(app: RunningApp) -> RunningApp:
    """The app with sales, stock and suppliers of the samples."""
    database = Database(f"sqlite:///{app.home / 'erp.db'}")
    upgrade(database)
    names = ("generic-sales.csv", "generic-stock.csv", "generic-suppliers.csv", "generic-rates.csv")
    import_files(database, LOCAL_USER.acting(), [SAMPLES / name for name in names])
    database.dispose()
    return app


def test_one_is_accepted_and_one_dismissed_with_a_reason(page: Page, filled: RunningApp) -> None:
    page.goto(f"{filled.url}/?lang=en")
    accepts = page.get_by_role("button", name="Accept", exact=True)
    expect(accepts.first).to_be_visible(timeout=60 * SECONDS)
    count = accepts.count()
    assert count >= 2
    accepts.first.click()
    expect(accepts).to_have_count(count - 1, timeout=30 * SECONDS)
    page.get_by_role("button", name="Dismiss").first.click()
    page.get_by_label("Why not?").last.fill("on order already")
    page.get_by_label("Why not?").last.press("Enter")
    expect(accepts).to_have_count(count - 2, timeout=30 * SECONDS)
    page.reload()
    expect(page.get_by_text("Answered · 2")).to_be_visible(timeout=60 * SECONDS)
    expect(accepts).to_have_count(count - 2)
    page.get_by_text("Answered · 2").click()
    expect(page.get_by_text(re.compile("Dismissed by local on .*: on order already"))).to_be_visible()


def test_on_a_phone_numbers_stand_two_by_two_and_rows_fit(browser: Browser, filled: RunningApp) -> None:
    visitor = browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    tab = visitor.new_page()
    tab.goto(f"{filled.url}/?lang=zh_CN")
    numbers = tab.locator("[data-testid=stMetric]")
    expect(numbers).to_have_count(6, timeout=60 * SECONDS)
    expect(tab.get_by_text("处理记录")).to_be_visible(timeout=60 * SECONDS)
    first, second, third = (numbers.nth(at).bounding_box() for at in range(3))
    assert first
    assert second
    assert third
    assert first["y"] == second["y"] < third["y"]
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visitor.close()
