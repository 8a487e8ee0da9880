"""What stands before every request: whom the workbench serves at all.

Solo, as long as there are no accounts: only requests from this machine, addressed to it by name, so that no site that a
browser visits can reach the workbench through a name of its own (DNS rebinding). Team, from the first account on: pages
opened by their address go to the sign-in first, and nobody hands in a file, fetches one that a page wrote, or asks /api
for more than its health, without being signed in. The pages look again, each time they run: this is the outer door, not
the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from erp_core.api.asking import SESSION_COOKIE, door_of
from erp_core.api.doors import ELSEWHERE
from erp_core.errors import ErpError
from erp_core.security import audit
from erp_core.security.rules import Stage, is_loopback
from erp_core.security.sessions import Held, held_by
from erp_core.security.sign_in import NOBODY, Door, elsewhere_hash, held_at
from erp_core.security.views import are_there_accounts

HEALTH = "/api/health"
_OWN = ("/signin", "/signout", "/account")
# Files handed in, files that pages wrote, what the server counts: for whoever is signed in.
_INSIDE = ("/_stcore/upload_file", "/_stcore/metrics", "/media/")

# What an OpenID provider said of the sender, by a cookie that nobody else can have made; None where there is none.
Claims = Callable[[HTTPConnection], Mapping[str, Any] | None]


def _no_claims(_asked: HTTPConnection) -> None:
    """Without a provider nobody is vouched for."""


class Doorway:
    """An ASGI middleware. It asks the database for pages, files, /api and websockets; not for what a browser draws a
    page with. `claims`: reads who a provider vouches for."""

    def __init__(self, app: ASGIApp, claims: Claims = _no_claims) -> None:
        self.app = app
        self.claims = claims

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        matters = _matters(asked, scope)
        answer = await run_in_threadpool(_refusal, asked, scope, self.claims) if matters else None
        if answer is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403})
        else:
            await answer(scope, receive, send)


def _is_page(asked: HTTPConnection, scope: Scope) -> bool:
    wants_page = "text/html" in asked.headers.get("accept", "")
    outside = asked.url.path.startswith(("/_stcore", "/static/", "/media/", "/component", "/auth/", "/oauth2callback"))
    return scope["type"] == "http" and scope["method"] == "GET" and wants_page and not outside


def _matters(asked: HTTPConnection, scope: Scope) -> bool:
    guarded = asked.url.path.startswith(("/api", *_INSIDE, *_OWN))
    return scope["type"] == "websocket" or guarded or _is_page(asked, scope)


def _refusal(asked: HTTPConnection, scope: Scope, claims: Claims) -> Response | None:
    path = asked.url.path
    if path == HEALTH:
        return None
    try:
        door = door_of(asked)
        with door.database.reading() as connection:
            team = are_there_accounts(connection)
        if not team:
            return None if is_loopback(asked.headers.get("host")) else _misdirected(door)
        if path.startswith(_OWN) or scope["type"] == "websocket":
            return None
        said = claims(asked)
        held = held_at(door, asked.cookies.get(SESSION_COOKIE, "")) or _held_elsewhere(door, said)
    except ErpError:
        return None  # the page says what is wrong with the database
    if held is not None and held.stage is Stage.WHOLE:
        return None
    if path.startswith("/api"):
        audit.refused(door.database, door.acting(NOBODY), "/api", "signed_out")
        return JSONResponse({"error": "signed_out", "message": "Sign in first."}, status_code=401)
    if path.startswith(_INSIDE):
        audit.refused(door.database, door.acting(NOBODY), "server", "signed_out")
        return PlainTextResponse("Sign in first.", status_code=401)
    if said is not None or ELSEWHERE in asked.query_params:
        return None  # the page begins the session, or shows the way to the provider
    audit.refused(door.database, door.acting(NOBODY), "page", "signed_out")
    wanted = path + (f"?{asked.url.query}" if asked.url.query else "")
    address = f"/signin?next={quote(wanted, safe='')}"
    language = asked.query_params.get("lang")
    return RedirectResponse(f"{address}&lang={quote(language)}" if language else address, status_code=303)


def _held_elsewhere(door: Door, said: Mapping[str, Any] | None) -> Held | None:
    token_hash = None if said is None else elsewhere_hash(said)
    if token_hash is None:
        return None
    with door.database.reading() as connection:
        return held_by(connection, token_hash, door.clock.now(), door.lasting.idle)


def _misdirected(door: Door) -> Response:
    audit.refused(door.database, door.acting(NOBODY), "page", "solo.host")
    text = (
        "This workbench has no accounts and serves this machine alone, under http://localhost.\n"
        "To open it to others: python -m erp_core users add NAME --role admin\n"
    )
    return PlainTextResponse(text, status_code=421)


async def note_foreign(scope: Scope) -> None:
    """Record that somebody was refused who asked under a foreign name, or from a page of another site."""
    await run_in_threadpool(_note_foreign, HTTPConnection(scope))


def _note_foreign(asked: HTTPConnection) -> None:
    try:
        door = door_of(asked)
        audit.refused(door.database, door.acting(NOBODY), "server", "foreign")
    except ErpError:
        return  # without a database there is nobody to tell
