"""Audit events in words: what was done, from where, what changed, what is wrong with the chain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from erp_core.security.actor import API, PAGE, START, TERMINAL, WORKER
from erp_core.security.audit import Act
from erp_core.security.audit_chain import Broken, Fault
from erp_core.security.audit_views import UNREADABLE
from erp_core.text import T, Text, say

ACTS: Mapping[Act, Text] = {
    Act.ADD_PERSON: T("Account added"),
    Act.ADD_QUOTE: T("Quote added"),
    Act.ADD_REQUIREMENT: T("Requirement added"),
    Act.ADD_VENDOR: T("ERP vendor added"),
    Act.ADD_VENDOR_FACT: T("Fact about a vendor noted"),
    Act.ADJUST_STOCK: T("Stock adjusted by hand"),
    Act.ADOPT_FROM_IMPORT: T("Currency and time zone taken over from the first import"),
    Act.ANSWER_DECISION: T("Decision answered"),
    Act.ARCHIVE_CHOICE: T("Choice of an ERP put aside"),
    Act.ARCHIVE_PRODUCT: T("Product archived"),
    Act.ARCHIVE_VENDOR: T("ERP vendor put aside"),
    Act.BACKUP_DOWNLOADED: T("Backup downloaded"),
    Act.BACKUP_MADE: T("Backup made"),
    Act.BACKUP_NOT_PROVEN: T("Backup tried, and found not to come back"),
    Act.BACKUP_PROVEN: T("Backup proven by a restore"),
    Act.BACKUP_RESTORED: T("Backup restored"),
    Act.BEGIN_CHOICE: T("Choice of an ERP begun"),
    Act.BEGIN_KEY_CHANGE: T("Change of the key begun"),
    Act.BIND_SIGN_IN: T("Account bound to a sign-in elsewhere"),
    Act.BRING_BACK_CHOICE: T("Choice of an ERP taken up again"),
    Act.CHANGE_CHOICE: T("Settings of a choice of an ERP changed"),
    Act.CHANGE_COMPANY: T("Company settings changed"),
    Act.CHANGE_KEY: T("Key of personal data changed"),
    Act.CHANGE_PASSWORD: T("Password changed"),
    Act.CHANGE_PERSON: T("Account changed"),
    Act.CHANGE_UNIT: T("Unit of a product changed"),
    Act.CHANGE_VENDOR: T("ERP vendor changed"),
    Act.CHOOSE_PURCHASES: T("Purchase quantities chosen"),
    Act.CREATE_PRODUCT: T("Product created"),
    Act.DATABASE_UPGRADED: T("Database upgraded"),
    Act.DELETE_VIEW: T("Saved view deleted"),
    Act.DISABLE_PERSON: T("Account disabled"),
    Act.DISSOLVE_BUNDLE: T("Bundle dissolved"),
    Act.EDIT_PRODUCTS: T("Products edited"),
    Act.ENABLE_PERSON: T("Account enabled"),
    Act.END_SESSIONS: T("Sessions ended"),
    Act.ERASE_PERSON: T("Person erased"),
    Act.EXPORT_SLIPS: T("Packing slips exported"),
    Act.EXPORT_STOCK: T("Stock exported"),
    Act.EXPORT_TRACKING: T("Tracking numbers exported"),
    Act.GIVE_PERSON: T("Person’s data given out"),
    Act.IMPORT: T("Files imported"),
    Act.KEEP_VERSION: T("Version of a choice of an ERP kept"),
    Act.LIST_VENDORS: T("Vendors to compare chosen"),
    Act.LOOK_AT_PERSON: T("Person’s data looked at"),
    Act.MANAGE_ALERT: T("Alert changed"),
    Act.MANAGE_DIGEST: T("Recipient of the daily digest changed"),
    Act.MAP_SKU: T("SKU of a shop mapped"),
    Act.MARK_AS_DEMO: T("Marked as the demo shop"),
    Act.MARK_CHARGE: T("Product marked as a charge"),
    Act.MARK_GOODS: T("Product marked as goods"),
    Act.PROPOSE_REQUIREMENTS: T("Requirements proposed anew"),
    Act.RATE_VENDORS: T("Vendors rated"),
    Act.REBUILD_STOCK: T("Stock rebuilt from the ledger"),
    Act.REFUSED: T("Refused"),
    Act.REMOVE_CHANNEL_FEE: T("Fee of a shop removed"),
    Act.REMOVE_COST: T("Cost removed"),
    Act.REMOVE_RATE: T("Exchange rate removed"),
    Act.REMOVE_REQUIREMENT: T("Requirement removed"),
    Act.REMOVE_SUPPLIER_ITEM: T("Supplier’s item removed"),
    Act.REMOVE_WEIGHTING: T("Weights removed"),
    Act.RENAME_LOCATION: T("Location renamed"),
    Act.RENAME_VIEW: T("Saved view renamed"),
    Act.RESET_PASSWORD: T("Password reset"),
    Act.RESTORE_PRODUCT: T("Product brought back"),
    Act.SAVE_VIEW: T("View saved"),
    Act.SECOND_FACTOR_GIVEN: T("Code of the second factor given"),
    Act.SECOND_FACTOR_OFF: T("Second factor switched off"),
    Act.SECOND_FACTOR_OFFERED: T("Secret of a second factor made"),
    Act.SECOND_FACTOR_ON: T("Second factor switched on"),
    Act.SET_BUNDLE: T("Bundle set"),
    Act.SET_CHANNEL_FEE: T("Fee of a shop set"),
    Act.SET_CHANNEL_TERMS: T("Terms of a shop set"),
    Act.SET_CHARGE_WORDS: T("Charge words set"),
    Act.SET_DEFAULT_LOCATION: T("Default location set"),
    Act.SET_RATE: T("Exchange rate set"),
    Act.SET_REQUIREMENTS: T("Requirements changed"),
    Act.SET_SUPPLIER_ITEM: T("Supplier’s item set"),
    Act.SET_WEIGHTING: T("Weights set"),
    Act.SHARE_VIEW: T("Saved view shared"),
    Act.SIGN_IN: T("Signed in"),
    Act.SIGN_OUT: T("Signed out"),
    Act.STOP_SHARING_VIEW: T("Saved view no longer shared"),
    Act.TAKE_REQUIREMENTS: T("List of requirements taken over"),
    Act.TAKE_RFP: T("Vendor’s answers taken over"),
    Act.UNDO_IMPORT: T("Import taken back"),
    Act.UNMAP_SKU: T("SKU mapping taken back"),
    Act.WITHDRAW_QUOTE: T("Quote withdrawn"),
    Act.WITHDRAW_RATINGS: T("Ratings withdrawn"),
    Act.WITHDRAW_VENDOR_FACT: T("Fact about a vendor withdrawn"),
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

_MARK = re.compile("~[0-9a-f]{64}")  # of a value that belongs to a person (`audit.personal_mark`)

# The names of values, as people know them; others stand as they are stored.
FIELDS: Mapping[str, Text] = {
    "accepted": T("Rows accepted"),
    "act": T("Step"),
    "active": T("Active"),
    "address": T("Address"),
    "archived": T("Archived"),
    "as_of": T("As of"),
    "backup": T("Backup"),
    "barcode": T("Barcode"),
    "barcodes": T("Further barcodes"),
    "base_currency": T("Base currency"),
    "benchmarks": T("Benchmarks"),
    "benefits": T("Benefits"),
    "browsers": T("Browsers"),
    "budget": T("Budget"),
    "by_year": T("Year by year"),
    "category": T("Category"),
    "changed": T("What was changed"),
    "channels": T("Shops"),
    "chosen": T("Vendor of the business case"),
    "city": T("City"),
    "cleared": T("Cleared"),
    "code": T("Cause"),
    "components": T("Contents"),
    "contacts": T("Contacts"),
    "cost": T("Unit cost"),
    "cost_scale": T("Cost scale"),
    "costs": T("Costs"),
    "country": T("Country"),
    "criteria": T("Criteria"),
    "currency": T("Currency"),
    "day": T("Day"),
    "days": T("Days"),
    "default": T("Default location"),
    "deleted": T("Deleted"),
    "documents": T("Documents"),
    "email": T("E-mail"),
    "evaluator": T("Evaluator"),
    "evaluator_share": T("Weight of the evaluator"),
    "evidence": T("Evidence"),
    "external_id": T("Customer id"),
    "fields": T("Fields"),
    "files": T("Files"),
    "filters": T("Filters"),
    "fired": T("Fired"),
    "fit": T("Fit"),
    "fixed": T("Fixed amount (minor units)"),
    "format": T("Format"),
    "grants": T("Granted apart"),
    "growth": T("Growth a year"),
    "is_charge": T("Charge"),
    "issuer": T("Sign-in service"),
    "kept": T("Kept"),
    "kind": T("Kind"),
    "language": T("Language"),
    "lead_time_days": T("Lead time in days"),
    "left_out": T("Left out"),
    "lines": T("Lines"),
    "location": T("Location"),
    "location_id": T("Location"),
    "made_at": T("Made at"),
    "mappings": T("Mappings"),
    "measure": T("Number watched"),
    "method": T("Method"),
    "moq": T("Minimum order quantity"),
    "muted_until": T("Muted until"),
    "name": T("Name"),
    "note": T("Remark"),
    "occasion": T("Occasion"),
    "on_hand": T("On hand"),
    "one_off_cost": T("One-off cost"),
    "orders": T("Orders"),
    "own_numbers": T("Own numbers"),
    "owner": T("Owner"),
    "pack": T("Pack size"),
    "pairwise": T("Pairwise comparison"),
    "peak": T("Busiest month"),
    "personal_data": T("Personal data"),
    "phone": T("Phone"),
    "planning": T("Planning defaults"),
    "plans_taken": T("Price lists taken"),
    "points": T("Points"),
    "postcode": T("Postcode"),
    "prices": T("Prices"),
    "priority": T("Priority"),
    "products": T("Products"),
    "province": T("Province"),
    "quantity": T("Quantity"),
    "query": T("Filters"),
    "rate": T("Rate"),
    "rates": T("Exchange rates"),
    "ratings": T("Ratings"),
    "reason": T("Reason"),
    "rejected": T("Rows rejected"),
    "requirements": T("Requirements"),
    "retired": T("Retired"),
    "revision": T("Version"),
    "role": T("Role"),
    "rows": T("Rows"),
    "safety_buffer": T("Safety buffer"),
    "saved": T("Saved before"),
    "scenario": T("Scenario"),
    "schema": T("Schema"),
    "sealed": T("Sealed"),
    "second_factor": T("Second factor"),
    "sha256": T("Hash"),
    "share": T("Share (millionths)"),
    "shared": T("Shared"),
    "source": T("Source"),
    "start": T("Start"),
    "status": T("Status"),
    "stock_share": T("Share of stock in percent"),
    "stock_unit": T("Counted in"),
    "supplier": T("Supplier"),
    "sureness": T("Sureness of the weights"),
    "text": T("Words"),
    "threshold": T("Threshold"),
    "time_zone": T("Time zone"),
    "unit": T("Unit"),
    "unit_cost": T("Unit cost (millionths)"),
    "unit_price": T("Unit price (millionths)"),
    "until": T("Until"),
    "users": T("Users"),
    "valid_from": T("Valid from"),
    "vendor": T("Vendor"),
    "vendors": T("Vendors"),
    "weight": T("Weight"),
    "weight_grams": T("Weight in grams"),
    "words": T("Words"),
    "years": T("Years"),
    UNREADABLE: T("Cannot be read"),
}


class Change(NamedTuple):
    """One value that an act changed."""

    name: str
    before: str
    after: str


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


def changes_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, language: str) -> list[Change]:
    """What an act changed, a line for each value: what it is, what it was, what it is now.

    >>> changes_of({"rate": "7.1"}, {"rate": "7.2", "day": None}, "en")
    [Change(name='Rate', before='7.1', after='7.2'), Change(name='Day', before='–', after='–')]
    >>> changes_of({"12": {"unit": None}}, {"12": {"unit": "box"}}, "en")
    [Change(name='12 · Unit', before='–', after='box')]
    >>> changes_of(None, {"c7": {"phone": "~" + "5e" * 32}}, "en")
    [Change(name='c7 · Phone', before='–', after='hidden (5e5e5e5e)')]
    """
    was, now = _flat(before or {}, language), _flat(after or {}, language)
    return [
        Change(name, _written(was.get(name), language), _written(now.get(name), language))
        for name in dict.fromkeys((*was, *now))
    ]


def change_text(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, language: str) -> str:
    """The same in one line: `name: before → after; …`."""
    return "; ".join(f"{c.name}: {c.before} → {c.after}" for c in changes_of(before, after, language))


def details_text(details: Mapping[str, Any], language: str) -> str:
    """What else is told of an act, as `name: value`.

    >>> details_text({"lines": 3, "filters": {"Shop": "Lamps"}}, "en")
    'Lines: 3; Filters · Shop: Lamps'
    """
    return "; ".join(f"{name}: {_written(value, language)}" for name, value in _flat(details, language).items())


def _flat(values: Mapping[str, Any], language: str, above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = above + (say(FIELDS[key], language) if key in FIELDS else key)
        if isinstance(value, Mapping) and value:
            found |= _flat(value, language, f"{name} · ")
        else:
            found[name] = value
    return found


def _written(value: Any, language: str) -> str:
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, list):
        return ", ".join(_written(item, language) for item in value)
    if isinstance(value, str) and _MARK.fullmatch(value):
        return say(T("hidden ({mark})", mark=value[1:9]), language)
    if isinstance(value, bool):
        return say(T("yes") if value else T("no"), language)
    return str(value)
