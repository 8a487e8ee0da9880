"""What two versions of a choice differ in, and the rules of a choice that people work on."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_core.errors import BadInput
from erp_core.text import say
from erp_core.vendors.choice import (
    Need,
    Settings,
    checked,
    clean_text,
    edited,
    free_key,
    proposed_anew,
    released,
    rfp_take,
    stored,
    thing_name,
)
from erp_core.vendors.schema import Bilingual, Decision, Evidence, Fit, Priority, Rating, Requirement, Scenario
from erp_core.vendors.versions import Difference, canonical, differences, inputs_hash, same_numbers

DAY = dt.date(2026, 3, 2)
SCENARIO = Scenario(currency="CNY", start=DAY)


def need(priority: Priority, reason: str | None = None, *, own: bool = False) -> Requirement:
    text = Bilingual(en="Split", zh="拆单")
    why = None if reason is None else Bilingual(en=reason, zh=reason)
    return Requirement(
        key="function.orders.split",
        criterion="function.orders",
        text=text,
        ask=text,
        priority=priority,
        reason=why,
        own=own,
    )


# --- differences ---------------------------------------------------------------------------------------------------


def test_entries_are_matched_by_what_tells_them_apart_not_by_their_place() -> None:
    before = {
        "ratings": [
            {"vendor": "a", "requirement": "x", "evaluator": None, "fit": "native"},
            {"vendor": "b", "requirement": "x", "evaluator": None, "fit": "none"},
        ]
    }
    after = {"ratings": [before["ratings"][1] | {"fit": "roadmap"}, before["ratings"][0]]}
    assert differences(before, after) == (Difference(("ratings", "b · x", "fit"), "none", "roadmap"),)


def test_what_came_and_what_went() -> None:
    vendor = {"key": "a", "name": "A"}
    assert differences({"vendors": []}, {"vendors": [vendor]}) == (Difference(("vendors", "a"), None, vendor),)
    assert differences({"vendors": [vendor], "budget": 5.0}, {"vendors": []}) == (
        Difference(("vendors", "a"), vendor, None),
        Difference(("budget",), 5.0, None),
    )


def test_entries_of_one_name_are_numbered_and_entries_without_a_name_go_by_place() -> None:
    before = {
        "facts": [
            {"about": "fit.ease", "source": "s", "as_of": None, "text": "1"},
            {"about": "fit.ease", "source": "s", "as_of": None, "text": "2"},
        ]
    }
    after = {"facts": [before["facts"][0], before["facts"][1] | {"text": "3"}]}
    assert differences(before, after) == (Difference(("facts", "fit.ease · s (2)", "text"), "2", "3"),)
    assert differences({"points": [1.0, 2.0]}, {"points": [1.0, 3.0]}) == (Difference(("points", "2"), 2.0, 3.0),)


def test_the_last_digit_of_a_float_is_no_other_number_and_a_change_of_a_millionth_is() -> None:
    kept = {"costs": {"a": {"p50": 123_456.789}}}
    assert same_numbers(kept, {"costs": {"a": {"p50": 123_456.789 * (1 + 1e-12)}}}) == ()
    (other,) = same_numbers(kept, {"costs": {"a": {"p50": 123_456.789 * (1 + 1e-6)}}})
    assert other.path == ("costs", "a", "p50")
    assert same_numbers({"in_play": ["a", "b"]}, {"in_play": ["b"]}) == (Difference(("in_play", "a"), "a", None),)
    assert differences({"own": True}, {"own": 1}) == (Difference(("own",), True, 1),)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "ratings", "vendors", "a"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_nothing_differs_from_itself(value: object) -> None:
    assert differences(value, json.loads(json.dumps(value))) == ()


@given(_JSON, _JSON)
def test_what_is_not_equal_differs(one: object, other: object) -> None:
    if differences(one, other) == ():
        assert differences(other, one) == ()


def test_equal_decisions_have_one_hash_and_it_hangs_on_every_field() -> None:
    def decision(**more: object) -> Decision:
        return Decision.model_validate(
            {"name": "A", "as_of": DAY, "scenario": SCENARIO, "requirements": (), "vendors": (), **more}
        )

    read_back = Decision.model_validate(json.loads(canonical(decision(plans_taken={}))))
    assert inputs_hash(read_back) == inputs_hash(decision())
    others = [decision(name="B"), decision(budget=1.0), decision(seed=1), decision(as_of=DAY + dt.timedelta(1))]
    assert len({inputs_hash(one) for one in (decision(), *others)}) == 5


def test_what_a_decision_holds_is_a_setting_or_has_rows_of_its_own() -> None:
    of_rows = {"name", "as_of", "weightings", "requirements", "vendors", "ratings", "quotes"}
    assert set(Decision.model_fields) - set(Settings.model_fields) == of_rows
    for name, field in Settings.model_fields.items():
        assert field.get_default(call_default_factory=True) == Decision.model_fields[name].get_default(
            call_default_factory=True
        ), name
        assert field.annotation == Decision.model_fields[name].annotation, name


# --- needs ---------------------------------------------------------------------------------------------------------


def test_a_proposal_replaces_what_was_proposed_and_not_what_a_person_set() -> None:
    proposal = need(Priority.MUST, "because")
    assert proposed_anew(None, proposal) == Need(proposal, proposal)
    assert proposed_anew(Need(need(Priority.COULD), need(Priority.COULD)), proposal) == Need(proposal, proposal)
    set_by_hand = edited(Need(need(Priority.COULD), need(Priority.COULD)), {"weight": 2.0})
    after = proposed_anew(set_by_hand, proposal)
    assert (after.requirement.priority, after.requirement.weight, after.requirement.reason) == (
        Priority.COULD,
        2.0,
        None,
    )
    agreed = proposed_anew(edited(set_by_hand, {"priority": "must"}), proposal)
    assert agreed.requirement.reason == Bilingual(en="because", zh="because")
    assert released(after) == Need(proposal, proposal)


def test_an_own_need_may_be_changed_throughout_and_has_nothing_to_go_back_to() -> None:
    own = Need(need(Priority.COULD, own=True), None, True)
    moved = edited(own, {"criterion": "fit.ease", "metric": "channels"})
    assert (moved.requirement.criterion, moved.requirement.metric) == ("fit.ease", "channels")
    assert released(moved) == moved
    with pytest.raises(BadInput):
        edited(own, {"own": False})


# --- a vendor's answers --------------------------------------------------------------------------------------------

ORDER = list(Evidence)


@pytest.mark.parametrize("held", ORDER)
@pytest.mark.parametrize("answered", ORDER)
def test_an_answer_replaces_a_rating_on_evidence_that_is_no_stronger(held: Evidence, answered: Evidence) -> None:
    stands = Rating(vendor="a", requirement="x", fit=Fit.NONE, evidence=held)
    answer = Rating(vendor="a", requirement="x", fit=Fit.NATIVE, evidence=answered)
    take = rfp_take([stands], [], [answer])
    assert bool(take.taken) == (ORDER.index(answered) >= ORDER.index(held))
    assert bool(take.kept) != bool(take.taken)


def test_unknown_replaces_nothing_and_is_replaced_by_any_answer() -> None:
    tested = Rating(vendor="a", requirement="x", fit=Fit.UNKNOWN, evidence=Evidence.TESTED)
    claim = Rating(vendor="a", requirement="x", fit=Fit.NATIVE)
    empty = Rating(vendor="a", requirement="x", fit=Fit.UNKNOWN)
    assert rfp_take([tested], [], [claim]).taken == (claim,)
    assert rfp_take([claim], [], [empty]).kept == ((claim, empty),)
    assert rfp_take([], [], [empty]).taken == (empty,)  # asked, and the vendor cannot say
    by_bo = claim.model_copy(update={"evaluator": "Bo", "evidence": Evidence.TESTED})
    assert rfp_take([by_bo], [], [claim]).taken == (claim,)  # a person's own rating is not the agreed one


def test_what_is_published_counts_until_somebody_rates() -> None:
    published = Rating(vendor="a", requirement="x", fit=Fit.CUSTOMISATION, evidence=Evidence.DOCUMENT)
    claim = Rating(vendor="a", requirement="x", fit=Fit.NATIVE)
    assert rfp_take([], [published], [claim]).kept == ((published, claim),)
    mine = claim.model_copy(update={"fit": Fit.NONE})
    assert rfp_take([mine], [published], [claim]).taken == (claim,)


# --- small things --------------------------------------------------------------------------------------------------


def test_keys_of_own_things_are_free_and_fit_the_schema() -> None:
    taken: list[str] = []
    for name in ("Ünïcode ERP!", "unicode erp", "自研", "自研系统", "…", "x" * 90, "x" * 91):
        taken.append(free_key("own-", name, taken))
        checked(Rating, {"vendor": taken[-1], "requirement": "x", "fit": "none"})
    long = "own-" + "x" * 40
    assert taken == ["own-unicode-erp", "own-unicode-erp-2", "own-1", "own-2", "own-3", long, f"{long}-2"]


def test_texts_lose_what_no_page_can_show() -> None:
    assert clean_text("a\x00\x1b[31mb\ud800\n\tc\x85") == "a[31mb\n\tc"
    assert clean_text("价格 😀") == "价格 😀"
    note = Rating(vendor="a", requirement="x", fit=Fit.NONE, note="a\x00b")
    assert stored(note)["note"] == "ab"
    with pytest.raises(BadInput, match="too long"):
        stored(note.model_copy(update={"note": "x" * 600_000}))


def test_settings_of_a_wrong_kind_are_named() -> None:
    with pytest.raises(BadInput, match=r"scenario\.currency: “RMB” is no currency"):
        checked(Settings, {"scenario": {"currency": "RMB", "start": "2026-03-02"}})
    with pytest.raises(BadInput, match="scenario: this field is missing"):
        checked(Settings, {})


@pytest.mark.parametrize(
    ("thing", "english", "chinese"),
    [
        (("budget",), "Budget", "预算"),
        (("requirement", "fit.ease.a"), "requirement fit.ease.a", "需求 fit.ease.a"),
        (("rating", "odoo", "fit.ease.a", ""), "rating of odoo: fit.ease.a", "odoo 的评分：fit.ease.a"),
        (("rating", "odoo", "fit.ease.a", "Li"), "rating of odoo by Li: fit.ease.a", "Li 对 odoo 的评分：fit.ease.a"),
        (("weighting", "Li"), "weights of Li", "Li 的权重"),
        (("quote", "7"), "quote 7", "报价 7"),
        (("of", "another", "version"), "of another version", "of another version"),
    ],
)
def test_what_was_changed_has_a_name(thing: tuple[str, ...], english: str, chinese: str) -> None:
    assert say(thing_name(thing), "en") == english
    assert say(thing_name(thing), "zh_CN") == chinese
