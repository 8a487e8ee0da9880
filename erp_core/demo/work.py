"""Making the demo shop as a job: what a page hands in. Its book lies in the workshop, so that it goes with the shop."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from typing import Any

from erp_core.clock import Clock
from erp_core.demo.place import about_demo
from erp_core.demo.plan import DEFAULT_SEED, DEFAULT_SIZE, plan_of
from erp_core.demo.service import load_demo
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job
from erp_core.jobs.registry import JobContext
from erp_core.security.actor import Actor, handed_in
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.settings import Settings

# kind of job
LOAD = "demo.load"


def workshop_book(settings: Settings, clock: Clock) -> JobBook:
    """The book of the jobs that make the company's demo shop."""
    return JobBook(settings.demo_workshop.jobs_path, clock)


def hand_in(settings: Settings, actor: Actor, clock: Clock, size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> Job:
    """Ask for a demo shop; the job that makes it, which may be under way already. Raises BadInput, NotPermitted."""
    require(actor, Permission.USE_DEMO)
    plan = plan_of(clock, size, seed)
    book = workshop_book(settings, clock)
    arguments = {"size": size, "seed": seed, "until": plan.until.isoformat()}
    job_id = book.submit_unless_under_way(LOAD, arguments, actor=actor.name)
    return book.get(job_id) if job_id is not None else book.recent(1, LOAD)[0]


def latest(settings: Settings, clock: Clock) -> Job | None:
    """The latest job that was to make a demo shop; None where none was asked for since the last was removed."""
    if not settings.demo_workshop.jobs_path.exists():
        return None
    found = JobBook(settings.demo_workshop.jobs_path, clock, must_exist=True).recent(1, LOAD)
    return found[0] if found else None


def load(context: JobContext) -> dict[str, Any]:
    """Make the demo shop and put it in place; what it says of itself."""
    asked = context.job.arguments
    company = replace(context.settings, home=context.settings.home.parent)  # the workshop lies in the company's folder
    plan = plan_of(context.clock, asked["size"], int(asked["seed"]), dt.date.fromisoformat(asked["until"]))
    load_demo(company, handed_in(context.job.actor).acting(context.clock), plan, context.progress)
    about = about_demo(company)
    return asdict(about) if about is not None else {}
