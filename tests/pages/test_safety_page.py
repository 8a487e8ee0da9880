"""Safety and Jobs in Settings: what is shown, who may act, and that acts are handed to the worker."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from erp_core.clock import FixedClock, SystemClock
from erp_core.db.engine import Database
from erp_core.errors import NotPermitted
from erp_core.imports.service import import_files
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Job, Status
from erp_core.jobs.worker import run_pending
from erp_core.orders import ledger
from erp_core.safety import archive, work
from erp_core.safety.rules import Occasion
from erp_core.safety.service import Shelf, back_up
from erp_core.safety.work import ask_for_proof
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.settings import load_settings
from erp_core.text import LANGUAGES
from erp_core.work import REGISTRY
from tests.pages.conftest import SAMPLES, Open


def book() -> JobBook:
    return JobBook(load_settings().jobs_path)


def work_off() -> list[Job]:
    """Do what waits, as the worker does; the jobs, newest first."""
    settings = load_settings()
    run_pending(book(), REGISTRY, settings, SystemClock())
    return book().recent()


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run()


def without(*permissions: Permission) -> Actor:
    return Actor("guest", LOCAL_USER.permissions - set(permissions))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["safety", "jobs"])
def test_both_views_open_before_anything_was_done(shop: Database, open_page: Open, view: str, language: str) -> None:
    app = open_page("settings", language, view=view)
    assert not app.exception
    assert not app.error


def test_a_backup_is_asked_for_made_by_the_worker_and_listed(filled: Database, open_page: Open) -> None:
    app = open_page("settings", view="safety")
    assert "no backup yet" in app.warning[0].value
    app = press(app, "Back up now")
    assert not app.exception
    (job,) = book().recent()
    assert (job.kind, job.actor, job.status) == (work.MAKE, "local", Status.QUEUED)
    (job,) = work_off()
    assert job.status is Status.DONE, job.error
    app = open_page("settings", view="safety")
    (name,) = archive.names_in(load_settings().backups)
    assert list(app.dataframe[0].value["file"]) == [name]
    assert list(app.dataframe[0].value["why"]) == ["made by hand"]
    assert not app.warning
    command = app.code[0].value
    assert command.startswith("python -m erp_core restore ")
    assert "backups" in command


def test_a_backup_that_failed_is_told_with_its_reason(filled: Database, open_page: Open) -> None:
    load_settings().backups.write_text("a file where the folder should be")
    book().submit(work.NIGHTLY, {}, actor="backup")
    work_off()
    app = open_page("settings", view="safety")
    assert not app.exception
    assert "could not be written" in app.error[0].value
    assert any("did not get done" in element.value for element in app.markdown)
    load_settings().backups.unlink()
    press(app, "Try again")
    assert work_off()[0].status is Status.DONE
    assert not open_page("settings", view="safety").error


def test_a_failure_is_told_until_another_backup_was_made(filled: Database, open_page: Open) -> None:
    load_settings().backups.write_text("a file where the folder should be")
    book().submit(work.NIGHTLY, {}, actor="backup")
    work_off()
    load_settings().backups.unlink()
    assert open_page("settings", view="safety").error
    back_up(filled, LOCAL_USER.acting(), Shelf(load_settings().backups))
    app = open_page("settings", view="safety")
    assert not app.exception
    assert not app.error


def test_without_the_permission_backups_are_seen_but_not_made_or_taken(filled: Database, open_page: Open) -> None:
    back_up(filled, LOCAL_USER.acting(), Shelf(load_settings().backups), Occasion.NIGHTLY)
    app = open_page("settings", view="safety", actor=without(Permission.RUN_BACKUPS))
    assert not app.exception
    assert [button.label for button in app.button] == ["Check now"]
    assert any("run_backups" in caption.value for caption in app.caption)
    assert len(app.dataframe[0].value) == 1


def test_the_ledger_is_checked_and_the_answer_stands_in_words(filled: Database, open_page: Open) -> None:
    app = press(open_page("settings", view="safety"), "Check now")
    (job,) = work_off()
    assert (job.kind, job.status) == (ledger.CHECK, Status.DONE)
    app = open_page("settings", view="safety")
    assert "are what the ledger and the orders say" in app.success[0].value
    with filled.writing_connection() as connection:
        connection.exec_driver_sql("UPDATE stock_balance SET on_hand = on_hand + 1 WHERE on_hand IS NOT NULL")
        connection.commit()
    press(app, "Check now")
    work_off()
    app = open_page("settings", view="safety")
    assert "differences" in app.error[0].value
    assert "python -m erp_core stock rebuild" in [element.value for element in app.code]
    assert len(app.dataframe[-1].value) > 0


def test_the_list_of_jobs_says_how_each_stands_and_what_comes_next(filled: Database, open_page: Open) -> None:
    load_settings().backups.write_text("a file where the folder should be")
    book().submit(work.NIGHTLY, {}, actor="backup")
    work_off()
    book().submit(ledger.CHECK, {}, actor="li")
    app = open_page("settings", view="jobs")
    assert not app.exception
    duties, jobs = (frame.value for frame in app.dataframe)
    nightly = duties[duties["name"] == "Nightly backup"].iloc[0]
    assert nightly["last_status"] == "Failed"
    assert "2:30" in nightly["next_at"]
    assert list(jobs["name"]) == ["Check of the ledger", "Nightly backup"]
    assert list(jobs["status"]) == ["Waiting", "Failed"]
    assert "could not be written" in jobs["said"].iloc[1]


def chosen(monkeypatch: pytest.MonkeyPatch, row: int) -> None:
    """The list of jobs as if a person had chosen a row (a table cannot be clicked without a browser)."""
    import streamlit as st

    shown = st.dataframe

    def with_choice(*arguments: Any, **options: Any) -> Any:
        shown(*arguments, **options)
        return {"selection": {"rows": [row]}}

    monkeypatch.setattr("ui.jobs_panel.st.dataframe", with_choice)


def test_a_job_is_stopped_and_tried_again_by_those_who_may(
    filled: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = book().submit(ledger.CHECK, {}, actor="li")
    chosen(monkeypatch, 0)
    guest = without(Permission.EDIT_SETTINGS)
    app = open_page("settings", view="jobs", actor=guest)
    assert [button.disabled for button in app.button if button.label == "Cancel"] == [True]
    app = press(open_page("settings", view="jobs"), "Cancel")
    assert not app.exception
    assert book().get(number).status is Status.CANCELLED
    press(open_page("settings", view="jobs"), "Try again")
    assert book().get(number).status is Status.QUEUED


@pytest.fixture
def sold(shop: Database) -> Database:
    """A shop with sales alone."""
    import_files(shop, LOCAL_USER.acting(), [SAMPLES / "generic-sales.csv"])
    return shop


def test_a_restore_is_proven_by_a_button_and_its_age_is_shown(sold: Database, open_page: Open) -> None:
    settings = load_settings()
    app = open_page("settings", view="safety")
    assert next(button for button in app.button if button.label == "Prove a restore").disabled  # nothing to prove
    long_ago = SystemClock().now() - dt.timedelta(days=36)
    back_up(sold, LOCAL_USER.acting(FixedClock(long_ago)), Shelf(settings.backups))
    backup = back_up(sold, LOCAL_USER.acting(), Shelf(settings.backups))
    app = open_page("settings", view="safety")
    assert next(metric for metric in app.metric if metric.label == "Last proven restore").value == "never"
    assert "No backup was proven" in app.warning[0].value
    app = press(app, "Prove a restore")
    assert not app.exception
    job = work_off()[0]
    assert (job.kind, job.actor, job.status) == (work.PROVE, "local", Status.DONE), job.error
    app = open_page("settings", view="safety")
    assert not app.warning
    assert not app.error
    assert next(metric for metric in app.metric if metric.label == "Last proven restore").value != "never"
    backup.path.write_bytes(backup.path.read_bytes()[:-30])
    path = backup.path.with_name("erp-20300101T000000Z-0008.zip")
    path.write_bytes(b"x")
    assert ask_for_proof(book(), LOCAL_USER, backup.path.name) is not None
    assert work_off()[0].status is Status.FAILED
    app = open_page("settings", "zh_CN", view="safety")
    assert backup.path.name in app.error[0].value
    assert "无法恢复" in app.error[0].value
    assert [error.value for error in app.error if backup.path.name in error.value] == [app.error[0].value]


def test_without_the_permission_nothing_is_proven(sold: Database, open_page: Open) -> None:
    back_up(sold, LOCAL_USER.acting(), Shelf(load_settings().backups))
    app = open_page("settings", actor=without(Permission.RUN_BACKUPS), view="safety")
    assert "Prove a restore" not in [button.label for button in app.button]
    with pytest.raises(NotPermitted):
        ask_for_proof(book(), without(Permission.RUN_BACKUPS))
