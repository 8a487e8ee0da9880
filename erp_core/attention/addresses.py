"""Where messages are posted, and with what secret: in ERP_HOME/keys/digest.json, never in the database.

Whoever holds a webhook's address may post to its group, so the file is readable by its owner alone and pages show the
addresses masked.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from erp_core.errors import BadInput, Unavailable
from erp_core.settings import Settings
from erp_core.text import T, Text

FILE = "digest.json"
RECIPIENTS_AT_MOST = 50
_MAIL = re.compile(r"[^\s@<>,;\"']+@[^\s@<>,;\"']+")


@dataclass(frozen=True)
class Address:
    """One address: of a webhook its `url` and the `secret` it is signed with, or the recipients `to` of a mail."""

    url: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    to: tuple[str, ...] = ()

    @property
    def masked(self) -> str:
        """Enough to tell it from others, not enough to use it.

        >>> Address("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789abcdef").masked
        'https://qyapi.weixin.qq.com/…cdef'
        >>> Address(to=("li.lei@example.com",)).masked
        'l…@example.com'
        """
        if self.url is not None:
            parts = urlsplit(self.url)
            rest = self.url.rpartition("/")[2]
            return f"{parts.scheme}://{parts.hostname or ''}/…{rest[-4:] if len(rest) >= 16 else ''}"
        return ", ".join(f"{name[:1]}…@{domain}" for name, _, domain in (word.partition("@") for word in self.to))


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself, by its name or number and without asking anyone.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("example.com")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def checked(kind: str, address: Address) -> Address:
    """The address as it is kept. Raises BadInput where nothing can be sent to it: no https (http is for this machine
    alone), no mail address."""
    if kind == "mail":
        to = tuple(dict.fromkeys(word.strip() for word in address.to if word.strip()))
        wrong = [word for word in to if not _MAIL.fullmatch(word)]
        if wrong or not to or len(to) > RECIPIENTS_AT_MOST:
            raise _refused(
                T("“{word}” is no mail address.", word=wrong[0])
                if wrong
                else T("Give 1 to {count} mail addresses.", count=RECIPIENTS_AT_MOST),
                T("Write addresses such as li@example.com, one a line."),
            )
        return Address(to=to)
    url = (address.url or "").strip()
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not safe or parts.username or re.search(r"[\s\x00-\x1f]", url):
        raise _refused(
            T("This is no address to post to."),
            T("Copy the robot’s whole webhook address. It begins with https:// (http:// for this machine alone)."),
        )
    return Address(url=url, secret=(address.secret or "").strip() or None)


def _refused(message: Text, hint: Text) -> BadInput:
    return BadInput(message, hint=hint, code="digest.bad_address")


def read_address(settings: Settings, target_id: int) -> Address | None:
    """The address of a target; None where none is kept, for instance after a move to another machine."""
    held = _read(settings).get(str(target_id))
    if held is None:
        return None
    return Address(held.get("url"), held.get("secret"), tuple(held.get("to", ())))


def keep_address(settings: Settings, target_id: int, address: Address | None) -> None:
    """Keep the address of a target, or forget it (None)."""
    document = _read(settings)
    document.pop(str(target_id), None)
    if address is not None:
        entry = {"url": address.url, "secret": address.secret, "to": list(address.to)}
        document[str(target_id)] = {key: value for key, value in entry.items() if value}
    _write(_path(settings), document)


def _path(settings: Settings) -> Path:
    return settings.keys / FILE


def _read(settings: Settings) -> dict[str, Any]:
    path = _path(settings)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unusable(path) from error
    if not isinstance(document, dict):
        raise _unusable(path)
    return document


def _write(path: Path, document: Mapping[str, Any]) -> None:
    """Whole or not at all; nobody else may read it, from its first byte on."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}.")  # made with mode 600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(document, out, ensure_ascii=False, indent=1)
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unusable(path) from error


def _unusable(path: Path) -> Unavailable:
    return Unavailable(
        T("The file with the addresses cannot be used: {name}", name=str(path)),
        hint=T("Check that it is whole and that the workbench may read and write it, or delete it and enter the "
               "addresses again."),
        code="digest.addresses_unusable",
    )  # fmt: skip
