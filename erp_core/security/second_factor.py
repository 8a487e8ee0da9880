"""The second factor: six digits that a phone computes from a shared secret and the time (RFC 6238)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets

import pyotp

SECONDS = 30
_LENIENT = 1  # steps that a phone's clock may be off
CODES = 10
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A secret of 160 bits, base32."""
    return pyotp.random_base32()


def address_of(secret: str, name: str, issuer: str) -> str:
    """What the phone reads as a QR code: `otpauth://totp/…`."""
    return pyotp.TOTP(secret, interval=SECONDS).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, at: dt.datetime, last: int) -> int | None:
    """The time step that a code belongs to: None where it fits none near `at`, or none after `last`, the step of the
    last code that was used. Each code counts once."""
    digits = re.sub(r"\s", "", code)
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        return None
    now = int(at.timestamp()) // SECONDS
    totp = pyotp.TOTP(secret, interval=SECONDS)
    for step in range(now - _LENIENT, now + _LENIENT + 1):
        if step > last and hmac.compare_digest(totp.at(step * SECONDS), digits):
            return step
    return None


def recovery_codes() -> list[str]:
    """Codes to write down, of 80 bits each."""
    return ["-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(CODES)]


def code_hash(code: str) -> str:
    """What is kept of a recovery code; spaces, dashes and capitals do not matter."""
    return hashlib.sha256(re.sub(r"[^a-z0-9]", "", code.lower()).encode()).hexdigest()
