"""Contribution under any orders, fees, terms and returns: the three tables say the same, and say what the facts say."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_core.calendar import Period
from erp_core.catalog.tables import product, product_cost
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.finance.tables import channel_fee, fx_rate, settlement_fee
from erp_core.orders import rollups
from erp_core.orders.tables import channel, order_line, return_case, sales_order
from erp_core.orders.views import Filters
from erp_core.overview.contribution import AMOUNTS, BYS, DEDUCTIONS, contribution
from tests.conftest import Addresses

YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
KINDS = ("commission", "payment", "advertising", "shipping")
PRODUCTS = (1, 2, 3)  # 3 is a charge
UNIT_COST = {1: 1_234_500, 2: 700_001}  # millionths: 1.2345 and 0.700001
DAYS = st.dates(dt.date(2025, 2, 1), dt.date(2025, 4, 30))
STATES = (
    ("order", "completed"),
    ("order", "paid"),
    ("order", "cancelled"),
    ("order", "adjustment"),
    ("credit_note", "completed"),
)


@dataclass(frozen=True)
class Order:
    """`lines`: product, quantity, amount (minor), refunded."""

    kind: tuple[str, str]
    ds: dt.date
    channel: int
    currency: str
    shipping: int | None
    lines: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class Fee:
    """`order`: position in the shop's orders, None without one."""

    kind: str
    ds: dt.date
    channel: int
    order: int | None
    product: int | None
    amount: int


@dataclass(frozen=True)
class Case:
    """A return."""

    order: int | None
    product: int
    ds: dt.date
    restocked: int
    refund: int


@dataclass(frozen=True)
class Shop:
    """All facts."""

    orders: tuple[Order, ...]
    fees: tuple[Fee, ...]
    cases: tuple[Case, ...]
    terms: tuple[tuple[int, str, int, int], ...]  # channel, kind, share in millionths, fixed


@st.composite
def shops(draw: st.DrawFn, currencies: tuple[str, ...] = ("CNY",), all_stated: bool = True) -> Shop:
    """Any small shop; with `all_stated` every kind of fee of every channel is known."""

    def an_order() -> Order:
        kind = draw(st.sampled_from(STATES))
        sign = -1 if kind[0] == "credit_note" else 1
        lines = draw(
            st.lists(
                st.tuples(st.sampled_from(PRODUCTS), st.integers(1, 5), st.integers(0, 10_000), st.integers(0, 300)),
                max_size=3,
            )
        )
        return Order(
            kind, draw(DAYS), draw(st.sampled_from((1, 2))), draw(st.sampled_from(currencies)),
            draw(st.none() | st.integers(0, 900)),
            tuple((number, sign * quantity, sign * amount, 0 if sign < 0 else refunded) for number, quantity, amount, refunded in lines),
        )  # fmt: skip

    orders = tuple(an_order() for _ in range(draw(st.integers(0, 6))))
    at = st.none() if not orders else st.none() | st.integers(0, len(orders) - 1)
    kinds = st.sampled_from((*KINDS, "storage", "other"))
    fees = draw(st.lists(st.builds(
        Fee, kinds, DAYS, st.sampled_from((1, 2)), at, st.sampled_from((None, 1, 2)), st.integers(-500, 5_000)
    ), max_size=8))  # fmt: skip
    cases = draw(st.lists(st.builds(
        Case, at, st.sampled_from((1, 2)), DAYS, st.integers(0, 4), st.integers(0, 3_000)
    ), max_size=4))  # fmt: skip
    pairs = [(number, kind) for number in (1, 2) for kind in KINDS]
    stated = pairs if all_stated else draw(st.lists(st.sampled_from(pairs), unique=True))
    terms = tuple((*pair, draw(st.integers(0, 200_000)), draw(st.integers(0, 200))) for pair in stated)
    return Shop(orders, tuple(fees), tuple(cases), terms)


