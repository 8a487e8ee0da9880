"""What a request says: who sends it, from where, in which language, and whether a form is one of ours."""

from __future__ import annotations

import hmac
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection, Request

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.errors import BadInput, NotPermitted
from erp_core.security.sessions import Place, lasting_of
from erp_core.security.sign_in import Door
from erp_core.settings import load_settings
from erp_core.text import LANGUAGES, T

SESSION_COOKIE = "erp_session"
FORM_COOKIE = "erp_form"
_LONGEST_FORM = 16_384


@lru_cache(maxsize=4)
def _database(url: str, keys: Path) -> Database:
    return Database(url, keys)


def own_database() -> Database:
    """The database of this installation, kept open."""
    settings = load_settings()
    return _database(settings.database_url, settings.keys)


def door_of(connection: HTTPConnection) -> Door:
    """Where the sender stands."""
    address = connection.client.host if connection.client else ""
    place = Place(address, connection.headers.get("user-agent", ""))
    return Door(own_database(), SystemClock(), lasting_of(load_settings()), place)


def language_of(request: Request, given: dict[str, str]) -> str:
    """The sender's language: chosen, else the browser's first that we know, else English."""
    chosen = given.get("lang") or request.query_params.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    for word in request.headers.get("accept-language", "").split(","):
        tongue = word.split(";")[0].strip().lower()
        if tongue.startswith("zh"):
            return "zh_CN"
        if tongue.startswith("en"):
            return "en"
    return "en"


def is_https(connection: HTTPConnection) -> bool:
    """Whether the sender came by https, itself or to a proxy that says so. Saying so falsely only locks oneself out."""
    forwarded = connection.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    return connection.url.scheme in ("https", "wss") or forwarded == "https"


def next_page(word: str | None) -> str:
    """Where to go after signing in: a page of ours, never another site.

    >>> next_page("/sales?lang=en"), next_page("//evil.example"), next_page("https://evil.example"), next_page(None)
    ('/sales?lang=en', '/', '/', '/')
    """
    if not word or not word.startswith("/") or word.startswith(("//", "/\\")) or not word.isprintable():
        return "/"
    return "/" if "\\" in word or word.startswith(("/signin", "/signout", "/api/")) else word


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form of ours. Raises BadInput for one too long, NotPermitted for one that came from elsewhere."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise BadInput(T("The form is too long."), code="form.too_long")
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    fields = {name: values[0] for name, values in found.items()}
    cookie = request.cookies.get(FORM_COOKIE, "")
    same = bool(cookie) and hmac.compare_digest(cookie.encode(), fields.get("form_token", "").encode())
    if not same or not is_from_here(request):
        raise NotPermitted(
            T("This form is no longer valid."),
            hint=T("Fill it in again here; the browser must allow cookies."),
            code="form.foreign",
        )
    return fields


def is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    public = load_settings().public_url
    ours = {request.headers.get("host", "").lower()} | ({urlsplit(public).netloc.lower()} if public else set())
    return urlsplit(origin).netloc.lower() in ours
