"""Accounts: adding people, and changing what they may do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, Conflict
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.passwords import first_password, hashed, require_strong
from erp_core.security.permissions import Permission
from erp_core.security.rules import ADMIN, GRANTED_APART, NAMES_OF_PROGRAMS, ROLES, name_key
from erp_core.security.tables import app_user, recovery_code, user_session
from erp_core.security.views import Account, account, are_there_accounts, other_admins
from erp_core.text import T

_LONGEST_NAME = 60


@dataclass(frozen=True)
class NewPerson:
    """Who is added. `channels`: the ids of the shops that the account is limited to; None = all.

    `password`: None has one made up; with `elsewhere` there is none: the person signs in at an OpenID provider, which
    knows them by `mail`.
    """

    name: str
    role: str = "viewer"
    mail: str | None = None
    grants: frozenset[str] = frozenset()
    channels: frozenset[int] | None = None
    password: str | None = None
    elsewhere: bool = False


@dataclass(frozen=True)
class Added:
    """The account that was made, and its first password: None where it was given, or where there is none."""

    account: Account
    password: str | None


@dataclass(frozen=True)
class Rights:
    """What an account may do from now on. `channels`: see `NewPerson`."""

    role: str
    grants: frozenset[str] = frozenset()
    channels: frozenset[int] | None = None


def add_person(uow: UnitOfWork, person: NewPerson) -> Added:
    """Make an account. The first one must be an administrator's: from it on everybody signs in.

    Raises BadInput for a name, a mail or a password that cannot be, Conflict for a name or mail that is taken.
    """
    require(uow, Permission.MANAGE_PEOPLE)
    name, mail = _name(person.name), _mail(person.mail)
    rights = _clean(Rights(person.role, person.grants, person.channels))
    if not are_there_accounts(uow.connection) and not _rules(rights, elsewhere=person.elsewhere):
        raise BadInput(
            T("The first account must be an administrator’s, with a password and for all shops."),
            hint=T("Add an administrator first; with the first account everybody has to sign in."),
            code="person.first_admin",
        )
    if person.elsewhere and mail is None:
        raise BadInput(
            T("Who signs in elsewhere needs a mail address to be known by."),
            hint=T("Give the address that the sign-in service knows."),
            code="person.no_mail",
        )
    _require_free(uow, name, mail)
    password = None if person.elsewhere else person.password or first_password()
    if person.password is not None:
        require_strong(person.password, [name, mail or ""])
    values = {
        "name": name, "name_key": name_key(name), "mail": mail, "made_at": uow.now(),
        "password_hash": None if password is None else hashed(password), "password_is_first": password is not None,
        **_columns(rights),
    }  # fmt: skip
    user_id = uow.connection.execute(sa.insert(app_user).values(**values).returning(app_user.c.id)).scalar_one()
    audit.record(uow, audit.Act.ADD_PERSON, name, **_said(rights))
    return Added(account(uow.connection, user_id), None if person.password else password)


def change_rights(uow: UnitOfWork, user_id: int, rights: Rights) -> None:
    """Give an account another role, other grants, other shops. It counts from the person's next click.

    Raises Conflict where no administrator would be left, BadInput for a role or grant that there is not, NotFound.
    """
    require(uow, Permission.MANAGE_PEOPLE)
    before, rights = account(uow.connection, user_id), _clean(rights)
    if not _rules(rights, elsewhere=False):
        _require_other_admin(uow, before)
    _update(uow, user_id, _columns(rights))
    was = Rights(before.role, before.grants, before.channels)
    audit.record(uow, audit.Act.CHANGE_PERSON, before.name, before=_said(was), after=_said(rights))


def change_mail(uow: UnitOfWork, user_id: int, mail: str | None) -> None:
    """Give an account another mail address; a sign-in elsewhere that was bound by the old one is bound no more.

    Raises BadInput, Conflict for an address that is taken, NotFound.
    """
    require(uow, Permission.MANAGE_PEOPLE)
    before, mail = account(uow.connection, user_id), _mail(mail)
    if mail == before.mail:
        return
    if mail is None and not before.has_password:
        raise BadInput(
            T("Who signs in elsewhere needs a mail address to be known by."),
            hint=T("Give the address that the sign-in service knows."),
            code="person.no_mail",
        )
    _require_free(uow, None, mail)
    _update(uow, user_id, {"mail": mail, "issuer": None, "subject": None, "void_before": uow.now()})
    _end(uow, user_id, elsewhere_only=True)
    audit.record(uow, audit.Act.CHANGE_PERSON, before.name, changed=["mail"])


def disable_person(uow: UnitOfWork, user_id: int) -> None:
    """Switch an account off: out at the next click. Raises Conflict for the last administrator, NotFound."""
    require(uow, Permission.MANAGE_PEOPLE)
    before = account(uow.connection, user_id)
    _require_other_admin(uow, before)
    _update(uow, user_id, {"active": False, "void_before": uow.now()})
    _end(uow, user_id)
    audit.record(uow, audit.Act.DISABLE_PERSON, before.name)


def enable_person(uow: UnitOfWork, user_id: int) -> None:
    """Switch an account on again; the person signs in anew. Raises NotFound."""
    require(uow, Permission.MANAGE_PEOPLE)
    before = account(uow.connection, user_id)
    _update(uow, user_id, {"active": True})
    audit.record(uow, audit.Act.ENABLE_PERSON, before.name)


def reset_password(uow: UnitOfWork, user_id: int, password: str | None = None) -> str | None:
    """Give an account a first password again, to be changed at the next sign-in; ends its sign-ins.

    Returns the password that was made up, None where one was given. Raises BadInput for a weak one, NotFound.
    """
    require(uow, Permission.MANAGE_PEOPLE)
    before = account(uow.connection, user_id)
    if password is not None:
        require_strong(password, [before.name, before.mail or ""])
    made = None if password is not None else first_password()
    kept = hashed(password or made or "")
    _update(uow, user_id, {"password_hash": kept, "password_is_first": True, "void_before": uow.now()})
    _end(uow, user_id)
    audit.record(uow, audit.Act.RESET_PASSWORD, before.name)
    return made


def end_sessions_of(uow: UnitOfWork, user_id: int) -> int:
    """Sign a person out everywhere. Returns in how many browsers. Raises NotFound."""
    require(uow, Permission.MANAGE_PEOPLE)
    before = account(uow.connection, user_id)
    _update(uow, user_id, {"void_before": uow.now()})
    count = _end(uow, user_id)
    audit.record(uow, audit.Act.END_SESSIONS, before.name, browsers=count)
    return count


def drop_second_factor_of(uow: UnitOfWork, user_id: int) -> None:
    """Take the second factor off an account whose phone and recovery codes are lost. Raises NotFound."""
    require(uow, Permission.MANAGE_PEOPLE)
    before = account(uow.connection, user_id)
    _update(uow, user_id, {"second_factor": None, "second_factor_on": False})
    uow.connection.execute(sa.delete(recovery_code).where(recovery_code.c.user_id == user_id))
    audit.record(uow, audit.Act.SECOND_FACTOR_OFF, before.name)


def _rules(rights: Rights, *, elsewhere: bool) -> bool:
    """Whether these are an administrator's, unlimited, who can sign in whatever becomes of a provider."""
    return rights.role == ADMIN and rights.channels is None and not elsewhere


