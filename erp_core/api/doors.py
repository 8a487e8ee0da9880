"""Signing in and out, and one's own account: /signin, /signout, /account."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from erp_core.api.asking import (
    FORM_COOKIE,
    SESSION_COOKIE,
    door_of,
    form_of,
    is_https,
    language_of,
    next_page,
)
from erp_core.api.html import Field, Html, Writer, without_trace
from erp_core.company.views import read_company
from erp_core.errors import BadInput, ErpError
from erp_core.security import sessions
from erp_core.security import sign_in as at_door
from erp_core.security.rules import ROLE_NAMES, Stage
from erp_core.security.second_factor import address_of
from erp_core.security.sessions import Held, SignedOut, hash_of
from erp_core.security.sign_in import Begun, Door, PasswordChange
from erp_core.security.views import are_there_accounts, sign_ins, unused_recovery_codes
from erp_core.text import T, format_datetime, say

_STEPS = {Stage.SECOND_FACTOR: "/signin/code", Stage.NEW_PASSWORD: "/signin/password"}
ELSEWHERE = "elsewhere"  # in the address of a page: the visitor wants to sign in at the provider


@dataclass(frozen=True)
class Asked:
    """One request to a door: who is signed in (None = nobody), what was sent, the writer of the answer."""

    request: Request
    door: Door
    token: str
    held: Held | None
    given: dict[str, str]
    writer: Writer
    elsewhere: bool
    notices: tuple[Html, ...] = ()

    @property
    def next(self) -> str:
        """Where to go afterwards."""
        return next_page(self.given.get("next") or self.request.query_params.get("next"))

    def to(self, path: str, **query: str) -> Response:
        """Go on to another address, by GET."""
        known = {"lang": self.writer.language, **dict(self.writer.query), **query}
        address = f"{path}?{urlencode(known)}" if path.startswith(("/signin", "/signout", "/account")) else path
        return RedirectResponse(address, status_code=303)

    def begun(self, begun: Begun) -> Response:
        """A session has begun, or goes on: its token to the browser, and on to what follows."""
        step = _STEPS.get(begun.stage)
        answer = self.to(step) if step else self.to(self.next)
        answer.set_cookie(
            SESSION_COOKIE, begun.token, httponly=True, samesite="lax", secure=is_https(self.request), path="/"
        )
        return answer


Answer = Callable[[Asked], Response]


def door_routes(*, elsewhere: bool = False) -> list[Route]:
    """The routes. `elsewhere`: people may also sign in at an OpenID provider."""

    def route(path: str, show: Answer, act: Answer | None = None) -> Route:
        methods = ["GET", "POST"] if act is not None else ["GET"]
        return Route(path, _served(show, act, elsewhere=elsewhere), methods=methods)

    def only_post(path: str, show: Answer, act: Answer) -> Route:
        return Route(path, _served(show, act, elsewhere=elsewhere), methods=["POST"])

    return [
        route("/signin", _show_sign_in, _sign_in),
        route("/signin/code", _show_code, _give_code),
        route("/signin/password", _show_new_password, _choose_password),
        route("/signout", _show_sign_out, _sign_out),
        route("/account", _show_account),
        only_post("/account/password", _show_account, _change_password),
        only_post("/account/second-factor", _show_account, _start_second_factor),
        only_post("/account/second-factor/confirm", _show_account, _confirm_second_factor),
        only_post("/account/second-factor/off", _show_account, _drop_second_factor),
        only_post("/account/sessions", _show_account, _end_others),
    ]


def _served(show: Answer, act: Answer | None, *, elsewhere: bool) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        refusal: ErpError | None = None
        given: dict[str, str] = {}
        if request.method == "POST":
            try:
                given = await form_of(request)
            except ErpError as error:
                refusal = error
        return await run_in_threadpool(_answer, (request, given, refusal), show, act, elsewhere)

    return endpoint


def _answer(
    sent: tuple[Request, dict[str, str], ErpError | None], show: Answer, act: Answer | None, elsewhere: bool
) -> Response:
    request, given, refusal = sent
    asked = _asked(request, given, elsewhere=elsewhere)
    try:
        if refusal is not None:
            raise refusal
        answer = act(asked) if act is not None and request.method == "POST" else show(asked)
    except SignedOut:
        answer = asked.to("/signin")
    except ErpError as error:
        answer = _with_notice(asked, show, error)
    answer.set_cookie(
        FORM_COOKIE, asked.writer.form_token, httponly=True, samesite="strict", secure=is_https(request), path="/"
    )
    without_trace(answer)
    return answer


def _with_notice(asked: Asked, show: Answer, error: ErpError) -> Response:
    try:
        answer = show(replace(asked, notices=(asked.writer.notice(error.message, error.hint),)))
    except SignedOut:
        return asked.to("/signin")
    if answer.status_code == 200:
        answer.status_code = {"sign_in.wait": 429, "form.foreign": 403}.get(error.code, 400)
    return answer


def _asked(request: Request, given: dict[str, str], *, elsewhere: bool) -> Asked:
    door = door_of(request)
    token = request.cookies.get(SESSION_COOKIE, "")
    held = at_door.held_at(door, token) if token else None
    following = next_page(given.get("next") or request.query_params.get("next"))
    query = () if following == "/" else (("next", following),)
    form_token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    writer = Writer(language_of(request, given), form_token, query)
    return Asked(request, door, token, held, given, writer, elsewhere)


# --- signing in ----------------------------------------------------------------------------------------------------

_NAME = Field("name", T("Account name"), autocomplete="username")
_PASSWORD = Field("password", T("Password"), "password", "current-password")
_OLD = Field("old", T("Password until now"), "password", "current-password")
_NEW = Field("new", T("New password"), "password", "new-password")
_AGAIN = Field("again", T("New password, once more"), "password", "new-password")
_CODE = Field("code", T("Code"), autocomplete="one-time-code")


def _show_sign_in(asked: Asked) -> Response:
    if asked.held is not None and not asked.notices:
        step = _STEPS.get(asked.held.stage)
        return asked.to(step) if step else asked.to(asked.next)
    w = asked.writer
    title = T("Sign in")
    with asked.door.database.reading() as connection:
        name = read_company(connection).name
        anybody = are_there_accounts(connection)
    if not anybody:
        told = T("Nobody has an account here yet, so nobody has to sign in.")
        return w.page(title, [[w.heading(title), w.text(told), w.link("/", T("To the workbench"))]])
    parts = [w.heading(title), *([w.text(name, "soft")] if name else []), *asked.notices]
    known = replace(_NAME, value=asked.given.get("name", ""))
    parts.append(w.form("/signin", [known, _PASSWORD], T("Sign in")))
    sections = [parts]
    if asked.elsewhere:
        address = f"/?{urlencode({ELSEWHERE: '1', 'lang': w.language})}"
        sections.append([w.link(address, T("Sign in with the account of your organisation"))])
    return w.page(title, sections)


def _sign_in(asked: Asked) -> Response:
    return asked.begun(at_door.sign_in(asked.door, asked.given.get("name", ""), asked.given.get("password", "")))


def _show_code(asked: Asked) -> Response:
    _require_stage(asked, Stage.SECOND_FACTOR)
    w, title = asked.writer, T("Your second factor")
    told = T("Give the six digits that your phone shows now, or one of your recovery codes.")
    form = w.form("/signin/code", [_CODE], T("Go on"))
    return w.page(title, [[w.heading(title), *asked.notices, w.text(told), form]])


def _give_code(asked: Asked) -> Response:
    return asked.begun(at_door.give_second_factor(asked.door, asked.token, asked.given.get("code", "")))


def _show_new_password(asked: Asked) -> Response:
    _require_stage(asked, Stage.NEW_PASSWORD)
    w, title = asked.writer, T("Choose your password")
    told = T("The password that you were given opens the door once. Choose one that only you know.")
    form = w.form("/signin/password", [_OLD, _NEW, _AGAIN], T("Keep this password"))
    return w.page(title, [[w.heading(title), *asked.notices, w.text(told), form]])


def _choose_password(asked: Asked) -> Response:
    return asked.begun(_new_password(asked))


def _new_password(asked: Asked) -> Begun:
    if asked.given.get("new") != asked.given.get("again"):
        raise BadInput(T("The two new passwords are not the same."), code="password.not_same")
    with asked.door.database.reading() as connection:
        shop = read_company(connection).name
    change = PasswordChange(asked.given.get("old", ""), asked.given.get("new", ""), (shop,) if shop else ())
    return at_door.change_password(asked.door, asked.token, change)


def _require_stage(asked: Asked, stage: Stage) -> Held:
    if asked.held is None or asked.held.stage is not stage:
        raise sessions.signed_out()
    return asked.held


# --- signing out ---------------------------------------------------------------------------------------------------


def _show_sign_out(asked: Asked) -> Response:
    w, title = asked.writer, T("Sign out")
    if asked.held is None:
        return asked.to("/signin")
    form = w.form("/signout", [], T("Sign out"))
    return w.page(title, [[w.heading(title), *asked.notices, w.text(asked.held.account.name, "soft"), form]])


def _sign_out(asked: Asked) -> Response:
    sessions.sign_out(asked.door.database, hash_of(asked.token), asked.door.clock, asked.door.source)
    answer = asked.to("/signin")
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


# --- one's own account ---------------------------------------------------------------------------------------------


def _show_account(asked: Asked) -> Response:
    held = _require_stage(asked, Stage.WHOLE)
    w, account, title = asked.writer, held.account, T("My account")
    role = T("{name} · {role}", name=account.name, role=ROLE_NAMES[account.role])
    sections = [
        [w.heading(title), *asked.notices, w.text(role, "soft"), w.link("/", T("Back to the workbench"))],
        [w.heading(T("Password"), 2), w.form("/account/password", [_OLD, _NEW, _AGAIN], T("Change password"))],
        _second_factor(asked, held),
        _browsers(asked, held),
        [w.form("/signout", [], T("Sign out"), quiet=True)],
    ]
    return w.page(title, sections, wide=True)


def _second_factor(asked: Asked, held: Held) -> list[Html]:
    w = asked.writer
    parts = [w.heading(T("Second factor"), 2)]
    if held.account.second_factor:
        with asked.door.database.reading() as connection:
            left = unused_recovery_codes(connection, held.account.id)
        parts.append(w.text(T("On. Recovery codes left: {count}", count=left)))
        return [*parts, w.form("/account/second-factor/off", [_PASSWORD], T("Switch off"), quiet=True)]
    secret = at_door.waiting_secret(asked.door, asked.token)
    if secret is None:
        told = T(
            "With it, whoever learns your password still cannot enter: your phone shows six digits, new ones twice a "
            "minute."
        )
        return [*parts, w.text(told), w.form("/account/second-factor", [], T("Set up"))]
    address = address_of(secret, held.account.name, "ERP Workbench")
    picture = segno.make(address).svg_data_uri(scale=5, border=1)
    return [
        *parts,
        w.text(
            T(
                "Read this with an authenticator app on your phone, or type the letters below it; then give the code "
                "that it shows."
            )
        ),
        Html(f'<div class="qr"><img src="{picture}" alt="QR"></div>'),
        w.code(" ".join(secret[at : at + 4] for at in range(0, len(secret), 4))),
        w.form("/account/second-factor/confirm", [_CODE], T("Switch on")),
    ]


def _browsers(asked: Asked, held: Held) -> list[Html]:
    w, door = asked.writer, asked.door
    with door.database.reading() as connection:
        found = sign_ins(connection, held.account.id, door.clock.now(), door.lasting.idle)
        zone = read_company(connection).time_zone
    lines = []
    for browser in found:
        at = format_datetime(browser.seen_at, w.language, zone)
        here = T("{at} · {address} · this browser", at=at, address=browser.address)
        lines.append(
            say(here if browser.id == held.id else T("{at} · {address}", at=at, address=browser.address), w.language)
        )
    parts = [w.heading(T("Where you are signed in"), 2), w.items(lines)]
    if len(found) > 1:
        parts.append(w.form("/account/sessions", [], T("Sign out everywhere else"), quiet=True))
    return parts


def _change_password(asked: Asked) -> Response:
    answer = asked.begun(_new_password(asked))
    answer.headers["location"] = f"/account?{urlencode({'lang': asked.writer.language})}"
    return answer


def _start_second_factor(asked: Asked) -> Response:
    at_door.start_second_factor(asked.door, asked.token)
    return asked.to("/account")


def _confirm_second_factor(asked: Asked) -> Response:
    codes = at_door.confirm_second_factor(asked.door, asked.token, asked.given.get("code", ""))
    w, title = asked.writer, T("Your recovery codes")
    told = T(
        "The second factor is on. Write these codes down: each opens the door once when your phone is lost. They are "
        "shown only now."
    )
    return w.page(
        title, [[w.heading(title), w.text(told), w.items(codes, "codes"), w.link("/account", T("I have them"))]]
    )


def _drop_second_factor(asked: Asked) -> Response:
    at_door.drop_second_factor(asked.door, asked.token, asked.given.get("password", ""))
    return asked.to("/account")


def _end_others(asked: Asked) -> Response:
    at_door.end_other_sessions(asked.door, asked.token)
    return asked.to("/account")
