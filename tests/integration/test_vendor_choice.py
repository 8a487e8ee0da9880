"""A choice of an ERP while people work on it: what is kept, who may, whose change meets whose, what stays for good."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, Conflict, ErpError, NotFound, NotPermitted
from erp_core.security.actor import Actor
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.security.rules import permitted
from erp_core.security.tables import audit_event
from erp_core.vendors import own_vendors, ratings, requirements, service, views
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.choice import Settings
from erp_core.vendors.evaluation import evaluate, to_json
from erp_core.vendors.own_vendors import NewFact, OwnVendor
from erp_core.vendors.ratings import Cell, RfpAnswers
from erp_core.vendors.requirements import EditedList, NewRequirement
from erp_core.vendors.schema import (
    Benefit,
    Bilingual,
    Decision,
    Evidence,
    Fact,
    Fit,
    Grade,
    OwnNumber,
    Plan,
    Pricing,
    Priority,
    Quote,
    Range,
    Rate,
    Rating,
    Requirement,
    Scenario,
    Vendor,
    Weighting,
)
from erp_core.vendors.service import Keep, NewDecision
from erp_core.vendors.tables import decision_version
from erp_core.vendors.versions import inputs_hash, same_numbers
from erp_core.vendors.views import Outside
from erp_core.vendors.working import Seen

ANN, BO = Actor("ann", ALL_PERMISSIONS, "page 127.0.0.1"), Actor("bo", ALL_PERMISSIONS)
DAY = dt.date(2026, 3, 2)
SETTINGS = Settings(scenario=Scenario(currency="CNY", start=DAY), budget=200_000.0)


def both(text: str) -> Bilingual:
    return Bilingual(en=text, zh=text)


def need(key: str, priority: Priority = Priority.SHOULD, **more: Any) -> Requirement:
    return Requirement(
        key=key,
        criterion=".".join(key.split(".")[:2]),
        text=both(f"{key}?"),
        ask=both("Show it."),
        priority=priority,
        **more,
    )


SPLIT, ALERTS, SSO = "function.orders.split", "function.stock.alerts", "security.roles.sso"
TEMPLATE = (need(SPLIT, Priority.MUST), need(ALERTS), need(SSO, Priority.COULD))


class Desk:
    """Acts as Ann unless another is named, each in a transaction of its own."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock

    def do(self, act: Callable[..., Any], *arguments: Any, who: Actor = ANN) -> Any:
        with unit_of_work(self.database, who.acting(self.clock)) as uow:
            result = act(uow, *arguments)
            uow.commit()
        return result

    def read(self, view: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        with self.database.reading() as connection:
            return view(connection, *arguments, **options)

    def begin(self, *vendors: str, name: str = "Which ERP", token: str | None = None) -> int:
        return int(self.do(service.create_decision, NewDecision(name, SETTINGS, TEMPLATE, vendors, token)))

    def version(self, decision_id: int) -> int:
        return int(self.read(views.choice, decision_id).version)

    def seen(self, decision_id: int) -> Seen:
        return Seen(decision_id, self.version(decision_id))

    def document(self, decision_id: int, **outside: Any) -> Decision:
        found = self.read(views.decision_document, decision_id, Outside(DAY, **outside))
        assert isinstance(found, Decision)
        return found

    def events(self) -> list[Any]:
        e = audit_event.c
        return list(self.read(lambda connection: connection.execute(sa.select(audit_event).order_by(e.id)).all()))


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> Desk:
    return Desk(database, clock)


@pytest.fixture
def lamps(desk: Desk) -> str:
    return str(desk.do(own_vendors.add_vendor, OwnVendor("Lamp Suite")))


@pytest.fixture
def cranes(desk: Desk) -> str:
    return str(desk.do(own_vendors.add_vendor, OwnVendor("Crane ERP")))


def rating(vendor: str, requirement: str, fit: Fit = Fit.NATIVE, **more: Any) -> Rating:
    return Rating(vendor=vendor, requirement=requirement, fit=fit, **more)


# --- the choice ----------------------------------------------------------------------------------------------------


def test_a_choice_begins_with_its_needs_vendors_and_settings(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps, name="  Which \x00 ERP ")
    (choice,) = desk.read(views.decisions)
    assert (choice.id, choice.name, choice.version, choice.vendors) == (decision_id, "Which ERP", 1, (lamps,))
    assert (choice.made_by, choice.changed_by, choice.archived_at, choice.versions) == ("ann", "ann", None, 0)
    assert choice.settings == SETTINGS
    document = desk.document(decision_id)
    assert document.requirements == TEMPLATE
    assert [vendor.key for vendor in document.vendors] == ["own-lamp-suite"]
    assert (document.name, document.as_of, document.budget) == ("Which ERP", DAY, 200_000.0)


def test_the_same_form_sent_twice_begins_one_choice_and_leaves_one_event(desk: Desk) -> None:
    before = len(desk.events())
    assert desk.begin(token="form") == desk.begin(token="form") != desk.begin(token="another") != desk.begin()
    assert len(desk.read(views.decisions)) == 3
    assert [event.action for event in desk.events()[before:]] == ["begin ERP choice"] * 3


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 121])
def test_a_name_is_asked_for(desk: Desk, name: str) -> None:
    with pytest.raises(BadInput, match="A name has"):
        desk.begin(name=name)


