"""Stock as it moves: appended to the ledger, taken back by reversals; balances kept in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.views import latest_costs
from erp_core.company.views import read_company
from erp_core.db.bulk import Column, insert_columns, load_temporary
from erp_core.db.uow import UnitOfWork
from erp_core.db.upsert import insert_missing
from erp_core.errors import BadInput
from erp_core.finance.views import read_rates
from erp_core.money import to_minor
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock.days import drop_days, replace_days
from erp_core.stock.rules import standings
from erp_core.stock.tables import location, stock_balance, stock_movement
from erp_core.stock.views import Location, default_location, effective_ledger
from erp_core.text import T

_FROM_SELECT = ("product_id", "location_id", "at", "kind", "quantity", "reserved", "order_id", "line_no", "batch_id")
_ANCHORS = ("count", "receipt")


def append_movements(uow: UnitOfWork, columns: Mapping[str, Column]) -> int:
    """Append rows to the ledger, given as columns of stock_movement; the caller refreshes the balances."""
    require(uow, Permission.IMPORT_FILES)
    return insert_columns(uow.connection, stock_movement, columns)


def append_from(uow: UnitOfWork, rows: sa.Select[Any], *, with_source: bool = False) -> None:
    """Append the rows of a select with the columns product_id, location_id, at, kind, quantity, reserved, order_id,
    line_no, batch_id, and source_id where they come `with_source`; the caller refreshes the balances."""
    require(uow, Permission.IMPORT_FILES)
    columns = [*_FROM_SELECT, *(["source_id"] if with_source else [])]
    uow.connection.execute(sa.insert(stock_movement).from_select(columns, rows))


def reverse_from(uow: UnitOfWork, movement_ids: sa.Select[Any]) -> None:
    """Take back the movements of a select of ids: for each, one row with the opposite effect at the same instant.

    Rows that were taken back before, and reversals themselves, are left alone. The caller refreshes the balances.
    """
    require(uow, Permission.IMPORT_FILES)
    m, earlier = stock_movement, stock_movement.alias("earlier")
    taken_back = sa.exists(sa.select(sa.literal(1)).where(earlier.c.reverses == m.c.id))
    reversed_rows = sa.select(
        m.c.product_id, m.c.location_id, m.c.at, sa.literal("reversal"), -m.c.quantity,
        sa.case((m.c.kind == "count", 0), else_=-m.c.reserved), m.c.order_id, m.c.line_no, m.c.batch_id,
        m.c.source_id, m.c.id,
    ).where(m.c.id.in_(movement_ids), m.c.kind != "reversal", ~taken_back)  # fmt: skip
    uow.connection.execute(sa.insert(m).from_select([*_FROM_SELECT, "source_id", "reverses"], reversed_rows))


def reverse_sources(uow: UnitOfWork, kind: str, source_ids: npt.NDArray[np.int64]) -> None:
    """Take back the movements of a kind that come from these facts; the caller refreshes the balances."""
    if not len(source_ids):
        return
    facts = load_temporary(uow.connection, "moving_facts", {"id": (sa.BigInteger(), source_ids)})
    m = stock_movement.c
    reverse_from(uow, sa.select(m.id).where(m.kind == kind, m.source_id.in_(sa.select(facts.c.id))))


def reverse_batch(uow: UnitOfWork, batch_id: int) -> list[int]:
    """Take back every movement of an import; returns the products concerned."""
    require(uow, Permission.UNDO_IMPORTS)
    mine = stock_movement.c.batch_id == batch_id
    products = uow.connection.execute(sa.select(stock_movement.c.product_id).distinct().where(mine)).scalars().all()
    reverse_from(uow, sa.select(stock_movement.c.id).where(mine))
    return list(products)


def adjust(uow: UnitOfWork, product_id: int, location_id: int, quantity: int, reason: str) -> None:
    """Change stock by hand: units more (positive) or less, with a reason."""
    require(uow, Permission.EDIT_STOCK)
    if not quantity or not reason.strip():
        raise BadInput(
            T("An adjustment needs a number of units other than 0, and a reason."),
            hint=T("Say how many units more or less, and why."),
            code="stock.adjustment",
        )
    b = stock_balance.c
    held = uow.connection.execute(
        sa.select(b.on_hand).where(b.product_id == product_id, b.location_id == location_id)
    ).scalar()
    _append_one(uow, (product_id, location_id), "adjustment", quantity)
    audit.record(
        uow, audit.Act.ADJUST_STOCK, str(product_id), location=location_id, quantity=quantity, reason=reason,
        before={"on_hand": held}, after={"on_hand": None if held is None else held + quantity},
    )  # fmt: skip
    refresh(uow, [product_id], read_company(uow.connection).time_zone)


def reserve(uow: UnitOfWork, product_id: int, location_id: int, quantity: int) -> bool:
    """Set units aside if that many are available; one conditional update, so that two buyers never get the same unit.

    False where fewer are available or the stock is unknown.
    """
    require(uow, Permission.EDIT_STOCK)
    b = stock_balance.c
    statement = (
        sa.update(stock_balance)
        .where(b.product_id == product_id, b.location_id == location_id, b.on_hand - b.reserved >= quantity)
        .values(reserved=b.reserved + quantity)
    )
    if uow.connection.execute(statement).rowcount != 1:
        return False
    _append_one(uow, (product_id, location_id), "reserve", 0, quantity)
    return True


def release(uow: UnitOfWork, product_id: int, location_id: int, quantity: int) -> bool:
    """Give back units that were set aside; False where fewer are reserved."""
    require(uow, Permission.EDIT_STOCK)
    b = stock_balance.c
    statement = (
        sa.update(stock_balance)
        .where(b.product_id == product_id, b.location_id == location_id, b.reserved >= quantity)
        .values(reserved=b.reserved - quantity)
    )
    if uow.connection.execute(statement).rowcount != 1:
        return False
    _append_one(uow, (product_id, location_id), "reserve", 0, -quantity)
    return True


def _append_one(uow: UnitOfWork, pair: tuple[int, int], kind: str, quantity: int, reserved: int = 0) -> None:
    product_id, location_id = pair
    uow.connection.execute(
        sa.insert(stock_movement).values(
            product_id=product_id,
            location_id=location_id,
            at=uow.now(),
            kind=kind,
            quantity=quantity,
            reserved=reserved,
        )
    )


def refresh(uow: UnitOfWork, product_ids: Sequence[int] | None, time_zone: str) -> None:
    """Bring balances and daily levels of these products (None: all) to what the ledger says."""
    connection = uow.connection
    if product_ids is None:
        product_ids = list(connection.execute(sa.select(stock_movement.c.product_id).distinct()).scalars())
    product_ids = sorted(set(product_ids))  # joined against below: twice named would be twice counted
    if not product_ids:
        return
    anchored = set(
        connection.execute(
            sa.select(stock_movement.c.product_id).distinct().where(stock_movement.c.kind.in_(_ANCHORS))
        ).scalars()
    )
    known = [i for i in product_ids if i in anchored]
    _refresh_unknown(connection, [i for i in product_ids if i not in anchored])
    if known:
        _refresh_known(uow, known, time_zone)


def _refresh_unknown(connection: sa.Connection, product_ids: Sequence[int]) -> None:
    """Products that nobody counted or received: a row that says "unknown", with what is reserved."""
    wanted = load_temporary(connection, "uncounted_products", {"id": (sa.BigInteger(), list(product_ids))})
    m = stock_movement.c
    moved = sa.exists(
        sa.select(sa.literal(1)).where(m.product_id == wanted.c.id, m.location_id == location.c.id)
    )  # the first movement of most pairs answers; a grouping would read them all
    pairs = sa.select(wanted.c.id, location.c.id).select_from(wanted.join(location, sa.true())).where(moved)
    insert_missing(connection, stock_balance, pairs, ("product_id", "location_id"), ("product_id", "location_id"))
    b = stock_balance.c
    connection.execute(
        sa.update(stock_balance)
        .where(b.product_id.in_(sa.select(wanted.c.id)), sa.or_(b.on_hand.is_not(None), b.reserved != 0))
        .values(on_hand=None, shortfall=0, reserved=0, incoming=0, value=None, known_from=None)
    )
    sums = (
        sa.select(m.product_id, m.location_id, sa.func.sum(m.reserved).label("reserved"))
        .join(wanted, wanted.c.id == m.product_id)
        .where(m.reserved != 0)
        .group_by(m.product_id, m.location_id)
        .having(sa.func.sum(m.reserved) > 0)
    )
    for product_id, location_id, reserved in connection.execute(sums).all():
        connection.execute(
            sa.update(stock_balance)
            .where(b.product_id == product_id, b.location_id == location_id)
            .values(reserved=int(reserved))
        )
    drop_days(connection, wanted)


def _refresh_known(uow: UnitOfWork, product_ids: Sequence[int], time_zone: str) -> None:
    connection = uow.connection
    wanted = load_temporary(connection, "counted_products", {"id": (sa.BigInteger(), list(product_ids))})
    result = standings(effective_ledger(connection, wanted), time_zone)
    mine = sa.select(wanted.c.id)
    connection.execute(sa.delete(stock_balance).where(stock_balance.c.product_id.in_(mine)))
    balances = result.balances
    insert_columns(
        connection,
        stock_balance,
        {
            "product_id": balances["product_id"].to_numpy(np.int64),
            "location_id": balances["location_id"].to_numpy(np.int64),
            "on_hand": [None if v is pd.NA else int(v) for v in balances["on_hand"]],
            "shortfall": balances["shortfall"].to_numpy(np.int64),
            "reserved": balances["reserved"].to_numpy(np.int64),
            "incoming": balances["incoming"].to_numpy(np.int64),
            "known_from": balances["known_from"].to_numpy().astype("datetime64[s]"),
        },
    )
    replace_days(connection, wanted, result.days)
    revalue(uow, product_ids)


def revalue(uow: UnitOfWork, product_ids: Sequence[int] | None = None) -> None:
    """Value the stock of these products (None: all) at the unit cost in force today, in the base currency."""
    connection = uow.connection
    company = read_company(connection)
    today = uow.now().astimezone(dt.UTC).date()
    costs = latest_costs(connection, today)
    rates = read_rates(connection)
    unit: dict[int, Any] = {}
    for product_id, currency, cost in costs[["product_id", "currency", "unit_cost"]].itertuples(index=False):
        rate = rates.rate(currency, company.base_currency, today)
        if rate is not None:
            unit[int(product_id)] = rate * _exact(cost)
    b = stock_balance.c
    query = sa.select(b.product_id, b.location_id, b.on_hand, b.value).where(b.on_hand.is_not(None))
    wanted = None if product_ids is None else set(product_ids)
    changes = []
    for product_id, location_id, on_hand, value in connection.execute(query).all():
        if wanted is not None and product_id not in wanted:
            continue
        price = unit.get(product_id)
        fresh = None if price is None else to_minor(price * on_hand, company.base_currency)
        if fresh != value:
            changes.append({"of_product": product_id, "of_location": location_id, "new_value": fresh})
    if changes:
        connection.execute(
            sa.update(stock_balance)
            .where(b.product_id == sa.bindparam("of_product"), b.location_id == sa.bindparam("of_location"))
            .values(value=sa.bindparam("new_value")),
            changes,
        )


def _exact(cost: float) -> Any:
    from decimal import Decimal

    return Decimal(repr(float(cost)))


def rebuild(uow: UnitOfWork, time_zone: str) -> None:
    """Compute all balances and daily levels anew from the ledger."""
    require(uow, Permission.EDIT_STOCK)
    refresh(uow, None, time_zone)
    audit.record(uow, audit.Act.REBUILD_STOCK)


def ensure_locations(uow: UnitOfWork, names: Sequence[str], not_own: frozenset[str] = frozenset()) -> dict[str, int]:
    """The ids of locations by name; missing ones are created.

    While nobody has named or counted the default location, the only name that a file brings becomes its name, unless it
    is one of `not_own`: warehouses of a platform, from which the shop's own parcels do not leave.
    """
    require(uow, Permission.IMPORT_FILES)
    connection = uow.connection
    found = {row.name: row.id for row in connection.execute(sa.select(location.c.name, location.c.id))}
    lacking = [name for name in dict.fromkeys(names) if name not in found]
    default = default_location(connection)
    if len(lacking) == 1 and len(set(names)) == 1 and lacking[0] not in not_own and _is_pristine(connection, default):
        connection.execute(sa.update(location).where(location.c.id == default.id).values(name=lacking[0]))
        return {lacking[0]: default.id}
    for name in lacking:
        key = connection.execute(sa.insert(location).values(name=name)).inserted_primary_key
        assert key is not None
        found[name] = int(key[0])
    return {name: found[name] for name in names}


def _is_pristine(connection: sa.Connection, default: Location) -> bool:
    counted = sa.select(sa.literal(1)).where(
        stock_movement.c.location_id == default.id, stock_movement.c.kind.in_(_ANCHORS)
    )
    return not default.named_by_person and connection.execute(counted.limit(1)).first() is None


def rename_location(uow: UnitOfWork, location_id: int, name: str) -> None:
    """Give a location another name."""
    require(uow, Permission.EDIT_SETTINGS)
    clean = name.strip()
    taken = sa.select(location.c.id).where(location.c.name == clean, location.c.id != location_id)
    if not clean or uow.connection.execute(taken).first() is not None:
        raise BadInput(
            T("A location needs a name of its own."),
            hint=T("Choose a name that no other location has."),
            code="location.name",
        )
    held = uow.connection.execute(sa.select(location.c.name).where(location.c.id == location_id)).scalar()
    uow.connection.execute(
        sa.update(location).where(location.c.id == location_id).values(name=clean, named_by_person=True)
    )
    audit.record(
        uow, audit.Act.RENAME_LOCATION, str(location_id), before={"name": held}, after={"name": clean}
    )  # fmt: skip


def set_default_location(uow: UnitOfWork, location_id: int) -> None:
    """Where channels ship from unless they say otherwise; holds for what is imported from now on."""
    require(uow, Permission.EDIT_SETTINGS)
    held = uow.connection.execute(sa.select(location.c.id).where(location.c.is_default.is_(sa.true()))).scalar()
    uow.connection.execute(sa.update(location).values(is_default=location.c.id == location_id))
    audit.record(
        uow, audit.Act.SET_DEFAULT_LOCATION, str(location_id), before={"default": held}, after={"default": location_id}
    )  # fmt: skip
