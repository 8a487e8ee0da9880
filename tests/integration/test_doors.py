"""The app as strangers find it, started afresh with accounts: pages over the websocket, the agent API, /api, the forms."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from erp_core.cli import main
from erp_core.db.engine import Database
from erp_core.security.tables import audit_event
from tests.serving import Served, free_port, serving, start
from ui.pages_list import ENTRIES

FIRST, OWN = "first otter plumbs gravel", "violet heron sells lamps"
CONTENT = ("What needs a decision", "What sold", "Settings", "Import my files", "Lamps of Yiwu")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An ERP_HOME with Anna, an administrator, and Bo and Cai, viewers, whose first passwords are known."""
    folder = tmp_path_factory.mktemp("team")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ERP_HOME", str(folder))
        for name, role in (("Anna", "admin"), ("Bo", "viewer"), ("Cai", "viewer")):
            environment.setattr("sys.stdin", _Line(FIRST))
            assert main(["users", "add", name, "--role", role, "--password-stdin", "--json"]) == 0
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class _Line:
    def __init__(self, line: str) -> None:
        self.line = line

    def readline(self) -> str:
        return self.line + "\n"


@pytest.fixture(scope="module")
def app(home: Path) -> Iterator[Served]:
    with serving(home, "--server.enableAgentApi", "true") as served:
        yield served


def refusals(home: Path) -> list[tuple[str, str, str]]:
    database = Database(f"sqlite:///{home / 'erp.db'}")
    try:
        with database.reading() as connection:
            e = audit_event.c
            rows = connection.execute(sa.select(e.actor, e.subject, e.details).where(e.action == "refused"))
            return [(row.actor, row.subject, row.details["code"]) for row in rows]
    finally:
        database.dispose()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_over_the_raw_websocket_a_stranger_gets_no_page(app: Served, home: Path, entry: object) -> None:
    told = app.visitor().opens(entry.name)  # type: ignore[attr-defined]
    assert "You are not signed in." in told
    assert not [word for word in CONTENT if word in told]
    assert ("nobody", "page", "signed_out") in refusals(home)


def test_a_file_of_pages_asked_for_by_its_path_is_not_run(app: Served) -> None:
    for name in ("../pages/settings", "pages/settings", "settings.py"):
        told = app.visitor().opens(name)
        assert not [word for word in CONTENT if word in told]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_through_the_agent_api_a_stranger_gets_no_page(app: Served, entry: object) -> None:
    asked = {"page": entry.name}  # type: ignore[attr-defined]
    for body in ({}, asked):
        answer = requests.post(f"{app.url}/_stcore/agent/interact", json=body, timeout=60)
        assert not [word for word in CONTENT if word in answer.text]
    assert "not signed in" in requests.post(f"{app.url}/_stcore/agent/interact", json={}, timeout=60).text


def test_api_says_its_health_to_everybody_and_nothing_else_to_strangers(app: Served, home: Path) -> None:
    health = requests.get(f"{app.url}/api/health", timeout=20)
    assert health.status_code == 200
    assert set(health.json()) == {"status", "version", "database", "schema"}
    for path in ("/api", "/api/", "/api/other", "/api/health/more"):
        answer = requests.get(f"{app.url}{path}", timeout=20)
        assert answer.status_code == 401, path
        assert answer.json()["error"] == "signed_out"
    assert ("nobody", "/api", "signed_out") in refusals(home)


MADE_UP = ("", "_streamlit_user=made-up", "erp_session=made-up", "_streamlit_user=x; erp_session=y")


@pytest.mark.parametrize("cookies", MADE_UP)
def test_a_stranger_can_hand_in_no_file(app: Served, home: Path, cookies: str) -> None:
    assert app.visitor().hands_in(cookies) == 401
    assert ("nobody", "server", "signed_out") in refusals(home)


def test_who_is_signed_in_hands_files_in_and_fetches_them(app: Served) -> None:
    cai = app.visitor()
    cai.signs_in("Cai", FIRST)
    assert cai.hands_in() == 401  # not yet: a password of one's own has to be chosen first
    cai.send("/signin/password", old=FIRST, new=OWN, again=OWN)
    assert cai.hands_in() == 204
    assert cai.get("/media/0123456789abcdef.csv").status_code == 404  # looked for


@pytest.mark.parametrize("cookies", MADE_UP)
@pytest.mark.parametrize("path", ["/media/0123456789abcdef.csv", "/_stcore/metrics"])
def test_a_stranger_fetches_no_file_that_a_page_wrote_and_no_counts(app: Served, path: str, cookies: str) -> None:
    answer = requests.get(f"{app.url}{path}", headers={"Cookie": cookies}, timeout=20)
    assert (answer.status_code, answer.text) == (401, "Sign in first.")


