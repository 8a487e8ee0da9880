"""Who acts. One built-in local user until accounts exist."""

from __future__ import annotations

from dataclasses import dataclass

from erp_core.clock import Clock, SystemClock
from erp_core.db.uow import As
from erp_core.security.permissions import ALL_PERMISSIONS, Permission


@dataclass(frozen=True)
class Actor:
    """A person or a program, and what it may do."""

    name: str
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """Whether the actor holds `permission`; default is no."""
        return permission in self.permissions

    def acting(self, clock: Clock | None = None) -> As:
        """What a unit of work needs to act on this actor's behalf."""
        return As(self.name, frozenset(str(p) for p in self.permissions), clock or SystemClock())


LOCAL_USER = Actor("local", ALL_PERMISSIONS)
