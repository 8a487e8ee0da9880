"""A shop whose every name is an attack, in a real browser: no script of theirs runs, nothing is fetched from elsewhere,
no link of theirs stands on a page, and tables offer no download but ours."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.security.actor import LOCAL_USER
from tests import hostile
from tests.browser.conftest import RunningApp

SECONDS = 1000
VIEWS = [
    ("", {}),  # Home
    ("sales", {"by": "channel"}),
    ("products", {"sku": "PLAIN"}),
    ("products", {"view": "profit"}),
    ("inventory", {"view": "sku", "sku": "PLAIN"}),
    ("replenishment", {}),
    ("data", {"view": "receipts"}),
    ("data", {"view": "out"}),
    ("settings", {"view": "alerts"}),
    ("settings", {"view": "shops"}),
]


@pytest.fixture(scope="module")
def shop(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> RunningApp:
    """The hostile shop behind the running app."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ERP_HOME", str(app.home))
        database = Database(f"sqlite:///{app.home / 'erp.db'}")
        upgrade(database)
        hostile.fill(database, LOCAL_USER, SystemClock(), tmp_path_factory.mktemp("files"))
        database.dispose()
    return app


@pytest.mark.parametrize(
    ("name", "query"), VIEWS, ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value
)
def test_nothing_of_it_runs_links_or_is_fetched(shop: RunningApp, page: Page, name: str, query: dict[str, str]) -> None:
    own, foreign = urlsplit(shop.url).netloc, []

    def asked(request: Request) -> None:
        if request.url.startswith(("http:", "https:", "ws:", "wss:")) and urlsplit(request.url).netloc != own:
            foreign.append(request.url)

    page.on("request", asked)
    page.goto(f"{shop.url}/{name}?{urlencode({'lang': 'en', **query})}")
    expect(page.locator("h1")).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60 * SECONDS)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=60 * SECONDS)
    page.wait_for_timeout(500)  # charts draw after the page has come to rest
    assert foreign == []
    assert page.evaluate("window.evil") is None
    assert page.locator("[href*='evil']:not([href^='#']), [src*='evil']").count() == 0
    assert page.locator("[data-testid=stMain] script, [data-testid=stMain] .katex").count() == 0
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "the page is wider than the window"


def test_a_table_has_no_download_of_its_own(shop: RunningApp, page: Page) -> None:
    page.goto(f"{shop.url}/products?lang=en")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible(timeout=60 * SECONDS)
    table.hover()
    toolbar = page.get_by_test_id("stElementToolbarButton")
    expect(toolbar.first).to_be_attached(timeout=20 * SECONDS)
    labels = [button.get_attribute("aria-label") or button.inner_text() for button in toolbar.all()]
    labels += [
        button.get_attribute("aria-label") or ""
        for button in page.locator("[data-testid=stElementToolbar] button").all()
    ]
    assert any("earch" in label for label in labels), labels  # the toolbar is there
    assert not any("ownload" in label or "CSV" in label for label in labels), labels
    expect(page.get_by_role("button", name="Download CSV")).to_be_visible()  # ours


def answer(url: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of a request."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, {name.lower(): value for name, value in response.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}


@pytest.mark.parametrize("place", ["/", "/sales", "/api/health", "/_stcore/health", "/nothing/here"])
def test_every_answer_forbids_framing_guessing_and_foreign_scripts(app: RunningApp, place: str) -> None:
    _, headers = answer(f"{app.url}{place}")
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


def test_another_name_for_this_machine_is_refused(app: RunningApp) -> None:
    port = urlsplit(app.url).port
    assert answer(f"{app.url}/", Host=f"rebound.example:{port}")[0] == 403
    assert answer(f"{app.url}/api/health", Host=f"rebound.example:{port}")[0] == 403
    assert answer(f"{app.url}/api/health", Host=f"localhost:{port}")[0] == 200


def shaken(app: RunningApp, origin: str | None) -> str:
    """The first line of the answer to a web socket's handshake."""
    address = urlsplit(app.url)
    lines = [
        "GET /_stcore/stream HTTP/1.1", f"Host: {address.netloc}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: streamlit",
    ]  # fmt: skip
    lines += [f"Origin: {origin}"] if origin else []
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return connection.recv(1024).split(b"\r\n")[0].decode()


def test_a_page_of_another_site_opens_no_session(app: RunningApp) -> None:
    assert " 101 " in f"{shaken(app, app.url)} "
    for origin in ("http://evil.example", "null", "http://127.0.0.1.evil.example:8501", "http://127.0.0.1:1"):
        assert " 403 " in f"{shaken(app, origin)} ", origin


def test_the_log_of_the_server_names_no_foreign_host(shop: RunningApp) -> None:
    log = Path(shop.home / "server.log").read_text(errors="replace")
    assert "evil" not in log
    assert "Traceback" not in log
