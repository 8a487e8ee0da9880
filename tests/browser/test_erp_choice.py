"""A founder chooses an ERP on the demo shop, from needs to the decision file; the file says what the terminal says."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from python_calamine import CalamineWorkbook

from erp_core.cli import main
from erp_core.clock import SystemClock, today
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.demo.plan import SIZES, Plan
from erp_core.demo.service import load_demo
from erp_core.overview.own_numbers import own_numbers
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings
from erp_core.text import format_money, format_number, format_share, say
from erp_core.vendors.business_case import benefit_name
from erp_core.vendors.loading import load_decision
from erp_core.vendors.schema import Decision, Evidence, Fit, OwnNumber, Priority
from tests.browser.conftest import RunningApp

SECONDS = 1000
NAME, BUDGET, USERS = "Our ERP for 2027", 900_000, 8
LISTED = {"Odoo": "odoo", "ERPNext": "erpnext", "Jushuitan": "jushuitan", "Linnworks": "linnworks"}
OFFERS = {"Jushuitan": 900, "Linnworks": 2_600}  # a month
IMPLEMENTATION = 20_000
HOURS = {"minutes_an_order": ("Minutes of work an order", 4.0), "cost_an_hour": ("An hour of work costs", 35.0)}
HEADER, ROW = 34, 33  # pixels of a table


@pytest.fixture
def shop(app: RunningApp) -> tuple[Database, dict[str, OwnNumber]]:
    """A demo shop of the smallest size beside the founder's own, empty one; its own numbers, read past the page."""
    settings, clock = load_settings({"ERP_HOME": str(app.home)}), SystemClock()
    until = today(clock, "UTC") - dt.timedelta(days=1)
    load_demo(settings, LOCAL_USER.acting(clock), Plan(SIZES["tiny"], 5, until))
    database = Database(settings.demo.database_url)
    with database.reading() as connection:
        company = read_company(connection)
        found = own_numbers(connection, company, today(clock, company.time_zone))
    return database, {number.key: number for number in found}


@dataclass(frozen=True)
class Seen:
    """What the founder read on the way."""

    first_place: str
    costs: dict[str, str]
    worth: str


