"""One audit event per business act, in the act's own transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.db.upsert import insert_replacing
from erp_core.errors import ErpError
from erp_core.security.tables import audit_event, refusal_noted

log = logging.getLogger("erp_workbench")

ANSWER_DECISION = "answer decision"
MANAGE_ALERT = "manage alert"
MANAGE_DIGEST = "manage digest"
VIEWS_KEPT = ("save view", "rename view", "share view", "stop sharing view", "delete view")
REFUSED = "refused"
SIGN_INS = ("sign in", "sign out", "end sessions", "change password", "second factor on", "second factor off")
PEOPLE = ("add person", "change person", "disable person", "enable person", "reset password", "bind sign-in")
_ONE_A_MINUTE = dt.timedelta(minutes=1)
# Acts that change no number: what was computed before them still holds.
LEAVES_NUMBERS = frozenset({ANSWER_DECISION, MANAGE_ALERT, MANAGE_DIGEST, REFUSED, *VIEWS_KEPT, *SIGN_INS, *PEOPLE})


def record(uow: UnitOfWork, action: str, subject: str = "", **details: Any) -> None:
    """Append what was done. `details` holds no personal values."""
    uow.connection.execute(
        sa.insert(audit_event).values(at=uow.now(), actor=uow.actor, action=action, subject=subject, details=details)
    )


def refused(database: Database, who: As, what: str, code: str = "not_permitted") -> None:
    """Record, in a transaction of its own, that `who` was refused: `what` names the page, the act or the route. The
    same refusal from the same place is recorded once a minute. A database that cannot be written makes it no worse."""
    try:
        _note(database, who, what, code)
    except (ErpError, SQLAlchemyError):
        log.warning("a refusal could not be recorded", exc_info=True)


def _note(database: Database, who: As, what: str, code: str) -> None:
    now = who.clock.now()
    key = hashlib.sha256("\0".join((who.actor, what, code, who.source)).encode()).hexdigest()
    noted = refusal_noted
    with database.reading() as connection:
        last = connection.execute(sa.select(noted.c.at).where(noted.c.what == key)).scalar()
    if last is not None and now - last < _ONE_A_MINUTE:
        return
    with unit_of_work(database, who) as uow:
        uow.connection.execute(sa.delete(noted).where(noted.c.at < now - _ONE_A_MINUTE))
        insert_replacing(uow.connection, noted, [{"what": key, "at": now}], ["what"])
        record(uow, REFUSED, what, code=code, source=who.source)
        uow.commit()
