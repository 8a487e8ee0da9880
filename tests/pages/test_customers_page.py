"""Customers: a person is found, shown open or masked, given their data, erased; keys in Settings."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.imports.service import import_files
from erp_core.jobs.book import JobBook
from erp_core.jobs.worker import run_pending
from erp_core.persons.views import Reader, find_persons
from erp_core.safety import keys_work
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.keyring import read_keyring
from erp_core.security.permissions import Permission
from erp_core.security.tables import audit_event
from erp_core.settings import load_settings
from erp_core.text import LANGUAGES
from erp_core.work import REGISTRY
from tests.pages.conftest import Open

FILE = """Order ID,Date,SKU,Quantity,Unit price,Currency,Status,Shop,Customer ID,Customer name,Email,Phone,Address,City
P-1,2026-01-05,MUG,2,10,CNY,paid,Lamps,C-1,Zhang San,zhang@example.com,13800138000,Wensan Road 1,Hangzhou
P-2,2026-01-06,MUG,1,10,CNY,paid,Lamps,C-2,Li Si,li@example.com,13900138000,Xihu 2,Hangzhou
"""
PRIVATE = ("Zhang San", "zhang@example.com", "13800138000", "Wensan Road 1")


@pytest.fixture
def people(shop: Database, tmp_path: Path) -> Database:
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    import_files(shop, LOCAL_USER.acting(), [path])
    return shop


def without(*permissions: Permission) -> Actor:
    return Actor("guest", LOCAL_USER.permissions - set(permissions))


def find(app: AppTest, words: str) -> AppTest:
    app.text_input(key="person_words").set_value(words)
    next(button for button in app.button if button.icon == ":material/search:").click()
    return app.run()


def shown(app: AppTest) -> str:
    frames = " ".join(frame.value.to_string() for frame in app.dataframe)
    return frames + " ".join(element.value for element in (*app.markdown, *app.info, *app.caption))


def acts(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(audit_event.c.action).order_by(audit_event.c.id)).scalars())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_is_found_and_the_look_is_noted_once(people: Database, open_page: Open, language: str) -> None:
    app = find(open_page("customers", language), "zhang@example.com")
    assert not app.exception
    assert not app.error
    assert [word for word in (*PRIVATE, "P-1") if word not in shown(app)] == []
    app.run()
    assert acts(people).count("look at person") == 1


def test_several_are_listed_and_none_is_opened(people: Database, open_page: Open) -> None:
    app = find(open_page("customers"), "8000")
    assert "Zhang San" in shown(app)
    assert "Li Si" in shown(app)
    assert "Wensan Road 1" not in shown(app)
    assert "look at person" not in acts(people)


def test_nobody_is_said_so(people: Database, open_page: Open) -> None:
    app = find(open_page("customers"), "nobody")
    assert "Nobody" in app.info[0].value


def test_who_may_not_see_persons_sees_them_masked_and_cannot_take_them(people: Database, open_page: Open) -> None:
    app = find(open_page("customers", actor=without(Permission.SEE_PERSONAL_DATA)), "zhang@example.com")
    assert not any(word in shown(app) for word in PRIVATE)
    assert "P-1" in shown(app)
    assert "look at person" not in acts(people)
    assert not app.get("download_button")


def test_a_person_is_erased_after_the_word_is_typed(people: Database, open_page: Open) -> None:
    app = find(open_page("customers"), "zhang@example.com")
    assert app.button(key="person_erase").disabled
    app.text_input(key="person_erase_word").set_value("erase")
    app.run()
    app.button(key="person_erase").click()
    app.run()
    assert not app.exception
    assert "erase person" in acts(people)
    with people.reading() as connection:
        assert find_persons(connection, "zhang@example.com", Reader(True)).empty


def test_who_does_not_answer_persons_has_no_such_buttons(people: Database, open_page: Open) -> None:
    app = find(open_page("customers", actor=without(Permission.ANSWER_PERSONS)), "zhang@example.com")
    assert "Zhang San" in shown(app)
    assert not app.get("download_button")
    assert not [button for button in app.button if button.key == "person_erase"]


def test_the_key_is_changed_by_the_worker(people: Database, open_page: Open) -> None:
    before = read_keyring(people.keys)
    app = open_page("settings", view="keys")
    app.button(key="keys_change_button").click()
    app.run()
    assert not app.exception
    settings = load_settings()
    run_pending(JobBook(settings.jobs_path), REGISTRY, settings, SystemClock())
    after = read_keyring(people.keys)
    assert before is not None
    assert after is not None
    assert before.current.id not in after.ids
    app = open_page("settings", view="keys")
    assert after.current.id in shown(app)
    assert "retired" in shown(app)


def test_who_does_not_look_after_keys_has_no_button(people: Database, open_page: Open) -> None:
    app = open_page("settings", actor=without(Permission.MANAGE_KEYS), view="keys")
    assert not [button for button in app.button if button.key == "keys_change_button"]
    assert keys_work.CHANGE not in [job.kind for job in JobBook(load_settings().jobs_path).recent()]
