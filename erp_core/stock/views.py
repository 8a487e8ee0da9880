"""Stock as frames: levels now, levels by day, one product's story, and the check of balances against the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import bom_line, product
from erp_core.catalog.views import IS_LIVE, bundles
from erp_core.company.views import read_company
from erp_core.db.bulk import fetch_columns
from erp_core.money import decimals
from erp_core.stock.packed import levels as packed_levels
from erp_core.stock.rules import LEDGER, standings
from erp_core.stock.tables import daily_stock, location, stock_balance, stock_movement

_BUNDLES = sa.select(bom_line.c.parent_id).where(bom_line.c.kind == "bundle")


@dataclass(frozen=True)
class Location:
    """A place where stock lies."""

    id: int
    name: str
    is_default: bool
    named_by_person: bool


@dataclass(frozen=True)
class Difference:
    """A kept value that is not what the ledger says."""

    sku: str
    location: str
    field: str
    kept: str | None
    from_ledger: str | None

    def to_json(self) -> dict[str, Any]:
        """For the terminal."""
        return asdict(self)


def locations(connection: sa.Connection) -> tuple[Location, ...]:
    """All locations, the default first."""
    query = sa.select(location).order_by(location.c.is_default.desc(), location.c.name)
    return tuple(
        Location(row.id, row.name, bool(row.is_default), bool(row.named_by_person)) for row in connection.execute(query)
    )


def default_location(connection: sa.Connection) -> Location:
    """Where channels ship from unless they say otherwise."""
    return locations(connection)[0]


def effective_ledger(connection: sa.Connection, products: sa.FromClause | None = None) -> pd.DataFrame:
    """The ledger without what was taken back (`rules.LEDGER`), of the products in a table (column `id`), or all."""
    m, later = stock_movement, stock_movement.alias("later")
    taken_back = sa.exists(sa.select(sa.literal(1)).where(later.c.reverses == m.c.id))
    query = sa.select(*(m.c[name] for name in LEDGER)).where(m.c.kind != "reversal", ~taken_back)
    if products is not None:
        query = query.join(products, products.c.id == m.c.product_id)
    frame = pd.DataFrame(fetch_columns(connection, query), columns=list(LEDGER))
    frame["at"] = pd.to_datetime(frame["at"], utc=True).dt.tz_localize(None)
    return frame


def levels(connection: sa.Connection) -> pd.DataFrame:
    """One row per product and location: product_id, sku, name, category, location_id, location, on_hand (missing =
    unknown), available, reserved, incoming, shortfall, value (major units of the base currency), known_from.

    Bundles are left out: what lies there are the products packed into them. `buildable` says how many they make."""
    b = stock_balance.c
    query = (
        sa.select(
            b.product_id, product.c.sku, product.c.name, product.c.category, b.location_id,
            location.c.name.label("location"), b.on_hand, b.reserved, b.incoming, b.shortfall, b.value, b.known_from,
        )
        .join(product, product.c.id == b.product_id)
        .join(location, location.c.id == b.location_id)
        .where(product.c.is_charge.is_(sa.false()), IS_LIVE, b.product_id.not_in(_BUNDLES))
        .order_by(product.c.sku, location.c.name)
    )  # fmt: skip
    result = connection.execute(query)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    frame = frame.astype(
        {"product_id": "int64", "on_hand": "Int64", "reserved": "int64", "incoming": "int64", "shortfall": "int64"}
    )
    frame["available"] = (frame["on_hand"] - frame["reserved"].astype("Int64")).clip(lower=0)
    scale = 10.0 ** decimals(read_company(connection).base_currency)
    frame["value"] = pd.to_numeric(frame["value"]) / scale
    return frame


def buildable(connection: sa.Connection) -> pd.DataFrame:
    """How many of each bundle can be packed, per place: product_id, location_id, location, available, scarcest (the
    SKU that limits it); one row a bundle and a place where one of its products lies.

    The least, over its products, of what is available there divided by the units in one bundle, rounded down; missing
    where the stock of one of them is unknown. A product that does not lie at a place makes none there."""
    parts = bundles(connection)
    held = levels(connection)
    columns = ["product_id", "location_id", "location", "available", "scarcest"]
    places = parts.merge(held, left_on="component_id", right_on="product_id")
    places = places[["parent_id", "location_id", "location"]].drop_duplicates()
    if places.empty:
        return pd.DataFrame(columns=columns)
    rows = parts.merge(places, on="parent_id").merge(
        held[["product_id", "location_id", "sku", "available"]],
        left_on=["component_id", "location_id"], right_on=["product_id", "location_id"], how="left",
    )  # fmt: skip
    counted = set(held.loc[held["on_hand"].notna(), "product_id"])
    elsewhere = rows["sku"].isna() & rows["component_id"].isin(counted)
    available = rows["available"].where(~elsewhere, 0)
    rows = rows.assign(makes=available // rows["units"])
    ranked = rows.sort_values(["parent_id", "location_id", "makes"], na_position="first", kind="stable")
    least = ranked.drop_duplicates(["parent_id", "location_id"])
    result = least.assign(product_id=least["parent_id"], available=least["makes"].astype("Int64"))
    names = {row.id: row.sku for row in connection.execute(sa.select(product.c.id, product.c.sku))}
    return result.assign(scarcest=result["component_id"].map(names))[columns].reset_index(drop=True)


def totals_by_product(connection: sa.Connection) -> pd.DataFrame:
    """`levels` summed over locations: product_id, on_hand, available, value (missing only where no location knows
    them), reserved, incoming, shortfall."""
    b = stock_balance.c
    free = sa.case((b.on_hand > b.reserved, b.on_hand - b.reserved), (b.on_hand.is_not(None), 0))
    names = ("on_hand", "available", "reserved", "incoming", "shortfall", "value")
    amounts = (b.on_hand, free, b.reserved, b.incoming, b.shortfall, b.value)
    query = (
        sa.select(b.product_id, *(sa.func.sum(each).label(name) for name, each in zip(names, amounts, strict=True)))
        .join(product, product.c.id == b.product_id)
        .where(product.c.is_charge.is_(sa.false()), IS_LIVE, b.product_id.not_in(_BUNDLES))
        .group_by(b.product_id)
    )
    frame = pd.DataFrame(fetch_columns(connection, query), columns=["product_id", *names])
    whole = dict.fromkeys(("product_id", "reserved", "incoming", "shortfall"), "int64")
    frame = frame.astype(whole | dict.fromkeys(("on_hand", "available"), "Int64"))
    return frame.assign(value=pd.to_numeric(frame["value"]) / 10.0 ** decimals(read_company(connection).base_currency))


def daily_levels(connection: sa.Connection, product_id: int, start: dt.date, end: dt.date) -> pd.DataFrame:
    """The step function of one product's levels in a period: location_id, ds, on_hand, received.

    A place's last step before `start` is moved to `start`, with nothing received."""
    d = daily_stock.c
    query = (
        sa.select(d.location_id, d.ds, d.on_hand, d.received)
        .where(d.product_id == product_id, d.ds <= end)
        .order_by(d.location_id, d.ds)
    )
    frame = pd.DataFrame(fetch_columns(connection, query), columns=["location_id", "ds", "on_hand", "received"])
    frame = frame.astype(dict.fromkeys(("location_id", "on_hand", "received"), "int64"))
    frame["ds"] = pd.to_datetime(frame["ds"])
    before = frame["ds"] < pd.Timestamp(start)
    carried = frame[before].drop_duplicates("location_id", keep="last").assign(ds=pd.Timestamp(start), received=0)
    both = pd.concat([carried, frame[~before]])
    return both.drop_duplicates(["location_id", "ds"], keep="last").sort_values(
        ["location_id", "ds"], ignore_index=True
    )


