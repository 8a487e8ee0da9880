"""Settings → Audit: who did what, in the reader's words; the check of the chain; nothing without the permission."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.finance.service import set_rate
from erp_core.jobs.book import JobBook
from erp_core.jobs.worker import run_pending
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.settings import load_settings
from erp_core.work import REGISTRY
from tests.pages.conftest import Open


@pytest.fixture
def rated(shop: Database) -> Database:
    """A shop in which two people set a rate, now."""
    for name, rate in (("li", "7.1"), ("wang", "7.2")):
        who = Actor(name, ALL_PERMISSIONS, "page 203.0.113.7").acting(SystemClock())
        with unit_of_work(shop, who) as uow:
            set_rate(uow, dt.date(2026, 3, 1), "USD", "CNY", Decimal(rate))
            uow.commit()
    return shop


def events(app: AppTest) -> list[list[object]]:
    return [list(row) for row in app.dataframe[0].value[["actor", "act", "subject", "change", "source"]].to_numpy()]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run()


def work_off() -> None:
    settings = load_settings()
    run_pending(JobBook(settings.jobs_path), REGISTRY, settings, SystemClock())


def test_events_stand_in_the_readers_words_the_newest_first(rated: Database, open_page: Open) -> None:
    app = open_page("settings", view="audit")
    assert not app.exception
    assert events(app) == [
        ["wang", "Exchange rate set", "USD/CNY", "Rate: 7.1 → 7.2", "page 203.0.113.7"],
        ["li", "Exchange rate set", "USD/CNY", "Rate: – → 7.1", "page 203.0.113.7"],
    ]
    assert events(open_page("settings", "zh_CN", view="audit"))[0] == [
        "wang", "设置汇率", "USD/CNY", "汇率: 7.1 → 7.2", "页面 203.0.113.7",
    ]  # fmt: skip


def test_a_link_opens_what_one_person_did(rated: Database, open_page: Open) -> None:
    app = open_page("settings", view="audit", person="li")
    assert [row[0] for row in events(app)] == ["li"]


def test_the_check_is_done_by_the_worker_and_names_the_first_broken_link(rated: Database, open_page: Open) -> None:
    app = press(open_page("settings", view="audit"), "Check the audit")
    work_off()
    app.run()
    assert "the audit is whole, 2 events" in app.success[0].value
    with rated.writing_connection() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_event_keeps_changes"))
        connection.execute(sa.text("UPDATE audit_event SET actor = 'li' WHERE id = 2"))
        connection.commit()
    app = press(app, "Check the audit")
    work_off()
    app.run()
    assert "Event 2 was changed or slipped in" in app.error[0].value


def test_nothing_is_shown_without_the_permission(rated: Database, open_page: Open) -> None:
    guest = Actor("guest", LOCAL_USER.permissions - {Permission.VIEW_AUDIT})
    app = open_page("settings", actor=guest, view="audit")
    assert not app.exception
    assert not app.dataframe
    assert "view_audit" in app.info[0].value


def test_before_anything_was_done_the_view_says_so(shop: Database, open_page: Open) -> None:
    app = open_page("settings", view="audit")
    assert "Nothing has been done yet" in app.info[0].value


def test_an_event_that_was_tampered_with_is_shown_as_far_as_it_can_be_read(rated: Database, open_page: Open) -> None:
    with rated.writing_connection() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_event_keeps_changes"))
        statement = "UPDATE audit_event SET at = 'yesterday', before = 'no JSON', actor = x'ff00' WHERE id = 2"
        connection.execute(sa.text(statement))
        connection.commit()
    app = open_page("settings", view="audit", done="all")
    assert not app.exception
    assert [row[2:4] for row in events(app)] == [
        ["USD/CNY", "Cannot be read: no JSON → –; Rate: – → 7.2"],
        ["USD/CNY", "Rate: – → 7.1"],
    ]
