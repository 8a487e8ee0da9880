"""Messages out: by mail, to the group robots of WeCom, DingTalk and Feishu, to any webhook.

The robots answer 200 even when they refuse, with a code in the body. Redirects are not followed; http is for this
machine alone. Forms as their makers describe them:

- WeCom: developer.work.weixin.qq.com/document/path/91770 (markdown, at most 4,096 bytes; `errcode`)
- DingTalk: open.dingtalk.com/document/robots/custom-robot-access (markdown; signed in the address; `errcode`)
- Feishu: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (card; signed in the body; `code`)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import quote_plus, unquote, urlsplit

from erp_core.attention import digest
from erp_core.attention.addresses import Address, is_loopback
from erp_core.attention.digest import Message
from erp_core.clock import Clock
from erp_core.errors import Unavailable
from erp_core.settings import Settings
from erp_core.text import T, Text

KINDS: Mapping[str, Text] = {
    "wecom": T("WeCom group robot"),
    "dingtalk": T("DingTalk group robot"),
    "feishu": T("Feishu group robot"),
    "mail": T("Mail"),
    "webhook": T("Webhook (JSON)"),
}
WECOM_BYTES = 4096
CHAT_BYTES = 18_000  # DingTalk and Feishu refuse bodies beyond 20,000 bytes
ANSWER_BYTES = 65_536
TIMEOUT_SECONDS = 10.0
ANSWER_SHOWN = 200


@dataclass(frozen=True)
class Post:
    """What it takes to send: the installation, the clock, how long to wait for an answer (seconds)."""

    settings: Settings
    clock: Clock
    timeout: float = TIMEOUT_SECONDS


class Undeliverable(Unavailable):
    """The message did not go out; whoever sends may try again."""

    default_code = "digest.undeliverable"


def deliver(post: Post, kind: str, address: Address, message: Message) -> Text | None:
    """Send a message by one of `KINDS`; what to say though it went out, for instance who was refused. Raises
    Undeliverable, saying what was answered."""
    if kind == "mail":
        return send_mail(post, address, message)
    now = post.clock.now()
    url, secret = address.url or "", address.secret
    if kind == "wecom":
        code = "errcode"
        body: dict[str, Any] = wecom(message)
    elif kind == "dingtalk":
        code = "errcode"
        body = dingtalk(message)
        if secret:
            url = dingtalk_signed(url, secret, round(now.timestamp() * 1000))
    elif kind == "feishu":
        code = "code"
        body = feishu(message)
        if secret:
            body = feishu_signature(secret, int(now.timestamp())) | body
    else:
        code, body = "", message.document | {"text": digest.as_text(message)}
    answer = post_json(url, body, post.timeout)
    if code:
        _check(answer, code)
    return None


# --- the forms of the robots -----------------------------------------------------------------------------------------


def wecom(message: Message) -> dict[str, Any]:
    """WeCom's markdown message, within 4,096 bytes."""
    lines = [f"**{digest.harmless(message.title)}**", *digest.as_markdown(message)]
    return {"msgtype": "markdown", "markdown": {"content": digest.cut(lines, "\n", WECOM_BYTES)}}


def dingtalk(message: Message) -> dict[str, Any]:
    """DingTalk's markdown message; it needs an empty line between two lines."""
    title = digest.harmless(message.title)
    lines = [f"**{title}**", *digest.as_markdown(message)]
    return {"msgtype": "markdown", "markdown": {"title": title, "text": digest.cut(lines, "\n\n", CHAT_BYTES)}}


def dingtalk_signed(url: str, secret: str, milliseconds: int) -> str:
    """DingTalk's address with its signature: HMAC-SHA256 of “time, line feed, secret” under the secret."""
    signature = _hmac(secret, f"{milliseconds}\n{secret}")
    joint = "&" if urlsplit(url).query else "?"
    return f"{url}{joint}timestamp={milliseconds}&sign={quote_plus(signature)}"


def feishu(message: Message) -> dict[str, Any]:
    """Feishu's card: a header, and one block of markdown."""
    return {
        "msg_type": "interactive",
        "card": {
            "header": {"title": {"tag": "plain_text", "content": message.title}},
            "elements": [{"tag": "markdown", "content": digest.cut(digest.as_markdown(message), "\n", CHAT_BYTES)}],
        },
    }


def feishu_signature(secret: str, seconds: int) -> dict[str, str]:
    """Feishu's signature: HMAC-SHA256 of nothing under “time, line feed, secret”."""
    return {"timestamp": str(seconds), "sign": _hmac(f"{seconds}\n{secret}", "")}


def _hmac(key: str, words: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), words.encode(), hashlib.sha256).digest()).decode()


