"""Messages over the wire: what each receiver gets, and what becomes of its answers."""

from __future__ import annotations

import base64
import email
import email.policy
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from erp_core.attention.addresses import Address, checked, keep_address, read_address
from erp_core.attention.delivery import Post, Undeliverable, deliver
from erp_core.attention.digest import Message, Section
from erp_core.clock import FixedClock
from erp_core.errors import BadInput, Unavailable
from erp_core.settings import Settings, load_settings
from tests.conftest import NOW
from tests.receivers import Mails, Posts, mail_receiver, web_receiver

MESSAGE = Message(
    "标题 · T", (Section("S", (("价格 1", "why"),)),), ("Open", "https://erp.example.com"), {"kind": "digest"}
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"ERP_HOME": str(tmp_path / "home")})


@pytest.fixture
def post(settings: Settings) -> Post:
    return Post(settings, FixedClock(NOW), timeout=5.0)


@pytest.fixture
def web() -> Posts:  # type: ignore[misc]
    with web_receiver() as posts:
        yield posts


@pytest.fixture
def mailbox() -> Mails:  # type: ignore[misc]
    with mail_receiver() as mails:
        yield mails


def test_wecom(post: Post, web: Posts) -> None:
    assert deliver(post, "wecom", Address(f"{web.url}/send?key=abc"), MESSAGE) is None
    content = "**标题 · T**\n**S**\n- 价格 1\n[Open](https://erp.example.com)"
    assert web.posted == [("/send?key=abc", {"msgtype": "markdown", "markdown": {"content": content}})]


def test_dingtalk_signed(post: Post, web: Posts) -> None:
    deliver(post, "dingtalk", Address(f"{web.url}/robot/send?access_token=x", "SECabc"), MESSAGE)
    text = "**标题 · T**\n\n**S**\n\n- 价格 1\n\n[Open](https://erp.example.com)"
    # the signature is the one of tests/unit/test_digest.py, computed by openssl
    sign = "Rve%2BuzasIBcR5n7jAPKF%2FyAj6%2F4QerzOLRaQyohNaQ4%3D"
    assert web.posted == [
        (
            f"/robot/send?access_token=x&timestamp=1772442000000&sign={sign}",
            {"msgtype": "markdown", "markdown": {"title": "标题 · T", "text": text}},
        )
    ]


def test_feishu_signed(post: Post, web: Posts) -> None:
    deliver(post, "feishu", Address(f"{web.url}/hook/x", "fsecret"), MESSAGE)
    assert web.posted == [
        (
            "/hook/x",
            {
                "timestamp": "1772442000",
                "sign": "DbDWcH5A7OOBQ+kQRkU4mKaB/I31acF5L3R+tni6JfM=",
                "msg_type": "interactive",
                "card": {
                    "header": {"title": {"tag": "plain_text", "content": "标题 · T"}},
                    "elements": [{"tag": "markdown", "content": "**S**\n- 价格 1\n[Open](https://erp.example.com)"}],
                },
            },
        )
    ]


def test_a_plain_webhook_gets_our_document_and_may_answer_anything(post: Post, web: Posts) -> None:
    web.answers = [(204, b"")]
    deliver(post, "webhook", Address(f"{web.url}/x"), MESSAGE)
    text = "标题 · T\n\nS\n- 价格 1\n  why\n\nOpen: https://erp.example.com\n"
    assert web.posted == [("/x", {"kind": "digest", "text": text})]


@pytest.mark.parametrize(
    ("kind", "status", "answer", "said"),
    [
        ("wecom", 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "invalid webhook url"),
        ("dingtalk", 200, b'{"errcode":310000,"errmsg":"sign not match"}', "sign not match"),
        ("feishu", 200, b'{"code":19021,"msg":"sign match fail"}', "sign match fail"),
        ("feishu", 200, b'{"StatusCode":1,"StatusMessage":"no"}', "StatusMessage"),
        ("wecom", 200, b"<html>welcome</html>", "welcome"),
        ("wecom", 200, b"[]", "[]"),
        ("wecom", 200, b"{}", "{}"),
        ("webhook", 500, b"out of order", "500: out of order"),
        ("webhook", 404, b"", "404"),
        ("wecom", 302, b"", "302"),
    ],
)
def test_a_refusal_is_said_in_the_other_sides_words(
    post: Post, web: Posts, kind: str, status: int, answer: bytes, said: str
) -> None:
    web.answers = [(status, answer)]
    with pytest.raises(Undeliverable) as refused:
        deliver(post, kind, Address(f"{web.url}/x"), MESSAGE)
    assert said in str(refused.value.message)
    assert refused.value.hint is not None
    assert [path for path, _ in web.posted] == ["/x"]  # no redirect was followed


def test_feishus_older_answer_is_well_too(post: Post, web: Posts) -> None:
    web.answers = [(200, b'{"Extra":null,"StatusCode":0,"StatusMessage":"success"}')]
    assert deliver(post, "feishu", Address(f"{web.url}/x"), MESSAGE) is None


def test_an_answer_that_does_not_come_is_not_waited_for(post: Post, web: Posts) -> None:
    web.hold = threading.Event()
    with pytest.raises(Undeliverable, match="No answer came in time"):
        deliver(replace(post, timeout=0.2), "webhook", Address(f"{web.url}/x"), MESSAGE)


