"""Views that people keep: names, owners, sharing, and who may do what."""

from __future__ import annotations

import pytest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, Conflict, NotFound, NotPermitted
from erp_core.overview.saved_views import (
    SavedView,
    delete_view,
    rename_view,
    save_view,
    saved_views,
    share_view,
)
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from tests.integration.shop import Shop

ANN, BO = Actor("ann", ALL_PERMISSIONS), Actor("bo", ALL_PERMISSIONS)
LAMPS = [("period", "90"), ("category", "Lamps"), ("category", "Bulbs"), ("lang", "en"), ("company", "demo")]


def do(database: Database, clock: FixedClock, actor: Actor, act: object, *arguments: object) -> int:
    with unit_of_work(database, actor.acting(clock)) as uow:
        result = act(uow, *arguments)  # type: ignore[operator]
        uow.commit()
    return int(result or 0)


def views_of(database: Database, actor: Actor) -> list[SavedView]:
    with database.reading() as connection:
        return list(saved_views(connection, actor.name))


def test_a_view_keeps_the_address_but_not_language_and_shop(database: Database, clock: FixedClock) -> None:
    view_id = do(database, clock, ANN, save_view, "sales", "  My   lamps ", LAMPS)
    (view,) = views_of(database, ANN)
    assert view == SavedView(
        view_id,
        "sales",
        "My lamps",
        (("period", "90"), ("category", "Lamps"), ("category", "Bulbs")),
        "ann",
        False,
        True,
    )


def test_a_private_view_is_its_owners_and_a_shared_one_everybodys(database: Database, clock: FixedClock) -> None:
    private = do(database, clock, ANN, save_view, "sales", "Mine", [])
    shared = do(database, clock, ANN, save_view, "inventory", "Ours", [], True)
    assert [(view.id, view.own) for view in views_of(database, BO)] == [(shared, False)]
    do(database, clock, ANN, share_view, private, True)
    do(database, clock, ANN, share_view, shared, False)
    assert [(view.name, view.owner) for view in views_of(database, BO)] == [("Mine", "ann")]


def test_only_the_owner_changes_a_view(database: Database, clock: FixedClock) -> None:
    view_id = do(database, clock, ANN, save_view, "sales", "Ours", [], True)
    for act, arguments in ((rename_view, ("Theirs",)), (share_view, (False,)), (delete_view, ())):
        with pytest.raises(NotFound, match="no such view"):
            do(database, clock, BO, act, view_id, *arguments)
    do(database, clock, ANN, rename_view, view_id, "Our lamps")
    assert [view.name for view in views_of(database, BO)] == ["Our lamps"]
    do(database, clock, ANN, delete_view, view_id)
    assert views_of(database, ANN) == []


def test_a_name_stands_once_a_person_and_page(database: Database, clock: FixedClock) -> None:
    do(database, clock, ANN, save_view, "sales", "Lamps", [])
    other = do(database, clock, ANN, save_view, "sales", "Bulbs", [])
    with pytest.raises(Conflict, match="already"):
        do(database, clock, ANN, save_view, "sales", "Lamps ", [])
    with pytest.raises(Conflict, match="already"):
        do(database, clock, ANN, rename_view, other, "Lamps")
    do(database, clock, ANN, rename_view, other, "Bulbs")  # its own name
    do(database, clock, ANN, save_view, "inventory", "Lamps", [])
    do(database, clock, BO, save_view, "sales", "Lamps", [])
    assert len(views_of(database, ANN)) == 3


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_view_needs_a_name_of_a_sensible_length(database: Database, clock: FixedClock, name: str) -> None:
    with pytest.raises(BadInput, match="80 characters"):
        do(database, clock, ANN, save_view, "sales", name, [])


def test_an_endless_address_is_refused(database: Database, clock: FixedClock) -> None:
    for query in ([("category", str(number)) for number in range(61)], [("find", "x" * 501)]):
        with pytest.raises(BadInput, match="more filters"):
            do(database, clock, ANN, save_view, "sales", "Long", query)


@pytest.mark.parametrize(
    ("lacks", "act", "arguments"),
    [
        (Permission.SAVE_VIEWS, save_view, ("sales", "New", [])),
        (Permission.SHARE_VIEWS, save_view, ("sales", "New", [], True)),
        (Permission.SAVE_VIEWS, rename_view, (1, "New")),
        (Permission.SHARE_VIEWS, share_view, (1, True)),
        (Permission.SAVE_VIEWS, delete_view, (1,)),
    ],
)
def test_each_act_asks_for_its_permission(
    database: Database, clock: FixedClock, lacks: Permission, act: object, arguments: tuple[object, ...]
) -> None:
    do(database, clock, ANN, save_view, "sales", "Old", [])
    with pytest.raises(NotPermitted, match=str(lacks)):
        do(database, clock, Actor("ann", ALL_PERMISSIONS - {lacks}), act, *arguments)
    assert [(view.name, view.shared) for view in views_of(database, ANN)] == [("Old", False)]


def test_every_act_leaves_its_trace(shop: Shop) -> None:
    view_id = shop.do(save_view, "sales", "Lamps", [], True)
    shop.do(rename_view, view_id, "Bulbs")
    shop.do(share_view, view_id, False)
    shop.do(share_view, view_id, True)
    shop.do(delete_view, view_id)
    assert shop.acts() == ["save view", "rename view", "stop sharing view", "share view", "delete view"]
    assert shop.read(saved_views, LOCAL_USER.name) == ()
