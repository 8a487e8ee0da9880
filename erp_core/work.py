"""What the worker does: every kind of job and its handler, and what it sees to by itself, put together at the entry."""

from __future__ import annotations

from collections.abc import Mapping

import erp_core.schema  # noqa: F401  (every room’s tables)
from erp_core.attention import work as attention
from erp_core.clock import SystemClock
from erp_core.demo import work as demo
from erp_core.imports import inbox_work as inbox
from erp_core.imports import uploads
from erp_core.imports import work as imports
from erp_core.jobs.registry import Registry
from erp_core.orders import ledger
from erp_core.orders import pack_work as rollups
from erp_core.safety import audit_check
from erp_core.safety import keys_work as keys
from erp_core.safety import work as safety
from erp_core.settings import Settings
from erp_core.text import T, Text

REGISTRY = Registry(
    {
        imports.CHECK: imports.check,
        imports.RUN: imports.run,
        imports.UNDO: imports.undo,
        inbox.PROCESS: inbox.process,
        uploads.SWEEP: uploads.sweep,
        rollups.PACK: rollups.pack,
        attention.EVALUATE: attention.evaluate,
        attention.DIGEST: attention.digest,
        demo.LOAD: demo.load,
        safety.MAKE: safety.make,
        safety.NIGHTLY: safety.nightly,
        safety.PROVE: safety.prove_as_job,
        ledger.CHECK: ledger.check_as_job,
        keys.CHANGE: keys.change,
        audit_check.CHECK: audit_check.check_as_job,
    },
    duties=(
        inbox.DUTY,
        uploads.DUTY,
        rollups.DUTY,
        safety.DUTY,
        safety.PROOF_DUTY,
        attention.ALERTS_DUTY,
        attention.DIGEST_DUTY,
    ),
)

NAMES: Mapping[str, Text] = {  # of the kinds of jobs, for people
    imports.CHECK: T("Check files before an import"),
    imports.RUN: T("Import"),
    imports.UNDO: T("Take an import back"),
    inbox.PROCESS: T("Watched folder"),
    uploads.SWEEP: T("Old uploads are deleted"),
    rollups.PACK: T("Sums that pages read"),
    safety.MAKE: T("Backup"),
    safety.NIGHTLY: T("Nightly backup"),
    safety.PROVE: T("Proof of a backup"),
    ledger.CHECK: T("Check of the ledger"),
    keys.CHANGE: T("Change of the key"),
    audit_check.CHECK: T("Check of the audit chain"),
    attention.EVALUATE: T("Alerts"),
    attention.DIGEST: T("Daily digest"),
    demo.LOAD: T("Demo shop"),
}


def run_worker(settings: Settings, *, once: bool) -> int:
    """Run waiting jobs: until none waits, or until asked to end. Returns the exit code."""
    from erp_core.jobs.book import JobBook
    from erp_core.jobs.worker import demo_books, run_pending, serve

    clock = SystemClock()
    if once:
        for book, its in [(JobBook(settings.jobs_path, clock), settings), *demo_books(settings, clock)]:
            run_pending(book, REGISTRY, its, clock)
        return 0
    return serve(REGISTRY, settings, clock)
