"""The products as a table that goes out to a spreadsheet and comes back: its columns, and what it then changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.views import costs, products, unit_factors
from erp_core.clock import today
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.uow import As
from erp_core.errors import BadInput
from erp_core.imports import checked as checked_rows
from erp_core.imports.columns import known_only
from erp_core.imports.declaration import PRODUCT_FIELDS
from erp_core.imports.detect import need
from erp_core.imports.receipt import Issue
from erp_core.imports.service import recognise
from erp_core.imports.shape import shaped
from erp_core.money import PRICE_DECIMALS, PRICE_SCALE, price_from_stored
from erp_core.purchasing.views import supplier_items
from erp_core.security.guard import require
from erp_core.security.masking import HIDDEN
from erp_core.security.permissions import Permission
from erp_core.text import T, Text

FORMAT = "generic-products"
COST_COLUMNS = ("unit_cost", "currency", "valid_from", "supplier_price", "supplier_currency")
# Headers by which the importer knows the columns again, in either language.
COLUMNS: Mapping[str, Text] = MappingProxyType(
    {name: field.title for name, field in PRODUCT_FIELDS.items()} | {"moq": T("MOQ")}
)
_OF_PRODUCT = ("name", "category", "barcode", "unit", "weight_grams")
_OF_ITEM = ("supplier_sku", "supplier_price", "supplier_currency", "lead_time_days", "moq", "pack")
_PRICES = ("unit_cost", "supplier_price")


@dataclass(frozen=True)
class Differences:
    """What a file would change. `cells`: sku, field (Text), before, after (text; '' = nothing); `created`: SKUs that
    are not there yet; `rows`: how many it has; `issues`: what is wrong with them."""

    cells: pd.DataFrame
    created: tuple[str, ...]
    rows: int
    issues: tuple[Issue, ...]


def product_list(connection: sa.Connection, on: dt.date) -> pd.DataFrame:
    """Every live product, charges too, with the columns of `COLUMNS` and product_id: its own cost in force on the day
    (none where it is derived), and the item of its preferred supplier as it was entered. Money in major units; prices,
    minimum and pack by the unit that it is sold in, as files say them."""
    frame = products(connection, charges=True)
    own = _own_costs(connection)
    held = own[own["valid_from"] <= pd.Timestamp(on)].drop_duplicates("product_id", keep="last")
    first = own[~own["product_id"].isin(held["product_id"])].drop_duplicates("product_id")
    in_force = pd.concat([part for part in (held, first) if len(part)] or [own])
    items = supplier_items(connection)
    items = items[items["preferred"].astype(bool)].rename(
        columns={"currency": "supplier_currency", "unit_price": "supplier_price"}
    )
    frame = frame.merge(in_force.drop(columns="derived"), on="product_id", how="left")
    frame = frame.merge(items[["product_id", "supplier", *_OF_ITEM]], on="product_id", how="left")
    factor = frame["sku"].map(unit_factors(connection)).fillna(1).to_numpy(float)
    for name in _PRICES:
        frame[name] = (frame[name] * factor).round(PRICE_DECIMALS)
    for name in ("moq", "pack"):
        frame[name] = frame[name].astype("Float64") / factor
    frame["weight_grams"] = pd.to_numeric(frame["weight_grams"]).astype("Int64")
    frame["valid_from"] = frame["valid_from"].dt.date
    return frame[["product_id", *COLUMNS]]


def _own_costs(connection: sa.Connection) -> pd.DataFrame:
    frame = costs(connection)
    return frame[~frame["derived"].astype(bool)]


def differences(database: Database, who: As, path: Path) -> Differences:
    """What importing this file would change, cell by cell; nothing is stored.

    Empty cells say nothing. Who may not see costs is not told which ones stand. Raises NotPermitted, FileRefused,
    MappingNeeded, and BadInput for a table that is no list of products.
    """
    require(who, Permission.IMPORT_FILES)
    table, found = recognise(database, path)
    declared = need(found, table)
    if declared.name != FORMAT:
        raise BadInput(
            T("{file} is not a list of products.", file=path.name),
            hint=T("Download the products here, change cells, and upload that file. Other files: page Data, Import."),
            code="products.other_file",
        )
    with database.reading() as connection:
        company = read_company(connection)
        source = shaped(table, declared, found.indices)
        checked = checked_rows.check(source, company, None, unit_factors(connection))
        day = today(who.clock, company.time_zone)
        standing = _Standing.read(connection)
    good = np.flatnonzero(~checked.bad)
    said = pd.DataFrame({name: checked.get(name)[good] for name in COLUMNS}, dtype=object)
    if "supplier_price" not in checked.source.indices:  # one column for both: the cost is the supplier's price too
        said["supplier_price"] = said["unit_cost"]
        priced = said["unit_cost"].notna().to_numpy()
        said["supplier_currency"] = known_only(said["currency"].to_numpy(object), priced)
    created: dict[str, None] = {}
    changes: list[tuple[str, str, Any, Any]] = []
    for row in said.to_dict("records"):
        sku = str(row["sku"])
        if sku not in standing.products:
            created[sku] = None
            continue
        changes += [(sku, name, before, after) for name, before, after in standing.compared(row, day)]
    hidden = () if Permission.VIEW_COSTS in who.permissions else COST_COLUMNS
    cells = pd.DataFrame(
        [
            (sku, COLUMNS[name], HIDDEN if name in hidden else _word(name, before), _word(name, after))
            for sku, name, before, after in changes
        ],
        columns=["sku", "field", "before", "after"],
    )
    return Differences(cells, tuple(created), checked.count, tuple(checked.issues))


@dataclass(frozen=True)
class _Standing:
    """What stands, by SKU: content, costs by day, items by supplier; money as stored."""

    products: Mapping[str, Mapping[str, Any]]
    costs: Mapping[str, list[tuple[dt.date, str, int]]]
    items: Mapping[tuple[str, str], Mapping[str, Any]]

    @classmethod
    def read(cls, connection: sa.Connection) -> _Standing:
        """Everything of live products."""
        frame = products(connection, charges=True)
        sku_of = dict(zip(frame["product_id"], frame["sku"], strict=True))
        history: dict[str, list[tuple[dt.date, str, int]]] = {}
        for product_id, since, currency, cost in _own_costs(connection)[
            ["product_id", "valid_from", "currency", "unit_cost"]
        ].itertuples(index=False):
            if product_id in sku_of:
                history.setdefault(sku_of[product_id], []).append((since.date(), currency, round(cost * PRICE_SCALE)))
        items = {
            (sku_of[row["product_id"]], row["supplier"]): {
                "supplier_sku": row["supplier_sku"],
                "supplier_price": None if pd.isna(row["unit_price"]) else round(row["unit_price"] * PRICE_SCALE),
                "supplier_currency": row["currency"],
                **{name: None if pd.isna(row[name]) else int(row[name]) for name in ("lead_time_days", "moq", "pack")},
            }
            for row in supplier_items(connection).to_dict("records")
            if row["product_id"] in sku_of
        }
        contents = {str(row["sku"]): {str(k): v for k, v in row.items()} for row in frame.to_dict("records")}
        return cls(contents, history, items)

    def compared(self, row: Mapping[Any, Any], day: dt.date) -> list[tuple[str, Any, Any]]:
        """(field, before, after) of what this row of a file changes."""
        sku, found = str(row["sku"]), []
        for name in _OF_PRODUCT:
            after = row[name]
            if name == "weight_grams" and after is not None:
                after = round(after / PRICE_SCALE)
            before = self.products[sku][name]
            before = None if pd.isna(before) else before
            if after is not None and after != before:
                found.append((name, before, after))
        found += self._cost(row, day)
        if row["supplier"] is not None:
            held = self.items.get((sku, str(row["supplier"])))
            if held is None:
                found.append(("supplier", None, row["supplier"]))
            now = held or dict.fromkeys(_OF_ITEM)
            found += [
                (name, now[name], row[name]) for name in _OF_ITEM if row[name] is not None and row[name] != now[name]
            ]
        return found

    def _cost(self, row: Mapping[Any, Any], today_: dt.date) -> list[tuple[str, Any, Any]]:
        if row["unit_cost"] is None:
            return []
        day = row["valid_from"] or today_
        before = [entry for entry in self.costs.get(str(row["sku"]), []) if entry[0] <= day]
        _, currency, cost = before[-1] if before else (None, None, None)
        found: list[tuple[str, Any, Any]] = []
        if (currency, cost) != (row["currency"], row["unit_cost"]):
            found.append(("unit_cost", cost, row["unit_cost"]))
            if currency is not None and currency != row["currency"]:
                found.append(("currency", currency, row["currency"]))
        return found


def _word(name: str, value: Any) -> str:
    if value is None:
        return ""
    return f"{price_from_stored(value):f}" if name in _PRICES else str(value)
