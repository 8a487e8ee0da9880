"""Settings → People: who may enter, what each may do, and how one goes from a workbench for one to one for many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import ErpError
from erp_core.orders.views import channels
from erp_core.security import guard, service
from erp_core.security.permissions import Permission
from erp_core.security.views import ADMIN, GRANTED_APART, ROLE_NAMES, ROLES, SPLIT_BY_SHOP, Account, accounts, sign_ins
from erp_core.text import T, Text, format_ago
from ui import acts, whose
from ui.guard import Visit, own_database

_ADDED, _CHOSEN = "person_added", "person"
GRANT_NAMES: dict[str, Text] = {
    str(Permission.EXPORT): T("Take files out"),
    str(Permission.SEE_PERSONAL_DATA): T("See buyers’ names, phones and addresses"),
}


def show(visit: Visit) -> None:
    """The panel. It works on the accounts of the installation, whichever shop is looked at."""
    guard.require(visit.actor, Permission.MANAGE_PEOPLE)
    database = own_database(visit.own)
    with database.reading() as connection:
        found, shops = accounts(connection), dict(channels(connection))
    if visit.account is None and not st.session_state.get(_ADDED):
        _solo(visit)
        return
    _first_password(visit)
    if visit.account is None:
        return
    chosen = _list(visit, found, shops)
    if chosen is not None:
        _one(visit, chosen, shops)
    _add(visit, shops)
    _roles(visit)


def act_on_people(visit: Visit, act: Callable[[UnitOfWork], Any]) -> Any:
    """Do an act in the database of the installation. Returns what it returns."""
    with unit_of_work(own_database(visit.own), visit.actor.acting(visit.clock)) as uow:
        done = act(uow)
        uow.commit()
    return done


def _solo(visit: Visit) -> None:
    st.info(
        visit.say(
            T(
                "There are no accounts: whoever uses this machine may do everything, and other machines are not served. "
                "With the first account everybody signs in, you too, and the workbench can be opened to others."
            )
        ),
        icon=":material/person:",
    )
    with st.form("first_admin", border=True):
        st.subheader(visit.say(T("Make the first account")))
        name = st.text_input(visit.say(T("Account name")))
        mail = st.text_input(visit.say(T("Mail address (optional)")))
        st.caption(
            visit.say(T("It is an administrator’s. Its first password is shown once; you choose your own next."))
        )
        sent = st.form_submit_button(visit.say(T("Make the account")), type="primary")
    if sent:
        _do_add(visit, service.NewPerson(name, ADMIN, mail or None))


def _do_add(visit: Visit, person: service.NewPerson) -> None:
    try:
        added: service.Added = act_on_people(visit, lambda uow: service.add_person(uow, person))
    except ErpError as error:
        acts.refused(visit, error)
        return
    _hand_over(visit, added.account.name, added.password)


def _hand_over(visit: Visit, name: str, password: str | None) -> None:
    """The first password, once: in the same run where the visitor is not signed in yet, else after the rerun."""
    if visit.account is None:
        _say_password(visit, name, password)
        st.link_button(
            visit.say(T("Sign in")), f"/signin?lang={visit.language}", type="primary", icon=":material/login:"
        )
        return
    st.session_state[_ADDED] = (name, password)
    st.rerun()


def _first_password(visit: Visit) -> None:
    added = st.session_state.pop(_ADDED, None)
    if added is not None:
        _say_password(visit, *added)


def _say_password(visit: Visit, name: str, password: str | None) -> None:
    if password is None:
        st.success(visit.say(T("{name} can sign in elsewhere now, by the mail address.", name=name)))
        return
    with st.container(border=True):
        st.markdown(visit.say(T("First password of {name}, shown only now. It has to be changed at once:", name=name)))
        st.code(password, language=None)


def _list(visit: Visit, found: list[Account], shops: dict[int, str]) -> Account | None:
    rows = [
        {
            "name": one.name,
            "role": visit.say(ROLE_NAMES[one.role]),
            "grants": ", ".join(visit.say(GRANT_NAMES[grant]) for grant in sorted(one.grants)),
            "shops": _shops(visit, one, shops),
            "state": visit.say(_state(one)),
            "signed_in": format_ago(visit.clock.now() - one.signed_in_at, visit.language) if one.signed_in_at else "",
        }
        for one in found
    ]
    event = st.dataframe(
        rows,
        column_config={
            "name": visit.say(T("Account name")),
            "role": visit.say(T("Role")),
            "grants": visit.say(T("Granted apart")),
            "shops": visit.say(T("Shops")),
            "state": visit.say(T("State")),
            "signed_in": visit.say(T("Last sign-in")),
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="people",
    )
    picked = event.selection.rows
    if not picked:
        st.caption(visit.say(T("Tick a row to change what the person may do.")))
        return None
    return found[picked[0]] if picked[0] < len(found) else None


def _shops(visit: Visit, one: Account, shops: dict[int, str]) -> str:
    if one.channels is None:
        return visit.say(T("All shops"))
    return ", ".join(shops.get(number, str(number)) for number in sorted(one.channels)) or "–"


def _state(one: Account) -> Text:
    if not one.active:
        return T("Switched off")
    if one.password_is_first:
        return T("Has to choose a password")
    if not one.has_password:
        return T("Signs in elsewhere")
    return T("Second factor on") if one.second_factor else T("Without a second factor")


def _one(visit: Visit, one: Account, shops: dict[int, str]) -> None:
    with st.container(border=True):
        st.subheader(one.name)
        with st.form(f"rights_{one.id}", border=False):
            rights = _rights(visit, f"of_{one.id}", shops, one)
            if st.form_submit_button(visit.say(T("Save")), type="primary"):
                _do(visit, lambda uow: service.change_rights(uow, one.id, rights))
        _sign_ins(visit, one)
        with st.container(horizontal=True):
            _buttons(visit, one)


def _rights(visit: Visit, key: str, shops: dict[int, str], one: Account | None = None) -> service.Rights:
    left, middle, right = st.columns(3)
    roles = list(ROLES)
    role = left.selectbox(
        visit.say(T("Role")),
        roles,
        index=roles.index(one.role) if one else 0,
        format_func=lambda word: visit.say(ROLE_NAMES[word]),
        key=f"role_{key}",
    )
    grants = middle.multiselect(
        visit.say(T("Granted apart")),
        sorted(GRANT_NAMES),
        default=sorted(one.grants) if one else [],
        format_func=lambda word: visit.say(GRANT_NAMES[word]),
        key=f"grants_{key}",
        placeholder=visit.say(T("Nothing")),
    )
    is_limited = right.checkbox(
        visit.say(T("Only some shops")), value=one is not None and one.channels is not None, key=f"limited_{key}"
    )
    limited = right.multiselect(
        visit.say(T("Shops")),
        list(shops),
        default=sorted(number for number in one.channels or () if number in shops) if one else [],
        format_func=lambda number: shops[number],
        key=f"shops_{key}",
        placeholder=visit.say(T("No shop")),
    )
    return service.Rights(role, frozenset(grants), frozenset(limited) if is_limited else None)


def _sign_ins(visit: Visit, one: Account) -> None:
    with own_database(visit.own).reading() as connection:
        here = sign_ins(connection, one.id, visit.clock.now(), whose.idle(visit.own))
    for found in here:
        ago = format_ago(visit.clock.now() - found.seen_at, visit.language)
        st.caption(visit.say(T("Signed in from {address}, last seen {ago}", address=found.address, ago=ago)))


def _buttons(visit: Visit, one: Account) -> None:
    if one.active and st.button(visit.say(T("Switch off")), key="person_off", icon=":material/person_off:"):
        _do(visit, lambda uow: service.disable_person(uow, one.id))
    if not one.active and st.button(visit.say(T("Switch on")), key="person_on", icon=":material/person:"):
        _do(visit, lambda uow: service.enable_person(uow, one.id))
    if st.button(visit.say(T("New first password")), key="person_reset", icon=":material/key:"):
        _reset(visit, one)
    if st.button(visit.say(T("Sign out everywhere")), key="person_out", icon=":material/logout:"):
        _do(visit, lambda uow: service.end_sessions_of(uow, one.id))
    if one.second_factor and st.button(visit.say(T("Take the second factor off")), key="person_factor"):
        _do(visit, lambda uow: service.drop_second_factor_of(uow, one.id))


def _reset(visit: Visit, one: Account) -> None:
    try:
        password = act_on_people(visit, lambda uow: service.reset_password(uow, one.id))
    except ErpError as error:
        acts.refused(visit, error)
        return
    _hand_over(visit, one.name, password)


def _do(visit: Visit, act: Callable[[UnitOfWork], Any]) -> None:
    acts.attempt(visit, lambda: _nothing(act_on_people(visit, act)), acts.SAVED)


def _nothing(_done: Any) -> None:
    """An act's own word is not for the visitor."""


