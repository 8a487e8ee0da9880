"""Every act of every room asks whether it is permitted, before it looks at anything else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import erp_core
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.errors import NotPermitted
from erp_core.security.actor import Actor

# Functions that take a unit of work and are no acts of their own: steps of acts that asked already.
_CALLED = "called by acts that asked, with rows that these chose"
STEPS = {
    "security.audit.record": "the event of an act that asked",
    "security.sessions.open_session": "after a password or a code that fits",
    "security.sessions.open_for": "after a password, a code, or a sign-in elsewhere that fits",
    "db.facts.append": _CALLED,
    "db.facts.withdraw": _CALLED,
    "stock.service.reverse_sources": _CALLED,
    "stock.service.refresh": "computes balances anew from the ledger",
    "stock.service.revalue": "computes values anew from costs and balances",
    "orders.service.remember": _CALLED,
    "orders.service.append_events": _CALLED,
    "orders.personal.sealed_headers": _CALLED,
    "parties.service.write_documents": _CALLED,
    "orders.rewriting.rewritten": _CALLED,
    "orders.returns.append_movements": _CALLED,
    "orders.movements.move_stock": _CALLED,
    "imports.changes.restore": "of an undo that asked",
    "imports.changes.rememberer": "of an import that asked",
    "catalog.editing.refuse_taken_barcodes": "changes nothing: refuses or not",
}


def acts() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions of the rooms whose first parameter is a unit of work."""
    for found in pkgutil.walk_packages(erp_core.__path__, "erp_core."):
        if ".migrations" in found.name or found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            public = not name.startswith("_") and function.__module__ == module.__name__
            if public and first is not None and first.annotation in (UnitOfWork, "UnitOfWork"):
                yield f"{found.name.removeprefix('erp_core.')}.{name}", function


ACTS = dict(acts())


class Untouchable:
    """An argument that may not be looked at."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"looked at .{name} before it asked")

    def __iter__(self) -> Any:
        raise AssertionError("looked through it before it asked")


@pytest.mark.parametrize("name", sorted(set(ACTS) - set(STEPS)))
def test_without_permission_an_act_is_refused_before_anything_else(
    sqlite_database: Database, clock: FixedClock, name: str
) -> None:
    act = ACTS[name]
    rest = list(inspect.signature(act).parameters.values())[1:]
    required = [one for one in rest if one.default is inspect.Parameter.empty]
    by_place = [Untouchable() for one in required if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    by_name = {one.name: Untouchable() for one in required if one.kind is inspect.Parameter.KEYWORD_ONLY}
    with unit_of_work(sqlite_database, As("guest", frozenset(), clock)) as uow, pytest.raises(NotPermitted):
        act(uow, *by_place, **by_name)


# Functions that act for somebody, in transactions of their own, and ask nothing.
ASK_NOTHING = {
    "db.uow.unit_of_work": "the transaction of acts, which ask",
    "security.audit.refused": "records that somebody was refused",
    "demo.service.import_demo_files": "calls import_files, which asks, for each file",
}


def acts_for_somebody() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions that are told who acts (an `As` or an `Actor`), whatever they work on."""
    for found in pkgutil.walk_packages(erp_core.__path__, "erp_core."):
        if ".migrations" in found.name or found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            told = {one.annotation for one in inspect.signature(function).parameters.values()}
            if not name.startswith("_") and function.__module__ == module.__name__ and told & {"As", "Actor"}:
                yield f"{found.name.removeprefix('erp_core.')}.{name}", function


FOR_SOMEBODY = dict(acts_for_somebody())


@pytest.mark.parametrize("name", sorted(set(FOR_SOMEBODY) - set(ASK_NOTHING)))
def test_without_permission_nothing_is_done_for_somebody(
    sqlite_database: Database, clock: FixedClock, name: str
) -> None:
    """Acts that see to their own transactions, and jobs that are handed in."""
    known = {
        "As": As("guest", frozenset(), clock),
        "Actor": Actor("guest", frozenset()),
        "Database": sqlite_database,
    }
    act = FOR_SOMEBODY[name]
    required = [one for one in inspect.signature(act).parameters.values() if one.default is inspect.Parameter.empty]
    by_place = [known.get(one.annotation, Untouchable()) for one in required if one.kind is not one.KEYWORD_ONLY]
    by_name = {one.name: known.get(one.annotation, Untouchable()) for one in required if one.kind is one.KEYWORD_ONLY}
    with pytest.raises(NotPermitted):
        act(*by_place, **by_name)


def test_the_exemptions_exist() -> None:
    assert set(ASK_NOTHING) <= set(FOR_SOMEBODY)
    assert len(FOR_SOMEBODY) > 20
    assert set(STEPS) <= set(ACTS)
    assert all(STEPS.values())
    assert len(ACTS) > 40
