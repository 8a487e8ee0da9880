"""Audit events in words: what was done, from where, what changed, what is wrong with the chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_core.security.actor import API, PAGE, START, TERMINAL, WORKER
from erp_core.security.audit import Act
from erp_core.security.audit_chain import Broken, Fault
from erp_core.text import T, Text, say

ACTS: Mapping[Act, Text] = {
    Act.ADJUST_STOCK: T("Stock adjusted by hand"),
    Act.ADOPT_FROM_IMPORT: T("Currency and time zone taken over from the first import"),
    Act.ANSWER_DECISION: T("Decision answered"),
    Act.ARCHIVE_PRODUCT: T("Product archived"),
    Act.BACKUP_DOWNLOADED: T("Backup downloaded"),
    Act.BACKUP_MADE: T("Backup made"),
    Act.BACKUP_RESTORED: T("Backup restored"),
    Act.CHANGE_COMPANY: T("Company settings changed"),
    Act.CHANGE_UNIT: T("Unit of a product changed"),
    Act.CHOOSE_PURCHASES: T("Purchase quantities chosen"),
    Act.CREATE_PRODUCT: T("Product created"),
    Act.DATABASE_UPGRADED: T("Database upgraded"),
    Act.DELETE_VIEW: T("Saved view deleted"),
    Act.DISSOLVE_BUNDLE: T("Bundle dissolved"),
    Act.EDIT_PRODUCTS: T("Products edited"),
    Act.EXPORT_SLIPS: T("Packing slips exported"),
    Act.EXPORT_STOCK: T("Stock exported"),
    Act.EXPORT_TRACKING: T("Tracking numbers exported"),
    Act.IMPORT: T("Files imported"),
    Act.MANAGE_ALERT: T("Alert changed"),
    Act.MANAGE_DIGEST: T("Recipient of the daily digest changed"),
    Act.MAP_SKU: T("SKU of a shop mapped"),
    Act.MARK_AS_DEMO: T("Marked as the demo shop"),
    Act.MARK_CHARGE: T("Product marked as a charge"),
    Act.MARK_GOODS: T("Product marked as goods"),
    Act.REBUILD_STOCK: T("Stock rebuilt from the ledger"),
    Act.REMOVE_CHANNEL_FEE: T("Fee of a shop removed"),
    Act.REMOVE_COST: T("Cost removed"),
    Act.REMOVE_RATE: T("Exchange rate removed"),
    Act.REMOVE_SUPPLIER_ITEM: T("Supplier’s item removed"),
    Act.RENAME_LOCATION: T("Location renamed"),
    Act.RENAME_VIEW: T("Saved view renamed"),
    Act.RESTORE_PRODUCT: T("Product brought back"),
    Act.SAVE_VIEW: T("View saved"),
    Act.SET_BUNDLE: T("Bundle set"),
    Act.SET_CHANNEL_FEE: T("Fee of a shop set"),
    Act.SET_CHANNEL_TERMS: T("Terms of a shop set"),
    Act.SET_CHARGE_WORDS: T("Charge words set"),
    Act.SET_DEFAULT_LOCATION: T("Default location set"),
    Act.SET_RATE: T("Exchange rate set"),
    Act.SET_SUPPLIER_ITEM: T("Supplier’s item set"),
    Act.SHARE_VIEW: T("Saved view shared"),
    Act.STOP_SHARING_VIEW: T("Saved view no longer shared"),
    Act.UNDO_IMPORT: T("Import taken back"),
    Act.UNMAP_SKU: T("SKU mapping taken back"),
}

_SOURCES: Mapping[str, Text] = {
    PAGE: T("page"),
    TERMINAL: T("terminal"),
    WORKER: T("worker"),
    API: T("API"),
    START: T("start of the program"),
}

_FAULTS: Mapping[Fault, Text] = {
    Fault.CHANGED: T("Event {number} was changed or slipped in: its hash is not that of what it says."),
    Fault.MISSING: T("Before event {number} at least one event is missing."),
    Fault.CUT: T("After event {number} at least one event is missing: the newest that was written does not stand."),
    Fault.ORDER: T("Event {number} is out of order: it follows another event than the one before it."),
    Fault.HEAD: T("The note of the newest event is lost or changed; the last event that stands is {number}."),
}


def act_name(action: str) -> Text | str:
    """What was done; the stored word where this version has no name for it."""
    return ACTS[Act(action)] if action in set(Act) else action


def source_name(source: str, language: str) -> str:
    """From where it was done; a page with its address."""
    kind, _, address = source.partition(" ")
    if kind not in _SOURCES:
        return source
    name = say(_SOURCES[kind], language)
    return f"{name} {address}" if address else name


def fault_text(broken: Broken) -> Text:
    """What is wrong, and with which event."""
    return Text(_FAULTS[broken.fault].id, (("number", broken.event_id),))


def change_text(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """What an act changed, as `name: before → after`, the names as they are stored.

    >>> change_text({"rate": "7.1"}, {"rate": "7.2", "day": None})
    'rate: 7.1 → 7.2; day: – → –'
    """
    was, now = before or {}, after or {}
    return "; ".join(f"{name}: {_value(was, name)} → {_value(now, name)}" for name in dict.fromkeys((*was, *now)))


def details_text(details: Mapping[str, Any]) -> str:
    """What else is told of an act, as `name: value`.

    >>> details_text({"lines": 3, "filters": {"Shop": "Lamps"}})
    'lines: 3; filters: {Shop: Lamps}'
    """
    return "; ".join(f"{name}: {_value(details, name)}" for name in details)


def _value(values: Mapping[str, Any], name: str) -> str:
    return _written(values.get(name))


def _written(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return str(value)
