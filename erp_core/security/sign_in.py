"""Signing in: by name and password, by a second factor, by an OpenID provider; and what a person does to its account.

Each function sees to its own transactions. Before a password is looked at, the try is counted as one that failed, in
the database: tries sent at once, or to several processes, wait as those do that come one after another. An unknown
name takes the same time and gets the same answer as a wrong password.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.clock import Clock
from erp_core.db.base import UtcTime
from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.db.upsert import insert_missing
from erp_core.errors import BadInput, NotPermitted
from erp_core.security import audit
from erp_core.security import second_factor as factor
from erp_core.security.passwords import fits, hashed, is_outdated, require_strong, same
from erp_core.security.rules import (
    BY_ACCOUNT,
    BY_ADDRESS,
    Lasting,
    Patience,
    Stage,
    name_key,
    neighbourhood,
    wait_after,
)
from erp_core.security.sessions import Held, Place, hash_of, held_by, open_for, open_session, signed_out
from erp_core.security.tables import app_user, failed_tries, recovery_code, user_session
from erp_core.text import T, Text

NOBODY = "nobody"
USUAL, NOWHERE = Lasting(), Place()


@dataclass(frozen=True)
class Door:
    """Where people enter: the database of the accounts, the clock, how long a sign-in lasts, where it comes from."""

    database: Database
    clock: Clock
    lasting: Lasting = USUAL
    place: Place = NOWHERE

    @property
    def source(self) -> str:
        """Where from, as the audit says it."""
        return f"sign-in {self.place.address}".strip()

    def acting(self, name: str) -> As:
        """A unit of work's actor who has no permission at all."""
        return As(name, frozenset(), self.clock, self.source)


@dataclass(frozen=True)
class Begun:
    """A session that has begun: the token for the browser, and what has to follow before it is whole."""

    token: str
    stage: Stage


def sign_in(door: Door, name: str, password: str) -> Begun:
    """Begin a session by name and password.

    Raises NotPermitted: `sign_in.wait` while tries have to wait, else `sign_in.refused`, which does not say why.
    """
    address = neighbourhood(door.place.address)
    tries = _Tries((_whose("account", name_key(name)), BY_ACCOUNT), (_whose("address", address), BY_ADDRESS))
    _count_try(door, tries, "sign-in")
    with door.database.reading() as connection:
        row = connection.execute(sa.select(app_user).where(app_user.c.name_key == name_key(name))).first()
    if not fits(None if row is None else row.password_hash, password) or row is None or not row.active:
        known = row.name if row is not None else NOBODY
        audit.refused(door.database, door.acting(known), "sign-in", "sign_in.refused")
        raise NotPermitted(
            T("The name or the password is not right."),
            hint=T("Check both; an administrator can give you a new password."),
            code="sign_in.refused",
        )
    stage = _stage_after_password(row)
    with unit_of_work(door.database, door.acting(row.name)) as uow:
        _forget_tries(uow, tries)
        if is_outdated(row.password_hash):
            _update(uow, row.id, {"password_hash": hashed(password)})
        token = open_session(uow, row.id, stage, door.lasting, door.place)
        if stage is Stage.WHOLE:
            audit.record(uow, audit.Act.SIGN_IN, row.name)
        uow.commit()
    return Begun(token, stage)


def give_second_factor(door: Door, token: str, code: str) -> Begun:
    """Go on with a session by the phone's code or a recovery code; the session goes on under another token.

    Raises SignedOut where the session is over, NotPermitted as `sign_in` does.
    """
    found = _held(door, token, Stage.SECOND_FACTOR)
    tries = _Tries((_whose("second", str(found.account.id)), BY_ACCOUNT), None)
    _count_try(door, tries, "second factor")
    with unit_of_work(door.database, door.acting(found.account.name)) as uow:
        row = _row(uow, found.account.id)
        if not _code_fits(uow, row, code):
            right = False
        else:
            right = True
            _forget_tries(uow, tries)
            stage = Stage.NEW_PASSWORD if row.password_is_first else Stage.WHOLE
            begun = _go_on(uow, door, found, stage)
            if stage is Stage.WHOLE:
                audit.record(uow, audit.Act.SIGN_IN, row.name, second_factor=True)
            else:
                audit.record(uow, audit.Act.SECOND_FACTOR_GIVEN, row.name)
            uow.commit()
    if not right:
        raise _wrong_code(door, found.account.name)
    return begun


