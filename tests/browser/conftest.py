"""The running app in a real browser: Debian's Chromium, driven by Playwright, never downloaded.

`ERP_TEST_BROWSER` names another Chromium or Chrome. Where there is none these tests are skipped and say so.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import unavailable
from tests.postgresql_server import end_with_parent

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class RunningApp:
    """The app on a port of its own, with an ERP_HOME of its own."""

    url: str
    home: Path

    def health(self) -> dict[str, object]:
        """What /api/health answers."""
        with urllib.request.urlopen(f"{self.url}/api/health", timeout=5) as answer:
            document: dict[str, object] = json.load(answer)
            return document


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    program = os.environ.get("ERP_TEST_BROWSER") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if program is None:
        unavailable("browser", "no Chromium was found (apt install chromium, or set ERP_TEST_BROWSER)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def app(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app, started as `make run` starts it, empty at first; one for the tests of a file."""
    home = tmp_path_factory.mktemp("home")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ERP_", "STREAMLIT_"))}
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"),
                *("--server.address", "127.0.0.1", "--server.port", str(port), "--server.fileWatcherType", "none"),
            ],
            cwd=ROOT,
            env={**environment, "ERP_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
        running = RunningApp(url, home)
        try:
            _wait_until_healthy(running, server)
            yield running
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor on a desktop who reads English."""
    visitor = browser.new_context(viewport=DESKTOP, locale="en-GB", accept_downloads=True)  # type: ignore[arg-type]
    visitor.set_default_timeout(20_000)
    yield visitor
    visitor.close()


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty tab. A script error on the page fails the test; a failed test leaves a picture in test-results/."""
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    failed_before = request.session.testsfailed
    yield tab
    if request.session.testsfailed > failed_before:
        tab.screenshot(path=ROOT / "test-results" / f"{request.node.name}.png", full_page=True)
    assert errors == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(running: RunningApp, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 5):
        try:
            running.health()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            try:
                server.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"the app ended at once:\n{(running.home / 'server.log').read_text()[-2000:]}")
        return
    pytest.fail(f"the app did not answer within {START_SECONDS} seconds:\n{(running.home / 'server.log').read_text()}")
