"""Several people work on one choice, each on what they last saw: nothing is lost, nothing is overwritten unseen."""

from __future__ import annotations

import datetime as dt
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import Conflict
from erp_core.security.actor import Actor
from erp_core.security.permissions import ALL_PERMISSIONS
from erp_core.vendors import ratings, requirements, service, views
from erp_core.vendors.choice import Settings
from erp_core.vendors.ratings import Cell
from erp_core.vendors.schema import Bilingual, Fit, Priority, Rating, Requirement, Scenario
from erp_core.vendors.service import NewDecision
from erp_core.vendors.views import Outside
from erp_core.vendors.working import Seen
from tests.conftest import NOW, Addresses

DAY = dt.date(2026, 3, 2)
PEOPLE = ("ann", "bo", "chen")
VENDORS = ("odoo", "erpnext")
NEEDS = ("fit.ease.a", "fit.ease.b")
WORDS = Bilingual(en="A", zh="甲")
PROPOSED = tuple(
    Requirement(key=key, criterion="fit.ease", text=WORDS, ask=WORDS, priority=Priority.SHOULD) for key in NEEDS
)


class PeopleAtWork(RuleBasedStateMachine):
    """`stands`: what holds, by thing; `changed`: the version at which a thing was last changed; `seen`: the version that
    each person has before their eyes."""

    database: Database
    clock = FixedClock(NOW)

    @initialize()
    def begin(self) -> None:
        self.decision_id = self.act(
            "ann",
            service.create_decision,
            NewDecision("A", Settings(scenario=Scenario(currency="CNY", start=DAY)), PROPOSED, VENDORS),
        )
        self.version = 1
        self.seen = dict.fromkeys(PEOPLE, 1)
        self.stands: dict[Any, Any] = {("priority", key): Priority.SHOULD for key in NEEDS} | {"budget": None}
        self.changed: dict[Any, int] = {}
        self.by_person: set[str] = set()
        self.given = 0  # ratings that were ever stored

    def act(self, person: str, act: Any, *arguments: Any) -> Any:
        with unit_of_work(self.database, Actor(person, ALL_PERMISSIONS).acting(self.clock)) as uow:
            result = act(uow, *arguments)
            uow.commit()
        return result

    def change(self, person: str, after: dict[Any, Any], act: Any, argument: Any) -> int:
        """Do it and say what must have come of it: the count of things that differ, or a conflict."""
        differing = {thing for thing, value in after.items() if self.stands.get(thing) != value}
        overtaken = any(self.changed.get(thing, 0) > self.seen[person] for thing in differing)
        seen = Seen(self.decision_id, self.seen[person])
        if overtaken:
            with pytest.raises(Conflict, match="in the meantime"):
                self.act(person, act, seen, argument)
            return 0
        assert self.act(person, act, seen, argument) == len(differing)
        if differing:
            self.version += 1
            self.changed |= dict.fromkeys(differing, self.version)
            self.stands |= {thing: after[thing] for thing in differing}
        return len(differing)

    @rule(person=st.sampled_from(PEOPLE))
    def look(self, person: str) -> None:
        """Open the page again."""
        self.seen[person] = self.version

    @rule(
        person=st.sampled_from(PEOPLE),
        cells=st.dictionaries(
            st.tuples(st.sampled_from(VENDORS), st.sampled_from(NEEDS)), st.sampled_from(list(Fit)), min_size=1
        ),
        evaluator=st.sampled_from([None, "ann"]),
    )
    def rate(self, person: str, cells: dict[tuple[str, str], Fit], evaluator: str | None) -> None:
        """Rate some cells at once."""
        given = [
            Rating(vendor=vendor, requirement=key, fit=fit, evaluator=evaluator) for (vendor, key), fit in cells.items()
        ]
        self.given += self.change(
            person, {Cell(one.vendor, one.requirement, evaluator): one for one in given}, ratings.rate, given
        )

    @rule(person=st.sampled_from(PEOPLE), vendor=st.sampled_from(VENDORS), key=st.sampled_from(NEEDS))
    def withdraw(self, person: str, vendor: str, key: str) -> None:
        """Take the agreed rating of one cell back."""
        self.change(person, {Cell(vendor, key): None}, ratings.withdraw_ratings, [Cell(vendor, key)])

    @rule(person=st.sampled_from(PEOPLE), key=st.sampled_from(NEEDS), priority=st.sampled_from(list(Priority)))
    def prioritise(self, person: str, key: str, priority: Priority) -> None:
        """Say how much one need matters."""
        if self.change(
            person, {("priority", key): priority}, requirements.set_requirements, {key: {"priority": priority}}
        ):
            self.by_person.add(key)

    @rule(person=st.sampled_from(PEOPLE), budget=st.sampled_from([None, 1.0, 2.0]))
    def set_budget(self, person: str, budget: float | None) -> None:
        """Say what it may cost."""
        self.change(person, {"budget": budget}, service.change_settings, {"budget": budget})

    @invariant()
    def everything_stands_as_it_was_said_last(self) -> None:
        """The document is what was stored, the version counts the changes, and no rating is lost."""
        with self.database.reading() as connection:
            document = views.decision_document(connection, self.decision_id, Outside(DAY))
            told = views.changes(connection, self.decision_id)
            whole = views.ratings_frame(connection, self.decision_id, ended=True)
            version = views.choice(connection, self.decision_id).version
        standing = {
            thing: value for thing, value in self.stands.items() if isinstance(thing, Cell) and value is not None
        }
        assert {Cell(one.vendor, one.requirement, one.evaluator): one for one in document.ratings} == standing
        assert {("priority", one.key): one.priority for one in document.requirements} == {
            thing: value for thing, value in self.stands.items() if isinstance(thing, tuple)
        }
        assert document.budget == self.stands["budget"]
        assert version == self.version
        assert [change.version for change in told] == list(range(self.version, 0, -1))
        assert len(whole) == self.given
        assert int(whole["ended_at"].isna().sum()) == len(standing)

    @rule()
    def propose(self) -> None:
        """New proposals come: they reach what no person has set."""
        proposals = tuple(one.model_copy(update={"priority": Priority.MUST}) for one in PROPOSED)
        self.act("ann", requirements.propose_again, Seen(self.decision_id), proposals)
        with self.database.reading() as connection:
            version = views.choice(connection, self.decision_id).version
        if version != self.version:
            self.version = version
            self.changed |= {("priority", key): version for key in NEEDS if self.touched(key)}
        self.stands |= {("priority", key): Priority.MUST for key in NEEDS if key not in self.by_person}

    def touched(self, key: str) -> bool:
        """Whether the last change was of this need."""
        with self.database.reading() as connection:
            last = views.changes(connection, self.decision_id)[0]
        return ("requirement", key) in last.things


def test_people_at_work_lose_nothing_and_overwrite_nothing_unseen(database_addresses: Addresses) -> None:
    with database_addresses() as url:
        database = Database(url)
        try:
            machine = type("OnThisDatabase", (PeopleAtWork,), {"database": database})
            run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=25))
        finally:
            database.dispose()