def test_a_vendor_that_nobody_knows_cannot_be_compared(desk: Desk, lamps: str) -> None:
    with pytest.raises(NotFound, match="no vendor “own-moon”"):
        desk.begin("own-moon")
    decision_id = desk.begin(lamps)
    with pytest.raises(NotFound, match="no vendor “own-moon”"):
        desk.do(service.list_vendors, desk.seen(decision_id), [lamps, "own-moon"])
    with pytest.raises(BadInput, match="named twice"):
        desk.do(service.list_vendors, desk.seen(decision_id), [lamps, lamps])


def test_needs_that_stand_twice_or_are_too_many_are_refused(desk: Desk) -> None:
    with pytest.raises(BadInput, match="named twice"):
        desk.do(service.create_decision, NewDecision("A", SETTINGS, (*TEMPLATE, TEMPLATE[0])))
    many = [need(f"function.orders.n{number}") for number in range(1_001)]
    with pytest.raises(BadInput, match="1,001 are more"):
        desk.do(service.create_decision, NewDecision("A", SETTINGS, many))


def test_settings_change_field_by_field_and_what_is_wrong_is_named(desk: Desk) -> None:
    decision_id = desk.begin()
    scenario = Scenario(currency="EUR", start=DAY, years=7)
    assert desk.do(service.change_settings, desk.seen(decision_id), {"scenario": scenario, "budget": None}) == 2
    assert desk.do(service.change_settings, desk.seen(decision_id), {"budget": None}) == 0
    settings = desk.read(views.choice, decision_id).settings
    assert (settings.scenario.currency, settings.scenario.years, settings.budget, settings.draws) == (
        "EUR",
        7,
        None,
        10_000,
    )
    event = desk.events()[-1]
    assert event.action == "change ERP choice"
    assert event.before == {"scenario": {"currency": "CNY", "years": 5}, "budget": "200000.0"}
    assert event.after == {"scenario": {"currency": "EUR", "years": 7}}  # no budget any more
    with pytest.raises(BadInput, match=r"scenario\.years: 11 is too large"):
        desk.do(service.change_settings, desk.seen(decision_id), {"scenario": scenario.model_dump() | {"years": 11}})
    with pytest.raises(BadInput, match="budgett: there is no field of this name"):
        desk.do(service.change_settings, desk.seen(decision_id), {"budgett": 5.0})


def test_rates_into_a_currency_that_is_no_longer_the_choices_are_dropped(desk: Desk) -> None:
    decision_id = desk.begin()
    euro = Rate(currency="EUR", rate=7.8, as_of=DAY, source="bank")
    scenario = SETTINGS.scenario.model_copy(update={"rates": (euro,)})
    desk.do(service.change_settings, desk.seen(decision_id), {"scenario": scenario})
    assert desk.document(decision_id).scenario.rates == (euro,)
    dollars = scenario.model_copy(update={"currency": "USD"})  # a euro does not cost 7.80 of them
    desk.do(service.change_settings, desk.seen(decision_id), {"scenario": dollars})
    assert desk.document(decision_id).scenario.rates == ()
    new = euro.model_copy(update={"rate": 1.1})
    pounds = dollars.model_copy(update={"currency": "GBP", "rates": (new,)})
    desk.do(service.change_settings, desk.seen(decision_id), {"scenario": pounds})
    assert desk.document(decision_id).scenario.rates == (new,)


def test_a_choice_that_was_put_aside_is_read_only_until_it_is_taken_up_again(desk: Desk) -> None:
    decision_id = desk.begin()
    desk.do(service.archive_decision, desk.seen(decision_id))
    assert desk.read(views.decisions) == ()
    (aside,) = desk.read(views.decisions, archived=True)
    assert aside.id == decision_id
    with pytest.raises(Conflict, match="put aside"):
        desk.do(service.rename_decision, Seen(decision_id), "B")
    with pytest.raises(Conflict, match="put aside"):
        desk.do(service.archive_decision, Seen(decision_id))
    desk.do(service.bring_back_decision, Seen(decision_id))
    desk.do(service.rename_decision, Seen(decision_id), "B")
    assert [choice.name for choice in desk.read(views.decisions)] == ["B"]
    with pytest.raises(Conflict, match="is not put aside"):
        desk.do(service.bring_back_decision, Seen(decision_id))


def test_a_choice_that_is_none_is_not_found(desk: Desk) -> None:
    for act in (
        lambda: desk.do(service.rename_decision, Seen(7), "B"),
        lambda: desk.read(views.choice, 7),
        lambda: desk.document(7),
    ):
        with pytest.raises(NotFound, match="no such choice"):
            act()


# --- needs ---------------------------------------------------------------------------------------------------------


def test_what_a_person_set_no_proposal_changes(desk: Desk) -> None:
    decision_id = desk.begin()
    assert (
        desk.do(
            requirements.set_requirements,
            desk.seen(decision_id),
            {ALERTS: {"priority": "must"}, SSO: {"priority": "could"}},
        )
        == 1
    )
    why = both("Shortages cost 4 % of revenue.")
    proposals = (
        need(SPLIT, Priority.SHOULD, reason=why),
        need(ALERTS, Priority.NOT_NEEDED, reason=why),
        TEMPLATE[2],
        need("scale.users.many"),
    )
    assert desk.do(requirements.propose_again, desk.seen(decision_id), proposals) == 3  # not SSO, which stays the same
    frame = desk.read(views.requirements_frame, decision_id, "en").set_index("key")
    assert list(frame["priority"]) == ["should", "must", "could", "should"]
    assert list(frame["proposed_priority"]) == ["should", "not_needed", "could", "should"]
    assert list(frame["by_person"]) == [False, True, False, False]
    assert frame.at[ALERTS, "reason"] == "Shortages cost 4 % of revenue."
    # The document tells the reason of a proposal only where the priority is the proposed one.
    reasons = {one.key: one.reason for one in desk.document(decision_id).requirements}
    assert reasons == {SPLIT: why, ALERTS: None, SSO: None, "scale.users.many": None}
    assert desk.do(requirements.propose_again, desk.seen(decision_id), proposals) == 0


