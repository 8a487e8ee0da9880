"""One audit event per business act, in the act's own transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.security.tables import audit_event

ANSWER_DECISION = "answer decision"
MANAGE_ALERT = "manage alert"
MANAGE_DIGEST = "manage digest"
VIEWS_KEPT = ("save view", "rename view", "share view", "stop sharing view", "delete view")
# Acts that change no number: what was computed before them still holds.
LEAVES_NUMBERS = frozenset({ANSWER_DECISION, MANAGE_ALERT, MANAGE_DIGEST, *VIEWS_KEPT})


def record(uow: UnitOfWork, action: str, subject: str = "", **details: Any) -> None:
    """Append what was done. `details` holds no personal values."""
    uow.connection.execute(
        sa.insert(audit_event).values(at=uow.now(), actor=uow.actor, action=action, subject=subject, details=details)
    )
