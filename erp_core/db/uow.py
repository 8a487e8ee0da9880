"""A business act: one transaction, one actor, one instant. Leaving without `commit` rolls back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from erp_core.clock import Clock, SystemClock
from erp_core.db.engine import Database


@dataclass
class UnitOfWork:
    """What a service function works with.

    `actor` is the name that facts and audit events carry; `permissions` what it may do (checked by
    `security.guard.require`); `source` where the act comes from; `channels` the shops that the actor is limited to
    (None = all). `last_steps` are run by `commit`, within the transaction: what must hold other writers up no longer
    than it has to.
    """

    connection: sa.Connection
    actor: str
    permissions: frozenset[str]
    clock: Clock = field(default_factory=SystemClock)
    source: str = ""
    channels: frozenset[int] | None = None
    last_steps: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        """Whether the transaction runs on SQLite."""
        return self.connection.dialect.name == "sqlite"

    def now(self) -> dt.datetime:
        """The clock's time, UTC."""
        return self.clock.now()

    def commit(self) -> None:
        """Make the act's changes lasting."""
        transaction = self.connection.get_transaction()
        assert transaction is not None
        while self.last_steps:
            self.last_steps.pop(0)()
        transaction.commit()


@dataclass(frozen=True)
class As:
    """On whose behalf an act is done: name, permissions, clock; where it comes from (`page 203.0.113.7`, `terminal`,
    `worker`), and the shops that the actor is limited to (None = all)."""

    actor: str
    permissions: frozenset[str]
    clock: Clock = field(default_factory=SystemClock)
    source: str = ""
    channels: frozenset[int] | None = None


@contextmanager
def unit_of_work(database: Database, who: As) -> Iterator[UnitOfWork]:
    """Open a unit of work; the write lock is held until it is left."""
    with database.writing_connection() as connection:
        yield UnitOfWork(connection, who.actor, who.permissions, who.clock, who.source, who.channels)
