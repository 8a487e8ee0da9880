"""Passwords: how they are kept, whether one is strong enough, and the first one that an account gets."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from erp_core.errors import BadInput
from erp_core.text import T

SHORTEST, LONGEST = 10, 200
_STRONG = 3  # of zxcvbn's 0 to 4: safely unguessable even where hashes were stolen is 3 and above
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike
_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Each hashing takes 64 MB: a crowd at the door must not take the machine's memory.
_at_once = threading.BoundedSemaphore(2)


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFC", password)[:LONGEST].encode()


def hashed(password: str) -> str:
    """What is kept of a password: argon2id with the low-memory profile of RFC 9106."""
    with _at_once:
        return _hasher.hash(_normal(password))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hashed(secrets.token_hex(16))


def fits(kept: str | None, password: str) -> bool:
    """Whether it is the password. Where none is kept the work is the same, and the answer no."""
    against = kept or _nobody()
    with _at_once:
        try:
            _hasher.verify(against, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a password that fits should be hashed anew, as it was with other parameters."""
    return _hasher.check_needs_rehash(kept)


def require_strong(password: str, about: Iterable[str] = ()) -> None:
    """Raise BadInput for a password that is short, long or easily guessed. `about`: words that are known of the person
    (name, mail, company); a password made of these is weak."""
    from zxcvbn import zxcvbn  # its word lists take a moment to load

    if len(password) < SHORTEST:
        raise _weak("password.short")
    if len(password) > LONGEST:
        raise BadInput(
            T("The password has more than {most} characters.", most=LONGEST),
            hint=T("Choose a shorter one."),
            code="password.long",
        )
    known = [part for word in about for part in (word, *word.replace("@", " ").replace(".", " ").split()) if part]
    if zxcvbn(password[:72], user_inputs=known)["score"] < _STRONG:
        raise _weak("password.weak")


def _weak(code: str) -> BadInput:
    return BadInput(
        T("This password can be guessed too easily."),
        hint=T(
            "Take at least {shortest} characters: for instance four words that do not belong together. Your name, the "
            "shop’s name, years, keyboard rows and well-known words count for little.",
            shortest=SHORTEST,
        ),
        code=code,
    )


def first_password() -> str:
    """A password to hand over, of 80 bits; it has to be changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
