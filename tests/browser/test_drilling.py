"""Clicks on charts and rows go down to the rows, and a kept view comes back as it was; in the running app."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER
from tests.browser.conftest import RunningApp

SECONDS = 1000
FIRST = dt.date(2026, 1, 1)
ROW, HEADER = 35, 35  # height of a row of a table on the page, in pixels


@pytest.fixture(scope="module")
def shop(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> RunningApp:
    """Forty days of two shops that sell lamps and mugs; lamps are counted."""
    folder = tmp_path_factory.mktemp("files")
    lines = []
    for day in range(40):
        for number, (sku, price, channel) in enumerate(
            (("LAMP", 50, "Web"), ("LAMP", 50, "Market"), ("MUG", 5, "Web"))
        ):
            lines.append(f"{day}-{number},{FIRST + dt.timedelta(days=day)},{sku},{1 + day % 3},{price},CNY,{channel}")
    texts = {
        "products": "SKU,Name,Category,Unit cost,Currency\nLAMP,Desk lamp,Lamps,20,CNY\nMUG,Red mug,Kitchen,2,CNY\n",
        "sales": "Order ID,Date,SKU,Quantity,Unit price,Currency,Channel\n" + "\n".join(lines) + "\n",
        "stock": "SKU,Quantity,Date\nLAMP,900,2025-12-31\nMUG,900,2025-12-31\n",
    }
    database = Database(f"sqlite:///{app.home / 'erp.db'}")
    upgrade(database)
    for name, text in texts.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        import_files(database, LOCAL_USER.acting(), [path])
    database.dispose()
    return app


def address(page: Page) -> dict[str, list[str]]:
    """What the URL says, without the language."""
    found = parse_qs(urlsplit(page.url).query)
    return {name: values for name, values in found.items() if name != "lang"}


def wait_for(page: Page, **wanted: str) -> None:
    """Until the URL says so."""
    for name, value in wanted.items():
        expect(page).to_have_url(re.compile(rf"[?&]{name}={re.escape(value)}(&|$)"), timeout=30 * SECONDS)


def open_sales(page: Page, shop: RunningApp, query: str = "") -> None:
    page.goto(f"{shop.url}/sales?lang=en{query}")
    expect(page.get_by_text("The orders behind these numbers")).to_be_visible(timeout=60 * SECONDS)
    expect(page.locator(".js-plotly-plot .bars").first).to_be_visible(timeout=30 * SECONDS)


def table(page: Page, below: str) -> Locator:
    """The first table after a heading."""
    heading = page.get_by_role("heading", name=below)
    return heading.locator("xpath=following::*[@data-testid='stDataFrame'][1]")


def resting(page: Page, element: Locator) -> FloatRect:
    """Where the element is, once the page rests."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=30 * SECONDS)
    before, box = None, element.bounding_box()
    while box is None or box != before:
        page.wait_for_timeout(250)
        before, box = box, element.bounding_box()
    return box


def click_row(page: Page, grid: Locator, row: int) -> None:
    """Tick the row's box, which is drawn on a canvas."""
    grid.scroll_into_view_if_needed()
    box = resting(page, grid)
    page.mouse.click(box["x"] + 15, box["y"] + HEADER + ROW * row + ROW / 2)


def click_mark(page: Page, mark: Locator) -> None:
    """Click on a bar or a mark of a chart, once the page rests."""
    expect(mark).to_be_attached(timeout=60 * SECONDS)
    box = resting(page, mark)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_rows_lead_from_channel_to_category_to_sku_to_its_orders(page: Page, shop: RunningApp) -> None:
    open_sales(page, shop)
    click_row(page, table(page, "Where it sold"), 0)  # Web sells most: its lamps and all mugs
    wait_for(page, by="category")
    assert "channel" in address(page)
    expect(page.get_by_text(re.compile("Revenue: Lamps makes"))).to_be_visible(timeout=30 * SECONDS)
    click_row(page, table(page, "Where it sold"), 0)
    wait_for(page, by="sku", category="Lamps")
    expect(page.get_by_text(re.compile("Revenue: LAMP Desk lamp makes"))).to_be_visible(timeout=30 * SECONDS)
    click_row(page, table(page, "Where it sold"), 0)
    wait_for(page, sku="LAMP")
    expect(page.get_by_role("button", name="Only LAMP")).to_be_visible(timeout=30 * SECONDS)
    click_row(page, table(page, "The orders behind these numbers"), 0)
    expect(page.get_by_text(re.compile(r"Order 39-0: its lines, in CNY"))).to_be_visible(timeout=30 * SECONDS)


def test_a_bar_narrows_the_period_and_the_way_back_leads_back(page: Page, shop: RunningApp) -> None:
    open_sales(page, shop, "&period=30&grain=week")
    click_mark(page, page.locator(".js-plotly-plot").first.locator(".bars .point").nth(1))
    # the data end on Monday 9 February: 30 days begin on Sunday the 11th, the second week on Monday the 12th of January
    wait_for(page, period="custom", **{"from": "2026-01-12", "to": "2026-01-18"})
    back = page.get_by_role("button", name=re.compile("Back to"))
    expect(back).to_be_visible(timeout=30 * SECONDS)
    resting(page, back)
    back.click()
    wait_for(page, period="30")
    assert "from" not in address(page)


def test_a_cell_of_the_grid_filters_the_table_and_lets_go_again(page: Page, shop: RunningApp) -> None:
    page.goto(f"{shop.url}/inventory?view=overview&lang=en")
    cell = page.locator(".js-plotly-plot .scatterlayer .point").first
    click_mark(page, cell)
    wait_for(page, **{"class": "AX"})
    click_mark(page, cell)
    expect(page).not_to_have_url(re.compile("class="), timeout=30 * SECONDS)


def test_a_kept_view_comes_back_on_another_page_after_reload_and_for_another_visitor(
    page: Page, shop: RunningApp
) -> None:
    open_sales(page, shop, "&period=30&by=sku&category=Lamps&measure=units")
    kept = address(page)
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Keep this view as").fill("Lamps of the month")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("View saved.")).to_be_visible(timeout=30 * SECONDS)

    page.goto(f"{shop.url}/sales?lang=en&period=90&channel=1")
    expect(page.get_by_text("The orders behind these numbers")).to_be_visible(timeout=60 * SECONDS)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Lamps of the month").click()
    wait_for(page, measure="units", period="30", by="sku", category="Lamps")
    assert address(page) == kept
    units = page.get_by_test_id("stMetric").filter(has_text="Units sold").get_by_test_id("stMetricValue")
    # the last 30 days, number 10 to 39: ten times (1 + 2 + 3) lamps in each of two shops
    expect(units).to_have_text("120", timeout=30 * SECONDS)
    page.reload()
    expect(units).to_have_text("120", timeout=60 * SECONDS)
    assert address(page) == kept
    expect(page.get_by_label("Measure")).to_be_visible()
