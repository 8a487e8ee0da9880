"""Home's decisions answered, alerts shown, and the view Alerts of Settings."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from erp_core.attention.addresses import read_address
from erp_core.attention.service import Alert, make_alert, record_look
from erp_core.attention.views import alert_states, targets
from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.imports.service import import_files
from erp_core.overview.answers import answer_log
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.settings import load_settings
from erp_core.text import LANGUAGES
from tests.pages.conftest import Open
from tests.receivers import web_receiver

REASONED = "they are on order"


def keys(app: AppTest, start: str) -> list[str]:
    """The keys of buttons that begin so, without the beginning."""
    return [str(button.key).removeprefix(start) for button in app.button if str(button.key).startswith(start)]


def log(database: Database) -> list[tuple[str, str, object, object]]:
    with database.reading() as connection:
        frame = answer_log(connection)
    return [(row["key"], row["act"], row["until"], row["reason"]) for row in frame.to_dict("records")]


def dismiss(app: AppTest, key: str, reason: str) -> AppTest:
    """Fill the form in the popover and send it."""
    next(box for box in app.text_input if str(box.key).startswith(f"reason_{key}_")).set_value(reason)
    next(
        button for button in app.button if str(button.key).startswith("FormSubmitter:form_dismiss_" + key)
    ).click()  # fmt: skip
    return app.run()


def act(database: Database, what: object, *arguments: object) -> object:
    with unit_of_work(database, LOCAL_USER.acting()) as uow:
        result = what(uow, *arguments)  # type: ignore[operator]
        uow.commit()
    return result


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_is_accepted_and_reopened(filled: Database, open_page: Open, language: str) -> None:
    app = open_page("home", language)
    assert not app.exception
    (first, *rest) = keys(app, "accept_")
    app.button(key=f"accept_{first}").click()
    app.run()
    assert not app.exception
    assert keys(app, "accept_") == rest
    assert keys(app, "reopen_") == [first]
    assert len(app.toast) == 1
    app.button(key=f"reopen_{first}").click()
    app.run()
    assert keys(app, "accept_") == [first, *rest]
    assert [(key, what) for key, what, _, _ in log(filled)] == [(first, "reopen"), (first, "accept")]
    table = next(frame for frame in app.dataframe if "act_word" in frame.value)
    assert table.value["act_word"].tolist() == (
        ["Reopened", "Accepted"] if language == "en" else ["已重新打开", "已采纳"]
    )


def test_a_decision_is_put_off_for_days_or_until_a_day(filled: Database, open_page: Open) -> None:
    app = open_page("home")
    first, second, *rest = keys(app, "accept_")
    app.button(key=f"snooze_7_{first}").click()
    app.run()
    now = dt.datetime.now(dt.UTC).date()
    day = now + dt.timedelta(days=20)
    app.date_input(key=f"day_{second}").set_value(day)
    next(b for b in app.button if str(b.key).startswith(f"FormSubmitter:snooze_form_{second}")).click()
    app.run()
    assert not app.exception
    assert keys(app, "accept_") == rest
    (later, sooner) = log(filled)
    assert later == (second, "snooze", day, None)
    assert sooner[:2] == (first, "snooze")
    assert dt.timedelta(days=6) <= sooner[2] - now <= dt.timedelta(days=8)  # type: ignore[operator]


def test_a_dismissal_wants_a_reason(filled: Database, open_page: Open) -> None:
    app = open_page("home")
    first, *rest = keys(app, "accept_")
    dismiss(app, first, "  ")
    assert "needs a reason" in app.error[0].value
    assert log(filled) == []
    dismiss(app, first, REASONED)
    assert keys(app, "accept_") == rest
    assert log(filled) == [(first, "dismiss", None, REASONED)]
    assert any(REASONED in element.value for element in app.markdown)


def test_who_may_not_answer_is_refused_in_words(filled: Database, open_page: Open) -> None:
    app = open_page("home", actor=Actor("guest", LOCAL_USER.permissions - {Permission.ANSWER_DECISIONS}))
    first, *_ = keys(app, "accept_")
    app.button(key=f"accept_{first}").click()
    app.run()
    assert not app.exception
    assert "answer_decisions" in app.error[0].value
    assert log(filled) == []


def test_each_row_says_what_is_at_stake_or_that_it_is_not_known(
    filled: Database, open_page: Open, tmp_path: Path
) -> None:
    path = tmp_path / "more.csv"
    path.write_text("Order ID,Date,SKU,Quantity,Unit price,Currency\n900,2025-06-09,NEW,1,5.00,CNY\n", encoding="utf-8")
    import_files(filled, LOCAL_USER.acting(), [path])
    app = open_page("home")
    words = [element.value for element in app.markdown]
    assert keys(app, "accept_")[-1] == "count"  # nobody can value it, so it comes last
    assert set(keys(app, "open_")) == set(keys(app, "accept_"))
    assert ":gray[money not known]" in words
    assert any(word.startswith("**protects CN¥") for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["ship", "inspect", "loss", "dearer", "wrong", "answer"])
def test_the_rows_behind_a_decision_have_an_address(
    filled: Database, open_page: Open, name: str, language: str
) -> None:
    app = open_page("home", language, rows=name)
    assert not app.exception
    assert not app.error
    assert app.dataframe or app.success
    assert not app.metric
    app.button(key="back_to_decisions").click()
    app.run()
    assert app.metric


def test_the_headline_has_six_numbers_with_lines(filled: Database, open_page: Open) -> None:
    app = open_page("home")
    labels = [metric.label for metric in app.metric]
    # the samples' returns do not stand here, so the cancel rate stands in for the order error rate
    assert labels == ["Revenue", "Turnover / month", "In-stock rate", "Unshipped", "Cash in stock", "Cancel rate"]


def test_what_fires_stands_above_the_decisions_with_its_owner(filled: Database, open_page: Open) -> None:
    rule = act(filled, make_alert, Alert("orders", "above", 1.0, 30, "Li Lei"))
    act(filled, make_alert, Alert("orders", "below", 1.0, 30, "Han Meimei"))
    act(filled, record_look, {rule: 3.0})
    app = open_page("home")
    assert not app.exception
    words = " ".join(element.value for element in app.markdown)
    assert "Li Lei" in words
    assert "Han Meimei" not in words
    assert keys(app, "open_alert_") == [str(rule)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_benchmarks_are_offered_and_set_in_one_click(shop: Database, open_page: Open, language: str) -> None:
    app = open_page("settings", language, view="alerts")
    assert not app.exception
    app.button(key="set_offered").click()
    app.run()
    assert not app.exception
    with shop.reading() as connection:
        held = alert_states(connection, SystemClock().now())
    assert [state.alert.measure for state in held] == [
        "turnover_month", "in_stock_rate", "days_of_inventory", "order_error_rate",
    ]  # fmt: skip
    assert "set_offered" not in {str(button.key) for button in app.button}


def test_an_alert_is_made_in_the_numbers_own_unit(shop: Database, open_page: Open) -> None:
    app = open_page("settings", view="alerts")
    next(box for box in app.selectbox if str(box.key).startswith("measure_new_alert")).set_value("in_stock_rate")
    app.run()
    limit = next(box for box in app.number_input if str(box.key).startswith("limit_in_stock_rate_new_alert"))
    assert limit.label == "Threshold (%)"
    app.button(key="save_new_alert").click()
    app.run()
    assert "threshold" in app.warning[0].value
    next(box for box in app.number_input if str(box.key).startswith("limit_in_stock_rate_new_alert")).set_value(97.5)
    next(box for box in app.text_input if str(box.key).startswith("owner_new_alert")).set_value("Li")
    app.button(key="save_new_alert").click()
    app.run()
    assert not app.exception
    with shop.reading() as connection:
        (held,) = alert_states(connection, SystemClock().now())
    assert held.alert == Alert("in_stock_rate", "below", 0.975, 30, "Li")


def test_a_group_is_added_tested_paused_and_removed(shop: Database, open_page: Open) -> None:
    with web_receiver() as posts:
        app = open_page("settings", "zh_CN", view="alerts")
        next(box for box in app.text_input if str(box.key).startswith("target_name_")).set_value("运营群")
        next(box for box in app.text_input if str(box.key).startswith("target_url_")).set_value(
            f"{posts.url}/send?key=abc"
        )
        app.button(key="add_target").click()
        app.run()
        assert not app.exception
        with shop.reading() as connection:
            (held,) = targets(connection)
        assert (held.name, held.kind, held.minute, held.language) == ("运营群", "wecom", 510, "zh_CN")
        assert read_address(load_settings(), held.id) is not None
        assert not any("key=abc" in element.value for element in app.markdown)  # masked
        app.button(key=f"test_{held.id}").click()
        app.run()
        assert [path for path, _ in posts.posted] == ["/send?key=abc"]
        assert "运营群" in app.success[0].value
        posts.answers = [(200, b'{"errcode":93000,"errmsg":"invalid webhook url"}')]
        app.button(key=f"test_{held.id}").click()
        app.run()
        assert "invalid webhook url" in app.error[0].value
    app.button(key=f"pause_{held.id}").click()
    app.run()
    app.button(key=f"resume_{held.id}").click()
    app.run()
    app.button(key=f"remove_{held.id}").click()
    app.run()
    assert not app.exception
    with shop.reading() as connection:
        assert targets(connection) == ()
    assert read_address(load_settings(), held.id) is None


def test_a_bad_address_and_a_missing_permission_are_refused_in_words(shop: Database, open_page: Open) -> None:
    app = open_page("settings", view="alerts")
    next(box for box in app.text_input if str(box.key).startswith("target_name_")).set_value("group")
    next(box for box in app.text_input if str(box.key).startswith("target_url_")).set_value("http://example.com/x")
    app.button(key="add_target").click()
    app.run()
    assert "no address to post to" in app.error[0].value
    guest = Actor("guest", LOCAL_USER.permissions - {Permission.MANAGE_ALERTS})
    app = open_page("settings", actor=guest, view="alerts")
    app.button(key="set_offered").click()
    app.run()
    assert not app.exception
    assert "manage_alerts" in app.error[0].value
