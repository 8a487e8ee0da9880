"""What is held of a person as one file for them: as a program reads it (JSON), and as a person does (tables)."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from erp_core.files.export import ExportHeader, export_csv
from erp_core.text import T, Text, say

_FIELDS: Mapping[str, Text] = {
    "name": T("Name"), "external_id": T("Customer id"), "phone": T("Phone"), "email": T("E-mail"),
    "address": T("Address"), "note": T("Remark"), "country": T("Country"), "province": T("Province"), "city": T("City"),
    "postcode": T("Postcode"), "buyer_note": T("Buyer’s remark"), "seller_note": T("Seller’s remark"),
}  # fmt: skip
_ORDERS: Mapping[str, Text] = {
    "number": T("Order id"), "channel": T("Channel or shop"), "day": T("Order date"), "state": T("Order status"),
    "products": T("Products"), "total": T("Order total"), "currency": T("Currency"), "recipient": T("Recipient"),
    "phone": T("Recipient’s phone"), "address": T("Address"), "buyer_note": T("Buyer’s remark"),
    "parcels": T("Tracking number"), "returns": T("Returns"),
}  # fmt: skip
_CONTACTS: Mapping[str, Text] = {
    "at": T("Date and time of contact"), "medium": T("Medium (phone, mail, chat …)"),
    "direction": T("Direction (in, out)"),
    "subject": T("Subject"), "note": T("Remark"), "order_number": T("Order id"),
}  # fmt: skip


def field_name(name: str) -> Text | None:
    """How a field of a person is called; None for a column of a rejected row, which is called as in its file."""
    return _FIELDS.get(name)


def person_file(document: Mapping[str, Any], language: str, by: str, at: dt.datetime) -> bytes:
    """A ZIP: person.json, and identity, orders and contacts as CSV. `document`: as `views.everything` gives it."""
    identity = [
        {"field": say(field_name(name) or name, language), "value": value}
        for name, value in document["identity"].items()
    ]
    tables: Sequence[tuple[str, list[dict[str, Any]], Mapping[str, Text], Text]] = (
        ("identity", identity, {"field": T("Field"), "value": T("Value")}, T("What is held of a person")),
        ("orders", [_flat(order) for order in document["orders"]], _ORDERS, T("Orders")),
        ("contacts", list(document["contacts"]), _CONTACTS, T("Contacts")),
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", json.dumps(document, ensure_ascii=False, indent=1, default=str))
        for name, rows, columns, title in tables:
            frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
            named = [(key, say(text, language)) for key, text in columns.items()]
            header = ExportHeader(say(title, language), by, at, language)
            archive.writestr(f"{name}.csv", export_csv(frame, named, header))
    return out.getvalue()


def _flat(order: Mapping[str, Any]) -> dict[str, Any]:
    to = order.get("recipient", {})
    numbers = [str(parcel["tracking_number"]) for parcel in order["parcels"] if parcel["tracking_number"]]
    return {
        **{name: order[name] for name in ("number", "channel", "day", "state", "total", "currency")},
        "products": "; ".join(f"{line['quantity']} × {line['name'] or line['sku']}" for line in order["lines"]),
        "recipient": to.get("name"), "phone": to.get("phone"), "address": to.get("address"),
        "buyer_note": to.get("buyer_note"),
        "parcels": "; ".join(numbers),
        "returns": "; ".join(f"{back['quantity']} × {back['reason'] or back['state']}" for back in order["returns"]),
    }  # fmt: skip