def test_a_need_goes_back_to_its_proposal(desk: Desk) -> None:
    decision_id = desk.begin()
    desk.do(
        requirements.set_requirements,
        desk.seen(decision_id),
        {SPLIT: {"weight": 3.0, "text": {"en": "Mine", "zh": "我的"}}},
    )
    assert desk.document(decision_id).requirements[0].text.zh == "我的"
    assert desk.do(requirements.release_requirements, desk.seen(decision_id), [SPLIT, ALERTS]) == 1
    assert desk.document(decision_id).requirements == TEMPLATE


def test_needs_of_ones_own_stand_behind_the_template_and_can_be_removed(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    new = NewRequirement("function.orders", "Gift wrap per line", priority=Priority.MUST, token="form")
    key = desk.do(requirements.add_requirement, desk.seen(decision_id), new)
    assert key == desk.do(requirements.add_requirement, Seen(decision_id), new) == "function.orders.own_1"
    last = desk.document(decision_id).requirements[-1]
    assert (last.key, last.own, last.text, last.ask) == (
        key,
        True,
        both("Gift wrap per line"),
        both("Gift wrap per line"),
    )
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, key)])
    desk.do(requirements.remove_requirement, desk.seen(decision_id), key)
    with pytest.raises(Conflict, match="template cannot be taken away"):
        desk.do(requirements.remove_requirement, desk.seen(decision_id), SPLIT)
    again = desk.do(
        requirements.add_requirement, desk.seen(decision_id), NewRequirement("function.orders", "Something else")
    )
    assert again == key  # the key is free again, and the rating of what it was before does not come back
    assert desk.document(decision_id).ratings == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"function.orders.moon": {"priority": "must"}}, "no requirement “function.orders.moon”"),
        ({SPLIT: {"priority": "urgent"}}, "priority: “urgent” is not one of the values"),
        ({SPLIT: {"weight": 0.0}}, "weight: 0 is too small"),
        ({SPLIT: {"weight": float("nan")}}, "weight"),
        ({SPLIT: {"key": "other"}}, "“key” of a requirement cannot be changed"),
        ({SPLIT: {"criterion": "fit.ease"}}, "“criterion” of a requirement cannot be changed"),
        ({SPLIT: {"text": {"en": ""}}}, "text"),
    ],
)
def test_changes_of_needs_that_cannot_be_are_refused_whole(desk: Desk, changes: Any, why: str) -> None:
    decision_id = desk.begin()
    with pytest.raises(ErpError, match=why):
        desk.do(requirements.set_requirements, desk.seen(decision_id), {ALERTS: {"priority": "must"}, **changes})
    assert desk.document(decision_id).requirements == TEMPLATE


def test_a_list_edited_elsewhere_is_taken_as_one_act_and_once(desk: Desk) -> None:
    decision_id = desk.begin()
    new = need("fit.ease.new", Priority.MUST).model_copy(update={"key": "whatever", "own": True})
    listed = EditedList({SPLIT: {"priority": "could"}, ALERTS: {"weight": 1.0}}, [new, new], "list.xlsx")
    before = len(desk.events())
    assert desk.do(requirements.take_list, desk.seen(decision_id), listed) == (1, 1)
    assert desk.do(requirements.take_list, desk.seen(decision_id), listed) == (0, 0)
    (event,) = desk.events()[before:]
    assert (event.action, event.details) == ("take list of requirements", {"requirements": 2, "files": ["list.xlsx"]})
    needs = desk.document(decision_id).requirements
    assert [(one.key, str(one.priority), one.own) for one in needs] == [
        (SPLIT, "could", False), (ALERTS, "should", False), (SSO, "could", False), ("fit.ease.own_1", "must", True),
    ]  # fmt: skip
    moved = {"fit.ease.own_1": {"criterion": "cost.total"}}
    with pytest.raises(BadInput, match="none that requirements can have"):
        desk.do(requirements.take_list, desk.seen(decision_id), EditedList(moved))


@pytest.mark.parametrize("criterion", ["cost.total", "function", "moon.dark", ""])
def test_a_need_of_ones_own_hangs_where_needs_can(desk: Desk, criterion: str) -> None:
    decision_id = desk.begin()
    with pytest.raises(BadInput, match="none that requirements can have"):
        desk.do(requirements.add_requirement, desk.seen(decision_id), NewRequirement(criterion, "A"))


# --- ratings -------------------------------------------------------------------------------------------------------


