"""What stands before every request: whom the workbench serves at all.

Solo, as long as there are no accounts: only requests from this machine, addressed to it by name, so that no site that a
browser visits can reach the workbench through a name of its own (DNS rebinding). Team, from the first account on: pages
opened by their address go to the sign-in first, and nobody hands in a file, or asks /api for more than its health,
without being signed in. The pages look again, each time they run: this is the outer door, not the only one.
"""

from __future__ import annotations

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
from erp_core.security.sign_in import NOBODY, Door, held_at
from erp_core.security.views import are_there_accounts

HEALTH = "/api/health"
_OWN = ("/signin", "/signout", "/account")
_HANDED_IN = "/_stcore/upload_file"
_PROVIDERS_COOKIE = "_streamlit_user"


class Doorway:
    """An ASGI middleware. It asks the database for pages, files handed in, /api and websockets; not for pictures."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        answer = await run_in_threadpool(_refusal, asked, scope) if _matters(asked, scope) else None
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
    guarded = asked.url.path.startswith(("/api", _HANDED_IN, *_OWN))
    return scope["type"] == "websocket" or guarded or _is_page(asked, scope)


def _refusal(asked: HTTPConnection, scope: Scope) -> Response | None:
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
        held = held_at(door, asked.cookies.get(SESSION_COOKIE, ""))
    except ErpError:
        return None  # the page says what is wrong with the database
    if held is not None and held.stage is Stage.WHOLE:
        return None
    if path.startswith("/api"):
        audit.refused(door.database, door.acting(NOBODY), "/api", "signed_out")
        return JSONResponse({"error": "signed_out", "message": "Sign in first."}, status_code=401)
    elsewhere = _PROVIDERS_COOKIE in asked.cookies
    if path.startswith(_HANDED_IN):
        return None if elsewhere else PlainTextResponse("Sign in first.", status_code=401)
    if elsewhere or ELSEWHERE in asked.query_params:
        return None
    audit.refused(door.database, door.acting(NOBODY), "page", "signed_out")
    wanted = path + (f"?{asked.url.query}" if asked.url.query else "")
    address = f"/signin?next={quote(wanted, safe='')}"
    language = asked.query_params.get("lang")
    return RedirectResponse(f"{address}&lang={quote(language)}" if language else address, status_code=303)


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
