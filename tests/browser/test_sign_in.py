"""Signing in by the form in a real browser, in both languages, on a desktop and on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from erp_core.cli import main
from erp_core.text import Text, say
from tests.browser.conftest import DESKTOP, PHONE
from tests.serving import Served, serving

FIRST, OWN = "first otter plumbs gravel", "violet heron sells lamps"


class _Line:
    def readline(self) -> str:
        return FIRST + "\n"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with an administrator in each language, whose first passwords are known."""
    folder = tmp_path_factory.mktemp("sign_in")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ERP_HOME", str(folder))
        environment.setattr("sys.stdin", _Line())
        for name in ("Anna", "李薇"):
            assert main(["users", "add", name, "--role", "admin", "--password-stdin", "--json"]) == 0
    with serving(folder) as served:
        yield served


@pytest.mark.parametrize(
    ("name", "language", "locale", "scheme", "size"),
    [("Anna", "en", "en-GB", "light", DESKTOP), ("李薇", "zh_CN", "zh-CN", "dark", PHONE)],
)
def test_a_person_signs_in_chooses_a_password_and_signs_out(
    browser: Browser, team: Served, name: str, language: str, locale: str, scheme: str, size: dict[str, int]
) -> None:
    def words(english: str) -> str:
        return say(Text(english), language)

    visitor = browser.new_context(viewport=size, locale=locale, color_scheme=scheme)  # type: ignore[arg-type]
    visitor.set_default_timeout(20_000)
    page: Page = visitor.new_page()
    try:
        page.goto(f"{team.url}/sales")
        expect(page.get_by_role("heading")).to_have_text(words("Sign in"))
        page.fill("#name", name)
        page.fill("#password", "wrong")
        page.get_by_role("button").click()
        expect(page.get_by_role("alert")).to_contain_text(words("The name or the password is not right."))
        page.fill("#password", FIRST)
        page.get_by_role("button").click()
        expect(page.get_by_role("heading")).to_have_text(words("Choose your password"))
        page.fill("#old", FIRST)
        page.fill("#new", OWN)
        page.fill("#again", OWN)
        page.get_by_role("button").click()
        expect(page.get_by_role("heading", name=words("What sold, where, and compared with what?"))).to_be_visible()
        assert page.evaluate("document.cookie").find("erp_session") == -1  # no script can read it
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"]
        page.goto(f"{team.url}/account")
        expect(page.get_by_role("heading", name=words("My account"))).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.get_by_role("button", name=words("Set up")).click()
        expect(page.locator("img[alt=QR]")).to_be_visible()
        assert page.locator("img[alt=QR]").evaluate("image => image.naturalWidth") > 100  # the policy lets it through
        page.get_by_role("button", name=words("Sign out")).click()
        expect(page.get_by_role("heading")).to_have_text(words("Sign in"))
        page.goto(f"{team.url}/settings")
        expect(page.get_by_role("heading")).to_have_text(words("Sign in"))
    finally:
        visitor.close()
