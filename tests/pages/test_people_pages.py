"""Every page for every role and for whoever is signed out, with real accounts: the product itself finds out who visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from streamlit.testing.v1 import AppTest

from erp_core.api.asking import SESSION_COOKIE
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import NotPermitted
from erp_core.orders.views import channels
from erp_core.security import audit, service
from erp_core.security.actor import LOCAL_USER
from erp_core.security.permissions import Permission
from erp_core.security.rules import ROLES, Lasting, Stage
from erp_core.security.service import NewPerson, Rights
from erp_core.security.sessions import Place, SignedOut, open_session
from erp_core.security.tables import audit_event
from erp_core.security.views import account_named
from tests.pages.conftest import ROOT
from ui import guard
from ui.pages_list import ENTRIES, Entry

Visit = Callable[..., AppTest]


class Team:
    """The filled shop with an administrator; other people are added as they are needed. Sign-ins have just begun."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.add("root", "admin")

    def does(self, act: Callable[..., Any], *given: Any) -> Any:
        with unit_of_work(self.database, LOCAL_USER.acting()) as uow:
            done = act(uow, *given)
            uow.commit()
        return done

    def add(self, name: str, role: str, **rights: Any) -> None:
        self.does(service.add_person, NewPerson(name, role, **rights))

    def id(self, name: str) -> int:
        with self.database.reading() as connection:
            return account_named(connection, name).id

    def signs_in(self, name: str) -> str:
        with unit_of_work(self.database, LOCAL_USER.acting()) as uow:
            token = open_session(uow, self.id(name), Stage.WHOLE, Lasting(), Place("test"))
            audit.record(uow, audit.Act.SIGN_IN, name)
            uow.commit()
        return str(token)

    def refusals(self) -> list[tuple[str, str]]:
        with self.database.reading() as connection:
            e = audit_event.c
            rows = connection.execute(sa.select(e.actor, e.subject).where(e.action == "refused").order_by(e.id))
            return [(actor, subject) for actor, subject in rows]


@pytest.fixture
def team(filled: Database, monkeypatch: pytest.MonkeyPatch) -> Team:
    cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    monkeypatch.setattr("erp_core.security.passwords._hasher", cheap)
    return Team(filled)


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Open a page with a session's token in the cookie, as a browser would; None: without one."""
    monkeypatch.chdir(ROOT)
    context = SimpleNamespace(
        cookies={},
        headers={},
        ip_address="203.0.113.7",
        locale="en",
        url="http://test/",
        timezone="UTC",
        theme=SimpleNamespace(type=None),
    )
    monkeypatch.setattr("streamlit.context", context)

    def visit(name: str, token: str | None, **query: str) -> AppTest:
        context.cookies = {} if token is None else {SESSION_COOKIE: token}
        app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
        app.query_params["lang"] = "en"
        app.run()
        if token is not None:
            app.switch_page(f"../pages/{name}.py")
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return visit


def shows_nothing(app: AppTest) -> None:
    assert not app.exception
    assert not app.title
    assert not app.dataframe
    assert not app.sidebar.button
    assert not app.metric


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_the_pages_that_it_may_and_is_refused_the_others(
    team: Team, visit: Visit, role: str, entry: Entry
) -> None:
    team.add("Bo", role)
    app = visit(entry.name, team.signs_in("Bo"))
    assert not app.exception
    if entry.permission in ROLES[role]:
        assert [error.value for error in app.error] == []
        assert app.title
    else:
        assert str(entry.permission) in app.error[0].value
        assert not app.title
        assert not app.dataframe
        assert ("Bo", f"page {entry.name}") in team.refusals()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_signed_out_a_page_is_a_sentence_and_the_way_to_sign_in(team: Team, visit: Visit, entry: Entry) -> None:
    app = visit(entry.name, None)
    shows_nothing(app)
    assert "not signed in" in app.info[0].value
    assert ("nobody", "page") in team.refusals()


@pytest.mark.parametrize("token", ["", "made up", "x" * 4000, "' or 1=1 --"])
def test_a_token_that_nobody_gave_out_opens_nothing(team: Team, visit: Visit, token: str) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
    visit("home", None)
    import streamlit as st

    st.context.cookies = {SESSION_COOKIE: token}  # type: ignore[misc]
    shows_nothing(app.run())


def test_nothing_that_a_visitor_can_set_makes_an_actor(team: Team, visit: Visit) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
    visit("home", None)
    app.query_params["actor"] = "root"
    app.query_params["session_of"] = str(team.id("root"))
    app.session_state["actor"] = LOCAL_USER
    app.session_state["session_of"] = team.id("root")
    shows_nothing(app.run())


def test_a_person_who_is_switched_off_or_demoted_is_out_at_the_next_click(team: Team, visit: Visit) -> None:
    team.add("Bo", "finance")
    app = visit("settings", team.signs_in("Bo"))
    assert app.title
    team.does(service.change_rights, team.id("Bo"), Rights("viewer"))
    app.run()
    assert "view_settings" in app.error[0].value
    assert not app.title
    team.does(service.disable_person, team.id("Bo"))
    app.run()
    shows_nothing(app)