def average_stock(connection: sa.Connection, period: Period) -> pd.DataFrame:
    """Per product, over the days of the period on which its stock is known: product_id, known_days, unit_days,
    in_stock_days, average_units, closing (units at the period's end).

    Each day counts with its level at the end; a product at several places is summed over them. Without bundles."""
    levels = packed_levels(connection)
    sums = levels.over(period)
    known = np.flatnonzero(sums.known_days > 0)
    pairs = pd.DataFrame(
        {
            "product_id": levels.product[known],
            "known_days": sums.known_days[known],
            "unit_days": sums.unit_days[known],
            "in_stock_days": sums.stocked_days[known],
            "closing": sums.closing[known],
        }
    )
    pairs = pairs[~pairs["product_id"].isin(connection.execute(_BUNDLES).scalars().all())]
    if pairs["product_id"].duplicated().any():
        pairs = pairs.groupby("product_id", as_index=False).agg(
            {"known_days": "max", "unit_days": "sum", "in_stock_days": "max", "closing": "sum"}
        )
    return pairs.assign(average_units=pairs["unit_days"] / pairs["known_days"]).reset_index(drop=True)


def oversold_products(connection: sa.Connection) -> list[int]:
    """Products of which more was sold than counts and receipts account for: what lies there is not known."""
    query = (
        sa.select(stock_balance.c.product_id)
        .distinct()
        .where(stock_balance.c.shortfall > 0, stock_balance.c.product_id.not_in(_BUNDLES))
    )
    return list(connection.execute(query).scalars())


