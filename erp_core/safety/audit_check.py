"""The check of the audit chain as a job, for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_core.db.engine import Database
from erp_core.jobs.book import JobBook
from erp_core.jobs.registry import JobContext
from erp_core.security import audit_chain
from erp_core.security.actor import Actor
from erp_core.security.acts import fault_text
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T

CHECK = "audit.verify"  # the kind of job


def ask_for_check(book: JobBook, actor: Actor) -> int | None:
    """Hand the check in as a job; its number, or None where one is under way. Raises NotPermitted."""
    require(actor, Permission.VIEW_AUDIT)
    return book.submit_unless_under_way(CHECK, {}, actor=actor.name)


def check_as_job(context: JobContext) -> Mapping[str, Any]:
    """Follow the chain: `ok`, `events`, `head` (its hash or None), `broken` (a Text as JSON, or None)."""
    text = T("Following the chain of audit events …")
    context.progress(0.0, text)
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        with database.reading() as connection:
            found = audit_chain.verify(connection, lambda share: context.progress(share, text))
    finally:
        database.dispose()
    return {
        "ok": found.ok,
        "events": found.events,
        "head": None if found.head is None else found.head.hash,
        "broken": None if found.broken is None else fault_text(found.broken).to_json(),
    }