def test_a_rating_that_is_given_anew_ends_the_one_before_which_stays_on_record(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    first, second = (
        rating(lamps, SPLIT),
        rating(lamps, SPLIT, Fit.ROADMAP, evidence=Evidence.DEMONSTRATION, cost=5_000.0),
    )
    assert desk.do(ratings.rate, desk.seen(decision_id), [first, rating(lamps, SPLIT, Fit.NONE, evaluator="Bo")]) == 2
    assert desk.do(ratings.rate, desk.seen(decision_id), [first]) == 0
    assert desk.do(ratings.rate, desk.seen(decision_id), [second]) == 1
    assert [one.fit for one in desk.document(decision_id).ratings] == [Fit.ROADMAP, Fit.NONE]
    whole = desk.read(views.ratings_frame, decision_id, ended=True)
    assert list(zip(whole["evaluator"], whole["fit"], whole["ended_by"], strict=True)) == [
        ("", "native", "ann"), ("", "roadmap", None), ("Bo", "none", None),
    ]  # fmt: skip
    event = desk.events()[-1]
    label = f"{lamps} · {SPLIT}"
    assert event.before == {label: {"fit": "native", "evidence": "claim"}}
    assert event.after == {label: {"fit": "roadmap", "evidence": "demonstration", "one_off_cost": "5000.0"}}


def test_a_rating_that_is_withdrawn_is_unknown_again(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, SPLIT), rating(lamps, ALERTS)])
    cells = [Cell(lamps, SPLIT), Cell(lamps, SPLIT), Cell(lamps, SSO)]
    assert desk.do(ratings.withdraw_ratings, desk.seen(decision_id), cells) == 1
    assert [one.requirement for one in desk.document(decision_id).ratings] == [ALERTS]


def test_of_many_ratings_the_audit_has_the_counts(desk: Desk, lamps: str, cranes: str) -> None:
    decision_id = desk.begin(lamps, cranes)
    many = [need(f"scale.orders.n{number}") for number in range(30)]
    desk.do(requirements.propose_again, desk.seen(decision_id), many)
    given = [rating(vendor, one.key) for vendor in (lamps, cranes) for one in many]
    assert desk.do(ratings.rate, desk.seen(decision_id), given) == 60
    event = desk.events()[-1]
    assert (event.before, event.after, event.details["ratings"], event.details["vendors"]) == (
        None,
        None,
        60,
        [cranes, lamps],
    )


def test_ratings_of_what_is_not_there_or_twice_are_refused_whole(desk: Desk, lamps: str, cranes: str) -> None:
    decision_id = desk.begin(lamps)
    for wrong, error, why in (
        (rating(lamps, "function.orders.moon"), NotFound, "no requirement"),
        (rating(cranes, SPLIT), NotFound, "not on the list"),
        (rating(lamps, ALERTS, Fit.NONE), BadInput, "named twice"),
        (rating(lamps, SPLIT, evaluator="  "), BadInput, "A name has"),
    ):
        with pytest.raises(error, match=why):
            desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, ALERTS), wrong])
    assert desk.document(decision_id).ratings == ()


def test_a_vendor_that_comes_back_to_the_list_brings_its_ratings_and_quotes(
    desk: Desk, lamps: str, cranes: str
) -> None:
    decision_id = desk.begin(lamps, cranes)
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, SPLIT)])
    desk.do(service.add_quote, desk.seen(decision_id), quote(lamps))
    desk.do(service.change_settings, desk.seen(decision_id), {"chosen": lamps, "plans_taken": {lamps: "Team"}})
    whole = desk.document(decision_id)
    desk.do(service.list_vendors, desk.seen(decision_id), [cranes])
    without = desk.document(decision_id)
    assert (without.ratings, without.quotes, without.chosen, without.plans_taken) == ((), (), None, {})
    desk.do(service.list_vendors, desk.seen(decision_id), [cranes, lamps])
    assert desk.document(decision_id) == whole
    assert (whole.chosen, whole.plans_taken, len(whole.ratings), len(whole.quotes)) == (lamps, {lamps: "Team"}, 1, 1)


def test_a_vendors_word_does_not_replace_what_was_shown(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    shown = rating(lamps, SPLIT, Fit.CUSTOMISATION, evidence=Evidence.DEMONSTRATION)
    desk.do(ratings.rate, desk.seen(decision_id), [shown, rating(lamps, ALERTS, Fit.ROADMAP)])
    claims = [rating(lamps, SPLIT), rating(lamps, ALERTS), rating(lamps, SSO, Fit.UNKNOWN)]
    preview = desk.read(views.rfp_preview, decision_id, lamps, claims)
    take = desk.do(ratings.take_rfp, desk.seen(decision_id), RfpAnswers(lamps, claims, "answers.xlsx"))
    assert (take.taken, take.unchanged, take.kept) == (tuple(claims[1:]), (), ((shown, claims[0]),))
    assert preview == take
    assert desk.document(decision_id).ratings == (shown, claims[1], claims[2])
    event = desk.events()[-1]
    assert (event.action, event.details["kept"], event.details["files"]) == (
        "take vendor's answers",
        1,
        ["answers.xlsx"],
    )
    again = desk.do(ratings.take_rfp, desk.seen(decision_id), RfpAnswers(lamps, claims, "answers.xlsx"))
    assert (again.taken, again.unchanged) == ((), tuple(claims[1:]))
    assert desk.events()[-1].id == event.id


def test_answers_that_rate_another_vendor_are_refused(desk: Desk, lamps: str, cranes: str) -> None:
    decision_id = desk.begin(lamps, cranes)
    for foreign in (rating(cranes, SPLIT), rating(lamps, SPLIT, evaluator="Bo")):
        with pytest.raises(BadInput, match="rate something else"):
            desk.do(ratings.take_rfp, desk.seen(decision_id), RfpAnswers(lamps, [foreign]))


# --- two people ----------------------------------------------------------------------------------------------------


def test_who_changes_what_another_changed_meanwhile_is_told_who_and_when(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    seen = desk.seen(decision_id)
    desk.do(ratings.rate, seen, [rating(lamps, SPLIT, Fit.NONE)], who=BO)
    with pytest.raises(
        Conflict,
        match=r"bo has changed this in the meantime, at 2026-03-02 \d\d:00: rating of Lamp Suite: function.orders.split\?\.",
    ):
        desk.do(ratings.rate, seen, [rating(lamps, ALERTS), rating(lamps, SPLIT)])
    assert [one.fit for one in desk.document(decision_id).ratings] == [Fit.NONE]  # nothing of the second was stored
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, SPLIT)])


