"""Pages with their filters under a name: kept by a person, private or shared with all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.overview.tables import saved_view
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.text import T

Query = Sequence[tuple[str, str]]

LONGEST_NAME = 80
_PARAMETERS_AT_MOST = 60
_LONGEST_PARAMETER = 500
NOT_KEPT = frozenset({"lang", "company"})  # how one reads, and whose numbers: of the visit, not of the view


@dataclass(frozen=True)
class SavedView:
    """`page`: its name in the address; `query`: the address's parameters; `own`: of the person who asks."""

    id: int
    page: str
    name: str
    query: tuple[tuple[str, str], ...]
    owner: str
    shared: bool
    own: bool


def saved_views(connection: sa.Connection, actor: str) -> tuple[SavedView, ...]:
    """A person's own views and those that others share, by name."""
    v = saved_view.c
    query = sa.select(saved_view).where(sa.or_(v.owner == actor, v.shared.is_(sa.true()))).order_by(v.name, v.id)
    return tuple(
        SavedView(
            row.id, row.page, row.name, tuple((name, value) for name, value in row.query), row.owner, row.shared,
            row.owner == actor,
        )
        for row in connection.execute(query)
    )  # fmt: skip


def save_view(uow: UnitOfWork, page: str, name: str, query: Query, shared: bool = False) -> int:
    """Keep a page with its parameters under a new name; returns its id. `lang` and `shop` are left out.

    Raises BadInput for an empty or too long name, Conflict where the person has one of this name on this page.
    """
    require(uow, Permission.SAVE_VIEWS)
    if shared:
        require(uow, Permission.SHARE_VIEWS)
    kept = [[word, value] for word, value in query if word not in NOT_KEPT]
    if len(kept) > _PARAMETERS_AT_MOST or any(len(part) > _LONGEST_PARAMETER for pair in kept for part in pair):
        raise BadInput(
            T("This view has more filters than can be kept."), hint=T("Choose fewer values."), code="view.too_long"
        )
    clean = _free_name(uow, page, name, None)
    added = uow.connection.execute(
        sa.insert(saved_view)
        .values(page=page, name=clean, query=kept, owner=uow.actor, shared=shared, saved_at=uow.now())
        .returning(saved_view.c.id)
    )
    view_id = int(added.scalar_one())
    audit.record(uow, audit.Act.SAVE_VIEW, f"{page}: {clean}", after={"query": kept, "shared": shared})
    return view_id


def rename_view(uow: UnitOfWork, view_id: int, name: str) -> None:
    """Give an own view another name. Raises NotFound, BadInput, Conflict."""
    require(uow, Permission.SAVE_VIEWS)
    page, before, _ = _own(uow, view_id)
    clean = _free_name(uow, page, name, view_id)
    uow.connection.execute(sa.update(saved_view).where(saved_view.c.id == view_id).values(name=clean))
    audit.record(uow, audit.Act.RENAME_VIEW, f"{page}: {clean}", before={"name": before}, after={"name": clean})


def share_view(uow: UnitOfWork, view_id: int, shared: bool) -> None:
    """Let all see an own view, or nobody else. Raises NotFound."""
    require(uow, Permission.SHARE_VIEWS)
    page, name, held = _own(uow, view_id)
    uow.connection.execute(sa.update(saved_view).where(saved_view.c.id == view_id).values(shared=shared))
    act = audit.Act.SHARE_VIEW if shared else audit.Act.STOP_SHARING_VIEW
    audit.record(uow, act, f"{page}: {name}", before={"shared": held}, after={"shared": shared})


def delete_view(uow: UnitOfWork, view_id: int) -> None:
    """Take an own view away. Raises NotFound."""
    require(uow, Permission.SAVE_VIEWS)
    page, name, shared = _own(uow, view_id)
    uow.connection.execute(sa.delete(saved_view).where(saved_view.c.id == view_id))
    audit.record(uow, audit.Act.DELETE_VIEW, f"{page}: {name}", before={"name": name, "shared": shared})


def _own(uow: UnitOfWork, view_id: int) -> tuple[str, str, bool]:
    v = saved_view.c
    row = uow.connection.execute(
        sa.select(v.page, v.name, v.shared).where(v.id == view_id, v.owner == uow.actor)
    ).one_or_none()
    if row is None:
        raise NotFound(
            T("You have no such view."), hint=T("Only who saved a view can change it."), code="view.no_such_view"
        )
    return row.page, row.name, row.shared


def _free_name(uow: UnitOfWork, page: str, name: str, except_for: int | None) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > LONGEST_NAME:
        raise BadInput(
            T("A view needs a name of at most {count} characters.", count=LONGEST_NAME), code="view.bad_name"
        )
    v = saved_view.c
    taken = sa.select(v.id).where(v.owner == uow.actor, v.page == page, v.name == clean)
    found = uow.connection.execute(taken).scalar_one_or_none()
    if found is not None and found != except_for:
        raise Conflict(
            T("You have a view “{name}” on this page already.", name=clean),
            hint=T("Choose another name, or delete the old view first."),
            code="view.name_taken",
        )
    return clean
