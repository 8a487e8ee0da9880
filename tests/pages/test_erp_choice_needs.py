"""ERP choice, views Needs and Vendors: begun, filled in, weighed, asked and answered, by whoever may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.files.export import ExportHeader
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.text import LANGUAGES
from erp_core.vendors import service
from erp_core.vendors import views as stored
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.choice import Settings
from erp_core.vendors.own_vendors import NewFact, OwnVendor, add_fact, add_vendor
from erp_core.vendors.ratings import rate
from erp_core.vendors.requirement_list import export_requirements
from erp_core.vendors.requirements import NewRequirement, add_requirement, set_requirements
from erp_core.vendors.rfp import export_rfp
from erp_core.vendors.schema import (
    Bilingual,
    Decision,
    Evidence,
    Fact,
    Fit,
    Grade,
    Priority,
    Rating,
    Scenario,
    Sureness,
    Weighting,
)
from erp_core.vendors.template import template
from erp_core.vendors.working import Seen
from tests import hostile
from tests.pages.conftest import Open
from tests.pages.test_hostile_names import elements, markdown_of

READER = Actor("reader", LOCAL_USER.permissions - {Permission.CHOOSE_ERP})
LISTED = ("odoo", "xentral", "linnworks")  # with prices and facts, with prices, with nothing at all
CRITERIA = ("cost", "function", "scale", "security", "vendor", "service", "fit", "exit")
CARDS = ("facts", "ratings", "prices", "rfp")
DAY = dt.date(2026, 4, 1)


def do(database: Database, act: Callable[[UnitOfWork], Any], actor: Actor = LOCAL_USER) -> Any:
    """One committed act."""
    with unit_of_work(database, actor.acting(FixedClock(dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)))) as uow:
        made = act(uow)
        uow.commit()
    return made


def begin(database: Database, vendors: tuple[str, ...] = LISTED, name: str = "Next year") -> int:
    """A choice with the template's needs."""
    scenario = Scenario(currency="EUR", start=DAY)
    new = service.NewDecision(name, Settings(scenario=scenario, budget=90000.0), template(), vendors)
    made: int = do(database, lambda uow: service.create_decision(uow, new))
    return made


def document(database: Database, decision_id: int = 1) -> Decision:
    """The choice as it is stored."""
    with database.reading() as connection:
        return stored.decision_document(connection, decision_id, stored.Outside(DAY, catalogue()))


def press(app: AppTest, label: str) -> AppTest:
    """Click the button of that name."""
    next(button for button in app.button if button.label == label).click()
    return app.run()


def field(app: AppTest, kind: str, label: str) -> Any:
    """The first input of that name."""
    return next(one for one in getattr(app, kind) if one.label == label)


def typed(app: AppTest, editor: str, changes: dict[str, dict[str, Any]]) -> None:
    """Cells changed in an editor, as if somebody had typed them; AppTest cannot type into tables."""
    app.session_state[f"edits_{editor}"] = changes
    if f"edits_from_{editor}" in app.session_state:
        del app.session_state[f"edits_from_{editor}"]


def said(app: AppTest) -> str:
    """Everything that the page says."""
    assert not app.exception
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.success, app.subheader, app.toast)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def refusals(app: AppTest) -> list[str]:
    """The errors that the page shows."""
    assert not app.exception
    return [str(error.value) for error in app.error]


def numbers(app: AppTest) -> dict[str, str]:
    """The headline."""
    return {str(metric.label): str(metric.value) for metric in app.metric}


def labels(app: AppTest) -> set[str]:
    """All buttons that can be pressed."""
    return {button.label for button in app.button if not button.disabled}


# --- how it begins -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["needs", "vendors", "ranking", "cost", "case", "file"])
def test_a_first_visit_says_what_comes_out_and_never_blocks(
    shop: Database, open_page: Open, view: str, language: str
) -> None:
    app = open_page("erp_choice", language, view=view)
    assert refusals(app) == []
    begins = {"en": "Begin with the template", "zh_CN": "从模板开始"}[language]
    assert begins in labels(app)
    without = {"en": "It works without any data", "zh_CN": "没有数据也能用"}[language]
    assert without in said(app)


