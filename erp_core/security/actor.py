"""Who acts. One built-in local user until accounts exist."""

from __future__ import annotations

from dataclasses import dataclass, replace

from erp_core.clock import Clock, SystemClock
from erp_core.db.uow import As
from erp_core.security.permissions import ALL_PERMISSIONS, Permission


@dataclass(frozen=True)
class Actor:
    """A person or a program, what it may do, where it acts from, and the shops it is limited to (None = all)."""

    name: str
    permissions: frozenset[Permission]
    source: str = ""
    channels: frozenset[int] | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the actor holds `permission`; default is no."""
        return permission in self.permissions

    def acting(self, clock: Clock | None = None) -> As:
        """What a unit of work needs to act on this actor's behalf."""
        permissions = frozenset(str(p) for p in self.permissions)
        return As(self.name, permissions, clock or SystemClock(), self.source, self.channels)


# Where an act comes from; a page adds the address: `page 203.0.113.7`.
PAGE, TERMINAL, WORKER, API, START = "page", "terminal", "worker", "api", "start"

LOCAL_USER = Actor("local", ALL_PERMISSIONS)
TERMINAL_USER = replace(LOCAL_USER, source=TERMINAL)


def handed_in(name: str, permissions: frozenset[Permission] = ALL_PERMISSIONS) -> Actor:
    """The person on whose behalf a job works; whether they may was asked when they handed it in."""
    return Actor(name, permissions, WORKER)
