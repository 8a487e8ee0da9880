"""Reading accounts and sign-ins."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.errors import NotFound
from erp_core.security.permissions import Permission
from erp_core.security.rules import (
    ADMIN,
    GRANTED_APART,
    ROLE_NAMES,
    ROLES,
    SPLIT_BY_SHOP,
    Stage,
    is_loopback,
    name_key,
    permitted,
)
from erp_core.security.tables import app_user, recovery_code, user_session
from erp_core.text import T

# What pages need of the rules, to which they have no door of their own.
__all__ = [
    "ADMIN", "GRANTED_APART", "ROLES", "ROLE_NAMES", "SPLIT_BY_SHOP", "Account", "SignIn", "Stage", "account",
    "account_named", "account_of", "accounts", "are_there_accounts", "is_loopback", "other_admins", "sign_ins",
    "unused_recovery_codes",
]  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One person's account, as it stands now. `channels`: the shops that it is limited to; None = all."""

    id: int
    name: str
    mail: str | None
    role: str
    grants: frozenset[str]
    channels: frozenset[int] | None
    active: bool
    has_password: bool
    password_is_first: bool
    second_factor: bool
    bound: bool  # to a sign-in at an OpenID provider
    made_at: dt.datetime
    signed_in_at: dt.datetime | None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the account may do; nothing while it is switched off."""
        if not self.active:
            return frozenset()
        return permitted(self.role, self.grants, limited=self.channels is not None)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "id": self.id, "name": self.name, "mail": self.mail, "role": self.role, "grants": sorted(self.grants),
            "channels": None if self.channels is None else sorted(self.channels), "active": self.active,
            "second_factor": self.second_factor, "must_change_password": self.password_is_first,
            "made_at": self.made_at.isoformat(),
            "signed_in_at": None if self.signed_in_at is None else self.signed_in_at.isoformat(),
        }  # fmt: skip


def account_of(row: Any) -> Account:
    """The account in a row of app_user."""
    return Account(
        row.id, row.name, row.mail, row.role, frozenset(row.grants),
        frozenset(row.channels) if row.limited else None,
        row.active, row.password_hash is not None, row.password_is_first, row.second_factor_on,
        row.subject is not None, row.made_at, row.signed_in_at,
    )  # fmt: skip


def accounts(connection: sa.Connection) -> list[Account]:
    """All accounts, by name."""
    rows = connection.execute(sa.select(app_user).order_by(app_user.c.name_key))
    return [account_of(row) for row in rows]


def account(connection: sa.Connection, user_id: int) -> Account:
    """One account. Raises NotFound."""
    row = connection.execute(sa.select(app_user).where(app_user.c.id == user_id)).first()
    if row is None:
        raise _nobody(str(user_id))
    return account_of(row)


def account_named(connection: sa.Connection, name: str) -> Account:
    """The account of a name, however its letters are written. Raises NotFound."""
    row = connection.execute(sa.select(app_user).where(app_user.c.name_key == name_key(name))).first()
    if row is None:
        raise _nobody(name)
    return account_of(row)


def _nobody(name: str) -> NotFound:
    return NotFound(
        T("There is no account “{name}”.", name=name),
        hint=T("See the names with python -m erp_core users list."),
        code="person.unknown",
    )


def are_there_accounts(connection: sa.Connection) -> bool:
    """Whether anybody has an account: from the first one on everybody signs in."""
    return connection.execute(sa.select(app_user.c.id).limit(1)).first() is not None


def other_admins(connection: sa.Connection, user_id: int) -> int:
    """How many active administrators there are beside this account. Held against changes until the transaction ends."""
    query = sa.select(app_user.c.id).where(app_user.c.active, app_user.c.role == ADMIN).with_for_update()
    return sum(1 for (found,) in connection.execute(query) if found != user_id)


@dataclass(frozen=True)
class SignIn:
    """A browser in which somebody is signed in."""

    id: int
    made_at: dt.datetime
    seen_at: dt.datetime
    address: str
    browser: str


def sign_ins(connection: sa.Connection, user_id: int, now: dt.datetime, idle: dt.timedelta) -> list[SignIn]:
    """The browsers in which an account is signed in now, the one used last first."""
    s = user_session.c
    query = (
        sa.select(s.id, s.made_at, s.seen_at, s.address, s.browser)
        .where(s.user_id == user_id, s.ended_at.is_(None), s.ends_at > now, s.seen_at > now - idle)
        .order_by(s.seen_at.desc(), s.id.desc())
    )
    return [SignIn(*row) for row in connection.execute(query)]


def unused_recovery_codes(connection: sa.Connection, user_id: int) -> int:
    """How many recovery codes an account has left."""
    r = recovery_code.c
    query = sa.select(sa.func.count()).where(r.user_id == user_id, r.used_at.is_(None))
    return int(connection.execute(query).scalar_one())
