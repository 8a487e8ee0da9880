"""What a job does, by its kind, and which jobs the worker asks for by itself. The entry point builds the registry; this
room imports none of its handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from erp_core.clock import Clock
from erp_core.errors import NotFound
from erp_core.jobs.job import Job
from erp_core.jobs.schedule import Duty
from erp_core.settings import Settings
from erp_core.text import T, Text


class JobContext(Protocol):
    """What a handler gets."""

    @property
    def job(self) -> Job:
        """The job as it was when this attempt began."""
        ...

    @property
    def settings(self) -> Settings:
        """The installation, for instance its database."""
        ...

    @property
    def clock(self) -> Clock:
        """The source of "now"."""
        ...

    def progress(self, share: float, message: Text) -> None:
        """Say how far the work is (0 to 1) and at what; cheap enough for every few rows.

        Raises Cancelled when the person, or the end of the app, asks the work to stop: let it pass through the unit of
        work, which rolls back.
        """
        ...


Handler = Callable[[JobContext], Mapping[str, Any]]


@dataclass(frozen=True)
class Registry:
    """Kind → handler: `Registry({"import.run": run_import})`; and what is to be done again and again (`schedule`).

    A handler may be begun again from its start (after a crash, or when the app closed under it), so it stores in one
    transaction and recognises what it stored before.
    """

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    duties: tuple[Duty, ...] = ()

    def handler(self, kind: str) -> Handler:
        """The handler of a kind. Raises NotFound where this version has none."""
        if kind not in self.handlers:
            raise NotFound(
                T("This version cannot do the work “{kind}”.", kind=kind),
                hint=T("It was asked for by another version of the program. Ask for it again from the page."),
                code="job.unknown_kind",
            )
        return self.handlers[kind]