def movements_of(connection: sa.Connection, product_id: int) -> pd.DataFrame:
    """One product's ledger, newest first, with whether a row was taken back."""
    m, later = stock_movement, stock_movement.alias("later")
    taken_back = sa.exists(sa.select(sa.literal(1)).where(later.c.reverses == m.c.id))
    query = (
        sa.select(
            m.c.at, location.c.name.label("location"), m.c.kind, m.c.quantity, m.c.reserved, m.c.level, m.c.order_id,
            m.c.batch_id, taken_back.label("taken_back"),
        )
        .join(location, location.c.id == m.c.location_id)
        .where(m.c.product_id == product_id)
        .order_by(m.c.at.desc(), m.c.id.desc())
    )  # fmt: skip
    result = connection.execute(query)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def check(connection: sa.Connection) -> tuple[Difference, ...]:
    """Every balance and daily level that is not what the ledger says; empty when all is well."""
    names = {row.id: row.name for row in connection.execute(sa.select(location.c.id, location.c.name))}
    skus = {row.id: row.sku for row in connection.execute(sa.select(product.c.id, product.c.sku))}
    fresh = standings(effective_ledger(connection), read_company(connection).time_zone)
    fields = ("on_hand", "shortfall", "reserved", "incoming")
    kept_rows = connection.execute(sa.select(stock_balance)).all()
    kept = {(row.product_id, row.location_id): {name: getattr(row, name) for name in fields} for row in kept_rows}
    ledger: dict[tuple[int, int], dict[str, Any]] = {
        (int(row["product_id"]), int(row["location_id"])): {
            name: None if pd.isna(row[name]) else int(row[name]) for name in fields
        }
        for row in fresh.balances.to_dict("records")
    }
    nothing = {"on_hand": None, "shortfall": 0, "reserved": 0, "incoming": 0}
    found = []
    for pair in sorted(kept.keys() | ledger.keys()):
        one, other = kept.get(pair, nothing), ledger.get(pair, nothing)
        found += [
            Difference(skus[pair[0]], names[pair[1]], name, _word(one[name]), _word(other[name]))
            for name in fields
            if one[name] != other[name]
        ]
    found += _check_days(connection, fresh.days, skus, names)
    return tuple(found)


def _word(value: int | None) -> str | None:
    return None if value is None else str(value)


def _check_days(
    connection: sa.Connection, days: pd.DataFrame, skus: dict[int, str], names: dict[int, str]
) -> list[Difference]:
    kept = {
        (row.product_id, row.location_id, row.ds): row.on_hand for row in connection.execute(sa.select(daily_stock))
    }
    fresh = {
        (int(row["product_id"]), int(row["location_id"]), row["ds"].date()): int(row["on_hand"])
        for row in days.to_dict("records")
    }
    return [
        Difference(skus[key[0]], names[key[1]], f"on_hand {key[2]}", _word(kept.get(key)), _word(fresh.get(key)))
        for key in sorted(kept.keys() | fresh.keys())
        if kept.get(key) != fresh.get(key)
    ]