def store(database: Database, shop: Shop) -> None:
    """Put a shop into an empty database."""
    with database.writing_connection() as c:

        def put(table: sa.Table, rows: list[dict[str, object]]) -> None:
            if rows:
                c.execute(sa.insert(table), rows)

        put(channel, [{"id": number, "name": f"Shop {number}", "platform": "test"} for number in (1, 2)])
        put(product, [{"id": number, "sku": f"P{number}", "is_charge": number == 3} for number in PRODUCTS])
        day = dt.date(2025, 1, 1)
        put(product_cost, [{"product_id": number, "valid_from": day, "currency": "CNY", "unit_cost": cost, "source": "manual"}
                           for number, cost in UNIT_COST.items()])  # fmt: skip
        put(fx_rate, [{"ds": day, "currency": "USD", "base": "CNY", "rate": "7.1234"}])
        for number, order in enumerate(shop.orders, 1):
            document, state = order.kind
            live = [line for line in order.lines if line[0] != 3]
            put(sales_order, [{
                "id": number, "channel_id": order.channel, "external_id": f"O{number}", "document": document, "state": state,
                "ordered_at": dt.datetime.combine(order.ds, dt.time(12), dt.UTC), "ds": order.ds, "currency": order.currency,
                "lines": len(order.lines), "quantity": sum(line[1] for line in live), "goods": sum(line[2] for line in live),
                "charges": sum(line[2] for line in order.lines if line[0] == 3), "shipping": order.shipping,
                "refunded": sum(line[3] for line in order.lines), "header_fingerprint": 0, "lines_fingerprint": 0,
            }])  # fmt: skip
            put(order_line, [
                {"order_id": number, "line_no": at, "product_id": line[0], "quantity": line[1], "unit_price": None, "discount": 0,
                 "amount": line[2], "refunded": line[3], "cancelled": False}
                for at, line in enumerate(order.lines, 1)
            ])  # fmt: skip
        put(settlement_fee, [
            {"channel_id": fee.channel, "order_id": None, "order_external_id": None if fee.order is None else f"O{fee.order + 1}",
             "product_id": fee.product, "kind": fee.kind, "ds": fee.ds, "currency": "CNY", "amount": fee.amount,
             "fact_key": str(at), "content": at}
            for at, fee in enumerate(shop.fees)
        ])  # fmt: skip
        put(return_case, [
            {"order_id": None if case.order is None else case.order + 1, "channel_id": 1, "product_id": case.product,
             "ds": case.ds, "returned_at": dt.datetime.combine(case.ds, dt.time(), dt.UTC), "state": "restocked", "quantity": 4,
             "restocked": case.restocked, "refund": case.refund, "currency": "CNY", "fact_key": str(at), "content": at}
            for at, case in enumerate(shop.cases)
        ])  # fmt: skip
        put(channel_fee, [
            {"channel_id": number, "kind": kind, "valid_from": day, "share": share, "fixed": fixed, "currency": "CNY"}
            for number, kind, share, fixed in shop.terms
        ])  # fmt: skip
        rollups.rebuild(c)
        transaction = c.get_transaction()
        assert transaction is not None
        transaction.commit()


def table_of(database: Database, by: str = "order", period: Period = YEAR) -> pd.DataFrame:
    with database.reading() as connection:
        return contribution(connection, read_company(connection), period, Filters(), by)


def tables_of(database: Database) -> dict[str, pd.DataFrame]:
    return {by: table_of(database, by) for by in BYS}


def minor(value: float) -> int:
    found = round(value * 100)
    assert abs(found - value * 100) < 1e-6, value  # every amount is whole in minor units
    return found