@dataclass(frozen=True)
class PasswordChange:
    """The old password, the new one, and words of the shop, which count for little in a password."""

    old: str
    new: str
    known: tuple[str, ...] = ()


def change_password(door: Door, token: str, change: PasswordChange) -> Begun:
    """Choose another password, knowing the old one. All other sign-ins of the account end; this one gets a new token.

    Raises SignedOut, NotPermitted for an old password that is not right, BadInput for a new one that is weak: that is
    no guess at the old one, and does not count as a try that failed.
    """
    found = _held(door, token, Stage.WHOLE, Stage.NEW_PASSWORD)
    old, new = change.old, change.new
    if same(old, new):
        raise BadInput(
            T("The new password is the old one."), hint=T("Choose another one."), code="password.same"
        )  # fmt: skip
    require_strong(new, [found.account.name, found.account.mail or "", *change.known])
    tries = _know_password(door, found, old, ("change password", T("The old password is not right.")))
    with unit_of_work(door.database, door.acting(found.account.name)) as uow:
        _forget_tries(uow, tries)
        _update(uow, found.account.id, {"password_hash": hashed(new), "password_is_first": False})
        _end_all(uow, found.account.id)
        audit.record(uow, audit.Act.CHANGE_PASSWORD, found.account.name)
        if found.stage is Stage.NEW_PASSWORD:  # only now the person is in
            audit.record(uow, audit.Act.SIGN_IN, found.account.name)
        begun = Begun(open_session(uow, found.account.id, Stage.WHOLE, door.lasting, door.place), Stage.WHOLE)
        uow.commit()
    return begun


def start_second_factor(door: Door, token: str) -> str:
    """A new secret for the phone; it counts from `confirm_second_factor` on. Raises SignedOut."""
    found = _held(door, token, Stage.WHOLE)
    secret = factor.new_secret()
    with unit_of_work(door.database, door.acting(found.account.name)) as uow:
        if not _row(uow, found.account.id).second_factor_on:
            _update(uow, found.account.id, {"second_factor": {"secret": secret}, "second_factor_step": 0})
            audit.record(uow, audit.Act.SECOND_FACTOR_OFFERED, found.account.name)
            uow.commit()
    return secret


def waiting_secret(door: Door, token: str) -> str | None:
    """The secret that waits for its first code; None where none does, or where it counts already."""
    found = _held(door, token, Stage.WHOLE)
    with door.database.reading() as connection:
        row = connection.execute(sa.select(app_user).where(app_user.c.id == found.account.id)).one()
    return None if row.second_factor_on else row.second_factor.get("secret")


def confirm_second_factor(door: Door, token: str, code: str) -> list[str]:
    """Switch the second factor on with the phone's first code. Returns the recovery codes, which are shown once.

    Raises SignedOut, NotPermitted for a code that does not fit.
    """
    found = _held(door, token, Stage.WHOLE)
    codes = factor.recovery_codes()
    tries = _Tries((_whose("second", str(found.account.id)), BY_ACCOUNT), None)
    _count_try(door, tries, "second factor")
    with unit_of_work(door.database, door.acting(found.account.name)) as uow:
        row = _row(uow, found.account.id)
        secret = row.second_factor.get("secret")
        step = None if secret is None or row.second_factor_on else factor.step_of(secret, code, uow.now(), 0)
        if step is not None:
            _forget_tries(uow, tries)
            _update(uow, row.id, {"second_factor_on": True, "second_factor_step": step})
            uow.connection.execute(sa.delete(recovery_code).where(recovery_code.c.user_id == row.id))
            rows = [{"user_id": row.id, "code_hash": factor.code_hash(code)} for code in codes]
            uow.connection.execute(sa.insert(recovery_code), rows)
            _end_all(uow, row.id, but=found.id)
            audit.record(uow, audit.Act.SECOND_FACTOR_ON, row.name)
            uow.commit()
    if step is None:
        raise _wrong_code(door, found.account.name)
    return codes


