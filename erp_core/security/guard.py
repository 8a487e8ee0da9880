"""Default deny: pages and services ask here before they do anything."""

from __future__ import annotations

from collections.abc import Iterable
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


def require_shops(acting: As | UnitOfWork, channels: Iterable[int]) -> None:
    """Raise NotPermitted unless `acting` may see all these shops."""
    if acting.channels is not None and not acting.channels.issuperset(channels):
        raise _other_shops()


def require_all_shops(acting: As | UnitOfWork) -> None:
    """Raise NotPermitted for one who is limited to some shops: what is asked for cannot be split by shop."""
    if acting.channels is not None:
        raise _other_shops()


def _other_shops() -> NotPermitted:
    return NotPermitted(
        T("You may not do this: it concerns shops that you are not responsible for."),
        hint=T("Ask the person who administers the workbench to grant it."),
        code="not_permitted.shops",
    )


def lent(acting: A, permission: Permission) -> A:
    """The same actor, holding `permission` too: for a step of an act that was permitted under its own name, such as the
    movements of a bundle, or an order entered by hand that is stored as an import is."""
    return replace(acting, permissions=acting.permissions | {str(permission)})