def _require_other_admin(uow: UnitOfWork, before: Account) -> None:
    if before.active and before.role == ADMIN and other_admins(uow.connection, before.id) == 0:
        raise Conflict(
            T("{name} is the last administrator.", name=before.name),
            hint=T("Make another person an administrator first."),
            code="person.last_admin",
        )


def _update(uow: UnitOfWork, user_id: int, values: dict[str, Any]) -> None:
    uow.connection.execute(sa.update(app_user).where(app_user.c.id == user_id).values(**values))


def _end(uow: UnitOfWork, user_id: int, *, elsewhere_only: bool = False) -> int:
    s = user_session.c
    which = [s.user_id == user_id, s.ended_at.is_(None), *([s.elsewhere] if elsewhere_only else [])]
    return uow.connection.execute(sa.update(user_session).where(*which).values(ended_at=uow.now())).rowcount


def _clean(rights: Rights) -> Rights:
    if rights.role not in ROLES:
        raise BadInput(
            T("There is no role “{role}”.", role=rights.role),
            hint=T("Take one of these: {roles}.", roles=", ".join(ROLES)),
            code="person.role",
        )
    unknown = sorted(set(rights.grants) - {str(grant) for grant in GRANTED_APART})
    if unknown:
        raise BadInput(
            T("“{grant}” cannot be granted by itself.", grant=unknown[0]),
            hint=T("Take one of these: {grants}.", grants=", ".join(sorted(GRANTED_APART))),
            code="person.grant",
        )
    if rights.role == ADMIN and rights.channels is not None:
        raise BadInput(
            T("An administrator cannot be limited to some shops."),
            hint=T("Choose another role, or all shops."),
            code="person.limited_admin",
        )
    return rights


def _columns(rights: Rights) -> dict[str, Any]:
    return {
        "role": rights.role,
        "grants": sorted(str(grant) for grant in rights.grants),
        "limited": rights.channels is not None,
        "channels": sorted(rights.channels or ()),
    }


def _said(rights: Rights) -> dict[str, Any]:
    channels = None if rights.channels is None else sorted(rights.channels)
    return {"role": rights.role, "grants": sorted(str(grant) for grant in rights.grants), "channels": channels}


def _require_free(uow: UnitOfWork, name: str | None, mail: str | None) -> None:
    u = app_user.c
    taken: Iterable[sa.ColumnElement[bool]] = [
        *([] if name is None else [u.name_key == name_key(name)]),
        *([] if mail is None else [u.mail == mail]),
    ]
    row = uow.connection.execute(sa.select(u.name).where(sa.or_(sa.false(), *taken))).first()
    if row is not None:
        raise Conflict(
            T("There is an account of this name or mail address already: {name}.", name=row.name),
            hint=T("Choose another name; an account that was switched off can be switched on again."),
            code="person.taken",
        )


def _name(word: str) -> str:
    name = " ".join(word.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or name_key(name) in NAMES_OF_PROGRAMS:
        raise BadInput(
            T("“{name}” cannot be the name of an account.", name=name[:_LONGEST_NAME]),
            hint=T(
                "Give 1 to {most} letters; some names, such as “local”, are the workbench’s own.", most=_LONGEST_NAME
            ),
            code="person.name",
        )
    return name


def _mail(word: str | None) -> str | None:
    mail = (word or "").strip().casefold()
    if not mail:
        return None
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", mail):
        raise BadInput(
            T("“{mail}” is no mail address.", mail=mail),
            hint=T("Write it like name@shop.example."),
            code="person.mail",
        )
    return mail
