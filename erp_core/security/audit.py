"""One audit event per business act, in the act's own transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, StrEnum
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.db.upsert import insert_replacing
from erp_core.errors import ErpError
from erp_core.security import audit_chain
from erp_core.security.audit_chain import Event
from erp_core.security.tables import refusal_noted

log = logging.getLogger("erp_workbench")
_ONE_A_MINUTE = dt.timedelta(minutes=1)


class Act(StrEnum):
    """What can be done, as it is stored. `security.acts` has the words for people."""

    ADD_PERSON = "add person"
    ADD_QUOTE = "add quote"
    ADD_REQUIREMENT = "add requirement"
    ADD_VENDOR = "add vendor"
    ADD_VENDOR_FACT = "add vendor fact"
    ADJUST_STOCK = "adjust stock"
    ADOPT_FROM_IMPORT = "adopt from first import"
    ANSWER_DECISION = "answer decision"
    ARCHIVE_CHOICE = "archive ERP choice"
    ARCHIVE_PRODUCT = "archive product"
    ARCHIVE_VENDOR = "archive vendor"
    BACKUP_DOWNLOADED = "backup.downloaded"
    BACKUP_MADE = "backup.made"
    BACKUP_NOT_PROVEN = "backup.not_proven"
    BACKUP_PROVEN = "backup.proven"
    BACKUP_RESTORED = "backup.restored"
    BEGIN_CHOICE = "begin ERP choice"
    BEGIN_KEY_CHANGE = "begin key change"
    BIND_SIGN_IN = "bind sign-in"
    BRING_BACK_CHOICE = "bring back ERP choice"
    CHANGE_CHOICE = "change ERP choice"
    CHANGE_COMPANY = "change company"
    CHANGE_KEY = "change key"
    CHANGE_PASSWORD = "change password"  # noqa: S105  an act, no password
    CHANGE_PERSON = "change person"
    CHANGE_UNIT = "change unit"
    CHANGE_VENDOR = "change vendor"
    CHOOSE_PURCHASES = "choose purchases"
    CREATE_PRODUCT = "create product"
    DATABASE_UPGRADED = "database.upgraded"
    DELETE_VIEW = "delete view"
    DISABLE_PERSON = "disable person"
    DISSOLVE_BUNDLE = "dissolve bundle"
    EDIT_PRODUCTS = "edit products"
    ENABLE_PERSON = "enable person"
    END_SESSIONS = "end sessions"
    ERASE_PERSON = "erase person"
    EXPORT_SLIPS = "export packing slips"
    EXPORT_STOCK = "export stock"
    EXPORT_TRACKING = "export tracking"
    GIVE_PERSON = "give person their data"
    IMPORT = "import"
    KEEP_VERSION = "keep version"
    LIST_VENDORS = "list vendors"
    LOOK_AT_PERSON = "look at person"
    MANAGE_ALERT = "manage alert"
    MANAGE_DIGEST = "manage digest"
    MAP_SKU = "map SKU"
    MARK_AS_DEMO = "mark as demo"
    MARK_CHARGE = "mark charge"
    MARK_GOODS = "mark goods"
    PROPOSE_REQUIREMENTS = "propose requirements"
    RATE_VENDORS = "rate vendors"
    REBUILD_STOCK = "rebuild stock"
    REFUSED = "refused"
    REMOVE_CHANNEL_FEE = "remove channel fee"
    REMOVE_COST = "remove cost"
    REMOVE_RATE = "remove rate"
    REMOVE_REQUIREMENT = "remove requirement"
    REMOVE_SUPPLIER_ITEM = "remove supplier item"
    REMOVE_WEIGHTING = "remove weights"
    RENAME_LOCATION = "rename location"
    RENAME_VIEW = "rename view"
    RESET_PASSWORD = "reset password"  # noqa: S105  the same
    RESTORE_PRODUCT = "restore product"
    SAVE_VIEW = "save view"
    SECOND_FACTOR_GIVEN = "second factor given"
    SECOND_FACTOR_OFF = "second factor off"
    SECOND_FACTOR_OFFERED = "second factor offered"
    SECOND_FACTOR_ON = "second factor on"
    SET_BUNDLE = "set bundle"
    SET_CHANNEL_FEE = "set channel fee"
    SET_CHANNEL_TERMS = "set channel terms"
    SET_CHARGE_WORDS = "set charge words"
    SET_DEFAULT_LOCATION = "set default location"
    SET_RATE = "set rate"
    SET_REQUIREMENTS = "set requirements"
    SET_SUPPLIER_ITEM = "set supplier item"
    SET_WEIGHTING = "set weights"
    SHARE_VIEW = "share view"
    SIGN_IN = "sign in"
    SIGN_OUT = "sign out"
    STOP_SHARING_VIEW = "stop sharing view"
    TAKE_REQUIREMENTS = "take list of requirements"
    TAKE_RFP = "take vendor's answers"
    UNDO_IMPORT = "undo import"
    UNMAP_SKU = "unmap SKU"
    WITHDRAW_QUOTE = "withdraw quote"
    WITHDRAW_RATINGS = "withdraw ratings"
    WITHDRAW_VENDOR_FACT = "withdraw vendor fact"


# Acts that change no number: what was computed before them still holds.
LEAVES_NUMBERS = frozenset(
    {
        Act.ANSWER_DECISION,
        Act.BEGIN_KEY_CHANGE,
        Act.CHANGE_KEY,
        Act.GIVE_PERSON,
        Act.LOOK_AT_PERSON,
        Act.MANAGE_ALERT,
        Act.MANAGE_DIGEST,
        Act.SAVE_VIEW,
        Act.RENAME_VIEW,
        Act.SHARE_VIEW,
        Act.STOP_SHARING_VIEW,
        Act.DELETE_VIEW,
        Act.ADD_PERSON,
        Act.BIND_SIGN_IN,
        Act.CHANGE_PASSWORD,
        Act.CHANGE_PERSON,
        Act.DISABLE_PERSON,
        Act.ENABLE_PERSON,
        Act.END_SESSIONS,
        Act.REFUSED,
        Act.RESET_PASSWORD,
        Act.SECOND_FACTOR_GIVEN,
        Act.SECOND_FACTOR_OFF,
        Act.SECOND_FACTOR_OFFERED,
        Act.SECOND_FACTOR_ON,
        Act.SIGN_IN,
        Act.SIGN_OUT,
        Act.ADD_QUOTE,
        Act.ADD_REQUIREMENT,
        Act.ADD_VENDOR,
        Act.ADD_VENDOR_FACT,
        Act.ARCHIVE_CHOICE,
        Act.ARCHIVE_VENDOR,
        Act.BEGIN_CHOICE,
        Act.BRING_BACK_CHOICE,
        Act.CHANGE_CHOICE,
        Act.CHANGE_VENDOR,
        Act.KEEP_VERSION,
        Act.LIST_VENDORS,
        Act.PROPOSE_REQUIREMENTS,
        Act.RATE_VENDORS,
        Act.REMOVE_REQUIREMENT,
        Act.REMOVE_WEIGHTING,
        Act.SET_REQUIREMENTS,
        Act.SET_WEIGHTING,
        Act.TAKE_REQUIREMENTS,
        Act.TAKE_RFP,
        Act.WITHDRAW_QUOTE,
        Act.WITHDRAW_RATINGS,
        Act.WITHDRAW_VENDOR_FACT,
    }
)


def record(
    uow: UnitOfWork,
    action: str,
    subject: str = "",
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **details: Any,
) -> None:
    """Say what was done; it enters the chain when the act is committed, and not at all where it is not.

    `before` and `after` hold the values that the act changed, by name; of a bulk act they hold counts and ids. Values
    that belong to a person stand here as `personal_mark` only.
    """
    event = Event(
        uow.now(), uow.actor, str(action), subject, _plain(details), uow.source, _plain(before), _plain(after)
    )
    uow.last_steps.append(partial(_append, uow, event))


def _append(uow: UnitOfWork, event: Event) -> None:
    audit_chain.append(uow.connection, [event])


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of two states with the same names, what differs: the old values and the new ones."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def personal_mark(salt: bytes | str, value: str | None) -> str | None:
    """What stands in an event for a value that belongs to a person: HMAC-SHA-256 under the person's salt.

    Equal values of one person have equal marks, so that a change can be told from none. Once the salt is destroyed,
    nobody can find out what the value was, not even by trying all phone numbers.
    """
    if value is None:
        return None
    key = salt.encode() if isinstance(salt, str) else salt
    return "~" + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def _plain(value: Any) -> Any:
    """As JSON without fractions: what has a decimal point is text, since a float is not the same everywhere."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal | dt.date):
        return value.isoformat() if isinstance(value, dt.date) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    if hasattr(value, "item"):  # a number of numpy
        return _plain(value.item())
    raise TypeError(f"{type(value).__name__} cannot stand in an audit event")


def refused(database: Database, who: As, what: str, code: str = "not_permitted") -> None:
    """Record, in a transaction of its own, that `who` was refused: `what` names the page, the act or the route. The
    same refusal from the same place is recorded once a minute. A database that cannot be written makes it no worse."""
    try:
        _note(database, who, what, code)
    except (ErpError, SQLAlchemyError):
        log.warning("a refusal could not be recorded", exc_info=True)


def _note(database: Database, who: As, what: str, code: str) -> None:
    now = who.clock.now()
    key = hashlib.sha256("\0".join((who.actor, what, code, who.source)).encode()).hexdigest()
    noted = refusal_noted
    with database.reading() as connection:
        last = connection.execute(sa.select(noted.c.at).where(noted.c.what == key)).scalar()
    if last is not None and now - last < _ONE_A_MINUTE:
        return
    with unit_of_work(database, who) as uow:
        uow.connection.execute(sa.delete(noted).where(noted.c.at < now - _ONE_A_MINUTE))
        insert_replacing(uow.connection, noted, [{"what": key, "at": now}], ["what"])
        record(uow, Act.REFUSED, what, code=code)
        uow.commit()
