"""Default deny: pages and services ask here before they do anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

from erp_core.db.uow import As, UnitOfWork
from erp_core.errors import NotPermitted
from erp_core.security.permissions import Permission
from erp_core.text import T

A = TypeVar("A", As, UnitOfWork)


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


def lent(acting: A, permission: Permission) -> A:
    """The same actor, holding `permission` too: for a step of an act that was permitted under its own name, such as the
    movements of a bundle, or an order entered by hand that is stored as an import is."""
    return replace(acting, permissions=acting.permissions | {str(permission)})