def test_where_nobody_listens(post: Post) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Undeliverable, match="cannot be reached"):
        deliver(post, "webhook", Address(f"http://127.0.0.1:{port}/x"), MESSAGE)


@pytest.mark.parametrize("url", [None, "", "http://example.com/x", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_nothing_goes_out_unencrypted_or_to_no_address(post: Post, url: str | None) -> None:
    with pytest.raises(Undeliverable, match="No address"):
        deliver(post, "wecom", Address(url), MESSAGE)


# --- mail ------------------------------------------------------------------------------------------------------------


def with_server(post: Post, mailbox: Mails, user: str = "") -> Post:
    url = f"smtp://{user}{mailbox.url}"
    return replace(post, settings=replace(post.settings, smtp_url=url, mail_from="shop@example.com"))


def test_a_mail_arrives_in_both_forms(post: Post, mailbox: Mails) -> None:
    deliver(with_server(post, mailbox), "mail", Address(to=("a@example.com", "b@example.com")), MESSAGE)
    ((sender, to, raw),) = mailbox.mailed
    assert (sender, to) == ("shop@example.com", ["a@example.com", "b@example.com"])
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "标题 · T"
    plain, page = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    assert plain == "标题 · T\n\nS\n- 价格 1\n  why\n\nOpen: https://erp.example.com\n"
    assert "<li>价格 1<br><small>why</small></li>" in page


def test_user_and_password_are_given(post: Post, mailbox: Mails) -> None:
    deliver(with_server(post, mailbox, "me%40example.com:p%3Aw@"), "mail", Address(to=("a@example.com",)), MESSAGE)
    assert base64.b64decode(mailbox.users[0]) == b"\0me@example.com\0p:w"


def test_who_is_refused_is_said_and_the_others_have_the_mail(post: Post, mailbox: Mails) -> None:
    mailbox.refuses = {"b@example.com"}
    note = deliver(with_server(post, mailbox), "mail", Address(to=("a@example.com", "b@example.com")), MESSAGE)
    assert "b@example.com" in str(note)
    assert [to for _, to, _ in mailbox.mailed] == [["a@example.com"]]
    with pytest.raises(Undeliverable, match="refused"):
        deliver(with_server(post, mailbox), "mail", Address(to=("b@example.com",)), MESSAGE)


def test_without_a_mail_server_it_says_what_to_set(post: Post) -> None:
    with pytest.raises(Undeliverable, match="No mail server") as refused:
        deliver(post, "mail", Address(to=("a@example.com",)), MESSAGE)
    assert "ERP_SMTP_URL" in str(refused.value.hint)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://host:port", "smtp://user@host"])
def test_a_mail_server_that_cannot_be_is_refused(post: Post, url: str) -> None:
    bad = replace(post, settings=replace(post.settings, smtp_url=url))
    with pytest.raises(Undeliverable, match="cannot be used"):
        deliver(bad, "mail", Address(to=("a@example.com",)), MESSAGE)


def test_a_password_shows_in_no_printed_settings() -> None:
    settings = load_settings({"ERP_SMTP_URL": "smtp://me:secret@host"})
    assert settings.smtp_url == "smtp://me:secret@host"
    assert "secret" not in repr(settings)
    assert "secret" not in repr(Address("https://x/secret", "secret"))


# --- addresses -------------------------------------------------------------------------------------------------------


def test_addresses_lie_in_a_file_of_their_owner_alone(settings: Settings) -> None:
    first, second = Address("https://example.com/abc", "s"), Address(to=("a@example.com",))
    keep_address(settings, 1, first)
    keep_address(settings, 2, second)
    path = settings.home / "keys" / "digest.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (read_address(settings, 1), read_address(settings, 2), read_address(settings, 3)) == (first, second, None)
    keep_address(settings, 1, None)
    assert (read_address(settings, 1), read_address(settings, 2)) == (None, second)
    assert list(path.parent.iterdir()) == [path]  # nothing half-written beside it


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_broken_file_of_addresses_is_said_and_not_overwritten(settings: Settings, content: str) -> None:
    path = settings.home / "keys" / "digest.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(Unavailable, match=r"digest\.json"):
        keep_address(settings, 1, Address("https://example.com/abc"))
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("wecom", Address("http://example.com/x")),
        ("wecom", Address("example.com/x")),
        ("wecom", Address("https:///x")),
        ("wecom", Address("https://user:pw@example.com/x")),
        ("wecom", Address("https://exam ple.com/x")),
        ("wecom", Address("https://[::1/x")),
        ("wecom", Address(None)),
        ("mail", Address()),
        ("mail", Address(to=("a@example.com", "nobody"))),
        ("mail", Address(to=("a@example.com\nBcc: b@example.com",))),
        ("mail", Address(to=tuple(f"a{n}@example.com" for n in range(51)))),
    ],
)
def test_what_is_no_address_is_refused(kind: str, address: Address) -> None:
    with pytest.raises(BadInput):
        checked(kind, address)


def test_addresses_are_kept_as_they_are_meant() -> None:
    assert checked("dingtalk", Address(" https://example.com/x?y=1 ", " s ")) == Address(
        "https://example.com/x?y=1", "s"
    )
    assert checked("wecom", Address("http://127.0.0.1:99/x")) == Address("http://127.0.0.1:99/x")
    assert checked("mail", Address(to=(" a@example.com", "", "a@example.com"))) == Address(to=("a@example.com",))