def test_what_runs_apart_from_the_page_asks_again(team: Team, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    team.add("Bo", "planner", grants=frozenset({"export"}))
    seen: list[guard.Visit] = []
    original = guard.visit
    monkeypatch.setattr("ui.guard.visit", lambda: seen.append(original()) or seen[-1])
    visit("home", team.signs_in("Bo"))
    here = seen[-1]
    guard.require_still(here, Permission.EXPORT)  # a download, offered and clicked
    team.does(service.change_rights, team.id("Bo"), Rights("planner"))
    with pytest.raises(NotPermitted):
        guard.require_still(here, Permission.EXPORT)
    assert ("Bo", "download") in team.refusals()
    team.does(service.disable_person, team.id("Bo"))
    with pytest.raises(SignedOut):
        guard.afresh(here)


def test_an_unused_sign_in_ends_by_the_clock(team: Team, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit("home", team.signs_in("root"))
    assert app.title
    later = FixedClock(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=31))
    monkeypatch.setattr("ui.whose.clock", lambda: later)
    shows_nothing(app.run())


def test_another_person_on_the_same_page_finds_nothing_of_the_first(team: Team, visit: Visit) -> None:
    team.add("Bo", "admin")
    app = visit("home", team.signs_in("root"))
    app.session_state["left_by_the_first"] = "x"
    app.run()
    import streamlit as st

    st.context.cookies = {SESSION_COOKIE: team.signs_in("Bo")}  # type: ignore[misc]
    app.run()
    assert "left_by_the_first" not in app.session_state


def test_signing_out_ends_the_session(team: Team, visit: Visit) -> None:
    token = team.signs_in("root")
    app = visit("home", token)
    app.button(key="sign_out").click().run()
    shows_nothing(app)
    shows_nothing(visit("home", token))


# --- solo ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "host", "ip"),
    [
        (None, "localhost:8501", None),
        ("0.0.0.0", "localhost:8501", None),
        ("192.168.1.5", "localhost:8501", None),
        ("127.0.0.1", "evil.example", None),
        ("127.0.0.1", "localhost:8501", "203.0.113.7"),
    ],
)
def test_without_accounts_only_this_machine_is_served(
    filled: Database, visit: Visit, monkeypatch: pytest.MonkeyPatch, address: str | None, host: str, ip: str | None
) -> None:
    import streamlit as st

    option = st.get_option
    monkeypatch.setattr("streamlit.get_option", lambda name: address if name == "server.address" else option(name))
    st.context.headers, st.context.ip_address = {"Host": host}, ip  # type: ignore[misc]
    app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60).run()
    shows_nothing(app)
    assert "no accounts yet" in app.error[0].value
    assert "users add" in app.error[0].value


def test_without_accounts_this_machine_is_served_and_makes_the_first(
    filled: Database, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    st.context.headers, st.context.ip_address = {"Host": "localhost:8501"}, None  # type: ignore[misc]
    app = visit("settings", "", view="people")
    assert app.title
    next(one for one in app.text_input if one.label == "Account name").set_value("Anna")
    next(one for one in app.button if one.label == "Make the account").click()
    app.run()
    assert not app.exception
    assert len(app.code[0].value) == 19  # four letters, four times, and dashes
    with filled.reading() as connection:
        assert account_named(connection, "Anna").role == "admin"
        event = connection.execute(sa.select(audit_event).where(audit_event.c.action == "add person")).one()
    assert (event.actor, event.source) == ("local", "page")
    shows_nothing(visit("home", None))


# --- limited to some shops -----------------------------------------------------------------------------------------


def test_who_is_limited_to_a_shop_sees_its_sales_alone_whatever_the_address_says(team: Team, visit: Visit) -> None:
    with team.database.reading() as connection:
        shops = list(channels(connection))
    assert len(shops) >= 2
    mine, other = shops[0], shops[1]
    team.add("Bo", "analyst", channels=frozenset({mine[0]}))
    token = team.signs_in("Bo")
    app = visit("sales", token, period="all", by="channel")
    assert [error.value for error in app.error] == []
    words = _words(app)
    assert mine[1] in words
    assert other[1] not in words
    asked = visit("sales", token, period="all", by="channel", channel=str(other[0]))
    assert other[1] not in _words(asked)
    assert "whole company" in visit("home", token).info[0].value
    for name in ("inventory", "replenishment", "products", "data", "settings"):
        assert "missing" in visit(name, token).error[0].value


def _words(app: AppTest) -> str:
    tables = [frame.value.to_string() for frame in app.dataframe]
    options = [str(getattr(one, "options", "")) for one in (*app.multiselect, *app.selectbox)]
    return "\n".join([*tables, *options, *(one.value for one in app.markdown), *(one.value for one in app.caption)])