def drop_second_factor(door: Door, token: str, password: str) -> None:
    """Switch one's own second factor off, knowing the password. Raises SignedOut, NotPermitted."""
    found = _held(door, token, Stage.WHOLE)
    tries = _know_password(door, found, password, ("second factor off", T("The password is not right.")))
    with unit_of_work(door.database, door.acting(found.account.name)) as uow:
        _forget_tries(uow, tries)
        _update(uow, found.account.id, {"second_factor": None, "second_factor_on": False})
        uow.connection.execute(sa.delete(recovery_code).where(recovery_code.c.user_id == found.account.id))
        audit.record(uow, audit.Act.SECOND_FACTOR_OFF, found.account.name)
        uow.commit()


def end_other_sessions(door: Door, token: str) -> int:
    """Sign oneself out everywhere but here. Returns in how many browsers. Raises SignedOut."""
    found = _held(door, token, Stage.WHOLE)
    with unit_of_work(door.database, door.acting(found.account.name)) as uow:
        count = _end_all(uow, found.account.id, but=found.id)
        _update(uow, found.account.id, {"void_before": uow.now()})
        audit.record(uow, audit.Act.END_SESSIONS, found.account.name, browsers=count)
        uow.commit()
    return count


def held_at(door: Door, token: str) -> Held | None:
    """The session of a token, whatever it may be used for."""
    with door.database.reading() as connection:
        return held_by(connection, hash_of(token), door.clock.now(), door.lasting.idle)


# --- an OpenID provider --------------------------------------------------------------------------------------------


def sign_in_elsewhere(door: Door, claims: Mapping[str, Any]) -> Held:
    """Whose session it is that a provider vouches for, by the claims of its ID token (iss, sub, iat, email, …).

    An account is found by iss and sub; at the first time by its mail, which the provider must have verified, and is
    bound to iss and sub from then on. The session is one of ours: it can be ended here, and ends by our rules, counted
    from `iat`. Raises NotPermitted for unknown persons, SignedOut where the sign-in is too old or was ended.
    """
    issuer, subject, issued = str(claims.get("iss") or ""), str(claims.get("sub") or ""), _instant(claims.get("iat"))
    if not issuer or not subject or issued is None:
        raise _unknown(T("The sign-in service does not say who you are."))
    now = door.clock.now()
    token_hash = hashlib.sha256(f"{issuer}\0{subject}\0{int(issued.timestamp())}".encode()).hexdigest()
    with door.database.reading() as connection:
        found = held_by(connection, token_hash, now, door.lasting.idle)
        known = connection.execute(sa.select(user_session.c.id).where(user_session.c.token_hash == token_hash)).first()
    if found is not None:
        return found
    if known is not None or now - issued >= door.lasting.whole:
        raise signed_out(T("Your sign-in has ended."))
    with unit_of_work(door.database, door.acting(NOBODY)) as uow:
        row = _account_elsewhere(uow, claims)
        if row.void_before is not None and issued <= row.void_before:
            raise signed_out(T("Your sign-in has ended."))
        uow.actor = row.name
        rest = Lasting(door.lasting.idle, door.lasting.whole - max(now - issued, dt.timedelta(0)))
        open_for(uow, row.id, token_hash, (Stage.WHOLE, rest, door.place), elsewhere=True)
        audit.record(uow, audit.Act.SIGN_IN, row.name, issuer=issuer)
        uow.commit()
    with door.database.reading() as connection:
        found = held_by(connection, token_hash, now, door.lasting.idle)
    if found is None:
        raise signed_out(T("Your sign-in has ended."))
    return found


