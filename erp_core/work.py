"""What the worker does: every kind of job and its handler, and what it sees to by itself, put together at the entry."""

from __future__ import annotations

from erp_core.clock import SystemClock
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
    },
    duties=(inbox.DUTY, rollups.DUTY),
)


def run_worker(settings: Settings, *, once: bool) -> int:
    """Run waiting jobs: until none waits, or until asked to end. Returns the exit code."""
    from erp_core.jobs.book import JobBook
    from erp_core.jobs.worker import run_pending, serve

    clock = SystemClock()
    if once:
        run_pending(JobBook(settings.jobs_path, clock), REGISTRY, settings, clock)
        return 0
    return serve(REGISTRY, settings, clock)
