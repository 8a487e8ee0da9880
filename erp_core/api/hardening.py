"""What every answer of the server says to browsers, and whom the server does not answer at all.

Pages may not be framed, load nothing from other hosts and run no script but the program's own, so that markup that
slipped through would find nobody to run it. A page of another site that is open in the same browser is refused: its
requests carry its own name as their origin, or, where its name points to this machine (DNS rebinding), as the host
that they ask for.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from erp_core.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_POLICY = b"content-security-policy"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HARMLESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_REFUSED = b"This address is not one of the workbench. Set ERP_PUBLIC_URL to the address that people open it under."


def content_policy(index: str) -> str:
    """The Content-Security-Policy for pages whose frame is the document `index`: its own inline scripts are let through
    by their hashes, all others are not."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(index)
    ]
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", "'wasm-unsafe-eval'", *hashes)),
            "style-src 'self' 'unsafe-inline'",  # charts and tables place themselves by style
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Hardened:
    """ASGI middleware: sets the headers, refuses foreign hosts and foreign origins with 403, which `noted` hears of."""

    def __init__(
        self, app: App, settings: Settings, policy: str, noted: Callable[[Scope], Awaitable[None]] | None = None
    ) -> None:
        self.app = app
        self.noted = noted
        self.public = urlsplit(settings.public_url or "").hostname
        self.headers = [
            (_POLICY, policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or one web socket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if not self.answers(scope):
            if self.noted is not None:
                await self.noted(scope)
            await _refuse(scope, receive, send, self.headers)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", ()))
                stricter = {name.lower() for name, _ in said} & {_POLICY}  # a form that has a policy of its own
                ours = [(name, value) for name, value in self.headers if name not in stricter]
                names = {name for name, _ in ours}
                message["headers"] = [*((name, value) for name, value in said if name.lower() not in names), *ours]
            await send(message)

        await self.app(scope, receive, with_headers)

    def answers(self, scope: Scope) -> bool:
        """Whether the host that is asked for is ours, and the asking page, where one asks, comes from it."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
        host = headers.get(b"host", "")
        name = _host_name(f"//{host}")
        server = (scope.get("server") or ("",))[0]
        if server in _LOOPBACK and name not in _LOOPBACK and (self.public is None or name != self.public):
            return False
        origin = headers.get(b"origin")
        if origin is None or (scope["type"] == "http" and scope["method"] in _HARMLESS_METHODS):
            return True
        origin_name = _host_name(origin)
        return origin_name is not None and (urlsplit(origin).netloc == host or origin_name == self.public)


def _host_name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def _refuse(scope: Scope, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the server answers 403
        return
    about = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(_REFUSED)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": [*about, *headers]})
    await send({"type": "http.response.body", "body": _REFUSED})