def test_from_needs_to_the_decision_file(
    page: Page,
    app: RunningApp,
    shop: tuple[Database, dict[str, OwnNumber]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database, own = shop
    page.set_default_timeout(30 * SECONDS)
    expect.set_options(timeout=30 * SECONDS)
    page.goto(app.url)
    page.get_by_role("button", name="Enter the demo shop").click()
    expect(page.get_by_text("Decisions, most money first")).to_be_visible()
    page.get_by_role("link", name="ERP choice").click()
    begin(page)
    say_what_is_needed(page)
    list_vendors(page)
    for vendor, price in OFFERS.items():
        enter_offer(page, vendor, price)
    rate(page, "Jushuitan", ("Native", "By configuration", "Not offered"))
    seen = Seen(first_place(page), costs(page), business_case(page, own))

    given = files(page, tmp_path)
    decision = load_decision(given["yaml"])
    the_document_holds_what_was_said(decision, own)
    capsys.readouterr()
    assert main(["vendors", "score", str(given["yaml"]), "--json", "--language", "en"]) == 0
    answer = json.loads(capsys.readouterr().out)
    what_was_seen_is_what_the_terminal_says(seen, answer)
    the_page_says_the_same(given["html"].read_text(encoding="utf-8"), answer)
    the_workbook_says_the_same(given["xlsx"], answer)
    database.dispose()


# --- on the page -----------------------------------------------------------------------------------------------------


def settled(page: Page) -> None:
    """Wait until nothing is being computed."""
    page.wait_for_timeout(200)  # a click reaches the server first
    expect(page.locator("[data-testid=stApp][data-test-script-state=running]")).to_have_count(0)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0)


def segment(page: Page, name: str) -> None:
    """Choose one of several side by side: a view of the page, or a part of a card."""
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first.click()
    settled(page)


def number(page: Page, label: str) -> Locator:
    """A field for a number."""
    return page.get_by_role("spinbutton", name=label, exact=True)


def table(page: Page, column: str) -> Locator:
    """The table with a column of this name; tables are drawn, and told beside it for readers."""
    heads = page.locator("th").filter(has_text=re.compile(f"^{re.escape(column)}$"))
    found = page.get_by_test_id("stDataFrame").filter(has=heads).first
    found.scroll_into_view_if_needed()
    return found


def told(page: Page, column: str, row: str) -> list[str]:
    """The cells of the row that begins with, or holds, this text, in the table with that column."""
    rows = table(page, column).locator("tbody tr")
    one = rows.filter(has=page.locator("td").filter(has_text=re.compile(f"^{re.escape(row)}$"))).first
    return [cell.strip() for cell in one.locator("td").all_text_contents()]


def write(page: Page, column: str, row: int, at: int, word: str, *, chosen: bool = False) -> None:
    """Change a cell of an editor by the keyboard: row and place from 0; `chosen` from a list."""
    editor = table(page, column)
    cell = editor.get_by_test_id(f"glide-cell-{at}-{row}")
    before = cell.text_content() or ""
    editor.locator(".dvn-scroller").click(position={"x": 40, "y": HEADER + ROW * row + ROW / 2})
    page.keyboard.press("Home")
    for _ in range(at):
        page.keyboard.press("ArrowRight")
    if chosen:
        page.keyboard.press("Enter")
        expect(page.locator("#portal input")).to_be_focused()
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    expect(cell).not_to_have_text(before)
    settled(page)


def metric(page: Page, label: str) -> str:
    """A number of the headline."""
    found = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{re.escape(label)}")).first
    return found.get_by_test_id("stMetricValue").inner_text().strip()


def begin(page: Page) -> None:
    """The template, with the numbers of the shop."""
    expect(page.get_by_text("Your own numbers are there")).to_be_visible()
    page.get_by_label("Name", exact=True).fill(NAME)
    number(page, "People who will use it").fill(str(USERS))
    page.get_by_role("button", name="Begin with the template").click()
    expect(page.get_by_text("The template stands")).to_be_visible()
    settled(page)


def say_what_is_needed(page: Page) -> None:
    """A budget, a priority and its weight changed, the criteria weighed."""
    page.get_by_text("Name, budget and horizon").click()
    number(page, "Budget for all years").fill(str(BUDGET))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(f"Budget {format_money(BUDGET, 'CNY', 'en', decimals=0)} over 5 years")).to_be_visible()
    settled(page)
    write(page, "Requirement", 1, 2, "Could", chosen=True)
    write(page, "Requirement", 1, 3, "7")
    page.get_by_role("button", name="Save changes: 1").click()
    expect(page.get_by_text("Requirements saved: 1")).to_be_visible()
    settled(page)
    write(page, "Points", 1, 1, "40")  # of Function, the second criterion
    page.get_by_role("button", name="Save these weights").click()
    expect(page.get_by_text("voice 100%")).to_be_visible()
    settled(page)


def list_vendors(page: Page) -> None:
    """Four systems of the catalogue."""
    segment(page, "Vendors")
    chosen = page.get_by_role("combobox", name="Vendors on the list")
    for name in LISTED:
        chosen.fill(name)
        chosen.press("Enter")
    chosen.press("Escape")
    page.get_by_role("button", name="Save list").click()
    expect(page.get_by_text("The list is saved.")).to_be_visible()
    settled(page)
    assert metric(page, "Vendors on the list") == str(len(LISTED))


def open_vendor(page: Page, name: str, part: str) -> None:
    """One vendor's card, at a part of it."""
    chosen = page.get_by_role("combobox", name="Open a vendor")
    chosen.fill(name)
    chosen.press("Enter")
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    settled(page)
    segment(page, part)


