"""A file sealed with a passphrase, written and read as a stream: what a backup is kept in where it leaves the house.

    magic · length of the header (4 bytes) · header (JSON) · chunk · chunk · … · last chunk

The key comes from the passphrase by scrypt (RFC 7914). Each chunk is a mebibyte under AES-256-GCM. Its nonce holds its
number and whether it is the last, as in the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár 2015), and the
header is authenticated with each, so that chunks cannot be exchanged, left out, cut off or put under another header.
The header stands in the clear: it says how the key is made, and carries what the writer wants to be read without it.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"ERPSEAL1"  # the last sign is the version of the form
CHUNK = 1024 * 1024
_TAG = 16
_LENGTH = struct.Struct(">I")
_HEADER_BYTES = 64 * 1024
_PREFIX = 7  # bytes of a nonce that are chance; the rest are the number and the mark of the last
_N, _R, _P = 2**17, 8, 1  # 128 MB and half a second for each guess (OWASP Password Storage Cheat Sheet, 2023)
_MOST_N, _MOST_P = 2**20, 4  # a file from elsewhere must not take the machine's memory


class WrongPassphrase(Exception):
    """The file is sealed with another passphrase."""


class Damaged(Exception):
    """The file is not as it was written."""


@dataclass(frozen=True)
class Header:
    """What stands in the clear: how the key is made, and the writer's `cover`."""

    salt: bytes
    prefix: bytes
    check: bytes
    cost: tuple[int, int, int]
    cover: Mapping[str, Any]
    raw: bytes

    @property
    def length(self) -> int:
        """Bytes before the first chunk."""
        return len(MAGIC) + _LENGTH.size + len(self.raw)


def is_sealed(start: bytes) -> bool:
    """Whether a file that starts like this is one of ours, of whatever version."""
    return start.startswith(MAGIC[:-1])


def read_header(stream: IO[bytes]) -> Header:
    """The header of a file, from its start. Raises Damaged."""
    try:
        if stream.read(len(MAGIC)) != MAGIC:
            raise ValueError("another version")
        (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
        if length > _HEADER_BYTES:
            raise ValueError("too long")
        raw = stream.read(length)
        document = json.loads(raw)
        cost = (int(document["n"]), int(document["r"]), int(document["p"]))
        n, r, p = cost
        if not (2 <= n <= _MOST_N and n & (n - 1) == 0 and r == _R and 1 <= p <= _MOST_P):
            raise ValueError("a cost that nobody chose")
        header = Header(
            bytes.fromhex(document["salt"]), bytes.fromhex(document["prefix"]), bytes.fromhex(document["check"]),
            cost, document["cover"], raw,
        )  # fmt: skip
        if len(header.prefix) != _PREFIX or not isinstance(header.cover, dict):
            raise ValueError("no header")
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise Damaged from error
    return header


def _keys(passphrase: str, salt: bytes, cost: tuple[int, int, int]) -> tuple[AESGCM, bytes]:
    n, r, p = cost
    derived = Scrypt(salt, 64, n, r, p).derive(passphrase.encode())
    return AESGCM(derived[:32]), hashlib.blake2b(derived[32:], digest_size=16).digest()


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


class SealingWriter(io.RawIOBase):
    """A stream that seals what is written to it. `close` writes the last chunk; `abandon` leaves the file without it,
    so that it is not a whole one. The stream below stays open."""

    def __init__(self, below: IO[bytes], passphrase: str, cover: Mapping[str, Any]) -> None:
        super().__init__()
        salt, self._prefix = secrets.token_bytes(16), secrets.token_bytes(_PREFIX)
        self._cipher, check = _keys(passphrase, salt, (_N, _R, _P))
        document = {
            "n": _N, "r": _R, "p": _P, "salt": salt.hex(), "prefix": self._prefix.hex(), "check": check.hex(),
            "cover": cover,
        }  # fmt: skip
        raw = json.dumps(document, ensure_ascii=False).encode()
        self._below, self._waiting, self._number = below, bytearray(), 0
        self._header = hashlib.sha256(raw).digest()
        below.write(MAGIC + _LENGTH.pack(len(raw)) + raw)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        """Take bytes; a chunk is written once it is known not to be the last."""
        self._waiting += content
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(content)

    def abandon(self) -> None:
        """Give up: nothing more is written."""
        self._waiting.clear()
        super().close()

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), last=True)
        super().close()

    def _put(self, chunk: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._below.write(self._cipher.encrypt(nonce, chunk, self._header))
        self._number += 1


class SealedReader(io.RawIOBase):
    """A stream over what was sealed, which can be read from any place; each chunk is proven before a byte of it is
    given. Raises WrongPassphrase, and Damaged for a file that is cut short or changed anywhere that is read."""

    def __init__(self, below: IO[bytes], passphrase: str) -> None:
        super().__init__()
        self.header = read_header(below)
        self._cipher, check = _keys(passphrase, self.header.salt, self.header.cost)
        if not hmac.compare_digest(check, self.header.check):
            raise WrongPassphrase
        self._below, self._at = below, 0
        self._authenticated = hashlib.sha256(self.header.raw).digest()
        body = below.seek(0, os.SEEK_END) - self.header.length
        self._count = -(-body // (CHUNK + _TAG))
        self.size = body - _TAG * self._count
        if self._count < 1 or self.size < CHUNK * (self._count - 1):
            raise Damaged
        self._held: tuple[int, bytes] = (self._count - 1, self._opened(self._count - 1))  # the length is proven

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the chunk that the place lies in."""
        if self._at >= self.size:
            return 0
        number, start = divmod(self._at, CHUNK)
        if self._held[0] != number:
            self._held = (number, self._opened(number))
        piece = self._held[1][start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _opened(self, number: int) -> bytes:
        self._below.seek(self.header.length + number * (CHUNK + _TAG))
        nonce = _nonce(self.header.prefix, number, last=number == self._count - 1)
        try:
            return self._cipher.decrypt(nonce, self._below.read(CHUNK + _TAG), self._authenticated)
        except InvalidTag as error:
            raise Damaged from error
