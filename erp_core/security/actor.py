"""Who acts. One built-in local user until accounts exist."""

from __future__ import annotations

from dataclasses import dataclass

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


LOCAL_USER = Actor("local", ALL_PERMISSIONS)
