"""Who visits a page, asked again on every run. Nothing that a visitor can set decides it: a cookie counts only as the
key to a session that the database knows, and what Streamlit says of a sign-in elsewhere only if it is logged in there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from erp_core.api.asking import SESSION_COOKIE
from erp_core.clock import Clock, SystemClock
from erp_core.db.engine import Database
from erp_core.errors import BadInput, NotPermitted
from erp_core.security import audit, sessions
from erp_core.security.actor import LOCAL_USER, PAGE, Actor
from erp_core.security.sign_in import NOBODY, Door, elsewhere_hash, sign_in_elsewhere
from erp_core.security.views import Account, Stage, are_there_accounts, is_loopback
from erp_core.settings import Settings
from erp_core.text import T

SESSION_OF = "session_of"
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Visitor:
    """Who visits. `account` is None for the local user of a workbench without accounts."""

    actor: Actor
    account: Account | None = None
    session_id: int | None = None
    elsewhere: bool = False


def clock() -> Clock:
    """The time by which sign-ins end."""
    return SystemClock()


def visitor(database: Database, own: Settings) -> Visitor:
    """The visitor of this run. Raises SignedOut, NotPermitted."""
    with database.reading() as connection:
        team = are_there_accounts(connection)
    if not team:
        _require_this_machine(database)
        return Visitor(replace(LOCAL_USER, source=PAGE))
    door = Door(database, clock(), sessions.lasting_of(own), place())
    try:
        found, elsewhere = _signed_in(door)
    except NotPermitted as refusal:
        audit.refused(database, door.acting(NOBODY), "page", refusal.code)
        raise
    _own_the_session(found.account.id)
    source = f"{PAGE} {door.place.address}".strip()
    return Visitor(found.actor(source), found.account, found.id, elsewhere)


def still(database: Database, own: Settings, known: Visitor) -> Visitor:
    """The same visitor a while later, outside a run of a page: with what it may do now. Raises SignedOut."""
    with database.reading() as connection:
        if known.session_id is None:
            if are_there_accounts(connection) and known.account is None:
                raise sessions.signed_out()
            return known
        found = sessions.held_still(connection, known.session_id, clock().now(), idle(own))
    if found is None or found.stage is not Stage.WHOLE:
        raise sessions.signed_out(T("Your sign-in has ended."))
    return replace(known, actor=found.actor(known.actor.source), account=found.account)


def _signed_in(door: Door) -> tuple[sessions.Held, bool]:
    token = st.context.cookies.get(SESSION_COOKIE, "")
    found = sessions.held(door.database, sessions.hash_of(token), door.clock, door.lasting) if token else None
    if found is not None and found.stage is Stage.WHOLE:
        return found, False
    claims = claims_elsewhere()
    if claims is None:
        raise sessions.signed_out()
    sign_in_elsewhere(door, claims)
    again = sessions.held(door.database, elsewhere_hash(claims) or "", door.clock, door.lasting)
    if again is None:
        raise sessions.signed_out()
    return again, True


def claims_elsewhere() -> Mapping[str, Any] | None:
    """What the provider says of the visitor; None where nobody is logged in there."""
    said: Mapping[str, Any] = st.user.to_dict()
    return said if said.get("is_logged_in") is True else None


def sign_out(database: Database) -> None:
    """End the visitor's sessions, here and, by what the provider said, there."""
    token = st.context.cookies.get(SESSION_COOKIE, "")
    claims = claims_elsewhere()
    for held in filter(None, (sessions.hash_of(token) if token else None, claims and elsewhere_hash(claims))):
        sessions.sign_out(database, held, clock(), f"{PAGE} {place().address}".strip())


def idle(own: Settings) -> dt.timedelta:
    """For how long a sign-in may be unused."""
    return sessions.lasting_of(own).idle


def place() -> sessions.Place:
    """Where the visitor comes from."""
    return sessions.Place(st.context.ip_address or "127.0.0.1", st.context.headers.get("User-Agent", ""))


def signs_in_elsewhere() -> bool:
    """Whether an OpenID provider is declared in the secrets ([auth])."""
    try:
        return "auth" in st.secrets
    except (FileNotFoundError, StreamlitSecretNotFoundError):
        return False


def require_own_secret() -> None:
    """Raise BadInput where the word that the provider's cookies are signed with can be guessed: with it anybody could
    come in as anybody. The text that documents show in its place is refused too."""
    try:
        secret = st.secrets["auth"]["cookie_secret"]
    except (KeyError, FileNotFoundError, StreamlitSecretNotFoundError):
        return  # Streamlit then makes one up at each start
    if len(str(secret)) < SHORTEST_SECRET or " " in str(secret):
        raise BadInput(
            T("The cookie_secret in secrets.toml can be guessed: whoever knows it comes in as anybody."),
            hint=T(
                "Put a random word of at least {shortest} characters there, without blanks: "
                "python -c 'import secrets; print(secrets.token_urlsafe(48))'",
                shortest=SHORTEST_SECRET,
            ),
            code="secrets.cookie_secret",
        )


def providers() -> list[str | None]:
    """The declared providers, for `st.login`: None is the one without a name of its own."""
    try:
        declared = st.secrets["auth"]
    except (KeyError, FileNotFoundError, StreamlitSecretNotFoundError):
        return []
    named = [name for name, value in declared.items() if isinstance(value, Mapping)]
    return [*([None] if "client_id" in declared else []), *named]


def is_for_this_machine_only() -> bool:
    """Whether the server listens to this machine alone; an address that is not given means to all."""
    return is_loopback(st.get_option("server.address"))


def _require_this_machine(database: Database) -> None:
    host = st.context.headers.get("Host")
    from_here = st.context.ip_address is None and (host is None or is_loopback(host))
    if is_for_this_machine_only() and from_here:
        return
    who = Door(database, clock(), place=place()).acting(NOBODY)
    audit.refused(database, who, "page", "solo.address")
    raise only_here()


def only_here() -> NotPermitted:
    """What is said to others while there are no accounts."""
    return NotPermitted(
        T("This workbench has no accounts yet and therefore serves only the machine that it runs on."),
        hint=T(
            "Add the first account: python -m erp_core users add NAME --role admin. Or keep it to this machine: "
            "--server.address 127.0.0.1"
        ),
        code="solo.address",
    )


def _own_the_session(user_id: int) -> None:
    """What one person left on the page is not there for the next one who signs in on the same page."""
    if st.session_state.get(SESSION_OF, user_id) != user_id:
        for name in list(st.session_state):
            del st.session_state[name]
    st.session_state[SESSION_OF] = user_id
