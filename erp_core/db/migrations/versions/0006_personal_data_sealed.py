"""personal data are sealed, and found by keyed hashes"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime
from erp_core.orders.rules import names_picking_error
from erp_core.security.sealing import Marker, digest_columns, marker_of, sealing_vault
from erp_core.security.vault import Kind, Vault

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROWS_AT_ONCE = 10_000
_JOINT = "\x1f"  # between the parts of a fact's key
_SHIP = {
    "ship_name": "name", "ship_phone": "phone", "ship_address": "address", "buyer_note": "buyer_note",
    "seller_note": "seller_note",
}  # fmt: skip
_CUSTOMER = ("external_id", "name", "email", "phone", "address", "note")
_SUPPLIER = ("contact", "email", "phone", "address", "note")
_DROPPED = {
    "customer": _CUSTOMER,
    "sales_order": tuple(_SHIP),
    "supplier": _SUPPLIER,
    "interaction": ("subject", "note", "agent"),
    "tracking_event": ("state", "place"),
    "return_case": ("reason",),
    "import_rejected": ("cells",),
}
_DIGESTS = {
    "customer": ("name_digest", "phone_digest", "tail_digest", "mail_digest"),
    "sales_order": ("name_digest", "phone_digest", "tail_digest"),
}
_SEALED = (*_DROPPED, "order_event", "import_change", "import_issue")


def upgrade() -> None:
    op.create_table(
        "personal_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_key")),
    )
    op.create_table(
        "sealed_secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sealed_secret")),
    )
    op.create_table(
        "upkeep",
        sa.Column("task", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_upkeep")),
    )
    for table in _SEALED:
        op.add_column(table, sa.Column("personal", sa.Text(), nullable=True))
    for table, names in _DIGESTS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("customer", sa.Column("erased_at", UtcTime(), nullable=True))
    op.add_column("return_case", sa.Column("picking_error", sa.Boolean(), nullable=True))
    op.add_column("import_file", sa.Column("open_columns", sa.JSON(), nullable=True))
    _seal(op.get_bind())
    for table, dropped in _DROPPED.items():
        for name in dropped:
            op.drop_column(table, name)
    for table, names in _DIGESTS.items():
        for name in names:
            op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)
    op.create_table(
        "erased_person",
        sa.Column("mark", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_erased_person_customer_id_customer")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_erased_person")),
    )


# --- what stands already -------------------------------------------------------------------------------------------


def _seal(connection: sa.Connection) -> None:
    """Seal what stands. The plain values are gone from the tables afterwards, but not yet from the file: `upkeep` tells
    that it must be written anew once the transaction is over (`safety.upgrade`)."""
    filled = [table for table in _SEALED if connection.execute(sa.text(f"SELECT 1 FROM {table} LIMIT 1")).first()]
    if not filled:
        return
    connection.execute(sa.text("INSERT INTO upkeep (task) VALUES ('rewrite')"))
    vault, marker = sealing_vault(connection), marker_of(connection)
    for table in filled:
        for rows in _batches(connection, table):
            changes = _CHANGES[table](vault, marker, rows)
            names = list(changes)
            statement = sa.text(
                f"UPDATE {table} SET {', '.join(f'{name} = :{name}' for name in names)} WHERE id = :id"
            )
            columns = [_plain(changes[name]) for name in names]
            connection.execute(
                statement,
                [
                    {"id": row["id"], **dict(zip(names, values, strict=True))}
                    for row, *values in zip(rows, *columns, strict=True)
                ],
            )


Rows = list[Mapping[str, Any]]
Changes = dict[str, Any]


def _batches(connection: sa.Connection, table: str) -> Iterator[Rows]:
    last = 0
    while True:
        query = sa.text(f"SELECT * FROM {table} WHERE id > :last ORDER BY id LIMIT {_ROWS_AT_ONCE}")
        rows: Rows = [dict(row) for row in connection.execute(query, {"last": last}).mappings()]
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _plain(values: Any) -> list[Any]:
    listed: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return listed


def _column(rows: Rows, name: str) -> list[Any]:
    return [row[name] for row in rows]


def _marks(marker: Marker, rows: Rows, name: str) -> list[int]:
    return _plain(marker.numbers(np.array(_column(rows, name), np.int64)))


def _json(value: Any) -> Any:
    """Raw SQL gives the text on SQLite, the value on PostgreSQL."""
    return json.loads(value) if isinstance(value, str) else value


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _customers(vault: Vault, _marker: Marker, rows: Rows) -> Changes:
    documents = {name: _column(rows, name) for name in ("key", *_CUSTOMER)}
    documents["salt"] = [secrets.token_hex(16) for _ in rows]
    return {
        "personal": vault.seal_columns(documents),
        "key": [vault.tag(Kind.KEY, key) for key in documents["key"]],
        **digest_columns(vault, documents, _DIGESTS["customer"], len(rows)),
    }


def _orders(vault: Vault, marker: Marker, rows: Rows) -> Changes:
    documents = {field: _column(rows, name) for name, field in _SHIP.items()}
    return {
        "personal": vault.seal_columns(documents),
        "header_fingerprint": _marks(marker, rows, "header_fingerprint"),
        **digest_columns(vault, documents, _DIGESTS["sales_order"], len(rows)),
    }


def _suppliers(vault: Vault, _marker: Marker, rows: Rows) -> Changes:
    return {"personal": vault.seal_columns({name: _column(rows, name) for name in _SUPPLIER})}


def _contacts(vault: Vault, marker: Marker, rows: Rows) -> Changes:
    return {
        "personal": vault.seal_columns({name: _column(rows, name) for name in _DROPPED["interaction"]}),
        "content": _marks(marker, rows, "content"),
        "fact_key": [_marked_key(marker, key) for key in _column(rows, "fact_key")],
    }


def _returns(vault: Vault, marker: Marker, rows: Rows) -> Changes:
    reasons = _column(rows, "reason")
    return {
        "personal": vault.seal_columns({"reason": reasons}),
        "picking_error": [None if reason is None else names_picking_error(reason) for reason in reasons],
        "content": _marks(marker, rows, "content"),
        "fact_key": [_marked_key(marker, key) for key in _column(rows, "fact_key")],
    }


def _marked_key(marker: Marker, key: str) -> str:
    """Keys of rows without a number of their own are made of their content: row, scope, content[, number]."""
    parts = key.split(_JOINT)
    if parts[0] == "row":
        parts[2] = str(marker.number(int(parts[2])))
    return _JOINT.join(parts)


def _tracking(vault: Vault, marker: Marker, rows: Rows) -> Changes:
    keys = []
    for key in _column(rows, "fact_key"):  # event, order, tracking number, time, word[, number]
        parts = key.split(_JOINT)
        (parts[4],) = marker.words(parts[4:5])
        keys.append(_JOINT.join(map(str, parts)))
    return {
        "personal": vault.seal_columns({name: _column(rows, name) for name in _DROPPED["tracking_event"]}),
        "content": _marks(marker, rows, "content"),
        "fact_key": keys,
    }


def _rejected(vault: Vault, _marker: Marker, rows: Rows) -> Changes:
    reasons = [_json(row["reason"]) for row in rows]
    return {
        "personal": vault.seal_columns({"cells": [_json(row["cells"]) for row in rows], "reason": reasons}),
        "reason": [_text(_unsaid(reason)) for reason in reasons],
    }


def _issues(vault: Vault, _marker: Marker, rows: Rows) -> Changes:
    said = [_json(row["message"]) for row in rows]
    unsaid = [_unsaid(message) for message in said]
    quoting = [message if message != plain else None for message, plain in zip(said, unsaid, strict=True)]
    return {"personal": vault.seal_columns({"message": quoting}), "message": [_text(plain) for plain in unsaid]}


def _unsaid(message: dict[str, Any]) -> dict[str, Any]:
    """The sentence with “…” for each word that it quotes."""
    values = {
        name: _unsaid(value) if isinstance(value, dict) and "id" in value else "…" if isinstance(value, str) else value
        for name, value in message.get("values", {}).items()
    }
    return {"id": message["id"], "values": values}


def _events(vault: Vault, marker: Marker, rows: Rows) -> Changes:
    befores = [_json(row["before"]) for row in rows]
    sealed: list[str | None] = []
    plain: list[str | None] = []
    for before in befores:
        if not isinstance(before, dict) or "header_fingerprint" not in before:
            sealed.append(None)
            plain.append(_text(before))
            continue
        sealed.append(vault.seal({field: before.get(name) for name, field in _SHIP.items()}))
        rest = {name: value for name, value in before.items() if name not in _SHIP}
        rest["header_fingerprint"] = marker.number(rest["header_fingerprint"])
        plain.append(_text(rest))
    return {"personal": sealed, "before": plain}


def _changed(vault: Vault, _marker: Marker, rows: Rows) -> Changes:
    personal = {"customer": _CUSTOMER, "supplier": _SUPPLIER}
    sealed, plain = [], []
    for row in rows:
        before, names = _json(row["before"]), personal.get(row["entity"], ())
        held = before if isinstance(before, dict) else {}
        sealed.append(vault.seal({name: held.get(name) for name in names}))
        rest = {name: value for name, value in held.items() if name not in names}
        plain.append(_text(rest if isinstance(before, dict) else before))
    return {"personal": sealed, "before": plain}


_CHANGES: Mapping[str, Callable[[Vault, Marker, Rows], Changes]] = {
    "customer": _customers,
    "sales_order": _orders,
    "supplier": _suppliers,
    "interaction": _contacts,
    "tracking_event": _tracking,
    "return_case": _returns,
    "import_rejected": _rejected,
    "order_event": _events,
    "import_change": _changed,
    "import_issue": _issues,
}