def facts_of(shop: Shop) -> dict[str, int]:
    """What the facts say in all, one currency, by plain loops: minor units."""
    said: dict[str, int] = defaultdict(int)
    own_cost = 0  # millionths of a minor unit × 100
    credited_cost = 0  # of goods that credit notes and cases put back on the shelf
    restocked_cost = 0
    settled: set[tuple[str, int]] = set()
    months = {(fee.kind, fee.channel, fee.ds.month) for fee in shop.fees if fee.order is None}
    for fee in shop.fees:
        said[fee.kind if fee.kind in KINDS else "other_fees"] += fee.amount
        if (
            fee.order is not None and shop.orders[fee.order].channel == fee.channel
        ):  # else it names an order of another shop
            settled.add((fee.kind, fee.order))
    terms = {(number, kind): (share, fixed) for number, kind, share, fixed in shop.terms}
    for at, order in enumerate(shop.orders):
        document, state = order.kind
        goods = [line for line in order.lines if line[0] != 3]
        amount = sum(line[2] for line in goods)
        charges = sum(line[2] for line in order.lines if line[0] == 3)
        cases = sum(case.refund for case in shop.cases if case.order == at)
        if document == "credit_note":
            said["returns"] += max(-amount, cases)
            said["shipping"] -= charges
            credited_cost += sum(-line[1] * UNIT_COST[line[0]] for line in goods)
        elif state not in ("cancelled", "adjustment"):
            said["revenue"] += amount
            own_cost += sum(line[1] * UNIT_COST[line[0]] for line in goods)
            said["returns"] += max(sum(line[3] for line in goods), cases)
            restocked_cost += sum(case.restocked * UNIT_COST[case.product] for case in shop.cases if case.order == at)
            said["shipping"] -= charges + (order.shipping or 0) - sum(line[3] for line in order.lines if line[0] == 3)
            for kind in KINDS:
                if (kind, at) not in settled and (kind, order.channel, order.ds.month) not in months:
                    share, fixed = terms[order.channel, kind]
                    said[kind] += (max(amount, 0) * share + 500_000) // 1_000_000 + fixed
    for case in shop.cases:
        if case.order is None:
            said["returns"] += case.refund
            restocked_cost += case.restocked * UNIT_COST[case.product]
    # unit costs are millionths of a yuan: 10,000 of them make one fen; each of the three is rounded once, half up
    said["cost"] = sum(
        sign * ((cost + 5_000) // 10_000) for sign, cost in ((1, own_cost), (-1, credited_cost), (-1, restocked_cost))
    )
    said["contribution"] = said["revenue"] - sum(said[name] for name in DEDUCTIONS)
    return said


LAWS = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@LAWS
@given(shop=shops())
def test_what_is_known_adds_up_to_the_facts_in_every_table(sqlite_addresses: Addresses, shop: Shop) -> None:
    with sqlite_addresses() as url:
        database = Database(url)
        store(database, shop)
        tables = tables_of(database)
        database.dispose()
    said = facts_of(shop)
    for frame in tables.values():
        assert not any(frame["missing"])
        assert {name: sum(map(minor, frame[name])) for name in AMOUNTS} == {name: said[name] for name in AMOUNTS}
        totals = frame.attrs["totals"]
        if frame.empty:
            assert {totals[name] for name in AMOUNTS} == {None}
        else:
            assert {name: minor(totals[name]) for name in AMOUNTS} == {name: said[name] for name in AMOUNTS}
        for row in frame.to_dict("records"):
            assert minor(row["contribution"]) == minor(row["revenue"]) - sum(minor(row[name]) for name in DEDUCTIONS)


@LAWS
@given(shop=shops(currencies=("CNY", "USD"), all_stated=False))
def test_the_tables_agree_in_two_currencies_and_where_something_is_missing(
    sqlite_addresses: Addresses, shop: Shop
) -> None:
    with sqlite_addresses() as url:
        database = Database(url)
        store(database, shop)
        tables = tables_of(database)
        database.dispose()
    first = tables["order"].attrs
    for frame in tables.values():
        assert frame.attrs == first
        assert sum(map(minor, frame["revenue"])) == minor(first["totals"]["revenue"] or 0)
        for name in AMOUNTS:
            if first["totals"][name] is not None:
                assert sum(map(minor, frame[name])) == minor(first["totals"][name])
        for row in frame.to_dict("records"):
            assert pd.isna(row["contribution"]) == bool(row["missing"])
            assert [name for name in DEDUCTIONS if pd.isna(row[name])] == row["missing"]
            assert (row["known_share"] == 1) or row["missing"] or not row["revenue"]


@LAWS
@given(shop=shops(), cut=DAYS)
def test_what_an_order_leaves_does_not_depend_on_the_period_that_is_asked(
    sqlite_addresses: Addresses, shop: Shop, cut: dt.date
) -> None:
    with sqlite_addresses() as url:
        database = Database(url)
        store(database, shop)
        whole = table_of(database)
        parts = [
            table_of(database, "order", period)
            for period in (Period(YEAR.start, cut), Period(cut + dt.timedelta(days=1), YEAR.end))
        ]
        database.dispose()

    def by_order(*frames: pd.DataFrame) -> dict[str, list[int]]:
        # what is rounded over all rows together, the cost, may differ by one minor unit
        names = [name for name in AMOUNTS if name not in ("cost", "contribution")]
        return {
            row["external_id"]: [minor(row[name]) for name in names]
            for frame in frames
            for row in frame.to_dict("records")
            if row["external_id"] is not None
        }

    assert by_order(*parts) == by_order(whole)
