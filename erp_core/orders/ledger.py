"""Whether what is kept (balances, rollups) is what the ledger and the orders say: the check of page and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_core.db.engine import Database
from erp_core.jobs.book import JobBook
from erp_core.jobs.registry import JobContext
from erp_core.orders import rollups
from erp_core.security.actor import Actor
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock import views
from erp_core.text import T

CHECK = "ledger.check"  # the kind of job
SHOWN = 200
REBUILD_COMMAND = "python -m erp_core stock rebuild"  # sets right what the check finds


def check(database: Database) -> dict[str, Any]:
    """Compare, change nothing: `ok`, `differences` of balances, `rollup_differences` (each with what is kept and what
    the orders say)."""
    with database.reading() as connection:
        differences = views.check(connection)
    with database.writing_connection() as connection:  # rolled back: the check computes the rollups anew beside them
        rolled = rollups.check(connection)
    return {
        "ok": not differences and not rolled,
        "differences": [difference.to_json() for difference in differences],
        "rollup_differences": [
            {"table": d.table, "key": list(d.key), "kept": d.kept, "from_orders": d.from_orders} for d in rolled
        ],
    }


def ask_for_check(book: JobBook, actor: Actor) -> int | None:
    """Hand the check in as a job; its number, or None where one is under way. Raises NotPermitted."""
    require(actor, Permission.VIEW_STOCK)
    return book.submit_unless_under_way(CHECK, {}, actor=actor.name)


def check_as_job(context: JobContext) -> Mapping[str, Any]:
    """The same as a job; of many differences the first, and `count` of all."""
    context.progress(0.1, T("Comparing balances and rollups with the ledger and the orders …"))
    database = Database(context.settings.database_url, context.settings.keys)
    try:
        found = check(database)
    finally:
        database.dispose()
    count = len(found["differences"]) + len(found["rollup_differences"])
    return {
        "ok": found["ok"],
        "count": count,
        "differences": found["differences"][:SHOWN],
        "rollup_differences": found["rollup_differences"][:SHOWN],
    }
