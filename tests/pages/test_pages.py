"""Every page: first visit, with data, in both languages, without permission; never a traceback."""

from __future__ import annotations

import pytest

from erp_core.db.engine import Database
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.text import LANGUAGES, say
from tests.pages.conftest import Open
from ui.pages_list import ENTRIES, PAGES, Entry

TITLES = {
    "home": "What needs a decision today?",
    "sales": "What sold, where, and compared with what?",
    "products": "What do I sell, and what does it cost me?",
    "inventory": "Where is my money stuck, and what runs out?",
    "replenishment": "What should I buy, from whom, how much?",
    "customers": "Who are they, and who needs an answer?",
    "erp_choice": "Which ERP, how surely, at what cost and return?",
    "data": "What came in, and can I trust it?",
    "glossary": "What does this number mean?",
    "settings": "Settings",
}
VIEWS = [
    ("erp_choice", "needs"),
    ("erp_choice", "vendors"),
    ("erp_choice", "ranking"),
    ("erp_choice", "cost"),
    ("erp_choice", "case"),
    ("erp_choice", "file"),
    ("data", "import"),
    ("data", "receipts"),
    ("data", "quality"),
    ("data", "out"),
    ("erp_choice", "needs"),
    ("erp_choice", "vendors"),
    ("erp_choice", "ranking"),
    ("erp_choice", "cost"),
    ("erp_choice", "case"),
    ("erp_choice", "file"),
    ("inventory", "overview"),
    ("inventory", "sku"),
    ("products", "products"),
    ("products", "mapping"),
    ("products", "bundles"),
    ("products", "enter"),
    ("products", "profit"),
    ("settings", "company"),
    ("settings", "shops"),
    ("settings", "people"),
    ("settings", "alerts"),
    ("settings", "demo"),
    ("settings", "safety"),
    ("settings", "keys"),
    ("settings", "audit"),
    ("settings", "jobs"),
]


def test_every_page_file_is_listed_and_every_entry_has_its_file() -> None:
    assert {entry.path for entry in ENTRIES} == set(PAGES.glob("*.py"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_first_visit(shop: Database, open_page: Open, entry: Entry, language: str) -> None:
    app = open_page(entry.name, language)
    assert not app.exception
    assert not app.error
    from erp_core.text import Text

    assert app.title[0].value == say(Text(TITLES[entry.name]), language)
    if language == "zh_CN":
        assert app.title[0].value != TITLES[entry.name]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_with_data(filled: Database, open_page: Open, entry: Entry, language: str) -> None:
    app = open_page(entry.name, language)
    assert not app.exception
    assert [error.value for error in app.error] == []


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_every_view_opens_by_its_address(filled: Database, open_page: Open, name: str, view: str) -> None:
    app = open_page(name, view=view)
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert app.query_params["view"] in (view, [view])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_without_its_permission_a_page_shows_nothing_but_the_refusal(
    filled: Database, open_page: Open, entry: Entry
) -> None:
    actor = Actor("guest", LOCAL_USER.permissions - {entry.permission})
    app = open_page(entry.name, actor=actor)
    assert not app.exception
    assert str(entry.permission) in app.error[0].value
    assert not app.title
    assert not app.dataframe


def test_the_first_visit_says_what_to_do(shop: Database, open_page: Open) -> None:
    app = open_page("home")
    assert "No sales yet" in app.info[0].value
    assert any("Import my files" in button.label for button in app.button)


def test_the_company_can_be_changed_and_a_bad_number_is_refused_in_words(shop: Database, open_page: Open) -> None:
    app = open_page("settings")
    app.text_input[0].set_value("Lamps of Yiwu")
    app.selectbox[0].set_value("USD")
    next(button for button in app.button if button.label == "Save").click()
    app.run()
    assert not app.exception
    from erp_core.company.views import read_company

    with shop.reading() as connection:
        company = read_company(connection)
    assert (company.name, company.base_currency, company.money_chosen) == ("Lamps of Yiwu", "USD", True)
    app = open_page("settings")
    app.number_input[0].set_value(9.0)  # low above high
    next(button for button in app.button if button.label == "Save").click()
    app.run()
    assert "must rise" in app.error[0].value


def test_a_page_that_fails_says_so_calmly(filled: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("erp_core.overview.quality.gaps", broken)
    monkeypatch.setattr("ui.quality_panel.gaps", broken, raising=False)
    app = open_page("data", view="quality")
    assert not app.exception
    assert "reference" in app.error[0].value
    assert "secret" not in app.error[0].value


def test_the_demo_badge_stands_while_demo_data_is_loaded(filled: Database, open_page: Open) -> None:
    import sqlalchemy as sa

    from erp_core.company.tables import company

    with filled.writing_connection() as connection:
        connection.execute(sa.update(company).values(demo=True))
        connection.get_transaction().commit()  # type: ignore[union-attr]
    app = open_page("home")
    assert any("Demo data" in element.value for element in app.sidebar.markdown)