def elsewhere_hash(claims: Mapping[str, Any]) -> str | None:
    """What stands for the token of a sign-in elsewhere; None where the claims say too little."""
    issued = _instant(claims.get("iat"))
    if issued is None:
        return None
    text = f"{claims.get('iss') or ''}\0{claims.get('sub') or ''}\0{int(issued.timestamp())}"
    return hashlib.sha256(text.encode()).hexdigest()


def _is_verified(claims: Mapping[str, Any]) -> bool:
    """Whether the provider verified the mail address. Microsoft Entra never says `email_verified`; it says `xms_edov`
    (email domain owner verified), as an optional claim, in one of several forms."""
    if "email_verified" in claims:
        return claims["email_verified"] is True
    return claims.get("xms_edov") in (True, "1", "true")


def _account_elsewhere(uow: UnitOfWork, claims: Mapping[str, Any]) -> Any:
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    u = app_user.c
    row = uow.connection.execute(sa.select(app_user).where(u.issuer == issuer, u.subject == subject)).first()
    if row is None:
        mail = str(claims.get("email") or "").strip().casefold()
        if not mail or not _is_verified(claims):
            raise _unknown(T("The sign-in service has not verified your mail address."))
        row = uow.connection.execute(sa.select(app_user).where(u.mail == mail)).first()
        if row is None or row.subject is not None or not row.active:
            raise _unknown(T("Nobody has added you to this workbench yet."))
        _update(uow, row.id, {"issuer": issuer, "subject": subject})
        uow.actor = row.name
        audit.record(uow, audit.Act.BIND_SIGN_IN, row.name, issuer=issuer)
    if not row.active:
        raise _unknown(T("Nobody has added you to this workbench yet."))
    return row


def _unknown(message: Text) -> NotPermitted:
    return NotPermitted(
        message,
        hint=T("Ask the person who administers the workbench to add your mail address."),
        code="sign_in.unknown",
    )


