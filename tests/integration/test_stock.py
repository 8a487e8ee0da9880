"""Stock: unknown until somebody counts, fixed by counts, never negative, never sold twice."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_core.catalog.tables import product
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, NotPermitted
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.stock import service, views
from erp_core.stock.rules import standings
from erp_core.stock.tables import stock_balance, stock_movement

ZONE = "Asia/Shanghai"
Move = tuple[int, str, int]  # day of March 2026, kind, quantity or level


def at(day: int, kind: str) -> dt.datetime:
    """Counts hold at the end of their day in Shanghai (15:59:59 UTC), all else happens at 02:00 UTC."""
    return (
        dt.datetime(2026, 3, day, 15, 59, 59, tzinfo=dt.UTC)
        if kind == "count"
        else dt.datetime(2026, 3, day, 2, tzinfo=dt.UTC)
    )


def put(database: Database, moves: Sequence[Move], clock: FixedClock, product_id: int = 1) -> None:
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        if uow.connection.execute(sa.select(product.c.id).where(product.c.id == product_id)).first() is None:
            uow.connection.execute(sa.insert(product).values(id=product_id, sku=f"SKU-{product_id}"))
        for day, kind, number in moves:
            service.append_movements(
                uow,
                {
                    "product_id": [product_id], "location_id": [1], "at": [at(day, kind)], "kind": [kind],
                    "quantity": [0 if kind == "count" else number], "level": [number if kind == "count" else None],
                },
            )  # fmt: skip
        service.refresh(uow, [product_id], ZONE)
        uow.commit()


def balance(database: Database, product_id: int = 1) -> tuple[int | None, int]:
    with database.reading() as connection:
        row = connection.execute(sa.select(stock_balance).where(stock_balance.c.product_id == product_id)).one()
        assert views.check(connection) == ()
        return row.on_hand, row.shortfall


CASES: dict[str, tuple[list[Move], tuple[int | None, int]]] = {
    "sales alone leave it unknown": ([(1, "sale", -5)], (None, 0)),
    "a receipt starts from nothing": ([(2, "receipt", 10), (3, "sale", -4)], (6, 0)),
    "sales before the first receipt do not count": ([(1, "sale", -7), (2, "receipt", 10)], (10, 0)),
    "a count fixes it": ([(1, "receipt", 10), (2, "sale", -3), (3, "count", 5)], (5, 0)),
    "what is sold on the day of the count is in the count": ([(3, "count", 5), (3, "sale", -2)], (5, 0)),
    "what is sold after the count is not": ([(3, "count", 5), (4, "sale", -2)], (3, 0)),
    "what arrives late for before the count changes nothing": (
        [(3, "count", 5), (1, "receipt", 100), (2, "sale", -9)],
        (5, 0),
    ),
    "more sold than counted is a shortfall": ([(3, "count", 5), (4, "sale", -8)], (0, 3)),
    "a later count ends the shortfall": ([(3, "count", 5), (4, "sale", -8), (5, "count", 2)], (2, 0)),
    "a receipt that comes late fills the shortfall": ([(3, "count", 5), (5, "sale", -8), (4, "receipt", 4)], (1, 0)),
}


@pytest.mark.not_acts
@pytest.mark.parametrize("case", CASES)
def test_balances(database: Database, clock: FixedClock, case: str) -> None:
    moves, expected = CASES[case]
    put(database, moves, clock)
    assert balance(database) == expected


@pytest.mark.not_acts
def test_the_order_of_arrival_does_not_matter(database: Database, clock: FixedClock) -> None:
    moves = [(1, "receipt", 20), (2, "sale", -3), (4, "count", 15), (5, "sale", -6), (6, "receipt", 2)]
    for number, order in enumerate((moves, moves[::-1], moves[2:] + moves[:2]), start=1):
        for move in order:
            put(database, [move], clock, number)
        assert balance(database, number) == (15 - 6 + 2, 0)


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(1, 28), st.just("sale"), st.integers(-9, -1)),
            st.tuples(st.integers(1, 28), st.just("receipt"), st.integers(1, 30)),
            st.tuples(st.integers(1, 28), st.just("count"), st.integers(0, 30)),
        ),
        min_size=1,
        max_size=14,
    )
)
def test_rules_agree_with_a_walk_day_by_day(moves: list[Move]) -> None:
    import pandas as pd

    ledger = pd.DataFrame(
        {
            "product_id": 1, "location_id": 1, "at": [pd.Timestamp(at(day, kind)).tz_localize(None) for day, kind, _ in moves],
            "id": range(len(moves)), "kind": [kind for _, kind, _ in moves],
            "quantity": [0 if kind == "count" else number for _, kind, number in moves], "reserved": 0, "incoming": 0,
            "level": [number if kind == "count" else None for _, kind, number in moves],
        }
    )  # fmt: skip
    level: int | None = None
    for _, kind, number in sorted(moves, key=lambda move: at(move[0], move[1])):
        if kind == "count":
            level = number
        elif level is not None:
            level += number
        elif kind == "receipt":
            level = number
    row = standings(ledger, ZONE).balances.iloc[0]
    if level is None:
        assert pd.isna(row["on_hand"])
    else:
        assert (row["on_hand"], row["shortfall"]) == (max(level, 0), max(-level, 0))


@pytest.mark.not_acts
def test_taken_back_movements_have_no_effect(database: Database, clock: FixedClock) -> None:
    put(database, [(1, "receipt", 10), (2, "sale", -4), (3, "count", 1)], clock)
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        counts = sa.select(stock_movement.c.id).where(stock_movement.c.kind == "count")
        service.reverse_from(uow, counts)
        service.reverse_from(uow, counts)  # a second time changes nothing
        service.refresh(uow, [1], ZONE)
        uow.commit()
    assert balance(database) == (6, 0)
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(stock_movement)).scalar_one() == 4


@pytest.mark.not_acts
def test_the_check_names_a_balance_that_was_tampered_with(database: Database, clock: FixedClock) -> None:
    put(database, [(3, "count", 5)], clock)
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        uow.connection.execute(sa.update(stock_balance).values(on_hand=7))
        uow.commit()
    with database.reading() as connection:
        (found,) = views.check(connection)
    assert (found.sku, found.field, found.kept, found.from_ledger) == ("SKU-1", "on_hand", "7", "5")
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        service.rebuild(uow, ZONE)
        uow.commit()
    assert balance(database) == (5, 0)


@pytest.mark.not_acts
def test_the_database_itself_refuses_negative_stock(database: Database, clock: FixedClock) -> None:
    put(database, [(3, "count", 5)], clock)
    with pytest.raises(sa.exc.IntegrityError), unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        uow.connection.execute(sa.update(stock_balance).values(on_hand=-1))


@pytest.mark.not_acts
def test_twenty_buyers_at_once_get_no_more_than_there_is(database: Database, clock: FixedClock) -> None:
    put(database, [(1, "count", 5)], clock)
    got: list[bool] = []
    start = threading.Barrier(20)

    def buy() -> None:
        start.wait()
        with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
            got.append(service.reserve(uow, 1, 1, 1))
            uow.commit()

    threads = [threading.Thread(target=buy) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), sum(got)) == (20, 5)
    with database.reading() as connection:
        assert connection.execute(sa.select(stock_balance.c.reserved)).scalar_one() == 5
        assert views.check(connection) == ()


@pytest.mark.not_acts
def test_unknown_stock_is_never_promised(database: Database, clock: FixedClock) -> None:
    put(database, [(1, "sale", -1)], clock)
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        assert not service.reserve(uow, 1, 1, 1)


@pytest.mark.not_acts
def test_average_stock_is_weighted_by_days_and_counts_only_known_days(database: Database, clock: FixedClock) -> None:
    from erp_core.calendar import Period

    put(database, [(3, "count", 10), (5, "sale", -4)], clock)
    # known on the 3rd, 4th (10) and 5th to 6th (6): (10 + 10 + 6 + 6) / 4 = 8 over 4 days
    with database.reading() as connection:
        row = views.average_stock(connection, Period(dt.date(2026, 3, 1), dt.date(2026, 3, 6))).iloc[0]
    assert (row["known_days"], row["average_units"], row["in_stock_days"]) == (4, 8.0, 4)


def test_the_default_location_takes_the_only_name_that_a_file_brings(database: Database, clock: FixedClock) -> None:
    with unit_of_work(database, LOCAL_USER.acting(clock)) as uow:
        assert service.ensure_locations(uow, ["Yiwu", "Yiwu"]) == {"Yiwu": 1}
        both = service.ensure_locations(uow, ["Yiwu", "Leeds"])
        assert (both["Yiwu"], len(both)) == (1, 2)
        with pytest.raises(BadInput):
            service.rename_location(uow, 1, "Leeds")


@pytest.mark.parametrize(
    "act",
    [
        lambda uow: service.append_movements(uow, {}),
        lambda uow: service.adjust(uow, 1, 1, 1, "found"),
        lambda uow: service.reserve(uow, 1, 1, 1),
        lambda uow: service.release(uow, 1, 1, 1),
        lambda uow: service.rebuild(uow, ZONE),
        lambda uow: service.ensure_locations(uow, ["x"]),
        lambda uow: service.set_default_location(uow, 1),
    ],
)
def test_services_refuse_strangers(sqlite_database: Database, clock: FixedClock, act: Callable[[Any], object]) -> None:
    with (
        pytest.raises(NotPermitted),
        unit_of_work(sqlite_database, Actor("stranger", frozenset()).acting(clock)) as uow,
    ):
        act(uow)


def test_many_sales_without_a_count_stay_unknown() -> None:
    import pandas as pd

    count = 200_000
    rng = np.random.default_rng(1)
    ledger = pd.DataFrame(
        {
            "product_id": rng.integers(1, 500, count), "location_id": 1,
            "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 86_400 * 90, count), unit="s"),
            "id": np.arange(count), "kind": "sale", "quantity": -1, "reserved": 0, "incoming": 0, "level": None,
        }
    )  # fmt: skip
    assert standings(ledger, ZONE).balances["on_hand"].isna().all()