def _check(answer: bytes, name: str) -> None:
    """What the robot says of the message: 0 under `errcode` or `code` (Feishu's older form: `StatusCode`) is well."""
    try:
        document = json.loads(answer)
        code = document.get(name, document.get("StatusCode"))
    except (ValueError, AttributeError) as error:
        raise Undeliverable(
            T("The robot’s answer cannot be read: {answer}", answer=_shown(answer)),
            hint=T("Check that the address is that of a group robot."),
        ) from error
    if code != 0:
        raise Undeliverable(
            T("The robot refused the message: {answer}", answer=_shown(answer)),
            hint=T("Check the address, the signing secret and the keywords that the robot demands; “ERP Workbench” or "
                   "“ERP 工作台” stands in every message."),
        )  # fmt: skip


def _shown(answer: bytes) -> str:
    return " ".join(answer.decode("utf-8", "replace").split())[:ANSWER_SHOWN]


# --- over HTTP -------------------------------------------------------------------------------------------------------


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An address that leads elsewhere is not the one that a person entered."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


def post_json(url: str, body: Mapping[str, Any], timeout: float) -> bytes:
    """Post a JSON document; the answer's first bytes. Raises Undeliverable unless the answer is 2xx, in time."""
    parts = urlsplit(url)
    local = is_loopback(parts.hostname)
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise Undeliverable(T("No address is kept for this target."), hint=T("Remove it and add it again."))
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
    if local:
        handlers.append(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
        url,
        json.dumps(body, ensure_ascii=False, default=str).encode(),
        {"Content-Type": "application/json; charset=utf-8", "User-Agent": "erp-workbench"},
        method="POST",
    )
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=timeout) as answer:
            return bytes(answer.read(ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            words = _shown(error.read(ANSWER_BYTES))
        raise Undeliverable(
            T("The other side answered {status}: {answer}", status=error.code, answer=words or "–"),
            hint=T("Check the address; if it is right, it will be tried again."),
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _unreachable(reason) from error


def _unreachable(reason: object) -> Undeliverable:
    if isinstance(reason, TimeoutError):
        return Undeliverable(T("No answer came in time."), hint=T("It will be tried again."))
    return Undeliverable(
        T("The other side cannot be reached: {reason}", reason=str(reason)[:ANSWER_SHOWN]),
        hint=T("Check the address and this machine’s way to the internet."),
    )


# --- by mail ---------------------------------------------------------------------------------------------------------


def mail(message: Message, sender: str, to: tuple[str, ...], clock: Clock) -> EmailMessage:
    """The mail: plain text, and the same as HTML."""
    built = EmailMessage()
    built["Subject"] = " ".join(message.title.split())
    built["From"] = sender
    built["To"] = ", ".join(to)
    built["Date"] = formatdate(clock.now().timestamp())
    built["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or None)
    built.set_content(digest.as_text(message))
    built.add_alternative(digest.as_html(message), subtype="html")
    return built


def send_mail(post: Post, address: Address, message: Message) -> Text | None:
    """Send a mail through `ERP_SMTP_URL`; encrypted, unless the server is this machine. Says which recipients the
    server did not take while others have the mail. Raises Undeliverable."""
    settings = post.settings
    if not settings.smtp_url:
        raise Undeliverable(
            T("No mail server is set."),
            hint=T(
                "Set ERP_SMTP_URL to smtp://user:password@host:587 and ERP_MAIL_FROM to the sender, then start again."
            ),
            code="digest.no_mail_server",
        )
    try:
        parts = urlsplit(settings.smtp_url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sender = settings.mail_from or (user if "@" in user else "")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not sender:
        raise Undeliverable(
            T("The mail server’s address or the sender cannot be used."),
            hint=T(
                "Set ERP_SMTP_URL to smtp://user:password@host:587 and ERP_MAIL_FROM to the sender, then start again."
            ),
            code="digest.bad_mail_server",
        )
    if not address.to:
        raise Undeliverable(T("No address is kept for this target."), hint=T("Remove it and add it again."))
    built = mail(message, sender, address.to, post.clock)
    try:
        with _connected(parts.scheme, parts.hostname, port, post.timeout) as server:
            if user:
                server.login(user, password)
            refused = server.send_message(built)
    except smtplib.SMTPException as error:
        raise Undeliverable(
            T("The mail server refused: {answer}", answer=_smtp_words(error)),
            hint=T("Check user, password and sender in ERP_SMTP_URL and ERP_MAIL_FROM."),
        ) from error
    except OSError as error:
        raise _unreachable(error) from error
    if refused:
        return T("The mail server did not take these recipients: {names}", names=", ".join(sorted(refused)))
    return None


def _connected(scheme: str, host: str, port: int | None, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=timeout, context=context)
    server = smtplib.SMTP(host, port or 587, timeout=timeout)
    try:
        server.ehlo()
        if server.has_extn("starttls") or not is_loopback(host):
            server.starttls(context=context)
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _smtp_words(error: smtplib.SMTPException) -> str:
    answer = getattr(error, "smtp_error", None)
    if isinstance(answer, bytes):
        return f"{getattr(error, 'smtp_code', '')} {_shown(answer)}".strip()
    return str(error)[:ANSWER_SHOWN]


Deliver = Callable[[Post, str, Address, Message], Text | None]