def test_who_may_only_look_is_told_that_nobody_began(shop: Database, open_page: Open) -> None:
    app = open_page("erp_choice", actor=READER)
    assert "Nobody has begun yet" in said(app)
    assert "Begin with the template" not in labels(app)


def test_it_begins_from_the_template_with_budget_horizon_and_list(shop: Database, open_page: Open) -> None:
    app = open_page("erp_choice")
    field(app, "text_input", "Name").set_value("A new system")
    field(app, "number_input", "Budget for all years").set_value(250000.0)
    field(app, "selectbox", "Currency").set_value("EUR")
    field(app, "slider", "Years").set_value(7)
    field(app, "multiselect", "Systems to compare").set_value(["odoo", "jushuitan"])
    app = press(app, "Begin with the template")
    assert refusals(app) == []
    made = document(shop)
    assert (made.name, made.budget, made.scenario.currency, made.scenario.years) == ("A new system", 250000.0, "EUR", 7)
    assert [vendor.key for vendor in made.vendors] == ["jushuitan", "odoo"]
    assert len(made.requirements) == len(template())
    assert "A new system" in said(app)


def test_without_a_name_it_is_refused_in_words(shop: Database, open_page: Open) -> None:
    app = open_page("erp_choice")
    field(app, "text_input", "Name").set_value("  ")
    app = press(app, "Begin with the template")
    assert "at least one" in refusals(app)[0]


def test_own_numbers_propose_priorities_with_their_reason(filled: Database, open_page: Open) -> None:
    app = open_page("erp_choice")
    assert "Your own numbers are there" in said(app)
    app = press(app, "Begin with the template")
    assert int(numbers(app)["Proposed"]) > 0
    app = open_page("erp_choice", proposed="true")
    assert all(app.dataframe[0].value["reason"])


# --- needs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("actor", [LOCAL_USER, READER], ids=["chooser", "reader"])
def test_needs_open_for_who_may_look_and_change_for_who_may(
    shop: Database, open_page: Open, language: str, actor: Actor
) -> None:
    begin(shop)
    app = open_page("erp_choice", language, actor)
    assert refusals(app) == []
    assert len(app.dataframe[0].value) == len(template())
    changing = {button.key for button in app.button if button.key} & {"weights_save", "save_requirements"}
    assert changing == ({"weights_save", "save_requirements"} if actor is LOCAL_USER else set())
    if actor is READER:
        assert labels(app) == set()


def test_the_headline_counts_priorities_and_what_is_known(shop: Database, open_page: Open) -> None:
    begin(shop, ("linnworks",))
    counted = [need.priority for need in template()]
    need = next(need for need in template() if need.priority is not Priority.NOT_NEEDED)
    one = Rating(vendor="linnworks", requirement=need.key, fit=Fit.NONE)
    do(shop, lambda uow: rate(uow, Seen(1), [one]))
    app = open_page("erp_choice")
    assert numbers(app)["Must"] == str(counted.count(Priority.MUST))
    assert numbers(app)["Not needed"] == str(counted.count(Priority.NOT_NEEDED))
    assert numbers(app)["Proposed"] == "0"
    that_count = len(counted) - counted.count(Priority.NOT_NEEDED)
    told = next(metric.help for metric in app.metric if metric.label == "Known")
    assert told.startswith(f"{that_count - 1} of {that_count} pairs")


