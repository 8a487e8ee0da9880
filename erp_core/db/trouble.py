"""What a database says when it cannot do its part, in words: locked, full, gone, or something else.

None of these is a fault of the program or of what was asked for; the same act may go well a moment later. So they are
all `Unavailable`, and a page that shows one recovers with the next click.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError

from erp_core.errors import Unavailable
from erp_core.text import T

_LOCKED = frozenset({"55P03", "57014"})  # of PostgreSQL: lock_not_available, query_canceled (by a timeout)
_FULL = frozenset({"53100"})  # disk_full
_GONE = frozenset({"57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006"})  # shut down, starting


@contextmanager
def told_in_words() -> Iterator[None]:
    """What the database cannot do in this block is raised as Unavailable."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise in_words(error.orig, lost=error.connection_invalidated) from error
    except (sqlite3.OperationalError, psycopg.OperationalError) as error:  # of rows in bulk, past SQLAlchemy
        raise in_words(error) from error


def in_words(error: BaseException | None, *, lost: bool = False) -> Unavailable:
    """The refusal that tells of an error of the driver. `lost`: it is known that the connection is gone."""
    code, state = _sqlite_code(error), getattr(error, "sqlstate", None)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or state in _LOCKED:
        return Unavailable(
            T("The database is busy: another program has been writing into it for too long."),
            hint=T("Nothing was stored. Wait a moment and try again."),
            code="database.locked",
        )
    if code == sqlite3.SQLITE_FULL or state in _FULL:
        return Unavailable(
            T("The disk that the database lies on is full."),
            hint=T("Nothing was stored. Make room on it, then try again."),
            code="database.full",
        )
    if lost or state in _GONE or (code is None and state is None):
        return Unavailable(
            T("The connection to the database was lost."),
            hint=T(
                "Try again in a moment; if you were storing something, look first whether it is there. If this stays,"
                " check that the database is running."
            ),
            code="database.lost",
        )
    return Unavailable(
        T("The database cannot be used: {reason}", reason=first_line(error)),
        hint=T("Nothing was stored. Check that the disk is in order and that the database may be written."),
        code="database.failed",
    )


def first_line(error: BaseException | None) -> str:
    """The first line of what the driver says."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _sqlite_code(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # without what makes it more precise
