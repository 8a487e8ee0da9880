"""What the worker does: every kind of job and its handler, and what it sees to by itself, put together at the entry."""

from __future__ import annotations

from erp_core.attention import work as attention
from erp_core.clock import SystemClock
from erp_core.demo import work as demo
from erp_core.imports import inbox_work as inbox
from erp_core.imports import work as imports
from erp_core.jobs.registry import Registry
from erp_core.orders import pack_work as rollups
from erp_core.settings import Settings

REGISTRY = Registry(
    {
        imports.CHECK: imports.check,
        imports.RUN: imports.run,
        imports.UNDO: imports.undo,
        inbox.PROCESS: inbox.process,
        rollups.PACK: rollups.pack,
        attention.EVALUATE: attention.evaluate,
        attention.DIGEST: attention.digest,
        demo.LOAD: demo.load,
    },
    duties=(inbox.DUTY, rollups.DUTY, attention.ALERTS_DUTY, attention.DIGEST_DUTY),
)


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