def _instant(seconds: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


# --- shared --------------------------------------------------------------------------------------------------------

_Counted = tuple[str, Patience]


@dataclass(frozen=True)
class _Tries:
    """Whose failed tries count: of what is tried, and of who tries."""

    account: _Counted
    address: _Counted | None

    def all(self) -> list[_Counted]:
        return [self.account, *([self.address] if self.address else [])]


def _whose(kind: str, word: str) -> str:
    return hashlib.sha256(f"{kind}\0{word}".encode()).hexdigest()


def _count_try(door: Door, tries: _Tries, what: str) -> None:
    """Count a try as failed before it is looked at; raise NotPermitted while it has to wait."""
    f = failed_tries.c
    wait = dt.timedelta(0)
    with unit_of_work(door.database, door.acting(NOBODY)) as uow:
        now = uow.now()
        for whose, patience in tries.all():
            row = _counted(uow, whose)
            if row.blocked_until is not None and row.blocked_until > now:
                wait = max(wait, row.blocked_until - now)
                continue
            count = 1 if now - row.last_at >= patience.forgotten else row.count + 1
            delay = wait_after(count, patience)
            values = {"count": count, "last_at": now, "blocked_until": now + delay if delay else None}
            uow.connection.execute(sa.update(failed_tries).where(f.whose == whose).values(**values))
        uow.connection.execute(sa.delete(failed_tries).where(f.last_at < now - BY_ACCOUNT.forgotten))
        if not wait:
            uow.commit()
    if wait:
        audit.refused(door.database, door.acting(NOBODY), what, "sign_in.wait")
        minutes = max(1, math.ceil(wait.total_seconds() / 60))
        raise NotPermitted(
            T("There were too many tries that failed."),
            hint=T("Try again in {minutes} min.", minutes=minutes),
            code="sign_in.wait",
        )


def _counted(uow: UnitOfWork, whose: str) -> Any:
    """The count of somebody's failed tries, made where there is none, and held until the transaction ends: of tries at
    once each sees those before it."""
    values: list[sa.ColumnElement[Any]] = [sa.literal(whose), sa.literal(0), sa.literal(uow.now(), UtcTime())]
    nothing = sa.select(*values)
    insert_missing(uow.connection, failed_tries, nothing, ["whose", "count", "last_at"], ["whose"])
    query = sa.select(failed_tries).where(failed_tries.c.whose == whose)
    return uow.connection.execute(query.with_for_update()).one()


def _forget_tries(uow: UnitOfWork, tries: _Tries) -> None:
    """A try was right: the account's count begins anew, the address's loses this one."""
    f = failed_tries.c
    uow.connection.execute(sa.delete(failed_tries).where(f.whose == tries.account[0]))
    if tries.address is not None:
        which = sa.update(failed_tries).where(f.whose == tries.address[0], f.count > 0)
        uow.connection.execute(which.values(count=f.count - 1, blocked_until=None))


def _stage_after_password(row: Any) -> Stage:
    if row.second_factor_on:
        return Stage.SECOND_FACTOR
    return Stage.NEW_PASSWORD if row.password_is_first else Stage.WHOLE


def _held(door: Door, token: str, *stages: Stage) -> Held:
    found = held_at(door, token)
    if found is None or found.stage not in stages:
        raise signed_out()
    return found


def _go_on(uow: UnitOfWork, door: Door, found: Held, stage: Stage) -> Begun:
    """The next stage under a token of its own: one that was seen before the sign-in was whole opens nothing."""
    s = user_session.c
    uow.connection.execute(sa.update(user_session).where(s.id == found.id).values(ended_at=uow.now()))
    return Begun(open_session(uow, found.account.id, stage, door.lasting, door.place), stage)


def _row(uow: UnitOfWork, user_id: int) -> Any:
    return uow.connection.execute(sa.select(app_user).where(app_user.c.id == user_id).with_for_update()).one()


def _update(uow: UnitOfWork, user_id: int, values: dict[str, Any]) -> None:
    uow.connection.execute(sa.update(app_user).where(app_user.c.id == user_id).values(**values))


def _end_all(uow: UnitOfWork, user_id: int, but: int | None = None) -> int:
    s = user_session.c
    which = sa.update(user_session).where(s.user_id == user_id, s.ended_at.is_(None))
    if but is not None:
        which = which.where(s.id != but)
    return uow.connection.execute(which.values(ended_at=uow.now())).rowcount


def _know_password(door: Door, found: Held, password: str, refusal: tuple[str, Text]) -> _Tries:
    """The tries to forget once the act is done. `refusal`: what was wanted, for the audit, and what to say.

    Raises NotPermitted where this is not the account's password.
    """
    tries = _Tries((_whose("account", name_key(found.account.name)), BY_ACCOUNT), None)
    _count_try(door, tries, refusal[0])
    with door.database.reading() as connection:
        kept = connection.execute(sa.select(app_user.c.password_hash).where(app_user.c.id == found.account.id)).scalar()
    if not fits(kept, password):
        audit.refused(door.database, door.acting(found.account.name), refusal[0], "sign_in.refused")
        raise NotPermitted(refusal[1], code="sign_in.refused")
    return tries


def _wrong_code(door: Door, name: str) -> NotPermitted:
    audit.refused(door.database, door.acting(name), "second factor", "sign_in.refused")
    return NotPermitted(
        T("This code is not right."),
        hint=T("Take the code that your phone shows now. Each code counts once."),
        code="sign_in.refused",
    )


def _code_fits(uow: UnitOfWork, row: Any, code: str) -> bool:
    step = factor.step_of(row.second_factor.get("secret", ""), code, uow.now(), row.second_factor_step)
    if step is not None:
        _update(uow, row.id, {"second_factor_step": step})
        return True
    r = recovery_code.c
    unused = (r.user_id == row.id, r.code_hash == factor.code_hash(code), r.used_at.is_(None))
    return uow.connection.execute(sa.update(recovery_code).where(*unused).values(used_at=uow.now())).rowcount == 1
