"""Signing in at a small OpenID provider that the test runs: discovery, authorisation, signed ID tokens, keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from erp_core.cli import main
from tests.integration.test_doors import refusals
from tests.serving import Served, Visitor, free_port, serving, start

CLIENT = "workbench"
SECRET = "a-word-of-the-test-alone-of-more-than-32-characters"


class Provider(ThreadingHTTPServer):
    """Whoever comes to it is the person in `person`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.person: dict[str, Any] = {}
        self.nonces: dict[str, str] = {}


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        at, of = urlsplit(self.path), self.server
        if at.path == "/.well-known/openid-configuration":
            self._say(
                {
                    "issuer": of.issuer,
                    "authorization_endpoint": f"{of.issuer}/authorize",
                    "token_endpoint": f"{of.issuer}/token",
                    "jwks_uri": f"{of.issuer}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        elif at.path == "/keys":
            self._say({"keys": [of.key.as_dict(private=False)]})
        elif at.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(at.query).items()}
            code = f"code-{len(of.nonces)}"
            of.nonces[code] = asked["nonce"]
            self.send_response(302)
            answer = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{answer}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        of = self.server
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        now = int(time.time())
        claims = {
            "iss": of.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": of.nonces.pop(given["code"][0]),
            **of.person,
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, of.key)
        self._say({"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _say(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def providing() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()
        thread.join()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openid")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ERP_HOME", str(folder))
        assert main(["users", "add", "Anna", "--role", "admin", "--json"]) == 0
        for name in ("Bo", "Cai"):
            mail = f"{name.lower()}@lamps.example"
            assert main(["users", "add", name, "--role", "viewer", "--mail", mail, "--elsewhere", "--json"]) == 0
    return folder


@pytest.fixture(scope="module")
def app(provider: Provider, home: Path) -> Iterator[Served]:
    port = free_port()
    secrets = home / "secrets.toml"
    secrets.write_text(
        f"""[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "{SECRET}"
[auth.house]
client_id = "{CLIENT}"
client_secret = "a secret of the test alone"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
"""
    )
    with serving(home, "--secrets.files", str(secrets), port=port) as served:
        yield served


def comes_as(app: Served, provider: Provider, **person: Any) -> Visitor:
    """A browser that goes through the sign-in at the provider as this person."""
    provider.person = person
    visitor = app.visitor()
    shown = visitor.get("/")
    assert "/?elsewhere=1" in shown.text  # the form shows the way
    visitor.get("/?elsewhere=1")
    visitor.get("/_stcore/health")
    messages = visitor.runs(query="elsewhere=1&lang=en", click="Sign in with house")
    address = next(message.auth_redirect.url for message in messages if message.WhichOneof("type") == "auth_redirect")
    landed = visitor.get(address)
    assert landed.url.startswith(app.url)
    return visitor


def test_a_person_who_was_added_comes_in_by_the_provider(app: Served, provider: Provider) -> None:
    bo = comes_as(app, provider, sub="007", email="bo@lamps.example", email_verified=True)
    told = bo.opens("home")
    assert "You are not signed in." not in told
    assert "What needs a decision" in told
    assert "view_settings" in bo.opens("settings")  # a viewer
    # the cookie counts only with the token that no other site can send along
    assert "not signed in" in "".join(str(message) for message in bo.runs("home", believed=False))


def test_who_comes_by_the_provider_hands_files_in_and_a_stranger_vouched_for_does_not(
    app: Served, provider: Provider
) -> None:
    bo = comes_as(app, provider, sub="007", email="bo@lamps.example", email_verified=True)
    assert bo.hands_in() == 204
    stranger = comes_as(app, provider, sub="011", email="stranger@x.example", email_verified=True)
    assert stranger.hands_in() == 401
    stranger.session.cookies.set("_streamlit_user", bo.session.cookies["_streamlit_user"] + "x")
    assert stranger.hands_in() == 401


def test_strangers_and_mails_that_nobody_verified_stay_outside(app: Served, provider: Provider, home: Path) -> None:
    stranger = comes_as(app, provider, sub="008", email="stranger@x.example", email_verified=True)
    told = stranger.opens("home")
    assert "Nobody has added you" in told
    assert "What needs a decision" not in told
    unverified = comes_as(app, provider, sub="009", email="cai@lamps.example", email_verified=False)
    told = unverified.opens("home")
    assert "has not verified your mail" in told
    assert "What needs a decision" not in told
    assert ("nobody", "page", "sign_in.unknown") in refusals(home)


def test_who_is_switched_off_is_out_at_the_next_click(
    app: Served, provider: Provider, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cai = comes_as(app, provider, sub="010", email="cai@lamps.example", email_verified=True)
    assert "What needs a decision" in cai.opens("home")
    monkeypatch.setenv("ERP_HOME", str(home))
    assert main(["users", "disable", "Cai", "--json"]) == 0
    assert "What needs a decision" not in cai.opens("home")
    assert cai.hands_in() == 401


@pytest.mark.parametrize("secret", ["short", "a long random word: python -c 'import secrets; print(…)'"])
def test_it_does_not_start_with_a_cookie_secret_that_can_be_guessed(tmp_path: Path, secret: str) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'[auth]\nredirect_uri = "http://localhost/oauth2callback"\ncookie_secret = "{secret}"\n')
    server = start(tmp_path / "home", free_port(), "--secrets.files", str(secrets))
    assert server.wait(timeout=60) == 1
    told = (tmp_path / "home" / "server.log").read_text()
    assert "cookie_secret in secrets.toml can be guessed" in told
    assert secret not in told
    assert "Traceback" not in told


def test_a_password_still_opens_the_door_beside_it(app: Served, home: Path, monkeypatch: pytest.MonkeyPatch,
                                                   capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setenv("ERP_HOME", str(home))
    assert main(["users", "reset-password", "Anna", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["first_password"]
    assert "/signin/password" in app.visitor().signs_in("Anna", first).url
