"""One audit event per business act, in the act's own transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, StrEnum
from functools import partial
from typing import Any

from erp_core.db.uow import UnitOfWork
from erp_core.security import audit_chain
from erp_core.security.audit_chain import Event


class Act(StrEnum):
    """What can be done, as it is stored. `security.acts` has the words for people."""

    ADJUST_STOCK = "adjust stock"
    ADOPT_FROM_IMPORT = "adopt from first import"
    ANSWER_DECISION = "answer decision"
    ARCHIVE_PRODUCT = "archive product"
    BACKUP_DOWNLOADED = "backup.downloaded"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    CHANGE_COMPANY = "change company"
    CHANGE_KEY = "change key"
    CHANGE_UNIT = "change unit"
    CHOOSE_PURCHASES = "choose purchases"
    CREATE_PRODUCT = "create product"
    DATABASE_UPGRADED = "database.upgraded"
    DELETE_VIEW = "delete view"
    DISSOLVE_BUNDLE = "dissolve bundle"
    EDIT_PRODUCTS = "edit products"
    ERASE_PERSON = "erase person"
    EXPORT_SLIPS = "export packing slips"
    EXPORT_STOCK = "export stock"
    EXPORT_TRACKING = "export tracking"
    GIVE_PERSON = "give person their data"
    IMPORT = "import"
    LOOK_AT_PERSON = "look at person"
    MANAGE_ALERT = "manage alert"
    MANAGE_DIGEST = "manage digest"
    MAP_SKU = "map SKU"
    MARK_AS_DEMO = "mark as demo"
    MARK_CHARGE = "mark charge"
    MARK_GOODS = "mark goods"
    REBUILD_STOCK = "rebuild stock"
    REMOVE_CHANNEL_FEE = "remove channel fee"
    REMOVE_COST = "remove cost"
    REMOVE_RATE = "remove rate"
    REMOVE_SUPPLIER_ITEM = "remove supplier item"
    RENAME_LOCATION = "rename location"
    RENAME_VIEW = "rename view"
    RESTORE_PRODUCT = "restore product"
    SAVE_VIEW = "save view"
    SET_BUNDLE = "set bundle"
    SET_CHANNEL_FEE = "set channel fee"
    SET_CHANNEL_TERMS = "set channel terms"
    SET_CHARGE_WORDS = "set charge words"
    SET_DEFAULT_LOCATION = "set default location"
    SET_RATE = "set rate"
    SET_SUPPLIER_ITEM = "set supplier item"
    SHARE_VIEW = "share view"
    STOP_SHARING_VIEW = "stop sharing view"
    UNDO_IMPORT = "undo import"
    UNMAP_SKU = "unmap SKU"


# Acts that change no number: what was computed before them still holds.
LEAVES_NUMBERS = frozenset(
    {
        Act.ANSWER_DECISION,
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
