"""Passwords: how they are kept, whether one is strong enough, and the first one that an account gets."""

from __future__ import annotations

import re
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
_PRODUCT = "ERP Workbench"
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


def same(one: str, other: str) -> bool:
    """Whether two passwords count as one."""
    return _normal(one) == _normal(other)


def is_outdated(kept: str) -> bool:
    """Whether a password that fits should be hashed anew, as it was with other parameters."""
    return _hasher.check_needs_rehash(kept)


def require_strong(password: str, about: Iterable[str] = ()) -> None:
    """Raise BadInput for a password that is short, long or easily guessed. `about`: what is known of the person and the
    shop (names, mail); a password made of these is weak."""
    if len(password) < SHORTEST:
        raise _weak("password.short")
    if len(password) > LONGEST:
        raise BadInput(
            T("The password has more than {most} characters.", most=LONGEST),
            hint=T("Choose a shorter one."),
            code="password.long",
        )
    known = [part for word in (*about, _PRODUCT) for part in (word, *word.replace("@", " ").replace(".", " ").split())]
    if _score(password, known) < _STRONG or _score(_without(known, password), known) < _STRONG:
        raise _weak("password.weak")


def _score(password: str, known: list[str]) -> int:
    from zxcvbn import zxcvbn  # its word lists take a moment to load

    return int(zxcvbn(password[:72], user_inputs=[word for word in known if word])["score"]) if password else 0


def _without(known: list[str], password: str) -> str:
    """What of a password was not known before; the password itself where nothing of it was. What is known and blanks
    between it count for nothing: zxcvbn takes both for something."""
    left = whole = _joined(password)
    for word in sorted({_joined(word) for word in known}, key=len, reverse=True):
        if len(word) >= (3 if word.isascii() else 2):
            left = left.replace(word, "")
    return password if left == whole else left


def _joined(word: str) -> str:
    return re.sub(r"[\W_]", "", word.casefold())


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