def enter_offer(page: Page, vendor: str, price: int) -> None:
    """So much a month for everything, and so much for putting it in."""
    open_vendor(page, vendor, "Prices and offers")
    page.get_by_text("Enter an offer").click()
    parts = page.get_by_role("combobox", name="What is charged?")
    parts.press("Backspace")
    parts.fill("A fixed price")
    parts.press("Enter")
    parts.press("Escape")
    settled(page)
    number(page, "Price").fill(str(price))
    number(page, "Implementation").fill(str(IMPLEMENTATION))
    page.get_by_role("button", name="Save offer").click()
    expect(page.get_by_text("The offer is kept.")).to_be_visible()
    settled(page)


def rate(page: Page, vendor: str, fits: tuple[str, ...]) -> None:
    """The first requirements, one after the other."""
    open_vendor(page, vendor, "Ratings")
    heads = table(page, "Met how?").locator("th").all_text_contents()
    for row, fit in enumerate(fits):
        write(page, "Met how?", row, heads.index("Met how?"), fit, chosen=True)
    write(page, "Met how?", 0, heads.index("Evidence"), "Tested", chosen=True)
    page.get_by_role("button", name=f"Save ratings: {len(fits)}").click()
    expect(page.get_by_text(f"Ratings saved: {len(fits)}")).to_be_visible()
    settled(page)


def first_place(page: Page) -> str:
    """What is said over the chances of first place."""
    segment(page, "Ranking")
    finding = page.get_by_text(re.compile(r"comes first in .*%, ")).first
    expect(finding).to_be_visible()
    expect(page.get_by_text("Gates", exact=True)).to_be_visible()
    return finding.inner_text()


def costs(page: Page) -> dict[str, str]:
    """The cheapest, its P50 and P90."""
    segment(page, "Cost")
    expect(page.get_by_test_id("stMetric").filter(has_text="Cost P50")).to_be_visible()
    settled(page)
    return {label: metric(page, label) for label in ("Costs least", "Cost P50", "Cost P90", "Cost known")}


def business_case(page: Page, own: dict[str, OwnNumber]) -> str:
    """The shop's own numbers stand in it, and what they release; two that no file tells are entered. Returns the NPV."""
    segment(page, "Business case")
    rows = {
        "Cost of goods sold a year": format_money(own["cogs_a_year"].value, "CNY", "en", compact=True),
        "Stock turns a year": format_number(own["stock_turns"].value, "en", 1),
        "Orders a year": format_number(own["orders_a_year"].value, "en", 0),
    }
    for row, value in rows.items():
        assert told(page, "What it is now", row)[1] == value
    cogs, turns = own["cogs_a_year"].value, own["stock_turns"].value
    low, likely, high = (
        int(cell.replace(",", "")) for cell in told(page, "Counts", say(benefit_name("stock_released"), "en"))[3:6]
    )
    assert low == 0  # COGS × (1/turns − 1/turns then), an eighth and a half more turns (12.5 and 50 %)
    assert likely == pytest.approx(cogs / turns - cogs / (1.125 * turns), abs=1)
    assert high == pytest.approx(cogs / turns - cogs / (1.5 * turns), abs=1)
    for label, value in HOURS.values():
        number(page, label).fill(f"{value:g}")
    page.get_by_test_id("stForm").filter(has_text="What a case needs").get_by_role("button", name="Save").click()
    expect(page.get_by_text("of the six numbers that a case needs are missing")).to_have_count(0)
    settled(page)
    return metric(page, "Net present value")


def files(page: Page, folder: Path) -> dict[str, Path]:
    """All three files of the decision."""
    segment(page, "Decision file")
    given = {}
    for kind, label in (
        ("html", "Decision file (HTML)"), ("xlsx", "Workbook with formulas (XLSX)"), ("yaml", "Inputs (YAML)"),
    ):  # fmt: skip
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        given[kind] = folder / f"decision.{kind}"
        download.value.save_as(given[kind])
    return given