def _add(visit: Visit, shops: dict[int, str]) -> None:
    with st.expander(visit.say(T("Add a person")), icon=":material/person_add:"), st.form("add_person", border=False):
        left, right = st.columns(2)
        name = left.text_input(visit.say(T("Account name")))
        mail = right.text_input(visit.say(T("Mail address (optional)")))
        rights = _rights(visit, "new", shops)
        elsewhere = whose.signs_in_elsewhere() and st.checkbox(
            visit.say(T("No password: signs in with the account of the organisation, known by the mail address"))
        )
        if st.form_submit_button(visit.say(T("Add")), type="primary"):
            person = service.NewPerson(
                name, rights.role, mail or None, rights.grants, rights.channels, elsewhere=elsewhere
            )
            _do_add(visit, person)


def _roles(visit: Visit) -> None:
    """What each role may do, as the code has it."""
    with st.expander(visit.say(T("What each role may do")), icon=":material/checklist:"):
        names = sorted(str(permission) for permission in frozenset(Permission) - GRANTED_APART)
        rows = [
            {"permission": name, **{role: Permission(name) in held for role, held in ROLES.items()}} for name in names
        ]
        config = {"permission": visit.say(T("Permission"))} | {
            role: visit.say(name) for role, name in ROLE_NAMES.items()
        }
        st.dataframe(rows, column_config=config, hide_index=True, height="content")
        most = ", ".join(sorted(str(permission) for permission in SPLIT_BY_SHOP))
        st.caption(visit.say(T("Whoever is limited to some shops holds these at most: {names}.", names=most)))
