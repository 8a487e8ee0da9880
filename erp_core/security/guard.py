"""Default deny: pages and services ask here before they do anything."""

from __future__ import annotations

from typing import Protocol

from erp_core.errors import NotPermitted
from erp_core.security.permissions import Permission
from erp_core.text import T


class Acting(Protocol):
    """Anything that acts under permissions: an actor, a unit of work."""

    @property
    def permissions(self) -> frozenset[str] | frozenset[Permission]: ...


def require(acting: Acting, permission: Permission) -> None:
    """Raise NotPermitted unless `acting` holds `permission`."""
    if permission not in acting.permissions:
        raise NotPermitted(
            T("You may not do this: the permission “{permission}” is missing.", permission=str(permission)),
            hint=T("Ask the person who administers the workbench to grant it."),
        )