# --- in the files ----------------------------------------------------------------------------------------------------


def the_document_holds_what_was_said(decision: Decision, own: dict[str, OwnNumber]) -> None:
    assert (decision.name, decision.budget, decision.scenario.users.now) == (NAME, BUDGET, USERS)
    assert {vendor.key for vendor in decision.vendors} == set(LISTED.values())
    changed = decision.requirements[1]
    assert (changed.priority, changed.weight) == (Priority.COULD, 7.0)
    (weighting,) = decision.weightings
    assert dict(zip(weighting.criteria, weighting.points, strict=True))["function"] == 40
    assert {quote.vendor: quote.plan.pricing.parts[0].price for quote in decision.quotes} == {  # type: ignore[union-attr]
        LISTED[name]: price for name, price in OFFERS.items()
    }
    assert [(rating.fit, rating.evidence) for rating in decision.ratings] == [
        (Fit.NATIVE, Evidence.TESTED), (Fit.CONFIGURATION, Evidence.CLAIM), (Fit.NONE, Evidence.CLAIM)
    ]  # fmt: skip
    held = {number.key: number.value for number in decision.own_numbers}
    assert held == {key: one.value for key, one in own.items()} | {key: value for key, (_, value) in HOURS.items()}


def what_was_seen_is_what_the_terminal_says(seen: Seen, answer: dict[str, Any]) -> None:
    names = {key: name for name, key in LISTED.items()}
    chances = {key: row[0] for key, row in answer["ranks"].items() if row[0] is not None}
    one, two, *_ = sorted(chances, key=lambda key: -chances[key])
    said = f"{names[one]} comes first in {format_share(chances[one], 'en', 0)}, {names[two]} in {format_share(chances[two], 'en', 0)}"
    assert seen.first_place.removeprefix("No clear winner: ") == said
    known = {key: cost for key, cost in answer["costs"].items() if cost["p50"] is not None}
    cheapest = min(known, key=lambda key: known[key]["p50"])
    assert seen.costs == {
        "Costs least": names[cheapest],
        "Cost P50": format_money(known[cheapest]["p50"], "CNY", "en", compact=True),
        "Cost P90": format_money(known[cheapest]["p90"], "CNY", "en", compact=True),
        "Cost known": f"{len(known)} of {len(LISTED)}",
    }
    assert set(known) >= {LISTED[name] for name in OFFERS}
    assert seen.worth == format_money(answer["business_case"]["npv_p50"], "CNY", "en", compact=True)


def the_page_says_the_same(page: str, answer: dict[str, Any]) -> None:
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
    assert answer["inputs_hash"] in text
    chances = {key: row[0] for key, row in answer["ranks"].items() if row[0] is not None}
    winner = max(chances, key=lambda key: chances[key])
    assert f"{next(name for name, key in LISTED.items() if key == winner)} comes first in" in text
    for amount in [
        *(cost[end] for cost in answer["costs"].values() for end in ("p50", "p90") if cost[end] is not None),
        *(answer["business_case"][f"npv_{end}"] for end in ("p10", "p50", "p90")),
    ]:
        assert format_money(amount, "CNY", "en", compact=True) in text
    assert "<script src" not in page
    assert "http" not in "".join(
        re.findall(r'(?:src|href)="(?!#)([^"]*)"', page.split("<body", maxsplit=1)[0])
    )  # stands alone


def the_workbook_says_the_same(path: Path, answer: dict[str, Any]) -> None:
    book = CalamineWorkbook.from_path(str(path))
    values = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert any(answer["inputs_hash"] in cell for cell in values if isinstance(cell, str))
    amounts = [float(cell) for cell in values if isinstance(cell, int | float) and not isinstance(cell, bool)]
    for cost in answer["costs"].values():
        for end in ("p50", "p90"):
            if cost[end] is not None:
                assert any(abs(amount - cost[end]) < 0.01 for amount in amounts)