def test_filters_narrow_the_table_and_come_from_the_address(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", need="parcels tracking")
    assert app.dataframe[0].value.index.tolist() == ["function.orders.split_shipments"]
    app = open_page("erp_choice", criterion="exit")
    assert {key.split(".")[0] for key in app.dataframe[0].value.index} == {"exit"}
    app = open_page("erp_choice", "zh_CN", priority="could")  # the address holds no word of any language
    assert set(app.dataframe[0].value["priority"]) == {"could"}
    assert "Nothing matches" in said(open_page("erp_choice", need="xyzzy"))
    app = open_page("erp_choice", "zh_CN", need="运单号 包裹")
    assert "function.orders.split_shipments" in app.dataframe[0].value.index.tolist()


def test_changes_are_kept_while_filters_show_other_rows_and_saved_together(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice")
    one, other = "function.orders.split_shipments", "exit.data.own_key_not_there"
    other = next(need.key for need in template() if need.key.startswith("exit."))
    typed(app, "requirements", {one: {"priority": "must"}, other: {"weight": 4.0}})
    app.run()
    field(app, "multiselect", "Criterion").set_value(["exit"]).run()
    assert "Save changes: 2" in labels(app)
    app = press(app, "Save changes: 2")
    assert refusals(app) == []
    needs = {need.key: need for need in document(shop).requirements}
    assert needs[one].priority is Priority.MUST
    assert needs[other].weight == 4.0
    assert "Save changes: 2" not in labels(app)


def test_changes_can_be_let_go(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice")
    typed(app, "requirements", {"function.orders.split_shipments": {"priority": "must"}})
    app = press(app.run(), "Let the changes go")
    assert "Save changes: 1" not in labels(app)
    assert document(shop).requirements == template()


def test_what_somebody_else_changed_is_not_overwritten_unseen(shop: Database, open_page: Open) -> None:
    begin(shop)
    key = "function.orders.split_shipments"
    app = open_page("erp_choice")
    typed(app, "requirements", {key: {"weight": 7.0}})
    app.run()  # typed at the version that stands now
    ann = Actor("ann", LOCAL_USER.permissions)
    do(shop, lambda uow: set_requirements(uow, Seen(1), {key: {"weight": 3.0}}), ann)
    app = press(app, "Save changes: 1")
    assert "ann has changed this in the meantime" in refusals(app)[0]
    assert next(need.weight for need in document(shop).requirements if need.key == key) == 3.0
    app = press(app, "Save changes: 1")  # told of it, once more
    assert refusals(app) == []
    assert next(need.weight for need in document(shop).requirements if need.key == key) == 7.0


def test_a_requirement_of_ones_own_is_added_once_and_taken_away(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = press(open_page("erp_choice"), "Add requirement")
    assert "Say what is required" in refusals(app)[0]
    field(app, "text_input", "Requirement").set_value("Prints our blue labels")
    field(app, "selectbox", "Criterion").set_value("function.carriers")
    app = press(app, "Add requirement")
    assert refusals(app) == []
    own = [need for need in document(shop).requirements if need.own]
    assert [(need.text.zh, need.criterion, need.priority) for need in own] == [
        ("Prints our blue labels", "function.carriers", Priority.SHOULD)
    ]
    field(app, "selectbox", "Requirement").set_value(own[0].key).run()
    app = press(app, "Take this requirement away")
    assert not [need for need in document(shop).requirements if need.own]


def test_what_a_person_set_goes_back_to_the_proposal(shop: Database, open_page: Open) -> None:
    begin(shop)
    key = "function.orders.split_shipments"
    held = next(need for need in template() if need.key == key)
    do(shop, lambda uow: set_requirements(uow, Seen(1), {key: {"weight": 9.0}}))
    app = open_page("erp_choice")
    field(app, "selectbox", "Requirement").set_value(key).run()
    assert f"weight {held.weight:g}" in said(app)
    press(app, "Back to the proposal")
    assert next(need for need in document(shop).requirements if need.key == key) == held


def test_proposing_again_leaves_what_a_person_set(filled: Database, open_page: Open) -> None:
    begin(filled)
    first = template()[0].key
    do(filled, lambda uow: set_requirements(uow, Seen(1), {first: {"priority": "not_needed"}}))
    app = press(open_page("erp_choice"), "Propose again")
    assert refusals(app) == []
    needs = {need.key: need for need in document(filled).requirements}
    assert needs[first].priority is Priority.NOT_NEEDED
    assert any(need.reason for need in needs.values())


def test_an_edited_list_shows_what_it_changes_before_it_is_taken(shop: Database, open_page: Open) -> None:
    begin(shop)
    key = "function.orders.split_shipments"
    edited = [
        need.model_copy(update={"priority": Priority.MUST}) if need.key == key else need
        for need in document(shop).requirements
    ]
    header = ExportHeader("Next year", "ann", dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "en")
    app = open_page("erp_choice")
    app.file_uploader[0].upload("needs.xlsx", export_requirements(edited, header), "application/xlsx").run()
    before = document(shop).requirements
    assert before == template()
    app = press(app, "Apply 1 changes")
    assert refusals(app) == []
    needs = {need.key: need for need in document(shop).requirements}
    assert needs[key].priority is Priority.MUST


def test_a_file_that_is_no_list_is_refused_in_words(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice")
    app.file_uploader[0].upload("needs.xlsx", b"PK nonsense", "application/xlsx").run()
    assert len(refusals(app)) == 1


def number_of_the_form(app: AppTest, label: str) -> Any:
    """The field of the choice that stands; the one in front begins another."""
    return [one for one in app.number_input if one.label == label][-1]


# --- budget, horizon, weights --------------------------------------------------------------------------------------


def test_budget_horizon_and_sureness_are_saved(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice")
    assert "Budget €90,000 over 5 years" in said(app)
    number_of_the_form(app, "Budget for all years").set_value(120000.0)
    [one for one in app.slider if one.label == "Years"][-1].set_value(8)
    field(app, "radio", "The weights are meant").set_value(Sureness.OPEN)
    app = press(app, "Save")
    assert refusals(app) == []
    made = document(shop)
    assert (made.budget, made.scenario.years, made.sureness) == (120000.0, 8, Sureness.OPEN)
    assert "Budget €120,000 over 8 years" in said(app)


def test_a_scale_of_cost_that_stands_on_its_head_is_refused(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice")
    field(app, "number_input", "Costs that count as perfect").set_value(500.0)
    field(app, "number_input", "Costs that count as nothing").set_value(100.0)
    app = press(app, "Save")
    assert len(refusals(app)) == 1
    assert document(shop).cost_scale is None


def test_weights_by_points_are_saved_for_each_person(shop: Database, open_page: Open) -> None:
    begin(shop)
    assert "each counts the same" in said(open_page("erp_choice"))
    weighed(shop, "Ann", tuple([10.0] * 8))
    app = open_page("erp_choice")
    typed(app, "weights_direct_Ann", {"cost": {"points": 30.0}})
    app.run()
    assert "Cost 30.0%" in said(app)  # 30 of 30 + 7 × 10 = 100
    app = press(app, "Save these weights")
    made = document(shop).weightings
    assert [(one.evaluator, one.points[0], one.points[1]) for one in made] == [("Ann", 30.0, 10.0)]
    assert "Ann: By points" in said(app)


def weighed(database: Database, name: str, points: tuple[float, ...]) -> None:
    """Somebody gave the first criteria these points."""
    given = Weighting(evaluator=name, criteria=CRITERIA[: len(points)], points=points)
    do(database, lambda uow: service.set_weighting(uow, Seen(1), given))


def ahp(names: tuple[str, ...], changed: dict[tuple[int, int], float]) -> tuple[tuple[float, ...], ...]:
    """A reciprocal matrix of ones but for these pairs."""
    size = range(len(names))
    return tuple(
        tuple(changed.get((i, j), 1 / changed[j, i] if (j, i) in changed else 1.0) for j in size) for i in size
    )


def test_pairs_that_contradict_each_other_say_where_to_look_first(shop: Database, open_page: Open) -> None:
    begin(shop)
    weighed(shop, "Ann", tuple([10.0] * 8))
    app = open_page("erp_choice")
    app.session_state["weights_method_Ann"] = "ahp"
    # cost 9 × function, function 9 × scale, scale 9 × cost: a circle
    typed(app, "weights_ahp_Ann", {
        "cost|function": {"step": 9}, "function|scale": {"step": 9}, "cost|scale": {"step": -9},
    })  # fmt: skip
    app.run()
    told = said(app)
    assert "contradict each other" in told
    assert "Look first at" in told
    app = press(app, "Save these weights")
    (made,) = document(shop).weightings
    assert made.method == "ahp"
    assert (made.pairwise[0][1], made.pairwise[1][0], made.pairwise[0][2]) == (9.0, 1 / 9, 1 / 9)


def test_judgements_between_the_steps_stay_as_they_were_given(shop: Database, open_page: Open) -> None:
    begin(shop)
    given = Weighting(evaluator="Ann", method="ahp", criteria=CRITERIA, pairwise=ahp(CRITERIA, {(0, 1): 2.5}))
    do(shop, lambda uow: service.set_weighting(uow, Seen(1), given))
    app = open_page("erp_choice")
    typed(app, "weights_ahp_Ann", {"cost|scale": {"step": 3}})
    press(app.run(), "Save these weights")
    (made,) = document(shop).weightings
    assert made.pairwise[0][1:3] == (2.5, 3.0)


def test_several_people_stand_side_by_side_and_one_can_be_removed(shop: Database, open_page: Open) -> None:
    begin(shop)
    weighed(shop, "Ann", (1.0, 3.0))
    weighed(shop, "Bob", (3.0, 1.0))
    app = open_page("erp_choice")
    told = said(app)
    assert "Ann: By points, voice 50%" in told
    weights = next(frame.value for frame in app.dataframe if "together" in frame.value)
    assert weights["of_0"].tolist()[:2] == [0.25, 0.75]
    app.selectbox(key="weights_remove_whose").set_value("Bob").run()
    press(app, "Remove these weights")
    assert [one.evaluator for one in document(shop).weightings] == ["Ann"]


# --- several choices -----------------------------------------------------------------------------------------------


def test_the_address_names_the_choice_and_one_can_be_put_aside(shop: Database, open_page: Open) -> None:
    begin(shop)
    begin(shop, name="Another")
    app = open_page("erp_choice", decision="1")
    assert field(app, "selectbox", "Choice").value == "1"
    app = press(app, "Put this choice aside")
    assert refusals(app) == []
    assert document(shop).name == "Next year"
    app = open_page("erp_choice", decision="1")
    assert "put aside: it can be read" in said(app)
    assert "weights_save" not in {button.key for button in app.button}
    press(app, "Take this choice up again")
    app = open_page("erp_choice", decision="1")
    assert "weights_save" in {button.key for button in app.button}


def test_an_address_of_no_choice_shows_the_one_changed_last(shop: Database, open_page: Open) -> None:
    begin(shop)
    assert "Next year" in said(open_page("erp_choice", decision="99"))


# --- vendors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("vendor", LISTED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_opens(shop: Database, open_page: Open, language: str, vendor: str, card: str) -> None:
    begin(shop)
    app = open_page("erp_choice", language, view="vendors", vendor=vendor, card=card)
    assert refusals(app) == []


@pytest.mark.parametrize("card", CARDS)
def test_who_may_only_look_finds_nothing_to_press(shop: Database, open_page: Open, card: str) -> None:
    begin(shop)
    do(shop, lambda uow: add_fact(uow, NewFact("odoo", "They were late")))
    do(shop, lambda uow: service.add_quote(uow, Seen(1), offer()))
    app = open_page("erp_choice", actor=READER, view="vendors", vendor="odoo", card=card)
    assert refusals(app) == []
    assert labels(app) == set()
    assert not app.file_uploader


def offer(price: float = 100.0) -> dict[str, Any]:
    """What Odoo offers: a fixed price a month."""
    pricing = {"currency": "EUR", "parts": [{"model": "flat", "price": price}]}
    plan = {"name": "Ours", "pricing": pricing, "source": "mail", "as_of": DAY, "grade": "own"}
    return {"vendor": "odoo", "plan": plan}


def test_what_is_unknown_is_said_and_never_a_number(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors", vendor="linnworks")
    told = said(app)
    assert "Nothing is published of this vendor" in told
    assert "Nothing known yet about" in told
    app = open_page("erp_choice", view="vendors", vendor="linnworks", card="prices")
    assert "No price of this vendor is published" in said(app)
    table = app.dataframe[0].value.set_index("key")
    assert table.loc["linnworks", ["price", "facts"]].tolist() == ["unknown", 0]
    assert table.at["odoo", "price"] == "list price"


def test_facts_stand_with_source_grade_and_what_to_mind(shop: Database, open_page: Open) -> None:
    begin(shop)
    old = Fact(
        about="exit.data", text=Bilingual(en="Exports all", zh="可全部导出"), source="a colleague",
        as_of=dt.date(2020, 1, 1), grade=Grade.OWN,
    )  # fmt: skip
    do(shop, lambda uow: add_fact(uow, NewFact("odoo", old)))
    app = open_page("erp_choice", view="vendors", vendor="odoo")
    facts = next(frame.value for frame in app.dataframe if "grade" in frame.value).set_index("text")
    assert facts.loc["Exports all", ["source", "grade", "flag"]].tolist() == ["a colleague", "own", "older than a year"]
    undated = facts[facts["as_of"].isna()]
    assert len(undated) > 0
    assert set(undated["flag"]) == {"the source bears no date"}


def test_the_list_is_changed(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors")
    field(app, "multiselect", "Vendors on the list").set_value(["odoo", "netsuite"]).run()
    app = press(app, "Save list")
    assert [vendor.key for vendor in document(shop).vendors] == ["netsuite", "odoo"]


def test_a_system_of_ones_own_is_added_and_listed(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors")
    [one for one in app.text_input if one.label == "Name"][-1].set_value("Shop Suite")  # the first begins a choice
    field(app, "text_input", "Chinese name, if it has one").set_value("店铺管家")
    app = press(app, "Add system")
    assert refusals(app) == []
    own = [vendor for vendor in document(shop).vendors if vendor.own]
    assert [(vendor.name, vendor.named("zh_CN")) for vendor in own] == [("Shop Suite", "店铺管家")]


def test_facts_and_notes_are_entered_and_taken_back(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors", vendor="linnworks")
    app = press(app, "Save fact")
    assert "Say what it is about" in refusals(app)[0]
    field(app, "selectbox", "Criterion").set_value("service.local")
    field(app, "text_input", "Fact").set_value("An office in Hangzhou")
    field(app, "text_input", "Source").set_value("Their sales person")
    app = press(app, "Save fact")
    assert refusals(app) == []
    (vendor,) = [vendor for vendor in document(shop).vendors if vendor.key == "linnworks"]
    assert [(fact.about, fact.text.zh, fact.grade) for fact in vendor.facts] == [
        ("service.local", "An office in Hangzhou", Grade.OWN)
    ]
    field(app, "text_area", "Note").set_value("Call again in May")
    app = press(app, "Save note")
    assert "Call again in May" in said(app)
    app = press(app, "Take back")  # the fact, noted first
    assert not document(shop).vendors[0].facts


# --- ratings -------------------------------------------------------------------------------------------------------


def test_ratings_are_given_changed_and_taken_back(shop: Database, open_page: Open) -> None:
    begin(shop)
    key = "function.orders.split_shipments"
    app = open_page("erp_choice", view="vendors", vendor="odoo", card="ratings")
    typed(app, "ratings_odoo_", {key: {"fit": "native", "evidence": "tested", "cost": 50.0}})
    app = press(app.run(), "Save ratings: 1")
    assert refusals(app) == []
    (made,) = document(shop).ratings
    assert (made.fit, made.evidence, made.cost, made.evaluator) == (Fit.NATIVE, Evidence.TESTED, 50.0, None)
    typed(app, "ratings_odoo_", {key: {"note": "Two parcels only"}})
    app = press(app.run(), "Save ratings: 1")
    (made,) = document(shop).ratings
    assert (made.fit, made.cost, made.note) == (Fit.NATIVE, 50.0, "Two parcels only")
    typed(app, "ratings_odoo_", {key: {"fit": None}})
    press(app.run(), "Save ratings: 1")
    assert document(shop).ratings == ()


def test_a_rating_without_a_fit_is_not_saved_and_says_so(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors", vendor="odoo", card="ratings")
    typed(app, "ratings_odoo_", {"function.orders.split_shipments": {"cost": 50.0}})
    app.run()
    assert "Say how it is met" in said(app)
    assert document(shop).ratings == ()


def test_people_rate_for_themselves(shop: Database, open_page: Open) -> None:
    begin(shop)
    key = "function.orders.split_shipments"
    do(shop, lambda uow: rate(uow, Seen(1), [Rating(vendor="odoo", requirement=key, fit=Fit.NONE, evaluator="Bob")]))
    app = open_page("erp_choice", view="vendors", vendor="odoo", card="ratings")
    table = next(frame.value for frame in app.dataframe if "evidence" in frame.value)
    assert table["fit"].isna().all()  # nothing is agreed
    field(app, "selectbox", "Rated by").set_value("Bob").run()
    table = next(frame.value for frame in app.dataframe if "evidence" in frame.value)
    assert table.at[key, "fit"] == "none"


def test_what_is_not_known_yet_can_be_looked_at_alone(shop: Database, open_page: Open) -> None:
    begin(shop)
    that_count = [need for need in template() if need.priority is not Priority.NOT_NEEDED]
    known = {fit.requirement for fit in next(one for one in catalogue() if one.key == "odoo").fits}
    app = open_page("erp_choice", view="vendors", vendor="odoo", card="ratings")
    field(app, "selectbox", "Show").set_value("open").run()
    table = next(frame.value for frame in app.dataframe if "evidence" in frame.value)
    assert set(table.index) == {need.key for need in that_count} - known


# --- offers --------------------------------------------------------------------------------------------------------


def test_an_offer_is_entered_by_form_and_withdrawn(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors", vendor="linnworks", card="prices")
    app = press(app, "Save offer")
    assert "Say the price of: Per user" in refusals(app)[0]
    field(app, "number_input", "Each user").set_value(75.0)
    field(app, "number_input", "Base price").set_value(350.0)
    field(app, "number_input", "Users in it").set_value(3)
    field(app, "number_input", "Training").set_value(2000.0)
    field(app, "number_input", "Prices grow % a year").set_value(5.0)
    app = press(app, "Save offer")
    assert refusals(app) == []
    (quote,) = document(shop).quotes
    (part,) = quote.plan.pricing.parts
    assert (part.model, part.price, part.base, part.included) == ("per_user", 75.0, 350.0, 3)
    assert (quote.plan.pricing.one_off.training, quote.plan.pricing.one_off.hardware) == (2000.0, None)
    assert (quote.plan.pricing.renewal.growth, quote.plan.pricing.renewal.cap) == (0.05, None)
    assert "€75 a user and month" in said(app)
    app = press(app, "Withdraw this offer")
    assert document(shop).quotes == ()
    assert "withdrawn: it no longer counts" in said(app)


def test_an_offer_may_have_several_parts(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors", vendor="linnworks", card="prices")
    field(app, "multiselect", "What is charged?").set_value(["flat", "per_order", "perpetual"]).run()
    for label, value in (("Price", 99.0), ("Each order", 0.3), ("Licence", 5000.0), ("Maintenance % a year", 20.0)):
        field(app, "number_input", label).set_value(value)
    app = press(app, "Save offer")
    assert refusals(app) == []
    parts = document(shop).quotes[0].plan.pricing.parts
    assert [part.model for part in parts] == ["flat", "per_order", "perpetual"]
    assert parts[2].maintenance == 0.2


def test_an_offer_as_yaml_says_line_and_field_of_a_mistake(shop: Database, open_page: Open) -> None:
    begin(shop)
    app = open_page("erp_choice", view="vendors", vendor="linnworks", card="prices")
    app.session_state[f"offer_way_{app.session_state['token_of_offer']}"] = "yaml"
    app.run()
    area = field(app, "text_area", "Price as YAML")
    area.set_value("currency: EUR\nparts:\n  - model: per_seat\n    price: 5\n")
    app = press(app, "Save offer")
    assert "line 3" in refusals(app)[0]
    field(app, "text_area", "Price as YAML").set_value(
        "currency: EUR\nparts:\n  - {model: flat, price: {low: 10, high: 20}}\n"
    )
    app = press(app, "Save offer")
    assert refusals(app) == []
    assert document(shop).quotes[0].plan.pricing.parts[0].price.likely == 15.0


# --- the questionnaire ---------------------------------------------------------------------------------------------


def test_a_returned_questionnaire_is_looked_at_before_it_is_taken(shop: Database, open_page: Open) -> None:
    begin(shop)
    held = document(shop)
    odoo = next(vendor for vendor in held.vendors if vendor.key == "odoo")
    key = "function.orders.split_shipments"
    answered = filled_in(held, {key: ("Native", "Document")})
    app = open_page("erp_choice", view="vendors", vendor="odoo", card="rfp")
    app.file_uploader[0].upload("back.csv", answered, "text/csv").run()
    assert refusals(app) == []
    assert numbers(app)["Would be taken"] == "1"
    assert document(shop).ratings == ()
    app = press(app, "Take answers: 1")
    assert refusals(app) == []
    (made,) = document(shop).ratings
    assert (made.vendor, made.requirement, made.fit) == (odoo.key, key, Fit.NATIVE)


def filled_in(held: Decision, answers: dict[str, tuple[str, str]]) -> bytes:
    """The questionnaire as a vendor may send it back: as a plain table."""
    from erp_core.text import say
    from erp_core.vendors.rfp import FIELDS

    assert export_rfp(
        held.requirements, None, (), held.scenario,
        ExportHeader(held.name, "ann", dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "en"),
    )  # fmt: skip
    titles = [say(one.title, "en") for one in FIELDS]
    at = {one.key: place for place, one in enumerate(FIELDS)}
    rows = [titles]
    for key, (answer, proof) in answers.items():
        row = [""] * len(FIELDS)
        row[at["key"]], row[at["answer"]], row[at["proof"]] = key, answer, proof
        rows.append(row)
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode()


def test_bad_cells_of_a_questionnaire_are_named(shop: Database, open_page: Open) -> None:
    begin(shop)
    answered = filled_in(document(shop), {"function.orders.split_shipments": ("Perhaps", "Document")})
    app = open_page("erp_choice", view="vendors", vendor="odoo", card="rfp")
    app.file_uploader[0].upload("back.csv", answered, "text/csv").run()
    assert "1 remarks on the file" in said(app)
    assert "changes nothing" in said(app)
    assert document(shop).ratings == ()


# --- hostile names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["needs", "vendors"])
@pytest.mark.parametrize("card", CARDS)
def test_names_full_of_markup_are_text(shop: Database, open_page: Open, view: str, card: str) -> None:
    bad = hostile.MARKUP[:110]
    own = do(shop, lambda uow: add_vendor(uow, OwnVendor(bad, name_zh=bad, maker=bad)))
    begin(shop, (own, "odoo"), bad)
    begin(shop, (own, "odoo"), f"{bad}2")
    do(shop, lambda uow: add_requirement(uow, Seen(1), NewRequirement("function.orders", bad, bad)))
    need = document(shop).requirements[-1].key
    fact = Fact(about="exit.data", text=Bilingual(en=bad, zh=bad), source=bad, as_of=DAY, grade=Grade.OWN)
    do(shop, lambda uow: add_fact(uow, NewFact(own, fact)))
    do(shop, lambda uow: add_fact(uow, NewFact(own, bad)))
    given = offer() | {"vendor": own, "note": bad}
    given["plan"] = given["plan"] | {"name": bad, "source": bad}
    do(shop, lambda uow: service.add_quote(uow, Seen(1), given))
    rated = Rating(vendor=own, requirement=need, fit=Fit.NATIVE, owner=bad, note=bad, source=bad, evaluator=bad)
    do(shop, lambda uow: rate(uow, Seen(1), [rated]))
    weighed(shop, bad, (1.0, 2.0))
    weighed(shop, f"{bad}2", (2.0, 1.0))
    app = open_page("erp_choice", view=view, decision="1", vendor=own, card=card)
    assert not app.exception
    texts = 0
    for element in elements(app):
        for place, text in markdown_of(element.proto) if element.proto is not None else ():
            texts += 1
            assert not hostile.RAW.search(text), (type(element).__name__, place, text)
    assert texts > 20
