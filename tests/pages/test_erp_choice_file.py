"""ERP choice, view Decision file: what may be taken out by whom, versions that are kept once and compared."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.text import LANGUAGES
from erp_core.vendors import service
from erp_core.vendors import views as stored
from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.report.file import answered
from erp_core.vendors.results_json import whole_json
from erp_core.vendors.schema import Fit, Weighting
from tests import hostile
from tests.pages.conftest import Open
from tests.pages.test_erp_choice_ranking import OUTSIDE, Shop, begin, flat, said
from tests.pages.test_hostile_names import elements, markdown_of

READER = Actor("reader", LOCAL_USER.permissions - {Permission.CHOOSE_ERP})
NO_EXPORT = Actor("looker", LOCAL_USER.permissions - {Permission.EXPORT})
ONLY_LOOKS = Actor("guest", LOCAL_USER.permissions - {Permission.EXPORT, Permission.CHOOSE_ERP})
TWO = Shop({"Alpha": (flat(1000.0), Fit.NATIVE), "Beta": (flat(2000.0), Fit.NONE)})
KEEP = "Keep this version"


def opened(open_page: Open, language: str = "en", actor: Actor = LOCAL_USER) -> AppTest:
    app = open_page("erp_choice", language, actor, view="file")
    assert not app.exception
    return app


def labels(app: AppTest, kind: str) -> list[str]:
    return [str(element.proto.label) for element in app.get(kind)]


def keep(app: AppTest, note: str) -> AppTest:
    """Keep what stands now."""
    next(field for field in app.text_input if field.label == "What this version is for").set_value(note)
    next(button for button in app.button if button.label == KEEP).click()
    app.run()
    assert not app.exception
    return app


def kept(database: Database) -> list[stored.Version]:
    with database.reading() as connection:
        return stored.versions(connection, 1)


def weigh(database: Database, clock: FixedClock, **points: float) -> None:
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        weights = Weighting(evaluator="Ann", criteria=tuple(points), points=tuple(points.values()))
        service.set_weighting(uow, service.Seen(1), weights)
        uow.commit()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("actor", "files", "keeps"),
    [(LOCAL_USER, 3, True), (READER, 3, False), (NO_EXPORT, 0, True), (ONLY_LOOKS, 0, False)],
    ids=["chooser", "reader", "no export", "only looks"],
)
def test_what_each_role_may_do(
    shop: Database, clock: FixedClock, open_page: Open, language: str, actor: Actor, files: int, keeps: bool
) -> None:
    begin(shop, clock, TWO)
    app = opened(open_page, language, actor)
    assert [error.value for error in app.error] == []
    assert "Alpha" in said(app)
    assert len(labels(app, "download_button")) == files
    assert bool(app.text_input) == keeps
    if language == "zh_CN":
        assert "排第一" in said(app)
        assert ("带公式的工作簿（XLSX）" in labels(app, "download_button")) == bool(files)
    else:
        assert ("needs the permission to export" in said(app)) == (not files)


def test_who_may_not_look_sees_nothing_of_it(shop: Database, clock: FixedClock, open_page: Open) -> None:
    begin(shop, clock, TWO)
    stranger = Actor("stranger", LOCAL_USER.permissions - {Permission.VIEW_VENDORS, Permission.CHOOSE_ERP})
    app = open_page("erp_choice", actor=stranger, view="file")
    assert "Alpha" not in said(app)
    assert not app.get("download_button")


def test_the_contract_is_that_of_the_likeliest(shop: Database, clock: FixedClock, open_page: Open) -> None:
    begin(shop, clock, TWO)
    app = opened(open_page)
    assert "What belongs in the contract with Alpha" in said(app)
    # eight clauses, none of which anybody spoke of
    assert said(app).count("Not spoken of yet") == 8
    assert "**Renewal cap**" in said(app)


@pytest.mark.parametrize(
    "choice", [Shop({}), Shop({}, ()), Shop({"Alpha": ((), Fit.UNKNOWN), "Beta": ((), Fit.UNKNOWN)}, ())],
    ids=["no vendor", "nothing", "no need"],
)  # fmt: skip
def test_a_thin_choice_has_a_file_too(shop: Database, clock: FixedClock, open_page: Open, choice: Shop) -> None:
    begin(shop, clock, choice)
    app = opened(open_page)
    assert [error.value for error in app.error] == []
    assert app.subheader or app.info or app.caption


def test_where_all_are_out_there_is_no_contract(shop: Database, clock: FixedClock, open_page: Open) -> None:
    begin(shop, clock, Shop(TWO.vendors, settings={"budget": 100.0}))
    app = opened(open_page)
    assert "No vendor passes the gates" in said(app)
    assert "contract" not in said(app)


# --- versions -------------------------------------------------------------------------------------------------------


def test_a_version_is_kept_with_its_note_and_gives_the_same_numbers(
    shop: Database, clock: FixedClock, open_page: Open
) -> None:
    begin(shop, clock, TWO)
    app = keep(opened(open_page), "before the talk")
    (version,) = kept(shop)
    assert (version.number, version.note, version.actor) == (1, "before the talk", LOCAL_USER.name)
    assert "it gives the same numbers" in said(app)
    assert not app.warning
    assert len(labels(app, "download_button")) == 6  # what stands now, and the version
    with shop.reading() as connection:
        whole = stored.version(connection, version.id)
    assert whole.results["business_case"]["vendor"] == whole.results["vendors"][0]


def test_the_same_form_sent_twice_keeps_one_version(
    shop: Database, clock: FixedClock, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(shop, clock, TWO)
    monkeypatch.setattr("ui.acts.renew", lambda _form: None)  # as when the answer is lost and the browser sends again
    app = keep(keep(opened(open_page), "once"), "once")
    assert [version.note for version in kept(shop)] == ["once"]
    assert not app.exception


def test_two_forms_keep_two_versions(shop: Database, clock: FixedClock, open_page: Open) -> None:
    begin(shop, clock, TWO)
    keep(keep(opened(open_page), "first"), "second")
    assert sorted(version.note for version in kept(shop)) == ["first", "second"]


def test_a_version_is_compared_with_what_stands_now(shop: Database, clock: FixedClock, open_page: Open) -> None:
    begin(shop, clock, TWO)
    app = keep(opened(open_page), "first")
    assert not [frame for frame in app.dataframe if "before" in frame.value]
    weigh(shop, clock, function=80.0, scale=20.0)
    app = opened(open_page)
    frames = [frame.value for frame in app.dataframe if "before" in frame.value]
    assert len(frames) == 2  # inputs, numbers
    assert any("weightings" in where for where in frames[0]["where"])
    weights = frames[1].set_index("where")
    # three criteria weighed the same before; 80 of 100 go to Function now
    assert (weights.loc["weights · function", "before"], weights.loc["weights · function", "after"]) == (
        "0.333333", "0.8",
    )  # fmt: skip
    assert "it gives the same numbers" in said(app)


def test_a_version_whose_numbers_are_no_longer_reached_says_so(
    shop: Database, clock: FixedClock, open_page: Open
) -> None:
    begin(shop, clock, TWO)
    with shop.reading() as connection:
        document = stored.decision_document(connection, 1, OUTSIDE)
    answer = evaluate(document)
    reckoned = whole_json(answer, answered(document, answer).case)
    reckoned["scores"][answer.vendors[0]]["middle"] -= 0.25  # as an earlier version of the workbench had it
    with unit_of_work(shop, LOCAL_USER.acting(clock)) as uow:
        service.keep_version(uow, service.Seen(1), service.Keep(document, reckoned, "first", "a token"))
        uow.commit()
    app = opened(open_page)
    assert "1 numbers differ from those that were kept" in app.warning[0].value


def test_names_that_attack_are_text(shop: Database, clock: FixedClock, open_page: Open) -> None:
    begin(shop, clock, Shop({hostile.MARKUP[:100]: (flat(1000.0), Fit.NATIVE), "Beta": (flat(2000.0), Fit.NONE)}))
    app = keep(opened(open_page), hostile.MARKUP[:150])
    raw = [
        (place, text)
        for element in elements(app)
        if element.proto is not None
        for place, text in markdown_of(element.proto)
        if hostile.RAW.search(text)
    ]
    assert raw == []
