"""Browsers in which somebody is signed in: who it is, read afresh each time, and how a sign-in ends."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from erp_core.clock import Clock
from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.errors import NotPermitted
from erp_core.security import audit
from erp_core.security.actor import Actor
from erp_core.security.rules import STAGE_LASTS, Lasting, Stage, Times, is_over
from erp_core.security.tables import app_user, user_session
from erp_core.security.views import Account, account_of
from erp_core.settings import Settings
from erp_core.text import T, Text

_SEEN_EVERY = dt.timedelta(minutes=1)
Which = sa.ColumnElement[bool]
_KEPT = dt.timedelta(days=7)  # after its end, for whoever looks into what happened


class SignedOut(NotPermitted):
    """Nobody is signed in here. Shown with the way to sign in."""

    default_code = "signed_out"


@dataclass(frozen=True)
class Place:
    """Where a visitor comes from: the address, and what the browser calls itself."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True)
class Held:
    """A session that counts: whose it is, and what it may be used for."""

    id: int
    account: Account
    stage: Stage

    def actor(self, source: str) -> Actor:
        """Who acts: with the permissions of this moment, and with none before the sign-in is whole."""
        whole = self.stage is Stage.WHOLE
        permissions = self.account.permissions if whole else frozenset()
        return Actor(self.account.name, permissions, source, self.account.channels)


def lasting_of(settings: Settings) -> Lasting:
    """How long a sign-in lasts in this installation."""
    return Lasting(dt.timedelta(minutes=settings.session_idle), dt.timedelta(hours=settings.session_whole))


def hash_of(token: str) -> str:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(uow: UnitOfWork, user_id: int, stage: Stage, lasting: Lasting, place: Place) -> str:
    """Begin a session. Returns its token, which is kept nowhere but in the browser."""
    token = secrets.token_urlsafe(32)
    open_for(uow, user_id, hash_of(token), (stage, lasting, place))
    return token


def open_for(
    uow: UnitOfWork, user_id: int, token_hash: str, how: tuple[Stage, Lasting, Place], *, elsewhere: bool = False
) -> None:
    """Begin a session whose token exists already; old ones that ended long ago are forgotten."""
    stage, lasting, place = how
    now = uow.now()
    ends = now + (lasting.whole if stage is Stage.WHOLE else STAGE_LASTS)
    uow.connection.execute(sa.delete(user_session).where(user_session.c.ends_at < now - _KEPT))
    uow.connection.execute(
        sa.insert(user_session).values(
            user_id=user_id, token_hash=token_hash, stage=str(stage), elsewhere=elsewhere, made_at=now, seen_at=now,
            ends_at=ends, address=place.address[:60], browser=place.browser[:200],
        )
    )  # fmt: skip
    if stage is Stage.WHOLE:
        uow.connection.execute(sa.update(app_user).where(app_user.c.id == user_id).values(signed_in_at=now))


def held_by(connection: sa.Connection, token_hash: str, now: dt.datetime, idle: dt.timedelta) -> Held | None:
    """The session of a token, if it counts: not ended, not expired, its account switched on."""
    return _held(connection, user_session.c.token_hash == token_hash, now, idle)


def held_still(connection: sa.Connection, session_id: int, now: dt.datetime, idle: dt.timedelta) -> Held | None:
    """The same of a session that was looked up before. It does not count as used: what a page asks by itself every few
    seconds is nobody's click."""
    return _held(connection, user_session.c.id == session_id, now, idle)


def _held(connection: sa.Connection, which: Which, now: dt.datetime, idle: dt.timedelta) -> Held | None:
    u, s = app_user, user_session
    columns = (s.c.id.label("session_id"), s.c.stage, s.c.seen_at, s.c.ends_at, s.c.ended_at)
    query = sa.select(*columns, u).join(u, u.c.id == s.c.user_id).where(which)
    row = connection.execute(query).first()
    if row is None or not row.active or is_over(Times(row.seen_at, row.ends_at, row.ended_at), now, idle):
        return None
    return Held(row.session_id, account_of(row), Stage(row.stage))


def held(database: Database, token_hash: str, clock: Clock, lasting: Lasting) -> Held | None:
    """The same, and the session counts as used now."""
    now = clock.now()
    with database.reading() as connection:
        found = held_by(connection, token_hash, now, lasting.idle)
        if found is None:
            return None
        s = user_session.c
        seen = connection.execute(sa.select(s.seen_at).where(s.id == found.id)).scalar_one()
    if now - seen >= _SEEN_EVERY:
        with unit_of_work(database, As(found.account.name, frozenset(), clock)) as uow:
            uow.connection.execute(sa.update(user_session).where(s.id == found.id).values(seen_at=now))
            uow.commit()
    return found


def sign_out(database: Database, token_hash: str, clock: Clock, source: str = "") -> None:
    """End a session; nothing happens where there is none."""
    u, s = app_user, user_session
    with database.reading() as connection:
        query = sa.select(s.c.id, u.c.name).join(u, u.c.id == s.c.user_id)
        row = connection.execute(query.where(s.c.token_hash == token_hash, s.c.ended_at.is_(None))).first()
    if row is None:
        return
    with unit_of_work(database, As(row.name, frozenset(), clock, source)) as uow:
        uow.connection.execute(sa.update(s).where(s.c.id == row.id).values(ended_at=uow.now()))
        audit.record(uow, audit.Act.SIGN_OUT, row.name)
        uow.commit()


def signed_out(message: Text | None = None) -> SignedOut:
    """What a visitor is told whom nobody knows."""
    return SignedOut(message or T("You are not signed in."), hint=T("Sign in to see this page."))