def test_people_who_change_different_things_do_not_disturb_each_other(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    seen = desk.seen(decision_id)
    desk.do(ratings.rate, seen, [rating(lamps, SPLIT)], who=BO)
    desk.do(ratings.rate, seen, [rating(lamps, SPLIT)])  # what stands already is no change
    desk.do(ratings.rate, seen, [rating(lamps, SPLIT, evaluator="Ann"), rating(lamps, ALERTS)])
    desk.do(service.change_settings, seen, {"budget": 5.0}, who=BO)
    desk.do(service.change_settings, seen, {"draws": 20_000})
    desk.do(requirements.set_requirements, seen, {SPLIT: {"priority": "could"}})
    desk.do(requirements.set_requirements, seen, {ALERTS: {"priority": "could"}}, who=BO)
    with pytest.raises(Conflict, match="bo has changed this"):
        desk.do(requirements.set_requirements, seen, {ALERTS: {"priority": "must"}})
    with pytest.raises(Conflict, match="Budget"):
        desk.do(service.change_settings, seen, {"budget": 6.0})
    told = desk.read(views.changes, decision_id, since=seen.version)
    assert [(change.actor, change.things) for change in told] == [
        ("bo", (("requirement", ALERTS),)),
        ("ann", (("requirement", SPLIT),)),
        ("ann", (("draws",),)),
        ("bo", (("budget",),)),
        ("ann", (("rating", lamps, SPLIT, "Ann"), ("rating", lamps, ALERTS, ""))),
        ("bo", (("rating", lamps, SPLIT, ""),)),
    ]


def test_of_many_who_rate_the_same_at_once_one_wins_and_the_others_are_told(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    seen = desk.seen(decision_id)
    fits = [Fit.NATIVE, Fit.CONFIGURATION, Fit.THIRD_PARTY, Fit.CUSTOMISATION, Fit.ROADMAP, Fit.NONE]
    start = threading.Barrier(len(fits))
    outcomes: list[tuple[Fit, str]] = []

    def work(fit: Fit) -> None:
        start.wait()
        try:
            desk.do(
                ratings.rate,
                seen,
                [rating(lamps, SPLIT, fit), rating(lamps, ALERTS, Fit.NATIVE, evaluator=fit)],
                who=BO,
            )
            outcomes.append((fit, "stored"))
        except ErpError as error:
            outcomes.append((fit, error.code))

    threads = [threading.Thread(target=work, args=(fit,)) for fit in fits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = [fit for fit, outcome in outcomes if outcome == "stored"]
    assert len(stored) == 1
    assert sorted(outcome for _, outcome in outcomes) == ["choice.overtaken"] * 5 + ["stored"]
    held = desk.document(decision_id).ratings
    assert [(one.requirement, one.fit, one.evaluator) for one in held] == [
        (SPLIT, stored[0], None), (ALERTS, Fit.NATIVE, stored[0]),
    ]  # fmt: skip
    assert desk.version(decision_id) == seen.version + 1


def test_many_who_rate_different_cells_at_once_all_win(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    seen = desk.seen(decision_id)
    names = [f"person {number}" for number in range(8)]
    failures: list[ErpError] = []

    def work(name: str) -> None:
        try:
            desk.do(ratings.rate, seen, [rating(lamps, one.key, evaluator=name) for one in TEMPLATE])
        except ErpError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(desk.document(decision_id).ratings) == 8 * len(TEMPLATE)
    assert desk.version(decision_id) == seen.version + 8


def test_the_same_form_from_two_browsers_at_once_is_stored_once(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    ids: list[Any] = []

    def work() -> None:
        ids.append(
            (
                desk.begin(lamps, token="once"),
                desk.do(service.add_quote, Seen(decision_id), quote(lamps), "offer"),
                desk.do(own_vendors.add_vendor, OwnVendor("Twice"), "vendor"),
                desk.do(own_vendors.add_fact, NewFact(lamps, "Called them.", token="note")),
            )
        )

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6
    assert len(set(ids)) == 1
    assert len(desk.read(views.decisions)) == 2
    assert len(desk.read(views.quotes, decision_id)) == 1
    assert len(desk.read(views.facts_frame, [lamps], "en")) == 1


# --- weights, quotes -----------------------------------------------------------------------------------------------


def test_weights_of_each_evaluator(desk: Desk) -> None:
    decision_id = desk.begin()
    first = Weighting(evaluator=" Ann  Li ", criteria=("cost", "function"), points=(40.0, 60.0))
    assert desk.do(service.set_weighting, desk.seen(decision_id), first) is True
    clean = first.model_copy(update={"evaluator": "Ann Li"})
    assert desk.do(service.set_weighting, desk.seen(decision_id), clean) is False
    other = Weighting(evaluator="Bo", method="ahp", criteria=("cost", "function"), pairwise=((1.0, 3.0), (1 / 3, 1.0)))
    desk.do(service.set_weighting, desk.seen(decision_id), other)
    assert desk.document(decision_id).weightings == (clean, other)
    desk.do(service.remove_weighting, desk.seen(decision_id), "Ann Li")
    assert desk.document(decision_id).weightings == (other,)
    with pytest.raises(NotFound, match="“Ann Li” has given no weights"):
        desk.do(service.remove_weighting, desk.seen(decision_id), "Ann Li")


def quote(vendor: str, price: float = 37.4, day: dt.date = DAY, name: str = "Offer") -> Quote:
    pricing = Pricing.model_validate({"currency": "EUR", "parts": [{"model": "per_user", "price": price}]})
    plan = Plan(name=name, source="mail of Ms Wang", as_of=day, grade=Grade.OWN, pricing=pricing)
    return Quote(vendor=vendor, plan=plan, note="谈过一次")


def test_quotes_are_appended_and_withdrawn(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    late = desk.do(service.add_quote, desk.seen(decision_id), quote(lamps, 35.0, DAY + dt.timedelta(30)))
    early = desk.do(service.add_quote, desk.seen(decision_id), quote(lamps).model_dump(mode="json"), "form")
    assert desk.do(service.add_quote, desk.seen(decision_id), quote(lamps), "form") == early
    assert [kept.id for kept in desk.read(views.quotes, decision_id)] == [early, late]
    assert [one.plan.pricing.parts[0].price for one in desk.document(decision_id).quotes] == [37.4, 35.0]  # type: ignore[union-attr]
    desk.do(service.withdraw_quote, desk.seen(decision_id), late)
    with pytest.raises(NotFound, match="no such quote"):
        desk.do(service.withdraw_quote, desk.seen(decision_id), late)
    assert [one.plan.as_of for one in desk.document(decision_id).quotes] == [DAY]
    frame = desk.read(views.quotes_frame, decision_id)
    assert list(zip(frame["id"], frame["currency"], frame["note"], frame["withdrawn_by"], strict=True)) == [
        (early, "EUR", "谈过一次", None), (late, "EUR", "谈过一次", "ann"),
    ]  # fmt: skip


def test_a_quote_that_the_schema_refuses_is_not_stored(desk: Desk, lamps: str, cranes: str) -> None:
    decision_id = desk.begin(lamps)
    bad = quote(lamps).model_dump(mode="json")
    bad["plan"]["pricing"]["parts"][0]["price"] = -5
    with pytest.raises(BadInput, match=r"plan.pricing.parts\[0\].price: -5 is too small"):
        desk.do(service.add_quote, desk.seen(decision_id), bad)
    with pytest.raises(NotFound, match="not on the list"):
        desk.do(service.add_quote, desk.seen(decision_id), quote(cranes))
    assert desk.read(views.quotes, decision_id, withdrawn=True) == ()


def test_a_quote_of_another_choice_cannot_be_withdrawn_here(desk: Desk, lamps: str) -> None:
    mine, other = desk.begin(lamps), desk.begin(lamps)
    quote_id = desk.do(service.add_quote, desk.seen(mine), quote(lamps))
    with pytest.raises(NotFound):
        desk.do(service.withdraw_quote, desk.seen(other), quote_id)


# --- own vendors and facts -----------------------------------------------------------------------------------------


def test_own_vendors_are_added_changed_and_put_aside(desk: Desk) -> None:
    key = desk.do(own_vendors.add_vendor, OwnVendor("自研系统", "自研系统", hosting=["self_hosted"]), "form")
    assert desk.do(own_vendors.add_vendor, OwnVendor("自研系统"), "form") == key == "own-1"
    with pytest.raises(Conflict, match="a vendor “自研系统” already"):
        desk.do(own_vendors.add_vendor, OwnVendor("自研系统"))
    version = desk.read(views.own_vendor_version, key)
    plan = quote(key).plan
    assert desk.do(own_vendors.change_vendor, key, OwnVendor("Ours", plans=[plan]), version, who=BO) is True
    assert desk.do(own_vendors.change_vendor, key, OwnVendor("Ours", plans=[plan]), version) is False
    with pytest.raises(Conflict, match="bo has changed this vendor"):
        desk.do(own_vendors.change_vendor, key, OwnVendor("Theirs"), version)
    assert desk.read(views.own_vendors) == (Vendor(key=key, name="Ours", plans=(plan,), own=True),)
    decision_id = desk.begin(key)
    with pytest.raises(Conflict, match="on the list of “Which ERP”"):
        desk.do(own_vendors.archive_vendor, key)
    desk.do(service.list_vendors, desk.seen(decision_id), [])
    desk.do(own_vendors.archive_vendor, key)
    assert desk.read(views.own_vendors) == ()
    with pytest.raises(NotFound, match="added no vendor"):
        desk.do(own_vendors.change_vendor, key, OwnVendor("Again"))
    assert desk.do(own_vendors.add_vendor, OwnVendor("店里的")) == "own-2"  # a key is never another's


def test_facts_are_corrected_by_newer_ones_and_stand_with_the_published(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    fact = Fact(about="service.sla", text=both("SLA 99.9 %"), source="contract draft", as_of=DAY, grade=Grade.OWN)
    better = fact.model_copy(update={"text": both("SLA 99.5 %")})
    first = desk.do(own_vendors.add_fact, NewFact(lamps, fact))
    note = desk.do(own_vendors.add_fact, NewFact(lamps, "Friendly\nMs Wang"))
    second = desk.do(own_vendors.add_fact, NewFact(lamps, better, replaces=first))
    assert desk.document(decision_id).vendors[0].facts == (better,)
    frame = desk.read(views.facts_frame, [lamps], "zh_CN")
    assert list(zip(frame["id"], frame["kind"], frame["text"], strict=True)) == [
        (note, "note", "Friendly\nMs Wang"), (second, "fact", "SLA 99.5 %"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="corrected or withdrawn already"):
        desk.do(own_vendors.add_fact, NewFact(lamps, fact, replaces=first))
    desk.do(own_vendors.withdraw_fact, second)
    with pytest.raises(Conflict, match="corrected or withdrawn already"):
        desk.do(own_vendors.withdraw_fact, second)
    assert desk.document(decision_id).vendors[0].facts == ()  # what it corrected does not come back
    for wrong, error in (
        (NewFact("own-moon", fact), NotFound),
        (NewFact(lamps, " "), BadInput),
        (NewFact(lamps, fact, 99), NotFound),
    ):
        with pytest.raises(error):
            desk.do(own_vendors.add_fact, wrong)


# --- the one document ----------------------------------------------------------------------------------------------


def test_the_document_is_the_same_whatever_the_order_in_which_its_rows_came(
    desk: Desk, lamps: str, cranes: str
) -> None:
    given = [
        rating(vendor, one.key, evaluator=who) for vendor in (lamps, cranes) for one in TEMPLATE for who in (None, "Bo")
    ]
    weights = [Weighting(evaluator=who, criteria=("cost",), points=(1.0,)) for who in ("Bo", "Ann")]
    hashes = []
    for turn in (1, -1):
        decision_id = desk.begin(*(lamps, cranes)[::turn])
        desk.do(ratings.rate, desk.seen(decision_id), given[::turn])
        for one in weights[::turn]:
            desk.do(service.set_weighting, desk.seen(decision_id), one)
        desk.do(
            service.change_settings,
            desk.seen(decision_id),
            {"plans_taken": dict([(lamps, "A"), (cranes, "B")][::turn])},
        )
        hashes.append(inputs_hash(desk.document(decision_id)))
    assert hashes[0] == hashes[1]


def test_numbers_entered_by_hand_go_before_those_computed(desk: Desk) -> None:
    decision_id = desk.begin()
    computed = (
        OwnNumber(key="revenue_year", value=1_000.0, source=both("orders")),
        OwnNumber(key="channels", value=3.0, source=both("orders")),
    )
    by_hand = OwnNumber(key="revenue_year", value=2_000.0, source=both("Ann says so"))
    desk.do(service.change_settings, desk.seen(decision_id), {"own_numbers": [by_hand]})
    assert desk.document(decision_id, own_numbers=computed).own_numbers == (computed[1], by_hand)


def test_a_listed_vendor_that_no_catalogue_has_any_more_is_one_of_which_nothing_is_known(
    desk: Desk, lamps: str
) -> None:
    decision_id = desk.begin(lamps)
    with desk.database.writing_connection() as connection:
        connection.execute(sa.text("UPDATE decision SET vendors = :keys"), {"keys": '["gone", "own-lamp-suite"]'})
        connection.commit()
    document = desk.document(decision_id, catalogue=(Vendor(key="other", name="Other"),))
    assert [(one.key, one.name, one.facts) for one in document.vendors] == [
        ("gone", "gone", ()),
        (lamps, "Lamp Suite", ()),
    ]
    desk.do(service.list_vendors, desk.seen(decision_id), ["gone"])  # it may stay, and go
    desk.do(service.list_vendors, desk.seen(decision_id), [])


def test_benefits_of_a_vendor_that_left_are_left_out(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    amount = Range(low=1.0, likely=2.0, high=3.0)
    benefits = [Benefit(key="hours", a_year=amount), Benefit(key="errors", a_year=amount, vendor="own-gone")]
    desk.do(service.change_settings, desk.seen(decision_id), {"benefits": benefits})
    assert [one.key for one in desk.document(decision_id).benefits] == ["hours"]


def test_a_row_that_was_changed_past_the_program_is_told_and_not_guessed(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, SPLIT)])
    with desk.database.writing_connection() as connection:
        connection.execute(sa.text("UPDATE rating SET content = :content"), {"content": '{"fit": "splendid"}'})
        connection.commit()
    with pytest.raises(Conflict, match="cannot be read: Rating"):
        desk.document(decision_id)


def test_the_stamp_changes_with_whatever_the_document_rests_on(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    stamps = [desk.read(views.stamp, decision_id)]
    for act, *arguments in (
        (service.rename_decision, Seen(decision_id), "B"),
        (ratings.rate, Seen(decision_id), [rating(lamps, SPLIT)]),
        (service.add_quote, Seen(decision_id), quote(lamps)),
        (own_vendors.add_fact, NewFact(lamps, "A note")),
        (own_vendors.withdraw_fact, 1),
        (own_vendors.change_vendor, lamps, OwnVendor("Lamp Suite 2")),
    ):
        desk.do(act, *arguments)
        stamps.append(desk.read(views.stamp, decision_id))
    assert len(set(stamps)) == len(stamps)


# --- versions ------------------------------------------------------------------------------------------------------


def kept(desk: Desk, decision_id: int, p50: float, token: str | None = None) -> int:
    document = desk.document(decision_id)
    results = {"inputs_hash": inputs_hash(document), "costs": {"own-lamp-suite": {"p50": p50}}}
    return int(desk.do(service.keep_version, desk.seen(decision_id), Keep(document, results, " for the board ", token)))


def test_a_version_keeps_document_and_answer_and_is_compared_with_a_later_one(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    first = desk.document(decision_id)
    assert kept(desk, decision_id, 100.0, "form") == kept(desk, decision_id, 100.0, "form") == 1
    desk.do(requirements.set_requirements, desk.seen(decision_id), {ALERTS: {"priority": "must"}})
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, SPLIT)])
    assert kept(desk, decision_id, 125.0) == 2
    newer, older = desk.read(views.versions, decision_id)
    assert (older.number, older.actor, older.note, older.inputs_hash) == (1, "ann", "for the board", inputs_hash(first))
    before, after = (desk.read(views.version, one.id) for one in (older, newer))
    assert before.document() == first
    compared = views.compare_versions(before, after)
    assert [(one.path, one.before, one.after) for one in compared.inputs[:1]] == [
        (("requirements", ALERTS, "priority"), "should", "must")
    ]
    assert [one.path for one in compared.inputs[1:]] == [("ratings", f"{lamps} · {SPLIT}")]
    assert [(one.path, one.before, one.after) for one in compared.results if one.path[0] == "costs"] == [
        (("costs", lamps, "p50"), 100.0, 125.0)
    ]
    assert desk.read(views.choice, decision_id).versions == 2
    with pytest.raises(NotFound, match="no such version"):
        desk.read(views.version, 99)


def test_a_kept_answer_comes_out_the_same_when_it_is_computed_anew(desk: Desk, lamps: str, cranes: str) -> None:
    decision_id = desk.begin(lamps, cranes, "odoo")
    desk.do(service.change_settings, desk.seen(decision_id), {"draws": 500})
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, SPLIT), rating(cranes, SPLIT, Fit.NONE)])
    euro = Rate(currency="EUR", rate=7.8, as_of=DAY, source="bank")
    scenario = SETTINGS.scenario.model_copy(update={"rates": (euro,)})
    desk.do(service.change_settings, desk.seen(decision_id), {"scenario": scenario})
    desk.do(service.add_quote, desk.seen(decision_id), quote(lamps))
    document = desk.document(decision_id, catalogue=catalogue())
    desk.do(service.keep_version, desk.seen(decision_id), Keep(document, to_json(evaluate(document))))
    (about,) = desk.read(views.versions, decision_id)
    whole = desk.read(views.version, about.id)
    assert whole.document() == document
    again = to_json(evaluate(whole.document()))
    assert same_numbers(whole.results, again) == ()
    cheaper = quote(lamps, 30.0, DAY + dt.timedelta(1))
    other = to_json(evaluate(document.model_copy(update={"quotes": (*document.quotes, cheaper)})))
    assert ("costs", lamps, "p50") in {one.path for one in same_numbers(whole.results, other)}


def test_an_answer_to_other_inputs_is_not_kept(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    document = desk.document(decision_id)
    for results in ({"inputs_hash": "0" * 64}, {}):
        with pytest.raises(BadInput, match="does not belong to these inputs"):
            desk.do(service.keep_version, desk.seen(decision_id), Keep(document, results))


def test_what_does_not_stand_is_not_kept(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    document = desk.document(decision_id)
    what_if = document.model_copy(update={"budget": 1.0})
    with pytest.raises(Conflict, match="no longer stands"):
        desk.do(service.keep_version, desk.seen(decision_id), Keep(what_if, {"inputs_hash": inputs_hash(what_if)}))
    desk.do(ratings.rate, desk.seen(decision_id), [rating(lamps, SPLIT)], who=BO)
    with pytest.raises(Conflict, match="no longer stands"):
        desk.do(service.keep_version, desk.seen(decision_id), Keep(document, {"inputs_hash": inputs_hash(document)}))
    assert desk.read(views.versions, decision_id) == ()


@pytest.mark.parametrize("statement", ["UPDATE decision_version SET note = 'other'", "DELETE FROM decision_version"])
def test_the_database_refuses_to_change_or_delete_a_version(desk: Desk, lamps: str, statement: str) -> None:
    kept(desk, desk.begin(lamps), 100.0)
    with desk.database.writing_connection() as connection, pytest.raises(DBAPIError, match="kept versions"):
        connection.execute(sa.text(statement))
    rows = desk.read(lambda connection: connection.execute(sa.select(decision_version.c.note)).scalars().all())
    assert rows == ["for the board"]


# --- who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [("viewer", False), ("planner", False), ("operator", False), ("analyst", True), ("finance", True), ("admin", True)],
)
def test_who_may_choose(desk: Desk, role: str, may: bool) -> None:
    who = Actor(role, permitted(role, [], limited=False))
    if may:
        desk.do(service.create_decision, NewDecision("A", SETTINGS, ()), who=who)
    else:
        with pytest.raises(NotPermitted):
            desk.do(service.create_decision, NewDecision("A", SETTINGS, ()), who=who)
    assert Permission.CHOOSE_ERP not in permitted(role, [], limited=True)


def test_every_act_names_the_choice_and_leaves_one_event(desk: Desk, lamps: str) -> None:
    decision_id = desk.begin(lamps)
    before = len(desk.events())
    desk.do(service.rename_decision, Seen(decision_id), "B")
    desk.do(service.list_vendors, Seen(decision_id), [])
    desk.do(requirements.add_requirement, Seen(decision_id), NewRequirement("fit.ease", "Easy"))
    events = desk.events()[before:]
    assert [(event.action, event.subject) for event in events] == [
        ("change ERP choice", f"{decision_id}: Which ERP"),
        ("list vendors", f"{decision_id}: B"),
        ("add requirement", f"{decision_id}: B"),
    ]
    assert {event.source for event in events} == {"page 127.0.0.1"}


def test_a_seen_version_is_no_place_to_write(desk: Desk) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Seen(1).version = 2  # type: ignore[misc]