def test_a_page_leads_to_the_sign_in_and_that_to_the_page(app: Served) -> None:
    visitor = app.visitor()
    shown = visitor.get("/sales?lang=zh_CN")
    assert "登录" in shown.text
    assert "/signin?next=" in shown.url
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert shown.headers["Cache-Control"] == "no-store"
    assert "<script" not in shown.text


def test_signing_in_with_a_first_password_choosing_another_visiting_and_signing_out(app: Served) -> None:
    anna = app.visitor()
    chosen = anna.send("/signin?next=/settings", name="anna", password=FIRST)
    assert "/signin/password" in chosen.url
    assert "You are not signed in." in anna.opens("settings")  # not yet
    assert "guessed too easily" in anna.send("/signin/password", old=FIRST, new="password123", again="password123").text
    assert "not the same" in anna.send("/signin/password", old=FIRST, new=OWN, again=OWN + "x").text
    done = anna.send("/signin/password?next=/settings", old=FIRST, new=OWN, again=OWN)
    assert done.url.split("?")[0].endswith("/settings")
    cookie = next(cookie for cookie in anna.session.cookies if cookie.name == "erp_session")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite").lower() == "lax"  # type: ignore[union-attr]
    assert not cookie.secure  # served without https here
    told = anna.opens("settings")
    assert "You are not signed in." not in told
    assert "Settings" in told
    assert anna.get("/api/other", Accept="application/json").status_code != 401
    account = anna.get("/account")
    assert "Anna" in account.text
    assert anna.send("/account", "/signout").url.split("?")[0].endswith("/signin")
    anna.session.cookies.set("erp_session", cookie.value or "")  # a stolen token
    assert "You are not signed in." in anna.opens("settings")


def test_behind_https_the_cookie_is_secure(app: Served) -> None:
    bo = app.visitor()
    bo.session.headers["X-Forwarded-Proto"] = "https"
    page = bo.get("/signin").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    answer = bo.session.post(
        f"{app.url}/signin",
        data={"form_token": token[1], "name": "bo", "password": "wrong"},
        headers={"Cookie": f"erp_form={token[1]}"},
        timeout=20,
        allow_redirects=False,
    )
    assert answer.status_code == 400
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({}, False),
    ],
)
def test_a_form_that_another_site_sends_is_refused(app: Served, headers: dict[str, str], token: bool) -> None:
    bo = app.visitor()
    found = re.search(r'name="form_token" value="([^"]+)"', bo.get("/signin").text)
    assert found is not None
    given = {"name": "bo", "password": FIRST, "form_token": found[1] if token else "guessed"}
    answer = bo.session.post(f"{app.url}/signin", data=given, headers=headers, timeout=20)
    assert answer.status_code == 403
    assert "erp_session" not in bo.session.cookies


def test_what_is_typed_or_stands_in_the_address_is_shown_as_text(app: Served) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = app.visitor().send("/signin?next=/%22%3E%3Cscript%3E", name=hostile, password="wrong")
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    for address in ("//evil.example", "https://evil.example", "/\\evil.example"):
        shown = app.visitor().get(f"/signin?next={address}").text
        assert "evil.example" not in shown


def test_no_secret_is_in_the_log(app: Served) -> None:
    words = app.log.read_text(errors="replace")
    for secret in (FIRST, OWN, "erp_session"):
        assert secret not in words


# --- solo ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["0.0.0.0", ""])
def test_without_accounts_it_does_not_start_for_other_machines(tmp_path: Path, address: str) -> None:
    server = start(tmp_path / "solo", free_port(), address=address)
    assert server.wait(timeout=60) == 1
    said = (tmp_path / "solo" / "server.log").read_text(errors="replace")
    assert "users add" in said
    assert "Traceback" not in said


def test_without_accounts_it_serves_this_machine_by_its_own_name_alone(tmp_path: Path) -> None:
    with serving(tmp_path / "solo") as served:
        told = served.visitor().opens("home")
        assert "What needs a decision" in told
        answer = served.visitor().get("/", Host="evil.example")
        assert answer.status_code == 403
        assert "Nobody has an account here yet" in served.visitor().get("/signin").text


def test_with_accounts_it_starts_for_other_machines(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "team"
    shutil.copytree(home, copy)
    with serving(copy, address="0.0.0.0") as served:
        assert "You are not signed in." in served.visitor().opens("home")
